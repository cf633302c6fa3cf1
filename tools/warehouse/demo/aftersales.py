"""What follows a payment: shipping, receipt, and refunds by product, host and batch, days or weeks later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.orders import DAY_SECONDS, Orders
from tools.warehouse.demo.streams import Floats, Ints, Keys, Randomness, mix

__all__ = ["REASONS", "Aftermath", "settle"]

REASONS = ("不想要了", "拍错/多拍", "未按约定时间发货", "包装破损", "与描述不符", "质量问题")
_QUALITY = len(REASONS) - 1
_EVERYDAY = np.array([0.42, 0.16, 0.06, 0.10, 0.16, 0.10])
_MAX_CHANCE = 0.85


@dataclass(frozen=True)
class Aftermath:
    """Refund events of lines (one at most per line) and the fate of each order; times in seconds, -1 for not (yet)."""

    line: Ints
    refunded: Ints
    amount: Ints
    reason: Ints
    line_refund: Ints  # per line, cents
    order_refund: Ints  # per order, cents
    shipped: Ints
    completed: Ints
    status: NDArray[np.str_]


def settle(axes: Axes, fx: Effects, orders: Orders, chance: Randomness) -> Aftermath:
    """Everything after payment that is visible by the end of the last day."""
    end = axes.spec.days * DAY_SECONDS
    key = mix(orders.key[orders.lines.order], orders.lines.product + 101)
    asks, reason = _who_asks(axes, fx, orders, key, chance)
    early = chance.unit("before shipping", orders.key) < axes.spec.refunds.unshipped
    shipped = orders.paid + 3 * 3600 + (chance.unit("ship", orders.key) ** 2 * 60 * 3600).astype(np.int64)
    refunded, amount = _refund(axes, orders, key, early, shipped, chance)
    seen = asks & (refunded < end)
    line = np.flatnonzero(seen)
    line_refund = np.where(seen, amount, 0)
    order_refund = np.bincount(orders.lines.order, weights=line_refund, minlength=orders.size).astype(np.int64)
    full = (order_refund > 0) & (order_refund >= orders.goods)
    cancelled = np.zeros(orders.size, dtype=bool)
    np.logical_or.at(cancelled, orders.lines.order[line], early[orders.lines.order[line]])
    goes_out = (orders.paid >= 0) & ~(cancelled & full) & (shipped < end)
    completed = shipped + ((3 + chance.unit("receipt", orders.key) * 9) * DAY_SECONDS).astype(np.int64)
    done = goes_out & (completed < end) & ~full
    return Aftermath(
        line=line,
        refunded=refunded[line],
        amount=amount[line],
        reason=reason[line],
        line_refund=line_refund,
        order_refund=order_refund,
        shipped=np.where(goes_out, shipped, -1),
        completed=np.where(done, completed, -1),
        status=_status(orders, goes_out, done, full, end),
    )


def _who_asks(axes: Axes, fx: Effects, orders: Orders, key: Keys, chance: Randomness) -> tuple[NDArray[np.bool_], Ints]:
    spec, lines = axes.spec, orders.lines
    goods = lines.product < len(spec.products)
    product = np.where(goods, lines.product, 0)
    paid_day = np.maximum(orders.paid_day[lines.order], 0)
    worse = fx.refund[paid_day, product]
    likely = spec.refunds.rate * np.array([item.refund for item in spec.products])[product]
    likely = likely * np.array([item.refund for item in spec.streams])[orders.stream[lines.order]]
    # a buyer who returns one thing often returns the rest: one luck per order, shaken a little per line
    luck = np.where(
        chance.unit("returns all", orders.key)[lines.order] < 0.55,
        chance.unit("refund", orders.key)[lines.order],
        chance.unit("refund line", key),
    )
    asks = goods & (orders.paid[lines.order] >= 0) & (luck < np.minimum(likely * worse, _MAX_CHANCE))
    because_of_batch = luck >= np.minimum(likely, _MAX_CHANCE)
    everyday = np.searchsorted(np.cumsum(_EVERYDAY), chance.unit("reason", key))
    blames = chance.unit("blames quality", key) < 0.8
    return asks, np.where(because_of_batch & blames, _QUALITY, np.minimum(everyday, _QUALITY))


def _refund(
    axes: Axes, orders: Orders, key: Keys, early: NDArray[np.bool_], shipped: Ints, chance: Randomness
) -> tuple[Ints, Ints]:
    """(time, cents) of the refund each line would get if it were asked for."""
    spec, lines = axes.spec, orders.lines
    u, v = chance.unit("return delay", key), chance.unit("return delay 2", key)
    days = 2.0 - 0.5 * (spec.refunds.mean_days - 2) * (np.log(u) + np.log(v))  # a gamma of shape two, after the parcel
    late = shipped[lines.order] + (days * DAY_SECONDS).astype(np.int64)
    soon = orders.paid[lines.order] + 900 + (u * 6 * 3600).astype(np.int64)
    at = np.where(early[lines.order], np.minimum(soon, shipped[lines.order] - 60), late)
    partial = ~early[lines.order] & (chance.unit("partial", key) < spec.refunds.partial)
    share: Floats = 0.1 + 0.4 * chance.unit("partial share", key)
    cents = np.where(partial, (lines.amount * share).astype(np.int64), lines.amount)
    return at, np.maximum(cents, 1)


def _status(
    orders: Orders, goes_out: NDArray[np.bool_], done: NDArray[np.bool_], full: NDArray[np.bool_], end: int
) -> NDArray[np.str_]:
    waiting = (orders.paid < 0) & (orders.presale | (end - orders.created < 2 * DAY_SECONDS))
    rules = [waiting, orders.paid < 0, full, done, goes_out]
    return np.select(rules, ["created", "closed", "refunded", "completed", "shipped"], default="paid")
