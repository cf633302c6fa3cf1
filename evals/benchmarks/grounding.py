"""How well `advisor.grounding.check` tells supported sentences from unsupported ones.

    python -m evals.benchmarks.grounding [--set blind|model] [--split dev|locked] [--misses]
    python -m evals.benchmarks.grounding --mutants 5000 --seed 1 [--workspace DIR]

`blind` is `evals/datasets/grounding.yaml`, written without sight of the checker; `model` is what a real local model wrote over facts of
the demo shops. The kind `arithmetic_ok` (right arithmetic that no fact states) is told apart: the design withholds it. The locked
part is for a closing run; its sentences are never printed.

Measured, one closing run of the locked parts at 5f09894: blind, recall of unsupported 78/91 = 0.857 (0.771-0.915), false alarms 25/76 =
0.329 (0.234-0.441); model, 52/66 = 0.788 (0.675-0.869) and 0/8. The aims (0.99 and 0.02) are NOT reached on wording nobody tuned on, though
dev, tuned on, reads 175/175 and 0/146. Both parts were then opened (0.978 and 0.013 now, which say nothing of new wording: rules written
for one half of the opened scenarios moved the other half to 0.835 and 0.237). A new blind set is needed for the next figure. Of the
planner's own statements none is withheld; of mutants of them 0.65 % pass (6 of 926, all swap the metric).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.grounding import Verdict, check
from evals.benchmarks.grounding_mutants import run
from evals.labelled import entries, facts_of, text_with_marks, why_class_of
from tools.metrics.stats import wilson

__all__ = ["Scored", "main", "score", "summary"]

_FOLDER = Path(__file__).parents[1] / "datasets"
_SETS = {"blind": _FOLDER / "grounding.yaml", "model": _FOLDER / "grounding_model.yaml"}
_TODAY = date(2026, 11, 24)
_APART = "arithmetic_ok"


@dataclass(frozen=True)
class Scored:
    """An entry with the verdict on it."""

    entry: Mapping[str, Any]
    verdict: Verdict

    @property
    def supported(self) -> bool:
        return bool(self.entry["label"] == "supported")

    @property
    def right(self) -> bool:
        return self.verdict.ok is self.supported

    @property
    def apart(self) -> bool:
        return bool(self.entry["kind"] == _APART)


def score(rows: Sequence[Mapping[str, Any]]) -> list[Scored]:
    """Check every sentence as a why that cites all facts of its entry."""
    found = []
    for entry in rows:
        facts = facts_of(entry)
        verdict = check(
            text_with_marks(entry),
            cited=facts,
            lang=entry["lang"],
            section="why",
            why_class=why_class_of(facts),
            today=_TODAY,
        )
        found.append(Scored(entry, verdict))
    return found


def summary(scored: Sequence[Scored]) -> dict[str, Any]:
    """Recall of unsupported and false alarms with 95 % Wilson intervals, and withheld of all by label, kind and language."""
    bad = [s for s in scored if not s.supported]
    good = [s for s in scored if s.supported and not s.apart]
    apart = [s for s in scored if s.apart]
    return {
        "sentences": len(scored),
        "recall_unsupported": _rate(sum(s.right for s in bad), len(bad)),
        "false_alarms": _rate(sum(not s.right for s in good), len(good)),
        f"{_APART}_withheld": _rate(sum(not s.verdict.ok for s in apart), len(apart)),
        "withheld": _matrix(scored),
    }


def _rate(hits: int, n: int) -> dict[str, Any]:
    interval = wilson(Decimal(hits), Decimal(n))
    found: dict[str, Any] = {"count": hits, "of": n}
    if interval is not None:
        found |= {"rate": round(hits / n, 4), "low": round(float(interval.low), 4), "high": round(float(interval.high), 4)}  # fmt: skip
    return found


def _matrix(scored: Sequence[Scored]) -> dict[str, dict[str, str]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    held: Counter[tuple[str, str, str]] = Counter()
    for one in scored:
        key = (one.entry["label"], one.entry["kind"], one.entry["lang"])
        seen[key] += 1
        held[key] += not one.verdict.ok
    rows = sorted({(label, kind) for label, kind, _ in seen})
    return {
        f"{label} / {kind}": {
            lang: f"{held[label, kind, lang]}/{seen[label, kind, lang]}"
            for lang in ("zh", "en")
            if seen[label, kind, lang]
        }
        for label, kind in rows
    }


def main() -> None:
    """Command line; prints JSON."""
    parser = argparse.ArgumentParser(description="Recall and false alarms of the grounding check")
    parser.add_argument("--set", choices=sorted(_SETS), default="blind")
    parser.add_argument("--split", choices=("dev", "locked"), default="dev")
    parser.add_argument("--misses", action="store_true", help="list misjudged sentences (dev only)")
    parser.add_argument(
        "--mutants", type=int, default=0, help="judge this many mutants of true planner answers instead"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workspace", type=Path, help="a demo workspace to ask; made anew when not given")
    args = parser.parse_args()
    if args.mutants:
        print(json.dumps(run(args.mutants, args.seed, args.workspace), ensure_ascii=False, indent=1))
        return
    if args.misses and args.split == "locked":
        parser.error("sentences of the locked part are not shown")
    started = time.perf_counter()
    scored = score(entries(_SETS[args.set], args.split))
    took = time.perf_counter() - started
    report: dict[str, Any] = {"set": args.set, "split": args.split} | summary(scored)
    report["ms_per_sentence"] = round(took * 1000 / len(scored), 2) if scored else 0
    if args.misses:
        report["misses"] = [_miss(one) for one in scored if not one.right and not one.apart]
    print(json.dumps(report, ensure_ascii=False, indent=1))


def _miss(one: Scored) -> str:
    found = "; ".join(one.verdict.problems) or "passed"
    return f"{one.entry['id']} {one.entry['kind']} | {one.entry['sentence']} | {found}"


if __name__ == "__main__":
    main()
