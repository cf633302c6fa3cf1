"""Daily sales ahead: a smoothed level × weekday factor × campaign factor, all from the shop's own past, back-tested on itself.

Floats live here and nowhere else; what leaves is rounded to cents by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_FIT", "Fit", "Outlook", "fit", "outlook", "predict"]

Floats = NDArray[np.float64]
Keys = Sequence[tuple[str, str] | None]

LEAST_FIT = 28  # days a fit needs: four of each weekday
_ALPHAS = (0.03, 0.07, 0.15, 0.3)
_WEEKS, _AROUND, _LEAST_DAYS = 26, 28, 3
_STEP, _MOST = 3, 120
_PRIOR = {True: 2.0, False: 4.0}  # campaigns' worth of belief in no effect: for the same event, for any other
_SAME_RUN = 7
_TAIL = 0.10  # each side: an 80 % interval
_FEW = 8
_LEAST_PEAK = 1.5  # an assumption, and for the upper edge alone: a campaign of unknown size may add half


@dataclass(frozen=True)
class Fit:
    """Weekday factors (mean 1) and campaign factors by (event, class), (event, ""), ("", class) and ("", "")."""

    weekday: Floats
    campaign: dict[tuple[str, str], float]
    past: Floats  # sales of the past days
    expected: Floats  # weekday × campaign of the same days: the level is the one over the other

    def factor(self, key: tuple[str, str] | None) -> float | None:
        """The factor of a day's phase; None when the shop has lived through nothing like it."""
        if key is None:
            return 1.0
        for name in (key, (key[0], ""), ("", key[1]), ("", "")):
            if name in self.campaign:
                return self.campaign[name]
        return None


@dataclass(frozen=True)
class Outlook:
    """What the days ahead bring in all, its 80 % interval, and how that was tested."""

    value: float
    low: float
    high: float
    tests: int
    blocks: float  # how many of the tests do not overlap
    miss: float | None  # median absolute error of the tests, as a share
    alpha: float
    unknown: int  # days ahead in a phase the shop has never lived through
    peak: float  # how far the shop's own best campaign, else its best week, rose over the usual; at least by half


def fit(y: Floats, weekday: NDArray[np.int64], keys: Keys) -> Fit:
    """Learn from the past `y` (NaN is a missing day); `weekday` and `keys` describe the same days."""
    plain = np.array([key is None for key in keys]) & ~np.isnan(y)
    factors = _weekday(y, weekday, plain)
    model = Fit(factors, _campaign(y, factors[weekday], keys, plain), y, factors[weekday])
    by_day = np.array([found if (found := model.factor(key)) is not None else 1.0 for key in keys])
    return replace(model, expected=factors[weekday] * by_day)


def _weekday(y: Floats, weekday: NDArray[np.int64], plain: NDArray[np.bool_]) -> Floats:
    """Share of a week that falls on each weekday, from plain days of the last half year; 1 where too few were seen."""
    recent = plain.copy()
    recent[: max(0, len(y) - 7 * _WEEKS)] = False
    local = _mean_around(y, plain, 3)
    ok = recent & (local > 0) & (np.convolve(plain, np.ones(7), "same") == 7)  # whole weeks: every weekday once
    factors = np.ones(7)
    for day in range(7):
        chosen = ok & (weekday == day)
        if chosen.sum() >= _LEAST_DAYS:
            factors[day] = y[chosen].sum() / local[chosen].sum()
    factors = np.maximum(factors, 0.01)
    return np.asarray(factors * 7 / factors.sum(), dtype=np.float64)


def _mean_around(y: Floats, use: NDArray[np.bool_], reach: int) -> Floats:
    """Mean of the used days within `reach` days either side; NaN where there are none."""
    values, counts = np.where(use, np.nan_to_num(y), 0.0), use.astype(np.float64)
    kernel = np.ones(2 * reach + 1)
    size = np.convolve(counts, kernel, "full")[reach : reach + len(y)]
    total = np.convolve(values, kernel, "full")[reach : reach + len(y)]
    return np.asarray(np.where(size >= 1, total / np.maximum(size, 1.0), np.nan), dtype=np.float64)


def _campaign(y: Floats, usual: Floats, keys: Keys, plain: NDArray[np.bool_]) -> dict[tuple[str, str], float]:
    """Sales of campaign days over the plain days around them, per phase, event and class, and over all.

    One campaign is one observation however long it ran, so few of them are drawn towards no effect.
    """
    around = _mean_around(y, plain, _AROUND) / np.maximum(_mean_around(usual, plain, _AROUND), 0.01) * usual
    runs: dict[tuple[str, str], list[float]] = {}
    for key, at in _runs(keys):
        at = at[~np.isnan(y[at]) & (around[at] > 0)]
        if len(at) == 0 or not y[at].sum() > 0:
            continue
        ratio = float(np.log(y[at].sum() / around[at].sum()))
        for name in {key, (key[0], ""), ("", key[1]), ("", "")}:
            if name[0] or key[1] != "holiday":  # a holiday tells nothing about a sale
                runs.setdefault(name, []).append(ratio)
    return {
        name: float(np.exp(np.mean(logs) * len(logs) / (len(logs) + _PRIOR[bool(name[0])])))
        for name, logs in runs.items()
    }


