"""Ad plans: those that do not pay for themselves, and the one whose pause cost the most attributed sales."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, divide, figure, rows
from tools.playbooks.render import clean_name

__all__ = ["losing_plans", "stopped_plan_figures"]


def losing_plans(frame: Frame, margin: Decimal) -> Produced:
    """Ad plans whose attributed sales × margin do not pay for their spend, in the window. `margin` is per yuan paid."""
    found = Produced()
    if not frame.shop.has("ad_daily"):
        return found
    table = frame.shop.table("ad_daily")
    inside = table.filter(table.day.between(frame.window.start, frame.window.end))
    grouped = inside.group_by("plan_id").aggregate(
        plan=inside.plan.max(), spend=inside.spend.sum(), paid=inside.paid_amount.sum()
    )
    losing = [row for row in rows(grouped) if row["spend"] and (row["paid"] or 0) * margin < row["spend"]]
    spend = sum((row["spend"] for row in losing), Decimal(0))
    loss = sum((row["spend"] - (row["paid"] or 0) * margin for row in losing), Decimal(0)).quantize(Decimal("0.01"))
    common: dict[str, Any] = {"source": "ad_daily, gross margin", "window": frame.window, "higher_is_better": False}
    found.add(
        figure(
            "losing_plans", len(losing), "count",
            label=("低于保本投产比的计划数", "plans below the break-even return"),
            formula=("成交金额 × 每元支付毛利 < 花费 的计划", "plans with attributed GMV × margin below spend"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "losing_spend", spend, "money",
            label=("这些计划的花费", "spend of those plans"),
            formula=("低于保本投产比的计划花费合计", "spend of the plans below break-even"),
            **common,
        )
    )  # fmt: skip
    found.add(
        figure(
            "losing_amount", loss, "money",
            label=("这些计划的亏损额", "loss of those plans"),
            formula=("Σ（花费 − 归因成交 × 每元支付毛利）", "sum of spend less attributed GMV × margin"),
            **common,
        )
    )  # fmt: skip
    if losing:
        worst = max(losing, key=lambda row: row["spend"] - (row["paid"] or 0) * margin)
        found.name("losing_plan", clean_name(worst["plan"] or worst["plan_id"]))
        far = sum(
            (
                row["spend"] - (row["paid"] or 0) * margin
                for row in losing
                if (row["paid"] or 0) * margin < row["spend"] * Decimal("0.8")
            ),
            Decimal(0),
        )
        found.add(
            figure(
                "losing_amount_far", far.quantize(Decimal("0.01")), "money",
                label=("其中明显低于保本线的亏损", "of which clearly below break-even"),
                formula=("同上，只计不到保本线 80% 的计划", "the same, plans below 80% of break-even only"),
                **common,
            )
        )  # fmt: skip
    return found


def stopped_plan_figures(frame: Frame) -> Produced:
    """The ad plan whose attributed sales fell the most because its spend did, with what the cut saved."""
    found = Produced()
    if not frame.shop.has("ad_daily"):
        return found
    now, before = _plans(frame, frame.window), _plans(frame, frame.previous)
    cut = {key: row for key, row in before.items() if _of(now, key, "spend") < row["spend"] * Decimal("0.67")}
    if not cut:
        return found
    plan = max(cut, key=lambda key: (frame.focus.get("ad_plan") == key, cut[key]["paid"] - _of(now, key, "paid")))
    old = cut[plan]
    lost, saved = old["paid"] - _of(now, plan, "paid"), old["spend"] - _of(now, plan, "spend")
    roi = divide(old["paid"], old["spend"], 2)
    if lost <= 0 or roi is None:
        return found
    name = found.name("stopped_plan", clean_name(old["plan"] or plan))
    common: dict[str, Any] = {"source": "ad_daily", "window": frame.window}
    previous: dict[str, Any] = {"source": "ad_daily", "window": frame.previous}
    for each in (
        figure("stopped_spend_before", old["spend"], "money", label=(f"“{name}”上期花费", f'spend of "{name}" before'), formula=("计划花费合计", "spend of the plan"), **previous),
        figure("stopped_spend_now", _of(now, plan, "spend"), "money", label=(f"“{name}”花费", f'spend of "{name}"'), formula=("计划花费合计", "spend of the plan"), **common),
        figure("stopped_gmv_lost", lost, "money", label=(f"“{name}”少的归因成交", f'attributed GMV lost of "{name}"'), formula=("上期归因成交 − 本期", "attributed GMV before − now"), **common),
        figure("stopped_spend_saved", saved, "money", label=(f"“{name}”省下的花费", f'spend saved on "{name}"'), formula=("上期花费 − 本期", "spend before − now"), **common),
        figure("stopped_roi", roi, "number", label=(f"“{name}”上期投产比", f'return of "{name}" before'), formula=("归因成交 ÷ 花费", "attributed GMV ÷ spend"), **previous),
    ):  # fmt: skip
        found.add(each)
    return found


def _plans(frame: Frame, window: Window) -> dict[str, Mapping[str, Any]]:
    table = frame.shop.table("ad_daily")
    inside = table.filter(table.day.between(window.start, window.end))
    grouped = inside.group_by("plan_id").aggregate(
        plan=inside.plan.max(), spend=inside.spend.sum(), paid=inside.paid_amount.sum()
    )
    return {row["plan_id"]: row for row in rows(grouped) if row["spend"] and row["paid"] is not None}


def _of(plans: Mapping[str, Mapping[str, Any]], key: str, column: str) -> Decimal:
    return plans[key][column] if key in plans else Decimal(0)
