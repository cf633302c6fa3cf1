"""The shop's own response to weekday and slot: what an hour on air brings, with how many sessions it rests on and how sure that is.

A session counts in the slot it starts in. Campaign days and trend are taken out, thin cells are drawn towards weekday, slot and room
(`response_fit`). The hour profile is read from payment times: it mixes the clock with how long the room has been on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from tools.calendar import calendar
from tools.facts import Window
from tools.livestream import room
from tools.livestream.assumption import Basis
from tools.livestream.room import LiveOrder, LiveSession
from tools.livestream.schedule_types import SLOTS, Cell, Response, Slot
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["History", "campaign_days", "read_history", "room_response", "slot_of"]

WINDOW_DAYS = 365
_LEAST_SESSIONS = 8  # below, a room's own response is noise
_LEAST_CAMPAIGN = 5
_TREND_DAYS = 56
_MONTH = 30.4375
_DAY_MINUTES = 24 * 60
_PROFILE_SESSIONS, _PROFILE_ORDERS, _PROFILE_MINUTES = 8, 30, 30
_SELLING = frozenset({"presale", "balance", "wave", "opens", "day"})
# Share of users online, Douyin, claimed 2023 data (knowhow A4, low confidence); nothing was found of afternoons.
REFERENCE_ONLINE: dict[Slot, Decimal] = {"morning": Decimal("0.28"), "noon": Decimal("0.45"), "evening": Decimal("0.78"), "late": Decimal("0.32")}  # fmt: skip
REFERENCE_SOURCE = Text(
    "公开文章，抖音 2023 年口径，可信度低", "public article, Douyin, said to be 2023, low confidence"
)


@dataclass(frozen=True)
class History:
    """The rows a response is read from, and the day it is read on."""

    sessions: tuple[LiveSession, ...]
    orders: tuple[LiveOrder, ...]
    today: date
    platform: str = "tmall"


def read_history(reader: Reader, today: date, platform: str) -> History:
    """Sessions and order lines of the last year of data. Empty where none was imported; NotPermitted where a table is hidden."""
    for table in ("live_sessions", "live_orders"):
        if table in reader.shop.hidden:
            reader.table(table)
    sessions = [one for one in room.sessions(reader) if one.day <= today]
    if not sessions:
        return History((), (), today, platform)
    last = max(one.day for one in sessions)
    window = Window(start=last - timedelta(days=WINDOW_DAYS - 1), end=last)
    kept = tuple(one for one in sessions if one.day >= window.start)
    return History(kept, tuple(room.orders(reader, window)), today, platform)


def slot_of(start: datetime | time) -> Slot:
    """The slot an hour falls in; before six in the morning it is still late night."""
    found: Slot = "late"
    for slot, (first, _, _) in SLOTS.items():
        if start.hour >= first:
            found = slot
    return found


def campaign_days(first: date, last: date, platform: str) -> frozenset[date]:
    """Days of selling phases the calendar knows. A phase with unknown dates is missing, so some campaign days may pass as ordinary."""
    days: set[date] = set()
    for event in calendar(platform):
        if event.phase in _SELLING and event.start <= last and event.end >= first:
            days |= {event.start + timedelta(days=n) for n in range((event.end - event.start).days + 1)}
    return frozenset(day for day in days if first <= day <= last)


@dataclass(frozen=True)
class _Kept:
    """A session that can be used: its hours, start and sales are known."""

    session: LiveSession
    start: datetime
    hours: float
    gmv: float
    slot: Slot
    campaign: bool


def room_response(history: History) -> Response:
    """The room's response; with fewer than 8 usable sessions only the public online index, marked as reference."""
    kept, notes = _usable(history)
    if len(kept) < _LEAST_SESSIONS or not any(one.gmv for one in kept):
        return _reference(kept, notes)
    if sum(one.campaign for one in kept) < _LEAST_CAMPAIGN or sum(not one.campaign for one in kept) < _LEAST_SESSIONS:
        ordinary = [one for one in kept if not one.campaign]
        if len(ordinary) >= _LEAST_SESSIONS and any(one.gmv for one in ordinary):
            kept = ordinary  # too few campaign days to tell their effect: read ordinary days alone
    return _fitted(history, kept, notes)


