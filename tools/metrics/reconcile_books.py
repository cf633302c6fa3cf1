"""Both sides of a reconciliation by day, read in a handful of aggregate queries: the order files' and the platform's report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.spans import each

__all__ = ["EDGE_MINUTES", "Books", "Cents", "Counts", "overlap_of", "read_books"]

Cents = NDArray[np.int64]  # money by day, in cents: parts must sum to the gap exactly
EDGE_MINUTES = 120  # how far from midnight a payment can be for the two sides to count it on neighbouring days
_HOURLY = ("gross", "refund", "service", "closed")
_CLOSED = ("closed", "refunded")
_TIMED = 0.5  # below this share of orders with a clock time nothing can be said about hours

# Running totals of the first (True) or last (False) two hours of a day, minute by minute away from midnight.
Edges = Callable[[Iterable[tuple[date, bool]]], Mapping[tuple[date, bool], Cents]]


@dataclass(frozen=True)
class Counts:
    """Orders and distinct buyers of a day on both sides; None where a side does not say."""

    ours: int | None = None
    theirs: int | None = None
    our_buyers: int | None = None
    their_buyers: int | None = None


@dataclass(frozen=True)
class Books:
    """`window` is one row of every array. `hourly` has a day of margin on both ends, so that hours can move across it.

    `untimed`: what was paid on a day without a clock time, which no shift of hours moves.
    `flows`: money by day that a definition may count elsewhere: refunds by event, the report's own refunds, presales in and out.
    """

    window: Window
    ours: Cents
    theirs: Cents
    has_ours: NDArray[np.bool_]
    has_theirs: NDArray[np.bool_]
    hourly: Mapping[str, Cents]
    untimed: Mapping[str, Cents]
    flows: Mapping[str, Cents]
    counts: Sequence[Counts]
    touched: Mapping[str, Cents]  # orders behind `service` and `closed`, by day
    timed: bool
    edges: Edges = field(default=lambda _days: {})
    rejected: int = 0  # rows the order files were refused for

    @property
    def comparable(self) -> NDArray[np.bool_]:
        return np.asarray(self.has_ours & self.has_theirs)

    @property
    def days(self) -> list[date]:
        return each(self.window)

    def moved(self, name: str, lag: int) -> Cents:
        """The daily totals of `name` when every clock time is `lag` hours later."""
        grid = self.hourly[name]
        size = self.window.days * 24
        start = 24 - lag
        return np.asarray(grid[start : start + size].reshape(-1, 24).sum(axis=1) + self.untimed[name])


def overlap_of(reader: Reader) -> Window | None:
    """The days both sides cover, or None."""
    ours, theirs = reader.coverage("orders"), reader.coverage("shop_daily")
    if ours is None or theirs is None:
        return None
    start, end = max(ours[0], theirs[0]), min(ours[1], theirs[1])
    return Window(start=start, end=end) if start <= end else None


def read_books(reader: Reader, window: Window, *, rejected: int = 0) -> Books:
    """Read both sides over the window. Six queries at most, whatever the size of the shop."""
    days = window.days
    daily = _rows(reader, _daily(reader, window), "day", window)
    report = _rows(reader, _report(reader, window), "day", window)
    hourly, timed = _hours(reader, window)
    total = {name: _column(daily, name) for name in _HOURLY}
    inner = {name: hourly[name][24:-24].reshape(days, 24).sum(axis=1) for name in _HOURLY}
    return Books(
        window=window,
        ours=total["gross"],
        theirs=_column(report, "paid"),
        has_ours=np.array([row.get("n", 0) > 0 for row in daily]),
        has_theirs=np.array([row.get("paid") is not None for row in report]),
        hourly=hourly,
        untimed={name: total[name] - inner[name] for name in _HOURLY},
        flows=_flows(reader, window, report),
        counts=[_counts(*rows) for rows in zip(daily, report, strict=True)],
        touched={name: _column(daily, f"{name}_n") for name in ("service", "closed")},
        timed=timed,
        edges=lambda wanted: _edges(reader, wanted),
        rejected=rejected,
    )


def _cents(money: Any) -> Any:
    return (money.sum() * 100).cast("int64")


def _sums(t: Any) -> dict[str, Any]:
    service, closed = t.is_service.fill_null(False), t.status.isin(_CLOSED)
    return {
        "gross": _cents(t.gross_amount),
        "refund": _cents(t.refund_amount),
        "service": _cents(service.ifelse(t.gross_amount, 0)),
        "closed": _cents(closed.ifelse(t.gross_amount, 0)),
        "service_n": service.sum(),
        "closed_n": closed.sum(),
    }


def _daily(reader: Reader, window: Window) -> Any:
    t = reader.relation("orders").filter(lambda o: o.paid_date.between(window.start, window.end))
    known = t.buyer_key.nullif("")
    return t.group_by(day=t.paid_date).aggregate(
        n=t.count(), buyers=known.nunique(), unknown=known.isnull().sum(), **_sums(t)
    )


def _report(reader: Reader, window: Window) -> Any:
    t = reader.table("shop_daily").filter(lambda r: r.day.between(window.start, window.end))
    paid, refund = ((t[name] * 100).cast("int64") for name in ("paid_amount", "refund_amount"))
    return t.select(day=t.day, paid=paid, refund=refund, orders=t.orders, buyers=t.buyers)


def _rows(reader: Reader, expression: Any, day: str, window: Window) -> list[dict[str, Any]]:
    """One dictionary per day of the window; {} where there is no row."""
    found = {row[day]: row for row in reader.run(expression)}
    return [found.get(day, {}) for day in each(window)]


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Cents:
    return np.array([int(row.get(name) or 0) for row in rows], dtype=np.int64)


def _hours(reader: Reader, window: Window) -> tuple[dict[str, Cents], bool]:
    """Money by pay hour, one day of margin on both ends, and whether clock times are there to be used."""
    one = timedelta(days=1)
    first = window.start - one
    t = reader.relation("orders").filter(lambda o: o.paid_date.between(first, window.end + one) & o.paid_at.notnull())
    clock = (t.paid_at.hour() * 3600 + t.paid_at.minute() * 60 + t.paid_at.second()) > 0
    rows = reader.run(
        t.group_by(day=t.paid_date, hour=t.paid_at.hour()).aggregate(n=t.count(), clocked=clock.sum(), **_sums(t))
    )
    grids = {name: np.zeros((window.days + 2) * 24, dtype=np.int64) for name in _HOURLY}
    for row in rows:
        where = (row["day"] - first).days * 24 + row["hour"]
        for name in _HOURLY:
            grids[name][where] += int(row[name] or 0)
    total = sum(row["n"] for row in rows)
    return grids, bool(total) and sum(row["clocked"] for row in rows) > _TIMED * total


def _flows(reader: Reader, window: Window, report: Sequence[Mapping[str, Any]]) -> dict[str, Cents]:
    found = {"reported_refund": _column(report, "refund")}
    if reader.has("refunds"):
        r = reader.relation("refunds").filter(lambda t: t.refunded_date.between(window.start, window.end))
        rows = _rows(reader, r.group_by(day=r.refunded_date).aggregate(sum=_cents(r.amount)), "day", window)
        found["refund_events"] = _column(rows, "sum")
    late = reader.relation("orders").filter(
        lambda o: o.is_presale.fill_null(False) & o.created_date.notnull() & (o.created_date != o.paid_date)
    )
    for name, column in (("presale_out", "paid_date"), ("presale_in", "created_date")):
        t = late.filter(late[column].between(window.start, window.end))
        rows = _rows(reader, t.group_by(day=t[column]).aggregate(sum=_cents(t.gross_amount)), "day", window)
        found[name] = _column(rows, "sum")
    return found


def _counts(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Counts:
    # a day with orders of unknown buyers has no buyer count to compare
    buyers = ours.get("buyers") if ours and not ours["unknown"] else None
    return Counts(ours.get("n"), theirs.get("orders"), buyers, theirs.get("buyers"))


def _edges(reader: Reader, wanted: Iterable[tuple[date, bool]]) -> dict[tuple[date, bool], Cents]:
    """Running totals from midnight inwards, minute by minute, of the wanted ends of days."""
    ends = sorted(set(wanted))
    if not ends:
        return {}
    t = reader.relation("orders").filter(lambda o: o.paid_date.isin({day for day, _ in ends}) & o.paid_at.notnull())
    minute = t.paid_at.hour() * 60 + t.paid_at.minute()
    t = t.mutate(minute=minute).filter(lambda o: (o.minute < EDGE_MINUTES) | (o.minute >= 1440 - EDGE_MINUTES))
    rows = reader.run(t.group_by(day=t.paid_date, minute=t.minute).aggregate(sum=_cents(t.gross_amount)))
    found = {end: np.zeros(EDGE_MINUTES, dtype=np.int64) for end in ends}
    for row in rows:
        early = row["minute"] < EDGE_MINUTES
        if (end := (row["day"], early)) in found:
            found[end][row["minute"] if early else 1439 - row["minute"]] = row["sum"]
    return {end: values.cumsum() for end, values in found.items()}
