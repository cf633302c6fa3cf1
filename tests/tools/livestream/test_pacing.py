"""The stop line: exact odds against a simulation of single orders, its stated error, and the rule for raising."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import gamma

from tools.livestream.ads_rule_facts import BAD, FALSE_STOPS, GOOD, HORIZON
from tools.livestream.ads_rules import stop_rule
from tools.livestream.pacing import StopRule, marginal_rule, odds_of_stopping, simulate_stopping


def by_orders(ratio: float, horizon: float, runs: int, rule: StopRule, seed: int) -> tuple[float, list[float]]:
    """Share stopped and where, order by order: exponential gaps between orders, the boundary looked up in scipy's Gamma distribution."""
    rng = np.random.default_rng(seed)
    boundary = [
        max(gamma.ppf(rule.sure, rule.prior + n) - rule.prior, rule.least) for n in range(int(horizon * 3 + 50))
    ]
    places = []
    for _ in range(runs):
        at, n = 0.0, 0
        while True:
            following = at + rng.exponential(1 / ratio)
            if boundary[n] <= min(following, horizon):  # the spend reaches the line before the next order comes
                places.append(boundary[n])
                break
            if following >= horizon:
                break
            at, n = following, n + 1
    return len(places) / runs, places


@pytest.mark.parametrize("ratio", [0.4, 0.6, 1.0, 1.3, 2.0])
def test_exact_odds_agree_with_orders_drawn_one_by_one(ratio: float) -> None:
    rule, runs = StopRule(), 4000
    exact = odds_of_stopping(ratio, HORIZON, rule)
    share, places = by_orders(ratio, HORIZON, runs, rule, seed=11)
    error = math.sqrt(max(exact.stopped * (1 - exact.stopped), 1e-3) / runs)
    assert abs(exact.stopped - share) < 4 * error
    if exact.stopped > 0.5:
        assert exact.half_at == pytest.approx(
            float(np.median(places)), abs=1.4
        )  # the lines of neighbouring counts are 1.3 apart


def test_a_good_plan_is_stopped_by_mistake_no_more_often_than_stated() -> None:
    assert odds_of_stopping(GOOD, HORIZON, stop_rule()).stopped <= FALSE_STOPS
    assert simulate_stopping(GOOD, HORIZON, runs=4000, looks=240, rule=stop_rule()) <= FALSE_STOPS
    assert (
        odds_of_stopping(GOOD, 4 * HORIZON, stop_rule()).stopped <= FALSE_STOPS + 0.002
    )  # spending on adds hardly any


def test_a_bad_plan_is_stopped_soon() -> None:
    found = odds_of_stopping(BAD, HORIZON, stop_rule())
    assert found.stopped > 0.99 and found.half_at is not None and found.half_at < 5
    assert odds_of_stopping(BAD, 15.0, stop_rule()).stopped > 0.85


def test_fewer_looks_stop_less() -> None:
    always = odds_of_stopping(1.3, HORIZON).stopped
    often, seldom = (simulate_stopping(1.3, HORIZON, runs=4000, looks=looks) for looks in (240, 10))
    assert seldom < often <= always + 0.02


def test_nothing_is_decided_before_the_least_spend() -> None:
    rule = StopRule()
    assert not rule.stops(0, 2.99) and rule.stops(0, 3.0)
    for n in range(12):
        at = rule.boundary(n)
        assert not rule.stops(n, at - 1e-6) and rule.stops(n, at + 1e-6)
        assert not rule.stops(n + 1, at)
    assert rule.losing(20, 10) < 0.01 and rule.losing(10, 20) > 0.95


@pytest.mark.parametrize(
    ("windows", "margin", "want"),
    [
        ([(100, 300), (120, 360), (140, 420)], 0.4, "raise"),  # each 20 more brought 60, worth 24
        ([(100, 300), (120, 360)], 0.4, "hold"),  # one step up is not two
        ([(100, 300), (120, 360), (140, 400)], 0.4, "back"),  # the last 20 brought 40, worth 16
        ([(100, 300), (120, 340), (140, 400)], 0.4, "hold"),  # the step before did not pay
        ([(100, 300), (100, 330), (120, 400)], 0.4, "hold"),  # only one of them went up
        ([(100, 300), (80, 290)], 0.4, "hold"),
        ([(100, 300)], 0.4, "hold"),
        ([], 0.4, "hold"),
        ([(100, 300), (120, 350), (140, 400)], 0.4, "raise"),  # exactly paid for counts
    ],
)
def test_the_next_step_needs_two_that_paid(windows: list[tuple[float, float]], margin: float, want: str) -> None:
    assert marginal_rule(windows, margin) == want
