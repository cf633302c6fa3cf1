"""The five outcomes a brand is served for, each by one to three figures against the shop's own usual, or by the export it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import catalog
from tools.metrics.engine import buyer_id_missing
from tools.metrics.health_history import History
from tools.metrics.health_model import MONTH, Level, Outcome, OutcomeId, band_of
from tools.metrics.health_people import People
from tools.metrics.measure import SMALL, source_text
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["outcomes_of"]

_SPAN = 90  # days a repurchase rate is read over
_LEAST_ORDERS = 100  # a month with fewer says nothing about rates of people

# Which figures tell of an outcome, most telling first; at most three are shown. `people:` ones come from buyers, not from columns.
_READ: dict[OutcomeId, tuple[str, ...]] = {
    "user_assets": ("people:returning_buyers", "people:new_buyers", "member_share", "members_joined"),
    "marketing": ("ad_roi", "visitors", "live_gmv", "uv_value", "people:new_buyers"),
    "cost": ("fee_ratio", "ad_new_buyer_cost", "order_discount_rate"),
    "repurchase": ("people:repurchase_rate", "conversion", "payment_rate"),
    "efficiency": ("refund_rate", "live_gmv_per_hour", "late_shipment_share", "inquiry_conversion"),
}
_SHOWN = 3


def outcomes_of(reader: Reader, history: History, people: People | None) -> tuple[Outcome, ...]:
    told = _people_levels(reader, history, people)
    used: set[str] = set()
    found = []
    for outcome, names in _READ.items():
        levels: list[Level] = []
        missing: list[DataMissing] = []
        for name in names:
            level, error = _level(reader, history, told, name)
            if error is not None:
                missing.append(error)
            if level is not None and name not in used and len(levels) < _SHOWN:
                levels.append(level)
                used.add(name)
        missing = [error for error in missing if not levels or not any(reader.has(table) for table in error.tables)]
        found.append(Outcome(outcome, tuple(levels), tuple(_distinct(missing))))
    return tuple(found)


def _level(
    reader: Reader, history: History, told: dict[str, Level], name: str
) -> tuple[Level | None, DataMissing | None]:
    if name.startswith("people:"):
        return told.get(name), None if told else buyer_id_missing(reader.platform)
    series = history.series.get(name)
    if series is None:
        return None, history.missing.get(name)
    if series.now is None or (name == "payment_rate" and all(value == 1 for value in series.past)):
        return None, None  # an export of paid orders alone says nothing of the unpaid
    k = int(name in _RIPENS and len(series.values) > 1)
    metric, n, below = series.metric, series.size[k], series.below[k]
    shaky = metric.unit == "ratio" and 0 < n < SMALL
    level = Level(
        metric=metric.id, name=metric.name, value=series.values[k], unit=metric.unit_in(reader.shop.currency), window=history.months[k],
        n=n or int(below or 0), n_unit="orders" if n else "count", band=None if shaky else band_of(series.values[k + 1 :]),
        better={"up_good": "up", "down_good": "down"}.get(metric.direction, "none"),  # type: ignore[arg-type]
        formula=metric.formula, source=source_text(reader, history.tables[name]),
        note=_RIPE if k else None,
    )  # fmt: skip
    return level, None


# What is still changing for the last orders is read a month earlier, when most refunds, payments and shipments have come.
_RIPENS = frozenset({"refund_rate", "payment_rate", "late_shipment_share"})
_RIPE = Text("看上一个 30 天，更近的还会变", "of the 30 days before, as newer orders still change")


def _people_levels(reader: Reader, history: History, people: People | None) -> dict[str, Level]:
    if people is None:
        return {}
    shown = min(len(history.months), max(people.months(), 1), 12)  # under a month of orders is a month still going on
    sides = [people.split(k) for k in range(shown)]
    new = [Decimal(int(flags.sum())) for flags, _ in sides]
    old = [Decimal(int(flags.sum())) for _, flags in sides]
    found = {
        "people:new_buyers": _count(reader, history, "new_buyers", new, people),
        "people:returning_buyers": _count(reader, history, "returning_buyers", old, people),
    }
    rate = _repurchase(reader, history, people)
    return found if rate is None else found | {"people:repurchase_rate": rate}


def _count(reader: Reader, history: History, metric_id: str, values: Sequence[Decimal], people: People) -> Level:
    """New and returning buyers look back a year: only months with a year of data before them are compared."""
    metric = catalog()[metric_id]
    deep = [value for k, value in enumerate(values) if people.history >= (k + 1) * MONTH + 365]
    return Level(
        metric=metric_id, name=metric.name, value=values[0], unit="buyers", window=history.month, n=int(values[0]), n_unit="buyers",
        band=band_of(deep[1:]) if deep else None, better="up", formula=metric.formula, source=source_text(reader, ("orders",)),
        note=None if deep else Text("历史不足一年，只作参考", "under a year of history, for orientation only"),
    )  # fmt: skip


def _repurchase(reader: Reader, history: History, people: People) -> Level | None:
    """The share of the last 90 days' buyers who bought on two days or more; its past starts before those 90 days."""
    periods = people.months(_SPAN)
    orders = history.now("orders") or Decimal(0)
    if not periods or orders < _LEAST_ORDERS:
        return None
    rates = [people.repurchase(k, _SPAN // MONTH) for k in range(periods)]
    past = [Decimal(hits) / n for hits, n in rates[_SPAN // MONTH :] if n >= SMALL]
    hits, n = rates[0]
    if n < SMALL:
        return None
    metric = catalog()["repurchase_rate"]
    first = Window(start=history.months[min(2, len(history.months) - 1)].start, end=history.month.end)
    return Level(
        metric="repurchase_rate", name=metric.name, value=Decimal(hits) / n, unit="ratio", window=first, n=n, n_unit="buyers",
        band=band_of(past), better="up", formula=metric.formula, source=source_text(reader, ("orders",)),
    )  # fmt: skip


def _distinct(errors: Sequence[DataMissing]) -> list[DataMissing]:
    by_table = {error.tables: error for error in errors}
    return list(by_table.values())
