"""The day an entity's rate shifts against the rest: conversion of a product, share of its lines refunded.

A month mixes the days before and after a page, a batch or a price changed; days do not. Day by day, the entity's rate is set
against the rate of all others (week days and campaigns fall out), each day weighs by its own count, and the best single
break is judged by the spread the days show around it. A break found by looking at every day needs a higher bar than one
looked up: `SURE` is set so, and checked on simulated shops with nothing planted (evals.benchmarks.diagnosis).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tools.metrics.drivers import Event
from tools.metrics.pair import Pair
from tools.metrics.reader import in_window
from tools.metrics.windows import day_text
from tools.text import Text

__all__ = ["CONVERSION", "REFUNDED", "SURE", "RateSource", "Turn", "rate_event", "rate_turn"]

SURE = 3.8
_EDGE = 4  # days a level needs on either side
_EARLY = 14  # a turn may lie this many days before the window asked about
_LEAST = 30.0  # of the counted events on either side


@dataclass(frozen=True)
class RateSource:
    """Where a daily rate comes from: `above` over `below`, by `key` and `day` of a relation; what it is called."""

    relation: str
    key: str
    day: str
    above: str  # "x" sums the column, "x?" counts rows where it is above nothing
    below: str  # "#" counts rows
    name: Text


CONVERSION = RateSource(
    "product_daily", "product_id", "day", "buyers", "visitors", Text("支付转化率", "conversion rate")
)
REFUNDED = RateSource("lines", "product", "paid_date", "refund_amount?", "#", Text("退款比例", "share refunded"))


@dataclass(frozen=True)
class Turn:
    """A shift of the relative rate from `day` on. `z` is signed: below zero the rate went down."""

    day: date
    z: float


def rate_turn(pair: Pair, source: RateSource, key: str) -> Turn | None:
    """The strongest break of the entity's daily rate over both windows; None without enough days or events."""
    days = _daily(pair, source)
    mine, rest = days.get(key), days[""]
    if mine is None:
        return None
    start, end = min(w.start for w in pair.both), max(w.end for w in pair.both)
    calendar = [start + timedelta(days=k) for k in range((end - start).days + 1)]
    usable = [d for d in calendar if d in mine and mine[d][1] > 0 and rest[d][0] > mine[d][0]]
    if len(usable) < 2 * _EDGE + 2:
        return None
    own = np.array([mine[d] for d in usable])
    others = np.array([rest[d] for d in usable]) - own
    expected = own[:, 1] * others[:, 0] / np.maximum(others[:, 1], 1)
    return _break(own[:, 0], expected, usable, pair.now.start - timedelta(days=_EARLY))


def _break(
    seen: NDArray[np.float64], expected: NDArray[np.float64], days: Sequence[date], earliest: date
) -> Turn | None:
    """Ratio of seen to expected counts before and after each day; spread from the days themselves (never under Poisson's)."""
    best: Turn | None = None
    for at in range(_EDGE, len(days) - _EDGE + 1):
        parts = [(seen[:at], expected[:at]), (seen[at:], expected[at:])]
        if days[at] < earliest or any(e.sum() < _LEAST for _, e in parts):
            continue
        rates = [max(float(s.sum()), 0.5) / float(e.sum()) for s, e in parts]
        spread = [
            max(1.0, float(((s - r * e) ** 2 / np.maximum(r * e, 0.5)).sum()) / max(len(s) - 1, 1))
            for (s, e), r in zip(parts, rates, strict=True)
        ]
        variance = sum(w / max(float(s.sum()), 0.5) for (s, _), w in zip(parts, spread, strict=True))
        z = float((np.log(rates[1]) - np.log(rates[0])) / np.sqrt(variance))
        if best is None or abs(z) > abs(best.z):
            best = Turn(days[at], round(z, 2))
    return best


def _daily(pair: Pair, source: RateSource) -> dict[str, dict[date, tuple[float, float]]]:
    """(above, below) by entity and day, and of all together under "". One query per rate, remembered by the reader."""
    remembered = ("turns", source.relation, source.above, pair.both)
    if remembered not in pair.reader.memo:
        t = pair.reader.relation(source.relation)
        t = t.filter(in_window(t[source.day], pair.both), t[source.key].notnull())
        above = (t[source.above[:-1]] > 0).ifelse(1, 0).sum() if source.above.endswith("?") else t[source.above].sum()
        below = t.count() if source.below == "#" else t[source.below].sum()
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
    return Event("turning_point", label, turn.day, None, key, (name,))
