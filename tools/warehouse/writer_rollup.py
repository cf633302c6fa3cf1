"""Rows made from the orders at every write, so that no reading has to group millions of orders by a buyer's long key again.

`buyer_days` has one row per buyer and pay day, sorted by buyer and day. It is written before the copy becomes the merchant's
file, whatever the write was: an import, a re-import, a deletion, or the first write to a file of an older version. A fingerprint
of the orders saves the work when they did not change. `rollups.generation` says which state of the file the rows were made
from: a version of the program that does not know them leaves another generation behind, and readers then pass them over.
"""

from __future__ import annotations

import duckdb

__all__ = ["BUYER_DAYS", "ROLLUP_TABLES", "refresh_rollups"]

BUYER_DAYS = "buyer_days"
ROLLUP_TABLES = frozenset({BUYER_DAYS, "rollups"})

# `buyer_no` counts the file's buyers from 0; it is no identity and changes from write to write.
# `orders` and `gross` hold every paid order of the day, `goods` whether one of them was not a service order. Absurd amounts whose
# sum outgrows the type of money leave the rows unmarked: wider decimals are read a hundred times slower.
_DDL = """
CREATE TABLE IF NOT EXISTS rollups (name VARCHAR PRIMARY KEY, fingerprint VARCHAR NOT NULL, generation VARCHAR NOT NULL)
"""
_PAID = "FROM orders WHERE paid_date IS NOT NULL AND gross_amount > 0 AND buyer_key <> ''"
_ROW = "merchant_id, buyer_key, paid_date, gross_amount, coalesce(is_service, false)"
_FINGERPRINT = f"SELECT count(*) || ':' || coalesce(sum(hash({_ROW})::HUGEINT), 0) {_PAID}"
_BUYERS = f"""
CREATE TEMP TABLE buyer_numbers AS
SELECT merchant_id, buyer_key, (row_number() OVER () - 1)::INTEGER AS buyer_no FROM (SELECT DISTINCT merchant_id, buyer_key {_PAID})
"""  # noqa: S608
_DAYS = f"""
CREATE OR REPLACE TABLE {BUYER_DAYS} AS
SELECT merchant_id, buyer_no, paid_date, count(*)::INTEGER AS orders, bool_or(goods) AS goods,
  TRY_CAST(sum(gross_amount) AS DECIMAL(18,2)) AS gross
FROM (SELECT merchant_id, buyer_key, paid_date, gross_amount, NOT coalesce(is_service, false) AS goods {_PAID})
JOIN buyer_numbers USING (merchant_id, buyer_key) GROUP BY ALL ORDER BY buyer_no, paid_date
"""  # noqa: S608


def refresh_rollups(connection: duckdb.DuckDBPyConnection, generation: str) -> None:
    """Bring the rollups of the open file up to its orders and mark them as made for `generation`."""
    connection.execute(_DDL)
    connection.begin()
    found = connection.execute(_FINGERPRINT).fetchone()
    known = connection.execute("SELECT fingerprint FROM rollups WHERE name = ?", [BUYER_DAYS]).fetchone()
    if found != known:
        connection.execute(_BUYERS)
        connection.execute(_DAYS)
        connection.execute("DROP TABLE buyer_numbers")
    fingerprint = found[0] if found is not None else ""
    connection.execute(
        "INSERT OR REPLACE INTO rollups SELECT ?, ?, CASE WHEN count(*) = count(gross) THEN ? ELSE '' END "  # noqa: S608
        f"FROM {BUYER_DAYS}",
        [BUYER_DAYS, fingerprint, generation],
    )
    connection.commit()
