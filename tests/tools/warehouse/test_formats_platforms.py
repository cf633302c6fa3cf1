"""抖店, 京东, Shopify and WooCommerce under their own headers: exact rows, the ledger, a second import, one format each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
import yaml

from tests.conftest import ROOT, shared_data
from tests.tools.warehouse.import_desk import SHOPIFY as SHOPIFY_ORDERS
from tests.tools.warehouse.import_desk import Desk, at, cells, csv_text, sale
from tests.tools.warehouse.test_formats_unique import claimants
from tools.warehouse.importer import ImportReport, detect
from tools.warehouse.ingest.identity import buyer_key, load_key

D = Decimal
DOUDIAN = cells(
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,"
    "订单状态,售后状态,取消原因,发货时间,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
)
DOUDIAN_MORE = [*DOUDIAN, *cells("商品ID,支付完成时间,达人ID,达人昵称,流量体裁,流量渠道,流量来源,流量类型,省,市,区")]
JD = cells(
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,"
    "订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道"
)
SHOPIFY_PRODUCTS = cells(
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,Option2 Name,Option2 Value,"
    "Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,"
    "Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Google Product Category,"
    "Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / International,Status"
)
SHOPIFY_CUSTOMERS = cells(
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)
SHOPIFY_CUSTOMERS_NEW = cells(
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,"
    "Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)
WOO_PRODUCTS = cells(
    "ID,Type,SKU,Name,Published,Is featured?,Visibility in catalog,Short description,Description,Date sale price starts,Date sale price ends,"
    "Tax status,Tax class,In stock?,Stock,Low stock amount,Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Width (cm),Height (cm),"
    "Allow customer reviews?,Purchase note,Sale price,Regular price,Categories,Tags,Shipping class,Images,Download limit,Download expiry days,"
    "Parent,Grouped products,Upsells,Cross-sells,External URL,Button text,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global"
)
WOO_ADVANCED = cells(
    "Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Company (Billing),City (Billing),State Code (Billing),"
    "Zip (Billing),Country Code (Billing),Email (Billing),Phone (Billing),State Code (Shipping),Country Code (Shipping),Payment Method Title,"
    "Cart Discount Amount,Order Subtotal Amount,Shipping Method Title,Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount"
)
WOO_ADVANCED_ITEMS = [
    *WOO_ADVANCED,
    *cells("SKU,Item #,Item Name,Quantity,Item Cost,Order Line Total,Coupon Code,Discount Amount"),
]
WOO_LEGACY = cells(
    "order_id,order_number_formatted,order_number,date,status,order_shipping,order_shipping_tax,order_fees,order_fee_tax,order_tax,cart_discount,"
    "order_discount,order_total,payment_method,shipping_method,customer_user,billing_first_name,billing_last_name,billing_email,billing_phone,"
    "billing_address_1,billing_postcode,billing_city,billing_state,billing_country,shipping_state,customer_note,order_item_1,order_item_2"
)
WOO_SUITE = cells(
    "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,tax_total,cart_discount,"
    "order_discount,discount_total,order_total,order_subtotal,order_currency,payment_method,customer_email,billing_first_name,billing_email"
)
VERBATIM: list[tuple[str, Sequence[str]]] = [
    ("douyin_orders", DOUDIAN),
    ("douyin_orders", DOUDIAN_MORE),
    ("douyin_orders", cells("子订单编号,主订单编号,订单应付金额,订单提交时间,订单状态")),
    ("jd_orders", JD),
    ("jd_orders", JD[:20]),
    ("shopify_products", SHOPIFY_PRODUCTS),
    ("shopify_customers", SHOPIFY_CUSTOMERS),
    ("shopify_customers", SHOPIFY_CUSTOMERS_NEW),
    ("woo_products", WOO_PRODUCTS),
    ("woo_orders", WOO_ADVANCED),
    (
        "woo_orders",
        cells("Order Number,Order Status,Order Date,State Code (Shipping),Order Total Amount,Order Total Tax Amount"),
    ),
    ("woo_order_items", WOO_ADVANCED_ITEMS),
    ("woo_orders", WOO_LEGACY),
    ("woo_orders", WOO_SUITE),
    ("shopify_orders", SHOPIFY_ORDERS),
]


def load(desk: Desk, header: Sequence[str], rows: list[dict[str, str]], name: str = "export.csv") -> ImportReport:
    """Import, and once more under the same name: the second time every row that was taken is a duplicate."""
    path = desk.write(name, csv_text(header, rows), encoding="utf-8-sig")
    (first,) = desk.load(path)
    content = desk.content()
    (again,) = desk.load(path)
    assert (again.accepted, again.updated, again.duplicate) == (0, 0, first.rows - first.rejected)
    assert desk.content() == content
    return first


@pytest.mark.parametrize(("expected", "header"), VERBATIM, ids=lambda value: value if isinstance(value, str) else "")
def test_the_platforms_own_headers_detect_one_format(expected: str, header: Sequence[str]) -> None:
    assert claimants(header) == [expected]


def test_every_column_of_the_real_headers_is_read_or_known() -> None:
    """A merchant is not told of columns that nobody wants."""
    from tools.warehouse.formats import all_formats
    from tools.warehouse.ingest.detecting import find_layouts

    for name, header in VERBATIM:
        best = find_layouts([list(header)], all_formats().values())[0]
        assert (name, best.unmapped) == (name, ())


# --- 抖店


def row(main: int, sub: int, payable: str, **cells: str) -> dict[str, str]:
    base = {
        "主订单编号": f"\t69{main:017d}",
        "子订单编号": f"\t69{sub:017d}",
        "选购商品": "\t辣丝丝",
        "商品规格": "\t1袋",
        "商品数量": "1",
        "商家编码": "\t300400008",
        "订单应付金额": payable,
        "运费": "0.00",
        "收件人": "##密文",
        "收件人手机号": "$$密文",
        "详细地址": "##密文",
        "订单提交时间": "2026-09-22 23:54:10",
        "商家备注": "吃了一包",
        "订单完成时间": "2026-09-24 13:18:29",
        "订单状态": "已完成",
        "售后状态": "-",
        "发货时间": "2026-09-23 08:53:45",
        "平台实际承担优惠金额": "21.00",
        "商家实际承担优惠金额": "5.00",
        "达人实际承担优惠金额": "0.00",
    }
    return base | cells


def test_doudian_orders_are_the_sum_of_their_rows(desk: Desk) -> None:
    """As the 21-column export tells them: no payment time, one row per 子订单, a gift beside the goods, refunds without amounts."""
    unshipped = {"发货时间": "-", "订单完成时间": "-"}
    rows = [
        row(1, 1, "28.90", 售后状态="退款成功"),
        row(2, 2, "20.00"),
        row(2, 3, "0.00", 选购商品="\t赠品", 订单状态="已关闭", 取消原因="主品订单售后完成", **unshipped),
        row(3, 4, "15.90", 订单状态="已关闭", 取消原因="超时未支付", **unshipped),
        row(4, 5, "15.90", 订单状态="已关闭", 售后状态="退款成功", **unshipped),
        row(5, 6, "9.90", 订单状态="待付款", **unshipped),
        row(6, 7, "30.00", 订单状态="已关闭", 售后状态="退款成功"),
        row(6, 8, "12.50", 订单状态="已发货", 订单完成时间="-"),
        row(7, 9, "40.00", 售后状态="部分退款成功"),
    ]
    report = load(desk, DOUDIAN, rows)
    assert (report.format, report.rows, report.accepted, report.rejected) == ("douyin_orders", 9, 9, 0)
    assert report.tables == {"order_lines": 9, "orders": 7}
    found = desk.query(
        "SELECT right(order_id, 1), status, gross_amount, refund_amount, discount_amount, item_quantity, paid_date FROM orders ORDER BY 1"
    )
    day = date(2026, 9, 22)
    assert found == [
        ("1", "refunded", D("28.90"), D("28.90"), D(26), 1, day),
        ("2", "completed", D(20), D(0), D(52), 2, day),
        ("3", "closed", D(0), D(0), D(26), 1, None),
        ("4", "refunded", D("15.90"), D("15.90"), D(26), 1, day),
        ("5", "created", D(0), D(0), D(26), 1, None),
        ("6", "shipped", D("42.50"), D(30), D(52), 2, day),
        ("7", "completed", D(40), D(0), D(26), 1, day),
    ]
    assert desk.query(
        "SELECT DISTINCT length(line_id), product_id, buyer_key IS NULL FROM order_lines JOIN orders USING (order_id)"
    ) == [(19, "300400008", True)]
    kept = desk.file.read_bytes()
    assert not any(word.encode() in kept for word in ("密文", "吃了一包"))
    assert any("没有可用的买家标识" in note.zh for note in report.notes)
    assert any("收件人手机号" in note.zh for note in report.notes)


def test_doudian_channel_creator_and_payment_time(desk: Desk) -> None:
    more = {"支付完成时间": "2026-09-23 00:01:00", "商品ID": "\t3700000000000000123", "省": "浙江省"}
    rows = [
        row(1, 1, "10.00", **more, 达人昵称="小美爱吃辣", 流量体裁="直播", 流量来源="精选联盟"),
        row(2, 2, "10.00", **more, 流量体裁="商品卡", 流量来源="-", 流量渠道="搜索"),
        row(3, 3, "10.00", **more, 流量体裁="数据将于第二天更新"),
        row(4, 4, "10.00", **more, 流量体裁="图文"),
        row(5, 5, "10.00", **more | {"支付完成时间": "-"}, 订单状态="已关闭", 发货时间="-", 流量体裁="短视频"),
        row(6, 6, "10.00", **more, 订单状态="已关闭", 发货时间="-", 流量体裁="其他"),
    ]
    load(desk, DOUDIAN_MORE, rows)
    found = desk.query(
        "SELECT channel, partner, source, paid_date, gross_amount, refund_amount, province FROM orders ORDER BY order_id"
    )
    day = date(2026, 9, 23)
    assert [line[:4] for line in found] == [
        ("live", "小美爱吃辣", "精选联盟", day),
        ("shelf", None, "搜索", day),
        (None, None, None, day),
        ("图文", None, None, day),
        ("short_video", None, None, None),
        ("other", None, None, day),
    ]
    assert [line[4:6] for line in found[-2:]] == [(D(0), D(0)), (D(10), D(10))]
    assert {line[6] for line in found} == {"浙江"}


def test_doudian_order_split_over_two_files_is_one_order(desk: Desk) -> None:
    """The seller exports half an order in each of two months' files: the sum is the same in either order."""
    rows = [row(1, 1, "10.00"), row(1, 2, "4.50")]
    for number, one in enumerate(rows):
        desk.load(desk.write(f"{number}.csv", csv_text(DOUDIAN, [one]), encoding="utf-8-sig"))
    assert desk.query("SELECT gross_amount, item_quantity FROM orders") == [(D("14.50"), 2)]


