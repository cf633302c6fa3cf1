"""The first five minutes with a shop: three facts, one thing worth attention, whether the files agree with the platform's own report,
one question back, and what one more file unlocks.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisor.scope import Scope
from tools.errors import BadArguments, DataMissing, ToolError
from tools.facts import Chart, Claim, Fact, ToolResult
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.service.service import AdvisorService

__all__ = ["Card", "card_of", "first_card"]

_TITLES = {
    "facts": Text("这家店的{n}个事实", "{n} about this shop"),
    "attention": Text("值得注意", "Worth attention"),
    "reconciled": Text("与平台日报对账", "Against the platform's own report"),
    "question": Text("想问你一个问题", "One question for you"),
    "unlock": Text("再给我一份文件，就能看得更深", "One more file would unlock"),
}

_MANY = (Text("一", "One fact"), Text("两", "Two facts"), Text("三", "Three facts"))
_FEW_ORDERS = 30  # under this the change between two windows is chance

_WANTED = {
    "shop_daily": Claim(
        zh="还没有“店铺日报”：导入后，订单的支付金额会和它逐日核对。",
        en='No "shop daily report" yet: once imported, the orders are checked against it day by day.',
    ),
    "orders": Claim(
        zh="还没有“订单”：导入后，店铺日报的支付金额会和它逐日核对。",
        en='No "orders" yet: once imported, the shop report is checked against them day by day.',
    ),
}


@dataclass(frozen=True)
class Card:
    """What `first_look` found, sorted into the parts of the card. Parts may be empty."""

    facts: tuple[Fact, ...]
    attention: tuple[Claim, ...]
    question: tuple[Claim, ...]
    unlock: tuple[Claim, ...]
    charts: tuple[Chart, ...] = ()
    reconciled: tuple[Claim, ...] = ()

    def sections(self, lang: Lang) -> list[tuple[str, list[str]]]:
        """Titles and lines, in reading order; parts without a line are left out."""
        parts = {
            "facts": [fact.claim for fact in self.facts],
            "attention": self.attention,
            "reconciled": self.reconciled,
            "question": self.question,
            "unlock": self.unlock,
        }
        many = _MANY[min(len(self.facts), len(_MANY)) - 1].get(lang)
        return [
            (_TITLES[name].get(lang).format(n=many), [claim.get(lang) for claim in claims])
            for name, claims in parts.items()
            if claims
        ]


async def first_card(service: AdvisorService, scope: Scope, lang: Lang) -> Card:
    """Look at the shop through the same checks as every tool call. Raises DataMissing when there is nothing to look at."""
    look = await service.read(scope, "first_look", {}, lang=lang)
    card = replace(card_of(look), reconciled=await _reconciled(service, scope, look, lang))
    if card.attention:
        return card
    # no hole in the data: the latest change is what to look at
    with contextlib.suppress(DataMissing, BadArguments):
        asked = {"metric": "gmv", "window": "30d", "compare": "previous"}
        change = await service.read(scope, "explain_change", asked, lang=lang)
        return replace(card, attention=tuple(fact.claim for fact in change.facts[:1] if not _is_chance(fact)))
    return card


async def _reconciled(service: AdvisorService, scope: Scope, look: ToolResult, lang: Lang) -> tuple[Claim, ...]:
    """One sentence when the order files agree with the shop report; with a finding also its largest part.

    With one of the two only, what the other would allow: its menu path is in the unlock line already.
    """
    wanted = next((fact.data.get("table") for fact in look.facts if fact.data.get("topic") == "unlock"), None)
    try:
        result = await service.read(scope, "reconcile", {}, lang=lang)
    except DataMissing as error:
        return (_WANTED.get(str(wanted)) or Claim.of(error.message),)
    except ToolError:  # too slow or not to be read: the card stands without it
        return ()
    head = next((fact for fact in result.facts if fact.data.get("metric") == "gmv"), None)
    if head is None:
        line = _WANTED.get(str(wanted)) or next(iter(result.notes), None)
        return (line,) if line is not None else ()
    part = next((fact for fact in result.facts if "part" in fact.data), None)
    return (head.claim, part.claim) if head.data["finding"] and part is not None else (head.claim,)


def _is_chance(change: Fact) -> bool:
    """A change over a handful of orders says nothing yet."""
    orders = next((q.value for q in change.quantities if q.metric == "orders"), None)
    return orders is not None and orders < _FEW_ORDERS


def card_of(result: ToolResult) -> Card:
    """Sort the facts of `first_look` by their topic."""

    def claims(topic: str, most: int) -> tuple[Claim, ...]:
        return tuple(fact.claim for fact in result.facts if fact.data.get("topic") == topic)[:most]

    figures = tuple(fact for fact in result.facts if fact.data.get("topic") == "figure")
    return Card(figures[:3], claims("gap", 1), claims("question", 1), claims("unlock", 1), tuple(result.charts[:1]))
