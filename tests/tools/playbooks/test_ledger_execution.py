"""Whether a plan was carried out, read from the tables its steps name: a new coupon, changed spend, more sessions, or nothing to see."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.shopkit import make_shop, order
from tools.facts import Window
from tools.playbooks.execution import named_tables, traces
from tools.playbooks.library import playbooks

START = date(2026, 10, 1)
WINDOW = Window(start=START, end=date(2026, 10, 31))
BEFORE = START - timedelta(days=28)


def _plan(where: str, action: str = "做", kind: str = "checklist") -> dict[str, Any]:
    return {"steps": [{"action": {"zh": action}, "where": {"zh": where}}], "artefacts": [{"kind": kind}]}


COUPON, ADS, LIVE = _plan("千牛 → 营销 → 优惠券"), _plan("万相台"), _plan("直播中控台")


def _ads(spend: str, later: str) -> list[dict[str, Any]]:
    days = [BEFORE + timedelta(days=n) for n in range(59)]
    return [{"day": day, "plan_id": "a", "spend": later if day >= START else spend} for day in days]


def _live(every: int, later: int) -> list[dict[str, Any]]:
    days = [BEFORE + timedelta(days=n) for n in range(59)]
    held = [day for n, day in enumerate(days) if n % (later if day >= START else every) == 0]
    return [{"session_id": str(day), "day": day} for day in held]


@pytest.mark.parametrize(
    ("plan", "tables", "seen"),
    [
        (COUPON, {"promotions": [{"promotion_id": "p", "name": "券", "starts_on": START}]}, True),
        (COUPON, {"promotions": [{"promotion_id": "p", "name": "券", "starts_on": START - timedelta(days=1)}]}, None),
        (COUPON, {}, None),
        (ADS, {"ad_daily": _ads("100", "130")}, True),
        (ADS, {"ad_daily": _ads("100", "70")}, True),
        (ADS, {"ad_daily": _ads("100", "110")}, False),
        (ADS, {"ad_daily": _ads("0", "50")}, True),
        (LIVE, {"live_sessions": _live(7, 2)}, True),
        (LIVE, {"live_sessions": _live(2, 2)}, False),
        (LIVE, {}, None),
    ],
)
def test_a_change_in_the_named_table_is_seen(plan: Any, tables: Any, seen: bool | None, tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": [order(1, START, "10", "b")], **tables})
    (trace,) = traces(shop, plan, WINDOW)
    assert trace.seen is seen
    assert trace.text.zh and trace.text.en


def test_a_later_promotion_that_did_not_begin_in_the_window_is_no_trace(tmp_path: Path) -> None:
    rows = [{"promotion_id": "p", "name": "券", "starts_on": date(2026, 11, 5)}]
    shop = make_shop(tmp_path, {"orders": [order(1, START, "10", "b")], "promotions": rows})
    (trace,) = traces(shop, COUPON, WINDOW)
    assert trace.seen is False and "没有新的" in trace.text.zh


def test_tables_are_those_the_steps_name() -> None:
    assert named_tables(COUPON) == ["promotions"]
    assert named_tables(_plan("客服", kind="coupon")) == ["promotions"]
    assert named_tables(_plan("客服触达", "打一个电话")) == []
    plans = {
        book.id: {
            "steps": [{"action": {"zh": step.action.zh}, "where": {"zh": step.where.zh}} for step in book.steps],
            "artefacts": [{"kind": item.kind} for item in book.artefacts],
        }
        for book in playbooks()
    }
    assert "promotions" in named_tables(plans["first-to-second-order"])
    assert "ad_daily" in named_tables(plans["paid-traffic-rescue"])
    assert "live_sessions" in named_tables(plans["host-continuity"])
