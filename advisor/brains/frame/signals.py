"""Named patterns over the normalised question (`data/signals.yaml`), and the intent scores they add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from advisor.brains.frame.lexicon import data_yaml

__all__ = ["rule_scores", "signals"]

_TOPIC_INTENTS = ("repurchase", "members", "products", "traffic", "ads", "livestream")


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile("".join(str(text).splitlines())) for name, text in data_yaml("signals.yaml").items()}


def signals(text: str) -> frozenset[str]:
    """Names of the patterns that occur in a normalised text."""
    return frozenset(name for name, pattern in _patterns().items() if pattern.search(text))


def rule_scores(
    found: frozenset[str], *, topic: str | None, metric: str | None, window: bool, split: bool
) -> dict[str, float]:
    """Scores from rules alone; 1.0 is "quite sure", several rules add up. Decline intents are settled before.

    ``split`` says that a dimension was named.
    """
    scores: dict[str, float] = {}

    def add(intent: str, points: float) -> None:
        scores[intent] = scores.get(intent, 0.0) + points

    _causes(found, add)
    _actions(found, add)
    _figures(found, add, metric=metric, window=window)
    if split and "breakdown" in found:
        add("breakdown", 0.6)
    for name, points in (("cases", 1.3), ("playbook", 0.8), ("rules", 1.3), ("data", 1.2), ("feedback", 1.1)):
        if name in found:
            add({"data": "data_status"}.get(name, name), points)
    if topic in _TOPIC_INTENTS:
        add(topic, 0.35 if found & {"move", "moved"} or "state" not in found else 0.75)
    return scores


def _causes(found: frozenset[str], add: _Add) -> None:
    if "why" in found:
        add("why_change", 1.0 if "move" in found or "feedback" not in found else 0.5)
    if "how_so" in found:
        add("why_change", 0.8 if "move" in found else 0.4)
    if "move" in found:
        add("why_change", 0.45)
    if "moved" in found:
        add("why_change", 0.55)


def _actions(found: frozenset[str], add: _Add) -> None:
    if "decision" in found:
        add("decision", 1.1)
    if "plan" in found:
        add("growth_plan", 0.95)
    if "how" in found and "how_so" not in found:
        add("how_to", 0.9)
    if "what" in found:
        add("what_to_do", 0.85)


def _figures(found: frozenset[str], add: _Add, *, metric: str | None, window: bool) -> None:
    if "figure" in found:
        add("figure", 0.9 if metric else 0.45)
    elif metric and window:
        add("figure", 0.35)
    elif metric:
        add("figure", 0.15)
    if "compare" in found:
        add("compare", 1.0)
    if "breakdown" in found:
        add("breakdown", 0.95)


class _Add(Protocol):
    """The shape of the local `add`; a protocol in three lines."""

    def __call__(self, intent: str, points: float) -> None: ...
