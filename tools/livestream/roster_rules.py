"""Rules of a host roster, one by one: how a stream is cut into turns, who may take a turn and why not, and which turns one person cannot both take.

Times are naive and the merchant's own. Limits count time on air; a host is present, and paid, from the handover (10 minutes before) on.
A working day begins at 05:00, so a turn that ends at one in the morning belongs to the evening before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil

from tools.errors import BadArguments
from tools.livestream.schedule_types import Slot
from tools.text import Text

__all__ = [
    "DAY_MAX", "HANDOVER", "HOURS", "REST", "REST_DAY", "RULES", "SKILLS", "WEEKDAYS", "WEEK_MAX", "Air", "HostSpec", "Turn", "check_airs", "check_hosts", "clash",
    "cuts", "is_evening", "static_reasons", "week_of_day", "work_day",
]  # fmt: skip

HANDOVER = timedelta(minutes=10)
LONGEST_TURN, SHORTEST_TURN = 180, 120  # minutes on air
REST_SHORT, REST_NIGHT = timedelta(hours=1), timedelta(hours=11)
LONGEST_AIR = timedelta(hours=24)
_GRID = 15
_DAY_BEGINS = timedelta(hours=5)
_EVENING = time(18, 0)

SKILLS, WEEKDAY, HOURS, BUSY, REST, DAY_MAX, WEEK_MAX, REST_DAY = (
    "skills", "weekday", "hours", "busy", "rest", "day_max", "week_max", "rest_day",
)  # fmt: skip
RULES: dict[str, Text] = {
    SKILLS: Text("主播要会这个直播间要求的技能", "hosts need the skills the room asks for"),
    WEEKDAY: Text("主播能上班的星期几", "the weekdays hosts can work"),
    HOURS: Text("主播能上班的时段", "the hours hosts can work"),
    BUSY: Text("主播已有的其他安排", "what hosts are already booked for"),
    REST: Text("同一天两班之间至少休息 1 小时、隔夜至少 11 小时", "at least 1 hour between turns in a day and 11 hours overnight"),
    DAY_MAX: Text("主播每天的上播时长上限", "hosts' most hours a day"),
    WEEK_MAX: Text("主播每周的上播时长上限", "hosts' most hours a week"),
    REST_DAY: Text("每周至少休息一天", "at least one day off a week"),
}  # fmt: skip


@dataclass(frozen=True)
class HostSpec:
    """A host. `hourly` in shop currency, limits in minutes on air, `latest` at or before `earliest` runs past midnight.

    `strength`: expected GMV against the room's mean in a slot (1.1 = 10 % above), only where it was found comparable.
    """

    name: str
    hourly: Decimal = Decimal(0)
    skills: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset(range(7))
    earliest: time = time(8, 0)
    latest: time = time(23, 59)
    max_day: int = 360
    max_week: int = 2400
    max_days_week: int = 6
    busy: tuple[tuple[datetime, datetime], ...] = ()
    strength: Mapping[Slot, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Air:
    """A stream to staff: `need` hosts at every minute. `worth_hour`: expected contribution an hour before hosts; None: not known."""

    session_id: str
    start: datetime
    end: datetime
    slot: Slot
    need: int = 1
    skills: frozenset[str] = frozenset()
    worth_hour: Decimal | None = None

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)


@dataclass(frozen=True)
class Turn:
    """One host's time on air inside a stream. The first host arrives as the stream starts, later ones for the handover."""

    air: int  # place of the stream
    pattern: int  # which way of cutting it belongs to
    start: datetime
    end: datetime
    arrives: datetime

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)

    @property
    def present(self) -> int:
        return (self.end - self.arrives) // timedelta(minutes=1)


def check_airs(airs: Sequence[Air]) -> None:
    """Raise BadArguments for a stream that ends before it starts, lasts over 24 hours, needs nobody, or is named twice."""
    names = [air.session_id for air in airs]
    for air in airs:
        said = f"{air.start:%Y-%m-%d %H:%M}–{air.end:%Y-%m-%d %H:%M}"
        if air.end <= air.start:
            raise BadArguments(Text(f"场次 {air.session_id} 的结束不晚于开始（{said}）。", f"Stream {air.session_id} does not end after it starts ({said})."))  # fmt: skip
        if air.end - air.start > LONGEST_AIR:
            raise BadArguments(Text(f"场次 {air.session_id} 超过 24 小时（{said}）：一场最多 24 小时，更长请拆成几场。", f"Stream {air.session_id} lasts over 24 hours ({said}): split it into several."))  # fmt: skip
        if air.need < 1:
            raise BadArguments(Text(f"场次 {air.session_id} 至少要一位主播在播。", f"Stream {air.session_id} needs at least one host on air."))  # fmt: skip
        if names.count(air.session_id) > 1:
            raise BadArguments(Text(f"场次 {air.session_id} 出现两次。", f"Stream {air.session_id} is named twice."))


def check_hosts(hosts: Sequence[HostSpec]) -> None:
    """Raise BadArguments for a host named twice, a limit below zero, or bookings of one host that overlap."""
    names = [host.name for host in hosts]
    for host in hosts:
        if names.count(host.name) > 1:
            raise BadArguments(Text(f"主播“{host.name}”出现两次。", f'Host "{host.name}" is named twice.'))
        if min(host.max_day, host.max_week, host.max_days_week) < 0 or host.hourly < 0:
            raise BadArguments(Text(f"主播“{host.name}”的时薪和时长上限不能是负数。", f'Pay and limits of host "{host.name}" cannot be negative.'))  # fmt: skip
        booked = sorted(host.busy)
        for (first, until), (then, _) in pairwise(booked):
            if then < until:
                raise BadArguments(
                    Text(f"主播“{host.name}”的两个已有安排重叠：{first:%m-%d %H:%M} 起的到 {until:%H:%M} 才结束，{then:%m-%d %H:%M} 又有一个。", f'Two bookings of host "{host.name}" overlap: the one from {first:%m-%d %H:%M} ends at {until:%H:%M}, another starts {then:%m-%d %H:%M}.')
                )  # fmt: skip


