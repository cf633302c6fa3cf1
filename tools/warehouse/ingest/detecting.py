"""Which export a file is: every format is tried on every possible header row; one winner, or the merchant is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from tools.errors import ImportRefused
from tools.text import Text
from tools.warehouse.ingest.period import UNSTATED, Stated, stated_period
from tools.warehouse.ingest.spec import DATED, Format
from tools.warehouse.ingest.template import TEMPLATE_PREFIX
from tools.warehouse.ingest.textfile import split_cells

__all__ = ["HEADER_ROWS", "Layout", "choose", "find_layouts", "text_layouts"]

HEADER_ROWS = 10
_MAX_COLUMNS = 2000
_COUNTING_UNIT = re.compile(r"\((?:元|人|次|件|笔|个|单)\)$")


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
    stated: Stated = UNSTATED  # the days of the report, where its title or name tells them

    @property
    def rank(self) -> tuple[bool, int]:
        """Platform exports before templates, then the one that knows more of the headers."""
        known = len({i for c in self.columns.values() for i in c}) + len(self.recomputed)
        return not self.format.id.startswith(TEMPLATE_PREFIX), known

    @property
    def undated(self) -> tuple[str, ...]:
        """Fields of the report's days that have no column."""
        fields = self.format.fields
        return tuple(name for name in fields if fields[name].type in DATED and name not in self.columns)

    @property
    def snapshots(self) -> tuple[str, ...]:
        """Fields of the day a list was drawn up that have no column."""
        fields = self.format.fields
        return tuple(name for name in fields if fields[name].type == "snapshot" and name not in self.columns)

    @property
    def present(self) -> frozenset[str]:
        """Fields this file can speak of."""
        dated = self.undated if self.stated.period else ()
        return frozenset(self.columns).union(dated, self.snapshots if self.stated.drawn_up else ())


def header_key(text: str) -> str:
    """Headers compare without blanks, width, case or the wrapping some exports put around them."""
    plain = unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip("=\"' \t")
    return "".join(plain.split()).casefold()


def _plain(key: str) -> str:
    """A header without a unit that changes no figure; 秒, 分钟 and 万元 do and stay."""
    return _COUNTING_UNIT.sub("", key)


def find_layouts(
    rows: Sequence[Sequence[str]], formats: Iterable[Format], *, name: str = "", delimiter: str = ","
) -> list[Layout]:
    """Every way the first rows can be read as one of the formats, best first. `name` is the file's."""
    found: list[Layout] = []
    known = list(formats)
    for number, cells in enumerate(rows[:HEADER_ROWS], 1):
        if not 2 <= len(cells) <= _MAX_COLUMNS:
            continue
        places: dict[str, int] = {}
        for index, cell in enumerate(cells):
            places.setdefault(header_key(cell), index)
        for key, index in list(places.items()):
            places.setdefault(_plain(key), index)
        places.pop("", None)
        fits = [layout for spec in known if (layout := _fit(spec, number, delimiter, cells, places))]
        if fits:
            stated = stated_period(name, rows[: number - 1])
            found += [replace(layout, stated=stated) for layout in fits]
    return sorted(found, key=lambda layout: (*layout.rank, -layout.header_row), reverse=True)


def _fit(spec: Format, row: int, delimiter: str, cells: Sequence[str], places: Mapping[str, int]) -> Layout | None:
    if any(header_key(name) in places for name in spec.not_with):
        return None
    if spec.with_any and not any(header_key(name) in places for name in spec.with_any):
        return None
    columns: dict[str, tuple[int, ...]] = {}
    for name, field in spec.fields.items():
        keys = dict.fromkeys(header_key(header) for header in field.names)
        if hits := tuple(places[key] for key in keys if key in places):
            columns[name] = hits
    if not any(all(name in columns for name in group) for group in spec.detect):
        return None
    used = {index for hits in columns.values() for index in hits}
    private, again, idle = (_matching(cells, names) for names in (spec.private, spec.recomputed, spec.ignored))
    spare = {i: cell.strip("=\"' \t\ufeff")[:80] for i, cell in enumerate(cells) if i not in used and header_key(cell)}
    return Layout(
        spec,
        row,
        delimiter,
        tuple(cell.strip()[:80] for cell in cells),
        columns,
        tuple(name for index, name in spare.items() if index in private),
        tuple(name for index, name in spare.items() if index not in private | again | idle),
        tuple(name for index, name in spare.items() if index in again),
    )


def _matching(cells: Sequence[str], names: Sequence[str]) -> set[int]:
    """The columns whose header is one of the names or fits one with a *."""
    known = {header_key(name) for name in names}
    patterns = [name for name in known if "*" in name]
    keys = ((i, key) for i, cell in enumerate(cells) for key in {header_key(cell), _plain(header_key(cell))})
    return {i for i, key in keys if key in known or any(fnmatchcase(key, pattern) for pattern in patterns)}


def text_layouts(records: Sequence[str], formats: Iterable[Format], *, name: str = "") -> list[Layout]:
    """Layouts of a text file under each usual delimiter, best first."""
    known = list(formats)
    found: list[Layout] = []
    for delimiter in (",", "\t", ";"):
        found += find_layouts(
            [split_cells(record, delimiter) for record in records], known, name=name, delimiter=delimiter
        )
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
