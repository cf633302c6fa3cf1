"""Which window a question is finally about and what it is compared with, once the intent and the shop's days are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from advisor.brains.base import ShopCard
from advisor.brains.frame.lexicon import data_yaml
from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.windows import Anchor, Compare, compare_window, parse_window

__all__ = ["settle_windows"]

_LOOKS_AHEAD = {"decision", "growth_plan"}  # "join 11.11?" is about the next one, not the trade of the last
_SHORTEST_DEFAULT = "30d"


def settle_windows(intent: str, slots: dict[str, Any], shop: ShopCard, today: date) -> None:
    """Write `window`, `against` and `compare` of the slots as the plans shall ask them.

    ``compare`` "none" asks for no comparison: its window would start before the shop's data, or another base was named.
    The notes `promo`, `year_before` and `earlier`, left by the reading, are used up.
    """
    promo, year_before = slots.pop("promo", False), slots.pop("year_before", False)
    earlier: Compare | None = slots.pop("earlier", None)
    if promo and intent in _LOOKS_AHEAD:
        slots.pop("window", None)
        slots.pop("compare", None)
    span = shop.tables.get("orders")
    if not span:
        return
    anchor = Anchor(date.fromisoformat(span[0][:10]), date.fromisoformat(span[1][:10]), today)
    if year_before:
        _year_before(intent, slots, anchor)
    if earlier:
        _earlier(intent, slots, anchor, earlier)
    if "against" in slots:
        _against(slots, anchor)
    window = _window(slots.get("window"), anchor)
    compare = slots.get("compare", "previous")
    if window is None or compare == "none" or intent == "compare":
        return  # who asks for a comparison is told that the data do not reach back
    if compare_window(window, compare).start < anchor.first:
        slots["compare"] = "none"


def _window(said: Any, anchor: Anchor) -> Window | None:
    try:
        return parse_window(str(said), anchor) if said else None
    except (BadArguments, ValueError):
        return None


def _text(window: Window) -> str:
    return f"{window.start}..{window.end}" if window.days > 1 else f"{window.start}"


def _year_before(intent: str, slots: dict[str, Any], anchor: Anchor) -> None:
    """ "And last year?": the window of the turn before beside itself a year earlier; the default window moved there."""
    said = slots.get("window")
    window = _window(said or _default(intent), anchor)
    if window is None:
        return
    earlier = compare_window(window, "yoy")
    if said and earlier.start >= anchor.first:
        slots["compare"] = "yoy"
    else:
        slots["window"] = _text(earlier)
        slots.pop("compare", None)


def _earlier(intent: str, slots: dict[str, Any], anchor: Anchor, step: Compare) -> None:
    """ "Once more a year back": the days last told moved by one step. Set beside their year before, that year is told next."""
    window = _window(slots.get("window") or _default(intent), anchor)
    if window is None:
        return
    moved = compare_window(window, step)
    if step == "yoy" and slots.get("compare") != "yoy":
        slots["compare"] = "yoy"  # the first step back is told beside what was asked
        slots.setdefault("window", _text(window))
        return
    slots["window"] = _text(moved)
    slots.pop("against", None)


def _default(intent: str) -> str:
    """The window a plan takes when none is said."""
    plans: Mapping[str, Any] = data_yaml("plans.yaml")
    for step in plans.get(intent, {}).get("first", []):
        _, _, default = str(step["args"].get("window", "")).partition("|")
        if default:
            return default
    return _SHORTEST_DEFAULT


def _against(slots: dict[str, Any], anchor: Anchor) -> None:
    """The later of two named windows is told, the earlier is its base: as `compare` where that means it, else read by itself."""
    window, base = _window(slots.get("window"), anchor), _window(slots["against"], anchor)
    if window is None or base is None:
        return
    if base.start > window.start:
        slots["window"], slots["against"] = slots["against"], slots["window"]
        window, base = base, window
    if str(slots["window"]).startswith("this_"):
        return  # a period not over yet is set against as many days before, not against a whole one
    kinds: tuple[Compare, ...] = ("yoy", "previous")
    slots["compare"] = next((kind for kind in kinds if compare_window(window, kind) == base), "none")
