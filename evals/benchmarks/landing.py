"""Land months of shops the model never saw, against seasonal-naive (last week repeated) and a run rate; errors and coverage.

`python -m evals.benchmarks.landing [--random 12] [--demo] [--uci FILE]`. Each month is landed on days 1, 8, 15 and 22 from what
was known that morning. An error is a share of the shop's mean month. Exit 1 when the landing is no better than naive, or its 80 %
interval holds less than 70 % or more than 92 % of the outcomes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from tools.errors import DataMissing
from tools.metrics.landing import Landing, daily_gmv, landing
from tools.metrics.reader import Reader
from tools.metrics.spans import each
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import create_demo, random_shop, simulate, write_simulation
from tools.warehouse.writer import MerchantProfile, write_merchant

__all__ = ["Score", "Trial", "main", "score", "trials"]

_ORIGINS = (1, 8, 15, 22)


@dataclass(frozen=True)
class Trial:
    """One landing and what came of it, as shares of the shop's mean month."""

    ours: float
    naive: float
    run_rate: float
    inside: bool
    width: float


@dataclass(frozen=True)
class Score:
    trials: int
    mae: float
    naive: float
    run_rate: float
    coverage: float
    width: float


def trials(shop: Shop, *, warmup: int = 56) -> Iterator[Trial]:
    """Every whole month of the shop after the first eight weeks, landed on four mornings."""
    days = shop.days("orders")
    assert days is not None
    series = {day: value or Decimal(0) for day, value in daily_gmv(Reader(shop), days[1]).items()}
    mean_month = float(sum(series.values())) / len(series) * 30.4
    today = days[0] + timedelta(days=warmup)
    while today <= days[1]:
        month = month_of(today)
        if today.day in _ORIGINS and month.end <= days[1] and month.start >= days[0]:
            try:
                found = landing(shop, month, today)
            except DataMissing:
                today += timedelta(days=1)
                continue
            truth = float(sum(series[day] for day in each(month)))
            yield _trial(series, found, truth, today, mean_month)
        today += timedelta(days=1)


def _trial(series: dict[date, Decimal], found: Landing, truth: float, today: date, scale: float) -> Trial:
    week = [float(series[today - timedelta(days=7 - k % 7)]) for k in range(found.days_left)]
    four_weeks = [float(series[today - timedelta(days=k)]) for k in range(1, 29)]
    done = float(found.actual)
    return Trial(
        ours=abs(float(found.landed) - truth) / scale,
        naive=abs(done + sum(week) - truth) / scale,
        run_rate=abs(done + float(np.mean(four_weeks)) * found.days_left - truth) / scale,
        inside=float(found.low) <= truth <= float(found.high),
        width=float(found.high - found.low) / scale,
    )


def score(found: Sequence[Trial]) -> Score:
    return Score(
        trials=len(found),
        mae=float(np.mean([t.ours for t in found])),
        naive=float(np.mean([t.naive for t in found])),
        run_rate=float(np.mean([t.run_rate for t in found])),
        coverage=float(np.mean([t.inside for t in found])),
        width=float(np.mean([t.width for t in found])),
    )


def uci_shop(folder: Path, file: Path) -> Shop:
    """UCI Online Retail II as orders: sales of an invoice by day, cancellations left out."""
    with write_merchant(folder, MerchantProfile("uci", "uci", platform="other", currency="GBP")) as connection:
        connection.execute(
            "INSERT INTO orders (merchant_id, order_id, paid_date, gross_amount) "
            "SELECT 'uci', Invoice, min(InvoiceDate)::DATE, sum(round(Quantity * Price, 2))::DECIMAL(18,2) FROM read_parquet(?) "
            "WHERE Quantity > 0 AND Price > 0 AND NOT starts_with(Invoice::VARCHAR, 'C') GROUP BY Invoice",
            [str(file)],
        )
    return Warehouse(folder).for_merchant("uci")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=12, help="random simulated shops of 14 months")
    parser.add_argument("--demo", action="store_true", help="the two demo shops too")
    parser.add_argument("--uci", type=Path, help="the parquet file of UCI Online Retail II")
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        groups = {name: list(found) for name, found in _groups(Path(name), asked)}
    good = [_say(name, score(found)) for name, found in groups.items() if found]
    return 0 if good and all(good) else 1


def _groups(folder: Path, asked: argparse.Namespace) -> Iterator[tuple[str, list[Trial]]]:
    pooled: list[Trial] = []
    for seed in range(asked.random):
        simulation = simulate(random_shop(seed, months=14), seed=seed)
        write_simulation(simulation, folder)
        pooled += trials(Warehouse(folder).for_merchant(simulation.profile.merchant_id))
    yield "random shops", pooled
    if asked.demo:
        for profile in create_demo(folder):
            yield profile.merchant_id, list(trials(Warehouse(folder).for_merchant(profile.merchant_id)))
    if asked.uci:
        yield "uci", list(trials(uci_shop(folder, asked.uci)))


def _say(name: str, found: Score) -> bool:
    print(
        f"{name:14s} n {found.trials:4d}  MAE {found.mae:6.2%} of a month  vs seasonal-naive {found.mae / found.naive:5.2f}x"
        f"  vs run rate {found.mae / found.run_rate:5.2f}x  80 % interval holds {found.coverage:5.1%}, width {found.width:5.1%}"
    )
    return found.mae < found.naive and (found.trials < 60 or 0.70 <= found.coverage <= 0.92)


if __name__ == "__main__":
    raise SystemExit(main())
