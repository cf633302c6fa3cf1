"""Periods of a room to cost: one past stream, a month, the last 90 days, or what is planned; and how low and high the room itself swings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.livestream.brief import Brief
from tools.livestream.ground_shop import DAYS, LEAST
from tools.livestream.room import LiveSession, need, sessions
from tools.metrics.reader import Reader
from tools.metrics.refund_age import RIPE
from tools.metrics.windows import month_of
from tools.text import Text

__all__ = ["MONTH_DAYS", "Period", "Scope", "Swings", "past", "planned", "swings"]

Scope = Literal["session", "month", "room"]
MONTH_DAYS = 30
ZERO = Decimal(0)
_YEAR = 365
_LEAST_SESSIONS, _LEAST_SUMS = 10, 8
_LOW, _HIGH = Decimal("0.2"), Decimal("0.8")


@dataclass(frozen=True)
class Period:
    """What is costed. Counts None where the export has none; `refunds` are those booked so far, `ripe` says all have come."""

    scope: Scope
    label: Text
    window: Window | None
    streams: int
    gmv: Decimal
    minutes: int | None = None
    orders: int | None = None
    ads: Decimal | None = None
    refunds: Decimal | None = None
    ripe: bool = True
    actual: bool = True

    @property
    def days(self) -> int:
        return self.window.days if self.window else MONTH_DAYS


@dataclass(frozen=True)
class Swings:
    """Low, usual and high paid GMV of a period: the 20th, 50th and 80th percentile of `n` streams in `days`, or of `n` sums over `days`.

    `kind` "assumed": no history, a stated width. `around_plan`: the room's own width around what a plan expects.
    """

    low: Decimal
    usual: Decimal
    high: Decimal
    n: int
    days: int
    kind: Literal["streams", "sums", "assumed"]
    around_plan: bool = False


def past(reader: Reader, scope: Scope, session: str, month: str | None, day: date) -> Period:
    """A period of the room's history. Raises DataMissing without one, BadArguments for a session nobody knows."""
    need(
        reader,
        "live_sessions",
        Text(
            "没有可以核算的场次（也可以在需求里写 expected_gmv 来算一个计划）",
            "there is no session to cost (a brief with expected_gmv costs a plan instead)",
        ),
    )
    known = [s for s in sessions(reader) if s.day < day and s.paid_amount is not None]
    if not known:
        raise DataMissing(Text("直播场次里没有成交金额，算不了盈亏。", "The sessions carry no GMV, so no profit can be told."), tables=("live_sessions",))  # fmt: skip
    last = max(s.day for s in known)
    if scope == "session":
        one = _named(known, session)
        return _sum("session", [one], Window(start=one.day, end=one.day), _title(one), last)
    if scope == "month":
        window = _month(known, month, last)
        chosen = [s for s in known if window.start <= s.day <= window.end]
        label = Text(f"{window.start:%Y-%m} 直播间", f"the room in {window.start:%Y-%m}")
        if not chosen:
            raise DataMissing(Text(f"{window.start:%Y-%m} 没有直播场次。", f"There is no session in {window.start:%Y-%m}."), tables=("live_sessions",))  # fmt: skip
        return _sum("month", chosen, window, label, last)
    window = Window(start=max(min(s.day for s in known), last - timedelta(days=DAYS - 1)), end=last)
    chosen = [s for s in known if window.start <= s.day]
    return _sum("room", chosen, window, Text("直播间近 90 天", "the room over its last 90 days"), last)


def _named(known: Sequence[LiveSession], session: str) -> LiveSession:
    """The session of that id, or the latest; a title or a day names one where it is the only one."""
    wanted = session.strip()
    if wanted in ("", "last", "latest", "最近"):
        return known[-1]
    hits = [s for s in known if s.session_id == wanted]
    hits = hits or [s for s in known if wanted in (s.title, s.day.isoformat())]
    if len(hits) == 1:
        return hits[0]
    recent = [s.session_id for s in reversed(hits or known)][:5]
    if not hits:
        raise BadArguments.unknown(Text("场次", "session"), session, recent)
    raise BadArguments(Text(f"“{session}”对应不止一场，请写场次 id：{'、'.join(recent)}。", f'"{session}" fits several sessions; give the session id: {", ".join(recent)}.'), choices=recent)  # fmt: skip


