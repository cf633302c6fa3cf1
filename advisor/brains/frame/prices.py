"""Offers said in one sentence ("一口价219，满300减50，再叠10元券，到手价多少"), as the arguments of the price check."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

__all__ = ["price_slots"]

_NUMBER = r"(\d{1,6}(?:\.\d{1,2})?)"
_LIST = re.compile(
    rf"(?:一口价|原价|标价|售价|定价|日常价|卖|list price(?: of| is)?|priced? at|price(?: is| of)?)\D{{0,4}}{_NUMBER}",
    re.I,
)
_BARE = re.compile(rf"{_NUMBER}\s?(?:元|块|yuan|rmb)?的(?:商品|东西|品|面霜|产品|衣服|精华)")
_THRESHOLD = re.compile(
    rf"(每)?满\s?{_NUMBER}\s?(?:元|块)?\s?[减-]\s?{_NUMBER}|{_NUMBER} off (?:every |over )?{_NUMBER}", re.I
)
_CUTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("member_coupon", re.compile(rf"会员券\D{{0,3}}{_NUMBER}|{_NUMBER}\s?(?:元|块)的?会员券|{_NUMBER}(?: yuan)? member coupon", re.I)),
    ("shop_coupon", re.compile(rf"(?:店铺券|优惠券|(?<!会员)券)(?!后|价)\D{{0,3}}{_NUMBER}|{_NUMBER}\s?(?:元|块)的?(?:店铺|优惠)?券|{_NUMBER}(?: yuan)? (?:shop |store )?coupon", re.I)),
    ("item_cut", re.compile(rf"(?:直降|立减|单品降)\D{{0,3}}{_NUMBER}|{_NUMBER}(?: yuan)? (?:item )?(?:cut|markdown)", re.I)),
    ("red_packet", re.compile(rf"红包\D{{0,3}}{_NUMBER}|{_NUMBER}\s?(?:元|块)的?红包|{_NUMBER}(?: yuan)? red packet", re.I)),
)  # fmt: skip
_RATE = re.compile(r"(\d(?:\.\d)?|\d{2})\s?折")


def price_slots(text: str) -> dict[str, Any]:
    """`list_price` and `offers` as said; {} where no list price was given."""
    listed = _LIST.search(text) or _BARE.search(text)
    if listed is None:
        return {}
    offers: list[dict[str, Any]] = []
    rest = text[: listed.start()] + " " + text[listed.end() :]
    for found in _THRESHOLD.finditer(rest):
        every, over, off, off_en, over_en = found.groups()
        offers.append(
            {
                "kind": "cross_shop" if every else "shop_threshold",
                "off": off or off_en,
                "threshold": over or over_en,
                "repeats": bool(every),
            }
        )
    rest = _THRESHOLD.sub(" ", rest)
    for kind, pattern in _CUTS:
        for found in pattern.finditer(rest):
            off = next(group for group in found.groups() if group)
            offers.append({"kind": kind, "off": off} | ({"audience": "会员"} if kind == "member_coupon" else {}))
        rest = pattern.sub(" ", rest)
    share = _RATE.search(rest)
    if share:
        said = Decimal(share[1])
        kept = said / (100 if said >= 10 else 10)
        if 0 < kept < 1:
            offers.append({"kind": "item_cut", "rate": str(1 - kept)})
    return {"list_price": listed[1], "offers": offers}
