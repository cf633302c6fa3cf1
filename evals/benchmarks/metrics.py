"""Speed and honesty of the metric tools, in one run.

    python -m evals.benchmarks.metrics speed [--rounds 5] [--json]
    python -m evals.benchmarks.metrics diagnosis [--seeds 6] [--first 101] [--months 18] [--json]

`speed`: wall time of explain_change and shop_snapshot on a demo shop (target < 1 s each), and shop_snapshot against the same
figures in hand-written DuckDB SQL. `diagnosis`: random simulated shops with one planted cause each, and as many with none;
how often the planted entity is the first cause, how often it is among the causes, and how often something is found where
nothing was planted (a category that moved by 14 % or more counts there too, although it did move).
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
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tools.base import ToolContext
from tools.errors import BadArguments
from tools.metrics.drivers import Cause, Explanation
from tools.metrics.explain import explain
from tools.metrics.tools import explain_change, shop_snapshot
from tools.metrics.windows import compare_window, month_of
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import (
    CAUSE_TYPES,
    PlantedCause,
    create_demo,
    ground_truth,
    random_cause,
    random_shop,
    simulate,
    write_simulation,
)
from tools.warehouse.writer import DUCKDB_CONFIG, merchant_file

__all__ = ["diagnosis", "is_hit", "main", "speed"]

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


def diagnosis(seeds: range, months: int) -> dict[str, dict[str, int]]:
    """Per cause type (and "none"): shops tried, first cause right, any cause right; for "none", shops where something was found."""
    result: dict[str, dict[str, int]] = {}
    for kind in ("none", *CAUSE_TYPES):
        tried = first = among = 0
        for seed in seeds:
            outcome = _one(seed, kind, months)
            if outcome is None:
                continue
            found, planted = outcome
            tried += 1
            hits = [planted is None or is_hit(cause, planted) for cause in found.causes]
            first += bool(hits[:1] and hits[0])
            among += any(hits)
        result[kind] = {"shops": tried, "first": first, "among": among}
    return result


def _one(seed: int, kind: str, months: int) -> tuple[Explanation, PlantedCause | None] | None:
    spec = random_shop(seed, months=months)
    start = _WINDOW.start + timedelta(days=5)
    try:
        causes = [] if kind == "none" else [random_cause(spec, seed, start=start, end=_WINDOW.end, type_=kind)]
    except BadArguments:  # this shop cannot have such a cause, as no host can leave where nobody is live
        return None
    with tempfile.TemporaryDirectory() as folder:
        profile = write_simulation(simulate(spec, causes=causes), Path(folder))
        shop = Warehouse(Path(folder)).for_merchant(profile.merchant_id)
        metric = "net_gmv" if kind == "quality_batch" else "gmv"
        found = explain(shop, metric, _WINDOW, compare_window(_WINDOW, "previous"))
    return found, ground_truth(spec, causes)[0] if causes else None


def is_hit(cause: Cause, planted: PlantedCause) -> bool:
    """The cause names the planted entity, or one that is right as well (the product inside a source, a source around a host)."""
    right = {(planted.entity_kind, planted.entity), *planted.also}
    if ("market", planted.entity) in right:
        return cause.entity.id == "market"
    named = [cause.entity, *([cause.within] if cause.within else [])]
    kinds = {"stock_out": ("stock_out", "product")}
    return any(
        (kind, name) in right for d in named for kind in kinds.get(d.id, (d.id,)) for name in (*d.subject, d.label.zh)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("speed", "diagnosis"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=101)
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.what == "speed":
        print(json.dumps(speed(args.rounds), indent=None if args.json else 2))
        return
    found = diagnosis(range(args.first, args.first + args.seeds), args.months)
    if args.json:
        print(json.dumps(found))
        return
    for kind, row in found.items():
        print(f"{kind:20} shops {row['shops']:3}  first {row['first']:3}  among {row['among']:3}")
    planted = [row for kind, row in found.items() if kind != "none"]
    print(f"planted cause first: {sum(r['first'] for r in planted)} of {sum(r['shops'] for r in planted)}")


if __name__ == "__main__":
    main()
