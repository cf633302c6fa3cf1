"""What a new buyer costs and brings, by channel: CAC, the value of the first months, and when it pays back.

Only what was observed: month k counts buyers who have been in view for all of it. Months are 30 days from the first purchase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import ibis

from tools.facts import Window
from tools.metrics.purchases import first_day_of_data, goods
from tools.metrics.reader import Reader, as_decimal

__all__ = ["MONTH", "Channel", "Margin", "Payback", "acquisition", "cost_margin", "paybacks"]

Channel = Literal["paid", "live", "all"]
MONTH = 30
COVERED = Decimal("0.8")
LEAST = 30  # buyers behind the value of a month
ZERO = Decimal(0)
_PAID = re.compile(r"付费|直通车|万相台|引力魔方|超级推荐|钻展|阿里妈妈|paid|\bads?\b|\bcpc\b|\bsem\b|sponsored", re.I)
_LIVE = re.compile(r"直播|\blive\b|livestream", re.I)


@dataclass(frozen=True)
class Margin:
    """Gross margin as a share of the amount paid, and whether the merchant stated it or the item costs give it."""

    share: Decimal
    origin: Literal["stated", "costs"]


@dataclass(frozen=True)
class Payback:
    """New buyers of one channel in a window. `value[k]`: cumulative net money per buyer by the end of month k + 1.

    `cac`: spend ÷ new buyers; `days`: end of the first 30-day month whose cumulative contribution covers it, None while none does.
    """

    channel: Channel
    window: Window
    buyers: int
    spend: Decimal
    value: tuple[Decimal, ...]
    cac: Decimal
    margin: Margin | None
    days: int | None

    @property
    def worth(self) -> Decimal:
        """Net money per new buyer over all months seen, after the margin where it is known."""
        return self.value[-1] * (self.margin.share if self.margin else 1)

    @property
    def ratio(self) -> Decimal:
        return self.worth / self.cac


def acquisition(reader: Reader, end: date) -> Window:
    """The window new buyers and spend are counted in: the last year of both orders and ads."""
    first = first_day_of_data(reader)
    starts = [days[0] for table in ("ad_daily", "live_sessions") if (days := reader.coverage(table)) is not None]
    return Window(start=max(first, end - timedelta(days=364), min(starts, default=first)), end=end)


def paybacks(reader: Reader, end: date, margin: Margin | None) -> list[Payback]:
    """Channels with both a spend and new buyers, the whole shop last. [] without any spend. Raises DataMissing without ids."""
    window = acquisition(reader, end)
    spend = {
        "paid": _spent(reader, "ad_daily", "spend", window),
        "live": _spent(reader, "live_sessions", "ad_spend", window),
    }
    if not any(spend.values()):
        return []
    spend["all"] = sum(spend.values(), ZERO)
    people, money = _values(reader, window, end)
    found = []
    for channel in ("paid", "live", "all"):
        amount, new = spend[channel], sum(people.get(channel, {}).values())
        value = _curve(people.get(channel, {}), money.get(channel, {}))
        if amount > 0 and new >= LEAST and value:
            cac = amount / new
            kept = [month * (margin.share if margin else 1) for month in value]
            paid = next((k for k, month in enumerate(kept) if month >= cac), None)
            days = None if paid is None else MONTH * (paid + 1)
            found.append(Payback(channel, window, new, amount, value, cac, margin, days))
    return found


def _spent(reader: Reader, table: str, column: str, window: Window) -> Decimal:
    if not reader.has(table):
        return ZERO
    t = reader.table(table)
    t = t.filter(t.day.between(window.start, window.end))
    return as_decimal(reader.run(t.aggregate(spend=t[column].sum()))[0]["spend"]) or ZERO


def cost_margin(reader: Reader, end: date) -> Margin | None:
    """1 - cost of goods ÷ amount of the item lines of the past year, at each product's latest cost.

    None where costs cover under 80 % of the amount. Raises NotPermitted where costs are not shared with the asker.
    """
    if not reader.has("item_costs") or not reader.has("order_lines"):
        return None
    costs = reader.table("item_costs")
    costs = costs.filter((costs.valid_from <= end) & (costs.unit_cost > 0))
    rank = ibis.row_number().over(ibis.window(group_by=costs.product_id, order_by=costs.valid_from.desc()))
    latest = costs.mutate(rank_=rank)
    latest = latest.filter(latest.rank_ == 0).select("product_id", "unit_cost")
    lines = reader.relation("lines")
    lines = lines.filter(lines.paid_date.between(end - timedelta(days=364), end) & (lines.quantity > 0))
    whole = as_decimal(reader.run(lines.aggregate(amount=lines.amount.sum()))[0]["amount"]) or ZERO
    priced = lines.join(latest, "product_id")
    row = reader.run(priced.aggregate(amount=priced.amount.sum(), cost=(priced.unit_cost * priced.quantity).sum()))[0]
    amount, cost = as_decimal(row["amount"]) or ZERO, as_decimal(row["cost"]) or ZERO
    if not amount or amount < whole * COVERED or cost >= amount:
        return None
    return Margin(round(1 - cost / amount, 4), "costs")


Counts = dict[str, dict[int, int]]
Sums = dict[str, dict[tuple[int, int], Decimal]]


def _values(reader: Reader, window: Window, end: date) -> tuple[Counts, Sums]:
    """New buyers by channel and whole months in view, and their net money by month of life and months in view."""
    t = goods(reader, end)
    rank = ibis.row_number().over(ibis.window(group_by=t.buyer_key, order_by=[t.paid_date, t.paid_at, t.order_id]))
    ranked = t.mutate(rank_=rank)
    first = ranked.filter((ranked.rank_ == 0) & ranked.paid_date.between(window.start, window.end))
    firsts = first.select("buyer_key", first_day=first.paid_date, kind=_kind(reader, first))
    view = (ibis.literal(end).epoch_days() - firsts.first_day.epoch_days() + 1) // MONTH
    firsts = firsts.mutate(seen=view.cast("int64"))
    people: Counts = {}
    for row in reader.run(firsts.group_by("kind", "seen").aggregate(n=firsts.count())):
        for channel in {row["kind"], "all"} - {"other"}:
            at = people.setdefault(channel, {})
            at[row["seen"]] = at.get(row["seen"], 0) + row["n"]
    joined = t.join(firsts, "buyer_key")
    age = ((joined.paid_date.epoch_days() - joined.first_day.epoch_days()) // MONTH).cast("int64")
    net = joined.gross_amount - joined.refund_amount.fill_null(ZERO)
    by = joined.mutate(age=age, net=net)
    money: Sums = {}
    for row in reader.run(by.group_by("kind", "age", "seen").aggregate(net=by.net.sum())):
        for channel in {row["kind"], "all"} - {"other"}:
            cells = money.setdefault(channel, {})
            key = (int(row["age"]), int(row["seen"]))
            cells[key] = cells.get(key, ZERO) + Decimal(row["net"])
    return people, money


def _curve(people: Mapping[int, int], money: Mapping[tuple[int, int], Decimal]) -> tuple[Decimal, ...]:
    """Cumulative net money per buyer, month by month, as far as 30 buyers have been in view."""
    total, curve = ZERO, []
    for month in range(max(people, default=0)):
        buyers = sum(n for seen, n in people.items() if seen > month)
        if buyers < LEAST:
            break
        total += sum((amount for (age, seen), amount in money.items() if age == month and seen > month), ZERO) / buyers
        curve.append(total)
    return tuple(curve)


def _kind(reader: Reader, first: Any) -> Any:
    """paid, live or other, by the words the export itself uses for source and channel."""
    paid, live = _words(reader, _PAID), _words(reader, _LIVE)
    text = first.source.fill_null(""), first.channel.fill_null("")
    is_paid = _any_in(text, paid)
    return ibis.cases((is_paid, "paid"), (_any_in(text, live), "live"), else_="other")


def _any_in(columns: Sequence[Any], words: Sequence[str]) -> Any:
    found = ibis.literal(False)
    for column in columns:
        found = found | (column.isin(list(words)) if words else ibis.literal(False))
    return found


def _words(reader: Reader, pattern: re.Pattern[str]) -> list[str]:
    t = reader.relation("known_orders")
    rows = [*reader.run(t.select(word=t.source).distinct()), *reader.run(t.select(word=t.channel).distinct())]
    return sorted({row["word"] for row in rows if row["word"] and pattern.search(row["word"])})
