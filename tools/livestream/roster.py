"""Who is on air when: the cheapest roster that covers every minute, proven by CP-SAT, or what stands against it and what would help.

The objective is cost less expected contribution plus the soft wishes; where no roster covers everything, the fewest minutes stay open, the
conflicting rules are named, and every remedy offered was solved again before it is said.
"""

from __future__ import annotations

import time as clock
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tools.livestream.brief import HostBrief
from tools.livestream.room import LiveSession, Shift
from tools.livestream.roster_model import Solved, Wishes, solve
from tools.livestream.roster_rules import Air, HostSpec, check_airs, check_hosts, is_evening
from tools.livestream.roster_why import conflicts, remedies, why_not
from tools.livestream.schedule_types import HostShift, HostTotal, Roster, Slot, Status, Uncovered
from tools.text import Text

__all__ = ["double_booked", "host_specs", "hosts_seen", "make_roster", "wishes_for"]

_SEEN_DAYS = 84
_EXPLAIN = 2.0  # seconds for each solve that explains; rooms of four weeks take a tenth of it
_HOUR = Decimal(60)


def host_specs(
    hosts: Sequence[HostBrief], strengths: Mapping[str, Mapping[Slot, Decimal]] | None = None
) -> tuple[HostSpec, ...]:
    """Hosts of a brief as the roster needs them. `strengths`: by host and slot, only where `live_hosts` found hosts comparable."""
    return tuple(
        HostSpec(
            host.name, host.hourly, frozenset(host.skills), frozenset(host.weekdays), host.earliest, host.latest,
            host.max_hours_day * 60, host.max_hours_week * 60, strength=dict((strengths or {}).get(host.name, {})),
        )
        for host in hosts
    )  # fmt: skip


def hosts_seen(shifts: Sequence[Shift], sessions: Sequence[LiveSession]) -> tuple[HostBrief, ...]:
    """Hosts of the last 12 weeks of shifts (else of sessions), on the weekdays and in the hours they were seen. Cost is not known: 0."""
    spans = [(one.host, one.starts_at, one.ends_at) for one in shifts if one.ends_at is not None]
    if not spans:
        spans = [(one.host, one.started_at, one.ends_at) for one in sessions if one.started_at and one.ends_at]
    spans = [one for one in spans if one[0]]
    if not spans:
        return ()
    since = max(start for _, start, _ in spans) - timedelta(days=_SEEN_DAYS)
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for name, start, end in spans:
        if start >= since:
            found.setdefault(name[:60], []).append((start, end))
    return tuple(_seen(name, found[name]) for name in sorted(found))


def _seen(name: str, spans: Sequence[tuple[datetime, datetime]]) -> HostBrief:
    """Hours to the full hour around what was seen; a host seen past midnight may work until then."""
    earliest = min(start.replace(minute=0, second=0, microsecond=0).time() for start, _ in spans)
    past = [end for start, end in spans if end.date() > start.date()]
    latest = max(end.time() for end in past or [end for _, end in spans])
    hour = timedelta(hours=1) if latest.minute or latest.second else timedelta()
    rounded = (datetime.combine(date.min, latest.replace(minute=0, second=0, microsecond=0)) + hour).time()
    days = Counter(start.weekday() for start, _ in spans)
    if not past and rounded <= earliest:
        rounded = datetime.max.time().replace(second=0, microsecond=0)
    return HostBrief(name=name, weekdays=tuple(sorted(days)), earliest=earliest, latest=rounded)


def double_booked(shifts: Sequence[Shift]) -> tuple[tuple[Shift, Shift], ...]:
    """Imported shifts in which one host is on air twice at the same time."""
    found = []
    by_host: dict[str, list[Shift]] = {}
    for one in sorted(shifts, key=lambda s: s.starts_at):
        by_host.setdefault(one.host, []).append(one)
    for mine in by_host.values():
        last = mine[0]
        for one in mine[1:]:
            if last.ends_at is not None and one.starts_at < last.ends_at:
                found.append((last, one))
            if last.ends_at is None or (one.ends_at is not None and one.ends_at > last.ends_at):
                last = one
    return tuple(found)


def wishes_for(hosts: Sequence[HostSpec]) -> Wishes:
    """Soft aims: three hours of a mean host for an evening over the fair share, two for a turn short in a slot (3 and 2 where no cost is known).

    Three hours are a whole turn, so that a usual difference in pay does not send the cheapest host into every evening.
    """
    mean = sum((host.hourly for host in hosts), Decimal(0)) / len(hosts) if hosts else Decimal(0)
    unit = mean.quantize(Decimal("0.01")) or Decimal(1)
    return Wishes(evening_turn=unit * 3, swap_turn=unit * 2)


