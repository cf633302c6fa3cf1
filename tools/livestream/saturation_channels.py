"""Several channels on one total: base and controls plus a saturating, carried-over response per channel, by Gibbs sampling.

    sales_t = controls_t * gamma + sum_c  effect_c * S(adstock_t / scale_c) / S(usual_c / scale_c) + noise,   S(u) = 1 - exp(-u)
    adstock_t = (1 - carry) * x_t + carry * adstock_(t-1)          weights add up to 1, so a steady spend is its own adstock

`effect_c` is what the channel brings at its usual spend, at least 0 (half-normal, as wide as the mean of sales). The coefficients of controls have a
flat prior and are projected out. A confounder that moves both spend and sales must be among the controls: nothing else removes its bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.livestream.saturation import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Channel", "adstock", "fit_channels", "season"]

_FILL = np.geomspace(0.05, 6.0, 24)
CARRY = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_BURN, _DRAWS = 500, 1500
_KEPT = 500


@dataclass(frozen=True)
class Channel:
    """One channel's response: `total` sales it brought in the window and `roas` = total ÷ spend, as draws; `carry` of adstock."""

    curve: Curve
    total: NDArray[np.float64]
    roas: NDArray[np.float64]
    carry: NDArray[np.float64]


def adstock(spend: Any, carry: float) -> NDArray[np.float64]:
    """Geometric carry-over, weights adding up to 1; the first period starts from its own spend."""
    x = np.asarray(spend, float)
    made = np.empty_like(x)
    last = x[0]
    for t, value in enumerate(x):
        last = (1 - carry) * value + carry * last
        made[t] = last
    return made


def season(days: Any, orders: int = 2) -> NDArray[np.float64]:
    """Yearly sines and cosines for day-of-year numbers."""
    angle = 2 * np.pi * np.asarray(days, float) / 365.25
    return np.column_stack([wave(k * angle) for k in range(1, orders + 1) for wave in (np.sin, np.cos)])


def fit_channels(
    names: Sequence[str], spend: Any, sales: Any, controls: Any, *, carries: Sequence[float] = CARRY, seed: int = 7
) -> list[Channel]:
    """Draws per channel, in the order of `names`. `spend`: periods × channels; `controls`: periods × k without intercept, may be empty."""
    x, y = np.asarray(spend, float), np.asarray(sales, float)
    design = np.column_stack([np.ones(len(y)), np.asarray(controls, float).reshape(len(y), -1)])
    basis = _basis(design)
    shapes = [(fill, carry) for carry in carries for fill in _FILL]
    raw = [_candidates(x[:, c], shapes) for c in range(x.shape[1])]
    cleaned = [one - (one @ basis) @ basis.T for one in raw]
    target = y - basis @ (basis.T @ y)
    draws = _gibbs(cleaned, target, len(y) - basis.shape[1], float(np.abs(y).mean()), np.random.default_rng(seed))
    thin = slice(None, None, max(1, _DRAWS // _KEPT))
    found = []
    for c, name in enumerate(names):
        at, effect = draws[0][thin, c], draws[1][thin, c]
        fill = np.array([shapes[k][0] for k in at])
        usual = float(x[:, c].mean())
        curve = Curve(
            name, effect / -np.expm1(-fill), usual / fill, usual, (float(x[:, c].min()), float(x[:, c].max()))
        )
        total = raw[c].sum(axis=1)[at] * effect
        carry = np.array([shapes[k][1] for k in at])
        found.append(Channel(curve, total, total / x[:, c].sum(), carry))
    return found


def _basis(design: Any) -> NDArray[np.float64]:
    """Orthonormal columns that span the design; a column that others add up to counts once."""
    left, size, _ = np.linalg.svd(design, full_matrices=False)
    spans: NDArray[np.float64] = left[:, size > size[0] * 1e-10]
    return spans


def _candidates(x: Any, shapes: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """One row per shape: the response over time, 1 at usual spend."""
    usual = x.mean()
    carried = {carry: adstock(x, carry) for _, carry in shapes}
    return np.array([np.expm1(-fill * carried[carry] / usual) / np.expm1(-fill) for fill, carry in shapes])


def _gibbs(regressors: Sequence[Any], target: Any, freedom: int, wide: float, rng: Any) -> tuple[Any, Any]:
    """Shape index and effect of each channel per kept draw; each channel's shape is drawn with its effect integrated out."""
    from scipy.special import log_ndtr, ndtri

    count = len(regressors)
    squares = [(one**2).sum(axis=1) for one in regressors]
    at, effect = [0] * count, np.zeros(count)
    variance = float(target @ target) / max(freedom, 1)
    index, effects = np.zeros((_DRAWS, count), int), np.zeros((_DRAWS, count))
    for turn in range(_BURN + _DRAWS):
        for c in range(count):
            rest = target - sum(
                (effect[k] * regressors[k][at[k]] for k in range(count) if k != c), np.zeros_like(target)
            )
            spread = variance / (squares[c] + variance / wide**2)
            middle = spread * (regressors[c] @ rest) / variance
            ratio = middle / np.sqrt(spread)
            weight = 0.5 * np.log(spread) + ratio**2 / 2 + log_ndtr(ratio)
            chance = np.exp(weight - weight.max())
            k = int(rng.choice(len(chance), p=chance / chance.sum()))
            at[c] = k
            effect[c] = _positive(float(middle[k]), float(np.sqrt(spread[k])), rng, ndtri)
        left = target - sum((effect[k] * regressors[k][at[k]] for k in range(count)), np.zeros_like(target))
        variance = float(left @ left) / rng.chisquare(max(freedom, 1))
        if turn >= _BURN:
            index[turn - _BURN], effects[turn - _BURN] = at, effect
    return index, effects


def _positive(middle: float, spread: float, rng: Any, ndtri: Any) -> float:
    """A normal draw above 0; far below, the exponential tail it turns into."""
    from scipy.special import ndtr

    if middle / spread < -6:
        return float(rng.exponential(spread**2 / -middle))
    below = ndtr(-middle / spread)
    return max(middle + spread * float(ndtri(below + (1 - below) * rng.random())), 0.0)
