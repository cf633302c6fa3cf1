"""What feeds a metric: whether this shop's data do, which export would, and which shipped formats can at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tools.errors import DataMissing, NotPermitted
from tools.metrics.bases import BASES, Feed
from tools.metrics.catalog import Metric, catalog, metric_of, table_text, unlock_text
from tools.metrics.engine import choose, column_missing, dims_for
from tools.metrics.reader import Reader
from tools.metrics.relations import RELATIONS
from tools.text import Text
from tools.warehouse.formats import all_formats
from tools.warehouse.ingest.template import TEMPLATE_PREFIX

__all__ = ["Supply", "cuts", "fed_by", "grain", "only_by_template", "supply"]

Columns = frozenset[tuple[str, str]]  # (table, column) pairs


@dataclass(frozen=True)
class Supply:
    """Whether a shop's data feed a metric; if not, what is missing and the export that would bring it."""

    ready: bool
    tables: tuple[str, ...] = ()
    missing: Text | None = None
    unlock: Text | None = None


def supply(reader: Reader, metric: Metric) -> Supply:
    """For one metric of one shop. Content counts: a table whose column no file fills does not feed it."""
    try:
        tables = tuple(dict.fromkeys(_sources(reader, metric)))
    except DataMissing as error:
        return Supply(False, error.tables, error.message, error.unlock)
    except NotPermitted as error:
        return Supply(False, (), error.message)
    return Supply(True, tables)


def _sources(reader: Reader, metric: Metric) -> Iterator[str]:
    for term in (*metric.num, *metric.den):
        if not term.optional:
            feed = choose(reader, term.base, ())
            yield _filled(reader, RELATIONS[feed.relation].table, feed.columns)
    for alternatives in metric.needs:
        yield from _first(reader, alternatives)


def _first(reader: Reader, alternatives: Iterable[str]) -> list[str]:
    """Tables of the first alternative there is; what the first of all lacks is reported when there is none."""
    refused: DataMissing | None = None
    for need in alternatives:
        table, dot, column = need.partition(".")
        try:
            return [_filled(reader, table, (column,))] if dot else list(_sources(reader, metric_of(need)))
        except DataMissing as error:
            refused = refused or error
    raise refused or ValueError("a need has no alternatives")


def _filled(reader: Reader, table: str, columns: tuple[str, ...]) -> str:
    if not reader.has(table):
        name, unlock = table_text(table), unlock_text(table, reader.platform)
        raise DataMissing(
            Text(f"还没有“{name.zh}”数据。", f'There is no "{name.en}" data yet.'),
            tables=(table,),
            unlock=Text(f"导出后拖进来即可：{unlock.zh}。", f"Export it and drop it here: {unlock.en}."),
        )
    if empty := [name for name in columns if not reader.holds(table, (name,))]:
        raise column_missing(reader.platform, table, empty)
    return table


def grain(metric: Metric) -> Text:
    """The finest time a metric is read at, and whether its values add up."""
    if metric.additive:
        return Text("按日，可相加", "day, adds up")
    if metric.daily_sum:
        return Text("按日，逐日相加非去重", "day, a sum of daily counts")
    if metric.calc or any(term.base in _DISTINCT for term in (*metric.num, *metric.den)):
        return Text("按窗口去重计算，不可相加", "window, counted anew, does not add up")
    return Text("按日，不可相加", "day, does not add up")


_DISTINCT = frozenset({"buyers", "products_sold", "products_listed", "members_total"})


@cache
def _shipped() -> Mapping[str, Columns]:
    """Columns each shipped format fills; its template is everybody's and does not count."""
    found: dict[str, Columns] = {}
    for name, spec in all_formats().items():
        if name.startswith(TEMPLATE_PREFIX):
            continue
        filled = {
            (table, column) for table, target in spec.targets.items() for column in (*target.filled, *target.from_lines)
        }
        if ("orders", "buyer_key") in filled:  # an import makes the buyers behind the orders
            filled |= {("customers", "buyer_key"), ("customers", "first_paid_date")}
        found[name] = frozenset(filled)
    return found  # fmt: skip


def fed_by(metric: Metric) -> tuple[str, ...]:
    """Shipped formats with columns a metric is made of, when together they fill them all; () when only templates do."""
    wanted = _wanted(metric)
    if wanted is None:
        return ()
    return tuple(name for name, columns in _shipped().items() if columns & wanted)


@cache
def _wanted(metric: Metric) -> Columns | None:
    """The columns of the first alternatives that shipped formats fill; None where some part has none."""
    offered = frozenset().union(*_shipped().values())
    options = [_feed_columns(term.base) for term in (*metric.num, *metric.den) if not term.optional]
    options += [_need_columns(alternatives) for alternatives in metric.needs]
    chosen = [next((option for option in some if option is not None and option <= offered), None) for some in options]
    if any(option is None for option in chosen):
        return None
    return frozenset().union(*(option for option in chosen if option is not None))


def _feed_columns(base: str) -> list[Columns | None]:
    return [_columns(feed) for feed in BASES[base] if feed.total]


def _columns(feed: Feed) -> Columns:
    relation = RELATIONS[feed.relation]
    return frozenset({*((relation.table, name) for name in (relation.date, *feed.columns)), *relation.needs})


def _need_columns(alternatives: Iterable[str]) -> list[Columns | None]:
    found: list[Columns | None] = []
    for need in alternatives:
        table, dot, column = need.partition(".")
        found.append(frozenset({(table, column)}) if dot else _wanted(metric_of(need)))
    return found


def only_by_template() -> list[Metric]:
    """Metrics that no shipped format feeds yet: their data come by the generic template or a merchant's own mapping file."""
    return [metric for metric in catalog().values() if not fed_by(metric)]


def cuts(metric: Metric) -> list[str]:
    """Dimensions a metric can be cut by."""
    return [] if metric.calc else dims_for(metric)
