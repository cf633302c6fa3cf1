"""Is the planted broken step found first, and is a stream without one left in peace? Simulated rooms with known truth.

`python -m evals.benchmarks.live_review [--rooms 400] [--seed 7]`. Rooms differ in size, noise, slots, weekdays and columns; each step of one past stream
in thirty is an outlier. Each room is reviewed once without a break and once with a break at each step that its columns
show (the rate falls to 25 to 40 % of itself; refunds rise three- to fivefold; ads cost three to four times as much). Exit 1 when less
than 95 % of the breaks are the first found, or more than 5 % of unbroken streams are called broken. Rooms with 8 to 19 past streams are
counted apart: there only the false alarms are held to the line.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal

import numpy as np

from tools.livestream.review import past_of, review_of
from tools.livestream.room import LiveSession

__all__ = ["PLANTS", "Room", "Score", "main", "score", "simulate_room"]

FIRST = date(2026, 6, 29)  # a Monday; from here to the end of September the calendar knows no campaign
PLANTS = ("exposure", "entry", "stay", "product_exposure", "click", "create", "pay", "order_value", "refund", "ads")
_RATES = ("entry", "product_exposure", "click", "create", "pay")
_COLUMNS = {"impressions": 0.15, "item_viewers": 0.4, "order_creators": 0.5, "watch_seconds": 0.1, "ad_spend": 0.3, "refund_amount": 0.3}  # fmt: skip
_OUTLIER = 1 / 30


@dataclass(frozen=True)
class Room:
    """A room's levels and noise; `stream` draws one of its streams, broken at `plant` or whole."""

    level: dict[str, float]
    noise: dict[str, float]
    weekday: dict[str, np.ndarray]
    slots: tuple[tuple[int, float], ...]
    lacks: frozenset[str]

    def stream(self, rng: np.random.Generator, number: int, day: date, plant: str = "", *, past: bool = False) -> LiveSession:  # fmt: skip
        hour, busy = self.slots[number % len(self.slots)]
        odd = {key: float(rng.normal(0, 0.7)) if past and rng.random() < _OUTLIER else 0.0 for key in self.level}
        part = float(rng.uniform(0.25, 0.4))

        def drawn(key: str) -> float:
            value = self.level[key] * math.exp(rng.normal(0, self.noise[key]) + self.weekday[key][day.weekday()] + odd[key])  # fmt: skip
            return value * part if key == plant else value

        hours = float(rng.choice([2, 3, 4]))
        shown = int(drawn("exposure") * math.exp(busy) * hours)
        counts = [shown]
        for key in _RATES:
            counts.append(int(rng.binomial(counts[-1], min(drawn(key), 0.98))))
        _, viewers, item_viewers, clickers, creators, buyers = counts
        values = rng.gamma(2.5, drawn("order_value") / 2.5, buyers)
        back = min(self.level["refund"] * math.exp(rng.normal(0, self.noise["refund"])) * (rng.uniform(3, 5) if plant == "refund" else 1), 0.95)  # fmt: skip
        refunded = float(values[rng.random(buyers) < back].sum())
        spend = self.level["ads"] * math.exp(rng.normal(0, self.noise["ads"])) * (rng.uniform(3, 4) if plant == "ads" else 1)  # fmt: skip
        row: dict[str, object] = dict.fromkeys(LiveSession.__dataclass_fields__)
        row |= {
            "session_id": f"s{number}", "title": "", "host": "", "day": day, "started_at": datetime.combine(day, clock(hour)),
            "minutes": int(hours * 60), "impressions": shown, "viewers": viewers, "watch_seconds": int(viewers * drawn("stay")),
            "item_viewers": item_viewers, "item_clickers": clickers, "order_creators": creators, "buyers": buyers, "orders": buyers,
            "paid_amount": Decimal(f"{values.sum():.2f}"), "refund_amount": Decimal(f"{refunded:.2f}"), "ad_spend": Decimal(f"{spend:.2f}"),
        }  # fmt: skip
        return LiveSession(**(row | dict.fromkeys(self.lacks)))  # type: ignore[arg-type]


