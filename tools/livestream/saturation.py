"""What more spend brings: a saturating response `top * (1 - exp(-x / scale))` per plan, with its uncertainty, or why it cannot be known.

One plan at a time, on the sales its platform credits to it: nothing is credited at no spend, so the curve goes through zero, and weekday,
campaign and trend multiply it. Quasi-Poisson (days without a sale count); the scale is integrated over a grid. What the fit measures is an
association: where spend was set to follow demand, the curve is too kind to high spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Curve", "PlanFit", "StepTest", "fit_plan", "step_test"]

Reason = Literal["few_days", "flat", "no_sales", "wide"]
LEAST_DAYS = 28
LEAST_MOVED = 0.08  # standard deviation of log spend that weekday, campaign and trend do not explain
SHARP = (
    0.15  # standard error of the elasticity a fit needs: known from spend and noise alone, so no lucky fit is picked
)
_FILLS = 40
_DRAWS = 400
_RECENT = 28
_Z90 = 1.645


@dataclass(frozen=True)
class Curve:
    """Draws of one response. `top` sales and `scale` spend a period, equally likely pairs; `seen` the spends between
    which it may be used: all but the rarest days, or all periods."""

    name: str
    top: NDArray[np.float64]
    scale: NDArray[np.float64]
    usual: float
    seen: tuple[float, float]

    def gain(self, spend: float) -> NDArray[np.float64]:
        """Sales of a period at a steady spend, one value per draw."""
        made: NDArray[np.float64] = -self.top * np.expm1(-spend / self.scale)
        return made

    def marginal(self, spend: float) -> NDArray[np.float64]:
        """Sales the next unit of spend brings, one value per draw."""
        made: NDArray[np.float64] = self.top / self.scale * np.exp(-spend / self.scale)
        return made


def elasticity(fill: Any) -> Any:
    """Per cent more sales per per cent more spend at `fill` = spend ÷ scale; 1 is straight, 0 is saturated."""
    return fill / np.expm1(fill)


@lru_cache
def fills() -> NDArray[np.float64]:
    """Usual spend ÷ scale at evenly spaced elasticities from nearly straight to saturated: every elasticity is as likely beforehand."""
    some = np.geomspace(1e-3, 9.0, 4000)
    found: NDArray[np.float64] = np.interp(-np.linspace(0.98, 0.02, _FILLS), -elasticity(some), some)
    return found


@dataclass(frozen=True)
class PlanFit:
    """A plan's response, or the reason why there is none. `curve` is None with a `reason`; `noise` is the relative spread of a day's sales."""

    curve: Curve | None
    reason: Reason | None
    days: int
    moved: float  # spread of log spend left after the controls
    noise: float | None = None
    error: float | None = None  # standard error the elasticity can be known to
    elasticity: tuple[float, float, float] | None = None  # low, middle, high of a 90 % interval


def fit_plan(
    name: str,
    spend: Sequence[float] | NDArray[np.float64],
    sales: Sequence[float] | NDArray[np.float64],
    controls: Any,
    *,
    seed: int = 7,
) -> PlanFit:
    """Fit days with spend. `controls`: one row a day (weekday, campaign, trend), without an intercept; same order, oldest first."""
    x, y, z = np.asarray(spend, float), np.asarray(sales, float), np.asarray(controls, float)
    on = x > 0
    x, y, z = x[on], y[on], z[on]
    z = z[:, z.std(axis=0) > 0] if len(z) else z
    days = len(x)
    if days < LEAST_DAYS + z.shape[1]:
        return PlanFit(None, "few_days", days, 0.0)
    if not y.any():
        return PlanFit(None, "no_sales", days, 0.0)
    design = np.column_stack([np.ones(days), z - z.mean(axis=0)])
    moved = float(_apart(np.log(x), design).std())
    usual = float(x.mean())
    straight = np.log(x / usual)
    best = _glm(y, design, straight)
    if moved < LEAST_MOVED:
        return PlanFit(None, "flat", days, moved, best.noise)
    error = best.noise * np.sqrt(best.widened) / (moved * np.sqrt(days))
    if error > SHARP:
        return PlanFit(None, "wide", days, moved, best.noise, float(error))
    grid = fills()
    made = [_glm(y, design, np.log(-np.expm1(-fill * x / usual))) for fill in grid]
    top = max(made, key=lambda one: one.loglik)
    share = np.exp((np.array([one.loglik for one in made]) - top.loglik) / top.spread)
    rng = np.random.default_rng(seed)
    at = rng.choice(len(grid), size=_DRAWS, p=share / share.sum())
    coefficients = np.array([rng.multivariate_normal(made[k].beta, made[k].cov * top.spread) for k in at])
    level = np.exp(coefficients @ design[-_RECENT:].T).mean(axis=1)  # an average day of the last four weeks
    low, middle, high = np.quantile(elasticity(grid[at]), [0.05, 0.5, 0.95])
    told = (float(low), float(middle), float(high))
    now = float(x[-_RECENT:].mean())
    rare = np.quantile(x, [0.05, 0.95])  # one campaign day is no ground for spending that much every day
    curve = Curve(name, level, usual / grid[at], now, (float(rare[0]), max(float(rare[1]), now)))
    return PlanFit(curve, None, days, moved, top.noise, float(error), told)


def _apart(values: Any, design: Any) -> Any:
    """What the design leaves of the values."""
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


@dataclass(frozen=True)
class _Glm:
    beta: NDArray[np.float64]
    cov: NDArray[np.float64]
    loglik: float  # Poisson kernel; divide by `spread`
    spread: float  # Pearson dispersion, times `widened`
    widened: float  # for days that resemble the day before
    noise: float  # relative spread of a day's sales


def _glm(y: Any, design: Any, offset: Any) -> _Glm:
    """Poisson likelihood with log link by Newton steps (McCullagh & Nelder, ch. 2); dispersion from Pearson residuals."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(y.mean() / np.exp(offset).mean())
    for _ in range(50):
        mean = np.exp(np.clip(design @ beta + offset, -50, 50))
        step = np.linalg.lstsq(design.T @ (mean[:, None] * design), design.T @ (y - mean), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(np.clip(design @ beta + offset, -50, 50))
    residual = (y - mean) / np.sqrt(mean)
    left = max(len(y) - design.shape[1], 1)
    centred = residual - residual.mean()
    follow = float(centred[1:] @ centred[:-1] / (centred @ centred)) if centred.any() else 0.0
    widen = (1 + max(follow, 0.0)) / (1 - min(max(follow, 0.0), 0.9))
    spread = max(float(residual @ residual) / left, 1e-12)
    noise = float(np.sqrt(spread / mean.mean()))
    cov = np.linalg.pinv(design.T @ (mean[:, None] * design))
    return _Glm(beta, cov, float((y * np.log(mean) - mean).sum()), spread * widen, widen, noise)


@dataclass(frozen=True)
class StepTest:
    """How to vary spend so that the response can be read: `low` and `high` weeks in turn for `weeks` weeks."""

    low: float
    high: float
    weeks: int
    step: float


def step_test(usual: float, noise: float | None, *, sharp: float = SHARP) -> StepTest | None:
    """Sizes of a test after which the elasticity is known to ± `sharp` (standard error). None: too noisy for half a year of weeks.

    In weeks at ±step the log of spend has spread d = log((1+step)/(1-step))/2; the error of a slope is noise/(d*sqrt(days)).
    """
    spread = 0.35 if noise is None else noise
    for step in (0.3, 0.5):
        half = float(np.log((1 + step) / (1 - step)) / 2)
        days = (spread / (half * sharp)) ** 2
        weeks = max(4, 2 * int(np.ceil(days / 14)))
        if weeks <= 12 or (step == 0.5 and weeks <= 26):
            return StepTest(usual * (1 - step), usual * (1 + step), weeks, step)
    return None
