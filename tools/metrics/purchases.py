"""Who bought when: purchase days of identified buyers, service orders left out, and what the models are fed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.metrics.engine import buyer_id_missing
from tools.metrics.lifetime import History
from tools.metrics.likelihood import Floats
from tools.metrics.reader import RELATIONS, Reader

__all__ = ["Buyers", "Holdout", "Spends", "buyers", "first_day_of_data", "goods", "holdout", "purchase_days", "spends"]


def goods(reader: Reader, end: date) -> Any:
    """Paid orders up to `end` with a buyer id, without service orders. Raises DataMissing without buyer ids."""
    if not reader.offers(RELATIONS["known_orders"]):
        raise buyer_id_missing()
    t = reader.relation("known_orders")
    return t.filter((t.paid_date <= end) & ~t.is_service.fill_null(False))


def purchase_days(reader: Reader, end: date) -> Any:
    """One row per buyer and day with a purchase: buyer_key, paid_date, spend, first_day (first observed purchase)."""
    t = goods(reader, end)
    days = t.group_by("buyer_key", "paid_date").aggregate(spend=t.gross_amount.sum())
    return days.mutate(first_day=days.paid_date.min().over(group_by="buyer_key"))


def first_day_of_data(reader: Reader) -> date:
    """The first day orders were paid on. Raises DataMissing when there are none."""
    days = reader.coverage("orders")
    if days is None:
        raise buyer_id_missing()
    return days[0]


@dataclass(frozen=True)
class Buyers:
    """All buyers with a purchase by `end`, merged by what they did: ages in days at `end`.

    `spend` sums over the buyers of an entry their own mean spend per repeat purchase day (0 for those without). `fresh` marks
    buyers whose first observed purchase lies at least `burn_in` days into the data: earlier ones may well have bought before.
    """

    repeats: Floats
    last: Floats
    age: Floats
    count: Floats
    spend: Floats
    fresh: NDArray[np.bool_]
    end: date

    def history(self, only_fresh: bool = False) -> History:
        """Raises FitError when nobody is left."""
        keep = self.fresh if only_fresh else np.ones(self.fresh.size, dtype=bool)
        return History.of(self.repeats[keep], self.last[keep], self.age[keep], self.count[keep])


def buyers(reader: Reader, end: date, burn_in: int) -> Buyers:
    """Read and merge. One query; the rows are distinct histories, not buyers."""
    days = purchase_days(reader, end)
    again = days.paid_date > days.first_day
    people = days.group_by("buyer_key").aggregate(
        first_day=days.paid_date.min(),
        last_day=days.paid_date.max(),
        n=days.count(),
        repeat_spend=again.ifelse(days.spend, None).sum(),
    )
    people = people.mutate(
        fresh=_fresh(reader, people, burn_in), mean=(people.repeat_spend / (people.n - 1).nullif(0)).cast("float64")
    )
    merged = people.group_by("first_day", "last_day", "n", "fresh").aggregate(
        people=people.count(), spend=people["mean"].sum()
    )
    columns = _columns(merged)
    first, last = _days_before(columns["first_day"], end), _days_before(columns["last_day"], end)
    return Buyers(
        repeats=columns["n"] - 1,
        last=first - last,
        age=first,
        count=columns["people"],
        spend=np.nan_to_num(columns["spend"]),
        fresh=columns["fresh"].astype(bool),
        end=end,
    )


def _fresh(reader: Reader, people: Any, burn_in: int) -> Any:
    return people.first_day >= first_day_of_data(reader) + timedelta(days=burn_in)


@dataclass(frozen=True)
class Holdout:
    """Fresh buyers as they were at `cut`, and the purchase days they made after it, up to the end of the data."""

    history: History
    actual: int
    buyers_back: int
    days: int
    cut: date


def holdout(reader: Reader, end: date, days_ahead: int, burn_in: int) -> Holdout:
    """What was known `days_ahead` days before the end, and what came. Raises FitError when nobody was there yet."""
    cut = end - timedelta(days=days_ahead)
    days = purchase_days(reader, end)
    before = days.paid_date <= cut
    people = days.group_by("buyer_key").aggregate(
        first_day=days.paid_date.min(),
        last_day=before.ifelse(days.paid_date, None).max(),
        n=before.ifelse(1, 0).sum(),
        later=before.ifelse(0, 1).sum(),
    )
    people = people.filter((people.n > 0) & _fresh(reader, people, burn_in))
    merged = people.group_by("first_day", "last_day", "n").aggregate(
        people=people.count(), later=people.later.sum(), back=(people.later > 0).ifelse(1, 0).sum()
    )
    columns = _columns(merged)
    age, idle = _days_before(columns["first_day"], cut), _days_before(columns["last_day"], cut)
    history = History.of(columns["n"] - 1, age - idle, age, columns["people"])
    return Holdout(history, int(columns["later"].sum()), int(columns["back"].sum()), days_ahead, cut)


@dataclass(frozen=True)
class Spends:
    """Mean spend per repeat purchase day of buyers who came back, merged: `count` buyers share (purchases, mean)."""

    purchases: Floats
    mean: Floats
    count: Floats


def spends(reader: Reader, end: date) -> Spends:
    """Read and merge, to the cent."""
    days = purchase_days(reader, end)
    again = days.filter(days.paid_date > days.first_day)
    people = again.group_by("buyer_key").aggregate(n=again.count(), total=again.spend.sum())
    people = people.filter(people.total > 0).mutate(mean=(people.total / people.n).cast("float64").round(2))
    columns = _columns(people.group_by("n", "mean").aggregate(people=people.count()))
    return Spends(columns["n"], np.maximum(columns["mean"], 0.01), columns["people"])


def _columns(expression: Any) -> dict[str, Any]:
    """A result as numpy columns: numbers as floats, days as they are."""
    table = expression.to_pyarrow()
    found: dict[str, Any] = {}
    for name in table.column_names:
        values = table[name].to_numpy(zero_copy_only=False)
        found[name] = values if values.dtype.kind in "MOb" else values.astype(np.float64)
    return found


def _days_before(days: Any, end: date) -> Floats:
    """Whole days from each day to `end`."""
    gap = np.datetime64(end, "D") - np.asarray(days, dtype="datetime64[D]")
    return np.asarray(gap.astype(np.float64))
