"""Tmall, UCI and CDNOW through the importer: every figure equal to plain pandas over the raw file, cleaned here, not by our code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from metric_shops import cents, imported, shared_data, value, yuan

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import metric_of
from tools.metrics.measure import measure
from tools.metrics.query import query
from tools.metrics.reader import Reader
from tools.metrics.supply import supply
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

D = Decimal


# --- Tmall order report, February 2020


@pytest.fixture(scope="module")
def tmall(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, pd.DataFrame]:
    path = shared_data("tmall_orders", "tmall_order_report.csv")
    raw = pd.read_csv(path, dtype=str).rename(columns=str.strip)
    raw["gross"], raw["refund"] = cents(raw["总金额"]), cents(raw["退款金额"])
    raw["paid"] = raw["订单付款时间"].str[:10]
    raw["created"] = raw["订单创建时间"].str[:10]
    return imported(tmp_path_factory.mktemp("tmall"), path, platform="tmall"), raw


WHOLE = Window(start=date(2020, 2, 1), end=date(2020, 3, 1))


def test_tmall_sales_refunds_and_funnel(tmall: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = tmall
    paid = raw[raw.paid.notna() & (raw.gross > 0)]
    gross, refund = int(paid.gross.sum()), int(paid.refund.sum())
    assert value(shop, "gmv", WHOLE) == yuan(gross)
    assert value(shop, "refund_amount", WHOLE) == yuan(refund)
    assert value(shop, "net_gmv", WHOLE) == yuan(gross - refund)
    assert value(shop, "refund_rate", WHOLE) == pytest.approx(D(refund) / gross)
    assert value(shop, "orders", WHOLE) == len(paid)
    assert value(shop, "aov_order", WHOLE) == pytest.approx(yuan(gross) / len(paid))
    assert value(shop, "refunded_orders", WHOLE) == int((paid.refund > 0).sum())
    assert value(shop, "full_refund_share", WHOLE) == pytest.approx(
        D(int((paid.refund >= paid.gross).sum())) / len(paid)
    )
    assert value(shop, "created_orders", WHOLE) == len(raw)
    assert value(shop, "payment_rate", WHOLE) == pytest.approx(D(len(paid)) / len(raw))


@pytest.mark.parametrize("metric", ["gmv", "orders", "refund_amount", "created_orders"])
def test_tmall_by_day(tmall: tuple[Shop, pd.DataFrame], metric: str) -> None:
    shop, raw = tmall
    paid = raw[raw.paid.notna() & (raw.gross > 0)]
    want = {
        "gmv": paid.groupby("paid").gross.sum().map(yuan),
        "orders": paid.groupby("paid").size(),
        "refund_amount": paid.groupby("paid").refund.sum().map(yuan),
        "created_orders": raw.groupby("created").size(),
    }[metric]
    rows = query(shop, metric, WHOLE, by="day").rows
    assert {row.key: row.value for row in rows if row.value} == {day: D(v) for day, v in want.items() if v}


def test_tmall_by_province_adds_up(tmall: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = tmall
    paid = raw[raw.paid.notna() & (raw.gross > 0)]
    found = query(shop, "orders", WHOLE, by="province", top=50)
    assert sorted(row.value for row in found.rows) == sorted(D(int(n)) for n in paid.groupby("收货地址").size())
    assert sum(row.value for row in found.rows) == found.total.value


def test_tmall_says_what_it_lacks(tmall: tuple[Shop, pd.DataFrame]) -> None:
    reader = Reader(tmall[0])
    for metric in ("buyers", "repurchase_rate", "repurchase_30d", "active_buyers", "purchase_interval"):
        found = supply(reader, metric_of(metric))
        assert not found.ready and "买家" in (found.missing or found.unlock).zh, metric  # type: ignore[union-attr]
        with pytest.raises(DataMissing):
            measure(tmall[0], metric, WHOLE)
    for metric in ("visitors", "ad_spend", "live_gmv", "goods_margin", "pay_to_ship_hours"):
        assert not supply(reader, metric_of(metric)).ready, metric
    assert supply(reader, metric_of("net_gmv")).ready


# --- UCI Online Retail II

# charges under codes that are no merchandise, read off the data set's own descriptions
CHARGES = {"POST", "DOT", "C2", "C3", "M", "m", "D", "S", "B", "ADJUST", "ADJUST2", "BANK CHARGES", "AMAZONFEE", "CRUK"}
CHARGES |= {"TEST001", "TEST002", "GIFT"}


class Uci:
    def __init__(self, shop: Shop, raw: pd.DataFrame) -> None:
        self.shop = shop
        raw["Invoice"] = raw["Invoice"].astype(str)
        raw["code"] = raw["StockCode"].astype(str)
        raw["day"] = raw["InvoiceDate"].dt.date
        raw["cents"] = [round(q * round(p * 1000) / 10) for q, p in zip(raw.Quantity, raw.Price, strict=True)]
        cancel = raw.Invoice.str.startswith("C")
        raw["charge"] = raw.code.isin(CHARGES) | raw.code.str.startswith("gift_0001")
        sale = raw[~cancel & ~raw.Invoice.str.startswith("A") & (raw.Quantity > 0)]
        self.lines = sale[(sale.Price > 0) | sale["Customer ID"].notna()]
        self.refunds = raw[cancel]
        grouped = self.lines.groupby("Invoice")
        self.orders = grouped.agg(
            day=("day", "first"), cents=("cents", "sum"), buyer=("Customer ID", "first"), country=("Country", "first"),
            qty=("Quantity", "sum"), charge=("charge", "all"),
        )  # fmt: skip
        self.paid = self.orders[self.orders.cents > 0]

    def within(self, frame: pd.DataFrame, window: Window) -> pd.DataFrame:
        return frame[(frame.day >= window.start) & (frame.day <= window.end)]

    def days(self) -> pd.DataFrame:
        goods = self.paid[self.paid.buyer.notna() & ~self.paid.charge]
        return goods[["buyer", "day"]].drop_duplicates().sort_values(["buyer", "day"])


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uci]:
    path = shared_data("uci_online_retail_ii", "online_retail_ii_2009_2010.parquet")
    yield Uci(imported(tmp_path_factory.mktemp("uci"), path), pd.read_parquet(path))


NOV = month_of(date(2010, 11, 1))
MARCH = month_of(date(2010, 3, 1))


def test_uci_sales(uci: Uci) -> None:
    inside, back = uci.within(uci.paid, NOV), uci.within(uci.refunds, NOV)
    known = inside[inside.buyer.notna()]
    gross, returned = int(inside.cents.sum()), -int(back.cents.sum())
    assert value(uci.shop, "gmv", NOV) == yuan(gross)
    assert value(uci.shop, "refund_by_date", NOV) == yuan(returned)
    assert value(uci.shop, "net_gmv", NOV) == yuan(gross - returned)
    assert value(uci.shop, "net_gmv_by_refund_date", NOV) == yuan(gross - returned)
    assert value(uci.shop, "refund_count", NOV) == len(back)
    assert value(uci.shop, "refund_average", NOV) == pytest.approx(yuan(returned) / len(back))
    assert value(uci.shop, "orders", NOV) == len(inside)
    assert value(uci.shop, "buyers", NOV) == known.buyer.nunique()
    assert value(uci.shop, "aov_buyer", NOV) == pytest.approx(yuan(known.cents.sum()) / known.buyer.nunique())
    assert value(uci.shop, "items", NOV) == int(inside.qty.sum())


def test_uci_by_month_country_and_product(uci: Uci) -> None:
    year = Window(start=date(2010, 1, 1), end=date(2010, 11, 30))
    inside = uci.within(uci.paid, year)
    month = inside.day.map(lambda day: day.replace(day=1))
    for metric, want in {
        "gmv": inside.groupby(month).cents.sum().map(yuan),
        "orders": inside.groupby(month).size(),
        "buyers": inside.groupby(month).buyer.nunique(),
    }.items():
        rows = query(uci.shop, metric, year, by="month").rows
        assert [row.value for row in rows] == [D(v) for v in want], metric
    countries = query(uci.shop, "gmv", NOV, by="province", top=50).rows
    november = uci.within(uci.paid, NOV)
    assert {row.key: row.value for row in countries} == dict(november.groupby("country").cents.sum().map(yuan).items())
    goods = uci.within(uci.lines[~uci.lines.charge], NOV)
    best = goods.groupby("code").cents.sum()
    top = query(uci.shop, "gmv", NOV, by="product", top=5).rows[:5]
    assert [row.value for row in top] == [yuan(v) for v in best.sort_values(ascending=False).head(5)]
    assert {row.key for row in top[:3]} == set(best.sort_values(ascending=False).head(3).index)
    ten = best.sort_values(ascending=False).head(10).sum()
    assert value(uci.shop, "top10_product_share", NOV) == pytest.approx(D(int(ten)) / int(best.sum()))


def test_uci_people(uci: Uci) -> None:
    known = uci.paid[uci.paid.buyer.notna()]
    inside = uci.within(known, NOV)
    before = set(known[known.day < NOV.start].buyer)
    back = inside[inside.buyer.isin(before)]
    assert value(uci.shop, "returning_buyers", NOV) == back.buyer.nunique()
    assert value(uci.shop, "new_buyers", NOV) == inside.buyer.nunique() - back.buyer.nunique()
    assert value(uci.shop, "returning_gmv", NOV) == yuan(back.cents.sum())
    assert value(uci.shop, "returning_share", NOV) == pytest.approx(D(int(back.cents.sum())) / int(inside.cents.sum()))
    days = uci.days()
    window = uci.within(days, NOV)
    count = window.groupby("buyer").size()
    assert value(uci.shop, "repurchase_rate", NOV) == pytest.approx(D(int((count >= 2).sum())) / len(count))
    first = days.groupby("buyer").day.min()
    assert value(uci.shop, "first_time_buyers", NOV) == int(((first >= NOV.start) & (first <= NOV.end)).sum())
    year = days[(days.day > NOV.end - timedelta(days=365)) & (days.day <= NOV.end)]
    assert value(uci.shop, "active_buyers", NOV) == year.buyer.nunique()


def test_uci_purchase_interval(uci: Uci) -> None:
    days = uci.days()
    gap = pd.to_datetime(days.day).groupby(days.buyer).diff().dt.days
    inside = gap[(days.day >= NOV.start) & (days.day <= NOV.end)].dropna()
    found = measure(uci.shop, "purchase_interval", NOV)
    assert found.value == D(str(inside.median())) and found.n == len(inside)


@pytest.mark.parametrize("horizon", [30, 60, 90, 180])
def test_uci_repurchase_by_horizon(uci: Uci, horizon: int) -> None:
    days = uci.days()
    first = days.groupby("buyer").day.min().rename("first")
    cohort = first[(first >= MARCH.start) & (first <= MARCH.end)]
    later = days.merge(cohort, left_on="buyer", right_index=True)
    gap = (pd.to_datetime(later.day) - pd.to_datetime(later["first"])).dt.days
    came = later[(gap > 0) & (gap <= horizon)].buyer.nunique()
    found = measure(uci.shop, f"repurchase_{horizon}d", MARCH)
    assert found.n == len(cohort)
    assert found.value == pytest.approx(D(came) / len(cohort), abs=D("1e-20"))


def test_uci_price_index(uci: Uci) -> None:
    goods = uci.lines[~uci.lines.charge & (uci.lines.cents > 0)]
    now = uci.within(goods, NOV).groupby("code")[["cents", "Quantity"]].sum()
    past = Window(start=NOV.start - timedelta(days=90), end=NOV.start - timedelta(days=1))
    then = uci.within(uci.lines[~uci.lines.charge], past).groupby("code")[["cents", "Quantity"]].sum()
    both = now.merge(then[then.cents > 0], left_index=True, right_index=True, suffixes=("", "_then"))
    usual = (both.Quantity * both.cents_then / both.Quantity_then).sum()
    assert float(value(uci.shop, "price_index_90d", NOV)) == pytest.approx(both.cents.sum() / usual, rel=1e-3)


# --- CDNOW

CDNOW_MAPPING = """
id: cdnow
label: {zh: CDNOW, en: CDNOW}
download: {zh: CDNOW, en: CDNOW}
currency: USD
timezone: America/New_York
detect: [[line, buyer, day, dollars]]
fields:
  line: {type: id, names: [line], required: true}
  buyer: {type: buyer, names: [customer_id]}
  day: {type: time, names: [date], required: true}
  discs: {type: int, names: [cds]}
  dollars: {type: money, names: [dollars], required: true}
