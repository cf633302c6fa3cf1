"""The curve of hours on air: planted fades, flat rooms, thin rooms, and the jackknife against brute force."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from tests.tools.livestream.host_rooms import given, row
from tools.livestream.fatigue import fatigue_curve, ratio_interval
from tools.livestream.hosts_rows import HostRow, Sale


def shifts(n: int, per_hour: float, fade: list[float], seed: int = 0, start: str = "") -> list[HostRow]:
    """Shifts as long as `fade` has hours, orders Poisson at `per_hour` times each entry."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        own = row("甲乙"[k % 2], k, start=start or ("10:00", "15:00", "19:00")[k % 3], minutes=60.0 * len(fade))
        assert own.start is not None
        sales = tuple(
            Sale(own.session_id, own.host, own.start + timedelta(minutes=60 * hour + float(rng.uniform(0, 60))), Decimal(int(rng.uniform(50, 150))))
            for hour, level in enumerate(fade)
            for _ in range(int(rng.poisson(per_hour * level)))
        )  # fmt: skip
        rows.append(HostRow(**{**own.__dict__, "sales": sales, "orders": len(sales), "amount": sum((s.amount for s in sales), Decimal(0))}))  # fmt: skip
    return rows


def test_a_planted_fade_is_found_in_its_hour_and_not_before() -> None:
    found = fatigue_curve(given(shifts(60, 20, [1, 1, 0.6])))
    assert [h.hour for h in found.hours] == [2, 3] and not found.clock_mixed
    second, third = found.hours
    assert second.verdict == "steady" and third.verdict == "declines" and found.flagged is third
    assert third.ratio.low < math.log(0.6) < third.ratio.high


def test_a_small_fade_is_not_called_too_much_and_a_flat_room_is_steady() -> None:
    small = fatigue_curve(given(shifts(60, 20, [1, 0.95])))
    assert small.flagged is None and small.hours[0].verdict == "steady"
    vague = fatigue_curve(given(shifts(10, 5, [1, 0.8], seed=1)))
    assert vague.hours[0].verdict in ("unclear", "may_decline")


def test_thin_rooms_and_rooms_without_order_times_say_so() -> None:
    assert fatigue_curve(given(shifts(5, 20, [1, 1]))).why_not == "too_thin"
    assert fatigue_curve(given(shifts(30, 0.5, [1, 1]))).why_not == "too_thin"
    assert fatigue_curve(given([row("甲", n) for n in range(30)])).why_not == "no_shifts"
    assert fatigue_curve(given(shifts(30, 20, [1, 1]), grain="session")).why_not == "no_shifts"


def test_shifts_that_always_start_at_one_hour_mix_the_clock() -> None:
    assert fatigue_curve(given(shifts(30, 10, [1, 1], start="19:00"))).clock_mixed


def test_campaign_days_do_not_count_where_ordinary_days_are_enough() -> None:
    ordinary = shifts(20, 20, [1, 1])
    sale = [HostRow(**{**r.__dict__, "campaign": True, "session_id": f"c{k}"}) for k, r in enumerate(shifts(20, 20, [1, 5]))]  # fmt: skip
    assert fatigue_curve(given([*ordinary, *sale])).hours == fatigue_curve(given(ordinary)).hours


def test_the_jackknife_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    pieces = [(f"s{k // 2}", float(rng.uniform(10, 90)), float(rng.uniform(20, 99)), 60.0, 60.0) for k in range(24)]
    found = ratio_interval(pieces)
    assert found is not None

    def ratio(kept: list[tuple[str, float, float, float, float]]) -> float:
        sums = np.array([p[1:] for p in kept]).sum(axis=0)
        return math.log(sums[0] / sums[2] / (sums[1] / sums[3]))

    names = sorted({p[0] for p in pieces})
    drawn = np.array([ratio([p for p in pieces if p[0] != name]) for name in names])
    size = math.sqrt((len(names) - 1) * drawn.var())
    assert found.mean == pytest.approx(ratio(pieces))
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, len(names) - 1) * size)


def test_intervals_hold_the_planted_ratio() -> None:
    hits = []
    for seed in range(120):
        curve = fatigue_curve(given(shifts(15, 8, [1, 0.8], seed=seed)))
        hits.append(curve.hours[0].ratio.low <= math.log(0.8) <= curve.hours[0].ratio.high)
    assert 0.89 <= np.mean(hits) <= 0.995
