"""WooCommerce orders, lines and products as its plugins write them: exact rows, the ledger, a second import."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.tools.warehouse.import_desk import Desk, at, csv_text
from tests.tools.warehouse.platform_headers import (
    WOO_ADVANCED,
    WOO_ADVANCED_ITEMS,
    WOO_PRODUCTS,
    WOO_SUITE,
)

D = Decimal


def woo(number: int, status: str, total: str, **cells: str) -> dict[str, str]:
    base = {
        "Order Number": str(number),
        "Order Status": status,
        "Order Date": "2026-01-15 12:00:00",
        "First Name (Billing)": "Jane",
        "Email (Billing)": "Jane@example.com",
        "Phone (Billing)": "+1 415 555 0199",
        "State Code (Shipping)": "GA",
        "Cart Discount Amount": "0.00",
        "Order Shipping Amount": "5.00",
        "Order Refund Amount": "0.00",
        "Order Total Amount": total,
        "Order Total Tax Amount": "8.00",
    }
    return base | cells


def test_woo_orders_one_row_per_order(desk: Desk) -> None:
    rows = [
        woo(501, "completed", "108.00", **{"Order Refund Amount": "-20.00"}),
        woo(502, "Refunded", "50.00"),
        woo(503, "wc-processing", "20.00"),
        woo(504, "On hold", "30.00"),
        woo(505, "cancelled", "40.00"),
    ]
    report = desk.load_twice(WOO_ADVANCED, rows)
    assert (report.format, report.accepted) == ("woo_orders", 5)
    found = desk.query(
        "SELECT order_id, status, gross_amount, refund_amount, shipping_amount, province, paid_date FROM orders ORDER BY 1"
    )
    day = date(2026, 1, 15)
    assert found == [
        ("501", "completed", D(108), D(20), D(5), "GA", day),
        ("502", "refunded", D(50), D(50), D(5), "GA", day),
        ("503", "paid", D(20), D(0), D(5), "GA", day),
        ("504", "created", D(0), D(0), D(5), "GA", None),
        ("505", "closed", D(0), D(0), D(5), "GA", None),
    ]
    assert any("24.00" in note.zh and "含税" in note.zh for note in report.notes)
    assert any("CNY" in note.en and "names no currency" in note.en for note in report.notes)
    assert b"example.com" not in desk.file.read_bytes().lower()


def test_woo_items_count_the_order_once(desk: Desk) -> None:
    rows = [
        woo(501, "completed", "65.00", SKU="LS-1", **{"Item Name": "Linen shirt", "Quantity": "1", "Item Cost": "45.00", "Order Line Total": "40.50", "Coupon Code": "SPRING10"}),
        woo(501, "completed", "65.00", SKU="SOCK", **{"Item Name": "Sock", "Quantity": "3", "Item Cost": "6.50"}),
        woo(502, "pending", "45.00", SKU="LS-1", **{"Item Name": "Linen shirt", "Quantity": "1", "Item Cost": "45.00"}),
    ]  # fmt: skip
    report = desk.load_twice(WOO_ADVANCED_ITEMS, rows)
    assert (report.format, report.accepted, report.tables) == ("woo_order_items", 3, {"order_lines": 3, "orders": 2})
    assert desk.query("SELECT gross_amount, item_quantity, promotion_id FROM orders ORDER BY order_id") == [
        (D(65), 4, "SPRING10"),
        (D(0), 1, None),
    ]
    assert desk.query("SELECT product_id, quantity, amount FROM order_lines ORDER BY line_id") == [
        ("LS-1", 1, D("40.50")),
        ("SOCK", 3, D("19.50")),
        ("LS-1", 1, D(0)),
    ]
    again = desk.load_twice(WOO_ADVANCED, [woo(501, "completed", "65.00")], "per_order.csv")
    assert (again.format, again.accepted) == ("woo_orders", 0)
    assert desk.query("SELECT count(*), sum(gross_amount) FROM orders") == [(2, D(65))]


def test_woo_dates_by_plugin(desk: Desk) -> None:
    """Month first in the import suite, as its manual says; a bare 3/4/2026 under another plugin is rejected, not guessed."""
    suite = {
        "order_id": "9",
        "order_number": "9",
        "status": "completed",
        "order_total": "30.00",
        "order_currency": "EUR",
    }
    (report,) = desk.load(
        desk.write(
            "s.csv",
            csv_text(WOO_SUITE, [suite | {"order_date": "3/4/2026 6:29:00", "paid_date": "3/5/2026 7:00:00"}]),
            encoding="utf-8",
        )
    )
    assert report.accepted == 1
    assert desk.query("SELECT created_at, paid_date FROM orders") == [(at("2026-03-04 06:29"), date(2026, 3, 5))]
    (other,) = desk.load(
        desk.write(
            "a.csv", csv_text(WOO_ADVANCED, [woo(1, "completed", "5", **{"Order Date": "3/4/2026"})]), encoding="utf-8"
        )
    )
    assert (other.accepted, other.rejected) == (0, 1)


def test_woo_products_and_their_stock(desk: Desk) -> None:
    rows = [
        {"ID": "12", "Type": "simple", "SKU": "LS-1", "Name": "Linen shirt", "Published": "1", "Stock": "14", "Regular price": "45", "Categories": "Shirts"},
        {"ID": "13", "Type": "variable", "Name": "Sock", "Published": "-1"},
    ]  # fmt: skip
    report = desk.load_twice(WOO_PRODUCTS, rows, "wc-product-export-2-10-2026-1759400000.csv")
    assert (report.format, report.accepted, report.tables) == ("woo_products", 2, {"products": 2, "stock_daily": 0})
    assert desk.query("SELECT product_id, list_price, status FROM products ORDER BY 1") == [
        ("13", None, "draft"),
        ("LS-1", D(45), "published"),
    ]
    (dated,) = desk.load(desk.write("wc-product-export-2026-10-02.csv", csv_text(WOO_PRODUCTS, rows), encoding="utf-8"))
    assert dated.tables["stock_daily"] == 1
    assert desk.query("SELECT day, product_id, on_hand FROM stock_daily") == [(date(2026, 10, 2), "LS-1", 14)]
