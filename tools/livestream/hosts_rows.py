"""Host × shift rows: what each host sold on air, to how many viewers, when, on which goods, with which ads.

A shift's viewers are the session's, spread evenly over its minutes: no export tells viewers by minute. An order belongs to the host its row
names, else to who was on air when it was paid. Without shifts or without order lines a row is a whole session of its one host.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from tools.facts import Window
from tools.livestream import room
from tools.livestream.response import campaign_days, slot_of
from tools.livestream.room import LiveSession, Shift
from tools.livestream.schedule_types import Slot
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["HostRow", "HostRows", "Sale", "host_name", "host_rows"]

ZERO = Decimal(0)
_DAY_MINUTES, _RELAY_MINUTES = 24 * 60, 8 * 60


@dataclass(frozen=True)
class Sale:
    """One paid order of a session: sum of its lines. `host` as the export names it, "" where it does not."""

    session_id: str
    host: str
    paid_at: datetime | None
    amount: Decimal


@dataclass(frozen=True)
class HostRow:
    """One shift (or one whole session). `viewers` is spread by minutes; `price` the clicked goods' mean price; `ads` spend a viewer."""

    session_id: str
    host: str
    day: date
    start: datetime | None
    minutes: float
    viewers: float
    orders: int
    amount: Decimal
    slot: Slot | None
    first: bool  # opens the session
    campaign: bool
    price: float | None
    ads: float | None
    sales: tuple[Sale, ...] = ()


@dataclass(frozen=True)
class HostRows:
    """All rows of a window. `dispersion` is the mean square over the mean of order values, in shop currency (see `hosts_mixed`)."""

    grain: Literal["shift", "session"]
    rows: tuple[HostRow, ...]
    dispersion: float
    lone: int  # order lines whose host or shift is unknown
    notes: tuple[Text, ...]
    sessions: tuple[LiveSession, ...]

    def hosts(self) -> list[str]:
        """By hours on air, most first."""
        time: dict[str, float] = defaultdict(float)
        for row in self.rows:
            time[row.host] += row.minutes
        return sorted(time, key=lambda name: (-time[name], name))


def host_rows(reader: Reader, window: Window, platform: str) -> HostRows:
    """Rows of the window, oldest first. Raises DataMissing without sessions and NotPermitted where a table is hidden."""
    room.need(reader, "live_sessions", Text("看不了主播的表现", "hosts cannot be looked at"))
    for table in ("live_shifts", "live_orders", "live_items"):
        if table in reader.shop.hidden:
            reader.table(table)
    sessions = [replace(s, host=host_name(s.host)) for s in room.sessions(reader, window)]
    shifts = [replace(s, host=host_name(s.host)) for s in room.shifts(reader, window) if host_name(s.host)]
    sales = _sales(reader, window)
    making = _Making(sessions, _sides(reader, window, sessions, platform))
    if shifts and sales:
        return making.by_shift(shifts, sales)
    return making.by_session(shifts, has_orders=bool(sales))


def _sales(reader: Reader, window: Window) -> list[Sale]:
    """Orders of the window: lines of one order together, as a buyer of two things is one sale."""
    if not reader.has("live_orders"):
        return []
    t = reader.table("live_orders")
    t = t.filter(t.paid_date.between(window.start, window.end), t.amount.notnull())
    key = (t.order_id.notnull() & (t.order_id != "")).ifelse(t.order_id, t.line_id)
    t = t.select("session_id", "host", "paid_at", "amount", key_=key)
    found = t.group_by("session_id", "host", "key_").aggregate(paid_at=t.paid_at.min(), amount=t.amount.sum())
    rows = reader.run(found.order_by("paid_at", "key_"))
    return [Sale(row["session_id"] or "", host_name(row["host"]), row["paid_at"], row["amount"]) for row in rows]


@dataclass(frozen=True)
class _Sides:
    """What differs between sessions beside the host."""

    campaign: frozenset[date] = frozenset()
    price: Mapping[str, float] = field(default_factory=dict)
    ads: Mapping[str, float] = field(default_factory=dict)


def _sides(reader: Reader, window: Window, sessions: Sequence[LiveSession], platform: str) -> _Sides:
    sold: dict[str, Decimal] = defaultdict(Decimal)
    pieces: dict[str, int] = defaultdict(int)
    items = room.items(reader, window)
    for one in items:
        if one.paid_amount and one.items:
            sold[one.product_id] += one.paid_amount
            pieces[one.product_id] += one.items
    price = {product: float(sold[product] / pieces[product]) for product in sold}
    clicks: dict[str, float] = defaultdict(float)
    worth: dict[str, float] = defaultdict(float)
    for one in items:
        looks = one.clickers if one.clickers is not None else one.clicks
        if looks and one.product_id in price:
            clicks[one.session_id] += looks
            worth[one.session_id] += looks * price[one.product_id]
    mix = {session: worth[session] / clicks[session] for session in clicks}
    ads = {s.session_id: float(s.ad_spend) / s.viewers for s in sessions if s.ad_spend is not None and s.viewers and s.ad_spend >= 0}  # fmt: skip
    return _Sides(campaign_days(window.start, window.end, platform), mix, ads)


