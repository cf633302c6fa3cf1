"""What a schedule is made of, as plain rows: the room's response, the chosen sessions, promo phases, ramp, shifts and what cannot be covered.

Money is in shop currency, hours are clock hours, days and times are the merchant's. A figure nobody knows is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from tools.facts import Window
from tools.livestream.assumption import Assumption, Basis
from tools.text import Text

__all__ = [
    "SLOTS", "Cell", "Conflict", "Edge", "FairHosts", "HostShift", "HostTotal", "PlannedSession", "PromoPhase", "RampStep", "Remedy", "Response", "Roster",
    "Schedule", "Slot", "Status", "Uncovered",
]  # fmt: skip

Status = Literal["optimal", "feasible", "infeasible", "none"]
Slot = Literal["morning", "noon", "afternoon", "evening", "late"]
# First hour, words, and the start used where the room has never started in that slot.
SLOTS: dict[Slot, tuple[int, Text, time]] = {
    "morning": (6, Text("上午", "morning"), time(9, 0)),
    "noon": (11, Text("午间", "midday"), time(12, 0)),
    "afternoon": (14, Text("下午", "afternoon"), time(15, 0)),
    "evening": (18, Text("晚间", "evening"), time(19, 30)),
    "late": (22, Text("深夜", "late night"), time(22, 30)),
}


@dataclass(frozen=True)
class Cell:
    """Sessions that start in one slot of one weekday (0 is Monday), on an ordinary day at today's level.

    `gmv_hour` is paid GMV an hour on air, drawn towards the weekday and the slot where `n` is small; `low`..`high` is the 95 % interval
    of that mean, not of one session. `plain_gmv_hour` is what the `n` sessions came to themselves. None: not known.
    """

    weekday: int
    slot: Slot
    n: int
    gmv_hour: Decimal | None
    low: Decimal | None
    high: Decimal | None
    viewers_hour: Decimal | None
    uv_value: Decimal | None  # paid GMV per viewer
    plain_gmv_hour: Decimal | None
    weight_own: Decimal | None  # 1: its own sessions decide; 0: weekday, slot and room do


@dataclass(frozen=True)
class Response:
    """How the room answers to weekday and slot. `basis` REFERENCE: too little history, `index` (best slot = 1) is all there is."""

    basis: Basis
    cells: tuple[Cell, ...]
    sessions: int  # sessions used
    first: date | None
    last: date | None
    starts: dict[Slot, time]  # usual start of a slot
    usual_hours: Decimal | None  # median length of a session
    usual_week: Decimal | None  # hours on air in a usual week of the window
    profile: dict[Slot, tuple[Decimal, ...]]  # GMV of the 1st, 2nd … hour on air over the session's mean hour
    profile_n: dict[Slot, int]
    campaign: Decimal | None  # campaign day over ordinary day; None where no campaign day was seen
    campaign_n: int
    trend_month: Decimal | None  # change a month, as a ratio
    campaign_clear: bool = False  # whether the campaign factor is told apart from none
    index: dict[Slot, Decimal] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()

    def cell(self, weekday: int, slot: Slot) -> Cell | None:
        return next((one for one in self.cells if (one.weekday, one.slot) == (weekday, slot)), None)


@dataclass(frozen=True)
class PromoPhase:
    """A phase of a platform event inside the horizon and what changes in the room."""

    event: Text
    kind: Literal["preheat", "gather", "burst", "encore"]  # 预热 蓄水 爆发 返场
    name: Text
    first: date
    last: date
    change: Text
    source: str
    confidence: str
    doubt: Text | None = None  # what is not known of its dates


@dataclass(frozen=True)
class RampStep:
    """A step of a room that starts cold."""

    name: Text
    first: date
    last: date
    what: Text
    watch: Text


@dataclass(frozen=True)
class PlannedSession:
    """One stream. Expected figures are None where the room has no history; `contribution` is after ads and crew, before fixed cost."""

    session_id: str
    day: date
    slot: Slot
    start: datetime
    end: datetime
    n: int
    gmv: Decimal | None
    gmv_low: Decimal | None
    gmv_high: Decimal | None
    contribution: Decimal | None
    last_hour: Decimal | None  # what the last hour leaves after its crew
    next_hour: Decimal | None  # what one hour more would leave; None where the room never ran that long
    phase: PromoPhase | None
    why: Text

    @property
    def hours(self) -> Decimal:
        return Decimal((self.end - self.start) // timedelta(minutes=1)) / 60


@dataclass(frozen=True)
class HostShift:
    """A host's turn: on air `start`..`end`, present from `arrives` (the handover) on, paid for that time."""

    session_id: str
    host: str
    start: datetime
    end: datetime
    arrives: datetime
    cost: Decimal


