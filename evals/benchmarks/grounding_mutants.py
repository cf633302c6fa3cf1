"""Mutants of true planner answers: how many untrue ones the check lets pass, how many true ones it withholds."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.grounding import check
from evals.mutants import Told, mutants, planner_statements
from tools.metrics.stats import wilson

__all__ = ["judge", "run"]

_MARK = re.compile(r"\[([a-z]\d+)\]")


def run(count: int, seed: int, workspace: Path | None) -> dict[str, Any]:
    """At most `count` mutants of both sections that claim (headline, why), drawn with `seed`, over a demo workspace."""
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(planner_statements(workspace or Path(folder)))
    return judge(told, count, seed)


def judge(told: Sequence[Told], count: int, seed: int) -> dict[str, Any]:
    """Missed mutants by kind, true statements withheld, and the time a check takes."""
    rng = random.Random(seed)
    unique = list({(t.draft.section, t.draft.text): t for t in told}.values())
    claims = [t for t in unique if t.draft.section in ("headline", "why")]
    drawn = [(kind, text, t) for t in claims for kind, text in mutants(t.draft.text, rng) if text != t.draft.text]
    rng.shuffle(drawn)
    drawn = drawn[:count]
    started = time.process_time()
    held = [t.draft.text for t in unique if not _passes(t, t.draft.text)]
    missed = [(kind, text) for kind, text, t in drawn if _passes(t, text)]
    ms = (time.process_time() - started) * 1000 / max(1, len(unique) + len(drawn))
    seen, let = Counter(kind for kind, _, _ in drawn), Counter(kind for kind, _ in missed)
    return {
        "statements": len(unique),
        "false_alarms": len(held),
        "withheld": held,
        "mutants": len(drawn),
        "missed": len(missed),
        "missed_share": _share(len(missed), len(drawn)),
        "by_kind": {kind: f"{let[kind]}/{n}" for kind, n in sorted(seen.items())},
        "passed": [f"{kind}: {text}" for kind, text in missed[:40]],
        "cpu_ms_per_check": round(ms, 2),
    }


def _share(hits: int, n: int) -> dict[str, float]:
    interval = wilson(Decimal(hits), Decimal(n))
    if interval is None:
        return {}
    return {"rate": round(hits / n, 4), "low": round(float(interval.low), 4), "high": round(float(interval.high), 4)}


def _passes(told: Told, text: str) -> bool:
    view, marks = told.view, _MARK.findall(text)
    return check(
        text,
        cited={mark: view.evidence[mark] for mark in marks if mark in view.evidence},
        lang=told.lang,
        section=told.draft.section,
        why_class=told.draft.why_class,
        question=view.frame.question,
        today=view.today,
        said=told.said(),
    ).ok
