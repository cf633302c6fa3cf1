"""Integer coefficients of a rundown: pieces in thousandths and money in fen, made once for the solver, the greedy and the resampling.

An airing of item i in round r is expected to sell rate_i x people per minute(r) x talk_i / 1000 pieces, never more than its limit. Its
gain is those pieces times the margin; gains of one item stop where its stock ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from statistics import median_low
from typing import NamedTuple

from tools.livestream.brief import Role
from tools.livestream.products_types import Audience, Candidate, Rules

__all__ = ["Airing", "Part", "Values", "band", "covered", "eligible", "share_misses"]

_MILLI = Decimal(1000)


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


class Part(NamedTuple):
    """A stretch of a round between reserved minutes: the only places goods are on air. `end` is exclusive."""

    round: int
    start: int
    end: int


class Airing(NamedTuple):
    """One item on air: the part it is in, the minute it starts and its place among the candidates."""

    part: int
    start: int
    item: int


@dataclass(frozen=True)
class Values:
    """Coefficients of `items` over the rounds of a session of `audience`."""

    items: tuple[Candidate, ...]
    audience: Audience
    rules: Rules

    @property
    def minutes(self) -> int:
        return self.audience.minutes

    @property
    def rounds(self) -> int:
        return len(self.audience.people)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Rounds cut at the reserved minutes."""
        held = () if "events" in self.rules.off else self.rules.reserved
        busy = {m for r in held for m in range(r.start, r.start + r.minutes)}
        found: list[Part] = []
        for r in range(self.rounds):
            first = self.audience.step * r
            free = [m for m in range(first, first + self.audience.length(r)) if m not in busy]
            begins = [m for m in free if m - 1 not in free]
            ends = [m + 1 for m in free if m + 1 not in free]
            found += [Part(r, a, b) for a, b in zip(begins, ends, strict=True)]
        return tuple(found)

    @cached_property
    def length(self) -> tuple[int, ...]:
        """Minutes from one start to the next."""
        return tuple(item.talk + self.rules.change for item in self.items)

    @cached_property
    def milli(self) -> tuple[tuple[int, ...], ...]:
        """Thousandths of a piece expected, per item and round."""
        flow = [self.audience.per_minute(r) for r in range(self.rounds)]

        def pieces(item: Candidate, people: Decimal) -> int:
            found = _whole(item.rate * people * item.talk)
            return found if item.limit is None else min(found, item.limit * 1000)

        return tuple(tuple(pieces(item, people) for people in flow) for item in self.items)

    @cached_property
    def fen(self) -> tuple[tuple[int, ...], ...]:
        """Gain of an airing before stock, per item and round."""
        return tuple(
            tuple(_whole(item.margin * 100 * units / _MILLI) for units in row)
            for item, row in zip(self.items, self.milli, strict=True)
        )

    @cached_property
    def cap(self) -> tuple[int | None, ...]:
        """Most an item can earn with its stock; None without a known stock or for an item that loses."""
        return tuple(None if i.stock is None or i.margin <= 0 else _whole(i.margin * 100 * i.stock) for i in self.items)

    @cached_property
    def share_cost(self) -> int:
        """What an item too many or too few of a role costs in the objective: the middle gain of one airing, stock aside."""
        gains = [abs(row[len(row) // 2]) for row in self.fen]
        return max(1, median_low(gains)) if gains else 1

    @cached_property
    def closing(self) -> tuple[tuple[int, ...], ...]:
        """For each trough the parts of the round before it, from the one a hook must close on; what comes after stays free of goods."""
        hooks = [self.length[i] for i, item in enumerate(self.items) if item.role == "hook"]
        if "hooks" in self.rules.off or not hooks:
            return ()
        found = []
        for low in self.audience.troughs:
            mine = [p for p, part in enumerate(self.parts) if part.round == low - 1]
            fits = [p for p in mine if self.parts[p].end - self.parts[p].start >= min(hooks)]
            if mine:
                found.append(tuple(p for p in mine if not fits or p >= fits[-1]))
        return tuple(found)

    def taken(self, airings: Iterable[Airing]) -> dict[int, int]:
        """Thousandths of pieces wanted per item."""
        found: dict[int, int] = {}
        for one in airings:
            found[one.item] = found.get(one.item, 0) + self.milli[one.item][self.parts[one.part].round]
        return found

    def gain(self, airings: Iterable[Airing]) -> int:
        """Fen the airings bring, stock counted."""
        sums: dict[int, int] = {}
        for one in airings:
            sums[one.item] = sums.get(one.item, 0) + self.fen[one.item][self.parts[one.part].round]
        caps = self.cap
        return sum(total if (cap := caps[i]) is None else min(total, cap) for i, total in sums.items())

    def objective(self, airings: Sequence[Airing]) -> int:
        """Gain less the price of shares missed, where they are soft."""
        if self.rules.hard_shares or "shares" in self.rules.off:
            return self.gain(airings)
        return self.gain(airings) - self.share_cost * share_misses(self, {one.item for one in airings})


def eligible(item: Candidate, rules: Rules) -> str:
    """The rule that keeps an item out by itself ("" when none does): sold out, under its floor price, or under the margin floor."""
    if item.stock == 0 and "stock" not in rules.off:
        return "stock"
    if item.floor is not None and item.price < item.floor and "floor" not in rules.off:
        return "floor"
    if item.role != "hook" and item.share < rules.margin_floor and "margin" not in rules.off:
        return "margin"
    return ""


def covered(item: Candidate, rules: Rules) -> int | None:
    """Thousandths of pieces the stock stands for with the safety put by: stock / (1 + z * spread). None: stock unknown."""
    return None if item.stock is None else int(item.stock * _MILLI / (1 + rules.safety * item.spread))


def band(rules: Rules, role: Role, n: int) -> tuple[int, int]:
    """Fewest and most items of a role among `n`, the band rounded outwards to whole items."""
    low, high = rules.shares[role]
    return low * n // 100, -(-high * n // 100)


def share_misses(values: Values, chosen: Iterable[int]) -> int:
    """Items by which the roles of the chosen stay outside their bands; a role no candidate has is not asked for."""
    roles = [values.items[i].role for i in chosen]
    offered = {item.role for item in values.items}
    missed = 0
    for role in values.rules.shares:
        if role in offered:
            low, high = band(values.rules, role, len(roles))
            missed += max(0, low - roles.count(role)) + max(0, roles.count(role) - high)
    return missed
