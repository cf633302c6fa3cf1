"""Every figure on real data equals an independent pandas computation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from metric_shops import make_shop, tmall_frame, uci_frames

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.gaps import find_gaps
from tools.metrics.measure import measure
from tools.metrics.query import query
from tools.metrics.reader import Reader
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

D = Decimal
NOV = month_of(date(2010, 11, 1))


def money(value: float) -> Decimal:
    return D(str(round(value, 2)))


@pytest.fixture(scope="module")
def tmall(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, pd.DataFrame]:
    frame = tmall_frame()
    return make_shop(tmp_path_factory.mktemp("tmall"), {"orders": frame}), frame


Uci = tuple[Shop, pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uci]:
    orders, lines, refunds = uci_frames()
    folder = tmp_path_factory.mktemp("uci")
    yield (
        make_shop(folder, {"orders": orders, "order_lines": lines, "refunds": refunds}, currency="GBP"),
        orders,
        lines,
        refunds,
    )


def test_tmall_gross_refunds_and_net(tmall: tuple[Shop, pd.DataFrame]) -> None:
    shop, frame = tmall
    whole = Window(start=date(2020, 2, 1), end=date(2020, 3, 1))
    assert measure(shop, "gmv", whole).value == D("2474823.07")
    assert measure(shop, "refund_amount", whole).value == D("572335.92")
    assert measure(shop, "net_gmv", whole).value == D("1902487.15")
    paid = frame[frame.paid_date.notna() & (frame.gross_amount > 0)]
    assert measure(shop, "orders", whole).value == len(paid)
    assert measure(shop, "refunded_orders_share", whole).value == D(int((paid.refund_amount > 0).sum())) / len(paid)
    rows = query(shop, "gmv", whole, by="province", top=40).rows
    want = paid.groupby("province").gross_amount.sum()
    assert {row.key: row.value for row in rows} == {name: money(value) for name, value in want.items()}
    daily = query(shop, "gmv", whole, by="day").rows
    assert {row.key: row.value for row in daily if row.value} == {
        day: money(value) for day, value in paid.groupby("paid_date").gross_amount.sum().items()
    }
    with pytest.raises(DataMissing):
        measure(shop, "buyers", whole)


def test_tmall_gap_is_noticed(tmall: tuple[Shop, pd.DataFrame]) -> None:
    gap = find_gaps(Reader(tmall[0]))[0]
    assert (gap.window.start, gap.window.end) == (date(2020, 2, 8), date(2020, 2, 16))
    assert gap.low_days == 8 and gap.orders == 58


def test_uci_sales_and_buyers(uci: Uci) -> None:
    shop, orders, lines, refunds = uci
    inside = orders[(orders.paid_date >= NOV.start) & (orders.paid_date <= NOV.end)]
    known = inside[inside.buyer_key.notna()]
    back = refunds[(refunds.refunded_date >= NOV.start) & (refunds.refunded_date <= NOV.end)]
    gross = inside.gross_amount.sum()
    assert measure(shop, "gmv", NOV).value == money(gross)
    assert measure(shop, "net_gmv", NOV).value == money(gross - back.amount.sum())
    assert measure(shop, "refund_by_date", NOV).value == money(back.amount.sum())
    assert measure(shop, "orders", NOV).value == len(inside)
    assert measure(shop, "buyers", NOV).value == known.buyer_key.nunique()
    assert measure(shop, "items", NOV).value == int(inside.item_quantity.sum())
    assert measure(shop, "aov_buyer", NOV).value == pytest.approx(
        money(known.gross_amount.sum()) / known.buyer_key.nunique()
    )
    assert measure(shop, "orders_per_buyer", NOV).value == D(len(known)) / known.buyer_key.nunique()
    own = lines[(lines.paid_date >= NOV.start) & (lines.paid_date <= NOV.end)]
    assert measure(shop, "item_price", NOV).value == pytest.approx(money(own.amount.sum()) / int(own.quantity.sum()))
    assert measure(shop, "products_sold", NOV).value == own.product_id.nunique()
    top = query(shop, "gmv", NOV, by="product", top=3).rows[:3]
    want = own.groupby("product_id").amount.sum().sort_values(ascending=False).head(3)
    assert [(row.key, row.value) for row in top] == [(key, money(value)) for key, value in want.items()]


def test_uci_new_returning_and_repurchase(uci: Uci) -> None:
    shop, orders, _, _ = uci
    known = orders[orders.buyer_key.notna()]
    inside = known[(known.paid_date >= NOV.start) & (known.paid_date <= NOV.end)]
    before = set(known[(known.paid_date < NOV.start) & (known.paid_date >= date(2009, 11, 1))].buyer_key)
    returning = inside[inside.buyer_key.isin(before)]
    assert measure(shop, "returning_buyers", NOV).value == returning.buyer_key.nunique()
    assert measure(shop, "new_buyers", NOV).value == inside.buyer_key.nunique() - returning.buyer_key.nunique()
    assert measure(shop, "returning_gmv", NOV).value == money(returning.gross_amount.sum())
    days = inside.groupby("buyer_key").paid_date.nunique()
    assert measure(shop, "repurchase_rate", NOV).value == D(int((days >= 2).sum())) / len(days)


def test_uci_repurchase_90d_of_a_matured_cohort(uci: Uci) -> None:
    shop, orders, _, _ = uci
    known = orders[orders.buyer_key.notna()][["buyer_key", "paid_date"]].drop_duplicates()
    first = known.groupby("buyer_key").paid_date.min().rename("first")
    cohort = first[(first >= date(2010, 3, 1)) & (first <= date(2010, 3, 31))]
    later = known.merge(cohort, on="buyer_key")
    gap = (pd.to_datetime(later.paid_date) - pd.to_datetime(later["first"])).dt.days
    came = later[(gap > 0) & (gap <= 90)].buyer_key.nunique()
    found = measure(shop, "repurchase_90d", month_of(date(2010, 3, 1)))
    assert found.n == len(cohort)
    assert found.value == pytest.approx(D(came) / len(cohort), abs=D("1e-20"))


def test_uci_months_and_weeks(uci: Uci) -> None:
    shop, orders, _, _ = uci
    year = Window(start=date(2010, 1, 1), end=date(2010, 11, 30))
    inside = orders[(orders.paid_date >= year.start) & (orders.paid_date <= year.end)]
    day = pd.to_datetime(inside.paid_date)
    months = query(shop, "gmv", year, by="month").rows
    assert [row.value for row in months] == [money(v) for v in inside.gross_amount.groupby(day.dt.month).sum()]
    people = query(shop, "buyers", year, by="month").rows
    assert [row.value for row in people] == list(inside.groupby(day.dt.month).buyer_key.nunique())
    weeks = query(shop, "orders", year, by="week").rows
    want = inside.groupby((day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.date.clip(lower=year.start)).size()
    got = {date.fromisoformat(row.key): row.value for row in weeks if row.value}
    assert got == {key: D(int(value)) for key, value in want.items()}
