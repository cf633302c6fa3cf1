"""Kept, missed or not measurable: the one rule by which an adopted plan is judged. Plain arithmetic, no data access.

The actual GMV of the plan's window is set against the forecast made before the start, never against the weeks before: plans start
in bad weeks, and those end by themselves. What lies outside the forecast's interval is the most that can be said without a hold-out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tools.text import Text

__all__ = ["STATUS", "Range", "Status", "Verdict", "judge", "lift_of"]

Status = Literal["planned", "running", "kept", "missed", "not_measurable"]
STATUS: dict[Status, Text] = {
    "planned": Text("未开始", "not begun"),
    "running": Text("进行中", "running"),
    "kept": Text("达成", "kept"),
    "missed": Text("未达成", "missed"),
    "not_measurable": Text("无法判断", "not measurable"),
}


@dataclass(frozen=True)
class Range:
    """Both ends included."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Verdict:
    status: Status
    reason: Text


def lift_of(actual: Decimal, forecast: Range, share: Decimal = Decimal(1)) -> Range:
    """What came above the forecast, at the least and at the most. `share` turns GMV into the money of the promise."""
    return Range((actual - forecast.high) * share, (actual - forecast.low) * share)


def judge(promised: Range, lift: Range) -> Verdict:
    """Kept: more came than the forecast allows for, and the promise's low end is within it. Missed: not even at the most.

    A promise of "at most" (low end 0) is missed only where less came than the forecast allows for.
    """
    if lift.high < 0:
        return Verdict(
            "missed", Text("比不做计划时的预测区间还低", "it is below the interval forecast without the plan")
        )
    if promised.low > 0 and lift.high < promised.low:
        return Verdict("missed", Text("即使按最有利的读法，多出来的也不到承诺的下端", "even read most kindly, what came on top is below the low end of the promise"))  # fmt: skip
    if lift.low > 0:
        return Verdict("kept", Text("高过不做计划时的预测区间，且够得着承诺的下端", "it is above the interval forecast without the plan and reaches the low end of the promise"))  # fmt: skip
    return Verdict("not_measurable", Text("落在预测区间内：承诺的差比预测的误差还小，看不出是不是计划带来的", "it lies within the forecast interval: the promise is smaller than the forecast's own error, so the plan cannot be told from chance"))  # fmt: skip
