"""Refunds at equal age: the newest window compared fairly, and what is still to come.

Refunds arrive for weeks after payment, so the newest orders always look better than older ones. Definitions:

- **D**, the last day refunds are seen: the earlier of the last day of orders and of refunds. **k** = D − the window's last day.
- **Equal age**: an order counts with the refunds made within k days of its payment, in both windows; every order of the newer
  window has been seen that long. With k under a week hardly anything would be left, so there both windows are read as they
  stood k days after their own last day (their lengths may then differ by three days at most). The mode is said with the figure.
- A refund counts once, on the order it is linked to; a refund not linked to an order counts on its own day in both windows,
  as in net GMV. A refund dated before the payment (a deposit) has age 0.
- **Where**: the window is younger than 30 days, refunds carry dates and orders, and their sum agrees with the refunds booked on
  the orders of both windows within 1 %. Elsewhere the plain caveat stays.
- **To come** (an estimate, never a figure of the window): refunds up to 60 days after payment. The curve is the share of money
  refunded at each age, over the orders of the last year that have been seen to that age (as Kaplan–Meier handles orders still
  in view; money may be refunded in parts, so the shares add rather than multiply). The range is the 10th to 90th percentile of
  what really came for windows of the same shape, moved back week by week, all of whose orders are past 60 days; eight are
  needed. Overlapping windows and a campaign with more returns than usual make it a little narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import ibis

from tools.facts import Window
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.spans import each
from tools.text import quantize

__all__ = ["HORIZON", "RIPE", "EqualAge", "Side", "ToCome", "equal_age", "to_come"]

RIPE = 30  # days after which a window counts as ripe
HORIZON = 60  # days after payment the estimate looks ahead
_SMALLEST_AGE = 7
_CLOSE = Decimal("0.01")
_LEAST, _MOST = 8, 52  # windows of the past the range is made of
_YEAR = 365
_CAP = 400  # ages are kept apart up to here, which bounds how long a window may be
ZERO = Decimal(0)


@dataclass(frozen=True)
class _Ages:
    """Money and orders by payment day; refunds by payment day and age in days, the highest age and more as one."""

    first: date
    last: date
    gross: Mapping[date, Decimal]
    orders: Mapping[date, int]
    booked: Mapping[date, Decimal]
    refunds: Mapping[date, Mapping[int, Decimal]]
    firsts: Mapping[date, Mapping[int, int]]  # orders by the age of their first refund
    unlinked: Mapping[date, Decimal]


@dataclass(frozen=True)
class Side:
    """One window at the age it is read: GMV, refunds, orders, orders with a refund, refunds not linked, and all refunds known."""

    window: Window
    gross: Decimal
    refunds: Decimal
    orders: int
    refunded: int
    unlinked: Decimal
    known: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.refunds - self.unlinked

    @property
    def rate(self) -> Decimal | None:
        return (self.refunds + self.unlinked) / self.gross if self.gross else None

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.refunded) / self.orders if self.orders else None


@dataclass(frozen=True)
class EqualAge:
    """Both windows at the same age of k days: since each payment, or since each window's last day."""

    days: int
    since: Literal["payment", "window"]
    now: Side
    before: Side

    @property
    def ripening(self) -> Decimal:
        """How much of a change in net GMV is only that refunds of the newer window have not come yet; it adds to the equal-age change."""
        return (self.before.known - self.before.refunds) - (self.now.known - self.now.refunds)


@dataclass(frozen=True)
class ToCome:
    """Refunds expected for the window's orders between now and 60 days after payment; estimates, with their range."""

    amount: Decimal
    low: Decimal
    high: Decimal
    side: Side
    windows: int

    def net(self, amount: Decimal) -> Decimal:
        return self.side.gross - self.side.known - self.side.unlinked - amount

    def rate(self, amount: Decimal) -> Decimal:
        return (self.side.known + self.side.unlinked + amount) / self.side.gross


def equal_age(reader: Reader, window: Window, previous: Window) -> EqualAge | None:
    """Both windows' refunds at the same age; None where the window is ripe or refunds carry no dates to tell by."""
    ages = _ages(reader)
    if ages is None or previous.start < ages.first or window.days + RIPE > _CAP:
        return None
    if not _dated(ages, (window, previous)):
        return None
    days = (ages.last - window.end).days
    if not 0 <= days < RIPE:
        return None
    if days >= _SMALLEST_AGE:
        return EqualAge(days, "payment", _side(ages, window, limit=days), _side(ages, previous, limit=days))
    if abs(window.days - previous.days) > 3:
        return None
    now, before = (_side(ages, w, until=w.end + timedelta(days=days)) for w in (window, previous))
    return EqualAge(days, "window", now, before)


def to_come(reader: Reader, window: Window) -> ToCome | None:
    """Refunds still expected for the window's orders; None for a ripe window or under eight comparable windows of the past."""
    ages = _ages(reader)
    if ages is None or not 0 <= (ages.last - window.end).days < RIPE or window.start < ages.first:
        return None
    side = _side(ages, window)
    past = [share for weeks in range(1, _MOST + 1) if (share := _came(ages, window, 7 * weeks)) is not None]
    if len(past) < _LEAST or not side.gross or not _dated(ages, (window,)):
        return None
    tail = _tails(ages)
    amount = sum((ages.gross.get(day, ZERO) * tail[min((ages.last - day).days, HORIZON)] for day in each(window)), ZERO)
    low, high = (side.gross * _quantile(past, part) for part in (Decimal("0.1"), Decimal("0.9")))
    amount, low, high = (quantize(value, 2) for value in (amount, low, high))
    return ToCome(amount, min(low, amount), max(high, amount), side, len(past))


