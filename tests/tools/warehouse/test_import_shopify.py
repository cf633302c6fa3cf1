"""Shopify orders: lines, taxes, the shop's currency and zone, and what another currency does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tools.warehouse.import_desk import H2022, SHOPIFY, Desk, at, csv_text, order, sale
from tools.errors import ImportRefused
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile

D = Decimal


def shopify(desk: Desk, rows: list[dict[str, str]], name: str = "orders_export.csv") -> Path:
    return desk.write(name, csv_text(SHOPIFY, rows), encoding="utf-8")


def line(name: str, title: str, price: str, quantity: str = "1", **cells: str) -> dict[str, str]:
    base = {
        "Name": name,
        "Lineitem name": title,
        "Lineitem price": price,
        "Lineitem quantity": quantity,
        "Lineitem sku": title,
    }
    return base | {key.replace("_", " "): value for key, value in cells.items()}


def test_shopify_multi_line_orders(desk: Desk) -> None:
    rows = [
        sale("#1001", Total="61.00", Subtotal="56.00", Refunded_Amount="11.00", Financial_Status="partially_refunded"),
        line("#1001", "Sock", "3.50", "2", Lineitem_discount="1.00"),
        line("#1001", "Gift card", "5.00"),
        sale("#1002", Financial_Status="pending", Paid_at=""),
        sale("#1003", Financial_Status="refunded", Refunded_Amount="50.00", Cancelled_at="2024-02-03 00:00:00 -0500"),
        sale("#1004", Financial_Status="voided", Paid_at="", Cancelled_at="2024-02-03 00:00:00 -0500"),
        sale("#1005", Financial_Status="partially_paid", Outstanding_Balance="20.00"),
    ]
    (report,) = desk.load(shopify(desk, rows))
    assert (report.format, report.rows, report.accepted, report.tables) == (
        "shopify_orders",
        7,
        7,
        {"order_lines": 7, "orders": 5},
    )
    found = desk.query(
        "SELECT order_id, status, gross_amount, refund_amount, item_quantity, province, source FROM orders ORDER BY 1"
    )
    assert found == [
        ("#1001", "shipped", D(61), D(11), 4, "CA", "web"),
        ("#1002", "created", D(0), D(0), 1, "CA", "web"),
        ("#1003", "refunded", D(50), D(50), 1, "CA", "web"),
        ("#1004", "closed", D(0), D(0), 1, "CA", "web"),
        ("#1005", "shipped", D(30), D(0), 1, "CA", "web"),
    ]
    lines = desk.query(
        "SELECT title, amount, is_service, paid_date FROM order_lines WHERE order_id = '#1001' ORDER BY title"
    )
    day = date(2024, 1, 31)
    assert lines == [("Gift card", D(5), True, day), ("Linen shirt", D(45), False, day), ("Sock", D(6), False, day)]
    assert desk.query("SELECT sum(amount) FROM order_lines WHERE order_id = '#1002'") == [(D(0),)]


def test_shopify_says_that_gmv_includes_taxes(desk: Desk) -> None:
    unpaid = sale("#3", Taxes="9.00", Financial_Status="pending", Paid_at="")
    (report,) = desk.load(shopify(desk, [sale("#1", Taxes="3.25"), sale("#2", Taxes="4.00"), unpaid]))
    (note,) = [note for note in report.notes if "含税" in note.zh]
    assert "7.25 USD" in note.zh and "7.25 USD" in note.en and "Taxes" in note.en
    (plain,) = desk.load(shopify(desk, [sale("#4")], "untaxed.csv"))
    assert not [note for note in plain.notes if "含税" in note.zh]


def test_shopify_takes_currency_platform_and_zone_from_the_file(desk: Desk) -> None:
    """Sold at 23:30 on 31 January in New York, summer time included, not on 1 February in Shanghai."""
    rows = [sale("#1"), sale("#2", Paid_at="2024-07-01 00:10:00 -0400", Created_at="2024-07-01 00:09:00 -0400")]
    desk.load(shopify(desk, rows))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (shop.currency, shop.platform, shop.timezone) == ("USD", "shopify", "America/New_York")
    assert desk.query("SELECT paid_at, paid_date FROM orders ORDER BY order_id") == [
        (at("2024-01-31 23:30"), date(2024, 1, 31)),
        (at("2024-07-01 00:10"), date(2024, 7, 1)),
    ]


def test_a_first_line_that_is_rejected_takes_its_order_along(desk: Desk) -> None:
    rows = [sale("#1", Total="5O.00"), line("#1", "Sock", "3.50"), sale("#2"), line("#2", "Hat", "x")]
    (report,) = desk.load(shopify(desk, rows))
    assert (report.accepted, report.rejected) == (1, 3)
    assert desk.query("SELECT order_id FROM orders") == [("#2",)]


def test_another_currency_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1)])
    digest = desk.digest()
    with pytest.raises(ImportRefused, match="another --merchant"):
        desk.load(shopify(desk, [sale("#1")]))
    assert desk.digest() == digest
    assert Warehouse(desk.warehouse).for_merchant("shop").currency == "CNY"


def test_a_chosen_currency_and_zone_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.profile = MerchantProfile("shop", "x", currency="EUR")
    with pytest.raises(ImportRefused, match="kept in EUR"):
        desk.load(shopify(desk, [sale("#1")]))
    desk.profile = MerchantProfile("shop", "x", timezone="Europe/Berlin")
    desk.load(shopify(desk, [sale("#1")]))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (shop.currency, shop.timezone) == ("USD", "Europe/Berlin")
    assert desk.query("SELECT paid_at FROM orders") == [(at("2024-02-01 05:30"),)]


def test_a_template_does_not_settle_the_currency(desk: Desk) -> None:
    desk.load(desk.write("costs.csv", "product_id,valid_from,unit_cost\nA1,2024-01-01,3\n"))
    desk.load(shopify(desk, [sale("#1")]))
    assert Warehouse(desk.warehouse).for_merchant("shop").currency == "USD"


def test_rows_of_another_currency_are_rejected(desk: Desk) -> None:
    (report,) = desk.load(shopify(desk, [sale("#1"), sale("#2"), sale("#3", Currency="EUR"), line("#3", "Sock", "3")]))
    assert (report.accepted, report.rejected) == (2, 2)
