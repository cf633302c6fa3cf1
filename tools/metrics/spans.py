"""Arithmetic on windows of whole days, and the days around the Spring Festival."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tools.calendar import lunar_new_year
from tools.facts import Window

__all__ = ["days_before", "each", "festival", "holds", "lunar_shift", "lunar_year_of", "moved", "overlap", "runs"]

_BEFORE, _AFTER = timedelta(days=7), timedelta(days=14)  # 小年 to 元宵


def each(window: Window) -> list[date]:
    """Every day of a window."""
    return [window.start + timedelta(days=offset) for offset in range(window.days)]


def days_before(day: date, count: int) -> Window:
    """The days before a day, without the day itself."""
    return Window(start=day - timedelta(days=count), end=day - timedelta(days=1))


def runs(days: Iterable[date]) -> tuple[Window, ...]:
    """Days as windows without gaps."""
    found: list[Window] = []
    for day in sorted(days):
        if found and (day - found[-1].end).days == 1:
            found[-1] = Window(start=found[-1].start, end=day)
        else:
            found.append(Window(start=day, end=day))
    return tuple(found)


def moved(window: Window, by: timedelta) -> Window:
    return Window(start=window.start + by, end=window.end + by)


def holds(window: Window, day: date) -> bool:
    return window.start <= day <= window.end


def overlap(one: Window, other: Window) -> int:
    """Days two windows share."""
    return max(0, (min(one.end, other.end) - max(one.start, other.start)).days + 1)


def festival(year: int) -> Window | None:
    """From 小年, a week before the first lunar day, to 元宵, two weeks after it; None beyond the calendar."""
    first = lunar_new_year(year)
    return Window(start=first - _BEFORE, end=first + _AFTER) if first else None


def lunar_year_of(window: Window) -> int | None:
    """The year whose Spring Festival days the window touches."""
    for year in range(window.start.year, window.end.year + 1):
        zone = festival(year)
        if zone is not None and overlap(zone, window):
            return year
    return None


def lunar_shift(window: Window) -> timedelta | None:
    """From the lunar new year of the window's year back to the one before."""
    now, then = lunar_new_year(window.start.year), lunar_new_year(window.start.year - 1)
    return then - now if now and then else None