def _runs(keys: Keys) -> list[tuple[tuple[str, str], NDArray[np.int64]]]:
    """Stretches of one phase of one event."""
    found: list[tuple[tuple[str, str], list[int]]] = []
    for index, key in enumerate(keys):
        if key is None:
            continue
        if found and found[-1][0] == key and index - found[-1][1][-1] <= _SAME_RUN:
            found[-1][1].append(index)
        else:
            found.append((key, [index]))
    return [(key, np.array(at, dtype=np.int64)) for key, at in found]


def _level(model: Fit, alpha: float) -> float:
    """Exponentially weighted sales over what weekday and campaign make of one unit, newest first; missing days do not weigh."""
    seen = ~np.isnan(model.past)
    weights = (1 - alpha) ** np.arange(len(seen))[::-1] * seen
    below = float((weights * model.expected).sum())
    return float((weights * np.nan_to_num(model.past)).sum()) / below if below > 0 else 0.0


def predict(model: Fit, alpha: float, weekday: NDArray[np.int64], keys: Keys) -> Floats:
    """Sales of each day ahead; a phase never lived through counts as a plain day."""
    factors = np.array([found if (found := model.factor(key)) is not None else 1.0 for key in keys])
    return np.asarray(_level(model, alpha) * model.weekday[weekday] * factors, dtype=np.float64)


def outlook(y: Floats, weekday: NDArray[np.int64], keys: Keys, skip: int) -> Outlook:
    """The sum of the days after `y` beyond the first `skip`; `weekday` and `keys` run on over the days ahead.

    Every test stands on an earlier day, fits on what was known then, and adds up the same stretch of days ahead.
    """
    known, ahead = len(y), len(weekday) - len(y)
    sums, actual, promo = _tests(y, weekday, keys, skip, ahead)
    alpha = _ALPHAS[int(np.argmin(np.abs(np.log(sums / actual[:, None])).mean(axis=0)))] if len(actual) else 0.07
    model = fit(y, weekday[:known], keys[:known])
    ahead_keys = list(keys[known + skip :])
    value = float(predict(model, alpha, weekday[known + skip :], ahead_keys).sum())
    unknown = [key for key in ahead_keys if model.factor(key) is None]
    errors = np.log(actual / sums[:, _ALPHAS.index(alpha)]) if len(actual) else np.array([])
    alike = errors[promo == any(key is not None for key in ahead_keys)] if len(errors) else errors
    chosen = alike if len(alike) >= _FEW else errors
    low, high, blocks = _edges(chosen, ahead - skip)
    unlike = max(_best(model, y), _LEAST_PEAK)
    share = len(unknown) / max(1, ahead - skip)
    high += float(np.log(1 + share * (unlike - 1)))
    miss = float(np.median(np.abs(np.expm1(-errors)))) if len(errors) else None
    edges = value * float(np.exp(low)), value * float(np.exp(high))
    return Outlook(value, *edges, len(errors), blocks, miss, alpha, len(unknown), unlike)


def _tests(
    y: Floats, weekday: NDArray[np.int64], keys: Keys, skip: int, ahead: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Forecast by alpha, actual, and whether a campaign lay in the stretch, per test; whole stretches only."""
    sums, actual, promo = [], [], []
    last = len(y) - ahead
    for origin in range(last, LEAST_FIT - 1, -_STEP)[:_MOST]:
        window = slice(origin + skip, origin + ahead)
        truth = float(y[window].sum())
        if not truth > 0:  # NaN too: a stretch with missing days tests nothing
            continue
        model = fit(y[:origin], weekday[:origin], keys[:origin])
        guesses = [float(predict(model, alpha, weekday[window], list(keys[window])).sum()) for alpha in _ALPHAS]
        if min(guesses) > 0:
            sums.append(guesses)
            actual.append(truth)
            promo.append(any(key is not None for key in keys[window]))
    return np.array(sums).reshape(-1, len(_ALPHAS)), np.array(actual), np.array(promo, dtype=bool)


def _edges(errors: Floats, days: int) -> tuple[float, float, float]:
    """Log errors at both tails, stretched when few tests stand apart from one another."""
    if len(errors) == 0:
        return -np.log(2), np.log(2), 0.0
    blocks = max(1.0, len(errors) * _STEP / max(_STEP, days))
    rank = min(1.0, (1 - _TAIL) * (1 + 1 / len(errors)))
    stretch = 1 + 1 / blocks
    low, high = np.quantile(errors, 1 - rank), np.quantile(errors, rank)
    return min(0.0, float(low)) * stretch, max(0.0, float(high)) * stretch, blocks


def _best(model: Fit, y: Floats) -> float:
    """How far the shop's own best campaign, else its best week, rose over the usual."""
    if model.campaign:
        return max(1.0, *model.campaign.values())
    weeks = np.convolve(np.nan_to_num(y), np.ones(7), "valid")
    usual = float(np.median(weeks))
    return max(1.0, float(weeks.max()) / usual) if usual > 0 else 1.0
