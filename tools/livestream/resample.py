"""Rundowns under resampled demand: how far the difference between two orders lies within the error of what is known.

One draw is one stream that might come: its size is one of the room's past streams, its curve a draw around the one seen, each product's
rate a draw from its Gamma, its sales Poisson. All rundowns see the same draws (common random numbers), so that the difference between two
of them is not that of two lucky evenings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.livestream.products_values import Airing, Values

__all__ = ["DRAWS", "Outcome", "resample"]

DRAWS = 1000
_UNKNOWN_SIZE = 0.3  # spread of a stream's size where the room has no history
_UNKNOWN_RATE = 0.5  # and of a stated rate
_CURVE_WEIGHT = 60  # order lines a curve is worth that nobody has seen


@dataclass(frozen=True)
class Outcome:
    """A rundown over the draws, in shop currency: mean, 5th and 95th percentile; and what the first rundown brings more than it,
    draw by draw, with the 2.5th and 97.5th percentile of that difference. `within`: the interval holds 0."""

    name: str
    mean: Decimal
    low: Decimal
    high: Decimal
    ahead: Decimal
    ahead_low: Decimal
    ahead_high: Decimal
    wins: Decimal  # share of draws in which the first brings more

    @property
    def within(self) -> bool:
        return self.ahead_low <= 0 <= self.ahead_high


def resample(
    values: Values, plans: Mapping[str, Sequence[Airing]], sizes: Sequence[float], *, draws: int = DRAWS, seed: int = 7
) -> dict[str, Outcome]:
    """Outcomes of the named rundowns; the first is what the others are held against. `sizes`: people of past like streams."""
    import numpy as np

    rng = np.random.default_rng(seed)
    flow = _people(values, sizes, draws, rng)
    rate = _rates(values, draws, rng)
    luck = rng.random((draws, len(values.items), values.rounds))
    results = {name: _earned(values, airings, flow, rate, luck) for name, airings in plans.items()}
    base = next(iter(results.values()))
    return {name: _outcome(name, base, money) for name, money in results.items()}


def _people(values: Values, sizes: Sequence[float], draws: int, rng: Any) -> Any:
    """People a minute, draws x rounds."""
    import numpy as np

    audience, rounds = values.audience, values.rounds
    if len(sizes) >= 5:
        scale = rng.choice(np.asarray(sizes, dtype=float) / float(np.mean(sizes)), size=draws)
    else:
        sigma = np.sqrt(np.log(1 + _UNKNOWN_SIZE**2))
        scale = rng.lognormal(-(sigma**2) / 2, sigma, size=draws)
    share = np.array([float(p) for p in audience.people])
    total = share.sum()
    weight = sum(audience.weights) or _CURVE_WEIGHT
    curve = rng.dirichlet(share / total * weight + 1e-9, size=draws)
    lengths = np.array([audience.length(r) for r in range(rounds)], dtype=float)
    return scale[:, None] * curve * total / lengths


def _rates(values: Values, draws: int, rng: Any) -> Any:
    """Pieces per 1,000 people on air, draws x items; each has the mean of its candidate."""
    import numpy as np

    shape = np.array([float(c.sold) if c.sold > 0 and c.reach > 0 else 1 / _UNKNOWN_RATE**2 for c in values.items])
    means = np.array([float(c.rate) for c in values.items])
    return rng.gamma(shape, 1 / shape, size=(draws, len(shape))) * means


def _earned(values: Values, airings: Sequence[Airing], flow: Any, rate: Any, luck: Any) -> Any:
    """Money of each draw: pieces by round, no more than the limit each time and the stock in all, times the margin."""
    import numpy as np
    from scipy.stats import poisson

    times: dict[tuple[int, int], int] = {}
    for one in airings:
        key = (one.item, values.parts[one.part].round)
        times[key] = times.get(key, 0) + 1
    pieces: dict[int, Any] = {}
    for (i, r), n in times.items():
        item = values.items[i]
        wanted = poisson.ppf(luck[:, i, r], np.maximum(flow[:, r] * rate[:, i] * item.talk * n / 1000, 1e-12))
        wanted = wanted if item.limit is None else np.minimum(wanted, item.limit * n)
        pieces[i] = pieces.get(i, 0) + wanted
    total = np.zeros(len(flow))
    for i, sold in pieces.items():
        item = values.items[i]
        total += float(item.margin) * (sold if item.stock is None else np.minimum(sold, item.stock))
    return total


def _outcome(name: str, base: Any, money: Any) -> Outcome:
    import numpy as np

    low, high = np.percentile(money, [5, 95])
    ahead = base - money
    under, over = np.percentile(ahead, [2.5, 97.5])
    mean, floor, top, more, least, most = (Decimal(str(round(float(x), 2))) for x in (money.mean(), low, high, ahead.mean(), under, over))  # fmt: skip
    return Outcome(name, mean, floor, top, more, least, most, Decimal(str(round(float((ahead > 0).mean()), 3))))
