"""What is asked before causes: is it the market or me, are rows missing, is the swing usual, which campaigns fall in each window."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tools.calendar import CalendarEvent, events_between
from tools.facts import Quantity, Role, Window
from tools.metrics.catalog import Metric, unlock_text
from tools.metrics.customers import calculate
from tools.metrics.drivers import Check, Event
from tools.metrics.engine import cut
from tools.metrics.gaps import Gap, find_gaps
from tools.metrics.pair import Pair
from tools.metrics.reader import in_window, period_label
from tools.metrics.stats import Swing, change_surprise, swing_of
from tools.metrics.windows import window_text
from tools.text import Text, format_value, quantize

__all__ = ["MarketMove", "calendar_events", "gap_checks", "market_check", "market_move", "normal_check", "swing_for"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class MarketMove:
    """Mean daily index of the category in both windows; `surprise` is a robust z of its change against its past changes."""

    before: Decimal
    after: Decimal
    surprise: float | None

    @property
    def rate(self) -> Decimal:
        return (self.after - self.before) / self.before


def market_move(pair: Pair) -> MarketMove | None:
    """How the category moved; None without a market report that covers both windows."""
    reader = pair.reader
    days = reader.coverage("market_daily")
    if days is None or any(w.start < days[0] or w.end > days[1] for w in pair.both):
        return None
    if ("market", pair.windows) not in reader.memo:
        t = reader.relation("market_daily")
        t = t.filter(in_window(t.day, pair.windows))
        period = period_label(t.day, pair.windows)
        t = t.mutate(w_=period.expression)
        rows = reader.run(t.group_by("w_").aggregate(total=t.index_value.sum(), n=t.count()))
        level = {
            period.index[row["w_"]]: Decimal(row["total"] or 0) / row["n"] for row in rows if row["w_"] in period.index
        }
        values = [level.get(k) for k in range(len(pair.windows))]
        now, before = values[0], values[1]
        reader.memo["market", pair.windows] = (
            MarketMove(before, now, change_surprise(values)) if now and before else None
        )
    found: MarketMove | None = reader.memo["market", pair.windows]
    return found


def market_check(pair: Pair, rate: Decimal | None) -> Check:
    """The category's change between the same windows against the shop's own; `unknown` without a market report."""
    move = market_move(pair)
    if move is None:
        return Check(
            "market",
            "unknown",
            Text(
                "没有这两个时间段的大盘数据，分不清是行业变了还是自己变了。",
                "There is no market data for both windows, so the market cannot be told from the shop.",
            ),
            unlock=unlock_text("market_daily", pair.reader.platform),
        )
    market = move.rate
    value = Quantity(metric="market_index", value=market, unit="ratio", role=Role.CHANGE_RATE, window=pair.now)
    zh, en = (format_value(market, "ratio", lang, signed=True) for lang in ("zh", "en"))
    if rate is None or market * rate <= 0 or abs(market) * 2 < abs(rate):
        text = Text(
            f"同期大盘指数 {zh}，解释不了你的变化，主要是店铺自己的原因。",
            f"The market index moved {en} over the same windows, which does not account for your change: it is mostly your own.",
        )
        return Check("market", "ok", text, (value,))
    text = Text(
        f"同期大盘指数 {zh}，你的变化里有很大一部分跟着大盘走。",
        f"The market index moved {en} over the same windows, so much of your change goes with the market.",
    )
    return Check("market", "warn", text, (value,))


def gap_checks(pair: Pair) -> list[Check]:
    """Nearly empty days in either window."""
    checks = []
    for window in pair.both:
        for gap in find_gaps(pair.reader, window):
            if gap.low_days < 2:  # a single public holiday does not move a month
                continue
            text, quantities = gap_text(gap)
            checks.append(Check("gaps", "warn", text, quantities))
    return list(dict.fromkeys(checks))[:3] or [
        Check("gaps", "ok", Text("两个时间段都没有异常的空白日。", "Neither window has suspiciously empty days."))
    ]


def gap_text(gap: Gap) -> tuple[Text, tuple[Quantity, ...]]:
    """A gap in words, and its figures."""
    low = Quantity(metric="near_empty_days", value=Decimal(gap.low_days), unit="days", window=gap.window)
    orders = Quantity(metric="orders", value=Decimal(gap.orders), unit="orders", window=gap.window)
    usual = Quantity(metric="usual_daily_orders", value=gap.usual, unit="orders", role=Role.PREVIOUS, window=gap.window)
    words = window_text(gap.window)
    zh = (
        f"{words.zh}有 {format_value(low.value, 'days', 'zh')}几乎没有订单：一共 {format_value(orders.value, 'orders', 'zh')}，"
        f"而平时一天约 {format_value(usual.value, 'orders', 'zh')}"
    )
    en = (
        f"{words.en}: {_days_are(gap.low_days)} nearly empty, {format_value(orders.value, 'orders', 'en')} "
        f"in all against about {format_value(usual.value, 'orders', 'en')} on a usual day"
    )
    if gap.edge:
        return Text(
            zh + "（在数据的边缘，可能只是没导全）。", en + " (at the edge of the data, perhaps a partial day)."
        ), (
            low,
            orders,
            usual,
        )
    return Text(zh + "。", en + "."), (low, orders, usual)


def _days_are(count: int) -> str:
    return "1 day is" if count == 1 else f"{count:,} days are"


def swing_for(pair: Pair, metric: Metric) -> Swing | None:
    """The usual change between neighbouring windows of this length before the change asked about."""
    windows = pair.windows[1:]
    if len(windows) < 7:
        return None
    if metric.calc:
        if metric.id == "repurchase_90d":
            return None
        values = [calculate(pair.reader, metric.id, window).value for window in windows]
    else:
        found = cut(pair.reader, [metric], windows)
        values = [found.rows[index, ""][metric.id] for index in range(len(windows))]
    return swing_of(list(reversed(values)))


def normal_check(
    swing: Swing | None, rate: Decimal | None, window: Window, *, stands_out: bool, base: Decimal | None = None
) -> Check:
    """Whether the change is within the shop's own usual swing; a part of it may still stand out against its own history.

    `rate` is the relative change. `base` is the earlier value of a ratio metric, whose usual changes are told in pp of it.
    """
    if swing is None or rate is None:
        return Check(
            "normal",
            "unknown",
            Text(
                "历史太短，判断不了这个变化是否在正常波动内。",
                "History is too short to say whether this change is within normal variation.",
            ),
        )
    unit = "ratio" if base is None else "pp"
    edges = [edge if base is None else quantize(edge * base * 100, 4) for edge in (swing.low, swing.high)]
    low = Quantity(metric="usual_change", value=edges[0], unit=unit, role=Role.RANGE_LOW, window=window)
    high = Quantity(metric="usual_change", value=edges[1], unit=unit, role=Role.RANGE_HIGH, window=window)
    zh, en = (tuple(format_value(edge, unit, lang, signed=True) for edge in edges) for lang in ("zh", "en"))
    if swing.holds(rate) and stands_out:
        text = Text(
            f"总量的变化还在店铺自己的正常波动内（通常 {zh[0]} 到 {zh[1]}），总数不必当成问题；值得看的是其中一部分。",
            f"The total is within the shop's normal variation (usually {en[0]} to {en[1]}) and no problem in itself; one part of it"
            " is worth a look.",
        )
        return Check("normal", "warn", text, (low, high))
    if swing.holds(rate):
        text = Text(
            f"这个变化在店铺自己的正常波动内（通常 {zh[0]} 到 {zh[1]}），不宜当成问题来解读。",
            f"This change is within the shop's normal variation (usually {en[0]} to {en[1]}); do not read a problem into it.",
        )
        return Check("normal", "ok", text, (low, high))
    text = Text(
        f"这个变化超出了店铺自己的正常波动（通常 {zh[0]} 到 {zh[1]}）。",
        f"This change is outside the shop's normal variation (usually {en[0]} to {en[1]}).",
    )
    return Check("normal", "warn", text, (low, high))


def calendar_events(pair: Pair) -> list[Event]:
    """Campaigns and holidays that weigh differently on the two windows, most days first."""
    start, end = min(w.start for w in pair.both), max(w.end for w in pair.both)
    found = []
    for event in events_between(start, end, pair.reader.platform):
        if event.phase not in ("season", "holiday"):
            continue
        days = [_days(event, window) for window in pair.both]
        if abs(days[0] - days[1]) >= 3:
            label = Text(
                f"{event.name.zh}（{event.start} 至 {event.end}）",
                f"{event.name.en} ({event.start} to {event.end})",
            )
            found.append((abs(days[0] - days[1]), Event("calendar", label, event.start, event.end, event.event_id)))
    return [event for _, event in sorted(found, key=lambda item: (-item[0], item[1].start))]


def _days(event: CalendarEvent, window: Window) -> int:
    return max(0, (min(event.end, window.end) - max(event.start, window.start)).days + 1)
