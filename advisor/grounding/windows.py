"""Window words (10 月, last month, 近 30 天, 2024-03-01..03-31, 同比) and whether they fit a quantity's window."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from advisor.grounding.words import chinese_number
from tools.facts import Window

__all__ = ["WindowWords", "find_windows", "fits", "overlaps", "shift_fits"]

WindowKind = Literal["span", "month", "day", "year_part", "rolling", "shift", "clock"]


@dataclass(frozen=True)
class WindowWords:
    """A window as written. `first`..`last` when it can be resolved; `month`/`day` when no year was said.

    `compared`: the words name the base of a comparison (比 9 月, on September). `open_ended`: 3 月起, since March.
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
    shift: Literal["", "yoy", "pop"] = ""
    compared: bool = False
    open_ended: bool = False


_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name} | {
    name.lower(): i for i, name in enumerate(calendar.month_abbr) if name
} | {"sept": 9}  # fmt: skip
_EN_MONTH = r"(?:January|February|March|April|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?"
_EN_MAY = r"(?:(?<=[Ii]n )|(?<=[Oo]f )|(?<=[Ss]ince )|(?<=[Oo]n )|(?<=[Ff]rom )|(?<=to )|(?<=[Dd]uring )|(?<=[Uu]ntil )|(?<=vs )|(?<=and )|(?<=than )|(?<=\d ))May\b|May(?= \d)|May(?='s)|May(?=[:,])|May(?= [A-Z¥£$])"
_DASH = r"\s*(?:\.\.|–|—|~|～|-|至|到|to|through)\s*"
_ISO = r"(?P<y{0}>20\d\d)[-/.](?P<m{0}>\d{{1,2}})[-/.](?P<d{0}>\d{{1,2}})"
_ZH_DAY = r"(?:(?P<y{0}>20\d\d)\s*年\s*)?(?P<m{0}>\d{{1,2}})\s*月\s*(?P<d{0}>\d{{1,2}})\s*[日号]?"
_CN_NUM = "[一二两三四五六七八九十]+"
_COUNT = rf"\d+|{_CN_NUM}|one|two|three|four|six|seven|twelve|thirty|ninety"
_EN_COUNT = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "seven": 7, "twelve": 12, "thirty": 30, "ninety": 90}
_COMPARED = re.compile(
    r"(?:比|较|对比|相比|与|环比|低于|高于|vs\.?|versus|than|compared (?:with|to)|against|\bon|\bover|\bfrom|relative to|和)\s*(?:the )?$",
    re.I,
)
_OPEN = re.compile(r"^\s*(?:起|以来|之后|后|以后|onwards?)|^\s*[-–]\s*$", re.I)
_OPEN_BEFORE = re.compile(r"(?:自|since|after)\s*$", re.I)


