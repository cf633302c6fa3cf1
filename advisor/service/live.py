"""The pack of one stream for every door: worked out once through the service, then written as the files that are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from advisor.scope import Scope
from advisor.service.plans import shop_label
from tools.facts import ToolResult
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.service.service import AdvisorService

__all__ = ["FILES", "live_defaults", "live_pack", "pack_files"]

FILES = (".xlsx", ".md", ".ics")


async def live_pack(
    service: AdvisorService,
    scope: Scope,
    brief: Mapping[str, Any] | None,
    *,
    lang: Lang,
    day: date | str | None = None,
    start: time | str | None = None,
    hours: Decimal | str | None = None,
    weeks: int | None = None,
) -> ToolResult:
    """Everything of one stream of the scope's shop. Raises ToolError: a wrong field by name, or what is missing by name with why."""
    given = {"day": day, "start": start, "hours": hours}
    arguments = {name: str(value) for name, value in given.items() if value not in (None, "")}
    return await service.read(
        scope, "live_pack", {**arguments, "brief": dict(brief) if brief else None, "weeks": weeks}, lang=lang
    )


async def pack_files(
    service: AdvisorService, scope: Scope, result: ToolResult, names: Sequence[str], *, lang: Lang
) -> dict[str, bytes]:
    """The pack as files, by name; an ending that cannot be written raises BadArguments."""
    from tools.livestream.tool_pack import pack_document
    from tools.playbooks.documents import check_name, written_as

    for name in names:
        check_name(name)
    shop = shop_label(service, scope)
    document = pack_document(result, shop, lang, service.today(shop.timezone))
    return {name: await asyncio.to_thread(written_as, document, name) for name in names}


async def live_defaults(service: AdvisorService, scope: Scope, *, lang: Lang) -> dict[str, str]:
    """What a form starts with: the shop's own values by field, as a person would type them; a field nobody knows is left out."""
    result = await service.read(scope, "live_start", {}, lang=lang)
    return {str(name): str(value) for name, value in result.facts[0].data["defaults"].items()} if result.facts else {}
