"""One way to get a base measure, and the few shapes most of them have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Feed", "Feeds", "by_report", "count_if", "counted", "filled", "sum_if", "summed"]

Feeds = dict[str, tuple["Feed", ...]]


@dataclass(frozen=True)
class Feed:
    """One way to get a base measure. `total` is false where the feed only serves cuts (its sum is not the shop's figure).

    `columns` of the relation's table are what it is made of. `check`: exports differ in having them, so look for content.
    """

    relation: str
    value: Callable[[Any], Any]
    total: bool = True
    columns: tuple[str, ...] = ()
    check: bool = False


def summed(relation: str, column: str, *, total: bool = True, check: bool = False) -> Feed:
    return Feed(relation, lambda t: t[column].sum(), total, (column,), check)


def counted(relation: str, *, total: bool = True) -> Feed:
    return Feed(relation, lambda t: t.count(), total)


def filled(relation: str, column: str) -> Feed:
    return Feed(relation, lambda t: t[column].count(), True, (column,), check=True)


def count_if(relation: str, test: Callable[[Any], Any], *columns: str, check: bool = True) -> Feed:
    return Feed(relation, lambda t: test(t).ifelse(1, 0).sum(), True, columns, check)


def sum_if(relation: str, column: str, test: Callable[[Any], Any], *columns: str) -> Feed:
    """The column over rows that pass; 0 where none does. Rows whose test is unknown do not pass."""
    return Feed(relation, lambda t: test(t).ifelse(t[column], 0).sum(), True, (column, *columns), check=True)


def by_report(relation: str, columns: str) -> Feeds:
    """Columns of a report that simply add up, each under its own name with the relation's prefix: `live_items` …"""
    prefix = {"shop_daily": "", "live_sessions": "live_", "ad_daily": "ad_", "content_posts": "content_"}[relation]
    return {prefix + column: (summed(relation, column, check=True),) for column in columns.split()}
