"""The rundown as a CP-SAT model of who is on in which part, with orders checked beside it and cut off where none exists.

`on[item, part]` carries all the money and every rule that counts: time, stock, prime time, role shares, hooks, locks. What depends on
the order inside a part (runs of a role, minutes between heroes, an item after itself, the block of a pinned one) is held by conditions
every order needs, and by `Orders`, which finds an order or proves that there is none: then that choice is cut off and the model solved
again. The first choice with an order is optimal, because each bound is of a problem with fewer rules. 60 items x 4 h: 480 literals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from tools.livestream.products_order import Orders
from tools.livestream.products_values import Airing, Values, covered, eligible
from tools.livestream.sequence import greedy

__all__ = ["Solved", "solve"]

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
_CUTS = 400
_PATTERNS = 600
_LONG = 700  # literals from which the search starts at what a host would do by hand


@dataclass(frozen=True)
class Solved:
    """What the solver found. Money in fen; `bound` is proven, not estimated; `cuts` choices were refused for want of an order."""

    status: Status
    airings: tuple[Airing, ...] = ()
    objective: int = 0
    bound: int = 0
    seconds: float = 0.0
    cuts: int = 0


@dataclass
class _Build:
    values: Values
    model: Any
    on: dict[tuple[int, int], Any] = field(default_factory=dict)  # (item, part)
    number: dict[tuple[str, int], Any] = field(default_factory=dict)  # (role, part)
    same: dict[tuple[object, int, int], Any] = field(
        default_factory=dict
    )  # (class, part, count): the part holds so many of it

    def applies(self, rule: str) -> bool:
        return rule not in self.values.rules.off

    def literals(self) -> None:
        """Who may be on: nobody whom stock, floor or margin keeps out, nor in prime time on pieces that do not cover one airing."""
        v = self.values
        shut = {p for parts in v.closing for p in parts[1:]}
        for i, item in enumerate(v.items):
            cover = covered(item, v.rules) if self.applies("stock") else None
            for p, part in enumerate(v.parts):
                short = cover is not None and part.round in v.audience.prime and v.milli[i][part.round] > cover
                if not (eligible(item, v.rules) or short or p in shut) and part.end - part.start >= v.length[i]:
                    self.on[i, p] = self.model.new_bool_var(f"on{i}_{p}")

    def of(self, i: int, parts: Sequence[int] | range) -> list[Any]:
        return [self.on[i, p] for p in parts if (i, p) in self.on]

    def tally(self) -> None:
        """Airings of a role in a part as one number each: rules over stretches of parts stay short rows."""
        v = self.values
        for p, part in enumerate(v.parts):
            for role in dict.fromkeys(item.role for item in v.items):
                mine = [self.on[i, p] for i, item in enumerate(v.items) if item.role == role and (i, p) in self.on]
                if mine:
                    most = (part.end - part.start) // min(
                        v.length[i] for i, item in enumerate(v.items) if item.role == role
                    )
                    self.number[role, p] = self.model.new_int_var(0, min(most, len(mine)), "")
                    self.model.add(self.number[role, p] == sum(mine))

    def role(self, role: str, parts: Sequence[int] | range, other: bool = False) -> Any:
        """How many airings of the role (of the others with `other`) the parts hold."""
        return sum(x for (name, p), x in self.number.items() if (name == role) != other and p in parts)

    def time(self) -> None:
        """Talk and change fit the part; an item is on once a round and keeps its distance from itself."""
        v, model = self.values, self.model
        for p, part in enumerate(v.parts):
            load = [v.length[i] * self.on[i, p] for i in range(len(v.items)) if (i, p) in self.on]
            if load:
                model.add(sum(load) <= part.end - part.start)
        for i, item in enumerate(v.items):
            width = v.rules.apart.get(item.role, 1)
            for r in range(max(1, v.rounds - width + 1)):
                near = self.of(i, [p for p, part in enumerate(v.parts) if r <= part.round < r + width])
                if len(near) > 1:
                    model.add_at_most_one(near)

    def patterns(self) -> None:
        """How many of each role and length a part can hold, written out where few enough: the hull of time and runs, not its relaxation."""
        v, closes = self.values, {parts[0] for parts in self.values.closing}
        for p, part in enumerate(v.parts):
            able = [i for i in range(len(v.items)) if (i, p) in self.on]
            for fine in (True, False):
                kinds: dict[tuple[str, int], list[int]] = {}
                for i in able:
                    kinds.setdefault((v.items[i].role, v.length[i] if fine else 0), []).append(i)
                held = [(role, min(v.length[i] for i in some), len(some)) for (role, _), some in kinds.items()]
                found = _patterns(part.end - part.start, held)
                if found is not None:
                    self._choose(p, list(kinds.values()), [one for one in found if self._sound(one, held, p in closes)])
                    break

    def _sound(self, counts: Sequence[int], held: Sequence[tuple[str, int, int]], closes: bool) -> bool:
        """Whether some order of the counts keeps the run rule, and a hook can close the part where one must."""
        roles: Counter[str] = Counter()
        for n, (role, _, _) in zip(counts, held, strict=True):
            roles[role] += n
        k, total = self.values.rules.in_a_row, sum(counts)
        runs = not self.applies("run") or all(n <= k * (1 + total - n) for n in roles.values())
        return runs and (roles["hook"] > 0 or not closes)

    def _choose(self, p: int, groups: Sequence[Sequence[int]], found: Sequence[Sequence[int]]) -> None:
        marks = [self.model.new_bool_var("") for _ in found]
        self.model.add_exactly_one(marks)
        for g, some in enumerate(groups):
            held = sum(one[g] * mark for one, mark in zip(found, marks, strict=True))
            self.model.add(sum(self.on[i, p] for i in some) == held)

    def order(self) -> None:
        """What every order needs: others between runs of a role, and heroes often enough over any stretch of parts."""
        v, model = self.values, self.model
        lengths = [v.length[i] for i, item in enumerate(v.items) if item.role == "hero"]
        last = len(v.parts) - 1
        for a in range(last + 1):
            for b in range(a, last + 1):
                parts = range(a, b + 1)
                if self.applies("run"):
                    for role in dict.fromkeys(item.role for item in v.items):  # in order: the same model every time
                        model.add(self.role(role, parts) <= v.rules.in_a_row * (1 + self.role(role, parts, other=True)))
                if lengths and self.applies("hero"):
                    begin = 0 if a == 0 else max(0, v.parts[a - 1].end - min(lengths))
                    end = v.minutes if b == last else v.parts[b + 1].start
                    needed = -(-(end - begin) // v.rules.hero_gap) - 1
                    if needed > 0:
                        model.add(self.role("hero", parts) >= needed)

    def hooks(self) -> None:
        v = self.values
        if not self.applies("hooks") or all(item.role != "hook" for item in v.items):
            return
        early = [p for p, part in enumerate(v.parts) if v.audience.step * part.round < v.rules.hook_within]
        self.model.add(self.role("hook", early) >= 1)
        for parts in v.closing:
            self.model.add(self.role("hook", parts[:1]) >= 1)

    def locks(self) -> None:
        """Items the boss wants on air. A pinned one is on in the part that holds its block."""
        v, model = self.values, self.model
        everywhere = range(len(v.parts))
        places = [item.pinned for item in v.items if item.pinned]
        if self.applies("pinned") and len(set(places)) < len(places):
            model.add_bool_or([])  # two items cannot open one block
        for i, item in enumerate(v.items):
            mine = self.of(i, everywhere)
            if item.must and self.applies("must"):
                model.add(sum(mine) >= 1)
            if item.pinned and self.applies("pinned"):
                model.add_exactly_one([self._opens(i, p, item.pinned) for p in everywhere if (i, p) in self.on])

    def _opens(self, i: int, p: int, place: int) -> Any:
        """Whether block number `place` is in this part, with the item on there; it may come back elsewhere."""
        mark = self.model.new_bool_var("")
        self.model.add_implication(mark, self.on[i, p])
        self.model.add(self.role("", range(p), other=True) <= place - 1).only_enforce_if(mark)
        self.model.add(self.role("", range(p + 1), other=True) >= place).only_enforce_if(mark)
        return mark

    def stock(self) -> None:
        """A loser needs pieces for everybody; nobody reaches prime time on pieces that do not cover what the plan sells of it."""
        v, model = self.values, self.model
        if not self.applies("stock"):
            return
        for i, item in enumerate(v.items):
            mine = [
                (v.milli[i][part.round], part.round, self.on[i, p])
                for p, part in enumerate(v.parts)
                if (i, p) in self.on
            ]
            cover = covered(item, v.rules)
            if item.stock is None or cover is None or not mine:
                continue
            wanted, most = sum(c * x for c, _, x in mine), sum(c for c, _, _ in mine)
            if item.margin <= 0 and most > item.stock * 1000:
                model.add(wanted <= item.stock * 1000)
            prime = [x for _, r, x in mine if r in v.audience.prime]
            rest = sum(c for c, r, _ in mine if r not in v.audience.prime)
            if prime and most > cover >= rest:
                model.add(wanted <= cover)  # without prime time it cannot want more anyway
            elif prime and most > cover:
                high = model.new_bool_var("")
                for x in prime:
                    model.add_implication(x, high)
                model.add(wanted <= cover + (rest - cover) * (1 - high))

    def gains(self) -> Any:
        """Money: what each item earns, stopped at its stock, less the price of role shares missed."""
        v, model, terms = self.values, self.model, []
        for i, cap in enumerate(v.cap):
            mine = [(v.fen[i][part.round], self.on[i, p]) for p, part in enumerate(v.parts) if (i, p) in self.on]
            total: Any = sum(c * x for c, x in mine)
            if cap is not None and sum(c for c, _ in mine) > cap:
                capped = model.new_int_var(0, cap, "")
                model.add(capped <= total)
                total = capped
            terms.append(total)
        return sum(terms) - (self.shares() if self.applies("shares") else 0)

    def shares(self) -> Any:
        """Roles among the items chosen stay in their bands, rounded outwards; soft bands cost for each item outside."""
        v, model, everywhere = self.values, self.model, range(len(self.values.parts))
        chosen: list[Any] = []
        for i in range(len(v.items)):
            mine = self.of(i, everywhere)
            picked = model.new_bool_var("")
            for x in mine:
                model.add_implication(x, picked)
            model.add(picked <= sum(mine))
            chosen.append(picked)
        n, cost = sum(chosen), 0
        for role, (low, high) in v.rules.shares.items():
            own = [chosen[i] for i, item in enumerate(v.items) if item.role == role]
            if own:
                under, over = (0 if v.rules.hard_shares else model.new_int_var(0, len(v.items), "") for _ in range(2))
                model.add(100 * (sum(own) + under) >= low * n - 99)
                model.add(100 * (sum(own) - over) <= high * n + 99)
                cost += v.share_cost * (under + over)
        return cost

    def cut(self, on: Mapping[int, Sequence[int]]) -> None:
        """Forbid a choice without an order: the shortest stretch of parts that has none, for all items that are alike."""
        v, last = self.values, len(self.values.parts) - 1
        pins = any(item.pinned for item in v.items) and self.applies("pinned")
        alike = Orders(v, alike=True)
        spans = sorted(
            ((a, b) for a in range(1 if pins else last + 1) for b in range(a, last + 1)), key=lambda s: (s[1] - s[0], s)
        )
        for a, b in spans:
            if alike.find(on, a, b) is None:
                differs = [~self.holds(kind, p, n) for p in range(a, b + 1) for kind, n in self.counts(on, p).items()]
                self.model.add_bool_or(differs)
                return
        now = {(i, p) for p, items in on.items() for i in items}
        self.model.add_bool_or([~x if key in now else x for key, x in self.on.items()])

    def chosen(self, solver: Any) -> dict[int, list[int]]:
        """The items of each part in the solver's answer."""
        on: dict[int, list[int]] = {}
        for (i, p), x in self.on.items():
            if solver.boolean_value(x):
                on.setdefault(p, []).append(i)
        return on

    def kind(self, i: int) -> object:
        item = self.values.items[i]
        return i if item.pinned else (item.role, self.values.length[i])

    def counts(self, on: Mapping[int, Sequence[int]], p: int) -> dict[object, int]:
        """Airings of each class in the part, zeros included."""
        found = Counter(self.kind(i) for i in on.get(p, ()))
        return {kind: found[kind] for kind in dict.fromkeys(self.kind(i) for i, q in self.on if q == p)}

    def holds(self, kind: object, p: int, n: int) -> Any:
        if (kind, p, n) not in self.same:
            total = sum(x for (i, q), x in self.on.items() if q == p and self.kind(i) == kind)
            is_n, less, more = (self.model.new_bool_var("") for _ in range(3))
            self.model.add_exactly_one([is_n, less, more])
            self.model.add(total == n).only_enforce_if(is_n)
            self.model.add(total <= n - 1).only_enforce_if(less)
            self.model.add(total >= n + 1).only_enforce_if(more)
            self.same[kind, p, n] = is_n
        return self.same[kind, p, n]