@dataclass(frozen=True)
class Uncovered:
    """A turn without enough hosts, and why each host cannot take it (names are the merchant's own)."""

    session_id: str
    start: datetime
    end: datetime
    missing: int
    why: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot all hold together with full cover; dropping any one of them would do."""

    rules: tuple[Text, ...]


@dataclass(frozen=True)
class Remedy:
    """A change that was solved again and covers everything (`left` 0) or leaves this many minutes."""

    what: Text
    left: int


@dataclass(frozen=True)
class HostTotal:
    host: str
    hours: Decimal
    shifts: int
    evenings: int
    cost: Decimal
    slots: tuple[tuple[Slot, int], ...]


@dataclass(frozen=True)
class Roster:
    """Shifts of all hosts. `status` optimal: proven; feasible: best found, at most `gap` from the bound; infeasible: see `uncovered`.

    `objective` and `bound` are in shop currency: cost less expected contribution plus the soft wishes (evenings, swaps).
    """

    status: Status
    shifts: tuple[HostShift, ...]
    uncovered: tuple[Uncovered, ...]
    conflicts: tuple[Conflict, ...]
    remedies: tuple[Remedy, ...]
    totals: tuple[HostTotal, ...]
    cost: Decimal
    objective: Decimal | None
    bound: Decimal | None
    seconds: float
    notes: tuple[Text, ...] = ()

    @property
    def gap(self) -> Decimal | None:
        return None if self.objective is None or self.bound is None else self.objective - self.bound


@dataclass(frozen=True)
class Edge:
    """A host whose GMV per viewer differs from the mean beyond chance. Relative: 0.2 is 20 % more; `low`..`high` is the 95 % interval."""

    host: str
    mean: Decimal
    low: Decimal
    high: Decimal
    slots: tuple[Slot, ...]  # in which the host has worked often enough

    @property
    def sure(self) -> Decimal:
        """The end of the interval next to no difference: what is counted."""
        return self.low if self.low > 0 else self.high


@dataclass(frozen=True)
class FairHosts:
    """The comparison as the roster uses it: `edges` count, `even` are compared and do not differ from the mean beyond chance."""

    edges: tuple[Edge, ...]
    even: tuple[str, ...]
    window: Window
    rows: int

    def strengths(self) -> dict[str, dict[Slot, Decimal]]:
        """Expected GMV against the mean (1.1 is 10 % above), by host and slot."""
        return {edge.host: dict.fromkeys(edge.slots, 1 + edge.sure) for edge in self.edges}


@dataclass(frozen=True)
class Schedule:
    """Sessions of the next weeks with their hosts. `margin` is m of the unit economics; None: it cannot be said what a session leaves."""

    start: date
    weeks: int
    response: Response
    sessions: tuple[PlannedSession, ...]
    phases: tuple[PromoPhase, ...]
    ramp: tuple[RampStep, ...]
    roster: Roster
    assumptions: tuple[Assumption, ...]
    margin: Decimal | None
    ad_share: Decimal | None
    crew_hour: Decimal | None
    status: Literal["optimal", "feasible", "rule", "none"]
    notes: tuple[Text, ...] = ()
    fair: FairHosts | None = None  # None: hosts cannot be compared
