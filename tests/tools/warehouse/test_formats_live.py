"""Livestream exports: verbatim headers of each generation, and exactly the rows that are stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tools.warehouse.import_desk import Desk, at, cells, csv_text

D = Decimal
DAY = date(2026, 3, 1)
NEWEST = cells(
    "场次信息,场次id,直播开播时间,开播时长,封面图点击率,观看人数,观看次数,新增粉丝数,流量券消耗,观看总时长（秒）,人均观看时长（秒）,次均观看时长（秒）,"
    "商品点击人数,商品点击次数,商品点击率,加购人数,加购件数,加购次数,成交金额（元）,成交人数,成交件数,成交笔数,成交转化率,退款人数,退款笔数,退款件数,"
    "退款金额,预售定金支付金额,预售预估总金额,店铺名称"
)
Y2022 = cells(
    "直播标题,场次id,开播时间,直播间观看次数,直播间观看人数,新增粉丝数,转粉率,商品点击人数,商品点击次数,商品点击率,商品加购人数,商品加购件数,"
    "成交转化率,成交人数,成交件数,成交笔数,成交金额,互助率"
)
ITEMS = cells(
    "商品标题,商品id,直播标题,场次id,开播时间,商品点击人数,商品点击次数,加购商品件数,加购人数,成交人数,成交件数,成交笔数,成交金额"
)
LINES = cells(
    "直播标题,开播时间,场次id,代播主播名称,会员名,直播间粉丝层级,商品id,商品标题,商品一级类目,父订单,子订单,下单时间,支付时间,支付金额,"
    "确认收货时间,确认收货金额,代播id"
)
AGENCY = cells(
    "开播时间,场次标题,开播时长(分钟),直播间浏览人数,直播间浏览次数,封面图点击率,人均停留时长(秒),互动率,新增粉丝量,种草成交金额(元),引导进店次数"
)
JD = cells(
    "直播间ID,直播标题,开播方式,直播时间,统计日期,直播观看人次,直播观看人数,点赞次数,点赞人数,评论次数,评论人数,分享次数,分享人数,关注店铺人数,"
    "关注主播人数,引导进商详次数,引导进商详人数,引导加购次数,引导加购人数,引导进店次数,引导进店人数,人均停留时长（秒）,引导成交父单量,"
    "引导成交子单量,引导成交商品件数,引导成交金额,引导成交人数,引导7日成交父单量,引导7日成交子单量,引导7日成交商品件数,引导7日成交金额,"
    "引导7日成交人数,引导15日成交父单量,引导15日成交子单量,引导15日成交商品件数,引导15日成交金额,引导15日成交人数"
)
DOUYIN = cells(
    "主播昵称,主播抖音号,直播开始时间,直播结束时间,直播时长(分钟),直播间曝光次数,直播间曝光人数,直播间观看人数,商品曝光人数,商品点击人数,成交人数,"
    "平均在线人数,人均观看时长(秒),千次观看成交金额,千川消耗,新增粉丝数,退款人数,直播间成交金额"
)


def session(**changes: str) -> dict[str, str]:
    base = {
        "场次信息": "春季上新专场",
        "场次id": "\t412345678901",
        "直播开播时间": "2026-03-01 20:00:00",
        "封面图点击率": "4.20%",
        "观看人数": "12,345",
        "观看次数": "23,456",
        "新增粉丝数": "321",
        "观看总时长（秒）": "1,234,500",
        "人均观看时长（秒）": "100",
        "商品点击人数": "4,000",
        "商品点击次数": "9,876",
        "商品点击率": "32.4%",
        "加购人数": "800",
        "加购件数": "950",
        "成交金额（元）": "56,789.10",
        "成交人数": "510",
        "成交件数": "640",
        "成交笔数": "560",
        "成交转化率": "4.13%",
        "退款金额": "1,234.50",
        "预售定金支付金额": "-",
        "预售预估总金额": "-",
        "店铺名称": "测试旗舰店",
    }
    return base | changes


SESSIONS = (
    "SELECT session_id, title, day, started_at, viewers, views, watch_seconds, new_fans, item_clickers, item_clicks, add_to_cart, "
    "buyers, orders, items, paid_amount, refund_amount, presale_amount FROM live_sessions ORDER BY session_id"
)


def test_sessions_of_the_newest_headers(desk: Desk) -> None:
    """GB18030, a title row above the header, a tab before the id, thousands separators, "-" for missing, a line of totals."""
    rows = [
        session(),
        session(场次id="412345678902", 直播开播时间="2026-03-02 23:30:00", **{"成交金额（元）": "-", "退款金额": "-"}),
    ]
    total = {"场次id": "合计", "成交金额（元）": "56,789.10", "观看人数": "24,690"}
    text = "直播分场次效果 2026-03-01~2026-03-02\r\n" + csv_text(NEWEST, [*rows, total])
    (report,) = desk.load(desk.write("直播分场次效果.csv", text))
    assert (report.format, report.encoding, report.rows) == ("taobao_live_sessions", "gb18030", 3)
    assert (report.accepted, report.rejected) == (2, 1)
    assert any("按规则不计入的行：合计行 1 行" in note.zh for note in report.notes)
    assert not any("先修文件" in note.zh for note in report.notes)
    same = (4000, 9876, 800, 510, 560, 640)
    assert desk.query(SESSIONS) == [
        ("412345678901", "春季上新专场", DAY, at("2026-03-01 20:00"), 12345, 23456, 1234500, 321, *same, D("56789.10"), D("1234.50"), None),
        ("412345678902", "春季上新专场", date(2026, 3, 2), at("2026-03-02 23:30"), 12345, 23456, 1234500, 321, *same, None, None, None),
    ]  # fmt: skip
    (again,) = desk.load(desk.write("again.csv", csv_text(NEWEST, rows)))
    assert (again.duplicate, again.accepted, again.updated) == (2, 0, 0)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("3:25:10", 205),
        ("3小时25分10秒", 205),
        ("205分钟", 205),
        ("2.5小时", 150),
        ("5400秒", 90),
        ("205", None),
        ("-", None),
    ],
)
def test_the_length_of_a_session_needs_its_unit(desk: Desk, written: str, minutes: int | None) -> None:
    assert desk.load_rows(NEWEST, [session(开播时长=written)]).accepted == 1
    assert desk.query("SELECT minutes FROM live_sessions") == [(minutes,)]


def test_a_session_id_that_excel_ruined_is_rejected(desk: Desk) -> None:
    report = desk.load_rows(NEWEST, [session(), session(场次id="4.12346E+11")])
    assert (report.accepted, report.rejected) == (1, 1)
    assert report.quarantine_file is not None
    assert "科学计数法" in Path(report.quarantine_file).read_text(encoding="utf-8-sig")
    assert desk.query("SELECT session_id FROM live_sessions") == [("412345678901",)]


def test_sessions_of_2022(desk: Desk) -> None:
    row = {
        "直播标题": "周年庆",
        "场次id": "333000111222",
        "开播时间": "2022-05-01 09:30:00",
        "直播间观看次数": "900",
        "直播间观看人数": "600",
        "新增粉丝数": "12",
        "转粉率": "2.00%",
        "商品点击人数": "200",
        "商品点击次数": "350",
        "商品加购人数": "40",
        "成交人数": "10",
        "成交件数": "14",
        "成交笔数": "11",
        "成交金额": "1288.00",
    }
    (report,) = desk.load(desk.write("场次.csv", csv_text(Y2022, [row]), encoding="utf-8-sig"))
    assert (report.format, report.accepted) == ("taobao_live_sessions", 1)
    assert desk.query(SESSIONS) == [
        ("333000111222", "周年庆", date(2022, 5, 1), at("2022-05-01 09:30"), 600, 900, None, 12, 200, 350, 40, 10, 11, 14, D(1288), None, None)
    ]  # fmt: skip


def test_an_older_export_does_not_erase_what_the_newer_one_told(desk: Desk) -> None:
    desk.load_rows(NEWEST, [session()])
    old = {
        "直播标题": "春季上新专场",
        "场次id": "412345678901",
        "开播时间": "2026-03-01 20:00:00",
        "商品点击人数": "4000",
    }
    old |= {"直播间观看人数": "12345", "直播间观看次数": "23456", "成交金额": "56789.10"}
    header = ["直播标题", "场次id", "开播时间", "直播间观看次数", "直播间观看人数", "商品点击人数", "成交金额"]
    report = desk.load_rows(header, [old], name="old.csv")
    assert report.duplicate == 1
    assert desk.query("SELECT refund_amount, watch_seconds FROM live_sessions") == [(D("1234.50"), 1234500)]


def test_products_of_a_session(desk: Desk) -> None:
    row = {
        "商品标题": "保湿面霜",
        "商品id": "\t670000000001",
        "直播标题": "周年庆",
        "场次id": "\t333000111222",
        "开播时间": "2022-05-01 09:30:00",
        "商品点击人数": "120",
        "商品点击次数": "180",
        "加购商品件数": "33",
        "加购人数": "30",
        "成交人数": "9",
        "成交件数": "12",
        "成交笔数": "10",
        "成交金额": "999.90",
    }
    rows = [row, row | {"商品id": "670000000002", "成交金额": "0", "成交人数": "0", "成交笔数": "0", "成交件数": "0"}]
    report = desk.load_rows(ITEMS, rows)
    assert (report.format, report.accepted, report.tables) == ("taobao_live_items", 2, {"live_items": 2})
    found = desk.query(
        "SELECT session_id, product_id, day, title, clickers, clicks, add_to_cart, orders, buyers, items, paid_amount "
        "FROM live_items ORDER BY product_id"
    )
    head = ("保湿面霜", 120, 180, 30)
    assert found == [
        ("333000111222", "670000000001", date(2022, 5, 1), *head, 10, 9, 12, D("999.90")),
        ("333000111222", "670000000002", date(2022, 5, 1), *head, 0, 0, 0, D(0)),
    ]


def line(**changes: str) -> dict[str, str]:
    base = {
        "直播标题": "周年庆",
        "开播时间": "2022-05-01 09:30:00",
        "场次id": "333000111222",
        "代播主播名称": "小雨",
        "会员名": "爱吃鱼的猫咪88",
        "直播间粉丝层级": "铁粉",
        "商品id": "670000000001",
        "商品标题": "保湿面霜",
        "商品一级类目": "美容护肤",
        "父订单": "\t2500000000000000001",
        "子订单": "\t2500000000000000002",
        "下单时间": "2022-05-01 09:40:00",
        "支付时间": "2022-05-01 09:41:12",
        "支付金额": "199.00",
        "确认收货金额": "-",
        "代播id": "778899",
    }
    return base | changes


def test_order_lines_name_the_host_and_drop_the_member(desk: Desk) -> None:
    rows = [
        line(),
        line(子订单="2500000000000000003", 支付时间="2022-05-02 00:05:00", 代播主播名称="-", 确认收货金额="88.50"),
    ]
    report = desk.load_rows(LINES, rows)
    assert (report.format, report.accepted) == ("taobao_live_orders", 2)
    assert any("会员名" in note.zh and "没有读取" in note.zh for note in report.notes)
    found = desk.query("SELECT * EXCLUDE (merchant_id, import_id) FROM live_orders ORDER BY line_id")
    order, room = "2500000000000000001", "333000111222"
    goods = ("670000000001", "铁粉", "保湿面霜")
    assert found == [
        ("2500000000000000002", order, room, "小雨", *goods, at("2022-05-01 09:41:12"), date(2022, 5, 1), D(199), None),
        (
            "2500000000000000003",
            order,
            room,
            None,
            *goods,
            at("2022-05-02 00:05"),
            date(2022, 5, 2),
            D(199),
            D("88.50"),
        ),
    ]
    assert "爱吃鱼的猫咪88".encode() not in desk.file.read_bytes()


def test_agency_sessions_have_minutes_and_no_sales(desk: Desk) -> None:
    """种草成交 is wider than 成交: read as sales it would lift GMV above the session report's."""
    row = {
        "开播时间": "2026-03-01 20:00:00",
        "场次标题": "春季上新专场",
        "开播时长(分钟)": "245.6",
        "直播间浏览人数": "1000",
        "直播间浏览次数": "1500",
        "人均停留时长(秒)": "61.5",
        "新增粉丝量": "8",
        "种草成交金额(元)": "99999.00",
    }
    desk.load_rows(NEWEST, [session()], name="场次.csv")
    report = desk.load_rows(AGENCY, [row], name="机构.csv")
    assert (report.format, report.accepted) == ("taobao_live_agency", 1)
    assert "分场次效果" in report.notes[0].zh and "小心重复" in report.notes[0].zh
    assert "Counted twice" in report.notes[0].en
    assert any("种草成交金额" in note.zh and "没有当作成交金额" in note.zh for note in report.notes)
    found = desk.query(
        "SELECT day, minutes, viewers, views, watch_seconds, new_fans, paid_amount FROM live_sessions WHERE minutes IS NOT NULL"
    )
    assert found == [(DAY, 246, 1000, 1500, 61500, 8, None)]


