"""How orders look: how many there are, how large, how many stop just below a sensible threshold, and days that look empty."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.metrics.gaps import find_gaps
from tools.metrics.reader import Reader
from tools.playbooks.figures.base import Frame, Produced, divide, figure, money, paid_orders, rows
from tools.text import format_value

__all__ = ["order_figures"]

# A threshold pays when it sits above the usual order but within reach of one more item.
THRESHOLD_RATIO = Decimal("1.25")
_STEP = Decimal(10)
_FEW = 30
_SOURCE = "orders"


def order_figures(frame: Frame) -> Produced:
    """Counts and sizes of paid orders. Nothing without orders."""
    found = Produced()
    if not frame.shop.has("orders"):
        return found
    orders = paid_orders(frame.shop)
    total = next(iter(rows(orders.aggregate(n=orders.count()))))["n"]
    found.add(
        figure(
            "orders_on_record", total, "orders",
            label=("历史支付订单数", "paid orders on record"),
            formula=("已导入的有付款的商品订单数", "paid goods orders imported"),
            source=_SOURCE,
        )
    )  # fmt: skip
    _empty_days(found, frame)
    _threshold(found, frame, orders)
    return found


def _empty_days(found: Produced, frame: Frame) -> None:
    """Days that look empty inside the window: missing rows or a real stop. Runs at the end of the data are still coming in."""
    gaps = [gap for gap in find_gaps(Reader(frame.shop), frame.window) if not gap.edge]
    days = sum(min(gap.low_days, _overlap(gap.window, frame.window)) for gap in gaps)
    found.add(
        figure(
            "sparse_days", days, "days",
            label=("订单几乎为空的天数", "days with almost no orders"),
            formula=("订单远少于平常的连续日子里的空日", "empty days in runs with far fewer orders than usual"),
            source=_SOURCE,
            window=frame.window,
            higher_is_better=False,
        )
    )  # fmt: skip


def _overlap(one: Window, other: Window) -> int:
    return max(0, (min(one.end, other.end) - max(one.start, other.start)).days + 1)


def _threshold(found: Produced, frame: Frame, orders: Any) -> None:
    """A line above the usual order, and the orders between the usual one and the line. The median: bulk orders are not usual."""
    inside = orders.filter(orders.paid_date.between(frame.window.start, frame.window.end))
    cents = sorted(row["cents"] for row in rows(inside.select(cents=(inside.gross_amount * 100).cast("int64"))))
    if len(cents) < _FEW:
        return
    usual = money(cents[(len(cents) - 1) // 2])
    threshold = (usual * THRESHOLD_RATIO / _STEP).to_integral_value(rounding="ROUND_CEILING") * _STEP
    near = [value for value in map(money, cents) if usual <= value < threshold]
    short = threshold * len(near) - sum(near, Decimal(0))
    common: dict[str, Any] = {"source": _SOURCE, "window": frame.window}
    reach = format_value(THRESHOLD_RATIO, "number", "zh")
    for each in (
        figure("threshold_amount", threshold, "money", label=("建议门槛", "suggested threshold"), formula=(f"订单金额中位数 × {reach}，向上取整到 10", f"median order × {reach}, rounded up to 10"), **common),
        figure("orders_below_threshold", len(near), "orders", label=("差一点到门槛的订单", "orders just below the threshold"), formula=("中位数 ≤ 支付金额 < 门槛 的订单数", "orders from the median up to the threshold"), **common),
        figure("threshold_gap_total", short if near else None, "money", label=("这些订单合计离门槛的差额", "what those orders lack to the threshold in total"), formula=("Σ（门槛 − 支付金额）", "sum of threshold less amount paid"), **common),
        figure("threshold_gap_each", divide(short, len(near), 2), "money", label=("每单离门槛的平均差额", "mean gap to the threshold per order"), formula=("差额合计 ÷ 订单数", "total gap ÷ orders"), **common),
    ):  # fmt: skip
        found.add(each)
