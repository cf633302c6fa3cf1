"""The room's own ads: a planted response is read, an unmoved spend is not and gets a test, a budget is spread along the room's curve."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest

from tests.tools.livestream.rooms import FIRST, session
from tools.facts import Window
from tools.livestream.ads_room import SHARP, pace_of, room_ads
from tools.livestream.ads_rows import Ads
from tools.livestream.assumption import Basis
from tools.livestream.room import LiveSession
from tools.livestream.schedule_types import Response

DAYS = 240
LAST = FIRST + timedelta(days=DAYS - 1)
MARGIN = D("0.4")


def rooms(rng: Any, *, moves: float, noise: float = 300.0) -> list[LiveSession]:
    """Evening streams: 3,000 of natural sales and 4,000 × (1 − exp(−spend ÷ 500)) beside it."""
    made = []
    for n in range(DAYS):
        spend = 500 * float(np.exp(rng.normal(0, moves)))
        sales = 3000 + 4000 * (1 - np.exp(-spend / 500)) + rng.normal(0, noise)
        made.append(session(FIRST + timedelta(days=n), "20:00", 3, f"{sales:.2f}", ad_spend=D(f"{spend:.2f}")))
    return made


def read(streams: list[LiveSession]) -> Any:
    return room_ads(Ads((), tuple(streams), frozenset()), Window(start=LAST - timedelta(days=29), end=LAST), MARGIN, "tmall")  # fmt: skip


def test_a_planted_response_is_read_beside_natural_sales() -> None:
    found = read(rooms(np.random.default_rng(3), moves=0.5))
    assert found.reason is None and found.curve is not None
    low, middle, high, pays = found.next_yuan
    truth = 0.4 * 8 * float(np.exp(-float(found.usual) / 500))  # m × 4,000 ÷ 500 × exp(−x ÷ 500)
    assert low <= truth <= high and low < middle < high and 0 <= pays <= 1
    assert found.gmv / found.spend > 2 * D(str(round(middle, 2)))  # the room's sales ÷ ads flatter the next yuan
    assert found.sessions == 30 and found.test is None


def test_an_unmoved_spend_is_refused_and_the_test_reaches_the_error_it_promises() -> None:
    rng = np.random.default_rng(4)
    found = read(rooms(rng, moves=0.03))
    assert (found.reason, found.curve, found.next_yuan) == ("flat", None, None)
    low, high, n = float(found.test.low), float(found.test.high), found.test.sessions
    slopes = []
    for _ in range(400):
        spend = np.where(np.arange(n) % 2 == 0, low, high)
        sales = 3000 + 2 * spend + rng.normal(0, 300, n)
        slopes.append(np.polyfit(spend, sales, 1)[0])
    assert float(MARGIN) * np.std(slopes) == pytest.approx(SHARP, rel=0.2)


def test_much_noise_and_few_streams_are_refused() -> None:
    rng = np.random.default_rng(5)
    assert read(rooms(rng, moves=0.3, noise=9000)).reason == "wide"
    few = rooms(rng, moves=0.5)[-20:]
    assert read(few).reason == "few_days"
    assert read([replace(one, ad_spend=D(0)) for one in few]) is None
    assert read([]) is None


def test_a_budget_follows_the_rooms_curve_and_adds_up() -> None:
    shape = Response(Basis.DATA, (), 40, FIRST, LAST, {}, None, None, {"evening": (D("1.2"), D("1.0"), D("0.8"))}, {"evening": 40}, None, 0, None)  # fmt: skip
    streams = rooms(np.random.default_rng(6), moves=0.1)
    found = pace_of(shape, streams, D(1000))
    assert found is not None and found.stated and [money for _, money in found.hours] == [D(400), D("333.33"), D("266.67")]  # fmt: skip
    assert sum(money for _, money in found.hours) == 1000
    usual = pace_of(shape, streams, None)
    assert usual is not None and not usual.stated and 400 < usual.budget < 600
    half = [replace(one, minutes=150, started_at=datetime.combine(one.day, datetime.min.time()) + timedelta(hours=20)) for one in streams]  # fmt: skip
    short = pace_of(shape, half, D(1000))
    assert short is not None and short.hours[2][1] == pytest.approx(
        D(1000) * D("0.4") / D("2.6"), abs=D("0.01")
    )  # half an hour at 0.8
    assert pace_of(replace(shape, profile={}), streams, D(1000)) is None
