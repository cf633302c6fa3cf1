"""Windows of whole days: the grammar a question is turned into, what a window is compared with, and how it is written.

Relative windows are anchored at the earlier of yesterday and the last day with data, so a stale file never reads as zero.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.spans import days_before
from tools.text import Text

__all__ = [
    "FORMS",
    "Anchor",
    "Compare",
    "calendar_unit",
    "compare_window",
    "day_text",
    "month_of",
    "parse_window",
    "same_length_before",
    "split_periods",
    "when_en",
    "window_text",
]

Compare = Literal["previous", "yoy"]
FORMS = (
    "30d",
    "yesterday",
    "last_week",
    "this_week",
    "last_month",
    "this_month",
    "last_quarter",
    "2024",
    "2024-Q1",
    "2024-01",
    "2024-01-15",
    "2024-01-01..2024-03-31",
    "all",
)
_MONTHS_EN = list(calendar.month_name)
_DAYS = re.compile(r"([1-9]\d{0,3})d")
_YEAR = re.compile(r"(20\d\d|19\d\d)")
_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")


@dataclass(frozen=True)
class Anchor:
    """Where relative windows end. `first` and `last` are the first and last day with data, `today` is the shop's day."""

    first: date
    last: date
    today: date

    @property
    def day(self) -> date:
        return min(self.today - timedelta(days=1), self.last)


def month_of(day: date) -> Window:
    """The whole calendar month of a day."""
    return Window(start=day.replace(day=1), end=day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def parse_window(text: str, anchor: Anchor) -> Window:
    """Read one form of the grammar. Raises BadArguments listing the valid forms; never returns an empty window."""
    given = text.strip()
    window = _relative(given.lower(), anchor) or _absolute(given)
    if window is None:
        raise _bad(given)
    if window.end < window.start:
        raise BadArguments(
            Text(
                f"时间窗口“{given}”的结束早于开始，或数据从 {anchor.first} 才开始。",
                f'Window "{given}" ends before it starts, or before the data begin ({anchor.first}).',
            ),
            choices=FORMS,
        )
    return window


def _bad(given: str) -> BadArguments:
    forms = ", ".join(FORMS)
    return BadArguments(
        Text(
            f"看不懂时间窗口“{given[:64]}”。可用写法：{forms}。",
            f'Window "{given[:64]}" is not understood. Valid forms: {forms}.',
        ),
        choices=FORMS,
    )


def _relative(text: str, anchor: Anchor) -> Window | None:
    day = anchor.day
    if days := _DAYS.fullmatch(text):
        return Window(start=day - timedelta(days=int(days[1]) - 1), end=day)
    match text:
        case "all":
            return Window(start=anchor.first, end=day)
        case "yesterday":
            return Window(start=day, end=day)
        case "this_month":
            return Window(start=day.replace(day=1), end=day)
        case "last_month":
            month = month_of(day)
            return month if month.end == day else month_of(month.start - timedelta(days=1))
        case "this_week":
            return Window(start=day - timedelta(days=day.weekday()), end=day)
        case "last_week":
            end = day if day.weekday() == 6 else day - timedelta(days=day.weekday() + 1)
            return Window(start=end - timedelta(days=6), end=end)
        case "last_quarter":
            quarter = _quarter(day.year, (day.month - 1) // 3 + 1)
            return quarter if quarter.end == day else _quarter_of(quarter.start - timedelta(days=1))
    return None


def _absolute(text: str) -> Window | None:
    try:
        if match := _RANGE.fullmatch(text):
            start = date.fromisoformat(match[1])
            return _span(start, date.fromisoformat(match[2]) if match[2] else start)
        if match := _QUARTER.fullmatch(text):
            return _quarter(int(match[1]), int(match[2]))
        if match := _MONTH.fullmatch(text):
            return month_of(date(int(match[1]), int(match[2]), 1))
        if match := _YEAR.fullmatch(text):
            return Window(start=date(int(match[1]), 1, 1), end=date(int(match[1]), 12, 31))
    except ValueError:  # 2024-02-30, 2024-13
        return None
    return None


def _span(start: date, end: date) -> Window:
    return Window(start=start, end=end)


def _quarter(year: int, quarter: int) -> Window:
    first = date(year, 3 * quarter - 2, 1)
    return Window(start=first, end=month_of(date(year, 3 * quarter, 1)).end)


def _quarter_of(day: date) -> Window:
    return _quarter(day.year, (day.month - 1) // 3 + 1)


def calendar_unit(window: Window) -> Literal["month", "quarter", "year"] | None:
    """Whether the window is a whole calendar month, quarter or year."""
    if window == month_of(window.start):
        return "month"
    if window == _quarter_of(window.start):
        return "quarter"
    if window.start == date(window.start.year, 1, 1) and window.end == date(window.start.year, 12, 31):
        return "year"
    return None


def same_length_before(window: Window) -> Window:
    """As many days, directly before."""
    return days_before(window.start, window.days)


def compare_window(window: Window, compare: Compare) -> Window:
    """`previous`: the calendar month, quarter or year before, else as many days directly before. `yoy`: the same dates a year earlier.

    Which days of the year before are like these (campaigns, Spring Festival, weekdays) is `alignment.align`.
    """
    unit = calendar_unit(window)
    if compare == "yoy":
        start = _year_before(window.start)
        return month_of(start) if unit == "month" else Window(start=start, end=_year_before(window.end))
    before = window.start - timedelta(days=1)
    match unit:
        case "month":
            return month_of(before)
        case "quarter":
            return _quarter_of(before)
        case "year":
            return Window(start=date(before.year, 1, 1), end=before)
    return same_length_before(window)


def _year_before(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def split_periods(window: Window, by: Literal["day", "week", "month"]) -> list[Window]:
    """Cut a window into days, Monday-to-Sunday weeks or calendar months; the edges are clipped to the window."""
    periods: list[Window] = []
    start = window.start
    while start <= window.end:
        if by == "day":
            end = start
        elif by == "week":
            end = start + timedelta(days=6 - start.weekday())
        else:
            end = month_of(start).end
        periods.append(Window(start=start, end=min(end, window.end)))
        start = end + timedelta(days=1)
    return periods


def day_text(day: date) -> Text:
    """2026年10月3日 / 3 October 2026."""
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {_MONTHS_EN[day.month]} {day.year}")


def window_text(window: Window) -> Text:
    """A window in words: 2026年10月 / October 2026, 2026年第3季度 / Q3 2026, or its first and last day."""
    first = window.start
    match calendar_unit(window):
        case "month":
            return Text(f"{first.year}年{first.month}月", f"{_MONTHS_EN[first.month]} {first.year}")
        case "quarter":
            quarter = (first.month - 1) // 3 + 1
            return Text(f"{first.year}年第{quarter}季度", f"Q{quarter} {first.year}")
        case "year":
            return Text(f"{first.year}年全年", f"the year {first.year}")
    if window.days == 1:
        return day_text(first)
    start, end = day_text(first), day_text(window.end)
    zh_end = end.zh.removeprefix(f"{first.year}年") if window.end.year == first.year else end.zh
    en_start = start.en.removesuffix(f" {first.year}") if window.end.year == first.year else start.en
    return Text(f"{start.zh}至{zh_end}", f"{en_start} to {end.en}")


def when_en(window: Window) -> str:
    """The English phrase of time: in October 2026, on 3 October 2026, from 3 October to 9 November 2026."""
    words = window_text(window).en
    if window.days == 1:
        return f"on {words}"
    return f"in {words}" if calendar_unit(window) else f"from {words}"
