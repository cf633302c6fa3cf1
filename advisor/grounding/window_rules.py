"""Finds window expressions in a sentence: 10 月, last month, 近 30 天, 2024-03-01..03-31, 2 September to 1 October 2026, 同比."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from advisor.grounding.windows import WindowKind, WindowWords
from advisor.grounding.words import chinese_number

__all__ = ["find_windows"]

_MONTHS = (
    {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
    | {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
    | {"sept": 9}
)
_EN_MONTH = (
    r"(?:January|February|March|April|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?"
)
# "May" is a month after a preposition or before a figure, a possessive or a colon; else it is a verb
_EN_MAY = (
    r"(?:(?<=[Ii]n )|(?<=[Oo]f )|(?<=[Ss]ince )|(?<=[Oo]n )|(?<=[Ff]rom )|(?<=to )|(?<=[Dd]uring )|(?<=[Uu]ntil )|(?<=vs )|"
    r"(?<=and )|(?<=than )|(?<=for )|(?<=For )|(?<=\d ))May\b|May(?= \d)|May(?='s)|May(?=[:,])|May(?= [A-Z¥£$])"
)
_MON = rf"(?:{_EN_MONTH}|May\b)"
_DASH = r"\s*(?:\.\.|–|—|~|～|-|至|到|to|through|until)\s*"
_ISO = r"(?P<y{0}>20\d\d)[-/.](?P<m{0}>\d{{1,2}})[-/.](?P<d{0}>\d{{1,2}})"
_ZH = r"(?:(?P<y{0}>20\d\d)\s*年\s*)?(?P<m{0}>\d{{1,2}})\s*月\s*(?P<d{0}>\d{{1,2}})\s*[日号]"
_EN = r"(?P<d{0}>\d{{1,2}}) (?P<m{0}>" + _MON.replace("{", "{{").replace("}", "}}") + r")(?:,? (?P<y{0}>20\d\d))?"
_US = r"(?P<m{0}>" + _MON.replace("{", "{{").replace("}", "}}") + r") (?P<d{0}>\d{{1,2}})(?:,? (?P<y{0}>20\d\d))?"
_YEAR_ZH = r"(?:(?P<y1>20\d\d)\s*年\s*)?"
_CN_NUM = "[一二两三四五六七八九十]+"
_COUNT = rf"\d+|{_CN_NUM}|one|two|three|four|six|seven|twelve|thirty|ninety"
_EN_COUNT = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "seven": 7, "twelve": 12, "thirty": 30, "ninety": 90}
_UNIT_DAYS = ((r"天|日|day", 1), (r"周|个?星期|week", 7), (r"个?月|month", 30), (r"年|year", 365))
_RELATIVE_UNITS = (
    ("year", "年|year"),
    ("quarter", "季|quarter"),
    ("month", "月|month"),
    ("week", "周|星期|week"),
    ("day", ""),
)
_COMPARED = re.compile(
    r"(?:比|较|对比|相比|与|环比|低于|高于|超过|不如|above|below|vs\.?|versus|than|compared (?:with|to)|against|\bon|\bover|\bfrom|relative to|和)\s*(?:the )?$",
    re.I,
)
# "from 4 October to 31 October" and "over the last 28 days" say when; "from September" and "over the previous 28 days" say what with.
_ON = re.compile(r"\bon\s*$", re.I)
_FROM, _OVER = re.compile(r"\bfrom\s*$", re.I), re.compile(r"\bover\s*(?:the )?$", re.I)
_WHOLE_RANGE = re.compile(r"\b(?:to|through|until)\b")
_JUST_PASSED = re.compile(r"(?:last|past|trailing|recent)\b", re.I)
_ONE_DAY = re.compile(r"当天|当日|同一天|the same day|that day|on the day", re.I)
_WHICH_YEAR = re.compile(r"今年|去年|20\d\d\s*年|(?:this|last|previous) year|20\d\d", re.I)
_MORE_AFTER = re.compile(
    r"\s*(?:的|'s )?\s*(?:双|618|\d{1,2}\s*月|[一二三四五六七八九十]+月|Q\d|国庆|春节|大促|暑|秋|冬|春|夏|第|Double)"
)
_MORE_BEFORE = re.compile(
    r"(?:Double 11|618|January|February|March|April|May|June|July|August|September|October|November|December|campaign|holiday|Q\d)\s*(?:of |in )?$"
)
_OPEN = re.compile(r"^\s*(?:起|以来|之后|后|以后|onwards?|on\b)|^\s*[-–]\s*$", re.I)
_OPEN_BEFORE = re.compile(r"(?:自|since|after)\s*$", re.I)


class _Found:
    """A match whose missing groups read as empty text."""

    def __init__(self, match: re.Match[str]) -> None:
        self.text = match[0]
        self.start = match.start()
        self.end = match.end()
        self._named = match.groupdict()

    def __getitem__(self, key: str) -> str:
        return self._named.get(key) or ""

    def number(self, key: str) -> int:
        return int(self[key] or 0)


def _month_span(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _exists(month: int, day: int) -> bool:
    return _date(2024, month, day) is not None  # a leap year


def _month_number(text: str) -> int:
    text = text.strip(" .").lower()
    if text.isdigit():
        return int(text)
    return _MONTHS.get(text) or chinese_number(text) or 0


def _span(match: _Found, today: date | None) -> WindowWords:
    """Two days, each with or without its month and year; the other end lends what is missing."""
    month, last_month = _month_number(match["m1"] or match["m2"]), _month_number(match["m2"] or match["m1"])
    day, last_day = match.number("d1"), match.number("d2")
    if not (_exists(month, day) and _exists(last_month, last_day)):
        return _words(match, "invalid")
    year, last_year = match.number("y1"), match.number("y2")
    last_year = last_year or (year and year + (last_month < month))
    year = year or (last_year and last_year - (last_month < month))
    first = _date(year, month, day) if year else None
    last = _date(last_year, last_month, last_day) if last_year else None
    words = _words(match, "span", first=first, last=last, month=month, day=day)
    return replace(words, last_month=last_month, last_day=last_day)


def _month(match: _Found, today: date | None) -> WindowWords:
    """A month or a day of it, with or without a year."""
    month, day, year = _month_number(match["m1"]), match.number("d1"), match.number("y1")
    if not 1 <= month <= 12 or (match["d1"] and not _exists(month, day)):
        return _words(match, "invalid")
    if day:
        when = _date(year, month, day) if year else None
        return _words(match, "day", first=when, last=when, month=month, day=day)
    first, last = _month_span(year, month) if year else (None, None)
    return _words(match, "month", first=first, last=last, month=month)


def _year(match: _Found, today: date | None) -> WindowWords:
    year = match.number("y1")
    return _words(match, "year_part", first=date(year, 1, 1), last=date(year, 12, 31))


def _quarter(match: _Found, today: date | None) -> WindowWords:
    quarter = _month_number(match["q"])
    year = int(match["y1"] or match["y2"] or 0)
    month = quarter * 3 - 2
    if not year or not 1 <= quarter <= 4:
        return _words(match, "year_part", month=month if 1 <= quarter <= 4 else 0, days=91)
    return _words(match, "year_part", first=date(year, month, 1), last=_month_span(year, month + 2)[1])


def _relative(match: _Found, today: date | None) -> WindowWords:
    word = match.text.lower()
    unit = next(name for name, pattern in _RELATIVE_UNITS if re.search(pattern, word))
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
        first, end = date(index // 12, index % 12 + 1, 1), index + months - 1
        last = _month_span(end // 12, end % 12 + 1)[1]
    return _words(match, "span", first=first, last=last)


def _rolling(match: _Found, today: date | None) -> WindowWords:
    raw = match["n"].lower()
    count = int(raw) if raw.isdigit() else (_EN_COUNT.get(raw) or chinese_number(raw) or 0)
    size = next(days for pattern, days in _UNIT_DAYS if re.match(pattern, match["u"].lower()))
    return _words(match, "rolling", days=count * size)


def _shift(match: _Found, today: date | None) -> WindowWords:
    yoy = re.search(r"同比|去年同期|year|yoy", match.text, re.I)
    return replace(_words(match, "shift"), shift="yoy" if yoy else "pop", compared=True)


def _one_day(match: _Found, today: date | None) -> WindowWords:
    return _words(match, "rolling", days=1)


def _clock(match: _Found, today: date | None) -> WindowWords:
    return _words(match, "clock")


def _words(
    match: _Found,
    kind: WindowKind,
    *,
    first: date | None = None,
    last: date | None = None,
    month: int = 0,
    day: int = 0,
    days: int = 0,
) -> WindowWords:
    return WindowWords(match.text, match.start, match.end, kind, first, last, month, day, days)


_Build = Callable[[_Found, date | None], WindowWords]
_TABLE: tuple[tuple[str, _Build], ...] = (
    (_ISO.format(1) + _DASH + _ISO.format(2), _span),
    (_ZH.format(1) + _DASH + _ZH.format(2), _span),
    (_YEAR_ZH + r"(?P<m1>\d{1,2})\s*月\s*(?P<d1>\d{1,2})\s*[日号]?" + _DASH + r"(?P<d2>\d{1,2})\s*[日号]", _span),
    (r"\b" + _EN.format(1) + _DASH + _EN.format(2), _span),
    (r"\b" + _US.format(1) + _DASH + _US.format(2), _span),
    (r"\b(?P<d1>\d{1,2})" + _DASH + _EN.format(2), _span),
    (r"\b" + _US.format(1) + _DASH + r"(?P<d2>\d{1,2})\b(?!,\d{3}|[\d.%])(?:,? (?P<y2>20\d\d))?", _span),
    (_ISO.format(1), _month),
    (r"(?P<y1>20\d\d)-(?P<m1>0[1-9]|1[0-2])(?![\d-])", _month),
    (_ZH.format(1), _month),
    (_YEAR_ZH + r"(?<!\d)(?P<m1>\d{1,2})\s*月(?!内)份?", _month),
    (_YEAR_ZH + r"(?<![个一二三四五六七八九十])(?P<m1>十[一二]?|[一二三四五六七八九])月份?", _month),
    (r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)? )?(?P<m1>" + _EN_MONTH + r")(?:,? (?P<y1>20\d\d))?(?! \d)", _month),
    (
        r"(?P<m1>" + _EN_MONTH + r"|May) (?P<d1>\d{1,2})(?:st|nd|rd|th)?\b(?!,\d{3}|[\d.%])(?:,? (?P<y1>20\d\d))?",
        _month,
    ),
    (r"(?P<d1>\d{1,2}) (?P<m1>May)\b(?:,? (?P<y1>20\d\d))?", _month),
    (r"(?P<m1>" + _EN_MAY + r")(?:,? (?P<y1>20\d\d))?", _month),
    (_YEAR_ZH.replace("年\\s*", "年?\\s*") + r"第?(?P<q>[一二三四1-4])季度(?P<y2>)", _quarter),
    (r"(?:(?P<y1>20\d\d)\s*年?\s*)?(?<![A-Za-z])Q(?P<q>[1-4])(?: (?P<y2>20\d\d))?", _quarter),
    (
        r"\b(?i:same (?:month|period|week|quarter) (?:last|a) year|(?:year|month|week)[- ](?:on|over)[- ](?:year|month|week)|(?:the |a )?(?:month|week|period|quarter|year) (?:before|earlier)|yoy|mom)\b"
        r"|去年同期|同比|环比",
        _shift,
    ),
    (rf"(?:近|过去|最近|前)\s*(?P<n>{_COUNT})\s*(?P<u>天|日|周|个?星期|个?月|年)", _rolling),
    (
        rf"\b(?i:last|past|previous|trailing|prior|recent|first|preceding)[ -](?P<n>{_COUNT})[ -](?P<u>days?|weeks?|months?|years?)\b",
        _rolling,
    ),
    (
        r"上个?月|上上?个?(?:周|星期)|上个?季度|本月|这个?月|本周|这周|本季度|昨天|昨日|去年|今年|今天(?!起)"
        r"|\b(?i:(?:last|previous|this|prior) (?:month|week|quarter|year)|yesterday|today)\b",
        _relative,
    ),
    (r"当天|当日|同一天|(?i:\b(?:the same day|that day|on the day)\b)", _one_day),
    (r"(?P<y1>20\d\d)\s*(?:年|财年)", _year),
    (
        r"(?<![\d,.¥£$€])\b(?P<y1>20[0-4]\d)\b(?![,.]?\d)"
        r"(?!\s*(?:orders?|buyers?|visitors?|items?|单|人|件|元|笔|万|%|yuan|rows))",
        _year,
    ),
    (
        r"\d{1,2}[:：]\d{2}|周[一二三四五六日末天]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|\d{1,2}\s*点(?![击数])"
        r"|24\s*小时|7\s*[x×]\s*24",
        _clock,
    ),
)
_RULES = tuple((re.compile(pattern), build) for pattern, build in _TABLE)


def _is_base(words: WindowWords, head: str) -> bool:
    if not _COMPARED.search(head):
        return False
    when = words.kind == "span" and _FROM.search(head) and _WHOLE_RANGE.search(words.text)
    if words.kind == "day" and _ON.search(head):
        return False  # sent on 5 November says when
    lately = words.kind == "rolling" and _OVER.search(head) and _JUST_PASSED.match(words.text)
    return not (when or lately)


def _says_more(text: str, match: re.Match[str]) -> bool:
    """A month, quarter or campaign beside the year."""
    return bool(_MORE_AFTER.match(text, match.end()) or _MORE_BEFORE.search(text[: match.start()]))


def find_windows(text: str, today: date | None) -> list[WindowWords]:
    """Every window expression, left to right; the more specific rule wins where two overlap."""
    taken: list[WindowWords] = []
    for pattern, build in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            words = build(_Found(match), today)
            head = text[max(0, match.start() - 16) : match.start()]
            taken.append(
                replace(
                    words,
                    within=bool(_WHICH_YEAR.fullmatch(match[0]) and _says_more(text, match)),
                    compared=words.compared or _is_base(words, head),
                    open_ended=bool(_OPEN.match(text[match.end() : match.end() + 8]) or _OPEN_BEFORE.search(head)),
                )
            )
    found = sorted(taken, key=lambda words: words.start)
    return [
        words
        for at, words in enumerate(found)
        if not (_ONE_DAY.fullmatch(words.text) and at and words.start - found[at - 1].end <= 4)
    ]
