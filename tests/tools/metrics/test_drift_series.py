"""The weekly series of slow slides on reports with holes: what was not counted is left out, not read as a fall."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_shops import make_shop

from tools.metrics.drift_series import _came_back, _ordinary, _refunded, product_slides, shop_slides
from tools.metrics.pair import Pair, make_pair
from tools.metrics.reader import Reader
from tools.metrics.windows import month_of

OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))
FIRST, LAST = date(2025, 5, 5), OCT.end
DAYS = [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
BEGAN = LAST - timedelta(days=83)


def pair_of(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> Pair:
    return make_pair(Reader(make_shop(folder, tables, platform="other")), OCT, SEP)


def products(visitors: Callable[[str, date], int | None], end: float = 1.0) -> list[dict[str, Any]]:
    """Three products of some fifty buyers a day; those of p1 slide to `end` of themselves over the last 84 days."""
    rng = np.random.default_rng(5)
    return [
        {"day": day, "product_id": key, "visitors": visitors(key, day), "buyers": rng.poisson(50 * (left if key == "p1" else 1))}
        for day in DAYS
        for left in [end ** min(max((day - BEGAN).days / 83, 0.0), 1.0)]
        for key in ("p1", "p2", "p3")
    ]  # fmt: skip


def test_buyers_of_a_report_without_visitors_are_no_visitors(tmp_path: Path) -> None:
    """Half the buyers are gone, but nobody counted who came: neither a conversion nor a count of visitors has slid."""
    assert product_slides(pair_of(tmp_path / "a", {"product_daily": products(lambda *_: None, 0.5)}), ["p1", "p2", "p3"]) == []  # fmt: skip
    (found,) = product_slides(pair_of(tmp_path / "b", {"product_daily": products(lambda *_: 1000, 0.5)}), ["p1", "p2", "p3"])  # fmt: skip
    assert (found.key, found.what) == ("p1", "conversion")


def test_days_whose_visitors_were_not_counted_do_not_move_the_conversion(tmp_path: Path) -> None:
    """p1 and p2 have no visitors from the ninth to the sixth week before the end: their rates before and after are the same."""
    hole = (LAST - timedelta(days=62), LAST - timedelta(days=42))

    def counted(key: str, day: date) -> int | None:
        return None if key != "p3" and hole[0] <= day <= hole[1] else 1000

    assert product_slides(pair_of(tmp_path / "a", {"product_daily": products(counted)}), ["p1", "p2", "p3"]) == []
    (found,) = product_slides(pair_of(tmp_path / "b", {"product_daily": products(counted, 0.5)}), ["p1", "p2", "p3"])
    assert found.slide.rate == pytest.approx(math.expm1(math.log(0.5) * 61 / 83), abs=0.06)


def test_refunds_count_where_all_fourteen_days_after_the_payment_are_known(tmp_path: Path) -> None:
    """Refunds are known from 1 March to 31 October; two come back after 5 days, one after 20."""
    orders, refunds = [], []
    for number, day in enumerate(DAYS):
        orders.append({"order_id": f"o{number}", "paid_date": day, "gross_amount": 100, "refund_amount": 30})
        for part, after in enumerate((5, 5, 20)):
            back = day + timedelta(days=after)
            if date(2026, 3, 1) <= back <= LAST:
                refunds.append({"refund_id": f"r{number}-{part}", "order_id": f"o{number}", "refunded_date": back, "amount": 10})  # fmt: skip
    days = _refunded(pair_of(tmp_path, {"orders": orders, "refunds": refunds}))
    assert (min(days), max(days)) == (date(2026, 3, 1), LAST - timedelta(days=14))
    assert set(days.values()) == {(20.0, 100.0)}


def test_who_came_back_is_not_asked_of_days_that_do_not_know_who_came_before(tmp_path: Path) -> None:
    """One buyer pays every tenth day, another once a year: from day 180 on the first came back each time, the second never."""
    often = [{"order_id": f"a{k}", "paid_date": day, "gross_amount": 10, "buyer_key": "a"} for k, day in enumerate(DAYS) if k % 10 == 0]  # fmt: skip
    rare = [{"order_id": f"b{k}", "paid_date": DAYS[k], "gross_amount": 10, "buyer_key": "b"} for k in (0, 200, 500)]
    days = _came_back(pair_of(tmp_path, {"orders": [*often, *rare]}))
    assert min(days) == DAYS[180]
    assert days[DAYS[190]] == (1.0, 1.0) and days[DAYS[200]] == (1.0, 2.0) and days[DAYS[500]] == (1.0, 2.0)


@pytest.mark.parametrize(("every_year", "told"), [(True, []), (False, ["conversion"])])
def test_the_same_weeks_a_year_before_are_read(every_year: bool, told: list[str], tmp_path: Path) -> None:
    """A conversion that halves every autumn and recovers is the season; halved this autumn alone it is news."""
    rng = np.random.default_rng(5)
    rows = []
    for day in DAYS:
        seen = [day] if not every_year else [day, day + timedelta(days=364)]
        done = max(min((at - BEGAN).days / 83, 1.0) if BEGAN <= at <= LAST else 0.0 for at in seen)
        rows.append({"day": day, "visitors": 10_000, "buyers": rng.poisson(500 * 0.5**done)})
    found = shop_slides(pair_of(tmp_path, {"shop_daily": rows}), net=False)
    assert [item.what for item in found] == told


def test_a_peak_and_a_silent_day_are_no_ordinary_days() -> None:
    level = dict.fromkeys(DAYS[:60], 100.0) | {DAYS[20]: 161.0, DAYS[30]: 39.0, DAYS[40]: 160.0, DAYS[50]: 40.0}
    assert set(DAYS[:60]) - _ordinary(level) == {DAYS[20], DAYS[30]}


def test_who_stood_still_while_the_others_grew_has_not_slid(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        {"day": day, "product_id": key, "visitors": 1000, "buyers": rng.poisson(50 * (1 if key == "p1" else grown))}
        for day in DAYS
        for grown in [2 ** min(max((day - BEGAN).days / 83, 0.0), 1.0)]
        for key in ("p1", "p2", "p3", "p4")
    ]
    keys = ["p1", "p2", "p3", "p4"]
    assert "p1" not in {item.key for item in product_slides(pair_of(tmp_path, {"product_daily": rows}), keys)}
