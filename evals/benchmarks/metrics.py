"""Speed of the metric tools, in one run.

    python -m evals.benchmarks.metrics [--rounds 5] [--json]

Wall time of explain_change and shop_snapshot on a demo shop (target < 1 s each), and shop_snapshot against the same figures
in hand-written DuckDB SQL. Whether the why is right is measured by `evals.benchmarks.diagnosis`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tools.base import ToolContext
from tools.metrics.tools import explain_change, shop_snapshot
from tools.metrics.windows import month_of
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import create_demo
from tools.warehouse.writer import DUCKDB_CONFIG, merchant_file

__all__ = ["main", "speed"]

_SHOP = "demo-skincare"
_TODAY = date(2026, 11, 24)
_WINDOW = month_of(date(2026, 10, 1))

# The figures of shop_snapshot, as one would write them by hand.
_SQL = """
WITH o AS (SELECT * FROM wh.orders WHERE paid_date BETWEEN $start - INTERVAL 365 DAY AND $end AND gross_amount > 0),
w AS (SELECT * FROM o WHERE paid_date >= $start),
p AS (SELECT buyer_key, max(paid_date < $start) AS old, sum(gross_amount) FILTER (paid_date >= $start) AS gmv,
        count(DISTINCT paid_date) FILTER (paid_date >= $start AND NOT coalesce(is_service, false)) AS days
      FROM o WHERE buyer_key <> '' GROUP BY buyer_key HAVING count(*) FILTER (paid_date >= $start) > 0),
d AS (SELECT sum(visitors) AS visitors, sum(buyers) AS day_buyers FROM wh.shop_daily WHERE day BETWEEN $start AND $end)
SELECT (SELECT sum(gross_amount) FROM w) AS gmv, (SELECT sum(refund_amount) FROM w) AS refunds, (SELECT count(*) FROM w) AS orders,
  (SELECT count(*) FROM p) AS buyers, (SELECT sum(gmv) FILTER (old) / sum(gmv) FROM p) AS returning_share,
  (SELECT count(*) FILTER (days >= 2) / count(*) FILTER (days >= 1) FROM p) AS repurchase_rate,
  (SELECT visitors FROM d) AS visitors, (SELECT day_buyers / visitors FROM d) AS conversion,
  (SELECT sum(amount) FROM wh.refunds WHERE (order_id IS NULL OR order_id = '') AND refunded_date BETWEEN $start AND $end) AS unlinked,
  (SELECT sum(spend) FROM wh.ad_daily WHERE day BETWEEN $start AND $end) AS ad_spend,
  (SELECT sum(paid_amount) FROM wh.live_sessions WHERE day BETWEEN $start AND $end) AS live_gmv,
  (SELECT sum(member_amount) FROM wh.members_daily WHERE day BETWEEN $start AND $end) AS member_amount
"""


def speed(rounds: int) -> dict[str, float]:
    """Median milliseconds of both tools and of the SQL, and the ratio. Raises AssertionError when SQL and tool disagree."""
    with tempfile.TemporaryDirectory() as folder:
        create_demo(Path(folder), only=_SHOP)
        warehouse = Warehouse(Path(folder))

        def context() -> ToolContext:
            return ToolContext(shop=warehouse.for_merchant(_SHOP), today=_TODAY)

        with _plain_sql(merchant_file(Path(folder), _SHOP)) as query:
            _agree(context(), query())
            explained = _median(rounds, lambda: explain_change.call(_unseen(Path(folder)), {}))
            again = _median(rounds, lambda: explain_change.call(context(), {}))
            snapshot = _median(rounds, lambda: shop_snapshot.call(context(), {}))
            sql = _median(rounds, query)
    return {
        "explain_change_ms": explained,
        "explain_change_again_ms": again,
        "shop_snapshot_ms": snapshot,
        "plain_sql_ms": sql,
        "snapshot_to_sql": round(snapshot / sql, 1),
    }


def _unseen(folder: Path) -> ToolContext:
    """The shop under a generation no diagnosis was remembered for, as after an import."""
    shop = Warehouse(folder).for_merchant(_SHOP)
    shop._root.generation = uuid.uuid4().hex
    return ToolContext(shop=shop, today=_TODAY)


@contextmanager
def _plain_sql(path: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    connection = duckdb.connect(":memory:", config=DUCKDB_CONFIG)
    try:
        connection.execute(f"ATTACH '{path.as_posix()}' AS wh (READ_ONLY)")

        def query() -> dict[str, Any]:
            found = connection.execute(_SQL, {"start": _WINDOW.start, "end": _WINDOW.end})
            names = [column[0] for column in found.description or ()]
            row = found.fetchone()
            return dict(zip(names, row or (), strict=True))

        yield query
    finally:
        connection.close()


def _agree(ctx: ToolContext, row: dict[str, Any]) -> None:
    facts = shop_snapshot.call(ctx, {}).facts
    values = {q.metric: q.value for fact in facts for q in fact.quantities if q.role == "value"}
    assert values["gmv"] == row["gmv"]
    assert values["net_gmv"] == row["gmv"] - row["refunds"] - (row["unlinked"] or Decimal(0))
    assert values["orders"] == row["orders"] and values["buyers"] == row["buyers"]
    for metric in ("returning_share", "repurchase_rate", "conversion"):
        assert abs(float(values[metric]) - float(row[metric])) < 1e-9, metric


def _median(rounds: int, work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    print(json.dumps(speed(args.rounds), indent=None if args.json else 2))


if __name__ == "__main__":
    main()