def test_a_jd_room_counts_once_a_day_in_one_window(desk: Desk) -> None:
    row = {
        "直播间ID": "88001",
        "直播标题": "京东专场",
        "开播方式": "手机",
        "直播时间": "2026-03-01 19:00~23:00",
        "统计日期": "2026-03-01",
        "直播观看人次": "500",
        "直播观看人数": "300",
        "点赞次数": "1000",
        "评论次数": "20",
        "分享次数": "3",
        "关注店铺人数": "7",
        "引导进商详次数": "150",
        "引导进商详人数": "90",
        "引导加购人数": "30",
        "人均停留时长（秒）": "40",
        "引导成交父单量": "10",
        "引导成交子单量": "12",
        "引导成交商品件数": "13",
        "引导成交金额": "1000.00",
        "引导成交人数": "9",
        "引导7日成交金额": "1800.00",
        "引导7日成交父单量": "18",
        "引导15日成交金额": "2500.00",
    }
    next_day = row | {"统计日期": "2026-03-02", "引导成交金额": "500.00", "引导15日成交金额": "3000.00"}
    report = desk.load_rows(JD, [row, next_day])
    assert (report.format, report.accepted) == ("jd_live_sessions", 2)
    found = desk.query(
        "SELECT session_id, day, viewers, views, watch_seconds, likes, comments, shares, new_fans, item_clickers, item_clicks, "
        "add_to_cart, buyers, orders, items, paid_amount FROM live_sessions ORDER BY day"
    )
    same = (300, 500, 12000, 1000, 20, 3, 7, 90, 150, 30, 9, 10, 13)
    assert found == [
        ("88001-2026-03-01", DAY, *same, D(1000)),
        ("88001-2026-03-02", date(2026, 3, 2), *same, D(500)),
    ]
    assert desk.load_rows(JD, [next_day, row], name="again.csv").duplicate == 2


