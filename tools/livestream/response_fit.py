"""The numbers under a room's response: campaign and trend taken out, then weekday × slot drawn together where sessions are few.

Level model: quasi-Poisson with a log link (a session without sales stays in). Cells: log means with their noise are conditioned on a
normal prior in which a cell is room + weekday + slot + its own; the three spreads are averaged over a grid by their likelihood (empirical
Bayes with their uncertainty kept), so an interval is not too narrow when there are few cells. Floats in, floats out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

__all__ = ["Adjusted", "Drawn", "adjust", "draw_together"]

_SPREADS = (0.02, 0.06, 0.12, 0.2, 0.32, 0.5, 0.8, 1.2)  # of log values: 0.2 is about a fifth
_PRIOR_SPREAD = 0.5  # half-normal: weekdays and slots of one room rarely differ by more than 2.7 times
_ROOM_SPREAD = 10.0  # wide: the room's own mean is not drawn towards anything
_LEAST_NOISE = 1e-4
_RIDGE = 1e-3
_ROUNDS = 60
_CLEAR = 2.0  # a trend is kept when it is two standard errors away from none
_MAX_STEP = 30.0


@dataclass(frozen=True)
class Adjusted:
    """Outcome an hour as on an ordinary day at the last day's level, and the two effects that were taken out (logs)."""

    values: Any
    campaign: float
    month: float
    campaign_clear: bool = False  # two standard errors away from none


def adjust(values: Any, hours: Any, design: Any, campaign: Any, months: Any, *, with_campaign: bool, with_trend: bool) -> Adjusted:  # fmt: skip
    """Take campaign and trend out of `values` (an hour), holding weekday and slot (`design`, dummies) equal. `months` are ≤ 0, 0 the last day."""
    columns = [np.ones(len(values)), *design.T]
    at: dict[str, int] = {}
    for name, used, column in (("campaign", with_campaign, campaign), ("month", with_trend, months)):
        if used:
            at[name] = len(columns)
            columns.append(column)
    effects, errors = _poisson(np.column_stack(columns), values, hours, set(at.values()))
    boost = float(effects[at["campaign"]]) if with_campaign else 0.0
    slope = float(effects[at["month"]]) if with_trend else 0.0
    clear = with_campaign and abs(boost) >= _CLEAR * errors[at["campaign"]]
    if with_trend and abs(slope) < _CLEAR * errors[at["month"]]:
        slope = 0.0
    return Adjusted(values / np.exp(boost * campaign + slope * months), boost, slope, bool(clear))


def _poisson(x: Any, y: Any, weights: Any, free: set[int]) -> tuple[Any, Any]:
    """Iteratively reweighted least squares. A little ridge on the dummies keeps them apart from the intercept."""
    scale = max(float(np.average(y, weights=weights)), 1e-12)
    y = y / scale
    ridge = np.diag([0.0 if k == 0 or k in free else _RIDGE * weights.sum() for k in range(x.shape[1])])
    ridge += 1e-9 * np.eye(x.shape[1])
    beta = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        eta = np.clip(x @ beta, -_MAX_STEP, _MAX_STEP)
        mu = np.exp(eta)
        w = weights * mu
        new = np.linalg.solve(x.T @ (w[:, None] * x) + ridge, x.T @ (w * (eta + (y - mu) / mu)))
        done = float(np.max(np.abs(new - beta))) < 1e-9
        beta = new
        if done:
            break
    mu = np.exp(np.clip(x @ beta, -_MAX_STEP, _MAX_STEP))
    inverse = np.linalg.inv(x.T @ ((weights * mu)[:, None] * x) + ridge)
    # sandwich: the spread of sessions need not be Poisson
    scores = (weights * (y - mu))[:, None] * x
    few = len(y) / max(len(y) - x.shape[1], 1)
    return beta, np.sqrt(np.maximum(np.diag(inverse @ (scores.T @ scores) @ inverse), 0) * few)


@dataclass(frozen=True)
class Drawn:
    """Per asked cell: mean with interval in the outcome's unit, and how much its own sessions weigh (0..1)."""

    mean: Any
    low: Any
    high: Any
    own: Any


