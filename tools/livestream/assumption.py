"""Assumptions: every input of a livestream plan says what it is, where it came from, and how the boss may change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tools.text import Text

__all__ = ["Assumption", "Assumptions", "Basis"]


class Basis(StrEnum):
    """How far an input can be trusted, best first."""

    DATA = "data"  # computed from the shop's own imported tables
    STATED = "stated"  # the merchant said so (brief, chat, form)
    REFERENCE = "reference"  # a page on the web, shown with platform and confidence; replace with your own
    ASSUMED = "assumed"  # a neutral default that changes little; shown so that it can be changed


@dataclass(frozen=True)
class Assumption:
    """One input. `value` in `unit` (money in shop currency, ratio, minutes, items …); `source` names table and window, or the page."""

    key: str
    label: Text
    value: Decimal
    unit: str
    basis: Basis
    source: Text


@dataclass(frozen=True)
class Assumptions(Mapping[str, Assumption]):
    """All inputs behind one result, by key; shown with it, and saved with a plan."""

    items_: tuple[Assumption, ...]

    def __getitem__(self, key: str) -> Assumption:
        for item in self.items_:
            if item.key == key:
                return item
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (item.key for item in self.items_)

    def __len__(self) -> int:
        return len(self.items_)

    def value(self, key: str) -> Decimal:
        return self[key].value
