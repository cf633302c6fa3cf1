"""From what was observed to one intent with a confidence. Rules settle what must never be guessed; the trained reader reads the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from advisor.brains.frame.features import Seen
from advisor.brains.frame.reader import Embedder, Reader, load_reader
from advisor.brains.frame.signals import rule_scores
from tools.errors import ToolError

__all__ = ["BY_WORDS", "Reading", "classify"]

# Below them neither the rules (their score) nor the reader (its probability) know the question: one question back is better than a guess.
# On held-out exemplars the reader's probability means what it says (0.35 → 0.30 right, 0.75 → 0.70, 0.93 → 0.91).
_RULES_REJECT = 0.42
_READER_REJECT = 0.25
_ENDING_REJECT = 0.4  # to chat, decline or take a complaint needs more than to answer: it ends the turn
_ENDING = frozenset({"smalltalk", "feedback", "state", "out_of_scope", "other_shop"})
# Intents that answer the same kind of wish from another side. Their probabilities add up before they compete with the others.
_FAMILIES = (
    ("what_to_do", "growth_plan"),
    ("repurchase", "segments", "cohorts", "lifetime", "assets"),
    ("price", "pricing"),
    ("live_mode", "live_cost"),
    ("live_products", "live_schedule", "live_script"),
    ("rules", "wording"),
    ("out_of_scope", "other_shop"),
)
_FAMILY = {intent: names for names in _FAMILIES for intent in names}
_CAUSE, _METHOD = frozenset({"why", "how_so"}), frozenset({"how", "playbook"})
# Readings that their words alone ask for, each with the signals that make it another question. First that holds wins. The reader
# weighs these words itself: with a vector they settle only what `_ALWAYS` names.
_ALWAYS: Mapping[str, frozenset[str]] = {"wording": frozenset()}
BY_WORDS: Mapping[str, frozenset[str]] = {
    **_ALWAYS,
    "plan_review": frozenset({"how"}),
    "pricing": _CAUSE | {"how"},
    "live_review": frozenset({"how"}),
    "live_mode": _CAUSE,
    "live_script": _CAUSE,
    "live_ads": _CAUSE,
    "live_products": _CAUSE,
    "live_schedule": _CAUSE,
    "live_hosts": _CAUSE | {"breakdown"},
    "live_cost": _CAUSE,
    "reconcile": frozenset({"how"}),
    "landing": _CAUSE | {"how", "what"},
    "health": _CAUSE,
    "effect": _CAUSE | _METHOD,
    "cohorts": _CAUSE | _METHOD,
    "lifetime": _CAUSE | _METHOD,
    "assets": _CAUSE | _METHOD,
    "segments": _CAUSE | _METHOD,
}


class Reading(NamedTuple):
    """The intent, how sure (0..1; a probability where the reader read it), the runner-up, and whether that is enough to answer."""

    intent: str
    confidence: float
    second: str
    sure: bool = True


def classify(seen: Seen, embedder: Embedder | None) -> Reading:
    """Read an observed question. ``embedder`` None, or one that fails, leaves the rules alone to decide."""
    brand = "brand" in seen.slots
    settled = _settled(seen.plain, seen.found, brand, _ALWAYS)
    if settled is None and "metric" in seen.slots and seen.slots.get("bare"):
        settled = "figure"  # a metric's name and nothing else ("AOV?")
    if settled is None and seen.slots.get("ranked") and "breakdown" in seen.found:
        # "which product has the lowest sales" ranks what it names; hosts have a ranking of their own, net of their time slots
        settled = "live_hosts" if seen.slots.get("by") == "host" else "breakdown"
    settled = settled or _by_wish(seen)
    if settled:
        return Reading(settled, 1.0, settled)
    reader = load_reader()
    vector = _vector(seen.plain, embedder, reader) if seen.plain else None
    if vector is not None:
        return _by_reader(seen, reader, vector)
    by_words = _settled(seen.plain, seen.found, brand, BY_WORDS)
    return Reading(by_words, 1.0, by_words) if by_words else _by_rules(seen, brand)


def _by_reader(seen: Seen, reader: Reader, vector: npt.NDArray[np.float32]) -> Reading:
    odds = reader.probabilities(seen, vector)
    shared = {intent: sum(odds.get(name, 0.0) for name in _FAMILY.get(intent, (intent,))) for intent in odds}
    first, second = sorted(odds, key=lambda intent: (-shared[intent], -odds[intent]))[:2]
    confidence = min(0.999, shared[first])
    enough = confidence >= (_ENDING_REJECT if first in _ENDING else _READER_REJECT)
    return Reading(_several(first, seen.found), confidence, second, enough)


def _by_rules(seen: Seen, brand: bool) -> Reading:
    slots = seen.slots
    scores = rule_scores(
        seen.found,
        topic=slots.get("topic"),
        metric=slots.get("metric"),
        window="window" in slots,
        split="by" in slots,
    )
    if brand:
        scores["cases"] = scores.get("cases", 0.0) + 1.2
    if not scores:
        return Reading("unclear", 0.0, "unclear", sure=False)
    ranked = sorted(scores, key=lambda intent: -scores[intent])
    best = ranked[0]
    confidence = min(1.0, scores[best] / 1.4)
    second = ranked[1] if len(ranked) > 1 else best
    return Reading(_several(best, seen.found), confidence, second, confidence >= _RULES_REJECT)


def _refused(text: str, found: frozenset[str]) -> bool:
    """People's data or secrets are wanted, or other rules; what else is asked about the shop is answered all the same."""
    if found & {"personal", "secret"}:
        return not found & {"how", "what", "why", "decision", "cases", "rules"}
    return "inject" in found and not found & {"figure", "why", "breakdown", "compare", "decision", "how", "what"} & (
        _shop_words(text) or frozenset({"figure"})
    )


