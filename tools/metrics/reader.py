"""Reading one shop through Ibis: the relations metrics are made of, their dimensions, and which columns really hold data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, runtime_checkable

import ibis

from tools.base import ShopHandle
from tools.facts import Window
from tools.metrics.relations import DIMENSIONS, RELATIONS, Dim, Relation
from tools.metrics.windows import month_of
from tools.warehouse.schema import tables

__all__ = [
    "DIMENSIONS",
    "RELATIONS",
    "Dim",
    "PeriodKey",
    "Reader",
    "Relation",
    "as_decimal",
    "in_window",
    "period_label",
]


_FEW = 3


_MANY, _SAMPLE = 100_000, 1000


@runtime_checkable
class _HasRows(Protocol):
    def rows(self, table: str) -> int: ...


@runtime_checkable
class _HasBuyerDays(Protocol):
    def buyer_days(self) -> Any | None: ...


@runtime_checkable
class _HasPlatform(Protocol):
    @property
    def platform(self) -> str: ...


class Reader:
    """A shop during one call; remembers relations and small results, so one call never asks the same twice."""

    def __init__(self, shop: ShopHandle) -> None:
        self.shop = shop
        self._tables: dict[str, Any] = {}
        self._relations: dict[str, Any] = {}
        self._filled: dict[str, Mapping[str, Decimal]] = {}
        self.memo: dict[object, Any] = {}

    @property
    def platform(self) -> str:
        """Where the shop sells (tmall, taobao, shopify, other …)."""
        return self.shop.platform if isinstance(self.shop, _HasPlatform) else "tmall"

    @property
    def refunds_known(self) -> bool:
        """Whether any imported file tells of refunds: a column of zeros does, an absent column does not."""
        if "refunds_known" not in self.memo:
            self.memo["refunds_known"] = self.has("refunds") or self._refunds_in_orders()
        return bool(self.memo["refunds_known"])

    def _refunds_in_orders(self) -> bool:
        table = next((name for name in ("orders", "shop_daily") if self.has(name)), "")
        if not table:
            return False
        t = self.table(table)
        return bool(self.run(t.aggregate(hit=t.refund_amount.notnull().any()))[0]["hit"])

    def has(self, table: str) -> bool:
        return self.shop.has(table)

    def table(self, name: str) -> Any:
        """The shop's Ibis table. Raises DataMissing when it is empty."""
        if name not in self._tables:
            self._tables[name] = self.shop.table(name)
        return self._tables[name]

    def relation(self, name: str) -> Any:
        if name not in self._relations:
            self._relations[name] = RELATIONS[name].build(self)
        return self._relations[name]

    def buyer_days(self) -> Any:
        """One row per buyer and pay day of known orders, sorted so: buyer_no (from 0), paid_date, orders, goods, gross.

        As the warehouse wrote it beside the orders, or made from them here where it did not.
        """
        made = self.shop.buyer_days() if isinstance(self.shop, _HasBuyerDays) else None
        if made is not None:
            return made
        rows = self.relation("known_orders")
        rows = rows.mutate(goods_=~rows.is_service.fill_null(False))
        t = rows.group_by("buyer_key", "paid_date").aggregate(
            orders=rows.count().cast("int32"), goods=rows.goods_.any(), gross=rows.gross_amount.sum()
        )
        number = ibis.dense_rank().over(order_by=t.buyer_key).cast("int32")
        return t.mutate(buyer_no=number).drop("buyer_key").order_by("buyer_no", "paid_date")

    def offers(self, relation: Relation) -> bool:
        """Whether the relation's tables and needed columns hold data."""
        if not all(self.has(table) for table in (relation.table, *relation.also)):
            return False
        return all(self.holds(table, (column,)) for table, column in relation.needs)

    def filled(self, table: str) -> Mapping[str, Decimal]:
        """Share of rows (0 to 1) that hold a value, per text or count column; "" counts as none. {} for an empty table."""
        if table not in self._filled:
            self._filled[table] = self._shares(table) if self.has(table) else {}
        return self._filled[table]

    def _shares(self, table: str) -> Mapping[str, Decimal]:
        names = [column.name for column in tables()[table].columns if column.type in ("text", "int")]
        count = partial(self._count_filled, table)
        return _Asked(names, count) if self._large(table) else count(names)

    def holds(self, table: str, columns: Iterable[str]) -> bool:
        """Whether each column has a value in any row; one query per table for what is not known yet."""
        wanted = tuple(columns)
        known: dict[str, bool] = self.memo.setdefault(("holds", table), {})
        if ask := [name for name in dict.fromkeys(wanted) if name not in known]:
            t = self.table(table)
            if self._large(table):  # a column that holds anything mostly shows it in the first rows
                first = t.limit(_SAMPLE)
                hits = self.run(first.aggregate(**{name: first[name].notnull().any() for name in ask}))[0]
                known.update({name: True for name, hit in hits.items() if hit})
                ask = [name for name in ask if name not in known]
            if ask:
                known.update(self.run(t.aggregate(**{name: t[name].notnull().any() for name in ask}))[0])
        return all(known[name] for name in wanted)

    def _large(self, table: str) -> bool:
        return isinstance(self.shop, _HasRows) and self.shop.rows(table) > _MANY

    def _count_filled(self, table: str, names: Sequence[str]) -> dict[str, Decimal]:
        rows = self.relation("orders") if table == "orders" else self.table(table)
        types = {column.name: column.type for column in tables()[table].columns}
        texts = [name for name in names if types[name] == "text"]
        counts = {name: (rows[name].notnull() & (rows[name] != "")).ifelse(1, 0).sum() for name in texts}
        counts |= {name: rows[name].count() for name in names if types[name] == "int"}
        row = self.run(rows.aggregate(n_=rows.count(), **counts))[0]
        total = row["n_"]
        return {name: Decimal(int(row[name] or 0)) / total if total else Decimal(0) for name in counts}

    def run(self, expression: Any) -> list[dict[str, Any]]:
        """Execute and return plain rows. Money arrives as Decimal, counts as int, days as date."""
        result: list[dict[str, Any]] = expression.to_pyarrow().to_pylist()
        return result

    def coverage(self, table: str) -> tuple[date, date] | None:
        return self.shop.days(table)

    def covers(self, table: str, window: Window) -> bool:
        """Whether the table has a first and last day that overlap the window."""
        days = self.coverage(table)
        return days is not None and window.start <= days[1] and window.end >= days[0]


