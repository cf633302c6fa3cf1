"""Figures written in words: 三成, 一半, 翻倍, 三分之一, 百分之十八, 三百单; doubled, a third, twelve percent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from advisor.grounding.numbers import Figure, Kind, arabic_figures, hedge_before, interval

__all__ = ["chinese_number", "word_figures"]

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_CN = r"[零〇一二两三四五六七八九十百千]+"
_HARD_UNIT = r"(?:万|亿)*(?:多|余)?\s*(?:元|块钱|英镑|美元|欧元|人(?!群)|位|名|单(?!品|价|独|件)|笔|个?百分点|个?买家|个?顾客|个?客户|个?访客|个?会员|件(?!事))"
_NOT_CHENG = r"(?![交本员功熟为立长果分效型都绩品套人])"


def chinese_number(text: str) -> int | None:
    """三百二十 -> 320; None when it is not a number."""
    total, section, digit = 0, 0, 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _POWERS:
            section += (digit or 1) * _POWERS[char]
            digit = 0
        elif char in "万亿":
            total = (total + section + digit) * (10_000 if char == "万" else 100_000_000)
            section = digit = 0
        else:
            return None
    return total + section + digit


def _make(text: str, match: re.Match[str], value: Decimal, step: Decimal, kind: Kind) -> Figure:
    hedge = hedge_before(text, match.start(), match.end())
    low, high = interval(value, step, hedge)
    if hedge == "under":
        low, high = value - max(step, value / 10), value
    if hedge == "over":
        low, high = value, value + max(step, value / 10)
    return Figure(match[0], match.start(), match.end(), value, low, high, kind, hedge=hedge, worded=True)


def _tenths(text: str, match: re.Match[str]) -> Figure | None:
    whole, part = chinese_number(match[1]), _DIGITS.get(match[2] or "零", 5)  # 一成半
    if whole is None or not 0 < whole < 11:
        return None
    value = Decimal(whole) / 10 + Decimal(part) / 100
    return _make(text, match, value, Decimal("0.01") if match[2] else Decimal("0.05"), "ratio")


def _percent(text: str, match: re.Match[str]) -> Figure | None:
    if match[1].isascii():
        return _make(text, match, Decimal(match[1]) / 100, Decimal("0.01"), "ratio")
    whole, _, rest = match[1].partition("点")
    number = chinese_number(whole)
    if number is None:
        return None
    decimals = "".join(str(_DIGITS[c]) for c in rest if c in _DIGITS)
    value = Decimal(f"{number}.{decimals or '0'}") / 100
    return _make(text, match, value, Decimal(1).scaleb(-len(decimals) - 2), "ratio")


def _fraction(text: str, match: re.Match[str]) -> Figure | None:
    below, above = chinese_number(match[1]), chinese_number(match[2])
    if not below or above is None:
        return None
    return _make(text, match, Decimal(above) / below, Decimal("0.04"), "ratio")


def _slash(text: str, match: re.Match[str]) -> Figure | None:
    above, below = int(match[1]), int(match[2])
    return _make(text, match, Decimal(above) / below, Decimal("0.04"), "ratio") if 0 < above < below < 10 else None


def _times(text: str, match: re.Match[str]) -> Figure | None:
    number = chinese_number(match[1])
    return None if number is None else _make(text, match, Decimal(number), Decimal("0.2"), "multiple")


def _fixed(value: str, step: str, kind: Kind) -> Callable[[str, re.Match[str]], Figure | None]:
    return lambda text, match: _make(text, match, Decimal(value), Decimal(step), kind)


def _arabic(text: str, match: re.Match[str]) -> Figure | None:
    """A Chinese number with a hard unit, read as if written in Arabic."""
    number = chinese_number(match[1])
    if number is None or (number < 10 and match[2].strip() == "单"):
        return None  # 二单 is the second order
    return _as_arabic(text, match, str(number), match[2])


def _as_arabic(text: str, match: re.Match[str], number: str, unit: str) -> Figure | None:
    for figure in arabic_figures(f"{number}{unit}"):
        hedge = hedge_before(text, match.start(), match.end())
        # a number in words is a round one: 一千二百万 may stand for 1,203 万
        low, high = interval(figure.value, figure.high - figure.low, hedge or "about")
        return replace(
            figure, text=match[0], start=match.start(), end=match.end(), low=low, high=high, hedge=hedge, worded=True
        )
    return None


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = {
    w: 10 * (i + 2) for i, w in enumerate(re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety"))
}
_EN_VALUE = {word: i for i, word in enumerate(re.findall(r"\w+", _ONES))} | _TENS
_EN_WORD = "|".join(sorted([*_EN_VALUE, "hundred", "thousand", "million"], key=len, reverse=True))
_EN_UNIT = (
    r"per ?cent\b|%|percentage points?\b|points?\b|orders?\b|buyers?\b|customers?\b|shoppers?\b|visitors?\b|people\b|"
    r"members?\b|pounds?\b|dollars?\b|yuan\b|euros?\b|RMB\b|items?\b|units?\b|visits\b"
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "tenth": 10}


def _english(text: str, match: re.Match[str]) -> Figure | None:
    total = part = 0
    for word in re.findall(_EN_WORD, match[1].lower()):
        if word in _EN_VALUE:
            part += _EN_VALUE[word]
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            total, part = total + (part or 1) * {"thousand": 1000, "million": 10**6}[word], 0
    counted = not re.match(r"per|%|point|pound|dollar|yuan|euro|RMB", match[2], re.I)
    if counted and total + part < 3:
        return None  # one order, two buyers: everyday words
    return _as_arabic(text, match, str(total + part), " " + match[2])


def _english_part(text: str, match: re.Match[str]) -> Figure | None:
    above = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}[match[1].lower()]
    return _make(text, match, Decimal(above) / _PARTS[match[2].lower().removesuffix("s")], Decimal("0.04"), "ratio")


_SMALL = "one|two|three|four|five|six|seven|eight|nine"


def _in_every(text: str, match: re.Match[str]) -> Figure | None:
    """Six in ten, one in three, three out of the five."""
    above = _EN_VALUE[match[1].lower()]
    below = _EN_VALUE.get(match[2].lower()) or (int(match[2]) if match[2].isdigit() else 0)
    return _make(text, match, Decimal(above) / below, Decimal("0.06"), "ratio") if below > above else None


def _some_of(text: str, match: re.Match[str]) -> Figure | None:
    """Three of the top ten; "one of the" is no count."""
    count = _EN_VALUE[match[1].lower()]
    return _make(text, match, Decimal(count), Decimal(1), "count") if count > 1 else None


_RULES: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Figure | None]], ...] = (
    (re.compile(rf"百分之(\d+(?:\.\d+)?|{_CN}(?:点[零一二三四五六七八九]+)?)"), _percent),
    (re.compile(rf"({_CN})分之({_CN})"), _fraction),
    (re.compile(r"(?<![\d/])([1-9])/([1-9])(?![\d/])"), _slash),
    (re.compile(rf"([一二两三四五六七八九十])成{_NOT_CHENG}([一二三四五六七八九半])?"), _tenths),
    (re.compile(r"过半|超半数"), _fixed("0.6", "0.2", "ratio")),
    (re.compile(r"一半|半数|对半"), _fixed("0.5", "0.05", "ratio")),
    (re.compile(r"减半|腰斩"), _fixed("0.5", "0.06", "multiple")),
    (re.compile(r"翻了?两番"), _fixed("4", "0.4", "multiple")),
    (re.compile(r"翻(?:了?[一1]?(?:倍|番)|一番)"), _fixed("2", "0.2", "multiple")),
    (re.compile(rf"({_CN})倍"), _times),
    (re.compile(rf"(?<![第零〇一二两三四五六七八九十百千\d,.])({_CN})({_HARD_UNIT})"), _arabic),
    (re.compile(r"\bhalved\b|\bhalving\b", re.I), _fixed("0.5", "0.06", "multiple")),
    (re.compile(r"\bdoubl(?:ed|es|ing)\b|\btwice\b|\btwofold\b|\bdouble (?=the|that|what|its|last)", re.I), _fixed("2", "0.2", "multiple")),
    (re.compile(r"\btripl(?:ed|es|ing)\b|\bthrice\b|\bthreefold\b|\btrebled\b", re.I), _fixed("3", "0.3", "multiple")),
    (re.compile(r"\bquadrupl(?:ed|es|ing)\b|\bfourfold\b", re.I), _fixed("4", "0.4", "multiple")),
    (re.compile(r"(?<!second and )\b(a|one|two|three|four)[ -](half|thirds?|quarters?|fifths?|tenths?)(?= of\b| as\b| by\b| lower| higher| less| more|[,.;]|$)", re.I), _english_part),
    (re.compile(r"(?<!first )(?<!second )(?<!latter )(?<!other )\bhalf(?= of\b| the\b| its\b| their\b| as\b| that\b)|(?<=by )half\b", re.I), _fixed("0.5", "0.05", "ratio")),
    (re.compile(rf"\b({_SMALL}) (?:in|out of)(?: every)? ({_SMALL}|ten|\d+)\b", re.I), _in_every),
    (re.compile(rf"\b({_SMALL}|ten) of (?=(?:the|your|our|its|these|those) )", re.I), _some_of),
    (re.compile(rf"\b((?:{_EN_WORD})(?:[ -](?:and )?(?:{_EN_WORD}))*)[ -](?:more |paid |new |returning )?({_EN_UNIT})", re.I), _english),
)  # fmt: skip


def word_figures(text: str) -> Iterator[Figure]:
    """Figures in words, left to right per rule; never two over the same characters."""
    taken: list[tuple[int, int]] = []
    for pattern, build in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            figure = build(text, match)
            if figure is not None:
                taken.append((match.start(), match.end()))
                yield figure
