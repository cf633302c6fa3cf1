"""RFM: recency, orders and money of each buyer cut at the shop's own quantiles, eight named groups, each as a condition to rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.metrics.purchases import first_day_of_data, goods
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["NAMES", "Cuts", "Segment", "Segments", "rfm", "weighted_quantile"]

LOOK_BACK = 730
# Where a dimension is cut: half of the buyers are recent; a quarter is frequent, a third spends much.
_RECENT, _FREQUENT, _MUCH = Decimal("0.50"), Decimal("0.75"), Decimal("0.67")
ZERO = Decimal(0)

Key = tuple[bool, bool, bool]  # recent, frequent, spends much
NAMES: dict[Key, tuple[str, Text]] = {
    (True, True, True): ("champions", Text("重要价值客户", "champions")),
    (True, False, True): ("promising", Text("重要发展客户", "recent big spenders")),
    (False, True, True): ("drifting", Text("重要保持客户", "valuable buyers drifting away")),
    (False, False, True): ("lost_spenders", Text("重要挽留客户", "big spenders gone quiet")),
    (True, True, False): ("regulars", Text("一般价值客户", "frequent small spenders")),
    (True, False, False): ("light", Text("一般发展客户", "recent light buyers")),
    (False, True, False): ("fading", Text("一般保持客户", "small regulars fading")),
    (False, False, False): ("dormant", Text("一般挽留客户", "light buyers gone quiet")),
}


@dataclass(frozen=True)
class Cuts:
    """Recent: last payment at most `days` ago. Frequent: at least `orders` orders. Much: at least `money` paid."""

    days: int
    orders: int
    money: Decimal


@dataclass(frozen=True)
class Segment:
    id: str
    name: Text
    key: Key
    buyers: int
    orders: int
    money: Decimal


@dataclass(frozen=True)
class Segments:
    """All buyers of the window in eight groups; empty ones are left out. Sizes and money add up to the totals."""

    window: Window
    cuts: Cuts
    buyers: int
    orders: int
    money: Decimal
    groups: tuple[Segment, ...]


def rfm(reader: Reader, end: date) -> Segments:
    """Cut the buyers of the last two years (or of all data). Orders are counted as the platform counts payments, services left out.

    Raises DataMissing without buyer ids.
    """
    start = max(first_day_of_data(reader), end - timedelta(days=LOOK_BACK - 1))
    t = goods(reader, end)
    t = t.filter(t.paid_date >= start)
    people = t.group_by("buyer_key").aggregate(last=t.paid_date.max(), orders=t.count(), money=t.gross_amount.sum())
    cuts = _cuts(reader, people, end)
    groups = people.group_by(
        recent=people["last"] >= end - timedelta(days=cuts.days),
        frequent=people.orders >= cuts.orders,
        much=people.money >= cuts.money,
    ).aggregate(buyers=people.count(), n=people.orders.sum(), money=people.money.sum())
    rows = {(bool(row["recent"]), bool(row["frequent"]), bool(row["much"])): row for row in reader.run(groups)}
    found = [
        Segment(name, text, key, rows[key]["buyers"], int(rows[key]["n"]), Decimal(rows[key]["money"]))
        for key, (name, text) in NAMES.items()
        if key in rows
    ]
    return Segments(
        Window(start=start, end=end),
        cuts,
        sum(group.buyers for group in found),
        sum(group.orders for group in found),
        sum((group.money for group in found), ZERO),
        tuple(found),
    )


def _cuts(reader: Reader, people: Any, end: date) -> Cuts:
    """The shop's own quantiles, from counted values; never fixed thresholds."""
    last = [(Decimal((end - day).days), n) for day, n in _counted(reader, people, "last")]
    orders = [(Decimal(value), n) for value, n in _counted(reader, people, "orders")]
    money = [(Decimal(value), n) for value, n in _counted(reader, people, "money")]
    return Cuts(
        int(weighted_quantile(last, _RECENT)),
        max(2, int(weighted_quantile(orders, _FREQUENT))),
        _typable(weighted_quantile(money, _MUCH)),
    )


def _counted(reader: Reader, people: Any, column: str) -> list[tuple[Any, int]]:
    rows = reader.run(people.group_by(value=people[column]).aggregate(n=people.count()))
    return [(row["value"], row["n"]) for row in rows]


def weighted_quantile(values: Sequence[tuple[Decimal, int]], share: Decimal) -> Decimal:
    """The smallest value that at least `share` of the people do not exceed."""
    total, seen = sum(n for _, n in values), 0
    for value, n in sorted(values):
        seen += n
        if seen >= share * total:
            return value
    return ZERO


def _typable(amount: Decimal) -> Decimal:
    """Two leading digits: a threshold somebody can type, 1,234 becomes 1,200. Groups are counted at the rounded value."""
    if amount <= 0:
        return ZERO
    return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1)).quantize(Decimal("0.01"))
