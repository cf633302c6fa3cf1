"""Which days of the year before a window is set against: hand-made cases on the dates of the calendar, and what is then said."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metric_shops import make_shop

from tools.base import ToolContext
from tools.facts import Fact, Role, ToolResult, Window
from tools.metrics.alignment import align
from tools.metrics.spans import runs
from tools.metrics.tools import TOOLS
from tools.metrics.windows import compare_window
from tools.warehouse.access import Shop

D = Decimal
SPEC = {spec.name: spec for spec in TOOLS}


def win(text: str) -> Window:
    start, _, end = text.partition("..")
    return Window(start=date.fromisoformat(start), end=date.fromisoformat(end or start))


# Tmall 618: 2025 presale 13-16 May, wave one 16-26 May, to 18 June; 2024 no presale, waves open 20 and 31 May, to 20 June.
# Lunar new year: 10 Feb 2024, 29 Jan 2025, 17 Feb 2026. Double 11 on Tmall opens 24 Oct 2023, 14 Oct 2024, 15 Oct 2025.
CASES = [
    ("2025-05-13..2025-06-18", "tmall", "2024-05-20..2024-06-20", "phase"),  # opening to closing: 37 days against 32
    ("2025-05-13..2025-05-26", "tmall", "2024-05-20..2024-06-02", "phase"),  # from the opening on, as many days
    ("2025-05-16..2025-05-26", "tmall", "2024-05-20..2024-05-30", "phase"),  # wave one: eleven days, the second opens on 31 May
    ("2025-05-18..2025-05-20", "taobao", "2024-05-22..2024-05-24", "phase"),  # third to fifth day of wave one
    ("2025-06-01..2025-06-18", "tmall", "2024-06-01..2024-06-18", "phase"),  # holds the named day only
    ("2025-05-13..2025-05-16", "tmall", "2024-05-13..2024-05-16", "unlike"),  # 2024 had no presale
    ("2024-05-20..2024-05-28", "tmall", "2023-05-20..2023-05-28", "unlike"),  # where 2023 opened was not found
    ("2023-10-23..2023-11-13", "jd", "2022-10-23..2022-11-13", "phase"),  # only the named day is known of 2022
    ("2024-10-18..2024-11-11", "douyin", "2023-10-20..2023-11-11", "phase"),  # 25 days of sale against 23
    ("2025-10-15..2025-11-11", "tmall", "2024-10-14..2024-11-11", "phase"),
    ("2025-11-11", "tmall", "2024-11-11..2024-11-11", "phase"),
    ("2025-01-29..2025-02-04", "tmall", "2024-02-10..2024-02-16", "lunar"),
    ("2026-02-17..2026-02-23", "jd", "2025-01-29..2025-02-04", "lunar"),
    ("2025-02-13..2025-02-26", "tmall", "2024-02-25..2024-03-09", "lunar"),  # by weekday it would meet the festival of 2024
    ("2022-02-01..2022-02-05", "tmall", "2021-02-01..2021-02-05", "unlike"),  # no festival of 2021 in the calendar
    ("2025-09-08..2025-09-14", "tmall", "2024-09-09..2024-09-15", "weekday"),
    ("2025-09-01..2025-09-07", "tmall", "2024-09-02..2024-09-08", "weekday"),  # a week, though it starts on the first
    ("2025-10-01..2025-10-07", "tmall", "2024-10-01..2024-10-07", "dates"),  # National Day lies at a date
    ("2025-07-05..2025-09-20", "tmall", "2024-07-05..2024-09-20", "dates"),  # too long for weekdays to matter
    ("2025-03-01..2025-03-31", "tmall", "2024-03-01..2024-03-31", "dates"),
    ("2026-05-13..2026-05-14", "tmall", "2025-05-13..2025-05-14", "unlike"),  # last year these days were a campaign
    ("2025-01-29..2025-02-04", "shopify", "2024-01-31..2024-02-06", "weekday"),  # no Chinese calendar
    ("2025-05-16..2025-05-26", "shopify", "2024-05-17..2024-05-27", "weekday"),
    ("2025-02-01..2025-02-28", "shopify", "2024-02-01..2024-02-29", "dates"),
]  # fmt: skip


@pytest.mark.parametrize(("window", "platform", "base", "kind"), CASES)
def test_the_like_days_of_the_year_before(window: str, platform: str, base: str, kind: str) -> None:
    found = align(win(window), platform)
    assert (found.previous, found.kind) == (win(base), kind)
    if kind == "unlike":
        assert found.short.zh.startswith("不可比") and "not comparable" in found.short.en
    elif kind != "dates":
        assert found.short.zh and found.why.zh and found.why.en


def test_a_presale_not_held_and_a_date_not_found_are_told_apart() -> None:
    none, unknown = align(win("2025-05-14..2025-05-16"), "tmall"), align(win("2022-05-31..2022-06-02"), "tmall")
    assert "没有预售" in none.why.zh and "there was no presale" in none.why.en
    assert "没有找到" in unknown.why.zh and "no dates" in unknown.why.en


SPLITS: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("2025-05-01..2025-05-31", [
        ("618 festival", "2025-05-13..2025-05-31", "2024-05-20..2024-06-07"),
        ("ordinary days", "2025-05-01..2025-05-12", "2024-05-01..2024-05-19"),
    ]),
    # 22 January 2025 is the 7th day before the lunar new year as 10 February 2026 is; the sale of 2026 opened on 24 February
    ("2026-02-01..2026-02-28", [
        ("the days around the lunar new year", "2026-02-10..2026-02-23", "2025-01-22..2025-02-04"),
        ("Women's Day (38) week", "2026-02-24..2026-02-28", ""),
        ("ordinary days", "2026-02-01..2026-02-09", "2025-02-13..2025-02-28"),
    ]),
    ("2025-02-01..2025-02-28", [
        ("the days around the lunar new year", "2025-02-01..2025-02-12", "2024-02-13..2024-02-24"),
        ("ordinary days", "2025-02-13..2025-02-28", "2024-02-01..2024-02-02+2024-02-25..2024-02-29"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("window", "parts"), SPLITS)
def test_a_month_with_a_moving_event_is_split_into_like_days(window: str, parts: list[tuple[str, str, str]]) -> None:
    found = align(win(window), "tmall")
    assert found.kind == "dates" and found.previous == compare_window(win(window), "yoy")
    told = [(p.label.en, "+".join(map(str, p.days)), "+".join(map(str, p.base))) for p in found.parts]
    assert told == parts
    assert [p.why.zh for p in found.parts if not p.base] == [p.why.zh for p in found.parts if p.why.zh]


@given(
    st.dates(date(2022, 2, 1), date(2027, 3, 1)), st.sampled_from(["tmall", "jd", "douyin", "pdd", "taobao", "other"])
)
def test_the_parts_of_a_month_are_the_month(day: date, platform: str) -> None:
    month = compare_window(Window(start=day.replace(day=1), end=day.replace(day=1)), "previous")
    month = Window(start=month.start.replace(day=1), end=month.end)
    found = align(month, platform)
    if not found.parts:
        return
    days = [span.start + timedelta(days=k) for part in found.parts for span in part.days for k in range(span.days)]
    assert len(days) == len(set(days)) == month.days and runs(days) == (month,)
    bases = [span for part in found.parts if part.days for span in part.base]
    taken = [span.start + timedelta(days=k) for span in bases for k in range(span.days)]
    assert len(taken) == len(set(taken)), "no day of the year before is compared twice"


def test_a_window_past_the_data_is_compared_over_the_days_that_have_data() -> None:
    data = (date(2024, 1, 1), date(2025, 5, 20))
    found = align(win("2025-05-16..2025-05-26"), "tmall", data)
    assert (found.compared, found.previous) == (win("2025-05-16..2025-05-20"), win("2024-05-20..2024-05-24"))
    assert found.even and "数据还没到" in found.why.zh
    month = align(win("2025-05-01..2025-05-31"), "tmall", data)
    assert (month.compared, month.previous) == (win("2025-05-01..2025-05-20"), win("2024-05-01..2024-05-20"))


def test_like_days_before_the_data_leave_the_same_dates_marked_as_unlike() -> None:
    found = align(win("2026-02-17..2026-02-23"), "tmall", (date(2025, 2, 10), date(2026, 3, 1)))
    assert (found.kind, found.previous) == ("unlike", win("2025-02-17..2025-02-23"))
    assert "早于已导入的数据" in found.why.zh


# --- what the tools say


def shop_of(folder: Path, platform: str, amounts: dict[str, int]) -> Shop:
    """One order a day: 10 everywhere, other amounts on the spans given."""
    special = {day: value for span, value in amounts.items() for day in _days(win(span))}
    rows = [
        {"order_id": str(day), "paid_date": day, "gross_amount": special.get(day, 10), "refund_amount": 0}
        for day in _days(win("2024-01-01..2025-12-31"))
    ]
    return make_shop(folder, {"orders": rows}, platform=platform)


def _days(window: Window) -> list[date]:
    return [window.start + timedelta(days=k) for k in range(window.days)]


def ask(shop: Shop, tool: str, **arguments: Any) -> ToolResult:
    return SPEC[tool].call(ToolContext(shop=shop, today=date(2026, 1, 5), lang="zh"), arguments)


def values(fact: Fact, role: Role) -> list[Decimal]:
    return [q.value for q in fact.quantities if q.role is role and q.metric == "gmv"]


AMOUNTS = {"2025-05-13..2025-06-18": 40, "2024-05-20..2024-06-20": 30}


def test_a_season_of_another_length_is_told_in_total_and_by_the_day(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "tmall", AMOUNTS), "query_metric", metric="gmv", window="2025-05-13..2025-06-18", compare="yoy")  # fmt: skip
    head, daily = result.facts
    # 37 days x 40 against 32 days x 30; by the day 40 against 30
    assert (values(head, Role.VALUE), values(head, Role.PREVIOUS)) == ([D(1480)], [D(960)])
    assert (
        "618 大促按开启日和结束日对齐" in head.claim.zh and "aligned on its opening and closing days" in head.claim.en
    )
    assert (values(daily, Role.VALUE), values(daily, Role.PREVIOUS)) == ([D(40)], [D(30)])
    assert "37 天对 32 天" in daily.claim.zh and "+33.3%" in daily.claim.zh and "+33.3%" in daily.claim.en
    assert any("按大促阶段对齐" in note.zh for note in result.notes)


def test_a_month_shows_its_parts_and_they_add_up(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "tmall", AMOUNTS), "query_metric", metric="gmv", window="2025-05", compare="yoy")
    head, *parts = result.facts
    # 12 days x 10 + 19 x 40 against 19 x 10 + 12 x 30
    assert (values(head, Role.VALUE), values(head, Role.PREVIOUS)) == ([D(880)], [D(550)])
    assert [values(p, Role.VALUE)[0] for p in parts] == [D(760), D(120)]
    assert sum(values(p, Role.VALUE)[0] for p in parts) == D(880)
    # campaign: the 19 days from its opening, 30 each; ordinary days: 12 of 10 against 19 of 10, by the day the same
    assert [values(p, Role.PREVIOUS)[0] for p in parts] == [D(570), D(190)]
    assert "+33.3%" in parts[0].claim.zh and "日均" not in parts[0].claim.zh
    assert "日均 10.00 元，去年对应的日子日均 10.00 元（0.0%）" in parts[1].claim.zh


def test_no_counterpart_shows_the_same_dates_marked_so(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "tmall", AMOUNTS), "query_metric", metric="gmv", window="2025-05-13..2025-05-16", compare="yoy")  # fmt: skip
    (head,) = result.facts
    assert values(head, Role.PREVIOUS) == [D(40)]  # 13 to 16 May 2024, ordinary days
    assert "不可比：2024年没有预售付定金这个阶段" in head.claim.zh and "not comparable" in head.claim.en


def test_a_shop_elsewhere_knows_no_campaign(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "shopify", AMOUNTS), "query_metric", metric="gmv", window="2025-05", compare="yoy")
    assert len(result.facts) == 1 and not any("大促" in note.zh for note in result.notes)


def test_a_base_the_data_cover_in_part_is_no_base(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "tmall", {}), "query_metric", metric="gmv", window="2024-12-20..2025-01-09", compare="yoy")  # fmt: skip
    assert not values(result.facts[0], Role.PREVIOUS)
    assert any("不作同比" in note.zh and "no year-on-year" in note.en for note in result.notes)


def test_explain_takes_the_same_days(tmp_path: Path) -> None:
    result = ask(shop_of(tmp_path, "tmall", AMOUNTS), "explain_change", metric="gmv", window="2025-05-16..2025-05-26", compare="yoy")  # fmt: skip
    change = result.facts[0]
    assert (values(change, Role.VALUE), values(change, Role.PREVIOUS)) == ([D(440)], [D(330)])
    assert "第一波对第一波" in change.claim.zh and "first wave against first wave" in change.claim.en
    factors = [f for f in result.facts if f.data["topic"] == "factor"]
    assert sum(q.value for f in factors for q in f.quantities if q.role is Role.CONTRIBUTION) == D(110)
