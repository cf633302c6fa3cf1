"""One metric over one window: the value with its n, unit, formula, source, and what must be said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

from tools.base import ShopHandle
from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.bases import SAMPLE_UNITS
from tools.metrics.calculated import calculated
from tools.metrics.catalog import Metric, find_metric
from tools.metrics.engine import Cut, Where, cut
from tools.metrics.reader import DIMENSIONS, Reader
from tools.metrics.reconcile_note import differs_from_report
from tools.metrics.stats import Interval, wilson
from tools.metrics.windows import Anchor
from tools.text import Text

__all__ = ["SMALL", "UNRIPE", "MetricResult", "age_notes", "anchor_of", "measure", "measure_many", "source_text"]

SMALL = 30  # below this a ratio is too shaky to say anything by


@dataclass(frozen=True)
class MetricResult:
    """A figure. `value` is None when it cannot be told (never 0 for missing); `n` is the sample behind it in `n_unit`."""

    metric_id: str
    value: Decimal | None
    unit: str
    window: Window
    n: int
    n_unit: str
    formula: Text
    source: str
    notes: tuple[Text, ...] = ()
    interval: Interval | None = None

    @property
    def small(self) -> bool:
        """A ratio on fewer than 30."""
        return self.unit == "ratio" and 0 < self.n < SMALL


@runtime_checkable
class _HasLedger(Protocol):
    def imports(self) -> list[dict[str, object]]: ...


# Where relative windows may end, the tables that are complete soonest first.
_DATED = (
    "orders", "shop_daily", "order_lines", "live_sessions", "traffic_daily", "product_daily", "ad_daily", "content_posts",
    "live_orders", "live_items", "search_words_daily", "members_daily", "ledger_entries", "service_daily", "reviews",
    "campaign_results", "tool_results",
)  # fmt: skip


def anchor_of(shop: ShopHandle, today: date) -> Anchor:
    """Where relative windows end for this shop. Raises DataMissing when nothing with a day was imported."""
    for table in _DATED:
        days = shop.days(table)
        if days is not None:
            return Anchor(first=days[0], last=days[1], today=today)
    raise DataMissing(
        Text("还没有导入任何经营数据。", "No trading data has been imported yet."),
        tables=("orders",),
        unlock=Text(
            "先导入订单报表：千牛 → 交易 → 已卖出的宝贝 → 批量导出。",
            "Start with the order report: Qianniu → Trade → Sold items → Batch export; Shopify: Orders → Export.",
        ),
    )


_OLD = 45  # days after which "last month" is no longer the calendar's


def age_notes(shop: ShopHandle, today: date) -> list[Text]:
    """One note when the data end more than 45 days before today; else none. Raises nothing on an empty shop."""
    try:
        last = anchor_of(shop, today).last
    except DataMissing:
        return []
    if (today - last).days <= _OLD:
        return []
    return [
        Text(
            f"数据到 {last}，“上月”按数据最后的完整月算。",
            f'The data end on {last}; "last month" is the last complete month of the data.',
        )
    ]


def source_text(reader: Reader, tables: Sequence[str]) -> str:
    """Tables and the files they may have come from, for the evidence list."""
    names = ", ".join(tables)
    if "files" not in reader.memo:
        shop = reader.shop
        ledger = shop.imports() if isinstance(shop, _HasLedger) else []
        reader.memo["files"] = list(dict.fromkeys(str(row["file_name"]) for row in ledger))
    files: list[str] = reader.memo["files"]
    if not files:
        return names
    more = f" +{len(files) - 3}" if len(files) > 3 else ""
    return f"{names} ({', '.join(files[:3])}{more})"


def measure(
    shop: ShopHandle, metric_id: str, window: Window, *, where: Mapping[str, str] | None = None
) -> MetricResult:
    """Measure one metric (any of its names). Raises BadArguments, or DataMissing with the export that would unlock it."""
    return measure_many(Reader(shop), [find_metric(metric_id)], window, where_of(where))[0]


def where_of(where: Mapping[str, str] | None) -> Where:
    """A filter as sorted pairs. Raises BadArguments for an unknown dimension."""
    for name in where or {}:
        if name not in DIMENSIONS:
            raise BadArguments.unknown(Text("维度", "dimension"), name, DIMENSIONS)
    return tuple(sorted((where or {}).items()))


def measure_many(reader: Reader, metrics: Sequence[Metric], window: Window, where: Where = ()) -> list[MetricResult]:
    """Measure several metrics with one query per relation, in the order given."""
    summed = [metric for metric in metrics if not metric.calc]
    found = cut(reader, summed, [window], where=where) if summed else None
    return [
        _calculated(reader, metric, window, where) if metric.calc else result_of(reader, metric, found, 0, window)
        for metric in metrics
    ]


def _calculated(reader: Reader, metric: Metric, window: Window, where: Where) -> MetricResult:
    table = metric.tables[0]
    if not reader.covers(table, window) and reader.has(table):
        return _result(reader, metric, window, None, 0, "count", (table,), (no_data_note(),))
    figure = calculated(reader, metric.id, window, where)
    interval = wilson(figure.hits, Decimal(figure.n)) if metric.proportion and figure.hits is not None else None
    notes = (*figure.notes, *_small_notes(metric, figure.n))
    return _result(reader, metric, window, figure.value, figure.n, figure.n_unit, figure.tables, notes, interval)


def no_data_note() -> Text:
    return Text("这个时间窗口没有数据（不是 0）。", "There is no data in this window (which is not zero).")


def result_of(
    reader: Reader, metric: Metric, found: Cut | None, index: int, window: Window, key: str = ""
) -> MetricResult:
    """The figure of one cell of a cut as a MetricResult."""
    if found is None:
        raise ValueError("a summed metric needs a cut")
    value = found.rows.get((index, key), {}).get(metric.id)
    below = found.den.get((index, key), {}).get(metric.id)
    above = found.num.get((index, key), {}).get(metric.id)
    n, unit = _sample(metric, above, below, found.size.get((index, key), {}).get(metric.id))
    notes: list[Text] = []
    if value is None:
        notes.append(_why_none(reader, metric, found, window, below))
    notes += _notes(reader, metric, found, window)
    notes += _small_notes(metric, n)
    interval = wilson(above, below) if metric.proportion and above is not None and below is not None else None
    return _result(reader, metric, window, value, n, unit, found.tables, tuple(notes), interval)


def _why_none(reader: Reader, metric: Metric, found: Cut, window: Window, below: Decimal | None) -> Text:
    if metric.is_quotient and below == 0:
        return Text("分母为 0，算不出来。", "The denominator is 0, so there is no figure.")
    if all(reader.covers(table, window) for table in found.tables):
        return Text(
            "已导入的文件里没有这一项的数据（不是 0）。",
            "The imported files carry no figures for this (which is not zero).",
        )
    return no_data_note()


def _result(
    reader: Reader,
    metric: Metric,
    window: Window,
    value: Decimal | None,
    n: int,
    n_unit: str,
    tables: Sequence[str],
    notes: tuple[Text, ...],
    interval: Interval | None = None,
) -> MetricResult:
    return MetricResult(
        metric_id=metric.id,
        value=value,
        unit=metric.unit_in(reader.shop.currency),
        window=window,
        n=n,
        n_unit=n_unit,
        formula=metric.formula,
        source=source_text(reader, tables),
        notes=notes if metric.caveat is None else (*notes, metric.caveat),
        interval=interval,
    )


def _sample(metric: Metric, above: Decimal | None, below: Decimal | None, orders: Decimal | None) -> tuple[int, str]:
    """n and its unit: what the denominator counts, the orders behind an amount, or the count itself; 0 when unknown."""
    if metric.den and metric.den[0].base in SAMPLE_UNITS:
        return int(below or 0), SAMPLE_UNITS[metric.den[0].base]
    if orders is not None:
        return int(orders), "orders"
    if metric.unit in ("money", "ratio", "number"):
        return 0, "count"
    return int(above or 0), metric.unit


def _small_notes(metric: Metric, n: int) -> list[Text]:
    if metric.unit != "ratio" or n >= SMALL or n == 0:
        return []
    return [Text("样本太小，还不能下结论。", "The sample is too small to say anything by.")]


def _notes(reader: Reader, metric: Metric, found: Cut, window: Window) -> list[Text]:
    notes: list[Text] = []
    bases = {term.base for term in (*metric.num, *metric.den)}
    if "gross" in bases and "orders" in found.tables and differs_from_report(reader, window):
        notes.append(
            Text(
                "这段时间的支付金额与平台店铺日报对不上，引用前先看对账（advisor reconcile）。",
                "Over these days GMV does not match the platform's own report; see `advisor reconcile` before quoting it.",
            )
        )
    if metric.daily_sum:
        notes.append(Text("逐日相加，不是去重访客数。", "Daily figures added up, not distinct people."))
    if bases & _ATTRIBUTED:
        notes += _attribution(reader)
    if bases & {"buyers", "gross_known", "orders_known"} and "orders" in found.tables:
        share = reader.filled("orders").get("buyer_key", Decimal(1))
        if share < Decimal("0.995"):
            notes.append(
                Text(
                    "部分订单没有买家标识，未计入；买家数因此偏低。",
                    "Some orders carry no buyer id and are left out, so buyers are understated.",
                )
            )
    if "unlinked_refund" in bases and reader.filled("refunds").get("order_id", Decimal(1)) < 1:
        notes.append(
            Text(
                "有些退款对不上订单，按退款日期计入。",
                "Some refunds are not tied to an order; they count on the refund day.",
            )
        )
    if "gross" in bases and "orders" not in found.tables and "shop_daily" in found.tables:
        notes.append(
            Text("没有订单明细，取自平台店铺日报。", "No order report: taken from the platform's own daily report.")
        )
    if bases & {"refund_linked", "refunded_orders"} and _unripe(reader, window):
        notes.append(UNRIPE)
    notes += _coverage_notes(reader, found.tables, window)
    return notes


_ATTRIBUTED = frozenset({"ad_paid", "ad_direct_amount", "ad_orders", "ad_buyers", "ad_new_buyers", "ad_members_joined"})


def _attribution(reader: Reader) -> list[Text]:
    """In which days after a click the ad platform counts a sale as its own, as the export states it."""
    if "attribution" not in reader.memo:
        t = reader.table("ad_daily")
        reader.memo["attribution"] = reader.run(t.aggregate(low=t.window_days.min(), high=t.window_days.max()))[0]
    low, high = reader.memo["attribution"]["low"], reader.memo["attribution"]["high"]
    if low is None:
        return [Text("导出里没有写归因周期。", "The export does not state its attribution window.")]
    days = f"{low}" if low == high else f"{low}–{high}"
    return [Text(f"归因周期 {days} 天，为平台口径。", f"Attribution window {days} days, as the ad platform counts.")]


# Said where refunds carry no dates to compare both windows at equal age by (`refund_age`).
UNRIPE = Text(
    "最近付款的订单还会陆续有退款：退款还会增加、净成交还会减少，和更早的时期比会显得偏好，先别当成改善。",
    "Recent orders will still be refunded: refunds will rise and net GMV will fall, so the latest window looks better than earlier ones; do not read an improvement into it yet.",
)
_RIPE = 30  # days in which most refunds of an order come


def _unripe(reader: Reader, window: Window) -> bool:
    """Refunds of the window's last orders are still coming in when the data end shortly after it."""
    days = reader.coverage("orders")
    return days is not None and (days[1] - window.end).days < _RIPE


def _coverage_notes(reader: Reader, tables: Sequence[str], window: Window) -> list[Text]:
    notes = []
    for table in tables:
        days = reader.coverage(table)
        if table == "refunds" or days is None or not reader.covers(table, window):
            continue
        late = max(0, (window.end - days[1]).days) + max(0, (days[0] - window.start).days)
        if late:
            notes.append(
                Text(
                    f"窗口里有 {late} 天不在已导入数据的范围内（{days[0]} 至 {days[1]}）。",
                    f"{late} days of the window lie outside the imported data ({days[0]} to {days[1]}).",
                )
            )
    return notes
