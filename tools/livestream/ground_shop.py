"""What the shop's own tables say of a room: order value, refunds at a ripe age, cost of goods, fees, parcels, ads, volume, known buyers.

Every reading is a `Found` with the table and the days it comes from, or None where the tables cannot tell. Under `LEAST` orders a share is
noise, not a figure. Refunds are read over orders that are at least `RIPE` days old: the newest weeks always look better than they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from tools.facts import Window
from tools.livestream.room import LiveSession, sessions
from tools.metrics.catalog import table_text
from tools.metrics.reader import Reader, as_decimal
from tools.metrics.refund_age import RIPE
from tools.text import Text, format_value

__all__ = ["DAYS", "LEAST", "Found", "RoomShop", "listed"]

DAYS = 90
LEAST = 30
_KNOWN_DAYS = 365
_COVERED = Decimal("0.5")
ZERO, ONE = Decimal(0), Decimal(1)
_OUTBOUND = ("快递发货", "发货快递", "快递费", "快递", "包裹", "物流", "freight", "shipping", "outbound")
_RETURN = ("退货运费", "退货快递", "退货物流", "回程", "return freight", "return shipping", "return parcel")
_INSURED = ("运费险", "insurance")
_CREATORS = (
    "达人",
    "淘客",
    "淘宝客",
    "带货",
    "主播",
    "代播",
    "creator",
    "kol",
    "affiliate",
    "agency",
)  # commissions, not platform fees
_FIXED = ("店播固定", "自播固定", "直播固定", "直播间固定", "live fixed", "livestream fixed")


@dataclass(frozen=True)
class Found:
    """A figure with where it comes from: table, days, and what it leaves out."""

    value: Decimal
    source: Text
    window: Window | None = None


def _from(table: str, window: Window | None, more: Text | None = None) -> Text:
    name, span = table_text(table), f"，{window.start} 至 {window.end}" if window else ""
    span_en = f", {window.start} to {window.end}" if window else ""
    tail = more or Text("", "")
    return Text(f"{name.zh}{span}{tail.zh}", f"{name.en}{span_en}{tail.en}")


_WHOLE = Text("，全店（没有单独的直播数据）", ", the whole shop (no data of the room alone)")
_YOUNG = Text("，订单还太新、退款没到齐，偏低", ", orders still too new, refunds not all in: too low")


class RoomShop:
    """Readings of one shop for one day. `day`: nothing on or after it is read."""

    def __init__(self, reader: Reader, day: date) -> None:
        self.reader = reader
        self.day = day

    # -- windows ------------------------------------------------------------------------------------------------------
    def _recent(self, table: str, back: int = 0) -> Window | None:
        """The last 90 days of a table that end `back` days before its last day; None where it covers none of them."""
        if table in self.reader.shop.hidden:
            return None
        days = self.reader.coverage(table)
        if days is None:
            return None
        end = min(days[1], self.day - timedelta(days=1)) - timedelta(days=back)
        start = max(days[0], end - timedelta(days=DAYS - 1))
        return Window(start=start, end=end) if start <= end else None

    @cached_property
    def streams(self) -> list[LiveSession]:
        window = self._recent("live_sessions")
        return sessions(self.reader, window) if window else []

    # -- order value and volume ---------------------------------------------------------------------------------------
    def order_value(self) -> Found | None:
        told = [s for s in self.streams if s.paid_amount is not None and s.orders]
        n = sum(s.orders or 0 for s in told)
        if n >= LEAST:
            window = self._recent("live_sessions")
            return Found(sum((s.paid_amount or ZERO for s in told), ZERO) / n, _from("live_sessions", window), window)
        found = self._line_value()
        if found is not None:
            return found
        for live in (True, False):
            window = self._recent("orders")
            t = self._orders(window, live=live)
            row = self.reader.run(t.aggregate(n=t.count(), gmv=t.gross_amount.sum()))[0] if t is not None else None
            if row and row["n"] >= LEAST:
                more = Text("，直播渠道", ", live channel") if live else _WHOLE
                return Found(row["gmv"] / row["n"], _from("orders", window, more), window)
        return None

    def _line_value(self) -> Found | None:
        """From the room's order lines (直播订单明细): money ÷ distinct orders."""
        window = self._recent("live_orders")
        if window is None or not self.reader.holds("live_orders", ("order_id",)):
            return None
        t = self.reader.table("live_orders")
        t = t.filter(t.paid_date.between(window.start, window.end) & t.amount.notnull() & t.order_id.notnull())
        row = self.reader.run(t.aggregate(n=t.order_id.nunique(), paid=t.amount.sum()))[0]
        return Found(row["paid"] / row["n"], _from("live_orders", window), window) if row["n"] >= LEAST else None

    def monthly_gmv(self) -> Found | None:
        """Paid GMV of the room in 30 days, as a mean over up to 90; needs two weeks of room."""
        window = self._recent("live_sessions")
        told = [s.paid_amount for s in self.streams if s.paid_amount is not None]
        mean = Text("，折成 30 天", ", per 30 days")
        if window and told and window.days >= 14:
            return Found(sum(told, ZERO) / window.days * 30, _from("live_sessions", window, mean), window)
        window = self._recent("orders")
        t = self._orders(window, live=True)
        if t is None or window is None or window.days < 14:
            return None
        row = self.reader.run(t.aggregate(n=t.count(), gmv=t.gross_amount.sum()))[0]
        if row["n"] < LEAST:
            return None
        both = Text(f"，直播渠道{mean.zh}", f", live channel{mean.en}")
        return Found(row["gmv"] / window.days * 30, _from("orders", window, both), window)

    def _orders(self, window: Window | None, *, live: bool) -> Any | None:
        """Paid orders of a window; with `live` those of the room (channel or session), None where the files do not tell."""
        if window is None:
            return None
        t = self.reader.relation("orders")
        t = t.filter(t.paid_date.between(window.start, window.end))
        return t.filter((t.channel == "live") | (t.session_id.notnull() & (t.session_id != ""))) if live else t

    # -- refunds ------------------------------------------------------------------------------------------------------
    def refunds(self) -> tuple[Found, Found] | None:
        """Cancelled before and returned after shipping, as shares of paid GMV of ripe orders; None where nothing tells."""
        for back, note in ((RIPE, Text("", "")), (0, _YOUNG)):
            total = self._live_refunds(back, note) or self._order_refunds(back, note) or self._unreceived(back, note)
            if total is not None:
                return self._split(total)
        return None

    def _live_refunds(self, back: int, note: Text) -> Found | None:
        window = self._recent("live_sessions", back)
        if window is None:
            return None
        told = [s for s in sessions(self.reader, window) if s.refund_amount is not None and s.paid_amount is not None]
        if sum(s.orders or 0 for s in told) < LEAST:
            return None
        paid = sum((s.paid_amount or ZERO for s in told), ZERO)
        back_money = sum((s.refund_amount or ZERO for s in told), ZERO)
        return Found(min(back_money / paid, ONE), _from("live_sessions", window, note), window) if paid else None

    def _order_refunds(self, back: int, note: Text) -> Found | None:
        window = self._recent("orders", back)
        if window is None or not self.reader.refunds_known:
            return None
        for live in (True, False):
            t = self._orders(window, live=live)
            row = self.reader.run(t.aggregate(n=t.count(), gmv=t.gross_amount.sum(), back=t.refund_amount.sum()))[0] if t is not None else None  # fmt: skip
            if row and row["n"] >= LEAST and row["gmv"] and row["back"] is not None:
                more = Text("，直播渠道", ", live channel") if live else _WHOLE
                source = _from("orders", window, Text(more.zh + note.zh, more.en + note.en))
                return Found(min(row["back"] / row["gmv"], ONE), source, window)
        return None

    def _unreceived(self, back: int, note: Text) -> Found | None:
        """Where only the room's order lines are there: what was never confirmed as received, an upper bound of refunds."""
        window = self._recent("live_orders", back)
        if window is None or not self.reader.holds("live_orders", ("received_amount",)):
            return None
        t = self.reader.table("live_orders")
        t = t.filter(t.paid_date.between(window.start, window.end) & t.amount.notnull())
        row = self.reader.run(t.aggregate(n=t.count(), paid=t.amount.sum(), kept=t.received_amount.sum()))[0]
        if row["n"] < LEAST or not row["paid"]:
            return None
        more = Text(f"，未确认收货的都按退款算（上限）{note.zh}", f", all that was not confirmed as received counted as refunded (an upper bound){note.en}")  # fmt: skip
        lost = ONE - Decimal(row["kept"] or 0) / row["paid"]
        return Found(min(max(lost, ZERO), ONE), _from("live_orders", window, more), window)

    def _split(self, total: Found) -> tuple[Found, Found]:
        """By shipping time where orders and refunds carry it; else all as returned after shipping, which costs most."""
        share = self._before_shipping(total.window)
        if share is None:
            more = Text("；分不出发货前后，全按发货后退货算（偏保守）", "; before and after shipping cannot be told apart, all counted as after (the costlier)")  # fmt: skip
            share = ZERO
        else:
            more = Text("；按发货时间拆分", "; split by shipping time")
        source = Text(total.source.zh + more.zh, total.source.en + more.en)
        return Found(total.value * share, source, total.window), Found(
            total.value * (ONE - share), source, total.window
        )

    def _before_shipping(self, window: Window | None) -> Decimal | None:
        reader = self.reader
        if window is None or not (reader.has("orders") and reader.has("refunds")):
            return None
        if not (reader.holds("orders", ("shipped_at",)) and reader.holds("refunds", ("order_id", "refunded_at"))):
            return None
        for live in (True, False):
            orders = self._orders(window, live=live)
            if orders is None:
                return None
            back = reader.table("refunds").select(refunded_order="order_id", amount="amount", refunded_at="refunded_at")
            t = back.join(orders.select("order_id", "shipped_at"), back.refunded_order == orders.order_id)
            early = t.shipped_at.isnull() | (t.refunded_at < t.shipped_at)
            row = reader.run(t.aggregate(n=t.count(), all=t.amount.sum(), early=early.ifelse(t.amount, 0).sum()))[0]
            if row["n"] >= LEAST and row["all"]:
                return Decimal(row["early"] or 0) / Decimal(row["all"])
        return None

    # -- goods --------------------------------------------------------------------------------------------------------
    def cost_share(self) -> Found | None:
        """Cost of the pieces sold ÷ what was paid for them, over lines with a known cost; the room's own lines where they are told."""
        reader, window = self.reader, self._recent("order_lines")
        if window is None:
            return None
        if reader.has("item_costs") and "item_costs" not in reader.shop.hidden:
            found = self._costed(window, live=True) or self._costed(window, live=False)
            if found is not None:
                return found
        if not reader.holds("order_lines", ("profit",)):
            return None
        t = reader.relation("lines")
        t = t.filter(t.paid_date.between(window.start, window.end) & t.profit.notnull())
        row = reader.run(t.aggregate(n=t.count(), amount=t.amount.sum(), profit=t.profit.sum()))[0]
        if row["n"] < LEAST or not row["amount"]:
            return None
        more = Text("，按毛利列推算", ", from its profit column")
        return _in_bounds(ONE - row["profit"] / row["amount"], _from("order_lines", window, more), window)

    def _costed(self, window: Window, *, live: bool) -> Found | None:
        reader = self.reader
        if live and not reader.has("live_orders"):
            return None

        def of(name: str) -> Any:
            t = reader.relation(name)
            t = t.filter(t.paid_date.between(window.start, window.end) & (t.amount > 0))
            return t.semi_join(reader.table("live_orders"), "line_id") if live else t

        t, every = of("costed_lines"), of("lines")
        row = reader.run(t.aggregate(n=t.count(), amount=t.amount.sum(), profit=t.line_profit.sum()))[0]
        whole = as_decimal(reader.run(every.aggregate(amount=every.amount.sum()))[0]["amount"])
        if row["n"] < LEAST or not whole or row["amount"] / whole < _COVERED:
            return None
        part = format_value(row["amount"] / whole, "ratio", "zh")
        mix = Text("直播订单的结构", "the room's own mix") if live else Text("全店订单的结构", "the whole shop's mix")
        more = Text(f" × {mix.zh}（覆盖成交的 {part}）", f" × {mix.en} (costs known for {part} of sales)")
        return _in_bounds((row["amount"] - row["profit"]) / row["amount"], _from("item_costs", window, more), window)

    # -- fees and parcels ---------------------------------------------------------------------------------------------
    def platform_fee(self) -> Found | None:
        """Platform fees ÷ sales of the settlement ledger (creator commission apart), else the fee table's rates added up."""
        reader, window = self.reader, self._recent("ledger_entries")
        if window is not None and reader.holds("ledger_entries", ("kind", "income", "expense")):
            t = reader.table("ledger_entries")
            t = t.filter(t.booked_date.between(window.start, window.end))
            fees = (t.kind == "platform_fee").ifelse(t.expense, 0).sum()
            row = reader.run(t.aggregate(sales=(t.kind == "sale").ifelse(t.income, 0).sum(), fees=fees))[0]
            if row["sales"] and row["fees"]:
                more = Text("，平台费 ÷ 货款（不含达人佣金）", ", platform fees ÷ sales (without creators' commission)")
                return Found(row["fees"] / row["sales"], _from("ledger_entries", window, more), window)
        rates = [(name, rate) for name, rate in in_force(reader, self.day, "rate") if not _named(name, _CREATORS)]
        if not rates:
            return None
        names = "、".join(name for name, _ in rates)
        more = Text(f"：{names}，有效费率之和", f": {names}, rates in force added up")
        return Found(sum((rate for _, rate in rates), ZERO), _from("fees", None, more))

    def outbound(self) -> Found | None:
        return listed(self.reader, self.day, _OUTBOUND, but=(*_RETURN, *_INSURED))

    def return_parcel(self) -> Found | None:
        return listed(self.reader, self.day, _RETURN)

    def insurance(self) -> Found | None:
        return listed(self.reader, self.day, _INSURED)

    def room_fixed(self) -> Found | None:
        return listed(self.reader, self.day, _FIXED)

    # -- ads and buyers -----------------------------------------------------------------------------------------------
    def ad_share(self) -> Found | None:
        told = [s for s in self.streams if s.ad_spend is not None and s.paid_amount is not None]
        paid = sum((s.paid_amount or ZERO for s in told), ZERO)
        if not paid or sum(s.orders or 0 for s in told) < LEAST:
            return None
        window = self._recent("live_sessions")
        more = Text("，投流花费 ÷ 成交金额", ", ad spend ÷ GMV")
        return Found(sum((s.ad_spend or ZERO for s in told), ZERO) / paid, _from("live_sessions", window, more), window)

    def known_buyers(self) -> Found | None:
        """GMV of the room from buyers who had paid the shop on an earlier day of the year before, as a share."""
        reader, window = self.reader, self._recent("orders")
        if window is None or not reader.holds("orders", ("buyer_key",)):
            return None
        live = self._orders(window, live=True)
        if live is None:
            return None
        live = live.filter(live.buyer_key.notnull() & (live.buyer_key != ""))
        live = live.select("order_id", "buyer_key", "paid_date", "gross_amount")
        days = reader.relation("buyer_days").select(before_key="buyer_key", before="paid_date")
        age = live.paid_date.delta(days.before, unit="day")
        seen = live.join(days, (live.buyer_key == days.before_key) & (age > 0) & (age <= _KNOWN_DAYS))
        known = live.semi_join(seen.select("order_id").distinct(), "order_id")
        row = reader.run(live.aggregate(n=live.count(), gmv=live.gross_amount.sum()))[0]
        if row["n"] < LEAST or not row["gmv"]:
            return None
        part = reader.run(known.aggregate(gmv=known.gross_amount.sum()))[0]["gmv"] or ZERO
        more = Text("，直播渠道，365 天内买过", ", live channel, bought within 365 days before")
        return Found(part / row["gmv"], _from("orders", window, more), window)


