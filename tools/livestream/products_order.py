"""The order inside a rundown: given who is on in which part, is there an order that keeps every rule, and which one.

A forward search over parts that remembers only what the rest can feel: the last item, the run of its role, and when a hero last started.
Inside a part it walks over sets of items already on (their lengths give the minute), so ten items in a part cost thousands of states, not
millions of orders. It is exact: None means that no order exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tools.livestream.products_values import Airing, Values

__all__ = ["Orders"]


class _State(NamedTuple):
    last: int  # item, -1 before the first
    run: int
    hero: int  # minute a hero last started


_Path = tuple[Airing, object] | None  # airings so far, newest first


@dataclass(frozen=True)
class Orders:
    """Orders of one problem. `alike`: items of a class count as one another, so that an item following itself is no fault."""

    values: Values
    alike: bool = False

    def find(self, on: Mapping[int, Sequence[int]], first: int = 0, last: int | None = None) -> list[Airing] | None:
        """Airings in order for parts `first`..`last`; before a later `first` anything kind may have happened."""
        v = self.values
        end = len(v.parts) - 1 if last is None else last
        hero = 0 if first == 0 else v.parts[first].start - 1
        states: dict[_State, _Path] = {_State(-1, 0, hero): None}
        count = 0
        closes = {parts[0] for parts in v.closing}
        for p in range(first, end + 1):
            items = tuple(sorted(on.get(p, ())))
            after: dict[_State, _Path] = {}
            for state, path in states.items():
                for reached, longer in self._part(p, items, state, path, count, p in closes):
                    after.setdefault(reached, longer)
            count += len(items)
            states = {s: path for s, path in after.items() if self._alive(s, p, end)}
            if not states:
                return None
        return _unwind(min(states.items(), key=lambda one: one[0])[1])

    def _alive(self, state: _State, p: int, end: int) -> bool:
        """A hero can still start in time: before the next part is over its gap, or the session ends within it."""
        v = self.values
        if not self._heroes:
            return True
        if p == len(v.parts) - 1:
            return v.minutes - state.hero <= v.rules.hero_gap
        return p == end or v.parts[p + 1].start - state.hero <= v.rules.hero_gap

    @property
    def _heroes(self) -> bool:
        return "hero" not in self.values.rules.off and any(item.role == "hero" for item in self.values.items)

    def _part(
        self, p: int, items: tuple[int, ...], state: _State, path: _Path, count: int, closes: bool
    ) -> Iterator[tuple[_State, _Path]]:
        v = self.values
        full = (1 << len(items)) - 1
        layer: dict[tuple[int, _State], _Path] = {(0, state): path}
        for done in range(len(items)):
            grown: dict[tuple[int, _State], _Path] = {}
            for (mask, now), so_far in layer.items():
                minute = v.parts[p].start + sum(v.length[items[k]] for k in range(len(items)) if mask >> k & 1)
                for k, i in enumerate(items):
                    if mask >> k & 1:
                        continue
                    after = self._step(now, i, minute, count + done)
                    if after is None or (closes and mask | 1 << k == full and v.items[i].role != "hook"):
                        continue
                    grown.setdefault((mask | 1 << k, after), (Airing(p, minute, i), so_far))
            layer = grown
        for (_, now), so_far in layer.items():
            yield now, so_far

    def _step(self, now: _State, i: int, minute: int, place: int) -> _State | None:
        """The state after item `i` starts at `minute` as block number `place` + 1, None where a rule forbids it."""
        v = self.values
        item, off = v.items[i], v.rules.off
        if "pinned" not in off and any(other.pinned == place + 1 and k != i for k, other in enumerate(v.items)):
            return None
        if now.last == i and not self.alike:
            return None
        same = now.last >= 0 and v.items[now.last].role == item.role
        run = now.run + 1 if same else 1
        if "run" in off:
            run = 1
        elif run > v.rules.in_a_row:
            return None
        if item.role != "hero" or not self._heroes:
            return _State(i, run, now.hero)
        return None if minute - now.hero > v.rules.hero_gap else _State(i, run, minute)


def _unwind(path: _Path) -> list[Airing]:
    found: list[Airing] = []
    while path is not None:
        airing, path = path  # type: ignore[assignment]
        found.append(airing)
    return found[::-1]
