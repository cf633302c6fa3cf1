"""Alimama ad reports: verbatim headers, exactly the rows that are stored, and no spend or sale counted twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.tools.warehouse.import_desk import Desk, cells, csv_text

D = Decimal
DAY = date(2026, 3, 1)
SUBJECTS = cells(
    "日期,主体ID,主体类型,主体名称,展现量,点击量,花费,点击率,平均点击花费,千次展现花费,总预售成交金额,总预售成交笔数,直接预售成交金额,"
    "直接预售成交笔数,间接预售成交金额,间接预售成交笔数,直接成交金额,间接成交金额,总成交金额,总成交笔数,直接成交笔数,间接成交笔数,点击转化率,"
    "投入产出比,含预售投产比,总成交成本,总购物车数,直接购物车数,间接购物车数,加购率,收藏宝贝数,收藏店铺数,店铺收藏成本,总收藏加购数,"
    "总收藏加购成本,宝贝收藏加购数,宝贝收藏加购成本,总收藏数,宝贝收藏成本,宝贝收藏率,加购成本,拍下订单笔数,拍下订单金额,直接收藏宝贝数,"
    "间接收藏宝贝数,优惠券领取量,购物金充值笔数,购物金充值金额,旺旺咨询量,引导访问量,引导访问人数,引导访问潜客数,引导访问潜客占比,入会率,入会量,"
    "引导访问率,深度访问量,平均访问页面数,成交新客数,成交新客占比,会员首购人数,会员成交金额,会员成交笔数,成交人数,人均成交笔数,人均成交金额,"
    "自然流量转化金额,自然流量曝光量,宝贝优惠券抵扣金额,宝贝优惠券撬动总成交,宝贝优惠券撬动直接成交,宝贝优惠券撬动点击,平台补贴金额,"
    "补贴引导成交金额,发券补贴商品个数,补贴引导成交人数"
)
CROWDS = cells(
    "日期,场景名字,人群名字,计划名字,花费,展现量,进店量,粉丝关注量,观看次数,总购物车数,总成交笔数,总成交金额,直接成交笔数,直接成交金额"
)
WORDS = cells(
    "日期,场景名字,宝贝id,词类型,词名字/词包名字,花费,展现量,点击量,总购物车数,总成交笔数,总成交金额,直接成交笔数,直接成交金额"
)
ACCOUNT = cells(
    "日期,展现量,点击量,花费,点击率,平均点击花费,千次展现花费,总收藏数,宝贝收藏数,店铺收藏数,总购物车数,直接购物车数,间接购物车数,加购成本,"
    "宝贝收藏成本,宝贝收藏转化率,加购率,总预售成交金额,总预售成交笔数,直接预售成交金额,直接预售成交笔数,间接预售成交金额,间接预售成交笔数,"
    "总成交金额,直接成交金额,间接成交金额,总成交笔数,直接成交笔数,间接成交笔数,投入产出比,点击转化率,直接点击转化率,购物金充值笔数,购物金充值金额,"
    "自然流量曝光,自然流量转化金额,特权订金金额,尾款金额,一口价金额,新成交用户数,新成交用户占比"
)
_TAIL = (
    "消耗,展现量,点击量,点击率,千次展现成本,点击成本,引导访问量,引导访问人数,引导访问潜客数,引导访问潜客占比,引导访问率,深度访问量,平均访问页面数,"
    "关注店铺量,回搜量,回访量,回搜成本,回访成本,平均深度访问时长,新客获取量,拉新率,拉新消耗,拉新成本,收藏宝贝量,添加购物车量,拍下订单量,"
    "拍下订单金额,预售订单量,预售金额,加购收藏量,加购收藏成本,成交订单量,成交订单金额,展现转化率,点击转化率,投资回报率"
)
PLANS = cells(f"日期,计划组,计划,主体类型,主体名称,商品id,定向人群,{_TAIL}")
_QUICK = (
    "日期,效果模型,统计口径,转化周期,创意id,商品id,店铺url,计划id,计划名称,消耗,曝光量,点击量,点击率,点击成本,总加购量,收藏量,加购收藏成本,"
    "预售成交笔数,预售成交金额,总成交笔数,总成交金额"
)
MEMBERS = cells(f"{_QUICK},入会量,会员成交金额,成交转化率,roi")
ACQUISITION = cells(f"{_QUICK},成交转化率,新客roi,派样量,派样金额")
STORED = "SELECT * EXCLUDE (merchant_id, import_id) FROM ad_daily ORDER BY day, plan_id"
COLUMNS = cells(
    "day,plan_id,plan,tool,product_id,spend,impressions,clicks,visits,add_to_cart,favourites,buyers,new_buyers,orders,paid_amount,"
    "direct_amount,presale_amount,members_joined,member_amount,window_days"
)


def stored(desk: Desk) -> list[dict[str, object]]:
    """Rows without their empty columns."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in desk.query(STORED)]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def subject(**changes: str) -> dict[str, str]:
    base = dict.fromkeys(SUBJECTS, "0") | {
        "日期": "2026-03-01",
        "主体ID": "\t670000000001",
        "主体类型": "商品",
        "主体名称": "保湿面霜",
        "展现量": "10,000",
        "点击量": "500",
        "花费": "1,000.00",
        "点击率": "5.00%",
        "平均点击花费": "2.00",
        "总预售成交金额": "-",
        "直接成交金额": "3,000.00",
        "间接成交金额": "1,500.00",
        "总成交金额": "4,500.00",
        "总成交笔数": "45",
        "直接成交笔数": "30",
        "间接成交笔数": "15",
        "投入产出比": "4.5",
        "总购物车数": "90",
        "直接购物车数": "60",
        "间接购物车数": "30",
        "总收藏数": "40",
        "引导访问量": "520",
        "入会量": "12",
        "成交新客数": "20",
        "会员成交金额": "900.00",
        "成交人数": "41",
        "自然流量转化金额": "7777.00",
    }
    return base | changes


