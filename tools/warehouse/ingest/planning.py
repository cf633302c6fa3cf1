"""Which pieces a dropped file consists of and how each will be read: decided before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tools.errors import ImportRefused
from tools.facts import Claim
from tools.text import Text
from tools.warehouse.ingest.containers import Source, expand
from tools.warehouse.ingest.dating import check_dated
from tools.warehouse.ingest.detecting import HEADER_ROWS, Layout, choose, find_layouts, text_layouts
from tools.warehouse.ingest.sheets import cell_text, read_sheets, write_sheet
from tools.warehouse.ingest.spec import Format
from tools.warehouse.ingest.staging import Staged, load_clean, load_parquet, parquet_headers
from tools.warehouse.ingest.template import GUIDE_TITLE
from tools.warehouse.ingest.textfile import peek, split_cells, write_clean

__all__ = ["Piece", "pieces_of", "sources_of"]


@dataclass
class Piece:
    """One table of cells with its layout: a text file, a sheet or a Parquet file."""

    name: str
    source: Source
    layout: Layout
    alternatives: tuple[str, ...]
    encoding: str | None = None
    rows: list[list[Any]] = field(default_factory=list)  # of a sheet
    types: list[str] = field(default_factory=list)  # of Parquet
    notes: list[Claim] = field(default_factory=list)

    def load(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Staged:
        """Fill `stage.raw`."""
        if self.source.kind == "parquet":
            return load_parquet(connection, self.source.path, self.layout, self.types, self.name)
        target = folder / "clean.csv"
        try:
            if self.source.kind == "sheet":
                width = len(self.layout.headers)
                copy = write_sheet(self.rows, target, width=width, skip=self.layout.header_row)
                self.rows = []
            else:
                copy = write_clean(
                    self.source.path,
                    target,
                    encoding=self.encoding or "utf-8",
                    delimiter=self.layout.delimiter,
                    skip=self.layout.header_row,
                )
            return load_clean(connection, target, self.layout, copy)
        finally:
            target.unlink(missing_ok=True)


def sources_of(path: Path, folder: Path) -> list[Source]:
    """The files inside one dropped file."""
    return expand(path, folder)


def pieces_of(source: Source, formats: Sequence[Format]) -> list[Piece]:
    """The readable tables of one file. Raises ImportRefused when there is none, or when it is ambiguous."""
    if source.kind == "parquet":
        headers = parquet_headers(source.path, source.name)
        rows = [[name for name, _ in headers]]
        layout = _chosen(find_layouts(rows, formats, name=source.name), source.name, rows)
        return [Piece(source.name, source, *layout, types=[kind for _, kind in headers])]
    if source.kind == "sheet":
        return _sheet_pieces(source, formats)
    start = peek(source.path)
    if start.binary:
        raise ImportRefused(
            Text(
                f"“{source.name}”不是文本表格，读不了。请重新下载，或用 Excel 打开后另存为 CSV 或 XLSX。",
                f'"{source.name}" is no text table. Download it again, or open it in Excel and save it as CSV or XLSX.',
            )
        )
    rows = [split_cells(record, ",") for record in start.records]
    layout = _chosen(text_layouts(start.records, formats, name=source.name), source.name, rows)
    return [Piece(source.name, source, *layout, encoding=start.encoding)]


def _chosen(layouts: list[Layout], name: str, rows: Sequence[Sequence[str]]) -> tuple[Layout, tuple[str, ...]]:
    best = choose(layouts, name, rows)
    if best.format.refuse is not None:
        raise ImportRefused(Text(f"“{name}”：{best.format.refuse.zh}", f'"{name}": {best.format.refuse.en}'))
    check_dated(best, name)
    return best, tuple(dict.fromkeys(x.format.id for x in layouts if x.format.id != best.format.id))


def _sheet_pieces(source: Source, formats: Sequence[Format]) -> list[Piece]:
    """Every sheet that is a known report; other sheets (notes, pivots) are passed over."""
    found: list[Piece] = []
    sheets = read_sheets(source.path, source.name)
    first: list[list[str]] = []
    passed: list[str] = []
    empty: list[Piece] = []  # a template's sheet that nobody filled is nothing to speak of beside those that are
    for title, rows in sheets:
        head = [[cell_text(cell) for cell in row] for row in rows[:HEADER_ROWS]]
        trimmed = [_trim(cells) for cells in head]
        if trimmed and trimmed[0][:1] and trimmed[0][0] in GUIDE_TITLE:
            continue
        first = first or trimmed
        layouts = find_layouts(trimmed, formats, name=source.name)
        if layouts:
            name = source.name if len(sheets) == 1 else f"{source.name} · {title}"
            layout, others = _chosen(layouts, name, trimmed)
            piece = Piece(name, source, layout, others, rows=rows)
            filled = any(str(cell).strip() for row in rows[layout.header_row :] for cell in row)
            (found if filled else empty).append(piece)
        elif len(rows) > 1 and max(map(len, trimmed), default=0) > 1:
            passed.append(title[:40])
    if len(empty) > 1 and not found:
        raise ImportRefused(
            Text(
                f"“{source.name}”的各个工作表都只有表头，还没有数据。",
                f'The sheets of "{source.name}" hold nothing but their headers yet.',
            )
        )
    found = found or empty
    if not found:
        choose([], source.name, first)
    if passed:
        zh, en = "、".join(passed), ", ".join(passed)
        found[0].notes.append(
            Claim(
                zh=f"没有读取的工作表：{zh}（不是认识的报表）。",
                en=f"Sheets not read, for they are no known report: {en}.",
            )
        )
    return found


def _trim(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
