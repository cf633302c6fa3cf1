"""Events with dates: stock-outs, price changes, promotions, hosts leaving, ad plans stopping, turning points, the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from tools.facts import Quantity, Role, Window
from tools.metrics.drivers import Event
from tools.metrics.pair import Pair
from tools.metrics.reader import in_window
from tools.metrics.spans import each
from tools.metrics.stats import turning_point
from tools.metrics.windows import day_text
from tools.text import Text

__all__ = [
    "ad_events",
    "daily_of",
    "host_events",
    "price_events",
    "promotion_events",
    "stock_outs",
    "turning_event",
]

ZERO = Decimal(0)
_PRICE_STEP = Decimal("0.03")  # a price change under 3 % is rounding and coupons


def span_of(pair: Pair) -> Window:
    """From the first day of the earlier window to the last of the later."""
    return Window(start=min(w.start for w in pair.both), end=max(w.end for w in pair.both))


def stock_outs(pair: Pair, names: dict[str, str]) -> list[Event]:
    """Runs of days without stock in either window, per product in `names` (id to title); two days or more."""
    if not pair.reader.has("stock_daily") or not names:
        return []
    t = pair.reader.relation("stock_daily")
    t = t.filter(in_window(t.day, pair.both), t.product_id.isin(list(names)), t.on_hand <= 0)
    days: dict[str, list[date]] = {}
    for row in pair.reader.run(t.select("product_id", "day").distinct()):
        days.setdefault(row["product_id"], []).append(row["day"])
    events = []
    for product, empty in sorted(days.items()):
        for start, end in _runs(sorted(empty)):
            length = (end - start).days + 1
            if length >= 2:
                events.append(_stock_out(product, names[product], Window(start=start, end=end)))
    return events


def _stock_out(product: str, name: str, window: Window) -> Event:
    quantity = Quantity(
        metric="stock_out_days", value=Decimal(window.days), unit="days", window=window, subject=(name,)
    )
    start, end = day_text(window.start), day_text(window.end)
    label = Text(f"“{name}”{start.zh}至{end.zh}缺货", f'"{name}" was out of stock from {start.en} to {end.en}')
    return Event("stock_out", label, window.start, window.end, product, (name,), (quantity,))


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def price_events(pair: Pair, names: dict[str, str]) -> list[Event]:
    """A lasting step in the price paid per item, per product: median before against median after the best break."""
    if not pair.reader.has("order_lines") or not names:
        return []
    t = pair.reader.relation("lines")
    t = t.filter(in_window(t.paid_date, pair.both), t["product"].isin(list(names)), t.quantity > 0)
    rows = pair.reader.run(t.group_by("product", "paid_date").aggregate(amount=t.amount.sum(), items=t.quantity.sum()))
    series: dict[str, list[tuple[date, Decimal]]] = {}
    for row in rows:
        series.setdefault(row["product"], []).append((row["paid_date"], Decimal(row["amount"]) / row["items"]))
    events = [_price_event(pair, key, names[key], sorted(points)) for key, points in sorted(series.items())]
    return [event for event in events if event is not None]


def _price_event(pair: Pair, product: str, name: str, points: list[tuple[date, Decimal]]) -> Event | None:
    at = turning_point([float(price) for _, price in points])
    if at is None:
        return None
    old, new = median(price for _, price in points[:at]), median(price for _, price in points[at:])
    day, step = points[at][0], (new - old) / old if old else ZERO
    if abs(step) < _PRICE_STEP or day < pair.now.start - timedelta(days=14):
        return None
    after = Window(start=day, end=span_of(pair).end)
    quantities = (
        Quantity(metric="item_price", value=step, unit="ratio", role=Role.CHANGE_RATE, window=after, subject=(name,)),
    )
    words = day_text(day)
    if step > 0:
        label = Text(f"“{name}”{words.zh}起件单价上调", f'the price paid for "{name}" rose from {words.en}')
        return Event("price_raise", label, day, None, product, (name,), quantities)
    label = Text(f"“{name}”{words.zh}起件单价下降", f'the price paid for "{name}" fell from {words.en}')
    return Event("price_cut", label, day, None, product, (name,), quantities)


def promotion_events(pair: Pair) -> list[Event]:
    """Promotions that ran in one window and not in the other: ended, or started."""
    if not pair.reader.has("promotions"):
        return []
    t = pair.reader.table("promotions")
    columns = ("promotion_id", "name", "kind", "product_id", "starts_on", "ends_on")
    events = []
    for row in pair.reader.run(t.filter(t.starts_on.notnull()).select(*columns)):
        before, now = (_overlap(row, window) for window in (pair.before, pair.now))
        name = row["name"] or row["promotion_id"]
        ended = row["ends_on"] is not None and before * 3 >= pair.before.days * 2 and now * 4 <= before
        if ended:
            words = day_text(row["ends_on"])
            label = Text(f"“{name}”{words.zh}结束", f'"{name}" ended on {words.en}')
            events.append(_promotion("promotion_end", row, name, label, row["ends_on"]))
        elif now >= 3 and before == 0 and row["starts_on"] >= pair.now.start:
            words = day_text(row["starts_on"])
            label = Text(f"“{name}”{words.zh}开始", f'"{name}" started on {words.en}')
            events.append(_promotion("promotion_start", row, name, label, row["starts_on"]))
    return sorted(events, key=lambda event: (event.start, event.entity))


def _promotion(kind: Any, row: dict[str, Any], name: str, label: Text, day: date) -> Event:
    subject = (name, row["product_id"]) if row["product_id"] else (name,)
    return Event(kind, label, day, None, row["promotion_id"], subject)


def _overlap(row: dict[str, Any], window: Window) -> int:
    start: date = max(row["starts_on"], window.start)
    end: date = min(row["ends_on"] or window.end, window.end)
    return max(0, (end - start).days + 1)


def host_events(pair: Pair, host: str) -> list[Event]:
    """A host who stopped going on air for a week or more up to the end of the window, or came new in it."""
    days = daily_of(pair, "live_sessions", "host", host, "minutes")
    on_air = sorted(day for day, value in days.items() if value > 0)
    if not on_air:
        return []
    first, last = on_air[0], on_air[-1]
    if (pair.now.end - last).days >= 7:
        words = day_text(last)
        label = Text(f"主播“{host}”{words.zh}之后没有再开播", f'host "{host}" has not been on air since {words.en}')
        return [Event("host_absent", label, last, None, host, (host,))]
    if first >= pair.now.start:
        words = day_text(first)
        label = Text(f"主播“{host}”{words.zh}起开播", f'host "{host}" went on air from {words.en}')
        return [Event("host_new", label, first, None, host, (host,))]
    return []


def ad_events(pair: Pair, plan: str, name: str) -> list[Event]:
    """An ad plan whose spend stopped for four days or more, or stepped down or up by a third."""
    days = daily_of(pair, "ad_daily", "plan_id", plan, "spend")
    span = span_of(pair)
    series = [(day, days.get(day, 0.0)) for day in each(span)]
    idle = [day for day, value in series if value <= 0 and day >= pair.now.start - timedelta(days=14)]
    longest = max(_runs(idle), key=lambda run: (run[1] - run[0]).days, default=None)
    if longest and (longest[1] - longest[0]).days >= 3 and longest[1] >= pair.now.start:
        start, end = day_text(longest[0]), day_text(longest[1])
        window = Window(start=longest[0], end=longest[1])
        count = Quantity(metric="ad_spend", value=Decimal(window.days), unit="days", window=window, subject=(name,))
        label = Text(
            f"推广计划“{name}”{start.zh}至{end.zh}没有花费",
            f'ad plan "{name}" spent nothing from {start.en} to {end.en}',
        )
        return [Event("ad_stopped", label, longest[0], longest[1], plan, (name,), (count,))]
    at = turning_point([value for _, value in series])
    if at is None:
        return []
    old, new = (sum(v for _, v in part) / len(part) for part in (series[:at], series[at:]))
    words = day_text(series[at][0])
    if old and new < old * 2 / 3:
        label = Text(
            f"推广计划“{name}”{words.zh}起日花费明显下降",
            f'daily spend of ad plan "{name}" stepped down from {words.en}',
        )
        return [Event("ad_cut", label, series[at][0], None, plan, (name,))]
    if old and new > old * 4 / 3:
        label = Text(
            f"推广计划“{name}”{words.zh}起日花费明显上升", f'daily spend of ad plan "{name}" stepped up from {words.en}'
        )
        return [Event("ad_raised", label, series[at][0], None, plan, (name,))]
    return []


def daily_of(pair: Pair, relation: str, column: str, key: str, value: str) -> dict[date, float]:
    """One column of one entity by day, over both windows."""
    t = pair.reader.relation(relation)
    t = t.filter(in_window(t.day, pair.both), t[column] == key)
    return {
        row["day"]: float(row["v_"] or 0) for row in pair.reader.run(t.group_by("day").aggregate(v_=t[value].sum()))
    }


def turning_event(pair: Pair, relation: str, column: str, key: str, name: str) -> Event | None:
    """The day an entity's share of all visitors shifts; dividing by the rest takes week days and campaigns out."""
    t = pair.reader.relation(relation)
    t = t.filter(in_window(t.day, pair.both))
    own = (t[column] == key).ifelse(t.visitors, 0).sum()
    rows = pair.reader.run(t.group_by("day").aggregate(own=own, whole=t.visitors.sum()))
    rows.sort(key=lambda row: row["day"])
    series = [float(row["own"] or 0) / max(1.0, float((row["whole"] or 0) - (row["own"] or 0))) for row in rows]
    at = turning_point(series)
    if at is None:
        return None
    day = rows[at]["day"]
    if day < pair.now.start - timedelta(days=14):
        return None
    down = sum(series[at:]) / len(series[at:]) < sum(series[:at]) / at
    words = day_text(day)
    zh, en = ("走低", "went down") if down else ("走高", "went up")
    label = Text(f"“{name}”的访客{words.zh}起明显{zh}", f'visitors of "{name}" {en} from {words.en}')
    return Event("turning_point", label, day, None, key, (name,), turned="visitors")
