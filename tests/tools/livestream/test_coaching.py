"""The coaching sheet on planted faults: a product that loses clicks, a fallen step, a silent stretch, a weak half hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal as D
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tools.livestream.host_rooms import FIRST
from tests.tools.playbooks.shopkit import make_shop
from tools.facts import Window
from tools.livestream.coaching import Coaching, coaching_sheet
from tools.metrics.reader import Reader

SPAN = Window(start=FIRST, end=FIRST + timedelta(days=89))
Read = Callable[..., Coaching]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The sheet of a fresh shop with these tables."""
    number = count()

    def made(**tables: list[dict[str, Any]]) -> Coaching:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        return coaching_sheet(Reader(make_shop(folder, tables)), SPAN)

    return made


def stream(n: int, **more: Any) -> dict[str, Any]:
    day = FIRST + timedelta(days=n)
    return {"session_id": f"s{n}", "day": day, "started_at": datetime.combine(day, time(19)), "minutes": 240, "viewers": 1000, "watch_seconds": 60000, "item_clickers": 200, "buyers": 20} | more  # fmt: skip


def paid(n: int, minutes: list[float]) -> list[dict[str, Any]]:
    day = FIRST + timedelta(days=n)
    at = datetime.combine(day, time(19))
    return [
        {"line_id": f"{n}-{k}", "order_id": f"{n}-{k}", "session_id": f"s{n}", "paid_at": at + timedelta(minutes=m), "paid_date": day, "amount": D(100), "product_id": "p"}
        for k, m in enumerate(minutes)
    ]  # fmt: skip


def item(n: int, product: str, clickers: int, buyers: int, price: int) -> dict[str, Any]:
    return {"session_id": f"s{n}", "product_id": product, "day": FIRST + timedelta(days=n), "title": f"款{product}", "clickers": clickers, "buyers": buyers, "items": buyers, "paid_amount": D(price * buyers)}  # fmt: skip


def test_a_product_is_held_against_its_price_not_against_cheap_ones(read: Read) -> None:
    """Rates fall with price along one line; only f lies under it, the dearest does not."""
    plan = {"a": (40, 12), "b": (60, 10), "c": (90, 8), "d": (130, 7), "e": (200, 5), "f": (90, 2), "g": (400, 3)}
    items = [item(n, name, 100, buyers, price) for n in range(12) for name, (price, buyers) in plan.items()]
    sheet = read(live_sessions=[stream(n) for n in range(12)], live_items=items)
    assert [one.title for one in sheet.lost] == ["款f"]
    assert sheet.lost[0].lost == pytest.approx(D(1200) * sheet.lost[0].room_rate - 24)
    assert (sheet.unsold, sheet.shown) == (0, 7)


def test_no_clicks_no_verdict(read: Read) -> None:
    sheet = read(live_sessions=[stream(0)], live_items=[item(0, "a", 20, 0, 50), item(0, "b", 30, 3, 50)])
    assert sheet.lost == () and sheet.unsold is None


def test_the_funnel_compares_the_last_third_with_before(read: Read) -> None:
    streams = [stream(n, buyers=20 if n < 20 else 12) for n in range(30)]
    sheet = read(live_sessions=streams)
    steps = {s.key: s for s in sheet.steps}
    assert (steps["deal"].usual, steps["deal"].late, steps["deal"].streams) == (D("0.1"), D("0.06"), 10)
    assert steps["stay"].late == 60 and "comments" not in steps and "fans" not in steps
    assert read(live_sessions=streams[:10]).steps == ()


def test_the_longest_silence_is_that_of_a_usual_stream(read: Read) -> None:
    orders = [one for n in range(9) for one in paid(n, [10, 20, 30, 120, 130, 235])]
    assert read(live_sessions=[stream(n) for n in range(9)], live_orders=orders).silence == 105
    few = [one for n in range(3) for one in paid(n, [10])]
    assert read(live_sessions=[stream(n) for n in range(3)], live_orders=few).silence is None


def test_a_weak_half_hour_is_named_only_beyond_chance(read: Read) -> None:
    rng = np.random.default_rng(0)

    def made(weak: float) -> list[dict[str, Any]]:
        out = []
        for n in range(30):
            minutes = [30 * b + float(m) for b in range(8) for m in rng.uniform(0, 30, int(rng.poisson(4 * (weak if b == 5 else 1))))]  # fmt: skip
            out += paid(n, minutes)
        return out

    streams = [stream(n) for n in range(30)]
    planted = read(live_sessions=streams, live_orders=made(0.4)).dip
    assert planted is not None and planted.start == 150 and planted.ratio < D("0.6")
    assert sum(read(live_sessions=streams, live_orders=made(1.0)).dip is not None for _ in range(6)) <= 1
