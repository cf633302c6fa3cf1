"""Host rosters against brute force on every small instance, and the time to proof for eight hosts over four weeks.

    python -m evals.benchmarks.live_roster [--instances 500] [--seed 1] [--large 10] [--json]

Small: up to six turns and four hosts with random hours, weekdays, skills, bookings, limits, strengths and wishes. Every assignment is tried;
rules are checked here minute by minute and day by day, without the solver's code: only the ways of cutting a stream are shared.
Uncovered minutes first, then the objective, must be equal to the cent; an infeasible case's conflicting rules must be irreducible.
Large: 28 days of noon and evening streams, eight hosts with different pay, days and strengths. Target: every one proven in 15 s.
"""

from __future__ import annotations

import argparse
import json
import random
import time as clock
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product

from tools.livestream.roster import make_roster, wishes_for
from tools.livestream.roster_model import Wishes, solve
from tools.livestream.roster_rules import RULES, Air, HostSpec, Turn, cuts
from tools.livestream.roster_why import NOBODY
from tools.livestream.schedule_types import Slot

__all__ = ["Instance", "Mismatch", "brute_force", "compare_one", "large_instance", "main", "small_instance"]

_MONDAY = date(2026, 11, 30)
_MOST_TURNS = 6
_MOST_TRIES = 60_000
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Instance:
    airs: tuple[Air, ...]
    hosts: tuple[HostSpec, ...]
    wishes: Wishes


class Mismatch(AssertionError):
    """Solver and brute force differ."""


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(_MONDAY + timedelta(days=day), time()) + timedelta(hours=hour, minutes=minute)


def small_instance(seed: int) -> Instance:
    """A random room of a few days that brute force can still try in full."""
    rng = random.Random(seed)
    while True:
        airs = _airs(rng)
        hosts = tuple(_host(rng, n) for n in range(rng.choice((1, 2, 3, 3, 4, 4))))
        ways = [cuts(air, n) for n, air in enumerate(airs)]
        options = max(sum(1 for k in range(air.need + 1) for _ in combinations(hosts, k)) for air in airs)
        if all(sum(map(len, way)) <= _MOST_TURNS for way in product(*ways)) and sum(options ** sum(map(len, w)) for w in product(*ways)) <= _MOST_TRIES:  # fmt: skip
            return Instance(airs, hosts, Wishes(Decimal(rng.choice((0, 30, 55))), Decimal(rng.choice((0, 20, 80)))))


def _airs(rng: random.Random) -> tuple[Air, ...]:
    names: tuple[Slot, ...] = ("morning", "noon", "evening", "late")
    days = rng.choice((1, 2, 2, 4, 8))  # close together, so that rests, days and weeks bind
    found = []
    for n in range(rng.choice((1, 2, 3, 3, 4, 4))):
        start = _at(rng.randint(0, days), rng.choice((6, 8, 9, 12, 13, 16, 18, 20, 22, 24)), rng.choice((0, 30)))
        slot = rng.choice(names[1:3]) if rng.random() < 0.5 else rng.choice(names)
        length = timedelta(minutes=rng.choice((60, 120, 150, 180, 195, 240, 285, 300, 420)))
        worth = Decimal(rng.randint(0, 300)) if rng.random() < 0.8 else None
        skills = frozenset({"en"}) if rng.random() < 0.2 else frozenset()
        found.append(Air(f"s{n}", start, start + length, slot, rng.choice((1, 1, 1, 2)), skills, worth))
    return tuple(found)


