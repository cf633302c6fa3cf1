"""Shopify products, customers and discounts under the platform's own headers: exact rows, the ledger, a second import."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.tools.warehouse.import_desk import SHOPIFY as SHOPIFY_ORDERS
from tests.tools.warehouse.import_desk import Desk, csv_text, sale
from tests.tools.warehouse.platform_headers import (
    SHOPIFY_CUSTOMERS,
    SHOPIFY_CUSTOMERS_NEW,
    SHOPIFY_PRODUCTS,
)
from tools.warehouse.ingest.identity import buyer_key, load_key

D = Decimal


def variant(handle: str, **cells: str) -> dict[str, str]:
    return {"Handle": handle} | {key.replace("_", " "): value for key, value in cells.items()}


PRODUCTS = [
    variant("shirt", Title="Linen shirt", Type="Shirts", Status="active", Option1_Name="Size", Option1_Value="S", Variant_SKU="LS-S")
    | {"Variant Price": "45.00", "Variant Compare At Price": "60.00", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "7", "Cost per item": "18.25"},
    variant("shirt", Option1_Value="M", Variant_SKU="LS-M")
    | {"Variant Price": "45.00", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "-2", "Cost per item": "18.25"},
    variant("shirt") | {"Image Src": "https://example.com/2.jpg", "Image Position": "2"},
    variant("card", Title="Gift card", Status="draft", Option1_Value="Default Title") | {"Variant Price": "25.00", "Variant Inventory Qty": "0"},
    variant("sock", Title="Sock", Option1_Value="Red", Option2_Value="L") | {"Variant Price": "3.50", "Variant Compare At Price": "0.00"},
]  # fmt: skip


def test_shopify_products_without_a_day_give_no_stock_and_no_cost(desk: Desk) -> None:
    report = desk.load_twice(SHOPIFY_PRODUCTS, PRODUCTS, "products_export_1.csv")
    assert (report.format, report.rows, report.accepted, report.rejected) == ("shopify_products", 5, 4, 1)
    assert report.tables == {"products": 4, "item_costs": 0, "stock_daily": 0}
    assert report.quarantine_file is not None and any("只有图片的行" in note.zh for note in report.notes)
    assert desk.query("SELECT product_id, title, category, sku, list_price, status FROM products ORDER BY 1") == [
        ("Gift card", "Gift card", None, None, D(25), "draft"),
        ("LS-M", "Linen shirt", "Shirts", "LS-M", D(45), "active"),
        ("LS-S", "Linen shirt", "Shirts", "LS-S", D(60), "active"),
        ("sock-Red-L", "Sock", None, None, D("3.50"), None),
    ]
    (note,) = [note for note in report.notes if note.zh.startswith("没有读取")]
    assert "库存" in note.zh and "商品成本" in note.zh and "stock_daily" in note.en and "products_export_" in note.en


def test_shopify_stock_and_cost_are_of_the_day_in_the_name(desk: Desk) -> None:
    """The same bytes under a name with a date say more, so they are read again."""
    body = csv_text(SHOPIFY_PRODUCTS, PRODUCTS)
    desk.load(desk.write("products_export_1.csv", body, encoding="utf-8"))
    (report,) = desk.load(desk.write("products_export_2026-10-01.csv", body, encoding="utf-8"))
    assert report.tables == {"products": 4, "item_costs": 2, "stock_daily": 2}
    day = date(2026, 10, 1)
    assert desk.query("SELECT * EXCLUDE (merchant_id, import_id) FROM item_costs ORDER BY 1") == [
        ("LS-M", day, D("18.25")),
        ("LS-S", day, D("18.25")),
    ]
    assert desk.query("SELECT day, product_id, on_hand FROM stock_daily ORDER BY 2") == [
        (day, "LS-M", -2),
        (day, "LS-S", 7),
    ]
    assert any(note.zh.endswith("当天的数（日期取自文件名）。") for note in report.notes)


def test_shopify_customers_are_the_buyers_of_the_orders(desk: Desk) -> None:
    customers = [
        {"First Name": "Jane", "Last Name": "Roe", "Email": "1001@Example.com", "Total Spent": "50.00", "Total Orders": "1", "Phone": "+1 415 555 0199"},
        {"Email": "reader@example.com", "Total Spent": "0.00", "Total Orders": "0"},
        {"Phone": "+1 415 555 0100", "Total Spent": "9.00", "Total Orders": "1"},
    ]  # fmt: skip
    report = desk.load_twice(SHOPIFY_CUSTOMERS, customers, "customers_export.csv")
    assert (report.format, report.accepted, report.rejected) == ("shopify_customers", 1, 2)
    desk.load(desk.write("orders_export.csv", csv_text(SHOPIFY_ORDERS, [sale("#1001")]), encoding="utf-8"))
    key = buyer_key("1001@example.com", load_key(desk.keys))
    assert desk.query("SELECT buyer_key, first_paid_date FROM customers") == [(key, date(2024, 1, 31))]
    assert desk.query("SELECT buyer_key FROM orders") == [(key,)]
    (newer,) = desk.load(
        desk.write(
            "new.csv",
            csv_text(SHOPIFY_CUSTOMERS_NEW, [{"Customer ID": "'700198765432", **customers[0]}]),
            encoding="utf-8",
        )
    )
    assert (newer.format, newer.duplicate) == ("shopify_customers", 1)
    kept = desk.file.read_bytes().lower()
    assert not any(word in kept for word in (b"example.com", b"415 555", b"700198765432"))


def test_shopify_discount_codes_are_promotions_and_lines_keep_their_discount(desk: Desk) -> None:
    rows = [
        sale(
            "#1",
            Discount_Code="SPRING10",
            Discount_Amount="5.00",
            Lineitem_discount="5.00",
            Total="45.00",
            Taxes="3.00",
        ),
        sale("#2"),
    ]
    desk.load(desk.write("orders_export.csv", csv_text(SHOPIFY_ORDERS, rows), encoding="utf-8"))
    assert desk.query("SELECT promotion_id, discount_amount, gross_amount FROM orders ORDER BY order_id") == [
        ("SPRING10", D(5), D(45)),
        (None, D(0), D(50)),
    ]
    assert desk.query("SELECT amount, discount_amount FROM order_lines ORDER BY order_id") == [
        (D(40), D(5)),
        (D(45), D(0)),
    ]
