"""BG/NBD: how often customers come back and whether they still do. Pure numbers; knows no tables.

[1] Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).
Probabilities and counts are floats here. How much they spend is in `spend.py`.
scipy is loaded by the functions that use it: most commands load this module and fit nothing, and scipy takes half a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.metrics.likelihood import FitError, Floats, Span, covariance_of, log_intervals, search_bounds

__all__ = ["BgNbd", "History", "fit_bgnbd", "repeat_counts"]

_MIN_BUYERS = 50
_PACK = 2**21
_NOBODY_LEAVES = 0.002  # mean dropout per purchase below which only the purchase rate matters
_ALIKE = (6.0, 4.0, 7.0)  # logs of r, a, b beyond which customers are alike for all purposes, and 2F1 overflows
_MANY, _LEVELS = 20_000, 64  # distinct histories from which a search begins on coarse times, and how coarse
_EDGE = 1e-6  # a = 1 and a + b = 1 are removable singularities of [1] eq. 9 and 10


@dataclass(frozen=True)
class History:
    """Purchase histories, one entry per distinct (x, t_x, T), in one time unit of the caller's choice.

    `repeats` x: repeat purchase days; `last` t_x: age at the last purchase; `age` T: age at the end of observation;
    `count`: how many customers share the entry.
    """

    repeats: Floats
    last: Floats
    age: Floats
    count: Floats

    @classmethod
    def of(cls, repeats: Any, last: Any, age: Any, count: Any = None) -> History:
        """Merge identical customers: a million buyers have a few ten thousand distinct histories. Raises FitError."""
        x, t, age_ = (np.asarray(part, dtype=np.float64) for part in (repeats, last, age))
        n = None if count is None else np.asarray(count, dtype=np.float64)
        if not x.size or not (x.shape == t.shape == age_.shape) or (n is not None and n.shape != x.shape):
            raise FitError("histories need as many x, t_x and T, and at least one")
        if not ((x >= 0) & (t >= 0) & (t <= age_) & ((x > 0) == (t > 0))).all() or (n is not None and (n <= 0).any()):
            raise FitError("histories need x >= 0, 0 <= t_x <= T, and t_x > 0 exactly where x > 0")
        order, starts = _groups(x, t, age_)
        first = order[starts]
        size = np.diff(np.append(starts, x.size)) if n is None else np.add.reduceat(n[order], starts)
        return cls(x[first], t[first], age_[first], size.astype(np.float64))

    def coarse(self, levels: int) -> History:
        """The same customers with times rounded to `levels` steps: where a search may begin."""
        step = float(self.age.max()) / levels or 1.0
        age = np.maximum(np.rint(self.age / step), 1)
        last = np.where(self.repeats > 0, np.clip(np.rint(self.last / step), 1, age), 0)
        return History.of(self.repeats, last * step, age * step, self.count)

    @property
    def customers(self) -> int:
        return int(self.count.sum())

    @property
    def returned(self) -> int:
        return int(self.count[self.repeats > 0].sum())


def _groups(x: Floats, last: Floats, age: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A sorting of the entries and where each run of identical ones begins. Whole numbers (days) sort as one key."""
    whole = all(bool((part == np.floor(part)).all()) and part.max() < _PACK for part in (x, last, age))
    if whole:
        key = (x.astype(np.int64) * _PACK + last.astype(np.int64)) * _PACK + age.astype(np.int64)
        order = np.argsort(key)
        new = np.diff(key[order]) != 0
    else:
        order = np.lexsort((age, last, x))
        new = np.zeros(order.size - 1, dtype=bool)
        for part in (x, last, age):
            new |= np.diff(part[order]) != 0
    return order, np.flatnonzero(np.concatenate([[True], new]))


