"""The swap plan against simulated t tests and the balanced block design it claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.tools.livestream.host_rooms import given, row, session
from tools.livestream.hosts_compare import Luck
from tools.livestream.hosts_swap import detectable, streams_needed, swap_plan


@pytest.mark.parametrize(("variance", "difference"), [(0.1, 0.3), (0.3, 0.3), (0.2, 0.18)])
def test_the_planned_number_has_the_power_it_claims(variance: float, difference: float) -> None:
    n = streams_needed(variance, difference, 0.8)
    rng = np.random.default_rng(4)
    drawn = rng.normal(difference, math.sqrt(variance), (6000, n))
    power = float((stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05).mean())
    assert 0.77 <= power <= 0.86  # even numbers round up
    assert detectable(variance, n, 0.8) <= difference < detectable(variance, n - 2, 0.8)


@pytest.mark.parametrize("hosts", [2, 3, 4])
def test_all_pairs_in_turn_have_the_variance_of_balanced_blocks_of_two(hosts: int) -> None:
    """4σ²/(rH) is what least squares gives with stream effects and r streams a pair."""
    r, columns = 3, []
    pairs = [(a, b) for a in range(hosts) for b in range(a + 1, hosts) for _ in range(r)]
    for stream, pair in enumerate(pairs):
        for host in pair:
            line = np.zeros(hosts + len(pairs))
            line[host], line[hosts + stream] = 1, 1
            columns.append(line)
    inverse = np.linalg.pinv(np.array(columns).T @ np.array(columns))
    contrast = np.zeros(hosts + len(pairs))
    contrast[0], contrast[1] = 1, -1
    assert contrast @ inverse @ contrast == pytest.approx(4 / (r * hosts))


def test_the_plan_splits_long_streams_and_alternates_short_ones() -> None:
    rows = [row("甲", n, name=f"s{n}") for n in range(30)]
    luck = Luck(0.05, 0.02, 0.1)
    long = swap_plan(given(rows, [session(f"s{n}", n) for n in range(30)]), ["甲", "乙", "丙"], luck)
    short = swap_plan(given(rows, [session(f"s{n}", n, minutes=60) for n in range(30)]), ["甲", "乙", "丙"], luck)
    assert long and short and long.split and not short.split
    assert len(long.turns) == 3 and sum(t.streams for t in long.turns) == long.streams
    assert long.shifts_each >= 8 and long.weeks is not None and long.weeks <= 8 and not long.assumed
    assert all(turn.streams % 2 == 0 for turn in long.turns)
    assert long.detectable < short.detectable  # a shared stream takes its luck out
    assert swap_plan(given(rows), ["甲"], luck) is None


def test_without_the_rooms_own_luck_the_plan_says_that_it_assumes() -> None:
    plan = swap_plan(given([row("甲", 0)], [session("s0", 0)]), ["甲", "乙"], None)
    assert plan is not None and plan.assumed and plan.weeks is None and plan.shifts_each == 8
