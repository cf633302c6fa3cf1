"""Exact splits of a change: LMDI for products of positive factors, Shapley where one is zero or negative, mix and rate for groups.

LMDI: Ang (2005), "The LMDI approach to decomposition analysis": dG_x = L(G1, G0) ln(x1/x0), L = (G1 - G0)/ln(G1/G0). It has no
residual; what rounding leaves goes to the largest part, so that parts add up to the change to the cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import permutations

from tools.text import quantize

__all__ = ["MixRate", "mix_rate", "round_to_sum", "split_product"]

_PLACES = 2


def split_product(
    before: Sequence[Decimal | None],
    after: Sequence[Decimal | None],
    *,
    total: Decimal | None = None,
    places: int = _PLACES,
) -> tuple[Decimal, ...]:
    """How much each factor adds to the change of their product; the parts sum to that change (or to `total`) exactly.

    A factor that is undefined in one window (None, such as a rate over nothing) takes its other value, so that the change goes
    to the factor that vanished; undefined in both it counts as 1.
    """
    pairs = [_defined(old, new) for old, new in zip(before, after, strict=True)]
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with localcontext() as context:
        context.prec = 40
        change = math.prod(new, start=Decimal(1)) - math.prod(old, start=Decimal(1))
        parts = _lmdi(old, new) if all(x > 0 for x in (*old, *new)) else _shapley(old, new)
    return round_to_sum(parts, quantize(change if total is None else total, places), places=places)


def _defined(old: Decimal | None, new: Decimal | None) -> tuple[Decimal, Decimal]:
    one = Decimal(1)
    known_old = old if old is not None else new
    known_new = new if new is not None else old
    return (one if known_old is None else known_old, one if known_new is None else known_new)


def _lmdi(old: Sequence[Decimal], new: Sequence[Decimal]) -> list[Decimal]:
    g0, g1 = math.prod(old, start=Decimal(1)), math.prod(new, start=Decimal(1))
    log = (g1 / g0).ln()
    weight = g0 if abs(log) < Decimal("1e-15") else (g1 - g0) / log
    return [weight * (y / x).ln() for x, y in zip(old, new, strict=True)]


def _shapley(old: Sequence[Decimal], new: Sequence[Decimal]) -> list[Decimal]:
    size = len(old)
    parts = [Decimal(0)] * size
    for order in permutations(range(size)):
        state = list(old)
        for index in order:
            before = math.prod(state, start=Decimal(1))
            state[index] = new[index]
            parts[index] += math.prod(state, start=Decimal(1)) - before
    return [part / math.factorial(size) for part in parts]


def round_to_sum(parts: Sequence[Decimal], total: Decimal, *, places: int = _PLACES) -> tuple[Decimal, ...]:
    """Round every part and give what is left to the largest, so that they add up to `total` exactly."""
    rounded = [quantize(part, places) for part in parts]
    if rounded:
        largest = max(range(len(rounded)), key=lambda index: abs(rounded[index]))
        rounded[largest] += total - sum(rounded, Decimal(0))
    return tuple(rounded)


@dataclass(frozen=True)
class MixRate:
    """A group's part in the change of a ratio (or of value per unit): by its changed share, and by its own changed rate."""

    mix: Decimal
    rate: Decimal

    @property
    def total(self) -> Decimal:
        return self.mix + self.rate


def mix_rate(
    before: Mapping[str, tuple[Decimal, Decimal]], after: Mapping[str, tuple[Decimal, Decimal]]
) -> dict[str, MixRate]:
    """Split the change of sum(num)/sum(den) over groups given as {group: (num, den)}; mix and rate parts sum to it.

    Midpoint form: mix_g = (w1 - w0)(r_g - R), rate_g = (r1 - r0) w, bars being averages of both windows; R makes the mix parts of
    groups comparable and cancels in the sum. A group without a denominator in one window takes its rate of the other.
    """
    den0 = sum((den for _, den in before.values()), Decimal(0))
    den1 = sum((den for _, den in after.values()), Decimal(0))
    if not den0 or not den1:
        return {}
    level = (_ratio(before, den0) + _ratio(after, den1)) / 2
    parts = {}
    for group in {**before, **after}:
        n0, d0 = before.get(group, (Decimal(0), Decimal(0)))
        n1, d1 = after.get(group, (Decimal(0), Decimal(0)))
        r0, r1 = _defined(n0 / d0 if d0 else None, n1 / d1 if d1 else None)
        w0, w1 = d0 / den0, d1 / den1
        parts[group] = MixRate((w1 - w0) * ((r0 + r1) / 2 - level), (r1 - r0) * (w0 + w1) / 2)
    return parts


def _ratio(groups: Mapping[str, tuple[Decimal, Decimal]], den: Decimal) -> Decimal:
    return sum((num for num, _ in groups.values()), Decimal(0)) / den