def test_subjects_keep_the_total_beside_its_direct_part(desk: Desk) -> None:
    """直接 + 间接 = 总: stored once. Natural traffic, coupons and ratios are not the ad's."""
    assert len(SUBJECTS) == 76
    rows = [subject(), subject(主体ID="99", 主体类型="店铺", 主体名称="旗舰店"), subject(日期="总计", 主体ID="-")]
    report = desk.load_rows(SUBJECTS, rows, name="主体报表_20260302.csv")
    assert (report.format, report.accepted, report.rejected) == ("alimama_subjects", 2, 1)
    same = {
        "day": DAY,
        "tool": "万相台无界",
        "spend": D(1000),
        "impressions": 10000,
        "clicks": 500,
        "visits": 520,
        "add_to_cart": 90,
        "favourites": 40,
        "buyers": 41,
        "new_buyers": 20,
        "orders": 45,
        "paid_amount": D(4500),
        "direct_amount": D(3000),
        "members_joined": 12,
        "member_amount": D(900),
    }
    assert stored(desk) == [
        {"plan_id": "商品-670000000001", "plan": "保湿面霜", "product_id": "670000000001", **same},
        {"plan_id": "店铺-99", "plan": "旗舰店", **same},
    ]
    (ratios,) = [note for note in report.notes if "不能相加" in note.zh]
    for name in ("点击率", "平均点击花费", "总成交成本", "人均成交金额"):
        assert name in ratios.zh and name in ratios.en and name not in report.unmapped
    assert "间接成交金额" in report.unmapped
    again = desk.load_rows(SUBJECTS, rows[:2], name="again.csv")
    assert (again.duplicate, again.accepted) == (2, 0)
    changed = desk.load_rows(SUBJECTS, [subject(总成交金额="4,800.00")], name="later.csv")
    assert changed.updated == 1
    assert desk.query("SELECT sum(paid_amount) FROM ad_daily") == [(D(9300),)]


def test_super_live_by_crowd(desk: Desk) -> None:
    row = {
        "日期": "2026-03-01",
        "场景名字": "超级直播",
        "人群名字": "店铺粉丝",
        "计划名字": "开播引流",
        "花费": "300.00",
        "展现量": "8000",
        "进店量": "400",
        "粉丝关注量": "9",
        "观看次数": "410",
        "总购物车数": "25",
        "总成交笔数": "6",
        "总成交金额": "888.00",
        "直接成交笔数": "4",
        "直接成交金额": "600.00",
    }
    (report,) = desk.load(
        desk.write("人群.csv", csv_text(CROWDS, [row, row | {"人群名字": "智能人群"}]), encoding="utf-8-sig")
    )
    assert (report.format, report.accepted) == ("alimama_live_crowds", 2)
    same = {"tool": "超级直播", "spend": D(300), "impressions": 8000, "visits": 400, "add_to_cart": 25}
    same |= {"orders": 6, "paid_amount": D(888), "direct_amount": D(600)}
    assert stored(desk) == [
        {"day": DAY, "plan_id": f"超级直播-开播引流-{crowd}", "plan": f"开播引流-{crowd}", **same}
        for crowd in ("店铺粉丝", "智能人群")
    ]


