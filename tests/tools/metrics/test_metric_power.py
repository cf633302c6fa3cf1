"""Power of a hold-out against a textbook value worked by hand, and against counting simulated experiments."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from tools.metrics.power import detectable_difference, hold_out, power_of, sample_per_group


def test_sample_size_of_the_textbook() -> None:
    # Fleiss: p1 = 0.15, p2 = 0.10, two-sided 5 %, power 80 %:
    # n = (1.959964*sqrt(2*0.125*0.875) + 0.841621*sqrt(0.15*0.85 + 0.10*0.90))^2 / 0.05^2 = 685.6 -> 686
    by_hand = (1.959964 * math.sqrt(2 * 0.125 * 0.875) + 0.841621 * math.sqrt(0.15 * 0.85 + 0.1 * 0.9)) ** 2 / 0.0025
    assert math.ceil(by_hand) == 686
    assert sample_per_group(0.10, 0.05) == 686
    assert power_of(0.10, 0.05, 686, 686) == pytest.approx(0.80, abs=0.001)
    assert detectable_difference(0.10, 686, 686) == pytest.approx(0.05, abs=1e-4)


def test_power_counts_what_a_thousand_experiments_would_show() -> None:
    rng = np.random.default_rng(7)
    n1, n2, base, difference, runs = 2000, 800, 0.08, 0.035, 4000
    a, b = rng.binomial(n1, base + difference, runs) / n1, rng.binomial(n2, base, runs) / n2
    pooled = (a * n1 + b * n2) / (n1 + n2)
    z = (a - b) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    seen = float((np.abs(z) > 1.959964).mean())
    assert power_of(base, difference, n1, n2) == pytest.approx(seen, abs=0.03)


def test_more_people_show_smaller_differences() -> None:
    found = [detectable_difference(0.06, n, n) for n in (200, 500, 2000, 10000)]
    assert all(value is not None for value in found)
    assert found == sorted((value for value in found if value is not None), reverse=True)


def test_no_more_is_left_out_than_the_answer_costs() -> None:
    small_gap, wide_gap = (hold_out(8420, Decimal("0.062"), Decimal(gap)) for gap in ("0.02", "0.06"))
    assert small_gap is not None and wide_gap is not None
    assert small_gap.enough and wide_gap.enough
    assert wide_gap.share <= small_gap.share
    assert small_gap.treated + small_gap.held_out == 8420
    assert small_gap.detectable <= Decimal("0.02")


def test_a_small_audience_gets_the_most_telling_split_or_none() -> None:
    few = hold_out(200, Decimal("0.1"), Decimal("0.02"))
    assert few is not None and not few.enough and few.share == Decimal("0.5")
    assert hold_out(40, Decimal("0.1"), Decimal("0.5")) is None
    assert hold_out(0, Decimal("0.1"), None) is None


def test_impossible_rates_have_no_detectable_difference() -> None:
    assert detectable_difference(0.999, 100, 100) is None
