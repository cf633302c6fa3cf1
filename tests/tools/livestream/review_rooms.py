"""Hand-made streams with round numbers for the review tests: every one alike but for a small even swing that can be added up on paper."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tools.livestream.room import LiveSession

__all__ = ["DAY", "FIRST", "history", "row", "stream"]

FIRST = date(2026, 6, 29)  # a Monday; from here to the end of September the calendar knows no campaign
DAY = FIRST + timedelta(days=42)
# 10,000 shown, 2,000 in, 1,000 saw an item, 400 clicked, 200 created, 100 paid 100 each: 10,000 in two hours
USUAL: dict[str, Any] = {
    "minutes": 120, "impressions": 10_000, "viewers": 2_000, "views": 2_600, "watch_seconds": 120_000, "item_viewers": 1_000,
    "item_clickers": 400, "order_creators": 200, "buyers": 100, "orders": 100, "paid_amount": Decimal(10_000),
    "refund_amount": Decimal(1_000), "ad_spend": Decimal(500),
}  # fmt: skip


def row(name: str, day: date, **more: Any) -> dict[str, Any]:
    """A row of live_sessions at 19:30."""
    start = datetime.combine(day, time(19, 30))
    return {"session_id": name, "title": "晚场", "host": "小林", "day": day, "started_at": start} | USUAL | more


def stream(name: str = "now", day: date = DAY, **more: Any) -> LiveSession:
    values: dict[str, Any] = dict.fromkeys(LiveSession.__dataclass_fields__)
    return LiveSession(**(values | {"title": "", "host": ""} | row(name, day, **more)))


def history(count: int = 40, **more: Any) -> list[dict[str, Any]]:
    """Streams of the days before DAY: viewers and all that follows 5 % up, as usual, 5 % down in turn; the middle is USUAL exactly."""
    found = []
    for n in range(count):
        part = (Decimal("0.95"), Decimal(1), Decimal("1.05"))[n % 3]
        scaled = {
            key: USUAL[key] * part if isinstance(USUAL[key], Decimal) else int(USUAL[key] * part)
            for key in ("impressions", "item_viewers", "order_creators", "paid_amount", "ad_spend", "watch_seconds")
        }
        found.append(row(f"s{n}", DAY - timedelta(days=count - n), **(scaled | more)))
    return found
