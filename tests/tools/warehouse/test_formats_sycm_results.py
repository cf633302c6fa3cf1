"""Search words, posts, campaigns, shop tools, old item reports and payouts: exactly the rows that are stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tools.warehouse.import_desk import H2022, Desk, at, csv_text, order, said
from tests.tools.warehouse.sycm_samples import (
    CAMPAIGN_PREHEAT,
    CAMPAIGN_SALE,
    CONTENTS,
    DISCOUNT,
    ITEMS_OLD,
    PAYOUTS,
    SEARCH_WORDS,
    SEARCH_WORDS_NOW,
    STORED_VALUE,
    SUBSCRIPTIONS,
    sheets,
    workbook,
)
from tools.errors import ImportRefused
from tools.warehouse.formats import list_formats
from tools.warehouse.importer import ImportReport, detect

D = Decimal
OCT1 = date(2026, 10, 1)
START, END = date(2026, 10, 21), date(2026, 11, 11)


def load(desk: Desk, path: Path, format_id: str, *, accepted: int, rejected: int = 0) -> ImportReport:
    """Import, check the ledger, and that the same file again is all duplicates."""
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.rejected) == (format_id, accepted, rejected)
    assert report.unmapped == []
    assert desk.load_again(path).duplicate == accepted
    return report


def stored(desk: Desk, table: str) -> list[tuple[Any, ...]]:
    return desk.query(f"SELECT * EXCLUDE (merchant_id, import_id) FROM {table} ORDER BY ALL")


def test_search_words(desk: Desk) -> None:
    rows = [
        {"搜索词": "内衣洗衣机", "词类型": "品牌词", "访客数": "1,007", "加购人数": "60", "商品收藏人数": "5", "支付转化率": "1.20%",
         "支付买家数": "12", "支付金额": "9,900.00", "新访客": "800", "客单价": "825.00", "uv价值": "9.83"},
        {"搜索词": "小洗衣机", "词类型": "-", "访客数": "7", "支付买家数": "0", "支付金额": "-", "新访客": "-"},
        {"搜索词": "合计", "访客数": "1,014", "支付买家数": "12"},
    ]  # fmt: skip
    path = workbook(desk.root / "【生意参谋平台】手淘搜索_2026-10-01_2026-10-01.xls", SEARCH_WORDS, rows)
    load(desk, path, "sycm_search_words", accepted=2, rejected=1)
    assert stored(desk, "search_words_daily") == [
        (OCT1, "内衣洗衣机", "品牌词", 1007, 800, 60, 5, 12, D(9900)),
        (OCT1, "小洗衣机", None, 7, None, None, None, 0, None),
    ]


def test_search_words_of_a_week_are_refused_row_by_row_where_a_column_says_so(desk: Desk) -> None:
    rows = [
        {"统计日期": day, "搜索词": "内衣洗衣机", "访客数": "7", "支付买家数": "0", "UV价值": "-"}
        for day in ("2026-10-01", "2026-10-01~2026-10-07")
    ]
    (report,) = desk.load(workbook(desk.root / "搜索词.xls", SEARCH_WORDS_NOW, rows))
    assert (report.accepted, report.rejected, report.unmapped) == (1, 1, [])
    assert "日期粒度选为“日”" in said(report)


def test_subscription_posts(desk: Desk) -> None:
    row = {
        "内容标题": "双11 攻略",
        "内容id": "\t312345678901",
        "作者": "王小明",
        "发布时间": "2022-10-20 20:00:00",
        "内容曝光人数": "12,000",
        "内容查看人数": "3,000",
        "商品点击人数": "400",
        "引导进店人数": "350",
        "引导加购人数": "60",
        "订阅直接引导成交金额": "8,888.80",
        "直接引导成交人数": "21",
        "订阅玩法名称": "上新",
    }
    report = load(desk, desk.write("订阅.csv", csv_text(SUBSCRIPTIONS, [row])), "sycm_subscriptions", accepted=1)
    assert stored(desk, "content_posts") == [
        ("312345678901", date(2022, 10, 20), at("2022-10-20 20:00"), "上新", "双11 攻略", 12000, 3000, 400, None, None, None, 60, 350, 21, D("8888.80"))
    ]  # fmt: skip
    assert "作者" in said(report) and "王小明".encode() not in desk.file.read_bytes()


def test_posts_of_today(desk: Desk) -> None:
    row = {
        "内容ID": "562000000110",
        "内容名称": "开箱",
        "内容发布时间": "2026-04-28 10:35:35",
        "查看人数": "1117",
        "完播率": "0.9853448275862069",
        "点赞次数": "5",
        "评论次数": "0",
        "分享次数": "1",
        "种草成交人数": "2",
        "种草成交金额": "398",
        "曝光人数": "9000",
        "商品加购人数": "3",
        "商品点击人数": "44",
    }
    path = sheets(desk.root / "作品分析.xlsx", {"说明": (["说明", "x"], []), "明细数据": (CONTENTS, [row])}, above=())
    load(desk, path, "sycm_contents", accepted=1)
    assert stored(desk, "content_posts") == [
        ("562000000110", date(2026, 4, 28), at("2026-04-28 10:35:35"), "作品", "开箱", 9000, 1117, 44, 5, 0, 1, 3, None, 2, D(398))
    ]  # fmt: skip


SALE = {
    "支付金额": "1,234,567.89",
    "支付件数": "9,876",
    "客单价": "312.00",
    "支付买家数": "3,957",
    "访客数": "88,000",
    "支付转化率": "4.50%",
    "活动商品支付金额": "1,000,000.00",
    "活动商品支付件数": "8,000",
    "活动商品支付买家数": "3,300",
    "活动商品访客数": "70,000",
    "活动申请退款金额": "45,678.90",
}
PREHEAT = {
    "预热加购人数": "6,000",
    "预热加购件数": "9,100",
    "预热收藏人数": "800",
    "预热收藏次数": "900",
    "预热访客数": "50,000",
}


def test_both_phases_of_a_campaign(desk: Desk) -> None:
    sale = workbook(desk.root / "【生意参谋平台】活动正式期_2026-10-21_2026-11-11.xls", CAMPAIGN_SALE, [SALE])
    report = load(desk, sale, "sycm_campaign_sale", accepted=1)
    assert "日期取自文件名：2026-10-21 ~ 2026-11-11" in said(report)
    assert (report.first_day, report.last_day) == (START, END) and report.recomputed == ["客单价", "支付转化率"]
    preheat = workbook(
        desk.root / "预热期.xls",
        ["活动名称", *CAMPAIGN_PREHEAT],
        [PREHEAT | {"活动名称": "双11"}],
        above=(("统计时间：2026-10-14 至 2026-10-20",),),
    )
    load(desk, preheat, "sycm_campaign_preheat", accepted=1)
    assert stored(desk, "campaign_results") == [
        ("双11", "preheat", date(2026, 10, 14), date(2026, 10, 20), 50000, 6000, 9100, 800, None, None, None, None, None, None, None, None),
        ("活动-2026-10-21-至-2026-11-11", "sale", START, END, 88000, None, None, None, 3957, 9876, D("1234567.89"), D(1000000), 8000, 3300, 70000, D("45678.90")),
    ]  # fmt: skip


def test_a_campaign_in_a_cell_of_its_own(desk: Desk) -> None:
    row = SALE | {"活动名称": "双11", "活动时间": "2026/10/21至2026/11/11"}
    load(
        desk,
        desk.write("活动.csv", csv_text(["活动名称", "活动时间", *CAMPAIGN_SALE], [row])),
        "sycm_campaign_sale",
        accepted=1,
    )
    assert desk.query("SELECT campaign, starts_on, ends_on, buyers FROM campaign_results") == [
        ("双11", START, END, 3957)
    ]


def test_a_campaign_without_its_days_is_refused(desk: Desk) -> None:
    with pytest.raises(ImportRefused) as refused:
        desk.load(workbook(desk.root / "双11活动.xls", CAMPAIGN_SALE, [SALE]))
    assert "双11活动_2026-10-01_2026-10-01.xls" in refused.value.message.zh and "--mapping" in refused.value.message.en


def test_new_customer_discount_and_stored_value_keep_their_days(desk: Desk) -> None:
    discount = {
        "商品名称": "面霜", "商品id": "600000000002", "新客拉新费率": "5.00%", "商品新访客数": "1,200", "新客支付人数": "90",
        "新客支付人数占比": "30.00%", "新客支付金额": "8,100.00", "新客支付金额占比": "25.00%",
    }  # fmt: skip
    value = {
        "商品名称": "面霜", "充值总金额": "1,100.00", "商品访客数": "500", "充值买家数": "10", "充值本金金额": "1,000.00",
        "充值转化率": "2.00%", "人均充值金额": "110.00",
    }  # fmt: skip
    load(
        desk,
        workbook(desk.root / "新客折扣_2026-10-21_2026-11-11.xlsx", DISCOUNT, [discount]),
        "sycm_new_customer_discount",
        accepted=1,
    )
    load(
        desk,
        workbook(desk.root / "购物金_2026-10-21_2026-11-11.xlsx", STORED_VALUE, [value]),
        "sycm_stored_value",
        accepted=1,
    )
    assert stored(desk, "tool_results") == [
        ("新客折扣", "600000000002", START, END, "面霜", 1200, 90, D(8100), D("0.05"), None),
        ("购物金", "面霜", START, END, "面霜", 500, 10, None, None, D(1000)),
    ]


def test_item_report_without_sub_order_ids(desk: Desk) -> None:
    first = {
        "订单编号": '="20000000000000001"', "标题": "保湿面霜50g", "价格": "100.00", "购买数量": "2", "外部系统编号": "CREAM50",
        "商品属性": "规格：50g", "备注": "老客户多送一份", "订单状态": "交易成功", "商家编码": "CREAM50-A",
    }  # fmt: skip
    rows = [first, first, first | {"标题": "补差价专拍", "外部系统编号": "", "商家编码": "", "购买数量": "1"}]
    report = load(
        desk, desk.write("ExportOrderDetailList201801.csv", csv_text(ITEMS_OLD, rows)), "tmall_items_old", accepted=3
    )
    assert "没有每行的实付金额" in said(report) and "备注" in said(report)
    order_id = "20000000000000001"
    assert desk.query(
        "SELECT line_id, order_id, product_id, sku, quantity, unit_price, amount, is_service FROM order_lines ORDER BY line_id"
    ) == [
        (f"{order_id}-CREAM50-A-规格：50g-1", order_id, "CREAM50-A", "CREAM50-A", 2, D(100), None, False),
        (f"{order_id}-CREAM50-A-规格：50g-2", order_id, "CREAM50-A", "CREAM50-A", 2, D(100), None, False),
        (f"{order_id}-补差价专拍-规格：50g-1", order_id, "补差价专拍", None, 1, D(100), None, True),
    ]


def test_payouts(desk: Desk) -> None:
    row = {
        "账期": "20260521", "订单号": "3302219424181023654\t", "子订单号": "3302219424181023655\t", "确认收货时间": "2026-05-21 15:52:39\t",
        "商品名称": "食人花2代", "数量": "1", "单价（元）": "99", "订单实际金额（元）": "19.83\t", "退款金额（元）": "0",
        "业务流水号": "2026052123001193261450560998", "商户订单号": "T200P3302219424181023654", "打款时间": "2026-05-21 22:32:44\t",
    }  # fmt: skip
    back = row | {"业务流水号": "2026052123001193261450560999", "订单实际金额（元）": "-5.00", "退款单号": "77"}
    waiting = row | {"业务流水号": "", "打款时间": "", "确认收货时间": ""}
    path = desk.write("交易货款_20260521_20260521.csv", csv_text(PAYOUTS, [row, back, waiting]))
    load(desk, path, "tmall_payouts", accepted=2, rejected=1)
    line, parent = "3302219424181023655", "3302219424181023654"
    assert desk.query(
        "SELECT account, order_id, line_id, booked_at, booked_date, kind, income, expense FROM ledger_entries ORDER BY entry_id"
    ) == [
        ("tmall_payout", parent, line, at("2026-05-21 22:32:44"), date(2026, 5, 21), "sale", D("19.83"), None),
        ("tmall_payout", parent, line, at("2026-05-21 22:32:44"), date(2026, 5, 21), "refund", None, D(5)),
    ]


def test_qianniu_workbook_with_three_sheets(desk: Desk) -> None:
    head = ["子订单编号", "主订单编号", "商品标题", "商品价格", "购买数量", "skuId", "商品属性", "订单状态", "买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单付款时间"]  # fmt: skip
    item = {
        "子订单编号": "30000000000000001", "主订单编号": "20000000000000001", "商品标题": "保湿面霜50g", "商品价格": "100.00", "购买数量": "1",
        "skuId": "6177628402264", "商品属性": "规格：50g", "订单状态": "交易成功", "买家应付货款": "90.00", "买家实际支付金额": "90.00",
        "退款状态": "没有申请退款", "退款金额": "无退款申请", "订单付款时间": "2024-03-01 10:05:00",
    }  # fmt: skip
    shipped = {"订单编号": "20000000000000001", "物流单号": "SF123", "物流公司": "顺丰速运"}
    path = sheets(
        desk.root / "ExportOrderList.xlsx",
        {
            "订单报表": (H2022, [order(1, 订单编号="20000000000000001")]),
            "销售明细": (head, [item]),
            "发货报表": (["订单编号", "物流单号", "物流公司", "收货人姓名"], [shipped | {"收货人姓名": "欧阳翠花"}]),
        },
        above=(),
    )
    assert [found.format for found in detect(path)] == ["tmall_orders", "tmall_items"]
    orders, items = desk.load(path)
    assert (orders.accepted, items.accepted) == (1, 1)
    assert desk.query("SELECT line_id, order_id, product_id, title, unit_price, amount FROM order_lines") == [
        ("30000000000000001", "20000000000000001", "6177628402264", "保湿面霜50g", D(100), D(90))
    ]
    assert "没有读取的工作表：发货报表" in said(orders)
    assert "欧阳翠花".encode() not in desk.file.read_bytes()


def test_every_format_says_where_it_is_downloaded_and_refused_ones_are_not_offered() -> None:
    found = {info.id: info for info in list_formats()}
    assert "sycm_product_sources" not in found
    mine = [info for name, info in found.items() if name.startswith(("sycm_", "tmall_"))]
    assert len(mine) == 16
    assert all(info.platform == "tmall" and "下载" in info.download.zh and info.download.en for info in mine)
