"""The same figures over the last 30 days and every 30 days before, up to two years: what a shop's usual is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import Metric, catalog
from tools.metrics.engine import Cut, choose, cut
from tools.metrics.health_model import MONTH, Band, band_of, months_back
from tools.metrics.measure import anchor_of
from tools.metrics.reader import RELATIONS, Reader

__all__ = ["History", "Series", "load_history"]

_LONGEST = 24

# Everything a health reading shows or sizes with that adds up from base measures; one query per table reads them all.
MEASURED = (
    "gmv", "net_gmv", "orders", "aov_order", "refund_rate", "visitors", "conversion", "uv_value", "cart_to_pay", "cart_adders",
    "ad_spend", "ad_roi", "fee_ratio", "ad_new_buyer_cost", "live_gmv", "live_gmv_per_hour", "member_share", "members_joined",
    "order_discount_rate", "late_shipment_share", "inquiry_conversion", "payment_rate", "created_orders",
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """One metric by month, newest first; None where its table does not cover the whole month. `parts` are its quotient's terms."""

    metric: Metric
    values: tuple[Decimal | None, ...]
    above: tuple[Decimal | None, ...]
    below: tuple[Decimal | None, ...]
    size: tuple[int, ...]

    @property
    def now(self) -> Decimal | None:
        return self.values[0]

    @property
    def past(self) -> list[Decimal]:
        return [value for value in self.values[1:] if value is not None]

    @property
    def band(self) -> Band | None:
        return band_of(self.values[1:])


@dataclass(frozen=True)
class History:
    """The months of a shop, newest first, every measured series, and why the others could not be read."""

    months: tuple[Window, ...]
    series: Mapping[str, Series]
    missing: Mapping[str, DataMissing] = field(default_factory=dict)
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def month(self) -> Window:
        return self.months[0]

    def now(self, metric_id: str) -> Decimal | None:
        found = self.series.get(metric_id)
        return None if found is None else found.now


def load_history(reader: Reader, month: Window, ids: Iterable[str] = MEASURED) -> History:
    """Read the months that hold data, the current one always."""
    first = anchor_of(reader.shop, month.end).first
    whole = max(1, min(_LONGEST, ((month.end - first).days + 1) // MONTH))
    months = months_back(month, whole)
    ready: list[Metric] = []
    missing: dict[str, DataMissing] = {}
    for metric_id in ids:
        try:
            _check(reader, catalog()[metric_id])
        except DataMissing as error:
            missing[metric_id] = error
        else:
            ready.append(catalog()[metric_id])
    tables = {metric.id: _tables(reader, metric) for metric in ready}
    found = cut(reader, ready, months) if ready else None
    series = {metric.id: _series(reader, metric, found, months, tables[metric.id]) for metric in ready if found}
    return History(tuple(months), series, missing, tables)


def _series(reader: Reader, metric: Metric, found: Cut, months: Sequence[Window], tables: Sequence[str]) -> Series:
    values, above, below, size = [], [], [], []
    for k, window in enumerate(months):
        whole = _spans(reader, tables, window)
        values.append(found.rows[k, ""][metric.id] if whole else None)
        above.append(found.num[k, ""][metric.id])
        below.append(found.den.get((k, ""), {}).get(metric.id))
        size.append(int(found.size.get((k, ""), {}).get(metric.id) or 0))
    return Series(metric, tuple(values), tuple(above), tuple(below), tuple(size))


def _check(reader: Reader, metric: Metric) -> None:
    for term in (*metric.num, *metric.den):
        if not term.optional:
            choose(reader, term.base, ())


def _tables(reader: Reader, metric: Metric) -> tuple[str, ...]:
    feeds = [choose(reader, term.base, ()) for term in (*metric.num, *metric.den) if not term.optional]
    return tuple(dict.fromkeys(RELATIONS[feed.relation].table for feed in feeds))


_EDGE = timedelta(days=2)  # a report that ends a day or two before the orders still tells of the month


def _spans(reader: Reader, tables: Sequence[str], window: Window) -> bool:
    """Whether every table covers the window; half a month would look like a collapse."""
    spans = [reader.coverage(table) for table in tables]
    return all(days is not None and days[0] <= window.start + _EDGE and days[1] >= window.end - _EDGE for days in spans)
