"""The roster as a CP-SAT model: one way of cutting per stream, hosts per turn, limits, and the soft wishes as shortfalls whose bound is zero.

Wishes are separable (minutes over a fair evening share, turns short of a slot target) rather than a largest-minus-smallest, which
has many equal solutions and a weak bound. All coefficients are whole cents, so status, bound and repeat runs agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tools.livestream.roster_rules import (
    DAY_MAX,
    REST,
    REST_DAY,
    WEEK_MAX,
    Air,
    HostSpec,
    Turn,
    clash,
    cuts,
    is_evening,
    static_reasons,
    week_of_day,
    work_day,
)  # fmt: skip
from tools.livestream.schedule_types import Slot, Status

__all__ = ["Solved", "Wishes", "fair_share", "price", "slot_target", "solve"]

CENTS = Decimal(100)
SEED = 20261124
_MOST_TARGET = 2


@dataclass(frozen=True)
class Wishes:
    """Soft aims in shop currency: an evening turn over the fair share, and a turn short of having been in every slot."""

    evening_turn: Decimal = Decimal(0)
    swap_turn: Decimal = Decimal(0)


@dataclass(frozen=True)
class Solved:
    """What the solver found. `given` are (turn, hosts) of the chosen cuts; `short` (turn, missing). Cents; None without a solution."""

    status: Status
    given: tuple[tuple[Turn, tuple[int, ...]], ...] = ()
    short: tuple[tuple[Turn, int], ...] = ()
    objective: int | None = None
    bound: int | None = None

    @property
    def uncovered(self) -> int:
        """Host minutes without a host."""
        return sum(turn.minutes * missing for turn, missing in self.short)


def price(turn: Turn, host: HostSpec, air: Air) -> int:
    """Cents a turn costs with this host, less the contribution expected of it (its share where several are on air)."""
    cost = host.hourly * turn.present / 60
    worth = (air.worth_hour or Decimal(0)) * host.strength.get(air.slot, Decimal(1)) * turn.minutes / 60 / air.need
    return int(((cost - worth) * CENTS).quantize(Decimal(1), ROUND_HALF_UP))


def slot_target(turns: int, hosts: int) -> int:
    """Turns a host should have had in a slot so that hosts can be compared later."""
    return min(_MOST_TARGET, turns // hosts) if hosts > 1 else 0


def fair_share(turns: int, hosts: int) -> int:
    """Evening turns a host has before another one counts as too many."""
    return -(-turns // hosts)


@dataclass
class _Model:
    airs: Sequence[Air]
    hosts: Sequence[HostSpec]
    without: frozenset[str]
    ways: list[list[tuple[Turn, ...]]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    taken: dict[tuple[int, int], Any] = field(default_factory=dict)  # (turn, host)
    missing: dict[int, Any] = field(default_factory=dict)
    model: Any = None

    def build(self, slack: bool) -> None:
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self.ways = [cuts(air, place) for place, air in enumerate(self.airs)]
        for place, (air, ways) in enumerate(zip(self.airs, self.ways, strict=True)):
            chosen = [self.model.new_bool_var(f"w{place}.{number}") for number in range(len(ways))]
            self.model.add_exactly_one(chosen)
            for way, used in zip(ways, chosen, strict=True):
                for turn in way:
                    self._turn(air, turn, used, slack)
        for host in range(len(self.hosts)):
            self._limits(host)

    def _turn(self, air: Air, turn: Turn, used: Any, slack: bool) -> None:
        number = len(self.turns)
        self.turns.append(turn)
        able = [h for h, host in enumerate(self.hosts) if not set(static_reasons(host, air, turn)) - self.without]
        for host in able:
            self.taken[number, host] = self.model.new_bool_var(f"x{number}.{host}")
        cover = sum(self.taken[number, host] for host in able)
        if slack:
            self.missing[number] = self.model.new_int_var(0, air.need, f"u{number}")
            cover += self.missing[number]
        self.model.add(cover == air.need * used)

    def _limits(self, host: int) -> None:
        mine = sorted((n for n, h in self.taken if h == host), key=lambda n: (self.turns[n].arrives, n))
        for clique in _cliques([self.turns[n] for n in mine], REST not in self.without):
            self.model.add_at_most_one(self.taken[mine[k], host] for k in clique)
        by_day: dict[date, list[int]] = {}
        for n in mine:
            by_day.setdefault(work_day(self.turns[n].start), []).append(n)
        by_week: dict[date, list[int]] = {}
        for day, some in by_day.items():
            if DAY_MAX not in self.without:
                self.model.add(self._minutes(some, host) <= self.hosts[host].max_day)
            by_week.setdefault(week_of_day(day), []).append(0)
        for monday in by_week:
            days = {day: some for day, some in by_day.items() if week_of_day(day) == monday}
            if WEEK_MAX not in self.without:
                self.model.add(sum(self._minutes(some, host) for some in days.values()) <= self.hosts[host].max_week)
            most = self.hosts[host].max_days_week
            if REST_DAY not in self.without and len(days) > most:
                working = []
                for day, some in days.items():
                    on = self.model.new_bool_var(f"d{host}.{day}")
                    for n in some:
                        self.model.add_implication(self.taken[n, host], on)
                    working.append(on)
                self.model.add(sum(working) <= most)

    def _minutes(self, some: Sequence[int], host: int) -> Any:
        return sum(self.turns[n].minutes * self.taken[n, host] for n in some)

    def cost(self, wishes: Wishes) -> Any:
        """Cents: price of every turn given, and the wishes."""
        total = sum(
            price(self.turns[n], self.hosts[h], self.airs[self.turns[n].air]) * x for (n, h), x in self.taken.items()
        )
        if len(self.hosts) < 2:
            return total
        return total + self._evenings(wishes) + self._swaps(wishes)

    def _evenings(self, wishes: Wishes) -> Any:
        """Evening turns over the fair share. Turns, not minutes: a share in minutes no sum of turns can meet is slow to prove."""
        each = int(wishes.evening_turn * CENTS)
        late = {n for n, turn in enumerate(self.turns) if is_evening(turn)}
        able = sorted({h for n, h in self.taken if n in late})
        if not each or len(able) < 2:
            return 0
        needed = sum(min(sum(map(is_evening, way)) for way in ways) * air.need for air, ways in zip(self.airs, self.ways, strict=True))  # fmt: skip
        over = []
        for host in able:
            mine = [x for (n, h), x in self.taken.items() if h == host and n in late]
            extra = self.model.new_int_var(0, len(mine), f"e{host}")
            self.model.add(extra >= sum(mine) - fair_share(needed, len(able)))
            over.append(extra)
        return each * sum(over)

    def _swaps(self, wishes: Wishes) -> Any:
        each = int(wishes.swap_turn * CENTS)
        slots: dict[Slot, int] = {}
        for air, ways in zip(self.airs, self.ways, strict=True):
            slots[air.slot] = slots.get(air.slot, 0) + min(map(len, ways)) * air.need
        if not each or len(slots) < 2:
            return 0
        lacking = []
        for slot, turns in slots.items():
            able = sorted({h for n, h in self.taken if self.airs[self.turns[n].air].slot == slot})
            target = slot_target(turns, len(able))
            for host in able if target else ():
                had = sum(x for (n, h), x in self.taken.items() if h == host and self.airs[self.turns[n].air].slot == slot)  # fmt: skip
                short = self.model.new_int_var(0, target, f"s{slot}.{host}")
                self.model.add(short >= target - had)
                lacking.append(short)
        return each * sum(lacking)


def _cliques(turns: Sequence[Turn], rest: bool) -> list[tuple[int, ...]]:
    """Sets of turns of which one person can take one, together naming every pair that clashes. `turns` by time of arrival."""

    def against(one: Turn, two: Turn) -> bool:
        if rest:
            return clash((one.arrives, one.end), (two.arrives, two.end))
        return two.arrives < one.end and one.arrives < two.end

    near = {k: {j for j in range(k + 1, len(turns)) if against(turns[k], turns[j])} for k in range(len(turns))}
    named: set[tuple[int, int]] = set()
    found = []
    for k, others in near.items():
        for j in sorted(others):
            if (k, j) in named:
                continue
            clique = [k, j]
            for more in sorted(others):
                if more > j and all(more in near[one] for one in clique):
                    clique.append(more)
            named |= {(a, b) for n, a in enumerate(clique) for b in clique[n + 1 :]}
            found.append(tuple(clique))
    return found


def solve(
    airs: Sequence[Air],
    hosts: Sequence[HostSpec],
    wishes: Wishes,
    *,
    without: frozenset[str] = frozenset(),
    slack: bool = False,
    seconds: float = 12.0,
) -> Solved:
    """Solve once. With `slack` the fewest uncovered host minutes come first and cost second; without it every turn must be covered."""
    built = _Model(airs, hosts, without)
    built.build(slack)
    if not slack:
        built.model.minimize(built.cost(wishes))
        return _run(built, seconds)
    left = sum(built.turns[n].minutes * u for n, u in built.missing.items())
    built.model.minimize(left)
    first = _run(built, seconds)
    if first.objective is None:
        return first
    built.model.add(left <= first.objective)
    built.model.minimize(built.cost(wishes))
    second = _run(built, seconds)
    return second if second.objective is not None else first


def _run(built: _Model, seconds: float) -> Solved:
    from ortools.sat.python import cp_model, cp_model_helper

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1  # several workers race, and the roster would differ from run to run
    solver.parameters.random_seed = SEED
    solver.parameters.linearization_level = (
        2  # the bound comes from the linear relaxation: 0.1 s instead of no proof in 25 s
    )
    # branch where the relaxation says, which proves the last cents of hosts with nearly equal pay
    solver.parameters.search_branching = cp_model_helper.SatParameters.SearchBranching.LP_SEARCH
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(built.model)
    if status == cp_model.INFEASIBLE:
        return Solved("infeasible")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved("none")
    given, short = [], []
    for number, turn in enumerate(built.turns):
        who = tuple(
            h for h in range(len(built.hosts)) if (number, h) in built.taken and solver.value(built.taken[number, h])
        )
        lacking = solver.value(built.missing[number]) if number in built.missing else 0
        if who:
            given.append((turn, who))
        if lacking:
            short.append((turn, int(lacking)))
    named: Status = "optimal" if status == cp_model.OPTIMAL else "feasible"
    return Solved(named, tuple(given), tuple(short), round(solver.objective_value), round(solver.best_objective_bound))
