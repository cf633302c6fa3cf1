"""A full health reading of a large shop against the same numbers in pandas and in hand-written DuckDB SQL, in one run.

    python -m evals.benchmarks.health [--buyers 1000000] [--rounds 2] [--json]

Simulated orders (about 10.5 a buyer, two years), made by SQL in a temporary folder. Each side runs in a process of its own, one
after the other, reads its own file, and ends with the same numbers, which must be equal; peak memory is the process's. The reading
does more than the others: it also explains the month, forecasts the next, and looks for opportunities. The hand-written SQL
reads the same rows by buyer and day that the warehouse writes beside the orders, and keeps a buyer's days as bits, as the reading
does (grouping by buyer and month first was slower); making those rows is part of every import and of no side here. pandas gets whole
cents and takes each buyer's key as a number once (factorize), in its own time.
Processor seconds stand beside the clock, since a machine that others use bends the clock.
Targets: pandas / ours >= 10, ours / SQL <= 1.5, peak <= 3 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from evals.benchmarks.health_sides import hand_sql, our_numbers, plain_pandas
from tools.base import ToolContext
from tools.metrics.health import health
from tools.warehouse.access import Warehouse
from tools.warehouse.writer import DUCKDB_CONFIG, MerchantProfile, merchant_file, write_merchant

__all__ = ["compare", "main", "make_orders"]

Found = TypeVar("Found")
_SHOP, _FILE = "bench", "orders.parquet"
_TODAY = date(2026, 11, 1)

_ORDERS = """
INSERT INTO orders (merchant_id, order_id, status, created_date, paid_date, buyer_key, gross_amount, refund_amount,
  discount_amount, item_quantity, channel, province, is_service)
WITH b AS (SELECT range AS id, md5(range::VARCHAR) AS buyer_key, (hash(range) % 700)::INT AS first_back,
    1 + (-ln((hash(range + 7) % 1000000 + 1) / 1000001.0) * 9.5)::INT AS n FROM range($buyers)),
o AS (SELECT id * 1000 + k AS oid, buyer_key,
    CASE WHEN k = 0 THEN first_back ELSE (hash(id * 1000 + k) % (first_back + 1))::INT END AS back
  FROM b, LATERAL (SELECT unnest(range(n)) AS k))
SELECT 'bench', 'B' || oid, 'paid', DATE '2026-10-31' - back, DATE '2026-10-31' - back, buyer_key,
  (2000 + hash(oid + 1) % 30000) / 100.0, CASE WHEN hash(oid + 2) % 12 = 0 THEN 20 ELSE 0 END,
  (hash(oid + 3) % 1500) / 100.0, 1, ['shelf', 'live', 'short_video', 'kol'][1 + (hash(oid + 4) % 4)::INT],
  'P' || (hash(oid + 5) % 31), hash(oid + 6) % 200 = 0
FROM o ORDER BY back DESC, oid
"""
_FOR_PANDAS = """
COPY (SELECT buyer_key, paid_date, created_date, (gross_amount * 100)::BIGINT AS gross, (refund_amount * 100)::BIGINT AS refund,
  (discount_amount * 100)::BIGINT AS discount, channel, province, is_service FROM orders) TO '{path}' (FORMAT parquet)
"""


def make_orders(folder: Path, buyers: int) -> int:
    """The shop's file and the same orders as Parquet; money there is whole cents, the kindest form for pandas."""
    with write_merchant(folder, MerchantProfile(_SHOP, _SHOP, simulated=True)) as connection:
        connection.execute(_ORDERS, {"buyers": buyers})
        connection.execute(_FOR_PANDAS.format(path=(folder / _FILE).as_posix()))
        found = connection.execute("SELECT count(*) FROM orders").fetchone()
    return int(found[0]) if found else 0


Cost = tuple[float, float]  # seconds on the clock, seconds of all processors


def _ours(folder: Path) -> tuple[Cost, dict[str, int]]:
    ctx = ToolContext(shop=Warehouse(folder).for_merchant(_SHOP), today=_TODAY)
    seconds, _ = _timed(lambda: health(ctx))
    return seconds, our_numbers(ctx)


def _sql(folder: Path) -> tuple[Cost, dict[str, int]]:
    connection = duckdb.connect(":memory:", config=DUCKDB_CONFIG)
    connection.execute(f"ATTACH '{merchant_file(folder, _SHOP).as_posix()}' AS wh (READ_ONLY)")
    return _timed(lambda: hand_sql(connection))


def _pandas(folder: Path) -> tuple[Cost, dict[str, int]]:
    return _timed(lambda: plain_pandas(folder / _FILE))


def _timed(work: Callable[[], Found]) -> tuple[Cost, Found]:
    clock, processors = time.perf_counter(), time.process_time()
    found = work()
    return (time.perf_counter() - clock, time.process_time() - processors), found


_SIDES = {"ours": _ours, "sql": _sql, "pandas": _pandas}


def _side(name: str, folder: Path) -> dict[str, Any]:
    """One side in a process of its own: seconds, peak memory and numbers."""
    command = [sys.executable, "-m", "evals.benchmarks.health", "--side", name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compare(buyers: int, rounds: int) -> dict[str, float]:
    """Best seconds of each side, the ratios and the peak. Raises AssertionError when a number differs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders = make_orders(folder, buyers)
        runs = {side: [_side(side, folder) for _ in range(1 if side == "pandas" else rounds)] for side in _SIDES}
    numbers = {side: done[0]["numbers"] for side, done in runs.items()}
    for side in ("sql", "pandas"):
        differing = [key for key in numbers["ours"] if numbers["ours"][key] != numbers[side].get(key)]
        assert not differing, f"{side} differs in {differing[:5]}"
    best = {side: min(run["seconds"] for run in done) for side, done in runs.items()}
    return {
        "orders": orders,
        "numbers_equal": len(numbers["ours"]),
        **{f"{side}_s": round(seconds, 2) for side, seconds in best.items()},
        **{f"{side}_cpu_s": round(min(run["cpu"] for run in done), 2) for side, done in runs.items()},
        **{f"{side}_peak_mb": max(run["peak_mb"] for run in done) for side, done in runs.items()},
        "pandas_to_ours": round(best["pandas"] / best["ours"], 1),
        "ours_to_sql": round(best["ours"] / best["sql"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buyers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=_SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.side is None:
        print(json.dumps(compare(args.buyers, args.rounds), indent=None if args.json else 2))
        return
    (seconds, processors), numbers = _SIDES[args.side](args.folder)
    print(json.dumps({"seconds": seconds, "cpu": processors, "peak_mb": _peak_mb(), "numbers": numbers}))


def _peak_mb() -> int:
    """Peak memory of this process. Linux hands ru_maxrss down from the parent through exec, VmHWM starts anew."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


if __name__ == "__main__":
    main()
