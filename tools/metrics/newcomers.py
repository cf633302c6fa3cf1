"""New buyers by where their first order came from, and how many of each group bought again within 90 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import ibis

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.cohorts import counted_gaps, greenwood, seconds, times
from tools.metrics.customers import HORIZON
from tools.metrics.purchases import goods
from tools.metrics.reader import Reader
from tools.metrics.stats import Interval, kaplan_meier
from tools.text import Text

__all__ = ["By", "Newcomers", "newcomers_by"]

By = Literal["channel", "source", "product", "promotion", "live", "province"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Newcomers:
    """New buyers of a window whose first order came one way. `rate`: bought again within 90 days, None while untold."""

    key: str
    label: str
    buyers: int
    share: Decimal
    rate: Decimal | None
    interval: Interval | None


def newcomers_by(reader: Reader, window: Window, end: date, by: By) -> list[Newcomers]:
    """New buyers of the window by their first order's channel, source, product, promotion or livestream, largest first.

    Raises DataMissing without buyer ids, or where the orders do not carry the column.
    """
    people = seconds(reader, window, end)
    origin = _origins(reader, end, by)
    joined = people.left_join(origin, "buyer_key").select("gap", "follow", "key", "label")
    keyed = joined.mutate(key=joined.key.fill_null(""), label=joined.label.fill_null(""))
    groups: dict[str, list[Mapping[str, Any]]] = {}
    labels: dict[str, str] = {}
    for row in counted_gaps(keyed, HORIZON, "key", "label"):
        groups.setdefault(row["key"], []).append(row)
        labels[row["key"]] = max(labels.get(row["key"], ""), str(row["label"]).strip())
    total = sum(row["people"] for rows in groups.values() for row in rows)
    found = [_newcomers(key, labels[key], rows, total) for key, rows in groups.items()]
    return sorted(found, key=lambda group: (-group.buyers, group.key))


def _newcomers(key: str, label: str, rows: Sequence[Mapping[str, Any]], total: int) -> Newcomers:
    events, censored = times(rows)
    people = sum(events.values()) + sum(censored.values())
    rate = kaplan_meier(events, censored, HORIZON)
    interval = None if rate is None else greenwood(events, censored, HORIZON)
    return Newcomers(key, label or key, people, Decimal(people) / total, rate, interval)


_COLUMNS: Mapping[str, str] = {
    "channel": "channel",
    "source": "source",
    "province": "province",
    "promotion": "promotion_id",
    "live": "session_id",
}


def _origins(reader: Reader, end: date, by: By) -> Any:
    """Key and label of every buyer's first order: the earliest of the first day."""
    t = goods(reader, end)
    needed = "order_lines" if by == "product" else "orders"
    column = "product_id" if by == "product" else _COLUMNS[by]
    if not reader.has(needed) or not reader.filled(needed).get(column, ZERO):
        raise _no_column(needed, column)
    window = ibis.window(group_by=t.buyer_key, order_by=[t.paid_date, t.paid_at, t.order_id])
    ranked = t.mutate(rank_=ibis.row_number().over(window))
    first = ranked.filter(ranked.rank_ == 0)
    if by == "product":
        return first.select("buyer_key", "order_id").join(_main_lines(reader), "order_id")[
            ["buyer_key", "key", "label"]
        ]
    keyed = first.select("buyer_key", key=first[column])
    names = _names(reader, by)
    if names is None:
        return keyed.mutate(label=keyed.key)
    return keyed.left_join(names, keyed.key == names.name_key).select("buyer_key", key="group_key", label="name")[
        ["buyer_key", "key", "label"]
    ]


def _names(reader: Reader, by: By) -> Any:
    """Sessions and promotions go by their titles, so that a format that ran 30 times is one group."""
    table, key, name = {
        "live": ("live_sessions", "session_id", "title"),
        "promotion": ("promotions", "promotion_id", "name"),
    }.get(by, ("", "", ""))
    if not table or not reader.has(table):
        return None
    t = reader.table(table)
    t = t.mutate(name=t[name])
    return t.group_by(name_key=t[key]).aggregate(name=t["name"].max()).mutate(group_key=lambda n: n["name"])


def _main_lines(reader: Reader) -> Any:
    """The line of an order that cost most."""
    lines = reader.relation("lines")
    lines = lines.filter(~lines.is_service.fill_null(False))
    window = ibis.window(group_by=lines.order_id, order_by=[lines.amount.desc(), lines.line_id])
    ranked = lines.mutate(rank_=ibis.row_number().over(window))
    main = ranked.filter(ranked.rank_ == 0)
    return main.select("order_id", key=main["product"], label=main.title)


def _no_column(table: str, column: str) -> DataMissing:
    name, path = table_text(table), unlock_text(table)
    return DataMissing(
        Text(
            f"“{name.zh}”里没有“{column}”这一列，新客不能这样分。",
            f'The "{name.en}" carry no {column}, so new buyers cannot be split by it.',
        ),
        tables=(table,),
        unlock=Text(f"导出路径：{path.zh}。", f"Export: {path.en}."),
    )
