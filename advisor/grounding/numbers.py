"""Figures of a sentence: Arabic numbers with their sign, scale, unit and hedge, normalised to an interval of values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tools.text import CURRENCY_SIGNS

__all__ = ["Figure", "Hedge", "Kind", "arabic_figures", "hedge_before", "interval"]

Kind = Literal["money", "ratio", "pp", "count", "multiple", "duration", "bare"]
Hedge = Literal["", "about", "under", "over", "below", "above"]


@dataclass(frozen=True)
class Figure:
    """One figure as written. `low`..`high` is what a true absolute value may be, given rounding and hedge.

    Ratios are normalised (18 % is 0.18), percentage points are kept as points. `noun` is a currency for money and a
    count unit of `tools.facts` for counts; empty when the writer named none.
    """

    text: str
    start: int
    end: int
    value: Decimal
    low: Decimal
    high: Decimal
    kind: Kind
    noun: str = ""
    sign: int = 0
    hedge: Hedge = ""
    worded: bool = False

    def covers(self, value: Decimal) -> bool:
        return self.low <= abs(value) <= self.high


_PREFIX = r"(?:HK\$|US\$|JP¥|[¥£$€]|RMB|CNY|GBP|USD|EUR|HKD|人民币)"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALES: dict[str, int] = {
    "千万": 10**7, "百万": 10**6, "万": 10**4, "亿": 10**8, "千": 10**3, "百": 100,
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "hundred": 100, "grand": 10**3,
    "k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9, "w": 10**4,
}  # fmt: skip
_SCALE = (
    r"(?:\s*(?:千万|百万|万|亿|千|百)|\s*(?:thousand|million|billion|hundred|grand)\b|(?:[kKmMbBwW]|mn|bn)(?![A-Za-z]))"
)
_UNITS: tuple[tuple[str, Kind, str], ...] = (
    (r"个?百分点|percentage[ -]points?|percent[ -]points?|pp\b|ppts?\b|pts\b|points?\b(?! (?:out|of sale|card))", "pp", ""),
    (r"‰", "ratio", "‰"),
    (r"个?百?分位数?点?|(?:st|nd|rd|th)? percentile\b", "ratio", "%"),
    (r"%|per ?cent\b", "ratio", "%"),
    (r"元|块钱?|圆|人民币|RMB\b|yuan\b|CNY\b|renminbi\b", "money", "CNY"),
    (r"分(?:钱|(?=\s*(?:一[件个瓶盒支片包]|每|\s{2})))", "money", "分"),
    (r"英镑|pounds?\b|GBP\b|quid\b", "money", "GBP"),
    (r"美元|美金|dollars?\b|USD\b", "money", "USD"),
    (r"欧元|euros?\b|EUR\b", "money", "EUR"),
    (r"港[元币]|HKD\b", "money", "HKD"),
    (r"日元|JPY\b|yen\b", "money", "JPY"),
    (r"成(?![交本员功熟为立长果分效型都绩品套人])", "ratio", "成"),
    (r"倍|[x×](?![A-Za-z0-9])|-?fold\b", "multiple", ""),
    (r"times\b", "multiple", "times"),
    (r"单|笔|张订单|个订单|(?:paid )?orders?\b|purchases\b", "count", "orders"),
    (r"(?:unique |store |shop |site )?(?:visitors?|visits|sessions)\b|个?访客|UV\b", "count", "visitors"),
    (
        r"人次?|位|名|个?买家|个?顾客|个?客户|个?会员|(?:paying |new |returning |repeat |unique |of )*"
        r"(?:buyers?|customers?|shoppers?|people|members?|persons?)\b",
        "count",
        "buyers",
    ),
    (r"件(?!事)|items?\b|units?\b|pieces?\b|pcs\b", "count", "items"),
    (r"行|rows?\b|lines?\b", "count", "rows"),
    (r"次", "count", "times"),
    (r"天|日(?![期均])|days?\b|-day\b", "duration", "days"),
    (r"周|个?星期|weeks?\b|-week\b|个?月|months?\b|-month\b|年|years?\b|-year\b|个?小时|hours?\b|分钟|minutes?\b|mins?\b|秒|seconds?\b", "duration", ""),
    (r"个(?![百分])|款|家|场|种|条|项", "count", ""),
)  # fmt: skip
_UNIT_PATTERNS = tuple((re.compile(r"[\s ]*-?(?:" + p + ")", re.I), kind, noun) for p, kind, noun in _UNITS)
_HIT = re.compile(
    rf"(?P<sign>(?<![\w)\]%‰])[+\-−＋]\s?|(?<=\()[+\-−])?(?:(?P<prefix>{_PREFIX}\s*)(?P<sign2>[+\-−])?)?"
    rf"(?<![\d.,])(?P<num>{_NUMBER})(?P<more>[余几来]|多(?![了于出])|\+)?(?P<scale>{_SCALE})?(?P<more2>余|多(?![了于出])|\+)?"
)
_FOLLOW_MORE = re.compile(r"\s*(?:多(?![了于出])|余|or more\b)")
_SIGN_OF = {sign: code for code, sign in CURRENCY_SIGNS.items()} | {
    "US$": "USD", "RMB": "CNY", "人民币": "CNY", "CNY": "CNY", "GBP": "GBP", "USD": "USD", "EUR": "EUR", "HKD": "HKD",
}  # fmt: skip
# A bound, not a nearness: "has not reached half" is true of 38 %.
_NEVER = r"(?:没有?|还没有?|尚?未能?|并?不)"
_HEDGES: tuple[tuple[Hedge, re.Pattern[str]], ...] = (
    ("below", re.compile(rf"{_NEVER}(?:达?到|超过|突破|高于|多于|进入|摸到)(?:了|全店|同行|同类)?(?:的|前)?\s*$|(?:not|n't|never|fails? to|failed to) (?:yet )?(?:reach|exceed|clear|pass|hit|meet|top|above|over|more than)\s*(?:the |its )?$", re.I)),
    ("above", re.compile(rf"{_NEVER}(?:低于|跌破|少于)(?:了)?\s*$|(?:not|n't|never) (?:fall |drop |go )?(?:below|under|less than|fewer than)\s*(?:the )?$", re.I)),
    ("under", re.compile(r"(?:近|将近|接近|不到|不足|低于|少于|逼近|nearly|almost|close to|just under|under|less than|fewer than|below)\s*$", re.I)),
    ("over", re.compile(r"(?:超过?|逾|多于|高于|突破|大于|more than|over|above|upwards of|exceed\w*|just over)\s*$", re.I)),
    ("about", re.compile(r"(?:大?约|大概|左右|差不多|大致|约合|about|around|roughly|some|approximately|approx\.?|circa|(?:somewhere )?near|in the region of|~|≈|an estimated)\s*$", re.I)),
)  # fmt: skip
_AFTER_ABOUT = re.compile(r"^\s*(?:左右|上下|or so\b)")
_AFTER_OVER = re.compile(r"^\s*(?:多(?=[，。；,;、）)\[]|$|的)|出头|有余|开外|or more\b|and a bit\b)")
_RANGE = re.compile(r"^\s*(?:[-–—~～]|至|到|to)\s*$", re.I)


def hedge_before(text: str, start: int, end: int) -> Hedge:
    """How far the writer commits to the number at `start`..`end`."""
    head = text[max(0, start - 24) : start]
    for hedge, pattern in _HEDGES:
        if pattern.search(head):
            return hedge
    tail = text[end : end + 8]
    return "over" if _AFTER_OVER.match(tail) else "about" if _AFTER_ABOUT.match(tail) else ""


def interval(value: Decimal, step: Decimal, hedge: Hedge) -> tuple[Decimal, Decimal]:
    """What a true value may be when `value` was written with last place `step`, rounded and hedged."""
    half = step / 2
    if not hedge:
        return value - half, value + half
    loose = min(max(half, _significant(value) / 2), value * Decimal("0.05")) if value else half
    loose = max(loose, half)
    if hedge == "about":
        return value - loose, value + loose
    if hedge in ("below", "above"):
        return (value / 2, value) if hedge == "below" else (value, value * 2)
    wide = max(min(_significant(value), value * Decimal("0.1")), half)
    return (value - wide, value) if hedge == "under" else (value, value + wide)


def _significant(value: Decimal) -> Decimal:
    """The weight of the last non-zero digit: 10,000 for 1,280,000."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent)) if value else Decimal(1)


