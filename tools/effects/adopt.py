"""Adopting a plan into the advice ledger: kept with what it promises and the forecast made before it starts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from tools.base import Effect, Need, Prepared, ToolContext, tool
from tools.effects.desk import EffectDesk, Line, PlanTerms
from tools.errors import BadArguments
from tools.facts import Claim, ToolResult
from tools.metrics.measure import anchor_of
from tools.playbooks.ledger import forecast_plan
from tools.playbooks.library import find_playbook
from tools.playbooks.plan import default_start
from tools.playbooks.tools import plan_playbook
from tools.text import Text

__all__ = ["adopt_plan"]

PlaybookId = Annotated[str, Field(max_length=64)]


def _prepare(
    ctx: ToolContext, *, playbook_id: str, start: date | None, promotion: str | None, shared: bool
) -> Prepared:
    """The plan by its name and with its first day; one that is adopted already is not adopted twice."""
    playbook = find_playbook(playbook_id)
    begin = start or default_start(ctx.today)
    known = list(ctx.records.plans()) if ctx.records is not None else []
    twin = next((one for one in known if (one["playbook_id"], one["start"]) == (playbook.id, begin)), None)
    if twin is not None:
        raise BadArguments(
            Text(
                f"“{playbook.name.zh}”从 {begin} 开始的计划已经采纳过（{twin['plan_id']}）。",
                f'"{playbook.name.en}" from {begin} was adopted already ({twin["plan_id"]}).',
            )
        )
    last = anchor_of(ctx.shop, ctx.today).last
    if begin < ctx.today or begin <= last:
        raise BadArguments(
            Text(
                f"{begin} 已经过去或已在数据里（数据到 {last}），事后的预测不作数；请换一个之后的开始日。",
                f"{begin} is past or already in the data (they reach {last}), and a forecast made afterwards proves nothing; start later.",
            )
        )
    plan_playbook.run(
        ctx, playbook_id=playbook.id, start=begin
    )  # one that does not fit the shop is refused now, not after a yes
    seen = Text("，服务人员也能看到", "; the service staff see it too") if shared else Text("", "")
    arguments: dict[str, Any] = {
        "playbook_id": playbook.id,
        "start": begin.isoformat(),
        "promotion": promotion,
        "shared": shared,
    }
    return Prepared(
        arguments,
        Text(
            f"采纳计划“{playbook.name.zh}”，{begin} 开始：连同现在的基线预测记入建议台账，以后据此评判效果{seen.zh}",
            f'adopt the plan "{playbook.name.en}" from {begin}: it is kept with the forecast of today and judged by it later{seen.en}',
        ),
    )


@tool(
    label=Text("采纳计划", "Adopting a plan"),
    effect=Effect.WRITE,
    needs=[Need("orders")],
    timeout_s=60,
    prepare=_prepare,
)
def adopt_plan(
    ctx: ToolContext,
    *,
    playbook_id: PlaybookId,
    start: date | None = None,
    promotion: Line | None = None,
    shared: bool = False,
) -> ToolResult:
    """Ask to adopt a plan, so that its outcome is judged later. Use it only when the user says 采纳 / 就按这个做 / adopt this plan.

    Nothing happens until a person accepts. `playbook_id` as in plan_playbook, such as "first-to-second-order"; `start` is the first day
    (2026-12-01), the next working day when left out; `promotion` names the promotion that carries it out.
    """
    desk = ctx.resource(EffectDesk)
    result = forecast_plan.run(ctx, playbook_id=playbook_id, start=start)
    plan, forecast = result.facts[0], result.facts[1]
    terms = PlanTerms(
        playbook_id=str(plan.data["playbook_id"]),
        start=date.fromisoformat(plan.data["start"]),
        end=date.fromisoformat(plan.data["end"]),
        promotion=promotion,
        shared=shared,
    )
    plan_id = desk.keep_plan(plan, forecast, terms)
    return ToolResult(
        facts=[forecast],
        notes=[
            Claim(
                zh=f"已采纳，编号 {plan_id}。之后导入新数据，再问“上次的计划效果如何”。",
                en=f'Adopted as {plan_id}. Import new data later, then ask "did the plan work".',
            )
        ],
    )
