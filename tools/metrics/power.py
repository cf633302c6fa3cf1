"""How many people a hold-out needs, and the smallest difference it can show: two proportions, two-sided normal test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

__all__ = ["ALPHA", "POWER", "HoldOut", "detectable_difference", "hold_out", "power_of", "sample_per_group"]

ALPHA = 0.05
POWER = 0.80
# Shares of the audience that may be left without the offer, smallest first: leave out no more than the answer costs.
_SHARES = (Decimal("0.1"), Decimal("0.2"), Decimal("0.3"), Decimal("0.5"))
_MIN_GROUP = 30
_NORMAL = NormalDist()  # of the standard library: loading scipy.stats would cost a command half a second


@dataclass(frozen=True)
class HoldOut:
    """Split of an audience. `detectable` is an absolute difference of rates (0.016 is 1.6 pp)."""

    share: Decimal
    treated: int
    held_out: int
    detectable: Decimal
    enough: bool  # whether it can show the difference that was asked for


def power_of(base: float, difference: float, n1: int, n2: int, alpha: float = ALPHA) -> float:
    """Power to see `base + difference` in n1 people against `base` in n2 (Fleiss, pooled variance under no effect)."""
    p1, p2 = base + difference, base
    pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
    null = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    alternative = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    if alternative == 0:
        return 1.0 if difference else alpha
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    return _NORMAL.cdf((abs(difference) - z * null) / alternative)


def detectable_difference(base: float, n1: int, n2: int, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest rise over `base` that is seen with that power; None when even certainty would not be."""
    top = 1 - base - 1e-9
    if top <= 0 or power_of(base, top, n1, n2, alpha) < power:
        return None
    low, high = 1e-9, top  # power grows with the difference, so halving finds where it crosses
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if power_of(base, middle, n1, n2, alpha) < power else (low, middle)
    return high


def sample_per_group(base: float, difference: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """People per group for two equal groups, rounded up."""
    p1, p2 = base + difference, base
    pooled = (p1 + p2) / 2
    z = _NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(2 * pooled * (1 - pooled))
    z += _NORMAL.inv_cdf(power) * math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return math.ceil((z / difference) ** 2)


def hold_out(audience: int, base: Decimal, wanted: Decimal | None) -> HoldOut | None:
    """Choose the smallest share left out that still shows the `wanted` difference; else the most telling split.

    None when the audience is too small for any reading at all.
    """
    best: HoldOut | None = None
    for share in _SHARES:
        held = int(audience * share)
        treated = audience - held
        if min(held, treated) < _MIN_GROUP:
            continue
        found = detectable_difference(float(base), treated, held)
        if found is None:
            continue
        detectable = Decimal(str(round(found, 6)))
        enough = wanted is not None and detectable <= wanted
        best = HoldOut(share, treated, held, detectable, enough)
        if enough:
            return best
    return best
