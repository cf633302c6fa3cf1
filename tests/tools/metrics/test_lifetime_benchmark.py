"""The benchmark's own customers are the model's, and its yardstick is the likelihood the fit maximises."""

from __future__ import annotations

import pytest

from evals.benchmarks.lifetime import TRUTH, customers_of, log_likelihood, main, our_side
from tools.metrics.lifetime import History, fit_bgnbd


def test_our_side_recovers_the_truth_and_the_yardstick_agrees() -> None:
    x, last, age = customers_of(30_000)
    ours = our_side(x, last, age)
    history = History.of(x, last, age)
    model = fit_bgnbd(history)
    assert ours["entries"] == history.repeats.size < 30_000
    assert ours["params"] == pytest.approx([model.r, model.alpha, model.a, model.b], rel=1e-6)
    assert log_likelihood(ours["params"], history) == pytest.approx(model.log_likelihood, rel=1e-9)
    assert log_likelihood([TRUTH.r, TRUTH.alpha, TRUTH.a, TRUTH.b], history) < model.log_likelihood
    assert model.expected_from_start(365.0) == pytest.approx(float(TRUTH.expected_from_start(365.0)), rel=0.05)


def test_it_runs_without_the_other_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--customers", "3000"]) == 0
    assert "customers 3,000" in capsys.readouterr().out
