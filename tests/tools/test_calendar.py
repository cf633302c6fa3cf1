"""The promotion calendar against known dates and against astronomy."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pytest

from tools.calendar import PHASES, CalendarEvent, calendar, events_between, next_event
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
            {("double11", "presale"), ("double11", "wave"), ("double11", "balance"), ("double11", "season")},
        ),
        (date(2022, 11, 6), "tmall", {("double11", "season")}),
        (date(2024, 5, 20), "tmall", {("618", "opens"), ("618", "season")}),
        (date(2024, 5, 19), "tmall", set()),
        (date(2022, 5, 24), "jd", {("618", "season")}),
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
    assert used == set(raw["sources"])


def test_a_platform_sees_no_dates_of_another() -> None:
    for platform in ("tmall", "jd", "douyin"):
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
