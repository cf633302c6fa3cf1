"""What a case and a shop have in common, and the one difference that matters. Derived from data fields, never from prose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tools.cases import vocabulary
from tools.cases.schema import Case
from tools.facts import Claim
from tools.text import Text

__all__ = ["CaseRelation", "ShopProfile", "drivers_in", "far_larger", "relate", "size_class"]

_ORDER = "SMLG"
# One step of size is worth this many: rates to CNY for the size class only, never for a figure.
_ROUGH_CNY = {
    code: Decimal(rate)
    for code, rate in (("CNY", "1"), ("USD", "7"), ("EUR", "8"), ("GBP", "9"), ("HKD", "1"), ("JPY", "0.05"))
}


@dataclass(frozen=True)
class ShopProfile:
    """The asking shop in words of the vocabulary; anything may be unknown. `drivers`: what hurts, worst first."""

    category: str | None = None
    size: str | None = None
    platform: str | None = None
    market: str = "CN"
    drivers: tuple[str, ...] = ()
    levers: tuple[str, ...] = ()


class CaseRelation(NamedTuple):
    likeness: Claim
    difference: Claim


def size_class(yearly_sales: Decimal | None, currency: str = "CNY") -> str | None:
    """S, M, L or G for sales of twelve months; None when unknown or in a currency without a rough rate."""
    rate = _ROUGH_CNY.get(currency)
    if yearly_sales is None or rate is None or yearly_sales <= 0:
        return None
    amount = yearly_sales * rate
    for key, term in vocabulary.terms("sizes").items():
        below = term.raw.get("below")
        if below is not None and amount < below:
            return key
    return "G"


def drivers_in(text: str) -> tuple[str, ...]:
    """The drivers a text names, in the order it names them."""
    folded = text.casefold()
    found = []
    for term in vocabulary.terms("drivers").values():
        places = [folded.find(name.casefold()) for name in (term.zh, term.en, *term.aliases)]
        places = [place for place in places if place >= 0]
        if places:
            found.append((min(places), term.id))
    return tuple(key for _, key in sorted(found))


def _steps_larger(case: Case, profile: ShopProfile) -> int | None:
    if not profile.size or profile.size not in _ORDER or case.size not in _ORDER:
        return None
    return _ORDER.index(case.size) - _ORDER.index(profile.size)


def far_larger(case: Case, profile: ShopProfile) -> bool:
    """Two size classes or more above the shop."""
    steps = _steps_larger(case, profile)
    return steps is not None and steps >= 2


def relate(case: Case, profile: ShopProfile) -> CaseRelation:
    """One likeness and the one difference that matters, each a sentence in both languages without figures."""
    return CaseRelation(Claim.of(_likeness(case, profile)), Claim.of(_difference(case, profile)))


def _joined(kind: str, keys: Iterable[str]) -> Text:
    table = vocabulary.terms(kind)
    keys = list(keys)[:2]
    english = [table[key].en if kind == "platforms" else table[key].en.lower() for key in keys]
    return Text("、".join(table[key].zh for key in keys), " and ".join(english))


def _likeness(case: Case, profile: ShopProfile) -> Text:
    drivers = [key for key in profile.drivers if key in case.drivers]
    levers = [key for key in profile.levers if key in case.levers]
    category = vocabulary.terms("categories")[case.category]
    same = profile.category == case.category
    if drivers:
        problem = _joined("drivers", drivers)
        if same:
            return Text(
                f"同做{category.zh}，问题也在{problem.zh}",
                f"same category ({category.en.lower()}), same problem: {problem.en}",
            )
        return Text(f"问题相同：{problem.zh}", f"the same problem: {problem.en}")
    if levers:
        lever = _joined("levers", levers)
        if same:
            return Text(
                f"同做{category.zh}，用的也是{lever.zh}",
                f"same category ({category.en.lower()}), same lever: {lever.en}",
            )
        return Text(f"做法相同：{lever.zh}", f"the same lever: {lever.en}")
    if same:
        return Text(f"同做{category.zh}", f"same category: {category.en.lower()}")
    lever = _joined("levers", case.levers)
    return Text(f"只在做法上可比：{lever.zh}", f"comparable in the lever only: {lever.en}")


def _difference(case: Case, profile: ShopProfile) -> Text:
    """Size first, because it decides what can be copied; then market, category, channel; at last the case's own condition."""
    if case.kind == "platform":
        return Text(
            "这是平台大盘和头部品牌的数据，不是一家店的做法，不能直接当目标",
            "these are platform-wide and head-brand facts, not one shop's practice, and no target for a single shop",
        )
    for found in (_size(case, profile), _market(case, profile), _category(case, profile), _channel(case, profile)):
        if found is not None:
            return found
    stage = vocabulary.terms("stages")[case.stage]
    premise = re.split("[；。]", case.limits)[0]
    # figures belong in quantities, so a condition that contains one stays with the case's limits
    condition = "" if re.search(r"\d", premise) else f"，前提是：{premise}"
    return Text(
        f"对方当时处在{stage.zh}阶段{condition}",
        f"they were at another point ({stage.en.lower()}): check your own conditions first",
    )


def _size(case: Case, profile: ShopProfile) -> Text | None:
    steps = _steps_larger(case, profile)
    if steps is None or abs(steps) < 1:
        return None
    size = vocabulary.terms("sizes")[case.size]
    if steps >= 2:
        return Text(
            f"体量差得远（对方年销{size.zh}），学做法和顺序，别学投入规模",
            f"far larger than you ({size.en}): copy the order of steps, not the spend",
        )
    if steps == 1:
        return Text(
            f"对方比你大一档（年销{size.zh}），投入要按比例缩小",
            f"one size above you ({size.en}): scale the spend down",
        )
    return Text(
        f"对方体量比你小（年销{size.zh}），放大前先看能否承接", f"smaller than you ({size.en}): check that it scales"
    )


def _market(case: Case, profile: ShopProfile) -> Text | None:
    if case.market == profile.market:
        return None
    if case.market == "Global":
        return Text("发生在海外市场，平台规则和流量结构不同", "it happened outside China, under other platform rules")
    return Text("发生在中国市场，平台规则和流量结构不同", "it happened in China, under other platform rules")


def _category(case: Case, profile: ShopProfile) -> Text | None:
    if profile.category is None or profile.category == case.category:
        return None
    zh = vocabulary.category_label(case.category, case.subcategory, "zh")
    en = vocabulary.category_label(case.category, case.subcategory, "en")
    return Text(
        f"品类不同：对方做{zh}，购买频次和毛利不一样",
        f"another category ({en.lower()}), with other purchase frequency and margin",
    )


def _channel(case: Case, profile: ShopProfile) -> Text | None:
    online = [key for key in case.platforms if key != "stores"]
    if profile.platform is None or not online or profile.platform in online:
        return None
    channels = _joined("platforms", online)
    return Text(f"渠道不同：案例讲的是{channels.zh}", f"other channels: the case is about {channels.en}")
