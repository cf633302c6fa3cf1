"""A question before it is read: its plain form, the signals heard and the slots said. Training and use see the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from advisor.brains.frame.features import Seen
from advisor.brains.frame.live import wording_of
from advisor.brains.frame.normalise import normalise
from advisor.brains.frame.prices import price_slots
from advisor.brains.frame.signals import signals
from advisor.brains.frame.slots import read_slots

__all__ = ["LONGEST", "observe"]

LONGEST = 600  # characters that decide what is asked; a pasted report after them does not


def observe(text: str, anchor: date, today: date, *, platform: str = "tmall", own_names: Sequence[str] = ()) -> Seen:
    """Everything about ``text`` that needs no model. The own shop named by its id or name is no other shop."""
    raw = text[:LONGEST]
    plain = normalise(raw)
    nameless = plain
    for name in own_names:
        nameless = nameless.replace(normalise(name), " ")
    found = signals(nameless)
    slots = read_slots(plain, raw, found, anchor, today, platform)
    found = _with_text(raw, found, slots)
    if "against" in slots:
        found |= {"compare"}  # "November 2010 with November 2009" needs no other word
    if slots.get("ranked") and not found & {"why", "how_so", "how", "what", "decision"}:
        found |= {"breakdown"}
    return Seen(plain, found, slots)


def _with_text(raw: str, found: frozenset[str], slots: dict[str, Any]) -> frozenset[str]:
    """A question about a wording holds the wording; without one it is a question about rules."""
    if "wording" in found:
        words = wording_of(raw)
        if words:
            slots["wording"] = words
        else:
            found -= {"wording"}
    if "pricing" in found:
        slots |= price_slots(raw)
    return found