def cuts(air: Air, place: int = 0) -> list[tuple[Turn, ...]]:
    """Ways of cutting a stream into turns of at most 3 hours: equal, one more, or a full turn at either end where the rest keeps 2 hours."""
    total = air.minutes
    few = ceil(total / LONGEST_TURN)
    ways = [_equal(total, few)]
    if few > 1 and total // (few + 1) >= SHORTEST_TURN:
        ways.append(_equal(total, few + 1))
    rest = total - LONGEST_TURN
    if few > 1 and rest / (few - 1) >= SHORTEST_TURN:
        others = _equal(rest, few - 1)
        ways += [(LONGEST_TURN, *others), (*others, LONGEST_TURN)]
    found: list[tuple[Turn, ...]] = []
    for lengths in dict.fromkeys(ways):
        at = air.start
        turns: list[Turn] = []
        for length in lengths:
            end = at + timedelta(minutes=length)
            turns.append(Turn(place, len(found), at, end, at - HANDOVER if turns else at))
            at = end
        found.append(tuple(turns))
    return found


def _equal(total: int, parts: int) -> tuple[int, ...]:
    """`parts` lengths that sum to `total`, on a grid of 15 minutes but for the last, none over 3 hours."""
    lengths, left = [], total
    for number in range(parts, 1, -1):
        step = min(round(left / number / _GRID) * _GRID, LONGEST_TURN)
        lengths.append(step)
        left -= step
    return (*lengths, left)


def work_day(at: datetime) -> date:
    return (at - _DAY_BEGINS).date()


def week_of_day(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def clash(first: tuple[datetime, datetime], second: tuple[datetime, datetime]) -> bool:
    """Whether one person cannot do both: they overlap, or leave too little rest between them."""
    (_, end), (start, _) = sorted((first, second))
    rest = REST_SHORT if work_day(min(first, second)[0]) == work_day(start) else REST_NIGHT
    return start - end < rest


def is_evening(turn: Turn) -> bool:
    """Whether at least an hour of it lies between 18:00 and 05:00."""
    begins = datetime.combine(work_day(turn.start), _EVENING)
    return turn.end - max(turn.start, begins) >= timedelta(hours=1)


def static_reasons(host: HostSpec, air: Air, turn: Turn) -> dict[str, Text]:
    """Why a host cannot take a turn whatever else is planned, by rule; empty where nothing stands against it."""
    found: dict[str, Text] = {}
    lacking = sorted(air.skills - host.skills)
    if lacking:
        found[SKILLS] = Text(f"不会{'、'.join(lacking)}", f"lacks {', '.join(lacking)}")
    day = work_day(turn.start)
    if not _inside(host, turn):
        if _inside(host, turn, every_day=True):
            found[WEEKDAY] = Text(
                f"{WEEKDAYS[day.weekday()].zh}不上班", f"does not work on {WEEKDAYS[day.weekday()].en}"
            )
        else:
            until = "24:00" if host.latest >= time(23, 59) else f"{host.latest:%H:%M}"
            found[HOURS] = Text(
                f"只能在 {host.earliest:%H:%M}–{until} 上班", f"works {host.earliest:%H:%M} to {until} only"
            )
            if not _inside(host, turn, all_hours=True):
                found[WEEKDAY] = Text(f"{WEEKDAYS[day.weekday()].zh}不上班", f"does not work on {WEEKDAYS[day.weekday()].en}")  # fmt: skip
    if any(clash((turn.arrives, turn.end), other) for other in host.busy):
        found[BUSY] = Text("那段时间已有安排", "is booked at that time")
    return found


WEEKDAYS = tuple(
    Text(zh, en)
    for zh, en in (
        ("周一", "Mondays"), ("周二", "Tuesdays"), ("周三", "Wednesdays"), ("周四", "Thursdays"), ("周五", "Fridays"),
        ("周六", "Saturdays"), ("周日", "Sundays"),
    )
)  # fmt: skip


def _inside(host: HostSpec, turn: Turn, *, every_day: bool = False, all_hours: bool = False) -> bool:
    """Whether the hours present lie in the host's hours; hours that touch at midnight are one stretch."""
    first = work_day(turn.arrives) - timedelta(days=1)
    spans: list[tuple[datetime, datetime]] = []
    for step in range(4):
        day = first + timedelta(days=step)
        if not every_day and day.weekday() not in host.weekdays:
            continue
        begins = datetime.combine(day, time(5, 0) if all_hours else host.earliest)
        ends = begins + timedelta(days=1) if all_hours else datetime.combine(day, host.latest)
        if host.latest >= time(23, 59) and not all_hours:
            ends = datetime.combine(day + timedelta(days=1), time())
        elif not all_hours and host.latest <= host.earliest:
            ends += timedelta(days=1)
        if spans and begins <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(ends, spans[-1][1]))
        else:
            spans.append((begins, ends))
    return any(begins <= turn.arrives and turn.end <= ends for begins, ends in spans)
