"""The ledger and the merge: each staged row is new, the same, or changed against the warehouse, and only then written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from tools.warehouse.ingest.expressions import quote
from tools.warehouse.ingest.spec import Format
from tools.warehouse.ingest.targets import staged_name
from tools.warehouse.schema import TableSpec, table_spec

__all__ = ["Counts", "complete", "count_rows", "merge_table", "start_states"]

_SAME, _NEW, _CHANGED = 1, 2, 3
# Filled in from another file when it comes (`complete`): an empty cell of this one says nothing about them.
_LATER = {("order_lines", "paid_date")}


@dataclass(frozen=True)
class Counts:
    """Rows of the file by what they did."""

    accepted: int
    updated: int
    duplicate: int
    rejected: int


def start_states(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE OR REPLACE TABLE stage.states (_row BIGINT, state TINYINT)")


def merge_table(
    connection: duckdb.DuckDBPyConnection,
    spec: Format,
    table: str,
    *,
    columns: Sequence[str],
    merchant_id: str,
    import_id: str,
    replay: bool,
) -> None:
    """Classify and write one staged table. With `replay` (this very file was imported before) nothing is written."""
    target = table_spec(table)
    if spec.targets[table].from_lines:
        _sum_lines(connection, spec, table, replay=replay)
    staged = staged_name(table)
    if replay:
        connection.execute(f"INSERT INTO stage.states SELECT _row, {_SAME} FROM {staged}")  # noqa: S608
        return
    _classify(connection, target, columns)
    connection.execute(f"INSERT INTO stage.states SELECT _row, _state FROM {staged}")  # noqa: S608
    connection.execute("BEGIN TRANSACTION")
    _replace_changed(connection, target, columns, import_id)
    _insert_new(connection, target, merchant_id, import_id)
    if spec.targets[table].from_lines:
        _resum_others(connection, spec, table)
    connection.execute("COMMIT")


def _staged_columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in connection.execute(f"DESCRIBE {staged_name(table)}").fetchall()}


def _sums(spec: Format, table: str) -> dict[str, str]:
    """SQL of each column that is a sum over the lines of an order."""
    found = {}
    for name, rule in spec.targets[table].from_lines.items():
        body = f"sum({quote(rule.sum)})" if rule.sum else f"bool_and(coalesce({quote(rule.every or '')}, FALSE))"
        found[name] = f"TRY_CAST({body} AS {table_spec(table).column(name).sql_type})"
    return found


def _sum_lines(connection: duckdb.DuckDBPyConnection, spec: Format, table: str, *, replay: bool) -> None:
    """Order columns that are sums over all lines of the order, those of earlier files included."""
    staged = staged_name(table)
    source = staged_name("order_lines") if replay else "main.order_lines"
    parts = ", ".join(f"{sql} AS {quote(name)}" for name, sql in _sums(spec, table).items())
    connection.execute(
        f"CREATE OR REPLACE TABLE {staged} AS SELECT * FROM {staged} LEFT JOIN (SELECT order_id, {parts} "  # noqa: S608
        f"FROM {source} WHERE order_id IN (SELECT order_id FROM {staged}) GROUP BY order_id) USING (order_id)"
    )


def _resum_others(connection: duckdb.DuckDBPyConnection, spec: Format, table: str) -> None:
    """Orders of earlier files that got lines from this one without being in it (an export cut within an order)."""
    lines = staged_name("order_lines")
    sums = _sums(spec, table)
    values = ", ".join(f"{quote(name)} = s.{quote(name)}" for name in sums)
    parts = ", ".join(f"{sql} AS {quote(name)}" for name, sql in sums.items())
    connection.execute(
        f"UPDATE main.{table} AS w SET {values} FROM (SELECT order_id, {parts} FROM main.order_lines "  # noqa: S608
        f"WHERE order_id IN (SELECT order_id FROM {lines}) "
        f"AND order_id NOT IN (SELECT order_id FROM {staged_name(table)}) GROUP BY order_id) s WHERE w.order_id = s.order_id"
    )


def _match(target: TableSpec) -> str:
    return " AND ".join(f"w.{quote(key)} = s.{quote(key)}" for key in target.keys)


def _value(target: TableSpec, name: str) -> str:
    column = f"s.{quote(name)}"
    return f"coalesce({column}, w.{quote(name)})" if (target.name, name) in _LATER else column


def _classify(connection: duckdb.DuckDBPyConnection, target: TableSpec, columns: Sequence[str]) -> None:
    staged = staged_name(target.name)
    same = " AND ".join(f"w.{quote(name)} IS NOT DISTINCT FROM {_value(target, name)}" for name in columns) or "TRUE"
    connection.execute(
        f"CREATE OR REPLACE TABLE {staged} AS SELECT s.*, CASE WHEN w.merchant_id IS NULL THEN {_NEW} "  # noqa: S608
        f"WHEN {same} THEN {_SAME} ELSE {_CHANGED} END AS _state "
        f"FROM {staged} s LEFT JOIN main.{target.name} w ON {_match(target)}"
    )


def _replace_changed(
    connection: duckdb.DuckDBPyConnection, target: TableSpec, columns: Sequence[str], import_id: str
) -> None:
    staged = staged_name(target.name)
    found = connection.execute(f"SELECT count(*) FROM {staged} WHERE _state = {_CHANGED}").fetchone()  # noqa: S608
    if found is None or not found[0]:
        return
    key = " || '|' || ".join(f"CAST(w.{quote(name)} AS VARCHAR)" for name in target.keys)
    content = ", ".join(f"{quote(column.name)} := w.{quote(column.name)}" for column in target.columns)
    connection.execute(
        f"INSERT INTO main.row_versions SELECT '{target.name}', {key}, w.import_id, ?, "  # noqa: S608
        f"CAST(to_json(struct_pack({content})) AS VARCHAR) "
        f"FROM main.{target.name} w JOIN {staged} s ON {_match(target)} WHERE s._state = {_CHANGED}",
        [import_id],
    )
    values = ", ".join(f"{quote(name)} = {_value(target, name)}" for name in columns)
    connection.execute(
        f"UPDATE main.{target.name} AS w SET {values}, import_id = ? FROM {staged} s "  # noqa: S608
        f"WHERE {_match(target)} AND s._state = {_CHANGED}",
        [import_id],
    )


def _insert_new(connection: duckdb.DuckDBPyConnection, target: TableSpec, merchant_id: str, import_id: str) -> None:
    staged = staged_name(target.name)
    have = _staged_columns(connection, target.name)
    names = [column.name for column in target.columns if column.name in have]
    listed = ", ".join(quote(name) for name in names)
    connection.execute(
        f"INSERT INTO main.{target.name} (merchant_id, {listed}, import_id) "  # noqa: S608
        f"SELECT ?, {listed}, ? FROM {staged} WHERE _state = {_NEW} ORDER BY _row",
        [merchant_id, import_id],
    )


def count_rows(connection: duckdb.DuckDBPyConnection, *, unreadable: int) -> Counts:
    """Add up the ledger: a row counts by the strongest thing it did; repeats of a key within the file are duplicates."""
    found = connection.execute(
        f"SELECT count(*) FILTER (state = {_NEW}), count(*) FILTER (state = {_CHANGED}), count(*) FILTER (state = {_SAME}), "  # noqa: S608
        "(SELECT count(*) FROM stage.wide WHERE _error IS NOT NULL) FROM ("
        f"SELECT coalesce(max(s.state), {_SAME}) AS state FROM stage.wide w LEFT JOIN stage.states s USING (_row) "
        "WHERE w._error IS NULL GROUP BY w._row)"
    ).fetchone()
    new, changed, same, bad = found if found is not None else (0, 0, 0, 0)
    return Counts(new, changed, same, bad + unreadable)


def complete(connection: duckdb.DuckDBPyConnection, merchant_id: str, import_id: str) -> None:
    """What several files say together: pay days of lines from their orders, and the customers behind the orders."""
    connection.execute("BEGIN TRANSACTION")
    connection.execute(
        "UPDATE order_lines AS l SET paid_date = o.paid_date FROM orders o "
        "WHERE l.order_id = o.order_id AND l.paid_date IS NULL AND o.paid_date IS NOT NULL"
    )
    connection.execute(
        "UPDATE customers AS c SET first_paid_date = o.day, "
        "first_channel = CASE WHEN c.first_paid_date IS NULL THEN coalesce(c.first_channel, o.channel) ELSE c.first_channel END FROM "
        "(SELECT buyer_key, min(paid_date) AS day, arg_min(channel, coalesce(paid_at, paid_date)) AS channel "
        "FROM orders WHERE buyer_key IS NOT NULL AND paid_date IS NOT NULL GROUP BY buyer_key) o "
        "WHERE c.buyer_key = o.buyer_key AND (c.first_paid_date IS NULL OR o.day < c.first_paid_date)"
    )
    connection.execute(
        "INSERT INTO customers (merchant_id, buyer_key, first_paid_date, first_channel, import_id) "
        "SELECT ?, buyer_key, min(paid_date), arg_min(channel, coalesce(paid_at, paid_date)), ? FROM orders "
        "WHERE buyer_key IS NOT NULL AND paid_date IS NOT NULL "
        "AND buyer_key NOT IN (SELECT buyer_key FROM customers) GROUP BY buyer_key",
        [merchant_id, import_id],
    )
    connection.execute("COMMIT")
