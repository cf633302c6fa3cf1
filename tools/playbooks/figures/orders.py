"""How orders look: how many there are, how large, how many stop just below a sensible threshold, and days that look empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.metrics.gaps import find_gaps
from tools.metrics.reader import Reader
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, paid_orders, rows
from tools.text import format_value

__all__ = ["order_figures"]

# A threshold pays when it sits above the usual order but within reach of one more item.
THRESHOLD_RATIO = Decimal("1.25")
_STEP = Decimal(10)
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
    inside = orders.filter(orders.paid_date.between(frame.window.start, frame.window.end))
    days = rows(inside.group_by("paid_date").aggregate(amount=inside.gross_amount.sum()))
    _empty_days(found, frame, {row["paid_date"]: row["amount"] for row in days})
    _threshold(found, frame, orders)
    return found


def _empty_days(found: Produced, frame: Frame, daily: Mapping[date, Decimal]) -> None:
    """Days that look empty inside the window: missing rows or a real stop."""
    gaps = [gap for gap in find_gaps(Reader(frame.shop), frame.window) if not gap.edge]
    empty = {day for gap in gaps for day in _days(gap.window) if frame.window.start <= day <= frame.window.end}
    found.add(
        figure(
            "sparse_days", len(empty), "days",
            label=("订单几乎为空的天数", "days with almost no orders"),
            formula=("订单远少于平常的连续日子", "runs of days with far fewer orders than usual"),
            source=_SOURCE,
            window=frame.window,
            higher_is_better=False,
        )
    )  # fmt: skip
    others = sorted(amount for day, amount in daily.items() if day not in empty)
    if empty and others:
        held = sum((daily.get(day, Decimal(0)) for day in empty), Decimal(0))
        found.add(
            figure(
                "sparse_amount", max(Decimal(0), others[len(others) // 2] * len(empty) - held), "money",
                label=("这些天比平常少的金额", "what those days lack against the usual"),
                formula=("几乎为空的天数 × 其余日子的支付金额中位数 − 这些天的支付金额", "days with almost no orders × median GMV of the other days − GMV of those days"),
                source=_SOURCE,
                window=frame.window,
            )
        )  # fmt: skip


def _days(window: Window) -> list[date]:
    return [days_before(window.end, back) for back in range(window.days)]


def _threshold(found: Produced, frame: Frame, orders: Any) -> None:
    inside = orders.filter(orders.paid_date.between(frame.window.start, frame.window.end))
    head = next(iter(rows(inside.aggregate(n=inside.count(), amount=inside.gross_amount.sum()))))
    mean = divide(head["amount"] or 0, head["n"], 2)
    if mean is None or head["n"] < 30:
        return
    threshold = (mean * THRESHOLD_RATIO / _STEP).to_integral_value(rounding="ROUND_CEILING") * _STEP
    near = inside.filter((inside.gross_amount >= mean) & (inside.gross_amount < threshold))
    row = next(iter(rows(near.aggregate(n=near.count(), amount=near.gross_amount.sum()))))
    count, short = row["n"], threshold * row["n"] - (row["amount"] or Decimal(0))
    reach = format_value(THRESHOLD_RATIO, "number", "zh")
    found.add(
        figure(
            "threshold_amount", threshold, "money",
            label=("建议门槛", "suggested threshold"),
            formula=(f"笔单价 × {reach}，向上取整到 10", f"order value × {reach}, rounded up to 10"),
            source=_SOURCE,
            window=frame.window,
        )
    )  # fmt: skip
    found.add(
        figure(
            "orders_below_threshold", count, "orders",
            label=("差一点到门槛的订单", "orders just below the threshold"),
            formula=("笔单价 ≤ 支付金额 < 门槛 的订单数", "orders from the mean value up to the threshold"),
            source=_SOURCE,
            window=frame.window,
        )
    )  # fmt: skip
    if count:
        found.add(
            figure(
                "threshold_gap_total", short, "money",
                label=("这些订单合计离门槛的差额", "what those orders lack to the threshold in total"),
                formula=("Σ（门槛 − 支付金额）", "sum of threshold less amount paid"),
                source=_SOURCE,
                window=frame.window,
            )
        )  # fmt: skip
        found.add(
            figure(
                "threshold_gap_each", divide(short, count, 2), "money",
                label=("每单离门槛的平均差额", "mean gap to the threshold per order"),
                formula=("差额合计 ÷ 订单数", "total gap ÷ orders"),
                source=_SOURCE,
                window=frame.window,
            )
        )  # fmt: skip
