"""What a reading is of: the programme whose effect is asked about, the first order new buyers are grouped by, those gone quiet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["reading_slots"]

_FIRST_ORDER = ("channel", "source", "product", "province")
# Words of a question → the name a promotion is likely to carry in the merchant's own table (names are Chinese there; the first part that fits wins).
_PROGRAMMES: tuple[tuple[str, str], ...] = (
    (r"双\s?11|双十一|double 11|11\.11|singles", "双11"),
    (r"双\s?12|双十二|double 12|12\.12", "双12"),
    (r"618", "618"),
    (r"年货节", "年货节"),
    (r"38节|三八", "38节"),
    (r"百亿补贴", "百亿补贴"),
    (r"聚划算", "聚划算"),
    (r"会员日|member ?day", "会员日"),
    (r"会员|积分", "会员计划"),
    (r"member|loyalty", "membership programme"),
    (r"购物金", "购物金"),
    (r"福袋", "福袋"),
    (r"满减|满\d+减\d*", "满"),
    (r"第?二单|second[- ]order", "第二单"),
    (r"满赠|赠品|giveaway|\bgifts?\b", "赠"),
    (r"券|coupon|voucher", "券"),
    (r"派样|试用", "派样"),
    (r"召回|win[- ]?back", "召回"),
    (r"短信|\bsms\b", "短信"),
    (r"涨价|price (?:rise|increase)", "涨价"),
    (r"降价|price (?:cut|drop)", "降价"),
)
_ANY = "活动"


def reading_slots(text: str, found: frozenset[str], *, quoted: str, dims: Sequence[str]) -> dict[str, Any]:
    """`programme` of an effect (the name in quotes, else the kind said), `first_by` of cohorts, `lapsed` of segments."""
    slots: dict[str, Any] = {}
    if "effect" in found:
        known = (name for pattern, name in _PROGRAMMES if re.search(pattern, text))
        slots["programme"] = quoted or next(known, _ANY)
    if "cohorts" in found:
        slots["first_by"] = next((dim for dim in dims if dim in _FIRST_ORDER), "channel")
    if {"segments", "lapsed"} <= found:
        slots["lapsed"] = True
    return slots
