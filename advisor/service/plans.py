"""Plans beyond the conversation: files to print, the content calendar, adopting a plan, and reading back how it went.

Each call goes through the service: same scope, checks and audit as a tool in a turn. A model can read the ledger, never write it.
"""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from advisor.scope import Scope
from tools.errors import BadArguments
from tools.facts import Fact, ToolResult
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.service.service import AdvisorService
    from advisor.store import AdoptedPlan
    from tools.playbooks.exports import ShopLabel

__all__ = ["adopt", "export_content", "export_plan", "review", "write_case"]

Answer = Literal["yes", "no"]


async def export_plan(
    service: AdvisorService, scope: Scope, playbook_id: str, filename: str, *, lang: Lang, start: date | None = None
) -> bytes:
    """The plan as the file `filename` asks for by its ending: .xlsx, .md or .ics. Raises ToolError."""
    from tools.playbooks.documents import check_name, written_as
    from tools.playbooks.exports import plan_document

    check_name(filename)  # before the work
    fact = plan_of(await service.read(scope, "plan_playbook", {"playbook_id": playbook_id, "start": start}, lang=lang))
    shop = shop_label(service, scope)
    document = plan_document(fact, shop, lang, service.today(shop.timezone))
    return await asyncio.to_thread(written_as, document, filename)


async def export_content(
    service: AdvisorService, scope: Scope, filename: str, *, lang: Lang, weeks: int = 4, start: date | None = None
) -> bytes:
    """The content calendar as a file, as `export_plan`. Raises ToolError."""
    from tools.playbooks.content_tool import content_document
    from tools.playbooks.documents import check_name, written_as

    check_name(filename)
    result = await service.read(scope, "content_calendar", {"weeks": weeks, "start": start}, lang=lang)
    fact = next(fact for fact in result.facts if "calendar" in fact.data)
    shop = shop_label(service, scope)
    document = content_document(fact, shop, lang, service.today(shop.timezone))
    return await asyncio.to_thread(written_as, document, filename)


async def adopt(
    service: AdvisorService,
    scope: Scope,
    playbook_id: str,
    *,
    lang: Lang,
    start: date | None = None,
    promotion: str | None = None,
    shared: bool = False,
) -> tuple[AdoptedPlan, ToolResult]:
    """Adopt a plan: kept with its promise and the forecast made before it starts. A person's decision; raises ToolError."""
    result = await service.read(scope, "forecast_plan", {"playbook_id": playbook_id, "start": start}, lang=lang)
    plan, forecast = plan_of(result), result.facts[1]
    kept = await asyncio.to_thread(
        service.store.plans.adopt,
        scope,
        playbook_id=str(plan.data["playbook_id"]),
        start=date.fromisoformat(plan.data["start"]),
        end=date.fromisoformat(plan.data["end"]),
        plan=plan.model_dump(mode="json"),
        forecast=forecast.model_dump(mode="json"),
        promotion=promotion.strip()[:120] if promotion else None,
        shared=shared,
    )
    return kept, result


async def review(
    service: AdvisorService, scope: Scope, *, lang: Lang, plan_id: str | None = None, executed: Answer | None = None
) -> ToolResult:
    """How adopted plans went, after recording an answer where one is given. Whether a plan was carried out is asked once."""
    if executed is not None:
        if plan_id is None:
            raise BadArguments(
                Text("请写明是哪个计划：advisor playbooks review 编号。", "Name the plan: advisor playbooks review ID.")
            )
        await asyncio.to_thread(service.store.plans.answer, scope, plan_id, executed)
    result = await service.read(scope, "review_plans", {"plan_id": plan_id}, lang=lang)
    asked = [fact.data["plan_id"] for fact in result.facts if fact.data.get("ask")]
    if asked:
        await asyncio.to_thread(service.store.plans.mark_asked, scope, asked)
    return result


async def write_case(service: AdvisorService, scope: Scope, plan_id: str, *, lang: Lang) -> Path:
    """A measured plan as Markdown in the workspace's exports, ready to be added to the shop's private documents.

    Raises BadArguments for a plan that was neither kept nor missed: an unmeasured plan is no case.
    """
    from tools.playbooks.ledger_case import case_markdown

    plan = await asyncio.to_thread(service.store.plans.get, scope, plan_id)
    result = await service.read(scope, "review_plans", {"plan_id": plan_id}, lang=lang)
    shop = shop_label(service, scope)
    text = case_markdown(
        Fact.model_validate(plan.plan), Fact.model_validate(plan.forecast), result.facts[0], shop, lang
    )
    folder = service.warehouse.folder.with_name("exports") / scope.merchant_id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plan.playbook_id}-{plan.start}-{plan_id}.md"
    await asyncio.to_thread(path.write_bytes, text)
    return path


def plan_of(result: ToolResult) -> Fact:
    """The fact that carries the steps."""
    return next(fact for fact in result.facts if fact.kind == "playbook" and "steps" in fact.data)


def shop_label(service: AdvisorService, scope: Scope) -> ShopLabel:
    from tools.playbooks.exports import ShopLabel

    shop = service.warehouse.for_merchant(scope.merchant_id)
    try:
        return ShopLabel(shop.merchant_id, shop.name, shop.timezone, shop.simulated)
    finally:
        shop.close()