targets:
  orders:
    columns:
      order_id: line
      paid_at: day
      paid_date: {date: day}
      buyer_key: buyer
      gross_amount: dollars
      item_quantity: discs
"""


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, pd.DataFrame]:
    """The master file under headers and a merchant's own mapping file: it has neither a header nor an order number."""
    folder = tmp_path_factory.mktemp("cdnow")
    path = shared_data("cdnow", "CDNOW_master.txt")
    raw = pd.read_csv(
        path, sep=r"\s+", header=None, names=["buyer", "date", "cds", "dollars"], dtype=str, skiprows=_head(path)
    )
    raw["day"] = pd.to_datetime(raw.date, format="%Y%m%d").dt.date
    raw["cents"] = cents(raw.dollars)
    table = folder / "cdnow.csv"
    out = pd.DataFrame(
        {"line": raw.index, "customer_id": raw.buyer, "date": raw.day, "cds": raw.cds, "dollars": raw.dollars}
    )
    out.to_csv(table, index=False)
    mapping = folder / "cdnow.yaml"
    mapping.write_text(CDNOW_MAPPING, encoding="utf-8")
    return imported(folder, table, mapping=mapping), raw  # fmt: skip


def _head(path: Path) -> int:
    return 0 if path.read_text(encoding="ascii").split(maxsplit=1)[0].isdigit() else 1