def arabic_figures(text: str) -> list[Figure]:
    """Every Arabic number of `text`, left to right; a range gives its unit to both ends."""
    found = [_figure(text, match) for match in _HIT.finditer(text)]
    for index in range(len(found) - 2, -1, -1):
        left, right = found[index], found[index + 1]
        if left.kind == "bare" and right.kind != "bare" and _RANGE.match(text[left.end : right.start]):
            found[index] = _same_unit(left, right)
    return found


def _figure(text: str, match: re.Match[str]) -> Figure:
    raw = match["num"].replace(",", "")
    places = len(raw.partition(".")[2])
    scale = Decimal(_SCALES[match["scale"].strip().lower()] if match["scale"] else 1)
    value, step = Decimal(raw) * scale, Decimal(1).scaleb(-places) * scale
    kind, noun, end = _unit(text, match.end())
    if match["prefix"] and kind in ("bare", "money"):
        kind, noun = "money", _SIGN_OF[match["prefix"].strip()]
    elif kind == "bare" and match["scale"] and match["scale"].strip() == "w":
        noun = ""
    if noun == "分":
        value, step, noun = value / 100, step / 100, "CNY"
    factor = {"%": Decimal("0.01"), "‰": Decimal("0.001"), "成": Decimal("0.1")}.get(noun, Decimal(1))
    if kind == "ratio":
        value, step, noun = value * factor, step * factor, ""
        if factor == Decimal("0.1"):
            step /= 2  # 三成 is said of 27.5 % to 32.5 %
    hedge = hedge_before(text, match.start(), end)
    if match["more"] or match["more2"] or _FOLLOW_MORE.match(text[match.end() : match.end() + 9]):
        hedge = "over"
    low, high = interval(value, step, hedge)
    sign_text = (match["sign"] or match["sign2"] or "").strip()
    sign = 0 if not sign_text else (1 if sign_text in "+＋" else -1)
    return Figure(text[match.start() : end].strip(), match.start(), end, value, low, high, kind, noun, sign, hedge)


def _unit(text: str, start: int) -> tuple[Kind, str, int]:
    for pattern, kind, noun in _UNIT_PATTERNS:
        match = pattern.match(text, start)
        if match:
            return kind, noun, match.end()
    return "bare", "", start


def _same_unit(left: Figure, right: Figure) -> Figure:
    """The left end of a range takes the unit of the right: 11–19 万元, 9–12 %."""
    factor = Decimal(1)
    if right.value:
        digits = re.search(_NUMBER, right.text)
        factor = right.value / Decimal(digits[0].replace(",", "")) if digits else factor
    half = (left.high - left.low) / 2 * factor
    value = left.value * factor
    return Figure(
        left.text,
        left.start,
        left.end,
        value,
        value - half,
        value + half,
        right.kind,
        right.noun,
        left.sign,
        left.hedge,
    )
