"""Events with an hour: the merchant's wall clock reaches another reader's calendar as the same moment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import icalendar
import pytest

from tools.playbooks.documents import DayEvent, Document, TimedEvent, to_ics


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-01 {clock}")


@pytest.mark.parametrize(
    ("zone", "hour_utc"), [("Asia/Shanghai", 11), ("Europe/London", 19), ("America/New_York", 24), ("UTC", 19)]
)
def test_a_wall_clock_is_the_same_moment_in_every_zone(zone: str, hour_utc: int) -> None:
    timed = TimedEvent("u1", _at("19:00"), _at("21:30"), "直播\r\nBEGIN:VALARM", "x")
    whole = DayEvent("u2", date(2026, 12, 1), date(2026, 12, 3), "预热", "y")
    made = Document("排班", (), (timed, whole), zone, date(2026, 11, 24))
    calendar = icalendar.Calendar.from_ical(to_ics(made))
    first, second = calendar.walk("VEVENT")
    start = datetime(2026, 12, 1 + hour_utc // 24, hour_utc % 24, 0, tzinfo=UTC)
    assert first.decoded("dtstart") == start
    assert (first.decoded("dtend") - start).total_seconds() == 2.5 * 3600
    assert "transp" not in first and not list(calendar.walk("VALARM"))
    assert second.decoded("dtstart") == date(2026, 12, 1) and second.decoded("dtend") == date(2026, 12, 4)
    assert second["transp"] == "TRANSPARENT"