@dataclass
class Score:
    """Counts. `first`: breaks named first; `missed`: breaks by planted step that were not."""

    rooms: int = 0
    planted: int = 0
    first: int = 0
    false: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)

    @property
    def found(self) -> float:
        return self.first / max(self.planted, 1)

    @property
    def alarms(self) -> float:
        return self.false / max(self.rooms, 1)


def simulate_room(rng: np.random.Generator) -> Room:
    """Medium and large rooms: a thousand to ten thousand viewers a stream, some dozen to some hundred buyers."""
    level = {
        "exposure": rng.uniform(3000, 15000), "entry": rng.uniform(0.12, 0.35), "stay": rng.uniform(35, 120),
        "product_exposure": rng.uniform(0.5, 0.85), "click": rng.uniform(0.2, 0.4), "create": rng.uniform(0.15, 0.35),
        "pay": rng.uniform(0.6, 0.9), "order_value": rng.uniform(60, 300), "refund": rng.uniform(0.08, 0.2), "ads": rng.uniform(200, 2000),
    }  # fmt: skip
    noise = {key: float(rng.uniform(0.05, 0.15)) for key in level}
    weekday = {key: rng.normal(0, 0.08 if key in ("exposure", "pay", "entry") else 0.0, 7) for key in level}
    slots = ((19, 0.0),) if rng.random() < 0.4 else ((12, -0.5), (19, 0.0))
    lacks = frozenset(name for name, chance in _COLUMNS.items() if rng.random() < chance)
    return Room(level, noise, weekday, slots, lacks)


def score(rooms: int, seed: int, *, thin: bool = False) -> Score:
    """`thin`: 8 to 19 past streams instead of 20 to 70."""
    rng = np.random.default_rng(seed)
    found = Score()
    for _ in range(rooms):
        room = simulate_room(rng)
        count = int(rng.integers(8, 20) if thin else rng.integers(20, 71))
        past = [room.stream(rng, n, FIRST + timedelta(days=n // len(room.slots)), past=True) for n in range(count)]
        day = FIRST + timedelta(days=count // len(room.slots) + 1)
        found.rooms += 1
        found.false += _reviewed(room.stream(rng, count, day), past) != ""
        for plant in PLANTS:
            one = room.stream(rng, count, day, plant)
            _count(found, plant, one, past)
    return found


def _count(found: Score, plant: str, one: LiveSession, past: list[LiveSession]) -> None:
    """A break counts where the room's columns hold its step; a merged step is the break of any step in it."""
    review = review_of(one, past_of(one, past, "tmall"))
    step = next((s for s in review.chain.ordered if plant in s.links), None)
    if step is None:
        return
    found.planted += 1
    found.by[plant] += 1
    if review.first is not None and review.first.step == step:
        found.first += 1
    else:
        found.missed[plant] += 1


def _reviewed(one: LiveSession, past: list[LiveSession]) -> str:
    first = review_of(one, past_of(one, past, "tmall")).first
    return "" if first is None else first.step.key


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    begun, good = time.perf_counter(), True
    for name, thin in (("20 to 70 past streams", False), ("8 to 19 past streams", True)):
        found = score(asked.rooms, asked.seed, thin=thin)
        print(f"{name}: {found.planted} breaks, first found {found.found:.1%}; {found.rooms} unbroken, called broken {found.alarms:.1%}")  # fmt: skip
        for plant in PLANTS:
            if found.by[plant]:
                print(f"  {plant:17} {1 - found.missed[plant] / found.by[plant]:.1%} of {found.by[plant]}")
        good = good and found.alarms <= 0.05 and (thin or found.found >= 0.95)
    print(f"{time.perf_counter() - begun:.0f} s: {'holds' if good else 'FAILS'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
