"""Builds a `Situation` from the shop's metrics, the explanation of its change, and the figures that size playbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tools.base import Records, ToolContext
from tools.errors import DataMissing, NotPermitted
from tools.facts import Window
from tools.metrics.catalog import Metric, find_metric, table_text
from tools.metrics.drivers import Explanation
from tools.metrics.engine import choose, cut
from tools.metrics.explain import explain_with
from tools.metrics.margins import stated_share, stated_value
from tools.metrics.measure import measure_many
from tools.metrics.reader import Reader
from tools.metrics.windows import compare_window
from tools.playbooks.figures import Frame, losing_plans, shop_figures
from tools.playbooks.views import DriverView, Figure, Situation
from tools.text import Text
from tools.warehouse.schema import tables

__all__ = ["METRICS", "STATED", "build_situation"]

# Metrics of the catalogue that conditions and sizes may name; all but those of `_CALCULATED` come with their history.
METRICS = (
    "gmv", "net_gmv", "orders", "aov_order", "items_per_order", "refund_rate", "refund_amount", "visitors", "conversion",
    "ad_spend", "ad_roi", "fee_ratio", "live_gmv", "live_refund_rate", "live_conversion", "live_viewers", "live_aov",
    "live_follow_rate", "live_entry_rate", "live_share", "live_gmv_per_hour", "member_share", "members_joined",
    "discount_depth", "order_discount_rate", "full_price_share", "new_product_share", "stock_out_days",
    "late_shipment_share", "bad_review_share", "content_to_shop", "goods_margin",
)  # fmt: skip
_CALCULATED = ("returning_share",)
# What a merchant may state, with the unit it is read in.
STATED: Mapping[str, str] = {
    "gross_margin": "ratio",
    "platform_fee_rate": "ratio",
    "freight_per_order": "money",
    "live_fixed_cost": "money",
    "agency_fixed_fee": "money",
    "agency_kept_cost": "money",
    "agency_commission": "ratio",
    "live_ad_ratio": "ratio",
}
_HISTORY = 6
_LISTED = 3
_PLACES = Decimal("0.000001")
_LOOKED_FOR = (
    "order_lines",
    "shop_daily",
    "traffic_daily",
    "product_daily",
    "stock_daily",
    "ad_daily",
    "members_daily",
)


def build_situation(ctx: ToolContext, window: Window) -> Situation:
    """Measure, explain and size one window of the bound shop. Missing tables leave their part out, never zero."""
    shop = ctx.shop
    reader, previous = Reader(shop), compare_window(window, "previous")
    found = _metrics(reader, window, previous)
    platform = str(getattr(shop, "platform", "tmall"))
    explained = _explain(reader, window, previous)
    frame = Frame(shop, window, previous, ctx.today, _focus(explained))
    produced = shop_figures(frame, platform)
    found |= {figure.id: _in_currency(figure, shop.currency) for figure in produced.figures.values()}
    found |= _stated(ctx.records, shop.currency)
    names = dict(produced.names)
    contribution = _contribution(found) if "gross_margin" in found else _booked(found, reader, window)
    if contribution is not None:
        found |= contribution
        plans = losing_plans(frame, contribution["contribution"].value)
        found |= {figure.id: _in_currency(figure, shop.currency) for figure in plans.figures.values()}
        names |= plans.names
    coverage = {name: shop.days(name) for name in tables() if shop.has(name)}
    missing = [name for name in _LOOKED_FOR if not shop.has(name)]
    if missing:
        names["missing_list"] = _listed(missing)
    change = explained.change if explained is not None else None
    before = (explained.before or Decimal(0)) if explained is not None else Decimal(0)
    scale = max(abs(change or Decimal(0)), before * Decimal("0.03"))
    return Situation(
        window=window,
        currency=shop.currency,
        today=ctx.today,
        figures=found,
        drivers=_drivers(explained, found),
        change=change,
        scale=scale,
        names=names,
        coverage=coverage,
        category=shop.category,
        platform=platform,
    )


def _listed(missing: Sequence[str]) -> Text:
    labels = [table_text(name) for name in missing]
    more = Text("等", " and more") if len(labels) > _LISTED else Text("", "")
    zh, en = (
        "、".join(f"“{label.zh}”" for label in labels[:_LISTED]),
        ", ".join(f'"{label.en}"' for label in labels[:_LISTED]),
    )
    return Text(zh + more.zh, en + more.en)


def _metrics(reader: Reader, window: Window, previous: Window) -> dict[str, Figure]:
    windows = [window, previous]
    days = reader.coverage("orders")
    while len(windows) < 2 + _HISTORY:
        earlier = compare_window(windows[-1], "previous")
        if days is None or earlier.start < days[0]:
            break
        windows.append(earlier)
    metrics = [metric for name in METRICS if _measurable(reader, metric := find_metric(name))]
    rows = cut(reader, metrics, windows).rows if metrics else {}
    found: dict[str, Figure] = {}
    for metric in metrics:
        values = [rows.get((index, ""), {}).get(metric.id) for index in range(len(windows))]
        figure = _figure(reader, metric, values, window)
        if figure is not None:
            found[metric.id] = figure
    for name in _CALCULATED:
        figure = _calculated(reader, find_metric(name), windows[:2])
        if figure is not None:
            found[name] = figure
    return found


def _measurable(reader: Reader, metric: Metric) -> bool:
    """Whether every table the metric needs is there, so that all can be measured in one pass."""
    try:
        for term in (*metric.num, *metric.den):
            if not term.optional:
                choose(reader, term.base, ())
    except (DataMissing, NotPermitted):  # what a reader may not see is left out like what is not there
        return False
    return True


def _calculated(reader: Reader, metric: Metric, windows: list[Window]) -> Figure | None:
    try:
        values = [measure_many(reader, [metric], window)[0].value for window in windows]
    except (DataMissing, NotPermitted):
        return None
    return _figure(reader, metric, values, windows[0])


def _figure(reader: Reader, metric: Metric, values: list[Decimal | None], window: Window) -> Figure | None:
    if not values or values[0] is None:
        return None
    now, *earlier = (value.quantize(_PLACES) if value is not None else None for value in values)
    if now is None:
        return None
    history = [value for value in earlier if value is not None]
    return Figure(
        id=metric.id,
        value=now,
        unit=reader.shop.currency if metric.unit == "money" else metric.unit,
        label=metric.name,
        formula=metric.formula,
        source="metrics",
        window=window,
        previous=earlier[0] if earlier else None,
        history=tuple(reversed(history)),
        higher_is_better=metric.direction != "down_good",
    )


def _in_currency(figure: Figure, currency: str) -> Figure:
    return replace(figure, unit=currency) if figure.unit == "money" else figure


def _stated(records: Records | None, currency: str) -> dict[str, Figure]:
    """What the merchant said, as figures marked so. Unreadable values are left out."""
    found: dict[str, Figure] = {}
    for key, unit in STATED.items():
        value = (stated_share if unit == "ratio" else stated_value)(records, key)
        if value is None:
            continue
        found[key] = Figure(
            id=key,
            value=value,
            unit=currency if unit == "money" else unit,
            label=_label(records, key),
            formula=Text("商家口述", "stated by the merchant"),
            source="stated",
            stated=True,
        )
    return found


def _label(records: Records | None, key: str) -> Text:
    said = (records.stated(key) if records is not None else None) or {}
    return Text(**said["label"]) if said.get("label") else Text(key, key)


def _booked(found: dict[str, Figure], reader: Reader, window: Window) -> dict[str, Figure] | None:
    """Where nothing was stated, the margin and contribution of the shop's own cost and fee tables, under the same names."""
    margin = found.get("goods_margin")
    if margin is None:
        return None
    found["gross_margin"] = replace(margin, id="gross_margin", metric="goods_margin")
    kept = _calculated(reader, find_metric("contribution_margin"), [window])
    if kept is None or kept.value <= 0:
        return None
    per_yuan = kept.value.quantize(Decimal("0.0001"))
    return {
        "contribution": replace(kept, id="contribution", value=per_yuan, metric="contribution_margin"),
        "break_even_roi": Figure(
            "break_even_roi", (1 / per_yuan).quantize(Decimal("0.01")), "number", Text("保本投产比", "break-even return"),
            Text("1 ÷ 贡献毛利率", "1 ÷ contribution margin"), "metrics", window=window, metric="ad_break_even",
        ),
    }  # fmt: skip


