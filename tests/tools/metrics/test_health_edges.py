"""What an opportunity must leave out: days outside the month, refunds still to come, the better hour; and the stage by which way sales moved."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from health_shops import END, MONTH, context, days, orders, shop_of, sizing

from tools.metrics.health import health
from tools.metrics.health_model import Finding
from tools.metrics.opportunities_goods import goods_opportunities
from tools.metrics.opportunities_sizing import Sizing
from tools.metrics.opportunities_spend import spend_opportunities
from tools.metrics.pair import make_pair
from tools.metrics.stage import stage_of

D = Decimal


def _goods(s: Sizing, name: str) -> Finding:
    found = goods_opportunities(s, make_pair(s.reader, *s.history.months[:2]))
    return next(finding for finding in found if finding.id == name)


def _line(number: int, day: date, product: str, amount: int, refund: int = 0) -> dict[str, Any]:
    return {
        "line_id": f"l{number}", "order_id": "o1", "paid_date": day, "product_id": product, "title": f"商品{product}", "quantity": 1,
        "amount": amount, "refund_amount": refund,
    }  # fmt: skip


def test_only_the_days_of_the_month_were_lost(tmp_path: Path) -> None:
    """Six days without stock, four of them before the month: two days x 500 yuan."""
    out = {MONTH.start + timedelta(days=k) for k in range(-4, 2)}
    lines: list[dict[str, Any]] = []
    stock = [{"day": day, "product_id": "p1", "on_hand": 0 if day in out else 9} for day in days(120)]
    for day in days(120):
        lines += [_line(len(lines) + k, day, "p1", 100) for k in range(0 if day in out else 5)]
    s = sizing(shop_of(tmp_path, orders=orders(120, lambda _: 10), order_lines=lines, stock_daily=stock))
    found = _goods(s, "stock_out")
    assert (found.yuan, found.n) == (D(1000), 2)


def test_a_product_is_judged_by_orders_whose_refunds_have_come(tmp_path: Path) -> None:
    """Refunds of the last month are still to come. In the three months before it 90,000 yuan were paid, a fifth refunded, of the others a twentieth."""
    lines: list[dict[str, Any]] = []
    for place, day in enumerate(days(120)):
        ripe = day < MONTH.start
        for product in ("bad", "a", "b", "c", "d"):
            back = 2 if product == "bad" else place % 2
            lines += [_line(len(lines) + k, day, product, 100, 100 if ripe and k < back else 0) for k in range(10)]
    s = sizing(shop_of(tmp_path, orders=orders(120, lambda _: 30), order_lines=lines))
    found = _goods(s, "refund_heavy")
    assert (found.subject, found.high, found.n) == (("商品bad",), D(4500), 900)  # 30,000 a month x (0.20 - 0.05)


def test_sessions_move_to_the_hour_that_sells_more(tmp_path: Path) -> None:
    """Two hours each, at 10:00 for 1,000 and at 20:00 for 3,000 an hour; 45 sessions of the worse hour in 90 days."""
    sessions = [
        {
            "session_id": f"s{k}", "day": day, "started_at": datetime.combine(day, time(10 if k % 2 else 20)), "minutes": 120,
            "paid_amount": 2000 if k % 2 else 6000,
        }
        for k, day in enumerate(days(90))
    ]  # fmt: skip
    s = sizing(shop_of(tmp_path, orders=orders(120, lambda _: 30), live_sessions=sessions))
    found = next(one for one in spend_opportunities(s) if one.area == "live")
    assert "20 点开播的场次每小时成交 3,000 元，10 点开播的只有 1,000 元" in found.claim.zh
    assert (found.high, found.low) == (D(60000), D("17142.86"))  # all 30 hours a month; one session a week


@pytest.mark.parametrize(
    ("before", "after", "stage"), [(20, 30, "growth"), (30, 20, "decline"), (20, 19, "mature"), (19, 20, "mature")]
)
def test_the_stage_follows_the_way_the_months_moved(before: int, after: int, stage: str, tmp_path: Path) -> None:
    turn = END - timedelta(days=180)
    s = sizing(shop_of(tmp_path, orders=orders(420, lambda day: after if day > turn else before)))
    assert stage_of(s.history, s.people).id == stage


@pytest.mark.parametrize("count", [1, 20, 29])
def test_a_shop_of_less_than_a_month_is_read_and_not_judged(count: int, tmp_path: Path) -> None:
    """All its buyers are new, whatever the days; it used to end in an internal error after the import."""
    shop = shop_of(tmp_path, orders=orders(count, lambda _: 2))
    found = health(context(shop))
    levels = {level.metric: level.value for outcome in found.outcomes for level in outcome.levels}
    people = {row["buyer_key"] for row in orders(count, lambda _: 2)}
    assert (levels["new_buyers"], levels["returning_buyers"]) == (len(people), 0)
    assert not found.findings and not found.judged
