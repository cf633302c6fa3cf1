"""From `stage.wide` to one staged table per canonical table: `stage.t_<table>`, one row per key, with the row it came from."""

from __future__ import annotations

import duckdb

from tools.warehouse.ingest.expressions import condition_sql, expression_sql, quote
from tools.warehouse.ingest.spec import Condition, Expression, Format, Target
from tools.warehouse.schema import table_spec

__all__ = ["stage_target", "staged_name"]


def staged_name(table: str) -> str:
    return f"stage.t_{table}"


def stage_target(connection: duckdb.DuckDBPyConnection, spec: Format, table: str) -> int:
    """Fill the staged table. Returns how many keys the file gave more than once with different content (the last counts)."""
    target = spec.targets[table]
    name = staged_name(table)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS {_select(spec, table, target)}")
    if target.one_per is not None:
        return 0
    keys = ", ".join(quote(key) for key in table_spec(table).keys)
    found = connection.execute(f"SELECT count(*), count(DISTINCT ({keys})) FROM {name}").fetchone()  # noqa: S608
    if found is None or found[0] == found[1]:
        return 0
    content = ", ".join(quote(column) for column in target.filled)
    clash = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {name} GROUP BY {keys} HAVING count(DISTINCT ({content})) > 1)"  # noqa: S608
    ).fetchone()
    connection.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {name} "  # noqa: S608
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _row DESC) = 1"
    )
    return clash[0] if clash is not None else 0


def _select(spec: Format, table: str, target: Target) -> str:
    if target.each:
        parts = (_part(spec, table, target, when, columns) for when, columns in target.parts)
        return " UNION ALL BY NAME ".join(parts)
    return _part(spec, table, target, target.when, target.columns)


def _part(spec: Format, table: str, target: Target, when: Condition | None, filled: dict[str, Expression]) -> str:
    types = {column.name: column.sql_type for column in table_spec(table).columns}
    where = "_error IS NULL" + (f" AND {condition_sql(when)}" if when is not None else "")
    source = f"(SELECT * FROM stage.wide WHERE {where})"  # noqa: S608
    if target.numbered_by:
        by = ", ".join(quote(name) for name in target.numbered_by)
        # equal rows are told apart by their content, so that the order of rows in the file does not matter
        order = ", ".join(quote(name) for name in spec.fields if name not in target.numbered_by)
        source = f"(SELECT *, row_number() OVER (PARTITION BY {by} ORDER BY {order}, _row) AS line_no FROM {source})"  # noqa: S608
    columns = {name: f"CAST({expression_sql(expression)} AS {types[name]})" for name, expression in filled.items()}
    if target.one_per is None:
        body = ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns.items())
        return f"SELECT _row, {body} FROM {source}"  # noqa: S608
    first = f"(coalesce({quote(target.first_by)}, 99), _row)" if target.first_by else "_row"
    body = ", ".join(f"arg_min({sql}, {first}) AS {quote(name)}" for name, sql in columns.items())
    return f"SELECT min(_row) AS _row, {body} FROM {source} GROUP BY {quote(target.one_per)}"  # noqa: S608
