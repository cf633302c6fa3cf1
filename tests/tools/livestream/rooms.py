"""Hand-made and simulated room histories for the schedule tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from tools.livestream.response import History
from tools.livestream.room import LiveOrder, LiveSession

__all__ = ["FIRST", "history", "order", "session", "simulated"]

FIRST = date(2026, 6, 29)  # a Monday; from here to the end of September the calendar knows no campaign


def session(day: date, start: str, hours: float, gmv: str | None, *, name: str = "", viewers: int | None = 100, **more: Any) -> LiveSession:  # fmt: skip
    values: dict[str, Any] = dict.fromkeys(LiveSession.__dataclass_fields__)
    begun = datetime.combine(day, time.fromisoformat(start))
    values |= {
        "session_id": name or f"{begun:%m%d%H%M}", "title": "", "host": "", "day": day, "started_at": begun, "minutes": int(hours * 60),
        "viewers": viewers, "paid_amount": None if gmv is None else Decimal(gmv),
    }  # fmt: skip
    return LiveSession(**(values | more))


def order(of: LiveSession, minute: int, amount: str) -> LiveOrder:
    assert of.started_at is not None
    return LiveOrder(f"{of.session_id}-{minute}-{amount}", of.session_id, "", "p", "", "", of.started_at + timedelta(minutes=minute), Decimal(amount), None)  # fmt: skip


def history(sessions: list[LiveSession], orders: list[LiveOrder] | None = None, today: date | None = None) -> History:
    last = max((one.day for one in sessions), default=FIRST)
    return History(tuple(sessions), tuple(orders or ()), today or last + timedelta(days=1), "tmall")


def simulated(rng: np.random.Generator, mean: Callable[[date, str], float], *, weeks: int, keep: float = 1.0, spread: float = 0.4) -> list[LiveSession]:  # fmt: skip
    """Sessions of two slots on every day with a gamma-like outcome around `mean` an hour; `keep` is the share that was held."""
    found = []
    for n in range(7 * weeks):
        day = FIRST + timedelta(days=n)
        for start in ("12:00", "19:30"):
            if rng.random() < keep:
                hours = float(rng.choice([2, 3, 4]))
                gmv = mean(day, start) * hours * rng.gamma(1 / spread**2, spread**2)
                found.append(session(day, start, hours, f"{gmv:.2f}", viewers=int(50 * hours)))
    return found
