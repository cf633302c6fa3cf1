"""What a room may expect of the next stream: how many people, when they come, and what each product sells per 1,000 of them on air.

No export says when a product was on air or when people came in. So four fifths of a session are taken as talk
of products, shared equally among them, and the curve over half hours is that of its paid order lines; both are said with the plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import mean, median, pstdev

from tools.facts import Window
from tools.livestream import room
from tools.livestream.assumption import Basis
from tools.livestream.products_types import Audience
from tools.livestream.room import LiveItem, LiveOrder, LiveSession
from tools.metrics.reader import Reader

__all__ = ["DAYS", "TALKING", "THIN", "Past", "Rate", "audience", "last_order", "rates", "read_past", "usual"]

DAYS = 90
THIN = 20  # pieces under which an item's own rate is mostly that of its kind
_LIKE_HOURS, _LIKE_LEAST = 2, 5
_FLAT = 10  # order lines a half hour is worth before any was seen: keeps a thin curve flat
_STEP = 30
TALKING = Decimal("0.8")  # of a stream goes to products; the rest to changes, coupons and chat
THOUSAND = Decimal(1000)


@dataclass(frozen=True)
class Past:
    """The room's last `DAYS` days: sessions with people counted, products and order lines. Empty where nothing was imported."""

    window: Window
    sessions: tuple[LiveSession, ...]
    items: tuple[LiveItem, ...]
    orders: tuple[LiveOrder, ...]


@dataclass(frozen=True)
class Rate:
    """What one product did on air. `rate`: pieces per 1,000 people while it is on, drawn to its kind as far as history is thin.

    `sold` and `reach` (pieces, thousand people) are the Gamma behind it, prior included; `n` the pieces really sold.
    """

    product_id: str
    title: str
    rate: Decimal
    sold: Decimal
    reach: Decimal
    n: int
    sessions: int
    spread: Decimal
    clicks: int
    price: Decimal | None
    gmv: Decimal


def read_past(reader: Reader, day: date) -> Past:
    """The days before `day`, back from the last one that has a session. Hidden tables raise NotPermitted where they are read."""
    seen = reader.coverage("live_sessions")
    last = min(seen[1], day - timedelta(days=1)) if seen else day - timedelta(days=1)
    window = Window(start=last - timedelta(days=DAYS - 1), end=last)
    return Past(window, tuple(room.sessions(reader, window)), tuple(room.items(reader, window)), tuple(room.orders(reader, window)))  # fmt: skip


