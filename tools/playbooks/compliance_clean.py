"""What a text says once its disguises are off: full width, circled digits, emoji, pinyin, rare homophones, blanks between characters.

Every character of the result knows which part of the original it came from, so that a flag points at what the merchant wrote.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from tools.seeds import load_yaml

__all__ = ["Plain", "plain"]

_HAN = r"[\u4e00-\u9fff]"
# Between two Chinese characters these are decoration; sentence marks are not in the list, they end a clause.
_FILL = re.compile(rf"(?<={_HAN})[\s.·•・*_~^|/\\+=#@`'\"\-—…]{{1,4}}(?={_HAN})")
_BOXED = re.compile(rf"[(\[「『【<]({_HAN})[)\]」』】>]")
_SPELT = re.compile(rf"(?<!{_HAN})(?:{_HAN}[,，、。]){{2,}}{_HAN}(?!{_HAN})")
_NO_NUMBER = re.compile(r"(?<=\d{20})\d+")  # patterns try every start in a run of digits; no price is this long
_ORNAMENTS = frozenset({"So", "Sm", "Sk"})
_KEPT = frozenset("+<>=~|^`±×÷≥≤°")  # they carry meaning in a text
_MARKS = frozenset("，；！？：（）")  # kept as they are: the patterns end a clause at them
_HALF = tuple(
    (re.compile(rf"(?<={_HAN}){re.escape(half)}(?={_HAN})"), full)
    for half, full in zip(",;!?", "，；！？", strict=True)
)
_GONE = frozenset("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u20e3")


@dataclass(frozen=True)
class Plain:
    """`text` to match on; `places[i]` is the (start, end) in the original of its character i."""

    text: str
    places: tuple[tuple[int, int], ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `text[start:end]` (not empty)."""
        return self.places[start][0], self.places[end - 1][1]


def plain(text: str) -> Plain:
    """Take the disguises off. A text without any comes back as it is, each character at its own place."""
    letters: list[tuple[str, int, int]] = []
    signs = _tables()[1]
    for place, char in enumerate(text):
        if char in _GONE:
            continue
        if char in _MARKS:
            letters.append((char, place, place + 1))
            continue
        if char in signs:
            letters += [(part, place, place + 1) for part in signs[char]]
        elif (
            unicodedata.category(char) in _ORNAMENTS
            and char not in _KEPT
            and (ord(char) > 0x1F000 or unicodedata.category(char) == "Sk" or not unicodedata.decomposition(char))
        ):
            continue  # emoji and ornaments
        else:
            letters += [(part, place, place + 1) for part in _compatible(char)]
    for pattern, written in (*_HALF, (_BOXED, r"\1"), (_SPELT, None), (_FILL, ""), (_NO_NUMBER, "")):
        letters = _rewritten(letters, pattern, written)
    for disguise, meant in _tables()[0]:
        letters = _rewritten(letters, disguise, meant)
    return Plain("".join(part[0] for part in letters), tuple((part[1], part[2]) for part in letters))


def _compatible(char: str) -> str:
    """The plain form of one character; a Latin letter loses its tone mark (zuì is zui)."""
    parts = unicodedata.normalize("NFKD", char)
    return parts[0] if parts[0].isascii() and parts[0].isalpha() and len(parts) > 1 and unicodedata.combining(parts[1]) else unicodedata.normalize("NFKC", char)  # fmt: skip


def _rewritten(
    letters: list[tuple[str, int, int]], pattern: re.Pattern[str], written: str | None
) -> list[tuple[str, int, int]]:
    """Replace each match; `written` None keeps its Chinese characters alone."""
    text = "".join(part[0] for part in letters)
    out: list[tuple[str, int, int]] = []
    done = 0
    for match in pattern.finditer(text):
        new = re.sub(f"(?!{_HAN}).", "", match[0]) if written is None else match.expand(written)
        start, end = letters[match.start()][1], letters[match.end() - 1][2]
        out += letters[done : match.start()]
        if written is None or len(new) == len(match[0]):
            kept = [part for part in letters[match.start() : match.end()] if written is not None or part[0] in new]
            out += [(char, part[1], part[2]) for char, part in zip(new, kept, strict=True)]
        else:
            out += [(char, start, end) for char in new]
        done = match.end()
    return out + letters[done:]


@cache
def _tables() -> tuple[tuple[tuple[re.Pattern[str], str], ...], dict[str, str]]:
    """`disguises` (pattern, what is meant) and `signs` (one character, what is meant) of seeds/compliance.yaml."""
    seeds = load_yaml("compliance.yaml")
    disguises = tuple((re.compile(row[0], re.IGNORECASE), row[1]) for row in seeds["disguises"])
    return disguises, dict(seeds["signs"])
