"""From a clean copy, a sheet or Parquet to one table of text columns, `stage.raw`, with the rows that could not be split."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tools.errors import ImportRefused
from tools.text import Text
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.expressions import literal
from tools.warehouse.ingest.textfile import CleanCopy

__all__ = ["Staged", "attach_stage", "column_name", "load_clean", "load_parquet", "parquet_headers"]

_CODES = {
    "MISSING COLUMNS": "ragged",
    "TOO MANY COLUMNS": "ragged",
    "UNQUOTED VALUE": "open_quote",
    "LINE SIZE OVER MAXIMUM": "too_long",
    "INVALID ENCODING": "bytes",
}


@dataclass
class Staged:
    """`rows` read from the file; `unreadable` ones never reached `stage.raw`."""

    rows: int
    unreadable: dict[int, str] = field(default_factory=dict)
    damaged_bytes: bool = False


def attach_stage(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Give the connection a database in memory for everything that may hold personal data; spill goes to `folder`."""
    connection.execute(f"SET temp_directory = {literal(folder.as_posix())}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("ATTACH ':memory:' AS stage")


def column_name(index: int) -> str:
    return f"c{index}"


def _used(layout: Layout) -> list[int]:
    return sorted({index for hits in layout.columns.values() for index in hits})


def load_clean(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, copy: CleanCopy) -> Staged:
    """Load the used columns of a clean copy. Columns that nobody uses, personal data first, are never read."""
    delimiter = layout.delimiter
    columns = ", ".join(f"'{column_name(i)}': 'VARCHAR'" for i in range(len(layout.headers)))
    wanted = "".join(f", {column_name(i)}" for i in _used(layout))
    _drop_rejects(connection)
    connection.execute(
        f"CREATE OR REPLACE TABLE stage.raw AS SELECT try_cast(_row AS BIGINT) AS _row{wanted} FROM read_csv("  # noqa: S608
        f"{literal(path.as_posix())}, header = false, auto_detect = false, delim = {literal(delimiter)}, "
        f"quote = '\"', escape = '\"', nullstr = '', store_rejects = true, columns = {{'_row': 'VARCHAR', {columns}}})"
    )
    staged = Staged(copy.rows, dict(copy.unreadable), copy.damaged_bytes)
    found = connection.execute("SELECT count(*) FROM stage.raw").fetchone()
    if found is None or found[0] + len(staged.unreadable) != copy.rows:
        _lost(connection, path, delimiter, staged)
    _drop_rejects(connection)
    return staged


def _drop_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")


def _lost(connection: duckdb.DuckDBPyConnection, path: Path, delimiter: str, staged: Staged) -> None:
    """Find by number every record DuckDB did not take; its own list gives the reason where it can."""
    connection.execute("DELETE FROM stage.raw WHERE _row IS NULL")
    taken = {row for (row,) in connection.execute("SELECT _row FROM stage.raw").fetchall()}
    reasons: dict[int, str] = {}
    for line, kind in connection.execute("SELECT csv_line, CAST(error_type AS VARCHAR) FROM reject_errors").fetchall():
        number = (line or "").split(delimiter, 1)[0]
        if number.isdigit():
            reasons[int(number)] = _CODES.get(kind, "ragged")
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            number = int(line.split(delimiter, 1)[0])
            if number not in taken:
                staged.unreadable[number] = reasons.get(number, "open_quote")


def parquet_headers(path: Path, name: str) -> list[tuple[str, str]]:
    """Column names and types. Raises ImportRefused for a damaged file."""
    try:
        with duckdb.connect(":memory:") as connection:
            found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path.as_posix()]).fetchall()
    except duckdb.Error as error:
        raise _damaged(name) from error
    return [(row[0], row[1]) for row in found]


def load_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, types: list[str], name: str
) -> Staged:
    """Load the used columns as text. Row numbers start at 1; whole floats are written without a point."""
    wanted = []
    for index in _used(layout):
        column = '"' + layout.headers[index].replace('"', '""') + '"'
        text = f"CAST({column} AS VARCHAR)"
        if types[index] in {"DOUBLE", "FLOAT"}:
            text = (
                f"CASE WHEN isnan({column}) THEN NULL WHEN {column} = floor({column}) AND abs({column}) < 9007199254740992 "
                f"THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE {text} END"
            )
        wanted.append(f", {text} AS {column_name(index)}")
    try:
        connection.execute(
            f"CREATE OR REPLACE TABLE stage.raw AS SELECT row_number() OVER () AS _row{''.join(wanted)} "  # noqa: S608
            f"FROM read_parquet({literal(path.as_posix())})"
        )
    except duckdb.Error as error:
        raise _damaged(name) from error
    found = connection.execute("SELECT count(*) FROM stage.raw").fetchone()
    return Staged(found[0] if found is not None else 0)


def _damaged(name: str) -> ImportRefused:
    return ImportRefused(
        Text(
            f"Parquet 文件“{name}”已损坏，请重新生成。", f'The Parquet file "{name}" is damaged. Please make it again.'
        )
    )
