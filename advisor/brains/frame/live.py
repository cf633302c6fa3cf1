"""What a livestream question names: the day and hour of a session to plan, how long it lasts, a budget, a text to be checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

__all__ = ["live_slots", "wording_of"]

_ZH_WEEKDAY = "一二三四五六日"
_EN_WEEKDAY = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER: Mapping[str, int] = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十一": 11, "十二": 12}  # fmt: skip
_DAY = re.compile(r"(下+|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_EN_DAY = re.compile(rf"(next |this |on )?\b({'|'.join(_EN_WEEKDAY)})")
_SOON = (("大后天", 3), ("后天", 2), ("明", 1), ("tomorrow", 1), ("今晚", 0), ("今天", 0), ("tonight", 0), ("today", 0))
_CLOCK = re.compile(
    r"(早上|上午|中午|下午|傍晚|晚上?|夜里)?\s?(\d{1,2}|十[一二]?|[一两二三四五六七八九])\s?(?:点|时|:|：)(半|\d{2})?(?!播)"
)
_EN_CLOCK = re.compile(r"\bat (\d{1,2})(?::(\d{2}))? ?(am|pm)?\b")
_HOURS = re.compile(
    r"(?:播|直播|开)?(\d{1,2}(?:\.5)?|[一两二三四五六七八九十])个?半?(?:小时|钟头)|(\d{1,2}(?:\.5)?)[- ]?(?:hours?|hrs?|h)\b"
)
_BUDGET = re.compile(r"(?:预算|投流?|花|budget(?: of)?|spend)\D{0,6}?(\d+(?:\.\d+)?)\s?(万|k|元|块)?")
_QUOTED = re.compile(r"[“\"「『《'‘](.{2,400}?)[”\"」』》'’](?!s\b)", re.S)
_SAID = re.compile(r"(?:能|可以|可不可以|能不能|敢)(?:说|写|用|喊|打)(?:成|上)?(.{2,30}?)(?:吗|么|不|嘛|[?？]|$)")
_SAID_EN = re.compile(
    r"\b(?:say|says|write|writes|claim|claims|call it|advertise)\b (?:that |it'?s? |is )?(.{4,160}?)(?:, (?:and|or|is|what)\b|\?|$)",
    re.I,
)
_AFTER_COLON = re.compile(r"[:：]\s*(\S.{3,600})$", re.S)
_MONEY = {"万": 10_000, "k": 1_000}


def live_slots(text: str, found: frozenset[str], today: date) -> dict[str, Any]:
    """`live_day`, `live_start`, `live_hours` of a session to come, `live_budget` in shop currency; only what was said."""
    slots: dict[str, Any] = {}
    if found & {"live_products", "live_script", "live_schedule"}:
        day = _day(text, today)
        if day is not None:
            slots["live_day"] = day.isoformat()
        start = _start(text)
        if start:
            slots["live_start"] = start
        hours = _HOURS.search(text)
        if hours:
            said = hours[1] or hours[2]
            slots["live_hours"] = str(_NUMBER.get(said, said))
    if "live_ads" in found and (budget := _BUDGET.search(text)):
        slots["live_budget"] = str(int(float(budget[1]) * _MONEY.get(budget[2] or "", 1)))
    return slots


def wording_of(raw: str) -> str:
    """The text that is asked about: in quotes, else what follows a colon; else what is said to be said (能说…吗, can we say …); "" where the question holds none."""
    quoted = _QUOTED.findall(raw)
    if quoted:
        longest: str = max(quoted, key=len)
        return longest.strip()
    after = _AFTER_COLON.search(raw)
    if after:
        return after[1].strip()
    said = _SAID.search(raw) or _SAID_EN.search(raw)
    return said[1].strip() if said else ""


def _day(text: str, today: date) -> date | None:
    for words, ahead in _SOON:
        if words in text:
            return today + timedelta(days=ahead)
    zh = _DAY.search(text)
    if zh:
        weekday = _ZH_WEEKDAY.index("日" if zh[2] == "天" else zh[2])
        monday = today - timedelta(days=today.weekday())
        if zh[1] and "下" in zh[1]:
            return monday + timedelta(days=7 * len(zh[1]) + weekday)
        return _coming(today, weekday)
    en = _EN_DAY.search(text)
    if en is None:
        return None
    weekday = _EN_WEEKDAY.index(en[2])
    if (en[1] or "").strip() == "next":
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + weekday)
    return _coming(today, weekday)


def _coming(today: date, weekday: int) -> date:
    """The next such weekday, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _start(text: str) -> str:
    clock = _CLOCK.search(text)
    if clock:
        hour = _NUMBER.get(clock[2]) or int(clock[2])
        late = (clock[1] or "") in ("下午", "傍晚", "晚", "晚上", "夜里") or ("晚" in text and not clock[1])
        hour += 12 if late and hour < 12 else 0
        minute = 30 if clock[3] == "半" else int(clock[3] or 0)
        return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else ""
    english = _EN_CLOCK.search(text)
    if english is None:
        return ""
    hour = int(english[1]) + (12 if english[3] == "pm" and int(english[1]) < 12 else 0)
    return f"{hour:02d}:{int(english[2] or 0):02d}" if hour < 24 else ""
