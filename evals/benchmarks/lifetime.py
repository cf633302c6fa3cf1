"""Fit BG/NBD to a million customers, ours against the unmaintained package `lifetimes`, which is never a dependency.

`python -m evals.benchmarks.lifetime --peer PYTHON [--customers 1000000]`, where PYTHON is an interpreter of a scratch
environment in which `pip install lifetimes` was run. Without --peer only our side runs. Both fit the same days in one run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import betaln, gammaln

from tools.metrics.lifetime import BgNbd, History, fit_bgnbd
from tools.metrics.likelihood import Floats
from tools.metrics.spend import fit_gamma_gamma

__all__ = ["customers_of", "main", "our_side"]

TRUTH = BgNbd(r=0.45, alpha=60.0, a=0.8, b=2.5)  # in days
_YEAR = 365

_PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
from lifetimes import BetaGeoFitter
data = np.load(sys.argv[1])
started = time.perf_counter()
model = BetaGeoFitter().fit(data["x"], data["t_x"], data["age"])
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "params": [float(model.params_[n]) for n in ("r", "alpha", "a", "b")]}))
"""


def customers_of(size: int, *, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """x, t_x, T in whole days of customers who first bought on a day of the past year and lived as the model says."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, _YEAR + 1, size).astype(np.float64)
    rate, dropout = rng.gamma(TRUTH.r, 1 / TRUTH.alpha, size), rng.beta(TRUTH.a, TRUTH.b, size)
    x, last, clock = np.zeros(size), np.zeros(size), np.zeros(size)
    alive = np.flatnonzero(age > 0)
    while alive.size:
        clock[alive] += np.maximum(np.ceil(rng.exponential(1 / np.maximum(rate[alive], 1e-12))), 1)
        alive = alive[clock[alive] <= age[alive]]
        x[alive] += 1
        last[alive] = clock[alive]
        alive = alive[rng.random(alive.size) >= dropout[alive]]
    return x, last, age


def our_side(x: Floats, last: Floats, age: Floats) -> dict[str, Any]:
    """Merge and fit, both timed; the spend model on as many returning customers beside it."""
    started = time.perf_counter()
    history = History.of(x, last, age)
    merged = time.perf_counter()
    model = fit_bgnbd(history)
    done = time.perf_counter()
    back = x[x > 0]
    spend = np.random.default_rng(2).gamma(6.0 * back, 20.0 / (6.0 * back))
    fit_gamma_gamma(back, np.round(spend, 2) + 0.01)
    return {
        "seconds": done - started,
        "merge_seconds": merged - started,
        "entries": int(history.repeats.size),
        "params": [model.r, model.alpha, model.a, model.b],
        "spend_seconds": time.perf_counter() - done,
    }


def peer_side(python: str, x: Floats, last: Floats, age: Floats) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "customers.npz"
        np.savez(data, x=x, t_x=last, age=age)
        done = subprocess.run([python, "-c", _PEER, str(data)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the other side failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def log_likelihood(params: Sequence[float], history: History) -> float:
    """Of any parameters on our histories, by the formulas of the paper, so that two optima are compared on one scale."""
    r, alpha, a, b = params
    model = BgNbd(r, alpha, a, b)
    x, last, age, n = history.repeats, history.last, history.age, history.count
    start = gammaln(model.r + x) - gammaln(model.r) + model.r * np.log(model.alpha)
    stay = betaln(model.a, model.b + x) - (model.r + x) * np.log(model.alpha + age)
    gone = betaln(model.a + 1, model.b + np.maximum(x, 1) - 1) - (model.r + x) * np.log(model.alpha + last)
    total = np.logaddexp(stay, np.where(x > 0, gone, -np.inf)) - betaln(model.a, model.b)
    return float((n * (start + total)).sum())


def main(argv: list[str] | None = None) -> int:
    """Print both sides and the ratio; exit 1 when ours is under ten times as fast or at a worse optimum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--peer", help="an interpreter that has `lifetimes` installed")
    asked = parser.parse_args(argv)
    x, last, age = customers_of(asked.customers)
    ours = our_side(x, last, age)
    print(f"customers {asked.customers:,}, distinct histories {ours['entries']:,}, returned {int((x > 0).sum()):,}")
    print(f"ours      {ours['seconds']:8.2f} s (merging {ours['merge_seconds']:.2f} s)  {_shown(ours['params'])}")
    print(f"spend     {ours['spend_seconds']:8.2f} s for Gamma-Gamma on the returned")
    if not asked.peer:
        return 0
    peer = peer_side(asked.peer, x, last, age)
    history = History.of(x, last, age)
    gain = log_likelihood(ours["params"], history) - log_likelihood(peer["params"], history)
    ratio = peer["seconds"] / ours["seconds"]
    print(f"lifetimes {peer['seconds']:8.2f} s  {_shown(peer['params'])}")
    print(f"ratio     {ratio:8.1f} x; log-likelihood of ours is higher by {gain:.4f}")
    return 0 if ratio >= 10 and gain > -0.01 else 1


def _shown(params: list[float]) -> str:
    return "r {:.4f}  alpha {:.3f}  a {:.4f}  b {:.4f}".format(*params)


if __name__ == "__main__":
    raise SystemExit(main())