def _usable(history: History) -> tuple[list[_Kept], list[Text]]:
    notes: list[Text] = []
    seen = history.sessions
    first, last = (min((s.day for s in seen), default=history.today), max((s.day for s in seen), default=history.today))
    campaign = campaign_days(first, last, history.platform)
    kept, unknown, odd = [], 0, []
    for one in seen:
        if one.minutes is not None and not 0 < one.minutes <= _DAY_MINUTES:
            odd.append(one)
        elif one.started_at is None or one.minutes is None or one.paid_amount is None or one.paid_amount < 0:
            unknown += 1
        else:
            hours = one.minutes / 60
            kept.append(_Kept(one, one.started_at, hours, float(one.paid_amount), slot_of(one.started_at), one.day in campaign))  # fmt: skip
    if odd:
        named = "、".join(f"{one.day} {one.minutes} 分钟" for one in odd[:3])
        listed = ", ".join(f"{one.day}: {one.minutes} minutes" for one in odd[:3])
        notes.append(Text(f"有场次的时长不可能（{named}），没有算进来，请核对导出。", f"Some sessions have an impossible length ({listed}) and were left out; check the export."))  # fmt: skip
    if unknown:
        notes.append(Text("有场次缺开播时间、时长或成交金额，没有算进来。", "Sessions without start, length or sales were left out."))  # fmt: skip
    return kept, notes


def _reference(kept: Sequence[_Kept], notes: list[Text]) -> Response:
    best = max(REFERENCE_ONLINE.values())
    index = {slot: share / best for slot, share in REFERENCE_ONLINE.items()}
    days = [one.session.day for one in kept]
    return Response(
        Basis.REFERENCE, (), len(kept), min(days, default=None), max(days, default=None), _starts(kept), None, None, {}, {}, None, 0, None,
        False, index, tuple(notes),
    )  # fmt: skip


def _starts(kept: Sequence[_Kept]) -> dict[Slot, time]:
    """The start most often used in a slot, the latest such day deciding a tie."""
    found: dict[Slot, time] = {}
    for slot in SLOTS:
        times = Counter(one.start.time().replace(second=0, microsecond=0) for one in kept if one.slot == slot)
        if times:
            found[slot] = max(times, key=lambda at: (times[at], at))
    return found


def _fitted(history: History, kept: Sequence[_Kept], notes: list[Text]) -> Response:
    import numpy as np

    from tools.livestream.response_fit import adjust

    slots = [slot for slot in SLOTS if any(one.slot == slot for one in kept)]
    asked = [(weekday, number) for weekday in range(7) for number in range(len(slots))]
    place = np.array([asked.index((one.session.day.weekday(), slots.index(one.slot))) for one in kept])
    hours = np.array([one.hours for one in kept])
    last = max(one.session.day for one in kept)
    first = min(one.session.day for one in kept)
    months = np.array([(one.session.day - last).days / _MONTH for one in kept])
    campaign = np.array([float(one.campaign) for one in kept])
    both = 0 < campaign.sum() < len(kept)
    design = np.column_stack(
        [np.array([float(one.session.day.weekday() == d) for one in kept]) for d in range(7)]
        + [np.array([float(one.slot == slot) for one in kept]) for slot in slots]
    )

    def fit(values: Any, rows: Any) -> tuple[Any, Any]:
        trend = (last - first).days >= _TREND_DAYS
        out = adjust(values, hours[rows], design[rows], campaign[rows], months[rows], with_campaign=bool(both), with_trend=trend)  # fmt: skip
        return out, _drawn(out.values, hours[rows], place[rows], asked)

    everyone = np.arange(len(kept))
    adjusted, gmv = fit(np.array([one.gmv for one in kept]) / hours, everyone)
    known = np.array([n for n, one in enumerate(kept) if one.session.viewers], dtype=int)
    people = np.array([float(kept[n].session.viewers or 0) for n in known])
    viewers = fit(people / hours[known], known)[1] if len(known) >= _LEAST_SESSIONS else None
    base = Response(
        Basis.DATA, (), len(kept), first, last, _starts(kept), _money(median(one.hours for one in kept)),
        _usual_week(kept, first, last), {}, {}, _ratio(float(np.exp(adjusted.campaign))) if both else None, int(campaign.sum()),
        _ratio(float(np.expm1(adjusted.month))) if adjusted.month else None, adjusted.campaign_clear, {},
        tuple(notes),
    )  # fmt: skip
    cells = tuple(
        _cell(weekday, slots[number], number_at, place, hours, adjusted.values, gmv, viewers)
        for number_at, (weekday, number) in enumerate(asked)
    )
    profile, counts = _profiles(history, kept)
    return replace(base, cells=cells, profile=profile, profile_n=counts)


