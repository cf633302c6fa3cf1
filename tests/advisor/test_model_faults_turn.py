"""A drawn few of the misbehaviours through whole turns, and those about tool calls; all of them: `python -m evals.benchmarks.model_faults`."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from evals.benchmarks.model_faults import REFUSED, run
from evals.faults import MISBEHAVIOURS
from tools.warehouse.demo import create_demo

HANGS = {
    mode for mode in MISBEHAVIOURS if "hang" in mode or "open" in mode or mode in ("slow_drip", "endless_comments")
}
ALWAYS = ["smuggled_merchant", "thinking"]
PLANNER = "planner, with a notice"


async def test_a_turn_ends_well_whatever_the_endpoint_does(tmp_path: Path) -> None:
    create_demo(tmp_path / "warehouse", only="demo-skincare")
    drawn = random.Random(6).sample(sorted({*MISBEHAVIOURS, REFUSED} - HANGS - set(ALWAYS)), 2)
    asked: dict[str, Any] = {"question": "上个月支付金额是多少？", "calls": [("query_metric", '{"metric": "gmv"}')]}
    found = {row.mode: row async for row in run([*ALWAYS, *drawn], tmp_path, turn_s=60, model_s=30, **asked)}
    assert {row.mode: row.wrong for row in found.values() if row.wrong} == {}
    assert [found[mode].outcome for mode in ALWAYS] == ["model", "model"]
    assert all(row.outcome in ("model", "model, with a notice", PLANNER) for row in found.values())
