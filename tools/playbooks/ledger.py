"""The advice ledger as tools: the forecast a plan is adopted with, and the review that reads adopted plans back through `Records`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import BadArguments, DataMissing, NotFound
from tools.facts import Claim, Fact, Quantity, Role, ToolResult, ToolTable, Window, fact_id
from tools.metrics.landing import landing
from tools.metrics.measure import anchor_of
from tools.metrics.wording import say
from tools.playbooks.ledger_review import Review, review_fact, review_of
from tools.playbooks.ledger_verdict import STATUS
from tools.playbooks.plan import default_start, pair
from tools.playbooks.tools import plan_playbook
from tools.text import Text, format_value

__all__ = ["TOOLS", "forecast_plan", "review_plans"]

_UNSIZED_DAYS = 30
_GUIDANCE = "Give the forecast with its interval; it is what comes without the plan, never a promise. Say when the review can be read."
_REVIEW_GUIDANCE = (
    "Say per plan its status in one word with actual and forecast interval. Above the interval is an association, not proof, unless the "
    "fact says experiment. Not measurable is an answer of its own and neither success nor failure."
)


@tool(label=Text("给计划做基线预测", "Forecasting a plan's baseline"), needs=[Need("orders")], timeout_s=40)
def forecast_plan(
    ctx: ToolContext, *, playbook_id: Annotated[str, Field(max_length=64)], start: date | None = None
) -> ToolResult:
    """A plan with the forecast of the shop's GMV without it, made before it starts: the line it will be judged by.

    Use it before a plan is adopted. `playbook_id` as in plan_playbook; `start` must be after the last day of the data.
    """
    begin = start or default_start(ctx.today)
    last = anchor_of(ctx.shop, ctx.today).last
    if begin <= last:
        raise BadArguments(
            Text(
                f"数据已经到 {last}：从 {begin} 开始的结果已在数据里，事后的预测不作数。请用 {last} 之后的开始日。",
                f"The data reach {last}: results from {begin} on are in them, and a forecast made afterwards proves nothing. Start after {last}.",
            )
        )
    then = replace(ctx, today=min(ctx.today, begin))
    result = plan_playbook.run(then, playbook_id=playbook_id, start=begin)
    plan: Fact = result.facts[0]
    high = plan.quantity(Role.RANGE_HIGH)
    days = high.window.days if high is not None and high.window is not None else _UNSIZED_DAYS
    window = Window(start=begin, end=begin + timedelta(days=days - 1))
    return ToolResult(facts=[plan, _forecast(then, window)], tables=result.tables, guidance=_GUIDANCE)


def _forecast(ctx: ToolContext, window: Window) -> Fact:
    """GMV of the window without the plan, with its interval; or why there is none."""
    ident = fact_id("forecast", window, ctx.shop.merchant_id, ctx.shop.generation)
    try:
        found = landing(ctx.shop, window, ctx.today)
    except (BadArguments, DataMissing) as error:
        reason = error.message
        return Fact(
            id=ident,
            kind="metric",
            claim=Claim(zh=f"没有基线预测：{reason.zh}", en=f"No baseline forecast: {reason.en}"),
            data={"window": [window.start.isoformat(), window.end.isoformat()], "reason": pair(reason)},
            simulated=ctx.shop.simulated,
        )
    unit = found.unit
    landed, low, high = (say(value, unit) for value in (found.landed, found.low, found.high))
    base = Quantity(metric="gmv", value=found.landed, unit=unit, window=window)
    return Fact(
        id=ident,
        kind="metric",
        claim=Claim(
            zh=f"不做这个计划，{window.start} 至 {window.end} 预计支付金额 {landed.zh}，80% 区间 {low.zh} 至 {high.zh}（按截至 {found.as_of} 的数据）。",
            en=f"Without the plan, GMV from {window.start} to {window.end} is expected at {landed.en}, 80 % interval {low.en} to {high.en} (from data up to {found.as_of}).",
        ),
        quantities=(
            base,
            base.model_copy(update={"value": found.low, "role": Role.RANGE_LOW}),
            base.model_copy(update={"value": found.high, "role": Role.RANGE_HIGH}),
            base.model_copy(update={"metric": "confidence", "value": Decimal("0.8"), "unit": "ratio"}),
        ),
        formula=f"{found.method.zh} / {found.method.en}",
        source=found.source,
        data={
            "window": [window.start.isoformat(), window.end.isoformat()],
            "as_of": found.as_of.isoformat(),
            "notes": [pair(text) for text in found.notes],
        },
        simulated=ctx.shop.simulated,
    )


@tool(label=Text("回看已采纳的计划", "Reviewing adopted plans"), needs=[Need("orders")], timeout_s=40)
def review_plans(ctx: ToolContext, *, plan_id: Annotated[str | None, Field(max_length=40)] = None) -> ToolResult:
    """How adopted plans went: kept, missed or not measurable, with actual against the forecast made before the start.

    Use it for 上次的计划效果如何 / 建议有没有用 / did the plan work. Without `plan_id` all adopted plans of the shop.
    """
    known = list(ctx.records.plans()) if ctx.records is not None else []
    chosen = [plan for plan in known if plan_id in (None, plan["plan_id"])]
    if plan_id is not None and not chosen:
        raise NotFound(Text(f"没有找到计划 {plan_id}。", f"No plan {plan_id} was found."))
    reviews = [review_of(ctx, plan) for plan in chosen]
    facts = [review_fact(ctx, review) for review in reviews]
    notes = [Claim.of(text) for review in reviews if (text := _question(review)) is not None]
    if not reviews:
        notes.append(
            Claim(
                zh="还没有采纳过计划。看到合适的计划就回一句“采纳这个计划”，到期我拿数字来复盘。",
                en='No plan was adopted yet. When a plan suits you, answer "adopt this plan", and I will review it by its figures when it is due.',
            )
        )
    tables = [_table(ctx, reviews)] if reviews else []
    return ToolResult(facts=facts, tables=tables, notes=notes, guidance=_REVIEW_GUIDANCE)


def _question(review: Review) -> Text | None:
    """Asked once: the service remembers that it was put."""
    if not review.ask or review.plan["asked"]:
        return None
    name, plan_id = review.name, review.plan["plan_id"]
    return Text(
        f"“{name.zh}”（{plan_id}）执行了吗？数据里看不出来。回答：advisor playbooks review {plan_id} --executed yes 或 no",
        f'Was "{name.en}" ({plan_id}) carried out? The data do not tell. Answer: advisor playbooks review {plan_id} --executed yes (or no)',
    )


def _table(ctx: ToolContext, reviews: list[Review]) -> ToolTable:
    columns = {
        "zh": ("编号", "打法", "观察期", "状态", "承诺", "基线预测区间", "实际", "执行"),
        "en": ("Id", "Playbook", "Window", "Status", "Promise", "Forecast interval", "Actual", "Carried out"),
    }[ctx.lang]
    rows = tuple(
        (
            review.plan["plan_id"],
            review.name.get(ctx.lang),
            f"{review.window.start} – {review.window.end}",
            STATUS[review.verdict.status].get(ctx.lang),
            review.promise_text.get(ctx.lang),
            review.forecast_text.get(ctx.lang),
            format_value(review.actual, ctx.shop.currency, ctx.lang) if review.actual is not None else "–",
            review.executed_text.get(ctx.lang),
        )
        for review in reviews
    )
    return ToolTable(title=Claim(zh="已采纳的计划", en="Adopted plans"), columns=columns, rows=rows)


TOOLS = (forecast_plan, review_plans)