def _settled(text: str, found: frozenset[str], brand: bool, words: Mapping[str, frozenset[str]]) -> str | None:
    if _refused(text, found):
        return "out_of_scope"
    if found & {"greet", "thanks", "bye"} or ("who" in found and len(text) <= 40):
        return "smalltalk"
    if "outside" in found and not _shop_words(text):
        return "out_of_scope"
    if "other_shop" in found and not ("cases" in found and "private" not in found):
        return "other_shop"
    for intent, elsewhere in words.items():
        rules = frozenset() if intent == "wording" or intent.startswith("live_") else frozenset({"rules"})
        if intent in found and not found & (elsewhere | rules | {"cases", "inject"}):
            return intent
    if brand and "private" in found and not found & {"cases", "how", "why"}:
        return "other_shop"
    return None


_SHARE_OUT = re.compile(
    r"怎么(?:分|花|投|用|安排|配)(?!的|了)|分配|咋分|\b(?:split|allocate|divide|distribute|spread|share out|use|spend|put)\b"
)
_PLAN_FOR = re.compile(
    r"(?:给|做|出|来|写|要|定)[^，,。?？吗]{0,14}(?:召回|唤醒|挽回|复购|拉新|清仓|清库存|入会|备货)的?(?:计划|方案)"
    r"|\b(?:a|the|some) plan (?:to|for) (?:win|bring|get|wake|recall|re-?activat|clear|convert)\w* .{0,12}\b(?:customers?|buyers?|members?|stock|back)\b"
)
_PREPARE = re.compile(
    r"(?:双\s?1[12]|双十[一二]|618|大促|年货节)[^，,。?？]{0,6}(?:怎么|如何)(?:备战|准备|筹备|备货|蓄水)|\b(?:prepare|get ready) for (?:double 1[12]|11\.11|12\.12|618|singles)"
)
_ELSEWHERE = frozenset({"why", "cases", "rules", "plan_review", "effect", "decision", "compare", "figure"})


def _by_wish(seen: Seen) -> str | None:
    """Wishes whose words name the tool: a sum of ad money to share out, a plan for one lever, a promotion to prepare for."""
    if seen.found & _ELSEWHERE:
        return None
    if "live_budget" in seen.slots and _SHARE_OUT.search(seen.plain):
        return "live_ads"
    return "how_to" if _PLAN_FOR.search(seen.plain) or _PREPARE.search(seen.plain) else None


def _shop_words(text: str) -> frozenset[str]:
    """Weather may explain sales: a question that also names the shop's trade stays in scope."""
    trade = re.search(
        r"销售|gmv|流量|访客|转化|复购|订单|退款|直播|主播|会员|客单|sales|revenue|traffic|orders|conversion", text
    )
    return frozenset({"why", "figure", "breakdown"}) if trade else frozenset()


def _several(best: str, found: frozenset[str]) -> str:
    """ "Why did it change, what next, and how": the why leads and carries the other two."""
    if best in {"what_to_do", "how_to"} and "why" in found and found & {"move", "what", "how"}:
        return "why_change"
    if best == "how_to" and {"what"} <= found and "how_so" in found and "move" in found:
        return "why_change"
    return best


def _vector(text: str, embedder: Embedder | None, reader: Reader) -> npt.NDArray[np.float32] | None:
    """The question's vector; None where there is none, or where it lives in another model's space."""
    if embedder is None:
        return None
    try:
        vector = np.asarray(embedder.embed_queries([text]), dtype=np.float32)[0]
    except (ToolError, ImportError, OSError, RuntimeError):
        return None
    return vector if vector.shape[0] == reader.dimension else None
