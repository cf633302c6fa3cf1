"""Weekly series in which a slow slide is looked for: visitors of a source, conversion of a product, and the shop's own rates.

Weeks are counted back from the last day of the window asked about. Days on which the whole shop jumps or falls silent (a
campaign's peak, a hole in the data) are left out on both sides of a rate, whatever the calendar knows of them. What
belongs to a source or a product is read against the others, so that season, campaigns and the market fall out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import ibis

from tools.metrics.drift import BLOCK, Slide, slide_of, theil_sen
from tools.metrics.pair import Pair
from tools.metrics.reader import RELATIONS

__all__ = ["PRODUCTS_READ", "Found", "product_slides", "shop_slides", "source_slides"]

Days = Mapping[date, tuple[float, float]]
PRODUCTS_READ = 10
_WEEKS = 79  # a block, the same block a year before, and the block before that
_PEAK, _SILENT = 1.6, 0.4  # of the median of the two weeks around
_AROUND = 14
_LEAST_DAYS = 3
_AGED = 14  # days after payment within which refunds are counted, so that recent weeks are as old as early ones
_AGAIN = 180  # a buyer who paid within so many days before is one who came back
_MANY_DAYS = 1_000_000  # one row a buyer and day; putting more in order takes longer than all else a diagnosis does
_ROUNDS = 3
_OWN = 0.5  # of the slope against the others must be the entity's own


@dataclass(frozen=True)
class Found:
    """A slide and what slid: `key` is the source or product, "" for the shop."""

    key: str
    what: str
    slide: Slide


def source_slides(pair: Pair) -> list[Found]:
    """Sources whose visitors slide against the other sources, surest first."""
    daily = _by_key(pair, "traffic_daily", "source", "visitors", "visitors", None)
    counts = {key: {day: (visitors, 0.0) for day, (visitors, _) in days.items()} for key, days in daily.items()}
    return _against_others(pair, counts, "visitors")


def product_slides(pair: Pair, keys: Sequence[str]) -> list[Found]:
    """Products in `keys` whose conversion slides against the other products, surest first."""
    daily = _by_key(pair, "product_daily", "product_id", "buyers", "visitors", keys)
    # a day with buyers and no visitors is a report that did not count them, not a rate
    rates = {key: {day: counts for day, counts in days.items() if counts[1] > 0} for key, days in daily.items()}
    return _against_others(pair, rates, "conversion")


def shop_slides(pair: Pair, *, net: bool) -> list[Found]:
    """Slides of the shop's own conversion, order value and returning share; with `net` also of refunds within 14 days."""
    found = []
    for what, days in _shop_series(pair, net=net):
        kept = _ordinary({day: counts[1] for day, counts in days.items()})
        logs, noise = _weekly(pair, days, kept, None)
        slide = slide_of(logs, noise)
        if slide is not None:
            found.append(Found("", what, slide))
    return found


def _against_others(pair: Pair, daily: Mapping[str, Days], what: str) -> list[Found]:
    """The surest slide first; it is then left out of "the others", or those that stood still would seem to have moved."""
    left, found = dict(daily), []
    total = _summed(daily.values())
    kept = _ordinary({day: counts[1] if what == "conversion" else counts[0] for day, counts in total.items()})
    for _ in range(_ROUNDS):
        slides = []
        for key, days in left.items():
            others = _summed(other for name, other in left.items() if name != key)
            logs, noise = _weekly(pair, days, kept, others)
            slide = slide_of(logs, noise)
            if slide is not None and _of_its_own(pair, days, kept, slide):
                slides.append(Found(key, what, slide))
        if not slides:
            break
        surest = max(slides, key=lambda item: abs(item.slide.z))
        found.append(surest)
        del left[surest.key]
    return found


def _of_its_own(pair: Pair, days: Days, kept: frozenset[date], slide: Slide) -> bool:
    """It moved itself; where it only stood still while the others moved, the others are what moved."""
    alone, _ = _weekly(pair, days, kept, None)
    slope = theil_sen(alone[-BLOCK:])
    return slope is not None and slope * math.copysign(1, slide.slope) >= _OWN * abs(slide.slope)


def _weekly(pair: Pair, days: Days, kept: frozenset[date], others: Days | None) -> tuple[list[float | None], float]:
    """Log of the rate (or of the daily mean count) by week, oldest first, and its sampling spread in a middling week."""
    sums: dict[int, list[float]] = {}
    for day in kept & set(days):
        week = (pair.now.end - day).days // 7
        rest = (1.0, 1.0) if others is None else others.get(day, (0.0, 0.0))
        parts = sums.setdefault(week, [0.0] * 5)
        for place, part in enumerate((*days[day], *rest, 1.0)):
            parts[place] += part
    logs: list[float | None] = [
        _log(sums.get(week), others is not None) for week in range(max(sums, default=-1), -1, -1)
    ]
    events = [min(parts[0], parts[2] if others is not None else parts[0]) for parts in sums.values() if parts[0] > 0]
    return logs, math.sqrt(2 / max(median(events), 1.0)) if events else 1.0


