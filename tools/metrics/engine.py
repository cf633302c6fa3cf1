"""From base measures to figures: chooses where each base comes from, runs one query per relation, divides once at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tools.errors import BadArguments, DataMissing
from tools.facts import Window
from tools.metrics.bases import BASES, Feed
from tools.metrics.catalog import Metric, Term, table_text, unlock_text
from tools.metrics.reader import RELATIONS, Reader, Relation, as_decimal, in_window, period_label
from tools.text import Text
from tools.warehouse.schema import table_spec

__all__ = [
    "Cut",
    "Where",
    "aggregate",
    "buyer_id_missing",
    "choose",
    "column_missing",
    "combine",
    "cut",
    "dims_for",
    "refunds_unknown",
    "remember",
]

Where = tuple[tuple[str, str], ...]
Values = dict[str, Decimal | None]


@dataclass(frozen=True)
class Cut:
    """Figures of several metrics: `rows[(window index, key)][metric id]`; key "" is the whole shop when there is no dimension."""

    rows: Mapping[tuple[int, str], Values]
    num: Mapping[tuple[int, str], Values]
    den: Mapping[tuple[int, str], Values]
    size: Mapping[tuple[int, str], Values] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()

    def entities(self) -> list[str]:
        return list(dict.fromkeys(key for _, key in self.rows))


def choose(reader: Reader, base: str, dims: Iterable[str]) -> Feed:
    """The first feed of a base that has data and every dimension. Raises DataMissing (naming the export) or BadArguments."""
    wanted = set(dims)
    if base == "refund_linked" and not wanted and not reader.refunds_known and _sold(reader):
        raise refunds_unknown(reader.platform)
    for feed in BASES[base]:
        relation = RELATIONS[feed.relation]
        if wanted <= set(relation.dims) and (feed.total or wanted) and _ready(reader, feed, relation, wanted):
            return feed
    raise _cannot(reader, base, wanted)


def _ready(reader: Reader, feed: Feed, relation: Relation, dims: set[str]) -> bool:
    if not reader.offers(relation):
        return False
    if feed.check and not reader.holds(relation.table, feed.columns):
        return False
    keys = {relation.dims[dim].key for dim in dims} - {"product"}  # made of whichever of id, code and title is there
    filled = reader.filled(relation.table) if keys else {}
    return all(filled.get(key, Decimal(0)) > 0 for key in keys)


def _cannot(reader: Reader, base: str, dims: set[str]) -> DataMissing | BadArguments:
    suited = [RELATIONS[feed.relation] for feed in BASES[base] if dims <= set(RELATIONS[feed.relation].dims)]
    if not suited:
        known = sorted({dim for feed in BASES[base] for dim in RELATIONS[feed.relation].dims})
        return BadArguments.unknown(Text("可拆分维度", "dimension of this metric"), ", ".join(sorted(dims)), known)
    first = suited[0]
    if table := next((table for table in (first.table, *first.also) if not reader.has(table)), ""):
        name, unlock = table_text(table), unlock_text(table, reader.platform)
        return DataMissing(
            Text(f"还没有“{name.zh}”数据。", f'There is no "{name.en}" data yet.'),
            tables=(table,),
            unlock=Text(f"导出后拖进来即可：{unlock.zh}。", f"Export it and drop it here: {unlock.en}."),
        )
    lacking = next(((table, column) for table, column in first.needs if not reader.holds(table, (column,))), None)
    if lacking == ("orders", "buyer_key"):
        return buyer_id_missing(reader.platform)
    feed = next(feed for feed in BASES[base] if feed.relation == first.name)
    table, columns = (
        (lacking[0], lacking[1:])
        if lacking
        else (first.table, tuple(sorted(dims)) or _empty(reader, first.table, feed))
    )
    return column_missing(reader.platform, table, columns)


def _empty(reader: Reader, table: str, feed: Feed) -> tuple[str, ...]:
    return tuple(name for name in feed.columns if not reader.holds(table, (name,))) or feed.columns


def column_missing(platform: str, table: str, columns: Sequence[str]) -> DataMissing:
    """A table is there and no imported row of it fills these columns (or dimensions)."""
    names, path = table_text(table), unlock_text(table, platform)
    known = {column.name: column.zh for column in table_spec(table).columns}
    zh, en = "、".join(known.get(name, name) for name in columns), ", ".join(columns)
    return DataMissing(
        Text(
            f"已导入的“{names.zh}”里没有所需的列（{zh}）。",
            f'The imported "{names.en}" lack the column it needs ({en}).',
        ),
        tables=(table,),
        unlock=Text(f"导出路径：{path.zh}。", f"Export: {path.en}."),
    )


def _sold(reader: Reader) -> bool:
    return reader.has("orders") or reader.has("shop_daily")


def refunds_unknown(platform: str) -> DataMissing:
    """No imported file carries a refund: the shop's refunds are unknown, which is not none."""
    path = unlock_text("refunds", platform)
    return DataMissing(
        Text(
            "已导入的文件里没有任何退款记录，退款和净成交未知（不是 0）。",
            "The imported files carry no refund at all, so refunds and net GMV are unknown (which is not zero).",
        ),
        tables=("refunds",),
        unlock=Text(f"导出退款后拖进来即可：{path.zh}。", f"Export the refunds and drop them here: {path.en}."),
    )