def _drawn(values: Any, hours: Any, place: Any, asked: list[tuple[int, int]]) -> Any:
    from tools.livestream.response_fit import draw_together

    return draw_together(values, hours, place, asked)


def _cell(weekday: int, slot: Slot, at: int, place: Any, hours: Any, values: Any, gmv: Any, viewers: Any) -> Cell:
    mine = place == at
    n = int(mine.sum())
    plain = float((values[mine] * hours[mine]).sum() / hours[mine].sum()) if n else None
    seen = float(viewers.mean[at]) if viewers is not None else None
    mean = float(gmv.mean[at])
    return Cell(
        weekday, slot, n, _money(mean), _money(float(gmv.low[at])), _money(float(gmv.high[at])), None if seen is None else _money(seen),
        None if not seen else _money(mean / seen), None if plain is None else _money(plain), _ratio(float(gmv.own[at])),
    )  # fmt: skip


def _usual_week(kept: Sequence[_Kept], first: date, last: date) -> Decimal:
    """Hours of a median week of seven days, counted back from the last day; weeks off the air count as none."""
    weeks = [0.0] * ((last - first).days // 7 + 1)
    for one in kept:
        weeks[(last - one.session.day).days // 7] += one.hours
    full = weeks if len(weeks) == 1 else weeks[: (last - first).days // 7]
    return _money(median(full or weeks))


def _profiles(history: History, kept: Sequence[_Kept]) -> tuple[dict[Slot, tuple[Decimal, ...]], dict[Slot, int]]:
    """Per starting slot: GMV rate of each hour on air over the session's mean, chained between neighbours in the same sessions."""
    spent: dict[str, Counter[int]] = {}
    starts = {one.session.session_id: one for one in kept}
    sold: dict[str, Counter[int]] = {}
    for order in history.orders:
        one = starts.get(order.session_id)
        if one is None or order.paid_at is None:
            continue
        hour = int((order.paid_at - one.start).total_seconds() // 3600)
        if 0 <= hour < one.hours:
            spent.setdefault(order.session_id, Counter())[hour] += int(order.amount * 100)
            sold.setdefault(order.session_id, Counter())[hour] += 1
    found: dict[Slot, tuple[Decimal, ...]] = {}
    counts: dict[Slot, int] = {}
    for slot in SLOTS:
        mine = [one for one in kept if one.slot == slot and one.session.session_id in spent]
        rates = _chain(mine, spent, sold)
        if len(rates) > 1:
            usual = median(one.hours for one in mine)
            weights = [max(min(usual - k, 1.0), 0.0) for k in range(len(rates))]
            mean = sum(r * w for r, w in zip(rates, weights, strict=True)) / (sum(weights) or 1)
            found[slot] = tuple(_ratio(r / mean) for r in rates)
            counts[slot] = len(mine)
    return found, counts


def _chain(mine: Sequence[_Kept], spent: dict[str, Counter[int]], sold: dict[str, Counter[int]]) -> list[float]:
    """Rates of hour 1, 2 …, the first being 1. Ends where sessions or orders become few."""
    rates = [1.0]
    while True:
        hour = len(rates)
        long = [one for one in mine if one.hours * 60 >= hour * 60 + _PROFILE_MINUTES]
        both = [sum(sold[one.session.session_id][k] for one in long) for k in (hour - 1, hour)]
        if len(long) < _PROFILE_SESSIONS or both[0] < _PROFILE_ORDERS or not both[1]:
            return rates
        before = sum(spent[one.session.session_id][hour - 1] for one in long) / len(long)
        length = sum(min(one.hours - hour, 1.0) for one in long)
        now = sum(spent[one.session.session_id][hour] for one in long) / length
        if not before or not now:
            return rates
        rates.append(rates[-1] * now / before)


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def _ratio(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")
