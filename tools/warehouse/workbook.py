"""The generic template as an Excel workbook: a guide first, then one empty sheet per canonical table, ready to be filled and imported."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from tools.seeds import load_yaml
from tools.text import Lang, Text
from tools.warehouse.ingest.template import GUIDE_TITLE, MAY_BE_EMPTY
from tools.warehouse.schema import Column, TableSpec, tables

__all__ = ["write_workbook"]

_HEAD = {
    "zh": ("工作表", "列", "必填", "怎么填", "说明"),
    "en": ("sheet", "column", "required", "written as", "what it holds"),
}
_HOW = Text(
    "每个工作表是一种数据，用得上的填，其余空着即可（列也可以删）。填好后：advisor import 本文件。带底色的列必填；不要改表头。",
    "Each sheet is one kind of data: fill those you have and leave the rest empty (columns may go too). Then: advisor import "
    "this file. Shaded columns are required; leave the headers as they are.",
)
_WIDTHS = (16, 22, 8, 42, 60)
_BOLD, _KEY = Font(bold=True), PatternFill("solid", fgColor="FFF2CC")


def write_workbook(path: Path, lang: Lang = "zh") -> None:
    """Write the workbook; a file of that name is replaced only when the new one is complete."""
    book = Workbook()
    _guide(book.active, lang)
    for spec in tables().values():
        _sheet(book.create_sheet(_title(spec, lang)), spec, lang)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".xlsx")
    os.close(handle)
    try:
        book.save(draft)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _title(spec: TableSpec, lang: Lang) -> str:
    return spec.zh if lang == "zh" else spec.name


def _sheet(sheet: Any, spec: TableSpec, lang: Lang) -> None:
    sheet.append([column.zh if lang == "zh" else column.name for column in spec.columns])
    for number, column in enumerate(spec.columns, 1):
        cell, letter = sheet.cell(1, number), get_column_letter(number)
        cell.font = _BOLD
        if _is_required(spec, column):
            cell.fill = _KEY
        sheet.column_dimensions[letter].width = 20 if column.type in {"time", "text"} else 14
        if column.type == "text":  # a long id typed into a number cell loses digits
            sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"


def _guide(sheet: Any, lang: Lang) -> None:
    words = load_yaml("warehouse", "guide.yaml")
    required = "必填" if lang == "zh" else "required"
    sheet.title = "说明" if lang == "zh" else "guide"
    sheet.append([GUIDE_TITLE.get(lang)])
    sheet.append([_HOW.get(lang)])
    sheet.append(_HEAD[lang])
    for spec in tables().values():
        sheet.append([_title(spec, lang), "", "", "", words["tables"][spec.name][lang]])
        sheet.cell(sheet.max_row, 1).font = _BOLD
        for column in spec.columns:
            more = words["columns"].get(f"{spec.name}.{column.name}", {}).get(lang, "")
            name = column.zh if lang == "zh" else column.name
            sheet.append(
                ["", name, required if _is_required(spec, column) else "", words["types"][_kind(column)][lang], more]
            )
    for number, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.cell(3, number).font = _BOLD
    for row in sheet.iter_rows(min_row=4, min_col=4, max_col=5):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.freeze_panes = "A4"


def _is_required(spec: TableSpec, column: Column) -> bool:
    return column.key and (spec.name, column.name) not in MAY_BE_EMPTY


def _kind(column: Column) -> str:
    if column.name == "buyer_key":
        return "buyer"
    if column.type == "text" and (column.name.endswith("_id") or column.name == "sku"):
        return "id"
    return column.type
