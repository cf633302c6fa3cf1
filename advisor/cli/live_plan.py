"""`advisor live plan`: the whole SOP pack of one stream, in the terminal or as a workbook, Markdown or calendar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import guarded, help_text, language, note, print_json, print_table, say
from advisor.cli.live_options import BriefFile, Hours, Start, read_brief
from advisor.cli.session import AsJson, Language, Merchant, Workspace, result_json, with_service
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from tools.facts import ToolResult
    from tools.warehouse.writer import MerchantProfile

__all__ = ["plan"]

_LONG = {"overview", "script", "inputs", "checklist", "missing"}  # told otherwise in a terminal, or too long for it


def plan(
    brief: BriefFile = None,
    out: Annotated[Path | None, typer.Option("--out", help=help_text("写成文件：.xlsx、.md 或 .ics", "write a file: .xlsx, .md or .ics"), show_default=False)] = None,
    day: Annotated[str, typer.Option("--day", help=help_text("哪一天，例如 2026-11-11（默认明天）", "which day, such as 2026-11-11 (default: tomorrow)"))] = "",
    start: Start = "",
    hours: Hours = "",
    weeks: Annotated[int | None, typer.Option("--weeks", min=0, max=12, help=help_text("再附上几周的排期", "add the schedule of so many weeks"))] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Products, rundown, script, roles, hosts, cost, KPIs and checklist of one stream."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.live import live_pack, pack_files
        from tools.playbooks.documents import check_name

        if out is not None:
            check_name(out)  # before the work
        given = read_brief(brief)

        async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> tuple[ToolResult, bytes]:
            found = await live_pack(service, scope, given, lang=spoken, day=day, start=start, hours=hours, weeks=weeks)
            name = f"plan{out.suffix.lower()}" if out is not None else ""
            written = await pack_files(service, scope, found, [name] if name else [], lang=spoken)
            return found, written.get(name, b"")

        result, content = with_service(workspace, merchant, work)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(content)
        if as_json:
            print_json({**result_json(result, spoken), **({"file": str(out)} if out else {})})
            return
        _say(result, spoken, whole=out is None)
        if out is not None:
            note(Text(f"已写入 {out}", f"Wrote {out}").get(spoken))


def _say(result: ToolResult, lang: Lang, *, whole: bool) -> None:
    """The overview, the sheets a screen can hold, and what is missing; with a file only the overview and what is missing."""
    sheets = [str(fact.data["sheet"]) for fact in result.facts if "sheet" in fact.data]
    if any(fact.simulated for fact in result.facts):
        say(Text("（模拟数据）", "(simulated data)").get(lang))
    for fact in result.facts:
        if "sheet" not in fact.data:
            say(f"- {fact.claim.get(lang)}")
    named = zip(sheets + [""] * len(result.tables), result.tables, strict=False)
    for name, table in named if whole else ():
        if name not in _LONG:
            print_table(table.columns, table.rows, title=table.title.get(lang))
    for claim in result.notes:
        say(f"! {claim.get(lang)}")
    if whole:
        say(Text("逐句脚本、检查清单和全部输入在文件里：--out plan.xlsx（或 .md、.ics）。", "The script line by line, the checklist and all inputs are in the file: --out plan.xlsx (or .md, .ics).").get(lang))  # fmt: skip
