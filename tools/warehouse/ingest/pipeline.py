"""One piece from detection to the ledger, inside the merchant's open write transaction."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from tools.facts import Claim
from tools.text import Text
from tools.warehouse.ingest.containers import file_hash
from tools.warehouse.ingest.dating import check_by_day
from tools.warehouse.ingest.mapping import map_rows, provided
from tools.warehouse.ingest.merge import Counts, complete, count_rows, merge_table, start_states
from tools.warehouse.ingest.notes import file_notes, told_twice
from tools.warehouse.ingest.planning import Piece
from tools.warehouse.ingest.quarantine import write_quarantine
from tools.warehouse.ingest.report import ImportReport
from tools.warehouse.ingest.shop import settle_shop
from tools.warehouse.ingest.staging import Staged
from tools.warehouse.ingest.targets import stage_target, staged_name
from tools.warehouse.schema import table_spec

__all__ = ["Job", "import_piece"]

Progress = Callable[[Text, float], None]
_REPLAY = Claim(
    zh="这份文件以前导入过，内容完全相同：没有改动任何数据。",
    en="This very file was imported before; nothing was changed.",
)


@dataclass(frozen=True)
class Job:
    """What all pieces of one call share. `quarantine` is where rejected rows wait for the end; None in a dry run."""

    folder: Path
    key: bytes
    merchant_id: str
    quarantine: Path | None
    progress: Progress


def import_piece(connection: duckdb.DuckDBPyConnection, piece: Piece, job: Job) -> ImportReport:
    """Import one piece. Raises ImportRefused before the warehouse is touched when the piece cannot belong to this shop."""
    import_id = uuid.uuid4().hex[:16]
    job.progress(Text(f"正在读取 {piece.name}", f"Reading {piece.name}"), 0.1)
    staged = piece.load(connection, job.folder)
    shop = settle_shop(connection, piece)
    job.progress(Text("正在核对每一行", "Checking every row"), 0.45)
    mapped = map_rows(connection, piece.layout, staged, zone=shop.timezone, currency=shop.currency, key=job.key)
    check_by_day(connection, piece.layout, piece.name)
    spec = piece.layout.format
    clashes = sum(stage_target(connection, spec, table) for table in spec.targets)
    job.progress(Text("正在与已有数据比对", "Comparing with what is there"), 0.7)
    replay = _seen_before(connection, piece)
    counts = _merge(connection, piece, job, import_id, unreadable=len(staged.unreadable), replay=replay)
    if counts.accepted + counts.updated + counts.duplicate + counts.rejected != staged.rows:
        raise AssertionError(f"the ledger of {piece.name} does not add up: {counts} of {staged.rows} rows")
    job.progress(Text("正在登记", "Writing the ledger"), 0.9)
    report = _report(connection, piece, staged, counts)
    report.notes = file_notes(connection, piece.layout, staged, mapped, shop, clashes=clashes)
    report.notes += piece.notes
    report.notes[:0] = told_twice(connection, spec, report.first_day, report.last_day)
    if replay:
        report.notes.insert(0, _REPLAY)
    report.quarantine_file = _quarantine(connection, piece, staged, job, import_id, counts.rejected)
    _record(connection, piece, job, import_id, report)
    connection.execute("DROP TABLE stage.wide")
    connection.execute("DROP TABLE stage.raw")
    return report


def _fingerprint(piece: Piece) -> str:
    """The bytes of the file together with the way it was read: a better format definition makes it worth reading again."""
    sheet = piece.name.partition(" · ")[2]
    layout = piece.layout
    days = layout.stated if layout.undated or layout.snapshots else ""  # the same bytes under another date say more
    way = f"{file_hash(piece.source.path)}|{sheet}|{days}|{layout.format.model_dump_json()}"
    return hashlib.sha256(way.encode()).hexdigest()


def _seen_before(connection: duckdb.DuckDBPyConnection, piece: Piece) -> bool:
    known = connection.execute("SELECT count(*) FROM imports WHERE content_hash = ?", [_fingerprint(piece)]).fetchone()
    return known is not None and known[0] > 0


def _merge(
    connection: duckdb.DuckDBPyConnection, piece: Piece, job: Job, import_id: str, *, unreadable: int, replay: bool
) -> Counts:
    spec = piece.layout.format
    start_states(connection)
    # lines first: orders may be summed from them
    for table in sorted(spec.targets, key=lambda name: bool(spec.targets[name].from_lines)):
        merge_table(
            connection,
            spec,
            table,
            columns=provided(spec, piece.layout.present, table),
            merchant_id=job.merchant_id,
            import_id=import_id,
            replay=replay,
        )
    if not replay:
        complete(connection, job.merchant_id, import_id)
    return count_rows(connection, unreadable=unreadable)


def _report(connection: duckdb.DuckDBPyConnection, piece: Piece, staged: Staged, counts: Counts) -> ImportReport:
    spec = piece.layout.format
    rows: dict[str, int] = {}
    days: list[date] = []
    for table in spec.targets:
        first, filled = table_spec(table).date, spec.targets[table].filled
        last = "ends_on" if "ends_on" in filled else first  # a phase of a campaign is there to its end
        span = f"min({first}), max({last})" if first in filled else "NULL, NULL"
        found = connection.execute(f"SELECT count(*), {span} FROM {staged_name(table)}").fetchone()  # noqa: S608
        if found is not None:
            rows[table] = found[0]
            days += [day for day in found[1:] if day is not None]
        connection.execute(f"DROP TABLE {staged_name(table)}")
    return ImportReport(
        file=piece.name,
        format=spec.id,
        rows=staged.rows,
        accepted=counts.accepted,
        updated=counts.updated,
        duplicate=counts.duplicate,
        rejected=counts.rejected,
        unmapped=list(piece.layout.unmapped),
        recomputed=list(piece.layout.recomputed),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        tables=rows,
        encoding=piece.encoding,
    )


def _quarantine(
    connection: duckdb.DuckDBPyConnection, piece: Piece, staged: Staged, job: Job, import_id: str, rejected: int
) -> str | None:
    if job.quarantine is None or not rejected:
        return None
    stem = re.sub(r"[^\w.-]+", "_", piece.name)[:60].strip("._") or "file"
    target = job.quarantine / f"{import_id}-{stem.removesuffix('.csv')}.csv"
    write_quarantine(connection, piece.layout, staged.unreadable, file=piece.name, target=target)
    return str(target)


def _record(
    connection: duckdb.DuckDBPyConnection, piece: Piece, job: Job, import_id: str, report: ImportReport
) -> None:
    notes = json.dumps([note.model_dump() for note in report.notes], ensure_ascii=False)
    connection.execute(
        "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            import_id,
            job.merchant_id,
            piece.name,
            _fingerprint(piece),
            report.format,
            report.rows,
            report.accepted,
            report.updated,
            report.duplicate,
            report.rejected,
            datetime.now(UTC).replace(tzinfo=None),
            notes,
        ],
    )
