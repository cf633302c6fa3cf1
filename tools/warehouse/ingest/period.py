"""The days a report speaks of, where they stand in a cell (`2026-10-01 ~ 2026-10-07`), a title row or the file's name.

A single date in a file's name may be the day of download and is never taken for the day of the report: only a list of
what is there at that moment (stock) is dated by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import PurePath
from typing import NamedTuple

__all__ = ["UNSTATED", "Period", "Stated", "first_day_sql", "last_day_sql", "period_sql", "stated_period"]

_DATE = re.compile(r"(?<!\d)(?:(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?|(\d{4})(\d{2})(\d{2}))(?!\d)")
_ABOUT_DATA = re.compile("统计|日期|周期|时间|date|period", re.IGNORECASE)
_ABOUT_FILE = re.compile("下载|导出|生成|更新|制表|export|download|updated", re.IGNORECASE)

_SQL_DATE = "\\d{4}[-./年]\\d{1,2}[-./月]\\d{1,2}日?|\\d{8}"
_SQL_TIME = "(?:[ T]\\d{1,2}:\\d{2}(?::\\d{2})?)?"
_SQL_SPAN = f"(?:{_SQL_DATE}){_SQL_TIME}(?:\\s*(?:~|～|至|到|—|–|--?|,|_)\\s*(?:{_SQL_DATE}){_SQL_TIME})?"
_SQL_MONTH = "\\d{4}[-/年]\\d{1,2}月?"


class Period(NamedTuple):
    """First and last day, both inside."""

    first: date
    last: date

    @property
    def several_days(self) -> bool:
        return self.last > self.first

    def __str__(self) -> str:
        return f"{self.first} ~ {self.last}" if self.several_days else str(self.first)


class Stated(NamedTuple):
    """What the file says outside its table. `by` is "title", "name" or "" where it says nothing."""

    period: Period | None
    by: str
    clash: tuple[str, ...] = ()  # statements that contradict each other
    drawn_up: date | None = None  # the only date of the file's name


UNSTATED = Stated(None, "")


def stated_period(name: str, above: Iterable[Sequence[str]]) -> Stated:
    """The period of the rows above the header, else of the file's name; statements that differ are a clash."""
    titles = set(_in_titles(above))
    dates = _dates(PurePath(name.partition(" · ")[0]).stem)
    named = Period(*dates) if len(dates) == 2 and dates[0] <= dates[1] else None
    drawn_up = dates[0] if len(set(dates)) == 1 else None
    every = titles | ({named} if named else set())
    if len(every) > 1:
        return Stated(None, "", tuple(str(period) for period in sorted(every)), drawn_up)
    if titles:
        return Stated(titles.pop(), "title", drawn_up=drawn_up)
    return Stated(named, "name" if named else "", drawn_up=drawn_up)


def _in_titles(above: Iterable[Sequence[str]]) -> Iterable[Period]:
    for cells in above:
        label = ""
        for cell in cells:
            dates = _dates(cell)
            words = cell if _ABOUT_DATA.search(cell) or _ABOUT_FILE.search(cell) else label
            about = _ABOUT_DATA.search(words) and not _ABOUT_FILE.search(words)
            if len(dates) == 2 and dates[0] <= dates[1] and not _ABOUT_FILE.search(words):
                yield Period(*dates)
            elif len(dates) == 1 and about:
                yield Period(dates[0], dates[0])
            label = cell


def _dates(text: str) -> list[date]:
    found = []
    for match in _DATE.finditer(text[:500]):
        year, month, day = (int(part) for part in match.groups() if part is not None)
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return [day for day in found if 1990 <= day.year <= 2100]


def period_sql(text: str) -> str:
    """SQL of `first/last` (ISO days) of a cell; NULL where it is neither a day, a span of days nor a month."""
    first, last = _ends(text)
    return f"CASE WHEN {first} <= {last} THEN CAST({first} AS VARCHAR) || '/' || CAST({last} AS VARCHAR) END"


def first_day_sql(period: str) -> str:
    """SQL of the first day of what `period_sql` gave."""
    return f"try_cast(split_part({period}, '/', 1) AS DATE)"


def last_day_sql(period: str) -> str:
    """SQL of the last day of what `period_sql` gave."""
    return f"try_cast(split_part({period}, '/', 2) AS DATE)"


def _ends(text: str) -> tuple[str, str]:
    days = f"regexp_extract_all({text}, '{_SQL_DATE}')"
    is_span = f"regexp_full_match({text}, '{_SQL_SPAN}')"
    is_month = f"regexp_full_match({text}, '{_SQL_MONTH}')"
    month = f"CAST(try_strptime(regexp_replace({text}, '[/年]', '-').rtrim('月') || '-1', '%Y-%m-%d') AS DATE)"

    def day(place: int) -> str:
        plain = f"regexp_replace(rtrim({days}[{place}], '日'), '[./年月]', '-', 'g')"
        return f"CAST(try_strptime({plain}, ['%Y-%m-%d', '%Y%m%d']) AS DATE)"

    first = f"CASE WHEN {is_span} THEN {day(1)} WHEN {is_month} THEN {month} END"
    last = f"CASE WHEN {is_span} THEN {day(-1)} WHEN {is_month} THEN last_day({month}) END"
    return f"({first})", f"({last})"
