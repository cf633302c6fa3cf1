"""Monthly first-purchase cohorts and the repurchase curve.

A purchase is a day with a paid order that is no service order. Kaplan-Meier where people have not been in view long enough.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis

from tools.facts import Window
from tools.metrics.purchases import goods
from tools.metrics.reader import Reader
from tools.metrics.stats import Interval, kaplan_meier
from tools.metrics.windows import month_of

__all__ = [
    "Cell",
    "CohortRow",
    "Curve",
    "Point",
    "cohort_rows",
    "counted_gaps",
    "greenwood",
    "repurchase_curve",
    "seconds",
    "times",
]

ZERO = Decimal(0)
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Cell:
    """What a cohort did in one calendar month."""

    buyers: int
    money: Decimal


@dataclass(frozen=True)
class CohortRow:
    """Buyers who first paid in `month`. `cells[k]` is k months later; None while that month is not over: not known, not zero."""

    month: Window
    cells: tuple[Cell | None, ...]

    @property
    def buyers(self) -> int:
        return self.cells[0].buyers if self.cells and self.cells[0] else 0

    def retention(self, k: int) -> Decimal | None:
        """Share of the cohort that paid in the k-th month after."""
        cell = self.cells[k] if k < len(self.cells) else None
        return Decimal(cell.buyers) / self.buyers if cell is not None and self.buyers else None

    def money_kept(self, k: int) -> Decimal | None:
        """Money of the k-th month after as a share of the first month's."""
        first, cell = self.cells[0] if self.cells else None, self.cells[k] if k < len(self.cells) else None
        return cell.money / first.money if first is not None and cell is not None and first.money else None


def cohort_rows(reader: Reader, months: Sequence[Window], end: date) -> list[CohortRow]:
    """One row per calendar month of first purchases, oldest first, as many columns as months. Raises DataMissing without ids.

    `months` are whole calendar months; `end` is the last day of data.
    """
    t = goods(reader, end)
    firsts = t.group_by("buyer_key").aggregate(first_day=t.paid_date.min())
    firsts = firsts.filter(firsts.first_day.between(months[0].start, months[-1].end))
    joined = t.join(firsts, "buyer_key")
    cells = joined.group_by(cohort=_month(joined.first_day), at=_month(joined.paid_date)).aggregate(
        buyers=joined.buyer_key.nunique(), money=joined.gross_amount.sum()
    )
    found = {(row["cohort"], row["at"]): Cell(row["buyers"], Decimal(row["money"])) for row in reader.run(cells)}
    rows = []
    for month in months:
        start = month.start.year * 12 + month.start.month
        whole = [start + k for k in range(len(months)) if _end_of(start + k) <= end]
        known = [found.get((start, at), Cell(0, ZERO)) for at in whole]
        rows.append(CohortRow(month, (*known, *[None] * (len(months) - len(known)))))
    return rows


def _month(day: Any) -> Any:
    return day.year() * 12 + day.month()


def _end_of(index: int) -> date:
    year, month = divmod(index - 1, 12)
    return month_of(date(year, month + 1, 1)).end


@dataclass(frozen=True)
class Point:
    """Share of first-time buyers who bought again within `days`, with a 95 % interval."""

    days: int
    share: Decimal
    interval: Interval


@dataclass(frozen=True)
class Curve:
    """Kaplan-Meier curve of the second purchase.

    `median` is the day by which half of those who come back within `horizon` have done so; `half` the day by which half of all
    have, None while fewer did.
    """

    buyers: int
    in_view: int
    horizon: int
    points: tuple[Point, ...]
    median: int | None
    half: int | None


def repurchase_curve(reader: Reader, window: Window, end: date, days: Sequence[int]) -> Curve:
    """From first to second purchase day of buyers first seen in the window, followed up to `end`."""
    longest = max(days)
    rows = counted_gaps(seconds(reader, window, end), longest)
    events, censored = times(rows)
    total = sum(events.values()) + sum(censored.values())
    points = []
    for day in sorted(days):
        share = kaplan_meier(events, censored, day) if total else None
        if share is not None:
            points.append(Point(day, share, greenwood(events, censored, day)))
    horizon = points[-1].days if points else 0
    last = points[-1].share if points else ZERO
    in_view = sum(n for at, n in (*events.items(), *censored.items()) if at >= horizon) if points else 0
    reach = _first_day(events, censored, horizon)
    return Curve(total, in_view, horizon, tuple(points), reach(last / 2) if last else None, reach(Decimal("0.5")))


def _first_day(events: Mapping[int, int], censored: Mapping[int, int], horizon: int) -> Any:
    """The first day whose share reaches a level, by bisection over the days with an event; None when none does."""
    days = sorted(day for day in events if day <= horizon)

    def reach(level: Decimal) -> int | None:
        at = bisect_left(days, level, key=lambda day: kaplan_meier(events, censored, day) or ZERO)
        return days[at] if at < len(days) else None

    return reach


def greenwood(events: Mapping[int, int], censored: Mapping[int, int], horizon: int) -> Interval:
    """95 % interval of the Kaplan-Meier share by `horizon`: Greenwood's variance on the log-log scale."""
    at_risk, stay, spread = sum(events.values()) + sum(censored.values()), 1.0, 0.0
    for time in sorted({*events, *censored}):
        if time > horizon:
            break
        d = events.get(time, 0)
        if d and at_risk > d:
            spread += d / (at_risk * (at_risk - d))
        stay *= 1 - d / at_risk if at_risk else 1.0
        at_risk -= d + censored.get(time, 0)
    if not 0 < stay < 1:
        edge = _decimal(1 - stay)
        return Interval(edge, edge)
    width = Z95 * math.sqrt(spread) / abs(math.log(stay))
    return Interval(_decimal(1 - stay ** math.exp(-width)), _decimal(1 - stay ** math.exp(width)))


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 10)))


def seconds(reader: Reader, window: Window, end: date) -> Any:
    """Per buyer first seen in the window: first_day, second_day (null when none), and until when they were in view."""
    t = goods(reader, end)
    days = t.select("buyer_key", "paid_date").distinct()
    firsts = days.group_by("buyer_key").aggregate(first_day=days.paid_date.min())
    firsts = firsts.filter(firsts.first_day.between(window.start, window.end))
    later = days.join(firsts, "buyer_key").filter(lambda j: j.paid_date > j.first_day)
    seconds = later.group_by("buyer_key").aggregate(second_day=later.paid_date.min())
    joined = firsts.left_join(seconds, "buyer_key").select("buyer_key", "first_day", "second_day")
    return joined.mutate(
        gap=joined.second_day.epoch_days() - joined.first_day.epoch_days(),
        follow=ibis.literal(end).epoch_days() - joined.first_day.epoch_days(),
    )


def counted_gaps(people: Any, longest: int, *keys: str) -> Any:
    """Counted by event day or, without an event within `longest`, by the day observation ends."""
    back = people.gap.notnull() & (people.gap <= longest)
    people = people.mutate(event=back, at=back.ifelse(people.gap, ibis.least(people.follow, longest)))
    return people.group_by(*keys, "event", "at").aggregate(people=people.count()).to_pyarrow().to_pylist()


def times(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[int, int], dict[int, int]]:
    events: dict[int, int] = {}
    censored: dict[int, int] = {}
    for row in rows:
        side = events if row["event"] else censored
        side[int(row["at"])] = side.get(int(row["at"]), 0) + int(row["people"])
    return events, censored
