"""Excel workbooks: sheets as rows of text, with ids that Excel has already ruined kept visibly ruined."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from tools.errors import ImportRefused
from tools.text import Text
from tools.warehouse.ingest.textfile import MAX_RECORD, CleanCopy

__all__ = ["Sheet", "read_sheets", "write_sheet"]

_EXACT = 2**53  # a float beyond this has lost digits: an 18-digit order id read as a number

Sheet = tuple[str, list[list[Any]]]


def read_sheets(path: Path, name: str) -> list[Sheet]:
    """All sheets that hold cells. Raises ImportRefused for a damaged or protected workbook."""
    try:
        with path.open("rb") as handle:
            workbook = CalamineWorkbook.from_filelike(handle)
            sheets = [
                (title, workbook.get_sheet_by_name(title).to_python(skip_empty_area=False))
                for title in workbook.sheet_names
            ]
    except (CalamineError, OSError, ValueError) as error:
        raise ImportRefused(
            Text(
                f"Excel 文件“{name}”打不开：可能已损坏或加了密码。请用 Excel 另存为新的 xlsx 再导入。",
                f'The workbook "{name}" does not open: damaged or protected. Save it as a new xlsx and import that.',
            )
        ) from error
    return [(title, rows) for title, rows in sheets if rows]


def cell_text(value: Any) -> str:
    """One cell as the text a CSV export would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return ""
        if value == int(value):
            return str(int(value)) if abs(value) < _EXACT else f"{value:.15E}"
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return str(value).replace("\r", " ").replace("\n", " ").replace("\x00", "")


def write_sheet(rows: Iterable[list[Any]], target: Path, *, width: int, skip: int) -> CleanCopy:
    """As `textfile.write_clean`, from cells: every row is cut or padded to the header's width."""
    copy = CleanCopy()
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for number, row in enumerate(rows, 1):
            if number <= skip:
                continue
            cells = [cell_text(value) for value in row]
            if not any(cell.strip() for cell in cells):
                continue
            copy.rows += 1
            if any(cell.strip() for cell in cells[width:]):
                copy.unreadable[number] = "ragged"
            elif cells[0].startswith("#") and not any(cell.strip() for cell in cells[1:]):
                copy.unreadable[number] = "remark"
            elif sum(map(len, cells)) > MAX_RECORD:
                copy.unreadable[number] = "too_long"
            else:
                writer.writerow([number, *cells[:width], *[""] * (width - len(cells))])
    return copy
