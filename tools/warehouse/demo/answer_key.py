"""The ground truth beside a simulation: what a diagnosis should find, in the vocabulary of its drivers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from tools.warehouse.demo.causes import CAUSE_TYPES, LOTTERY_TITLE, EntityKind, FactorKind
from tools.warehouse.demo.effects import Axes
from tools.warehouse.demo.festivals import Event, shopping_calendar
from tools.warehouse.demo.spec import CauseSpec, ShopSpec, demo_spec

__all__ = ["PlantedCause", "ground_truth", "truth"]


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


def ground_truth(spec: ShopSpec, causes: Iterable[CauseSpec]) -> tuple[PlantedCause, ...]:
    """What a diagnosis of this shop should find."""
    return tuple(_planted(spec, cause) for cause in causes)


def _planted(spec: ShopSpec, cause: CauseSpec) -> PlantedCause:
    kind = CAUSE_TYPES[cause.type]
    named = _entities(spec, cause)
    also = tuple((k, v) for k, v in named.items() if k != kind.entity_kind)
    if kind.entity_kind == "market":
        also += (("market", "大盘"),)  # what everybody calls it, whatever the category
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
        named["product"] = title
        if cause.type == "stock_out":
            named["stock_out"] = title
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
