"""Refunds of a product: a handful a month. Told when the count of lines sent back moved, not when one dear item came back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_shops import make_shop

from tools.memo import Memo
from tools.metrics import causes, causes_products
from tools.metrics.drivers import Explanation
from tools.metrics.explain import explain
from tools.metrics.turns import REFUNDED, RateSource, Turn
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))
FIRST, TURNED = date(2025, 9, 1), date(2026, 10, 6)
DAYS = [FIRST + timedelta(days=k) for k in range((OCT.end - FIRST).days + 1)]


def shop_with(folder: Path, *, share: float, dear: bool = False) -> Shop:
    """Fifteen lines a day of each of four products at 100 yuan; 4 % are sent back, of p1 `share` from 6 October on.

    `dear`: in October three lines of p1 cost 3,000 yuan each, and they come back.
    """
    rng = np.random.default_rng(3)
    orders, lines = [], []
    for day in DAYS:
        for key in ("p1", "p2", "p3", "p4"):
            for _ in range(15):
                number, price = len(orders), 100
                back = rng.random() < (share if key == "p1" and day >= TURNED else 0.04)
                if (
                    dear
                    and key == "p1"
                    and day in (date(2026, 10, 9), date(2026, 10, 15), date(2026, 10, 22))
                    and not number % 6
                ):
                    price, back = 3000, True
                refund = price if back else 0
                sale = {"order_id": f"o{number}", "paid_date": str(day)}
                orders.append(sale | {"gross_amount": price, "refund_amount": refund})
                lines.append(
                    sale
                    | {
                        "line_id": f"l{number}",
                        "product_id": key,
                        "title": key,
                        "quantity": 1,
                        "amount": price,
                        "refund_amount": refund,
                    }
                )
    return make_shop(folder, {"orders": orders, "order_lines": lines})


def refunds_of(found: Explanation) -> list[tuple[str, bool]]:
    return [(cause.entity.label.zh, cause.event is not None) for cause in found.causes if cause.factor == "refunds"]


def test_a_bad_batch_stands_out_over_five_months(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some eighteen refunds a month become sixty: over two months and thirty expected events nothing of it can be read."""
    shop = shop_with(tmp_path, share=0.14)
    assert refunds_of(explain(shop, "net_gmv", OCT, SEP)) == [("p1", True)]
    monkeypatch.setattr("tools.metrics.explain._recent", Memo(1))  # explanations are remembered by shop and windows
    short = RateSource(**{**REFUNDED.__dict__, "reach": 0, "least": 30.0})
    monkeypatch.setattr(causes_products, "REFUNDED", short)
    assert ("p1", True) not in refunds_of(explain(shop, "net_gmv", OCT, SEP))


def test_three_dear_items_that_came_back_are_no_bad_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_with(tmp_path, share=0.04, dear=True)
    assert refunds_of(explain(shop, "net_gmv", OCT, SEP)) == []
    # had as many more lines come back as the money says, it would have been told
    monkeypatch.setattr(causes_products, "rate_turn", lambda *_: Turn(date(2026, 10, 6), 3.2, 5.0))
    monkeypatch.setattr("tools.metrics.explain._recent", Memo(1))
    assert refunds_of(explain(shop, "net_gmv", OCT, SEP)) == [("p1", False)]


def test_half_as_much_money_is_enough_only_where_the_day_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_with(tmp_path, share=0.04, dear=True)
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr(causes, "refund_causes", lambda *args: given.append(args) or [])
    monkeypatch.setattr("tools.metrics.explain._recent", Memo(1))
    explain(shop, "net_gmv", OCT, SEP)
    pair, cuts, _ = given[0]

    def told(z: float, least: Decimal) -> list[Decimal]:
        monkeypatch.setattr(causes_products, "rate_turn", lambda *_: Turn(date(2026, 10, 6), z, 5.0))
        found = causes_products.refund_causes(pair, cuts, least)
        return [abs(cause.amount) for cause in found if cause.entity.key == "p1"]

    (amount,) = told(3.2, Decimal(1))
    assert [told(3.2, amount * part) != [] for part in (Decimal("0.9"), Decimal("1.5"))] == [True, False]
    assert [told(3.8, amount * part) != [] for part in (Decimal("1.5"), Decimal("2.5"))] == [True, False]
    assert told(-3.2, Decimal(1)) == [], "more money, yet fewer lines came back"
