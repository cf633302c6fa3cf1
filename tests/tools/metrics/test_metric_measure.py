"""Metrics on hand-made shops with the known traps: every expected figure is worked out by hand in the comment beside it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.measure import measure
from tools.metrics.query import query
from tools.metrics.windows import compare_window, month_of
from tools.warehouse.access import Shop

D = Decimal
OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))


def order(number: int, day: str | None, gross: float, buyer: str | None = "a", **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "paid_date": day,
        "gross_amount": gross,
        "buyer_key": buyer,
        "refund_amount": 0,
        **more,
    }


# Paid 31 October, refunded in November: the refund belongs to October's cohort. o5 was never paid, o6 is a free order.
ORDERS = [
    order(1, "2026-10-01", 100.10, "a", channel="shelf", province="上海"),
    order(2, "2026-10-01", 50.05, "a", channel="live", province="上海"),
    order(3, "2026-10-15", 200.00, "b", channel="shelf", province="浙江省"),
    order(4, "2026-10-31", 80.00, "c", channel="live", province="上海", refund_amount=30.25),
    order(5, None, 0, "d"),
    order(6, "2026-10-20", 0, "d"),
    order(7, "2026-11-01", 999.99, "a"),
    order(8, "2026-09-30", 60.00, "b"),
    order(9, "2025-10-02", 10.00, "c"),
    order(10, "2026-10-16", 5.00, "b", is_service=True),
]
REFUNDS = [
    {"refund_id": "r1", "order_id": "o4", "amount": 30.25, "refunded_date": "2026-11-03"},
    {"refund_id": "r2", "order_id": None, "amount": 7.00, "refunded_date": "2026-10-09"},
    {"refund_id": "r3", "order_id": "", "amount": 9.00, "refunded_date": "2026-11-09"},
]
DAILY = [
    {"day": "2026-10-01", "visitors": 100, "buyers": 1, "page_views": 300, "add_to_cart": 10},
    {"day": "2026-10-15", "visitors": 60, "buyers": 1, "page_views": 100, "add_to_cart": 0},
    {"day": "2026-10-31", "visitors": 40, "buyers": 1, "page_views": None, "add_to_cart": 5},
]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, {"orders": ORDERS, "refunds": REFUNDS, "shop_daily": DAILY})


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("gmv", "435.15"),  # 100.10 + 50.05 + 200 + 80 + 5; not the unpaid, not the free, not 1 November
        ("net_gmv", "397.90"),  # 435.15 - 30.25 (o4, refunded in November) - 7.00 (unlinked, October)
        ("refund_amount", "37.25"),
        ("refund_by_date", "7.00"),  # only r2 was refunded in October
        ("orders", "5"),
        ("buyers", "3"),
        ("aov_order", "87.03"),  # 435.15 / 5
        ("aov_buyer", "145.05"),  # 435.15 / 3
        ("refunded_orders_share", "0.2"),
        ("new_buyers", "1"),  # a: b paid on 30 September, c on 2 October 2025 (364 days before)
        ("returning_buyers", "2"),
        ("new_gmv", "150.15"),
        ("returning_gmv", "285.00"),
        ("repurchase_rate", "0"),  # a paid twice on one day; b's second day is a service order
        ("visitors", "200"),
        ("conversion", "0.015"),
        ("uv_value", "2.17575"),  # 435.15 / 200
        ("add_to_cart_rate", "0.075"),
        ("page_views", "400"),
    ],
)
def test_hand_computed(shop: Shop, metric: str, value: str) -> None:
    assert measure(shop, metric, OCT).value == D(value)


def test_refunds_are_never_counted_twice(shop: Shop) -> None:
    """October and November together deduct every refund once: 30.25 + 7 + 9."""
    both = Window(start=OCT.start, end=date(2026, 11, 30))
    gross, net = measure(shop, "gmv", both).value, measure(shop, "net_gmv", both).value
    assert gross is not None and net is not None
    assert gross - net == D("46.25")


def test_exactly_365_days_look_back(tmp_path: Path) -> None:
    rows = [
        order(1, "2026-10-05", 10, "a"),
        order(2, "2025-10-01", 10, "a"),
        order(3, "2026-10-05", 10, "b"),
        order(4, "2025-09-30", 10, "b"),
    ]
    shop = make_shop(tmp_path, {"orders": rows})
    assert measure(shop, "returning_buyers", OCT).value == 1  # 1 October 2025 is day 365 before, 30 September day 366
    assert measure(shop, "new_buyers", OCT).value == 1


def test_short_history_is_said(shop: Shop, tmp_path: Path) -> None:
    young = make_shop(tmp_path / "young", {"orders": [order(1, "2026-09-20", 10), order(2, "2026-10-02", 10)]})
    assert any("365" in note.en for note in measure(young, "new_buyers", OCT).notes)
    assert any("365" in note.en for note in measure(shop, "new_buyers", OCT).notes)  # 364 days
    old = make_shop(tmp_path / "old", {"orders": [order(1, "2025-10-01", 10), order(2, "2026-10-02", 10)]})
    assert not any("365" in note.en for note in measure(old, "new_buyers", OCT).notes)


def test_month_end_uses_the_shops_date_not_the_instant(tmp_path: Path) -> None:
    """Paid 2024-02-01 00:10 in Shanghai (16:10 UTC on 31 January): it is February's."""
    rows = [
        order(1, "2024-01-31", 10, paid_at="2024-01-31 23:59:59"),
        order(2, "2024-02-01", 20, paid_at="2024-02-01 00:10:00"),
        order(3, "2024-02-29", 40, paid_at="2024-02-29 23:59:59"),
        order(4, "2024-03-01", 80, paid_at="2024-03-01 00:00:00"),
    ]
    shop = make_shop(tmp_path, {"orders": rows})
    assert [measure(shop, "gmv", month_of(date(2024, m, 1))).value for m in (1, 2, 3)] == [D(10), D(60), D(80)]


