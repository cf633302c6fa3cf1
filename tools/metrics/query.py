"""A metric cut by time or by a dimension, against another window; zero and missing kept apart, small samples said to be small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from tools.base import ShopHandle
from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.alignment import Alignment, align
from tools.metrics.catalog import Metric, add_up, find_metric
from tools.metrics.customers import split
from tools.metrics.engine import Cut, Where, cut, dims_for
from tools.metrics.measure import (
    MetricResult,
    measure_many,
    result_of,
    where_of,
)
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.spans import each
from tools.metrics.stats import Interval
from tools.metrics.windows import Compare, compare_window, split_periods, window_text
from tools.text import Text

__all__ = ["BY", "QueryResult", "QueryRow", "base_of", "query"]

_TIME = ("day", "week", "month")
_SPLIT = "new_returning"
BY = (*_TIME, _SPLIT, *sorted({dim for relation in RELATIONS.values() for dim in relation.dims}))


@dataclass(frozen=True)
class QueryRow:
    """One line. `value` None is missing, not zero. `window` is the row's own window; `key` the period's first day or the entity."""

    key: str
    label: Text
    window: Window
    value: Decimal | None
    previous: Decimal | None
    n: int
    interval: Interval | None = None
    small: bool = False


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query: the whole (and what it is compared with), its rows, missing days, and what must be said."""

    metric: Metric
    total: MetricResult
    previous: MetricResult | None
    by: str | None
    rows: tuple[QueryRow, ...]
    missing_days: tuple[date, ...]
    notes: tuple[Text, ...]
    alignment: Alignment | None = None  # year on year: which days are compared and why

    @property
    def change(self) -> Decimal | None:
        if self.previous is None or self.total.value is None or self.previous.value is None:
            return None
        return self.total.value - self.previous.value


def query(
    shop: ShopHandle,
    metric_id: str,
    window: Window,
    *,
    by: str | None = None,
    compare: Compare | None = None,
    where: Mapping[str, str] | None = None,
    top: int = 20,
) -> QueryResult:
    """Measure a metric over a window, by day|week|month|new_returning|channel|source|product|…, against another window.

    Raises BadArguments (unknown metric or cut, with the valid ones) and DataMissing (naming the export).
    """
    reader, metric, filters = Reader(shop), find_metric(metric_id), where_of(where)
    return query_with(reader, metric, window, by=by, compare=compare, where=filters, top=top)


def query_with(
    reader: Reader,
    metric: Metric,
    window: Window,
    *,
    by: str | None = None,
    compare: Compare | None = None,
    where: Where = (),
    top: int = 20,
) -> QueryResult:
    """`query` on an open reader."""
    if by is not None and by not in BY:
        raise BadArguments.unknown(Text("拆分维度", "cut"), by, BY)
    if by is not None and by not in (*_TIME, _SPLIT):
        _check_dimension(metric, by)
    before, aligned = base_of(reader, window, compare) if compare else (None, None)
    total = measure_many(reader, [metric], window, where)[0]
    previous = measure_many(reader, [metric], before, where)[0] if before else None
    notes = [*([aligned.why] if aligned and aligned.why.zh else []), *total.notes]
    if by is None:
        rows: list[QueryRow] = []
    elif by in _TIME:
        rows = _by_time(reader, metric, window, by, where)
    elif by == _SPLIT:
        rows = _by_split(reader, metric, window, before, where)
    else:
        rows, extra = _by_dimension(reader, metric, (window, before), by, where, top, total)
        notes += extra
    missing = missing_days(reader, metric, window)
    return QueryResult(metric, total, previous, by, tuple(rows), tuple(missing), tuple(dict.fromkeys(notes)), aligned)


def base_of(reader: Reader, window: Window, compare: Compare) -> tuple[Window, Alignment | None]:
    """What a window is compared with; year on year, the like days of the year before with the reason."""
    if compare != "yoy":
        return compare_window(window, compare), None
    found = align(window, reader.platform, reader.coverage("orders") or reader.coverage("shop_daily"))
    return found.previous, found


def _check_dimension(metric: Metric, by: str) -> None:
    if metric.calc or by not in dims_for(metric):
        choices = [*_TIME, *([] if metric.calc else dims_for(metric))]
        raise BadArguments.unknown(Text(f"“{metric.name.zh}”的拆分维度", f"cut of {metric.name.en}"), by, choices)


def _by_time(reader: Reader, metric: Metric, window: Window, by: str, where: Where) -> list[QueryRow]:
    unit: Literal["day", "week", "month"] = "day" if by == "day" else "week" if by == "week" else "month"
    periods = split_periods(window, unit)
    if metric.calc:
        results = [measure_many(reader, [metric], period, where)[0] for period in periods]
    else:
        found = cut(reader, [metric], periods, where=where)
        results = [result_of(reader, metric, found, index, period) for index, period in enumerate(periods)]
    rows = []
    for index, (period, result) in enumerate(zip(periods, results, strict=True)):
        before = results[index - 1].value if index else None
        rows.append(_row(str(period.start), window_text(period), result, before))
    return rows


def _row(key: str, label: Text, result: MetricResult, before: Decimal | None) -> QueryRow:
    return QueryRow(key, label, result.window, result.value, before, result.n, result.interval, result.small)


