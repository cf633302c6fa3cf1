"""抖店 and 京东 under their own headers: exact rows, the ledger, a second import; every platform's header detects one format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from tests.tools.warehouse.import_desk import SHOPIFY as SHOPIFY_ORDERS
from tests.tools.warehouse.import_desk import Desk, cells, csv_text
from tests.tools.warehouse.platform_headers import (
    DOUDIAN,
    DOUDIAN_MORE,
    JD,
    SHOPIFY_CUSTOMERS,
    SHOPIFY_CUSTOMERS_NEW,
    SHOPIFY_PRODUCTS,
    WOO_ADVANCED,
    WOO_ADVANCED_ITEMS,
    WOO_LEGACY,
    WOO_PRODUCTS,
    WOO_SUITE,
)
from tests.tools.warehouse.test_formats_unique import claimants
from tools.warehouse.formats import all_formats
from tools.warehouse.ingest.detecting import find_layouts

D = Decimal
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


@pytest.mark.parametrize(("expected", "header"), VERBATIM, ids=lambda value: value if isinstance(value, str) else "")
def test_the_platforms_own_headers_detect_one_format(expected: str, header: Sequence[str]) -> None:
    assert claimants(header) == [expected]


def test_every_column_of_the_real_headers_is_read_or_known() -> None:
    """A merchant is not told of columns that nobody wants."""
    for name, header in VERBATIM:
        best = find_layouts([list(header)], all_formats().values())[0]
        assert (name, best.unmapped) == (name, ())


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
    report = desk.load_twice(DOUDIAN, rows)
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
    desk.load_twice(DOUDIAN_MORE, rows)
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
    report = desk.load_twice(JD, rows)
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
