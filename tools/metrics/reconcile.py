"""Shop report against order files, day by day: the gap split into causes that the data bear out to the cent, and a rest.

A cause is claimed only on evidence. A *definition* (zone, refunds netted, services or cancelled orders left out, presales by
deposit day) must hold on the days it touches; a *move* across midnight must equal what was paid in those minutes; presale
balances must cancel out over their campaign; rejected rows must account for the orders missing. What is left is unexplained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from tools.facts import Window
from tools.metrics.reconcile_books import Books, Cents, Counts
from tools.metrics.reconcile_definition import Definition, alike_hours, effects_of, find_definition
from tools.metrics.reconcile_local import midnight_moves, presale_moves, rejected_rows
from tools.metrics.reconcile_note import FINDING

__all__ = ["PARTS", "ReconciledDay", "Reconciliation", "split_gap"]

PARTS = (
    "report_missing", "orders_missing", "zone", "refunds", "service", "cancelled", "presale", "midnight", "rejected", "unexplained",
)  # fmt: skip


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
    def offset(self) -> bool:
        """The gap is small only because causes of more than one per cent each cancel out."""
        return not self._wide(self.gap) and any(map(self._wide, self.parts.values()))

    @property
    def finding(self) -> bool:
        return self._wide(self.gap) or self.offset

    def _wide(self, amount: Decimal) -> bool:
        return bool(amount) and (not self.theirs or abs(amount / self.theirs) > FINDING)

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
        alike_hours(books, definition.lag),
        books.rejected,
        books.timed,
        bool((moved * here).any()),
    )


def _money(cents: np.int64) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)


def _split(books: Books) -> tuple[Definition, dict[str, Cents]]:
    gap, both = books.ours - books.theirs, books.comparable
    definition = find_definition(books)
    effects = {name: np.where(both, values, 0) for name, values in effects_of(books, definition).items()}
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