def _patterns(room: int, held: Sequence[tuple[str, int, int]]) -> list[tuple[int, ...]] | None:
    """All counts of the kinds (role, length, how many there are) that fit the minutes; None when they are too many to write out."""
    found: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for _, length, most in held:
        found = [
            ((*one, n), used + n * length) for one, used in found for n in range(min(most, (room - used) // length) + 1)
        ]
        if len(found) > _PATTERNS:
            return None
    return [one for one, _ in found]


def solve(
    values: Values, *, work: float = 30.0, seconds: float = 20.0, workers: int = 1, only_whether: bool = False
) -> Solved:
    """The best rundown, or the proof that there is none. `work` is deterministic time per solve, `seconds` the wall time of all.

    `only_whether` asks only if any rundown keeps the rules.
    """
    from ortools.sat.python import cp_model

    began = monotonic()
    build = _built(values, cp_model.CpModel(), only_whether)
    orders, bound = Orders(values), None
    for cuts in range(_CUTS):
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = 7
        solver.parameters.num_workers = workers
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = work
        solver.parameters.max_time_in_seconds = max(0.1, seconds - (monotonic() - began))
        status = solver.solve(build.model)
        spent = monotonic() - began
        if status == cp_model.INFEASIBLE:
            return Solved("infeasible", seconds=spent, cuts=cuts)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        if not only_whether:
            bound = round(solver.best_objective_bound)
        on = build.chosen(solver)
        airings = orders.find(on)
        if airings is not None:
            best = values.objective(airings)
            if status == cp_model.OPTIMAL:
                return Solved("optimal", tuple(airings), best, best, spent, cuts)
            return Solved("feasible", tuple(airings), best, max(best, bound or best), spent, cuts)
        build.cut(on)
    return Solved("unknown", bound=bound or 0, seconds=monotonic() - began)


def _built(values: Values, model: Any, only_whether: bool) -> _Build:
    """The model with every rule, and the money to maximise unless only feasibility is asked."""
    build = _Build(values, model)
    for step in (
        build.literals,
        build.tally,
        build.time,
        build.patterns,
        build.order,
        build.hooks,
        build.locks,
        build.stock,
    ):
        step()
    total = build.gains()
    if not only_whether:
        model.maximize(total)
        if len(build.on) > _LONG:
            by_hand = {(one.item, one.part) for one in greedy(values)}
            for key, x in build.on.items():
                model.add_hint(x, key in by_hand)
    return build
