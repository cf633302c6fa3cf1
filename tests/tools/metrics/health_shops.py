"""Shops made by hand for the health tests: steady days, so that every amount can be worked out on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from metric_shops import make_shop

from tools.base import ToolContext
from tools.facts import Window
from tools.metrics.health_history import load_history
from tools.metrics.health_people import load_people
from tools.metrics.opportunities_sizing import Margin, Sizing
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop

END = date(2026, 8, 20)  # no campaign within two weeks after
MONTH = Window(start=END - timedelta(days=29), end=END)


def days(count: int) -> list[date]:
    return [END - timedelta(days=count - 1 - k) for k in range(count)]


def orders(
    count: int, per_day: Callable[[date], int], amount: Callable[[date], float] = lambda _: 100.0, buyers: int = 500
) -> list[dict[str, Any]]:
    rows = []
    for day in days(count):
        for _ in range(per_day(day)):
            n = len(rows)
            rows.append(
                {
                    "order_id": f"o{n}",
                    "created_date": day,
                    "paid_date": day,
                    "gross_amount": amount(day),
                    "buyer_key": f"b{n * 7919 % buyers}",
                    "refund_amount": 0,
                }
            )
    return rows


def shop_of(folder: Path, **tables: Any) -> Shop:
    return make_shop(folder, {name: pd.DataFrame(rows) for name, rows in tables.items()})


def context(shop: Shop) -> ToolContext:
    return ToolContext(shop=shop, today=END + timedelta(days=1))


def sizing(shop: Shop, margin: Margin | None = None) -> Sizing:
    reader = Reader(shop)
    people = load_people(reader, MONTH)
    return Sizing(reader, load_history(reader, MONTH), people, margin or Margin(None))
