"""What every fitted model of customers shares: covariance from the observed information, intervals, the delta method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Z95", "FitError", "Fitted", "Floats", "Span", "covariance_of", "delta_sd", "log_intervals", "search_bounds"]

Floats = NDArray[np.float64]
Z95 = 1.959963984540054


class FitError(ValueError):
    """The data cannot carry the model: too few customers, nobody returning, or parameters they do not pin down."""


class Span(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def search_bounds(middle: Floats) -> list[tuple[float, float]]:
    """Where a search in the logs may go: a factor of e^12 either way."""
    return [(float(value) - 12, float(value) + 12) for value in middle]


def covariance_of(
    gradient: Callable[[Floats], Floats],
    at: Floats,
    size: int,
    bounds: list[tuple[float, float]],
    given: Sequence[int] = (),
) -> Floats | None:
    """Inverse of the observed information in the logs; None where it is not positive definite.

    Parameters at a bound, and those `given`, are limits of the model: taken as they are, with variance 0.
    """
    inside = [min(value - low, high - value) > 1e-3 for value, (low, high) in zip(at, bounds, strict=True)]
    free = [k for k in range(at.size) if inside[k] and k not in given]
    if not free:
        return None
    step = 1e-4
    units = np.eye(at.size)[free]
    rows = [(gradient(at + step * unit) - gradient(at - step * unit))[free] / (2 * step) for unit in units]
    information = np.array(rows) * size
    information = (information + information.T) / 2
    values, vectors = np.linalg.eigh(information)
    if values[0] <= max(1e-9 * values[-1], 1e-2):  # a log known worse than to a factor of e^10 is not known
        return None
    found = np.zeros((at.size, at.size))
    found[np.ix_(free, free)] = vectors / values @ vectors.T
    return found


def log_intervals(names: tuple[str, ...], logs: Floats, covariance: Floats | None) -> dict[str, Span]:
    if covariance is None:
        return {}
    half = Z95 * np.sqrt(np.diag(covariance))
    low, high = np.exp(logs - half), np.exp(logs + half)
    return {name: Span(float(low[k]), float(high[k])) for k, name in enumerate(names) if half[k] > 0}


class Fitted(Protocol):
    """A model whose parameters are known by their logs."""

    @property
    def covariance(self) -> Floats | None: ...
    @property
    def logs(self) -> Floats: ...
    def moved(self, logs: Floats) -> Self: ...


_Model = TypeVar("_Model", bound=Fitted)


def delta_sd(model: _Model, figure: Callable[[_Model], float]) -> float:
    """Standard error of a figure of the model by the delta method. Raises FitError where the parameters are not known."""
    if model.covariance is None:
        raise FitError("the data do not pin the parameters down")
    logs, step = model.logs, 1e-3
    slope = np.array(
        [
            (figure(model.moved(logs + step * unit)) - figure(model.moved(logs - step * unit))) / (2 * step)
            for unit in np.eye(logs.size)
        ]
    )
    return float(np.sqrt(max(slope @ model.covariance @ slope, 0.0)))
