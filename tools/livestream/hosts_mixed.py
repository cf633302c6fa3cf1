"""A mixed model of selling rates: log link, luck of the session and of the shift by REML, Kenward-Roger intervals for few shifts.

`E[amount] = exposure × exp(design·beta)`. Orders are few, so a shift with none is common and log(0) is not an option: the model is fitted to
the working values of a log link, whose sampling variance is `dispersion / mean` (Poisson: 1; money: mean of squares over mean of the order
values). What varies more than that is luck: of a session (all its shifts share it) and of a shift. Why not statsmodels' MixedLM: it takes no
known sampling variances, its normal intervals are too narrow for ten shifts, and its default optimiser can report success at a wrong place;
where it applies (no known variances) the estimates agree.
Source of the small-sample covariance and degrees of freedom: Kenward and Roger, Biometrics 53 (1997) 983-997; V is linear in its parts here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "NotFitted", "RateFit", "fit_linear", "fit_rates"]

Floats = NDArray[np.float64]
_ROUNDS, _STEPS = 60, 80
_FLOOR = 1e-10
_CLOSE = 1e-5  # of a log effect: a thousandth of a percent


class NotFitted(Exception):
    """The rows cannot carry the model (too few, or something never sold). Raised here, caught by `hosts_compare`."""


class Interval(NamedTuple):
    """An effect on the log scale with its 95 % interval and degrees of freedom."""

    mean: float
    low: float
    high: float
    df: float


@dataclass(frozen=True)
class RateFit:
    """Estimates on the log scale. `between` is the variance of session luck, `within` of shift luck, `noise` the mean sampling variance."""

    beta: Floats
    covariance: Floats
    plain: Floats
    slopes: tuple[Floats, ...]
    spread: Floats
    between: float
    within: float
    noise: float
    rows: int

    def interval(self, contrast: Any, level: float = 0.95) -> Interval:
        """Interval of `contrast · beta` by Student's t with Satterthwaite's degrees of freedom."""
        from scipy.special import stdtrit

        c = np.asarray(contrast, dtype=np.float64)
        size = float(c @ self.covariance @ c)
        base = float(c @ self.plain @ c)
        turn = np.array([-float(c @ self.plain @ p @ self.plain @ c) for p in self.slopes])
        swing = float(turn @ self.spread @ turn)
        most = float(self.rows - len(self.beta))
        df = min(2 * base * base / swing, most) if swing > 0 else most
        df = max(df, 1.0)
        half = float(stdtrit(df, 0.5 + level / 2)) * math.sqrt(size)
        mean = float(c @ self.beta)
        return Interval(mean, mean - half, mean + half, df)


class _Blocks:
    """V = diag(noise) + within·I + between·(sessions), inverted session by session without building it."""

    def __init__(self, noise: Floats, group: NDArray[np.int64], parts: Floats, shared: bool) -> None:
        self.group, self.shared = group, shared
        self.starts = np.flatnonzero(np.diff(group, prepend=-1))
        self.d = 1.0 / np.maximum(noise + parts[0], _FLOOR)
        between = float(parts[1]) if shared else 0.0
        self.total = self.sums(self.d)
        self.c = between / (1 + between * self.total)

    def sums(self, values: Floats) -> Floats:
        """Sums by session; rows arrive sorted by session."""
        out: Floats = np.add.reduceat(values, self.starts, axis=0)
        return out

    def solve(self, values: Floats) -> Floats:
        """V⁻¹·values."""
        scaled = (self.d * values.T).T
        drawn = (self.c * self.sums(scaled).T).T[self.group]
        out: Floats = scaled - (self.d * drawn.T).T
        return out

    def logdet(self) -> float:
        between = -np.log1p(-self.c * self.total)
        return float(-np.log(self.d).sum() + between.sum())

    def times(self, k: int, values: Floats) -> Floats:
        """V_k·values: the identity for shift luck, sums over the session for session luck."""
        return values if k == 0 else self.sums(values)[self.group]

    def traces(self) -> tuple[Floats, Floats]:
        """tr(V⁻¹V_k) and tr(V⁻¹V_kV⁻¹V_l)."""
        two, three = self.sums(self.d**2), self.sums(self.d**3)
        one = self.d * (1 - (self.c * self.total)[self.group])  # V⁻¹·1
        ones = self.sums(one)
        first = [float((self.total - self.c * two).sum())]
        second = [[float((two - 2 * self.c * three + self.c**2 * two**2).sum())]]
        if self.shared:
            first.append(float(ones.sum()))
            cross = float((one**2).sum())
            second = [[second[0][0], cross], [cross, float((ones**2).sum())]]
        return np.array(first), np.array(second)


@dataclass(frozen=True)
class _State:
    """Everything at one pair of variances."""

    beta: Floats
    phi: Floats
    slopes: tuple[Floats, ...]
    crosses: tuple[tuple[Floats, ...], ...]
    score: Floats
    info: Floats
    loglik: float


def _state(z: Floats, x: Floats, noise: Floats, group: NDArray[np.int64], parts: Floats) -> _State:
    blocks = _Blocks(noise, group, parts, len(parts) > 1)
    a = blocks.solve(x)
    normal = x.T @ a
    sign, logdet = np.linalg.slogdet(normal)
    if sign <= 0 or not np.isfinite(logdet):
        raise NotFitted
    phi: Floats = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    beta = phi @ (a.T @ z)
    rest = z - x @ beta
    pz = blocks.solve(rest)  # P·z, as P = V⁻¹ − AΦA' and A'·rest = 0
    moved = [blocks.times(k, a) for k in range(len(parts))]
    slopes = tuple(a.T @ m for m in moved)
    solved = [blocks.solve(m) for m in moved]
    crosses = tuple(tuple(mk.T @ sl for sl in solved) for mk in moved)
    first, second = blocks.traces()
    turned = [phi @ p for p in slopes]
    score = np.array([-0.5 * (first[k] - np.trace(turned[k]) - float(pz @ blocks.times(k, pz))) for k in range(len(parts))])  # fmt: skip
    info = np.array(
        [[0.5 * (second[k, m] - 2 * np.trace(phi @ crosses[k][m]) + np.trace(turned[k] @ turned[m])) for m in range(len(parts))] for k in range(len(parts))]
    )  # fmt: skip
    loglik = -0.5 * (blocks.logdet() + float(logdet) + float(rest @ pz))
    return _State(beta, phi, slopes, crosses, score, info, loglik)


def _reml(z: Floats, x: Floats, noise: Floats, group: NDArray[np.int64], start: Floats, close: float = 1e-9) -> tuple[Floats, _State]:  # fmt: skip
    """Variances that maximise the restricted likelihood, none below 0: Fisher scoring with halved steps."""
    parts = start
    now = _state(z, x, noise, group, parts)
    for _ in range(_STEPS):
        free = ~((parts <= 0) & (now.score < 0))
        if not free.any():
            break
        step = np.zeros_like(parts)
        step[free] = np.linalg.lstsq(now.info[np.ix_(free, free)], now.score[free], rcond=None)[0]
        for _ in range(30):
            tried = np.maximum(parts + step, 0.0)
            there = _state(z, x, noise, group, tried)
            if there.loglik >= now.loglik - 1e-12:
                break
            step = step / 2
        else:
            break
        change = float(np.abs(tried - parts).max())
        parts, now = tried, there
        if change < close * (1 + float(parts.max())):
            break
    return parts, now


def _adjusted(state: _State) -> tuple[Floats, Floats]:
    """(Kenward-Roger covariance, covariance of the variances)."""
    spread: Floats = np.asarray(np.linalg.pinv(state.info), dtype=np.float64)
    extra = np.zeros_like(state.phi)
    for k, pk in enumerate(state.slopes):
        for m, pm in enumerate(state.slopes):
            extra += spread[k, m] * (state.crosses[k][m] - pk @ state.phi @ pm)
    return state.phi + 2 * state.phi @ extra @ state.phi, spread


def _result(state: _State, parts: Floats, noise: Floats) -> RateFit:
    covariance, spread = _adjusted(state)
    between = float(parts[1]) if len(parts) > 1 else 0.0
    return RateFit(state.beta, covariance, state.phi, state.slopes, spread, between, float(parts[0]), float(noise.mean()), noise.size)  # fmt: skip


def _sorted(x: Floats, group: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Rows in order of session, sessions numbered from 0, and how many variances they tell apart: one where no session has two rows."""
    if x.shape[0] < x.shape[1] + 3:
        raise NotFitted
    _, number = np.unique(np.asarray(group), return_inverse=True)
    number = number.astype(np.int64).ravel()
    order = np.argsort(number, kind="stable").astype(np.int64)
    return order, number[order], 2 if np.bincount(number).max() > 1 else 1