def _host(rng: random.Random, n: int) -> HostSpec:
    busy: tuple[tuple[datetime, datetime], ...] = ()
    if rng.random() < 0.15:
        start = _at(rng.randint(0, 8), rng.randint(8, 20))
        busy = ((start, start + timedelta(hours=2)),)
    return HostSpec(
        f"h{n}",
        Decimal(rng.choice((0, 40, 65, 90, 120))) + Decimal(rng.choice((0, 0, 1))) / 3,
        frozenset({"en"}) if rng.random() < 0.7 else frozenset(),
        frozenset(d for d in range(7) if rng.random() < 0.95),
        time(rng.choice((0, 6, 6, 8, 12))),
        rng.choice((time(23, 59), time(3), time(3), time(3), time(18))),
        rng.choice((240, 360, 360, 480)),
        rng.choice((300, 480, 2400)),
        rng.choice((1, 2, 6)),
        busy,
        {"evening": Decimal(rng.choice((80, 100, 125))) / 100} if rng.random() < 0.5 else {},
    )


# -- brute force: every rule checked in its own plain way -----------------------------------------------------------------
def _working_minute(host: HostSpec, at: datetime, without: frozenset[str]) -> bool:
    """Whether this minute lies in the host's hours of a day that he works; the day may have begun the evening before."""
    for back in (0, 1):
        day = at.date() - timedelta(days=back)
        if "weekday" not in without and day.weekday() not in host.weekdays:
            continue
        opens, closes = datetime.combine(day, host.earliest), datetime.combine(day, host.latest)
        if host.latest == time(23, 59):
            closes += MINUTE
        elif host.latest <= host.earliest:
            closes += timedelta(days=1)
        if "hours" in without:
            opens = datetime.combine(day, time(5))
            closes = opens + timedelta(days=1)
        if opens <= at < closes:
            return True
    return False


def _may(host: HostSpec, air: Air, turn: Turn, without: frozenset[str]) -> bool:
    if "skills" not in without and not air.skills <= host.skills:
        return False
    minutes = (turn.end - turn.arrives) // MINUTE
    if not all(_working_minute(host, turn.arrives + MINUTE * n, without) for n in range(minutes)):
        return False
    return "busy" in without or all(_rested([(turn.arrives, turn.end), other], frozenset()) for other in host.busy)


def _shifted(at: datetime) -> date:
    return (at - timedelta(hours=5)).date()


def _rested(spans: Sequence[tuple[datetime, datetime]], without: frozenset[str]) -> bool:
    for one, two in combinations(sorted(spans), 2):
        if two[0] < one[1]:
            return False
        apart = two[0] - one[1]
        if "rest" not in without and apart < timedelta(hours=1 if _shifted(one[0]) == _shifted(two[0]) else 11):
            return False
    return True


def _allowed(host: HostSpec, mine: Sequence[Turn], without: frozenset[str]) -> bool:
    if not _rested([(turn.arrives, turn.end) for turn in mine], without):
        return False
    days: dict[date, int] = {}
    for turn in mine:
        day = _shifted(turn.start)
        days[day] = days.get(day, 0) + (turn.end - turn.start) // MINUTE
    if "day_max" not in without and any(spent > host.max_day for spent in days.values()):
        return False
    for monday in {day - timedelta(days=day.weekday()) for day in days}:
        week = [day for day in days if day - timedelta(days=day.weekday()) == monday]
        if "week_max" not in without and sum(days[day] for day in week) > host.max_week:
            return False
        if "rest_day" not in without and len(week) > host.max_days_week:
            return False
    return True


