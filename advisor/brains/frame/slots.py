"""What a question is about: metric, window, comparison, dimension, topic, subject and the sections it asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from advisor.brains.frame.lexicon import Hit, Lexicon, lexicon
from advisor.brains.frame.live import live_slots
from advisor.brains.frame.readings import reading_slots
from advisor.brains.frame.tool_words import tool_slots
from advisor.brains.frame.windows import find_window

__all__ = ["read_slots"]

_QUOTED = re.compile(r"[“\"「『《'](.{1,40}?)[”\"」』》'](?!s\b)")
_HOST = re.compile(
    r"(?<![哪个我们各位些])主播\s?([A-Za-z0-9]{1,8}|[\u4e00-\u9fff]{1,3}?)(?=的|怎|带|播|表|业|上|昨|，|,|？|\?|$)|\bhost ([A-Z][A-Za-z0-9]{0,11})\b"
)
_TOP = re.compile(r"(?:前|top ?)(\d{1,2})|(?:前|top )(十|五|三|ten|five|three)|(\d{1,2}|十|五|三)个(?:品|商品|款)")
_TOP_WORDS = {"十": 10, "五": 5, "三": 3, "ten": 10, "five": 5, "three": 3}
_YOY = re.compile(
    r"同比|去年同|比去年|跟去年|和去年|与去年|较去年|去年比|同期|\byoy\b|year[- ](?:on|over)[- ]year|(?:than|vs\.?|versus|with|to|against|from) (?:the )?(?:same \w+ )?(?:of )?last year|same (?:period|month|week|time)(?: of)? last year"
)
_TREND = {"走势": "day", "趋势": "day", "曲线": "day", "trend": "day"}
_WORST = re.compile(r"最差|最低|垫底|卖不动|滞销|不好卖|worst|least|lowest|not selling|dead stock|slow")
_STOP = re.compile(
    r"该(?:停|砍|下架|淘汰)|(?:砍掉|停掉|淘汰)哪|拖后腿|\b(?:should (?:i|we)|to) (?:stop|drop|cut|kill|delist|discontinue)\b|dead weight"
)
_MOST = re.compile(
    r"最(?:多|高|大|凶|狠|猛|严重|厉害)|\b(?:most|highest|largest|biggest)\b|\bkeeps? (?:getting|being) "
)
_LEAST = re.compile(r"最(?:少|低|小)|\b(?:least|lowest|fewest|smallest)\b")
_POOR = re.compile(r"最(?:差|糟)|垫底|\bworst\b")
_DOWN_GOOD = frozenset({"refund_amount", "refund_rate"})
_WHICH = re.compile(r"哪|谁|最(?:好|差|高|低|多|少|能)|\bwhich\b|\bwho\b|\bbest\b|\bworst\b|\btop\b")
# Which way the question says it went; a question with both ("up or down") says neither.
_TOLD = {
    "up": re.compile(
        r"多了|变多|变高|涨|上升|升高|增加|飙升|\bup\b|\brose\b|\bris(?:e|ing)\b|increas|jumped|higher|grew"
    ),
    "down": re.compile(
        r"少了|变少|变低|变差|掉|跌|下滑|下降|降低|减少|腰斩|\bdown\b|\bfell\b|\bfall|dropp?|declin|decreas|lower|collaps|halved|sliding"
    ),
}
_CAMPAIGN = re.compile(
    r"618|双\s?1[12]|双十[一二]|double 11|11\.11|singles|春节|spring festival|(?:chinese|lunar) new year"
)
_BUDGET = re.compile(r"预算|budget")
_GENERIC_GMV = frozenset({"卖得", "卖的", "生意", "sell", "sold", "business", "成交", "sales", "销售", "收入"})
# a metric word that is a topic only ("老客怎么不回来了" is about repurchase, not a count)
_ABOUT = {
    "returning_buyers": "repurchase",
    "new_buyers": "repurchase",
    "buyers": "repurchase",
    "repurchase_rate": "repurchase",
    "repurchase_90d": "repurchase",
}


def read_slots(
    text: str, raw: str, found: frozenset[str], anchor: date, today: date, platform: str = "tmall"
) -> dict[str, Any]:
    """Slots said in this text alone. ``text`` is normalised, ``raw`` as typed (names keep their case)."""
    words = lexicon()
    slots: dict[str, Any] = {}
    spans = find_window(text, anchor, today, platform)
    bare = text
    for span in spans:
        bare = bare.replace(span.words, " ", 1)
    _windows(slots, text, found, [span.window for span in spans], [span.words for span in spans])
    metrics = words.metrics.find(bare)
    metric = _pick_metric(metrics)
    if metric:
        slots["metric"] = metric.id
        if not re.sub(r"[\s?？。!！,，呢的]|看下|多少", "", bare.replace(metric.word, "", 1)):
            slots["bare"] = True
        also = list(dict.fromkeys(hit.id for hit in metrics if hit.id != metric.id and hit.word not in _GENERIC_GMV))
        if also:
            slots["also"] = also
    _dimension(slots, words, text, found)
    if slots.get("by") == "new_returning" and slots.get("metric") in ("new_buyers", "returning_buyers"):
        slots["metric"] = "gmv"  # the groups were named as the split, not as the figure
    topics = _topics(words, text, slots.get("metric"))
    if topics:
        slots["topic"] = topics[0]
        if len(topics) > 1:
            slots["topics"] = topics
    _superlative(slots, words, text)
    _subject(slots, words, raw, bare)
    told = {side for side, pattern in _TOLD.items() if pattern.search(text)}
    if len(told) == 1:
        slots["told"] = told.pop()
    if _WHICH.search(text):
        slots["which"] = True
    slots |= live_slots(text, found, today)
    slots |= reading_slots(text, found, quoted=str(slots.get("subject", "")), dims=_dims(words, text))
    slots |= tool_slots(text)
    brands = words.brands.find(text)
    if brands:
        slots["brand"] = brands[0].id
    outcome = words.outcomes.find(text)
    if outcome:
        slots["outcome"] = outcome[0].id
    sections = [
        name for name, flags in (("why", {"why", "how_so"}), ("what", {"what"}), ("how", {"how"})) if found & flags
    ]
    if sections:
        slots["sections"] = sections
    return slots


def _windows(
    slots: dict[str, Any], text: str, found: frozenset[str], windows: Sequence[str], said: Sequence[str]
) -> None:
    compared = bool(_YOY.search(text))
    if compared:
        slots["compare"] = "yoy"
    pairs = [(w, s) for w, s in zip(windows, said, strict=True) if not (compared and s in ("去年", "last year"))]
    if any(w == "recent" for w, _ in pairs):
        slots["recent"] = True
    pairs = [(w, s) for w, s in pairs if w != "recent"]
    if pairs:
        first = pairs[0][0]
        slots["window"] = first
        others = [w for w, _ in pairs if w != first]
        if others and ("compare" in found or _beside(text, pairs)):
            slots["against"] = others[0]
    if "compare" not in slots and any(_CAMPAIGN.search(s) for _, s in pairs):
        slots["promo"] = not re.search(r"20\d\d|\d\d年|去年|前年", pairs[0][1])
        slots["compare"] = "yoy"  # a campaign is measured against itself a year earlier
    if "compare" in found and "compare" not in slots:
        slots["compare"] = "previous"


def _beside(text: str, pairs: Sequence[tuple[str, str]]) -> bool:
    """ "November 2010 with November 2009" compares without the word."""
    first, second = (re.escape(words) for _, words in pairs[:2])
    return bool(re.search(rf"{first}\s*(?:with|against|to|跟|对|和|与)\s*{second}(?:比|$|\?|？)", text))


def _pick_metric(hits: Sequence[Hit]) -> Hit | None:
    """The most specific metric said: a general word for trade ("生意", "sales") yields to any other."""
    exact = [hit for hit in hits if hit.word not in _GENERIC_GMV]
    return next(iter(exact or hits), None)


def _topics(words: Lexicon, text: str, metric: str | None) -> list[str]:
    found = list(dict.fromkeys(hit.id for hit in words.topics.find(text)))
    about = _ABOUT.get(metric or "")
    if about and about not in found:
        found.append(about)
    return found


def _dims(words: Lexicon, text: str) -> list[str]:
    """The 款 of 退款 and 付款 is money, not a product."""
    return [hit.id for hit in words.dims.find(re.sub("[退付]款", "  ", text))]


def _dimension(slots: dict[str, Any], words: Lexicon, text: str, found: frozenset[str]) -> None:
    dims = _dims(words, text)
    if dims and found & {"breakdown", "compare"}:
        slots["by"] = dims[0]
    elif "breakdown" in found:
        slots["by"] = next((unit for word, unit in _TREND.items() if word in text), None) or slots.get("by")
        if slots["by"] is None:
            del slots["by"]
    top = _TOP.search(text)
    if top:
        word = next(group for group in top.groups() if group)
        slots["top"] = _TOP_WORDS.get(word) or int(word)
        slots.setdefault("by", "product")
    if _WORST.search(text):
        slots["order"] = "worst"


def _superlative(slots: dict[str, Any], words: Lexicon, text: str) -> None:
    """ "Which products are returned most": the metric named, cut by what is ranked. The worst of refunds is the most."""
    most = bool(_MOST.search(text)) or (bool(_POOR.search(text)) and slots.get("metric") in _DOWN_GOOD)
    least = not most and bool(_LEAST.search(text) or _POOR.search(text))
    if slots.get("topic") in (None, "products") and _STOP.search(text) and "product" in _dims(words, text):
        slots.setdefault("order", "worst")
    if not most and not least:
        return
    slots["order"] = "highest" if most else "worst"
    dims = _dims(words, text)
    if dims and "metric" in slots and slots["metric"] not in _ABOUT:
        slots.setdefault("by", dims[0])
        slots["ranked"] = True


def _subject(slots: dict[str, Any], words: Lexicon, raw: str, bare: str) -> None:
    quoted = _QUOTED.search(raw)
    host = _HOST.search(raw)
    sources = words.sources.find(bare)
    if quoted:
        slots["subject"] = quoted.group(1).strip()
    elif host:
        slots["subject"] = next(group for group in host.groups() if group)
        slots["topic"] = "livestream"
    elif sources:
        slots["source"] = sources[0].id
    if _BUDGET.search(bare):
        slots["budget"] = True