def _in_bounds(value: Decimal, source: Text, window: Window | None) -> Found:
    """A mix sold below cost has a share above 1; a share below 0 is a wrong column and is cut at 0."""
    return Found(max(value, ZERO), source, window)


def in_force(reader: Reader, day: date, column: Literal["rate", "amount"]) -> list[tuple[str, Decimal]]:
    """Each fee of the table with its rate or amount in force on the day; [] where the table is absent or was not shared."""
    if "fees" in reader.shop.hidden or not reader.has("fees"):
        return []
    fees = reader.table("fees")
    fees = fees.filter((fees.valid_from <= day) & fees[column].notnull())
    rows = reader.run(fees.group_by("fee").aggregate(value=fees[column].argmax(fees.valid_from)).order_by("fee"))
    return [(str(row["fee"]), Decimal(row["value"])) for row in rows]


def _named(text: str, some: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in some)


def listed(reader: Reader, day: date, words: tuple[str, ...], but: tuple[str, ...] = ()) -> Found | None:
    """Amounts of the fee table in force on the day whose name holds one of the words, added up; None where none does."""
    hits = [row for row in in_force(reader, day, "amount") if _named(row[0], words) and not _named(row[0], but)]
    if not hits:
        return None
    names = "、".join(name for name, _ in hits)
    return Found(sum((value for _, value in hits), ZERO), _from("fees", None, Text(f"：{names}", f": {names}")))
