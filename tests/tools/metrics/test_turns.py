"""The day a rate shifts: found where one was planted, silent where days only scatter."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tools.metrics.turns import CONVERSION, _break, level_shift

SURE = CONVERSION.sure

_FIRST = date(2026, 9, 1)
_DAYS = [_FIRST + timedelta(days=k) for k in range(61)]


def _series(seed: int, shift: float, *, spread: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Daily buyers of a product and what the rest of the shop leads to expect; from day 35 on the rate is `shift` times as high."""
    rng = np.random.default_rng(seed)
    expected = rng.uniform(15, 25, len(_DAYS))
    level = np.where(np.arange(len(_DAYS)) >= 35, shift, 1.0) * np.exp(rng.normal(0, spread, len(_DAYS)))
    return rng.poisson(expected * level).astype(float), expected


@pytest.mark.parametrize("shift", [0.6, 1.6])
def test_a_shift_is_dated_and_signed(shift: float) -> None:
    turn = _break(*_series(1, shift), _DAYS, _DAYS[20])
    assert turn is not None
    assert abs(turn.z) > SURE and (turn.z < 0) == (shift < 1)
    assert abs((turn.day - _DAYS[35]).days) <= 2


def test_days_that_only_scatter_hardly_ever_make_a_turn() -> None:
    turns = [_break(*_series(seed, 1.0, spread=0.1), _DAYS, _DAYS[16]) for seed in range(300)]
    # ten products are looked at in a shop: more than one in a hundred would be a false finding in every tenth shop
    assert sum(turn is not None and abs(turn.z) >= SURE for turn in turns) <= 3


def test_a_shift_long_before_the_window_is_not_its_turn() -> None:
    seen, expected = _series(1, 0.5)
    turn = _break(seen, expected, _DAYS, _DAYS[50])
    assert turn is None or turn.day >= _DAYS[50]


def test_a_handful_of_events_says_nothing() -> None:
    seen, expected = _series(1, 0.5)
    assert _break(seen / 50, expected / 50, _DAYS, _DAYS[16]) is None


def test_a_step_on_a_known_day() -> None:
    rng = np.random.default_rng(2)
    flat = 60 * np.exp(rng.normal(0, 0.05, 60))
    stepped = flat * np.where(np.arange(60) >= 35, 0.93, 1.0)
    stepped[10] = 600  # one wild day moves a mean, not a median
    quiet, step = level_shift(list(flat), 35), level_shift(list(stepped), 35)
    assert quiet is not None and abs(quiet) < 2.5
    assert step is not None and step < -3
    assert level_shift(list(flat), 3) is None
