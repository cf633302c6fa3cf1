"""Scoped reading: above this module nobody can reach a table that is not bound to one merchant.

One in-memory root connection per process and merchant file attaches the file read-only; each `Shop` gets its own cursor,
because one shared Ibis connection under threads fails.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis

from tools.errors import BackendDown, BadArguments, DataMissing, NotFound, NotPermitted
from tools.text import Text
from tools.warehouse.schema import TableSpec, tables
from tools.warehouse.writer import DUCKDB_CONFIG, MerchantProfile, check_merchant_id, merchant_file
from tools.warehouse.writer_rollup import BUYER_DAYS

__all__ = ["PRIVATE_TABLES", "Shop", "Warehouse"]

_ATTACHED = "wh"
# Costs, margins, targets and uploaded documents (no table, kept by tools.cases) stay the merchant's own until shared, item by item.
PRIVATE_TABLES = frozenset({"item_costs", "fees", "targets", "own_documents"})


@dataclass
class _Root:
    stamp: tuple[int, int, int]
    connection: duckdb.DuckDBPyConnection
    profile: MerchantProfile
    generation: str
    coverage: dict[str, tuple[date, date] | None]
    rows: dict[str, int]
    rollups: frozenset[str]


class Shop:
    """One merchant's data, read-only. Make one per tool call (`Warehouse.for_merchant`); not for sharing across threads."""

    def __init__(self, root: _Root, hidden: frozenset[str] = frozenset()) -> None:
        self._root = root
        self._hidden = hidden
        self._cursor = root.connection.cursor()
        self._tables: dict[str, Any] = {}
        self._backend: Any = None

    @property
    def _ibis(self) -> Any:
        if self._backend is None:  # who only asks what there is needs none, and it costs more than the asking
            self._backend = ibis.duckdb.from_connection(self._cursor)
        return self._backend

    @property
    def merchant_id(self) -> str:
        return self._root.profile.merchant_id

    @property
    def name(self) -> str:
        return self._root.profile.name

    @property
    def platform(self) -> str:
        return self._root.profile.platform

    @property
    def category(self) -> str:
        return self._root.profile.category

    @property
    def currency(self) -> str:
        return self._root.profile.currency

    @property
    def timezone(self) -> str:
        return self._root.profile.timezone

    @property
    def simulated(self) -> bool:
        return self._root.profile.simulated

    @property
    def generation(self) -> str:
        """Changes with every import; part of every fact id."""
        return self._root.generation

    @property
    def hidden(self) -> frozenset[str]:
        """Tables this handle refuses; part of every key under which results are remembered."""
        return self._hidden

    def rows(self, table: str) -> int:
        return self._root.rows[table]

    def has(self, table: str) -> bool:
        return self._root.rows[_known(table).name] > 0

    def days(self, table: str) -> tuple[date, date] | None:
        """First and last day covered by the table, or None when it is empty or has no date."""
        return self._root.coverage[_known(table).name]

    def table(self, name: str) -> Any:
        """An Ibis table of this merchant only, without the tenant column. Raises DataMissing when it is empty."""
        spec = _known(name)
        if name in self._hidden:
            raise NotPermitted(
                Text(
                    f"商家没有把“{spec.zh}”分享给服务人员，所以不能查看；这不代表数据是 0。",
                    f'The merchant has not shared "{name}" with staff, so it cannot be shown; that does not mean zero.',
                )
            )
        if not self.has(name):
            raise DataMissing(
                Text(f"还没有“{spec.zh}”数据（{name}）。", f'There is no "{name}" data yet.'), tables=(name,)
            )
        if name not in self._tables:  # looking a schema up costs more than most queries
            self._tables[name] = self._ibis.table(name)
        return self._tables[name]

    def buyer_days(self) -> Any | None:
        """One row per buyer and pay day of paid orders, sorted so: buyer_no (from 0), paid_date, orders, goods, gross.

        None where the orders are hidden, and in a file an older version of the program wrote last.
        """
        if "orders" in self._hidden or BUYER_DAYS not in self._root.rollups:
            return None
        return self._ibis.table(BUYER_DAYS)

    def imports(self) -> list[dict[str, Any]]:
        """The import ledger, newest first."""
        rows = self._cursor.execute(
            f"SELECT * EXCLUDE (merchant_id) FROM {_ATTACHED}.imports WHERE merchant_id = ? ORDER BY imported_at DESC",  # noqa: S608
            [self.merchant_id],
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

    def interrupt(self) -> None:
        """Stop the running query of this handle, from another thread; one that is closed has nothing to stop."""
        with contextlib.suppress(duckdb.ConnectionException):
            self._cursor.interrupt()

    def close(self) -> None:
        self._cursor.close()


class Warehouse:
    """The folder of merchant files. `for_merchant` is the only door to shop tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._roots: dict[str, _Root] = {}
        self._lock = threading.Lock()

    def merchants(self) -> list[MerchantProfile]:
        """Every readable shop. A foreign or broken file in the folder is left out, see `unreadable`."""
        return sorted(self._profiles(), key=lambda profile: profile.merchant_id)

    def _profiles(self) -> Iterator[MerchantProfile]:
        for path in self.folder.glob("*.duckdb"):
            with contextlib.suppress(NotFound, BackendDown):
                yield self._root(path.stem).profile

    def unreadable(self) -> list[Path]:
        """Files in the folder that are not merchant files, for `doctor`."""
        known = {profile.merchant_id for profile in self._profiles()}
        return sorted(path for path in self.folder.glob("*.duckdb") if path.stem not in known)

    def for_merchant(self, merchant_id: str, *, hidden: frozenset[str] = frozenset()) -> Shop:
        """A fresh handle bound to one merchant; `hidden` tables raise NotPermitted. Raises NotFound for an unknown id."""
        return Shop(self._root(merchant_id), hidden)

    def delete(self, merchant_id: str) -> None:
        """Delete the merchant's file. Raises NotFound."""
        path = self._existing(merchant_id)
        with self._lock:
            self._roots.pop(merchant_id, None)
            path.unlink()

    def _existing(self, merchant_id: str) -> Path:
        try:
            path = merchant_file(self.folder, check_merchant_id(merchant_id))
        except BadArguments as error:
            raise _unknown(merchant_id) from error
        if not path.exists():
            raise _unknown(merchant_id)
        return path

    def _root(self, merchant_id: str) -> _Root:
        path = self._existing(merchant_id)
        with self._lock:
            status = path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            root = self._roots.get(merchant_id)
            if root is None or root.stamp != stamp:
                root = self._roots[merchant_id] = _open(path, stamp)
            return root


def _known(table: str) -> TableSpec:
    if table not in tables():
        raise BadArguments.unknown(Text("数据表", "table"), table, list(tables()))
    return tables()[table]


def _unknown(merchant_id: str) -> NotFound:
    return NotFound(
        Text(
            f"没有找到店铺“{merchant_id[:64]}”。用 advisor merchants list 查看，或先 advisor import 导入数据。",
            f'No shop "{merchant_id[:64]}" was found. See `advisor merchants list`, or import data first.',
        )
    )


def _open(path: Path, stamp: tuple[int, int, int]) -> _Root:
    connection = duckdb.connect(":memory:", config=DUCKDB_CONFIG)
    try:
        connection.execute(f"ATTACH '{path.as_posix().replace(chr(39), chr(39) * 2)}' AS {_ATTACHED} (READ_ONLY)")
        found = connection.execute(
            f"SELECT merchant_id, name, platform, category, currency, timezone, simulated, generation FROM {_ATTACHED}.merchants"  # noqa: S608
        ).fetchone()
    except duckdb.Error as error:
        raise BackendDown(
            Text(
                f"文件 {path.name} 不是可读的店铺数据文件；请从备份恢复，或移走它后重新导入。",
                f"{path.name} is not a readable shop file; restore it from a backup, or move it away and import again.",
            )
        ) from error
    if found is None:
        raise _unknown(path.stem)
    profile = MerchantProfile(*found[:7])
    columns = _columns(connection)
    present = [spec for spec in tables().values() if spec.name in columns]
    parts = [
        f"SELECT '{spec.name}', count(*), {f'min({spec.date})' if spec.date else 'NULL::DATE'}, "  # noqa: S608
        f"{f'max({spec.date})' if spec.date else 'NULL::DATE'} FROM {_ATTACHED}.{spec.name}"
        for spec in present
    ]
    rows = dict.fromkeys(tables(), 0)
    coverage: dict[str, tuple[date, date] | None] = dict.fromkeys(tables())
    for name, count, first, last in connection.execute(" UNION ALL ".join(parts)).fetchall():
        rows[name] = count
        coverage[name] = (first, last) if first is not None else None
    made = _rollups(connection, found[7]) if "rollups" in columns else frozenset()
    _bind(connection, profile.merchant_id, columns)
    return _Root(stamp, connection, profile, found[7], coverage, rows, made)


def _bind(connection: duckdb.DuckDBPyConnection, merchant_id: str, columns: dict[str, set[str]]) -> None:
    """A view for each table the file has: this merchant's rows, without the tenant column, with columns an older file lacks as NULL.

    Views, since a filter and thirty columns in every expression cost Ibis more to compile than most queries take to run.
    """
    mine = "'" + merchant_id.replace("'", "''") + "'"
    views = []
    for name, hidden in [*((name, "merchant_id, import_id") for name in tables()), (BUYER_DAYS, "merchant_id")]:
        if name in columns:
            spec = tables().get(name)
            older = [c for c in spec.columns if c.name not in columns[name]] if spec is not None else []
            parts = [f"* EXCLUDE ({hidden})", *(f"NULL::{c.sql_type} AS {c.name}" for c in older)]
            views.append(
                f"CREATE VIEW {name} AS SELECT {', '.join(parts)} FROM {_ATTACHED}.{name} WHERE merchant_id = {mine}"  # noqa: S608
            )
    connection.execute(";".join(views))


def _rollups(connection: duckdb.DuckDBPyConnection, generation: str) -> frozenset[str]:
    """The rollups made from this very state of the file."""
    rows = connection.execute(f"SELECT name, generation FROM {_ATTACHED}.rollups").fetchall()  # noqa: S608
    return frozenset(name for name, made_for in rows if made_for == generation)


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Columns the file really has: one written by an older version may lack tables or columns."""
    found: dict[str, set[str]] = {}
    # no parameter: to bind one DuckDB loads pandas, a quarter of a second at every start
    rows = connection.execute(
        f"SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = '{_ATTACHED}'"  # noqa: S608
    ).fetchall()
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found