def fit_linear(values: Any, design: Any, group: Any, noise: Any = None) -> RateFit:
    """The linear mixed model itself: `values = design·beta + session + shift + known noise`. Raises NotFitted."""
    z, x = np.asarray(values, dtype=np.float64), np.asarray(design, dtype=np.float64)
    order, number, parts = _sorted(x, group)
    known = np.zeros(z.size) if noise is None else np.asarray(noise, dtype=np.float64)[order]
    z, x = z[order], x[order]
    rest = z - x @ np.linalg.lstsq(x, z, rcond=None)[0]
    start = np.full(parts, max(float(rest.var()), 1e-6) / parts)
    found, state = _reml(z, x, known, number, start)
    return _result(state, found, known)


def fit_rates(amount: Any, exposure: Any, design: Any, group: Any, dispersion: float) -> RateFit:
    """Fit amounts (0 allowed) per exposure (> 0). `dispersion` in the unit of `amount`. Raises NotFitted where it does not settle."""
    y, e = np.asarray(amount, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    x = np.asarray(design, dtype=np.float64)
    order, number, many = _sorted(x, group)
    y, e, x = y[order], e[order], x[order]
    if y.sum() <= 0 or (e <= 0).any():
        raise NotFitted
    offset = np.log(e)
    level = np.log(y.sum() / e.sum())
    eta = np.log((y / e + np.exp(level)) / 2)
    beta = np.linalg.lstsq(x, eta, rcond=None)[0]
    parts = np.full(many, 0.05)
    for _ in range(_ROUNDS):
        line = np.clip(x @ beta, level - 8, level + 8)
        mean = np.exp(line + offset)
        noise = dispersion / mean
        parts, state = _reml(line + (y - mean) / mean, x, noise, number, np.maximum(parts, 1e-4), 1e-6)
        change = float(np.abs(x @ (state.beta - beta)).max())
        beta = beta + np.clip(state.beta - beta, -2, 2)
        if change < _CLOSE:
            return _result(state, parts, noise)
    raise NotFitted
