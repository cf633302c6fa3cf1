"""CaseStore: the one way to the case base. Hybrid search with filters, one hit per brand, and an honest "no close case"."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tools.cases import vocabulary
from tools.cases.chroma_home import ChromaHome
from tools.cases.index import CaseIndex
from tools.cases.library import Passage, load_cases, passages_of, probes
from tools.cases.ranking import SignalReader, Signals, closeness, order
from tools.cases.schema import Case
from tools.embeddings import Embedder
from tools.errors import NotFound
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["CaseHit", "CaseStore"]

_PASSAGES_PER_CASE = 2
_MAX_QUERY = 2000


@dataclass(frozen=True)
class CaseHit:
    """One case close enough to the question. `score` orders the hits of one question; the floor is in seeds/vocabulary.yaml."""

    case: Case
    score: float
    cosine: float
    coverage: float
    passages: tuple[Passage, ...]  # best first, at most two
    why: Text

    @property
    def passage(self) -> Passage:
        return self.passages[0]


class _Parts(NamedTuple):
    cases: tuple[Case, ...]
    passages: tuple[tuple[Passage, ...], ...]
    reader: SignalReader
    vectors: CaseIndex


class CaseStore:
    """`folder`: Chroma's folder in the workspace; `server`: the address of a Chroma server to use instead.

    Nothing is opened or embedded before the first search.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, *, cases: Sequence[Case] | None = None, server: str | None = None
    ) -> None:
        self._embedder = embedder
        self._given = cases
        self._home = ChromaHome(folder, server)
        self._lock = threading.Lock()
        self._parts: _Parts | None = None

    def cases(self) -> tuple[Case, ...]:
        return self._loaded().cases

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
        cases, passages, reader, index = self._loaded()
        by_passage = index.cosines(self._embedder.embed_queries([query])[0])
        signals = reader.read(query, by_passage, near)
        fit = order(signals)
        allowed = np.array([_fits(case, wanted) for case in cases])
        settings = load_yaml("vocabulary.yaml")["retrieval"]
        if not allowed.any() or closeness(signals, fit, allowed) < settings["floor_filtered" if wanted else "floor"]:
            return []
        return [
            self._hit(int(position), query, cases, passages, reader, signals, fit, by_passage)
            for position in _first(fit, allowed, [case.brand_key for case in cases], k, settings["behind_best"])
        ]

    def _hit(
        self,
        position: int,
        query: str,
        cases: Any,
        passages: Any,
        reader: Any,
        signals: Signals,
        fit: Any,
        by_passage: Any,
    ) -> CaseHit:
        nearest = sorted(passages[position], key=lambda one: -by_passage[one.id])
        return CaseHit(
            case=cases[position],
            score=round(float(fit[position]), 3),
            cosine=round(by_passage[nearest[0].id], 4),
            coverage=round(float(signals.lexical.coverage[position]), 3),
            passages=tuple(nearest[:_PASSAGES_PER_CASE]),
            why=_why(reader.body.shared(query, position)),
        )

    def signals(self, query: str, without: str | None = None) -> Signals:
        """What the ranking sees of a question, for fits and measurements. `without` hides one passage."""
        _, _, reader, index = self._loaded()
        return reader.read(query, index.cosines(self._embedder.embed_queries([query])[0]), without=without)

    def _loaded(self) -> _Parts:
        with self._lock:
            if self._parts is None:
                cases = tuple(self._given) if self._given is not None else load_cases()
                passages = tuple(passages_of(case) for case in cases)
                known = probes()
                index = CaseIndex(self._home, self._embedder, [*(one for group in passages for one in group), *known])
                self._parts = _Parts(cases, passages, SignalReader(cases, passages, known), index)
            return self._parts


def _first(fit: Any, allowed: Any, brands: Sequence[str], k: int, behind: float) -> list[int]:
    """Positions of the best allowed cases, one per brand, none far behind the best."""
    best, seen = float(fit[allowed].max()), set[str]()
    found: list[int] = []
    for position in np.argsort(-fit, kind="stable"):
        if len(found) == k or fit[position] < best - behind:
            break
        if brands[position] not in seen and allowed[position]:
            seen.add(brands[position])
            found.append(int(position))
    return found


def _fits(case: Case, wanted: dict[str, str]) -> bool:
    return all(
        value in case.levers if name == "lever" else getattr(case, name) == value for name, value in wanted.items()
    )


def _why(shared: list[str]) -> Text:
    if not shared:
        return Text("意思相近，没有共同的词", "close in meaning, no shared words")
    return Text(f"共同提到：{'、'.join(shared[:4])}", f"both mention: {', '.join(shared[:4])}")
