"""What is known of a shop when advice is chosen: figures, drivers of a change, names, size and gaps. Plain data, no queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from tools.facts import Window
from tools.text import Text

__all__ = ["SIZE_LIMITS", "DriverView", "Figure", "Situation", "SizeClass", "size_class"]

SizeClass = Literal["tiny", "small", "mid", "large"]
# Orders in the whole history below which a class ends. Under the first, rates of this shop are mostly noise.
SIZE_LIMITS: dict[SizeClass, int] = {"tiny": 300, "small": 5_000, "mid": 100_000}


def size_class(orders: int) -> SizeClass:
    """Size by paid orders on record."""
    return next((size for size, limit in SIZE_LIMITS.items() if orders < limit), "large")


@dataclass(frozen=True)
class Figure:
    """One figure of this shop. `history` holds the same figure in earlier windows, oldest first, without the current one.

    `unit` is a unit of `tools.text` (money as the ISO currency); `n` is the sample behind it; `stated` marks what the
    merchant said rather than what was measured.
    """

    id: str
    value: Decimal
    unit: str
    label: Text
    formula: Text
    source: str
    window: Window | None = None
    n: int | None = None
    previous: Decimal | None = None
    history: tuple[Decimal, ...] = ()
    higher_is_better: bool = True
    stated: bool = False
    metric: str = ""  # the catalogue metric it is one of, when it has its own name here
    subject: tuple[str, ...] = ()

    @property
    def history_median(self) -> Decimal | None:
        """Middle of the earlier windows; None with fewer than three of them."""
        if len(self.history) < 3:
            return None
        ordered = sorted(self.history)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2

    @property
    def history_best(self) -> Decimal | None:
        """The second best of five or more earlier windows, else the best: one lucky month is no target."""
        if len(self.history) < 3:
            return None
        ordered = sorted(self.history, reverse=self.higher_is_better)
        return ordered[1] if len(ordered) >= 5 else ordered[0]


@dataclass(frozen=True)
class DriverView:
    """A driver of the shop's change. `contribution` is signed, in shop currency; `id` is a metric, entity or event id."""

    kind: Literal["factor", "entity", "event"]
    id: str
    label: Text
    contribution: Decimal
    subject: tuple[str, ...] = ()
    factor: str = ""  # for an event: the factor it moved
    primary: bool = False  # part of the best account of the change

    @property
    def keys(self) -> frozenset[str]:
        """What a condition may name: the id, and for an event also `id:factor`."""
        return frozenset({self.id, f"{self.id}:{self.factor}"} if self.factor else {self.id})


@dataclass(frozen=True)
class Situation:
    """Everything `match` reads. `change` is the change of GMV that the drivers split, in shop currency.

    `scale` is what a driver's part is measured against: the size of the change, or a small part of GMV when it hardly moved.
    """

    window: Window
    currency: str
    today: date
    figures: Mapping[str, Figure] = field(default_factory=dict)
    drivers: tuple[DriverView, ...] = ()
    change: Decimal | None = None
    scale: Decimal = Decimal(0)
    names: Mapping[str, Text] = field(default_factory=dict)
    coverage: Mapping[str, tuple[date, date] | None] = field(default_factory=dict)
    category: str = ""
    platform: str = "tmall"

    @property
    def orders(self) -> int:
        """Paid orders on record, 0 when unknown."""
        figure = self.figures.get("orders_on_record")
        return int(figure.value) if figure else 0

    @property
    def size(self) -> SizeClass:
        return size_class(self.orders)

    def has(self, table: str) -> bool:
        """Whether the table is there; one without a day column has no coverage and is there all the same."""
        return table in self.coverage

    def days(self, table: str) -> int:
        """Days between the first and the last day of a table, both included; 0 when it is missing."""
        span = self.coverage.get(table)
        return (span[1] - span[0]).days + 1 if span else 0

    def value(self, name: str) -> Decimal | None:
        figure = self.figures.get(name)
        return figure.value if figure else None
