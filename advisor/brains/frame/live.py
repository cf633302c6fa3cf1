"""What a livestream question names: the day and hour of a session to plan, how long it lasts, a budget, a text to be checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

__all__ = ["asks_of_a_text", "live_slots", "wording_of"]

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
_AMOUNT = r"(?P<{0}>\d[\d,]*(?:\.\d+)?|[一两二三四五六七八九十])\s?(?P<{0}_unit>{1})"
_UNIT = "万|[wk](?![a-z])|千|百|元|块|yuan|rmb"
# A budget beside its word, what is to be spent with its unit, or the figure before the word ("a 20k ad budget").
_BUDGETS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:预算|budget(?: of| is)?)\D{{0,6}}?{_AMOUNT.format('sum', _UNIT)}?",
        rf"(?:投流?|花|砸|spend(?:ing)?)\D{{0,6}}?{_AMOUNT.format('sum', _UNIT)}",
        rf"{_AMOUNT.format('sum', _UNIT)}(?:块|元)?钱?来?(?:投|砸|(?:on|for|in|into) (?:paid )?(?:ads?|advertising)\b)",
        rf"{_AMOUNT.format('sum', _UNIT)}?\s?(?:of |的)?(?:(?:paid|ads?|advertising|marketing|live|daily|monthly)\s)*(?:budget|ad spend|(?:广告|推广|投放|投流)?(?:预算|费))",
    )
)
_ADS = re.compile(
    r"投放|怎么投|投(?:到|在|给)?(?:直播|抖音|小红书)|推广|广告|投流|直通车|万相台|千川|全站推|\b(?:ads?|advertising|paid traffic|campaigns?)\b"
)
_LEAST_BUDGET = 100  # less is a number of plans or days, not of money
_QUOTED = re.compile(r"[“\"「『《'‘](.{2,400}?)[”\"」』》'’](?!s\b)", re.S)
_SAID = re.compile(r"(?:能|可以|可不可以|能不能|敢)(?:说|写|用|喊|打)(?:成|上)?(.{2,30}?)(?:吗|么|不|嘛|[?？]|$)")
_SAID_EN = re.compile(
    r"\b(?:say|says|write|writes|claim|claims|call it|advertise)\b (?:that |it'?s? |is )?(.{4,160}?)(?:, (?:and|or|is|what)\b|\?|$)",
    re.I,
)
_AFTER_COLON = re.compile(r"[:：]\s*(\S.{3,600})$", re.S)
_MONEY = {"万": 10_000, "w": 10_000, "k": 1_000, "千": 1_000, "百": 100}
_THAT_TEXT = re.compile(
    r"(?:[这那]|上面|刚才|以上)(?:[一两三几]?(?:条|段|句|个|些|份|版|篇)|几)?的?(?:短信|文案|话术|标题|脚本|话|说法|措辞|台词|海报)"
    r"|\b(?:this|that|the|these|those)\b (?:\w+ )?(?:wording|texts?|messages?|copy|scripts?|lines?|titles?|claims?|sms|posts?)\b(?!-)"
)
_MAY_BE_SAID = re.compile(
    r"(?:能|可以)(?:直接)?(?:发|用|说|写|播)(?!给|多|几|什么|哪)|违规|合规|违法|违禁|踩线|敏感|有(?:没有)?问题[吗不么]|没问题[吗吧]|行(?:不行|吗)|可以吗"
    r"|\b(?:is|are|does|do|would)\b.*\b(?:ok|okay|fine|allowed|legal|compliant|safe|permitted|violates?|(?:break|against) (?:any|the|a) \w*)\b|\b(?:can|may|could) (?:i|we) (?:send|use|say|post|publish)\b"
)
# Right after texts were given these few words can only mean them.
_MEANT = re.compile(
    r"(?:[这那]样?|它们?|都|这个|直接|现在)*(?:能不能|可不可以|能|可以)(?:直接)?(?:发|用|说|写|播)(?:出去)?[吗么不嘛?？。]*|(?:[这那]样?|它们?|会)*(?:违规|合规|违法|违禁)[吗么不嘛?？。]*"
    r"|(?:and |so )?(?:can|may|could) (?:i|we) (?:send|use|say|post|publish) (?:it|this|that|them|these|those|this one|that one)(?: now| as is| like this)?\W*"
    r"|(?:and |so )?(?:is|are) (?:it|this|that|they|these|those) (?:ok|okay|fine|allowed|legal|compliant|safe)(?: to (?:send|use|say|post|publish))?\W*"
)


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
    if ("live_ads" in found or _ADS.search(text)) and (budget := _budget(text)):
        slots["live_budget"] = str(budget)
    return slots


def _budget(text: str) -> int:
    """What is to be spent, in shop currency; 0 where no sum was said."""
    for pattern in _BUDGETS:
        for said in pattern.finditer(text):
            figure = float(_NUMBER.get(said["sum"]) or said["sum"].replace(",", ""))
            total = int(figure * _MONEY.get(said["sum_unit"] or "", 1))
            if total >= _LEAST_BUDGET:
                return total
    return 0


def asks_of_a_text(text: str, *, after_texts: bool) -> bool:
    """ "这条短信能发吗", "is that wording ok": whether a text pointed at may be used. ``after_texts``: the turn before gave some."""
    if after_texts and _MEANT.fullmatch(text):
        return True
    return bool(_MAY_BE_SAID.search(text) and _THAT_TEXT.search(text))


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
