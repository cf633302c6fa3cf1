"""Time expressions in Chinese and English → the window grammar of the metrics (`30d`, `last_month`, `2024-01`, `2024-01-01..2024-03-31` …)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from advisor.brains.frame.seasons import season_days

__all__ = ["Span", "find_window"]

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_N = r"(\d{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_EN_NUMBERS = {
    w: i
    for i, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_EN_COUNT = "|".join(list(_EN_NUMBERS)[1:])
_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
_MONTHS["sept"] = 9
_MONTH_WORD = r"(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
_UNIT_DAYS = {
    "天": 1,
    "日": 1,
    "周": 7,
    "星期": 7,
    "礼拜": 7,
    "月": 30,
    "季度": 90,
    "年": 365,
    "day": 1,
    "week": 7,
    "month": 30,
    "quarter": 90,
    "year": 365,
}


class Span(NamedTuple):
    """A window in the grammar and the words that said it."""

    window: str
    words: str


def _number(text: str) -> float:
    if text == "半":
        return 0.5
    if text.isdigit():
        return int(text)
    if text in _EN_NUMBERS:
        return _EN_NUMBERS[text]
    total, current = 0, 0
    for char in text:
        digit = _DIGITS[char]
        if digit == 10:
            total += (current or 1) * 10
            current = 0
        else:
            current = digit
    return total + current


def _range(start: date, end: date) -> str:
    if start == end:
        return f"{start}"
    if (start.month, start.day, end) == (1, 1, date(start.year, 12, 31)):
        return f"{start.year}"
    return f"{start}..{end}"


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _shift_month(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _latest_year(month: int, anchor: date) -> int:
    return anchor.year if month <= anchor.month else anchor.year - 1


def _quarter(year: int, quarter: int) -> str:
    return f"{year}-Q{quarter}"


def _two_digit(text: str) -> int:
    year = int(text)
    return year + 2000 if year < 100 else year


def _year_of(word: str | None, month: int, anchor: date) -> int:
    """The year a month belongs to: said ("2024年", "去年", "last year") or the latest one already begun."""
    if not word:
        return _latest_year(month, anchor)
    if word in ("去年", "last year"):
        return anchor.year - 1
    if word == "前年":
        return anchor.year - 2
    if word in ("今年", "this year"):
        return anchor.year
    return _two_digit(re.sub(r"\D", "", word))


Make = Callable[["re.Match[str]", date], str | None]
_YEAR = r"(?:(20\d{2}年?|\d{2}年|去年|今年|前年)的?\s*)?"


def _explicit_range(m: re.Match[str], _: date) -> str | None:
    try:
        start, end = (date(*(int(p) for p in re.split(r"\D+", m.group(i).rstrip("日号")))) for i in (1, 2))
    except (ValueError, TypeError):
        return None
    return _range(min(start, end), max(start, end))


def _range_in_year(m: re.Match[str], _: date) -> str | None:
    try:
        start = date(*(int(part) for part in re.split(r"\D+", m.group(1).rstrip("日号"))))
        return _range(start, date(start.year, int(m.group(2)), int(m.group(3))))
    except (ValueError, TypeError):
        return None


def _explicit_day(m: re.Match[str], _: date) -> str | None:
    try:
        day = date(int(m.group(1)), int(m.group(2)), int(m.group(3)))
    except ValueError:
        return None
    return _range(day, day)


def _explicit_month(m: re.Match[str], _: date) -> str | None:
    return f"{m.group(1)}-{int(m.group(2)):02d}" if 1 <= int(m.group(2)) <= 12 else None


def _zh_month_span(m: re.Match[str], anchor: date) -> str | None:
    first, last = int(_number(m.group(2))), int(_number(m.group(3)))
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return None
    year = _year_of(m.group(1), last, anchor)
    return _range(date(year if first <= last else year - 1, first, 1), _month_end(year, last))


def _zh_month(m: re.Match[str], anchor: date) -> str | None:
    month = int(_number(m.group(2)))
    return f"{_year_of(m.group(1), month, anchor)}-{month:02d}" if 1 <= month <= 12 else None


def _zh_day(m: re.Match[str], anchor: date) -> str | None:
    month = int(_number(m.group(2)))
    year = _year_of(m.group(1), month, anchor)
    last_month = int(_number(m.group(5))) if m.group(5) else month
    return _days((m.group(1) and year, month, int(_number(m.group(3)))), (m.group(4), last_month, m.group(6)), anchor)


def _days(
    first: tuple[int | str | None, int, int], last: tuple[str | None, int, str | None], anchor: date
) -> str | None:
    """A day, or the first and the last day of a range. A year said for one end holds for both; none said is the latest begun."""
    year = first[0] or (last[0] and _year_of(last[0], last[1], anchor) - (first[1] > last[1]))
    begun = int(year) if year else _latest_year(first[1], anchor)
    try:
        start = date(begun, first[1], first[2])
        if not year and start > anchor:
            start = start.replace(year=begun - 1)
        if not last[2]:
            return _range(start, start)
        until = start.year + (last[1] < first[1])
        end = date(_year_of(last[0], last[1], anchor) if last[0] else until, last[1], int(_number(last[2])))
    except ValueError:
        return None
    return _range(min(start, end), max(start, end))


def _zh_quarter(m: re.Match[str], anchor: date) -> str | None:
    word = m.group(2) or m.group(3)
    quarter = int(_number(word))
    if not 1 <= quarter <= 4:
        return None
    return _quarter(_year_of(m.group(1), quarter * 3 - 2, anchor), quarter)


def _promo(m: re.Match[str], anchor: date, platform: str = "tmall") -> str | None:
    said = _year_of(m.group(1), 1, anchor) if m.group(1) else None
    days = season_days(m.group(2), said, anchor, platform=platform, itself=bool(_ITSELF.search(m.group())))
    return _range(*days) if days else None


def _en_month_span(m: re.Match[str], anchor: date) -> str | None:
    """May to July 2025; November 2024 to January 2025. A year said once is that of the last month."""
    first, last = _MONTHS[m.group(1)], _MONTHS[m.group(3)]
    year = int(m.group(4)) if m.group(4) else _latest_year(last, anchor)
    begun = int(m.group(2)) if m.group(2) else year - (first > last)
    if m.group(2) and not m.group(4):
        year = begun + (first > last)
    return _range(date(begun, first, 1), _month_end(year, last)) if (begun, first) <= (year, last) else None


_ITSELF = re.compile(r"[当那]日|[当那]一?天|这天|the day|itself|on the day|day only")


def _whole_recent(m: re.Match[str], anchor: date) -> str | None:
    """The last complete weeks (Monday to Sunday) or calendar months; "four full weeks" holds no broken one."""
    count, unit = int(_number(m.group(1)) or 1), m.group(2)
    if unit in ("month", "月"):
        after = anchor + timedelta(days=1)
        first = _shift_month(after, -count)
        return _range(first, after.replace(day=1) - timedelta(days=1))
    end = anchor - timedelta(days=(anchor.weekday() + 1) % 7)
    return _range(end - timedelta(days=7 * count - 1), end)


def _en_day(m: re.Match[str], anchor: date) -> str | None:
    """October 1, Oct 1 to Oct 7, October 1-7, 2025."""
    first_month = _MONTHS[m.group(1)]
    last_month = _MONTHS[m.group(4)] if m.group(4) else first_month
    year = int(m.group(3)) if m.group(3) else None
    return _days((year, first_month, int(m.group(2))), (m.group(6), last_month, m.group(5)), anchor)


def _zh_recent(m: re.Match[str], _: date) -> str | None:
    """近两周, 近一个半月, 近一年半."""
    unit = _UNIT_DAYS[m.group(3)]
    half = unit / 2 if m.group(2) or m.group(4) else 0
    return f"{round(_number(m.group(1)) * unit + half)}d"


def _en_recent(m: re.Match[str], _: date) -> str | None:
    n = _number(m.group(1)) if m.group(1) else 1
    return f"{round(n * _UNIT_DAYS[m.group(2)])}d"


def _en_month(m: re.Match[str], anchor: date) -> str | None:
    month = _MONTHS[m.group(1)]
    year = int(m.group(2)) if m.group(2) else _year_of(m.group(3), month, anchor)
    return f"{year}-{month:02d}"


def _en_quarter(m: re.Match[str], anchor: date) -> str | None:
    year = m.group(2) or m.group(3)
    quarter = int(m.group(1))
    return _quarter(int(year) if year else _latest_year(quarter * 3 - 2, anchor), quarter)


def _this_quarter(_: re.Match[str], anchor: date) -> str:
    return _quarter(anchor.year, (anchor.month - 1) // 3 + 1)


def _month_before_last(_: re.Match[str], anchor: date) -> str:
    day = _shift_month(anchor.replace(day=1), -2)
    return f"{day.year}-{day.month:02d}"


def _week_before_last(_: re.Match[str], anchor: date) -> str:
    monday = anchor - timedelta(days=anchor.weekday() + 14)
    return _range(monday, monday + timedelta(days=6))


def _year_window(offset: int) -> Make:
    def make(_: re.Match[str], anchor: date) -> str:
        year = anchor.year + offset
        return _range(date(year, 1, 1), anchor if offset == 0 else date(year, 12, 31))

    return make


def _half_year(m: re.Match[str], anchor: date) -> str:
    first = "上" in m.group(2)
    year = _year_of(m.group(1), 1 if first else 7, anchor)
    return _range(date(year, 1, 1), date(year, 6, 30)) if first else _range(date(year, 7, 1), date(year, 12, 31))


def _fixed(window: str) -> Make:
    return lambda _m, _a: window


def _since_month(m: re.Match[str], anchor: date) -> str | None:
    month = _MONTHS[m.group(1)] if m.group(1) in _MONTHS else int(_number(m.group(1)))
    return _range(date(_latest_year(month, anchor), month, 1), anchor) if 1 <= month <= 12 else None


_EN_DAY = r"(\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_EN_YEAR = r"(?:,? (20\d{2}))?"
_DATE = r"(20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?)"
_RULES: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"{_DATE}\s*(?:\.\.|到|至|~|-|—|to|until|and)\s*{_DATE}", _explicit_range),
        (rf"{_DATE}\s*(?:到|至|~|—)\s*(\d{{1,2}})月(\d{{1,2}})[日号]", _range_in_year),
        (r"(20\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?", _explicit_day),
        (r"(20\d{2})[-/.](\d{1,2})(?![\d.])", _explicit_month),
        (
            r"(?:(20\d{2}年?|\d{2}年|去年|今年|前年|(?:this|last) year(?='s))(?:的|'s)?\s*)?((?:the day of )?(?:618|双十一|双11|双十二|双12|双 11|double 11|11\.11|singles' day|singles day|春节|spring festival|chinese new year|lunar new year)(?:的?(?:[当那]日|[当那]一?天|这天)| (?:itself|on the day|day only))?)",
            _promo,
        ),
        (rf"{_YEAR}{_N}月份?\s*(?:到|至|-|~|—)\s*{_N}月份?", _zh_month_span),
        (rf"{_YEAR}(\d{{1,2}})\s*(?:到|至|-|~)\s*(\d{{1,2}})月份?", _zh_month_span),
        (rf"{_YEAR}{_N}月{_N}[号日]?\s*(?:到|至|-|~|—|–)\s*{_YEAR}(?:{_N}月)?{_N}[号日]", _zh_day),
        (rf"{_YEAR}{_N}月{_N}[号日]()()()", _zh_day),
        (
            rf"(?<![a-z]){_MONTH_WORD}\.? {_EN_DAY}{_EN_YEAR}(?:\s*(?:to|until|till|through|and|-|–|—)\s*(?:{_MONTH_WORD}\.? )?{_EN_DAY}{_EN_YEAR})?",
            _en_day,
        ),
        (
            rf"(?<![a-z]){_MONTH_WORD}\.?(?:,? (20\d\d))?\s*(?:to|through|until|till|-|–|—)\s*{_MONTH_WORD}(?![a-z])(?! \d{{1,2}}\b)(?:,? (20\d\d))?",
            _en_month_span,
        ),
        (
            rf"(?<=between ){_MONTH_WORD}(?:,? (20\d\d))? and {_MONTH_WORD}(?![a-z])(?! \d{{1,2}}\b)(?:,? (20\d\d))?",
            _en_month_span,
        ),
        (r"(?:从|自)\s*(\d{1,2}|[一二三四五六七八九十]{1,2})月份?(?:以来|起|开始|到现在|至今)", _since_month),
        (rf"{_YEAR}(?:第?{_N}季度|q([1-4])(?!\d))(?!\s*20\d\d)", _zh_quarter),
        (r"q([1-4])(?:\s*(?:of\s*)?(20\d{2}))?(?!\d)|([1-4])(?:st|nd|rd|th) quarter", _en_quarter),
        (r"上个?季度|last quarter|previous quarter|上季(?!度)", _fixed("last_quarter")),
        (r"这个?季度|本季度?|this quarter|quarter to date|qtd", _this_quarter),
        (r"上上个?月|the month before last|month before last", _month_before_last),
        (r"上个?月|上月份|last month|previous month|lst month|past month(?=\b)", _fixed("last_month")),
        (r"这个?月|本月|当月|this month|month to date|mtd", _fixed("this_month")),
        (r"上上个?(?:周|星期|礼拜)|the week before last|week before last", _week_before_last),
        (r"上个?(?:周|星期|礼拜)|last week|previous week|past week", _fixed("last_week")),
        (r"这个?(?:周|星期|礼拜)|本周|this week", _fixed("this_week")),
        (r"前天|the day before yesterday", lambda _m, a: _range(a - timedelta(days=1), a - timedelta(days=1))),
        (r"昨天|昨日|昨晚|昨儿|yesterday|last night", _fixed("yesterday")),
        (r"今天|今日|今儿|today", _fixed("today")),
        (rf"(?:最近|近|过去|上|前)的?\s*{_N}\s*个?(?:完整的?|整)个?(?:自然)?(周|星期|礼拜|月)", _whole_recent),
        (
            rf"(?:last|past|previous|latest)\s+(\d{{1,2}}|{_EN_COUNT})\s+(?:full|complete|whole|entire)\s+(?:calendar )?(week|month)s?",
            _whole_recent,
        ),
        (rf"(?:最近|近|过去|这)的?\s*{_N}\s*个?(半?)(天|日|周|星期|礼拜|月|季度|年)(半?)", _zh_recent),
        (rf"{_N}(天|周|个月)(?:以来|来)", lambda m, a: _zh_recent_simple(m.group(1), m.group(2))),
        (
            r"(?:last|past|previous|recent|trailing|latest)\s+(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s*-?(day|week|month|quarter|year)s?",
            _en_recent,
        ),
        (r"(?<!\d)(\d{1,3})d(?![a-z])", lambda m, _a: f"{int(m.group(1))}d"),
        (rf"{_YEAR}{_N}月份?", _zh_month),
        (rf"(?:since|from)\s+{_MONTH_WORD}\b(?!\s*(?:to|until|20))", _since_month),
        (rf"(?<![a-z]){_MONTH_WORD}(?![a-z])(?:\s*,?\s*(20\d{{2}})|\s+(?:of\s+)?(last year|this year))?", _en_month),
        (r"(去年|今年|前年|20\d{2}年?)?的?(上半年|下半年)", _half_year),
        (r"半年", _fixed("180d")),
        (r"(20\d{2})年", lambda m, _a: _range(date(int(m.group(1)), 1, 1), date(int(m.group(1)), 12, 31))),
        (
            r"(?:in|for|during|of)\s+(20\d{2})(?![-\d])",
            lambda m, _a: _range(date(int(m.group(1)), 1, 1), date(int(m.group(1)), 12, 31)),
        ),
        (r"前年", _year_window(-2)),
        (r"去年|上一年|last year|previous year", _year_window(-1)),
        (r"今年|本年|this year|year to date|ytd", _year_window(0)),
        (
            r"有史以来|历史以来|一直以来|开店以来|全部时间|累计|总共(?:以来)?|所有时间|all time|all-time|ever since|overall total|since the start",
            _fixed("all"),
        ),
        (r"这几天|这两天|最近几天|近几天|last few days|past few days|these days", _fixed("7d")),
        (r"这几周|最近几周|近几周|last few weeks", _fixed("28d")),
        (r"这几个月|最近几个月|近几个月|last few months", _fixed("90d")),
        (r"最近|近期|近来|lately|recently|目前|现在", _fixed("recent")),
    )
)
_MAY = re.compile(r"(?<![a-z])may(?![a-z])")
_MAY_IS_MONTH = re.compile(
    r"(?:in|of|for|since|last|during|compared? (?:to|with))\s+may(?![a-z])|may\s+(?:20\d{2}|\d{1,2}(?:st|nd|rd|th)?\b|sales|revenue|gmv)|^may$"
)


def _zh_recent_simple(number: str, unit: str) -> str:
    return f"{round(_number(number) * _UNIT_DAYS[unit.replace('个', '')])}d"


def find_window(text: str, anchor: date, today: date, platform: str = "tmall") -> list[Span]:
    """Windows said in a normalised text, in reading order, overlapping readings dropped (earlier rules are more specific).

    ``anchor`` is the last day the shop has data for, or today when that is earlier: "March" is the latest March begun by
    then; campaigns last as long as ``platform`` held them. Of an impossible date only the month is read. "Lately" is the window `recent`: whatever length the question needs.
    """
    taken: list[tuple[int, int, Span]] = []
    for pattern, make in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end, _ in taken):
                continue
            if make is not _en_month_span and _MAY.search(match.group()) and not _MAY_IS_MONTH.search(text):
                continue
            window = _promo(match, anchor, platform) if make is _promo else make(match, anchor)
            if window:
                window = str(today) if window == "today" else window
                taken.append((match.start(), match.end(), Span(window, match.group())))
    return [span for _, _, span in sorted(taken)]
