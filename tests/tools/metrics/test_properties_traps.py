"""Hand-made traps: joins that multiply money, presales, unpaid orders, one buyer in two shops, nothing to divide by, one row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tests.tools.warehouse.import_desk import H2022, Desk, csv_text, order
from tools.facts import Window
from tools.metrics.catalog import catalog
from tools.metrics.measure import measure, measure_many
from tools.metrics.reader import Reader
from tools.metrics.supply import supply
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.schema import tables
from tools.warehouse.writer import MerchantProfile

D = Decimal
OCT = month_of(date(2026, 10, 1))


def test_joined_tables_multiply_no_money(tmp_path: Path) -> None:
    """Three lines, two refunds, two costs, two promotions and two list-price products per order: each yuan counts once."""
    orders = [
        {"order_id": f"o{n}", "paid_date": "2026-10-05", "gross_amount": 300, "refund_amount": 30, "buyer_key": f"b{n}"}
        for n in range(4)
    ]
    lines = [
        {"line_id": f"{n}-{k}", "order_id": f"o{n}", "paid_date": "2026-10-05", "product_id": f"p{k}", "quantity": 1, "amount": 100}
        for n in range(4) for k in range(3)
    ]  # fmt: skip
    refunds = [
        {"refund_id": f"{n}-{k}", "order_id": f"o{n}", "amount": 15, "refunded_date": "2026-10-06"} for n in range(4) for k in range(2)
    ]  # fmt: skip
    costs = [{"product_id": f"p{k}", "valid_from": day, "unit_cost": 40} for k in range(3) for day in ("2026-01-01", "2026-06-01", "2026-12-01")]  # fmt: skip
    products = [{"product_id": f"p{k}", "list_price": 125, "launched_date": "2026-09-30"} for k in range(3)]
    promotions = [{"promotion_id": str(k), "starts_on": "2026-10-01", "ends_on": "2026-10-31"} for k in range(2)]
    shop = make_shop(tmp_path, {"orders": orders, "order_lines": lines, "refunds": refunds, "item_costs": costs,
                                "products": products, "promotions": promotions})  # fmt: skip
    want = {
        "gmv": 1200, "net_gmv": 1080, "refund_by_date": 120, "refund_count": 8, "orders": 4, "buyers": 4, "items": 12,
        "gross_profit": 720, "refund_wait_days": 1,
    }  # fmt: skip
    assert {name: measure(shop, name, OCT).value for name in want} == want
    assert measure(shop, "discount_depth", OCT).value == D("0.2")
    assert measure(shop, "new_product_share", OCT).value == 1


def _desk(root: Path, name: str, *rows: dict[str, str], merchant: str = "shop") -> Desk:
    desk = Desk(root, merchant)
    desk.load(desk.write(name, csv_text(H2022, rows)))
    return desk


def test_deposit_and_balance_are_one_sale_on_the_day_of_the_balance(tmp_path: Path) -> None:
    """Deposit on 24 October, balance on 1 November: nothing in October, the whole amount once in November."""
    stages = {"分阶段订单信息": "阶段1:已付款 20.00 阶段2:已付款 80.00", "预售订单": "是"}
    paid = order(1, **stages, **{"订单创建时间": "2026-10-24 20:00:00", "订单付款时间 ": "2026-11-01 00:10:00"})
    open_ = order(2, 订单状态="定金已付尾款未付", 买家实际支付金额="20.00", 分阶段订单信息="阶段1:已付款 20.00 阶段2:未付款",
                  **{"订单创建时间": "2026-10-24 21:00:00", "订单付款时间 ": ""})  # fmt: skip
    desk = Desk(tmp_path)
    desk.load(desk.write("a.csv", csv_text(H2022, [paid, open_])))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    november = month_of(date(2026, 11, 1))
    assert (measure(shop, "gmv", november).value, measure(shop, "orders", november).value) == (100, 1)
    assert measure(shop, "presale_share", november).value == 1
    both = Window(start=OCT.start, end=november.end)
    assert measure(shop, "gmv", both).value == 100 and measure(shop, "created_orders", both).value == 2
    assert measure(shop, "payment_rate", OCT).value == D("0.5")  # of the two created in October one is paid by now
    # the balance of the second arrives with a later export: an update, not a second order
    later = order(2, **stages, **{"订单创建时间": "2026-10-24 21:00:00", "订单付款时间 ": "2026-11-02 09:00:00"})
    desk.load(desk.write("b.csv", csv_text(H2022, [paid, later])))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (measure(shop, "gmv", both).value, measure(shop, "orders", both).value) == (200, 2)


def test_cancelled_before_payment_is_no_sale_and_no_refund(tmp_path: Path) -> None:
    cancelled = order(2, 订单状态="交易关闭", 买家实际支付金额="0.00", 退款金额="0.00", **{"订单付款时间 ": "", "订单创建时间": "2026-10-02 09:00:00"})  # fmt: skip
    paid = order(1, **{"订单创建时间": "2026-10-02 10:00:00", "订单付款时间 ": "2026-10-02 10:01:00"})
    desk = _desk(tmp_path, "a.csv", paid, cancelled)
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    want = {
        "gmv": D(100),
        "net_gmv": D(100),
        "orders": 1,
        "buyers": 1,
        "refund_amount": 0,
        "created_orders": 2,
        "payment_rate": D("0.5"),
    }
    assert {name: measure(shop, name, OCT).value for name in want} == want


def test_one_buyer_in_two_shops_is_new_in_each(tmp_path: Path) -> None:
    """Each shop sees its own orders only: returning in the first, new in the second, counted once in both."""
    nick = {"买家会员名": "tb同一个人", "买家会员昵称": "tb同一个人"}

    def paid(number: int, day: str) -> dict[str, str]:
        return order(number, **nick, **{"订单创建时间": f"{day} 10:00:00", "订单付款时间 ": f"{day} 10:05:00"})

    first = _desk(tmp_path, "a.csv", paid(1, "2026-09-01"), paid(2, "2026-10-05"), merchant="first")
    _desk(tmp_path, "b.csv", paid(3, "2026-10-06"), merchant="second")
    warehouse = Warehouse(first.warehouse)
    one, two = warehouse.for_merchant("first"), warehouse.for_merchant("second")
    for shop, new, old in ((one, 0, 1), (two, 1, 0)):
        assert measure(shop, "buyers", OCT).value == 1 and measure(shop, "gmv", OCT).value == 100
        assert (measure(shop, "new_buyers", OCT).value, measure(shop, "returning_buyers", OCT).value) == (new, old)


def _rows(fill: Any) -> dict[str, list[dict[str, Any]]]:
    """One row in every canonical table."""
    words = {"status": "completed", "phase": "sale", "kind": "sale"}
    dates = {"date": "2026-10-02", "time": "2026-10-02 10:00", "bool": False}
    return {
        name: [{c.name: words.get(c.name, "x") if c.type == "text" else dates.get(c.type, fill) for c in spec.columns}]
        for name, spec in tables().items()
    }


def _all(shop: Shop) -> dict[str, Decimal | None]:
    reader = Reader(shop)
    ready = [metric for metric in catalog().values() if supply(reader, metric).ready]
    return {found.metric_id: found.value for found in measure_many(reader, ready, OCT)}


def test_nothing_to_divide_by_gives_no_figure(tmp_path: Path) -> None:
    """A shop of zeros: sums are 0, quotients have no value, and nothing fails."""
    found = _all(make_shop(tmp_path, _rows(0), platform="tmall"))
    assert len(found) > 150
    for name, value in found.items():
        if catalog()[name].den and name not in _COUNTED:
            assert value is None, name
        elif catalog()[name].additive:
            assert value in (0, 1), name


# quotients whose denominator counts rows, not what is in them
_COUNTED = {
    "payment_rate", "cancel_rate", "stock_out_rate", "reply_seconds", "bad_review_share", "review_score", "active_product_share", "refund_average",
    "dsr_description", "dsr_service", "dsr_logistics", "content_interactions", "refund_wait_days",
}  # fmt: skip


@pytest.mark.parametrize("fill", [1, 7])
def test_one_row_in_every_table(tmp_path: Path, fill: int) -> None:
    found = _all(make_shop(tmp_path, _rows(fill), platform="tmall"))
    assert found["gmv"] == fill and found["orders"] == 1 and found["buyers"] == 1
    assert found["repurchase_rate"] == 0 and found["active_buyers"] == 1 and found["purchase_interval"] is None
    assert found["aov_order"] == fill and found["live_gpm"] == 1000 and found["ad_roi"] == 1


def test_one_shop_is_named_by_its_profile(tmp_path: Path) -> None:
    """A merchant without a single row has no figure and says which export to start with."""
    desk = Desk(tmp_path)
    desk.profile = MerchantProfile("shop", "shop", platform="tmall")
    desk.load(desk.write("a.csv", csv_text(H2022, [order(1)])))
    reader = Reader(Warehouse(desk.warehouse).for_merchant("shop"))
    lacking = [supply(reader, metric) for metric in catalog().values()]
    assert any(found.ready for found in lacking) and any(found.unlock for found in lacking if not found.ready)