def _contribution(found: Mapping[str, Figure]) -> dict[str, Figure] | None:
    """Margin per unit paid after refunds: (1 − refund rate) × (gross margin − platform fee), and the break-even return."""
    margin, refund = found.get("gross_margin"), found.get("refund_rate")
    if margin is None or refund is None:
        return None
    fee = found["platform_fee_rate"].value if "platform_fee_rate" in found else Decimal(0)
    value = (1 - refund.value) * (margin.value - fee)
    formula = Text(
        "（1 − 退款率）×（毛利率 − 平台扣点），未扣物流",
        "(1 − refund rate) × (gross margin − platform fee), shipping not deducted",
    )
    freight, basket = found.get("freight_per_order"), found.get("aov_order")
    if freight is not None and basket is not None and basket.value > 0:
        value -= freight.value / basket.value  # a refunded order was shipped all the same
        formula = Text(
            "（1 − 退款率）×（毛利率 − 平台扣点）− 每单物流 ÷ 客单价",
            "(1 − refund rate) × (gross margin − platform fee) − freight per order ÷ order value",
        )
    if value <= 0:
        return None
    common: dict[str, Any] = {
        "formula": formula,
        "source": "refund rate (metrics), margin (stated)",
        "window": refund.window,
    }
    return {
        "contribution": Figure("contribution", value.quantize(Decimal("0.0001")), "ratio", Text("退款后每元成交的毛利", "margin per unit paid after refunds"), **common),
        "break_even_roi": Figure("break_even_roi", (1 / value).quantize(Decimal("0.01")), "number", Text("保本投产比", "break-even return"), **common),
    }  # fmt: skip


