"""What each item and each half hour of a stream left: contribution where the unit economics are known, else GMV; and what chance explains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tools.livestream.economics import UnitEconomics
from tools.livestream.funnel_judge import at_most
from tools.livestream.review_rules import judging
from tools.livestream.room import LiveItem, LiveOrder, LiveSession
from tools.text import quantize

__all__ = ["Half", "ItemPart", "Worth", "halves_of", "items_of"]

ZERO = Decimal(0)
_HALF_HOUR = 30
_WOBBLE = 0.04  # variance of an item's log rate from stream to stream, beyond the luck of counts; assumed
_KNOWN = 200  # clickers in past streams before an item has a usual rate


@dataclass(frozen=True)
class Worth:
    """Turns paid GMV of a product into contribution: the shop's unit at the product's own cost share. No unit: GMV itself."""

    unit: UnitEconomics | None
    costs: Mapping[str, Decimal]

    def of(self, product: str, gmv: Decimal, pieces: int | None) -> Decimal | None:
        """Money left of `gmv`; None without a unit."""
        if self.unit is None:
            return None
        cost, unit = self.costs.get(product), self.unit
        if cost is not None and pieces and gmv > 0:
            unit = replace(unit, cost_share=cost * pieces / gmv)
        return quantize(gmv * unit.contribution(), 2)


@dataclass(frozen=True)
class ItemPart:
    """One product in one stream. `usual` is its own rate of clickers who bought in past streams; `p_low`, `p_high` chance's part."""

    product_id: str
    title: str
    gmv: Decimal
    left: Decimal | None
    clickers: int | None
    buyers: int | None
    usual: Decimal | None = None
    p_low: float | None = None
    p_high: float | None = None

    @property
    def worth(self) -> Decimal:
        return self.gmv if self.left is None else self.left


@dataclass(frozen=True)
class Half:
    """A half hour on air. `orders`: lines paid at one moment are one order. `left` is contribution, None without a unit."""

    start: datetime
    end: datetime
    orders: int
    gmv: Decimal
    left: Decimal | None


class _Usual(NamedTuple):
    clickers: int
    buyers: int


def items_of(one: LiveSession, items: Sequence[LiveItem], orders: Sequence[LiveOrder], past: Sequence[LiveItem], worth: Worth, titles: Mapping[str, str]) -> list[ItemPart]:  # fmt: skip
    """Products of the stream, best first; from its order lines where no item table was imported."""
    rows = [row for row in items if row.session_id == one.session_id and row.paid_amount is not None]
    if not rows:
        return _from_orders(one, orders, worth, titles)
    usual: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in past:
        if row.clickers is not None and row.buyers is not None:
            usual[row.product_id][0] += row.clickers
            usual[row.product_id][1] += row.buyers
    found = []
    for row in rows:
        gmv = row.paid_amount or ZERO
        part = ItemPart(row.product_id, row.title or titles.get(row.product_id, row.product_id), gmv, worth.of(row.product_id, gmv, row.items), row.clickers, row.buyers)  # fmt: skip
        found.append(_held(part, _Usual(*usual[row.product_id])))
    return sorted(found, key=lambda part: (-part.worth, part.product_id))


def _held(part: ItemPart, usual: _Usual) -> ItemPart:
    """Against the item's own past: how rarely chance gives so few, or so many, buyers of these clickers."""
    enough = part.clickers is not None and part.buyers is not None and part.clickers >= judging().clicks
    if not enough or usual.clickers < _KNOWN or not usual.buyers or (part.buyers or 0) > (part.clickers or 0):
        return part
    n, x = part.clickers or 0, part.buyers or 0
    rate = min(usual.buyers / usual.clickers, 0.99)
    return replace(
        part, usual=Decimal(usual.buyers) / usual.clickers, p_low=at_most(x, n, rate, _WOBBLE), p_high=1 - at_most(x - 1, n, rate, _WOBBLE),
    )  # fmt: skip


def _from_orders(one: LiveSession, orders: Sequence[LiveOrder], worth: Worth, titles: Mapping[str, str]) -> list[ItemPart]:  # fmt: skip
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    names: dict[str, str] = {}
    for line in orders:
        if line.session_id == one.session_id and line.product_id:
            sums[line.product_id] += line.amount
            names[line.product_id] = line.title or titles.get(line.product_id, line.product_id)
    found = [ItemPart(product, names[product], gmv, worth.of(product, gmv, None), None, None) for product, gmv in sums.items()]  # fmt: skip
    return sorted(found, key=lambda part: (-part.worth, part.product_id))


def halves_of(one: LiveSession, orders: Sequence[LiveOrder], parts: Sequence[ItemPart], worth: Worth) -> list[Half]:
    """Half hours on air with what was paid in them; [] where start, length or payment times are not known.

    A line leaves what its product left per yuan over the whole stream, so that half hours and products tell the same money.
    """
    each = {part.product_id: part.left / part.gmv for part in parts if part.left is not None and part.gmv > 0}
    start, end = one.started_at, one.ends_at
    lines = [line for line in orders if line.session_id == one.session_id and line.paid_at is not None]
    if start is None or end is None or end <= start or not lines:
        return []
    found = []
    at = start
    while at < end:
        until = min(at + timedelta(minutes=_HALF_HOUR), end)
        mine = [line for line in lines if line.paid_at is not None and at <= line.paid_at < until]
        whole = None
        if worth.unit is not None:
            usual = worth.unit.contribution()
            whole = quantize(sum((line.amount * each.get(line.product_id, usual) for line in mine), ZERO), 2)
        found.append(
            Half(at, until, len({line.paid_at for line in mine}), sum((line.amount for line in mine), ZERO), whole)
        )
        at = until
    return found
