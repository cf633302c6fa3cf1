"""Campaigns: the next one on the calendar, and what earlier ones brought over usual days."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import Any

from tools.calendar import PLATFORMS, CalendarEvent, calendar, next_event
from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, figure, paid_orders, rows

__all__ = ["campaign_figures"]


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
