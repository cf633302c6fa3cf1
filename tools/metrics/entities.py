"""The change cut by source, product, channel, host, session, ad plan and province: additive parts, volume and rate apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.facts import WhyClass
from tools.metrics.bases import BASES
from tools.metrics.decompose import split_product
from tools.metrics.drivers import Driver
from tools.metrics.engine import aggregate
from tools.metrics.pair import Pair
from tools.metrics.reader import RELATIONS
from tools.text import Text

__all__ = ["CUTS", "CutSpec", "EntityTable", "entity_drivers", "load_cut"]

ZERO = Decimal(0)
_SPLIT = 60  # a shop may sell thousands of items; only the largest changes are shown or judged


@dataclass(frozen=True)
class CutSpec:
    """One way to cut the change. `money` is the base in the metric's currency, `volume` what it is a rate over."""

    id: str
    relation: str
    dim: str
    money: str
    volume: str
    metric: str
    unit: str
    more: tuple[str, ...] = ()


CUTS: Mapping[str, CutSpec] = {
    spec.id: spec
    for spec in (
        CutSpec(
            "traffic_source",
            "traffic_daily",
            "source",
            "gross",
            "visitors",
            "source_visitors",
            "visitors",
            ("day_buyers",),
        ),
        CutSpec("product", "lines", "product", "gross", "line_qty", "gmv", "", ("refund_linked",)),
        CutSpec("channel", "orders", "channel", "gross", "order_count", "gmv", ""),
        CutSpec("live_host", "live_sessions", "host", "gross", "live_minutes", "live_gmv", ""),
        CutSpec("ad_plan", "ad_daily", "ad_plan", "ad_paid", "ad_spend", "ad_spend", "", ("ad_clicks",)),
        CutSpec("province", "orders", "province", "gross", "order_count", "gmv", ""),
    )
}
# Item traffic comes from another table than item sales; used beside the product cut.
ITEM_TRAFFIC = CutSpec("product", "product_daily", "product", "gross", "visitors", "gmv", "", ("day_buyers",))


@dataclass(frozen=True)
class EntityTable:
    """`values[base][key][k]`: a base measure of an entity in window k of the pair; absent rows are 0."""

    spec: CutSpec
    keys: tuple[str, ...]
    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, tuple[Decimal, ...]]]

    def get(self, base: str, key: str) -> tuple[Decimal, ...]:
        return self.values[base][key]

    def name(self, key: str) -> str:
        return self.labels.get(key) or key


def load_cut(pair: Pair, spec: CutSpec) -> EntityTable | None:
    """Read one cut over all windows of the pair, once per reader; None where its table or column is not there for both windows."""
    key = ("cut", spec.relation, spec.dim, pair.windows)
    if key not in pair.reader.memo:
        pair.reader.memo[key] = _load(pair, spec)
    found: EntityTable | None = pair.reader.memo[key]
    return found


def _load(pair: Pair, spec: CutSpec) -> EntityTable | None:
    reader, relation = pair.reader, RELATIONS[spec.relation]
    if not reader.offers(relation) or not all(_spans(pair, relation.table, k) for k in (0, 1)):
        return None
    key = relation.dims[spec.dim].key
    if spec.dim != "product" and not reader.filled(relation.table).get(key):
        return None
    bases = (spec.money, spec.volume, *spec.more)
    feeds = {base: next(feed for feed in BASES[base] if feed.relation == spec.relation) for base in bases}
    found = aggregate(reader, feeds, pair.windows, spec.dim)
    keys = [key for key in dict.fromkeys(key for _, key in found.rows) if key]
    values = {
        base: {key: tuple(found.rows[k, key].get(base) or ZERO for k in range(len(pair.windows))) for key in keys}
        for base in bases
    }
    return EntityTable(spec, tuple(keys), found.labels, values)


def _spans(pair: Pair, table: str, index: int) -> bool:
    """Whether the table's days reach over nine tenths of a window; a half-covered window would look like a collapse."""
    days, window = pair.reader.coverage(table), pair.windows[index]
    if days is None:
        return False
    inside = (min(days[1], window.end) - max(days[0], window.start)).days + 1
    return inside * 10 >= window.days * 9


def entity_drivers(table: EntityTable, change: Decimal, unit: str) -> list[Driver]:
    """Every entity's part of the change in money, largest first; `mix` is its volume, `rate` its money per volume."""
    spec = table.spec
    drivers = []
    ranked = sorted(table.keys, key=lambda key: -abs(table.get(spec.money, key)[0] - table.get(spec.money, key)[1]))
    for rank, key in enumerate(ranked):
        money, volume = table.get(spec.money, key), table.get(spec.volume, key)
        delta = money[0] - money[1]
        parts: tuple[Decimal | None, ...] = (None, None)
        if rank < _SPLIT:
            parts = split_product(
                [volume[1], money[1] / volume[1] if volume[1] else None],
                [volume[0], money[0] / volume[0] if volume[0] else None],
                total=delta,
            )
        own = volume if spec.unit == "visitors" or spec.id == "ad_plan" else money
        drivers.append(
            Driver(
                kind="entity",
                id=spec.id,
                label=Text(table.name(key), table.name(key)),
                contribution=delta,
                share=delta / change if change else ZERO,
                before=own[1],
                after=own[0],
                unit=spec.unit or unit,
                metric=spec.metric,
                subject=(table.name(key),),
                why_class=WhyClass.ASSOCIATION if spec.id == "ad_plan" else WhyClass.DECOMPOSITION,
                mix=parts[0],
                rate=parts[1],
                key=key,
            )
        )
    return sorted(drivers, key=lambda driver: (-abs(driver.contribution), driver.key))


def largest(drivers: Sequence[Driver], count: int) -> list[Driver]:
    return [driver for driver in drivers if driver.contribution][:count]