def _cents(turn: Turn, host: HostSpec, air: Air) -> int:
    present, on_air = (turn.end - turn.arrives) // MINUTE, (turn.end - turn.start) // MINUTE
    worth = Fraction(air.worth_hour or 0) * Fraction(host.strength.get(air.slot, Decimal(1))) * on_air / 60 / air.need
    exact = (Fraction(host.hourly) * present / 60 - worth) * 100
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def _late(turn: Turn) -> bool:
    on_air = (turn.start + MINUTE * n for n in range((turn.end - turn.start) // MINUTE))
    return sum(at.hour >= 18 or at.hour < 5 for at in on_air) >= 60


Given = Sequence[tuple[Turn, tuple[int, ...]]]


class _Tried:
    """One instance under some of the rules: who may take what is worked out once, then every assignment is tried."""

    def __init__(self, case: Instance, without: frozenset[str]) -> None:
        self.case, self.without = case, without
        self.ways = [cuts(air, n) for n, air in enumerate(case.airs)]
        self.turns = [turn for some in self.ways for way in some for turn in way]
        self.able = {
            turn: [h for h, host in enumerate(case.hosts) if _may(host, case.airs[turn.air], turn, without)]
            for turn in self.turns
        }
        self.cents = {
            (turn, h): _cents(turn, case.hosts[h], case.airs[turn.air]) for turn in self.turns for h in self.able[turn]
        }
        self.late = {turn for turn in self.turns if _late(turn)}
        self.late_hosts = {h for turn in self.late for h in self.able[turn]}
        self.targets = self._targets()

    def _targets(self) -> dict[tuple[Slot, int], int]:
        airs = self.case.airs
        slots = {air.slot for air in airs}
        found = {}
        for slot in slots if len(slots) > 1 else ():
            turns = sum(
                min(map(len, some)) * air.need for some, air in zip(self.ways, airs, strict=True) if air.slot == slot
            )
            hosts = {h for turn in self.turns if airs[turn.air].slot == slot for h in self.able[turn]}
            for h in hosts if len(hosts) > 1 else ():
                found[slot, h] = min(2, turns // len(hosts))
        return found

    def wish_cents(self, given: Given) -> int:
        """Evenings over the fair share and turns short of the slot target, counted from their definitions."""
        case, total = self.case, 0
        if len(case.hosts) < 2:
            return 0
        if len(self.late_hosts) > 1:
            needed = sum(
                min(sum(t in self.late for t in way) for way in some) * air.need
                for some, air in zip(self.ways, case.airs, strict=True)
            )
            fair = -(-needed // len(self.late_hosts))
            for h in self.late_hosts:
                had = sum(h in who and turn in self.late for turn, who in given)
                total += int(case.wishes.evening_turn * 100) * max(had - fair, 0)
        for (slot, h), target in self.targets.items():
            had = sum(h in who and case.airs[turn.air].slot == slot for turn, who in given)
            total += int(case.wishes.swap_turn * 100) * max(target - had, 0)
        return total

    def assignments(self, turns: Sequence[Turn]) -> Iterator[Given]:
        """Those in which every host keeps every rule, grown turn by turn (a broken rule never mends by adding turns)."""
        options = [
            [who for k in range(self.case.airs[turn.air].need + 1) for who in combinations(self.able[turn], k)]
            for turn in turns
        ]

        def grow(given: list[tuple[Turn, tuple[int, ...]]]) -> Iterator[Given]:
            if len(given) == len(turns):
                yield given
                return
            turn = turns[len(given)]
            for who in options[len(given)]:
                now = [*given, (turn, who)]
                if all(_allowed(self.case.hosts[h], [t for t, some in now if h in some], self.without) for h in who):
                    yield from grow(now)

        return grow([])


def brute_force(case: Instance, without: frozenset[str] = frozenset()) -> tuple[int, int]:
    """(fewest uncovered host minutes, least cents at that). Tries every cut and every choice of hosts."""
    tried = _Tried(case, without)
    best = (10**9, 10**12)
    for way in product(*tried.ways):
        for given in tried.assignments([turn for part in way for turn in part]):
            open_ = sum((case.airs[t.air].need - len(who)) * ((t.end - t.start) // MINUTE) for t, who in given)
            if open_ <= best[0]:
                cents = sum(tried.cents[t, h] for t, who in given for h in who) + tried.wish_cents(given)
                best = min(best, (open_, cents))
    return best


# -- comparing ------------------------------------------------------------------------------------------------------------
def compare_one(seed: int) -> str:
    """Solve one random instance both ways. Returns the solver's status; raises Mismatch where they differ."""
    case = small_instance(seed)
    open_, cents = brute_force(case)
    found = make_roster(case.airs, case.hosts, wishes=case.wishes, seconds=20)
    left = sum(((u.end - u.start) // MINUTE) * u.missing for u in found.uncovered)
    got = None if found.objective is None else int(found.objective * 100)
    if (left, got) != (open_, cents) or found.bound != found.objective or (found.status == "optimal") == bool(open_):
        raise Mismatch(
            f"seed {seed}: brute force {open_} min, {cents} cents; solver {found.status} {left} min, {got} cents"
        )
    if open_:
        _check_conflict(case, seed)
    return found.status


def _check_conflict(case: Instance, seed: int) -> None:
    """The named rules alone conflict with full cover, and dropping any one of them does not leave a conflict."""
    found = make_roster(case.airs, case.hosts, wishes=case.wishes, seconds=20).conflicts[0].rules
    if found == (NOBODY,):
        kept: set[str] = set()
    else:
        kept = {rule for rule, text in RULES.items() if text in found}
    others = frozenset(set(RULES) - kept)
    if brute_force(case, others)[0] == 0:
        raise Mismatch(f"seed {seed}: {sorted(kept)} do not conflict by themselves")
    for rule in kept:
        if brute_force(case, others | {rule})[0] > 0:
            raise Mismatch(f"seed {seed}: still conflicting without {rule}")


def large_instance(seed: int, hosts: int = 8, weeks: int = 4) -> Instance:
    """Noon and evening streams of four weeks, some days with a third, and hosts who differ in everything."""
    rng = random.Random(seed)
    airs = []
    for d in range(7 * weeks):
        airs.append(Air(f"n{d}", _at(d, 12), _at(d, 14, 30), "noon", 1, frozenset(), Decimal(rng.randint(80, 200))))
        airs.append(Air(f"e{d}", _at(d, 19), _at(d, 23, 45), "evening", 1, frozenset(), Decimal(rng.randint(150, 500))))
        if seed % 3 == 0 and d % 2:
            airs.append(Air(f"m{d}", _at(d, 8), _at(d, 11), "morning", 1, frozenset(), Decimal(rng.randint(50, 150))))
    staff = []
    for n in range(hosts):
        strength: dict[Slot, Decimal] = {} if rng.random() < 0.5 else {"evening": Decimal(rng.randint(80, 125)) / 100, "noon": Decimal(rng.randint(80, 125)) / 100}  # fmt: skip
        weekdays = frozenset(rng.sample(range(7), rng.choice((5, 6, 7))))
        latest = rng.choice((time(23, 59), time(23, 59), time(22)))
        staff.append(HostSpec(f"h{n}", Decimal(rng.choice((60, 80, 80, 100, 130, 150))), frozenset(), weekdays, time(8), latest, 360, rng.choice((900, 1500, 2400)), 6, (), strength))  # fmt: skip
    return Instance(tuple(airs), tuple(staff), wishes_for(staff))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    begun = clock.monotonic()
    statuses = [compare_one(args.seed * 100_000 + n) for n in range(args.instances)]
    small = clock.monotonic() - begun
    times, proven, covered = [], 0, 0
    for n in range(args.large):
        case = large_instance(args.seed * 1000 + n)
        begun = clock.monotonic()
        found = solve(case.airs, case.hosts, case.wishes, seconds=60)
        covered += found.status == "optimal"
        if found.status == "infeasible":
            found = solve(case.airs, case.hosts, case.wishes, seconds=60, slack=True)
        times.append(clock.monotonic() - begun)
        proven += found.status == "optimal"
    result = {
        "instances": len(statuses), "equal": len(statuses), "covered": statuses.count("optimal"),
        "infeasible": statuses.count("infeasible"), "small_seconds": round(small, 1), "large": len(times), "large_proven": proven, "large_covered": covered,
        "large_seconds_max": round(max(times, default=0), 2), "large_seconds_median": round(sorted(times)[len(times) // 2], 2) if times else 0,
    }  # fmt: skip
    if args.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
