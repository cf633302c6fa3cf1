"""What makes a turn an event of its own: how sure each rate has to be, in which direction, and how long before the window."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from metric_shops import make_shop

from tools.metrics.causes_products import _turned
from tools.metrics.pair import Move, make_pair
from tools.metrics.reader import Reader
from tools.metrics.turns import CONVERSION, REFUNDED, VISITS, RateSource, Turn, rate_turn
from tools.metrics.windows import month_of

OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))
DOWN = Move("p1", Decimal(100), Decimal(60), Decimal(100), None)


@pytest.mark.parametrize(("source", "bar"), [(CONVERSION, 3.7), (VISITS, 6.0), (REFUNDED, 3.6)])
def test_each_rate_has_its_own_bar(source: RateSource, bar: float) -> None:
    """Visitors follow campaigns and wander more than rates do."""
    under, over = (_turned(Turn(OCT.start, -z, -9.0), source, DOWN, "面霜") for z in (bar - 0.1, bar + 0.1))
    assert under is None and over is not None and (over.start, over.turned) == (OCT.start, source.turned)


def test_a_turn_against_the_move_did_not_make_it() -> None:
    assert _turned(Turn(OCT.start, 9.0, 9.0), CONVERSION, DOWN, "面霜") is None
    assert _turned(None, CONVERSION, DOWN, "面霜") is None


@pytest.mark.parametrize(("shifted", "told"), [(date(2026, 9, 17), True), (date(2026, 9, 10), False)])
def test_a_turn_may_lie_two_weeks_before_the_window_and_no_more(shifted: date, told: bool, tmp_path: Path) -> None:
    rng, first = np.random.default_rng(2), date(2026, 6, 1)
    rows = [
        {"day": day, "product_id": key, "visitors": 1000, "buyers": rng.poisson(20 if key == "p1" and day >= shifted else 50)}
        for day in (first + timedelta(days=k) for k in range((OCT.end - first).days + 1))
        for key in ("p1", "p2", "p3")
    ]  # fmt: skip
    pair = make_pair(Reader(make_shop(tmp_path, {"product_daily": rows}, platform="other")), OCT, SEP)
    turn = rate_turn(pair, CONVERSION, "p1")
    assert turn is not None and turn.day >= date(2026, 9, 17)
    assert (turn.day == shifted) is told
