"""Splitting a budget over plans by what the next yuan leaves: water-filling on concave expected responses, never beyond what was seen.

A yuan goes where margin * expected marginal sales is highest; spending ends at the budget, at the top of what each plan has been seen at, or
where the next yuan would leave less than itself. Steady spend a period; carry-over is in the curve already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.livestream.saturation import Curve

__all__ = ["Offer", "Share", "Split", "best_spend", "split_budget"]

_STEPS = 60


@dataclass(frozen=True)
class Offer:
    """A plan to give money to: its curve and what one yuan of its sales leaves before ads."""

    curve: Curve
    margin: float

    @property
    def most(self) -> float:
        return self.curve.seen[1]

    def next_yuan(self, spend: float) -> float:
        """Expected contribution of the next yuan of ads, before that yuan."""
        return self.margin * float(self.curve.marginal(spend).mean())

    def left(self, spend: float) -> float:
        """Expected contribution of a period after its ads."""
        return self.margin * float(self.curve.gain(spend).mean()) - spend


@dataclass(frozen=True)
class Share:
    """What one plan gets a period. `capped`: more was not given because no higher spend was ever seen."""

    name: str
    spend: float
    gain: float
    low: float
    high: float
    next_yuan: float
    capped: bool


@dataclass(frozen=True)
class Split:
    """`kept`: what of the budget is better not spent, or cannot be judged because no plan was seen so high."""

    shares: tuple[Share, ...]
    kept: float
    left: float


def best_spend(offer: Offer, price: float = 1.0) -> float:
    """The spend at which the next yuan leaves `price`: between nothing and the highest seen."""
    if offer.next_yuan(offer.most) >= price:
        return offer.most
    if offer.next_yuan(0.0) <= price:
        return 0.0
    low, high = 0.0, offer.most
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if offer.next_yuan(middle) > price else (low, middle)
    return low


def split_budget(offers: Sequence[Offer], budget: float) -> Split:
    """The split of `budget` a period that leaves most. Raises ValueError for a negative budget."""
    if budget < 0:
        raise ValueError("a budget is not negative")
    spends = [best_spend(one) for one in offers]
    if sum(spends) > budget:
        low, high = 1.0, max(one.next_yuan(0.0) for one in offers)
        for _ in range(_STEPS):
            price = (low + high) / 2
            spends = [best_spend(one, price) for one in offers]
            low, high = (price, high) if sum(spends) > budget else (low, price)
        spends = [best_spend(one, high) for one in offers]
    shares = tuple(_share(one, spend) for one, spend in zip(offers, spends, strict=True))
    left = sum(one.left(spend) for one, spend in zip(offers, spends, strict=True))
    return Split(shares, max(budget - sum(spends), 0.0), left)


def _share(offer: Offer, spend: float) -> Share:
    import numpy as np

    gain = offer.curve.gain(spend)
    low, high = (float(end) for end in np.quantile(gain, [0.05, 0.95]))
    capped = spend >= offer.most * 0.999 and offer.next_yuan(spend) > 1
    return Share(offer.curve.name, spend, float(gain.mean()), low, high, offer.next_yuan(spend), capped)