# --- 京东


def jd(order: int, product: int, price: str, quantity: str = "1", **cells: str) -> dict[str, str]:
    base = {
        "订单号": f"{10_000_000_000 + order}",
        "商品ID": f"{1_000_000 + product}",
        "商品名称": f"面霜{product}号",
        "订购数量": quantity,
        "支付方式": "在线支付",
        "下单时间": "2016-03-31 23:50:00",
        "京东价": price,
        "订单金额": "100.00",
        "结算金额": "100.00",
        "余额支付": "0.00",
        "应付金额": "100.00",
        "订单状态": "完成",
        "下单帐号": "jd_小猫88",
        "客户姓名": "欧阳翠花",
        "客户地址": "浙江杭州市余杭区仓前街道文一西路969号",
        "联系电话": "13912345678",
        "发票抬头": "杭州翠花贸易有限公司",
        "运费金额": "0.00",
        "付款确认时间": "2016-04-01 00:02:00",
        "货号": f"CREAM{product}",
        "订单完成时间": "2016-04-05 10:00:00",
        "订单来源": "手机",
    }
    return base | cells


def test_jd_amounts_of_the_order_count_once(desk: Desk) -> None:
    pair = {"订单金额": "250.00", "结算金额": "225.00"}
    delivery = {"支付方式": "货到付款", "付款确认时间": ""}
    rows = [
        jd(1, 1, "100.00", "2", **pair),
        jd(1, 2, "50.00", **pair),
        jd(2, 1, "100.00", 订单状态="等待付款", 付款确认时间=""),
        jd(3, 1, "100.00", 订单状态="(删除)等待出库"),
        jd(4, 1, "100.00", 订单状态="已取消", 付款确认时间=""),
        jd(5, 1, "100.00", 订单状态="等待确认收货", **delivery),
        jd(6, 1, "100.00", **delivery),
    ]
    report = load(desk, JD, rows)
    assert (report.format, report.accepted, report.tables) == ("jd_orders", 7, {"order_lines": 7, "orders": 6})
    found = desk.query(
        "SELECT status, gross_amount, refund_amount, discount_amount, item_quantity, paid_date FROM orders ORDER BY order_id"
    )
    day = date(2016, 4, 1)
    assert found == [
        ("completed", D(225), D(0), D(25), 3, day),
        ("created", D(0), D(0), D(0), 1, None),
        ("refunded", D(100), D(100), D(0), 1, day),
        ("closed", D(0), D(0), D(0), 1, None),
        ("shipped", D(0), D(0), D(0), 1, None),
        ("completed", D(100), D(0), D(0), 1, date(2016, 4, 5)),
    ]
    lines = desk.query(
        "SELECT product_id, unit_price, amount, discount_amount FROM order_lines WHERE order_id LIKE '%01' ORDER BY 1"
    )
    assert lines == [("1000001", D(100), D(180), D(20)), ("1000002", D(50), D(45), D(5))]
    assert desk.query("SELECT DISTINCT province, source, length(buyer_key) FROM orders") == [("浙江", "手机", 32)]
    kept = desk.file.read_bytes()
    assert not any(word.encode() in kept for word in ("小猫88", "翠花", "文一西路", "13912345678"))


