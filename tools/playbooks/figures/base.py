"""Shared pieces of the figures that size a playbook: what they may read and how a figure is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tools.base import ShopHandle
from tools.facts import Window
from tools.playbooks.views import Figure
from tools.text import Text

__all__ = ["Frame", "Group", "Produced", "days_before", "divide", "figure", "money", "paid_orders", "rows"]


@dataclass(frozen=True)
class Frame:
    """What the figures are computed for. `previous` is the window before. `focus` names entities the explanation points at:
    cut id (traffic_source, product, live_host, ad_plan) to the entity's key."""

    shop: ShopHandle
    window: Window
    previous: Window
    today: date
    focus: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Produced:
    """Figures and names of one group; a group that lacks its tables produces nothing."""

    figures: dict[str, Figure] = field(default_factory=dict)
    names: dict[str, Text] = field(default_factory=dict)

    def name(self, key: str, word: str) -> str:
        """Remember a name of the shop's own (a product, a plan); it reads the same in both languages."""
        self.names[key] = Text(word, word)
        return word

    def add(self, found: Figure | None) -> None:
        if found is not None:
            self.figures[found.id] = found


Group = Callable[[Frame], Produced]


def figure(
    name: str,
    value: Decimal | int | None,
    unit: str,
    *,
    label: tuple[str, str],
    formula: tuple[str, str],
    source: str,
    **more: Any,
) -> Figure | None:
    """A figure, or None when its value is not known."""
    if value is None:
        return None
    return Figure(name, Decimal(value), unit, Text(*label), Text(*formula), source, **more)


def divide(above: Decimal | int, below: Decimal | int, places: int = 6) -> Decimal | None:
    """A quotient rounded to `places`; None for a zero divisor."""
    if not below:
        return None
    return (Decimal(above) / Decimal(below)).quantize(Decimal(1).scaleb(-places))


def money(cents: int) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)


def days_before(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() - days)


def paid_orders(shop: ShopHandle) -> Any:
    """Paid orders that are goods (no postage, price-difference or top-up orders), as an Ibis table."""
    table = shop.table("orders")
    return table.filter(table.paid_date.notnull() & (table.gross_amount > 0) & ~table.is_service.fill_null(False))


def rows(expression: Any) -> Iterable[Mapping[str, Any]]:
    """The rows of a small result."""
    found: list[Mapping[str, Any]] = expression.to_pyarrow().to_pylist()
    return found
