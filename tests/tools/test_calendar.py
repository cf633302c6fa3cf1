"""The promotion calendar against known dates and against astronomy."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pytest

from tools.calendar import (
    PHASES,
    PLATFORMS,
    CalendarEvent,
    Phase,
    calendar,
    events_between,
    lunar_new_year,
    next_event,
    seasons,
    status,
)
from tools.errors import BadArguments
from tools.seeds import load_yaml

RANGE = (date(2021, 1, 1), date(2030, 1, 1))


def phases(start: date, end: date, platform: str = "tmall") -> set[tuple[str, str]]:
    return {(event.event_id, event.phase) for event in events_between(start, end, platform)}


@pytest.mark.parametrize(
    ("day", "platform", "expected"),
    [
        (date(2022, 10, 25), "tmall", {("double11", "presale"), ("double11", "season")}),
        (
            date(2022, 10, 31),
            "taobao",
            {("double11", p) for p in ("presale", "preheat", "wave", "balance", "season")},
        ),
        (date(2022, 11, 5), "tmall", {("double11", "season")}),
        (date(2024, 5, 20), "tmall", {("618", "opens"), ("618", "season")}),
        (date(2024, 5, 19), "tmall", set()),
        (date(2022, 5, 24), "jd", {("618", "presale"), ("618", "season")}),
        (date(2023, 10, 22), "pdd", {("double11", "wave"), ("double11", "season")}),
        (date(2023, 10, 22), "jd", set()),
        (date(2022, 5, 24), "tmall", set()),
        (date(2025, 7, 5), "tmall", {("618", "price_protection")}),
        (date(2025, 7, 4), "tmall", set()),
        (date(2024, 2, 12), "shopify", {("spring_festival", "holiday")}),
    ],
)
def test_a_day_falls_in_its_phases(day: date, platform: str, expected: set[tuple[str, str]]) -> None:
    assert phases(day, day, platform) == expected


def test_both_ends_are_included_and_order_is_by_time() -> None:
    found = events_between(date(2022, 11, 3), date(2022, 11, 10))
    assert {(event.phase, event.start) for event in found} >= {
        ("wave", date(2022, 10, 31)),
        ("wave", date(2022, 11, 10)),
    }
    assert [event.start for event in found] == sorted(event.start for event in found)


def test_an_inverted_window_is_refused() -> None:
    with pytest.raises(BadArguments):
        events_between(date(2024, 2, 2), date(2024, 2, 1))


def test_next_event_is_strictly_later_and_never_a_derived_season() -> None:
    found = next_event(date(2026, 11, 24))
    assert found is not None
    assert (found.event_id, found.start) == ("spring_festival", date(2027, 2, 6))
    day = date(2022, 1, 1)
    seen: list[CalendarEvent] = []
    while (event := next_event(day)) is not None:
        assert event.start > day and event.phase != "season"
        seen.append(event)
        day = event.start
    assert len(seen) > 20


def test_every_entry_has_a_source_a_known_phase_and_lies_near_its_year() -> None:
    raw = load_yaml("calendar.yaml")
    for event_id, body in raw["events"].items():
        for year, rows in body["years"].items():
            for row in rows:
                assert row["source"] in raw["sources"], (event_id, year)
                assert row["phase"] in PHASES and row["phase"] != "season"
                assert row["confidence"] in {"high", "medium", "low"}
                assert row["start"].year in {year, year - 1}
                assert row.get("end", row["start"]) >= row["start"]
    used = {row["source"] for body in raw["events"].values() for rows in body["years"].values() for row in rows}
    assert used | {entry["source"] for entry in raw["absent"]} == set(raw["sources"])


def test_what_was_not_found_is_named_and_never_also_given() -> None:
    raw = load_yaml("calendar.yaml")
    for kind in ("missing", "absent"):
        for entry in raw[kind]:
            assert entry["event"] in raw["events"] and entry["platform"] in PLATFORMS
            for named in entry["phases"]:
                phase, _, n = named.partition(" ")
                assert phase in PHASES
                rows = raw["events"][entry["event"]]["years"].get(entry["year"], [])
                own = [(r["phase"], r.get("n", 0)) for r in rows if r["platform"] == entry["platform"]]
                assert (phase, int(n or 0)) not in own, (entry, named)


@pytest.mark.parametrize(
    ("event", "year", "phase", "n", "platform", "expected"),
    [
        ("618", 2025, "wave", 1, "taobao", "known"),
        ("618", 2024, "presale", 1, "tmall", "absent"),  # Tmall held none that year, a source says
        ("618", 2025, "wave", 2, "tmall", "unknown"),
        ("618", 2030, "wave", 1, "tmall", "unknown"),
        ("double11", 2023, "balance", 1, "jd", "absent"),
        ("double11", 2023, "balance", 1, "tmall", "unknown"),
    ],
)
def test_known_not_held_and_not_found_are_three_answers(
    event: str, year: int, phase: Phase, n: int, platform: str, expected: str
) -> None:
    assert status(event, year, phase, n, platform) == expected


def test_a_season_has_an_edge_only_where_a_page_tells_it() -> None:
    found = {(s.event_id, s.year): s for s in seasons("taobao")}
    assert (found["618", 2025].start, found["618", 2025].end) == (date(2025, 5, 13), date(2025, 6, 18))
    assert (found["618", 2024].start, found["618", 2024].end) == (date(2024, 5, 20), date(2024, 6, 20))
    assert (found["618", 2023].start, found["618", 2023].end) == (
        None,
        None,
    )  # the checkout opened, the presale before it unknown
    assert (found["double11", 2024].start, found["double11", 2024].end) == (date(2024, 10, 14), None)
    assert found["double11", 2022].end == date(2022, 11, 11)  # its last wave runs to the named day
    assert found["618", 2025].find("wave", 1) is not None and found["618", 2025].find("wave", 2) is None
    assert [lunar_new_year(year) for year in (2024, 2025, 2026)] == [
        date(2024, 2, 10),
        date(2025, 1, 29),
        date(2026, 2, 17),
    ]
    assert lunar_new_year(2040) is None


def test_a_platform_sees_no_dates_of_another() -> None:
    for platform in PLATFORMS:
        assert {event.platform for event in calendar(platform)} <= {platform, "all"}
    assert {event.platform for event in calendar("shopify")} == {"all"}


def new_moon_in_china(k: int) -> date:
    """Meeus, Astronomical Algorithms, ch. 49, the largest terms: right to some minutes, enough for a day."""
    t = k / 1236.85
    jde = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k)
    moon = math.radians(201.5643 + 385.81693528 * k)
    node = math.radians(160.7108 + 390.67050284 * k)
    jde += (
        -0.40720 * math.sin(moon)
        + 0.17241 * math.sin(sun)
        + 0.01608 * math.sin(2 * moon)
        + 0.01039 * math.sin(2 * node)
        + 0.00739 * math.sin(moon - sun)
        - 0.00514 * math.sin(moon + sun)
    )
    return (datetime(2000, 1, 1, 12) + timedelta(days=jde - 2451545.0, hours=8, seconds=-70)).date()  # noqa: DTZ001


def test_spring_festival_is_the_first_new_moon_from_21_january_on() -> None:
    days = {
        event.start.year: event.start
        for event in calendar()
        if (event.event_id, event.phase) == ("spring_festival", "day")
    }
    assert set(days) == set(range(2022, 2028))
    for year, day in days.items():
        first = round((year - 2000) * 12.3685) - 1
        moons = [new_moon_in_china(k) for k in range(first, first + 5)]
        assert min(moon for moon in moons if moon >= date(year, 1, 21)) == day