def _title(one: LiveSession) -> Text:
    name = one.title or one.session_id
    return Text(f"“{name}”{one.day}", f'"{name}" on {one.day}')


def _month(known: Sequence[LiveSession], month: str | None, last: date) -> Window:
    """The named month, else the last that the data cover to its end, else the newest."""
    if month:
        year, number = month.split("-")
        if not 1 <= int(number) <= 12:
            raise BadArguments(Text(f"month：“{month}”不是月份，例如 2026-10。", f'month: "{month}" is no month such as 2026-10.'))  # fmt: skip
        return month_of(date(int(year), int(number), 1))
    newest = month_of(last)
    before = month_of(newest.start - timedelta(days=1))
    whole = last >= newest.end - timedelta(days=2)
    return newest if whole or not any(s.day <= before.end for s in known) else before


def _sum(scope: Scope, chosen: Sequence[LiveSession], window: Window, label: Text, last: date) -> Period:
    return Period(
        scope, label, window, len(chosen), sum((s.paid_amount or ZERO for s in chosen), ZERO),
        minutes=_total(s.minutes for s in chosen),
        orders=_total(s.orders for s in chosen),
        ads=_money(s.ad_spend for s in chosen),
        refunds=_money(s.refund_amount for s in chosen),
        ripe=window.end <= last - timedelta(days=RIPE),
    )  # fmt: skip


def _total(values: Iterable[int | None]) -> int | None:
    """The sum, None where any is unknown: a part is no total."""
    known = list(values)
    return None if any(v is None for v in known) else sum(v or 0 for v in known)


def _money(values: Iterable[Decimal | None]) -> Decimal | None:
    known = list(values)
    return None if any(v is None for v in known) else sum((v or ZERO for v in known), ZERO)


def planned(brief: Brief, scope: Scope, monthly: Decimal, hours_month: Decimal | None) -> Period | None:
    """What the brief plans: a month of `monthly` paid GMV, or its share of one stream; None where a stream's share is unknown."""
    room = "the room" if brief.room == Brief().room else brief.room
    if scope != "session":
        label = Text(f"{brief.room}一个月（计划）", f"a planned month of {room}")
        minutes = None if hours_month is None else int(hours_month * 60)
        return Period("month", label, None, 0, monthly, minutes=minutes, actual=False)
    if not hours_month:
        return None
    lasting = brief.session.lasting
    label = Text(f"{brief.room}一场（计划）", f"a planned stream of {room}")
    return Period("session", label, None, 1, monthly * lasting / hours_month, minutes=int(lasting * 60), actual=False)


def swings(reader: Reader, period: Period, day: date) -> Swings | None:
    """Quantiles of the room's own streams (90 days), or of its rolling sums over as many days as the period (a year); None under a few."""
    if not reader.has("live_sessions"):
        return None
    known = [s for s in sessions(reader) if s.day < day and s.paid_amount is not None]
    if not known or sum(s.orders or 0 for s in known) < LEAST:
        return None
    last = known[-1].day
    kind: Literal["streams", "sums"] = "streams" if period.scope == "session" else "sums"
    if kind == "streams":
        days, least = DAYS, _LEAST_SESSIONS
        values = [s.paid_amount or ZERO for s in known if s.day > last - timedelta(days=DAYS)]
    else:
        days, least = period.days, _LEAST_SUMS
        values = _rolling(known, days, last)
    if len(values) < least:
        return None
    low, usual, high = (_quantile(values, part) for part in (_LOW, Decimal("0.5"), _HIGH))
    return Swings(low, usual, high, len(values), days, kind)


def _rolling(known: Sequence[LiveSession], days: int, last: date) -> list[Decimal]:
    """Sums of `days` days that end on `last` and every week before it, within a year of history."""
    first, sums = max(known[0].day, last - timedelta(days=_YEAR - 1)), []
    end = last
    while end - timedelta(days=days - 1) >= first:
        start = end - timedelta(days=days - 1)
        sums.append(sum((s.paid_amount or ZERO for s in known if start <= s.day <= end), ZERO))
        end -= timedelta(days=7)
    return sums


def _quantile(values: Sequence[Decimal], part: Decimal) -> Decimal:
    """Linear between order statistics."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