@dataclass(frozen=True)
class BgNbd:
    """Fitted BG/NBD: purchase rate ~ gamma(r, alpha), dropout after a purchase ~ beta(a, b).

    `covariance` is that of the logs of (r, alpha, a, b); None when the data do not pin the parameters down. Where practically
    nobody leaves, a and b are taken as given.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    customers: int = 0
    covariance: Floats | None = field(default=None, compare=False, repr=False)

    @property
    def logs(self) -> Floats:
        return np.log([self.r, self.alpha, self.a, self.b])

    def moved(self, logs: Floats) -> BgNbd:
        r, alpha, a, b = (float(value) for value in np.exp(logs))
        return replace(self, r=r, alpha=alpha, a=a, b=b)

    def intervals(self) -> dict[str, Span]:
        """95 % intervals of the parameters, normal in the logs; {} when they are not pinned down."""
        return log_intervals(("r", "alpha", "a", "b"), self.logs, self.covariance)

    def p_alive(self, repeats: Floats, last: Floats, age: Floats) -> Floats:
        """P(still a customer | x, t_x, T); 1 for those who never came back, by the model's construction."""
        odds = self.a / (self.b + np.maximum(repeats, 1) - 1)
        odds = odds * ((self.alpha + age) / (self.alpha + last)) ** (self.r + repeats)
        return np.where(repeats > 0, 1 / (1 + odds), 1.0)

    def p_any(self, horizon: float, repeats: Floats, last: Floats, age: Floats) -> Floats:
        """P(at least one purchase in (T, T + horizon] | x, t_x, T): alive, and a gamma-Poisson count above zero."""
        none = ((self.alpha + age) / (self.alpha + age + horizon)) ** (self.r + repeats)
        return np.asarray(self.p_alive(repeats, last, age) * (1 - none), dtype=np.float64)

    def expected_purchases(self, horizon: float, repeats: Floats, last: Floats, age: Floats) -> Floats:
        """E[purchases in (T, T + horizon] | x, t_x, T]; [1] eq. 10. `horizon` in the histories' time unit."""
        return self._growth(horizon, self.alpha + age, repeats) * self.p_alive(repeats, last, age)

    def expected_from_start(self, time: Floats | float) -> Floats:
        """E[repeat purchases of a random new customer by `time`]; [1] eq. 9."""
        return self._growth(np.asarray(time, dtype=np.float64), np.asarray(self.alpha), np.asarray(0.0))

    def _growth(self, horizon: Any, exposure: Any, repeats: Any) -> Floats:
        """Purchases of a living customer. After Euler's transformation of the paper's 2F1 the x stays in one argument
        only, so that hundreds of purchases neither overflow nor cancel."""
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1) > _EDGE else 1 + _EDGE
        b = self.b if abs(a + self.b - 1) > _EDGE else 1 - a + _EDGE
        z = horizon / (exposure + horizon)
        c = a + b + repeats - 1
        bought = 1 - (1 - z) ** (a - 1) * hyp2f1(a - 1, a + b - 1 - self.r, c, z)
        return np.asarray(c / (a - 1) * bought, dtype=np.float64)

    def probability(self, repeats: int, time: Floats) -> Floats:
        """P(X(t) = x) of a random customer; [1] eq. 8."""
        from scipy.special import betaln, gammaln, xlogy

        r, alpha, a, b, x = self.r, self.alpha, self.a, self.b, repeats
        log_stay, gone = r * np.log(alpha / (alpha + time)), time / (alpha + time)
        bought = gammaln(r + x) - gammaln(r) - gammaln(x + 1) + log_stay + xlogy(x, gone)
        chance = np.exp(betaln(a, b + x) - betaln(a, b) + bought)
        if x == 0:
            return np.asarray(chance, dtype=np.float64)
        fewer = np.zeros_like(time)
        for j in range(x):
            fewer += np.exp(gammaln(r + j) - gammaln(r) - gammaln(j + 1) + log_stay + xlogy(j, gone))
        left = np.exp(betaln(a + 1, b + x - 1) - betaln(a, b)) * (1 - fewer)
        return np.asarray(chance + left, dtype=np.float64)

    def simulate(self, rng: np.random.Generator, horizon: float, history: History, times: int) -> Floats:
        """Purchases in (T, T + horizon], (times, entries): draws of one customer per entry and row.

        Given alive at T the rate is gamma(r + x, alpha + T), the dropout beta(a, b + x): the count is the smaller of a
        Poisson number and a geometric one.
        """
        x, shape = history.repeats, (times, history.repeats.size)
        alive = rng.random(shape) < self.p_alive(x, history.last, history.age)
        rate = rng.gamma(self.r + x, 1 / (self.alpha + history.age), shape)
        dropout = np.maximum(rng.beta(self.a, self.b + x, shape), 1e-12)
        count = np.minimum(rng.poisson(rate * horizon), rng.geometric(dropout))
        return np.where(alive, count, 0).astype(np.float64)


def repeat_counts(model: BgNbd, history: History, most: int = 7) -> tuple[Floats, Floats]:
    """Actual and expected numbers of customers with 0, 1, … `most` or more repeat purchases, over everybody's own T."""
    ages, inverse = np.unique(history.age, return_inverse=True)
    people = np.bincount(inverse, weights=history.count)
    capped = np.minimum(history.repeats, most).astype(np.int64)
    actual = np.bincount(capped, weights=history.count, minlength=most + 1).astype(np.float64)
    expected = np.array([float((people * model.probability(x, ages)).sum()) for x in range(most)])
    return actual, np.append(expected, history.count.sum() - expected.sum())