def draw_together(values: Any, hours: Any, cell: Any, asked: list[tuple[int, int]], level: float = 1.96) -> Drawn | None:  # fmt: skip
    """Draw cells together. `cell` gives each value's place in `asked` (weekday, slot number). None where nothing was sold at all."""
    room = float(np.average(values, weights=hours)) if len(values) else 0.0
    if room <= 0:
        return None
    seen, logs, noise = _cell_logs(values / room, hours, cell)
    prior_mean = float(np.average(logs, weights=1 / noise))
    total, parts = 0.0, []
    for spreads in product(_SPREADS, repeat=3):
        cover = _prior(asked, spreads)
        inner = cover[np.ix_(seen, seen)] + np.diag(noise)
        root = np.linalg.cholesky(inner)
        half = np.linalg.solve(root, logs - prior_mean)
        weight = -0.5 * float(half @ half) - float(np.log(np.diag(root)).sum())
        weight -= 0.5 * sum((s / _PRIOR_SPREAD) ** 2 for s in spreads)
        gain = np.linalg.solve(inner, cover[seen]).T  # cells × seen
        mean = prior_mean + gain @ (logs - prior_mean)
        spread = np.diag(cover) - np.einsum("ij,ij->i", gain, cover[:, seen])
        own = np.zeros(len(asked))
        own[seen] = np.diag(gain[seen])
        parts.append((weight + _spacing(spreads), mean, spread, own))
    top = max(weight for weight, *_ in parts)
    shares = np.array([np.exp(weight - top) for weight, *_ in parts])
    total = float(shares.sum())
    shares /= total
    mean = sum(s * part[1] for s, part in zip(shares, parts, strict=True))
    within = sum(s * (part[2] + (part[1] - mean) ** 2) for s, part in zip(shares, parts, strict=True))
    own = sum(s * part[3] for s, part in zip(shares, parts, strict=True))
    wide = level * np.sqrt(np.maximum(within, 0))
    return Drawn(room * np.exp(mean), room * np.exp(mean - wide), room * np.exp(mean + wide), own)


def _spacing(spreads: tuple[float, ...]) -> float:
    """Log width of the grid step around each spread, so that a denser part of the grid does not count more."""
    edges = [0.0, *[(a + b) / 2 for a, b in pairwise(_SPREADS)], _SPREADS[-1] * 1.25]
    return float(sum(np.log(edges[_SPREADS.index(s) + 1] - edges[_SPREADS.index(s)]) for s in spreads))


def _prior(asked: list[tuple[int, int]], spreads: tuple[float, ...]) -> Any:
    days, slots = (np.array(side) for side in zip(*asked, strict=True))
    weekday, slot, single = spreads
    same_day = (days[:, None] == days[None, :]) * weekday**2
    same_slot = (slots[:, None] == slots[None, :]) * slot**2
    return _ROOM_SPREAD**2 + same_day + same_slot + np.eye(len(asked)) * single**2


def _cell_logs(relative: Any, hours: Any, cell: Any) -> tuple[Any, Any, Any]:
    """Cells seen, their log means, and the variance of each: a squared spread shared by all cells over the sessions of one."""
    seen = np.unique(cell)
    usual = float(np.mean(hours))
    means, counts, off, free = [], [], 0.0, 0
    for one in seen:
        mine = cell == one
        h, z = hours[mine], relative[mine]
        mean = float(np.average(z, weights=h))
        if mean > 0:
            off += float(((z / mean - 1) ** 2).sum())
            free += len(z) - 1
        else:  # no sale in any of them: as if half a usual session had been added
            mean = 0.5 * usual / (float(h.sum()) + 0.5 * usual)
        means.append(mean)
        counts.append(float(h.sum() ** 2 / (h**2).sum()))
    phi = off / free if free else float(np.var(relative))
    noise = np.maximum(phi / np.array(counts), _LEAST_NOISE)
    return seen, np.log(np.array(means)) + noise / 2, noise  # a log mean of few sessions lies low by half its variance
