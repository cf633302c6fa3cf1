"""What an explanation is made of: factors, entities, events, checks, and what was missing. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from tools.facts import Quantity, WhyClass, Window
from tools.metrics.stats import Swing
from tools.text import Text

__all__ = ["FACTOR_NAMES", "Cause", "Check", "Driver", "Event", "EventKind", "Explanation", "Missing"]

FACTOR_NAMES: dict[str, Text] = {
    "visitors": Text("访客数", "visitors"),
    "conversion": Text("支付转化率", "conversion rate"),
    "buyers": Text("支付买家数", "buyers"),
    "orders_per_buyer": Text("人均订单数", "orders per buyer"),
    "order_value": Text("笔单价", "order value"),
    "buyer_value": Text("客单价", "spend per buyer"),
    "orders": Text("支付订单数", "orders"),
    "refunds": Text("退款", "refunds"),
    "new_buyers": Text("新客", "new buyers"),
    "returning_buyers": Text("老客", "returning buyers"),
    "buyer_base": Text("近一年买家", "buyers of the past year"),
    "return_rate": Text("近一年买家回来的比例", "the share of the past year's buyers who came back"),
}


@dataclass(frozen=True)
class Driver:
    """One part of the change. `contribution` is signed, in the metric's unit (pp for ratios); `share` is its part of the change.

    `before`/`after` are the driver's own figure (of `metric`, in `unit`). `mix` is what its changed size or share did, `rate`
    what its own changed rate did, where both exist. `excess` is the money beyond what moving with the rest would have given.
    """

    kind: Literal["factor", "entity"]
    id: str
    label: Text
    contribution: Decimal
    share: Decimal
    before: Decimal | None
    after: Decimal | None
    unit: str
    metric: str
    subject: tuple[str, ...] = ()
    why_class: WhyClass = WhyClass.DECOMPOSITION
    mix: Decimal | None = None
    rate: Decimal | None = None
    key: str = ""
    weight: tuple[Decimal, Decimal] | None = None  # its share of all people, before and after


EventKind = Literal[
    "stock_out",
    "price_raise",
    "price_cut",
    "promotion_start",
    "promotion_end",
    "host_absent",
    "host_new",
    "ad_stopped",
    "ad_cut",
    "ad_raised",
    "turning_point",
    "calendar",
    "data_gap",
    "market",
]


@dataclass(frozen=True)
class Event:
    """Something that happened on days, and to whom. Association, never proof. `turned`: what ran differently from a turning point on."""

    kind: EventKind
    label: Text
    start: date
    end: date | None = None
    entity: str = ""
    subject: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    why_class: WhyClass = WhyClass.ASSOCIATION
    turned: str = ""


@dataclass(frozen=True)
class Check:
    """A question asked before causes. `verdict` `ok` rules it out, `warn` is worth saying, `unknown` cannot be told."""

    id: Literal["market", "gaps", "normal", "calendar", "coverage", "flat"]
    verdict: Literal["ok", "warn", "unknown"]
    text: Text
    quantities: tuple[Quantity, ...] = ()
    unlock: Text | None = None


@dataclass(frozen=True)
class Missing:
    """A table that would have taken the why further, and the export that fills it."""

    table: str
    unlock: Text


@dataclass(frozen=True)
class Cause:
    """The entity and event that account best for the change. `within` is the narrower entity inside it (a product in 搜索)."""

    entity: Driver
    event: Event | None
    amount: Decimal
    factor: str
    within: Driver | None = None
    surprise: Decimal | None = None  # robust z of the entity's own move against its history


@dataclass(frozen=True)
class Explanation:
    """Why a metric moved between two windows. Factor contributions sum to `change` exactly.

    `causes` are ordered; the first is the best account of the change. Empty when nothing stands out or the change is usual.
    """

    metric: str
    window: Window
    previous: Window
    unit: str
    value: Decimal | None
    before: Decimal | None
    change: Decimal | None
    factors: tuple[Driver, ...] = ()
    entities: tuple[Driver, ...] = ()
    events: tuple[Event, ...] = ()
    checks: tuple[Check, ...] = ()
    missing: tuple[Missing, ...] = ()
    causes: tuple[Cause, ...] = ()
    swing: Swing | None = None
    notes: tuple[Text, ...] = field(default_factory=tuple)

    @property
    def change_rate(self) -> Decimal | None:
        """Change over the earlier value, as a ratio; None from nothing."""
        if self.change is None or not self.before:
            return None
        return self.change / self.before / (100 if self.unit == "ratio" else 1)

    @property
    def primary(self) -> Cause | None:
        return self.causes[0] if self.causes else None

    @property
    def usual(self) -> bool | None:
        """Whether the change is within the shop's own normal variation; None when history is too short to tell."""
        if self.swing is None or self.change_rate is None:
            return None
        return self.swing.holds(self.change_rate)