class _Asked(Mapping[str, Decimal]):
    """Shares counted one column at a time, when asked: every column of a table of millions costs more than the few anyone asks for."""

    def __init__(self, names: Sequence[str], count: Callable[[Sequence[str]], dict[str, Decimal]]) -> None:
        self._names, self._count = tuple(names), count
        self._known: dict[str, Decimal] = {}

    def __getitem__(self, name: str) -> Decimal:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known |= self._count((name,))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def as_decimal(value: object) -> Decimal | None:
    """A cell as Decimal; a missing cell stays None."""
    if value is None or isinstance(value, Decimal):
        return value
    return Decimal(str(value))


def in_window(column: Any, windows: Sequence[Window]) -> Any:
    """A plain range filter that spans all windows; the engine can prune with it."""
    return column.between(min(window.start for window in windows), max(window.end for window in windows))


@dataclass(frozen=True)
class PeriodKey:
    """An expression that tells windows apart, and the window index by its value. Other values lie between windows."""

    expression: Any
    index: Mapping[int, int]


def period_label(column: Any, windows: Sequence[Window]) -> PeriodKey:
    """How to tell which window a DATE falls into. Windows must not overlap.

    Many windows as one CASE take Ibis longer to compile than to run, so months and equal adjoining windows use arithmetic.
    """
    if len(windows) > _FEW and all(window == month_of(window.start) for window in windows):
        index = {w.start.year * 12 + w.start.month: k for k, w in enumerate(windows)}
        return PeriodKey(column.year() * 12 + column.month(), index)
    length, last = windows[0].days, max(window.end for window in windows)
    buckets = {(last - window.end).days // length: k for k, window in enumerate(windows)}
    if len(windows) > _FEW and all(w.days == length and (last - w.end).days % length == 0 for w in windows):
        back = ibis.literal(last).epoch_days() - column.epoch_days()
        return PeriodKey((back // length).cast("int64"), buckets)
    cases = ibis.cases(*((column.between(w.start, w.end), k) for k, w in enumerate(windows)), else_=None)
    return PeriodKey(cases, {k: k for k in range(len(windows))})
