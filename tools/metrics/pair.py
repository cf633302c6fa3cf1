"""Two windows to compare, with the same-length windows before them as the yardstick for what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.stats import middle_and_spread
from tools.metrics.windows import compare_window

__all__ = ["Move", "Pair", "make_pair", "moves"]

_LONGEST = 25


@dataclass(frozen=True)
class Pair:
    """`windows[0]` is the window asked about, `windows[1]` what it is compared with, the rest go further back."""

    reader: Reader
    windows: tuple[Window, ...]

    @property
    def now(self) -> Window:
        return self.windows[0]

    @property
    def before(self) -> Window:
        return self.windows[1]

    @property
    def both(self) -> tuple[Window, Window]:
        return self.windows[0], self.windows[1]

    @property
    def currency(self) -> str:
        return self.reader.shop.currency


def make_pair(reader: Reader, window: Window, previous: Window, *, table: str = "orders") -> Pair:
    """Add up to two dozen windows that data cover in full; none when `previous` is not the window directly before."""
    windows = [window, previous]
    days = reader.coverage(table) or reader.coverage("shop_daily")
    if days is not None and previous == compare_window(window, "previous"):
        while len(windows) < _LONGEST:
            earlier = compare_window(windows[-1], "previous")
            if earlier.start < days[0]:
                break
            windows.append(earlier)
    return Pair(reader, tuple(windows))


@dataclass(frozen=True)
class Move:
    """How an entity moved against the rest. `expected` is where the usual move with the rest would have left it.

    `surprise` is a robust z of its own past moves against the rest; None when history is too short.
    """

    key: str
    before: Decimal
    after: Decimal
    expected: Decimal
    surprise: float | None

    @property
    def excess(self) -> Decimal:
        return self.after - self.expected


_FLOOR = 0.04  # moves under 4 % are never surprising
_LEAST = 5


def moves(
    series: Sequence[Sequence[Decimal]],
    keys: Sequence[str],
    *,
    counts: Sequence[Sequence[Decimal]] | None = None,
    alone: bool = False,
) -> list[Move]:
    """Each entity against the others. `series[i][k]` is entity i's amount in window k (0 is now, 1 before, then back).

    The common move is the weighted median of the others' moves, so that one collapsing entity does not make the rest look
    risen. `counts` (orders, items) bound the noise of small entities; `alone` judges an entity by its own past only.
    """
    steps = range(len(series[0]) - 1) if series else range(0)
    logs = [[_log(row[k], row[k + 1]) for k in steps] for row in series]
    found = []
    for index, key in enumerate(keys):
        common = [0.0 if alone else _common(series, counts or series, logs, index, k) for k in steps]
        own = [value - common[k] if value is not None else None for k, value in enumerate(logs[index])]
        noise = _noise(counts[index]) if counts is not None else 0.0
        found.append(_move(key, (series[index][0], series[index][1]), own, common[0], noise))
    return found


def _log(after: Decimal, before: Decimal) -> float | None:
    return math.log(float(after / before)) if after > 0 and before > 0 else None


def _noise(counts: Sequence[Decimal]) -> float:
    """Sampling spread of a log change of two counts."""
    return math.sqrt(sum(1 / float(max(count, Decimal(1))) for count in counts[:2]))


def _common(
    series: Sequence[Sequence[Decimal]],
    weights: Sequence[Sequence[Decimal]],
    logs: list[list[float | None]],
    index: int,
    step: int,
) -> float:
    others = sorted(
        (value, float(weights[i][step + 1]))
        for i, row in enumerate(logs)
        if i != index and (value := row[step]) is not None
    )
    if len(others) < 3:
        now = sum((row[step] for i, row in enumerate(series) if i != index), Decimal(0))
        before = sum((row[step + 1] for i, row in enumerate(series) if i != index), Decimal(0))
        return _log(now, before) or 0.0
    half, total = sum(weight for _, weight in others) / 2, 0.0
    for value, weight in others:
        total += weight
        if total >= half:
            return value
    return others[-1][0]


def _move(key: str, pair: tuple[Decimal, Decimal], own: list[float | None], common: float, noise: float) -> Move:
    now, before = pair
    past = [value for value in own[1:] if value is not None]
    usual, spread = middle_and_spread(past) if len(past) >= _LEAST else (0.0, 0.0)
    expected = before * Decimal(repr(math.exp(common + usual)))
    current = own[0]
    if current is None and before > 0:
        current = _log(max(now, before / 1000), before)
    surprise = None
    if len(past) >= _LEAST and current is not None:
        # with a short history the spread itself is uncertain
        surprise = (current - usual) / (max(spread, noise, _FLOOR) * (1 + 3 / len(past)))
    return Move(key, before, now, expected, surprise)