def _explain(reader: Reader, window: Window, previous: Window) -> Explanation | None:
    try:
        return explain_with(reader, find_metric("gmv"), window, previous)
    except DataMissing:
        return None


def _focus(explained: Explanation | None) -> dict[str, str]:
    """The entity of each kind that the explanation names first, so that advice speaks of the same one."""
    found: dict[str, str] = {}
    for cause in explained.causes if explained is not None else ():
        for entity in (cause.entity, cause.within):
            if entity is not None and entity.kind == "entity":
                found.setdefault(entity.id, entity.key)
    return found


def _drivers(explained: Explanation | None, found: Mapping[str, Figure]) -> tuple[DriverView, ...]:
    """Factors, entities and events behind the change of GMV, with refunds beside them."""
    drivers = _views(explained) if explained is not None else []
    refunds = found.get("refund_amount")
    if refunds is not None and refunds.previous is not None:
        # More refunds take away from net sales.
        drivers.append(DriverView("factor", "refunds", Text("退款", "refunds"), refunds.previous - refunds.value))
    return tuple(drivers)


def _views(explained: Explanation) -> list[DriverView]:
    leading = explained.primary
    chosen = (
        {(part.id, part.key) for part in (leading.entity, leading.within) if part} if leading is not None else set()
    )
    views = [
        DriverView(d.kind, d.id, d.label, d.contribution, d.subject, primary=(d.id, d.key) in chosen)
        for d in (*explained.factors, *explained.entities)
    ]
    for cause in explained.causes:
        event, first = cause.event, cause is leading
        if event is not None:
            views.append(DriverView("event", event.kind, event.label, cause.amount, event.subject, cause.factor, first))
    market = next((check for check in explained.checks if check.id == "market" and check.verdict == "warn"), None)
    if market is not None and explained.change is not None:
        views.append(DriverView("event", "market", market.text, explained.change))
    return views
