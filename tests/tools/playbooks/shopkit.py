"""A small hand-made shop for the playbook tests: tables written through the warehouse writer, nothing simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tools.facts import Window
from tools.playbooks.views import DriverView, Figure, Situation
from tools.text import Text
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.schema import table_spec
from tools.warehouse.writer import MerchantProfile, write_merchant

__all__ = ["WINDOW", "figure", "make_shop", "order", "situation"]

WINDOW = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))


def order(number: int, day: date, amount: str, buyer: str | None, **more: Any) -> dict[str, Any]:
    """One paid order of the day at noon."""
    paid = datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
    row = {
        "order_id": f"o{number}", "status": "completed", "created_at": paid, "created_date": day, "paid_at": paid,
        "paid_date": day, "buyer_key": buyer, "payable_amount": Decimal(amount), "gross_amount": Decimal(amount),
        "refund_amount": Decimal(0), "item_quantity": 1, "is_presale": False, "is_service": False,
    }  # fmt: skip
    return row | more


def make_shop(folder: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]], *, name: str = "测试旗舰店") -> Shop:
    """Write the rows (missing columns are null) and open the shop."""
    profile = MerchantProfile("t1", name, category="美妆/个护")
    with write_merchant(folder, profile) as connection:
        for table, rows in tables.items():
            columns = [column.name for column in table_spec(table).columns]
            given = pa.table({column: [row.get(column) for row in rows] for column in columns})
            connection.register("given", given)
            listed = ", ".join(columns)
            connection.execute(
                f"INSERT INTO {table} (merchant_id, {listed}, import_id) SELECT 't1', {listed}, 'i1' FROM given"
            )
            connection.unregister("given")
    return Warehouse(folder).for_merchant("t1")


def figure(name: str, value: str | int, unit: str = "ratio", **more: Any) -> Figure:
    return Figure(name, Decimal(value), unit, Text(name, name), Text("", ""), "test", **more)


def situation(
    figures: Iterable[Figure] = (),
    *,
    drivers: Iterable[DriverView] = (),
    change: str = "-10000",
    tables: Mapping[str, int] | None = None,
    orders: int = 5000,
    names: Mapping[str, str] | None = None,
) -> Situation:
    """A situation by hand. `tables` gives days of coverage by table; orders on record come with it."""
    known = {f.id: f for f in (figure("orders_on_record", orders, "orders"), *figures)}
    end = WINDOW.end
    coverage = {
        table: (end - timedelta(days=days - 1), end)
        for table, days in ({"orders": 700} if tables is None else tables).items()
    }
    return Situation(
        window=WINDOW,
        currency="CNY",
        today=date(2026, 11, 1),
        figures=known,
        drivers=tuple(drivers),
        change=Decimal(change),
        scale=abs(Decimal(change)),
        names={key: Text(word, word) for key, word in (names or {}).items()},
        coverage=coverage,
    )
