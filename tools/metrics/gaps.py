"""Days that look wrong: nearly empty runs and missing reports. Said before causes, because a hole is not a cause."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Literal

from tools.facts import Window
from tools.metrics.reader import Reader

__all__ = ["Gap", "daily_orders", "find_gaps", "report_gaps"]

_NEAR = 14
_WEEKS = 8
_LOW = 0.10  # under a tenth of what such a day usually brings
_NEARBY = 0.20  # beside such a day, under a fifth counts as part of the run
_CHANCE = -13.0  # log chance of so few orders on a usual day; about one false day in 400,000
_RARE = 12.0  # expected orders over a run before its emptiness means something (chance e^-12 a run)


@dataclass(frozen=True)
class Gap:
    """A run of nearly empty days. `orders` came on its `low_days`, `usual` is what such a day brings; `edge` means the data end there."""

    kind: Literal["near_empty", "missing"]
    table: str
    window: Window
    low_days: int
    orders: int
    usual: Decimal
    edge: bool = False


def daily_orders(reader: Reader) -> dict[date, int]:
    """Paid orders of every day that has any, over the whole history."""
    if "daily_orders" not in reader.memo:
        t = reader.relation("orders")
        rows = reader.run(t.group_by("paid_date").aggregate(n=t.count()))
        reader.memo["daily_orders"] = {row["paid_date"]: int(row["n"]) for row in rows}
    found: dict[date, int] = reader.memo["daily_orders"]
    return found


def find_gaps(reader: Reader, window: Window | None = None) -> list[Gap]:
    """Nearly empty runs of orders (that touch the window), longest first. [] without orders."""
    if not reader.has("orders"):
        return []
    gaps = gaps_in(daily_orders(reader))
    if window is not None:
        gaps = [gap for gap in gaps if gap.window.start <= window.end and gap.window.end >= window.start]
    return gaps


def gaps_in(counts: Mapping[date, int]) -> list[Gap]:
    """Nearly empty runs in orders by day; a weekday that never sells is no gap, nor is a quiet day of a small shop."""
    if not counts:
        return []
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    series = [counts.get(day, 0) for day in days]
    usual = [_usual(series, index) for index in range(len(series))]
    closed = [_weekday_level(series, index) < 0.5 <= usual[index] for index in range(len(series))]
    low = _low_days(series, usual, closed)
    runs = _merge(low, closed)
    if not runs:
        runs = _silent_runs(series, closed)
        low = [value == 0 and not shut for value, shut in zip(series, closed, strict=True)]
    gaps = [_gap(days, series, usual, low, run) for run in runs]
    return sorted(gaps, key=lambda gap: (gap.edge, -gap.low_days, gap.window.start))


def _low_days(series: list[int], usual: list[float], closed: list[bool]) -> list[bool]:
    level = [min(usual[i], _weekday_level(series, i)) for i in range(len(series))]
    low = [
        not closed[i] and level[i] > 0 and series[i] <= _LOW * level[i] and _log_chance(series[i], usual[i]) < _CHANCE
        for i in range(len(series))
    ]
    for order in (range(1, len(series)), range(len(series) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for i in order:
            if low[i - step] and not closed[i] and series[i] <= _NEARBY * level[i]:
                low[i] = True
    return low


def _log_chance(seen: int, expected: float) -> float:
    """Log probability of exactly `seen` Poisson events."""
    return seen * math.log(expected) - expected - math.lgamma(seen + 1) if expected > 0 else 0.0


def _usual(series: list[int], index: int) -> float:
    around = series[max(0, index - _NEAR) : index] + series[index + 1 : index + 1 + _NEAR]
    return float(median(around)) if around else 0.0


def _weekday_level(series: list[int], index: int) -> float:
    same = [series[i] for i in range(index % 7, len(series), 7) if i != index and abs(i - index) <= 7 * _WEEKS]
    return float(median(same)) if len(same) >= 3 else _usual(series, index)


def _merge(low: list[bool], closed: list[bool]) -> list[tuple[int, int]]:
    """Runs of low days; one better day, or days the shop is always closed, do not break a run that is low for two thirds."""
    runs: list[tuple[int, int]] = []
    for index, flag in enumerate(low):
        if not flag:
            continue
        if runs:
            between = range(runs[-1][1] + 1, index)
            open_days = [k for k in between if not closed[k]]
            lows = sum(low[runs[-1][0] : index + 1])
            if len(open_days) <= 1 and lows * 3 >= (index - runs[-1][0] + 1 - (len(between) - len(open_days))) * 2:
                runs[-1] = (runs[-1][0], index)
                continue
        runs.append((index, index))
    return runs


def _silent_runs(series: list[int], closed: list[bool]) -> list[tuple[int, int]]:
    """For shops with few orders a day: runs of no order at all, too long for chance."""
    rate = sum(series) / max(1, len(series) - sum(closed))
    runs, start = [], None
    for index, value in enumerate([*series, 1]):
        if value == 0 and start is None:
            start = index
        elif value and start is not None:
            open_days = sum(1 for k in range(start, index) if not closed[k])
            if open_days > 1 and rate * open_days >= _RARE:
                runs.append((start, index - 1))
            start = None
    return runs


def _gap(days: list[date], series: list[int], usual: list[float], low: list[bool], run: tuple[int, int]) -> Gap:
    inside = [k for k in range(run[0], run[1] + 1) if low[k]]
    level = median(usual[k] for k in inside)
    edge = run[1] == len(days) - 1 or run[0] == 0
    return Gap(
        "near_empty",
        "orders",
        Window(start=days[run[0]], end=days[run[1]]),
        len(inside),
        sum(series[k] for k in inside),
        Decimal(str(round(level, 1))),
        edge,
    )


def report_gaps(reader: Reader, table: str, window: Window) -> list[date]:
    """Days of the window without a row in a daily report, inside the days the report covers."""
    days = reader.coverage(table)
    if days is None:
        return []
    t = reader.relation(table)
    present = {
        row["day"] for row in reader.run(t.filter(t.day.between(window.start, window.end)).select("day").distinct())
    }
    start, end = max(days[0], window.start), min(days[1], window.end)
    return [day for k in range(max(0, (end - start).days + 1)) if (day := start + timedelta(days=k)) not in present]
