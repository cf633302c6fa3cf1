"""Figures about the base of buyers: active, lost and won back, the time between purchases, and what members do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.catalog import unlock_text
from tools.metrics.customers import LOOK_BACK, Figure, history_days, over, short_history, whole_shop_only
from tools.metrics.engine import Where
from tools.metrics.purchases import goods
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["base_figure", "interval_figure", "median", "member_figure"]


def base_figure(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """active_buyers, lost_buyers, lost_share, won_back_buyers, first_time_buyers. Raises DataMissing without buyer ids."""
    whole_shop_only(where)
    key = ("base", window.start, window.end)
    if key not in reader.memo:
        reader.memo[key] = _base(reader, window)
    row: dict[str, int] = reader.memo[key]
    value = {name: Decimal(row[name]) for name in row}
    history = history_days(reader, window)
    seen = history + window.days
    notes: tuple[Text, ...] = ()
    if metric_id in ("lost_buyers", "lost_share") and seen < 2 * LOOK_BACK:
        notes = (_two_years(seen),)
    if metric_id in ("won_back_buyers", "first_time_buyers") and history < LOOK_BACK:
        notes = (short_history(history),)
    if metric_id == "lost_share":
        return Figure(
            over(value["lost_buyers"], value["earlier"]), value["lost_buyers"], row["earlier"], "buyers", notes
        )
    if metric_id == "active_buyers":
        return Figure(value[metric_id], None, row[metric_id], "buyers", notes)
    return Figure(value[metric_id], None, row["inside" if metric_id != "lost_buyers" else "earlier"], "buyers", notes)


def _two_years(seen: int) -> Text:
    return Text(
        f"订单历史只有 {seen} 天，不足 730 天：前一年的买家不全，流失数偏低。",
        f"Orders go back {seen} days, under 730: the year before is incomplete, so lost buyers are understated.",
    )


def _base(reader: Reader, window: Window) -> dict[str, int]:
    t = goods(reader, window.end)
    year = window.end - timedelta(days=LOOK_BACK)  # the last day before the 365 that end with the window
    before = year - timedelta(days=LOOK_BACK)
    long_ago = window.start - timedelta(days=LOOK_BACK)
    people = t.group_by("buyer_key").aggregate(
        first=t.paid_date.min(),
        last=t.paid_date.max(),
        earlier=((t.paid_date > before) & (t.paid_date <= year)).ifelse(1, 0).max(),
        last_before=(t.paid_date < window.start).ifelse(t.paid_date, None).max(),
    )
    inside = people["last"] >= window.start
    hits = {
        "active_buyers": people["last"] > year,
        "lost_buyers": (people.earlier == 1) & (people["last"] <= year),
        "earlier": people.earlier == 1,
        "inside": inside,
        "won_back_buyers": inside & (people.last_before < long_ago),
        "first_time_buyers": people["first"] >= window.start,
    }
    row = reader.run(people.aggregate(**{name: test.ifelse(1, 0).sum() for name, test in hits.items()}))[0]
    return {name: int(row[name] or 0) for name in hits}


def interval_figure(reader: Reader, window: Window, where: Where = ()) -> Figure:
    """Median days between a payment day in the window and the buyer's payment day before it. Raises DataMissing without ids."""
    whole_shop_only(where)
    t = goods(reader, window.end)
    days = t.select("buyer_key", "paid_date").distinct()
    previous = days.paid_date.lag().over(group_by=days.buyer_key, order_by=days.paid_date)
    days = days.mutate(previous=previous)
    days = days.filter((days.paid_date >= window.start) & days.previous.notnull())
    gaps = days.select(gap=days.paid_date.delta(days.previous, unit="day"))
    rows = reader.run(gaps.group_by("gap").aggregate(people=gaps.count()))
    counts = [(int(row["gap"]), int(row["people"])) for row in rows]
    return Figure(median(counts), None, sum(people for _, people in counts), "times")


def median(counts: Iterable[tuple[int, int]]) -> Decimal | None:
    """Median of counted whole values, the middle of the two middle ones for an even number; None for none."""
    ordered = sorted(counts)
    total = sum(people for _, people in ordered)
    if not total:
        return None
    return (_nth(ordered, (total - 1) // 2) + _nth(ordered, total // 2)) / Decimal(2)


def _nth(ordered: list[tuple[int, int]], index: int) -> Decimal:
    seen = 0
    for value, people in ordered:
        seen += people
        if index < seen:
            return Decimal(value)
    raise IndexError(index)


def member_figure(reader: Reader, metric_id: str, window: Window, where: Where = ()) -> Figure:
    """member_repurchase_rate and active_member_share, by the joining date of each buyer. Raises DataMissing without it."""
    whole_shop_only(where)
    members = _members(reader, window)
    t = goods(reader, window.end)
    start = window.start if metric_id == "member_repurchase_rate" else window.end - timedelta(days=LOOK_BACK - 1)
    days = t.filter(t.paid_date >= start).select("buyer_key", "paid_date").distinct()
    mine = days.join(members, "buyer_key")
    people = mine.group_by("buyer_key").aggregate(days=mine.count())
    row = reader.run(people.aggregate(buyers=people.count(), repeat=(people["days"] >= 2).ifelse(1, 0).sum()))[0]
    buyers, repeat = int(row["buyers"]), int(row["repeat"] or 0)
    tables = ("orders", "customers")
    if metric_id == "member_repurchase_rate":
        return Figure(over(Decimal(repeat), Decimal(buyers)), Decimal(repeat), buyers, "buyers", (), tables)
    everyone = int(reader.run(members.aggregate(n=members.count()))[0]["n"])
    return Figure(over(Decimal(buyers), Decimal(everyone)), Decimal(buyers), everyone, "buyers", (), tables)


def _members(reader: Reader, window: Window) -> Any:
    if not reader.has("customers") or not reader.holds("customers", ("member_since",)):
        path = unlock_text("customers", reader.platform)
        raise DataMissing(
            Text("还没有买家的入会日期。", "There is no joining date of buyers yet."),
            tables=("customers",),
            unlock=Text(f"导出后拖进来即可：{path.zh}。", f"Export it and drop it here: {path.en}."),
        )
    customers = reader.table("customers")
    return customers.filter(customers.member_since <= window.end).select("buyer_key")
