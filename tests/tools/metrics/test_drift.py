"""A slow slide in a weekly series: the statistics against other libraries and by hand, and each of the four questions on its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from tools.metrics import drift
from tools.metrics.drift import BLOCK, mann_kendall, slide_of, theil_sen

WEEKS = 78
NOISE = 0.02


def series(
    seed: int, slide: float = 0.0, *, memory: float = 0.5, spread: float = 0.03, weeks: int = WEEKS
) -> list[float | None]:
    """An AR(1) around a level, with a straight slide of `slide` logs in all over the last 13 weeks."""
    rng = np.random.default_rng(seed)
    left, values = 0.0, []
    for _ in range(weeks):
        left = memory * left + rng.normal(0, spread * math.sqrt(1 - memory**2))
        values.append(left)
    ramp = np.maximum(np.arange(weeks) - (weeks - BLOCK - 1), 0) / BLOCK * slide
    return [float(v) for v in np.array(values) + ramp]


def test_theil_sen_is_that_of_scipy() -> None:
    values = [v for v in series(3, -0.5) if v is not None]
    assert theil_sen(values) == pytest.approx(stats.theilslopes(values)[0])
    gaps: list[float | None] = [*values[:5], None, *values[6:]]
    at = [k for k in range(len(values)) if k != 5]
    assert theil_sen(gaps) == pytest.approx(stats.theilslopes([values[k] for k in at], at)[0])
    assert theil_sen([1.0, None]) is None


def test_mann_kendall_by_hand_and_by_counting_pairs() -> None:
    """Thirteen in perfect order: S = 78, Var = 13 x 12 x 31 / 18 = 268.67, z = 77 / 16.39 (Mann 1945, Kendall 1975)."""
    assert mann_kendall([float(k) for k in range(13)]) == pytest.approx(77 / math.sqrt(13 * 12 * 31 / 18))
    values = [v for v in series(5, -0.1)[-BLOCK:] if v is not None]
    s = sum(np.sign(b - a) for a, b in combinations(values, 2))
    assert mann_kendall(values) == pytest.approx((s - np.sign(s)) / math.sqrt(13 * 12 * 31 / 18))
    assert s == pytest.approx(stats.kendalltau(range(BLOCK), values).statistic * 78)
    assert mann_kendall([1.0, 2.0]) == 0.0


def test_memory_widens_what_order_may_come_by_chance() -> None:
    """Over AR(1) noise the plain z is past 2.33 far more often than 1 % a side; with its memory it is not."""
    blocks = [series(seed, memory=0.5)[-BLOCK:] for seed in range(1500)]
    plain = sum(abs(mann_kendall(block)) > 2.33 for block in blocks) / len(blocks)
    widened = sum(abs(mann_kendall(block, 0.5)) > 2.33 for block in blocks) / len(blocks)
    assert plain > 0.06 and widened < 0.03


@pytest.mark.parametrize("total", [-0.7, 0.7])
def test_a_slide_is_found_with_its_size_and_its_beginning(total: float) -> None:
    slides = [slide_of(series(seed, total), NOISE) for seed in range(60)]
    found = [slide for slide in slides if slide is not None]
    assert len(found) >= 58
    # the last four weeks against 8 to 12 weeks before: the middles of a straight line of 13 weeks lie 8.5 weeks apart
    assert np.median([slide.rate for slide in found]) == pytest.approx(math.expm1(total * 8.5 / BLOCK), abs=0.03)
    assert np.median([slide.slope for slide in found]) == pytest.approx(total / BLOCK, rel=0.05)
    assert abs(float(np.median([slide.weeks for slide in found])) - BLOCK) <= 1
    assert all(slide.z * total > 0 for slide in found)


@pytest.mark.parametrize(("memory", "spread", "most"), [(0.0, 0.05, 0), (0.7, 0.04, 0), (0.8, 0.08, 3)])
def test_a_quiet_series_hardly_ever_slides(memory: float, spread: float, most: int) -> None:
    """Some twenty series are read in a shop; one false slide in a thousand series is one in fifty shops. The last wanders wildly."""
    slides = [slide_of(series(seed, memory=memory, spread=spread), NOISE) for seed in range(800)]
    assert sum(slide is not None for slide in slides) <= most


def test_a_long_memory_cannot_hide_a_clear_slide(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a memory of 0.77 believed, thirteen weeks in perfect order would not pass; that of the history is capped."""
    assert mann_kendall([float(-k) for k in range(BLOCK)], 0.77) > -2.33
    slow = [slide_of(series(seed, -0.9, memory=0.9, spread=0.06), NOISE) for seed in range(40)]
    assert sum(slide is not None for slide in slow) >= 36
    monkeypatch.setattr(drift, "_MEMORY", 0.8)
    stiff = [slide_of(series(seed, -0.9, memory=0.9, spread=0.06), NOISE) for seed in range(40)]
    assert sum(slide is not None for slide in stiff) < sum(slide is not None for slide in slow)


def test_a_step_is_no_slide() -> None:
    for seed in range(30):
        values = np.array(series(seed), dtype=float)
        values[-4:] -= 0.5
        assert slide_of(values.tolist(), NOISE) is None


def test_a_season_that_slides_every_year_is_no_news() -> None:
    autumn = -0.6 * np.maximum(np.arange(WEEKS) % 52 - 12, 0) / BLOCK * (np.arange(WEEKS) % 52 <= 25)
    told = [slide_of((np.array(series(seed), dtype=float) + autumn).tolist(), NOISE) for seed in range(30)]
    assert WEEKS % 52 == 26 and all(slide is None for slide in told)
    once = np.where(np.arange(WEEKS) < 52, 0, autumn)
    assert all(slide_of((np.array(series(seed), dtype=float) + once).tolist(), NOISE) for seed in range(30))


def test_a_small_slide_is_let_be() -> None:
    quiet = [slide_of(series(seed, -0.12, spread=0.005), 0.004) for seed in range(20)]
    larger = [slide_of(series(seed, -0.30, spread=0.005), 0.004) for seed in range(20)]
    assert not any(quiet) and all(larger)


def test_a_figure_that_always_wanders_so_is_at_home() -> None:
    """Its blocks slide by half every quarter, up and down in turn: another one is nothing of its own."""
    zigzag = np.interp(np.arange(WEEKS) % 26, [0, 13, 26], [0, -0.5, 0])
    values: Sequence[float] = (zigzag + np.random.default_rng(1).normal(0, 0.01, WEEKS)).tolist()
    turned = values[:-BLOCK]  # ends with a slide down
    assert theil_sen(turned[-BLOCK:]) == pytest.approx(-0.5 / BLOCK, abs=0.01)
    assert slide_of(turned, 0.01) is None


def test_too_few_weeks_say_nothing() -> None:
    values = series(1, -0.8)
    assert slide_of(values[-drift.LEAST_WEEKS + 1 :], NOISE) is None
    assert slide_of(values[-drift.LEAST_WEEKS :], NOISE) is not None  # short: only a large slide
    assert slide_of(series(1, -0.35)[-drift.LEAST_WEEKS :], NOISE) is None
    gaps: list[float | None] = [None if k % 2 else v for k, v in enumerate(values)]
    assert slide_of(gaps, NOISE) is None
