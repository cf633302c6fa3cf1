"""How near a case is to a question: dense, lexical and field signals in one calibrated sum, and whether the best is near at all.

The signals are standardised over the cases of one question, so the weights (data in `seeds/vocabulary.yaml`, fitted by
`python -m evals.benchmarks.retrieval fit`) hold for another embedder too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tools.cases.constraints import FIELDS, agreement
from tools.cases.lexical import LexicalIndex, LexicalScores
from tools.cases.library import Passage
from tools.cases.schema import Case
from tools.seeds import load_yaml

__all__ = ["CLOSENESS", "ORDER", "SignalReader", "Signals", "closeness", "order"]

Numbers = npt.NDArray[np.float64]

# Columns of Signals.order: nearest passage, mean of the two nearest, mean of the two nearest questions, BM25 over the
# whole case, BM25 of the nearest question, then what the question demands of the fields.
ORDER = ("body", "body_two", "asked_two", "words", "asked_words", *FIELDS)
# What decides whether anything is near: how much nearer the best passage is than what no case answers (the nearest
# probe, the three nearest), the share of the question's words found, BM25 in cases and in questions, the best order,
# and how many of category, goods, problem and lever the question names that the best case has.
CLOSENESS = ("over_probe", "over_probes", "coverage", "asked_coverage", "words", "asked_words", "best", "named")
_NAMED = [ORDER.index(name) for name in ("category", "goods", "problem", "lever")]


class Signals(NamedTuple):
    """One question against every case."""

    order: Numbers  # a row per case, a column per ORDER
    cosine: Numbers  # of the nearest passage
    probes: Numbers  # cosines of the probes, best first
    spread: float  # standard deviation of `cosine` over all cases: the unit of a difference of cosines
    lexical: LexicalScores  # of the whole cases
    asked: LexicalScores  # of the nearest question of each case


def _weights(name: str, columns: Sequence[str]) -> Numbers:
    table: Mapping[str, Any] = load_yaml("vocabulary.yaml")["retrieval"][name]
    return np.array([float(table[column]) for column in columns])


def order(signals: Signals, weights: Numbers | None = None) -> Numbers:
    """How well each case fits, comparable within the question only."""
    result: Numbers = signals.order @ (_weights("order", ORDER) if weights is None else weights)
    return result


def closeness_row(signals: Signals, fit: Numbers, allowed: npt.NDArray[np.bool_] | None = None) -> Numbers:
    """The CLOSENESS values of the question; `allowed` narrows to the cases that a filter lets through."""
    keep = np.ones(len(fit), dtype=bool) if allowed is None else allowed
    nearest = signals.cosine[keep].max()
    return np.array(
        [
            (nearest - signals.probes[0]) / signals.spread,
            (nearest - signals.probes[:3].mean()) / signals.spread,
            signals.lexical.coverage[keep].max(),
            signals.asked.coverage[keep].max(),
            np.log1p(signals.lexical.bm25[keep].max()),
            np.log1p(signals.asked.bm25[keep].max()),
            fit[keep].max(),
            signals.order[keep][fit[keep].argmax()][_NAMED].sum(),
        ]
    )


def closeness(signals: Signals, fit: Numbers, allowed: npt.NDArray[np.bool_] | None = None) -> float:
    """Log odds that the best case is evidence for the question: comparable between questions."""
    table = load_yaml("vocabulary.yaml")["retrieval"]["closeness"]
    return float(closeness_row(signals, fit, allowed) @ _weights("closeness", CLOSENESS) + table["constant"])


class SignalReader:
    """Turns cosines and words into Signals. Holds the lexical indexes; building takes milliseconds a hundred cases."""

    def __init__(self, cases: Sequence[Case], passages: Sequence[Sequence[Passage]], probes: Sequence[Passage]) -> None:
        self._cases = cases
        self._probes = [probe.id for probe in probes]
        self.body = LexicalIndex([" ".join(one.text for one in group if not one.asks) for group in passages])
        asked = [(position, one) for position, group in enumerate(passages) for one in group if one.asks]
        self._asked_of = np.array([position for position, _ in asked], dtype=np.intp)
        self._asked_ids = [one.id for _, one in asked]
        self._asked = LexicalIndex([one.text for _, one in asked]) if asked else None
        self._bodies = [[one.id for one in group if not one.asks] for group in passages]
        self._questions = [[one.id for one in group if one.asks] for group in passages]

    def read(
        self, query: str, by_passage: Mapping[str, float], near: str | None = None, without: str | None = None
    ) -> Signals:
        """`without`: a passage that is not to be seen, so that it can itself be asked in a fit."""
        body = [sorted((by_passage[one] for one in group), reverse=True) for group in self._bodies]
        asked = [
            sorted((by_passage[one] for one in group if one != without), reverse=True) for group in self._questions
        ]
        best = np.array([max(row[0], *other[:1]) if other else row[0] for row, other in zip(body, asked, strict=True)])
        every = [value for row in asked for value in row]
        typical = sum(every) / len(every) if every else 0.0
        two = [_first_two(row) if row else typical for row in asked]
        words, question = self.body.score(query), self._nearest_question(query, without)
        dense = [np.array([row[0] for row in body]), np.array([_first_two(row) for row in body]), np.array(two)]
        columns = [_standard(one) for one in (*dense, words.bm25, question.bm25)]
        far = np.sort([by_passage[one] for one in self._probes if one != without])[::-1]
        spread = max(float(dense[0].std()), 1e-6)
        table = np.column_stack([*columns, agreement(query, self._cases, near)])
        return Signals(table, best, np.asarray(far, dtype=np.float64), spread, words, question)

    def _nearest_question(self, query: str, without: str | None) -> LexicalScores:
        bm25, coverage = np.zeros(len(self._cases)), np.zeros(len(self._cases))
        if self._asked is not None:
            scores = self._asked.score(query)
            seen = np.array([one != without for one in self._asked_ids])
            np.maximum.at(bm25, self._asked_of, scores.bm25 * seen)
            np.maximum.at(coverage, self._asked_of, scores.coverage * seen)
        return LexicalScores(bm25, coverage)


def _first_two(row: Sequence[float]) -> float:
    return sum(row[:2]) / len(row[:2])


def _standard(values: Numbers) -> Numbers:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros(len(values))
