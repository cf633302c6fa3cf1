"""Expected figures from code that shares nothing with `tools.metrics`: plain SQL on the merchant's file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from tools.warehouse.writer import DUCKDB_CONFIG, merchant_file

__all__ = ["ORACLES", "oracle"]

_PAID = "FROM orders WHERE paid_date BETWEEN ? AND ?"

ORACLES: dict[str, str] = {
    "gmv": f"SELECT sum(gross_amount) {_PAID}",
    "net_gmv": f"SELECT sum(gross_amount - coalesce(refund_amount, 0)) {_PAID}",
    "orders": f"SELECT count(*) {_PAID} AND gross_amount > 0",
    "buyers": f"SELECT count(DISTINCT buyer_key) {_PAID} AND gross_amount > 0",
    "aov_order": f"SELECT sum(gross_amount) / count(*) {_PAID} AND gross_amount > 0",
    "aov_buyer": f"SELECT sum(gross_amount) / count(DISTINCT buyer_key) {_PAID} AND gross_amount > 0",
    "refund_rate": f"SELECT sum(coalesce(refund_amount, 0)) / sum(gross_amount) {_PAID}",
    "repurchase_rate": (
        "SELECT count(*) FILTER (days >= 2) / count(*) FROM (SELECT buyer_key, count(DISTINCT paid_date) AS days "  # noqa: S608
        f"{_PAID} AND gross_amount > 0 AND NOT coalesce(is_service, false) AND buyer_key IS NOT NULL GROUP BY buyer_key)"
    ),
}


def oracle(folder: Path, shop: str, name: str, window: str) -> Decimal:
    """One expected figure. `window` is start..end, both days included."""
    start, end = window.split("..")
    with duckdb.connect(merchant_file(folder, shop), read_only=True, config=DUCKDB_CONFIG) as connection:
        row = connection.execute(ORACLES[name], [start, end]).fetchone()
    if row is None or row[0] is None:
        raise ValueError(f"oracle {name} has no value for {shop} in {window}")
    return Decimal(str(row[0]))
