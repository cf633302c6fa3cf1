"""The SOP pack: sheets that add up with each other, figures that are facts', files that hold hostile text as text, and what it asks for."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pytest

from advisor.grounding import check
from tests.tools.livestream.test_ground import ALL
from tests.tools.livestream.test_ground import TODAY as SHOP_DAY
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import ToolResult
from tools.livestream.pack import make_pack
from tools.livestream.pack_costs import plan_unit
from tools.livestream.tool_pack import live_pack, pack_document
from tools.livestream.tool_start import live_start
from tools.playbooks.documents import written_as
from tools.playbooks.exports import ShopLabel
from tools.text import format_value
from tools.warehouse.access import Shop

TODAY = date(2026, 8, 2)
HOSTILE = '=HYPERLINK("http://x.test") 洁面'
BRIEF: dict[str, Any] = {
    "economics": {"order_value": 150, "cancelled": "5%", "returned": "15%", "cost_share": "30%", "platform_fee": "5%"},
    "self_run": {"fixed": "9万", "ad_share": "10%", "expected_gmv": "22万"},
    "agencies": [{"fee": "3万", "commission": "8%", "expected_gmv": "22万"}],
    "session": {"day": "2026-08-05", "start": "20:00", "lasting": 4, "viewers": 9000, "coupons": ["20:30"], "lotteries": ["22:00"]},
    "rota": {"hours_week": 24},
    "items": [
        {"sku": "H", "title": HOSTILE, "role": "hook", "price": 19.9, "cost": 12, "stock": 400, "units_per_1000": 9, "refund": "2%"},
        {"sku": "A", "title": "面霜 50g", "role": "hero", "price": 169, "list_price": 219, "cost": 46, "stock": 600, "units_per_1000": 6, "refund": "20%", "points": ["全网最低价"], "proof": ["报告 12 号"]},
        {"sku": "B", "title": "精华 30ml", "role": "hero", "price": 199, "cost": 50, "stock": 500, "units_per_1000": 5},
        {"sku": "C", "title": "礼盒", "role": "profit", "price": 299, "cost": 80, "stock": 300, "units_per_1000": 3},
    ],
    "hosts": [{"name": "小满", "hourly": 120}, {"name": "牧然", "hourly": 150}],
}  # fmt: skip
ORDER = ["概览", "流程表", "商品", "脚本", "分工", "排班", "成本", "KPI", "检查清单", "输入", "还缺"]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("empty"), {})


def context(shop: Shop, lang: Any = "zh", today: date = TODAY) -> ToolContext:
    return ToolContext(shop=shop, today=today, lang=lang)


@pytest.fixture(scope="module")
def made(empty: Shop) -> ToolResult:
    return live_pack.call(context(empty), {"brief": BRIEF})


def rows(found: ToolResult, name: str) -> list[tuple[str, ...]]:
    return list(next(table for table in found.tables if table.title.zh == name).rows)


def amount(cell: str) -> D:
    scale = 10000 if "万" in cell else 1
    return D(re.sub(r"[^0-9.\-]", "", cell)) * scale


def test_all_sheets_are_there_in_the_order_a_room_works(made: ToolResult) -> None:
    assert [table.title.zh for table in made.tables] == ORDER
    assert made.facts[0].claim.zh.startswith("8 月 5 日周三 20:00–24:00（240 分钟），4 个商品")


def test_the_rundown_adds_up_with_products_and_hours(made: ToolResult) -> None:
    lines = rows(made, "流程表")
    last = -1
    for line in lines:
        first, _, end = line[0].partition("–")
        begin = minutes(first)
        assert begin >= last
        last = minutes(end) if end else begin
    assert last == 240 and {line[2] for line in lines} >= {"开场", "发券", "抽奖", "收尾"}
    assert next(line[0] for line in lines if line[2] == "发券").startswith("20:30")
    for line in rows(made, "商品"):
        mine = [row for row in lines if row[1] == line[0]]
        assert str(len(mine)) == line[12] and mine[0][0].startswith(line[13]) and {row[4] for row in mine} == {line[4]}


def minutes(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return ((hour - 20) % 24) * 60 + minute


def test_the_cost_sheet_sums_to_what_is_left_and_starts_from_the_plans_contribution(empty: Shop) -> None:
    pack = make_pack(context(empty), BRIEF)
    assert pack.made is not None and pack.costs is not None
    plan = pack.made.plan
    unit, refunded = plan_unit(pack.made)
    assert abs(unit.contribution() * plan.gmv - plan.contribution) < D("0.000001")
    assert D("0.02") < refunded < D("0.2")  # between the items' own 2 % and 20 %, by what each is expected to sell
    books = pack.costs.sheet
    before = books.profit - books.amount("ads") - books.amount("hosts") - books.amount("fixed")
    assert abs(before - plan.contribution) <= D("0.05")
    assert books.amount("ads") == -(plan.gmv.quantize(D("0.01")) * D("0.1")).quantize(D("0.01"))
    hours = pack.minutes / D(60)
    assert -books.amount("hosts") == 135 * hours  # the mean of the two hosts' pay
    assert books.profit == sum(line.amount for line in books.lines)


def test_every_amount_in_a_sheet_is_a_figure_of_a_fact(made: ToolResult) -> None:
    known = {format_value(q.value, q.unit, "zh") for fact in made.facts for q in fact.quantities}
    shown = [cell for name, columns in (("流程表", (4, 5)), ("商品", (4, 5, 6, 7, 8)), ("成本", (1, 2, 3)), ("排班", (5,)), ("输入", (1,))) for row in rows(made, name) for cell in (row[c] for c in columns) if cell]  # fmt: skip
    assert len(shown) > 60
    assert [cell for cell in shown if cell not in known and f"{cell}.00" not in known] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_overview_is_grounded_fact_by_fact(empty: Shop, lang: Any) -> None:
    found = live_pack.call(context(empty, lang), {"brief": BRIEF})
    overview = [row[1] for row in found.tables[0].rows]
    told = [fact for fact in found.facts if "sheet" not in fact.data]
    assert overview == [fact.claim.get(lang) for fact in told]
    for fact in told:
        text = fact.claim.get(lang)
        verdict = check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="what", today=TODAY)
        assert verdict.ok, (verdict.problems, text)


def test_a_month_that_the_stream_cannot_carry_is_said(made: ToolResult, empty: Shop) -> None:
    told = dict(rows(made, "概览"))
    gmv = amount(next(row[2] for row in rows(made, "成本") if row[0] == "支付金额"))
    needed = D(220000) * 4 / (D(24) * 30 / 7)
    far = not gmv / 2 <= needed <= gmv * 2
    assert ("和你说的月目标" in told) == far
    near = {**BRIEF, "self_run": {**BRIEF["self_run"], "expected_gmv": str((gmv * D(24) * 30 / 7 / 4).quantize(D(1)))}}
    assert "和你说的月目标" not in dict(rows(live_pack.call(context(empty), {"brief": near}), "概览"))
    small = {**BRIEF, "self_run": {**BRIEF["self_run"], "expected_gmv": 900000}}
    text = dict(rows(live_pack.call(context(empty), {"brief": small}), "概览"))["和你说的月目标"]
    assert "90 万元" in text or "90.00 万元" in text


def test_flags_stand_beside_the_line_with_article_and_other_words(made: ToolResult) -> None:
    said = [row for row in rows(made, "脚本") if "全网最低价" in row[4]]
    assert said and all("“全网最低价”必须改" in row[7] and "《" in row[7] and "改法" in row[7] for row in said)
    clean = [row for row in rows(made, "脚本") if row[1] == "礼盒"]
    assert clean and not any(row[7] for row in clean)


def test_the_shifts_cover_the_stream_with_a_handover(made: ToolResult) -> None:
    shifts = rows(made, "排班")
    assert shifts[0][2].startswith("20:00") and shifts[-1][2].endswith("24:00")
    assert sum(D(row[3]) for row in shifts) == 4 and shifts[1][4] == "10 分钟"
    tasks = [row[3] for row in rows(made, "分工")]
    assert any("22:00" in task and "20:30" in task for task in tasks), "lottery and coupon times reach control"


def files(shop: Shop, found: ToolResult, lang: Any = "zh") -> dict[str, bytes]:
    document = pack_document(found, ShopLabel("t1", shop.name, "Asia/Shanghai", simulated=True), lang, TODAY)
    return {suffix: written_as(document, f"plan{suffix}") for suffix in (".xlsx", ".md", ".ics")}


def test_a_hostile_title_is_text_in_every_file(empty: Shop, made: ToolResult) -> None:
    written = files(empty, made)
    book = openpyxl.load_workbook(io.BytesIO(written[".xlsx"]))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)]
    assert book.sheetnames == ORDER and all(cell.data_type == "s" for cell in cells)
    assert all(cell.quotePrefix for cell in cells if cell.value[0] in "=+-@")
    assert "模拟数据" in book["概览"]["A1"].value
    assert "模拟数据" in written[".md"].decode().splitlines()[0]


def test_the_calendar_holds_the_stream_shifts_preheat_and_review_in_the_shops_zone(empty: Shop, made: ToolResult) -> None:  # fmt: skip
    calendar = icalendar.Calendar.from_ical(files(empty, made)[".ics"])
    events = {str(one["summary"]): one for one in calendar.walk("VEVENT")}
    assert str(calendar["x-wr-timezone"]) == "Asia/Shanghai"
    assert events["直播"].decoded("dtstart") == datetime.fromisoformat("2026-08-05T20:00+08:00")
    assert events["直播"].decoded("dtend") == datetime.fromisoformat("2026-08-06T00:00+08:00")
    assert events["复盘"].decoded("dtstart") == datetime.fromisoformat("2026-08-06T10:00+08:00")
    assert sum("上播" in name for name in events) == 2 and sum("预热" in name for name in events) == 2


def test_an_empty_shop_without_a_brief_is_told_everything_it_needs(empty: Shop) -> None:
    with pytest.raises(DataMissing) as caught:
        live_pack.call(context(empty), {})
    for text in caught.value.message:
        for key in ("items", "economics.cost_share", "economics.platform_fee", "expected_gmv", "self_run.fixed"):
            assert f"{key}" in text, key


def test_items_without_a_margin_get_a_script_by_role_and_no_invented_cost(empty: Shop) -> None:
    brief = {"session": {"day": "2026-08-05", "viewers": 900}, "items": [{"sku": "a", "title": "面霜", "price": 99}]}
    found = live_pack.call(context(empty, "en"), {"brief": brief})
    names = [table.title.en for table in found.tables]
    assert "Cost" not in names and {"Rundown", "Script", "Missing"} <= set(names)
    missing = {row[1] for row in found.tables[-1].rows}
    assert {"economics.cost_share", "economics.platform_fee", "hosts"} <= missing
    assert all(row[2] for row in found.tables[-1].rows)


def test_the_rooms_own_best_sellers_stand_in_for_items(tmp_path: Path) -> None:
    sold = [{"session_id": one["session_id"], "product_id": product, "day": one["day"], "title": f"商品{product}", "items": 5, "clicks": 40, "paid_amount": D(price) * 5} for one in ALL["live_sessions"] for product, price in (("p1", "90"), ("p2", "140"))]  # fmt: skip
    streams = [{**one, "viewers": 500} for one in ALL["live_sessions"]]
    shop = make_shop(tmp_path, {**ALL, "live_sessions": streams, "live_items": sold})
    found = live_pack.call(context(shop, today=SHOP_DAY), {})
    assert {row[2] for row in rows(found, "商品")} == {"p1", "p2"}
    assert {row[4] for row in rows(found, "商品")} == {"90.00 元", "140.00 元"} and rows(found, "成本")


BAD: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"session": {"day": "2026-07-01"}}, ("已经过去", "in the past")),
    ({"currency": "USD"}, ("不能混着算", "cannot be mixed")),
    ({"session": {"lasting": 26}}, ("session.lasting", "session.lasting")),
    ({"items": [{"sku": "a", "title": "x", "price": 9, "stock": -3}]}, ("items.1.stock", "items.1.stock")),
    ({"hosts": [{"name": "甲"}, {"name": "甲"}]}, ("出现两次", "named twice")),
    ({"session": {"start": "20:00", "lasting": 2, "coupons": ["23:30"]}}, ("不在直播时间内", "outside the session")),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_bad_input_is_named_in_both_languages(empty: Shop, change: dict[str, Any], said: tuple[str, str]) -> None:
    brief = {**BRIEF, **change}
    if "session" in change:
        brief["session"] = {**BRIEF["session"], "coupons": [], "lotteries": [], **change["session"]}
    with pytest.raises(BadArguments) as caught:
        live_pack.call(context(empty), {"brief": brief})
    assert said[0] in caught.value.message.zh and said[1] in caught.value.message.en


def test_a_price_below_cost_is_said_first(empty: Shop) -> None:
    cheap = {**BRIEF["items"][0], "cost": 30}
    found = live_pack.call(context(empty), {"brief": {**BRIEF, "items": [cheap, *BRIEF["items"][1:]]}})
    notes = [row[2] for row in rows(found, "还缺") if row[0] == "说明"]
    assert "低于成本" in notes[0] and "H" in notes[0]


def test_the_form_starts_with_the_shops_own_values(tmp_path: Path, empty: Shop) -> None:
    own = live_start.call(context(make_shop(tmp_path, ALL), today=SHOP_DAY), {}).facts[0].data["defaults"]
    assert own["platform_fee"] == "5%" and own["margin"] == "80%" and own["fixed"] == "20000"
    assert set(live_start.call(context(empty), {}).facts[0].data["defaults"]) == {"day"}
