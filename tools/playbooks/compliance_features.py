"""What the second layer of wording checks sees of a phrase: n-grams, what the rules found in it, its category, and its vector."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.playbooks.compliance import categories
from tools.playbooks.compliance_clean import plain

__all__ = ["BUCKETS", "Numbers", "buckets", "side", "stripped"]

Numbers = npt.NDArray[Any]

BUCKETS = 1 << 13
_SIDE = 0.3  # rules and category count less than the words: they say where a phrase stands, not what it says
_WORD = re.compile(r"[a-z]+")
_BLANKS = re.compile(r"\s+")


def stripped(text: str) -> str:
    """The phrase without its disguises, as the n-grams and the embedder read it."""
    return plain(text).text


def buckets(read: str) -> npt.NDArray[np.int64]:
    """Buckets of a stripped phrase, each once: character 2- to 4-grams, and words and pairs of words in Latin letters."""
    text = f"^{_BLANKS.sub(' ', read.casefold())}$"
    grams = {text[at : at + size] for size in (2, 3, 4) for at in range(len(text) - size + 1)}
    words = _WORD.findall(text)
    grams |= {f"w:{word}" for word in words} | {f"b:{one} {two}" for one, two in pairwise(words)}
    return np.array(sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams}), dtype=np.int64)


def side(kind: str, severities: Sequence[str]) -> Numbers:
    """Category, one of `categories()`, and whether rules of each severity point into the phrase."""
    row = [float(kind == name) for name in categories()]
    return _SIDE * np.array([*row, float("block" in severities), float(bool(severities))])
