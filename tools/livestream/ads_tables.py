"""Tables of paid traffic: each plan net of returns with what to do, the break-even ROI by refunds or margin, the pace of a stream."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, ToolTable
from tools.livestream.ads_facts import ACTIONS, Scene
from tools.livestream.ads_roi import even_roi
from tools.livestream.ads_room import Pace
from tools.livestream.ads_verdict import Standing
from tools.livestream.economics import UnitEconomics
from tools.livestream.modes_words import cents
from tools.livestream.schedule_types import SLOTS
from tools.livestream.telling import about
from tools.text import format_value

__all__ = ["even_table", "pace_table", "plan_table"]

_MOST_ROWS = 20
_REFUNDS = [Decimal(n) / 100 for n in (0, 10, 20, 30, 40, 50, 60, 70)]
_COSTS = [Decimal(n) / 100 for n in (20, 30, 40, 50, 60, 70)]
_NONE = "—"


def _roi(value: Decimal | None) -> str:
    return _NONE if value is None else str(value.quantize(Decimal("0.01")))


def plan_table(ctx: ToolContext, scene: Scene) -> ToolTable:
    """One row a plan, most spend first; a plan beyond the twentieth is summed up in the last row."""
    lang, currency = ctx.lang, ctx.shop.currency
    given = {part.standing.plan.plan_id: part.daily for part in scene.budget.parts} if scene.budget else {}

    def money(value: Decimal | None) -> str:
        return _NONE if value is None else format_value(cents(value), currency, lang)

    def estimate(value: Decimal) -> str:
        return about(value, currency).get(lang)

    def row(one: Standing) -> tuple[str, ...]:
        days = one.plan.attribution
        window = _NONE if days is None else format_value(Decimal(days), "days", lang).strip()
        open_ = one.losing is None or (
            one.upper and one.action != "stop"
        )  # at a best-case margin only a loss is certain
        losing = (
            _NONE if open_ or one.losing is None else format_value(Decimal(str(round(one.losing, 3))), "ratio", lang)
        )
        to = given.get(one.plan.plan_id, Decimal(0)) if scene.budget else one.to
        even = f"≥ {_roi(one.even)}" if one.upper and one.even is not None else _roi(one.even)
        left = None if one.upper else one.left
        return (one.plan.name, money(one.sums.spend), money(one.sums.paid), _roi(one.sums.roi), _roi(one.net), even, money(left), losing, ACTIONS[one.action].get(lang), estimate(one.daily), estimate(to), window)  # fmt: skip

    shown = scene.standings[:_MOST_ROWS]
    rows = [row(one) for one in shown]
    rest = scene.standings[_MOST_ROWS:]
    if rest:
        spend, name = sum((one.sums.spend for one in rest), Decimal(0)), f"其余 {len(rest)} 个" if lang == "zh" else f"{len(rest)} others"  # fmt: skip
        rows.append((name, money(spend), *[_NONE] * 10))
    zh = ("计划", "花费", "平台记的成交", "投产", "退后投产", "保本投产", "扣完货和投流", "真亏的把握", "建议", "现在每天", "建议每天", "转化周期")  # fmt: skip
    en = ("Plan", "Spend", "Credited sales", "ROI", "Net ROI", "Break-even", "Left after goods and ads", "Chance of a loss", "Do", "A day now", "A day then", "Attribution")  # fmt: skip
    when = f"（{scene.window.start} 至 {scene.window.end}）" if scene.window else ""
    when_en = f" ({scene.window.start} to {scene.window.end})" if scene.window else ""
    return ToolTable(title=Claim(zh=f"每个计划净账{when}", en=f"Plans net of returns{when_en}"), columns=zh if lang == "zh" else en, rows=tuple(rows))  # fmt: skip


def even_table(ctx: ToolContext, unit: UnitEconomics, *, free_goods: bool) -> ToolTable:
    """Break-even ROI by the share refunded; by the cost share where the cost of goods is unknown."""
    lang = ctx.lang
    rows = []
    for level in _COSTS if free_goods else _REFUNDS:
        other = _at_cost(unit, level) if free_goods else unit.with_refunds(level)
        even = even_roi(other.contribution())
        never = "怎么投都亏" if lang == "zh" else "never"
        rows.append((format_value(level, "ratio", lang), never if even is None else _roi(even)))
    what = (
        ("货成本占成交价", "Cost of goods, share of price")
        if free_goods
        else ("退款退货占支付", "Refunded share of paid GMV")
    )
    columns = (what[0], "保本投产") if lang == "zh" else (what[1], "Break-even ROI")
    return ToolTable(title=Claim(zh=f"保本投产随{what[0]}变化", en=f"Break-even ROI by {what[1][:1].lower()}{what[1][1:]}"), columns=columns, rows=tuple(rows))  # fmt: skip


def _at_cost(unit: UnitEconomics, share: Decimal) -> UnitEconomics:
    return replace(unit, cost_share=share)


def pace_table(ctx: ToolContext, pace: Pace) -> ToolTable:
    """Money by hour on air."""
    lang, currency = ctx.lang, ctx.shop.currency
    rows = [
        (f"第 {k} 小时" if lang == "zh" else f"hour {k}", format_value(share, "ratio", lang), format_value(money, currency, lang))
        for k, (share, money) in enumerate(pace.hours, 1)
    ]  # fmt: skip
    slot = SLOTS[pace.slot][1]
    source = (
        ("按你给的预算", "of the budget given") if pace.stated else ("按平常一场的投流", "of a usual stream's spend")
    )
    title = Claim(zh=f"{slot.zh}场投流按小时放量（{source[0]}，{pace.sessions} 场的成交曲线）", en=f"Hourly pace, {slot.en} stream ({source[1]}, sales curve of {pace.sessions} streams)")  # fmt: skip
    return ToolTable(title=title, columns=("开播后", "占预算", "投") if lang == "zh" else ("On air", "Share", "Spend"), rows=tuple(rows))  # fmt: skip
