"""Which sessions of the horizon, and how long: the marginal rule `GMV(h) × (m − ads) > crew` under hours a week, gaps and sessions a day.

Every weekday × slot the room has run is a candidate at each length in half hours; CP-SAT takes the set that leaves most. Lengths follow the
room's own hour profile as far as it was seen, never beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from tools.livestream.schedule_types import Cell, Response, Slot

__all__ = ["Candidate", "Terms", "candidates", "choose"]

HALF = Decimal("0.5")
_MONEY_SCALE = 100
_SECONDS = 5.0
SEED = 20261124


@dataclass(frozen=True)
class Terms:
    """What the choice stands on. `margin`, `crew_hour` None: not known, then GMV decides (or contribution before crew)."""

    margin: Decimal | None
    ad_share: Decimal | None
    crew_hour: Decimal | None
    hours_week: Decimal
    sessions_day: int
    gap: timedelta
    shortest: Decimal
    longest: Decimal | None
    days_off: frozenset[date] = frozenset()

    @property
    def kept(self) -> Decimal | None:
        """What a yuan of paid GMV leaves after ads."""
        return None if self.margin is None else self.margin - (self.ad_share or Decimal(0))


@dataclass(frozen=True)
class Candidate:
    """A session that could be held. `gmv` over its length; `value` what is maximised; `last`, `next` an hour's worth, money."""

    day: date
    cell: Cell
    start: datetime
    hours: Decimal
    gmv: Decimal
    value: Decimal
    last: Decimal | None
    next: Decimal | None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=int(self.hours * 60))


def candidates(response: Response, terms: Terms, days: Sequence[date], lift: Mapping[date, Decimal]) -> list[Candidate]:
    """Every day, slot and length that may be held, in order. `lift`: campaign factor of a day."""
    found: list[Candidate] = []
    for day in days:
        if day in terms.days_off:
            continue
        for cell in response.cells:
            if cell.weekday == day.weekday() and cell.gmv_hour is not None:
                start = datetime.combine(day, response.starts[cell.slot])
                found += _of(day, cell, start, response, terms, lift.get(day, Decimal(1)))
    return found


def _of(day: date, cell: Cell, start: datetime, response: Response, terms: Terms, lift: Decimal) -> list[Candidate]:
    rates = _rates(response, cell.slot)
    level = (cell.gmv_hour or Decimal(0)) * lift
    found = []
    for hours in _lengths(response, cell.slot, terms, len(rates)):
        gmv = level * sum(
            (rate * min(max(hours - k, Decimal(0)), Decimal(1)) for k, rate in enumerate(rates)), Decimal(0)
        )
        at = int(hours) if hours == int(hours) else int(hours) + 1
        following = _hour(level, rates, hours, terms)
        found.append(
            Candidate(
                day, cell, start, hours, gmv, _value(gmv, hours, terms), _net(level * rates[at - 1], terms), following
            )
        )
    return found


def _rates(response: Response, slot: Slot) -> tuple[Decimal, ...]:
    """The seen profile; without one every hour counts the same, and only the usual length may be planned."""
    usual = response.usual_hours or Decimal(1)
    return response.profile.get(slot) or (Decimal(1),) * max(-(-int(usual * 2) // 2), 1)


def _lengths(response: Response, slot: Slot, terms: Terms, seen: int) -> list[Decimal]:
    if slot not in response.profile:
        usual = (response.usual_hours or Decimal(2)).quantize(Decimal(1)) or Decimal(1)
        bounded = max(min(usual, terms.longest or usual, Decimal(seen)), min(terms.shortest, Decimal(seen)))
        return [bounded]
    top = min(Decimal(seen), terms.longest or Decimal(seen))
    steps = int((top - terms.shortest) / HALF)
    return [terms.shortest + HALF * k for k in range(steps + 1)] if top >= terms.shortest else []


def _net(gmv: Decimal, terms: Terms) -> Decimal | None:
    """An hour's GMV less ads and crew; None where the margin is not known."""
    return None if terms.kept is None else gmv * terms.kept - (terms.crew_hour or Decimal(0))


def _hour(level: Decimal, rates: Sequence[Decimal], hours: Decimal, terms: Terms) -> Decimal | None:
    """What the hour after `hours` would leave; None where the room never ran it."""
    at = int(hours)
    return _net(level * rates[at], terms) if at < len(rates) else None


def _value(gmv: Decimal, hours: Decimal, terms: Terms) -> Decimal:
    if terms.kept is None:
        return gmv
    return gmv * terms.kept - hours * (terms.crew_hour or Decimal(0))


def choose(
    options: Sequence[Candidate], terms: Terms, start: date
) -> tuple[tuple[Candidate, ...], Literal["optimal", "feasible", "none"]]:
    """The set that leaves most: one length per slot and day, hours per week of the plan, gaps, sessions a day. Sessions that leave nothing stay out."""
    from ortools.sat.python import cp_model

    worth = [option for option in options if option.value > 0]
    if not worth:
        return (), "none"
    model = cp_model.CpModel()
    taken = [model.new_bool_var(str(n)) for n in range(len(worth))]
    weeks: dict[int, list[int]] = {}
    slots: dict[datetime, list[int]] = {}
    days: dict[date, list[int]] = {}
    for n, option in enumerate(worth):
        weeks.setdefault((option.day - start).days // 7, []).append(n)
        slots.setdefault(option.start, []).append(n)
        days.setdefault(option.day, []).append(n)
    for some in slots.values():
        model.add_at_most_one(taken[n] for n in some)
    for some in days.values():
        model.add(sum(taken[n] for n in some) <= terms.sessions_day)
    for some in weeks.values():
        model.add(sum(int(worth[n].hours * 2) * taken[n] for n in some) <= int(terms.hours_week * 2))
    for one, two in _too_close(worth, terms.gap):
        model.add_at_most_one(taken[one], taken[two])
    model.maximize(sum(int(option.value * _MONEY_SCALE) * x for option, x in zip(worth, taken, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = 1, SEED
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = _SECONDS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return (), "none"
    picked = tuple(option for option, x in zip(worth, taken, strict=True) if solver.value(x))
    return picked, "optimal" if status == cp_model.OPTIMAL else "feasible"


def _too_close(options: Sequence[Candidate], gap: timedelta) -> list[tuple[int, int]]:
    """Pairs of different slots that overlap or leave less than the gap; `options` are in order of start."""
    order = sorted(range(len(options)), key=lambda n: options[n].start)
    found = []
    for k, one in enumerate(order):
        for two in order[k + 1 :]:
            if options[two].start - options[one].start > timedelta(days=1) + gap:
                break
            if options[one].start != options[two].start and options[two].start - options[one].end < gap:
                found.append((one, two))
    return found