def buyer_id_missing(platform: str = "tmall") -> DataMissing:
    """The orders carry no usable buyer identity: no figure about people can be made."""
    return DataMissing(
        Text(
            "订单里没有可用的买家标识（未导出买家会员名，或昵称被打码），所以买家数、客单价、新老客、复购都算不出来。",
            "The orders carry no usable buyer id (not exported, or masked), so buyers, spend per buyer, new/returning"
            " and repurchase cannot be computed.",
        ),
        tables=("orders",),
        unlock=_with_buyers(platform),
    )


def _with_buyers(platform: str) -> Text:
    if platform in ("tmall", "taobao"):
        return Text(
            "请导出含完整买家会员名的订单报表：千牛 → 交易 → 已卖出的宝贝 → 批量导出；或导入生意参谋店铺日报，至少可看支付买家数。",
            "Export the order report with full buyer names (Qianniu → Trade → Sold items → Batch export); the shop's daily"
            " report gives at least daily buyers.",
        )
    path = unlock_text("orders", platform)
    return Text(
        f"请导出带买家标识（客户编号或邮箱）的订单：{path.zh}。",
        f"Export the orders with a buyer id (customer number or e-mail): {path.en}.",
    )


def dims_for(metric: Metric) -> list[str]:
    """Dimensions at least one set of feeds of the metric can be cut by."""
    sets = [
        {dim for feed in BASES[term.base] for dim in RELATIONS[feed.relation].dims}
        for term in (*metric.num, *metric.den)
        if not term.optional
    ]
    return sorted(set.intersection(*sets)) if sets else []


def cut(reader: Reader, metrics: Sequence[Metric], windows: Sequence[Window], dim: str = "", where: Where = ()) -> Cut:
    """Measure metrics over windows, whole or by one dimension. Raises DataMissing when a needed table or column is not there.

    A window its relation does not reach gives None (missing), a window without events gives 0.
    """
    dims = {name for name in (dim, *(name for name, _ in where)) if name}
    feeds: dict[str, Feed] = {}
    for metric in metrics:
        feeds |= _feeds(reader, metric, dims)
        feeds |= _sample_feed(feeds, metric)
    bases = aggregate(reader, feeds, windows, dim, where)
    keys = list(dict.fromkeys(key for _, key in bases.rows)) or ([] if dim else [""])
    grid = [(index, key) for index in range(len(windows)) for key in keys]
    num: dict[tuple[int, str], Values] = {}
    den: dict[tuple[int, str], Values] = {}
    rows: dict[tuple[int, str], Values] = {}
    size: dict[tuple[int, str], Values] = {}
    for cell in grid:
        values = bases.rows.get(cell, {})
        num[cell] = {metric.id: combine(metric.num, values) for metric in metrics}
        den[cell] = {metric.id: combine(metric.den, values) for metric in metrics if metric.den}
        rows[cell] = {metric.id: _quotient(metric, num[cell], den[cell]) for metric in metrics}
        size[cell] = {metric.id: values.get(_SAMPLES.get(metric.sample_of, "")) for metric in metrics}
    return Cut(rows, num, den, size, bases.labels, bases.tables)


def _feeds(reader: Reader, metric: Metric, dims: set[str]) -> dict[str, Feed]:
    terms = (*metric.num, *metric.den)
    if dims:  # one relation for all parts keeps a quotient coherent
        for relation in RELATIONS.values():
            same = {t.base: _feed_in(relation.name, t.base) for t in terms if not t.optional}
            if (
                dims <= set(relation.dims)
                and all(same.values())
                and all(_ready(reader, feed, relation, dims) for feed in same.values() if feed)
            ):
                return {base: feed for base, feed in same.items() if feed}
    return {term.base: choose(reader, term.base, dims) for term in terms if not term.optional or _present(reader, term)}


_SAMPLES = {"gross": "order_count", "gross_known": "orders_known"}


def _sample_feed(feeds: Mapping[str, Feed], metric: Metric) -> dict[str, Feed]:
    """Orders behind a figure of money, from the relation the money comes from."""
    base = _SAMPLES.get(metric.sample_of)
    found = _feed_in(feeds[metric.sample_of].relation, base) if base and base not in feeds else None
    return {base: found} if base and found else {}


def _feed_in(relation: str, base: str) -> Feed | None:
    return next((feed for feed in BASES[base] if feed.relation == relation), None)


def _present(reader: Reader, term: Term) -> bool:
    return any(reader.offers(RELATIONS[feed.relation]) for feed in BASES[term.base] if feed.total)