def make_roster(
    airs: Sequence[Air],
    hosts: Sequence[HostSpec],
    *,
    wishes: Wishes | None = None,
    seconds: float = 12.0,
    explain: bool = True,
) -> Roster:
    """Staff the streams. Raises BadArguments for a stream over 24 hours, a host named twice, bookings of one host that overlap."""
    check_airs(airs)
    check_hosts(hosts)
    if not airs or not hosts:
        return _nothing(airs, hosts)
    begun = clock.monotonic()
    aims = wishes_for(hosts) if wishes is None else wishes
    full = solved = solve(airs, hosts, aims, seconds=seconds)
    if full.objective is None:
        solved = solve(airs, hosts, aims, slack=True, seconds=seconds / 2)
    proven = full.status == "infeasible"
    status: Status = "infeasible" if proven else "feasible" if solved.short else solved.status
    named = conflicts(airs, hosts, seconds=min(seconds, _EXPLAIN)) if proven and explain else ()
    helped = remedies(airs, hosts, solved, seconds=min(seconds, _EXPLAIN)) if solved.short and explain else ()
    shifts = _shifts(airs, hosts, solved)
    return Roster(
        status=status,
        shifts=shifts,
        uncovered=tuple(
            Uncovered(
                airs[turn.air].session_id, turn.start, turn.end, missing, why_not(turn, airs, hosts, solved.given)
            )
            for turn, missing in solved.short
        ),
        conflicts=named,
        remedies=helped,
        totals=_totals(airs, hosts, solved, shifts),
        cost=sum((one.cost for one in shifts), Decimal(0)),
        objective=_yuan(solved.objective),
        bound=_yuan(solved.bound),
        seconds=clock.monotonic() - begun,
        notes=_notes(hosts),
    )


def _nothing(airs: Sequence[Air], hosts: Sequence[HostSpec]) -> Roster:
    """No stream to staff, or nobody to do it: two different answers."""
    if not airs:
        said = Text("没有要排班的场次。", "There is no stream to staff.")
        return Roster("none", (), (), (), (), (), Decimal(0), None, None, 0.0, (said,))
    said = Text(
        "一位主播都没有，排不了班：请给出主播（姓名、时薪、会什么、星期几和几点能上、每天每周最多几小时）。",
        "There are no hosts, so nobody can be rostered: name them (pay an hour, skills, weekdays and hours, most hours a day and week).",
    )
    left = tuple(Uncovered(air.session_id, air.start, air.end, air.need, ()) for air in airs)
    return Roster("infeasible", (), left, (), (), (), Decimal(0), None, None, 0.0, (said,))


def _yuan(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents) / 100


def _shifts(airs: Sequence[Air], hosts: Sequence[HostSpec], solved: Solved) -> tuple[HostShift, ...]:
    rows = [
        HostShift(
            airs[turn.air].session_id, hosts[h].name, turn.start, turn.end, turn.arrives,
            (hosts[h].hourly * turn.present / _HOUR).quantize(Decimal("0.01")),
        )
        for turn, who in solved.given
        for h in who
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.start, row.session_id, row.host)))


def _totals(airs: Sequence[Air], hosts: Sequence[HostSpec], solved: Solved, shifts: Sequence[HostShift]) -> tuple[HostTotal, ...]:  # fmt: skip
    found = []
    for h, host in enumerate(hosts):
        mine = [turn for turn, who in solved.given if h in who]
        slots = Counter(airs[turn.air].slot for turn in mine)
        cost = sum((one.cost for one in shifts if one.host == host.name), Decimal(0))
        minutes = sum(turn.minutes for turn in mine)
        found.append(HostTotal(host.name, Decimal(minutes) / _HOUR, len(mine), sum(map(is_evening, mine)), cost, tuple(slots.items())))  # fmt: skip
    return tuple(found)


def _notes(hosts: Sequence[HostSpec]) -> tuple[Text, ...]:
    """A host nobody can use, said by name."""
    idle = [
        host.name
        for host in hosts
        if not host.weekdays or not host.max_day or not host.max_week or not host.max_days_week
    ]
    if not idle:
        return ()
    return (Text(f"这些主播没有可上班的日子或时长，排不进去：{'、'.join(idle)}。", f"These hosts have no day or hour they may work, so they get no turn: {', '.join(idle)}."),)  # fmt: skip
