"""Rooms for the host tests: plain rows by hand, and a whole simulated shop with shifts, order lines and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from tools.livestream.hosts_rows import HostRow, HostRows
from tools.livestream.room import LiveSession

__all__ = ["FIRST", "Tables", "given", "row", "session", "shop_tables"]

FIRST = date(2026, 8, 3)
Tables = dict[str, list[dict[str, Any]]]


def row(host: str, n: int, *, start: str = "19:00", orders: int = 10, amount: int = 1000, viewers: float = 500, first: bool = True, name: str = "", **more: Any) -> HostRow:  # fmt: skip
    """One shift on day `n`."""
    from tools.livestream.response import slot_of

    day = FIRST + timedelta(days=n)
    begun = datetime.combine(day, time.fromisoformat(start))
    values: dict[str, Any] = {"minutes": 120.0, "campaign": False, "price": None, "ads": None, "slot": slot_of(begun)}
    return HostRow(name or f"s{n}", host, day, begun, viewers=viewers, orders=orders, amount=Decimal(amount), first=first, **(values | more))  # fmt: skip


def session(name: str, n: int, **more: Any) -> LiveSession:
    values: dict[str, Any] = dict.fromkeys(LiveSession.__dataclass_fields__)
    day = FIRST + timedelta(days=n)
    values |= {"session_id": name, "title": "", "host": "", "day": day, "started_at": datetime.combine(day, datetime.min.time()), "minutes": 240}  # fmt: skip
    return LiveSession(**(values | more))


def given(rows: Sequence[HostRow], sessions: Sequence[LiveSession] = (), grain: Any = "shift") -> HostRows:
    return HostRows(grain, tuple(rows), 150.0, 0, (), tuple(sessions))


def shop_tables(skill: Mapping[str, float], *, days: int = 60, seed: int = 3, fade: float = 1.0, shifts: bool = True) -> Tables:  # fmt: skip
    """A room on the air every evening, two hosts a night in turn; sales of a shift's later hours are `fade` of the first."""
    rng = np.random.default_rng(seed)
    hosts = list(skill)
    out: Tables = {"live_sessions": [], "live_orders": [], "live_shifts": [], "live_items": []}
    for n in range(days):
        day = FIRST + timedelta(days=n)
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=19)
        name, viewers = f"L{n}", int(rng.integers(2500, 4000))
        pair = [hosts[k % len(hosts)] for k in ((n, n + 1 + n // len(hosts) % max(len(hosts) - 1, 1)))][: 1 if len(hosts) == 1 else 2]  # fmt: skip
        length = 240 // len(pair)
        total, clicks = Decimal(0), 0
        for place, host in enumerate(pair):
            begun = start + timedelta(minutes=length * place)
            out["live_shifts"].append({"session_id": name, "host": host, "starts_at": begun, "ends_at": begun + timedelta(minutes=length), "day": day})  # fmt: skip
            for hour in range(length // 60):
                rate = viewers / 4 * 0.012 * skill[host] * (fade if hour else 1.0)
                for k in range(int(rng.poisson(rate))):
                    amount = Decimal(f"{rng.gamma(2, 90):.2f}")
                    total += amount
                    clicks += 1
                    at = begun + timedelta(minutes=60 * hour + float(rng.uniform(0, 60)))
                    out["live_orders"].append({"line_id": f"{name}-{place}-{hour}-{k}", "order_id": f"{name}-{place}-{hour}-{k}", "session_id": name, "host": host, "product_id": "p1", "paid_at": at, "paid_date": day, "amount": amount})  # fmt: skip
        out["live_sessions"].append({"session_id": name, "title": "晚场", "host": pair[0], "day": day, "started_at": start, "minutes": 240, "viewers": viewers, "item_clickers": viewers // 5, "buyers": clicks, "orders": clicks, "paid_amount": total, "refund_amount": total / 10, "ad_spend": Decimal(200), "new_fans": viewers // 90, "watch_seconds": viewers * 60})  # fmt: skip
        for number, share in (("p1", 8), ("p2", 1), ("p3", 8)):
            out["live_items"].append({"session_id": name, "product_id": number, "day": day, "title": f"商品{number}", "clickers": 100, "buyers": share, "items": share, "paid_amount": Decimal(100 * share)})  # fmt: skip
    if not shifts:
        out["live_shifts"] = []
    return out