def test_douyin_rooms_keep_the_funnel_and_not_the_account(desk: Desk) -> None:
    row = {
        "主播昵称": "小雨的直播间",
        "主播抖音号": "xiaoyu_1990",
        "直播开始时间": "2026-03-01 20:00:00",
        "直播结束时间": "2026-03-02 00:30:00",
        "直播时长(分钟)": "270",
        "直播间曝光次数": "100000",
        "直播间观看人数": "5000",
        "商品曝光人数": "4000",
        "商品点击人数": "900",
        "成交人数": "120",
        "平均在线人数": "88",
        "人均观看时长(秒)": "55.5",
        "千次观看成交金额": "1500",
        "千川消耗": "2,000.00",
        "新增粉丝数": "60",
        "直播间成交金额": "18,000.00",
    }
    (report,) = desk.load(desk.write("直播明细.csv", csv_text(DOUYIN, [row]), encoding="utf-8-sig"))
    assert (report.format, report.accepted) == ("douyin_live_sessions", 1)
    found = desk.query(
        "SELECT session_id, host, day, minutes, impressions, viewers, views, watch_seconds, average_online, item_viewers, "
        "item_clickers, buyers, new_fans, paid_amount, ad_spend FROM live_sessions"
    )
    assert found == [
        ("小雨的直播间-2026-03-01 20:00:00", "小雨的直播间", DAY, 270, 100000, 5000, None, 277500, 88, 4000, 900, 120, 60, D(18000), D(2000))
    ]  # fmt: skip
    assert b"xiaoyu_1990" not in desk.file.read_bytes()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (NEWEST, "taobao_live_sessions"),
        (["日期", "店铺", *NEWEST], "taobao_live_sessions"),
        (Y2022, "taobao_live_sessions"),
        (ITEMS, "taobao_live_items"),
        (LINES, "taobao_live_orders"),
        (AGENCY, "taobao_live_agency"),
        (JD, "jd_live_sessions"),
        (DOUYIN, "douyin_live_sessions"),
    ],
)
def test_each_header_is_one_platform_format(desk: Desk, header: list[str], name: str) -> None:
    assert desk.platform_format(header) == name
