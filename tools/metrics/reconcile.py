"""Shop report against order files, day by day: the gap split into causes that the data bear out to the cent, and a rest.

A cause is claimed only on evidence. A *definition* (zone, refunds netted, services or cancelled orders left out, presales by
deposit day) must hold on the days it touches; a *move* across midnight must equal what was paid in those minutes; presale
balances must cancel out over their campaign; rejected rows must account for the orders missing. What is left is unexplained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tools.facts import Window
from tools.metrics.reconcile_books import Books, Cents, Counts
from tools.metrics.reconcile_local import midnight_moves, presale_moves, rejected_rows

__all__ = ["FINDING", "PARTS", "ReconciledDay", "Reconciliation", "split_gap"]

FINDING = Decimal("0.01")  # a gap above one per cent of the report
PARTS = (
    "report_missing", "orders_missing", "zone", "refunds", "service", "cancelled", "presale", "midnight", "rejected", "unexplained",
)  # fmt: skip
_LAGS = (0, *(sign * hours for hours in range(1, 24) for sign in (1, -1)))
_REFUNDS = ("refund", "refund_events", "reported_refund")
_NEARLY, _ENOUGH = 0.10, 5  # without a hit to the cent: at most a tenth of the gap left, over at least five days

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ReconciledDay:
    """One day. `ours` or `theirs` is None where that side has no row; `parts` sum to the gap (ours less theirs)."""

    day: date
    ours: Decimal | None
    theirs: Decimal | None
    parts: Mapping[str, Decimal]
    counts: Counts

    @property
    def gap(self) -> Decimal:
        return (self.ours or Decimal(0)) - (self.theirs or Decimal(0))

    @property
    def rate(self) -> Decimal | None:
        """The gap as a share of the report; None without a report figure."""
        return self.gap / self.theirs if self.theirs else None

    @property
    def off(self) -> bool:
        """More than one per cent away, or there on one side only."""
        return bool(self.gap) and (self.rate is None or abs(self.rate) > FINDING)


@dataclass(frozen=True)
class Definition:
    """How the report counts where it differs: order times `lag` hours later, and what is netted or left out."""

    lag: int = 0
    refunds: tuple[str, int] | None = None  # which refunds, and +1 when the report is net of them, -1 when ours is
    service: bool = False
    closed: bool = False
    presale: bool = False

    @property
    def causes(self) -> tuple[str, ...]:
        named = {
            "zone": self.lag,
            "refunds": self.refunds,
            "service": self.service,
            "cancelled": self.closed,
            "presale": self.presale,
        }
        return tuple(name for name, value in named.items() if value)


@dataclass(frozen=True)
class Reconciliation:
    """All days of a window. Sums are over days; buyers of a day are distinct, their sum over days is not."""

    window: Window
    days: tuple[ReconciledDay, ...]
    definition: Definition
    hours: tuple[int, int]  # least and most hours of lag that tell the same; (0, 0) without one
    rejected: int
    timed: bool
    presales: bool  # presale orders with their deposit on another day are in the window

    @property
    def ours(self) -> Decimal:
        return sum((day.ours or Decimal(0) for day in self.days), Decimal(0))

    @property
    def theirs(self) -> Decimal:
        return sum((day.theirs or Decimal(0) for day in self.days), Decimal(0))

    @property
    def gap(self) -> Decimal:
        return self.ours - self.theirs

    @property
    def rate(self) -> Decimal | None:
        return self.gap / self.theirs if self.theirs else None

    @property
    def finding(self) -> bool:
        return bool(self.gap) and (self.rate is None or abs(self.rate) > FINDING)

    @property
    def parts(self) -> dict[str, Decimal]:
        """The causes of the whole window with a figure other than zero on any day, in a fixed order."""
        named = {name for day in self.days for name, value in day.parts.items() if value}
        zero = Decimal(0)
        return {name: sum((day.parts.get(name, zero) for day in self.days), zero) for name in PARTS if name in named}

    def worst(self, most: int = 5) -> list[ReconciledDay]:
        """The days that are off, widest gap first."""
        return sorted((day for day in self.days if day.off), key=lambda day: (-abs(day.gap), day.day))[:most]


def split_gap(books: Books, window: Window | None = None) -> Reconciliation:
    """Split the gap of every day. Evidence is weighed over all of `books`; `window` only chooses the days to tell."""
    definition, parts = _split(books)
    shown = window or books.window
    days = []
    for index, day in enumerate(books.days):
        if shown.start <= day <= shown.end:
            mine = {name: _money(values[index]) for name, values in parts.items() if values[index]}
            ours = _money(books.ours[index]) if books.has_ours[index] else None
            theirs = _money(books.theirs[index]) if books.has_theirs[index] else None
            days.append(ReconciledDay(day, ours, theirs, mine, books.counts[index]))
    moved = books.flows["presale_in"] + books.flows["presale_out"]
    here = np.array([shown.start <= day <= shown.end for day in books.days])
    return Reconciliation(
        shown,
        tuple(days),
        definition,
        _alike(books, definition.lag),
        books.rejected,
        books.timed,
        bool((moved * here).any()),
    )


def _alike(books: Books, lag: int) -> tuple[int, int]:
    """Lags that put every payment on the same day as this one: hours in which nobody pays cannot be told apart."""
    if not lag:
        return 0, 0
    same = [
        abs(other)
        for other in _LAGS
        if other * lag > 0 and (books.moved("gross", other) == books.moved("gross", lag)).all()
    ]
    return min(same), max(same)


def _money(cents: np.int64) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)


def _split(books: Books) -> tuple[Definition, dict[str, Cents]]:
    gap, both = books.ours - books.theirs, books.comparable
    definition = _definition(books)
    effects = {name: np.where(both, values, 0) for name, values in _effects(books, definition).items()}
    parts: dict[str, Cents] = {
        "report_missing": np.where(books.has_ours & ~books.has_theirs, gap, 0),
        "orders_missing": np.where(books.has_theirs & ~books.has_ours, gap, 0),
        **effects,
    }
    rest = gap - sum(parts.values())
    presale = presale_moves(books, rest)
    rest = rest - presale
    parts["presale"] = parts.get("presale", np.zeros_like(gap)) + presale
    if not definition.lag:  # with a shifted clock the minutes around midnight are not where they seem
        parts["midnight"] = midnight_moves(books, rest)
        rest = rest - parts["midnight"]
    parts["rejected"] = rejected_rows(books, rest)
    parts["unexplained"] = rest - parts["rejected"]
    return definition, parts


def _effects(books: Books, definition: Definition) -> dict[str, Cents]:
    """What each part of a definition takes off our figure, by day."""
    lag = definition.lag
    found: dict[str, Cents] = {}
    if lag:
        found["zone"] = books.ours - books.moved("gross", lag)
    if definition.refunds:
        basis, sign = definition.refunds
        found["refunds"] = sign * _refund(books, basis, lag)
    if definition.service:
        found["service"] = books.moved("service", lag)
    if definition.closed:
        found["cancelled"] = books.moved("closed", lag)
    if definition.presale:
        found["presale"] = books.flows["presale_out"] - books.flows["presale_in"]
    return found


def _refund(books: Books, basis: str, lag: int) -> Cents:
    return books.moved("refund", lag) if basis == "refund" else books.flows[basis]


def _definition(books: Books) -> Definition:
    """The definition that closes most days to the cent, then leaves least, of those whose every part is borne out by its days."""
    if not books.comparable.any():
        return Definition()
    ranked = sorted(_candidates(books), key=lambda definition: _score(books, definition))
    return next(one for one in ranked if all(_borne_out(books, one, cause) for cause in one.causes))


def _candidates(books: Books) -> Iterator[Definition]:
    refunds: list[tuple[str, int] | None] = [None]
    for basis in _REFUNDS:
        amounts = books.hourly["refund"] if basis == "refund" else books.flows.get(basis)
        if amounts is not None and amounts.any():
            refunds += [(basis, 1), (basis, -1)]
    service = (False, True) if books.hourly["service"].any() or books.untimed["service"].any() else (False,)
    closed = (False, True) if books.hourly["closed"].any() or books.untimed["closed"].any() else (False,)
    presale = (False, True) if books.flows["presale_out"].any() else (False,)
    lags = _LAGS if books.timed else (0,)
    for lag, netted, left_out, cancelled, deposit in product(lags, refunds, service, closed, presale):
        if not (cancelled and netted):  # a cancelled order was refunded: netting its refund leaves it out already
            yield Definition(lag, netted, left_out, cancelled, deposit)


def _rest(books: Books, definition: Definition) -> Cents:
    rest = books.ours - books.theirs
    for values in _effects(books, definition).values():
        rest = rest - values
    return rest


def _judged(books: Books, definition: Definition) -> Bools:
    """Days that tell anything: on both sides, and with a shifted clock also with both neighbours in the order file."""
    both = books.comparable
    if not definition.lag:
        return both
    there = np.concatenate([[False], books.has_ours, [False]])
    return np.asarray(both & there[:-2] & there[2:])


def _score(books: Books, definition: Definition) -> tuple[int, int, int, int]:
    rest, judged = _rest(books, definition), books.comparable
    return (
        -int(((rest == 0) & judged).sum()),
        int(np.abs(rest[judged]).sum()),
        len(definition.causes),
        abs(definition.lag),
    )


def _borne_out(books: Books, definition: Definition, cause: str) -> bool:
    """Whether the days this cause touches speak for it: most close to the cent, or five and more come nearly to nothing."""
    effect = _effects(books, definition)[cause]
    judged = _judged(books, definition)
    touched = judged & (effect != 0)
    if not touched.any() or not _counts_agree(books, definition, cause, touched):
        return False
    rest = _rest(books, definition)
    with_it, without = np.abs(rest[touched]), np.abs(rest[touched] + effect[touched])
    closed = int((with_it == 0).sum())
    if closed > int((without == 0).sum()) and 2 * closed >= int(touched.sum()):
        return True
    return int(touched.sum()) >= _ENOUGH and int(with_it.sum()) <= _NEARLY * int(without.sum())


def _counts_agree(books: Books, definition: Definition, cause: str, touched: Bools) -> bool:
    """Orders the report leaves out are missing from its order count too, on at least half of the days where it tells one."""
    behind = books.touched.get({"service": "service", "cancelled": "closed"}.get(cause, ""))
    if behind is None or definition.lag:
        return True
    left_out = [
        books.touched[name] for name, on in (("service", definition.service), ("closed", definition.closed)) if on
    ]
    expected = np.sum(left_out, axis=0)
    told = [
        counts.ours - counts.theirs == expected[index]
        for index, counts in enumerate(books.counts)
        if touched[index] and counts.ours is not None and counts.theirs is not None
    ]
    return 2 * sum(map(bool, told)) >= len(told)
