"""The mixed model against statsmodels, classical t tests and hand-made counts."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from tools.livestream.hosts_mixed import NotFitted, fit_linear, fit_rates


def sessions(rng: np.random.Generator, n: int = 30, shifts: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Uneven sessions of one to three shifts, two hosts and a condition."""
    group, rows, values = [], [], []
    for s in range(n):
        luck = rng.normal(0, 0.5)
        for _ in range(int(rng.integers(1, shifts + 1))):
            host, x = float(rng.random() < 0.5), float(rng.normal())
            group.append(s)
            rows.append([1 - host, host, x])
            values.append(0.3 * host + 0.2 * x + luck + rng.normal(0, 0.4))
    return np.array(values), np.array(rows), np.array(group)


def test_without_known_noise_estimates_are_those_of_statsmodels() -> None:
    import statsmodels.api as sm

    for seed in range(3):
        z, x, group = sessions(np.random.default_rng(seed))
        ours = fit_linear(z, x, group)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = sm.MixedLM(z, x, groups=group).fit(
                reml=True, method="bfgs", maxiter=500
            )  # lbfgs may report success at a wrong place
        assert np.allclose(ours.beta, theirs.fe_params, atol=1e-5)
        assert ours.between == pytest.approx(float(np.asarray(theirs.cov_re)[0, 0]), rel=1e-4)
        assert ours.within == pytest.approx(float(theirs.scale), rel=1e-4)
        same = (group[:, None] == group[None, :]).astype(float)
        v = float(np.asarray(theirs.cov_re)[0, 0]) * same + float(theirs.scale) * np.eye(z.size)
        assert np.allclose(ours.plain, np.linalg.inv(x.T @ np.linalg.solve(v, x)), rtol=1e-3)


def test_two_hosts_in_every_session_give_the_paired_t_interval() -> None:
    rng = np.random.default_rng(5)
    n = 9
    luck = rng.normal(0, 1, n)
    a, b = luck + rng.normal(0.4, 0.3, n), luck + rng.normal(0, 0.3, n)
    z = np.concatenate([a, b])
    x = np.repeat(np.eye(2), n, axis=0)
    found = fit_linear(z, x, np.tile(np.arange(n), 2)).interval([1, -1])
    theirs = stats.ttest_rel(a, b).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-5)
    assert found.df == pytest.approx(n - 1, rel=1e-6)


def test_whole_sessions_of_one_host_give_the_t_interval_of_session_means() -> None:
    rng = np.random.default_rng(8)
    means, rows, group = [], [], []
    z: list[float] = []
    for s in range(14):
        host, luck = s % 2, rng.normal(0, 1)
        own = [host * 0.5 + luck + rng.normal(0, 0.3) for _ in range(3)]
        z += own
        rows += [[1 - host, host]] * 3
        group += [s] * 3
        means.append((host, float(np.mean(own))))
    found = fit_linear(z, rows, group).interval([-1, 1])
    theirs = stats.ttest_ind([m for h, m in means if h], [m for h, m in means if not h]).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-4)
    assert found.df == pytest.approx(12, rel=1e-3)


def test_counts_without_extra_luck_give_the_ratio_of_rates_and_take_zeros() -> None:
    rng = np.random.default_rng(1)
    n = 400
    host = np.arange(n) % 2
    exposure = rng.uniform(50, 150, n)
    orders = rng.poisson(exposure * np.where(host, 0.02, 0.01))
    assert (orders == 0).sum() > 50
    found = fit_rates(orders, exposure, np.column_stack([1 - host, host]), np.arange(n), 1.0)
    sums = [(orders[host == k].sum(), exposure[host == k].sum()) for k in (0, 1)]
    plain = math.log(sums[1][0] / sums[1][1] / (sums[0][0] / sums[0][1]))
    interval = found.interval([-1, 1])
    assert interval.mean == pytest.approx(plain, abs=0.03)
    poisson = math.sqrt(1 / sums[0][0] + 1 / sums[1][0])
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * poisson, rel=0.15)


def test_what_cannot_be_fitted_says_so() -> None:
    x = np.ones((20, 1))
    with pytest.raises(NotFitted):
        fit_rates(np.zeros(20), np.ones(20), x, np.arange(20), 1.0)
    with pytest.raises(NotFitted):
        fit_rates([1, 2], [1, 1], [[1], [1]], [0, 1], 1.0)
    with pytest.raises(NotFitted):
        fit_rates(np.ones(20), np.zeros(20), x, np.arange(20), 1.0)
    with pytest.raises(NotFitted):
        fit_linear(np.arange(20.0), np.ones((20, 2)), np.arange(20))  # the same column twice
