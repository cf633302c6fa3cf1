"""Two windows to compare, with the same-length windows before them as the yardstick for what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.windows import compare_window

__all__ = ["Move", "Pair", "make_pair", "moves"]

_LONGEST = 14


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
    """Add up to a dozen earlier windows that data cover in full; none when `previous` is not the window directly before."""
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


def moves(series: Sequence[Sequence[Decimal]], keys: Sequence[str]) -> list[Move]:
    """Each entity against all others. `series[i][k]` is entity i's amount in window k (0 is now, 1 before, then back)."""
    totals = [sum((row[k] for row in series), Decimal(0)) for k in range(len(series[0]))] if series else []
    found = []
    for key, row in zip(keys, series, strict=True):
        rest = [total - own for total, own in zip(totals, row, strict=True)]
        found.append(_move(key, row, rest))
    return found


def _move(key: str, own: Sequence[Decimal], rest: Sequence[Decimal]) -> Move:
    now, before = own[0], own[1]
    drift = float(rest[0] / rest[1]) if rest[1] > 0 and rest[0] > 0 else 1.0
    past = [
        value
        for k in range(1, len(own) - 1)
        if (value := _against(own[k], own[k + 1], rest[k], rest[k + 1])) is not None
    ]
    usual = median(past) if len(past) >= _LEAST else 0.0
    expected = before * Decimal(repr(drift * math.exp(usual)))
    current = _against(max(now, before / 1000), before, rest[0], rest[1])
    surprise = None
    if len(past) >= _LEAST and current is not None:
        spread = 1.4826 * median(abs(value - usual) for value in past)
        surprise = (current - usual) / max(spread, _FLOOR)
    return Move(key, before, now, expected, surprise)


def _against(own: Decimal, own_before: Decimal, rest: Decimal, rest_before: Decimal) -> float | None:
    if own <= 0 or own_before <= 0:
        return None
    common = math.log(float(rest / rest_before)) if rest > 0 and rest_before > 0 else 0.0
    return math.log(float(own / own_before)) - common
