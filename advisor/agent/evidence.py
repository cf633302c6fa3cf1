"""Display marks for facts, numbered per thread and kind: [m1] metric, [c1] case, [p1] playbook, [l1] livestream, [u1] stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tools.facts import Fact

__all__ = ["EvidenceBook"]

_PREFIX = {"metric": "m", "case": "c", "playbook": "p", "livestream": "l", "stated": "u"}


class EvidenceBook:
    """Facts of a thread under their marks. The same fact keeps its mark for the whole thread."""

    def __init__(self, known: Mapping[str, Fact] | None = None) -> None:
        self._facts: dict[str, Fact] = dict(known or {})
        self._marks = {fact.id: mark for mark, fact in self._facts.items()}
        self._next: dict[str, int] = {}
        for mark in self._facts:
            self._next[mark[0]] = max(self._next.get(mark[0], 0), int(mark[1:]))
        self._new: dict[str, Fact] = {}

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self._facts

    @property
    def new(self) -> Mapping[str, Fact]:
        """What this turn added, for the store."""
        return self._new

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if fact.id in self._marks:
                continue
            prefix = _PREFIX[fact.kind]
            self._next[prefix] = self._next.get(prefix, 0) + 1
            mark = f"{prefix}{self._next[prefix]}"
            self._facts[mark] = self._new[mark] = fact
            self._marks[fact.id] = mark
