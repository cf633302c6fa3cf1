"""explain(): why a metric moved. Checks first, then an exact factor split, then the entity and the event behind the leading factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tools.base import ShopHandle
from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.memo import Memo
from tools.metrics.catalog import Metric, find_metric, unlock_text
from tools.metrics.causes import find_causes
from tools.metrics.checks import calendar_events, gap_checks, market_check, normal_check, swing_for
from tools.metrics.cuts import Cuts
from tools.metrics.drivers import Check, Driver, Explanation, Missing
from tools.metrics.entities import CUTS, ITEM_TRAFFIC, EntityTable, entity_drivers, load_cut
from tools.metrics.factors import Totals, factors_of, load_totals, split_drivers
from tools.metrics.first_orders import first_order_drivers, require_matured
from tools.metrics.happenings import promotion_events
from tools.metrics.measure import measure_many
from tools.metrics.pair import Pair, make_pair
from tools.metrics.reader import Reader
from tools.text import Text, quantize

__all__ = ["EXPLAINED", "explain", "explain_with"]

EXPLAINED = ("gmv", "net_gmv", "orders", "buyers", "returning_buyers", "repurchase_rate", "repurchase_90d")
_RATES = ("repurchase_rate", "repurchase_90d")
_OF_PEOPLE = ("returning_buyers", *_RATES)
_SHOWN = 4
_recent: Memo[Explanation] = Memo(16)


def explain(shop: ShopHandle, metric_id: str, window: Window, previous: Window) -> Explanation:
    """Explain the change of a metric from `previous` to `window`.

    Raises BadArguments for a metric without a tree, DataMissing when either window has no data or a needed table is absent.
    """
    return explain_with(Reader(shop), find_metric(metric_id), window, previous)


def explain_with(reader: Reader, metric: Metric, window: Window, previous: Window) -> Explanation:
    """`explain` on an open reader. The advice that follows a diagnosis asks for the same one: it is remembered."""
    shop = reader.shop
    key = (shop.merchant_id, shop.generation, shop.hidden, metric.id, window, previous)
    return _recent.get(key, lambda: _explain(reader, metric, window, previous))


def _explain(reader: Reader, metric: Metric, window: Window, previous: Window) -> Explanation:
    if metric.id not in EXPLAINED:
        raise BadArguments(
            Text(
                f"“{metric.name.zh}”还不能拆解原因；可以拆解：支付金额、净成交、支付订单数、支付买家数、支付老买家数、复购率、新客 90 天复购率。",
                f'"{metric.name.en}" cannot be explained yet; gmv, net_gmv, orders, buyers, returning_buyers, repurchase_rate and repurchase_90d can.',
            ),
            choices=EXPLAINED,
        )
    if metric.id in _OF_PEOPLE:
        return _explain_people(reader, metric, window, previous)
    now, before = (measure_many(reader, [metric], w)[0] for w in (window, previous))
    if now.value is None or before.value is None:
        raise _no_window(reader, metric, window if now.value is None else previous)
    pair = make_pair(reader, window, previous)
    totals = load_totals(pair)
    change = now.value - before.value
    factors = factors_of(metric, pair, totals)
    swing = swing_for(pair, metric)
    rate = change / before.value if before.value else None
    cuts = _load_cuts(pair)
    money = totals.now.get("gross", Decimal(0)) - totals.before.get("gross", Decimal(0))
    drivers = _entities(pair, cuts, money)
    cuts = Cuts(**{**cuts.__dict__, "drivers": {(d.id, d.key): d for d in drivers}})
    causes = find_causes(pair, cuts, totals, factors, net=metric.id == "net_gmv")
    return Explanation(
        metric=metric.id,
        window=window,
        previous=previous,
        unit=now.unit,
        value=now.value,
        before=before.value,
        change=change,
        factors=factors,
        entities=(*_top(drivers), *_people(pair, money)),
        events=tuple(
            dict.fromkeys([*(c.event for c in causes if c.event), *promotion_events(pair), *calendar_events(pair)])
        ),
        checks=(
            normal_check(swing, rate, window, stands_out=bool(causes)),
            *gap_checks(pair),
            market_check(pair, rate),
            *_coverage(pair, totals),
        ),
        missing=tuple(_missing(reader, totals, cuts)),
        causes=tuple(causes),
        swing=swing,
        notes=tuple(dict.fromkeys((*now.notes, *before.notes))),
    )


def _explain_people(reader: Reader, metric: Metric, window: Window, previous: Window) -> Explanation:
    """Buyers who come back, one level deep: how many could and how many did; a repurchase rate by new and returning buyers, or by
    where first-time buyers came from."""
    if metric.id == "repurchase_90d":
        require_matured(reader, window)
        require_matured(reader, previous)
    now, before = (measure_many(reader, [metric], w)[0] for w in (window, previous))
    if now.value is None or before.value is None:
        raise _no_window(reader, metric, window if now.value is None else previous)
    pair = make_pair(reader, window, previous)
    change = now.value - before.value
    swing = swing_for(pair, metric)
    rate = change / before.value if before.value else None
    return Explanation(
        metric=metric.id,
        window=window,
        previous=previous,
        unit=now.unit,
        value=now.value,
        before=before.value,
        change=quantize(change * 100, 4) if metric.id in _RATES else change,
        factors=() if metric.id == "repurchase_90d" else factors_of(metric, pair, load_totals(pair)),
        entities=tuple(first_order_drivers(pair)) if metric.id == "repurchase_90d" else (),
        events=tuple(calendar_events(pair)),
        checks=(
            normal_check(swing, rate, window, stands_out=False, base=before.value if metric.id in _RATES else None),
            *gap_checks(pair),
        ),
        swing=swing,
        notes=tuple(dict.fromkeys((*now.notes, *before.notes))),
    )


def _no_window(reader: Reader, metric: Metric, window: Window) -> DataMissing:
    days = reader.coverage("orders") or reader.coverage("shop_daily")
    span = (
        Text("", "")
        if days is None
        else Text(f"（已导入 {days[0]} 至 {days[1]}）", f" (imported: {days[0]} to {days[1]})")
    )
    return DataMissing(
        Text(
            f"{window.start} 至 {window.end} 没有“{metric.name.zh}”的数据{span.zh}，比不出变化。",
            f'There is no "{metric.name.en}" from {window.start} to {window.end}{span.en}, so no change can be measured.',
        ),
        tables=("orders",),
        unlock=Text("补导这段时间的订单报表即可。", "Import the order report of that period."),
    )


def _load_cuts(pair: Pair) -> Cuts:
    tables = {
        name: load_cut(pair, CUTS[name]) for name in ("traffic_source", "product", "channel", "live_host", "ad_plan")
    }
    return Cuts(
        source=tables["traffic_source"],
        product=tables["product"],
        traffic=load_cut(pair, ITEM_TRAFFIC),
        channel=tables["channel"],
        host=tables["live_host"],
        plan=tables["ad_plan"],
        drivers={},
    )


def _entities(pair: Pair, cuts: Cuts, change: Decimal) -> list[Driver]:
    tables: Sequence[EntityTable | None] = (
        cuts.source,
        cuts.product or cuts.traffic,
        cuts.channel,
        cuts.host,
        cuts.plan,
        load_cut(pair, CUTS["province"]),
    )
    return [driver for table in tables if table for driver in entity_drivers(table, change, pair.currency)]


def _top(drivers: Sequence[Driver]) -> list[Driver]:
    """The largest few of every cut."""
    kept: dict[str, list[Driver]] = {}
    for driver in drivers:
        group = kept.setdefault(driver.id, [])
        if len(group) < _SHOWN and driver.contribution:
            group.append(driver)
    return [driver for group in kept.values() for driver in group]


def _people(pair: Pair, change: Decimal) -> list[Driver]:
    """New and returning buyers' parts of the change in GMV."""
    return [replace(d, share=d.contribution / change if change else Decimal(0)) for d in split_drivers(pair, "gmv")]


def _coverage(pair: Pair, totals: Totals) -> list[Check]:
    if not pair.reader.has("shop_daily") or totals.has("visitors"):
        return []
    return [
        Check(
            "coverage",
            "warn",
            Text(
                "店铺日报没有覆盖这两个时间段，所以没有拆到访客数和转化率。",
                "The shop's daily report does not cover both windows, so the split stops before visitors and conversion.",
            ),
            unlock=unlock_text("shop_daily", pair.reader.platform),
        )
    ]


def _missing(reader: Reader, totals: Totals, cuts: Cuts) -> list[Missing]:
    """Tables that would have taken the why further, most useful first."""
    wanted = []
    if not totals.has("visitors"):
        wanted.append("shop_daily")
    if cuts.source is None:
        wanted.append("traffic_daily")
    if cuts.product is None and cuts.traffic is None:
        wanted.append("order_lines")
    wanted += [
        t
        for t in ("product_daily", "market_daily", "ad_daily", "live_sessions", "promotions", "stock_daily")
        if not reader.has(t)
    ]
    return [Missing(table, unlock_text(table, reader.platform)) for table in wanted]