def _log(parts: Sequence[float] | None, against: bool) -> float | None:
    if parts is None or parts[4] < _LEAST_DAYS or parts[0] <= 0:
        return None
    above, below, rest, rest_below, days = parts
    own = above / below if below else above / days
    if not against:
        return math.log(own)
    if rest <= 0:
        return None
    return math.log(own / (rest / rest_below if below else rest / days))


def _ordinary(level: Mapping[date, float]) -> frozenset[date]:
    """Days that are neither a peak nor silent beside the two weeks on either side."""
    kept = []
    for day, value in level.items():
        around = [
            level[near]
            for k in range(1, _AROUND + 1)
            for near in (day - timedelta(k), day + timedelta(k))
            if near in level
        ]
        middle = median(around) if around else value
        if _SILENT * middle <= value <= _PEAK * middle:
            kept.append(day)
    return frozenset(kept)


def _summed(several: Any) -> dict[date, tuple[float, float]]:
    total: dict[date, tuple[float, float]] = {}
    for days in several:
        for day, (above, below) in days.items():
            known = total.get(day, (0.0, 0.0))
            total[day] = known[0] + above, known[1] + below
    return total


def _first(pair: Pair) -> date:
    return pair.now.end - timedelta(days=7 * _WEEKS - 1)


def _by_key(pair: Pair, relation: str, key: str, above: str, below: str, keys: Sequence[str] | None) -> dict[str, Days]:
    """(above, below) by day of every key, or of those in `keys`. {} without the table."""
    if not pair.reader.has(relation):
        return {}
    t = pair.reader.relation(relation)
    t = t.filter(t.day.between(_first(pair), pair.now.end), t[key].notnull())
    if keys is not None:
        t = t.filter(t[key].isin(list(keys)))
    rows = pair.reader.run(t.group_by(key_=t[key], day_=t.day).aggregate(a_=t[above].sum(), b_=t[below].sum()))
    found: dict[str, dict[date, tuple[float, float]]] = {}
    for row in rows:
        found.setdefault(row["key_"], {})[row["day_"]] = float(row["a_"] or 0), float(row["b_"] or 0)
    return dict(found)


def _shop_series(pair: Pair, *, net: bool) -> Iterator[tuple[str, Days]]:
    reader = pair.reader
    if reader.has("shop_daily"):
        t = reader.relation("shop_daily")
        yield "conversion", _daily(pair, t, "day", "buyers", "visitors")
    if reader.offers(RELATIONS["orders"]):
        t = reader.relation("orders")
        yield "order_value", _daily(pair, t, "paid_date", "gross_amount")
    again = _came_back(pair)
    if again:
        yield "returning_buyers", again
    if net and reader.has("refunds") and reader.offers(RELATIONS["linked_refunds"]):
        yield "refunds", _refunded(pair)


def _daily(pair: Pair, t: Any, day: str, above: str, below: str = "") -> Days:
    """Sum of one column over that of another, or over the count of rows, by day."""
    t = t.filter(t[day].between(_first(pair), pair.now.end))
    down = t[below].sum() if below else t.count()
    rows = pair.reader.run(t.group_by(day_=t[day]).aggregate(a_=t[above].sum(), b_=down))
    return {row["day_"]: (float(row["a_"]), float(row["b_"])) for row in rows if row["a_"] is not None and row["b_"]}


def _came_back(pair: Pair) -> Days:
    """Buyers of a day, and those of them who had paid before: as the platform counts them, else by the orders of a small shop."""
    reader = pair.reader
    if reader.has("shop_daily") and reader.holds("shop_daily", ("returning_buyers",)):
        return _daily(pair, reader.relation("shop_daily"), "day", "returning_buyers", "buyers")
    if not reader.offers(RELATIONS["buyer_days"]):
        return {}
    t = reader.buyer_days()
    t = t.filter(t.paid_date.between(_first(pair) - timedelta(days=_AGAIN), pair.now.end))
    if reader.run(t.aggregate(n_=t.count()))[0]["n_"] > _MANY_DAYS:
        return {}
    last = t.paid_date.lag().over(group_by=t.buyer_no, order_by=t.paid_date)
    t = t.mutate(again_=(last.notnull() & (t.paid_date - ibis.interval(days=_AGAIN) <= last)).ifelse(1, 0))
    days = _daily(pair, t, "paid_date", "again_")
    covered = reader.coverage("orders")
    first = covered[0] + timedelta(days=_AGAIN) if covered else pair.now.end
    return {day: counts for day, counts in days.items() if day >= first}  # earlier days do not know who came before


def _refunded(pair: Pair) -> Days:
    """Money paid on a day, and how much of it went back within 14 days; days younger than that or before the first refund known are left out."""
    reader = pair.reader
    paid = reader.relation("orders")
    whole = _daily(pair, paid, "paid_date", "gross_amount", "gross_amount")
    t = reader.relation("linked_refunds")
    t = t.filter(t.refunded_date <= t.paid_date + ibis.interval(days=_AGED))
    back = _daily(pair, t, "paid_date", "amount")
    covered = reader.coverage("refunds")
    if covered is None:
        return {}
    first, last = covered[0], covered[1] - timedelta(days=_AGED)
    return {day: (back.get(day, (0.0, 0.0))[0], counts[1]) for day, counts in whole.items() if first <= day <= last}
