"""Pairs of tables that tell the same money twice: item lines and orders, product and shop report, live lines and sessions, refunds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from tools.facts import Window
from tools.metrics.reader import Reader

__all__ = ["Check", "CheckName", "cross_checks"]

CheckName = Literal["lines", "products", "live", "refunds"]
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Check:
    """`first` is the side a figure is taken from, `second` the other. `off` of `of` orders, days or sessions differ."""

    name: CheckName
    window: Window
    first: Decimal
    second: Decimal
    of: int
    off: int
    aside: Decimal = Decimal(
        0
    )  # the part of the gap that is postage (of products: services too), exact to the cent row by row

    @property
    def gap(self) -> Decimal:
        return self.first - self.second

    @property
    def rest(self) -> Decimal:
        return self.gap - self.aside

    @property
    def rate(self) -> Decimal | None:
        return self.rest / self.first if self.first else None


def cross_checks(reader: Reader, window: Window) -> list[Check]:
    """Every pair that is there for the window, over the orders, days or sessions that stand on both sides."""
    found = []
    for make, tables in (
        (_lines, ("orders", "order_lines")),
        (_products, ("shop_daily", "product_daily")),
        (_live, ("live_sessions", "live_orders")),
        (_refunds, ("orders", "refunds")),
    ):
        if all(reader.has(table) for table in tables):
            check = make(reader, window)
            if check is not None:
                found.append(check)
    return found


def _sum(value: Any) -> Any:
    return value.sum().fill_null(0)


def _check(reader: Reader, name: CheckName, window: Window, pairs: Any) -> Check | None:
    """Add up rows with `first`, `second` and, where the money of `aside` may be in the first only, `aside`."""
    gap = pairs.first - pairs.second
    told = pairs.aside.fill_null(0) if "aside" in pairs.columns else pairs.first * 0
    aside = ((gap - told).abs() <= _CENT).ifelse(gap, 0) if "aside" in pairs.columns else told
    row = reader.run(
        pairs.aggregate(
            first=_sum(pairs.first),
            second=_sum(pairs.second),
            of=pairs.count(),
            off=_sum(((gap - aside).abs() > _CENT).ifelse(1, 0)),
            aside=_sum(aside),
        )
    )[0]
    if not row["of"]:
        return None
    return Check(name, window, row["first"], row["second"], int(row["of"]), int(row["off"]), row["aside"])


def _orders(reader: Reader, window: Window) -> Any:
    return reader.relation("orders").filter(lambda t: t.paid_date.between(window.start, window.end))


def _lines(reader: Reader, window: Window) -> Check | None:
    """Every line counts here, services too, as the order's amount holds them; postage is what lines lack."""
    t = reader.table("order_lines").filter(lambda line: line.amount.notnull())
    lines = t.group_by("order_id").aggregate(second=t.amount.sum())
    orders = _orders(reader, window).select(
        "order_id", first=lambda o: o.gross_amount, aside=lambda o: o.shipping_amount
    )
    return _check(reader, "lines", window, orders.join(lines, "order_id"))


def _products(reader: Reader, window: Window) -> Check | None:
    t = reader.table("product_daily").filter(lambda p: p.paid_amount.notnull())
    days = t.group_by("day").aggregate(second=t.paid_amount.sum())
    shop = reader.table("shop_daily").filter(
        lambda s: s.day.between(window.start, window.end) & s.paid_amount.notnull()
    )
    pairs = shop.select("day", first=shop.paid_amount).join(days, "day")
    if not reader.has("orders"):
        return _check(reader, "products", window, pairs)
    orders = _orders(reader, window)
    beside = orders.select(day=orders.paid_date, aside=orders.shipping_amount)
    if reader.has("order_lines"):
        services = reader.table("order_lines").filter(lambda line: line.is_service.fill_null(False))
        beside = beside.union(services.select(day=services.paid_date, aside=services.amount))
    asides = beside.group_by("day").aggregate(aside=beside.aside.sum())
    return _check(reader, "products", window, pairs.left_join(asides, "day").select("first", "second", "aside"))


def _live(reader: Reader, window: Window) -> Check | None:
    t = reader.table("live_orders").filter(lambda o: o.amount.notnull() & (o.session_id != ""))
    sold = t.group_by("session_id").aggregate(second=t.amount.sum())
    sessions = reader.table("live_sessions").filter(
        lambda s: s.day.between(window.start, window.end) & s.paid_amount.notnull()
    )
    pairs = sessions.select("session_id", first=sessions.paid_amount).join(sold, "session_id")
    if not reader.has("orders"):
        return _check(reader, "live", window, pairs)
    orders = reader.relation("orders").select("order_id", "shipping_amount")
    sent = t.select("order_id", "session_id").distinct().join(orders, "order_id")
    postage = sent.group_by("session_id").aggregate(aside=sent.shipping_amount.sum())
    return _check(reader, "live", window, pairs.left_join(postage, "session_id").select("first", "second", "aside"))


def _refunds(reader: Reader, window: Window) -> Check | None:
    """Refund rows tied to an order against the refund the order file states; all orders of the window with either."""
    t = reader.table("refunds").filter(lambda r: r.order_id.notnull() & (r.order_id != "") & r.amount.notnull())
    if not reader.holds("orders", ("refund_amount",)):
        return None
    rows = t.group_by("order_id").aggregate(second=t.amount.sum())
    orders = _orders(reader, window).select("order_id", first=lambda o: o.refund_amount.fill_null(0))
    pairs = orders.left_join(rows, "order_id").mutate(second=lambda p: p.second.fill_null(0))
    return _check(reader, "refunds", window, pairs.filter((pairs.first > 0) | (pairs.second > 0)))
