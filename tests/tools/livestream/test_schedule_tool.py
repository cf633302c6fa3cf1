"""`live_schedule` as a merchant reads it: every figure stands in its fact, both languages, odd shops, and the files it becomes."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import icalendar
import pytest

from advisor.grounding import check
from tests.tools.livestream.test_ground import Said
from tests.tools.playbooks.shopkit import make_shop
from tests.tools.playbooks.test_playbook_tools import uncovered
from tools.base import ToolContext
from tools.errors import BadArguments, NotPermitted
from tools.facts import ToolResult
from tools.livestream.brief import parse_brief
from tools.livestream.schedule_calendar import schedule_document, schedule_events
from tools.livestream.schedule_tables import hosts_of
from tools.livestream.tool_schedule import live_schedule, make_schedule
from tools.playbooks.documents import to_ics, to_markdown, to_xlsx
from tools.playbooks.exports import ShopLabel
from tools.warehouse.access import Shop, Warehouse

TODAY = date(2026, 8, 2)  # a Sunday
ECONOMICS = {"order_value": 100, "cancelled": 0, "returned": "20%", "cost_share": "40%", "platform_fee": "5%", "outbound": 0, "return_parcel": 0, "insurance": 0, "lost_share": 0}  # fmt: skip
HOSTS = [
    {"name": "小林", "hourly": 60},
    {"name": "阿May", "hourly": 80},
    {"name": "老周", "hourly": 70, "weekdays": [4, 5, 6]},
]
FULL: dict[str, Any] = {
    "economics": ECONOMICS,
    "self_run": {"fixed": 0, "ad_share": "4%"},
    "rota": {"crew_hourly": 40},
    "hosts": HOSTS,
}


def _rows(weeks: int = 10) -> dict[str, list[dict[str, Any]]]:
    sessions, orders, shifts = [], [], []
    for n in range(7 * weeks):
        day = TODAY - timedelta(days=n + 1)
        for hour, sold in ((12, (300, 260)), (19, (900, 800, 500, 300))):
            begun = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)
            name = f"{day}-{hour}"
            sessions.append({"session_id": name, "title": "场", "host": "小林", "day": day, "started_at": begun, "minutes": 60 * len(sold), "viewers": 400, "paid_amount": D(sum(sold)), "ad_spend": D(20)})  # fmt: skip
            shifts.append({"session_id": name, "host": "小林", "starts_at": begun, "ends_at": begun + timedelta(hours=2), "day": day})  # fmt: skip
            orders += [
                {"line_id": f"{name}-{k}", "session_id": name, "paid_at": begun + timedelta(minutes=60 * k + 5), "paid_date": day, "amount": D(amount)}
                for k, amount in enumerate(sold)
            ]  # fmt: skip
    return {"live_sessions": sessions, "live_orders": orders, "live_shifts": shifts}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("room")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Shop:
    return make_shop(folder, _rows())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("empty"), {})


def context(shop: Shop, lang: Any = "zh") -> ToolContext:
    return ToolContext(shop=shop, today=TODAY, lang=lang, records=Said())


def ask(shop: Shop, brief: dict[str, Any] | None = None, lang: Any = "zh", **more: Any) -> ToolResult:
    return live_schedule.call(context(shop, lang), {"brief": brief, **more})


def part(result: ToolResult, name: str) -> str:
    return next(fact.claim.zh for fact in result.facts if fact.data["part"] == name)


CASES: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = [
    ("full", FULL, {}),
    ("full", None, {}),
    ("full", {**FULL, "hosts": HOSTS[:1]}, {"weeks": 1}),
    ("full", {**FULL, "rota": {"crew_hourly": 3000}}, {}),
    ("full", {**FULL, "rota": {"on_air": 2, "skills": ["英语"]}}, {"weeks": 2}),
    ("full", FULL, {"start": date(2026, 10, 19)}),
    ("empty", FULL, {}),
    ("empty", None, {}),
]


@pytest.mark.parametrize(("which", "brief", "more"), CASES)
def test_every_figure_of_every_sentence_is_a_quantity_and_passes_the_check(shop: Shop, empty: Shop, which: str, brief: dict[str, Any] | None, more: dict[str, Any]) -> None:  # fmt: skip
    for lang in ("zh", "en"):
        found = ask(shop if which == "full" else empty, brief, lang, **more)
        for fact in found.facts:
            text = fact.claim.get(lang)  # type: ignore[arg-type]
            plain = (
                re.sub(r"(?<![\d-])\d{2}-\d{2} |\d{2}:\d{2}", " ", text).replace("streams", "times").replace("场", "次")
            )
            plain = re.sub(r"\(\d+ evenings\)", " ", plain)
            assert uncovered(fact, lang, plain) == [], text
            assert check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="what", today=TODAY).ok, text  # type: ignore[arg-type]
        assert found.tables[-1].rows and len(found.tables) <= 3 and len(live_schedule.description) <= 700


def test_the_plan_of_a_full_shop(shop: Shop) -> None:
    found = ask(shop, FULL)
    headline = found.facts[0]
    assert headline.data["section"] == "decision" and headline.claim.zh.startswith("2026-08-03 起 4 周建议开")
    said = {q.metric: q.value for q in headline.quantities}
    rows = _sessions(shop)
    assert said["live.sessions"] == len(rows.sessions) and said["live.hours"] == sum(one.hours for one in rows.sessions)
    assert said["live.contribution"] == round(sum((one.contribution or D(0)) for one in rows.sessions))
    assert "已证明没有更好的排法" in part(found, "roster") and "主播费用" in part(found, "roster")
    assert "误差内" in part(found, "slot_evening")
    tired = next(fact for fact in found.facts if fact.data["part"] == "tired")
    assert [q.value for q in tired.quantities[:2]] == [
        3,
        D("0.444"),
    ]  # 900, 800, 500: a ninth less is no alarm, four ninths is
    assert any(chart.kind == "trend" for chart in found.charts)


def _sessions(shop: Shop, brief: dict[str, Any] | None = None) -> Any:
    return make_schedule(context(shop), parse_brief(brief or FULL))[0]


def test_where_nothing_pays_the_needed_sales_an_hour_are_named(shop: Shop) -> None:
    found = ask(shop, {**FULL, "rota": {"crew_hourly": 3000}})
    text = part(found, "schedule")
    need = next(q.value for q in found.facts[0].quantities if q.metric == "live.gmv_hour_needed")
    assert text.startswith("先不要排") and need == round(D("3070") / D("0.4"))  # 70 is the hosts' mean pay


def test_one_host_alone_leaves_hours_open_with_reasons_and_a_remedy_in_both_languages(shop: Shop) -> None:
    found = ask(shop, {**FULL, "hosts": HOSTS[:1]}, weeks=1)
    texts = [fact.claim for fact in found.facts if fact.data["part"].startswith(("uncovered", "remedy"))]
    assert "排不到人" in texts[0].zh and "cannot be covered" in texts[0].en
    assert any("已重算" in one.zh and "solved again" in one.en for one in texts[1:])


def test_hosts_not_named_are_those_seen_and_their_cost_is_not_zero_but_unknown(shop: Shop) -> None:
    found = ask(shop)
    assert any("小林" in note.zh and "没给时薪" in note.zh for note in found.notes)
    hosts = next(table for table in found.tables if table.title.zh == "主播工时")
    assert [row[0] for row in hosts.rows] == ["小林"] and hosts.rows[0][-1] == "未知"
    assert not any(q.metric == "live.roster_cost" for fact in found.facts for q in fact.quantities)
    assert any("economics.platform_fee" in note.zh for note in found.notes)


def test_an_empty_shop_gets_a_test_plan_marked_as_reference(empty: Shop) -> None:
    found = ask(empty, FULL)
    assert "试播" in found.facts[0].claim.zh and not any(q.unit == "CNY" for q in found.facts[0].quantities)
    assert "抖音" in part(found, "online") and "可信度低" in part(found, "online")
    assert all(not fact.simulated for fact in found.facts)
    alone = ask(empty)
    assert "给出主播" in part(alone, "uncovered")


def test_what_is_refused_and_what_is_wrong_are_other_answers(shop: Shop, folder: Path) -> None:
    staff = Warehouse(folder).for_merchant("t1", hidden=frozenset({"live_sessions"}))
    with pytest.raises(NotPermitted):
        ask(staff, FULL)
    with pytest.raises(BadArguments, match="in the past"):
        ask(shop, FULL, start=date(2026, 7, 1))
    with pytest.raises(BadArguments, match="weeks"):
        ask(shop, FULL, weeks=40)
    with pytest.raises(BadArguments, match=r"hosts\.1\.max_hours_day"):
        ask(shop, {"hosts": [{"name": "x", "max_hours_day": 26}]})
    with pytest.raises(BadArguments, match="named twice"):
        ask(shop, {"hosts": [{"name": "x"}, {"name": "x"}]})


def test_a_host_imported_in_two_places_at_once_is_named(tmp_path: Path) -> None:
    rows = _rows(3)
    rows["live_shifts"].append({**rows["live_shifts"][1], "session_id": "other", "starts_at": rows["live_shifts"][1]["starts_at"] + timedelta(minutes=30)})  # fmt: skip
    found = ask(make_shop(tmp_path, rows), FULL, weeks=1)
    assert any("同一时间在两处：小林" in note.zh for note in found.notes)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_calendar_holds_every_stream_and_a_host_gets_only_his_own(shop: Shop, lang: Any) -> None:
    plan, _, inputs = make_schedule(context(shop, lang), parse_brief(FULL), weeks=1)
    label = ShopLabel("t1", "测试旗舰店", "Asia/Shanghai", False)
    made = schedule_document(plan, inputs, label, "CNY", lang, TODAY)
    calendar = icalendar.Calendar.from_ical(to_ics(made))
    events = calendar.walk("VEVENT")
    assert len(events) == len(plan.sessions) + len(plan.phases)
    first = plan.sessions[0]
    assert events[0].decoded("dtstart").timestamp() == first.start.timestamp() + _offset(first.start)
    assert hosts_of(plan, first, lang) in str(events[0]["description"])
    again = schedule_events(plan, "t1", "CNY", lang)
    assert [e.uid for e in again] == [str(e["uid"]) for e in events] and len({e.uid for e in again}) == len(events)
    own = schedule_events(plan, "t1", "CNY", lang, "小林")
    assert len(own) == sum(s.host == "小林" for s in plan.roster.shifts) > 0
    book = to_xlsx(made)
    assert book[:2] == b"PK" and "阿May" in to_markdown(made).decode()


def _offset(at: datetime) -> float:
    """Seconds between this machine's clock and Shanghai's at that time."""
    from zoneinfo import ZoneInfo

    return at.replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() - at.timestamp()


def test_without_pay_the_headline_says_what_is_left_before_people(shop: Shop) -> None:
    """m − ads by hand: 0.8 × (1 − 0.4 − 0.05) − 0.04 = 0.40 of a yuan; who is on air is not paid for yet."""
    bare = {
        "economics": ECONOMICS,
        "self_run": {"fixed": 0, "ad_share": "4%"},
        "hosts": [{"name": "小林", "hourly": 0}],
    }
    first = ask(shop, bare).facts[0]
    said = {q.metric: q.value for q in first.quantities}
    assert abs(said["live.contribution_before_people"] - said["live.gmv"] * D("0.40")) <= 1
    assert "人工没给" in first.claim.zh and "was not given" in first.claim.en


def test_that_there_are_no_hosts_is_said_once(empty: Shop) -> None:
    found = ask(empty)
    everything = [fact.claim.zh for fact in found.facts] + [note.zh for note in found.notes]
    assert sum("给出主播" in text for text in everything) == 1
