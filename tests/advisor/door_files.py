"""Export files as a merchant would drop them, made by the tests of the doors; totals are added up here, not by the product."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

__all__ = ["HOSTILE_TITLE", "Totals", "shopify_orders", "tmall_orders"]

HOSTILE_TITLE = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>${window.hacked=3}{{hacked}} ![x](http://203.0.113.7/p.png) 水杯'
_HEADER = ["订单编号", "买家会员名", "买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额", "订单状态", "订单创建时间", "订单付款时间 ", "宝贝标题 ", "宝贝总数量", "退款金额"]  # fmt: skip


class Totals(NamedTuple):
    orders: int
    gross: Decimal
    refunds: Decimal


def _tmall_row(
    order: int,
    buyer: str,
    amount: Decimal | str,
    at: datetime,
    *,
    status: str = "交易成功",
    title: str = "积雪草面霜 50g",
    refund: Decimal = Decimal(0),
) -> list[object]:
    """One paid order of one piece under `_HEADER`."""
    stamp = f"{at:%Y-%m-%d %H:%M:%S}"
    return [f'="{order}"', buyer, amount, "0.00", amount, amount, status, stamp, stamp, title, 1, refund]


def tmall_orders(
    path: Path,
    *,
    days: int = 60,
    per_day: int = 12,
    start: str = "2024-03-01",
    encoding: str = "gb18030",
    scale: int = 1,
    broken: int = 0,
) -> Totals:
    """An ExportOrderList of `days` days; the last `broken` rows have an amount nobody can read. Paid is before refunds."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    gross = refunds = Decimal(0)
    first = datetime.fromisoformat(start)
    number = 0
    for day in range(days):
        fewer = per_day if day < days // 2 else per_day - per_day // 3  # the second half sells a third less
        for slot in range(fewer):
            number += 1
            paid = Decimal(scale * (50 + (number * 37) % 90)) + Decimal("0.25")
            back = paid if number % 17 == 0 else Decimal(0)
            at = first + timedelta(days=day, hours=9 + slot % 12, minutes=number % 60)
            status = "付款以后用户退款成功，交易自动关闭" if back else "交易成功"
            writer.writerow(_tmall_row(88000000 + number, f"buyer{number % 45}", paid, at, status=status, refund=back))
            gross += paid
            refunds += back
    for extra in range(broken):
        writer.writerow(_tmall_row(99000000 + extra, "buyer1", "十元", first.replace(hour=8, minute=0), title="面霜"))
    path.write_bytes(out.getvalue().encode(encoding))
    return Totals(number, gross, refunds)


def shopify_orders(path: Path, *, title: str, days: int = 40) -> None:
    """A Shopify orders_export.csv whose best seller has the given title."""
    header = ["Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Total", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Refunded Amount"]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        for number in range(days * 3):
            at = datetime(2024, 5, 1, 10, tzinfo=UTC) + timedelta(days=number // 3, minutes=number)
            stamp = f"{at:%Y-%m-%d %H:%M:%S} +0800"
            name = title if number % 3 else "plain cup"
            writer.writerow(
                [
                    f"#{1000 + number}",
                    f"b{number % 30}@example.com",
                    "paid",
                    stamp,
                    "fulfilled",
                    "CNY",
                    "80",
                    "0",
                    "80",
                    stamp,
                    1,
                    name,
                    "80",
                    f"S{number % 3}",
                    "0",
                ]
            )