@dataclass
class _Making:
    """Builds rows and remembers what had to be left out."""

    sessions: Sequence[LiveSession]
    sides: _Sides
    notes: list[Text] = field(default_factory=list)

    def _row(self, session: LiveSession, host: str, start: datetime | None, minutes: float, viewers: float, orders: int, amount: Decimal, first: bool, sales: tuple[Sale, ...] = ()) -> HostRow:  # fmt: skip
        """A long relay is placed by its own start, an ordinary stream by the stream's: half of an evening is still that evening."""
        relay = (session.minutes or 0) > _RELAY_MINUTES
        clock = start if relay or session.started_at is None else session.started_at
        return HostRow(
            session.session_id, host, session.day, start, minutes, viewers, orders, amount, slot_of(clock) if clock else None, first,
            session.day in self.sides.campaign, self.sides.price.get(session.session_id), self.sides.ads.get(session.session_id), sales,
        )  # fmt: skip

    # -- by shift -----------------------------------------------------------------------------------------------------
    def by_shift(self, shifts: Sequence[Shift], sales: Sequence[Sale]) -> HostRows:
        plans = self._plans(shifts)
        mine: dict[str, list[Sale]] = defaultdict(list)
        for sale in sales:
            mine[sale.session_id].append(sale)
        rows: list[HostRow] = []
        lone = sum(len(found) for name, found in mine.items() if name not in plans)
        values: list[Decimal] = []
        strange = 0
        for session in self.sessions:
            plan = plans.get(session.session_id)
            if plan is None or not session.viewers:
                continue
            parts: list[list[Sale]] = [[] for _ in plan]
            for sale in mine[session.session_id]:
                at = _place(plan, sale)
                strange += bool(sale.host) and all(sale.host != shift.host for shift in plan)
                if at is None:
                    lone += 1
                else:
                    parts[at].append(sale)
            total = max(float(session.minutes or 0), sum(_minutes(s) for s in plan))
            for number, (shift, part) in enumerate(zip(plan, parts, strict=True)):
                own = _minutes(shift)
                amount = sum((s.amount for s in part), ZERO)
                values += [s.amount for s in part]
                rows.append(self._row(session, shift.host, shift.starts_at, own, session.viewers * own / total, len(part), amount, number == 0, tuple(part)))  # fmt: skip
        if strange:
            self.notes.append(Text(f"有 {strange} 个订单写的主播不在当场排班里，按支付时间归给在播的人；请核对两张表的主播名。", f"{strange} orders name a host who is not on that stream's roster and went to whoever was on air; check the names in both files."))  # fmt: skip
        self._missed(plans)
        return HostRows("shift", tuple(rows), _dispersion(values), lone, tuple(self.notes), tuple(self.sessions))

    def _plans(self, shifts: Sequence[Shift]) -> dict[str, list[Shift]]:
        """Shifts of each session in order of time; an open end lasts until the next shift or the end of the stream."""
        known = {s.session_id: s for s in self.sessions}
        plans: dict[str, list[Shift]] = defaultdict(list)
        for shift in sorted(shifts, key=lambda s: (s.starts_at, s.host)):
            if shift.session_id in known:
                plans[shift.session_id].append(shift)
        good: dict[str, list[Shift]] = {}
        odd = 0
        for name, plan in plans.items():
            closed = [
                shift if shift.ends_at else Shift(shift.session_id, shift.host, shift.starts_at, _until(plan, k, known[name]), shift.day)
                for k, shift in enumerate(plan)
            ]  # fmt: skip
            kept = [s for s in closed if s.ends_at is not None and 0 < _minutes(s) <= _DAY_MINUTES]
            odd += len(plan) - len(kept)
            if len(kept) == len(plan):
                good[name] = kept
        if odd:
            self.notes.append(Text(f"排班里有 {odd} 段的时间不对（结束不晚于开始、超过 24 小时或没有结束时间），那几场没有算进来。", f"{odd} shifts have impossible times (end not after start, over 24 hours, or no end); their sessions were left out."))  # fmt: skip
        both = sum(any(a.ends_at and b.starts_at < a.ends_at for a, b in pairwise(plan)) for plan in good.values())  # fmt: skip
        if both:
            self.notes.append(Text(f"有 {both} 场的主播时间重叠（同播或排班填错）：订单按明细里的主播名归属，没写主播的归后上场的人。", f"In {both} sessions shifts overlap (two on air, or a wrong roster): orders follow the host named on the line, else the later one."))  # fmt: skip
        return good

    def _missed(self, plans: Mapping[str, Sequence[Shift]]) -> None:
        bare = sum(s.session_id not in plans for s in self.sessions)
        if bare:
            self.notes.append(Text(f"有 {bare} 场没有可用的排班，没有算进来。", f"{bare} sessions have no usable shifts and were left out."))  # fmt: skip
        blind = sum(not s.viewers for s in self.sessions)
        if blind:
            self.notes.append(Text(f"有 {blind} 场没有观看人数，没有算进来。", f"{blind} sessions have no viewer count and were left out."))  # fmt: skip

    # -- by session ---------------------------------------------------------------------------------------------------
    def by_session(self, shifts: Sequence[Shift], *, has_orders: bool) -> HostRows:
        """Whole sessions with one host; where a roster names several, the session's sales cannot be split."""
        cast: dict[str, set[str]] = defaultdict(set)
        for shift in shifts:
            cast[shift.session_id].add(shift.host)
        rows: list[HostRow] = []
        split = unnamed = blind = 0
        for s in self.sessions:
            names = cast.get(s.session_id) or ({s.host} if s.host else set())
            count = s.orders if s.orders is not None else s.buyers
            if len(names) > 1:
                split += 1
            elif not names:
                unnamed += 1
            elif not s.viewers or s.paid_amount is None or count is None or s.paid_amount < 0 or not 0 < (s.minutes or 0) <= _DAY_MINUTES:  # fmt: skip
                blind += 1
            else:
                rows.append(self._row(s, names.pop(), s.started_at, float(s.minutes or 0), float(s.viewers), count, s.paid_amount, first=True))  # fmt: skip
        for n, zh, en in (
            (split, "场有几位主播，没有直播订单明细就分不开", "sessions had several hosts and cannot be split without the order lines of the room"),
            (unnamed, "场没写主播", "sessions name no host"),
            (blind, "场缺观看人数、成交或时长（或时长不可能）", "sessions lack viewers, sales or length (or have an impossible length)"),
        ):  # fmt: skip
            if n:
                self.notes.append(Text(f"有 {n} {zh}，没有算进来。", f"{n} {en}; they were left out."))
        self.notes.append(self._unlock(bool(shifts), has_orders))
        sold = sum(r.orders for r in rows)
        mean = float(sum((r.amount for r in rows), ZERO)) / sold if sold else 1.0
        # without order lines the spread of order values is unknown: a coefficient of variation of 1 is taken, luck takes up the rest
        return HostRows("session", tuple(rows), 2 * mean, 0, tuple(self.notes), tuple(self.sessions))

    @staticmethod
    def _unlock(has_shifts: bool, has_orders: bool) -> Text:
        if not has_shifts and has_orders:
            return Text("没有主播排班，只能按场次上写的主播算；补一张排班表（场次、主播、开始、结束），就能按每一班比，也能看疲劳曲线。", "Without shifts a session counts for the host it names; import a roster (session, host, start, end) to compare shift by shift and to see tiredness.")  # fmt: skip
        if has_shifts:
            return Text("没有直播订单明细，分不开同一场里的几位主播；在“千牛 → 直播 → 数据 → 订单明细”导出后导入即可。", "Without the order lines of the room (直播订单明细) hosts of one session cannot be told apart; export and import them.")  # fmt: skip
        return Text("没有主播排班和直播订单明细，只能按整场、按场次上写的主播算；补上这两张表就能按每一班比。", "Without shifts and order lines a whole session counts for the host it names; import both to compare shift by shift.")  # fmt: skip


