"""Does selling fade with hours on air? Sales a minute in hour k of a shift over its first hour, the same shifts on both sides.

Comparing a shift with itself takes host, day and slot out. Viewers by minute are not exported, so a fall mixes fewer viewers with a tired
host; and where shifts always start at the same clock hour, it mixes the clock too (`clock_mixed`). Interval: jackknife over sessions, t.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tools.livestream.hosts_compare import rules
from tools.livestream.hosts_mixed import Interval
from tools.livestream.hosts_rows import HostRow, HostRows

__all__ = ["Fatigue", "HourOnAir", "fatigue_curve", "ratio_interval"]


class _Piece(NamedTuple):
    session_id: str
    amount: float
    first_amount: float
    minutes: float
    first_minutes: float


@dataclass(frozen=True)
class HourOnAir:
    """Hour `hour` (2 is the second) against the first: log ratio of paid GMV a minute. `orders`: in that hour, in the first hour."""

    hour: int
    ratio: Interval
    shifts: int
    orders: tuple[int, int]
    decline: float

    @property
    def verdict(self) -> Literal["declines", "may_decline", "steady", "unclear"]:
        """`declines`: more than the limit even at the top of the interval; `may_decline`: the estimate is, and some decline is sure."""
        limit = math.log(1 - self.decline)
        if self.ratio.high < limit:
            return "declines"
        if self.ratio.mean < limit and self.ratio.high < 0:
            return "may_decline"
        return "steady" if self.ratio.low > limit else "unclear"


@dataclass(frozen=True)
class Fatigue:
    """Hours that could be read, and why there are none: no shifts with order times, or too few that last."""

    hours: tuple[HourOnAir, ...]
    why_not: Literal["", "no_shifts", "too_thin"]
    clock_mixed: bool

    @property
    def flagged(self) -> HourOnAir | None:
        return next((h for h in self.hours if h.verdict == "declines"), None) or next((h for h in self.hours if h.verdict == "may_decline"), None)  # fmt: skip


def fatigue_curve(found: HostRows, host: str = "") -> Fatigue:
    """The curve of the room, or of one host. Hours run until shifts or orders become few."""
    rows = [r for r in found.rows if r.start is not None and host in ("", r.host)]
    if found.grain != "shift" or not any(r.sales for r in rows):
        return Fatigue((), "no_shifts", clock_mixed=False)
    rule = rules("fatigue")
    ordinary = [r for r in rows if not r.campaign]  # balances of a presale are paid by the clock, not by who is on air
    rows = ordinary if len(ordinary) >= rule["shifts"] else rows
    hours: list[HourOnAir] = []
    while True:
        read = _hour(rows, len(hours) + 2, rule)
        if read is None:
            break
        hours.append(read)
    starts = {(r.start.hour * 60 + r.start.minute + 30) // 60 for r in rows if r.start and r.minutes > 90}
    return Fatigue(tuple(hours), "" if hours else "too_thin", clock_mixed=len(starts) < 3)


def _hour(rows: Sequence[HostRow], hour: int, rule: dict[str, float]) -> HourOnAir | None:
    """One hour over the first, over the shifts that last long enough."""
    pieces: list[_Piece] = []
    orders = [0, 0]
    for row in rows:
        minutes = min(row.minutes - 60 * (hour - 1), 60)
        if minutes < rule["minutes"]:
            continue
        amounts = {1: 0.0, hour: 0.0}
        for sale in row.sales:
            if sale.paid_at is None or row.start is None:
                continue
            at = (sale.paid_at - row.start).total_seconds() / 60
            number = int(at // 60) + 1
            if 0 <= at < row.minutes and number in amounts:
                amounts[number] += float(sale.amount)
                orders[number == 1] += 1
        pieces.append(_Piece(row.session_id, amounts[hour], amounts[1], minutes, 60.0))
    if len(pieces) < rule["shifts"] or min(orders) < rule["orders"]:
        return None
    ratio = ratio_interval(pieces)
    return None if ratio is None else HourOnAir(hour, ratio, len(pieces), (orders[0], orders[1]), float(rule["decline"]))  # fmt: skip


def ratio_interval(pieces: Sequence[tuple[str, float, float, float, float]], level: float = 0.95) -> Interval | None:
    """Log of (Σamount/Σminutes) over the first hour's, with a jackknife over sessions. None where a side is 0 without one session."""
    from scipy.special import stdtrit

    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
    for name, *values in pieces:
        for k, value in enumerate(values):
            sums[name][k] += value
    total = [math.fsum(s[k] for s in sums.values()) for k in range(4)]
    n = len(sums)
    left = [[total[k] - s[k] for k in range(4)] for s in sums.values()]
    if n < 3 or any(one[k] <= 0 for one in left for k in range(4)):
        return None

    def log(one: Sequence[float]) -> float:
        return math.log(one[0] / one[2]) - math.log(one[1] / one[3])

    drawn = [log(one) for one in left]
    middle = math.fsum(drawn) / n
    size = math.sqrt((n - 1) / n * math.fsum((d - middle) ** 2 for d in drawn))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * size
    mean = log(total)
    return Interval(mean, mean - half, mean + half, float(n - 1))
