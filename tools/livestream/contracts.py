"""What a way of running a room costs at a paid GMV: straight pieces between knots, so that every root is exact.

A contract is 自播 (fixed cost and ads), 代播 (fee, commission flat or by steps, minimum, what the shop still pays itself), or a
creator or MCN (slot fee, commission, samples, with or without 保量). `profit(G) = G*m - cost(G)`, with m before commission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from tools.livestream.brief import Agency, Creator, SelfRun
from tools.livestream.economics import Tier, UnitEconomics, commission_of

__all__ = ["Contract", "Kind", "Span", "agency", "creator", "mixed", "profitable", "roots", "self_run"]

Kind = Literal["self", "agency", "creator", "mcn", "mixed"]
ZERO, ONE = Decimal(0), Decimal(1)
FAR = Decimal(10) ** 11  # beyond any room; the last piece is straight up to here and on


@dataclass(frozen=True)
class Contract:
    """`commission(G)`, `fixed(G)` and `ads(G)` of a period; `knots` are the paid GMVs where one of them bends."""

    name: str
    kind: Kind
    fixed: Callable[[Decimal], Decimal]
    commission: Callable[[Decimal], Decimal]
    ad_share: Decimal
    knots: tuple[Decimal, ...]
    expected: Decimal | None = None
    known_buyers: Decimal | None = None

    def cost(self, gmv: Decimal) -> Decimal:
        """Everything paid beyond what an order itself costs."""
        return self.fixed(gmv) + self.commission(gmv) + self.ad_share * gmv

    def profit(self, gmv: Decimal, unit: UnitEconomics) -> Decimal:
        return gmv * unit.contribution() - self.cost(gmv)


def self_run(terms: SelfRun, ad_share: Decimal) -> Contract:
    """自播: people, room and kit as a fixed cost, no commission."""
    return Contract("自播", "self", lambda _: terms.fixed, lambda _: ZERO, ad_share, (), terms.expected_gmv)


def agency(terms: Agency, unit: UnitEconomics, ad_share: Decimal) -> Contract:
    """代播: the larger of commission and minimum, on top of the fee and what the shop keeps paying."""
    share = unit.base_share(terms.base)
    steps = tuple(Tier(step.up_to, step.rate) for step in terms.steps) or (Tier(None, terms.commission),)
    floor = terms.minimum or ZERO

    def commission(gmv: Decimal) -> Decimal:
        return max(commission_of(gmv * share, steps), floor)

    edges = {step.up_to / share for step in steps if step.up_to is not None and share}
    if floor:
        edges |= set(_reaches(lambda gmv: commission_of(gmv * share, steps) - floor, edges))
    return Contract(
        terms.name, "agency", lambda _: terms.fee + terms.kept, commission, ad_share, tuple(sorted(edges)),
        terms.expected_gmv,
    )  # fmt: skip


def creator(terms: Creator, unit: UnitEconomics) -> Contract:
    """达人 / MCN: a slot fee that is sunk, or with 保量 owed in the part that was delivered; commission on its base."""
    rate = terms.commission * unit.base_share(terms.base)
    delivered = unit.base_share(terms.guarantee_counts)
    aim = terms.guaranteed / delivered if terms.guaranteed and delivered else None

    def fixed(gmv: Decimal) -> Decimal:
        slot = terms.slot_fee if aim is None else terms.slot_fee * min(ONE, gmv / aim)
        return slot + terms.samples + terms.service_fee

    knots = () if aim is None else (aim,)
    return Contract(
        terms.name, terms.kind, fixed, lambda gmv: rate * gmv, ZERO, knots, terms.expected_gmv, terms.known_buyers
    )


def mixed(parts: Iterable[Contract], name: str = "混合") -> Contract:
    """Several at once in the proportion of their expected GMV, known buyers too. Raises ValueError where a part has none."""
    rooms = tuple(parts)
    if any(not room.expected for room in rooms):
        raise ValueError("every part of a mix needs an expected GMV")
    total = sum((room.expected or ZERO for room in rooms), ZERO)
    shares = tuple((room.expected or ZERO) / total for room in rooms)
    both = tuple(zip(rooms, shares, strict=True))
    known = [room.known_buyers * share for room, share in both if room.known_buyers is not None]
    return Contract(
        name,
        "mixed",
        lambda gmv: sum((room.fixed(gmv * share) for room, share in both), ZERO),
        lambda gmv: sum((room.commission(gmv * share) for room, share in both), ZERO),
        sum((room.ad_share * share for room, share in both), ZERO),
        tuple(sorted({knot / share for room, share in both for knot in room.knots})),
        total,
        sum(known, ZERO) if len(known) == len(rooms) else None,  # a part nobody knows may be all known buyers
    )


@dataclass(frozen=True)
class Span:
    """Paid GMV from `low` to `high` (None: without end)."""

    low: Decimal
    high: Decimal | None


def profitable(contract: Contract, unit: UnitEconomics) -> tuple[Span, ...]:
    """Where the room makes money. Empty: no volume breaks even. A rising commission can end a span again."""
    crossings = roots(lambda gmv: contract.profit(gmv, unit), contract.knots)
    edges = [ZERO, *crossings, FAR]
    spans: list[Span] = []
    for low, high in pairwise(edges):
        if contract.profit((low + high) / 2, unit) > 0:
            spans.append(Span(low, None if high == FAR else high))
    return tuple(spans)


def roots(value: Callable[[Decimal], Decimal], knots: Iterable[Decimal]) -> list[Decimal]:
    """Where a function that is straight between the knots crosses zero, above 0 and in order."""
    return sorted(dict.fromkeys(_reaches(value, knots)))


def _reaches(value: Callable[[Decimal], Decimal], knots: Iterable[Decimal]) -> list[Decimal]:
    edges = [ZERO, *sorted(knot for knot in set(knots) if 0 < knot < FAR), FAR]
    found = []
    for low, high in pairwise(edges):
        at_low, at_high = value(low), value(high)
        if at_low == at_high or (at_low > 0) == (at_high > 0):
            continue
        root = low - at_low * (high - low) / (at_high - at_low)
        if 0 < root < FAR:
            found.append(root)
    return found
