"""Paid traffic measured: intervals of planted responses, the share of refusals, the stop line's errors, and the public media file.

`python -m evals.benchmarks.live_ads [--plans 150] [--runs 20000] [--seed 7] [--data ../shared/data/mmm/mmm_roas_data.csv]`. Exit 1 when 90 %
intervals hold less than 85 % or more than 97 % of the truths, the stop line errs more often than stated, or the file's order or totals are lost.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from tools.livestream.ads_rule_facts import BAD, FALSE_STOPS, GOOD, HORIZON
from tools.livestream.ads_rules import stop_rule
from tools.livestream.pacing import odds_of_stopping, simulate_stopping
from tools.livestream.saturation import fit_plan
from tools.livestream.saturation_channels import fit_channels, season

__all__ = ["Coverage", "coverage", "main", "media_file"]

USUAL, DAYS = 1000.0, 240


@dataclass
class Coverage:
    """Counts over planted plans: 90 % intervals of sales at usual spend and of the next yuan's sales; refusals by reason."""

    plans: int = 0
    gain: list[bool] = field(default_factory=list)
    marginal: list[bool] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def held(self) -> float:
        both = self.gain + self.marginal
        return sum(both) / len(both) if both else 0.0


def coverage(plans: int, seed: int, *, follows: float = 0.0) -> Coverage:
    """Plans of random saturation, noise and movement. `follows`: how far spend follows demand nobody recorded (it biases the fit)."""
    rng, found = np.random.default_rng(seed), Coverage()
    for number in range(plans):
        fill, moves, value = rng.uniform(0.2, 2.5), rng.uniform(0.05, 0.6), rng.uniform(50, 300)
        hidden = rng.normal(0, 0.2, DAYS) if follows else np.zeros(DAYS)
        spend = USUAL * np.exp(rng.normal(0, moves, DAYS) - moves**2 / 2 + follows * hidden)
        weekday = np.column_stack([(np.arange(DAYS) % 7 == k).astype(float) for k in range(1, 7)])
        effect = weekday @ rng.normal(0, 0.15, 6)
        effect += hidden - effect.mean()
        top = 3000 / -np.expm1(-fill)
        mean = -top * np.expm1(-fill * spend / USUAL) * np.exp(effect)
        sales = np.array([rng.gamma(2, value / 2, n).sum() for n in rng.poisson(mean / value)])
        fit = fit_plan("plan", spend, sales, weekday, seed=number)
        found.plans += 1
        if fit.curve is None:
            found.refused[str(fit.reason)] += 1
            continue
        level = float(np.exp(effect[-28:]).mean())
        truths = (3000 * level, top * fill / USUAL * np.exp(-fill) * level)
        for truth, draws, kept in zip(
            truths, (fit.curve.gain(USUAL), fit.curve.marginal(USUAL)), (found.gain, found.marginal), strict=True
        ):
            low, high = np.quantile(draws, [0.05, 0.95])
            kept.append(bool(low <= truth <= high))
    return found


def media_file(path: Path) -> bool:
    """Print truth and fit per channel; whether totals lie in their 95 % intervals and both orders are found."""
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    column = {name: np.array([float(row[name]) for row in rows]) for name in ("x1", "x2", "z", "y", "y01", "y02")}
    at = np.arange(len(rows)) / len(rows)
    days = [date.fromisoformat(row["date"]).timetuple().tm_yday for row in rows]
    spend = np.column_stack([column["x1"], column["x2"]])
    controls = np.column_stack([at, at**2, season(days), column["z"]])
    fine, told = True, []
    for name, some in (("with z", controls), ("without z", controls[:, :-1])):
        channels = fit_channels(["x1", "x2"], spend, column["y"], some)
        for channel, without in zip(channels, ("y01", "y02"), strict=True):
            truth = float((column["y"] - column[without]).sum())
            low, middle, high = np.quantile(channel.total, [0.025, 0.5, 0.975])
            print(
                f"  {name:9} {channel.curve.name}: total {truth:8.0f}  fitted {middle:8.0f} [{low:.0f}, {high:.0f}]  ROAS {np.median(channel.roas):.1f}"
            )
            if name == "with z":
                fine &= bool(low <= truth <= high)
        told.append(channels)
    first, second = told[0]
    orders = float((second.roas > first.roas).mean()), float((first.total > second.total).mean())
    print(f"  with z: chance that x2 returns more a yuan {orders[0]:.3f}, that x1 brings more in all {orders[1]:.3f}")
    return fine and min(orders) > 0.95


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plans", type=int, default=150)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/mmm/mmm_roas_data.csv"))
    told = parser.parse_args(argv)
    started, fine = time.perf_counter(), True

    found = coverage(told.plans, told.seed)
    print(
        f"responses: {found.plans} plans, refused {dict(found.refused)}; 90 % intervals hold gain {np.mean(found.gain):.3f}, next yuan {np.mean(found.marginal):.3f} ({len(found.gain)} each)"
    )
    fine &= 0.85 <= found.held <= 0.97
    biased = coverage(max(told.plans // 3, 10), told.seed, follows=1.0)
    print(
        f"spend that follows hidden demand: next yuan held {np.mean(biased.marginal):.3f}; the tool calls its curves associations for this reason"
    )

    rule = stop_rule()
    for ratio in (0.4, BAD, 0.8, 1.0, GOOD, 1.5, 2.0):
        odds = odds_of_stopping(ratio, HORIZON, rule)
        often, daily = (
            simulate_stopping(ratio, HORIZON, runs=told.runs, looks=looks, rule=rule) for looks in (600, 30)
        )
        half = "" if odds.half_at is None else f", half of them by {odds.half_at:.1f} break-even orders"
        print(
            f"stop line at {ratio:.1f} × break-even: exact {odds.stopped:.3f}, simulated {often:.3f}, with 30 looks {daily:.3f}{half}"
        )
        fine &= abs(odds.stopped - often) < 0.03
    fine &= odds_of_stopping(GOOD, HORIZON, rule).stopped <= FALSE_STOPS

    if told.data.exists():
        print("public media file:")
        fine &= media_file(told.data)
    else:
        print(f"public media file not here ({told.data}), skipped")
    print(f"{'ok' if fine else 'FAILED'} in {time.perf_counter() - started:.1f} s")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