def host_name(text: str | None) -> str:
    """One spelling of a name: rosters are typed by hand (full-width letters, stray spaces)."""
    return " ".join(unicodedata.normalize("NFKC", text or "").split())


def _minutes(shift: Shift) -> float:
    return 0.0 if shift.ends_at is None else (shift.ends_at - shift.starts_at).total_seconds() / 60


def _until(plan: Sequence[Shift], k: int, session: LiveSession) -> datetime | None:
    later = [s.starts_at for s in plan[k + 1 :] if s.starts_at > plan[k].starts_at]
    return later[0] if later else session.ends_at


def _place(plan: Sequence[Shift], sale: Sale) -> int | None:
    """The shift a sale belongs to. A payment after the shift is still that host's; one before anybody was on air is nobody's."""
    own = [k for k, shift in enumerate(plan) if shift.host == sale.host]
    if own and sale.paid_at is None:
        return own[0] if len(own) == 1 else None
    if sale.paid_at is None:
        return None
    begun = [k for k in (own or range(len(plan))) if plan[k].starts_at <= sale.paid_at]
    if begun:
        return begun[-1]
    return own[0] if own else None


def _dispersion(values: Sequence[Decimal]) -> float:
    paid = [float(v) for v in values if v > 0]
    return sum(v * v for v in paid) / sum(paid) if paid else 1.0
