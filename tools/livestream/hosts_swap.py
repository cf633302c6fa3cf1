"""The swap plan: which hosts share which streams, in what order and how often, so that their difference can be seen at all.

Two hosts of one stream share its luck, so a stream is one comparison; who opens alternates, so the hour cancels. With all pairs of H hosts in
r streams each, Var(difference) = 4·σ²/(r·H), σ² the variance of one shift (balanced incomplete blocks of two, Cochran and Cox 1957, ch. 11).
A stream too short to split goes to one host as a whole, in turn: then luck of the stream counts too and Var = 2·σ²/n.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from statistics import NormalDist, median

from tools.livestream.hosts_compare import Luck, rules
from tools.livestream.hosts_rows import HostRows
from tools.livestream.schedule_types import Slot

__all__ = ["SwapPlan", "SwapTurn", "detectable", "streams_needed", "swap_plan", "usual_slot"]

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
    """`streams` give every host `shifts_each`; they show a difference of `detectable` (ratio, 0.3 is 30 %) with `power`.

    `streams_wanted` would show `difference`. `split`: both hosts in one stream. `assumed`: the luck is not the room's own.
    """

    turns: tuple[SwapTurn, ...]
    split: bool
    shifts_each: int
    streams: int
    weeks: int | None
    detectable: Decimal
    difference: Decimal
    power: Decimal
    streams_wanted: int
    assumed: bool


def streams_needed(variance: float, difference: float, power: float, level: float = 0.95) -> int:
    """Differences of that variance needed to see a mean `difference` by a t test: normal formula plus Guenther's z²/2, made even."""
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    n = variance * ((z + _NORMAL.inv_cdf(power)) / difference) ** 2 + z * z / 2
    return 2 * math.ceil(n / 2)


def detectable(variance: float, n: int, power: float, level: float = 0.95) -> float:
    """The mean difference that `n` differences of that variance show with `power`: `streams_needed` turned round."""
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    return (z + _NORMAL.inv_cdf(power)) * math.sqrt(variance / (n - z * z / 2))


def swap_plan(found: HostRows, hosts: Sequence[str], luck: Luck | None) -> SwapPlan | None:
    """The plan for two hosts or more (the first six); None for one (somebody must be found first)."""
    names = list(hosts)[:6]
    if len(names) < 2:
        return None
    rule, least = rules("swap"), int(rules("compare")["shifts"])
    slot, h, gap = usual_slot(found), len(names), math.log1p(rule["difference"])
    length = median([s.minutes for s in found.sessions if s.minutes] or [0])
    split = length >= rule["shortest"]
    one = rule["sd"] ** 2 if luck is None else _shift_variance(found, luck, slot, split)
    pairs = math.comb(h, 2)
    # Variance of a host difference times the streams of a pair (split) or of a host (whole streams in turn).
    variance = 4 * one / h if split else 2 * one
    wanted = streams_needed(variance, gap, rule["power"])
    pace = _pace(found, slot)
    room = math.floor((pace or 0) * rule["weeks"])  # streams that fit into the longest plan a boss will sit through
    if split:
        rounds = max(2 * math.ceil(least / (h - 1) / 2), min(wanted, 2 * (room // pairs // 2)), 4)
    else:
        rounds = max(least, min(wanted, room // h))
    seen = detectable(variance, rounds, rule["power"])
    streams = rounds * (pairs if split else h)
    # whole streams in turn: every pair alternates over its share of both hosts' streams
    together = rounds if split else 2 * math.ceil(rounds / (h - 1))
    turns = tuple(SwapTurn(a, b, slot, together) for a, b in combinations(names, 2))
    return SwapPlan(
        turns, split, rounds * (h - 1) if split else rounds, streams, math.ceil(streams / pace) if pace else None,
        Decimal(f"{math.expm1(seen):.3f}"), Decimal(str(rule["difference"])), Decimal(str(rule["power"])),
        max(wanted * (pairs if split else h), streams), luck is None,
    )  # fmt: skip


def _shift_variance(found: HostRows, luck: Luck, slot: Slot | None, split: bool) -> float:
    """Variance of one planned shift: its luck, and the chance of the few orders that half (or all) of a usual stream brings."""
    mine = [r for r in found.rows if r.slot == slot]
    streams = len({r.session_id for r in mine})
    gmv = float(sum((r.amount for r in mine), Decimal(0))) / max(streams, 1)
    noise = found.dispersion / max(gmv / (2 if split else 1), found.dispersion / 4)
    return luck.within + noise + (0.0 if split else luck.between)


def usual_slot(found: HostRows) -> Slot | None:
    """The slot with most hours on air."""
    time: dict[Slot, float] = defaultdict(float)
    for row in found.rows:
        if row.slot is not None:
            time[row.slot] += row.minutes
    return max(time.items(), key=lambda item: item[1])[0] if time else None


def _pace(found: HostRows, slot: Slot | None) -> float | None:
    """Streams a week in that slot; None where two weeks of it have not been seen."""
    held = {r.session_id: r.day for r in found.rows if r.slot == slot}
    if not held:
        return None
    span = (max(held.values()) - min(held.values())).days + 1
    return len(held) / span * 7 if span >= 14 else None
