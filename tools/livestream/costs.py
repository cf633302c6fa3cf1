"""The profit and loss of a stream, a month or a room: lines that add up to the cent, and the input that turns profit into loss.

Per period, with the letters of `economics.py`: refunds G·r · goods G·(1-r)·c · platform G·(1-r)·k · VAT G·(1-r)·v' · parcels and insurance
O·[(1-rc)·so + ins] · returns O·rp·sr + G·rp·d·c · commission q·base·G · ads · hosts · fixed. O = G/a. Every line is rounded to the cent and
the profit is their sum, so before ads, hosts and fixed cost it is G·m within half a cent a line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from tools.livestream.economics import CommissionBase, UnitEconomics
from tools.text import quantize

__all__ = ["FLIPS", "Costs", "Flip", "FlipInput", "Line", "LineKey", "Sheet", "flips", "sheet"]

ZERO, ONE = Decimal(0), Decimal(1)
LineKey = Literal[
    "paid", "refunds", "cogs", "platform_fee", "vat", "parcels", "returns", "commission", "ads", "hosts", "fixed",
]  # fmt: skip
FlipInput = Literal["gmv", "refunds", "cost", "ads", "freight", "fixed"]
FLIPS: tuple[FlipInput, ...] = ("gmv", "refunds", "cost", "ads", "freight", "fixed")
_FAR = Decimal(5)  # an input turned further than five times is no longer the same room


@dataclass(frozen=True)
class Costs:
    """One period. `ads` in money: spent whatever is sold, or `ad_share` of paid GMV where it is planned."""

    gmv: Decimal
    unit: UnitEconomics
    ads: Decimal | None = None
    ad_share: Decimal = ZERO
    hosts: Decimal = ZERO
    fixed: Decimal = ZERO
    commission: Decimal = ZERO
    base: CommissionBase = "received"

    @property
    def ad_money(self) -> Decimal:
        return self.gmv * self.ad_share if self.ads is None else self.ads


@dataclass(frozen=True)
class Line:
    """One line: income positive, cost negative, in cents."""

    key: LineKey
    amount: Decimal


@dataclass(frozen=True)
class Sheet:
    """Lines in the order they are told; `profit` is their sum."""

    lines: tuple[Line, ...]

    def amount(self, key: LineKey) -> Decimal:
        return sum((line.amount for line in self.lines if line.key == key), ZERO)

    @property
    def net(self) -> Decimal:
        return self.amount("paid") + self.amount("refunds")

    @property
    def profit(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)


@dataclass(frozen=True)
class Flip:
    """The value of one input at which the profit is zero, everything else as it is; `factor` = value ÷ today's value."""

    input: FlipInput
    now: Decimal
    then: Decimal

    @property
    def factor(self) -> Decimal:
        return self.then / self.now


def sheet(costs: Costs) -> Sheet:
    """The lines of a period."""
    g, u = costs.gmv, costs.unit
    net, orders = g * u.kept, g / u.order_value
    amounts: dict[LineKey, Decimal] = {
        "paid": g,
        "refunds": -g * u.refunded,
        "cogs": -net * u.cost_share,
        "platform_fee": -net * u.platform_fee,
        "vat": -net * u.vat_share,
        "parcels": -orders * ((ONE - u.cancelled) * u.outbound + u.insurance),
        "returns": -orders * u.returned * u.return_parcel - g * u.returned * u.lost_share * u.cost_share,
        "commission": -g * costs.commission * u.base_share(costs.base),
        "ads": -costs.ad_money,
        "hosts": -costs.hosts,
        "fixed": -costs.fixed,
    }
    return Sheet(tuple(Line(key, quantize(amount, 2) + ZERO) for key, amount in amounts.items()))


def _turn(costs: Costs, name: FlipInput, factor: Decimal) -> Costs:
    match name:
        case "gmv":
            return replace(costs, gmv=costs.gmv * factor)
        case "refunds" | "cost" | "freight":
            return replace(costs, unit=costs.unit.turned(name, factor))
        case "ads":
            return replace(costs, ads=None if costs.ads is None else costs.ads * factor, ad_share=costs.ad_share * factor)  # fmt: skip
        case "fixed":
            return replace(costs, fixed=costs.fixed * factor, hosts=costs.hosts * factor)


def _value(costs: Costs, name: FlipInput) -> Decimal:
    u = costs.unit
    return {
        "gmv": costs.gmv,
        "refunds": u.refunded,
        "cost": u.cost_share,
        "ads": costs.ad_money,
        "freight": (ONE - u.cancelled) * u.outbound + u.insurance + u.returned * u.return_parcel,
        "fixed": costs.fixed + costs.hosts,
    }[name]


def flips(costs: Costs) -> list[Flip]:
    """Each input that alone brings the profit to zero, the smallest turn first. Shares stop at 100 %, factors at five."""
    found = []
    for name in FLIPS:
        now = _value(costs, name)
        if not now:
            continue
        top = min(_FAR, ONE / now) if name in ("refunds", "cost") else _FAR
        factor = _root(lambda f, n=name: _exact(_turn(costs, n, f)), top)  # type: ignore[misc]
        if factor is not None:
            found.append(Flip(name, now, now * factor))
    return sorted(found, key=lambda flip: abs(flip.factor - ONE))


def _exact(costs: Costs) -> Decimal:
    """The profit before rounding."""
    return costs.gmv * costs.unit.contribution(costs.commission, costs.base) - costs.ad_money - costs.hosts - costs.fixed  # fmt: skip


def _root(profit: Callable[[Decimal], Decimal], top: Decimal) -> Decimal | None:
    """The factor between 0 and `top` at which a straight profit is zero (every input enters linearly); None where none is."""
    at_zero, at_one = profit(ZERO), profit(ONE)
    if at_zero == at_one:
        return None
    factor = at_zero / (at_zero - at_one)
    return factor if 0 < factor <= top else None
