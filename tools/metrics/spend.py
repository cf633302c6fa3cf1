"""Gamma-Gamma: how much a customer spends at a purchase. Pure numbers; knows no tables.

[1] Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value.
Amounts are floats here; money enters and leaves as Decimal at the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tools.metrics.likelihood import FitError, Floats, Span, covariance_of, log_intervals, search_bounds

__all__ = ["GammaGamma", "fit_gamma_gamma"]

_MIN_BUYERS = 50


@dataclass(frozen=True)
class GammaGamma:
    """Fitted Gamma-Gamma: mean spend per purchase varies over customers, independent of frequency."""

    p: float
    q: float
    v: float
    customers: int = 0
    covariance: Floats | None = field(default=None, compare=False, repr=False)

    @property
    def logs(self) -> Floats:
        return np.log([self.p, self.q, self.v])

    def moved(self, logs: Floats) -> GammaGamma:
        p, q, v = (float(value) for value in np.exp(logs))
        return replace(self, p=p, q=q, v=v)

    def intervals(self) -> dict[str, Span]:
        return log_intervals(("p", "q", "v"), self.logs, self.covariance)

    @property
    def mean(self) -> float:
        """Mean spend per purchase over all customers."""
        return self.v * self.p / (self.q - 1)

    def weight(self, purchases: Floats) -> Floats:
        """How far a customer's own mean counts against everybody's; [1] eq. 5."""
        return self.p * purchases / (self.p * purchases + self.q - 1)

    def expected_spend(self, purchases: Floats, mean_spend: Floats) -> Floats:
        """E[mean spend | history], a weighted mean of own and population mean; [1] eq. 5."""
        own = self.weight(purchases)
        return (1 - own) * self.mean + own * mean_spend


def _spend_loss(logs: Floats, m: Floats, n: Floats, kinds: tuple[Floats, Any]) -> tuple[float, Floats]:
    """Negative mean log-likelihood and its gradient in the logs of (p, q, v); [1] eq. 1a."""
    from scipy.special import digamma, gammaln

    p, q, v = np.exp(logs)
    per_x, at = kinds
    x, size = per_x[at], n.sum()
    log_sum = np.log(x * m + v)
    fixed = gammaln(p * per_x + q) - gammaln(p * per_x) - gammaln(q) + q * np.log(v) + p * per_x * np.log(per_x)
    terms = fixed[at] + (p * x - 1) * np.log(m) - (p * x + q) * log_sum
    shared = digamma(p * per_x + q)
    d_p = (per_x * (shared - digamma(p * per_x) + np.log(per_x)))[at] + x * (np.log(m) - log_sum)
    d_q = (shared - digamma(q) + np.log(v))[at] - log_sum
    d_v = q / v - (p * x + q) / (x * m + v)
    gradient = -np.array([(n * part).sum() for part in (d_p, d_q, d_v)]) / size
    return -float((n * terms).sum() / size), gradient * np.array([p, q, v])


def fit_gamma_gamma(purchases: Any, mean_spend: Any, count: Any = None) -> GammaGamma:
    """Fit on customers with positive spend. `purchases` counts the transactions behind each mean. Raises FitError."""
    from scipy.optimize import minimize  # half a second to load, which most commands need not wait

    x, m = (np.asarray(part, dtype=np.float64) for part in (purchases, mean_spend))
    n = np.ones(x.size) if count is None else np.asarray(count, dtype=np.float64)
    if n.sum() < _MIN_BUYERS or not ((x > 0) & (m > 0)).all():
        raise FitError("Gamma-Gamma needs at least 50 customers with positive purchases and spend")
    kinds = np.unique(x, return_inverse=True)
    scale = float(np.average(m, weights=n))
    start = np.log([2.0, 3.0, scale])
    bounds = search_bounds(start)
    found = minimize(
        _spend_loss,
        start,
        args=(m, n, kinds),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
    )
    p, q, v = (float(value) for value in np.exp(found.x))
    if q <= 1:
        raise FitError("the spread of spend is too wide for a mean (q <= 1)")
    size = int(n.sum())
    return GammaGamma(p, q, v, size, covariance_of(lambda z: _spend_loss(z, m, n, kinds)[1], found.x, size, bounds))
