"""Plans beyond the conversation: files to print, the content calendar, adopting a plan, and reading back how it went.

Each call goes through the service: same scope, checks and audit as a tool in a turn. A model can read the ledger, never write it.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

from advisor.scope import Scope
from tools.errors import ToolError
from tools.facts import Fact, ToolResult
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.service.service import AdvisorService
    from tools.playbooks.exports import ShopLabel

__all__ = ["export_content", "export_plan"]


async def export_plan(
    service: AdvisorService, scope: Scope, playbook_id: str, filename: str, *, lang: Lang, start: date | None = None
) -> bytes:
    """The plan as the file `filename` asks for by its ending: .xlsx, .md or .ics. Raises ToolError."""
    from tools.playbooks.documents import check_name, written_as
    from tools.playbooks.exports import plan_document

    check_name(filename)  # before the work
    fact = plan_of(await read(service, scope, "plan_playbook", {"playbook_id": playbook_id, "start": start}, lang))
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
    result = await read(service, scope, "content_calendar", {"weeks": weeks, "start": start}, lang)
    fact = next(fact for fact in result.facts if "calendar" in fact.data)
    shop = shop_label(service, scope)
    document = content_document(fact, shop, lang, service.today(shop.timezone))
    return await asyncio.to_thread(written_as, document, filename)


async def read(service: AdvisorService, scope: Scope, tool: str, arguments: dict[str, Any], lang: Lang) -> ToolResult:
    """One READ tool. Raises ToolError."""
    given = {key: value for key, value in arguments.items() if value is not None}
    result = await service.call(scope, tool, given, lang=lang)
    if not isinstance(result, ToolResult):
        raise ToolError(Text("这个动作需要先经过人工批准。", "This needs a person's approval first."))
    return result


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
