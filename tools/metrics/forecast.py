"""What the shop's buyers will do: BG/NBD and Gamma-Gamma on its orders, checked against a stretch the fit never saw.

Says no where there is too little to say: few orders, a short history, hardly anybody returning, or a failed back-test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import numpy as np

from tools.metrics.lifetime import BgNbd, History, fit_bgnbd, repeat_counts
from tools.metrics.likelihood import Z95, FitError, Floats, delta_sd
from tools.metrics.purchases import Buyers, Holdout, Spends, buyers, first_day_of_data, goods, holdout, spends
from tools.metrics.reader import Reader
from tools.metrics.spend import GammaGamma, fit_gamma_gamma

__all__ = ["LEAST_DAYS", "LEAST_ORDERS", "BackTest", "Estimate", "Forecast", "Refusal", "forecast"]

LEAST_ORDERS, LEAST_DAYS, LEAST_FRESH, LEAST_RETURNED = 300, 180, 100, 30
BURN_IN = 180
TRUSTED = 0.25  # a back-test may miss by this much, or by no more than its own interval
_DRAWS, _SEED = 16, 20050501
ZERO = Decimal(0)

Why = Literal[
    "orders", "groups", "group_buyers", "group_days", "history", "horizon", "fresh", "returned", "fit", "backtest"
]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval: parameter uncertainty, chance and, in a forecast, what the back-test missed by."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, sd: float) -> Estimate:
        return cls(value, max(0.0, value - Z95 * sd), value + Z95 * sd)

    def widened(self, miss: float) -> Estimate:
        """At least as wide as the model was wrong: `miss` is a share of the figure, added in quadrature."""
        half = float(np.hypot(self.high - self.value, miss * self.value))
        return Estimate(self.value, max(0.0, self.value - half), self.value + half)


@dataclass(frozen=True)
class BackTest:
    """Fitted on what was known at `cut`, forecast and actual purchase days of the `days` after it."""

    cut: date
    days: int
    customers: int
    expected: Estimate
    actual: int

    @property
    def miss(self) -> float:
        """Forecast over actual, less 1; infinite where nothing came."""
        return self.expected.value / self.actual - 1 if self.actual else float("inf")

    @property
    def trusted(self) -> bool:
        return abs(self.miss) <= TRUSTED or self.expected.low <= self.actual <= self.expected.high


@dataclass(frozen=True)
class Refusal:
    """Why there is no lifetime figure. `have` and `need` are in orders, days or buyers, by `why`."""

    why: Why
    have: int = 0
    need: int = 0
    backtest: BackTest | None = None


@dataclass(frozen=True)
class Forecast:
    """The next `horizon` days of everybody who bought by `end`. Money is gross, in the shop's currency.

    `alive` counts those who came back at least once and are still customers; `active` those expected to buy in the horizon.
    `fit` pairs actual and expected numbers of customers by repeat purchases 0 … 7+.
    """

    end: date
    horizon: int
    customers: int
    returned: int
    fitted: int
    burn_in: int
    purchases: Estimate
    money: Estimate
    active: Estimate
    alive: float
    top_share: float
    newcomer_purchases: Estimate
    newcomer_money: Estimate
    spend_mean: float
    pooled: bool
    correlation: float
    model: BgNbd
    fit: tuple[Floats, Floats]
    backtest: BackTest | None


def forecast(reader: Reader, end: date, horizon: int) -> Forecast | Refusal:
    """Fit, back-test and forecast. Raises DataMissing without buyer ids."""
    seen = (end - first_day_of_data(reader)).days + 1
    orders = int(reader.run(goods(reader, end).aggregate(n=lambda t: t.count()))[0]["n"])
    if orders < LEAST_ORDERS:
        return Refusal("orders", orders, LEAST_ORDERS)
    if seen < LEAST_DAYS:
        return Refusal("history", seen, LEAST_DAYS)
    if horizon > seen:
        return Refusal("horizon", seen, horizon)
    burn_in = min(BURN_IN, seen // 3)
    people = buyers(reader, end, burn_in)
    try:
        fresh = people.history(only_fresh=True)
    except FitError:
        return Refusal("fresh", 0, LEAST_FRESH)
    if fresh.customers < LEAST_FRESH:
        return Refusal("fresh", fresh.customers, LEAST_FRESH)
    if fresh.returned < LEAST_RETURNED:
        return Refusal("returned", fresh.returned, LEAST_RETURNED)
    try:
        model = fit_bgnbd(fresh)
        tested = _backtest(reader, end, min(horizon, (seen - burn_in) // 2), burn_in)
        if tested is not None and not tested.trusted:
            return Refusal("backtest", tested.customers, 0, tested)
        return _forecast(people, fresh, model, spends(reader, end), horizon, burn_in, tested)
    except FitError:
        return Refusal("fit", fresh.customers, 0)


def _backtest(reader: Reader, end: date, days: int, burn_in: int) -> BackTest | None:
    """None where the earlier part alone could not carry a fit."""
    try:
        past: Holdout = holdout(reader, end, days, burn_in)
        model = fit_bgnbd(past.history)
        return BackTest(past.cut, days, past.history.customers, _total(model, past.history, days), past.actual)
    except FitError:
        return None


def _total(model: BgNbd, history: History, horizon: int) -> Estimate:
    """Purchase days of all customers in the horizon: delta method for the parameters, simulation for chance."""

    def total(m: BgNbd) -> float:
        return float((history.count * m.expected_purchases(horizon, history.repeats, history.last, history.age)).sum())

    chance = float((history.count * _variance(model, history, horizon)).sum())
    return Estimate.of(total(model), float(np.hypot(delta_sd(model, total), np.sqrt(chance))))


def _variance(model: BgNbd, history: History, horizon: int) -> Floats:
    """Variance of one customer's purchases in the horizon, per entry, from a few seeded draws."""
    draws = model.simulate(np.random.default_rng(_SEED), horizon, history, _DRAWS)
    return np.asarray(draws.var(axis=0, ddof=1), dtype=np.float64)


