"""The rundown optimiser against plain enumeration on small sessions, and its time to a proof on 60 items x 4 hours.

    python -m evals.benchmarks.live_products              # 500 random small sessions, then the timing
    python -m evals.benchmarks.live_products --small 60 --large 0

The enumeration shares no code with the solver: it writes down every order of every choice and checks each rule on the finished rundown.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import median_low
from time import perf_counter, process_time

from tools.livestream.brief import Role
from tools.livestream.products_model import solve
from tools.livestream.products_types import Audience, Candidate, Reserved, Rules
from tools.livestream.products_values import Values

__all__ = ["Brute", "large", "main", "small"]

_ROLES: tuple[Role, ...] = ("hook", "hero", "profit", "image", "bridge")
_TALK: dict[Role, int] = {"hook": 3, "bridge": 4, "hero": 6, "profit": 5, "image": 4}
On = tuple[tuple[int, int, int], ...]  # (round, start, item)


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


@dataclass
class Brute:
    """Every rundown of a small session, each checked rule by rule when it is written down."""

    items: Sequence[Candidate]
    audience: Audience
    rules: Rules
    best: int | None = None
    seen: int = 0
    _stretches: list[tuple[int, int, int]] = field(default_factory=list)

    def run(self) -> int | None:
        """The best objective in fen, None where no rundown keeps the rules."""
        step, free = self.audience.step, set(range(self.audience.minutes))
        for held in self.rules.reserved:
            free -= set(range(held.start, held.start + held.minutes))
        minutes = sorted(free)
        for m in minutes:
            last = self._stretches[-1] if self._stretches else None
            if last and last[2] == m and last[0] == m // step:
                self._stretches[-1] = (last[0], last[1], m + 1)
            else:
                self._stretches.append((m // step, m, m + 1))
        for found in self._fill(0, ()):
            self.seen += 1
            if self._keeps(found):
                value = self._worth(found)
                self.best = value if self.best is None else max(self.best, value)
        return self.best

    def _fill(self, s: int, so_far: On) -> Iterator[On]:
        if s == len(self._stretches):
            yield so_far
            return
        for more in self._rest(s, self._stretches[s][1], so_far):
            yield from self._fill(s + 1, more)

    def _rest(self, s: int, minute: int, so_far: On) -> Iterator[On]:
        yield so_far
        r, _, end = self._stretches[s]
        for i, item in enumerate(self.items):
            long = item.talk + self.rules.change
            if minute + long <= end and not any(one[2] == i and one[0] == r for one in so_far):
                yield from self._rest(s, minute + long, (*so_far, (r, minute, i)))

    def _keeps(self, on: On) -> bool:
        items, rules = self.items, self.rules
        roles: list[Role] = [items[i].role for _, _, i in on]
        k = rules.in_a_row
        if any(len(set(roles[n : n + k + 1])) == 1 for n in range(len(roles) - k)):
            return False
        if any(a[2] == b[2] for a, b in pairwise(on)):
            return False
        for i, item in enumerate(items):
            mine = [r for r, _, j in on if j == i]
            width = rules.apart[item.role]
            if any(b - a < width for a, b in pairwise(mine)) or (item.must and not mine):
                return False
            if item.pinned and (len(on) < item.pinned or on[item.pinned - 1][2] != i):
                return False
            if mine and not self._stock(item, mine):
                return False
        return self._rhythm(on) and self._bands(on, hard=rules.hard_shares) >= 0

    def _units(self, item: Candidate, r: int) -> int:
        people = self.audience.people[r] / min(self.audience.step, self.audience.minutes - r * self.audience.step)
        pieces = _whole(item.rate * people * item.talk)
        return pieces if item.limit is None else min(pieces, item.limit * 1000)

    def _stock(self, item: Candidate, mine: Sequence[int]) -> bool:
        if item.stock == 0 or (item.floor is not None and item.price < item.floor):
            return False
        if item.role != "hook" and item.margin / item.price < self.rules.margin_floor:
            return False
        if item.stock is None:
            return True
        wanted = sum(self._units(item, r) for r in mine)
        if item.margin <= 0 and wanted > item.stock * 1000:
            return False
        prime = any(r in self.audience.prime for r in mine)
        return not prime or wanted <= int(Decimal(item.stock * 1000) / (1 + self.rules.safety * item.spread))

    def _rhythm(self, on: On) -> bool:
        items, rules, step = self.items, self.rules, self.audience.step
        if any(item.role == "hero" for item in items):
            marks = [0, *(t for _, t, i in on if items[i].role == "hero"), self.audience.minutes]
            if any(b - a > rules.hero_gap for a, b in pairwise(marks)):
                return False
        hooks = [item.talk + rules.change for item in items if item.role == "hook"]
        if not hooks:
            return True
        if not any(items[i].role == "hook" and r * step < rules.hook_within for r, _, i in on):
            return False
        for low in self.audience.troughs:
            fits = [s for s in self._stretches if s[0] == low - 1 and s[2] - s[1] >= min(hooks)]
            before = [one for one in on if one[0] == low - 1]
            if not fits and any(s[0] == low - 1 for s in self._stretches):
                return False
            if fits and (
                not before or items[before[-1][2]].role != "hook" or not fits[-1][1] <= before[-1][1] < fits[-1][2]
            ):
                return False
        return True

    def _bands(self, on: On, *, hard: bool) -> int:
        """Items outside the bands; -1 where bands are hard and missed."""
        chosen = [self.items[i].role for i in {one[2] for one in on}]
        missed = 0
        for role, (low, high) in self.rules.shares.items():
            if any(item.role == role for item in self.items):
                n, least, most = chosen.count(role), low * len(chosen) // 100, -(-high * len(chosen) // 100)
                missed += max(least - n, n - most, 0)
        return -1 if hard and missed else missed

    def _worth(self, on: On) -> int:
        total = 0
        for i, item in enumerate(self.items):
            gain = sum(_whole(item.margin * 100 * self._units(item, r) / 1000) for r, _, j in on if j == i)
            most = None if item.stock is None or item.margin <= 0 else _whole(item.margin * 100 * item.stock)
            total += gain if most is None else min(gain, most)
        if self.rules.hard_shares:
            return total
        rounds = len(self.audience.people)
        middle = [abs(_whole(i.margin * 100 * self._units(i, rounds // 2) / 1000)) for i in self.items]
        return total - max(1, median_low(middle)) * self._bands(on, hard=False)


def small(seed: int, most: int = 8) -> tuple[tuple[Candidate, ...], Audience, Rules]:
    """A random session small enough to write down every rundown of it: up to 8 items, two to four short rounds."""
    rng = random.Random(seed)
    n = rng.randint(2, most)
    rounds, step = (2, rng.randint(11, 15)) if n > 5 else (rng.randint(2, 3), rng.randint(10, 14))
    shortest = 3 if n <= 5 else 4
    items = []
    for i in range(n):
        role, price = rng.choice(_ROLES), Decimal(rng.randint(20, 300))
        share = Decimal(rng.randint(-20, 10) if role == "hook" else rng.randint(-5, 50)) / 100
        items.append(
            Candidate(
                f"s{i}", f"t{i}", role, price, (price * share).quantize(Decimal("0.01")), rng.randint(shortest, 6),
                Decimal(rng.randint(5, 900)) / 10, stock=rng.choice((None, None, 0, 2, 6, 20, 100)), limit=rng.choice((None, None, 3)),
                floor=rng.choice((None, None, None, Decimal(60))), spread=Decimal(rng.randint(1, 9)) / 10,
                pinned=rng.randint(1, 3) if rng.random() < 0.08 else None, must=rng.random() < 0.08,
            )
        )  # fmt: skip
    minutes = rounds * step - rng.choice((0, 0, 3))
    held = (Reserved("coupon", rng.randint(0, minutes - 4), 2),) if rng.random() < 0.4 else ()
    audience = Audience(minutes, tuple(Decimal(rng.randint(40, 400)) for _ in range(rounds)), step=step)
    rules = Rules(
        in_a_row=rng.randint(1, 3), hero_gap=rng.randint(12, 30), hook_within=rng.choice((step, 2 * step)), reserved=held,
        hard_shares=rng.random() < 0.2, apart={"hero": 1, "hook": 1, "bridge": 2, "profit": rng.choice((1, 2)), "image": 2},
    )  # fmt: skip
    return tuple(items), audience, rules


def large(seed: int, n: int = 60, minutes: int = 240) -> tuple[tuple[Candidate, ...], Audience, Rules]:
    """A random full-size session: items of every role, tight and ample stock, a wave of viewers, two reserved stretches."""
    rng = random.Random(seed)
    mix: tuple[Role, ...] = (
        "hook",
        "hook",
        "hero",
        "hero",
        "hero",
        "hero",
        "hero",
        "profit",
        "profit",
        "profit",
        "image",
        "bridge",
    )
    items = []
    for i in range(n):
        role, price = mix[i % len(mix)], Decimal(rng.randint(20, 400))
        share = Decimal(rng.randint(-10, 5) if role == "hook" else rng.randint(5, 50)) / 100
        talk = _TALK[role] + (rng.randint(-1, 2) if seed % 2 else 0)
        items.append(
            Candidate(
                f"s{i}", f"t{i}", role, price, (price * share).quantize(Decimal("0.01")), talk, Decimal(rng.randint(20, 600)) / 10,
                stock=rng.choice((None, 3, 20, 80, 300, 1000)), spread=Decimal(rng.randint(2, 8)) / 10,
            )
        )  # fmt: skip
    people = tuple(Decimal(rng.randint(300, 900)) for _ in range(-(-minutes // 30)))
    return (
        tuple(items),
        Audience(minutes, people),
        Rules(reserved=(Reserved("coupon", 60, 2), Reserved("lottery", 130, 3))),
    )


def compare(seed: int, most: int = 8) -> tuple[int | None, int | None, int]:
    """Solver and enumeration on one small session, and how many rundowns were written down. None: no rundown."""
    items, audience, rules = small(seed, most)
    brute = Brute(items, audience, rules)
    expected = brute.run()
    solved = solve(Values(items, audience, rules))
    return (solved.objective if solved.status == "optimal" else None), expected, brute.seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=500)
    parser.add_argument("--large", type=int, default=10)
    args = parser.parse_args()
    wrong, none, seen = [], 0, 0
    for seed in range(args.small):
        found, expected, count = compare(seed)
        none, seen = none + (expected is None), seen + count
        if found != expected:
            wrong.append(seed)
            print(f"seed {seed}: solver {found}, enumeration {expected}", flush=True)
    print(f"{args.small} small sessions, {seen:,} rundowns, {none} without any, {len(wrong)} differ")
    for seed in range(args.large):
        began, cpu = perf_counter(), process_time()
        solved = solve(Values(*large(seed)))
        print(
            f"60 items x 4 h, seed {seed}: {solved.status}, {solved.objective / 100:,.2f}, gap {(solved.bound - solved.objective) / 100:.2f},"
            f" {perf_counter() - began:.2f} s ({process_time() - cpu:.2f} s of processor), {solved.cuts} cuts",
            flush=True,
        )
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