def test_missing_is_not_zero(shop: Shop) -> None:
    empty = measure(shop, "gmv", month_of(date(2027, 5, 1)))
    assert empty.value is None and empty.notes
    inside = measure(shop, "gmv", month_of(date(2026, 3, 1)))
    assert inside.value == 0  # orders lie before and after, so no order is a zero
    assert measure(shop, "visitors", month_of(date(2026, 3, 1))).value is None
    assert measure(shop, "aov_order", month_of(date(2026, 3, 1))).value is None  # zero denominator


def test_buyer_figures_without_buyer_ids_name_what_they_need(tmp_path: Path) -> None:
    rows = [{**row, "buyer_key": None} for row in ORDERS]
    shop = make_shop(tmp_path, {"orders": rows})
    for metric in ("buyers", "aov_buyer", "new_buyers", "repurchase_rate", "repurchase_90d", "returning_share"):
        with pytest.raises(DataMissing) as caught:
            measure(shop, metric, OCT)
        assert "买家" in caught.value.message.zh and "千牛" in caught.value.message.zh
    assert measure(shop, "gmv", OCT).value == D("435.15")


def test_missing_table_names_its_export(shop: Shop) -> None:
    with pytest.raises(DataMissing) as caught:
        measure(shop, "ad_spend", OCT)
    assert caught.value.tables == ("ad_daily",)
    assert "万相台" in caught.value.message.zh


def test_platform_report_stands_in_for_orders(tmp_path: Path) -> None:
    days = [{"day": "2026-10-01", "paid_amount": 100, "orders": 4, "refund_amount": 10, "buyers": 3, "visitors": 90}]
    shop = make_shop(tmp_path, {"shop_daily": days})
    found = measure(shop, "gmv", OCT)
    assert found.value == 100 and "shop_daily" in found.source
    assert measure(shop, "net_gmv", OCT).value == 90
    assert measure(shop, "aov_order", OCT).value == 25


