"""The tool `live_pack`: everything one stream needs, for the files of `advisor live plan` and the form of the page.

It stands last in the registry and in no plan of questions: a chat is answered by the tools it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.facts import Claim, Fact, ToolResult, ToolTable
from tools.livestream.brief import parse_brief
from tools.livestream.pack import Pack, make_pack
from tools.livestream.pack_cells import Cells
from tools.livestream.pack_facts import Overview
from tools.livestream.pack_people import check_sheet, host_sheet, kpi_sheet, pack_events, role_sheet
from tools.livestream.pack_sheets import (
    cost_sheet,
    inputs_sheet,
    missing_sheet,
    overview_sheet,
    product_sheet,
    rundown_sheet,
    script_sheet,
)
from tools.livestream.telling import missing_claims
from tools.playbooks.documents import Column, DayEvent, Document, Sheet, TimedEvent
from tools.playbooks.exports import ShopLabel, document_title
from tools.text import Lang, Text

__all__ = ["live_pack", "pack_document", "pack_rows"]

_GUIDANCE = "A pack is a document, not an answer: point to its sheets."


@tool(label=Text("准备整场直播的资料", "preparing the pack of a stream"), timeout_s=120)
def live_pack(
    ctx: ToolContext,
    *,
    brief: dict[str, Any] | None = None,
    day: date | None = None,
    start: time | None = None,
    hours: Annotated[Decimal | None, Field(gt=0, le=24)] = None,
    weeks: Annotated[int, Field(ge=0, le=12, description="weeks of the schedule to add; 0: none")] = 0,
) -> ToolResult:
    """The whole document of one stream (rundown, products, script, roles, hosts, cost, KPIs, checklist), to be saved as a file.

    For a file or a form only. Questions are answered by live_modes, live_products, live_script, live_costs and live_schedule.
    """
    pack = make_pack(ctx, brief, day=day, start=start, hours=hours)
    cells = Cells(ctx)
    overview = Overview(ctx, pack)
    overview_sheet(cells, overview)
    for write in (rundown_sheet, product_sheet, script_sheet):
        write(cells, pack)
    role_sheet(cells, pack, overview.stop)
    host_sheet(cells, pack)
    cost_sheet(cells, pack)
    kpi_sheet(cells, pack, overview.stop)
    check_sheet(cells, pack)
    inputs_sheet(cells, pack)
    events: Sequence[TimedEvent | DayEvent] = pack_events(cells, pack)
    if weeks:
        events = [*events, *_schedule(ctx, cells, brief, weeks, pack)]
    missing_sheet(cells, pack)
    cells.facts[0] = cells.facts[0].model_copy(update={"data": {**cells.facts[0].data, "pack": _plain(cells.sheets, events, pack)}})  # fmt: skip
    notes = [*missing_claims(pack.missing), *pack.notes]
    return ToolResult(facts=cells.facts, tables=[_table(one) for one in cells.sheets], notes=notes, guidance=_GUIDANCE)


def _schedule(ctx: ToolContext, cells: Cells, brief: dict[str, Any] | None, weeks: int, pack: Pack) -> list[TimedEvent | DayEvent]:  # fmt: skip
    """Sheets and events of the weeks from the stream's Monday on, if that is still to come."""
    from tools.livestream.schedule_calendar import schedule_events, schedule_sheets
    from tools.livestream.tool_schedule import make_schedule

    plan, notes, inputs = make_schedule(ctx, parse_brief(brief or {}), weeks=weeks)
    cells.sheets += schedule_sheets(plan, inputs, ctx.shop.currency, ctx.lang)
    pack.notes += notes
    return list(schedule_events(plan, ctx.shop.merchant_id, ctx.shop.currency, ctx.lang))


def _table(one: Sheet) -> ToolTable:
    columns = tuple(column.title for column in one.columns)
    return ToolTable(title=Claim(zh=one.name, en=one.name), columns=columns, rows=one.rows)


# -- files ------------------------------------------------------------------------------------------------------------
def _plain(sheets: Sequence[Sheet], events: Sequence[TimedEvent | DayEvent], pack: Pack) -> dict[str, Any]:
    """Sheets and events as plain JSON, from which the files are made."""
    return {
        "start": pack.start.isoformat(),
        "sheets": [{"name": one.name, "columns": [[c.title, c.width] for c in one.columns], "rows": [list(row) for row in one.rows]} for one in sheets],
        "events": [_plain_event(one) for one in events],
    }  # fmt: skip


def _plain_event(one: TimedEvent | DayEvent) -> dict[str, str]:
    when = {"start": one.start.isoformat(), "end": one.end.isoformat()} if isinstance(one, TimedEvent) else {"first": str(one.first), "last": str(one.last)}  # fmt: skip
    return {"uid": one.uid, "title": one.title, "note": one.note, **when}


def pack_rows(result: ToolResult) -> Fact:
    """The fact that carries the pack."""
    return next(fact for fact in result.facts if "pack" in fact.data)


def pack_document(result: ToolResult, shop: ShopLabel, lang: Lang, made: date) -> Document:
    """Workbook, Markdown and calendar of a pack, built from its result alone."""
    data = pack_rows(result).data["pack"]
    day = datetime.fromisoformat(data["start"]).date()
    name = f"直播 SOP {day}" if lang == "zh" else f"livestream SOP {day}"
    sheets = tuple(Sheet(one["name"], tuple(Column(title, width) for title, width in one["columns"]), tuple(tuple(row) for row in one["rows"])) for one in data["sheets"])  # fmt: skip
    return Document(document_title(shop, name, lang), sheets, tuple(_event(one) for one in data["events"]), shop.timezone, made, lang)  # fmt: skip


def _event(one: dict[str, str]) -> TimedEvent | DayEvent:
    if "start" in one:
        return TimedEvent(one["uid"], datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]), one["title"], one["note"])  # fmt: skip
    return DayEvent(one["uid"], date.fromisoformat(one["first"]), date.fromisoformat(one["last"]), one["title"], one["note"])  # fmt: skip
