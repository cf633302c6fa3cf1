"""What the merchant stated, as facts: a figure with its label, or words in quotes. The same statement is the same fact everywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.facts import Claim, Fact, Quantity, fact_id
from tools.text import format_value

__all__ = ["figure_fact", "note_fact", "quoted_note"]

_SOURCE = "商家口述 / stated by the merchant"
_LONGEST = 60
# What could end a quotation, pass for a mark, or be read as markup or an address where the words are shown.
_UNQUOTED = re.compile(r"[\[\]{}<>`*_#|\\\"“”「」\x00-\x1f]+|https?://\S*|www\.\S*")


def quoted_note(text: str) -> str:
    """A person's words as they may stand between quotes in a sentence of ours: one line, no markup, no mark, no address."""
    flat = " ".join(_UNQUOTED.sub(" ", text).split()).strip(" 。.，,；;")
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"


def figure_fact(merchant_id: str, key: str, said: Mapping[str, Any]) -> Fact:
    """`said` holds `value` and `unit` ("ratio" or a currency), and where known `label` {zh, en} and `said_at`."""
    value, unit = Decimal(str(said["value"])), str(said["unit"])
    label = said.get("label") or {"zh": key, "en": key}
    day = f"{said['said_at']:%Y-%m-%d}" if said.get("said_at") else ""
    return Fact(
        id=fact_id("stated", key, value.normalize(), merchant_id),
        kind="stated",
        claim=Claim(
            zh=f"{label['zh']} {format_value(value, unit, 'zh').strip()}（商家口述）。",
            en=f"{label['en']}: {format_value(value, unit, 'en').strip()} (stated by the merchant).",
        ),
        quantities=(Quantity(metric=f"stated.{key}", value=value, unit=unit),),
        source=f"{_SOURCE}, {day}" if day else _SOURCE,
        data={"key": key},
    )


def note_fact(merchant_id: str, kind: str, text: str) -> Fact:
    """Words of the merchant; what they say is quoted and never a claim of ours."""
    said = quoted_note(text)
    return Fact(
        id=fact_id("note", kind, text, merchant_id),
        kind="stated",
        claim=Claim(zh=f"“{said}”（商家口述）。", en=f'"{said}" (said by the merchant).'),
        source=_SOURCE,
        entities=(said,),
        data={"note": said, "kind_of_note": kind},
    )
