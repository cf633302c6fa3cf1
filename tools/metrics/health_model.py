"""What one reading of a shop yields: its stage, five outcomes, ranked findings in yuan, and the data that would show more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from tools.errors import DataMissing
from tools.facts import Quantity, Window
from tools.metrics.landing import Landing
from tools.metrics.stats import middle_and_spread
from tools.text import Text, quantize

__all__ = [
    "LEAST_PAST",
    "MONTH",
    "OUTCOMES",
    "Area",
    "Band",
    "DataGap",
    "Finding",
    "Health",
    "Level",
    "Outcome",
    "OutcomeId",
    "Stage",
    "StageId",
    "band_of",
    "better_quartile",
    "months_back",
]

MONTH = 30  # days: every period of a health reading, and the month its yuan are per
LEAST_PAST = 6  # periods before the month that make a usual
ZERO = Decimal(0)

OutcomeId = Literal["user_assets", "marketing", "cost", "repurchase", "efficiency"]
OUTCOMES: dict[OutcomeId, Text] = {
    "user_assets": Text("用户沉淀", "users retained"),
    "marketing": Text("营销效果", "marketing effect"),
    "cost": Text("降低投入", "marketing spend"),
    "repurchase": Text("复购与转化", "repurchase and conversion"),
    "efficiency": Text("效率", "efficiency"),
}
StageId = Literal["start_up", "growth", "mature", "brand", "decline", "unknown"]
# Where the money of a finding lies. Two findings of one area speak of the same yuan: only the larger is told.
Area = Literal["traffic", "conversion", "returning", "second_order", "order_value", "stock", "refunds", "ads", "live", "market"]  # fmt: skip


@dataclass(frozen=True)
class Band:
    """The usual range of a figure: median ± 2 × 1.4826 × MAD of its own past periods (of logs where all are above 0)."""

    low: Decimal
    high: Decimal
    middle: Decimal
    n: int

    def place(self, value: Decimal) -> Literal["below", "usual", "above"]:
        return "below" if value < self.low else "above" if value > self.high else "usual"


def band_of(past: Sequence[Decimal | None]) -> Band | None:
    """None with fewer than six past periods. The band never gets narrower than 1 % of the middle."""
    values = [float(value) for value in past if value is not None]
    if len(values) < LEAST_PAST:
        return None
    logs = all(value > 0 for value in values)
    points = [math.log(value) for value in values] if logs else values
    middle, spread = middle_and_spread(points)
    edges = (middle - 2 * spread, middle, middle + 2 * spread)
    low, mid, high = (math.exp(edge) if logs else edge for edge in edges)
    slack = abs(mid) * 0.01
    low, high = min(low, mid - slack), max(high, mid + slack)
    ends = [quantize(Decimal(repr(edge)), 6) for edge in (low, high, mid)]
    return Band(ends[0], ends[1], ends[2], len(values))


def better_quartile(values: Sequence[Decimal]) -> Decimal:
    """The value a quarter of the shop's own periods reached: the nearest rank, so it was really seen."""
    ranked = sorted(values, reverse=True)
    return ranked[(len(ranked) - 1) // 4]


def months_back(window: Window, count: int) -> list[Window]:
    """`window` and the equal windows directly before it, newest first."""
    length = timedelta(days=window.days)
    return [Window(start=window.start - k * length, end=window.end - k * length) for k in range(count)]


@dataclass(frozen=True)
class Stage:
    """Where the shop stands in its life, and why. `sure` is false where history cannot tell."""

    id: StageId
    name: Text
    reasons: tuple[Text, ...]
    quantities: tuple[Quantity, ...]
    sure: bool


@dataclass(frozen=True)
class Level:
    """One metric of an outcome over the last 30 days (or its own window) against its usual band. `value` None is missing."""

    metric: str
    name: Text
    value: Decimal | None
    unit: str
    window: Window
    n: int
    n_unit: str
    band: Band | None
    better: Literal["up", "down", "none"]
    formula: Text
    source: str
    note: Text | None = None

    @property
    def verdict(self) -> Literal["better", "worse", "usual", "unknown"]:
        if self.value is None or self.band is None:
            return "unknown"
        place = self.band.place(self.value)
        if place == "usual" or self.better == "none":
            return "usual"
        return "better" if (place == "above") == (self.better == "up") else "worse"


@dataclass(frozen=True)
class Outcome:
    """One of the five things a brand is served for. `missing` names tables and their exports where nothing can be told."""

    id: OutcomeId
    levels: tuple[Level, ...]
    missing: tuple[DataMissing, ...] = ()

    @property
    def name(self) -> Text:
        return OUTCOMES[self.id]


@dataclass(frozen=True)
class Finding:
    """A problem or an opportunity. `yuan` per 30 days with its range; `basis` says how it was made from the shop's own figures."""

    id: str
    kind: Literal["problem", "opportunity"]
    area: Area
    outcome: OutcomeId
    title: Text
    claim: Text
    yuan: Decimal
    low: Decimal
    high: Decimal
    basis: Text
    condition: Text
    n: int
    n_unit: str
    window: Window
    tables: tuple[str, ...]
    subject: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    order: int = 0  # among causes of the month's change: the diagnosis' own order

    @property
    def moved(self) -> bool:
        """Named by the diagnosis of the month's change, not read off a level."""
        return self.order > 0


@dataclass(frozen=True)
class DataGap:
    """A table that is not there, how many catalogue metrics and checks it would unlock, and the export."""

    table: str
    name: Text
    unlocks: int
    what: Text
    export: Text


@dataclass(frozen=True)
class Health:
    """Everything one reading says. `month` is the last 30 days of data; `findings` are at most five, largest first."""

    month: Window
    currency: str
    stage: Stage
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    left_out: int
    gaps: tuple[DataGap, ...]
    landing: Landing | None
    judged: bool  # enough orders and months to say what is usual
    notes: tuple[Text, ...]