def test_cdnow_sales_and_repurchase(cdnow: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = cdnow
    paid = raw[raw.cents > 0]
    for month in (month_of(date(1997, 2, 1)), month_of(date(1998, 3, 1))):
        inside = paid[(paid.day >= month.start) & (paid.day <= month.end)]
        assert value(shop, "gmv", month) == yuan(inside.cents.sum())
        assert value(shop, "orders", month) == len(inside)
        assert value(shop, "buyers", month) == inside.buyer.nunique()
        assert value(shop, "items", month) == int(inside.cds.astype(int).sum())
        days = inside.groupby("buyer").day.nunique()
        assert value(shop, "repurchase_rate", month) == pytest.approx(D(int((days >= 2).sum())) / len(days))
    first = paid.groupby("buyer").day.min().rename("first")
    cohort = first[first < date(1997, 2, 1)]
    later = paid.merge(cohort, left_on="buyer", right_index=True)
    gap = (pd.to_datetime(later.day) - pd.to_datetime(later["first"])).dt.days
    for horizon in (30, 90, 365):
        came = later[(gap > 0) & (gap <= horizon)].buyer.nunique()
        found = value(shop, f"repurchase_{horizon}d", month_of(date(1997, 1, 1)))
        assert found == pytest.approx(D(came) / len(cohort), abs=D("1e-20"))


def test_cdnow_lost_and_won_back(cdnow: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = cdnow
    june = month_of(date(1998, 6, 1))
    paid = raw[(raw.cents > 0) & (raw.day <= june.end)]
    year = june.end - timedelta(days=365)
    earlier = set(paid[(paid.day > year - timedelta(days=365)) & (paid.day <= year)].buyer)
    lately = set(paid[paid.day > year].buyer)
    assert value(shop, "lost_buyers", june) == len(earlier - lately)
    assert value(shop, "lost_share", june) == pytest.approx(D(len(earlier - lately)) / len(earlier))
    now = paid[paid.day >= june.start]
    before = paid[paid.day < june.start].groupby("buyer").day.max()
    old = before[before < june.start - timedelta(days=365)]
    assert value(shop, "won_back_buyers", june) == len(set(now.buyer) & set(old.index))
