"""What a turn cost is counted from the level before it, and a step is read with its own day on the later side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from metric_shops import make_shop

from tools.facts import Window
from tools.metrics.pair import make_pair
from tools.metrics.reader import Reader
from tools.metrics.turns import CONVERSION, _break, daily_step, rate_turn

FIRST = date(2026, 9, 1)


def test_the_excess_is_what_the_level_before_would_not_have_brought() -> None:
    """60 days of 40 expected; from day 35 on 20 came: 25 days short of 20 each."""
    days = [FIRST + timedelta(days=k) for k in range(60)]
    seen = np.where(np.arange(60) >= 35, 20.0, 40.0)
    turn = _break(seen, np.full(60, 40.0), days, days[20])
    assert turn is not None and turn.day == days[35]
    assert turn.excess == pytest.approx(-25 * 20)


def test_the_day_of_a_step_belongs_to_what_came_after(tmp_path: Path) -> None:
    """Exactly a week after the day: with the day there are seven days on the later side, without it six."""
    rows = [{"day": FIRST + timedelta(days=k), "visitors": 1000, "buyers": 40 + k % 3} for k in range(60)]
    reader = Reader(make_shop(tmp_path, {"shop_daily": rows}, platform="other"))
    now, before = (
        Window(start=FIRST + timedelta(days=30), end=FIRST + timedelta(days=59)),
        Window(start=FIRST, end=FIRST + timedelta(days=29)),
    )
    pair = make_pair(reader, now, before)
    assert daily_step(pair, "conversion", FIRST + timedelta(days=53)) is not None
    assert daily_step(pair, "conversion", FIRST + timedelta(days=54)) is None
    assert daily_step(pair, "conversion", FIRST + timedelta(days=7)) is not None
    assert daily_step(pair, "conversion", FIRST + timedelta(days=6)) is None


def test_the_level_before_a_conversion_turn_is_read_over_three_months(tmp_path: Path) -> None:
    """A fifth less conversion of a product with some twenty buyers a day: over nine shops, two months miss more of it than four."""
    first, turned = date(2026, 6, 1), date(2026, 10, 6)
    days = [first + timedelta(days=k) for k in range((date(2026, 10, 31) - first).days + 1)]
    rates = {"p1": 0.02, "p2": 0.03, "p3": 0.04}
    far, near = [], []
    for seed in range(9):
        rng = np.random.default_rng(seed)
        rows = [
            {"day": day, "product_id": key, "visitors": 1000, "buyers": rng.poisson(1000 * rate * (0.82 if key == "p1" and day >= turned else 1))}
            for day in days for key, rate in rates.items()
        ]  # fmt: skip
        shop = make_shop(tmp_path / str(seed), {"product_daily": rows}, platform="other")
        for found, source in ((far, CONVERSION), (near, replace(CONVERSION, reach=0))):
            pair = make_pair(Reader(shop), Window(start=date(2026, 10, 1), end=days[-1]), Window(start=date(2026, 9, 1), end=date(2026, 9, 30)))  # fmt: skip
            turn = rate_turn(pair, source, "p1")
            found.append(0.0 if turn is None or abs((turn.day - turned).days) > 7 else turn.z)
    assert sum(z <= -CONVERSION.sure for z in far) >= sum(z <= -CONVERSION.sure for z in near) + 2
    assert np.mean(far) < np.mean(near) * 1.08
