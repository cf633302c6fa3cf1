"""Hand-made shops whose two sides are known, for the tests of reconciliation: the orders, the report counted from them, the gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from metric_shops import make_shop

from tools.base import ToolContext
from tools.facts import ToolResult, Window
from tools.metrics.reader import Reader
from tools.metrics.reconcile import Reconciliation
from tools.metrics.tool_reconcile import reconcile, reconciled
from tools.text import Lang
from tools.warehouse.access import Shop

Row = dict[str, Any]
FIRST, DAYS = date(2026, 5, 1), 24
CENT = Decimal("0.01")


def orders(days: int = DAYS) -> list[Row]:
    """Eleven orders a day around the clock, every amount of its own; every seventh was refunded in part."""
    rows: list[Row] = []
    for day in range(days):
        for slot, minute in enumerate((3, 17, 95, 400, 610, 700, 800, 990, 1200, 1385, 1437)):
            number = len(rows)
            amount = Decimal(5000 + (number * 7919) % 9973) / 100
            at = datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, minutes=minute, seconds=slot)
            rows.append(
                {
                    "order_id": str(number), "status": "completed", "paid_at": at, "paid_date": at.date(), "created_at": at,
                    "created_date": at.date(), "buyer_key": f"b{number % 40}", "gross_amount": amount,
                    "refund_amount": (amount / 3).quantize(CENT) if number % 7 == 0 else Decimal(0),
                    "is_presale": False, "is_service": False,
                }
            )  # fmt: skip
    return rows


def report(rows: Sequence[Row], *, day: Callable[[Row], date] = lambda row: row["paid_date"]) -> dict[date, Row]:
    """The platform's report as it counts these orders, by whatever day it puts them on."""
    found: dict[date, Row] = {}
    buyers: dict[date, set[str]] = defaultdict(set)
    for row in rows:
        mine = found.setdefault(day(row), {"day": day(row), "paid_amount": Decimal(0), "orders": 0})
        mine["paid_amount"] += row["gross_amount"]
        mine["orders"] += 1
        buyers[day(row)].add(row["buyer_key"])
    return {when: {**row, "buyers": len(buyers[when])} for when, row in sorted(found.items())}


def at(day: int) -> date:
    return FIRST + timedelta(days=day)


def shop_of(folder: Path, rows: Sequence[Row], daily: Mapping[date, Row], **more: Any) -> Shop:
    return make_shop(folder, {"orders": rows, "shop_daily": list(daily.values()), **more})


def settle(shop: Shop, window: Window | None = None) -> Reconciliation:
    found = reconciled(Reader(shop), window or Window(start=FIRST, end=at(DAYS - 1)))
    for day in found.days:
        assert sum(day.parts.values(), Decimal(0)) == day.gap
    assert sum(found.parts.values(), Decimal(0)) == found.gap
    return found


def call(shop: Shop, lang: Lang = "zh", **arguments: Any) -> ToolResult:
    return reconcile.call(ToolContext(shop=shop, today=date(2026, 11, 24), lang=lang), arguments)


def amount(rows: Sequence[Row], name: str = "gross_amount") -> Decimal:
    return sum((row[name] for row in rows), Decimal(0))


def presale_rows() -> list[Row]:
    """Deposits on the first three days, balances on the eleventh."""
    rows = orders()
    for number in (5, 14, 20, 28, 31):
        day = rows[number]["paid_date"]
        paid = datetime.combine(at(10), datetime.min.time()) + timedelta(hours=20, minutes=number)
        rows[number] |= {"is_presale": True, "created_date": day, "paid_at": paid, "paid_date": paid.date()}
    return rows