def combine(terms: Sequence[Term], values: Mapping[str, Decimal | None]) -> Decimal | None:
    """Signed sum of base measures; None when one that is not optional is missing."""
    total = Decimal(0)
    for term in terms:
        value = values.get(term.base)
        if value is None and not term.optional:
            return None
        total += term.sign * (value or Decimal(0))
    return total


def _quotient(metric: Metric, num: Values, den: Values) -> Decimal | None:
    above = num[metric.id]
    if above is None or not metric.den:
        return None if above is None else above * metric.scale
    below = den[metric.id]
    return None if not below else above * metric.scale / below


@dataclass(frozen=True)
class _Bases:
    rows: dict[tuple[int, str], Values]
    labels: dict[str, str]
    tables: tuple[str, ...]


def aggregate(
    reader: Reader, feeds: Mapping[str, Feed], windows: Sequence[Window], dim: str = "", where: Where = ()
) -> _Bases:
    """One grouped query per relation; `rows[(window index, key)][base]`. What the reader knows of the whole shop is not asked again."""
    rows: dict[tuple[int, str], Values] = {}
    labels: dict[str, str] = {}
    names = list(dict.fromkeys(feed.relation for feed in feeds.values()))
    for name in names:
        wanted = {base: feed for base, feed in feeds.items() if feed.relation == name}
        if not dim and not where:
            wanted = _recall(reader, wanted, windows, rows)
        for group in _disjoint(windows) if wanted else ():
            _collect(reader, RELATIONS[name], wanted, (windows, group, dim, where), rows, labels)
    keys = {key for _, key in rows} or {""}
    for name in names:
        relation = RELATIONS[name]
        for index, window in enumerate(windows):
            empty = None if relation.report or not reader.covers(relation.table, window) else Decimal(0)
            for key in keys if dim else {""}:
                for base in (base for base, feed in feeds.items() if feed.relation == name):
                    rows.setdefault((index, key), {}).setdefault(base, empty)
    if not dim and not where:
        remember(reader, feeds, windows, [rows[index, ""] for index in range(len(windows))])
    return _Bases(rows, labels, tuple(dict.fromkeys(RELATIONS[name].table for name in names)))


def remember(reader: Reader, feeds: Mapping[str, Feed], windows: Sequence[Window], rows: Sequence[Values]) -> None:
    """Keep base measures of the whole shop, a row for each window, for whoever asks the same reader later."""
    known = reader.memo.setdefault("bases", {})
    for window, values in zip(windows, rows, strict=True):
        known.update({(feed.relation, base, window): values[base] for base, feed in feeds.items()})


def _recall(
    reader: Reader, feeds: Mapping[str, Feed], windows: Sequence[Window], rows: dict[tuple[int, str], Values]
) -> dict[str, Feed]:
    """Fill in the bases known for every window; the rest is handed back to be asked."""
    known: dict[tuple[str, str, Window], Decimal | None] = reader.memo.get("bases", {})
    ask = {}
    for base, feed in feeds.items():
        keys = [(feed.relation, base, window) for window in windows]
        if all(key in known for key in keys):
            for index, key in enumerate(keys):
                rows.setdefault((index, ""), {})[base] = known[key]
        else:
            ask[base] = feed
    return ask


def _disjoint(windows: Sequence[Window]) -> list[list[int]]:
    """Window indexes in groups without overlap, so that one label per row is enough."""
    groups: list[list[int]] = []
    for index in sorted(range(len(windows)), key=lambda i: windows[i].start):
        for group in groups:
            if windows[group[-1]].end < windows[index].start:
                group.append(index)
                break
        else:
            groups.append([index])
    return groups


def _collect(
    reader: Reader,
    relation: Relation,
    feeds: Mapping[str, Feed],
    query: tuple[Sequence[Window], list[int], str, Where],
    rows: dict[tuple[int, str], Values],
    labels: dict[str, str],
) -> None:
    windows, group, dim, where = query
    chosen = [windows[index] for index in group]
    t = reader.relation(relation.name)
    day = t[relation.date]
    t = t.filter(in_window(day, chosen), *(t[relation.dims[name].key] == value for name, value in where))
    period = period_label(t[relation.date], chosen)
    by: dict[str, Any] = {"w_": period.expression}  # not columns of their own: those take Ibis twice as long to compile
    values = {base: feed.value(t) for base, feed in feeds.items()}
    if dim:
        spec = relation.dims[dim]
        by["k_"] = t[spec.key].fill_null("")
        if spec.label:
            values["label_"] = t[spec.label].max()
    for row in reader.run(t.group_by(**by).aggregate(**values)):
        key = row.get("k_", "")
        if row["w_"] not in period.index:
            continue
        if row.get("label_"):
            labels[key] = str(row["label_"]).strip()
        cell = rows.setdefault((group[period.index[row["w_"]]], key), {})
        cell.update({base: as_decimal(row[base]) for base in feeds})
