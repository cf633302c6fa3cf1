"""Is the answer this shop's own? Ten simulated shops with different causes, four questions each; and does the cause set the action?

    python -m evals.benchmarks.swap --out DIR        writes answers.json (names and figures masked), sheets.json (what the diagnosis
                                                      of each shop says) and key.json; and prints the two checks below
    python -m evals.benchmarks.swap --score DIR       a reader's assignments (DIR/assigned.json, {answer id: shop letter}) against the key

A fresh reader sees the masked answers and the sheets, nothing else, and says which shop each answer is for; by chance one in ten is right.
Checks that need no reader: one shop with two different causes gets two different first actions to one question; one cause asked about in five
wordings gets one first action. Intervals: Wilson, 95 %.

Measured: see the table in the project's notes for the run; ten shops, seeds 301 to 310.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from rich.progress import track

from advisor.answer import AskResult
from advisor.app import build_service
from advisor.events import Failed
from advisor.scope import Scope
from advisor.settings import Settings
from tools.errors import BadArguments
from tools.metrics.stats import wilson
from tools.metrics.windows import month_of
from tools.warehouse.demo import impact, random_cause, random_shop, simulate, write_simulation

__all__ = ["first_action", "main", "mask"]

_KINDS = (
    "source_lost", "host_left", "page_worse", "ad_paused", "stock_out", "quality_batch", "price_up", "second_order_ended",
    "market_dip", "coupon_ended", "search_rank_lost", "source_drift", "returning_lost",
)  # fmt: skip
_ASKED = (
    "为什么上个月销售额变了？",
    "接下来最该做什么？",
    "Why did sales change last month, and what comes first?",
    "上个月生意怎么样",
)
_WORDINGS = (
    "上个月GMV为什么变了，怎么办",
    "销售额不对劲，怎么回事，该怎么救",
    "生意变差了咋整",
    "业绩出问题了，原因和办法给我说说",
    "why did last month's sales move and what should I do",
)
_WINDOW = month_of(date(2026, 10, 1))
_FIRST_SEED = 301
_WEAK = 0.03
_LETTERS = "ABCDEFGHIJ"
_FIGURE = re.compile(r"[-+¥]?\d[\d,.]*\s*(?:%|万|亿|pp|k\b)?")
_QUOTED = re.compile(r"[“\"][^”\"]{1,60}[”\"]")


def mask(text: str) -> str:
    """Names in quotes and every figure blanked, marks and evidence left out: what is left is what was said, not of whom."""
    body = re.split(r"\n### (?:依据|Evidence)\n", text)[0]
    body = re.sub(r"\[[a-z]\d+\]", "", body)
    return _FIGURE.sub("#", _QUOTED.sub("“…”", body))


def first_action(result: AskResult) -> str:
    """The playbook the answer starts with, with what its first step acts on; "" where it advises nothing."""
    used = next((item for item in result.evidence if item.kind == "playbook" and item.data.get("start_here")), None)
    return str(used.data["playbook_id"]) if used is not None else ""


def _shop(seed: int, kinds: Sequence[str]) -> tuple[Any, str]:
    """A simulation with the first of the kinds that this shop can have and that moves its GMV, and that kind."""
    spec = random_shop(seed, months=14)
    bare = simulate(spec, causes=[])
    for kind in kinds:
        try:
            start = _WINDOW.end - timedelta(days=89) if kind == "source_drift" else _WINDOW.start + timedelta(days=5)
            cause = random_cause(spec, seed, start=start, end=_WINDOW.end, type_=kind)
        except (BadArguments, KeyError):
            continue
        made = simulate(spec, causes=[cause])
        moved = impact(made, bare, start=_WINDOW.start, end=_WINDOW.end)
        if abs(moved.refunds if kind == "quality_batch" else moved.gmv) >= _WEAK:
            return made, kind
    raise LookupError(f"shop {seed} takes none of {', '.join(kinds)}")


async def _ask(root: Path, merchant: str, questions: Sequence[str]) -> list[AskResult]:
    service = build_service(Settings(workspace=root, brain="planner"), today=lambda _zone: date(2026, 11, 2))
    try:
        found = [await service.answer(Scope(merchant, "reader"), text) for text in questions]
    finally:
        await service.aclose()
    return [result for result in found if not isinstance(result, Failed)]


def _asked(simulation: Any, questions: Sequence[str]) -> list[AskResult]:
    with tempfile.TemporaryDirectory(prefix="advisor-swap-") as folder:
        profile = write_simulation(simulation, Path(folder) / "warehouse")
        return asyncio.run(_ask(Path(folder), profile.merchant_id, questions))


def _sheet(result: AskResult) -> list[str]:
    return [item.claim for item in result.evidence if item.kind == "metric"]


def _share(what: str, hits: int, total: int) -> str:
    found = wilson(Decimal(hits), Decimal(total))
    return f"{what}: {hits}/{total}" + (f" [{found.low:.3f}, {found.high:.3f}]" if found else "")


def _make(out: Path, shops: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    answers: list[dict[str, str]] = []
    sheets: dict[str, list[str]] = {}
    apart = one = tried = 0
    for at in track(range(shops), description="shops", disable=not sys.stderr.isatty()):
        turned = [*_KINDS[at:], *_KINDS[:at]]
        simulation, kind = _shop(_FIRST_SEED + at, turned)
        results = _asked(simulation, [*_ASKED, *_WORDINGS])
        told, same = results[: len(_ASKED)], results[len(_ASKED) :]
        letter = _LETTERS[at]
        sheets[letter] = _sheet(told[0])
        answers += [{"shop": letter, "kind": kind, "text": mask(result.text)} for result in told]
        one += len({first_action(result) for result in same}) == 1 and len(same) == len(_WORDINGS)
        try:
            other, _ = _shop(_FIRST_SEED + at, [k for k in turned if k != kind])
        except LookupError:
            continue
        again = _asked(other, _WORDINGS[:1])
        tried += 1
        apart += bool(again) and first_action(again[0]) != first_action(same[0])
    Random(7).shuffle(answers)
    ids = [f"a{number:02d}" for number in range(1, len(answers) + 1)]
    _write(out / "key.json", {name: answer["shop"] for name, answer in zip(ids, answers, strict=True)})
    _write(out / "answers.json", {name: answer["text"] for name, answer in zip(ids, answers, strict=True)})
    _write(out / "sheets.json", sheets)
    print(_share("two causes, two first actions", apart, tried))
    print(_share("five wordings, one first action", one, shops))


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def _score(out: Path) -> None:
    key, assigned = (json.loads((out / name).read_text(encoding="utf-8")) for name in ("key.json", "assigned.json"))
    print(_share("assigned to the right shop", sum(assigned.get(name) == shop for name, shop in key.items()), len(key)))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.swap", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder to write the masked answers, the sheets and the key to")
    parser.add_argument("--score", type=Path, help="folder with key.json and assigned.json")
    parser.add_argument("--shops", type=int, default=10)
    given = parser.parse_args(arguments)
    if given.score is not None:
        _score(given.score)
    elif given.out is not None:
        _make(given.out, min(given.shops, len(_LETTERS)))
    else:
        parser.error("give --out DIR or --score DIR")


if __name__ == "__main__":
    main()
