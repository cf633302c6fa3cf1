"""The content calendar: groups counted as by hand, the rest named as missing, campaigns from the calendar, and the files of it."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from openpyxl import load_workbook

from tests.tools.playbooks.shopkit import WINDOW, make_shop, order
from tools.base import ToolContext
from tools.calendar import events_between
from tools.errors import BadArguments, DataMissing
from tools.facts import Fact, ToolResult
from tools.playbooks.content import content_seed, next_monday
from tools.playbooks.content_audiences import reaches, weekday_fit
from tools.playbooks.content_tool import content_calendar, content_document
from tools.playbooks.documents import to_ics, to_markdown, to_xlsx
from tools.playbooks.exports import ShopLabel
from tools.playbooks.toolbox import toolbox
from tools.warehouse.access import Shop

END = WINDOW.end
TODAY = date(2026, 11, 1)
SHOP = ShopLabel("t1", "测试旗舰店", "Asia/Shanghai", simulated=False)


def _days(*ago: int) -> list[date]:
    return [END - timedelta(days=n) for n in ago]


def _orders() -> list[dict[str, Any]]:
    """By hand: 3 new, 2 returning (one of them also paid long ago), 4 lapsed (one with two pay days), 1 gone for over a year."""
    buyers = {
        "n1": _days(5), "n2": _days(59), "n3": _days(0), "late": _days(60),
        "r1": _days(20, 200), "r2": _days(364, 500),
        "l1": _days(91), "l2": _days(200), "l3": _days(364),
        "gone": _days(400),
    }  # fmt: skip
    rows = [(day, buyer) for buyer, days in buyers.items() for day in days]
    return [order(n, day, "100", buyer) for n, (day, buyer) in enumerate(rows)]


def _members(day: date, members: int | None) -> dict[str, Any]:
    return {"day": day, "members": members, "joined": 1, "member_buyers": 1}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    tables = {
        "orders": _orders(),
        "members_daily": [_members(END - timedelta(days=1), 900), _members(END, 950)],
        "shop_daily": [{"day": END - timedelta(days=n), "visitors": 10, "followers": 2} for n in range(100)],
    }
    return make_shop(tmp_path_factory.mktemp("wh"), tables)


def _calendar(shop: Shop, **arguments: Any) -> ToolResult:
    return content_calendar.call(ToolContext(shop=shop, today=TODAY), arguments)


def _fact(result: ToolResult) -> Fact:
    return next(fact for fact in result.facts if "calendar" in fact.data)


def test_groups_are_counted_as_by_hand(shop: Shop) -> None:
    found = {name: reach.people for name, reach in reaches(shop, END).items()}
    # r2 paid twice, the last time 364 days ago: a returning buyer and a lapsed one
    assert found == {"new": 3, "returning": 2, "lapsed": 4, "member": 950, "fan": 180}


def test_a_group_without_data_is_named_and_never_planned(tmp_path: Path) -> None:
    bare = make_shop(tmp_path, {"orders": _orders()})
    result = _calendar(bare)
    planned = {row["audience"] for row in _fact(result).data["calendar"]}
    assert "member" not in planned and "fan" not in planned
    missing = [note.zh for note in result.notes]
    assert any("数不出会员" in text and "会员日报" in text for text in missing)
    assert any("数不出粉丝" in text and "关注店铺人数" in text for text in missing)
    assert any("没有“直播场次”数据" in text for text in missing)
    assert all(row["tool"] != "live-fan-tiers" for row in _fact(result).data["calendar"])


def test_new_is_not_told_from_old_in_a_short_file(tmp_path: Path) -> None:
    rows = [order(n, END - timedelta(days=n % 60), "100", f"b{n}") for n in range(200)]
    found = reaches(make_shop(tmp_path, {"orders": rows}), END)
    assert "new" not in found


def test_no_group_at_all_is_refused(tmp_path: Path) -> None:
    rows = [order(n, END - timedelta(days=n % 200), "100", None) for n in range(200)]
    with pytest.raises(DataMissing, match="No group can be counted"):
        _calendar(make_shop(tmp_path, {"orders": rows}))


def test_every_week_follows_the_seed_and_the_promotion_calendar(shop: Shop) -> None:
    start, weeks = date(2026, 11, 2), 2
    fact = _fact(_calendar(shop, weeks=weeks, start=str(start)))
    rows = fact.data["calendar"]
    assert rows and {row["week"] for row in rows} <= {1, 2}
    counts = Counter((row["week"], row["audience"], row["tool"]) for row in rows)
    for name, audience in content_seed().audiences.items():
        for slot in audience.slots:
            if slot.tool not in ("sms-push", "live-fan-tiers"):
                assert [counts[week, name, slot.tool] for week in (1, 2)] == [slot.times] * weeks, (name, slot)
    moods = Counter()
    for row in rows:
        day = date.fromisoformat(row["day"])
        assert start <= day < start + timedelta(days=7 * weeks)
        phases = {e.phase for e in events_between(day, day + timedelta(days=6), "tmall")}
        today = {e.phase for e in events_between(day, day, "tmall")}
        near = phases & {"preheat", "presale", "opens", "balance", "wave", "day"}
        mood = "during" if today & {"balance", "wave", "day"} else "before" if near else "plain"
        moods[mood] += 1
        assert row["theme"]["zh"] == content_seed().audiences[row["audience"]].themes[mood].zh
        assert bool(row["phase"]["zh"]) is (mood != "plain")
        assert row["kpi"]["zh"] and row["guardrail"]["zh"] and row["where"]["zh"]
    assert moods["during"] and moods["plain"]  # the days of Double 11, and those after it


def test_text_messages_wait_for_a_campaign(shop: Shop) -> None:
    quiet = _fact(_calendar(shop, weeks=4, start="2027-01-04")).data["calendar"]
    assert quiet and all(row["tool"] != "sms-push" for row in quiet)
    loud = _fact(_calendar(shop, weeks=1, start="2026-11-02")).data["calendar"]
    assert Counter(row["audience"] for row in loud if row["tool"] == "sms-push") == {"returning": 1, "lapsed": 1}


def test_the_weekday_is_the_shops_own_where_its_days_differ(tmp_path: Path) -> None:
    rows, number = [], 0
    for n in range(200):
        day = END - timedelta(days=n)
        for k in range(9 if day.weekday() == 1 else 3):  # Tuesdays are three times as good
            number += 1
            rows += [order(number, day, "100", f"b{k}")]
    shop = make_shop(tmp_path, {"orders": rows})
    fit = weekday_fit(shop, END, "tmall", first=False)
    assert fit is not None and fit.weekday == 1 and fit.clear
    fact = _fact(_calendar(shop, weeks=1, start="2027-01-04"))
    days = {row["weekday"]["en"] for row in fact.data["calendar"] if row["audience"] == "returning" and row["tool"] == "taobao-groups"}  # fmt: skip
    assert days == {"Tue", "Fri"}


def test_starts_are_checked_and_default_to_monday(shop: Shop) -> None:
    assert _fact(_calendar(shop)).data["start"] == "2026-11-02" == next_monday(TODAY).isoformat()
    with pytest.raises(BadArguments, match="in the past"):
        _calendar(shop, start="2026-10-01")


def test_every_channel_of_the_seed_is_in_the_toolbox() -> None:
    seed, known = content_seed(), {tool.id for tool in toolbox()}
    used = {slot.tool for audience in seed.audiences.values() for slot in audience.slots}
    assert used <= known and used == set(seed.guardrails) and set(seed.needs_tables) <= used
    assert {"feed-subscription", "taobao-groups", "short-video", "live-fan-tiers", "sms-push"} <= used


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_files_hold_every_entry_and_what_is_missing(shop: Shop, lang: Any) -> None:
    fact = _fact(_calendar(shop, weeks=2, start="2026-11-02"))
    rows = fact.data["calendar"]
    document = content_document(fact, SHOP, lang, TODAY)
    book = load_workbook(io.BytesIO(to_xlsx(document)))
    days, audiences, notes = book.worksheets
    got = list(days.iter_rows(min_row=3, values_only=True))
    assert [(row[1], row[3], row[4], row[5]) for row in got] == [
        (row["day"], row["audience_name"][lang], row["tool_name"][lang], row["theme"][lang]) for row in rows
    ]
    assert [row[0] for row in audiences.iter_rows(min_row=3, values_only=True)] == [
        each["claim"][lang] for each in fact.data["evidence"]
    ]
    said = [row[1] for row in notes.iter_rows(min_row=3, values_only=True)]
    assert said[: len(fact.data["missing"])] == [text[lang] for text in fact.data["missing"]]
    events = list(icalendar.Calendar.from_ical(to_ics(document)).walk("VEVENT"))
    assert [event.decoded("dtstart") for event in events] == [date.fromisoformat(row["day"]) for row in rows]
    assert len({str(event["uid"]) for event in events}) == len(rows)
    text = to_markdown(document).decode()
    assert text.count("\n| ") >= len(rows) and "测试旗舰店" in text
