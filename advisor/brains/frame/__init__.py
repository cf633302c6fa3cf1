"""Reading a question: language, intent, slots, follow-ups. Local and cheap (rules and one embedding); for every brain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal, cast

from advisor.answer import AnswerKind
from advisor.brains.base import Frame, Message, ShopCard
from advisor.brains.frame.bases import settle_windows
from advisor.brains.frame.classify import classify
from advisor.brains.frame.confirm import confirmed
from advisor.brains.frame.followup import previous_frame, resolve
from advisor.brains.frame.live import asks_of_a_text
from advisor.brains.frame.normalise import detect_language
from advisor.brains.frame.observe import LONGEST, observe
from advisor.brains.frame.reader import Embedder
from advisor.brains.frame.remember import hear
from advisor.brains.frame.replies import (
    clarify,
    decline,
    feedback,
    heard,
    is_about_an_answer,
    is_praise,
    needs_price,
    smalltalk,
)
from advisor.brains.frame.stated import target_in
from tools.text import Lang, Text

__all__ = ["Embedder", "frame"]

_DECLINED = {"out_of_scope", "other_shop", "rules"}
_FIGURES = {
    "figure",
    "data_status",
    "landing",
    "health",
    "reconcile",
    "effect",
    "segments",
    "cohorts",
    "lifetime",
    "assets",
    "pricing",
    "plan_review",
    "wording",
    "live_cost",
    "live_hosts",
    "live_review",
    "live_products",
    "live_schedule",
    "live_script",
    "live_ads",
}
_WITH_TEXTS = {"content", "live_script", "wording"}
_DEFAULT_METRIC = {"why_change", "compare", "breakdown", "figure"}


def frame(
    text: str,
    history: Sequence[Message],
    shop: ShopCard,
    today: date,
    embedder: Embedder | None,
    *,
    lang: Lang | Literal["auto"] = "auto",
) -> Frame:
    """What is asked, with half sentences completed from the thread.

    ``embedder`` may be None (rules alone decide). Slots: metric, also, window, compare, against, by, top, order, topic,
    topics, subject, source, outcome, sections, followed. ``kind`` decline or clarify carries the reply; never raises on text.
    """
    anchor = _anchor(shop, today)
    seen = observe(text, anchor, today, platform=shop.platform, own_names=shop.own_names)
    plain, found, slots = seen.plain, seen.found, dict(seen.slots)
    before = previous_frame(history)
    said = detect_language(text, lang, previous=cast("Lang | None", before.get("lang")))
    if (told := hear(text, plain, history, shop.memory)) is not None:
        return Frame(text, said, "state", told.slots, "clarify", confirmed(told, shop))
    reading = classify(seen, embedder)
    for name in ("bare", "ranked"):
        slots.pop(name, None)
    intent, slots, followed = resolve(plain, reading.intent, slots, found, before, sure=reading.confidence)
    if reading.confidence == 1.0 and reading.intent in {"smalltalk", "out_of_scope", "other_shop"}:
        intent, followed = reading.intent, False
    intent = _answerable(intent, slots, found)
    pointed = asks_of_a_text(plain, after_texts=before.get("intent") in _WITH_TEXTS)
    if pointed and intent != "reconcile":
        intent = "wording"
    if before and intent == "smalltalk" and is_praise(plain):
        intent = "feedback"  # after an answer it is said of that answer
    if followed:
        slots["followed"] = True
    sure = followed or pointed or reading.sure
    kind, reply, intent = _ending(text[:LONGEST], plain, intent, slots, found, shop, sure=sure, first=not before)
    if reply is None:
        _defaults(intent, slots)
    if intent == "landing":
        _ahead(plain, slots, anchor, today)
    settle_windows(intent, slots, shop, today)
    return Frame(text, said, intent, slots, kind, reply, round(reading.confidence, 3))


_NOD = re.compile(r"[嗯哦噢喔唔昂]+[。.!！~～\s]*")
_YEAR_SAID = re.compile(r"20\d\d|去年|前年|last year")
_NEXT_MONTH = re.compile(r"下个?月|next month")
_SPAN = re.compile(r"(\d{4})-(\d\d(?:-\d\d)?)(?:\.\.(\d{4})-(\d\d-\d\d))?")


def _ahead(plain: str, slots: dict[str, Any], anchor: date, today: date) -> None:
    """What a question about a target names without its year lies ahead: asked in October, "11月" and 双11 are those to come."""
    target = target_in(plain)
    if target is not None:
        slots["target"] = str(target)
    if _NEXT_MONTH.search(plain):
        later = today.replace(day=1) + timedelta(days=32)
        slots["window"] = f"{later:%Y-%m}"
        return
    said = _SPAN.fullmatch(str(slots.get("window", "")))
    if said is None or _YEAR_SAID.search(plain):
        return
    ends = said[4] or said[2]
    shift = anchor.year - int(said[3] or said[1]) + (ends < f"{anchor:%m-%d}"[: len(ends)])
    tail = f"..{int(said[3]) + shift}-{said[4]}" if said[3] else ""
    if "完成了" not in plain:
        slots["window"] = f"{int(said[1]) + shift}-{said[2]}{tail}"


def _anchor(shop: ShopCard, today: date) -> date:
    """The last day a relative window can mean: yesterday, or the last day with orders when that is earlier."""
    yesterday = today - timedelta(days=1)
    days = shop.tables.get("orders")
    return min(yesterday, date.fromisoformat(days[1][:10])) if days else yesterday


def _answerable(intent: str, slots: dict[str, Any], found: frozenset[str]) -> str:
    """The reading as the plans know it: what holds a text is checked, peers are a comparison, a price without offers is open."""
    if intent in {"rules", "wording"}:
        return "wording" if slots.get("wording") else "rules"
    if intent == "peers":
        slots["peers"] = True
        return "compare"
    if intent == "pricing" and "list_price" not in slots and "pricing" not in found:
        return "price"
    return intent


def _ending(
    raw: str,
    plain: str,
    intent: str,
    slots: dict[str, Any],
    found: frozenset[str],
    shop: ShopCard,
    *,
    sure: bool,
    first: bool,
) -> tuple[AnswerKind, Text | None, str]:
    if _NOD.fullmatch(raw.strip()):
        return "clarify", smalltalk(found, shop), "smalltalk"
    if not re.search(r"\w", plain):
        return "clarify", clarify("", slots), "unclear"
    if not sure:
        return "clarify", clarify(plain, slots), "unclear"
    if intent in _DECLINED:
        return "decline", decline(intent, found), intent
    if intent == "smalltalk":
        return "clarify", smalltalk(found, shop), intent
    if intent == "state":
        return "clarify", heard(raw), intent
    if intent == "feedback" and is_praise(plain):
        return "clarify", smalltalk(found | {"thanks"}, shop), intent
    if intent == "feedback" and first and is_about_an_answer(plain):
        return "clarify", clarify(plain, slots), "unclear"  # there is no answer yet that could have been of no use
    if intent == "feedback":
        return "clarify", feedback(plain), intent
    if intent == "unclear":
        return "clarify", clarify(plain, slots), "unclear"
    if intent == "pricing" and "list_price" not in slots:
        return "clarify", needs_price(), intent
    return ("figure" if intent in _FIGURES else "advice"), None, intent


def _defaults(intent: str, slots: dict[str, Any]) -> None:
    if intent in _DEFAULT_METRIC:
        slots.setdefault("metric", "gmv")
    if intent == "breakdown" and slots["metric"] == "visitors":
        slots.setdefault("by", "source")
    if intent == "compare":
        slots.setdefault("compare", "previous")
    if intent == "why_change" and not slots.get("sections"):
        slots["sections"] = ["why"]
