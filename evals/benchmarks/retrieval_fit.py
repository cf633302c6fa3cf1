"""Fits the weights of `retrieval:` in seeds/vocabulary.yaml on the dev questions and says what they reach on questions held out.

`order`: a conditional logit over the cases of a question (target: grade 2 counts 1, grade 1 counts 0.4), ridge. `closeness`: a
logistic regression whether a question has a case at all. Its further examples are the questions written for each case, each
asked with itself hidden, and the probes, likewise. Both are cross-validated in ten folds over the dev questions: the floor's
figures below come from an order fitted without the question, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from evals.benchmarks.retrieval import Question, ndcg, open_store, questions
from tools.cases.library import passages_of, probes
from tools.cases.ranking import CLOSENESS, ORDER, Signals, closeness_row, order
from tools.cases.store import CaseStore

__all__ = ["fit"]

Numbers = npt.NDArray[np.float64]

_FOLDS = 10
_RIDGE_ORDER, _RIDGE_CLOSENESS = 0.05, 0.001
_TARGET = {2: 1.0, 1: 0.4}
_OWN, _PROBE, _DEV = 0.02, 0.5, 1.0  # what one example counts; 800 own questions, 180 probes, 107 of dev


class _Set(NamedTuple):
    signals: list[Signals]
    answered: npt.NDArray[np.bool_]
    weights: Numbers


def fit() -> str:
    """The YAML lines to put into seeds/vocabulary.yaml, after the cross-validated figures."""
    store = open_store("labelled")
    ids = [case.id for case in store.cases()]
    asked = questions("dev")
    dev = [store.signals(question.text) for question in asked]
    others = _others(store)
    folds = np.random.default_rng(7).permutation(len(asked)) % _FOLDS
    recalls, ndcgs, odds = [], [], np.zeros(len(asked))
    for fold in range(_FOLDS):
        learn = [position for position in range(len(asked)) if folds[position] != fold]
        weights = _fit_order(dev, asked, learn, ids)
        row, constant = _fit_closeness(dev, asked, learn, others, weights)
        for position in np.flatnonzero(folds == fold):
            scores = order(dev[position], weights)
            odds[position] = closeness_row(dev[position], scores) @ row + constant
            want = asked[position].relevant
            if want:
                got = [ids[n] for n in np.argsort(-scores, kind="stable")[:5]]
                recalls.append(len(set(got) & set(want)) / len(want))
                ndcgs.append(ndcg(got, want))
    none = np.array([not question.relevant for question in asked])
    everything = list(range(len(asked)))
    weights = _fit_order(dev, asked, everything, ids)
    row, constant = _fit_closeness(dev, asked, everything, others, weights)
    return (
        f"held out, {len(asked)} dev questions: recall@5 {np.mean(recalls):.3f}, nDCG@5 {np.mean(ndcgs):.3f}\n"
        f"{_floors(odds, none)}"
        f"  order: {_flow(ORDER, weights)}\n"
        f"  closeness: {_flow((*CLOSENESS, 'constant'), np.append(row, constant))}\n"
    )


def _others(store: CaseStore) -> _Set:
    own = [one for case in store.cases() for one in passages_of(case) if one.asks]
    far = list(probes())
    signals = [store.signals(one.text, without=one.id) for one in (*own, *far)]
    answered = np.array([True] * len(own) + [False] * len(far))
    return _Set(signals, answered, np.where(answered, _OWN, _PROBE))


def _fit_order(dev: Sequence[Signals], asked: Sequence[Question], learn: Sequence[int], ids: Sequence[str]) -> Numbers:
    use = [position for position in learn if asked[position].relevant]
    table = np.stack([dev[position].order for position in use])
    target = np.zeros(table.shape[:2])
    for row, position in enumerate(use):
        for key, grade in asked[position].relevant.items():
            target[row, ids.index(key)] = _TARGET[grade]
    target /= target.sum(axis=1, keepdims=True)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        scores = table @ weights
        scores -= scores.max(axis=1, keepdims=True)
        share = np.exp(scores)
        total = share.sum(axis=1, keepdims=True)
        gradient = np.einsum("qc,qcf->f", share / total - target, table) / len(use)
        value = -((scores - np.log(total)) * target).sum() / len(use)
        return value + _RIDGE_ORDER * float(weights @ weights), gradient + 2 * _RIDGE_ORDER * weights

    return np.asarray(minimize(loss, np.zeros(len(ORDER)), jac=True, method="L-BFGS-B").x)


def _fit_closeness(
    dev: Sequence[Signals], asked: Sequence[Question], learn: Sequence[int], others: _Set, weights: Numbers
) -> tuple[Numbers, float]:
    rows = np.array([closeness_row(one, order(one, weights)) for one in [*(dev[n] for n in learn), *others.signals]])
    answered = np.concatenate([[bool(asked[n].relevant) for n in learn], others.answered]).astype(float)
    counts = np.concatenate([np.full(len(learn), _DEV), others.weights])
    counts /= counts.sum()
    mean, spread = rows[: len(learn)].mean(axis=0), rows[: len(learn)].std(axis=0)
    table = (rows - mean) / spread

    def loss(given: Numbers) -> tuple[float, Numbers]:
        chance = expit(table @ given[:-1] + given[-1])
        error = counts * (chance - answered)
        value = -(counts * np.log(np.where(answered > 0, chance, 1 - chance) + 1e-12)).sum()
        gradient = np.append(table.T @ error + 2 * _RIDGE_CLOSENESS * given[:-1], error.sum())
        return value + _RIDGE_CLOSENESS * float(given[:-1] @ given[:-1]), gradient

    # none may count against a case: a negative weight here only tells long questions from short ones
    bounds = [(0.0, None)] * len(CLOSENESS) + [(None, None)]
    found = minimize(loss, np.zeros(len(CLOSENESS) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    row = np.asarray(found[:-1] / spread)
    return row, float(found[-1] - row @ mean)


def _floors(odds: Numbers, none: npt.NDArray[np.bool_]) -> str:
    lines = []
    for floor in np.arange(-1.5, 2.01, 0.25):
        refused = odds < floor
        right = int((refused & none).sum())
        lines.append(
            f"held out, floor {floor:5.2f}: no-case precision {right / max(1, refused.sum()):.3f}, recall {right / none.sum():.3f}\n"
        )
    return "".join(lines)


def _flow(names: Sequence[str], values: Numbers) -> str:
    return "{" + ", ".join(f"{name}: {value:.2f}" for name, value in zip(names, values, strict=True)) + "}"