def _by_split(reader: Reader, metric: Metric, window: Window, before: Window | None, where: Where) -> list[QueryRow]:
    if metric.id not in ("gmv", "orders", "buyers", "aov_buyer", "aov_order", "repurchase_rate", "orders_per_buyer"):
        raise BadArguments(
            Text(
                f"“{metric.name.zh}”不能按新老客拆分；可拆：支付金额、订单数、买家数、客单价、笔单价、复购率。",
                f'"{metric.name.en}" has no new/returning cut; gmv, orders, buyers, aov_buyer, aov_order and repurchase_rate do.',
            ),
            choices=("gmv", "orders", "buyers", "aov_buyer", "aov_order", "repurchase_rate", "orders_per_buyer"),
        )
    now, then = split(reader, window, where), split(reader, before, where) if before else None
    rows = []
    for key, label in (("new", Text("新客", "new buyers")), ("returning", Text("老客", "returning buyers"))):
        group = getattr(now, key)
        value = _group_value(metric.id, group)
        old = _group_value(metric.id, getattr(then, key)) if then else None
        rows.append(QueryRow(key, label, window, value, old, group.buyers))
    return rows


def _group_value(metric_id: str, group: object) -> Decimal | None:
    get = {name: Decimal(getattr(group, name)) for name in ("buyers", "orders", "gmv", "paying", "repeat")}
    pairs = {
        "gmv": ("gmv", ""),
        "orders": ("orders", ""),
        "buyers": ("buyers", ""),
        "aov_buyer": ("gmv", "buyers"),
        "aov_order": ("gmv", "orders"),
        "orders_per_buyer": ("orders", "buyers"),
        "repurchase_rate": ("repeat", "paying"),
    }
    above, below = pairs[metric_id]
    if not below:
        return get[above]
    return get[above] / get[below] if get[below] else None


def _by_dimension(
    reader: Reader,
    metric: Metric,
    windows: tuple[Window, Window | None],
    by: str,
    where: Where,
    top: int,
    total: MetricResult,
) -> tuple[list[QueryRow], list[Text]]:
    window, before = windows
    found = cut(reader, [metric], [window, before] if before else [window], by, where)
    rows = [_entity_row(reader, metric, found, key, windows) for key in found.entities()]
    rows = [row for row in rows if row.value or row.previous]
    rows.sort(key=lambda row: (-abs(row.value or row.previous or Decimal(0)), row.key))
    notes: list[Text] = []
    if metric.additive:
        rows, notes = _rest(metric, rows, total, top, window)
    elif metric.daily_sum or metric.unit in ("buyers", "visitors"):
        notes.append(
            Text("各项之间有重复的人，相加不等于全店。", "The same person can be in several rows; they do not add up.")
        )
    return rows[:top] if not metric.additive else rows, notes


def _entity_row(
    reader: Reader, metric: Metric, found: Cut, key: str, windows: tuple[Window, Window | None]
) -> QueryRow:
    result = result_of(reader, metric, found, 0, windows[0], key)
    before = found.rows.get((1, key), {}).get(metric.id) if windows[1] else None
    name = found.labels.get(key) or key
    label = Text(name, name) if name else Text("未标注", "not recorded")
    return _row(key, label, result, before)


def _rest(
    metric: Metric, rows: list[QueryRow], total: MetricResult, top: int, window: Window
) -> tuple[list[QueryRow], list[Text]]:
    """Keep the top rows; what they leave of the whole becomes one row, so that the table adds up."""
    shown, rest = rows[:top], rows[top:]
    notes: list[Text] = []
    if rest:
        value = add_up(metric, (row.value or Decimal(0) for row in rest))
        olds = [row.previous for row in rest if row.previous is not None]
        label = Text("其余", "all others")
        shown.append(QueryRow("(others)", label, window, value, sum(olds, Decimal(0)) if olds else None, len(rest)))
    gap = (total.value or Decimal(0)) - sum((row.value or Decimal(0) for row in shown), Decimal(0))
    if gap:
        label = Text("与全店的差额", "difference to the whole shop")
        shown.append(QueryRow("(difference)", label, window, gap, None, 0))
        notes.append(
            Text(
                "这项拆分来自另一张表（如商品明细、来源报表；邮费等服务项不算商品），与全店的差额单列一行。",
                "This cut comes from another table (item lines without services such as postage, source report); its difference to the whole is a row.",
            )
        )
    return shown, notes


def missing_days(reader: Reader, metric: Metric, window: Window) -> list[date]:
    """Days of the window without a single row in the table that carries the metric. For orders: no sale, or rows missing."""
    if metric.calc:
        return []
    found = cut(reader, [metric], [window])
    relation = next((r for r in RELATIONS.values() if r.table == found.tables[0]), None)
    if relation is None or not (relation.report or relation.table in ("orders", "order_lines", "ad_daily")):
        return []
    key = ("days", relation.name)
    if key not in reader.memo:
        t = reader.relation(relation.name)
        reader.memo[key] = {row["d_"] for row in reader.run(t.select(d_=t[relation.date]).distinct())}
    return [day for day in each(window) if day not in reader.memo[key]]