# --- Shopify


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
    report = load(desk, SHOPIFY_PRODUCTS, PRODUCTS, "products_export_1.csv")
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
    report = load(desk, SHOPIFY_CUSTOMERS, customers, "customers_export.csv")
    assert (report.format, report.accepted, report.rejected) == ("shopify_customers", 1, 2)
    desk.load(desk.write("orders_export.csv", csv_text(SHOPIFY_ORDERS, [sale("#1001")]), encoding="utf-8"))
    key = buyer_key("1001@example.com", load_key(desk.keys))
    assert desk.query("SELECT buyer_key, first_paid_date FROM customers") == [(key, date(2024, 1, 31))]
    assert desk.query("SELECT buyer_key FROM orders") == [(key,)]
    (newer,) = desk.load(
        desk.write(
            "new.csv", csv_text(SHOPIFY_CUSTOMERS_NEW, [{"Customer ID": "'7001", **customers[0]}]), encoding="utf-8"
        )
    )
    assert (newer.format, newer.duplicate) == ("shopify_customers", 1)
    kept = desk.file.read_bytes().lower()
    assert not any(word in kept for word in (b"example.com", b"415 555", b"7001"))


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


# --- WooCommerce


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
    report = load(desk, WOO_ADVANCED, rows)
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
    report = load(desk, WOO_ADVANCED_ITEMS, rows)
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
    again = load(desk, WOO_ADVANCED, [woo(501, "completed", "65.00")], "per_order.csv")
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
    report = load(desk, WOO_PRODUCTS, rows, "wc-product-export-2-10-2026-1759400000.csv")
    assert (report.format, report.accepted, report.tables) == ("woo_products", 2, {"products": 2, "stock_daily": 0})
    assert desk.query("SELECT product_id, list_price, status FROM products ORDER BY 1") == [
        ("13", None, "draft"),
        ("LS-1", D(45), "published"),
    ]
    (dated,) = desk.load(desk.write("wc-product-export-2026-10-02.csv", csv_text(WOO_PRODUCTS, rows), encoding="utf-8"))
    assert dated.tables["stock_daily"] == 1
    assert desk.query("SELECT day, product_id, on_hand FROM stock_daily") == [(date(2026, 10, 2), "LS-1", 14)]