def _side(ages: _Ages, window: Window, *, limit: int | None = None, until: date | None = None) -> Side:
    """A window with refunds up to an age, up to a day, or all that are known."""

    def seen(day: date) -> int:
        if until is not None:
            return (until - day).days
        return (ages.last - day).days if limit is None else limit

    days = each(window)
    return Side(
        window=window,
        gross=sum((ages.gross.get(day, ZERO) for day in days), ZERO),
        refunds=sum((_up_to(ages.refunds.get(day, {}), seen(day)) for day in days), ZERO),
        orders=sum(ages.orders.get(day, 0) for day in days),
        refunded=sum(n for day in days for age, n in ages.firsts.get(day, {}).items() if age <= seen(day)),
        unlinked=sum((ages.unlinked.get(day, ZERO) for day in days), ZERO),
        known=sum((sum(ages.refunds.get(day, {}).values(), ZERO) for day in days), ZERO),
    )


def _up_to(by_age: Mapping[int, Decimal], limit: int) -> Decimal:
    return sum((amount for age, amount in by_age.items() if age <= limit), ZERO)


def _dated(ages: _Ages, windows: Iterable[Window]) -> bool:
    """Whether the dated refunds are the refunds booked on the same orders."""
    for window in windows:
        days = each(window)
        dated = sum((sum(ages.refunds.get(day, {}).values(), ZERO) for day in days), ZERO)
        booked = sum((ages.booked.get(day, ZERO) for day in days), ZERO)
        if abs(dated - booked) > _CLOSE * max(dated, booked):
            return False
    return True


# --- the curve


def _tails(ages: _Ages) -> list[Decimal]:
    """Share of money still to be refunded after each age 0..60, from orders of the last year seen to that age."""
    oldest = ages.last - timedelta(days=_YEAR)
    back: list[Decimal] = [ZERO] * (HORIZON + 1)
    for age in range(HORIZON, 0, -1):
        young = ages.last - timedelta(days=age)
        days = [day for day in ages.gross if oldest <= day <= young]
        money = sum((ages.gross[day] for day in days), ZERO)
        came = sum((ages.refunds.get(day, {}).get(age, ZERO) for day in days), ZERO)
        back[age - 1] = back[age] + (came / money if money else ZERO)
    return back


def _came(ages: _Ages, window: Window, shift: int) -> Decimal | None:
    """Share of money refunded, in a window so many days back, after the age its twin of today has; None unless all is known."""
    by = timedelta(days=shift)
    if window.start - by < ages.first or window.end - by + timedelta(days=HORIZON) > ages.last:
        return None
    money = late = ZERO
    for day in each(window):
        money += ages.gross.get(day - by, ZERO)
        seen = (ages.last - day).days
        if seen < HORIZON:
            late += sum((v for age, v in ages.refunds.get(day - by, {}).items() if seen < age <= HORIZON), ZERO)
    return late / money if money else None


def _quantile(values: Iterable[Decimal], part: Decimal) -> Decimal:
    """Linear between order statistics."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


# --- reading


def _ages(reader: Reader) -> _Ages | None:
    if "refund_ages" not in reader.memo:
        reader.memo["refund_ages"] = _read(reader)
    found: _Ages | None = reader.memo["refund_ages"]
    return found


def _read(reader: Reader) -> _Ages | None:
    orders, refunds = reader.coverage("orders"), reader.coverage("refunds")
    if orders is None or refunds is None or not reader.offers(RELATIONS["linked_refunds"]):
        return None
    if not reader.holds("refunds", ("order_id", "refunded_date")):
        return None
    last = min(orders[1], refunds[1])
    t = reader.relation("orders")
    paid = reader.run(
        t.group_by(day=t.paid_date).aggregate(gross=t.gross_amount.sum(), n=t.count(), booked=t.refund_amount.sum())
    )
    linked = reader.relation("linked_refunds")
    linked = linked.filter(linked.refunded_date <= last)
    age = linked.refunded_date.delta(linked.paid_date, unit="day")
    linked = linked.mutate(age_=ibis.least(ibis.greatest(age, 0), _CAP))
    sums = reader.run(linked.group_by(day=linked.paid_date, age=linked.age_).aggregate(amount=linked.amount.sum()))
    per_order = linked.group_by("order_id", "paid_date").aggregate(age=linked.age_.min())
    firsts = reader.run(per_order.group_by(day=per_order.paid_date, age=per_order.age).aggregate(n=per_order.count()))
    loose = reader.relation("unlinked_refunds")
    loose_rows = reader.run(loose.group_by(day=loose.refunded_date).aggregate(amount=loose.amount.sum()))
    refunds_by: dict[date, dict[int, Decimal]] = {}
    for row in sums:
        refunds_by.setdefault(row["day"], {})[int(row["age"])] = row["amount"] or ZERO
    firsts_by: dict[date, dict[int, int]] = {}
    for row in firsts:
        firsts_by.setdefault(row["day"], {})[int(row["age"])] = int(row["n"])
    return _Ages(
        first=orders[0],
        last=last,
        gross={row["day"]: row["gross"] or ZERO for row in paid},
        orders={row["day"]: int(row["n"]) for row in paid},
        booked={row["day"]: row["booked"] or ZERO for row in paid},
        refunds=refunds_by,
        firsts=firsts_by,
        unlinked={row["day"]: row["amount"] or ZERO for row in loose_rows},
    )
