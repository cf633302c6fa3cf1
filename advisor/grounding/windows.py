"""Window words as data, and whether they fit a quantity's window. Parsing is in `window_rules`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tools.facts import Window

__all__ = ["WindowKind", "WindowWords", "before", "fits", "overlaps", "shift_fits"]

WindowKind = Literal["span", "month", "day", "year_part", "rolling", "shift", "clock", "invalid"]


@dataclass(frozen=True)
class WindowWords:
    """A window as written. `first`..`last` when it can be resolved; `month`/`day` when no year was said.

    Kind `invalid` is a date that does not exist. `compared`: the words name the base of a comparison (比 9 月, on September). `open_ended`: 3 月起, since March.
    """

    text: str
    start: int
    end: int
    kind: WindowKind
    first: date | None = None
    last: date | None = None
    month: int = 0
    day: int = 0
    days: int = 0
    last_month: int = 0
    last_day: int = 0
    shift: Literal["", "yoy", "pop"] = ""
    compared: bool = False
    open_ended: bool = False
    within: bool = False  # 今年双11, October this year: the year only says which


def fits(words: WindowWords, window: Window) -> bool:
    """The words describe this window: same days, the same month or part of it, or the same length for 近 30 天."""
    if words.kind in ("clock", "shift"):
        return True
    if words.kind == "invalid":
        return False
    if words.kind == "rolling":
        if not words.days:
            return True
        slack = (
            3 if (words.days % 30 == 0 and words.days > 30) or (words.days in (30, 60) and "月" in words.text) else 0
        )
        return abs(window.days - words.days) <= slack
    if words.first is not None and words.last is not None:
        if words.open_ended:
            return words.first <= window.start <= words.last or window.start == words.first
        if words.kind in ("month", "day"):
            return (words.first <= window.start and window.end <= words.last) or _edge(words, window)
        if words.day:
            return (words.first, words.last) == (window.start, window.end)
        inside = words.first <= window.start and window.end <= words.last
        if words.within:
            return inside
        total = (words.last - words.first).days + 1
        return inside and (window.days * 10 >= total * 6 or words.first == window.start)
    return _fits_partial(words, window)


def _edge(words: WindowWords, window: Window) -> bool:
    return words.kind == "day" and words.first in (window.start, window.end)


def _fits_partial(words: WindowWords, window: Window) -> bool:
    if words.kind == "month":
        if words.open_ended:
            return window.start.month == words.month
        return window.start.month == window.end.month == words.month and window.days <= 31
    if words.kind == "day":
        return any((edge.month, edge.day) == (words.month, words.day) for edge in (window.start, window.end))
    if words.kind == "span":
        ends = ((window.start.month, window.start.day), (window.end.month, window.end.day))
        return ends == ((words.month, words.day), (words.last_month or words.month, words.last_day))
    if words.kind == "year_part" and words.month:
        return window.start.month == words.month and 80 <= window.days <= 93
    return True


def overlaps(words: WindowWords, window: Window) -> bool:
    """Weaker than `fits`: the words name something inside, around or at an edge of the window."""
    if words.kind in ("clock", "shift", "rolling"):
        return True
    if words.kind == "invalid":
        return False
    if words.first is not None and words.last is not None:
        return words.first <= window.end and window.start <= words.last
    if not words.month:
        return True
    day = window.start.replace(day=1)
    while day <= window.end:
        if day.month == words.month:
            return True
        day = (day + timedelta(days=32)).replace(day=1)
    return False


def before(words: WindowWords, window: Window) -> bool:
    """The words name the time right before the window, or the same time a year earlier: what a change may be told against."""
    if words.kind in ("shift", "rolling"):
        return True
    last = window.start - timedelta(days=1)
    if words.first is not None and words.last is not None:
        gap = (window.start - words.first).days
        return words.last == last or 340 <= gap <= 395
    return words.kind == "month" and words.month in (last.month, window.start.month)


def shift_fits(words: WindowWords, window: Window, previous: Window) -> bool:
    """同比 needs the base one year earlier, 环比 the base that ends where the window starts (or as far before)."""
    gap = (window.start - previous.start).days
    if words.shift == "yoy":
        return 340 <= gap <= 395  # the Spring Festival moves by up to 19 days, campaigns by some weeks
    return 0 < gap <= max(window.days, previous.days) + 3