def _loss(logs: Floats, history: History, kinds: tuple[Floats, Any]) -> tuple[float, Floats]:
    """Negative mean log-likelihood and its gradient in the logs of (r, alpha, a, b); [1] eq. 6."""
    from scipy.special import betaln, digamma, gammaln

    r, alpha, a, b = np.exp(logs)
    x, last, age, n = history.repeats, history.last, history.age, history.count
    size = n.sum()
    per_x, at = kinds  # what depends on x alone is computed once for each x
    since = b + np.maximum(per_x, 1.0) - 1
    start = (gammaln(r + per_x) - gammaln(r) + betaln(a, b + per_x) - betaln(a, b))[at] + r * np.log(alpha)
    log_age, log_last = np.log(alpha + age), np.log(alpha + last)
    stay = -(r + x) * log_age
    left = np.where(x > 0, (np.log(a) - np.log(since))[at] - (r + x) * log_last, -np.inf)
    total = np.logaddexp(stay, left)
    w_left = np.exp(left - total)
    w_stay = 1 - w_left
    d_r = (digamma(r + per_x) - digamma(r))[at] + np.log(alpha) - w_stay * log_age - w_left * log_last
    d_alpha = r / alpha - (r + x) * (w_stay / (alpha + age) + w_left / (alpha + last))
    both = digamma(a + b) - digamma(a + b + per_x)
    d_a = both[at] + w_left / a
    d_b = (both + digamma(b + per_x) - digamma(b))[at] - w_left / since[at]
    gradient = -np.array([(n * part).sum() for part in (d_r, d_alpha, d_a, d_b)]) / size
    return -float((n * (start + total)).sum() / size), gradient * np.array([r, alpha, a, b])


def fit_bgnbd(history: History) -> BgNbd:
    """Maximum likelihood: from two starts, for many customers on coarse times first, then by Newton steps on all of them.

    Raises FitError with fewer than 50 customers or nobody returning.
    """
    if history.customers < _MIN_BUYERS or not history.returned:
        raise FitError("too few customers, or none of them came back: no lifetime model can be fitted")
    if history.repeats.size <= _MANY:
        return _search(history)
    rough = _search(history.coarse(_LEVELS))
    kinds = np.unique(history.repeats, return_inverse=True)
    polished = None if rough.covariance is None else _newton(rough, history, kinds)
    return polished or _search(history, rough.logs)


def _bounds(history: History) -> list[tuple[float, float]]:
    scale = float(np.average(history.age, weights=history.count)) or 1.0
    low = search_bounds(np.log([1.0, scale, 1.0, 1.0]))
    return [(start, min(end, top)) for (start, end), top in zip(low, (_ALIKE[0], np.inf, *_ALIKE[1:]), strict=True)]


def _search(history: History, start: Floats | None = None) -> BgNbd:
    """The best of quasi-Newton searches from the usual starts, or from one."""
    from scipy.optimize import minimize

    kinds = np.unique(history.repeats, return_inverse=True)
    scale = float(np.average(history.age, weights=history.count)) or 1.0
    usual = [np.log([1.0, scale, 1.0, 1.0]), np.log([0.3, scale / 4, 0.8, 2.5])]
    found = [
        minimize(
            _loss,
            begin,
            args=(history, kinds),
            jac=True,
            method="L-BFGS-B",
            bounds=_bounds(history),
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
        )
        for begin in (usual if start is None else [start])
    ]
    best = min(found, key=lambda result: float(result.fun))
    return _model(best.x, float(best.fun), history, kinds)


def _newton(rough: BgNbd, history: History, kinds: tuple[Floats, Any]) -> BgNbd | None:
    """Newton steps with the curvature of the coarse fit; None when they do not settle."""
    if rough.covariance is None:
        return None
    logs, before = rough.logs, np.inf
    for _ in range(30):
        value, gradient = _loss(logs, history, kinds)
        if not np.isfinite(value) or value > before + 1e-9:
            return None
        if np.abs(gradient).max() < 1e-9:
            return _model(logs, value, history, kinds)
        logs, before = logs - rough.covariance @ gradient * history.customers, value
    return None


def _model(logs: Floats, loss: float, history: History, kinds: tuple[Floats, Any]) -> BgNbd:
    size = history.customers
    r, alpha, a, b = (float(value) for value in np.exp(logs))

    def gradient(at: Floats) -> Floats:
        return _loss(at, history, kinds)[1]

    covariance = covariance_of(gradient, logs, size, _bounds(history))
    if covariance is None and a / (a + b) < _NOBODY_LEAVES:  # a and b say nothing then, and nothing hangs on them
        covariance = covariance_of(gradient, logs, size, _bounds(history), given=(2, 3))
    return BgNbd(r, alpha, a, b, -loss * size, size, covariance)
