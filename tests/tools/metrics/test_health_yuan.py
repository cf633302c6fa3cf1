"""What is at stake, worked out by hand on steady shops; nothing where the sample is small or the month is usual."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from health_shops import END, MONTH, context, days, orders, shop_of, sizing

from tools.metrics.health import FINDINGS, health
from tools.metrics.health_model import Finding, band_of, better_quartile
from tools.metrics.opportunities import buyer_opportunities
from tools.metrics.opportunities_goods import goods_opportunities
from tools.metrics.opportunities_sizing import Margin, gap_of
from tools.metrics.opportunities_spend import spend_opportunities
from tools.metrics.pair import make_pair

D = Decimal
YEAR = 360


def _last_month(day: date) -> bool:
    return day >= MONTH.start


def _by_id(found: list[Finding], name: str) -> Finding:
    return next(finding for finding in found if finding.id == name)


def test_carts_not_paid(tmp_path: Path) -> None:
    """3,000 carts x (0.40 - 0.30) x 100 yuan a buyer = 30,000; every earlier month was 0.40, so there is no range."""
    rows = orders(YEAR, lambda _: 30)
    daily = [
        {"day": d, "visitors": 1000, "add_to_cart": 100, "buyers": 30 if _last_month(d) else 40} for d in days(YEAR)
    ]
    found = _by_id(list(buyer_opportunities(sizing(shop_of(tmp_path, orders=rows, shop_daily=daily)))), "carts")
    assert (found.yuan, found.low, found.high) == (D(30000), D(30000), D(30000))
    assert (found.n, found.area) == (3000, "conversion")


def test_a_seller_out_of_stock(tmp_path: Path) -> None:
    """Six days without stock x 500 yuan on each day with stock."""
    out = {END - timedelta(days=k) for k in range(3, 9)}
    rows = orders(120, lambda _: 10)
    lines, stock = [], []
    for day in days(120):
        for product, price in (("p1", 100), ("p2", 40)):
            gone = product == "p1" and day in out
            stock.append({"day": day, "product_id": product, "on_hand": 0 if gone else 9})
            for _ in range(0 if gone else 5):
                lines.append(
                    {"line_id": f"l{len(lines)}", "order_id": "o1", "paid_date": day, "product_id": product, "title": f"商品{product}",
                     "quantity": 1, "amount": price}
                )  # fmt: skip
    s = sizing(shop_of(tmp_path, orders=rows, order_lines=lines, stock_daily=stock))
    found = _by_id(list(goods_opportunities(s, make_pair(s.reader, *s.history.months[:2]))), "stock_out")
    assert (found.yuan, found.low, found.high, found.subject) == (D(3000), D(3000), D(3000), ("商品p1",))


def _plans(day: date) -> list[dict[str, Any]]:
    return [
        {"day": day, "plan_id": "good", "plan": "好计划", "spend": 10, "paid_amount": 60, "clicks": 50, "orders": 3},
        {"day": day, "plan_id": "bad", "plan": "亏计划", "spend": 100, "paid_amount": 100, "clicks": 50, "orders": 5},
        {"day": day, "plan_id": "none", "plan": "零单计划", "spend": 20, "paid_amount": 0, "clicks": 50, "orders": 0},
    ]


@pytest.mark.parametrize(
    ("margin", "low", "high"),
    [(Margin(D(2)), None, None), (Margin(None), D(600), D(600))],
    ids=["with a margin", "without: only what sold nothing"],
)
def test_ads_that_do_not_pay(tmp_path: Path, margin: Margin, low: Decimal | None, high: Decimal | None) -> None:
    """Break-even 2: the bad plan spent 3,000 for 3,000 of sales, a loss of 1,500, and 600 went where nothing sold."""
    ads = [row for day in days(60) for row in _plans(day)]
    s = sizing(shop_of(tmp_path, orders=orders(60, lambda _: 30), ad_daily=ads), margin)
    found = _by_id(list(spend_opportunities(s)), "ads_below_break_even")
    if low is None:
        assert found.low < D(1500 + 600) < found.high
        assert found.subject == ("亏计划",)
    else:
        assert (found.low, found.high) == (low, high)


def test_lapsed_buyers_count_only_what_comes_on_top(tmp_path: Path) -> None:
    """The amount is size x (better or best own return rate - usual) x spend, from counts made here with plain sets."""
    rows, n = [], 0
    for buyer in range(3000):
        start = buyer % 600
        for back in {start + 95, start + 130, *((start,) if buyer % (9 if (start // 30) % 4 else 3) == 0 else ())}:
            n += 1
            rows.append(
                {
                    "order_id": f"o{n}",
                    "paid_date": END - timedelta(days=back % 720),
                    "buyer_key": f"b{buyer}",
                    "gross_amount": 50,
                }
            )
    s = sizing(shop_of(tmp_path, orders=rows))
    assert s.people is not None
    found = _by_id(list(buyer_opportunities(s)), "lapsed_buyers")
    size, spend = D(s.people.lapsed(0).people), s.spend_again
    rates = sorted((D(p.back) / p.people for k in range(1, 13) if (p := s.people.lapsed(k)).people >= 50), reverse=True)
    usual, better = (rates[len(rates) // 2] + rates[(len(rates) - 1) // 2]) / 2, rates[(len(rates) - 1) // 4]
    assert spend is not None
    assert abs(found.low - size * (better - usual) * spend) < D("0.01")
    assert abs(found.high - size * (rates[0] - usual) * spend) < D("0.01")
    assert found.low <= found.yuan <= found.high


def test_a_steady_shop_has_neither_problem_nor_opportunity(tmp_path: Path) -> None:
    daily = [{"day": d, "visitors": 1000, "add_to_cart": 100, "buyers": 30} for d in days(YEAR)]
    found = health(context(shop_of(tmp_path, orders=orders(YEAR, lambda d: 28 + d.toordinal() % 5), shop_daily=daily)))
    assert found.findings == () and found.stage.id == "mature"
    assert all(level.verdict in ("usual", "unknown") for outcome in found.outcomes for level in outcome.levels)


def test_sixty_orders_are_a_start(tmp_path: Path) -> None:
    """No amount, no repurchase, no word of lifetime, and it says why."""
    found = health(context(shop_of(tmp_path, orders=orders(30, lambda _: 2))))
    assert (found.stage.id, found.findings) == ("start_up", ())
    assert not any(level.metric == "repurchase_rate" for outcome in found.outcomes for level in outcome.levels)
    assert any("样本太小" in note.zh for note in found.notes)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    found = health(context(shop_of(tmp_path, orders=orders(YEAR, lambda _: 30))))
    lacking = {table for outcome in found.outcomes for error in outcome.missing for table in error.tables}
    assert {"ad_daily", "shop_daily", "members_daily"} <= lacking
    assert found.gaps[0].table == "shop_daily" and all(gap.export.zh for gap in found.gaps)
    assert not any(
        level.value == 0 for outcome in found.outcomes for level in outcome.levels if level.metric == "ad_roi"
    )


def test_no_more_than_five_and_one_for_each_area(tmp_path: Path) -> None:
    """Everything bad at once: carts, discounts, ads, stock."""
    cut_price = [
        {**row, "discount_amount": 60 if _last_month(row["paid_date"]) else 5} for row in orders(YEAR, lambda _: 30)
    ]
    daily = [
        {"day": d, "visitors": 1000, "add_to_cart": 100, "buyers": 30 if _last_month(d) else 40} for d in days(YEAR)
    ]
    ads = [row for day in days(60) for row in _plans(day)]
    found = health(context(shop_of(tmp_path, orders=cut_price, shop_daily=daily, ad_daily=ads)))
    areas = [finding.area for finding in found.findings]
    assert {"conversion", "order_value", "ads"} <= set(areas) and len(areas) == len(set(areas)) <= FINDINGS
    amounts = [finding.yuan for finding in found.findings]
    assert amounts == sorted(amounts, reverse=True) and all(
        f.low <= f.yuan <= f.high and f.low >= 0 for f in found.findings
    )
    depth = _by_id(list(found.findings), "discount_depth")  # 900 orders of 160 before: 60/160 now, 5/105 usually
    assert abs(depth.yuan - 900 * 160 * (D(60) / 160 - D(5) / 105)) < 1


def test_bands_and_quartiles() -> None:
    assert band_of([D(1)] * 5) is None
    band = band_of([D(100)] * 8)
    assert band is not None and (band.low, band.high) == (D(99), D(101)) and band.place(D(98)) == "below"
    assert better_quartile([D(k) for k in range(1, 9)]) == 7
    assert gap_of((D(3), D(10)), [(D(1), D(100))] * 6) is None


@pytest.mark.parametrize(("reported", "noted"), [(3000, False), (3300, True)])
def test_a_gap_to_the_platforms_report_is_said(tmp_path: Path, reported: int, noted: bool) -> None:
    daily = [{"day": d, "visitors": 1000, "buyers": 30, "paid_amount": reported} for d in days(60)]
    found = health(context(shop_of(tmp_path, orders=orders(60, lambda _: 30), shop_daily=daily)))
    assert any("advisor reconcile" in note.zh for note in found.notes) is noted
