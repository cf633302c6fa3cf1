"""When to stop, hold or raise paid traffic: a sequential test on orders, exact odds of stopping wrongly, and the rule for the next yuan.

In units of break-even orders everything is free of scale: with `m` a contribution per yuan of paid GMV and `a` the order value, an order may
cost `a*m`; spend ÷ (a*m) is the number of orders that would pay for it (`even`). Orders come as Poisson(ratio * even), ratio = ROI ÷ ROI_be.

    prior ratio ~ Gamma(PRIOR, PRIOR)                     two imagined orders at break-even: neither for nor against
    P(ratio < 1 | n orders, even) = gammainc(PRIOR + n, PRIOR + even)
    stop when that exceeds SURE and even >= LEAST
Order values differ, so n orders count as n / (1 + cv²) (compound Poisson, matched variance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

__all__ = ["Odds", "StopRule", "marginal_rule", "odds_of_stopping", "simulate_stopping"]

_MOST_ORDERS = 400


@dataclass(frozen=True)
class StopRule:
    """`least`: spend, in break-even orders, before which nothing is decided. `sure`: posterior chance of a loss that stops."""

    sure: float = 0.9
    least: float = 3.0
    prior: float = 2.0

    def losing(self, orders: float, even: float) -> float:
        """Chance that the true ROI is below break-even."""
        from scipy.special import gammainc

        return float(gammainc(self.prior + orders, self.prior + even))

    def stops(self, orders: float, even: float) -> bool:
        return even >= self.least and self.losing(orders, even) > self.sure

    def boundary(self, orders: int) -> float:
        """The spend, in break-even orders, at which `orders` are too few. At least `least`."""
        from scipy.special import gammaincinv

        return max(float(gammaincinv(self.prior + orders, self.sure)) - self.prior, self.least)


@dataclass(frozen=True)
class Odds:
    """Chance that a plan is stopped within `horizon` break-even orders of spend, and the spend at which half of those stopped have stopped."""

    ratio: float
    horizon: float
    stopped: float
    half_at: float | None


def odds_of_stopping(ratio: float, horizon: float, rule: StopRule | None = None) -> Odds:
    """Exact, for a plan watched all the time. `ratio`: true ROI ÷ break-even ROI.

    At the boundary of k orders a plan with k or fewer stops; the rest go on with more than k. The counts between boundaries are Poisson.
    """
    import numpy as np
    from scipy.stats import poisson

    told = rule or StopRule()
    times = []
    for k in range(_MOST_ORDERS):
        at = told.boundary(k)
        if at > horizon:
            break
        times.append(at)
    alive = np.zeros(_MOST_ORDERS * 4)
    alive[0] = 1.0
    before, path = 0.0, []
    for k, at in enumerate(times):
        step = poisson.pmf(np.arange(len(alive)), ratio * (at - before))
        alive = np.convolve(alive, step)[: len(alive)] if at > before else alive
        path.append((at, float(alive[: k + 1].sum())))
        alive[: k + 1] = 0.0
        before = at
    stopped = sum(part for _, part in path)
    half, so_far = None, 0.0
    for at, part in path:
        so_far += part
        if stopped > 0 and so_far >= stopped / 2:
            half = at
            break
    return Odds(ratio, horizon, stopped, half)


def simulate_stopping(ratio: float, horizon: float, *, runs: int, looks: int, rule: StopRule | None = None, seed: int = 7) -> float:  # fmt: skip
    """Share of simulated plans stopped when looked at `looks` times in `horizon`: fewer looks than always, so at most `odds_of_stopping`."""
    import numpy as np
    from scipy.special import gammainc

    told = rule or StopRule()
    rng = np.random.default_rng(seed)
    even = np.linspace(horizon / looks, horizon, looks)
    orders = rng.poisson(ratio * horizon / looks, size=(runs, looks)).cumsum(axis=1)
    bad = (gammainc(told.prior + orders, told.prior + even) > told.sure) & (even >= told.least)
    return float(bad.any(axis=1).mean())


def marginal_rule(windows: Sequence[tuple[float, float]], margin: float) -> Literal["raise", "hold", "back"]:
    """Windows of equal length as (spend, paid GMV), oldest first: raise on while each of the last two steps up paid for itself.

    A step pays when extra GMV * m >= extra spend. "back": the last step up did not pay. "hold": no two steps up in a row yet.
    """
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(windows)]
    up = [gain * margin >= more for more, gain in steps[-2:] if more > 0]
    if steps and steps[-1][0] > 0 and not up[-1]:
        return "back"
    return "raise" if len(up) == 2 and all(up) else "hold"
