"""The kinds of planted cause: how each changes behaviour, and the ground truth a diagnosis is judged against."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from tools.errors import BadArguments
from tools.text import Text
from tools.warehouse.demo.effects import Axes, Effects, ExtraVisits
from tools.warehouse.demo.spec import CauseSpec, Event, ShopSpec, demo_spec, shopping_calendar

__all__ = ["CAUSE_TYPES", "LOTTERY_TITLE", "EntityKind", "FactorKind", "PlantedCause", "apply_causes", "ground_truth", "truth"]

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
class PlantedCause:
    """One line of ground truth. `direction` is the sign of the factor's change; `also` names further entities that are right."""

    id: str
    type: str
    kind: FactorKind
    entity_kind: EntityKind
    entity: str
    start: date
    end: date
    direction: Literal[-1, 1]
    strength: float
    tables: tuple[str, ...]
    also: tuple[tuple[EntityKind, str], ...] = ()

    def overlaps(self, start: date, end: date) -> bool:
        """Whether any day of the window (both ends included) is touched."""
        return self.start <= end and start <= self.end


@dataclass(frozen=True)
class _Type:
    apply: Callable[[Effects, CauseSpec, Axes, slice], None]
    kind: FactorKind
    entity_kind: EntityKind
    direction: Literal[-1, 1]
    tables: tuple[str, ...]


CAUSE_TYPES: dict[str, _Type] = {}


def _cause(
    kind: FactorKind, entity_kind: EntityKind, direction: Literal[-1, 1], *tables: str
) -> Callable[[Callable[[Effects, CauseSpec, Axes, slice], None]], Callable[[Effects, CauseSpec, Axes, slice], None]]:
    def register(
        apply: Callable[[Effects, CauseSpec, Axes, slice], None],
    ) -> Callable[[Effects, CauseSpec, Axes, slice], None]:
        CAUSE_TYPES[apply.__name__.lstrip("_")] = _Type(apply, kind, entity_kind, direction, tables)
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


@_cause("returning_buyers", "traffic_source", -1, "shop_daily", "orders")
def _returning_lost(fx: Effects, cause: CauseSpec, axes: Axes, days: slice) -> None:
    del axes
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


def ground_truth(spec: ShopSpec, causes: Iterable[CauseSpec]) -> tuple[PlantedCause, ...]:
    """What a diagnosis of this shop should find."""
    return tuple(_planted(spec, cause) for cause in causes)


def _planted(spec: ShopSpec, cause: CauseSpec) -> PlantedCause:
    kind = CAUSE_TYPES[cause.type]
    named = _entities(spec, cause)
    also = tuple((k, v) for k, v in named.items() if k != kind.entity_kind)
    return PlantedCause(
        id=cause.id,
        type=cause.type,
        kind=kind.kind,
        entity_kind=kind.entity_kind,
        entity=named[kind.entity_kind],
        start=cause.start,
        end=cause.end,
        direction=kind.direction,
        strength=cause.strength,
        tables=kind.tables,
        also=also,
    )


def _entities(spec: ShopSpec, cause: CauseSpec) -> dict[EntityKind, str]:
    """Names as they appear in the shop's tables."""
    axes = Axes(spec)
    named: dict[EntityKind, str] = {}
    if cause.product:
        title = spec.products[axes.product[cause.product]].title
        named |= {"product": title} | ({"stock_out": title} if cause.type == "stock_out" else {})
    if cause.stream:
        named["traffic_source"] = spec.streams[axes.stream[cause.stream]].source
    if cause.plan:
        named["ad_plan"] = spec.ads[axes.plan[cause.plan]].name
        named["traffic_source"] = spec.streams[axes.stream_of(plan=cause.plan)].source
    if cause.host:
        slot = next(s for s in spec.live.slots if cause.host in s.hosts)
        named |= {"live_host": cause.host, "traffic_source": spec.streams[axes.stream_of(slot=slot.name)].source}
    if cause.slot:
        named |= {"live_session": LOTTERY_TITLE, "traffic_source": spec.streams[axes.stream_of(slot=cause.slot)].source}
    if cause.promotion:
        named["promotion"] = next(item.name for item in spec.promotions if item.id == cause.promotion)
    if cause.type == "market_dip":
        named["market"] = spec.category
    if cause.type == "returning_lost":
        named["traffic_source"] = spec.streams[axes.direct].source
    return named


def truth(shop: str, *, calendar: bool = False) -> list[PlantedCause]:
    """The planted causes of a shipped demo shop, and with `calendar` the shopping festivals and holidays too."""
    spec = demo_spec(shop)
    planted = list(ground_truth(spec, spec.causes))
    if calendar:
        planted += [_calendar_cause(event) for event in shopping_calendar() if event.end >= spec.start]
    return planted


def _calendar_cause(event: Event) -> PlantedCause:
    lift = float(np.mean([phase.visits * phase.conversion for phase in event.phases if phase.end <= event.end]))
    main = max(event.phases, key=lambda phase: abs(np.log(phase.visits * phase.conversion)))
    direction: Literal[-1, 1] = 1 if main.visits * main.conversion > 1 else -1
    return PlantedCause(
        f"calendar-{event.id}", "calendar", "visitors", "calendar", event.name, event.start, event.end, direction,
        round(abs(lift - 1), 3), ("shop_daily",),
    )  # fmt: skip
