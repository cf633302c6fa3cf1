"""Small statistics in plain numbers: Wilson interval, Kaplan-Meier share, robust swing of past changes, a turning point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

__all__ = [
    "Interval",
    "Swing",
    "change_surprise",
    "kaplan_meier",
    "middle_and_spread",
    "swing_of",
    "turning_point",
    "wilson",
]

Z95 = Decimal("1.959963984540054")


@dataclass(frozen=True)
class Interval:
    low: Decimal
    high: Decimal


def wilson(hits: Decimal, n: Decimal) -> Interval | None:
    """95 % interval of a share (Wilson 1927); None when it is not a share of n."""
    if n <= 0 or hits < 0 or hits > n:
        return None
    p, z2 = hits / n, Z95 * Z95
    middle = p + z2 / (2 * n)
    half = Z95 * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
    scale = 1 + z2 / n
    return Interval(max(Decimal(0), (middle - half) / scale), min(Decimal(1), (middle + half) / scale))


def kaplan_meier(events: Mapping[int, int], censored: Mapping[int, int], horizon: int) -> Decimal | None:
    """Share with an event by `horizon`, with people leaving observation at `censored` times.

    Both map a time in days to a number of people; at equal times events come first. None when nobody stays in view to the
    horizon without an event, so that the share is not identified: also when the last few in view all had theirs, which says
    nothing of those who left before. A group of which nobody left and all had an event is a plain 1.
    """
    at_risk = sum(events.values()) + sum(censored.values())
    stay, left = Decimal(1), 0
    for time in sorted({*events, *censored}):
        if time > horizon:
            break
        if events.get(time) and at_risk:
            stay *= 1 - Decimal(events[time]) / at_risk
        at_risk -= events.get(time, 0) + censored.get(time, 0)
        left += censored.get(time, 0)
        if at_risk <= 0 and time < horizon and (stay > 0 or left):
            return None
    return 1 - stay


def middle_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Median and 1.4826 x MAD: mean and standard deviation of a normal sample that a few wild values do not move."""
    middle = median(values)
    return middle, 1.4826 * median(abs(value - middle) for value in values)


@dataclass(frozen=True)
class Swing:
    """The usual change between neighbouring windows of one length. `low` and `high` are changes as ratios (0.1 = +10 %)."""

    n: int
    low: Decimal
    high: Decimal

    def holds(self, rate: Decimal) -> bool:
        return self.low <= rate <= self.high


def swing_of(values: Sequence[Decimal | None], *, least: int = 6, width: float = 2.0) -> Swing | None:
    """Band of usual changes from a series of equal windows, oldest first: median ± width x 1.4826 x MAD of log changes.

    None with fewer than `least` changes. The band is robust: a few promotion months do not widen it.
    """
    logs = [
        math.log(float(after / before))
        for before, after in pairwise(values)
        if before is not None and after is not None and before > 0 and after > 0
    ]
    if len(logs) < least:
        return None
    middle, spread = middle_and_spread(logs)
    low, high = math.exp(middle - width * spread) - 1, math.exp(middle + width * spread) - 1
    return Swing(len(logs), Decimal(str(round(low, 4))), Decimal(str(round(high, 4))))


def change_surprise(values: Sequence[Decimal | None], *, least: int = 6, floor: float = 0.02) -> float | None:
    """Robust z of the newest log change in a series given newest first, against all earlier changes; None when too short."""
    logs = [
        math.log(float(after / before)) if after and before and after > 0 and before > 0 else None
        for after, before in pairwise(values)
    ]
    past = [value for value in logs[1:] if value is not None]
    if len(past) < least or logs[0] is None:
        return None
    middle, spread = middle_and_spread(past)
    return (logs[0] - middle) / max(spread, floor)


def turning_point(series: Sequence[float], *, edge: int = 3) -> int | None:
    """Index where the level of a series shifts most (least squares, one break); None when no break explains a third."""
    n = len(series)
    if n < 2 * edge + 2:
        return None
    mean = sum(series) / n
    total = sum((value - mean) ** 2 for value in series)
    if total == 0:
        return None
    best, at, left, whole = 0.0, None, 0.0, sum(series)
    for index in range(1, n):
        left += series[index - 1]
        if index < edge or n - index < edge:
            continue
        gap = left / index - (whole - left) / (n - index)
        gain = gap * gap * index * (n - index) / n
        if gain > best:
            best, at = gain, index
    return at if best >= total / 3 else None