@dataclass(frozen=True)
class _Spend:
    """`rough`: relative standard error of the mean where the model's own covariance is not there (pooled)."""

    model: GammaGamma
    pooled: bool
    rough: float


def _spend(found: Spends) -> _Spend:
    """Gamma-Gamma, or one mean for all where the data show no lasting difference between customers. Raises FitError."""
    purchases = found.count * found.purchases
    if found.count.sum() < LEAST_RETURNED:
        raise FitError("too few customers with repeat spend")
    try:
        model = fit_gamma_gamma(found.purchases, found.mean, found.count)
        if model.covariance is not None:
            return _Spend(model, False, 0.0)
    except FitError:
        pass
    mean = float(np.average(found.mean, weights=purchases))
    spread = float(np.average((found.mean - mean) ** 2 * found.purchases, weights=found.count))
    p, q = max(mean**2 / max(spread, 1e-9), 1e-6), 1e9
    return _Spend(GammaGamma(p, q, mean * (q - 1) / p), True, float(np.sqrt(spread / purchases.sum()) / mean))


def _forecast(
    people: Buyers, fresh: History, model: BgNbd, found: Spends, horizon: int, burn_in: int, tested: BackTest | None
) -> Forecast:
    spend = _spend(found)
    everyone = History(people.repeats, people.last, people.age, people.count)
    x, last, age, n = people.repeats, people.last, people.age, people.count

    def each(m: BgNbd) -> Floats:
        return m.expected_purchases(horizon, x, last, age)

    def amount(s: GammaGamma) -> Floats:
        """Expected spend per purchase, summed over the customers of an entry."""
        own = s.weight(x)
        return np.asarray((1 - own) * s.mean * n + own * people.spend, dtype=np.float64)

    expected, mean = each(model), amount(spend.model) / n
    variance = _variance(model, everyone, horizon)
    chance = float((n * (variance * mean**2 + expected * mean**2 / spend.model.p)).sum())
    money = float((expected * mean * n).sum())
    by_rate = delta_sd(model, lambda m: float((each(m) * mean * n).sum()))
    by_spend = _spend_sd(spend, money, lambda s: float((expected * amount(s)).sum()))
    chances = model.p_any(horizon, x, last, age)
    by_chance = float(np.sqrt((n * chances * (1 - chances)).sum()))
    active_sd = float(np.hypot(delta_sd(model, lambda m: float((n * m.p_any(horizon, x, last, age)).sum())), by_chance))
    new = float(model.expected_from_start(float(horizon)))
    new_sd = delta_sd(model, lambda m: float(m.expected_from_start(float(horizon))))
    new_money = new * spend.model.mean
    new_money_sd = float(np.hypot(new_sd * spend.model.mean, _spend_sd(spend, new_money, lambda s: new * s.mean)))
    back, miss = x > 0, abs(tested.miss) if tested is not None else 0.0
    return Forecast(
        end=people.end,
        horizon=horizon,
        customers=everyone.customers,
        returned=everyone.returned,
        fitted=fresh.customers,
        burn_in=burn_in,
        purchases=_total(model, everyone, horizon).widened(miss),
        money=Estimate.of(money, float(np.sqrt(by_rate**2 + by_spend**2 + chance))).widened(miss),
        active=Estimate.of(float((n * chances).sum()), active_sd).widened(miss),
        alive=float((n * model.p_alive(x, last, age))[back].sum()),
        top_share=_top_share(expected * mean, n),
        newcomer_purchases=Estimate.of(new, new_sd).widened(miss),
        newcomer_money=Estimate.of(new_money, new_money_sd).widened(miss),
        spend_mean=spend.model.mean,
        pooled=spend.pooled,
        correlation=_correlation(found),
        model=model,
        fit=repeat_counts(model, fresh),
        backtest=tested,
    )


def _spend_sd(spend: _Spend, value: float, figure: object) -> float:
    if spend.pooled:
        return spend.rough * value
    assert callable(figure)
    return delta_sd(spend.model, figure)


def _top_share(value: Floats, count: Floats) -> float:
    """Share of the expected money that the most valuable tenth of the customers brings."""
    order = np.argsort(-value)
    people, money = np.cumsum(count[order]), np.cumsum((value * count)[order])
    tenth = people[-1] / 10
    return (
        float(np.interp(tenth, np.concatenate([[0], people]), np.concatenate([[0], money])) / money[-1])
        if money[-1]
        else 0.0
    )


def _correlation(found: Spends) -> float:
    """Between how often and how much, which Gamma-Gamma takes to be 0."""
    x, m = found.purchases, found.mean
    cov = np.cov(np.vstack([x, m]), fweights=found.count.astype(np.int64))
    return float(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])) if cov[0, 0] > 0 and cov[1, 1] > 0 else 0.0
