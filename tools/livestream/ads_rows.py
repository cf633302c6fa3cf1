"""Paid traffic of a shop as plain rows: plans by day as the platform credits them, and what the room spent a session.

What an export does not hold is None, never 0; a table that was not shared is `refused`. Money in shop currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tools.facts import Window
from tools.livestream.ads_rules import counts_natural, is_room
from tools.livestream.ground_shop import DAYS, LEAST
from tools.livestream.room import LiveSession, sessions
from tools.metrics.reader import Reader
from tools.metrics.refund_age import RIPE

__all__ = ["Ads", "Plan", "PlanDay", "Sums", "read_ads", "shop_refunds"]

ZERO = Decimal(0)
_COLUMNS = ("day", "plan_id", "plan", "tool", "spend", "clicks", "orders", "paid_amount", "direct_amount", "new_buyers", "window_days")  # fmt: skip
_DEFAULT_SPREAD = Decimal("0.5")  # of order values, squared, where a plan's own days cannot tell
_LEAST_ORDERS = 20


@dataclass(frozen=True)
class PlanDay:
    """One day of one plan. `paid` all credited sales, `direct` those of the advertised product; `window` days of attribution."""

    day: date
    spend: Decimal
    clicks: int | None
    orders: int | None
    paid: Decimal | None
    direct: Decimal | None
    new_buyers: int | None
    window: int | None


@dataclass(frozen=True)
class Sums:
    """A plan's totals over days. `paid` None: no day carries it. `orders` likewise."""

    spend: Decimal
    paid: Decimal | None
    orders: int | None
    direct: Decimal | None
    days: int  # with spend

    @property
    def roi(self) -> Decimal | None:
        return self.paid / self.spend if self.paid is not None and self.spend > 0 else None

    @property
    def order_value(self) -> Decimal | None:
        return self.paid / self.orders if self.paid and self.orders else None


@dataclass(frozen=True)
class Plan:
    """A plan and all its days, oldest first."""

    plan_id: str
    name: str
    tool: str
    days: tuple[PlanDay, ...]

    @property
    def room(self) -> bool:
        return is_room(self.tool, self.name)

    @property
    def natural(self) -> bool:
        return counts_natural(self.tool, self.name)

    @property
    def attribution(self) -> int | None:
        """The latest attribution window, in days."""
        return next((one.window for one in reversed(self.days) if one.window is not None), None)

    def within(self, window: Window) -> list[PlanDay]:
        return [one for one in self.days if window.start <= one.day <= window.end]

    def sums(self, window: Window) -> Sums:
        some = self.within(window)
        paid = [one.paid for one in some if one.paid is not None]
        orders = [one.orders for one in some if one.orders is not None]
        direct = [one.direct for one in some if one.direct is not None]
        return Sums(
            sum((one.spend for one in some), ZERO), sum(paid, ZERO) if paid else None, sum(orders) if orders else None,
            sum(direct, ZERO) if direct else None, sum(one.spend > 0 for one in some),
        )  # fmt: skip

    def value_spread(self, window: Window) -> Decimal:
        """Squared relative spread of order values, from how a day's sales stray from orders × mean value."""
        told = [(one.orders, one.paid) for one in self.within(window) if one.orders and one.paid is not None]
        orders, paid = sum(n for n, _ in told), sum((p for _, p in told), ZERO)
        if orders < _LEAST_ORDERS or not paid or len(told) < 2:
            return _DEFAULT_SPREAD
        mean = paid / orders
        strayed = sum(((p - mean * n) ** 2 for n, p in told), ZERO)
        return min(strayed / (orders * mean**2), Decimal(9))


@dataclass(frozen=True)
class Ads:
    """What a shop's tables tell of its paid traffic. `refused`: tables the merchant has not shared."""

    plans: tuple[Plan, ...]
    streams: tuple[LiveSession, ...]  # sessions with ad spend
    refused: frozenset[str]

    @property
    def last(self) -> date | None:
        return max([*(p.days[-1].day for p in self.plans), *(s.day for s in self.streams)], default=None)

    @property
    def first(self) -> date | None:
        return min([*(p.days[0].day for p in self.plans), *(s.day for s in self.streams)], default=None)


def read_ads(reader: Reader, today: date) -> Ads:
    """Plans and sessions before `today`. Empty where nothing was imported."""
    refused = frozenset({"ad_daily", "live_sessions"} & reader.shop.hidden)
    plans: dict[str, list[PlanDay]] = {}
    names: dict[str, tuple[str, str]] = {}
    if "ad_daily" not in refused and reader.has("ad_daily"):
        t = reader.table("ad_daily")
        for row in reader.run(t.filter(t.day < today).select(*_COLUMNS).order_by("day")):
            if row["spend"] is None or row["spend"] < 0:
                continue
            key = str(row["plan_id"])
            names[key] = (str(row["plan"] or key), str(row["tool"] or ""))
            plans.setdefault(key, []).append(
                PlanDay(row["day"], row["spend"], row["clicks"], row["orders"], row["paid_amount"], row["direct_amount"], row["new_buyers"], row["window_days"])
            )  # fmt: skip
    streams: list[LiveSession] = []
    if "live_sessions" not in refused:
        streams = [one for one in sessions(reader) if one.day < today and one.ad_spend is not None and one.ad_spend >= 0]  # fmt: skip
    made = tuple(Plan(key, *names[key], tuple(days)) for key, days in plans.items())
    return Ads(made, tuple(streams), refused)


def shop_refunds(reader: Reader, today: date) -> Decimal | None:
    """Refunds ÷ paid of all the shop's orders at a ripe age: what plans that sell from the shelf give back. None where nothing tells."""
    if "orders" in reader.shop.hidden or not reader.has("orders") or not reader.refunds_known:
        return None
    covered = reader.coverage("orders")
    if covered is None:
        return None
    end = min(covered[1], today - timedelta(days=1)) - timedelta(days=RIPE)
    t = reader.relation("orders")
    t = t.filter(t.paid_date.between(end - timedelta(days=DAYS - 1), end))
    row = reader.run(t.aggregate(n=t.count(), paid=t.gross_amount.sum(), back=t.refund_amount.sum()))[0]
    if row["n"] < LEAST or not row["paid"] or row["back"] is None:
        return None
    return min(Decimal(row["back"]) / Decimal(row["paid"]), Decimal(1))