def test_the_documented_mapping_reads_a_plugin_nobody_knows(desk: Desk) -> None:
    """The example in seeds/formats/README.md, word for word."""
    text = (ROOT / "seeds" / "formats" / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    mapping = desk.write("my_shop.yaml", example, encoding="utf-8")
    assert yaml.safe_load(example)["id"] == "my_shop"
    path = desk.write(
        "pedidos.csv",
        "Pedido;Estado;Fecha;Importe;Descuento;Correo;Vale\n"
        "77;terminado;03/04/2026 10:15;59.90;5.00;Jane@example.com;ABRIL\n"
        "78;abierto;03/04/2026 11:00;10.00;0.00;joe@example.com;\n"
        "79;perdido;03/04/2026 11:00;10.00;0.00;joe@example.com;\n",
        encoding="utf-8",
    )
    (report,) = desk.load(path, mapping=mapping)
    assert (report.format, report.accepted, report.rejected) == ("my_shop", 2, 1)
    assert desk.query(
        "SELECT order_id, status, paid_date, gross_amount, discount_amount, promotion_id FROM orders ORDER BY 1"
    ) == [
        ("77", "completed", date(2026, 4, 3), D("59.90"), D(5), "ABRIL"),
        ("78", "created", None, D(0), D(0), None),
    ]


# --- Superstore


def test_superstore_profit_and_discount_equal_pandas(desk: Desk) -> None:
    path = shared_data("superstore", "superstore.csv")
    (found,) = detect(path)
    assert (found.format, found.unmapped) == ("superstore", ["Ship Mode", "Country", "Region"])
    (report,) = desk.load(path)
    frame = pd.read_csv(path, encoding="latin-1", dtype=str)
    rate = frame["Discount"].map(D)
    full = zip(frame["Sales"].map(D), rate, strict=True)

    def cents(values: Iterable[Decimal]) -> Decimal:
        return sum((value.quantize(D("0.01"), ROUND_HALF_UP) for value in values), D(0))

    (total, discounted, discount) = desk.query(
        "SELECT sum(profit), count(*) FILTER (discount_amount > 0), sum(discount_amount) FROM order_lines"
    )[0]
    assert report.accepted == len(frame)
    assert total == cents(frame["Profit"].map(D))
    assert discounted == int((rate > 0).sum())
    assert abs(discount - cents(sales / (1 - share) - sales for sales, share in full)) < D("0.10")