def test_one_row_shop(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": [order(1, "2026-10-07", 12.34)]})
    day = Window(start=date(2026, 10, 7), end=date(2026, 10, 7))
    assert measure(shop, "gmv", day).value == D("12.34")
    found = measure(shop, "refunded_orders_share", day)
    assert found.value == 0 and found.small and found.interval is not None
    assert measure(shop, "repurchase_rate", day).value == 0
    assert measure(shop, "repurchase_90d", day).value is None


def test_filter(shop: Shop) -> None:
    assert measure(shop, "gmv", OCT, where={"channel": "live"}).value == D("130.05")
    assert measure(shop, "buyers", OCT, where={"channel": "live"}).value == 2
    assert measure(shop, "new_buyers", OCT, where={"channel": "live"}).value == 1
    with pytest.raises(BadArguments):
        measure(shop, "gmv", OCT, where={"planet": "x"})


def test_row_order_does_not_matter(tmp_path: Path) -> None:
    shuffled = list(ORDERS)
    random.Random(4).shuffle(shuffled)
    one = make_shop(tmp_path / "a", {"orders": ORDERS, "refunds": REFUNDS})
    two = make_shop(tmp_path / "b", {"orders": shuffled, "refunds": REFUNDS[::-1]})
    for metric in ("gmv", "net_gmv", "buyers", "new_buyers", "repurchase_rate", "aov_order", "repurchase_90d"):
        assert measure(one, metric, OCT).value == measure(two, metric, OCT).value


@pytest.mark.parametrize("by", ["day", "week", "month", "channel", "province"])
def test_additive_metrics_add_across_partitions(shop: Shop, by: str) -> None:
    for metric in ("gmv", "orders", "net_gmv"):
        if metric == "net_gmv" and by in ("channel", "province"):
            continue
        found = query(shop, metric, Window(start=date(2026, 9, 1), end=date(2026, 11, 1)), by=by)
        assert sum((row.value or D(0) for row in found.rows), D(0)) == found.total.value


def test_product_cut_shows_what_is_left_to_the_whole(tmp_path: Path) -> None:
    """Lines leave out shipping: the difference is a row of its own, so the table still adds up. No fan-out from joins."""
    orders = [order(1, "2026-10-01", 110, shipping_amount=10), order(2, "2026-10-02", 30)]
    lines = [
        {
            "line_id": "1",
            "order_id": "o1",
            "paid_date": "2026-10-01",
            "product_id": "p1",
            "title": "面霜",
            "quantity": 2,
            "amount": 60,
        },
        {
            "line_id": "2",
            "order_id": "o1",
            "paid_date": "2026-10-01",
            "product_id": "p2",
            "title": "精华",
            "quantity": 1,
            "amount": 40,
        },
        {
            "line_id": "3",
            "order_id": "o2",
            "paid_date": "2026-10-02",
            "product_id": "p1",
            "title": "面霜",
            "quantity": 1,
            "amount": 30,
        },
    ]
    shop = make_shop(tmp_path, {"orders": orders, "order_lines": lines})
    found = query(shop, "gmv", OCT, by="product")
    assert {row.label.zh: row.value for row in found.rows} == {"面霜": D(90), "精华": D(40), "与全店的差额": D(10)}
    assert query(shop, "gmv", OCT, by="product", top=1).rows[1].value == D(40)
    assert measure(shop, "items", OCT).value == 4  # orders carry no quantity, the lines do
    assert measure(shop, "item_price", OCT).value == D("32.5")


def test_people_are_not_added(shop: Shop) -> None:
    found = query(shop, "buyers", OCT, by="channel")
    assert sum((row.value or D(0) for row in found.rows), D(0)) == 5  # a is in both, b also without a channel
    assert found.total.value == 3
    assert any("add up" in note.en for note in found.notes)


def test_comparison_and_missing_days(shop: Shop) -> None:
    found = query(shop, "gmv", OCT, compare="previous")
    assert found.previous is not None and found.previous.window == SEP == compare_window(OCT, "previous")
    assert found.change == D("435.15") - D(60)
    assert date(2026, 10, 2) in found.missing_days and date(2026, 10, 1) not in found.missing_days


def test_new_returning_cut(shop: Shop) -> None:
    found = query(shop, "gmv", OCT, by="new_returning")
    assert {row.key: row.value for row in found.rows} == {"new": D("150.15"), "returning": D("285.00")}
    with pytest.raises(BadArguments):
        query(shop, "visitors", OCT, by="new_returning")
    with pytest.raises(BadArguments):
        query(shop, "gmv", OCT, by="weather")
    with pytest.raises(BadArguments):
        query(shop, "ad_spend", OCT, by="province")


def test_small_ratio_carries_an_interval_and_a_note(shop: Shop) -> None:
    found = measure(shop, "refunded_orders_share", OCT)
    assert found.n == 5 and found.n_unit == "orders" and found.small
    assert found.interval is not None and found.interval.high > D("0.5")
    assert any("too small" in note.en for note in found.notes)


def test_repurchase_90d_by_hand(tmp_path: Path) -> None:
    """Ten first-time buyers on 1 January; three come back on day 30, one on day 91, one twice on one day (no repurchase)."""
    first = date(2026, 1, 1)
    rows = [order(n, str(first), 10, f"b{n}") for n in range(10)]
    rows += [order(100 + n, str(first + timedelta(days=30)), 10, f"b{n}") for n in range(3)]
    rows += [order(200, str(first + timedelta(days=91)), 10, "b3"), order(201, str(first), 10, "b4")]
    rows += [order(300, "2026-12-31", 10, "z")]
    shop = make_shop(tmp_path, {"orders": rows})
    found = measure(shop, "repurchase_90d", month_of(first))
    assert (found.value, found.n) == (D("0.3"), 10)
