"""Buyers kept as a bit a day give the same counts as sets of days, and as the figures other tools make."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from health_shops import END, MONTH, shop_of

from tools.metrics.catalog import catalog
from tools.metrics.customers import split
from tools.metrics.engine import cut
from tools.metrics.health_model import months_back
from tools.metrics.health_people import People, _masks, load_people
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop

Day = dict[str, dict[date, list[tuple[int, bool]]]]


def _random_orders(seed: int, service: bool) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for buyer in range(400):
        for _ in range(rng.choice((1, 1, 2, 3, 6, 12))):
            back = min(819, int(rng.expovariate(1 / 260)))
            rows.append(
                {
                    "order_id": f"o{len(rows)}",
                    "paid_date": END - timedelta(days=back),
                    "buyer_key": f"b{buyer}" if buyer % 50 else "",
                    "gross_amount": rng.randrange(100, 30_000) / 100,
                    "is_service": service and rng.random() < 0.1,
                }
            )
    return [*rows, {"order_id": "last", "paid_date": END, "buyer_key": "b1", "gross_amount": 1, "is_service": False}]


@pytest.fixture(params=[(1, True), (2, False)], ids=["with service orders", "without"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Shop, list[dict[str, Any]]]]:
    rows = _random_orders(*request.param)
    yield shop_of(tmp_path, orders=rows), rows


def _people(shop: Shop) -> People:
    found = load_people(Reader(shop), MONTH)
    assert found is not None
    return found


def _days(rows: list[dict[str, Any]], *, goods: bool) -> dict[str, set[int]]:
    """Offsets of pay days by buyer."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if row["buyer_key"] and not (goods and row["is_service"]):
            found.setdefault(row["buyer_key"], set()).add((END - row["paid_date"]).days)
    return found


def _in(offsets: set[int], start: int, length: int) -> int:
    return sum(start <= offset < start + length for offset in offsets)


def test_new_returning_and_repurchase_equal_sets_of_days(made: tuple[Shop, list[dict[str, Any]]]) -> None:
    shop, rows = made
    people, paid, bought = _people(shop), _days(rows, goods=False), _days(rows, goods=True)
    for k in range(12):
        here = [seen for seen in paid.values() if _in(seen, 30 * k, 30)]
        old = sum(_in(seen, 30 * k + 30, 365) > 0 for seen in here)
        assert [int(flags.sum()) for flags in people.split(k)] == [len(here) - old, old]
        counts = [_in(seen, 30 * k, 90) for seen in bought.values()]
        assert people.repurchase(k, 3) == (sum(n >= 2 for n in counts), sum(n >= 1 for n in counts))


def test_cohorts_and_lapsed_buyers_equal_sets_of_days(made: tuple[Shop, list[dict[str, Any]]]) -> None:
    shop, rows = made
    people, paid, bought = _people(shop), _days(rows, goods=False), _days(rows, goods=True)
    for k in range(3, 12):
        new = [b for b, seen in bought.items() if _in(seen, 30 * k, 30) and not _in(paid[b], 30 * k + 30, 365)]
        again = sum(_in(bought[b], 30 * (k - 3), 120) >= 2 for b in new)
        assert people.second(k) == (again, len(new))
    for k in range(12):
        away = [seen for seen in bought.values() if _in(seen, 30 * k + 90, 365) >= 2 and not _in(seen, 30 * k, 90)]
        found = people.lapsed(k)
        assert found.people == len(away)
        assert found.back == (sum(_in(seen, 30 * (k - 1), 30) > 0 for seen in away) if k else 0)


def test_what_is_remembered_equals_what_others_would_count(made: tuple[Shop, list[dict[str, Any]]]) -> None:
    shop, _ = made
    warm, cold = Reader(shop), Reader(shop)
    load_people(warm, MONTH)
    metrics = [catalog()["buyers"], catalog()["gmv"], catalog()["orders"]]
    windows = months_back(MONTH, 20)
    assert cut(warm, metrics, windows).rows == cut(cold, metrics, windows).rows
    for window in windows[:2]:
        assert ("split", window.start, window.end, ()) in warm.memo
        assert split(warm, window) == split(cold, window)


def test_orders_alone_tell_the_same_as_what_was_written_beside_them(made: tuple[Shop, list[dict[str, Any]]]) -> None:
    shop, _ = made
    assert shop.buyer_days() is not None
    beside, alone = Reader(shop), Reader(_OrdersOnly(shop))
    found, counted = load_people(beside, MONTH), load_people(alone, MONTH)
    assert found is not None and counted is not None
    assert sorted(found.days.T.tolist()) == sorted(counted.days.T.tolist())
    assert sorted(found.goods.T.tolist()) == sorted(counted.goods.T.tolist())
    assert sorted(found.cents.T.tolist()) == sorted(counted.cents.T.tolist())
    assert sorted(found.orders.T.tolist()) == sorted(counted.orders.T.tolist())
    assert beside.memo["bases"] == alone.memo["bases"]


class _OrdersOnly:
    """A shop whose file holds nothing but the tables."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def __getattr__(self, name: str) -> Any:
        if name == "buyer_days":
            raise AttributeError(name)
        return getattr(self._shop, name)


def test_rows_out_of_order_give_the_same_bits(made: tuple[Shop, list[dict[str, Any]]]) -> None:
    shop, _ = made
    t = Reader(shop).buyer_days()
    rows = t.filter(t.paid_date > END - timedelta(days=780)).to_pyarrow()
    backs = pa.array([(END - day).days for day in rows["paid_date"].to_pylist()], type=pa.int16())
    rows = rows.append_column("back_", [backs])
    order = list(range(rows.num_rows))
    random.Random(5).shuffle(order)
    (days, goods), (shuffled_days, shuffled_goods) = _masks(rows), _masks(rows.take(order))
    assert (days == shuffled_days).all() and (goods == shuffled_goods).all()
    assert int(np.bitwise_count(days).sum()) == rows.num_rows
    assert int(np.bitwise_count(goods).sum()) == sum(rows["goods"].to_pylist())


def test_months_needs_whole_periods(tmp_path: Path) -> None:
    rows = [
        {"order_id": str(k), "paid_date": END - timedelta(days=k), "buyer_key": "a", "gross_amount": 1}
        for k in range(95)
    ]
    people = _people(shop_of(tmp_path, orders=rows))
    assert (people.months(), people.months(90)) == (3, 1)
    assert people.group(0, people.split(0)[0] | people.split(0)[1]).gmv == Decimal(30)


def test_no_buyer_id_no_people(tmp_path: Path) -> None:
    assert (
        load_people(Reader(shop_of(tmp_path, orders=[{"order_id": "1", "paid_date": END, "gross_amount": 1}])), MONTH)
        is None
    )
