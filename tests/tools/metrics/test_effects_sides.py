"""Who is compared with whom: products in a promotion of their own are no control, and the latest promotion of a name is the one meant."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.metrics.effects_panel import next_holdout, promotion_named, sides_of
from tools.metrics.reader import Reader

START, LAST = date(2026, 9, 7), date(2026, 10, 4)


def _promotion(product: int, starts: date, days: int, name: str, kind: str = "price") -> dict[str, Any]:
    return {
        "promotion_id": f"{name}-{starts}-{product}", "name": name, "kind": kind, "product_id": f"p{product}", "starts_on": starts,
        "ends_on": starts + timedelta(days=days - 1),
    }  # fmt: skip


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    lines = [
        {
            "line_id": f"{product}-{back}", "order_id": f"o{product}-{back}", "paid_date": LAST - timedelta(days=back), "product_id": f"p{product}",
            "title": f"品{product}", "amount": 100, "quantity": 1,
        }
        for back in range(7 * 20) for product in range(9)
    ]  # fmt: skip
    week = timedelta(days=7)
    promotions = [
        _promotion(0, START, 28, "秋促"),
        _promotion(1, START - 10 * week, 7, "秋促"),  # last time: over before the eight weeks compared
        _promotion(2, START + week, 7, "闪购"),
        _promotion(3, START - 3 * week, 7, "清仓"),
        _promotion(4, START - 8 * week, 1, "会员价"),  # the first of the days compared
        _promotion(5, START - 8 * week - timedelta(days=1), 1, "会员价"),  # the day before them
        _promotion(6, START, 28, "闪购", kind="holdout"),  # left alone by another programme
        _promotion(7, LAST + timedelta(days=1), 7, "冬促"),  # begins when this one is over
    ]
    return Reader(make_shop(tmp_path, {"order_lines": lines, "promotions": promotions}, platform="other"))


def test_products_promoted_over_the_same_weeks_are_no_control(reader: Reader) -> None:
    programme = promotion_named(reader, "秋促", LAST)
    assert programme is not None and programme.treated == ("p0",) and programme.window.start == START
    sides = sides_of(reader, programme)
    assert sides.units == ("品0", "品1", "品5", "品6", "品7", "品8")
    assert list(sides.panel.treated) == [True] + [False] * 5
    assert list(sides.panel.post) == [2800.0] * 6 and sides.panel.weeks.shape == (6, 16)


def test_the_share_that_comes_back_is_of_those_who_could(tmp_path: Path) -> None:
    """400 bought before the last 30 days, 100 of them again within; 200 came for the first time."""
    back = {
        **{f"b{k}": (40,) for k in range(400)},
        **{f"b{k}": (40, 10) for k in range(100)},
        **{f"n{k}": (5,) for k in range(200)},
    }
    rows = [
        {"order_id": f"{buyer}-{day}", "paid_date": LAST - timedelta(days=day), "buyer_key": buyer, "gross_amount": 50}
        for buyer, days in back.items() for day in days
    ]  # fmt: skip
    found = next_holdout(Reader(make_shop(tmp_path, {"orders": rows}, platform="other")), LAST)
    assert found is not None
    split, audience, base = found
    assert (audience, base) == (600, Decimal("0.25"))
    assert split.treated + split.held_out == 600 and split.held_out <= split.treated
