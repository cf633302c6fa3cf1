"""The days a period text of a source names ("2021年上半年", "2024Q1", "2021-11"), where it names them without doubt."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from tools.facts import Window

__all__ = ["last_year", "window_of"]

_YEAR = r"((?:19|20)\d{2})"
_FISCAL = re.compile(r"财年|FY", re.IGNORECASE)
_DAY = re.compile(rf"^{_YEAR}[-年](\d{{1,2}})[-月](\d{{1,2}})日?$")
_MONTH = re.compile(rf"^{_YEAR}[-年](\d{{1,2}})月?$")
_PART = re.compile(rf"^{_YEAR}年?(上半年|下半年|前三季度|[一二三四]季度|H[12]|Q[1-4]|1-9月)$", re.IGNORECASE)
_SPAN = re.compile(rf"^{_YEAR}年?(?:-|–|至| 至 ){_YEAR}年?$")
_MONTHS = re.compile(rf"^{_YEAR}-(\d{{2}}) 至 {_YEAR}-(\d{{2}})$")
_YEAR_ONLY = re.compile(rf"^{_YEAR}年?(?:全年)?$")
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}


def _months(year: int, first: int, last: int) -> Window:
    return Window(start=date(year, first, 1), end=date(year, last, monthrange(year, last)[1]))


def _part(year: int, word: str) -> Window:
    word = word.upper()
    if word in ("上半年", "H1"):
        return _months(year, 1, 6)
    if word in ("下半年", "H2"):
        return _months(year, 7, 12)
    if word in ("前三季度", "1-9月"):
        return _months(year, 1, 9)
    quarter = int(word[1]) if word.startswith("Q") else _QUARTERS[word[0]]
    return _months(year, 3 * quarter - 2, 3 * quarter)


def window_of(text: str) -> Window | None:
    """Calendar days, both ends included. None for fiscal years (their ends differ) and for anything vague."""
    text = text.strip()
    if _FISCAL.search(text):
        return None
    if found := _DAY.match(text):
        year, month, day = map(int, found.groups())
        return Window(start=date(year, month, day), end=date(year, month, day))
    if found := _MONTHS.match(text):
        first_year, first, last_year_, last = map(int, found.groups())
        return Window(start=date(first_year, first, 1), end=_months(last_year_, last, last).end)
    if found := _MONTH.match(text):
        year, month = map(int, found.groups())
        return _months(year, month, month) if 1 <= month <= 12 else None
    if found := _PART.match(text):
        return _part(int(found[1]), found[2])
    if found := _SPAN.match(text):
        return Window(start=date(int(found[1]), 1, 1), end=date(int(found[2]), 12, 31))
    if found := _YEAR_ONLY.match(text):
        return _months(int(found[1]), 1, 12)
    return None


def last_year(text: str) -> int | None:
    """The latest year a text names."""
    years = [int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)]
    return max(years) if years else None
