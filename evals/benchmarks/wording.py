"""Wording rules against phrases labelled blind to them (`evals/datasets/wording.yaml`).

    python -m evals.benchmarks.wording [--locked | --set blind4] [--rules] [--show] [--json]

Recall: of the phrases labelled hard (a clear violation), how many have a flag that must be changed (`block`); `any` counts review flags
too. Precision: of the phrases with any flag, how many are labelled hard or soft; `block` of those with a block flag. Soft phrases (needs
proof or a second look) count neither as missed nor as wrong. Intervals: Wilson, 95 %. Without --locked the dev part, on which rules may
be tuned; the locked part is scored only, never shown phrase by phrase (--show is refused there).

Measured, rules alone: first sight of dev, before any tuning, recall 0.66 and precision 0.88; dev after tuning 1.00 and 1.00; the locked
part once, at f51b9cb, recall 0.694 (34/49; 0.555-0.805), precision 0.900 (45/50; 0.786-0.957). Both parts were then opened: the second
layer (tools/playbooks/compliance_likeness.py) is trained on them, so that their figures say nothing any more.

Measured, rules and second layer, one closing run on blind2 (433 phrases of another author, never read by the author of the rules and the
layer; weights of 677c4ed): a flag of any level on 0.839 of the hard (161/192; 0.780-0.884), a block flag on 0.484 (93/192; 0.415-0.555);
precision 0.873 (192/220; 0.822-0.910), of block flags 0.907 (97/107; 0.836-0.948); ok clean 0.835 (142/170; 0.772-0.884). The rules alone
on it: 0.552 (106/192; 0.481-0.621) with any flag, precision 0.918 (123/134; 0.859-0.954). Of the flags that the layer added 69 of 86 were
right. The aim, 0.97 at 0.9, was NOT reached: about one hard violation in six passed unseen. blind2 is spent by this run.

The layer was then made a kernel over a bank of 7066 phrases, blind2 among them. One closing run of it on blind3 (360 phrases of a third
author, never read before): a flag of any level on 0.940 of the hard (141/150; 0.890-0.968); precision 0.862 (193/224; 0.810-0.901), of block
flags 0.933. The rules alone on it: 0.553 and 0.921. Of the flags that the layer added 76 of 97 were right. The aim, 0.97 at 0.9, was again
NOT reached, and precision was the shorter side: 10 of the 31 false alarms were the rules', and most were words that forbid, refuse or
state the very thing (an order to staff not to hide reviews, terms of a gift). blind3 is spent by this run.

Now the bank has 8331 phrases, blind3 and 905 written after reading it (635 of them innocent). Each author left out in turn
(`python -m tools.playbooks.compliance_build`), rules and layer: blind3 recall 0.960 (144/150; 0.915-0.982), precision 0.897 (200/223;
0.850-0.930), the layer alone 0.947 and 0.895; blind2 0.974 (187/192; 0.940-0.989) and 0.938 (241/257; 0.901-0.961); wording.yaml 0.986
(144/146; 0.951-0.996) and 0.926 (189/204; 0.882-0.955); the three pooled 0.973 and 0.921. Without the embedder blind3 and blind2 are found
at 0.760 only. All of these flatter: floor and kernel were chosen on the same three authors, the rules were mended on the innocent phrases of
blind2 and blind3 (of which the rules now flag one in all), and whoever wrote the newest phrases had read what was missed. The figure to
believe is that of blind4, run once.

Measured on blind4 (340 phrases of a fourth author), one closing run of the weights of 7e81d47: a flag of any level on 0.973 of the hard
(146/150; 0.933-0.990), precision 0.841 (174/207; 0.785-0.884), of block flags 0.952 (59/62; 0.867-0.983); ok clean 0.780 (117/150;
0.707-0.839). Recall reaches the aim of 0.97, precision misses 0.90: about one review flag in five is on an innocent text. blind4 is spent.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tools.metrics.stats import wilson
from tools.playbooks.compliance import Flag, check_text
from tools.playbooks.compliance_likeness import read_text

__all__ = ["SETS", "Phrase", "Share", "main", "phrases", "score"]

SETS = ("blind2", "blind3", "blind4")
_DATA = Path(__file__).resolve().parents[1] / "datasets"
Reader = Callable[[str, str], list[Flag]]


@dataclass(frozen=True)
class Phrase:
    id: str
    text: str
    lang: str
    category: str
    label: str  # hard, soft or ok


@dataclass(frozen=True)
class Share:
    """Hits of a total with a Wilson 95 % interval."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        found = wilson(Decimal(self.hits), Decimal(self.total))
        return (float(found.low), float(found.high)) if found else (0.0, 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({self.hits}/{self.total}; {low:.3f}-{high:.3f})"


def phrases(split: str) -> list[Phrase]:
    """The labelled phrases: dev or locked of wording.yaml, or the whole of the set of that name (wording_blind4.yaml)."""
    if split in SETS:
        kept = yaml.safe_load((_DATA / f"wording_{split}.yaml").read_text(encoding="utf-8"))["cases"]
    else:
        rows = yaml.safe_load((_DATA / "wording.yaml").read_text(encoding="utf-8"))["entries"]
        kept = [row for row in rows if row["split"] == split]
    return [Phrase(**{field: row[field] for field in Phrase.__dataclass_fields__}) for row in kept]


def score(found: Sequence[Phrase], read: Reader = check_text) -> dict[str, Share]:
    """recall, recall_any, precision, precision_block, soft_flagged and ok_clean over the phrases, as `read` flags them."""
    rows = [(phrase.label, {flag.severity for flag in read(phrase.text, phrase.category)}) for phrase in found]

    def share(total: Iterable[tuple[str, set[Any]]], hit: Any) -> Share:
        kept = list(total)
        return Share(sum(1 for row in kept if hit(row)), len(kept))

    hard = [row for row in rows if row[0] == "hard"]
    return {
        "recall": share(hard, lambda row: "block" in row[1]),
        "recall_any": share(hard, lambda row: bool(row[1])),
        "precision": share((row for row in rows if row[1]), lambda row: row[0] != "ok"),
        "precision_block": share((row for row in rows if "block" in row[1]), lambda row: row[0] != "ok"),
        "soft_flagged": share((row for row in rows if row[0] == "soft"), lambda row: bool(row[1])),
        "ok_clean": share((row for row in rows if row[0] == "ok"), lambda row: not row[1]),
    }


def by_category(found: Sequence[Phrase], read: Reader = check_text) -> dict[str, dict[str, Share]]:
    groups: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in found:
        groups[phrase.category].append(phrase)
    return {name: score(rows, read) for name, rows in sorted(groups.items())}


def wrong(found: Sequence[Phrase], read: Reader = check_text) -> list[str]:
    """Phrases on the wrong side, for tuning on dev."""
    lines = []
    for phrase in found:
        flags = read(phrase.text, phrase.category)
        hard = any(flag.severity == "block" for flag in flags)
        if (phrase.label == "hard" and not hard) or (phrase.label == "ok" and flags):
            said = ", ".join(f"{flag.rule_id}:{flag.found}" for flag in flags) or "-"
            lines.append(f"{phrase.label:5} {phrase.id} [{phrase.category}] {phrase.text}  {said}")
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locked", action="store_true", help="score the locked part")
    parser.add_argument("--set", choices=SETS, help="a set of its own instead of dev")
    parser.add_argument("--rules", action="store_true", help="the rules alone, without the second layer")
    parser.add_argument("--show", action="store_true", help="list what is on the wrong side (dev only)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    if (given.locked or given.set) and given.show:
        parser.error("the locked part and the blind sets are scored, not shown")
    split = given.set or ("locked" if given.locked else "dev")
    found = phrases(split)
    read: Reader = check_text if given.rules else read_text
    total = score(found, read)
    if given.json:
        print(
            json.dumps({"split": split, "phrases": len(found)} | {name: share.value for name, share in total.items()})
        )
        return 0
    print(f"{split}: {len(found)} phrases")
    for name, share in total.items():
        print(f"  {name:16} {share}")
    for name, shares in by_category(found, read).items():
        print(f"  {name:14} recall {shares['recall']}  precision {shares['precision']}")
    for line in wrong(found, read) if given.show else []:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
