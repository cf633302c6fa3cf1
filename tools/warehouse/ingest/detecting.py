"""Which export a file is: every format is tried on every possible header row; one winner, or the merchant is asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.errors import ImportRefused
from tools.text import Text
from tools.warehouse.ingest.spec import Format
from tools.warehouse.ingest.template import TEMPLATE_PREFIX
from tools.warehouse.ingest.textfile import split_cells

__all__ = ["HEADER_ROWS", "Layout", "choose", "find_layouts", "text_layouts"]

HEADER_ROWS = 10
_MAX_COLUMNS = 2000


@dataclass(frozen=True)
class Layout:
    """A format on a header row: which column feeds which field. `header_row` counts from 1."""

    format: Format
    header_row: int
    delimiter: str
    headers: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]  # field -> columns, best first
    dropped: tuple[str, ...]  # headers with personal data
    unmapped: tuple[str, ...]
    recomputed: tuple[str, ...] = ()  # headers of ratios and means, which come from the other columns

    @property
    def rank(self) -> tuple[bool, int]:
        """Platform exports before templates, then the one that knows more of the headers."""
        return not self.format.id.startswith(TEMPLATE_PREFIX), len({i for c in self.columns.values() for i in c})


def header_key(text: str) -> str:
    """Headers compare without blanks, width, case or the wrapping some exports put around them."""
    plain = unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip("=\"' \t")
    return "".join(plain.split()).casefold()


def find_layouts(rows: Sequence[Sequence[str]], formats: Iterable[Format], *, delimiter: str = ",") -> list[Layout]:
    """Every way the first rows can be read as one of the formats, best first."""
    found: list[Layout] = []
    known = list(formats)
    for number, cells in enumerate(rows[:HEADER_ROWS], 1):
        if not 2 <= len(cells) <= _MAX_COLUMNS:
            continue
        places: dict[str, int] = {}
        for index, cell in enumerate(cells):
            places.setdefault(header_key(cell), index)
        places.pop("", None)
        found += [layout for spec in known if (layout := _fit(spec, number, delimiter, cells, places))]
    return sorted(found, key=lambda layout: (*layout.rank, -layout.header_row), reverse=True)


def _fit(spec: Format, row: int, delimiter: str, cells: Sequence[str], places: Mapping[str, int]) -> Layout | None:
    if any(header_key(name) in places for name in spec.not_with):
        return None
    columns: dict[str, tuple[int, ...]] = {}
    for name, field in spec.fields.items():
        keys = dict.fromkeys(header_key(header) for header in field.names)
        if hits := tuple(places[key] for key in keys if key in places):
            columns[name] = hits
    if not any(all(name in columns for name in group) for group in spec.detect):
        return None
    used = {index for hits in columns.values() for index in hits}
    private, again = ({header_key(name) for name in names} for names in (spec.private, spec.recomputed))
    spare = [cell.strip("=\"' \t\ufeff")[:80] for i, cell in enumerate(cells) if i not in used and header_key(cell)]
    return Layout(
        spec,
        row,
        delimiter,
        tuple(cell.strip()[:80] for cell in cells),
        columns,
        tuple(name for name in spare if header_key(name) in private),
        tuple(name for name in spare if header_key(name) not in private | again),
        tuple(name for name in spare if header_key(name) in again),
    )


def text_layouts(records: Sequence[str], formats: Iterable[Format]) -> list[Layout]:
    """Layouts of a text file under each usual delimiter, best first."""
    known = list(formats)
    found: list[Layout] = []
    for delimiter in (",", "\t", ";"):
        found += find_layouts([split_cells(record, delimiter) for record in records], known, delimiter=delimiter)
    return sorted(found, key=lambda layout: (*layout.rank, -layout.header_row), reverse=True)


def choose(layouts: Sequence[Layout], name: str, first_rows: Sequence[Sequence[str]]) -> Layout:
    """The one layout. Raises ImportRefused when none fits or two fit equally well."""
    if not layouts:
        raise _unknown(name, first_rows)
    best = layouts[0]
    rivals = sorted({layout.format.id for layout in layouts if layout.rank == best.rank})
    if len(rivals) > 1:
        raise ImportRefused(
            Text(
                f"“{name}”同时符合 {len(rivals)} 种格式：{'、'.join(rivals)}。请用 --format 指定其中一种。",
                f'"{name}" fits {len(rivals)} formats equally well: {", ".join(rivals)}. Name one with --format.',
            )
        )
    return best


def _unknown(name: str, rows: Sequence[Sequence[str]]) -> ImportRefused:
    widest = max(rows, key=lambda cells: sum(1 for cell in cells if cell.strip()), default=())
    seen = [cell.strip()[:20] for cell in widest if cell.strip()][:6]
    shown_zh = f"表头看到的是：{'、'.join(seen)}。" if seen else ""
    shown_en = f"The header seems to be: {', '.join(seen)}. " if seen else ""
    return ImportRefused(
        Text(
            f"认不出“{name}”是哪种报表，没有写入任何数据。{shown_zh}"
            "请确认下载后没有删改表头；用 advisor formats 查看可导入的报表和下载位置，或用 --format 指定格式，也可以写一个映射文件。",
            f'"{name}" is no report this installation knows; nothing was written. {shown_en}'
            "Check that the header row is as downloaded; see `advisor formats` for the reports and where to download them, "
            "name one with --format, or write a mapping file.",
        )
    )
