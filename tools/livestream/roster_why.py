"""Why a roster cannot cover everything, in words: reasons per turn and host, rules that cannot all hold, and remedies that were solved again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from tools.livestream.roster_model import Solved, Wishes, solve
from tools.livestream.roster_rules import (
    DAY_MAX,
    REST,
    REST_DAY,
    RULES,
    WEEK_MAX,
    WEEKDAYS,
    Air,
    HostSpec,
    Turn,
    clash,
    static_reasons,
    week_of_day,
    work_day,
)  # fmt: skip
from tools.livestream.schedule_types import Conflict, Remedy
from tools.text import Text

__all__ = ["NOBODY", "conflicts", "remedies", "why_not"]

_NO_WISH = Wishes()
_NEW, _DAY = "+", 24 * 60
NOBODY = Text(
    "同一时刻或交接时需要的人数，多过主播人数",
    "more people are needed at a moment, or to hand over to, than there are hosts",
)


def why_not(
    turn: Turn, airs: Sequence[Air], hosts: Sequence[HostSpec], given: Sequence[tuple[Turn, tuple[int, ...]]]
) -> tuple[tuple[str, Text], ...]:
    """For each host not on this turn: what stands against taking it, with all else as rostered."""
    found = []
    for h, host in enumerate(hosts):
        mine = [other for other, who in given if h in who]
        if turn in mine:
            continue
        reasons = [*static_reasons(host, airs[turn.air], turn).values(), *_busy(host, turn, mine)]
        if reasons:
            found.append((host.name, Text("、".join(r.zh for r in reasons), ", ".join(r.en for r in reasons))))
    return tuple(found)


def _busy(host: HostSpec, turn: Turn, mine: Sequence[Turn]) -> list[Text]:
    day, week = work_day(turn.start), week_of_day(work_day(turn.start))
    reasons = []
    near = next((other for other in mine if clash((turn.arrives, turn.end), (other.arrives, other.end))), None)
    if near is not None:
        reasons.append(Text(f"与 {near.start:%m-%d %H:%M} 的班冲突或休息不够", f"has the turn at {near.start:%m-%d %H:%M}, at the same time or too little rest away"))  # fmt: skip
    same_day = sum(other.minutes for other in mine if work_day(other.start) == day)
    if same_day + turn.minutes > host.max_day:
        reasons.append(Text("会超过每天上限", "would pass the most hours a day"))
    same_week = [other for other in mine if week_of_day(work_day(other.start)) == week]
    if sum(other.minutes for other in same_week) + turn.minutes > host.max_week:
        reasons.append(Text("会超过每周上限", "would pass the most hours a week"))
    if len({work_day(other.start) for other in same_week} | {day}) > host.max_days_week:
        reasons.append(Text("那周就没有休息日了", "would have no day off that week"))
    return reasons


def conflicts(airs: Sequence[Air], hosts: Sequence[HostSpec], seconds: float) -> tuple[Conflict, ...]:
    """An irreducible set of rules that cannot hold with full cover: each is dropped in turn and stays dropped while the rest still conflict."""
    dropped: set[str] = set()
    for rule in (
        REST_DAY,
        WEEK_MAX,
        DAY_MAX,
        REST,
        *(r for r in RULES if r not in (REST_DAY, WEEK_MAX, DAY_MAX, REST)),
    ):
        tried = frozenset(dropped | {rule})
        if solve(airs, hosts, _NO_WISH, without=tried, seconds=seconds).status == "infeasible":
            dropped.add(rule)
    left = [RULES[rule] for rule in RULES if rule not in dropped]
    return (Conflict(tuple(left) or (NOBODY,)),)


def remedies(airs: Sequence[Air], hosts: Sequence[HostSpec], solved: Solved, seconds: float) -> tuple[Remedy, ...]:
    """One more host on the days that stay open, two where one is not enough, and leaving those turns off the air."""
    days = sorted({work_day(turn.start).weekday() for turn, _ in solved.short})
    first = min(_clock(turn.arrives, turn) for turn, _ in solved.short)
    last = max(_clock(turn.end, turn) for turn, _ in solved.short)
    span = f"{_hour(first)}–{_hour(last)}"
    every = len(days) == len(WEEKDAYS)
    words = (
        Text("每天", "every day")
        if every
        else Text("、".join(WEEKDAYS[day].zh for day in days), ", ".join(WEEKDAYS[day].en for day in days))
    )
    skills = sorted(set().union(*(airs[turn.air].skills for turn, _ in solved.short)))
    able = Text(f"、会{'、'.join(skills)}" if skills else "", f", skilled in {', '.join(skills)}" if skills else "")
    found = []
    for extra in (1, 2):
        new = [_extra(f"{_NEW}{n}", days, skills, (first, last)) for n in range(extra)]
        tried = solve(airs, [*hosts, *new], _NO_WISH, slack=True, seconds=seconds)
        if tried.objective is None:
            break
        many = Text("一位" if extra == 1 else "两位", "one more host" if extra == 1 else "two more hosts")
        found.append(
            Remedy(Text(f"加{many.zh}{words.zh} {span} 能上班{able.zh}的主播", f"{many.en}{' ' if every else ' on '}{words.en}, {span}{able.en}"), tried.uncovered)
        )  # fmt: skip
        if not tried.uncovered:
            break
    return tuple(found)


def _extra(name: str, days: Sequence[int], skills: Sequence[str], span: tuple[int, int]) -> HostSpec:
    """A host who may work those hours on those weekdays, within the usual limits."""
    first, last = time(*divmod(span[0] % _DAY, 60)), span[1]
    latest = time(23, 59) if last == _DAY else time(*divmod(last % _DAY, 60))
    return HostSpec(name, skills=frozenset(skills), weekdays=frozenset(days), earliest=first, latest=latest)


def _clock(at: datetime, turn: Turn) -> int:
    """Minutes since midnight of the turn's working day: one in the morning after it is 25 hours."""
    return (at - datetime.combine(work_day(turn.start), time())) // timedelta(minutes=1)


def _hour(minutes: int) -> str:
    return "24:00" if minutes == _DAY else f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