def word(**changes: str) -> dict[str, str]:
    base = {
        "日期": "2026-03-01",
        "场景名字": "关键词推广",
        "宝贝id": "670000000001",
        "词类型": "关键词",
        "词名字/词包名字": "保湿面霜",
        "花费": "120.50",
        "展现量": "900",
        "点击量": "60",
        "总购物车数": "8",
        "总成交笔数": "3",
        "总成交金额": "297.00",
        "直接成交笔数": "2",
        "直接成交金额": "198.00",
    }
    return base | changes


def test_keywords_and_the_warning_about_the_same_spend_twice(desk: Desk) -> None:
    first = desk.load_rows(SUBJECTS, [subject()], name="主体.csv")
    assert not any("小心重复" in note.zh for note in first.notes)
    packet = word(词类型="词包", **{"词名字/词包名字": "流量智选"})
    report = desk.load_rows(WORDS, [word(), packet], name="关键词.csv")
    assert (report.format, report.accepted) == ("alimama_keywords", 2)
    assert "小心重复" in report.notes[0].zh and "万相台无界 主体/商品报表" in report.notes[0].zh
    same = {"day": DAY, "tool": "关键词推广", "product_id": "670000000001", "spend": D("120.50"), "impressions": 900}
    same |= {"clicks": 60, "add_to_cart": 8, "orders": 3, "paid_amount": D(297), "direct_amount": D(198)}
    assert [row for row in stored(desk) if row["tool"] == "关键词推广"] == [
        {"plan_id": "关键词推广-670000000001-关键词-保湿面霜", "plan": "关键词-保湿面霜", **same},
        {"plan_id": "关键词推广-670000000001-词包-流量智选", "plan": "词包-流量智选", **same},
    ]
    other_days = desk.load_rows(WORDS, [word(日期="2026-03-09")], name="later.csv")
    assert not any("小心重复" in note.zh for note in other_days.notes)


def test_zhitongche_account(desk: Desk) -> None:
    row = dict.fromkeys(ACCOUNT, "-") | {
        "日期": "2022-05-01",
        "展现量": "5000",
        "点击量": "250",
        "花费": "500.00",
        "点击率": "5%",
        "总收藏数": "20",
        "总购物车数": "30",
        "总成交金额": "1500.00",
        "直接成交金额": "1000.00",
        "间接成交金额": "500.00",
        "总成交笔数": "15",
        "投入产出比": "3",
        "直接点击转化率": "4%",
        "新成交用户数": "7",
    }
    report = desk.load_rows(ACCOUNT, [row, row | {"日期": "2022-05-02", "花费": "0.00"}])
    assert (report.format, report.accepted) == ("zhitongche_account", 2)
    same = {"plan_id": "直通车账户", "plan": "直通车账户", "tool": "直通车", "impressions": 5000, "clicks": 250}
    same |= {"add_to_cart": 30, "favourites": 20, "new_buyers": 7, "orders": 15}
    same |= {"paid_amount": D(1500), "direct_amount": D(1000)}
    assert stored(desk) == [
        {"day": date(2022, 5, 1), "spend": D(500), **same},
        {"day": date(2022, 5, 2), "spend": D(0), **same},
    ]


@pytest.mark.parametrize("cut", ["创意名称", "定向人群", "资源位"])
def test_yinlimofang_by_plan_and_cut(desk: Desk, cut: str) -> None:
    header = [cut if name == "定向人群" else name for name in PLANS]
    row = dict.fromkeys(header, "-") | {
        "日期": "2022-05-01",
        "计划组": "日常",
        "计划": "拉新计划",
        "主体类型": "商品",
        "主体名称": "保湿面霜",
        "商品id": "670000000001",
        cut: "甲",
        "消耗": "66.60",
        "展现量": "3000",
        "点击量": "90",
        "引导访问量": "95",
        "新客获取量": "40",
        "收藏宝贝量": "4",
        "添加购物车量": "11",
        "拍下订单金额": "500.00",
        "成交订单量": "3",
        "成交订单金额": "333.00",
        "投资回报率": "5",
    }
    report = desk.load_rows(header, [row, row | {cut: "乙", "消耗": "33.40"}])
    assert (report.format, report.accepted) == ("yinlimofang_plans", 2)
    same = {"day": date(2022, 5, 1), "plan": "拉新计划", "tool": "引力魔方", "product_id": "670000000001"}
    same |= {"impressions": 3000, "clicks": 90, "visits": 95, "add_to_cart": 11, "favourites": 4, "orders": 3}
    same |= {"paid_amount": D(333)}
    found = stored(desk)
    assert sorted(found, key=lambda r: str(r["plan_id"])) == [
        {"plan_id": "日常-拉新计划-保湿面霜-670000000001-乙", "spend": D("33.40"), **same},
        {"plan_id": "日常-拉新计划-保湿面霜-670000000001-甲", "spend": D("66.60"), **same},
    ]


