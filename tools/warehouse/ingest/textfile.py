"""Delimited text: find the encoding, split it into records, and write a clean UTF-8 copy with record numbers for DuckDB.

DuckDB reads no GBK without fetching an extension, and its row numbers do not survive rejected rows; both are solved here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from tools.errors import ImportRefused
from tools.text import Text

__all__ = ["MAX_RECORD", "CleanCopy", "Peek", "peek", "split_cells", "write_clean"]

MAX_RECORD = 250_000  # characters; DuckDB's own line limit is 2 MB
_MAX_LINES = 500  # a quoted cell with more line breaks than this is an unclosed quote
_MAX_LINE = 50_000_000
_SAMPLE = 256 * 1024
_CHUNK = 4 * 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Peek:
    """The first records of a text file, not yet split into cells, and how its bytes read."""

    encoding: str
    records: tuple[str, ...]
    binary: bool


@dataclass
class CleanCopy:
    """What `write_clean` wrote: `rows` counts records that are not blank, the unreadable ones included."""

    rows: int = 0
    unreadable: dict[int, str] = field(default_factory=dict)  # record number -> code
    damaged_bytes: bool = False


def peek(path: Path, *, records: int = 12) -> Peek:
    """Look at the start of a file. `binary` means it is no text at all."""
    with path.open("rb") as handle:
        sample = handle.read(_SAMPLE)
    encoding = _encoding(path, sample)
    text = next(_decoded(io.BytesIO(sample), encoding), "")
    binary = (b"\x00" in sample and encoding != "utf-16") or text.count("\ufffd") > max(8, len(text) // 50)
    splitter = _Splitter()
    found = [record for block in _blocks([text]) for record, _ in splitter.feed(block)]
    found += [record for record, _ in splitter.finish()]
    return Peek(encoding, tuple(record[:MAX_RECORD] for record in found[:records]), binary)


def _encoding(path: Path, sample: bytes) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    cut = sample.rfind(b"\n") + 1 if len(sample) == _SAMPLE else len(sample)
    head = sample[: cut or len(sample)]
    if not head.isascii():
        return "utf-8" if _fits(head, "utf-8") or _errors(head, "utf-8") < _errors(head, "gb18030") else "gb18030"
    with path.open("rb") as handle:  # ASCII so far: the first foreign byte decides
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        try:
            while chunk := handle.read(_CHUNK):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _errors(data: bytes, encoding: str) -> int:
    return data.decode(encoding, "replace").count("\ufffd")


def _decoded(handle: BinaryIO, encoding: str) -> Iterator[str]:
    """Text in pieces with `\\n` as the only line end; bytes that fit no character become U+FFFD."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    while chunk := handle.read(_CHUNK):
        yield decoder.decode(chunk).replace("\x00", "")
    yield decoder.decode(b"", final=True)


def _blocks(chunks: Iterable[str]) -> Iterator[list[str]]:
    """Blocks of whole lines without their ends."""
    rest: list[str] = []
    held = 0
    for chunk in chunks:
        if "\n" not in chunk:
            rest.append(chunk)
            held += len(chunk)
            if held > _MAX_LINE:
                raise ImportRefused(
                    Text(
                        "文件里有一行超过五千万个字符，不像是导出报表。请重新下载，或另存为 xlsx 再导入。",
                        "One line of the file is longer than fifty million characters; this is no export. "
                        "Download it again, or save it as xlsx.",
                    )
                )
            continue
        block = "".join([*rest, chunk]).split("\n")
        rest = [block.pop()]
        held = len(rest[0])
        yield block
    if last := "".join(rest):
        yield [last]


class _Splitter:
    """Lines to records. A quoted cell may hold line ends, which become blanks; a quote that never closes costs one line."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._size = 0

    def feed(self, lines: list[str]) -> list[tuple[str, bool]]:
        """Complete records as (text, closed)."""
        if not self._open and not any(line.count('"') & 1 for line in lines):
            return [(line, True) for line in lines]
        done: list[tuple[str, bool]] = []
        queue = lines[::-1]
        while queue:
            line = queue.pop()
            if not self._open and not line.count('"') & 1:
                done.append((line, True))
            elif not _is_open(line, inside=bool(self._open)):
                done.append((" ".join([*self._open, line]), True))
                self._open, self._size = [], 0
            else:
                self._open.append(line)
                self._size += len(line)
                if len(self._open) > _MAX_LINES or self._size > MAX_RECORD:
                    done.append((self._open[0], False))
                    queue.extend(self._open[:0:-1])
                    self._open, self._size = [], 0
        return done

    def finish(self) -> list[tuple[str, bool]]:
        done: list[tuple[str, bool]] = []
        while self._open:
            done.append((self._open[0], False))
            rest, self._open, self._size = self._open[1:], [], 0
            done.extend(self.feed(rest))
        return done


def _is_open(line: str, *, inside: bool) -> bool:
    """Whether the line ends within a quoted cell. A quote opens a cell only at its start (14" is text)."""
    at_start = not inside
    index = 0
    while index < len(line):
        if inside:
            index = line.find('"', index)
            if index < 0:
                return True
            if line.startswith('""', index):
                index += 2
                continue
            inside = False
        elif at_start and line[index] == '"':
            inside = True
            at_start = False
        else:
            at_start = line[index] in ",\t;"
        index += 1
    return inside


def split_cells(record: str, delimiter: str) -> list[str]:
    """The cells of one record. Never raises: what the csv module refuses is split plainly."""
    try:
        return next(csv.reader([record], delimiter=delimiter), [])
    except csv.Error:
        return record.split(delimiter)


def write_clean(source: Path, target: Path, *, encoding: str, delimiter: str, skip: int) -> CleanCopy:
    """Write `number<delimiter>record` lines in UTF-8, leaving out the first `skip` records and blank ones.

    The number is the record's place in the file, the first being 1, as a spreadsheet shows it.
    """
    copy = CleanCopy()
    splitter = _Splitter()
    blank = delimiter + ' "\t'
    number = 0
    with source.open("rb") as handle, target.open("w", encoding="utf-8", newline="") as out:
        blocks = _blocks(_watched(_decoded(handle, encoding), copy))
        for records in chain((splitter.feed(block) for block in blocks), (splitter.finish() for _ in "1")):
            lines: list[str] = []
            first, number = number + 1, number + len(records)
            for place, (record, closed) in enumerate(records, first):
                if place <= skip or (len(record) < 2000 and not record.strip(blank)):
                    continue
                copy.rows += 1
                if record.startswith("#") and not record.partition(delimiter)[2].strip(blank):
                    copy.unreadable[place] = "remark"
                elif closed and len(record) <= MAX_RECORD:
                    lines.append(f"{place}{delimiter}{record}\n")
                else:
                    copy.unreadable[place] = "too_long" if closed else "open_quote"
            out.write("".join(lines))
    return copy


def _watched(chunks: Iterable[str], copy: CleanCopy) -> Iterator[str]:
    for chunk in chunks:
        copy.damaged_bytes = copy.damaged_bytes or "\ufffd" in chunk
        yield chunk
