"""CaseStore: the one way to the case base. Hybrid search with filters, one hit per brand, and an honest "no close case"."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.cases import vocabulary
from tools.cases.index import Calibration, CaseIndex
from tools.cases.lexical import LexicalIndex, LexicalScores
from tools.cases.library import Passage, load_cases, passages_of
from tools.cases.relation import drivers_in
from tools.cases.schema import Case
from tools.embeddings import Embedder
from tools.errors import NotFound
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["CaseHit", "CaseStore"]

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_PASSAGES_PER_CASE = 2
_MAX_QUERY = 2000


@dataclass(frozen=True)
class CaseHit:
    """One case close enough to the question. `score` is comparable between queries; the floor is in seeds/vocabulary.yaml."""

    case: Case
    score: float
    cosine: float
    coverage: float
    passages: tuple[Passage, ...]  # best first, at most two
    why: Text

    @property
    def passage(self) -> Passage:
        return self.passages[0]


@dataclass(frozen=True)
class _Ranked:
    score: npt.NDArray[np.float64]  # how close: the floor is about this
    order: npt.NDArray[np.float64]  # the score, tipped by category and problem
    cosine: npt.NDArray[np.float64]
    lexical: LexicalScores
    by_passage: dict[str, float]


class CaseStore:
    """`folder`: Chroma's folder in the workspace. Nothing is opened or embedded before the first search."""

    def __init__(self, folder: Path, embedder: Embedder, *, cases: Sequence[Case] | None = None) -> None:
        self._embedder = embedder
        self._given = cases
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: tuple[tuple[Case, ...], LexicalIndex, CaseIndex] | None = None
        self._passages: dict[str, tuple[Passage, ...]] = {}

    def cases(self) -> tuple[Case, ...]:
        return self._loaded()[0]

    def get(self, case_id: str) -> Case:
        """Raises NotFound."""
        found = next((case for case in self.cases() if case.id == case_id), None)
        if found is None:
            raise NotFound(Text(f"没有案例“{case_id[:80]}”。", f'There is no case "{case_id[:80]}".'))
        return found

    def search(
        self,
        query: str,
        *,
        k: int = 5,
        category: str | None = None,
        lever: str | None = None,
        stage: str | None = None,
        merchant_type: str | None = None,
        market: str | None = None,
        outcome: str | None = None,
        near: str | None = None,
    ) -> list[CaseHit]:
        """At most `k` close cases, best first, one per brand; empty when nothing is close.

        Filters take an id, a label in either language or an alias; `near` is the category id of the asking shop, which
        only tips the balance. Raises BadArguments for an unknown word, BackendDown
        when the index or the embedder cannot be used.
        """
        query = query.strip()[:_MAX_QUERY]
        wanted = {
            name: vocabulary.resolve(kind, given)
            for name, kind, given in (
                ("category", "categories", category),
                ("lever", "levers", lever),
                ("stage", "stages", stage),
                ("merchant_type", "merchant_types", merchant_type),
                ("market", "markets", market),
                ("outcome", "outcomes", outcome),
            )
            if given
        }
        if not query or k < 1:
            return []
        ranked = self._rank(query, near)
        cases = self.cases()
        floor = float(_retrieval()["floor_filtered" if wanted else "floor"])
        behind = min(floor, float(_retrieval()["floor_rest"]))
        hits: list[CaseHit] = []
        brands: set[str] = set()
        for position in np.argsort(-ranked.order, kind="stable"):
            case = cases[position]
            if len(hits) == k:
                break
            close = ranked.score[position] >= (behind if hits else floor)
            if not close or case.brand_key in brands or not _fits(case, wanted):
                continue
            brands.add(case.brand_key)
            hits.append(self._hit(int(position), query, ranked))
        return hits

    def _loaded(self) -> tuple[tuple[Case, ...], LexicalIndex, CaseIndex]:
        with self._lock:
            if self._parts is None:
                cases = tuple(self._given) if self._given is not None else load_cases()
                texts = [passages_of(case) for case in cases]
                lexical = LexicalIndex([" ".join(passage.text for passage in group) for group in texts])
                index = CaseIndex(self._folder, self._embedder, [passage for group in texts for passage in group])
                self._passages = {case.id: group for case, group in zip(cases, texts, strict=True)}
                self._parts = (cases, lexical, index)
            return self._parts

    def _rank(self, query: str, near: str | None) -> _Ranked:
        cases, lexical, index = self._loaded()
        by_passage = index.cosines(self._embedder.embed_queries([query])[0])
        best: dict[str, float] = {}
        for passage_id, cosine in by_passage.items():
            case_id = passage_id.partition("#")[0]
            best[case_id] = max(best.get(case_id, -1.0), cosine)
        cosines = np.array([best.get(case.id, -1.0) for case in cases])
        words = lexical.score(query)
        score = _combine(query, cosines, words, index.calibration()) - _off_problem(query, cases)
        return _Ranked(score, score + _tip(query, cases, near), cosines, words, by_passage)

    def _hit(self, position: int, query: str, ranked: _Ranked) -> CaseHit:
        cases, lexical, _ = self._loaded()
        case = cases[position]
        passages = sorted(self._passages[case.id], key=lambda passage: -ranked.by_passage.get(passage.id, -1.0))
        return CaseHit(
            case=case,
            score=round(float(ranked.score[position]), 3),
            cosine=round(float(ranked.cosine[position]), 4),
            coverage=round(float(ranked.lexical.coverage[position]), 3),
            passages=tuple(passages[:_PASSAGES_PER_CASE]),
            why=_why(lexical.shared(query, position)),
        )


def _retrieval() -> dict[str, Any]:
    found: dict[str, Any] = load_yaml("vocabulary.yaml")["retrieval"]
    return found


def _combine(
    query: str, cosines: npt.NDArray[np.float64], words: LexicalScores, base: Calibration
) -> npt.NDArray[np.float64]:
    weights = _retrieval()["weights"]
    zero = base.zh if _CHINESE.search(query) else base.en
    score: npt.NDArray[np.float64] = (
        weights["cosine"] * (cosines - zero) / base.scale
        + weights["coverage"] * words.coverage
        + weights["bm25"] * np.log1p(words.bm25)
    )
    return score


def _off_problem(query: str, cases: Sequence[Case]) -> npt.NDArray[np.float64]:
    asked = set(drivers_in(query))
    return float(_retrieval()["other_problem"]) * np.array(
        [bool(asked) and not asked & set(case.drivers) for case in cases]
    )


def _tip(query: str, cases: Sequence[Case], near: str | None) -> npt.NDArray[np.float64]:
    """What the fields of a case add when the question (or the shop) names its category or its problem."""
    liked = {near, vocabulary.guess_category(query)} - {None}
    asked = set(drivers_in(query))
    category, problem = float(_retrieval()["same_category"]), float(_retrieval()["same_problem"])
    return np.array([category * (case.category in liked) + problem * bool(asked & set(case.drivers)) for case in cases])


def _fits(case: Case, wanted: dict[str, str]) -> bool:
    return all(
        value in case.levers if name == "lever" else getattr(case, name) == value for name, value in wanted.items()
    )


def _why(shared: list[str]) -> Text:
    if not shared:
        return Text("意思相近，没有共同的词", "close in meaning, no shared words")
    return Text(f"共同提到：{'、'.join(shared[:4])}", f"both mention: {', '.join(shared[:4])}")
