"""Edges of a price check: a promise's last day, and which offer begins a promotion."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.playbooks.pricing import Offers, promise_breaks, reach_everywhere
from tools.playbooks.tool_pricing import price_check

DAY = date(2026, 11, 1)


def test_a_promise_holds_on_its_last_day_and_no_longer() -> None:
    item = Offers.model_validate(
        {
            "title": "面霜", "list_price": "100", "offers": [{"kind": "item_cut", "off": "40"}],
            "promises": [{"room": "达人", "price": "70", "until": "2026-11-30"}],
        }
    )  # fmt: skip

    def broken(day: date) -> int:
        return len(promise_breaks(item, day, reach_everywhere(item, day)))

    assert (broken(date(2026, 11, 30)), broken(date(2026, 12, 1))) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "window"), [("shop_coupon", "2026-10-25..2026-10-31"), ("item_cut", "2026-10-08..2026-10-14")]
)
def test_only_a_cut_of_the_item_begins_a_promotion(kind: str, window: str, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {
            "line_id": f"l{n}", "order_id": f"o{n}", "paid_date": DAY - timedelta(days=n), "product_id": "p1", "title": "面霜", "quantity": 1,
            "amount": Decimal(150), "is_service": False,
        }
        for n in range(1, 40)
    ]  # fmt: skip
    shop = make_shop(tmp_path, {"order_lines": lines})
    asked = {
        "title": "面霜",
        "list_price": "219",
        "offers": [{"kind": kind, "off": 50, "starts": "2026-10-15"}],
        "most_pieces": 1,
    }
    result = price_check.call(ToolContext(shop=shop, today=DAY), asked)
    basis = next(q for fact in result.facts for q in fact.quantities if q.metric == "price.basis_low")
    assert str(basis.window) == window
