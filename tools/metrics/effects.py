"""Difference in differences on a panel of sales: an effect with its interval, or the reason why there is none to tell.

Treated units against the units left alone, in the weeks before and after a start. With enough units on both sides the interval
comes from how unequally units moved (cluster-robust, Welch); with few, from placebo dates: the same sum done where nothing began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRE_WEEKS", "DiD", "Panel", "Unidentified", "did"]

Floats = NDArray[np.float64]
Reason = Literal["no_treated", "no_control", "short", "small", "pre_trend", "few_units"]

PRE_WEEKS = 8
LEAST_UNITS = 5
_LEAST_PLACEBOS, _LEAST_BLOCKS = 20, 8
_LEAST_ORDERS = 50
_DOMINANT = 0.5
_ALPHA = 0.05


@dataclass(frozen=True)
class Panel:
    """Sales of units (rows) in whole weeks before the start, newest last, and over the `days` from the start on.

    `orders` are the orders behind the treated units before and after.
    """

    weeks: Floats
    post: Floats
    treated: NDArray[np.bool_]
    days: int
    orders: tuple[int, int]


@dataclass(frozen=True)
class DiD:
    """Sales of the treated units above what they would have sold, had they moved like the others; a 95 % interval.

    `lift` is that as a share of the counterfactual. `control_change` is what the others sold more or less than before, in money.
    """

    effect: float
    low: float
    high: float
    lift: float
    method: Literal["units", "dates"]
    treated: int
    control: int
    placebos: int
    pre_p: float
    control_change: float
    treated_post: float

    @property
    def clear(self) -> bool:
        """The interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Unidentified:
    """Why no effect can be told. `have` and `need` count units, weeks or orders, by `reason`; `drift` is a share a week."""

    reason: Reason
    have: int = 0
    need: int = 0
    drift: float = 0.0


def did(panel: Panel) -> DiD | Unidentified:
    """Estimate, after checking size and parallel movement before the start."""
    t = panel.treated
    weeks = panel.weeks
    if not t.any() or not weeks[t].sum() > 0:
        return Unidentified("no_treated")
    if t.all() or not weeks[~t].sum() > 0:
        return Unidentified("no_control")
    if weeks.shape[1] < PRE_WEEKS:
        return Unidentified("short", weeks.shape[1], PRE_WEEKS)
    if min(panel.orders) < _LEAST_ORDERS:
        return Unidentified("small", min(panel.orders), _LEAST_ORDERS)
    before = weeks[:, -PRE_WEEKS:]
    pre, post = before.sum(axis=1), panel.post
    if min(pre[t].sum(), pre[~t].sum(), post[t].sum(), post[~t].sum()) <= 0:
        return Unidentified("no_treated" if pre[t].sum() <= 0 or post[t].sum() <= 0 else "no_control")
    slope, p = _pre_trend(before[t].sum(axis=0), before[~t].sum(axis=0))
    if p < _ALPHA:
        return Unidentified("pre_trend", drift=float(np.expm1(slope)))
    delta = _log_did(pre, post, t)
    if _enough_units(pre, t):
        half, placebos, method = _by_units(pre, post, t), 0, "units"
    else:
        found = _by_dates(panel)
        if isinstance(found, Unidentified):
            return found
        (half, placebos), method = found, "dates"
    total = float(post[t].sum())

    def money(log_effect: float) -> float:
        return float(total * -np.expm1(-log_effect))

    scale = panel.days / (7 * PRE_WEEKS)
    return DiD(
        effect=money(delta),
        low=money(delta - half),
        high=money(delta + half),
        lift=float(np.expm1(delta)),
        method="units" if method == "units" else "dates",
        treated=int(t.sum()),
        control=int((~t).sum()),
        placebos=placebos,
        pre_p=p,
        control_change=float(post[~t].sum() - pre[~t].sum() * scale),
        treated_post=total,
    )


def _log_did(pre: Floats, post: Floats, treated: NDArray[np.bool_]) -> float:
    return float(np.log(post[treated].sum() / pre[treated].sum()) - np.log(post[~treated].sum() / pre[~treated].sum()))


def _pre_trend(treated: Floats, control: Floats) -> tuple[float, float]:
    """Weekly drift of log treated over control before the start, and its p-value; weeks without sales on a side are left out."""
    ok = (treated > 0) & (control > 0)
    y, x = np.log(treated[ok] / control[ok]), np.flatnonzero(ok).astype(np.float64)
    if len(y) < PRE_WEEKS - 2:
        return 0.0, 0.0  # a side that was not sold in most weeks moved parallel to nothing
    x = x - x.mean()
    slope = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    se = float(np.sqrt((rest @ rest) / (len(y) - 2) / (x * x).sum()))
    if se == 0:
        return slope, 1.0 if abs(slope) < 1e-12 else 0.0
    from scipy.special import stdtr  # loaded where an effect is measured, not with every command

    return slope, float(2 * stdtr(len(y) - 2, -abs(slope / se)))


def _enough_units(pre: Floats, treated: NDArray[np.bool_]) -> bool:
    """At least five on both sides, and none that is half of its side: one unit alone has no spread to learn from."""
    sides = (pre[treated], pre[~treated])
    return all(len(side) >= LEAST_UNITS and side.max() <= _DOMINANT * side.sum() for side in sides)


def _by_units(pre: Floats, post: Floats, treated: NDArray[np.bool_]) -> float:
    """Half width in logs: a ratio of sums linearised per unit, with small-sample inflation and Satterthwaite degrees of freedom."""
    parts = []
    for side in (treated, ~treated):
        a, b = pre[side] / pre[side].sum(), post[side] / post[side].sum()
        leverage = np.minimum(a, 0.9)
        moved = (b - a) / (1 - leverage)  # HC3: a unit of weight pulls the sum towards itself
        share = float((a**2).sum())
        parts.append((float((moved**2).sum()), max(1.0, 1 / share - 1)))  # effective units, not their number
    variance = sum(v for v, _ in parts)
    if variance == 0:
        return 0.0
    from scipy.special import stdtrit

    freedom = variance**2 / sum(v**2 / n for v, n in parts if v > 0)
    return float(stdtrit(freedom, 1 - _ALPHA / 2) * np.sqrt(variance))


def _by_dates(panel: Panel) -> tuple[float, int] | Unidentified:
    """Half width from the same sum at starts where nothing began, of as many weeks; needs enough that stand apart."""
    length = -(-panel.days // 7)
    weeks, t = panel.weeks, panel.treated
    top, bottom = weeks[t].sum(axis=0), weeks[~t].sum(axis=0)
    found = []
    for start in range(PRE_WEEKS, weeks.shape[1] - length + 1):
        before, after = slice(start - PRE_WEEKS, start), slice(start, start + length)
        sums = top[before].sum(), top[after].sum(), bottom[before].sum(), bottom[after].sum()
        if min(sums) > 0:
            found.append(abs(np.log(sums[1] / sums[0]) - np.log(sums[3] / sums[2])))
    blocks = (len(found) + length - 1) // length
    if len(found) < _LEAST_PLACEBOS or blocks < _LEAST_BLOCKS:
        need = PRE_WEEKS + max(_LEAST_PLACEBOS + length - 1, _LEAST_BLOCKS * length)
        return Unidentified("few_units", weeks.shape[1], need)
    rank = min(1.0, (1 - _ALPHA) * (1 + 1 / len(found)))
    return float(np.quantile(found, rank, method="higher")), len(found)
