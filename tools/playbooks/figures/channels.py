"""Ads, livestream, price gaps between channels and what the last campaign brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import Any

from tools.calendar import PLATFORMS, CalendarEvent, calendar, next_event
from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, paid_orders, rows
from tools.playbooks.render import clean_name

__all__ = ["campaign_figures", "host_figures", "live_figures", "losing_plans", "price_figures", "stopped_plan_figures"]

_MIN_UNITS = 20
_MIN_GAP = Decimal("0.03")


def losing_plans(frame: Frame, margin: Decimal) -> Produced:
    """Ad plans whose attributed sales × margin do not pay for their spend, in the window. `margin` is per yuan paid."""
    found = Produced()
    if not frame.shop.has("ad_daily"):
        return found
    table = frame.shop.table("ad_daily")
    inside = table.filter(table.day.between(frame.window.start, frame.window.end))
    grouped = inside.group_by("plan_id").aggregate(
        plan=inside.plan.max(), spend=inside.spend.sum(), paid=inside.paid_amount.sum()
    )
    losing = [row for row in rows(grouped) if row["spend"] and (row["paid"] or 0) * margin < row["spend"]]
    spend = sum((row["spend"] for row in losing), Decimal(0))
    loss = sum((row["spend"] - (row["paid"] or 0) * margin for row in losing), Decimal(0)).quantize(Decimal("0.01"))
    common: dict[str, Any] = {"source": "ad_daily, gross margin", "window": frame.window, "higher_is_better": False}
    found.add(
        figure(
            "losing_plans", len(losing), "count",
            label=("低于保本投产比的计划数", "plans below the break-even return"),
            formula=("成交金额 × 每元支付毛利 < 花费 的计划", "plans with attributed GMV × margin below spend"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "losing_spend", spend, "money",
            label=("这些计划的花费", "spend of those plans"),
            formula=("低于保本投产比的计划花费合计", "spend of the plans below break-even"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "losing_amount", loss, "money",
            label=("这些计划的亏损额", "loss of those plans"),
            formula=("Σ（花费 − 归因成交 × 每元支付毛利）", "sum of spend less attributed GMV × margin"),
            **common,
        )
    )  # fmt: skip
    if losing:
        worst = max(losing, key=lambda row: row["spend"] - (row["paid"] or 0) * margin)
        found.name("losing_plan", clean_name(worst["plan"] or worst["plan_id"]))
        far = sum(
            (
                row["spend"] - (row["paid"] or 0) * margin
                for row in losing
                if (row["paid"] or 0) * margin < row["spend"] * Decimal("0.8")
            ),
            Decimal(0),
        )
        found.add(
            figure(
                "losing_amount_far", far.quantize(Decimal("0.01")), "money",
                label=("其中明显低于保本线的亏损", "of which clearly below break-even"),
                formula=("同上，只计不到保本线 80% 的计划", "the same, plans below 80% of break-even only"),
                **common,
            )
        )  # fmt: skip
    return found


def stopped_plan_figures(frame: Frame) -> Produced:
    """The ad plan whose attributed sales fell the most because its spend did, with what the cut saved."""
    found = Produced()
    if not frame.shop.has("ad_daily"):
        return found
    now, before = _plans(frame, frame.window), _plans(frame, frame.previous)
    cut = {key: row for key, row in before.items() if _of(now, key, "spend") < row["spend"] * Decimal("0.67")}
    if not cut:
        return found
    plan = max(cut, key=lambda key: (frame.focus.get("ad_plan") == key, cut[key]["paid"] - _of(now, key, "paid")))
    old = cut[plan]
    lost, saved = old["paid"] - _of(now, plan, "paid"), old["spend"] - _of(now, plan, "spend")
    roi = divide(old["paid"], old["spend"], 2)
    if lost <= 0 or roi is None:
        return found
    name = found.name("stopped_plan", clean_name(old["plan"] or plan))
    common: dict[str, Any] = {"source": "ad_daily", "window": frame.window}
    previous: dict[str, Any] = {"source": "ad_daily", "window": frame.previous}
    for each in (
        figure("stopped_spend_before", old["spend"], "money", label=(f"“{name}”上期花费", f'spend of "{name}" before'), formula=("计划花费合计", "spend of the plan"), **previous),
        figure("stopped_spend_now", _of(now, plan, "spend"), "money", label=(f"“{name}”花费", f'spend of "{name}"'), formula=("计划花费合计", "spend of the plan"), **common),
        figure("stopped_gmv_lost", lost, "money", label=(f"“{name}”少的归因成交", f'attributed GMV lost of "{name}"'), formula=("上期归因成交 − 本期", "attributed GMV before − now"), **common),
        figure("stopped_spend_saved", saved, "money", label=(f"“{name}”省下的花费", f'spend saved on "{name}"'), formula=("上期花费 − 本期", "spend before − now"), **common),
        figure("stopped_roi", roi, "number", label=(f"“{name}”上期投产比", f'return of "{name}" before'), formula=("归因成交 ÷ 花费", "attributed GMV ÷ spend"), **previous),
    ):  # fmt: skip
        found.add(each)
    return found


def _plans(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("ad_daily")
    inside = table.filter(table.day.between(window.start, window.end))
    grouped = inside.group_by("plan_id").aggregate(
        plan=inside.plan.max(), spend=inside.spend.sum(), paid=inside.paid_amount.sum()
    )
    return {row["plan_id"]: row for row in rows(grouped) if row["spend"] and row["paid"] is not None}


def _of(plans: Mapping[str, Mapping[str, Any]], key: str, column: str) -> Decimal:
    return plans[key][column] if key in plans else Decimal(0)


def live_figures(frame: Frame) -> Produced:
    """GMV of the room in the last 30 days. Nothing without sessions."""
    found = Produced()
    if not frame.shop.has("live_sessions"):
        return found
    window = Window(start=days_before(frame.window.end, 29), end=frame.window.end)
    table = frame.shop.table("live_sessions")
    inside = table.filter(table.day.between(window.start, window.end))
    row = next(
        iter(
            rows(
                inside.aggregate(
                    paid=inside.paid_amount.sum(), refund=inside.refund_amount.sum(), minutes=inside.minutes.sum()
                )
            )
        )
    )
    if not row["paid"]:
        return found
    common: dict[str, Any] = {"source": "live_sessions", "window": window}
    found.add(
        figure(
            "live_month_gmv", row["paid"], "money",
            label=("近 30 天直播成交", "livestream GMV of 30 days"),
            formula=("各场成交金额合计", "GMV of all sessions"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "live_hours_month", divide(row["minutes"] or 0, 60, 1), "number",
            label=("近 30 天直播小时", "hours on air in 30 days"),
            formula=("开播分钟数 ÷ 60", "minutes on air ÷ 60"),
            **common,
        )
    )  # fmt: skip
    return found


def host_figures(frame: Frame) -> Produced:
    """The host whose room lost the most between the windows, beside what all sessions lost together."""
    found = Produced()
    if not frame.shop.has("live_sessions"):
        return found
    now, before = _hosts(frame, frame.window), _hosts(frame, frame.previous)
    if not before:
        return found
    host = max(before, key=lambda name: (frame.focus.get("live_host") == name, before[name]["paid"] - _paid(now, name)))
    old, new = before[host], _paid(now, host)
    lost = old["paid"] - new
    room = sum((row["paid"] for row in before.values()), Decimal(0)) - sum(
        (row["paid"] for row in now.values()), Decimal(0)
    )
    if lost <= 0:
        return found
    name = found.name("lost_host", clean_name(host))
    previous: dict[str, Any] = {"source": "live_sessions", "window": frame.previous}
    common: dict[str, Any] = {"source": "live_sessions", "window": frame.window}
    total = ("该主播各场成交金额合计", "GMV of the host's sessions")
    hours = divide(old["paid"] * 60, old["minutes"] or 0, 2)
    for each in (
        figure("host_gmv_now", new, "money", label=(f"“{name}”直播成交", f'livestream GMV of "{name}"'), formula=total, previous=old["paid"], **common),
        figure("host_gmv_before", old["paid"], "money", label=(f"“{name}”上期直播成交", f'livestream GMV of "{name}" before'), formula=total, **previous),
        figure("host_gmv_lost", lost, "money", label=(f"“{name}”少卖的金额", f'GMV "{name}" sold less'), formula=("上期 − 本期", "previous − now"), **common),
        figure("live_gmv_lost", max(room, Decimal(0)), "money", label=("全部直播少卖的金额", "GMV all sessions sold less"), formula=("上期直播成交 − 本期，最低为零", "previous − now, at least zero"), **common),
        figure("host_gmv_per_hour_before", hours, "money", label=(f"“{name}”上期小时产出", f'GMV per hour of "{name}" before'), formula=("成交金额 ÷ 开播小时", "GMV ÷ hours on air"), **previous),
    ):  # fmt: skip
        found.add(each)
    return found


def _hosts(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("live_sessions")
    inside = table.filter(table.day.between(window.start, window.end) & table.host.notnull() & (table.host != ""))
    grouped = inside.group_by("host").aggregate(paid=inside.paid_amount.sum(), minutes=inside.minutes.sum())
    return {row["host"]: row for row in rows(grouped) if row["paid"]}


def _paid(hosts: Mapping[str, Mapping[str, Any]], name: str) -> Decimal:
    return hosts[name]["paid"] if name in hosts else Decimal(0)


def price_figures(frame: Frame) -> Produced:
    """The product sold at clearly different prices in two channels of the same window, and what the gap gave away."""
    found = Produced()
    if not (frame.shop.has("order_lines") and frame.shop.has("orders")):
        return found
    orders = (
        paid_orders(frame.shop).filter(lambda t: t.channel.notnull() & (t.channel != "")).select("order_id", "channel")
    )
    lines = frame.shop.table("order_lines")
    inside = lines.filter(
        lines.paid_date.between(frame.window.start, frame.window.end) & (lines.quantity > 0) & (lines.amount > 0)
    )
    joined = inside.join(orders, "order_id")
    grouped = joined.group_by("product_id", "channel").aggregate(
        title=joined.title.max(), units=joined.quantity.sum(), amount=joined.amount.sum()
    )
    products: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows(grouped):
        if row["units"] >= _MIN_UNITS:
            products[row["product_id"]].append({**row, "price": row["amount"] / row["units"]})
    best: tuple[Decimal, Mapping[str, Any], Mapping[str, Any]] | None = None
    for offers in products.values():
        low, high = min(offers, key=lambda o: o["price"]), max(offers, key=lambda o: o["price"])
        given = (high["price"] - low["price"]) * low["units"]
        if high["price"] * (1 - _MIN_GAP) > low["price"] and (best is None or given > best[0]):
            best = (given, low, high)
    if best is None:
        return found
    given, low, high = best
    name = found.name("price_product", clean_name(low["title"] or low["product_id"]))
    common: dict[str, Any] = {"source": "order_lines, orders", "window": frame.window}
    for key, row in (("low", low), ("high", high)):
        channel = found.name(f"{key}_channel", clean_name(row["channel"]))
        found.add(
            figure(
                f"channel_price_{key}", Decimal(row["price"]).quantize(Decimal("0.01")), "money",
                label=(f"“{name}”在“{channel}”的件单价", f'price of "{name}" in "{channel}"'),
                formula=("支付金额 ÷ 件数", "amount ÷ items"),
                **common,
            )
        )  # fmt: skip
    ratio = divide(Decimal(high["price"] - low["price"]), Decimal(high["price"]))
    found.add(
        figure(
            "channel_price_gap", ratio, "ratio",
            label=(f"“{name}”渠道价差", f'price gap of "{name}" between channels'),
            formula=("（高价 − 低价）÷ 高价", "(high − low) ÷ high"),
            higher_is_better=False,
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "channel_price_given", Decimal(given).quantize(Decimal("0.01")), "money",
            label=(f"“{name}”按低价卖出让掉的金额", f'amount given away on "{name}" at the low price'),
            formula=("价差 × 低价渠道件数", "gap × items sold in the cheap channel"),
            higher_is_better=False,
            **common,
        )
    )  # fmt: skip
    return found


def campaign_figures(frame: Frame, platform: str) -> Produced:
    """The next campaign's date, and the extra GMV per day of earlier ones over the four weeks before them."""
    found = Produced()
    if not frame.shop.has("orders") or platform not in {"taobao", *PLATFORMS}:
        return found  # other platforms keep other campaigns
    ahead = next_event(frame.today, platform)
    while ahead is not None and ahead.event_id == "spring_festival":
        ahead = next_event(ahead.start, platform)
    if ahead is not None:
        found.names["next_event"] = ahead.name
        found.add(
            figure(
                "days_to_event", (ahead.start - frame.today).days, "days",
                label=(f"距{ahead.name.zh}", f"days to {ahead.name.en}"),
                formula=("活动日历中的下一个日期 − 今天", "next date of the calendar − today"),
                source=f"calendar: {ahead.source}",
                higher_is_better=False,
            )
        )  # fmt: skip
    orders = paid_orders(frame.shop)
    daily = {
        row["paid_date"]: row["amount"]
        for row in rows(orders.group_by("paid_date").aggregate(amount=orders.gross_amount.sum()))
    }
    lifts = [lift for event in _campaigns(platform) if (lift := _lift(event, daily, frame)) is not None]
    if len(lifts) < 1:
        return found
    window = Window(start=min(daily), end=min(max(daily), frame.window.end))
    common: dict[str, Any] = {"source": "orders, calendar", "window": window}
    for name, value, zh, en in (
        ("campaign_lift_low", min(lifts), "最少", "least"),
        ("campaign_lift_high", max(lifts), "最多", "most"),
    ):
        found.add(
            figure(
                name, value.quantize(Decimal("0.01")), "money",
                label=(f"以往大促比平日多出的金额（{zh}）", f"extra GMV of earlier campaigns ({en})"),
                formula=("大促前后 7 天支付金额 − 7 × 此前 28 天日支付金额中位数", "GMV of the 7 days around the day − 7 × median daily GMV of the 28 days before"),
                n=len(lifts),
                **common,
            )
        )  # fmt: skip
    return found


def _campaigns(platform: str) -> list[CalendarEvent]:
    return [event for event in calendar(platform) if event.phase == "day" and event.event_id in {"618", "double11"}]


def _lift(event: CalendarEvent, daily: Mapping[Any, Decimal], frame: Frame) -> Decimal | None:
    first = days_before(event.start, 3)
    base = [daily.get(days_before(first, back), Decimal(0)) for back in range(1, 29)]
    if (
        not daily
        or days_before(first, 28) < min(daily)
        or days_before(event.start, -3) > min(max(daily), frame.window.end)
    ):
        return None
    during = sum((daily.get(days_before(first, -day), Decimal(0)) for day in range(7)), Decimal(0))
    lift = during - 7 * median(base)
    return lift if lift > 0 else None
