"""What a merchant noticed on real files: services are no products, unknown refunds are not zero, young refunds are not an improvement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from metric_shops import make_shop

from tools.base import ToolContext
from tools.facts import ToolResult, Window
from tools.metrics.query import query
from tools.metrics.tools import TOOLS

TODAY = date(2026, 11, 1)


SPEC = {spec.name: spec for spec in TOOLS}


def call(shop: Any, name: str, *, today: date = TODAY, **arguments: object) -> ToolResult:
    return SPEC[name].call(ToolContext(shop=shop, today=today, lang="en"), arguments)


def claims(result: ToolResult) -> str:
    return "\n".join([*(f.claim.en for f in result.facts), *(n.en for n in result.notes)])


def order(number: int, day: str, amount: int = 100, refund: int = 0) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "paid_date": day,
        "gross_amount": amount,
        "refund_amount": refund,
        "buyer_key": f"b{number % 40}",
    }


def test_services_are_no_products(tmp_path: Path) -> None:
    orders = [order(n, f"2026-10-{n % 28 + 1:02d}", refund=int(n == 3)) for n in range(60)]
    lines = [
        {
            "line_id": f"l{n}",
            "order_id": f"o{n}",
            "paid_date": o["paid_date"],
            "product_id": "POST" if n < 40 else "CAKE",
            "title": "POSTAGE" if n < 40 else "CAKESTAND",
            "quantity": 1,
            "amount": 100,
            "is_service": n < 40,
        }
        for n, o in enumerate(orders)
    ]
    shop = make_shop(tmp_path, {"orders": orders, "order_lines": lines})
    found = query(shop, "gmv", Window(start=date(2026, 10, 1), end=date(2026, 10, 31)), by="product")
    assert [(row.key, row.value) for row in found.rows] == [("CAKE", Decimal(2000)), ("(difference)", Decimal(4000))]
    said = claims(call(shop, "first_look"))
    assert "CAKESTAND" in said and "POSTAGE" not in said
