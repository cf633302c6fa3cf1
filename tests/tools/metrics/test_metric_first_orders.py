"""90-day repurchase by first order: the lottery example of the domain notes, rebuilt from orders, and the matured month."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.metrics.explain import explain
from tools.metrics.first_orders import latest_matured
from tools.metrics.reader import Reader
from tools.metrics.tools import explain_change
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

FEB, MAR, OCT = (month_of(date(2026, m, 1)) for m in (2, 3, 10))
D = Decimal


def cohort(month: date, name: str, people: int, back: int, **origin: Any) -> list[dict[str, Any]]:
    """`people` first-time buyers of a month, of whom `back` buy again forty days later."""
    rows = []
    for n in range(people):
        buyer = f"{month:%m}-{name}-{n}"
        rows.append(
            {
                "order_id": buyer,
                "buyer_key": buyer,
                "paid_date": str(month),
                "gross_amount": 10,
                "refund_amount": 0,
                **origin,
            }
        )
        if n < back:
            later = month + timedelta(days=40)
            rows.append(
                {
                    "order_id": buyer + "b",
                    "buyer_key": buyer,
                    "paid_date": str(later),
                    "gross_amount": 10,
                    "refund_amount": 0,
                    "channel": "shelf",
                }
            )
    return rows


@pytest.fixture
def lottery(tmp_path: Path) -> Shop:
    feb, mar = date(2026, 2, 5), date(2026, 3, 5)
    rows = [
        *cohort(feb, "lottery", 20, 1, channel="live", session_id="s1"),
        *cohort(feb, "shelf", 180, 45, channel="shelf"),
        *cohort(mar, "lottery", 80, 4, channel="live", session_id="s2"),
        *cohort(mar, "shelf", 120, 30, channel="shelf"),
        {"order_id": "end", "buyer_key": "z", "paid_date": "2026-10-31", "gross_amount": 1, "refund_amount": 0},
        {"order_id": "start", "buyer_key": "z", "paid_date": "2025-01-01", "gross_amount": 1, "refund_amount": 0},
    ]
    sessions = [
        {"session_id": s, "title": "福袋专场", "host": "甲", "day": d} for s, d in (("s1", str(feb)), ("s2", str(mar)))
    ]
    return make_shop(tmp_path, {"orders": rows, "live_sessions": sessions})


def test_the_mix_of_buyers_carries_the_change(lottery: Shop) -> None:
    """Both origins keep their rate (5 % and 25 %); the lottery's share goes from 10 % to 40 %, so 23 % falls to 17 %."""
    found = explain(lottery, "repurchase_90d", MAR, FEB)
    assert (found.before, found.value, found.change) == (D("0.23"), D("0.17"), D("-6.0000"))
    assert sum((d.contribution for d in found.entities), D(0)) == found.change
    parts = {d.label.zh: d for d in found.entities}
    assert set(parts) == {"福袋专场", "货架"}
    assert parts["福袋专场"].id == "live_session" and parts["福袋专场"].weight == (D("0.1"), D("0.4"))
    assert all(abs(d.rate or D(0)) < D("1e-20") for d in found.entities)
    assert (parts["福袋专场"].before, parts["福袋专场"].after) == (D("0.05"), D("0.05"))


def test_the_tool_says_share_rate_and_points(lottery: Shop) -> None:
    result = explain_change.call(
        ToolContext(shop=lottery, today=date(2026, 11, 24)), {"metric": "90天复购率", "window": "2026-03"}
    )
    text = next(fact for fact in result.facts if "福袋专场" in fact.entities).claim.zh
    assert "10.0%" in text and "40.0%" in text and "个百分点" in text
    assert not any("支付金额" in fact.claim.zh for fact in result.facts if fact.data["topic"] == "entity")


def test_the_last_month_is_moved_back_until_ninety_days_passed(lottery: Shop) -> None:
    assert latest_matured(Reader(lottery)) == month_of(date(2026, 7, 1))  # 31 July + 92 days = 31 October
    with pytest.raises(DataMissing):
        explain(lottery, "repurchase_90d", OCT, month_of(date(2026, 9, 1)))