def _month_span(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _day(match: re.Match[str], suffix: str, default_year: int | None = None) -> date | None:
    year = match[f"y{suffix}"] or default_year
    try:
        return date(int(year), int(match[f"m{suffix}"]), int(match[f"d{suffix}"])) if year else None
    except ValueError:
        return None


def _span(match: re.Match[str], today: date | None) -> WindowWords:
    last_year = match["y2"]
    last = _day(match, "2", int(match["y1"]) if match["y1"] and not last_year else None)
    first = _day(match, "1", last.year if last else None)
    return _words(match, "span", first=first, last=last, month=int(match["m1"]), day=int(match["d1"]))


def _single(match: re.Match[str], today: date | None) -> WindowWords:
    day = _day(match, "1")
    return _words(match, "day", first=day, last=day, month=int(match["m1"]), day=int(match["d1"]))


def _short_span(match: re.Match[str], today: date | None) -> WindowWords:
    """3月1日–7日, 8–16 February."""
    month = _month_number(match["mon"])
    year = int(match["year"]) if match["year"] else None
    try:
        first = date(year, month, int(match["from"])) if year else None
        last = date(year, month, int(match["to"])) if year else None
    except ValueError:
        first = last = None
    return _words(match, "span", first=first, last=last, month=month, day=int(match["from"]))


def _month_number(text: str) -> int:
    text = text.strip(" .").lower()
    if text.isdigit():
        return int(text)
    return _MONTHS.get(text) or chinese_number(text) or 0


def _month(match: re.Match[str], today: date | None) -> WindowWords:
    month = _month_number(match["mon"])
    if not 1 <= month <= 12:
        return _words(match, "clock")
    if match["day"]:
        day = int(match["day"])
        when = None
        if match["year"] and 1 <= day <= calendar.monthrange(int(match["year"]), month)[1]:
            when = date(int(match["year"]), month, day)
        return _words(match, "day", first=when, last=when, month=month, day=day)
    if match["year"]:
        first, last = _month_span(int(match["year"]), month)
        return _words(match, "month", first=first, last=last, month=month)
    return _words(match, "month", month=month)


def _year(match: re.Match[str], today: date | None) -> WindowWords:
    year = int(match["year"])
    return _words(match, "year_part", first=date(year, 1, 1), last=date(year, 12, 31))


def _quarter(match: re.Match[str], today: date | None) -> WindowWords:
    raw = match["q"]
    quarter = int(raw) if raw.isdigit() else (chinese_number(raw) or 0)
    year = int(match["year"] or match["year2"] or 0)
    month = quarter * 3 - 2
    if not year or not 1 <= quarter <= 4:
        return _words(match, "year_part", month=month if 1 <= quarter <= 4 else 0, days=91)
    return _words(match, "year_part", first=date(year, month, 1), last=_month_span(year, month + 2)[1])


def _relative(match: re.Match[str], today: date | None) -> WindowWords:
    word = match[0].lower()
    unit = next(
        name
        for name, pattern in (
            ("year", "年|year"),
            ("quarter", "季|quarter"),
            ("month", "月|month"),
            ("week", "周|星期|week"),
            ("day", ""),
        )
        if re.search(pattern, word)
    )
    back = 1 if re.search(r"上|昨|去|last|previous|prior|yesterday", word) else 0
    if today is None:
        return _words(match, "rolling")
    if unit == "day":
        first = last = today - timedelta(days=back)
    elif unit == "week":
        first = today - timedelta(days=today.weekday() + 7 * back)
        last = first + timedelta(days=6)
    else:
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        index = (today.year * 12 + today.month - 1) // months * months - back * months
        first = date(index // 12, index % 12 + 1, 1)
        last = _end_of(index + months - 1)
    return _words(match, "span", first=first, last=last)


def _end_of(index: int) -> date:
    return _month_span(index // 12, index % 12 + 1)[1]


def _rolling(match: re.Match[str], today: date | None) -> WindowWords:
    raw = match["n"].lower()
    count = int(raw) if raw.isdigit() else (_EN_COUNT.get(raw) or chinese_number(raw) or 0)
    unit = match["u"].lower()
    size = (
        1
        if re.match(r"天|日|day", unit)
        else 7
        if re.match(r"周|个?星期|week", unit)
        else 30
        if re.match(r"个?月|month", unit)
        else 365
    )
    return _words(match, "rolling", days=count * size)


def _shift(match: re.Match[str], today: date | None) -> WindowWords:
    yoy = re.search(r"同比|去年同期|year|yoy", match[0], re.I)
    return replace(_words(match, "shift"), shift="yoy" if yoy else "pop", compared=True)


def _clock(match: re.Match[str], today: date | None) -> WindowWords:
    return _words(match, "clock")


def _words(
    match: re.Match[str],
    kind: WindowKind,
    *,
    first: date | None = None,
    last: date | None = None,
    month: int = 0,
    day: int = 0,
    days: int = 0,
) -> WindowWords:
    return WindowWords(match[0], match.start(), match.end(), kind, first, last, month, day, days)


_Build = Callable[[re.Match[str], date | None], WindowWords]
_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = tuple(
    (re.compile(pattern, re.I if insensitive else 0), build)
    for pattern, build, insensitive in (
        (_ISO.format(1) + _DASH + _ISO.format(2), _span, False),
        (_ZH_DAY.format(1) + _DASH + _ZH_DAY.format(2).replace("[日号]?", "[日号]"), _span, False),
        (
            r"(?:(?P<year>20\d\d)\s*年\s*)?(?P<mon>\d{1,2})\s*月\s*(?P<from>\d{1,2})\s*[日号]?"
            + _DASH
            + r"(?P<to>\d{1,2})\s*[日号]",
            _short_span,
            False,
        ),
        (
            r"\b(?P<from>\d{1,2})"
            + _DASH
            + r"(?P<to>\d{1,2}) (?P<mon>"
            + _EN_MONTH
            + r"|May\b)(?:,? (?P<year>20\d\d))?",
            _short_span,
            False,
        ),
        (
            r"\b(?P<mon>"
            + _EN_MONTH
            + r"|May\b) (?P<from>\d{1,2})"
            + _DASH
            + r"(?P<to>\d{1,2})\b(?:,? (?P<year>20\d\d))?",
            _short_span,
            False,
        ),
        (_ISO.format(1), _single, False),
        (r"(?P<year>20\d\d)-(?P<mon>0[1-9]|1[0-2])(?P<day>)(?![\d-])", _month, False),
        (
            r"(?:(?P<year>20\d\d)\s*年\s*)?(?P<mon>1[0-2]|0?[1-9])\s*月(?!内)(?:\s*(?P<day>\d{1,2})\s*[日号]|份)?(?P<x>)",
            _month,
            False,
        ),
        (
            r"(?:(?P<year>20\d\d)\s*年\s*)?(?<![个一二三四五六七八九十])(?P<mon>十[一二]?|[一二三四五六七八九])月(?:份)?(?P<day>)",
            _month,
            False,
        ),
        (
            r"(?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)? )?(?P<mon>" + _EN_MONTH + r")(?:,? (?P<year>20\d\d))?(?! \d)",
            _month,
            False,
        ),
        (
            r"(?P<mon>"
            + _EN_MONTH
            + r"|May)(?: (?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?!,\d{3}|[\d.%])(?:,? (?P<year>20\d\d))?)",
            _month,
            False,
        ),
        (r"(?P<mon>" + _EN_MAY + r")(?:,? (?P<year>20\d\d))?(?P<day>)", _month, False),
        (
            r"(?:(?P<year>20\d\d)\s*年?\s*)?(?:第?(?P<q>[一二三四])季度|(?<![A-Za-z])Q(?P<q2>[1-4]))(?: (?P<year2>20\d\d))?",
            _quarter,
            False,
        ),
        (
            r"\b(?:same (?:month|period|week|quarter) (?:last|a) year|year[- ]on[- ]year|year[- ]over[- ]year|yoy|month[- ]on[- ]month|month[- ]over[- ]month|mom|week[- ]on[- ]week)\b|去年同期|同比|环比",
            _shift,
            True,
        ),
        (rf"(?:近|过去|最近|前)\s*(?P<n>{_COUNT})\s*(?P<u>天|日|周|个?星期|个?月|年)", _rolling, False),
        (
            rf"\b(?:last|past|previous|trailing|prior|recent|first|preceding)[ -](?P<n>{_COUNT})[ -](?P<u>days?|weeks?|months?|years?)\b",
            _rolling,
            True,
        ),
        (
            r"上个?月|上上?[个]?(?:周|星期)|上个?季度|本月|这个?月|本周|这周|本季度|昨天|昨日|去年|今年|今天(?!起)|\b(?:last|previous|this|prior) (?:month|week|quarter|year)\b|\byesterday\b",
            _relative,
            True,
        ),
        (
            r"(?P<year>20\d\d)\s*(?:年|财年)|(?<![\d,.¥£$€])\b(?P<y>20[0-4]\d)\b(?![,.]?\d)(?!\s*(?:orders?|buyers?|visitors?|items?|单|人|件|元|笔|万|%|yuan|rows))",
            _year,
            False,
        ),
        (
            r"\d{1,2}[:：]\d{2}|周[一二三四五六日末天]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|\d{1,2}\s*点(?![击数])|24\s*小时|7\s*[x×]\s*24",
            _clock,
            False,
        ),
    )
)


def find_windows(text: str, today: date | None) -> list[WindowWords]:
    """Every window expression, left to right; the more specific rule wins where two overlap."""
    taken: list[WindowWords] = []
    for pattern, build in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            words = build(_Groups(match), today)  # type: ignore[arg-type]
            head = text[max(0, match.start() - 16) : match.start()]
            taken.append(
                replace(
                    words,
                    compared=words.compared or bool(_COMPARED.search(head)),
                    open_ended=bool(_OPEN.match(text[match.end() : match.end() + 8]) or _OPEN_BEFORE.search(head)),
                )
            )
    return sorted(taken, key=lambda words: words.start)


class _Groups:
    """A match whose missing groups read as None, and whose alternative groups (`q2` for `q`, `y` for `year`) are merged."""

    _ALIASES = {"q": "q2", "year": "y"}  # noqa: RUF012

    def __init__(self, match: re.Match[str]) -> None:
        self._match = match
        self._named = match.groupdict()

    def __getitem__(self, key: int | str) -> str | None:
        if isinstance(key, int):
            return self._match[key]
        return self._named.get(key) or self._named.get(self._ALIASES.get(key, "")) or None

    def start(self) -> int:
        return self._match.start()

    def end(self) -> int:
        return self._match.end()


def fits(words: WindowWords, window: Window) -> bool:
    """The words describe this window: same days, the same month or part of it, or the same length for 近 30 天."""
    if words.kind in ("clock", "shift"):
        return True
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
        inside = words.first <= window.start and window.end <= words.last
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
        return (window.start.month, window.start.day) == (words.month, words.day)
    if words.kind == "year_part" and words.month:
        return window.start.month == words.month and 80 <= window.days <= 93
    return True


def overlaps(words: WindowWords, window: Window) -> bool:
    """Weaker than `fits`: the words name something inside, around or at an edge of the window."""
    if words.kind in ("clock", "shift", "rolling"):
        return True
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


def shift_fits(words: WindowWords, window: Window, previous: Window) -> bool:
    """同比 needs the base one year earlier, 环比 the base that ends where the window starts (or as far before)."""
    gap = (window.start - previous.start).days
    if words.shift == "yoy":
        return 350 <= gap <= 380
    return 0 < gap <= max(window.days, previous.days) + 3
