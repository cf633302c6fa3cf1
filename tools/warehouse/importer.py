"""Import of real exports: the public way from a merchant's files to canonical tables, with a ledger that adds up."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import ImportRefused
from tools.facts import Claim
from tools.text import Text
from tools.warehouse.formats import all_formats, get_format, load_mapping
from tools.warehouse.ingest.containers import work_folder
from tools.warehouse.ingest.identity import KEY_FILE, load_key
from tools.warehouse.ingest.pipeline import Job, import_piece
from tools.warehouse.ingest.planning import Piece, pieces_of, sources_of
from tools.warehouse.ingest.report import Detection, ImportReport
from tools.warehouse.ingest.spec import Format
from tools.warehouse.ingest.staging import attach_stage
from tools.warehouse.writer import MerchantProfile, merchant_file, write_merchant

__all__ = ["Detection", "ImportReport", "Progress", "detect", "import_files"]

Progress = Callable[[Text, float], None]


@dataclass
class _Plan:
    """One piece to import, or the reason why a file was refused."""

    name: str
    piece: Piece | None = None
    refusal: ImportRefused | None = None
    report: ImportReport | None = field(default=None)


def detect(path: Path, *, format: str = "auto", mapping: Path | None = None) -> list[Detection]:
    """What a file is, before anything is written: one entry per table in it. Raises ImportRefused, BadArguments."""
    formats = _formats(format, mapping)
    with work_folder() as folder:
        pieces = [piece for source in sources_of(Path(path), folder) for piece in pieces_of(source, formats)]
        return [_detection(piece) for piece in pieces]


def import_files(
    paths: Sequence[Path],
    *,
    warehouse: Path,
    quarantine: Path,
    keys: Path,
    profile: MerchantProfile,
    format: str = "auto",
    dry_run: bool = False,
    mapping: Path | None = None,
    on_progress: Progress | None = None,
) -> list[ImportReport]:
    """Import files into one merchant's warehouse, all in one write: after a crash either all of it is there or nothing.

    `keys` is the folder (or file) of the key that hashes buyers. `dry_run` gives the same reports and writes nothing.
    A file that is refused gets a report with `error` while the others go on; when all are refused the first
    ImportRefused is raised and nothing is written. Raises BadArguments for an unknown format or merchant id.
    """
    formats = _formats(format, mapping)
    target_file = merchant_file(warehouse, profile.merchant_id)
    with work_folder() as folder:
        plans = [plan for number, path in enumerate(paths) for plan in _plan(Path(path), folder / str(number), formats)]
        if all(plan.piece is None for plan in plans):
            raise _first_refusal(plans)
        target = warehouse
        if dry_run:
            target = folder / "dry"
            target.mkdir()
            if target_file.exists():
                shutil.copyfile(target_file, target / target_file.name)
        key = _dry_key(keys) if dry_run else load_key(keys)
        _run(plans, target, folder, profile, quarantine=None if dry_run else quarantine, key=key, progress=on_progress)
    return [_report_of(plan) for plan in plans]


def _formats(name: str, mapping: Path | None) -> list[Format]:
    if mapping is not None:
        return [load_mapping(Path(mapping))]
    return list(all_formats().values()) if name == "auto" else [get_format(name)]


def _plan(path: Path, folder: Path, formats: Sequence[Format]) -> list[_Plan]:
    folder.mkdir()
    try:
        sources = sources_of(path, folder)
    except ImportRefused as error:
        return [_Plan(path.name, refusal=error)]
    plans: list[_Plan] = []
    for source in sources:
        try:
            plans += [_Plan(piece.name, piece) for piece in pieces_of(source, formats)]
        except ImportRefused as error:
            plans.append(_Plan(source.name, refusal=error))
    return plans


def _run(
    plans: Sequence[_Plan],
    target: Path,
    folder: Path,
    profile: MerchantProfile,
    *,
    quarantine: Path | None,
    key: bytes,
    progress: Progress | None,
) -> None:
    """The one write. Whatever goes wrong on the way, the merchant's file and the quarantine stay as they were."""
    pieces = [plan for plan in plans if plan.piece is not None]
    waiting = None if quarantine is None else folder / "quarantine"
    moved: list[Path] = []
    done = False
    try:
        with write_merchant(target, profile) as connection:
            attach_stage(connection, folder)
            for number, plan in enumerate(pieces):
                job = Job(folder, key, profile.merchant_id, waiting, _scaled(progress, number, len(pieces)))
                try:
                    plan.report = import_piece(connection, plan.piece, job) if plan.piece is not None else None
                except ImportRefused as error:
                    plan.refusal = error
            connection.execute("DETACH stage")
            if all(plan.report is None for plan in plans):
                raise _first_refusal(plans)
            if quarantine is not None:
                _publish(plans, quarantine, moved)
        done = True
    finally:
        for path in [] if done else moved:
            path.unlink(missing_ok=True)
    if progress is not None:
        progress(Text("导入完成", "Import finished"), 1.0)


def _publish(plans: Sequence[_Plan], quarantine: Path, moved: list[Path]) -> None:
    """Put the rejected rows where the merchant finds them, just before the new file takes the place of the old."""
    for plan in plans:
        if plan.report is not None and plan.report.quarantine_file is not None:
            source = Path(plan.report.quarantine_file)
            quarantine.mkdir(parents=True, exist_ok=True)
            target = quarantine / source.name
            moved.append(target)
            shutil.copyfile(source, target)
            plan.report.quarantine_file = str(target)


def _scaled(progress: Progress | None, number: int, total: int) -> Progress:
    def report(text: Text, fraction: float) -> None:
        if progress is not None:
            progress(text, (number + fraction) / total)

    return report


def _dry_key(keys: Path) -> bytes:
    """A dry run makes no key file; without one the hashes are thrown away with the rest."""
    exists = keys.is_file() or (keys / KEY_FILE).is_file()
    return load_key(keys) if exists else secrets.token_bytes(32)


def _first_refusal(plans: Sequence[_Plan]) -> ImportRefused:
    refusals = [plan.refusal for plan in plans if plan.refusal is not None]
    return refusals[0] if refusals else ImportRefused(Text("没有给出文件。", "No file was given."))


def _report_of(plan: _Plan) -> ImportReport:
    if plan.report is not None:
        return plan.report
    error = Claim.of(plan.refusal.message) if plan.refusal is not None else None
    return ImportReport(file=plan.name, error=error)


def _detection(piece: Piece) -> Detection:
    layout = piece.layout
    return Detection(
        file=piece.name,
        format=layout.format.id,
        label=layout.format.label,
        encoding=piece.encoding,
        header_row=layout.header_row,
        columns={layout.headers[index]: name for name, hits in layout.columns.items() for index in hits},
        dropped=list(layout.dropped),
        unmapped=list(layout.unmapped),
        recomputed=list(layout.recomputed),
        alternatives=list(piece.alternatives),
    )
