"""What decides whether anything is near, by hand on three cases; and the choice of hits by brand and distance."""

from __future__ import annotations

import numpy as np
import pytest

from tools.cases.lexical import LexicalIndex, LexicalScores
from tools.cases.ranking import CLOSENESS, ORDER, Signals, closeness_row
from tools.cases.store import _first

FIT = np.array([3.0, 2.0, 1.0])


def signals() -> Signals:
    """The first case fits best and has the problem named; the second category, goods and lever; the third nothing."""
    table = np.zeros((3, len(ORDER)))
    table[0, ORDER.index("problem")] = 1
    for name in ("category", "goods", "lever", "platform"):
        table[1, ORDER.index(name)] = 1
    return Signals(
        order=table,
        cosine=np.array([0.5, 0.9, 0.3]),
        probes=np.array([0.7, 0.6, 0.5, 0.1]),
        spread=0.1,
        lexical=LexicalScores(np.array([1.0, 4.0, 2.0]), np.array([0.2, 0.4, 0.9])),
        asked=LexicalScores(np.array([0.0, 7.0, 3.0]), np.array([0.0, 0.5, 0.8])),
    )


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, [2.0, 3.0, 0.9, 0.8, np.log(5), np.log(8), 3.0, 1.0]),
        ([False, True, False], [2.0, 3.0, 0.4, 0.5, np.log(5), np.log(8), 2.0, 3.0]),
        ([False, False, True], [-4.0, -3.0, 0.9, 0.8, np.log(3), np.log(4), 1.0, 0.0]),
    ],
)
def test_nearness_is_that_of_the_cases_a_filter_lets_through(allowed: list[bool] | None, expected: list[float]) -> None:
    row = closeness_row(signals(), FIT, None if allowed is None else np.array(allowed))
    assert len(row) == len(CLOSENESS)
    assert row == pytest.approx(expected)


@pytest.mark.parametrize(
    ("allowed", "k", "behind", "expected"),
    [
        ([True] * 4, 5, 9.0, [0, 2, 3]),  # one a brand
        ([True] * 4, 2, 9.0, [0, 2]),
        ([True] * 4, 5, 1.5, [0]),
        ([False, True, True, True], 5, 0.5, [1, 2]),  # measured from the best that is allowed
        ([False, False, False, True], 5, 0.5, [3]),
    ],
)
def test_hits_are_one_a_brand_and_none_far_behind_the_best_allowed(
    allowed: list[bool], k: int, behind: float, expected: list[int]
) -> None:
    fit = np.array([4.0, 2.0, 1.8, 1.0])
    assert _first(fit, np.array(allowed), ["a", "a", "b", "c"], k, behind) == expected


def test_a_question_of_light_words_alone_is_covered_by_what_has_them() -> None:
    found = LexicalIndex(["但是很多", "会员复购"]).score("但是很多").coverage
    assert found[0] == 1 and found[1] == 0
