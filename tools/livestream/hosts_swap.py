"""The swap plan: which hosts share which streams, in what order and how often, so that their difference can be seen at all.

Two hosts of one stream share its luck, so a stream is one comparison; who opens alternates, so the hour cancels. With all pairs of H hosts in
r streams each, Var(difference) = 4·σ²/(r·H), σ² the variance of one shift (balanced incomplete blocks of two, Cochran and Cox 1957, ch. 11).
A stream too short to split goes to one host as a whole, in turn: then luck of the stream counts too and Var = 2·σ²/n.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from statistics import NormalDist, median

from tools.livestream.hosts_compare import Luck, rules
from tools.livestream.hosts_rows import HostRows
from tools.livestream.schedule_types import Slot

__all__ = ["SwapPlan", "SwapTurn", "streams_needed", "swap_plan"]

_NORMAL = NormalDist()


@dataclass(frozen=True)
class SwapTurn:
    """Two hosts in one slot: `streams` together (half opened by each), or alternate whole streams."""

    first: str
    second: str
    slot: Slot | None
    streams: int


@dataclass(frozen=True)
class SwapPlan:
    """`split`: both hosts in one stream. `difference` is the ratio to be seen with `power`. `assumed`: luck is not the room's own."""

    turns: tuple[SwapTurn, ...]
    split: bool
    difference: Decimal
    power: Decimal
    shifts_each: int
    streams: int
    weeks: int | None
    assumed: bool


def streams_needed(variance: float, difference: float, power: float, level: float = 0.95) -> int:
    """Differences of that variance needed to see `difference` (log) by a t test: normal formula plus Guenther's z²/2, made even, at least 8."""
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    n = variance * ((z + _NORMAL.inv_cdf(power)) / difference) ** 2 + z * z / 2
    return max(2 * math.ceil(n / 2), 8)


def swap_plan(found: HostRows, hosts: Sequence[str], luck: Luck | None) -> SwapPlan | None:
    """The plan for two hosts or more; None for one (somebody must be found first)."""
    names = list(hosts)[:6]
    if len(names) < 2:
        return None
    rule = rules("swap")
    gap = math.log1p(rule["difference"])
    length = median([s.minutes for s in found.sessions if s.minutes] or [0])
    split = length >= rule["shortest"]
    one = rule["sd"] ** 2 if luck is None else _shift_variance(found, luck, split)
    h = len(names)
    if split:
        per_pair = streams_needed(4 * one / h, gap, rule["power"])
        if h > 2:  # a host meets several others, so eight shifts are reached with fewer streams a pair
            per_pair = max(2 * math.ceil((4 * one / h * _factor(rule["power"]) / gap**2 + 2) / 2), 2 * math.ceil(4 / (h - 1)))  # fmt: skip
        each = per_pair * (h - 1)
        total = per_pair * math.comb(h, 2)
    else:
        each = streams_needed(2 * one, gap, rule["power"])
        per_pair, total = each, each * h
    slot = _usual(found)
    turns = tuple(SwapTurn(a, b, slot, per_pair) for a, b in combinations(names, 2)) if split else tuple(SwapTurn(a, b, slot, 2 * each) for a, b in zip(names, [*names[1:], names[0]], strict=True) if h > 2 or a == names[0])  # fmt: skip
    return SwapPlan(turns, split, Decimal(str(rule["difference"])), Decimal(str(rule["power"])), each, total, _weeks(found, total), luck is None)  # fmt: skip


def _factor(power: float) -> float:
    return (_NORMAL.inv_cdf(0.975) + _NORMAL.inv_cdf(power)) ** 2


def _shift_variance(found: HostRows, luck: Luck, split: bool) -> float:
    """Variance of one planned shift. Rows that were whole streams hold half the orders when split, so chance doubles."""
    rows_a_stream = len(found.rows) / max(len({r.session_id for r in found.rows}), 1)
    noise = luck.noise * (2 / max(rows_a_stream, 1) if split else 1 / max(rows_a_stream, 1))
    return luck.within + noise + (0.0 if split else luck.between)


def _usual(found: HostRows) -> Slot | None:
    """The slot with most hours on air."""
    time: dict[Slot, float] = defaultdict(float)
    for row in found.rows:
        if row.slot is not None:
            time[row.slot] += row.minutes
    return max(time, key=lambda s: time[s]) if time else None


def _weeks(found: HostRows, streams: int) -> int | None:
    """Weeks at the room's own pace in its usual slot."""
    slot = _usual(found)
    days = Counter(r.session_id for r in found.rows if r.slot == slot)
    held = {r.session_id: r.day for r in found.rows if r.slot == slot}
    if len(days) < 2:
        return None
    span = (max(held.values()) - min(held.values())).days + 1
    a_week = len(days) / span * 7
    return math.ceil(streams / a_week) if span >= 14 else None
