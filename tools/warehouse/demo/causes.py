"""The kinds of planted cause and how each changes behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tools.errors import BadArguments
from tools.text import Text
from tools.warehouse.demo.effects import Axes, Effects, ExtraVisits
from tools.warehouse.demo.spec import CauseSpec

__all__ = ["CAUSE_TYPES", "LOTTERY_TITLE", "CauseType", "EntityKind", "FactorKind", "apply_causes"]

FactorKind = Literal[
    "visitors", "conversion", "orders_per_buyer", "order_value", "refunds", "new_buyers", "returning_buyers"
]
EntityKind = Literal[
    "traffic_source", "product", "ad_plan", "live_host", "live_session", "promotion", "stock_out", "market", "calendar"
]

LOTTERY_TITLE = "福袋专场"
_LOTTERY_WEEKDAYS = (2, 4, 6)
_LOTTERY_LOYALTY = 0.10  # people who come for a draw hardly buy again
_RANK_RAMP_DAYS = 3  # a lost rank costs its traffic over some days, not at once


@dataclass(frozen=True)
class CauseType:
    """`apply` changes behaviour on a slice of days; the rest is what a diagnosis should call it and where it shows."""

    apply: Callable[[Effects, CauseSpec, Axes, slice], None]
    kind: FactorKind
    entity_kind: EntityKind
    direction: Literal[-1, 1]
    tables: tuple[str, ...]


CAUSE_TYPES: dict[str, CauseType] = {}


def _cause(
    kind: FactorKind, entity_kind: EntityKind, direction: Literal[-1, 1], *tables: str
) -> Callable[[Callable[[Effects, CauseSpec, Axes, slice], None]], Callable[[Effects, CauseSpec, Axes, slice], None]]:
    def register(
        apply: Callable[[Effects, CauseSpec, Axes, slice], None],
    ) -> Callable[[Effects, CauseSpec, Axes, slice], None]:
        CAUSE_TYPES[apply.__name__.lstrip("_")] = CauseType(apply, kind, entity_kind, direction, tables)
        return apply

    return register


@_cause("visitors", "traffic_source", 1, "traffic_daily")
def _source_surge(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    rate = np.zeros(axes.shape)
    rate[days, axes.stream[cause.stream or ""]] = cause.strength
    fx.extra.append(ExtraVisits(cause.id, rate))


@_cause("visitors", "traffic_source", -1, "traffic_daily")
def _source_lost(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.keep[days, axes.stream[cause.stream or ""]] *= 1 - cause.strength


@_cause("visitors", "traffic_source", -1, "traffic_daily")
def _source_drift(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    length = (cause.end - cause.start).days + 1
    slope = 1 - cause.strength * np.arange(1, length + 1) / length
    offset = days.start - axes.spec.day_index(cause.start)
    part = slope[offset : offset + days.stop - days.start]
    fx.keep[days, axes.stream[cause.stream or ""]] *= part[:, None]


@_cause("visitors", "traffic_source", -1, "traffic_daily", "product_daily")
def _search_rank_lost(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    age = np.arange(days.start, days.stop) - axes.spec.day_index(cause.start) + 1
    depth = cause.strength * np.minimum(age / _RANK_RAMP_DAYS, 1)
    fx.keep[days, axes.stream[cause.stream or ""], axes.product[cause.product or ""]] *= 1 - depth


@_cause("conversion", "stock_out", -1, "stock_daily", "product_daily")
def _stock_out(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    product = axes.product[cause.product or ""]
    fx.in_stock[days, product] = False
    fx.keep[days, :, product] *= 0.65  # the platform sends fewer people to an empty shelf


@_cause("conversion", "product", -1, "product_daily", "order_lines")
def _price_up(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.price[days, axes.product[cause.product or ""]] *= 1 + cause.strength


@_cause("conversion", "product", 1, "product_daily", "order_lines")
def _price_cut(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.price[days, axes.product[cause.product or ""]] *= 1 - cause.strength


@_cause("conversion", "product", -1, "product_daily")
def _page_worse(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.conversion[days, :, axes.product[cause.product or ""]] *= 1 - cause.strength


@_cause("visitors", "ad_plan", -1, "ad_daily", "traffic_daily")
def _ad_paused(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.spend[days, axes.plan[cause.plan or ""]] *= 1 - cause.strength
    fx.keep[days, axes.stream_of(plan=cause.plan)] *= 1 - cause.strength


@_cause("visitors", "ad_plan", -1, "ad_daily", "traffic_daily")
def _ad_cost_up(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.click_price[days, axes.plan[cause.plan or ""]] *= 1 + cause.strength
    fx.keep[days, axes.stream_of(plan=cause.plan)] /= 1 + cause.strength


@_cause("visitors", "ad_plan", 1, "ad_daily", "traffic_daily")
def _ad_boost(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.spend[days, axes.plan[cause.plan or ""]] *= 1 + cause.strength
    rate = np.zeros(axes.shape)
    rate[days, axes.stream_of(plan=cause.plan)] = cause.strength
    fx.extra.append(ExtraVisits(cause.id, rate))


@_cause("conversion", "live_host", -1, "live_sessions", "live_orders", "live_shifts")
def _host_left(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    part = fx.hosts[days]
    part[part == axes.host[cause.host or ""]] = axes.host[cause.replacement or ""]


@_cause("new_buyers", "live_session", 1, "live_sessions", "customers", "orders")
def _lottery_live(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    slot = axes.slot[cause.slot or ""]
    weekdays = np.array([axes.spec.date_of(d).weekday() for d in range(days.start, days.stop)])
    on = np.isin(weekdays, [w for w in _LOTTERY_WEEKDAYS if w in axes.spec.live.slots[slot].weekdays])
    fx.lottery[days, slot] |= on
    rate = np.zeros(axes.shape)
    rate[days, axes.stream_of(slot=cause.slot)] = (cause.strength * on)[:, None]
    fx.extra.append(ExtraVisits(cause.id, rate, loyalty=_LOTTERY_LOYALTY))


@_cause("refunds", "product", 1, "refunds", "product_daily")
def _quality_batch(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    fx.refund[days, axes.product[cause.product or ""]] *= cause.strength


@_cause("order_value", "promotion", -1, "promotions", "orders")
def _coupon_ended(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    del axes
    fx.coupon[cause.promotion or ""][days] = False


@_cause("orders_per_buyer", "promotion", -1, "promotions", "orders")
def _second_order_ended(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    _coupon_ended(fx, cause, axes, days)


@_cause("visitors", "market", -1, "market_daily", "traffic_daily")
def _market_dip(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    del axes
    fx.market[days] *= 1 - cause.strength
    fx.keep[days] *= 1 - cause.strength
    fx.repeat[days] *= 1 - cause.strength


@_cause("returning_buyers", "traffic_source", -1, "shop_daily", "orders", "promotions")
def _returning_lost(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    if cause.promotion is not None:  # what used to bring them back has ended
        _coupon_ended(fx, cause, axes, days)
    fx.repeat[days] *= 1 - cause.strength


def apply_causes(axes: Axes, causes: Iterable[CauseSpec]) -> Effects:
    """The behaviour of the shop under these causes. Raises BadArguments for an unknown type or entity."""
    fx = Effects.none(axes)
    for cause in causes:
        if cause.type not in CAUSE_TYPES:
            raise BadArguments.unknown(Text("原因类型", "cause type"), cause.type, list(CAUSE_TYPES))
        first = max(axes.spec.day_index(cause.start), 0)
        last = min(axes.spec.day_index(cause.end) + 1, axes.spec.days)
        if first >= last:
            continue
        try:
            CAUSE_TYPES[cause.type].apply(fx, cause, axes, slice(first, last))
        except (KeyError, StopIteration) as error:
            message = f"{cause.id}: {cause.type} names nothing in shop {axes.spec.merchant_id}"
            raise BadArguments(Text(f"{message}。", f"{message}.")) from error
    return fx
