"""生意参谋 shop, product and traffic reports: the platform's own headers, and exactly the rows that are stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tools.warehouse.import_desk import Desk, csv_text, said
from tests.tools.warehouse.sycm_samples import (
    PRODUCT_360,
    PRODUCT_SOURCES,
    PRODUCTS,
    PRODUCTS_OLD,
    SHOP_2017,
    SHOP_NOW,
    SOURCES_3,
    SOURCES_4,
    SOURCES_2017,
    SOURCES_WIRELESS,
    TREND,
    sheets,
    workbook,
)
from tools.errors import ImportRefused
from tools.warehouse.importer import detect

D = Decimal
OCT1, OCT2 = date(2026, 10, 1), date(2026, 10, 2)
PRODUCT_FILE = "【生意参谋平台】商品_全部_2026-10-01_2026-10-01.xls"
SHOP = (
    "SELECT day, visitors, page_views, new_visitors, returning_visitors, buyers, orders, sub_orders, items, paid_amount, new_buyers, "
    "returning_buyers, followers, favourites, refund_amount, dsr_description FROM shop_daily ORDER BY day"
)
TRAFFIC = "SELECT day, source, detail, visitors, buyers, paid_amount FROM traffic_daily ORDER BY day, source, detail"


def shop_2017(**changes: str) -> dict[str, str]:
    base = {
        "统计日期": "2017-11-01",
        "访客数": "11,269",
        "PC端访客数": "1,200",
        "无线端访客数": "10,500",
        "浏览量": "35,001",
        "老访客数": "3,200",
        "新访客数": "8,069",
        "跳失率": "48.15%",
        "人均浏览量（访问深度）": "3.11",
        "商品收藏人数": "410",
        "店铺收藏人数": "55",
        "下单买家数": "300",
        "下单金额": "61,000.50",
        "支付买家数": "281",
        "支付金额": "57,284.50",
        "PC端支付金额": "7,284.50",
        "支付商品件数": "402",
        "支付父订单数": "290",
        "支付子订单数": "350",
        "支付转化率": "2.49%",
        "客单价": "203.86",
        "新买家数": "200",
        "老买家数": "81",
        "售中申请退款金额": "1,999.00",
        "描述相符动态评分(DSR)": "4.87",
        "服务态度动态评分(DSR)": "4.80",
        "物流服务动态评分(DSR)": "-",
    }
    return base | changes


def test_shop_report_of_2017(desk: Desk) -> None:
    rows = [shop_2017(), shop_2017(统计日期="合计", 访客数="99,999")]
    path = workbook(desk.root / "【生意参谋平台】店铺日报.xls", SHOP_2017, rows, above=TITLE_ROWS)
    (report,) = desk.load(path)
    assert (report.format, report.rows, report.accepted, report.rejected) == ("sycm_shop_daily", 2, 1, 1)
    assert report.unmapped == []
    assert desk.query(SHOP) == [
        (date(2017, 11, 1), 11269, 35001, 8069, 3200, 281, 290, 350, 402, D("57284.50"), 200, 81, 55, 410, None, D("4.87"))
    ]  # fmt: skip
    assert desk.query("SELECT dsr_logistics, add_to_cart, order_buyers, order_amount FROM shop_daily") == [
        (None, None, 300, D("61000.50"))
    ]
    assert "支付转化率" in said(report) and "合计行 1 行" in said(report)
    desk.load_again(path)


TITLE_ROWS = (("【生意参谋平台】店铺概况",), ("导出时间：2026-11-24 10:00:00",), ())


def test_shop_report_with_the_names_of_today(desk: Desk) -> None:
    row = {
        "统计日期": "20261001",
        "访客数": "9,001",
        "浏览量": "20,000",
        "直播间访客数": "1,234",
        "短视频访客数": "-",
        "加购人数": "777",
        "加购件数": "900",
        "商品收藏人数": "88",
        "关注店铺人数": "12",
        "支付买家数": "301",
        "支付金额": "¥45,000.10",
        "支付件数": "410",
        "支付转化率": "3.34%",
        "支付新买家数": "200",
        "支付老买家数": "101",
        "老买家支付金额": "17,360.00",
        "成功退款金额": "3,210.00",
        "推广消耗金额": "4,000.00",
        "全站推广花费": "3,000.00",
        "推广费比": "8.89%",
    }
    (report,) = desk.load(desk.write("店铺数据.csv", csv_text(SHOP_NOW, [row])))
    assert (report.format, report.accepted, report.unmapped) == ("sycm_shop_daily", 1, [])
    assert desk.query(
        "SELECT day, live_visitors, video_visitors, add_to_cart, items, returning_amount, refund_amount, ad_spend FROM shop_daily"
    ) == [(OCT1, 1234, None, 777, 410, D(17360), D(3210), D(4000))]


def test_an_older_shop_report_adds_to_a_newer_one_without_erasing(desk: Desk) -> None:
    desk.load(
        desk.write(
            "新.csv", csv_text(SHOP_NOW, [{"统计日期": "2026-10-01", "访客数": "10", "加购人数": "3", "支付金额": "5"}])
        )
    )
    desk.load(desk.write("旧.csv", csv_text(SHOP_2017, [shop_2017(统计日期="2026-10-01", 访客数="10", 支付金额="5")])))
    assert desk.query("SELECT visitors, add_to_cart, orders FROM shop_daily") == [(10, 3, 290)]


def test_weeks_and_months_are_no_days(desk: Desk) -> None:
    rows = [shop_2017(统计日期=day) for day in ("2026-10-01", "2026-10-01 ~ 2026-10-07", "2026-10", "昨天")]
    (report,) = desk.load(desk.write("店铺.csv", csv_text(SHOP_2017, rows)))
    assert (report.accepted, report.rejected) == (1, 3)
    assert "日期粒度选为“日” 2 行" in said(report) and "日期或时间无法识别 1 行" in said(report)
    assert report.quarantine_file is not None
    assert "2026-10-01 ~ 2026-10-07" in Path(report.quarantine_file).read_text(encoding="utf-8-sig")


def test_trend_reads_the_row_of_all_terminals_only(desk: Desk) -> None:
    rows = [
        {"日期": "2026-10-01", "终端": name, "支付金额": paid, "支付买家数": buyers, "下单金额": "-", "客单价": "1"}
        for name, paid, buyers in (("所有终端", "1,000.00", "10"), ("PC端", "200.00", "3"), ("无线端", "800.00", "9"))
    ]
    rows.append({"日期": "2026-10-02", "终端": "全部", "支付金额": "0.00", "支付买家数": "0"})
    path = desk.write("交易趋势.csv", csv_text(TREND, rows))
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.rejected, report.unmapped) == ("sycm_trend", 2, 2, [])
    assert desk.query("SELECT day, buyers, paid_amount, order_amount FROM shop_daily ORDER BY day") == [
        (OCT1, 10, D(1000), None),
        (OCT2, 0, D(0), None),
    ]
    assert "按规则不计入的行：分终端的行" in said(report)
    desk.load_again(path)


def product(**changes: str) -> dict[str, str]:
    base = {
        "统计日期": "2026-10-01",
        "商品ID": "988297980428",
        "商品名称": "小欢洗迷你洗衣机",
        "主商品ID": "988297980428",
        "商品类型": "主商品",
        "货号": "-",
        "商品状态": "当前在线",
        "商品标签": "迷你洗-推广,迷你洗",
        "商品访客数": "1,391",
        "商品浏览量": "3,186",
        "平均停留时长": "15.74",
        "商品详情页跳出率": "77.48%",
        "商品收藏人数": "18",
        "商品加购件数": "70",
        "商品加购人数": "63",
        "下单买家数": "6",
        "下单件数": "10",
        "下单金额": "34,895.00",
        "下单转化率": "0.43%",
        "支付买家数": "6",
        "支付件数": "9",
        "支付金额": "31,396.00",
        "商品支付转化率": "0.43%",
        "支付新买家数": "4",
        "支付老买家数": "2",
        "老买家支付金额": "17,360.00",
        "聚划算支付金额": "0.00",
        "访客平均价值": "22.57",
        "成功退款金额": "13,796.00",
        "竞争力评分": "-",
        "年累计支付金额": "9,131,396.00",
        "月累计支付金额": "31,396.00",
        "月累计支付件数": "9",
        "搜索引导支付转化率": "2.38%",
        "搜索引导访客数": "126",
        "搜索引导支付买家数": "3",
    }
    return base | changes


def test_products_of_a_day(desk: Desk) -> None:
    rows = [product(), product(商品ID="600000000002", 商品名称="面霜", 货号="CREAM50", 支付金额="-", 成功退款金额="-")]
    path = workbook(desk.root / PRODUCT_FILE, PRODUCTS, rows)
    found = detect(path)[0]
    assert (found.format, found.header_row, found.unmapped) == ("sycm_products", 5, [])
    (report,) = desk.load(path)
    assert (report.rows, report.accepted, report.rejected, report.unmapped) == (2, 2, 0, [])
    assert report.tables == {"product_daily": 2, "products": 2} and (report.first_day, report.last_day) == (OCT1, OCT1)
    assert desk.query("SELECT * EXCLUDE (merchant_id, import_id) FROM product_daily ORDER BY product_id DESC") == [
        (OCT1, "988297980428", "小欢洗迷你洗衣机", 1391, 3186, 18, 6, D(34895), 126, 3, 63, 6, 9, D(31396), 4, 2, D(17360), D(13796)),
        (OCT1, "600000000002", "面霜", 1391, 3186, 18, 6, D(34895), 126, 3, 63, 6, 9, None, 4, 2, D(17360), None),
    ]  # fmt: skip
    assert desk.query("SELECT product_id, title, sku, status, list_price FROM products ORDER BY product_id") == [
        ("600000000002", "面霜", "CREAM50", "当前在线", None),
        ("988297980428", "小欢洗迷你洗衣机", None, "当前在线", None),
    ]
    assert "月累计支付金额" in said(report) and "商品支付转化率" in said(report)
    desk.load_again(path)


def test_the_older_product_report_with_its_header_on_row_four(desk: Desk) -> None:
    row = product(售中售后成功退款金额="13,796.00", 详情页跳出率="77.48%", 支付转化率="0.43%")
    path = workbook(desk.root / PRODUCT_FILE, PRODUCTS_OLD, [row], above=((), ("商品",), ()))
    assert detect(path)[0].header_row == 4
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.unmapped) == ("sycm_products", 1, [])
    assert desk.query("SELECT day, paid_amount, refund_amount, search_visitors FROM product_daily") == [
        (OCT1, D(31396), D(13796), None)
    ]


def test_the_day_is_taken_from_the_name_where_no_column_has_it(desk: Desk) -> None:
    path = workbook(desk.root / PRODUCT_FILE, PRODUCTS[1:], [product()])
    (report,) = desk.load(path)
    assert report.accepted == 1 and "日期取自文件名：2026-10-01" in said(report)
    assert desk.query("SELECT day FROM product_daily") == [(OCT1,)]
    titled = workbook(
        desk.root / "商品.xls", PRODUCTS[1:], [product()], above=(("统计日期", "2026-10-02"), ("下载时间：2026-11-24",))
    )
    (report,) = desk.load(titled)
    assert report.accepted == 1 and "日期取自标题行：2026-10-02" in said(report)


@pytest.mark.parametrize(
    ("name", "above", "says"),
    [
        ("商品.xls", (), "都没有说明是哪一天"),
        ("商品_2026-10-01.xls", (), "都没有说明是哪一天"),  # it may be the day of download
        ("商品_20261001_110309.xls", (), "都没有说明是哪一天"),
        ("商品_2026-10-01_2026-10-31.xls", (), "日期粒度选为“日”"),
        ("商品.xls", (("统计时间：2026-10-01 ~ 2026-10-07",),), "日期粒度选为“日”"),
        ("商品_2026-10-01_2026-10-01.xls", (("统计日期：2026-10-03",),), "互相矛盾"),
    ],
)
def test_a_report_without_its_one_day_is_refused(
    desk: Desk, name: str, above: tuple[tuple[str, ...], ...], says: str
) -> None:
    path = workbook(desk.root / name, PRODUCTS[1:], [product()], above=above)
    with pytest.raises(ImportRefused) as refused:
        desk.load(path)
    assert says in refused.value.message.zh and name in refused.value.message.en
    assert not desk.file.exists()


def test_a_month_whose_rows_carry_one_date_is_refused(desk: Desk) -> None:
    month = "【生意参谋平台】商品_全部_2026-10-01_2026-10-31.xls"
    with pytest.raises(ImportRefused, match="sums up 2026-10-01 ~ 2026-10-31"):
        desk.load(workbook(desk.root / month, PRODUCTS, [product(), product(商品ID="2")]))
    days = [product(), product(统计日期="2026-10-02")]
    (report,) = desk.load(workbook(desk.root / month, PRODUCTS, days))
    assert (report.accepted, report.first_day, report.last_day) == (2, OCT1, OCT2)


def source(path: str, visitors: str, paid: str = "-", buyers: str = "-", **more: str) -> dict[str, str]:
    levels = dict(zip(("一级来源", "二级来源", "三级来源", "四级来源"), path.split("/"), strict=False))
    return levels | {"访客数": visitors, "支付金额": paid, "支付买家数": buyers, "支付转化率": "1%"} | more


def test_sources_of_three_levels_read_the_deepest_rows(desk: Desk) -> None:
    rows = [
        source("付费推广/汇总/汇总", "652", "3,000.00", "9"),
        source("付费推广/关键词推广/汇总", "600", "2,900.00", "8"),
        source("付费推广/关键词推广/直通车", "590", "2,800.00", "8"),
        source("付费推广/淘宝客/汇总", "60", "100.00", "1"),
        source("购物车/汇总/汇总", "300", "1,500.00", "20"),
        source("汇总/汇总/汇总", "1,000"),
    ]
    path = workbook(desk.root / "【生意参谋平台】店铺来源_2026-10-01_2026-10-01.xls", SOURCES_3, rows)
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.rejected, report.unmapped) == ("sycm_sources", 3, 3, [])
    assert desk.query(TRAFFIC) == [
        (OCT1, "付费推广", "关键词推广-直通车", 590, 8, D(2800)),
        (OCT1, "付费推广", "淘宝客", 60, 1, D(100)),
        (OCT1, "购物车", "", 300, 20, D(1500)),
    ]
    desk.load_again(path)


def test_sources_of_four_levels_in_two_sheets(desk: Desk) -> None:
    whole = [
        source("广域/汇总/汇总/汇总", "90", 流量载体="全店流量"),
        source("广域/搜索/手淘搜索/手淘搜索", "80", "10.00", "1", 流量载体="全店流量"),
    ]
    parts = [source("广域/汇总/汇总/汇总", "50", 流量载体="商品"), source("广域/搜索/汇总/汇总", "9", 流量载体="直播")]
    path = sheets(
        desk.root / "【生意参谋平台】流量来源构成_2026-10-01_2026-10-01.xls",
        {"全店流量来源": (SOURCES_4, whole), "分载体流量来源": (SOURCES_4, parts)},
    )
    first, second = desk.load(path)
    assert (first.accepted, first.rejected, first.unmapped) == (1, 1, [])
    assert (second.accepted, second.rejected) == (0, 2) and "分载体的行" in said(second)
    assert desk.query(TRAFFIC) == [(OCT1, "广域", "搜索-手淘搜索", 80, 1, D(10))]


def test_sources_of_2017(desk: Desk) -> None:
    rows = [
        {"来源": "淘内免费", "来源明细": "汇总", "访客数": "900", "访客数变化": "1.5%"},
        {"来源": "淘内免费", "来源明细": "手淘搜索", "访客数": "700", "访客数变化": "-3.2%"},
        {"来源": "自主访问", "来源明细": "汇总", "访客数": "80"},
    ]
    (report,) = desk.load(
        workbook(desk.root / "【生意参谋平台】店铺流量来源-2017-11-01_2017-11-01.xls", SOURCES_2017, rows)
    )
    assert (report.format, report.accepted, report.unmapped) == ("sycm_sources_2017", 2, [])
    day = date(2017, 11, 1)
    assert desk.query("SELECT day, source, detail, visitors FROM traffic_daily ORDER BY source DESC") == [
        (day, "自主访问", "", 80),
        (day, "淘内免费", "手淘搜索", 700),
    ]
    wireless = {
        "流量来源": "我的淘宝",
        "来源明细": "我的淘宝首页",
        "访客数": "5",
        "支付买家数": "1",
        "支付金额": "9.90",
    }
    path = workbook(
        desk.root / "【生意参谋平台】无线店铺流量来源-2017-11-02_2017-11-02.xls", SOURCES_WIRELESS, [wireless]
    )
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.unmapped) == ("sycm_sources_2017", 1, [])
    desk.load_again(path)


@pytest.mark.parametrize("header", [PRODUCT_SOURCES, PRODUCT_360, ["商品ID", *SOURCES_3]])
def test_sources_of_one_product_are_never_the_shops(desk: Desk, header: list[str]) -> None:
    row = source("付费推广/关键词推广/汇总", "25", 流量来源="手淘搜索", 来源明细="手淘搜索", 商品ID="1")
    path = workbook(desk.root / "商品流量来源_2026-10-01_2026-10-01.xls", header, [row])
    with pytest.raises(ImportRefused, match="one product"):
        desk.load(path)
