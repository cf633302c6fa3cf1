"""Superstore and the Facebook posts through the importer, against plain pandas; and why the media data are no shop data."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from metric_shops import cents, imported, shared_data, value, yuan

from tools.errors import ImportRefused
from tools.facts import Window
from tools.metrics.catalog import metric_of
from tools.metrics.query import query
from tools.metrics.reader import Reader
from tools.metrics.supply import supply
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

D = Decimal
YEAR = Window(start=date(2017, 1, 1), end=date(2017, 12, 31))


@pytest.fixture(scope="module")
def superstore(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, pd.DataFrame]:
    path = shared_data("superstore", "superstore.csv")
    raw = pd.read_csv(path, dtype=dict.fromkeys(("Sales", "Profit", "Discount"), str))
    raw["day"] = pd.to_datetime(raw["Order Date"]).dt.date
    raw["cents"] = cents(raw["Sales"])
    return imported(tmp_path_factory.mktemp("superstore"), path), raw


def test_superstore_sales(superstore: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = superstore
    inside = raw[(raw.day >= YEAR.start) & (raw.day <= YEAR.end)]
    gross, orders, buyers = int(inside.cents.sum()), inside["Order ID"].nunique(), inside["Customer ID"].nunique()
    assert value(shop, "gmv", YEAR) == yuan(gross)
    assert value(shop, "orders", YEAR) == orders
    assert value(shop, "buyers", YEAR) == buyers
    assert value(shop, "items", YEAR) == int(inside.Quantity.sum())
    assert value(shop, "aov_order", YEAR) == pytest.approx(yuan(gross) / orders)
    assert value(shop, "aov_buyer", YEAR) == pytest.approx(yuan(gross) / buyers)
    assert value(shop, "items_per_order", YEAR) == pytest.approx(D(int(inside.Quantity.sum())) / orders)
    assert value(shop, "products_sold", YEAR) == inside["Product ID"].nunique()
    best = inside.groupby("Product ID").cents.sum().sort_values(ascending=False)
    assert value(shop, "top10_product_share", YEAR) == pytest.approx(D(int(best.head(10).sum())) / gross)


def test_superstore_by_month_state_and_product(superstore: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = superstore
    inside = raw[(raw.day >= YEAR.start) & (raw.day <= YEAR.end)]
    month = inside.day.map(lambda day: day.replace(day=1))
    rows = query(shop, "gmv", YEAR, by="month").rows
    assert [row.value for row in rows] == [yuan(v) for v in inside.groupby(month).cents.sum()]
    for by, column in (("province", "State"), ("source", "Segment")):
        found = query(shop, "gmv", YEAR, by=by, top=50)
        assert {row.key: row.value for row in found.rows} == dict(inside.groupby(column).cents.sum().map(yuan).items())
    top = query(shop, "gmv", YEAR, by="product", top=5).rows[:5]
    best = inside.groupby("Product ID").cents.sum().sort_values(ascending=False).head(5)
    assert [row.value for row in top] == [yuan(v) for v in best]


def test_superstore_people(superstore: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = superstore
    november = month_of(date(2017, 11, 1))
    inside = raw[(raw.day >= november.start) & (raw.day <= november.end)]
    past = raw[(raw.day < november.start) & (raw.day >= november.start - timedelta(days=365))]
    returning = inside[inside["Customer ID"].isin(set(past["Customer ID"]))]
    assert value(shop, "returning_buyers", november) == returning["Customer ID"].nunique()
    assert value(shop, "returning_gmv", november) == yuan(returning.cents.sum())
    days = inside.groupby("Customer ID").day.nunique()
    assert value(shop, "repurchase_rate", november) == pytest.approx(D(int((days >= 2).sum())) / len(days))
    every = raw[["Customer ID", "day"]].drop_duplicates().sort_values(["Customer ID", "day"])
    gap = pd.to_datetime(every.day).groupby(every["Customer ID"]).diff().dt.days
    gap = gap[(every.day >= november.start) & (every.day <= november.end)].dropna()
    assert value(shop, "purchase_interval", november) == D(str(gap.median()))


def test_superstore_hours_to_ship(superstore: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = superstore
    orders = raw.drop_duplicates("Order ID")
    orders = orders[(orders.day >= YEAR.start) & (orders.day <= YEAR.end)]
    wait = (pd.to_datetime(orders["Ship Date"]) - pd.to_datetime(orders["Order Date"])).dt.days * 24
    assert float(value(shop, "pay_to_ship_hours", YEAR)) == pytest.approx(wait.mean())
    assert float(value(shop, "late_shipment_share", YEAR)) == pytest.approx((wait > 48).mean())


def test_superstore_profit_and_discount(superstore: tuple[Shop, pd.DataFrame]) -> None:
    """Profit and discount by line as the file states them; Sales is after the discount rate, so it took off Sales x d / (1 - d)."""
    shop, raw = superstore
    lines = raw.assign(profit=cents(raw["Profit"]), rate=raw["Discount"].map(D))
    lines["off"] = [
        int((D(sales) * 100 * rate / (1 - rate)).to_integral_value("ROUND_HALF_UP"))
        for sales, rate in zip(lines["Sales"], lines.rate, strict=True)
    ]
    inside = lines[(lines.day >= YEAR.start) & (lines.day <= YEAR.end)]
    profit, off, gross = int(inside.profit.sum()), int(inside.off.sum()), int(inside.cents.sum())
    assert value(shop, "gross_profit", YEAR) == yuan(profit)
    assert value(shop, "goods_margin", YEAR) == pytest.approx(D(profit) / gross)
    assert value(shop, "loss_making_share", YEAR) == pytest.approx(
        D(int(inside.cents[inside.profit < 0].sum())) / gross
    )
    assert value(shop, "line_discount_rate", YEAR) == pytest.approx(D(off) / (gross + off), abs=D("1e-6"))
    assert value(shop, "line_discounted_share", YEAR) == pytest.approx(
        D(int(inside.cents[inside.rate > 0].sum())) / gross
    )
    best = query(shop, "gross_profit", YEAR, by="product", top=3).rows[:3]
    want = inside.groupby("Product ID").profit.sum()
    top = want.reindex(want.abs().sort_values(ascending=False).index).head(3)
    assert [(row.key, row.value) for row in best] == [(key, yuan(v)) for key, v in top.items()]
    months = query(shop, "gross_profit", YEAR, by="month").rows
    by_month = inside.groupby(inside.day.map(lambda day: day.month)).profit.sum()
    assert [row.value for row in months] == [yuan(v) for v in by_month]


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, pd.DataFrame]:
    path = shared_data("live_fb_thailand", "Live.csv")
    raw = pd.read_csv(path).drop_duplicates("status_id", keep="last")
    raw["day"] = pd.to_datetime(raw.status_published, format="mixed", dayfirst=False).dt.date
    return imported(tmp_path_factory.mktemp("posts"), path), raw


SPRING = Window(start=date(2018, 1, 1), end=date(2018, 5, 31))


def test_posts(posts: tuple[Shop, pd.DataFrame]) -> None:
    shop, raw = posts
    inside = raw[(raw.day >= SPRING.start) & (raw.day <= SPRING.end)]
    sums = inside[["num_reactions", "num_comments", "num_shares"]].sum()
    assert value(shop, "content_posts", SPRING) == len(inside)
    assert value(shop, "content_likes", SPRING) == int(sums.num_reactions)
    assert value(shop, "content_comments", SPRING) == int(sums.num_comments)
    assert value(shop, "content_shares", SPRING) == int(sums.num_shares)
    assert value(shop, "content_interactions", SPRING) == pytest.approx(D(int(sums.sum())) / len(inside))
    kinds = query(shop, "content_comments", SPRING, by="content_kind")
    want = inside.groupby("status_type").num_comments.sum()
    assert {row.key: row.value for row in kinds.rows} == {kind: D(int(n)) for kind, n in want.items()}
    months = query(shop, "content_posts", SPRING, by="month").rows
    by_month = inside.groupby(inside.day.map(lambda day: day.month)).size()
    assert [row.value for row in months] == [D(int(n)) for n in by_month]


def test_posts_hold_no_sales(posts: tuple[Shop, pd.DataFrame]) -> None:
    """Reactions are no sales: whatever needs them is refused with the table that is missing."""
    reader = Reader(posts[0])
    for metric in ("gmv", "content_gmv", "content_gpm", "content_viewers", "live_gmv", "buyers"):
        assert not supply(reader, metric_of(metric)).ready, metric
    assert supply(reader, metric_of("content_interactions")).ready


def test_media_mix_data_are_no_shop_export(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Weekly indexed media without plan, clicks or sales: it fits no canonical table, so no format may claim it."""
    path = shared_data("mmm", "mmm_roas_data.csv")
    with pytest.raises(ImportRefused):
        imported(tmp_path_factory.mktemp("mmm"), path)
