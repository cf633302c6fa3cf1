"""One document, three files: a workbook that prints as it reads, Markdown, and a calendar. The only module that writes either format.

Cell texts may hold names from a merchant's exports: none of them may become a formula, a link or markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from tools.errors import BadArguments
from tools.text import Text

__all__ = [
    "FORMATS",
    "Column",
    "DayEvent",
    "Document",
    "Sheet",
    "TimedEvent",
    "check_name",
    "to_ics",
    "to_markdown",
    "to_xlsx",
    "written_as",
]

_HEAD, _FIRST = 2, 3  # rows: title, header, then the cells
_LINE_PT = 15.0
_WIDE = re.compile(r"[\u1100-\u115f\u2e80-\uffdc]")
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~])")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_THIN = Border(bottom=Side(style="hair"))


@dataclass(frozen=True)
class Column:
    """A heading and its width in characters."""

    title: str
    width: int


@dataclass(frozen=True)
class Sheet:
    """A table. Cells are text; nothing in a printed plan is to be recalculated."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DayEvent:
    """Something for whole days, both included. `uid` stays the same from one export to the next."""

    uid: str
    first: date
    last: date
    title: str
    note: str


@dataclass(frozen=True)
class TimedEvent:
    """Something from one time to another; both are the merchant's wall clock, without a zone. `uid` stays the same between exports."""

    uid: str
    start: datetime
    end: datetime
    title: str
    note: str


@dataclass(frozen=True)
class Document:
    """`timezone` is the merchant's: whole days are that zone's days, times that zone's clock. `made` is the day the content was worked out."""

    title: str
    sheets: tuple[Sheet, ...]
    events: tuple[DayEvent | TimedEvent, ...]
    timezone: str
    made: date
    lang: str = "zh"


def check_name(path: Path | str) -> str:
    """The ending of a name that can be written. Raises BadArguments for another."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise BadArguments(
            Text(
                f"不能导出为“{suffix or path}”：文件名请以 {'、'.join(FORMATS)} 结尾。",
                f'Cannot export as "{suffix or path}": the name must end in {", ".join(FORMATS)}.',
            ),
            choices=tuple(FORMATS),
        )
    return suffix


def written_as(document: Document, path: Path | str) -> bytes:
    """The file for a name that ends in .xlsx, .md or .ics. Raises BadArguments for another ending."""
    return FORMATS[check_name(path)](document)


def to_xlsx(document: Document) -> bytes:
    """A workbook with one sheet per table: frozen header, wrapped cells, fitted to the page width."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = _clean(document.title), "Merchant Advisor"
    for sheet in document.sheets:
        _fill(book.create_sheet(_clean(sheet.name)[:31]), sheet, document.title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(target: Any, sheet: Sheet, title: str) -> None:
    _write(target.cell(1, 1), title).font = Font(bold=True, size=13)
    for index, column in enumerate(sheet.columns, 1):
        cell = _write(target.cell(_HEAD, index), column.title)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="2F5D62")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        target.column_dimensions[get_column_letter(index)].width = column.width
    for number, row in enumerate(sheet.rows, _FIRST):
        for index, text in enumerate(row, 1):
            cell = _write(target.cell(number, index), text)
            cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _THIN
        lines = [_lines(text, column.width) for text, column in zip(row, sheet.columns, strict=True)]
        target.row_dimensions[number].height = min(409.0, _LINE_PT * max(lines, default=1) + 3)
    target.freeze_panes = target.cell(_FIRST, 1)
    target.print_title_rows = f"1:{_HEAD}"
    target.page_setup.orientation, target.page_setup.paperSize = "landscape", target.PAPERSIZE_A4
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.oddFooter.center.text = "&P / &N"


def _write(cell: Any, text: str) -> Any:
    """Text and nothing else: a leading = + - @ stays a character, also after the cell is edited."""
    cell.value = _clean(text)
    cell.data_type, cell.number_format = "s", "@"
    cell.quotePrefix = bool(cell.value) and cell.value[0] in "=+-@\t\r"
    return cell


def _clean(text: str) -> str:
    """Without control characters (a workbook with one does not open) and without marks that turn text around."""
    return _BIDI.sub("", ILLEGAL_CHARACTERS_RE.sub("", text)).replace("\r", "")


def _lines(text: str, width: int) -> int:
    """Lines a cell takes at that width; a Chinese character is two wide."""
    size = max(1, width - 1)
    return sum(max(1, -(-(len(line) + len(_WIDE.findall(line))) // size)) for line in text.split("\n"))


def to_markdown(document: Document) -> bytes:
    """Headings and tables; a table of two columns is a list of terms."""
    parts = [f"# {_plain(document.title)}"]
    for sheet in document.sheets:
        parts.append(f"## {_plain(sheet.name)}")
        if len(sheet.columns) == 2:
            parts.append("\n".join(f"- **{_plain(row[0])}**: {_plain(row[1])}" for row in sheet.rows))
            continue
        head = "| " + " | ".join(_plain(column.title) for column in sheet.columns) + " |"
        rule = "|" + " --- |" * len(sheet.columns)
        rows = ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in sheet.rows]
        parts.append("\n".join([head, rule, *rows]))
    return ("\n\n".join(parts) + "\n").encode()


def _plain(text: str) -> str:
    """Markup in a name stays letters; a line break inside a cell becomes a blank."""
    return " ".join(_MARKUP.sub(r"\\\1", _clean(text)).split())


def to_ics(document: Document) -> bytes:
    """All-day events name days and not hours, so they fall on the merchant's days in every reader's zone. Timed ones are written in UTC,
    which every calendar shows at the reader's own hour without a table of zones.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Merchant Advisor//plan//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _clean(document.title))
    calendar.add("x-wr-timezone", document.timezone)
    for each in document.events:
        event = icalendar.Event()
        event.add("uid", each.uid)
        event.add("dtstamp", datetime.combine(document.made, time(), tzinfo=UTC))
        if isinstance(each, TimedEvent):
            event.add("dtstart", _utc(each.start, document.timezone))
            event.add("dtend", _utc(each.end, document.timezone))
        else:
            event.add("dtstart", each.first)
            event.add("dtend", each.last + timedelta(days=1))  # the end of an all-day event is not part of it
        event.add("summary", _clean(each.title))
        event.add("description", _clean(each.note))
        if isinstance(each, DayEvent):
            event.add("transp", "TRANSPARENT")  # a task for the day does not block the day
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(at: datetime, timezone: str) -> datetime:
    return at.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


FORMATS: Mapping[str, Callable[[Document], bytes]] = {".xlsx": to_xlsx, ".md": to_markdown, ".ics": to_ics}
