"""The day an entity's rate shifts against the rest: conversion of a product, share of its lines refunded.

A month mixes the days before and after a page, a batch or a price changed; days do not. Day by day, the entity's rate is set
against the rate of all others (week days and campaigns fall out), each day weighs by its own count, and the best single
break is judged by the spread the days show around it. A break found by looking at every day needs a higher bar than one
looked up: `RateSource.sure` is set so (visitors follow campaigns and wander more than rates do), and checked on simulated shops with nothing planted (evals.benchmarks.diagnosis).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tools.facts import Window
from tools.metrics.drivers import Event
from tools.metrics.pair import Pair
from tools.metrics.reader import in_window
from tools.metrics.spans import each
from tools.metrics.stats import middle_and_spread
from tools.metrics.windows import day_text
from tools.text import Text

__all__ = [
    "CONVERSION",
    "REFUNDED",
    "VISITS",
    "RateSource",
    "Turn",
    "daily_step",
    "level_shift",
    "rate_event",
    "rate_turn",
]

_WEEK = 7
_EDGE = 4  # days a level needs on either side
_EARLY = 14  # a turn may lie this many days before the window asked about


@dataclass(frozen=True)
class RateSource:
    """Where a daily rate comes from: `above` over `below`, by `key` and `day` of a relation; what it is called."""

    relation: str
    key: str
    day: str
    above: str  # "x" sums the column, "x?" counts rows where it is above nothing
    below: str  # "#" counts rows, "" sets `above` itself against the rest: a share instead of a rate
    name: Text
    sure: float
    turned: str
    reach: int = 0  # days before both windows that tell the level before as well
    least: float = 30.0  # counted events to expect on either side


# A month of a product's buyers is a small sample: the level before is read over three. Visitors wander too much for that.
CONVERSION = RateSource(
    "product_daily",
    "product_id",
    "day",
    "buyers",
    "visitors",
    Text("支付转化率", "conversion rate"),
    3.7,
    "conversion",
    60,
)
VISITS = RateSource("product_daily", "product_id", "day", "visitors", "", Text("访客", "visitors"), 6.0, "visitors")
# A product has a handful of refunds a month: the share before is read over four months, or three times as many would not stand out.
REFUNDED = RateSource(
    "lines", "product", "paid_date", "refund_amount?", "#", Text("退款比例", "share refunded"), 3.6, "refunds", 90, 10
)


@dataclass(frozen=True)
class Turn:
    """A shift of the relative rate from `day` on. `z` is signed: below zero the rate went down.

    `excess`: events from that day on beyond what the level before would have brought.
    """

    day: date
    z: float
    excess: float


def level_shift(values: Sequence[float], at: int) -> float | None:
    """z of the step in log level at a day that is known beforehand; None without a week on either side. Robust to single days."""
    logs = np.log(np.maximum(np.array(values, dtype=np.float64), 1e-9))
    parts = logs[:at], logs[at:]
    if min(len(part) for part in parts) < _WEEK:
        return None
    (before, before_spread), (after, after_spread) = (middle_and_spread(part.tolist()) for part in parts)
    spread = [max(before_spread, 0.01), max(after_spread, 0.01)]
    # the median of n days is sqrt(pi/2) times as uncertain as their mean
    error = np.sqrt(sum(s * s / len(part) for s, part in zip(spread, parts, strict=True)) * np.pi / 2)
    return float((after - before) / error)


_QUOTIENTS = {
    "order_value": ("orders", "paid_date", "gross_amount", "#"),
    "conversion": ("shop_daily", "day", "buyers", "visitors"),
    "orders_per_buyer": ("shop_daily", "day", "orders", "buyers"),
}


def daily_step(pair: Pair, factor: str, day: date) -> float | None:
    """`level_shift` of a factor of the shop at a known day, over both windows; None where its table does not tell."""
    relation, column, above, below = _QUOTIENTS[factor]
    if not pair.reader.has(relation):
        return None
    t = pair.reader.relation(relation)
    t = t.filter(in_window(t[column], pair.both))
    down = t.count() if below == "#" else t[below].sum()
    rows = pair.reader.run(t.group_by(day_=t[column]).aggregate(a_=t[above].sum(), b_=down))
    series = sorted((row["day_"], float(row["a_"]) / float(row["b_"])) for row in rows if row["a_"] and row["b_"])
    at = sum(when < day for when, _ in series)
    return level_shift([value for _, value in series], at)


def rate_turn(pair: Pair, source: RateSource, key: str) -> Turn | None:
    """The strongest break of the entity's daily rate over both windows, `reach` days before them and any between; None without enough
    days or events."""
    days = _daily(pair, source)
    mine, rest = days.get(key), days[""]
    if mine is None:
        return None
    span = _span(pair, source)
    usable = [d for d in each(span) if d in mine and mine[d][1] > 0 and rest[d][0] > mine[d][0]]
    if len(usable) < 2 * _EDGE + 2:
        return None
    own = np.array([mine[d] for d in usable])
    others = np.array([rest[d] for d in usable]) - own
    expected = own[:, 1] * others[:, 0] / np.maximum(others[:, 1], 1)
    if not source.below:
        expected = others[:, 0] * own[:, 0].sum() / others[:, 0].sum()
    return _break(own[:, 0], expected, usable, pair.now.start - timedelta(days=_EARLY), source.least)


def _break(
    seen: NDArray[np.float64], expected: NDArray[np.float64], days: Sequence[date], earliest: date, least: float = 30.0
) -> Turn | None:
    """Ratio of seen to expected counts before and after each day; spread from the days themselves (never under Poisson's)."""
    best: Turn | None = None
    for at in range(_EDGE, len(days) - _EDGE + 1):
        parts = [(seen[:at], expected[:at]), (seen[at:], expected[at:])]
        if days[at] < earliest or any(e.sum() < least for _, e in parts):
            continue
        rates = [max(float(s.sum()), 0.5) / float(e.sum()) for s, e in parts]
        spread = [
            max(1.0, float(((s - r * e) ** 2 / np.maximum(r * e, 0.5)).sum()) / max(len(s) - 1, 1))
            for (s, e), r in zip(parts, rates, strict=True)
        ]
        variance = sum(w / max(float(s.sum()), 0.5) for (s, _), w in zip(parts, spread, strict=True))
        z = float((np.log(rates[1]) - np.log(rates[0])) / np.sqrt(variance))
        if best is None or abs(z) > abs(best.z):
            best = Turn(days[at], round(z, 2), float(seen[at:].sum()) - rates[0] * float(expected[at:].sum()))
    return best


def _span(pair: Pair, source: RateSource) -> Window:
    start = min(w.start for w in pair.both) - timedelta(days=source.reach)
    return Window(start=start, end=max(w.end for w in pair.both))


def _daily(pair: Pair, source: RateSource) -> dict[str, dict[date, tuple[float, float]]]:
    """(above, below) by entity and day, and of all together under "". One query per rate, remembered by the reader."""
    remembered = ("turns", source.relation, source.above, pair.both)
    if remembered not in pair.reader.memo:
        t = pair.reader.relation(source.relation)
        t = t.filter(in_window(t[source.day], (_span(pair, source),)), t[source.key].notnull())
        above = (t[source.above[:-1]] > 0).ifelse(1, 0).sum() if source.above.endswith("?") else t[source.above].sum()
        below = t.count() if source.below == "#" else t[source.below or source.above].sum()
        rows = pair.reader.run(t.group_by(key_=t[source.key], day_=t[source.day]).aggregate(a_=above, b_=below))
        found: dict[str, dict[date, tuple[float, float]]] = {"": {}}
        for row in rows:
            counts = float(row["a_"] or 0), float(row["b_"] or 0)
            found.setdefault(row["key_"], {})[row["day_"]] = counts
            whole = found[""].get(row["day_"], (0.0, 0.0))
            found[""][row["day_"]] = whole[0] + counts[0], whole[1] + counts[1]
        pair.reader.memo[remembered] = found
    remembered_days: dict[str, dict[date, tuple[float, float]]] = pair.reader.memo[remembered]
    return remembered_days


def rate_event(turn: Turn, source: RateSource, key: str, name: str) -> Event:
    """The turn as a dated event of the entity."""
    words = day_text(turn.day)
    zh, en = ("走低", "went down") if turn.z < 0 else ("走高", "went up")
    label = Text(
        f"“{name}”的{source.name.zh}{words.zh}起明显{zh}", f'{source.name.en} of "{name}" {en} from {words.en}'
    )
    return Event("turning_point", label, turn.day, None, key, (name,), turned=source.turned)
