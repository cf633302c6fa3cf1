"""Saving a plan, a content calendar or the pack of a stream as a file in the workspace's exports."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from tools.base import Effect, Prepared, ToolContext, tool
from tools.effects.desk import EffectDesk
from tools.errors import BadArguments
from tools.facts import Claim, ToolResult
from tools.livestream.tool_pack import live_pack, pack_document
from tools.playbooks.content_tool import content_calendar, content_document
from tools.playbooks.documents import Document, written_as
from tools.playbooks.exports import ShopLabel, plan_document
from tools.playbooks.library import find_playbook
from tools.playbooks.plan import default_start
from tools.playbooks.tools import plan_playbook
from tools.text import Text

__all__ = ["save_export"]

What = Literal["plan", "calendar", "rundown"]
Format = Literal["xlsx", "md", "ics"]


def _prepare(
    ctx: ToolContext,
    *,
    what: What,
    playbook_id: str | None,
    start: date | None,
    weeks: int,
    format: Format,
) -> Prepared:
    """Which document from which day, with its name."""
    tomorrow = ctx.today + timedelta(days=1)
    first = start or (default_start(ctx.today) if what == "plan" else tomorrow if what == "rundown" else None)
    if first is not None and first < ctx.today:
        raise BadArguments(Text(f"开始日 {first} 已经过去。", f"The start {first} is in the past."))
    from_day = Text(f"，{first} 开始", f" from {first}") if first is not None else Text("", "")
    named: str | None = None
    if what == "plan":
        if playbook_id is None:
            raise BadArguments(
                Text("请写明存哪个打法的计划（playbook_id）。", "Say which playbook's plan to save (playbook_id).")
            )
        playbook = find_playbook(playbook_id)
        named = playbook.id
        plan_playbook.run(
            ctx, playbook_id=named, start=first
        )  # one that does not fit the shop is refused now, not after a yes
        said = Text(f"计划“{playbook.name.zh}”{from_day.zh}", f'the plan "{playbook.name.en}"{from_day.en}')
    elif what == "calendar":
        said = Text(f"{weeks} 周的内容日历{from_day.zh}", f"the content calendar of {weeks} weeks{from_day.en}")
    else:
        said = Text(f"{first} 直播的排品表和整场资料", f"rundown and pack of the stream of {first}")
    arguments: dict[str, Any] = {
        "what": what,
        "playbook_id": named,
        "start": first.isoformat() if first is not None else None,
        "weeks": weeks,
        "format": format,
    }
    return Prepared(
        arguments,
        Text(
            f"把{said.zh}存成 .{format} 文件，放进工作区的 exports 文件夹",
            f"save {said.en} as a .{format} file in the exports folder of the workspace",
        ),
    )


@tool(label=Text("保存文件", "Saving a file"), effect=Effect.WRITE, timeout_s=150, prepare=_prepare)
def save_export(
    ctx: ToolContext,
    *,
    what: What,
    playbook_id: Annotated[str | None, Field(max_length=64)] = None,
    start: date | None = None,
    weeks: Annotated[int, Field(ge=1, le=12)] = 4,
    format: Format = "xlsx",
) -> ToolResult:
    """Ask to save a document as a file. Use it only when the user says 存下来 / 导出 / save it as a file.

    Nothing happens until a person accepts. `what`: "plan" (with playbook_id, such as "first-to-second-order"), "calendar" (the content calendar of
    `weeks`) or "rundown" (products and script of a stream on the day `start`). `format`: "xlsx", "md" or "ics".
    """
    desk = ctx.resource(EffectDesk)
    document = _document(ctx, what, playbook_id, start, weeks)
    name = f"{playbook_id or what}-{start or ctx.today}-{desk.key[:8]}.{format}"
    path = desk.write("exports", name, written_as(document, name))
    return ToolResult(files=[path], notes=[Claim(zh=f"已存为 {path}。", en=f"Saved as {path}.")])


def _document(ctx: ToolContext, what: What, playbook_id: str | None, start: date | None, weeks: int) -> Document:
    shop = ShopLabel(ctx.shop.merchant_id, ctx.shop.name, ctx.shop.timezone, ctx.shop.simulated)
    if what == "rundown":
        return pack_document(live_pack.run(ctx, day=start), shop, ctx.lang, ctx.today)
    if what == "calendar":
        found = content_calendar.run(ctx, weeks=weeks, start=start)
        fact = next(fact for fact in found.facts if "calendar" in fact.data)
        return content_document(fact, shop, ctx.lang, ctx.today)
    fact = plan_playbook.run(ctx, playbook_id=playbook_id, start=start).facts[0]
    return plan_document(fact, shop, ctx.lang, ctx.today)
