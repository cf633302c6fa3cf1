"""The numbers under a health reading, three ways: as the reading holds them, in DuckDB SQL by hand, and in pandas."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tools.base import ToolContext
from tools.facts import Window
from tools.metrics.entities import CUTS, load_cut
from tools.metrics.health_history import load_history
from tools.metrics.health_people import load_people
from tools.metrics.pair import make_pair
from tools.metrics.reader import Reader

__all__ = ["hand_sql", "our_numbers", "plain_pandas"]

END = date(2026, 10, 31)
MONTHS, SPLITS, REPEATS, COHORTS, LAPSED = 23, 11, 20, range(3, 11), range(12)
Numbers = dict[str, int]


def our_numbers(ctx: ToolContext) -> Numbers:
    reader, month = Reader(ctx.shop), Window(start=END - timedelta(days=29), end=END)
    people, history = load_people(reader, month), load_history(reader, month)
    assert people is not None
    found: Numbers = {}
    for k in range(MONTHS):
        for name, metric in (("gross", "gmv"), ("n", "orders"), ("created", "created_orders")):
            value = history.series[metric].values[k]
            assert value is not None
            found[f"{name}{k}"] = int(value * (100 if name == "gross" else 1))
        found[f"refund{k}"] = int((history.series["refund_rate"].above[k] or 0) * 100)
        found[f"discount{k}"] = int((history.series["order_discount_rate"].above[k] or 0) * 100)
    for k in range(SPLITS):
        found[f"new{k}"], found[f"old{k}"] = (int(flags.sum()) for flags in people.split(k))
    for k in range(2):
        for side, flags in zip(("new", "old"), people.split(k), strict=True):
            found[f"{side}_gross{k}"] = int(people.group(k, flags).gmv * 100)
    for k in range(REPEATS):
        found[f"again{k}"], found[f"goods{k}"] = people.repurchase(k, 3)
    for k in COHORTS:
        found[f"second{k}"], found[f"first{k}"] = people.second(k)
    for k in LAPSED:
        away = people.lapsed(k)
        found[f"away{k}"], found[f"back{k}"] = away.people, away.back
    pair = make_pair(reader, *history.months[:2])
    for dim in ("channel", "province"):
        table = load_cut(pair, CUTS[dim])
        assert table is not None
        for key in table.keys:
            found |= {f"{dim}:{key}:{k}": int(table.get("gross", key)[k] * 100) for k in range(MONTHS)}
    return found


def hand_sql(connection: duckdb.DuckDBPyConnection) -> Numbers:
    found: Numbers = {}

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    paid = "FROM wh.orders WHERE merchant_id = 'bench' AND paid_date IS NOT NULL AND gross_amount > 0"
    k = "(DATE '2026-10-31' - paid_date) // 30"
    for month, gross, n, refund, discount in rows(
        f"SELECT {k}, sum(gross_amount), count(*), sum(refund_amount), sum(discount_amount) {paid} GROUP BY 1"
    ):
        found |= {f"gross{month}": int(gross * 100), f"n{month}": n, f"refund{month}": int(refund * 100)}
        found[f"discount{month}"] = int(discount * 100)
    created = (
        "FROM wh.orders WHERE merchant_id = 'bench' AND created_date IS NOT NULL AND NOT coalesce(is_service, false)"
    )
    for month, n, _ in rows(
        f"SELECT (DATE '2026-10-31' - created_date) // 30, count(*), count(*) FILTER (gross_amount > 0) {created} GROUP BY 1"
    ):
        found[f"created{month}"] = n
    rows(f"SELECT paid_date, count(*), sum(gross_amount) {paid} GROUP BY 1")
    for dim in ("channel", "province"):
        for key, month, gross, _ in rows(f"SELECT {dim}, {k}, sum(gross_amount), count(*) {paid} GROUP BY 1, 2"):
            found[f"{dim}:{key}:{month}"] = int(gross * 100)
    _people_sql(connection)
    names, values = zip(*_people_columns(), strict=True)
    row = connection.execute(f"SELECT {', '.join(values)} FROM months").fetchone()  # noqa: S608
    return found | {name: int(value or 0) for name, value in zip(names, row or (), strict=True)}


def _people_sql(connection: duckdb.DuckDBPyConnection) -> None:
    """Per buyer: distinct days by month, all (p) and of goods (g), the first five days' worth of each month, and two months' money."""
    bit = "1::BIGINT << CAST(back % 60 AS INT)"
    masks = ", ".join(
        f"bit_or({bit}) FILTER (back // 60 = {m}) AS d{m}, bit_or({bit}) FILTER (back // 60 = {m} AND goods) AS g{m}"
        for m in range(13)
    )
    money = ", ".join(f"sum(gross) FILTER (back // 30 = {m}) AS c{m}" for m in range(2))
    rows = "SELECT buyer_no, gross, DATE '2026-10-31' - paid_date AS back, goods FROM wh.buyer_days WHERE merchant_id = 'bench'"
    connection.execute(f"CREATE TEMP TABLE masks AS SELECT {masks}, {money} FROM ({rows}) GROUP BY buyer_no")  # noqa: S608
    full, five = (1 << 30) - 1, (1 << 5) - 1
    parts = []
    for m in range(26):
        shift = 30 * (m % 2)
        for letter, column in (("p", "d"), ("g", "g")):
            parts.append(f"coalesce(bit_count({column}{m // 2} & {full << shift}), 0)::SMALLINT AS {letter}{m}")
            parts.append(f"coalesce(bit_count({column}{m // 2} & {five << shift}), 0)::SMALLINT AS {letter}f{m}")
    connection.execute(f"CREATE TEMP TABLE months AS SELECT c0, c1, {', '.join(parts)} FROM masks")  # noqa: S608


def _people_columns() -> list[tuple[str, str]]:
    def span(letter: str, start: int, end: int) -> str:
        return "(" + " + ".join(f"{letter}{m}" for m in range(start, min(end, 26))) + ")"

    def year(letter: str, start: int) -> str:
        tail = f" + {letter}f{start + 12}" if start + 12 < 26 else ""
        return f"({span(letter, start, start + 12)}{tail})"

    def count(test: str) -> str:
        return f"count(*) FILTER ({test})"

    found = []
    for k in range(SPLITS):
        for side, sign in (("new", "="), ("old", ">")):
            test = f"p{k} > 0 AND {year('p', k + 1)} {sign} 0"
            found.append((f"{side}{k}", count(test)))
            if k < 2:
                found.append((f"{side}_gross{k}", f"sum(c{k}) FILTER ({test}) * 100"))
    for k in range(REPEATS):
        found += [
            (f"again{k}", count(f"{span('g', k, k + 3)} >= 2")),
            (f"goods{k}", count(f"{span('g', k, k + 3)} >= 1")),
        ]
    for k in COHORTS:
        new = f"g{k} > 0 AND {year('p', k + 1)} = 0"
        found += [(f"first{k}", count(new)), (f"second{k}", count(f"{new} AND {span('g', k - 3, k + 1)} >= 2"))]
    for k in LAPSED:
        away = f"{year('g', k + 3)} >= 2 AND {span('g', k, k + 3)} = 0"
        found += [(f"away{k}", count(away)), (f"back{k}", count(f"{away} AND g{k - 1} > 0") if k else "0")]
    return found


def plain_pandas(path: Path) -> Numbers:
    frame = pd.read_parquet(path)
    found: Numbers = {}
    frame["back"] = (pd.Timestamp(END) - pd.to_datetime(frame["paid_date"])).dt.days
    frame["month"] = frame["back"] // 30
    paid = frame[(frame["gross"] > 0) & frame["paid_date"].notna()]
    sums = paid.groupby("month")[["gross", "refund", "discount"]].sum()
    sums["n"] = paid.groupby("month").size()
    for name in sums.columns:
        found |= {f"{name}{month}": int(value) for month, value in sums[name].items()}
    made = frame[~frame["is_service"]]
    created = (pd.Timestamp(END) - pd.to_datetime(made["created_date"])).dt.days // 30
    found |= {f"created{month}": int(n) for month, n in created.value_counts().items()}
    paid.groupby("paid_date")["gross"].agg(["size", "sum"])
    for dim in ("channel", "province"):
        cells = paid.groupby([dim, "month"])["gross"].agg(["sum", "size"])
        for (key, month), value in zip(cells.index.to_list(), cells["sum"].to_list(), strict=True):
            found[f"{dim}:{key}:{month}"] = int(value)
    known = paid[paid["buyer_key"] != ""]
    return found | _people_pandas(known.assign(buyer_key=pd.factorize(known["buyer_key"])[0]))


def _people_pandas(paid: pd.DataFrame) -> Numbers:
    found: Numbers = {}
    goods = paid[~paid["is_service"]]
    days = goods[["buyer_key", "back"]].drop_duplicates()

    def buyers(frame: pd.DataFrame, start: int, end: int) -> pd.Series:
        return frame.loc[frame["back"].between(start, end - 1), "buyer_key"]

    def visits(start: int, end: int) -> pd.Series:
        return buyers(days, start, end).value_counts()

    for k in [*range(SPLITS)]:
        here = paid[paid["month"] == k]
        known = here["buyer_key"].isin(buyers(paid, 30 * (k + 1), 30 * (k + 1) + 365).unique())
        for side, part in (("new", here[~known]), ("old", here[known])):
            found[f"{side}{k}"] = part["buyer_key"].nunique()
            if k < 2:
                found[f"{side}_gross{k}"] = int(part["gross"].sum())
    for k in range(REPEATS):
        seen = visits(30 * k, 30 * k + 90)
        found |= {f"again{k}": int((seen >= 2).sum()), f"goods{k}": len(seen)}
    for k in COHORTS:
        bought = buyers(goods, 30 * k, 30 * k + 30).unique()
        new = pd.Index(bought).difference(pd.Index(buyers(paid, 30 * (k + 1), 30 * (k + 1) + 365).unique()))
        later = visits(30 * (k - 3), 30 * (k + 1)).reindex(new, fill_value=0)
        found |= {f"first{k}": len(new), f"second{k}": int((later >= 2).sum())}
    for k in LAPSED:
        year = visits(30 * (k + 3), 30 * (k + 3) + 365)
        away = year[year >= 2].index.difference(pd.Index(buyers(goods, 30 * k, 30 * k + 90).unique()))
        back = away.intersection(pd.Index(buyers(goods, 30 * (k - 1), 30 * k).unique())) if k else away[:0]
        found |= {f"away{k}": len(away), f"back{k}": len(back)}
    return found