def usual(past: Past) -> tuple[time, int] | None:
    """When the room mostly starts and the middle length of those streams, in minutes. None without a session that says both."""
    known = [s for s in past.sessions if s.started_at is not None and s.minutes]
    if not known:
        return None
    hours = Counter(s.started_at.replace(minute=s.started_at.minute // 30 * 30).time() for s in known if s.started_at)
    start = max(hours, key=lambda one: (hours[one] * median(_lasting(known, one)), one))
    return start.replace(second=0, microsecond=0), int(median(_lasting(known, start)))


def _lasting(sessions: Sequence[LiveSession], start: time) -> list[int]:
    return [s.minutes or 0 for s in sessions if s.started_at and s.started_at.replace(minute=s.started_at.minute // 30 * 30).time() == start]  # fmt: skip


def alike(past: Past, start: time) -> list[LiveSession]:
    """Sessions that started within two hours of `start`; all of them when those are fewer than five."""
    known = [s for s in past.sessions if s.viewers and s.minutes]
    near = [s for s in known if s.started_at is not None and _hours_apart(s.started_at.time(), start) <= _LIKE_HOURS]
    return near if len(near) >= _LIKE_LEAST else known


def _hours_apart(one: time, other: time) -> float:
    gap = abs((one.hour * 60 + one.minute) - (other.hour * 60 + other.minute)) / 60
    return min(gap, 24 - gap)


def audience(past: Past, start: time, minutes: int, viewers: int | None) -> Audience | None:
    """People per half hour of the stream to come. `viewers` as stated, else the mean a minute of like sessions. None: neither is known."""
    like = alike(past, start)
    if viewers is None and not like:
        return None
    rounds = -(-minutes // _STEP)
    lines, on_air = _curve(past, like, rounds)
    flow = _flow(lines, on_air)
    lengths = [min(_STEP, minutes - _STEP * r) for r in range(rounds)]
    total = Decimal(viewers) if viewers is not None else Decimal(str(mean((s.viewers or 0) / (s.minutes or 1) for s in like))) * minutes  # fmt: skip
    weight = [f * length for f, length in zip(flow, lengths, strict=True)]
    people = tuple((total * w / sum(weight)).quantize(Decimal("0.01")) for w in weight)
    return Audience(minutes, people, Basis.STATED if viewers is not None else Basis.DATA, len(like), tuple(lines))


def _curve(past: Past, like: Sequence[LiveSession], rounds: int) -> tuple[list[int], list[int]]:
    """Order lines and minutes on air per half hour since the start, over like sessions."""
    begins = {s.session_id: s.started_at for s in like if s.started_at is not None}
    lines, on_air = [0] * rounds, [0] * rounds
    for session in like:
        for r in range(rounds):
            if session.session_id in begins:
                on_air[r] += max(0, min(_STEP, (session.minutes or 0) - _STEP * r))
    for order in past.orders:
        begin = begins.get(order.session_id)
        if begin is not None and order.paid_at is not None:
            r = int((order.paid_at - begin).total_seconds() // 60) // _STEP
            if 0 <= r < rounds:
                lines[r] += 1
    return lines, on_air


def _flow(lines: Sequence[int], on_air: Sequence[int]) -> list[Decimal]:
    """Order lines a minute per half hour, drawn to the mean; a half hour nobody streamed yet is like the last one known."""
    total, minutes = sum(lines), sum(on_air)
    if not total or not minutes:
        return [Decimal(1)] * len(lines)
    average = Decimal(total) / minutes
    flow, last = [], average
    for seen, aired in zip(lines, on_air, strict=True):
        if aired:
            last = (seen + _FLAT) / (aired + _FLAT / average)
        flow.append(last)
    return flow


def rates(past: Past, kinds: Mapping[str, str]) -> dict[str, Rate]:
    """Per product of the room. `kinds`: product to category; a category of three products or more is what thin ones are drawn to."""
    people = {s.session_id: Decimal(s.viewers or 0) * TALKING / THOUSAND for s in past.sessions}
    rows: dict[str, list[LiveItem]] = defaultdict(list)
    listed: Counter[str] = Counter()
    for one in past.items:
        if people.get(one.session_id) and one.items is not None:
            rows[one.product_id].append(one)
            listed[one.session_id] += 1
    reach = {
        p: sum((people[i.session_id] / listed[i.session_id] for i in some), Decimal(0)) for p, some in rows.items()
    }
    sold = {p: sum(i.items or 0 for i in some) for p, some in rows.items()}
    groups: dict[str, list[str]] = defaultdict(list)
    for p in rows:
        groups[kinds.get(p, "")].append(p)
    found = {}
    for p, some in rows.items():
        group = groups[kinds.get(p, "")]
        weight, middle = _prior(group if len(group) >= 3 and kinds.get(p) else list(rows), sold, reach)
        s, r = Decimal(sold[p]) + weight, reach[p] + (weight / middle if middle else Decimal(0))
        money = [(i.paid_amount, i.items or 0) for i in some if i.paid_amount is not None and i.items]
        gmv = sum((m for m, _ in money), Decimal(0))
        pieces = sum(n for _, n in money)
        found[p] = Rate(
            p, some[-1].title, (s / r).quantize(Decimal("0.001")) if r else Decimal(0), s, r, sold[p], len(some),
            _spread([i.items or 0 for i in some]), sum(i.clickers or 0 for i in some), (gmv / pieces).quantize(Decimal("0.01")) if pieces else None, gmv,
        )  # fmt: skip
    return found


def _prior(group: Sequence[str], sold: Mapping[str, int], reach: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """A Gamma prior by moments: pieces it is worth (0.5 to 20) and its mean rate. Rates that differ much between products weigh little."""
    total = sum((reach[p] for p in group), Decimal(0))
    if not total:
        return Decimal(0), Decimal(0)
    middle = sum(sold[p] for p in group) / total
    if len(group) < 2 or not middle:
        return Decimal(1), middle
    seen = [sold[p] / reach[p] for p in group if reach[p]]
    noise = sum((middle / reach[p] for p in group if reach[p]), Decimal(0)) / len(seen)
    between = Decimal(str(pstdev(seen))) ** 2 - noise
    weight = middle**2 / between if between > 0 else Decimal(20)
    return min(Decimal(20), max(Decimal("0.5"), weight)), middle


def _spread(pieces: Sequence[int]) -> Decimal:
    """Coefficient of variation over sessions; never under that of chance alone. 1 with fewer than three sessions."""
    if len(pieces) < 3 or not sum(pieces):
        return Decimal(1)
    middle = mean(pieces)
    return Decimal(str(round(max(pstdev(pieces) / middle, middle**-0.5), 3)))


def last_order(past: Past) -> tuple[LiveSession, tuple[str, ...]] | None:
    """The last session with order lines and its products by the middle time they were paid: the room's last real order, as far as told."""
    times: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for order in past.orders:
        if order.paid_at is not None and order.product_id:
            times[order.session_id][order.product_id].append(order.paid_at)
    told = [s for s in past.sessions if s.session_id in times]
    if not told:
        return None
    latest = max(told, key=lambda s: (s.day, str(s.started_at or ""), s.session_id))
    bought = times[latest.session_id]
    return latest, tuple(sorted(bought, key=lambda p: (_middle(bought[p]), p)))


def _middle(times: Iterable[datetime]) -> datetime:
    ordered = sorted(times)
    return ordered[len(ordered) // 2]
