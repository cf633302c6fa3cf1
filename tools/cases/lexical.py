"""The lexical half of the search: words cut in both languages, domain synonyms, BM25 and how much of the query is covered."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tools.seeds import load_yaml

__all__ = ["LexicalIndex", "LexicalScores", "tokens"]

_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z][a-z0-9'’]*|\d+(?:\.\d+)?")
_SYNONYM_WEIGHT = 0.5
_LATIN_SUFFIX = re.compile(r"(?<=[a-z]{3})(?:'s|’s|s)$")


class LexicalScores(NamedTuple):
    """One row per document. `coverage`: share of the idf weight of the query's subject words that occur (or their synonyms), 0 to 1."""

    bm25: npt.NDArray[np.float64]
    coverage: npt.NDArray[np.float64]


@cache
def _stopwords() -> frozenset[str]:
    return frozenset(str(word) for word in load_yaml("vocabulary.yaml")["stopwords"])


@cache
def _light() -> frozenset[str]:
    """Words that say nothing of the subject: they may rank, but their absence from every case makes no question strange."""
    return frozenset(_stem(str(word)) for word in load_yaml("vocabulary.yaml")["light_words"])


@cache
def _synonyms() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for group in load_yaml("vocabulary.yaml")["synonyms"]:
        words = {_stem(str(word)) for word in group}
        for word in words:
            table.setdefault(word, set()).update(words - {word})
    return {word: frozenset(others) for word, others in table.items()}


@cache
def _cutter() -> Any:
    """jieba with the domain's words kept whole; an instance of ours, so that nobody else's dictionary changes."""
    import rjieba

    cutter = rjieba.Jieba()
    for group in load_yaml("vocabulary.yaml")["synonyms"]:
        for word in group:
            if re.fullmatch(r"[\u3400-\u9fff]{2,}", str(word)):
                cutter.add_word(str(word), 100_000, "n")
    return cutter


def _stem(word: str) -> str:
    return _LATIN_SUFFIX.sub("", word) if word.isascii() else word


def tokens(text: str) -> list[str]:
    """Lower-case words: Chinese cut by jieba (long words also in parts), Latin words without a plural s. No stop words."""
    found: list[str] = []
    for run in _RUNS.findall(text.lower()):
        if "\u3400" <= run[0] <= "\u9fff":
            found.extend(_cutter().cut_for_search(run))
        else:
            found.append(_stem(run))
    return [word for word in found if word not in _stopwords() and (len(word) > 1 or not word.isascii())]


class LexicalIndex:
    """BM25 over a fixed list of documents, in memory; a hundred documents index in milliseconds."""

    def __init__(self, documents: Sequence[str]) -> None:
        import bm25s

        cut = [tokens(document) for document in documents]
        self._words = [frozenset(words) for words in cut]
        self._where: dict[str, set[int]] = {}
        for position, words in enumerate(self._words):
            for word in words:
                self._where.setdefault(word, set()).add(position)
        df = {word: len(places) for word, places in self._where.items()}
        self._idf = {word: math.log(1 + (len(cut) - n + 0.5) / (n + 0.5)) for word, n in df.items()}
        self._unknown = math.log(1 + (len(cut) + 0.5) / 0.5)
        self._bm25 = bm25s.BM25(method="lucene")
        self._bm25.index(cut, show_progress=False)

    def score(self, query: str) -> LexicalScores:
        """Scores of every document for the query; all zero when no word is known."""
        words = list(dict.fromkeys(tokens(query)))
        table = _synonyms()
        others = sorted({other for word in words for other in table.get(word, ())} - set(words))
        bm25 = self._scores(words) + _SYNONYM_WEIGHT * self._scores(others)
        return LexicalScores(bm25, self._coverage(words))

    def shared(self, query: str, document: int) -> list[str]:
        """The query's words that the document contains, longest first."""
        found = {word for word in tokens(query) if word in self._words[document]}
        return sorted(found, key=lambda word: (-self._idf.get(word, 0.0), word))

    def _scores(self, words: list[str]) -> npt.NDArray[np.float64]:
        known = [word for word in words if word in self._idf]
        if not known:
            return np.zeros(len(self._words))
        return np.asarray(self._bm25.get_scores(known), dtype=np.float64)

    def _coverage(self, words: list[str]) -> npt.NDArray[np.float64]:
        words = [word for word in words if word not in _light()] or words
        if not words:
            return np.zeros(len(self._words))
        table = _synonyms()
        weight = {word: self._idf.get(word, self._unknown) for word in words}
        total = sum(weight.values())
        rows = np.zeros(len(self._words))
        for word in words:
            exact = self._where.get(word, set())
            alike = set().union(*(self._where.get(other, set()) for other in table.get(word, ()))) - exact
            rows[list(exact)] += weight[word]
            rows[list(alike)] += _SYNONYM_WEIGHT * weight[word]
        return rows / total
