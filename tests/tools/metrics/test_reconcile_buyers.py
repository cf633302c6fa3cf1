"""Buyers of both sides are compared only on days on which every order tells its buyer."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from metric_shops import make_shop

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.reconcile_books import read_books

FIRST = date(2026, 9, 1)


def test_a_day_with_an_unknown_buyer_has_no_count_to_compare(tmp_path: Path) -> None:
    buyers = (("a", "b", "a"), ("a", None, "b"), ("a", "", "b"))
    orders = [
        {"order_id": f"o{day}{n}", "created_date": FIRST + timedelta(days=day), "paid_date": FIRST + timedelta(days=day), "gross_amount": 10, "buyer_key": key}
        for day, keys in enumerate(buyers) for n, key in enumerate(keys)
    ]  # fmt: skip
    daily = [{"day": FIRST + timedelta(days=k), "paid_amount": 30, "orders": 3, "buyers": 2} for k in range(3)]
    reader = Reader(make_shop(tmp_path, {"orders": orders, "shop_daily": daily}, platform="other"))
    books = read_books(reader, Window(start=FIRST, end=FIRST + timedelta(days=2)))
    assert [(c.ours, c.our_buyers, c.their_buyers) for c in books.counts] == [(3, 2, 2), (3, None, 2), (3, None, 2)]
