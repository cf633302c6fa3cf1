"""The canonical tables as data (`seeds/warehouse/schema.yaml`) and their DDL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import duckdb

from tools.seeds import load_yaml

__all__ = ["BOOKKEEPING_DDL", "Column", "ColumnType", "TableSpec", "create_tables", "table_spec", "tables"]

ColumnType = Literal["text", "int", "money", "rate", "date", "time", "bool"]

SQL_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "money": "DECIMAL(18,2)",
    "rate": "DECIMAL(18,6)",
    "date": "DATE",
    "time": "TIMESTAMP",
    "bool": "BOOLEAN",
}

# Not shop data: who the merchant is, what was imported, and what an update replaced.
BOOKKEEPING_DDL = """
CREATE TABLE IF NOT EXISTS merchants (
  merchant_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, platform VARCHAR NOT NULL, category VARCHAR NOT NULL,
  currency VARCHAR NOT NULL, timezone VARCHAR NOT NULL, simulated BOOLEAN NOT NULL, generation VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS imports (
  import_id VARCHAR PRIMARY KEY, merchant_id VARCHAR NOT NULL, file_name VARCHAR NOT NULL, content_hash VARCHAR NOT NULL,
  format VARCHAR NOT NULL, rows BIGINT NOT NULL, accepted BIGINT NOT NULL, updated BIGINT NOT NULL,
  duplicate BIGINT NOT NULL, rejected BIGINT NOT NULL, imported_at TIMESTAMP NOT NULL, notes VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS row_versions (
  table_name VARCHAR NOT NULL, row_key VARCHAR NOT NULL, import_id VARCHAR, replaced_by VARCHAR NOT NULL, content VARCHAR NOT NULL);
"""


@dataclass(frozen=True)
class Column:
    name: str
    type: ColumnType
    zh: str
    key: bool = False
    about: str = ""

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class TableSpec:
    """One canonical table. `date` is the DATE column that windows use; None for tables without time."""

    name: str
    zh: str
    about: str
    date: str | None
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def ddl(self) -> str:
        body = ", ".join(f"{column.name} {column.sql_type}" for column in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {self.name} (merchant_id VARCHAR NOT NULL, {body}, import_id VARCHAR)"


@cache
def tables() -> dict[str, TableSpec]:
    """All canonical tables by name, in the order of the file."""
    raw: dict[str, Any] = load_yaml("warehouse", "schema.yaml")
    return {name: _spec(name, body) for name, body in raw.items()}


def table_spec(name: str) -> TableSpec:
    return tables()[name]


def _spec(name: str, body: dict[str, Any]) -> TableSpec:
    columns = tuple(
        Column(column, spec["type"], spec["zh"], bool(spec.get("key")), spec.get("about", ""))
        for column, spec in body["columns"].items()
    )
    return TableSpec(name, body["zh"], body.get("about", ""), body.get("date"), columns)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create whatever is missing, tables and columns: a file written by an older version is brought up to date."""
    connection.begin()  # one commit for all: each reaches the disk
    connection.execute(BOOKKEEPING_DDL)
    connection.execute(";".join(spec.ddl() for spec in tables().values()))
    there = set(
        connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()"
        ).fetchall()
    )
    for spec in tables().values():
        for column in spec.columns:
            if (spec.name, column.name) not in there:
                connection.execute(f"ALTER TABLE {spec.name} ADD COLUMN {column.name} {column.sql_type}")
    connection.commit()
