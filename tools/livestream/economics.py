"""Contribution of one yuan of paid GMV in a room, profit and break-even: the algebra every livestream module shares.

Inputs per period (knowhow A1, derived and checked there): `G` paid GMV, `a` order value, `rc` share of paid GMV cancelled or refunded before
shipping, `rp` share returned after shipping, `r = rc + rp`, `c` cost of goods over net price, `k` platform and payment fee on
net, `q` commission, `so` outbound parcel, `sr` return parcel, `ins` return insurance per order, `d` share of returned goods lost.

    m = (1-r)(1-c-k) - q*base - [(1-rc)*so + ins + rp*(sr + d*c*a)] / a          before ads and fixed costs
    base: paid 1 · shipped 1-rc · received 1-r                                    what the commission is charged on
    VAT (general taxpayer at v): net sales owe v/(1+v); with invoiced cost the same part of c comes back, and of the platform fee
    w/(1+w), w = 6 % (its invoice is a service). Ads, agency and parcels carry input VAT too, but only with a special invoice in hand, which
    small suppliers seldom give: not counted, so m is on the safe side. Lost goods give none back (input VAT is transferred out).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

__all__ = ["CommissionBase", "Tier", "UnitEconomics", "UnitLever", "break_even", "commission_of"]

CommissionBase = Literal["paid", "shipped", "received"]
UnitLever = Literal["refunds", "cost", "freight"]
ONE = Decimal(1)


@dataclass(frozen=True)
class UnitEconomics:
    """What happens to one yuan paid in a room. Shares are of paid GMV (0.18 = 18 %), parcels and insurance money per order."""

    order_value: Decimal
    cancelled: Decimal  # rc
    returned: Decimal  # rp
    cost_share: Decimal  # c
    platform_fee: Decimal  # k
    outbound: Decimal = Decimal(0)  # so
    return_parcel: Decimal = Decimal(0)  # sr
    insurance: Decimal = Decimal(0)  # ins
    lost_share: Decimal = Decimal(0)  # d
    vat_rate: Decimal = Decimal(0)  # v of a general taxpayer; 0 leaves VAT out
    cost_invoiced: bool = True
    fee_vat: Decimal = Decimal(0)  # w: input VAT rate in the platform's invoice, 0.06 for a general taxpayer

    @property
    def refunded(self) -> Decimal:
        return self.cancelled + self.returned

    @property
    def kept(self) -> Decimal:
        """Net over paid GMV."""
        return ONE - self.refunded

    @property
    def vat_share(self) -> Decimal:
        """VAT owed per yuan of net sales, price included: v/(1+v), less what invoices of goods and platform bring back."""
        if not self.vat_rate:
            return Decimal(0)
        owed = self.vat_rate / (ONE + self.vat_rate)
        back = owed * self.cost_share if self.cost_invoiced else Decimal(0)
        return owed - back - self.fee_vat / (ONE + self.fee_vat) * self.platform_fee

    def base_share(self, base: CommissionBase) -> Decimal:
        """The part of paid GMV a commission is charged on."""
        return {"paid": ONE, "shipped": ONE - self.cancelled, "received": self.kept}[base]

    def contribution(self, commission: Decimal = Decimal(0), base: CommissionBase = "received") -> Decimal:
        """m: what one yuan of paid GMV leaves before ads and fixed costs, at a commission rate `q` on `base`."""
        goods = self.kept * (ONE - self.cost_share - self.platform_fee - self.vat_share)
        parcels = (ONE - self.cancelled) * self.outbound + self.insurance
        back = self.returned * (self.return_parcel + self.lost_share * self.cost_share * self.order_value)
        return goods - commission * self.base_share(base) - (parcels + back) / self.order_value

    def with_refunds(self, refunded: Decimal) -> UnitEconomics:
        """The same unit at another total refund share, split between cancelled and returned as before."""
        if not self.refunded:
            return replace(self, returned=refunded)
        scale = refunded / self.refunded
        return replace(self, cancelled=self.cancelled * scale, returned=self.returned * scale)

    def turned(self, lever: UnitLever, factor: Decimal) -> UnitEconomics:
        """The same unit with one input times a factor; refunds stop at 100 %, goods may cost more than their price."""
        match lever:
            case "refunds":
                return self.with_refunds(min(self.refunded * factor, ONE))
            case "cost":
                return replace(self, cost_share=self.cost_share * factor)
            case "freight":
                return replace(
                    self,
                    outbound=self.outbound * factor,
                    return_parcel=self.return_parcel * factor,
                    insurance=self.insurance * factor,
                )


@dataclass(frozen=True)
class Tier:
    """A commission step: `rate` on the part of the base up to `up_to` (None: everything above the steps before)."""

    up_to: Decimal | None
    rate: Decimal


def commission_of(amount: Decimal, tiers: tuple[Tier, ...]) -> Decimal:
    """Commission on `amount` by marginal steps, lowest first. 0 without steps."""
    due, done = Decimal(0), Decimal(0)
    for tier in tiers:
        top = amount if tier.up_to is None else min(amount, tier.up_to)
        if top > done:
            due += (top - done) * tier.rate
            done = top
    return due


def break_even(fixed: Decimal, margin: Decimal, ad_share: Decimal = Decimal(0)) -> Decimal | None:
    """Paid GMV at which `G*(m - t) = F`. None: no volume breaks even."""
    left = margin - ad_share
    return None if left <= 0 else fixed / left
