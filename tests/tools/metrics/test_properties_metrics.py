"""What must hold for any shop: order of rows, splitting and repeating files change nothing, parts add up, refunds count once."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_shops import make_shop

from tests.tools.warehouse.import_desk import H2022, ITEMS, SHOPIFY, Desk, at, csv_text, item, order, sale
from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import Metric, catalog, metric_of
from tools.metrics.engine import cut, dims_for
from tools.metrics.measure import measure_many
from tools.metrics.query import query
from tools.metrics.reader import Reader
from tools.metrics.supply import supply
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.writer import MerchantProfile

D = Decimal
FIRST, LAST = date(2026, 8, 1), date(2026, 10, 31)
WHOLE = Window(start=FIRST, end=LAST)


def figures(shop: Shop, window: Window) -> dict[str, Decimal | None]:
    """Every metric the shop's data feed."""
    reader = Reader(shop)
    ready = [metric for metric in catalog().values() if supply(reader, metric).ready]
    return {found.metric_id: found.value for found in measure_many(reader, ready, window)}


# --- files: rows shuffled, split, repeated


def _exports(seed: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Tmall orders and their item lines: unpaid, refunded in part and in full, several buyers with several days."""
    rng = random.Random(seed)
    orders, lines = [], []
    for number in range(1, 61):
        paid = at("2026-08-01") + timedelta(minutes=rng.randrange(92 * 1440))
        prices = [rng.randrange(100, 30000) for _ in range(rng.randint(1, 3))]
        total = sum(prices)
        refund = rng.choice([0, 0, 0, prices[0], total])
        buyer = {"买家会员名": f"tb{rng.randrange(25)}", "买家会员昵称": f"tb{rng.randrange(25)}"}
        buyer["买家会员昵称"] = buyer["买家会员名"]
        moment = {
            "订单创建时间": f"{paid:%Y-%m-%d %H:%M:%S}",
            "订单付款时间": f"{paid + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}",
        }
        unpaid = rng.random() < 0.1
        state = "交易关闭" if unpaid else "交易成功"
        cells = {
            "总金额": _yuan(total),
            "买家实际支付金额": _yuan(0 if unpaid else total - refund),
            "退款金额": _yuan(0 if unpaid else refund),
        }
        times = {"订单创建时间": moment["订单创建时间"], "订单付款时间 ": "" if unpaid else moment["订单付款时间"]}
        sent = {"发货时间": "" if unpaid else f"{paid + timedelta(hours=rng.randrange(1, 90)):%Y-%m-%d %H:%M:%S}"}
        orders.append(order(number, **cells, **times, **sent, **buyer, 订单状态=state))
        for index, price in enumerate(prices):
            back = price if refund == total or (refund and not index) else 0
            amounts = {"价格": _yuan(price), "买家应付货款": _yuan(price), "买家实际支付金额": _yuan(price)}
            names = {
                "子订单编号": str(30_000_000_000_000_000 + number * 10 + index),
                "标题": f"货品{index}",
                "商家编码": f"S{index}",
                "外部系统编号": f"S{index}",
            }
            closed = {"订单状态": state, "订单付款时间": times["订单付款时间 "], "订单创建时间": times["订单创建时间"]}
            lines.append(item(number, **amounts, **names, **closed, 退款金额=_yuan(0 if unpaid else back)))
    return orders, lines  # fmt: skip


def _yuan(cents: int) -> str:
    return f"{D(cents) / 100:.2f}"


def _load(root: Path, *files: tuple[list[str], list[dict[str, str]]]) -> Shop:
    root.mkdir(exist_ok=True)
    desk = Desk(root)
    for index, (header, rows) in enumerate(files):
        desk.load(desk.write(f"{index}.csv", csv_text(header, rows)))
    return Warehouse(desk.warehouse).for_merchant("shop")


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_split_and_repetition_change_no_figure(tmp_path: Path, seed: int) -> None:
    orders, lines = _exports(seed)
    rng = random.Random(seed)
    want = figures(_load(tmp_path / "whole", (H2022, orders), (ITEMS, lines)), WHOLE)
    assert len(want) > 30 and want["gmv"] and want["buyers"] and want["products_sold"]
    shuffled = [rng.sample(rows, len(rows)) for rows in (orders, lines)]
    assert figures(_load(tmp_path / "shuffled", (ITEMS, shuffled[1]), (H2022, shuffled[0])), WHOLE) == want
    cut_orders, cut_lines = rng.randrange(1, 59), rng.randrange(1, len(lines) - 1)
    pieces = [(H2022, shuffled[0][:cut_orders]), (ITEMS, shuffled[1][cut_lines:]), (H2022, shuffled[0][cut_orders:]), (ITEMS, shuffled[1][:cut_lines])]  # fmt: skip
    assert figures(_load(tmp_path / "split", *pieces), WHOLE) == want
    overlap = (H2022, shuffled[0][: cut_orders + 1])
    assert figures(_load(tmp_path / "again", (H2022, orders), (ITEMS, lines), overlap, (ITEMS, lines)), WHOLE) == want


# --- one rich shop in canonical tables: partitions


def _rich(seed: int = 7) -> dict[str, list[dict[str, Any]]]:
    rng = random.Random(seed)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    orders, lines, refunds = [], [], []
    for number in range(400):
        day = rng.choice(days)
        parts = [rng.randrange(1, 20000) for _ in range(rng.randint(1, 3))]
        events = [rng.randrange(1, parts[0] + 1) // 2 for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        orders.append({
            "order_id": f"o{number}", "paid_date": day, "created_date": day, "gross_amount": _yuan(sum(parts)), "status": "paid",
            "refund_amount": _yuan(sum(events)), "buyer_key": f"b{rng.randrange(120)}", "channel": rng.choice(["live", "shelf", None]),
            "province": rng.choice("沪浙苏"), "shipping_amount": _yuan(rng.randrange(500)), "shipped_at": "2026-10-30",
        })  # fmt: skip
        lines += [{
            "line_id": f"{number}-{k}", "order_id": f"o{number}", "paid_date": day, "product_id": f"p{rng.randrange(9)}",
            "quantity": rng.randint(1, 4), "amount": _yuan(part), "profit": _yuan(part // 3),
        } for k, part in enumerate(parts)]  # fmt: skip
        refunds += [{
            "refund_id": f"{number}-{k}", "order_id": f"o{number}", "amount": _yuan(amount), "quantity": 1,
            "refunded_date": day + timedelta(days=rng.randrange(40)),
        } for k, amount in enumerate(events)]  # fmt: skip
    refunds += [
        {
            "refund_id": f"u{n}",
            "order_id": None,
            "amount": _yuan(rng.randrange(1, 900)),
            "quantity": 1,
            "refunded_date": rng.choice(days),
        }
        for n in range(20)
    ]
    # both ends of the record hold a refund: before its first day refunds would be unknown, which is not zero
    refunds += [{"refund_id": f"e{day}", "order_id": None, "amount": "1.00", "quantity": 1, "refunded_date": day}
                for day in (FIRST, LAST)]  # fmt: skip
    counts = {name: lambda: rng.randrange(1, 500) for name in ("visitors", "page_views", "buyers", "order_buyers")}
    daily = [
        {"day": day, **{name: draw() for name, draw in counts.items()}, "order_amount": rng.randrange(9999)}
        for day in days
    ]
    ads = [{"day": day, "plan_id": plan, "spend": _yuan(rng.randrange(9999)), "clicks": rng.randrange(90), "impressions": 100,
            "paid_amount": _yuan(rng.randrange(99999)), "orders": 1} for day in days for plan in ("a", "b")]  # fmt: skip
    live = [{"session_id": str(n), "day": day, "host": rng.choice("甲乙"), "paid_amount": _yuan(rng.randrange(99999)),
             "views": 10, "viewers": 5, "minutes": rng.randrange(240)} for n, day in enumerate(days)]  # fmt: skip
    ledger = [{"entry_id": str(n), "account": "alipay", "booked_date": day, "kind": rng.choice(["sale", "commission"]),
               "income": _yuan(rng.randrange(999)), "expense": _yuan(rng.randrange(99))} for n, day in enumerate(days)]  # fmt: skip
    stock = [{"day": day, "product_id": f"p{k}", "on_hand": rng.choice([0, 5])} for day in days for k in range(9)]
    return {"orders": orders, "order_lines": lines, "refunds": refunds, "shop_daily": daily, "ad_daily": ads,
            "live_sessions": live, "ledger_entries": ledger, "stock_daily": stock}  # fmt: skip


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("rich"), _rich(), platform="tmall")


def _tiles(cuts: Iterable[int]) -> list[Window]:
    starts = sorted({FIRST, *(FIRST + timedelta(days=n) for n in cuts)})
    ends = [*(start - timedelta(days=1) for start in starts[1:]), LAST]
    return [Window(start=start, end=end) for start, end in zip(starts, ends, strict=True)]


def _additive(reader: Reader) -> list[Metric]:
    return [metric for metric in catalog().values() if metric.additive and supply(reader, metric).ready]


@settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(1, 91), max_size=8))
def test_additive_metrics_add_over_any_partition_of_time(rich: Shop, cuts: set[int]) -> None:
    reader = Reader(rich)
    metrics = _additive(reader)
    assert {"gmv", "net_gmv", "orders", "refund_by_date", "live_gmv", "ad_spend", "gross_profit"} <= {
        m.id for m in metrics
    }
    whole = cut(reader, metrics, [WHOLE]).rows[0, ""]
    tiles = _tiles(cuts)
    found = cut(reader, metrics, tiles)
    for metric in metrics:
        parts = [found.rows[index, ""][metric.id] or D(0) for index in range(len(tiles))]
        # hours are minutes over 60, a factor no decimal holds exactly
        assert sum(parts, D(0)) == pytest.approx(whole[metric.id], abs=D("1e-15")), metric.id


def test_additive_metrics_add_over_every_dimension(rich: Shop) -> None:
    reader = Reader(rich)
    checked = 0
    for metric in _additive(reader):
        for dim in dims_for(metric):
            try:
                found = query(rich, metric.id, WHOLE, by=dim, top=50)
            except DataMissing:
                continue  # a dimension no file fills
            values = [row.value or D(0) for row in found.rows]
            assert sum(values, D(0)) == pytest.approx(found.total.value, abs=D("1e-15")), (metric.id, dim)
            checked += 1
    assert checked > 15


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(1, 91), min_size=1, max_size=5))
def test_people_and_rates_do_not_add(rich: Shop, cuts: set[int]) -> None:
    """A buyer of two windows is one buyer of both; a rate of the whole lies between the rates of its parts."""
    reader = Reader(rich)
    tiles = _tiles(cuts)
    metrics = [metric_of(name) for name in ("buyers", "aov_order", "refund_rate", "ad_roi")]
    found, whole = cut(reader, metrics, tiles), cut(reader, metrics, [WHOLE]).rows[0, ""]
    buyers = [found.rows[index, ""]["buyers"] or D(0) for index in range(len(tiles))]
    assert max(buyers) <= (whole["buyers"] or 0) <= sum(buyers, D(0))
    for name in ("aov_order", "refund_rate", "ad_roi"):
        parts = [value for index in range(len(tiles)) if (value := found.rows[index, ""][name]) is not None]
        assert min(parts) <= (whole[name] or 0) <= max(parts), name


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(1, 91), max_size=8))
def test_each_refund_counts_once(rich: Shop, cuts: set[int]) -> None:
    """Orders carry their refunds and the refund report carries them again: net GMV deducts them once, wherever windows end."""
    rows = _rich()
    linked = sum((D(row["refund_amount"]) for row in rows["orders"]), D(0))
    loose = sum((D(row["amount"]) for row in rows["refunds"] if row["order_id"] is None), D(0))
    events = sum((D(row["amount"]) for row in rows["refunds"] if row["refunded_date"] <= LAST), D(0))
    reader, tiles = Reader(rich), _tiles(cuts)
    found = cut(reader, [metric_of(name) for name in ("gmv", "net_gmv", "refund_amount", "refund_by_date")], tiles)
    total = {
        name: sum((found.rows[i, ""][name] or D(0) for i in range(len(tiles))), D(0)) for name in found.rows[0, ""]
    }
    assert total["refund_amount"] == linked + loose == total["gmv"] - total["net_gmv"]
    assert total["refund_by_date"] == events


# --- days belong to the shop's own calendar


def test_month_ends_through_the_importer(tmp_path: Path) -> None:
    moments = ("2024-01-31 23:59:59", "2024-02-01 00:00:00", "2024-02-29 23:59:59", "2024-03-01 00:00:00")
    rows = [order(n, **{"订单创建时间": moment, "订单付款时间 ": moment}) for n, moment in enumerate(moments, 1)]
    shop = _load(tmp_path, (H2022, rows))
    months = query(shop, "orders", Window(start=date(2024, 1, 1), end=date(2024, 3, 31)), by="month").rows
    assert [row.value for row in months] == [1, 2, 1]


@pytest.mark.parametrize(
    ("zone", "january"), [("America/New_York", 2), ("America/Los_Angeles", 3), ("Asia/Shanghai", 0)]
)
def test_the_zone_decides_the_month(tmp_path: Path, zone: str, january: int) -> None:
    """23:30 on 31 January in New York is 20:30 in Los Angeles and noon of 1 February in Shanghai."""
    times = ("2024-01-31 23:30:00 -0500", "2024-01-31 20:30:00 -0800", "2024-02-01 00:30:00 -0500")
    desk = Desk(tmp_path)
    desk.profile = MerchantProfile("shop", "shop", platform="shopify", timezone=zone, currency="USD")
    rows = [sale(f"#{n}", **{"Paid at": moment, "Created at": moment}) for n, moment in enumerate(times)]
    desk.load(desk.write("orders.csv", csv_text(SHOPIFY, rows), encoding="utf-8"))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    months = query(shop, "orders", Window(start=date(2024, 1, 1), end=date(2024, 2, 29)), by="month").rows
    assert shop.timezone == zone
    assert [row.value or 0 for row in months] == [january, 3 - january]


def test_a_day_is_the_same_whether_asked_alone_or_in_a_month(rich: Shop) -> None:
    daily = {row.key: row.value for row in query(rich, "gmv", month_of(date(2026, 9, 1)), by="day").rows}
    for day in (date(2026, 9, 1), date(2026, 9, 15), date(2026, 9, 30)):
        alone = query(rich, "gmv", Window(start=day, end=day)).total.value
        assert daily[str(day)] == alone
