"""Tables that tell the same money twice are held against each other, on a hand-made shop and on the simulated ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from reconcile_shops import CENT, FIRST, amount, at, call, orders, report, shop_of

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.reconcile_checks import Check, cross_checks
from tools.warehouse.access import Warehouse


def find(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_tables_that_tell_the_same_money_twice(tmp_path: Path) -> None:
    rows = orders(4)
    for row in rows[::5]:
        row["shipping_amount"] = Decimal("8.00")
    lines = [
        {"line_id": f"{row['order_id']}-{half}", "order_id": row["order_id"], "paid_date": row["paid_date"], "product_id": f"p{half}",
         "amount": ((row["gross_amount"] - (row.get("shipping_amount") or 0)) / 2).quantize(CENT) if half == 0
         else row["gross_amount"] - (row.get("shipping_amount") or 0) - ((row["gross_amount"] - (row.get("shipping_amount") or 0)) / 2).quantize(CENT),
         "is_service": False}
        for row in rows for half in (0, 1)
    ]  # fmt: skip
    lines[0]["amount"] -= Decimal("3.00")  # one order whose lines do not add up
    products: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for line in lines[2:]:
        products[line["paid_date"], line["product_id"]] += line["amount"]
    refunds = [
        {"refund_id": f"r{row['order_id']}", "order_id": row["order_id"], "amount": row["refund_amount"], "refunded_date": at(9)}
        for row in rows if row["refund_amount"]
    ][1:]  # fmt: skip
    sessions = [{"session_id": f"s{k}", "day": at(k), "paid_amount": amount([r for r in rows if r["paid_date"] == at(k)])} for k in range(4)]  # fmt: skip
    live = [{"line_id": r["order_id"], "order_id": r["order_id"], "session_id": f"s{(r['paid_date'] - FIRST).days}", "paid_date": r["paid_date"],
             "amount": r["gross_amount"] - (r.get("shipping_amount") or 0)} for r in rows]  # fmt: skip
    shop = shop_of(
        tmp_path, rows, report(rows), order_lines=lines, refunds=refunds, live_sessions=sessions, live_orders=live,
        product_daily=[{"day": day, "product_id": one, "paid_amount": value} for (day, one), value in products.items()],
    )  # fmt: skip
    checks = cross_checks(Reader(shop), Window(start=FIRST, end=at(3)))
    postage = amount([row for row in rows if row.get("shipping_amount")], "shipping_amount")
    got = find(checks, "lines")
    broken = rows[0]["shipping_amount"]  # its gap is postage and something else, so none of it is put down to postage
    assert (got.gap, got.aside, got.off, got.of) == (postage + 3, postage - broken, 1, len(rows))
    got = find(checks, "refunds")
    assert got.gap == next(row["refund_amount"] for row in rows if row["refund_amount"]) and got.off == 1
    got = find(checks, "products")
    assert got.off == 1 and got.gap == amount(rows) - sum(products.values())
    got = find(checks, "live")
    assert (got.gap, got.aside, got.off, got.of) == (postage, postage, 0, 4)


@pytest.mark.parametrize("merchant", ["demo-skincare", "demo-snacks"])
def test_demo_shops_reconcile_as_they_are_simulated(demo: Warehouse, merchant: str) -> None:
    """The simulated report is counted from the same orders; product rows leave out postage and services and nothing else."""
    shop = demo.for_merchant(merchant)
    result = call(shop)
    assert result.facts[0].data == {**result.facts[0].data, "finding": False, "off": 0}
    assert result.facts[0].simulated and "一致" in result.facts[0].claim.zh
    days = shop.days("orders")
    assert days is not None
    checks = cross_checks(Reader(shop), Window(start=days[0], end=days[1]))
    assert {check.name for check in checks} == {"lines", "products", "live", "refunds"}
    for name in ("lines", "products", "refunds"):
        assert find(checks, name).rest == 0 and find(checks, name).off == 0
