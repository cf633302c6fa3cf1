"""From signals and vectors to one intent with a confidence. Rules settle what must never be guessed; both vote on the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from advisor.brains.frame.exemplars import Embedder, load_index
from advisor.brains.frame.signals import rule_scores
from tools.errors import ToolError

__all__ = ["BY_WORDS", "Reading", "classify"]

# Calibrated on the development table: below it neither the rules nor the exemplars know the question.
REJECT = 0.42
_EMBEDDING_WEIGHT = 2.0
_CAUSE, _METHOD = frozenset({"why", "how_so"}), frozenset({"how", "playbook"})
# Readings that their words alone ask for, each with the signals that make it another question. First that holds wins.
BY_WORDS: Mapping[str, frozenset[str]] = {
    "wording": frozenset(),
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
    """The intent, how sure (0..1), and the runner-up."""

    intent: str
    confidence: float
    second: str


def classify(
    text: str,
    found: frozenset[str],
    embedder: Embedder | None,
    *,
    topic: str | None,
    metric: str | None,
    window: bool,
    bare: bool,
    brand: bool,
    split: bool,
) -> Reading:
    """Read a normalised question. `bare` says that it is a metric's name and nothing else ("AOV?").

    ``embedder`` None, or one that fails, leaves the rules alone to decide.
    """
    settled = _settled(text, found, brand) or ("figure" if metric and bare else None)
    if settled:
        return Reading(settled, 1.0, settled)
    scores = rule_scores(found, topic=topic, metric=metric, window=window, split=split)
    if brand:
        scores["cases"] = scores.get("cases", 0.0) + 1.2
    near = _vector_scores(text, embedder)
    if _elsewhere(near, found, metric or topic):
        return Reading("out_of_scope", 0.9, max(scores, key=lambda intent: scores[intent], default="unclear"))
    for intent, value in near.items():
        scores[intent] = scores.get(intent, 0.0) + _EMBEDDING_WEIGHT * max(0.0, value)
    if not scores:
        return Reading("unclear", 0.0, "unclear")
    ranked = sorted(scores, key=lambda intent: -scores[intent])
    best = ranked[0]
    confidence = min(1.0, scores[best] / 1.4)
    return Reading(_several(best, found), confidence, ranked[1] if len(ranked) > 1 else best)


def _elsewhere(near: Mapping[str, float], found: frozenset[str], about: str | None) -> bool:
    """Nothing of the shop's trade is named and the nearest exemplars are questions about something else entirely."""
    trade = found & {
        "private",
        "move",
        "cases",
        "playbook",
        "rules",
        "data",
        "feedback",
        "compare",
        "breakdown",
        "plan",
    }
    return bool(near) and about is None and not trade and max(near, key=lambda i: near[i]) == "out_of_scope"


def _refused(text: str, found: frozenset[str]) -> bool:
    """People's data or secrets are wanted, or other rules; what else is asked about the shop is answered all the same."""
    if found & {"personal", "secret"}:
        return not found & {"how", "what", "why", "decision", "cases", "rules"}
    return "inject" in found and not found & {"figure", "why", "breakdown", "compare", "decision", "how", "what"} & (
        _shop_words(text) or frozenset({"figure"})
    )


def _settled(text: str, found: frozenset[str], brand: bool) -> str | None:
    if _refused(text, found):
        return "out_of_scope"
    if found & {"greet", "thanks", "bye"} or ("who" in found and len(text) <= 40):
        return "smalltalk"
    if "outside" in found and not found & {"why", "figure", "breakdown"} & _shop_words(text):
        return "out_of_scope"
    if "other_shop" in found and not ("cases" in found and "private" not in found):
        return "other_shop"
    for intent, elsewhere in BY_WORDS.items():
        rules = frozenset() if intent == "wording" or intent.startswith("live_") else frozenset({"rules"})
        if intent in found and not found & (elsewhere | rules | {"cases", "inject"}):
            return intent
    if brand and "private" in found and not found & {"cases", "how", "why"}:
        return "other_shop"
    return None


def _shop_words(text: str) -> frozenset[str]:
    """Weather may explain sales: a question that also names the shop's trade stays in scope."""
    trade = re.search(
        r"销售|gmv|流量|访客|转化|复购|订单|退款|直播|会员|客单|sales|revenue|traffic|orders|conversion", text
    )
    return frozenset({"why", "figure", "breakdown"}) if trade else frozenset()


def _several(best: str, found: frozenset[str]) -> str:
    """ "Why did it change, what next, and how": the why leads and carries the other two."""
    if best in {"what_to_do", "how_to"} and "why" in found and found & {"move", "what", "how"}:
        return "why_change"
    if best == "how_to" and {"what"} <= found and "how_so" in found and "move" in found:
        return "why_change"
    return best


def _vector_scores(text: str, embedder: Embedder | None) -> Mapping[str, float]:
    index = load_index() if embedder is not None and text else None
    if index is None or embedder is None:
        return {}
    try:
        vector = np.asarray(embedder.embed_queries([text]), dtype=np.float32)[0]
    except (ToolError, ImportError, OSError, RuntimeError):
        return {}
    # vectors of another model live in another space: the shipped exemplars say nothing about them
    return index.scores(vector) if vector.shape[0] == index.dimension else {}
