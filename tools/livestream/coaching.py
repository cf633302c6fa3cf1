"""The coaching sheet: what the data say a host could do better, when hosts cannot be ranked. Nothing here compares people.

Three questions: where in the stream selling drops, which product is looked at and not bought, and where the rundown is silent (minutes
without a sale, products never clicked). Viewers by minute and what was said are in no export: those parts are for a person with the replay.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist, median

from tools.facts import Window
from tools.livestream import room
from tools.livestream.hosts_compare import rules
from tools.livestream.room import LiveItem, LiveOrder, LiveSession
from tools.metrics.reader import Reader
from tools.metrics.stats import wilson

__all__ = ["Coaching", "Dip", "LostClicks", "Step", "coaching_sheet"]

ZERO, ONE = Decimal(0), Decimal(1)
_BLOCK, _LEAST_STREAMS, _LEAST_ORDERS, _LINE = 30, 8, 60, 6


@dataclass(frozen=True)
class Step:
    """One step of the funnel: `late` over the last streams, `usual` over those before. Ratios, except stay in seconds."""

    key: str
    late: Decimal
    usual: Decimal
    streams: int

    @property
    def change(self) -> Decimal:
        return self.late / self.usual - ONE


@dataclass(frozen=True)
class Dip:
    """The half hour of a stream (minutes from its start) that sells least, over the mean of the half hours every stream reached."""

    start: int
    ratio: Decimal
    orders: int
    streams: int


@dataclass(frozen=True)
class LostClicks:
    """A product clicked and not bought: its rate is under `room_rate` (the room's at that price) beyond chance. `lost` is buyers missing."""

    product_id: str
    title: str
    clickers: int
    buyers: int
    rate: Decimal
    room_rate: Decimal
    lost: Decimal


@dataclass(frozen=True)
class Coaching:
    """The sheet. `silence` is the longest stretch without a paid order in a usual stream (median), minutes; None where not known."""

    streams: int
    steps: tuple[Step, ...]
    dip: Dip | None
    lost: tuple[LostClicks, ...]
    silence: int | None
    unsold: int | None  # products clicked in an average stream of which nobody bought, per stream
    shown: int | None  # products clicked per stream


def coaching_sheet(reader: Reader, window: Window) -> Coaching:
    """The sheet of a window; each part is empty where its table is missing."""
    sessions = room.sessions(reader, window)
    orders = room.orders(reader, window)
    items = room.items(reader, window)
    starts = {s.session_id: s for s in sessions if s.started_at is not None and s.minutes}
    unsold, shown = _unsold(items)
    return Coaching(len(sessions), tuple(_steps(sessions)), _dip(starts, orders), tuple(_lost(items)), _silence(starts, orders), unsold, shown)  # fmt: skip


def _steps(sessions: Sequence[LiveSession]) -> list[Step]:
    """Funnel of the last third of the streams against those before; only steps whose counts every part holds."""
    if len(sessions) < 2 * _LEAST_STREAMS:
        return []
    cut = len(sessions) - max(len(sessions) // 3, _LEAST_STREAMS)
    names = (
        ("stay", "watch_seconds", "viewers"), ("click", "item_clickers", "viewers"), ("deal", "buyers", "item_clickers"),
        ("comments", "comments", "viewers"), ("fans", "new_fans", "viewers"),
    )  # fmt: skip
    found = []
    for key, top, bottom in names:
        both = [_rate(part, top, bottom) for part in (sessions[:cut], sessions[cut:])]
        usual, late = both
        if usual and late is not None:
            found.append(Step(key, late, usual, len(sessions) - cut))
    return found


def _rate(part: Sequence[LiveSession], top: str, bottom: str) -> Decimal | None:
    pairs = [(getattr(s, top), getattr(s, bottom)) for s in part]
    known = [(a, b) for a, b in pairs if a is not None and b]
    if len(known) < _LEAST_STREAMS:
        return None
    return Decimal(sum(a for a, _ in known)) / Decimal(sum(b for _, b in known))


def _dip(starts: dict[str, LiveSession], orders: Sequence[LiveOrder]) -> Dip | None:
    """Half hours that most streams reach; the last, cut-off one is left out."""
    times = _times(starts, orders)
    streams = [starts[name] for name in times]
    if len(streams) < _LEAST_STREAMS:
        return None
    usual = int(median([s.minutes or 0 for s in streams]))
    whole = [s for s in streams if (s.minutes or 0) >= usual]
    blocks = usual // _BLOCK
    counts: Counter[int] = Counter()
    for s in whole:
        for at in times[s.session_id]:
            counts[int((at - s.started_at).total_seconds() // 60 // _BLOCK) if s.started_at else -1] += 1
    total = sum(counts[k] for k in range(blocks))
    if blocks < 3 or total < max(_LEAST_ORDERS, 10 * blocks):
        return None
    worst = min(range(blocks), key=lambda k: (counts[k], k))
    usual_count = total / blocks
    surprise = (usual_count - counts[worst]) / (usual_count * (1 - 1 / blocks)) ** 0.5
    if surprise < NormalDist().inv_cdf(
        1 - 0.05 / blocks
    ):  # the least of several half hours is always low: beyond that chance only
        return None
    return Dip(worst * _BLOCK, Decimal(counts[worst] * blocks) / total, counts[worst], len(whole))


def _times(starts: dict[str, LiveSession], orders: Sequence[LiveOrder]) -> dict[str, list[datetime]]:
    """Payment moments of each stream, one per order (lines of one order are paid in the same second)."""
    found: dict[str, set[datetime]] = defaultdict(set)
    for one in orders:
        s = starts.get(one.session_id)
        if s is not None and s.started_at and s.ends_at and one.paid_at and s.started_at <= one.paid_at < s.ends_at:
            found[one.session_id].add(one.paid_at)
    return {name: sorted(at) for name, at in found.items()}


def _silence(starts: dict[str, LiveSession], orders: Sequence[LiveOrder]) -> int | None:
    longest = []
    for name, at in _times(starts, orders).items():
        s = starts[name]
        if s.started_at and s.ends_at:
            marks = [s.started_at, *at, s.ends_at]
            longest.append(max((b - a).total_seconds() for a, b in pairwise(marks)) / 60)
    return round(median(longest)) if len(longest) >= _LEAST_STREAMS else None


def _lost(items: Sequence[LiveItem]) -> list[LostClicks]:
    """Products whose click-to-buy rate lies under what their price leads to expect, beyond chance (Wilson, 95 %), by missing buyers."""
    rule = rules("coaching")
    seen: dict[str, _Clicks] = defaultdict(_Clicks)
    for one in items:
        if one.clickers is not None and one.buyers is not None:
            seen[one.product_id].add(one)
    expected = _expected(list(seen.values()))
    found = []
    for product, got in seen.items():
        interval = wilson(Decimal(min(got.buyers, got.clickers)), Decimal(got.clickers)) if got.clickers >= rule["clicks"] else None  # fmt: skip
        rate = expected(got)
        if interval is not None and rate is not None and interval.high < rate:
            lost = got.clickers * rate - got.buyers
            found.append(LostClicks(product, got.title or product, got.clickers, got.buyers, Decimal(got.buyers) / got.clickers, rate, lost))  # fmt: skip
    return sorted(found, key=lambda one: (-one.lost, one.product_id))[: int(rule["products"])]


@dataclass
class _Clicks:
    title: str = ""
    clickers: int = 0
    buyers: int = 0
    pieces: int = 0
    amount: Decimal = ZERO

    def add(self, one: LiveItem) -> None:
        self.title = one.title or self.title
        self.clickers += one.clickers or 0
        self.buyers += one.buyers or 0
        self.pieces += one.items or 0
        self.amount += one.paid_amount or ZERO

    @property
    def price(self) -> float | None:
        return float(self.amount / self.pieces) if self.pieces and self.amount > 0 else None


def _expected(seen: Sequence[_Clicks]) -> Callable[[_Clicks], Decimal | None]:
    """The room's rate by price: a weighted line of log rate on log price over its own products; with under six, the room's mean rate."""
    clicked = sum(one.clickers for one in seen)
    mean = Decimal(sum(one.buyers for one in seen)) / clicked if clicked else None
    told = [(math.log(one.price), math.log((one.buyers + 0.5) / one.clickers), one.buyers + 0.5) for one in seen if one.price and one.clickers >= 20]  # fmt: skip
    if len(told) < _LINE or len({x for x, _, _ in told}) < _LINE:
        return lambda one: mean
    weight = math.fsum(w for _, _, w in told)
    mx, my = (math.fsum(t[k] * t[2] for t in told) / weight for k in (0, 1))
    slope = math.fsum(w * (x - mx) * (y - my) for x, y, w in told) / math.fsum(w * (x - mx) ** 2 for x, _, w in told)

    def at(one: _Clicks) -> Decimal | None:
        return Decimal(f"{math.exp(my + slope * (math.log(one.price) - mx)):.6f}") if one.price else mean

    return at


def _unsold(items: Sequence[LiveItem]) -> tuple[int | None, int | None]:
    shown: dict[str, list[bool]] = defaultdict(list)
    for one in items:
        if one.clickers and one.buyers is not None:
            shown[one.session_id].append(one.buyers == 0)
    if len(shown) < _LEAST_STREAMS:
        return None, None
    return round(median([sum(flags) for flags in shown.values()])), round(median([len(f) for f in shown.values()]))
