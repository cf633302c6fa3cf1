"""Markdown into passages: a passage knows the headings above it, ends at a sentence and starts with the last one before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Chunk", "chunks_of"]

_MAX_SIZE = 500.0  # Chinese characters; an English word counts as a little over four
_WORD = 500 / 120
_OVERLAP = 0.25
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.{1,300}?)[ \t]*#*$")
_RULE_ROW = re.compile(r"^\|?[\s:|-]*-{2,}[\s:|-]*\|?$")
_SENTENCE = re.compile(r"[^。！？!?；;\n]*?(?:[。！？!?；;]+[”’」』）)\"']*|\.(?=\s)|$)", re.DOTALL)
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(.{1,300}?)\1")
_UNIT = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]|[A-Za-z0-9]+(?:['’.,-][A-Za-z0-9]+)*|[^\s\w]")
_LONG_WORD = 60
_HEADING_SIZE = 80


@dataclass(frozen=True)
class Chunk:
    """`heading`: the path of headings above the text, joined by ` › `; "" before the first one."""

    heading: str
    text: str


def chunks_of(markdown: str) -> list[Chunk]:
    """Passages in reading order; none is empty and none is longer than the limit."""
    return [Chunk(heading, text) for heading, lines in _sections(markdown) for text in _packed(lines)]


def _sections(markdown: str) -> Iterator[tuple[str, list[str]]]:
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    for line in markdown.split("\n"):
        found = _HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        if lines:
            yield _joined(path), lines
            lines = []
        level = len(found[1])
        path = [*(one for one in path if one[0] < level), (level, _bare(found[2])[:_HEADING_SIZE])]
    yield _joined(path), lines


def _joined(path: list[tuple[int, str]]) -> str:
    return " › ".join(title for _, title in path if title)[: 3 * _HEADING_SIZE]


def _bare(line: str) -> str:
    return " ".join(_EMPHASIS.sub(r"\2", line).split())


def _packed(lines: list[str]) -> Iterator[str]:
    """Sentences packed up to the limit; the next passage repeats the last sentence when it is short."""
    held: list[str] = []
    size = 0.0
    for sentence in _sentences(lines):
        more = _size(sentence)
        if held and size + more > _MAX_SIZE:
            yield _together(held)
            last = held[-1]
            repeat = _size(last) <= _MAX_SIZE * _OVERLAP and _size(last) + more <= _MAX_SIZE
            held = [last] if repeat else []
            size = _size(last) if repeat else 0.0
        held.append(sentence)
        size += more
    if held:
        yield _together(held)


def _sentences(lines: list[str]) -> Iterator[str]:
    for line in _lines(lines):
        for found in _SENTENCE.findall(line):
            sentence = _bare(found)
            if re.search(r"\w", sentence):
                yield from _cut(sentence)


def _cut(sentence: str) -> Iterator[str]:
    """A sentence without an end (a cell of ten megabytes, a word of a thousand letters) is cut where it must be."""
    held: list[str] = []
    size = 0.0
    for piece in re.findall(rf"\S{{1,{_LONG_WORD}}}\s*", sentence):
        more = _size(piece)
        if held and size + more > _MAX_SIZE:
            yield "".join(held).strip()
            held, size = [], 0.0
        held.append(piece)
        size += more
    if held:
        yield "".join(held).strip()


def _size(text: str) -> float:
    """In Chinese characters; a string of letters nobody could pronounce counts by its length."""
    units = _UNIT.findall(text)
    return sum(max(_WORD, len(unit) / 2) if unit[0].isascii() and unit[0].isalnum() else 1.0 for unit in units)


def _together(sentences: list[str]) -> str:
    """Set apart by a space, but not behind a Chinese full stop."""
    text = ""
    for sentence in sentences:
        text += sentence if not text or text[-1] in "。！？；”’」』）" else f" {sentence}"
    return text


def _lines(lines: list[str]) -> Iterator[str]:
    """Paragraph lines as they are; a row of a table as `column: value`, so that a passage of it is understood alone."""
    header: list[str] | None = None
    for position, line in enumerate(lines):
        if not line.lstrip().startswith("|"):
            header = None
            yield re.sub(r"^\s*(?:[-*+>]|\d+[.)])\s+", "", line)
            continue
        if _RULE_ROW.match(line.strip()):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if header is None:
            ruled = position + 1 < len(lines) and _RULE_ROW.match(lines[position + 1].strip())
            header = cells if ruled else []
            if ruled:
                continue
        yield _row(header, cells)


def _row(header: list[str], cells: list[str]) -> str:
    names = [*header, *[""] * len(cells)]
    told = [
        f"{name}: {cell}" if name and not name.startswith("Unnamed:") else cell
        for name, cell in zip(names, cells, strict=False)
        if cell and cell != "NaN"
    ]
    return "，".join(told) + "。" if told else ""