def quick(**changes: str) -> dict[str, str]:
    base = {
        "日期": "2022-05-01",
        "效果模型": "点击效果",
        "统计口径": "全部",
        "转化周期": "15天",
        "创意id": "500",
        "商品id": "670000000001",
        "店铺url": "https://shop.example.com",
        "计划id": "\t9001",
        "计划名称": "会员招募",
        "消耗": "100.00",
        "曝光量": "2000",
        "点击量": "80",
        "总加购量": "9",
        "收藏量": "2",
        "预售成交金额": "-",
        "总成交笔数": "5",
        "总成交金额": "450.00",
        "入会量": "30",
        "会员成交金额": "200.00",
        "roi": "4.5",
        "派样量": "3",
    }
    return base | changes


WINDOWS = [
    quick(转化周期="3天", 总成交金额="300.00"),
    quick(),
    quick(转化周期="30天", 总成交金额="520.00"),
    quick(效果模型="曝光效果", 总成交金额="700.00"),
    quick(创意id="501", 消耗="40.00", 总成交金额="90.00"),
]


def test_one_attribution_window_is_read_and_its_spend_counts_once(desk: Desk) -> None:
    report = desk.load_rows(MEMBERS, WINDOWS)
    assert (report.format, report.accepted, report.rejected) == ("wanxiangtai_members", 2, 3)
    notes = [note.zh for note in report.notes]
    assert any("“转化周期”只读了“15”的行；另有 2 行" in note for note in notes)
    assert any("“效果模型”只读了“点击效果”的行；另有 1 行" in note for note in notes)
    assert not any("先修文件" in note for note in notes)
    same = {"day": date(2022, 5, 1), "plan": "会员招募", "tool": "万相台会员快", "product_id": "670000000001"}
    same |= {"impressions": 2000, "clicks": 80, "add_to_cart": 9, "favourites": 2, "orders": 5, "members_joined": 30}
    same |= {"member_amount": D(200), "window_days": 15}
    assert stored(desk) == [
        {"plan_id": "9001-670000000001-500", "spend": D(100), "paid_amount": D(450), **same},
        {"plan_id": "9001-670000000001-501", "spend": D(40), "paid_amount": D(90), **same},
    ]
    again = desk.load_rows(MEMBERS, WINDOWS[::-1], name="again.csv")
    assert (again.duplicate, again.rejected) == (2, 3)


def test_a_file_of_another_window_replaces_instead_of_adding(desk: Desk) -> None:
    desk.load_rows(ACQUISITION, [quick()])
    report = desk.load_rows(ACQUISITION, [quick(转化周期="30", 总成交金额="520.00")], name="30.csv")
    assert (report.format, report.updated) == ("wanxiangtai_acquisition", 1)
    assert desk.query("SELECT tool, spend, paid_amount, window_days FROM ad_daily") == [
        ("万相台拉新快", D(100), D(520), 30)
    ]


def test_each_choice_is_made_among_the_rows_of_those_before_it(desk: Desk) -> None:
    """点击效果 is preferred, but only the other model was exported for the window that is read."""
    rows = [quick(效果模型="曝光效果"), quick(转化周期="30天", 效果模型="点击效果")]
    report = desk.load_rows(MEMBERS, rows)
    assert (report.accepted, report.rejected) == (1, 1)
    assert desk.query("SELECT window_days FROM ad_daily") == [(15,)]


def test_an_unknown_window_is_not_guessed(desk: Desk) -> None:
    report = desk.load_rows(ACQUISITION, [quick(), quick(转化周期="全周期", 计划id="9002")])
    assert (report.accepted, report.rejected) == (1, 1)
    assert any("不认识的取值" in note.zh for note in report.notes)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (SUBJECTS, "alimama_subjects"),
        (CROWDS, "alimama_live_crowds"),
        (WORDS, "alimama_keywords"),
        (ACCOUNT, "zhitongche_account"),
        (PLANS, "yinlimofang_plans"),
        (MEMBERS, "wanxiangtai_members"),
        (ACQUISITION, "wanxiangtai_acquisition"),
    ],
)
def test_each_header_is_one_platform_format(desk: Desk, header: list[str], name: str) -> None:
    assert desk.platform_format(header) == name
