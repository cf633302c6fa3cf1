"""A table somebody pasted (cells copied from Excel or a page, CSV, a Markdown table) as a private file the importer reads."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.errors import ImportRefused
from tools.text import Text
from tools.warehouse.ingest.containers import MAX_FILE_BYTES, too_big, work_folder
from tools.warehouse.ingest.textfile import peek

__all__ = ["PASTED", "pasted_file"]

PASTED = "pasted"  # the name of such an import in the ledger
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@contextmanager
def pasted_file(content: str | bytes) -> Iterator[Path]:
    """The text as a file of its own, gone at the end; bytes keep their encoding. Raises ImportRefused for nothing, or too much."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if len(data) > MAX_FILE_BYTES:
        raise too_big(PASTED)
    if not content.strip():
        raise ImportRefused(
            Text(
                "没有收到内容。请把表格连同表头一起复制，再粘贴进来。",
                "Nothing was pasted. Copy the table together with its header row and paste it.",
            )
        )
    with work_folder() as folder:
        path = folder / PASTED
        path.write_bytes(data)
        start = peek(path)
        if not start.binary and _is_markdown(start.records):
            text = data.decode(start.encoding, "replace")
            with path.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out, delimiter="\t", lineterminator="\n").writerows(_cells(text.splitlines()))
        yield path


def _is_markdown(head: Iterable[str]) -> bool:
    """A rule under the header, or rows that begin with a bar; a bar inside a cell of a CSV is neither."""
    lines = [line.strip() for line in head if line.strip()]
    ruled = any("|" in line and "-" in line and _RULE.fullmatch(line) for line in lines)
    return ruled or sum(line.startswith("|") for line in lines) >= 2


def _cells(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        text = line.strip()
        if "|" in text and _RULE.fullmatch(text):
            continue
        text = text.removeprefix("|")
        if text.endswith("|") and not text.endswith("\\|"):
            text = text[:-1]
        yield [_plain(cell) for cell in _BAR.split(text)]


def _plain(cell: str) -> str:
    text = _BREAK.sub(" ", cell.replace("\\|", "|")).strip()
    return text[2:-2].strip() if len(text) > 4 and text.startswith("**") and text.endswith("**") else text
