"""Wilson, Kaplan-Meier, swing and turning point against hand-computed values and scipy."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from tools.metrics.gaps import gaps_in
from tools.metrics.stats import change_surprise, kaplan_meier, swing_of, turning_point, wilson

D = Decimal


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (17, 17), (50, 1000), (1, 2)])
def test_wilson_equals_scipy(hits: int, n: int) -> None:
    got = wilson(D(hits), D(n))
    want = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert got is not None
    assert float(got.low) == pytest.approx(want.low, abs=1e-12)
    assert float(got.high) == pytest.approx(want.high, abs=1e-12)


def test_wilson_refuses_what_is_no_share() -> None:
    assert wilson(D(5), D(0)) is None
    assert wilson(D(6), D(5)) is None


def test_kaplan_meier_against_scipy_and_plain_share() -> None:
    rng = np.random.default_rng(3)
    times = rng.integers(1, 120, 300)
    follow = rng.integers(20, 120, 300)
    seen, happened = np.minimum(times, follow), times <= follow
    events = {int(t): int(((seen == t) & happened).sum()) for t in set(seen[happened])}
    censored = {int(t): int(((seen == t) & ~happened).sum()) for t in set(seen[~happened])}
    data = stats.CensoredData(uncensored=seen[happened], right=seen[~happened])
    want = stats.ecdf(data).cdf.evaluate([90])[0]
    got = kaplan_meier(events, censored, 90)
    assert got is not None
    assert float(got) == pytest.approx(want, abs=1e-12)
    assert kaplan_meier({5: 2, 40: 1}, {90: 7}, 90) == D("0.3")  # nobody leaves early: the plain share


def test_kaplan_meier_says_when_it_cannot_be_told() -> None:
    assert kaplan_meier({5: 2}, {30: 8}, 90) is None
    assert (
        kaplan_meier({11: 3}, {3: 4, 9: 4}, 90) is None
    )  # the last three came back, eight had left: not everybody returns
    assert kaplan_meier({5: 2, 11: 1}, {}, 90) == 1


def test_swing_ignores_a_few_wild_months() -> None:
    calm = [D(x) for x in (100, 103, 99, 101, 98, 102, 100, 103, 101)]
    wild = [*calm[:4], D(400), *calm[4:]]
    band, wide = swing_of(calm), swing_of(wild)
    assert band is not None and wide is not None
    assert band.holds(D("0.03")) and not band.holds(D("-0.2"))
    assert wide.high < D("0.25")
    assert swing_of(calm[:6]) is None


def test_surprise_is_large_only_for_the_odd_one() -> None:
    usual = [D(x) for x in (100, 103, 99, 101, 98, 102, 100, 103)]
    assert abs(change_surprise([D(101), *usual]) or 0) < 2
    assert (change_surprise([D(70), *usual]) or 0) < -5
    assert change_surprise(usual[:5]) is None


def test_turning_point_finds_the_planted_day() -> None:
    rng = np.random.default_rng(1)
    series = [*rng.normal(10, 1, 30), *rng.normal(6, 1, 25)]
    assert turning_point(series) in (29, 30, 31)
    assert turning_point(list(rng.normal(10, 1, 60))) is None
    assert turning_point([1.0] * 20) is None


def _series(counts: list[int], start: date = date(2024, 1, 1)) -> dict[date, int]:
    return {start + timedelta(days=i): n for i, n in enumerate(counts) if n}


def test_gap_is_found_and_dated() -> None:
    counts = [50] * 40
    counts[20:25] = [0, 1, 0, 48, 0]
    gap = gaps_in(_series(counts))[0]
    assert (gap.window.start, gap.window.end, gap.low_days, gap.orders) == (date(2024, 1, 21), date(2024, 1, 25), 4, 1)


def test_closed_weekdays_are_no_gap() -> None:
    assert gaps_in(_series([0 if i % 7 == 5 else 40 for i in range(120)])) == []


@pytest.mark.parametrize("rate", [0.3, 2, 8, 40])
def test_quiet_days_of_ordinary_shops_are_no_gap(rate: float) -> None:
    rng = np.random.default_rng(7)
    found = [gaps_in(_series([int(x) for x in rng.poisson(rate, 500)])) for _ in range(10)]
    assert sum(len(gaps) for gaps in found) == 0


def test_a_long_silence_of_a_small_shop_is_a_gap() -> None:
    rng = np.random.default_rng(2)
    counts = [int(x) for x in rng.poisson(1.5, 300)]
    counts[100:120] = [0] * 20
    gaps = gaps_in(_series(counts))
    assert len(gaps) == 1
    assert gaps[0].window.start <= date(2024, 4, 10) and gaps[0].window.end >= date(2024, 4, 29)
