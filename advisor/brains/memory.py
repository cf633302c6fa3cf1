"""What the merchant told, as a brain may know it: figures and words, what was asked before, and whether this person may tell more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Memory", "Note", "Told"]


@dataclass(frozen=True)
class Told:
    """A figure as stated; `unit` is "ratio" or a currency."""

    key: str
    value: Decimal
    unit: str


@dataclass(frozen=True)
class Note:
    """Words as said: stage, constraint, tone, decision or note."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True)
class Memory:
    """`asked` and `declined` hold keys of figures: a question is put once, and never again when it was declined."""

    figures: tuple[Told, ...] = ()
    notes: tuple[Note, ...] = ()
    asked: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    writable: bool = True  # False for staff: they cannot speak for a merchant

    def figure(self, key: str) -> Told | None:
        return next((one for one in self.figures if one.key == key), None)

    def of_kind(self, *kinds: str) -> Iterable[Note]:
        return (note for note in self.notes if note.kind in kinds)

    def may_ask(self, key: str) -> bool:
        """Whether it is worth asking: unknown, not asked before, and this person can tell."""
        return self.writable and self.figure(key) is None and key not in self.asked | self.declined
