"""Host effects on simulated rooms with known truth: do the 95 % intervals hold it, and does the plain GMV ranking?

`python -m evals.benchmarks.live_hosts [--rooms 250] [--seed 7]`. Slots are confounded with hosts (in half of the rooms the weaker get prime
time), sessions and shifts have luck of their own, goods, ads, campaigns, weekday and trend differ. Exit 1 when the pooled intervals hold
less than 93 % or more than 97 % of the truths, are fewer than 2,000, or the fair order is no better than the plain one.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import numpy as np

from tools.livestream.hosts_compare import Comparison, compare_hosts
from tools.livestream.hosts_rows import HostRow, HostRows
from tools.livestream.schedule_types import Slot

__all__ = ["Room", "Score", "main", "score", "simulate_room"]

FIRST = date(2026, 3, 2)
_SLOTS: tuple[tuple[Slot, int, float], ...] = (("noon", 12, 0.0), ("evening", 19, 0.6), ("late", 22, 0.35))


@dataclass(frozen=True)
class Room:
    """Rows of one simulated room and the truth: log effect by host on orders (and money) per viewer."""

    found: HostRows
    truth: dict[str, float]


@dataclass
class Score:
    """Counts over rooms. `plain` and `fair`: pairs of hosts put in the wrong order."""

    rooms: int = 0
    refused: int = 0
    uv: list[bool] = field(default_factory=list)
    conversion: list[bool] = field(default_factory=list)
    pairs: int = 0
    plain: int = 0
    fair: int = 0
    top_plain: int = 0
    top_fair: int = 0
    led: int = 0
    led_wrong: int = 0
    widths: list[float] = field(default_factory=list)

    @property
    def intervals(self) -> int:
        return len(self.uv) + len(self.conversion)

    @property
    def coverage(self) -> float:
        return (sum(self.uv) + sum(self.conversion)) / self.intervals


def simulate_room(rng: np.random.Generator, *, thin: bool = False, lone: bool = False) -> Room:
    """Three to six hosts, two a stream (sometimes one), six weeks to four months; `thin`: three or four, three to five weeks.

    `lone`: one host has the whole stream, so that nothing but the model takes the slot out.
    """
    count = int(rng.integers(3, 5 if thin else 7))
    streams = int(rng.integers(20, 36)) if thin else int(rng.integers(45, 120))
    hosts = [f"主播{k}" for k in range(count)]
    skill = rng.normal(0, 0.25, count)
    lean = float(rng.choice([-4.0, 4.0]))  # weaker or stronger hosts get the evening
    between, within = rng.uniform(0.05, 0.35), rng.uniform(0.0, 0.25)
    value, shape = rng.uniform(80, 260), rng.uniform(1.0, 3.0)
    base, busy = math.log(rng.uniform(0.004, 0.01)), rng.uniform(800, 3000)
    effects = {"campaign": 0.3, "price": -0.5, "ads": -0.2, "opens": rng.normal(0, 0.1), "trend": rng.normal(0, 0.08)}
    week = rng.normal(0, 0.1, 7)
    rows: list[HostRow] = []
    amounts: list[float] = []
    for n in range(streams):
        day = FIRST + timedelta(days=n)
        slot, hour, lift = _SLOTS[rng.choice(3, p=[0.35, 0.45, 0.2])]
        weights = np.exp(lean * skill * (1 if slot == "evening" else -1 if slot == "noon" else 0))
        cast = rng.choice(count, size=1 if lone or rng.random() < 0.15 else 2, replace=False, p=weights / weights.sum())
        campaign, price, ads = (
            bool(rng.random() < 0.1),
            float(rng.lognormal(4.6, 0.15)),
            float(rng.lognormal(-2.5, 0.4)),
        )
        line = base + lift + week[day.weekday()] + rng.normal(0, between) + effects["campaign"] * campaign
        line += (
            effects["price"] * (math.log(price) - 4.6)
            + effects["ads"] * (math.log(ads) + 2.5)
            + effects["trend"] * n / 30
        )
        crowd = busy * math.exp(lift) * rng.lognormal(0, 0.3)
        start = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)
        for place, k in enumerate(cast):
            minutes = float(rng.integers(60, 150))
            viewers = crowd * minutes / 240
            rate = math.exp(line + skill[k] + effects["opens"] * (place == 0) + rng.normal(0, within))
            orders = int(rng.poisson(viewers * rate))
            sold = rng.gamma(shape, value / shape, orders)
            amounts += [float(v) for v in sold]
            rows.append(HostRow(f"s{n}", hosts[k], day, start, minutes, viewers, orders, Decimal(f"{sold.sum():.2f}"), slot, place == 0, campaign, price, ads))  # fmt: skip
            start += timedelta(minutes=minutes)
    dispersion = sum(v * v for v in amounts) / sum(amounts)
    return Room(HostRows("shift", tuple(rows), dispersion, 0, (), ()), dict(zip(hosts, skill.tolist(), strict=True)))


def score(rooms: Iterator[Room]) -> Score:
    total = Score()
    for room in rooms:
        total.rooms += 1
        found = compare_hosts(room.found)
        if isinstance(found, Comparison):
            _add(total, room, found)
        else:
            total.refused += 1
    return total


def _add(total: Score, room: Room, found: Comparison) -> None:
    names = [e.host for e in found.effects]
    mean = sum(room.truth[h] for h in names) / len(names)
    for effect in found.effects:
        truth = room.truth[effect.host] - mean
        total.uv.append(effect.uv.low <= truth <= effect.uv.high)
        total.widths.append(effect.uv.high - effect.uv.low)
        if effect.conversion is not None:
            total.conversion.append(effect.conversion.low <= truth <= effect.conversion.high)
    gmv = {e.host: e.standing.gmv for e in found.effects}
    fair = {e.host: e.uv.mean for e in found.effects}
    for a, b in combinations(names, 2):
        right = room.truth[a] > room.truth[b]
        total.pairs += 1
        total.plain += (gmv[a] > gmv[b]) != right
        total.fair += (fair[a] > fair[b]) != right
    best = max(names, key=lambda h: room.truth[h])
    total.top_plain += max(names, key=lambda h: gmv[h]) != best
    total.top_fair += names[0] != best
    if found.leader is not None:
        total.led += 1
        total.led_wrong += found.leader.host != best


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=250, help="rooms of each kind")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    rng = np.random.default_rng(asked.seed)
    good = True
    pooled: list[bool] = []
    for name, thin, lone in (
        ("rooms of months", False, False),
        ("rooms of weeks", True, False),
        ("one host a stream", False, True),
    ):
        found = score(simulate_room(rng, thin=thin, lone=lone) for _ in range(asked.rooms))
        good &= _say(name, found)
        pooled += found.uv + found.conversion
    share = sum(pooled) / max(len(pooled), 1)
    print(f"pooled: {len(pooled)} intervals hold {share:.2%}; {time.perf_counter() - began:.0f} s")
    return 0 if good and 0.93 <= share <= 0.97 and len(pooled) >= 2000 else 1


def _say(name: str, found: Score) -> bool:
    """Print one group; whether the fair order is the better one there."""
    compared = found.rooms - found.refused
    print(f"{name}: {found.rooms}, compared {compared}, refused {found.refused} (too few shifts or no shared slot)")
    if not compared:
        return False
    print(f"  95 % intervals: {found.intervals}, hold the truth {found.coverage:.2%} (GMV per viewer {np.mean(found.uv):.2%}, orders per viewer {np.mean(found.conversion):.2%}), median width ±{math.expm1(float(np.median(found.widths)) / 2):.0%}")  # fmt: skip
    print(f"  pairs in the wrong order: total GMV {found.plain / found.pairs:.1%}, fair {found.fair / found.pairs:.1%}; wrong best host: total GMV {found.top_plain / compared:.1%}, fair estimate {found.top_fair / compared:.1%}")  # fmt: skip
    print(f"  a leader was named in {found.led} rooms, wrongly in {found.led_wrong}")
    return found.fair < found.plain


if __name__ == "__main__":
    raise SystemExit(main())
