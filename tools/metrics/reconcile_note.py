"""The caveat a figure of GMV carries where the platform's own report is more than one per cent away over the same days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tools.facts import Window
from tools.metrics.reader import Reader

__all__ = ["FINDING", "differs_from_report"]

FINDING = Decimal("0.01")  # a gap above one per cent of the report


def differs_from_report(reader: Reader, window: Window) -> bool:
    """Whether the order files and the report part by a finding, over the window's days that the report states and orders cover."""
    days = reader.coverage("orders")
    if days is None or not reader.has("shop_daily"):
        return False
    ours, theirs = _by_day(reader)
    start, end = max(window.start, days[0]), min(window.end, days[1])
    told = [day for day in theirs if start <= day <= end]
    report = sum((theirs[day] for day in told), Decimal(0))
    gap = sum((ours.get(day, Decimal(0)) for day in told), Decimal(0)) - report
    return bool(gap) and (not report or abs(gap / report) > FINDING)


def _by_day(reader: Reader) -> tuple[Mapping[date, Decimal], Mapping[date, Decimal]]:
    """Both sides by day, read once a call; a blank cell of the report is no day."""
    if "both_sides" not in reader.memo:
        orders, report = reader.relation("orders"), reader.table("shop_daily")
        ours = reader.run(orders.group_by(day=orders.paid_date).aggregate(paid=orders.gross_amount.sum()))
        theirs = reader.run(report.filter(report.paid_amount.notnull()).select("day", paid=report.paid_amount))
        reader.memo["both_sides"] = tuple({row["day"]: row["paid"] for row in rows} for rows in (ours, theirs))
    found: tuple[Mapping[date, Decimal], Mapping[date, Decimal]] = reader.memo["both_sides"]
    return found
