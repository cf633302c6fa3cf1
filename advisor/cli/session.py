"""What commands share: their common options, and the service or the data desk opened over one workspace."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.scope import Scope
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.service.imports import DataDesk
    from advisor.service.service import AdvisorService
    from advisor.store import Store
    from tools.facts import ToolResult
    from tools.warehouse.writer import MerchantProfile

__all__ = [
    "ACTOR",
    "AsJson",
    "Language",
    "Merchant",
    "Workspace",
    "call_tool",
    "open_desk",
    "result_json",
    "run_tool",
    "say_result",
    "tool_command",
    "with_service",
    "with_store",
]

T = TypeVar("T")
ACTOR = "local"  # whoever sits at this machine; the page in open mode is the same person

Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", help=help_text("工作区文件夹", "the folder everything is kept in"), show_default=False),
]
Merchant = Annotated[
    str | None,
    typer.Option(
        "--merchant", help=help_text("店铺编号（默认：唯一的真实店铺）", "shop id (default: the only real shop)")
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=help_text("输出 JSON", "print JSON"))]
Language = Annotated[
    Literal["auto", "zh", "en"],
    typer.Option(
        "--lang", help=help_text("语言；auto 随问题或系统", "language; auto follows the question, else the system")
    ),
]


def open_desk(workspace: Path | None) -> DataDesk:
    """The data side of the workspace. Raises SettingsInvalid."""
    from advisor.app import build_desk, load_settings

    return build_desk(load_settings(workspace=workspace))


def with_service(
    workspace: Path | None, merchant: str | None, work: Callable[[AdvisorService, Scope, MerchantProfile], Awaitable[T]]
) -> T:
    """Run `work` on one event loop with the service and the scope of the chosen shop. Raises ToolError or AdvisorError."""
    from advisor.app import build_service, load_settings
    from advisor.service.imports import choose_merchant

    settings = load_settings(workspace=workspace)

    async def run() -> T:
        service = build_service(settings)
        try:
            profile = choose_merchant(service.warehouse.merchants(), merchant)
            return await work(service, Scope(profile.merchant_id, ACTOR), profile)
        finally:
            await service.aclose()

    return asyncio.run(run())


def with_store(workspace: Path | None, merchant: str | None, work: Callable[[Store, Scope, MerchantProfile], T]) -> T:
    """Run `work` with the store and the scope of the chosen shop; nothing of the agent is loaded. Raises ToolError or AdvisorError."""
    from advisor.app import build_store, load_settings
    from advisor.service.imports import choose_merchant
    from tools.warehouse.access import Warehouse

    settings = load_settings(workspace=workspace)
    profile = choose_merchant(Warehouse(settings.root / "warehouse").merchants(), merchant)
    store = build_store(settings)
    try:
        return work(store, Scope(profile.merchant_id, ACTOR), profile)
    finally:
        store.close()


def call_tool(
    tool: str, arguments: Mapping[str, Any], *, workspace: Path | None, merchant: str | None, lang: Lang
) -> ToolResult:
    """One READ tool of the chosen shop through the service: same checks, scope and audit as in a turn."""

    async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> ToolResult:
        return await service.read(scope, tool, arguments, lang=lang)

    return with_service(workspace, merchant, work)


def result_json(result: ToolResult, lang: Lang) -> dict[str, Any]:
    """A tool result as plain JSON: facts as evidence items (figures are numbers), tables, charts, notes."""
    from advisor.service.result import evidence_item

    return {
        "facts": [
            {"id": fact.id, **evidence_item("", fact, lang).model_dump(mode="json", by_alias=True, exclude={"mark"})}
            for fact in result.facts
        ],
        "tables": [table.model_dump(mode="json") for table in result.tables],
        "charts": [chart.model_dump(mode="json") for chart in result.charts],
        "notes": [claim.get(lang) for claim in result.notes],
        "files": list(result.files),
    }


def say_result(result: ToolResult, lang: Lang, *, as_json: bool) -> None:
    """Print a tool result: what was found with window and source, the tables, and what is missing."""
    if as_json:
        print_json(result_json(result, lang))
        return
    if any(fact.simulated for fact in result.facts):
        say(Text("（模拟数据）", "(simulated data)").get(lang))
    for fact in result.facts:
        where = " · ".join(part for part in (str(fact.window) if fact.window else "", fact.source) if part)
        say(f"- {fact.claim.get(lang)}" + (f"  [{where}]" if where else ""))
    for table in result.tables:
        print_table(table.columns, table.rows, title=table.title.get(lang))
    for claim in result.notes:
        say(f"! {claim.get(lang)}")


def run_tool(
    tool: str,
    arguments: Mapping[str, Any],
    lang: str,
    merchant: str | None,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    """A command that is one tool: call it, print what it found."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        result = call_tool(tool, arguments, workspace=workspace, merchant=merchant, lang=spoken)
        say_result(result, spoken, as_json=as_json)
        if not as_json and not result.facts and not result.tables and not result.notes:
            say("没有结果。" if spoken == "zh" else "No result.")


def tool_command(
    app: typer.Typer, name: str, tool: str, *, help_said: str | None = None
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., dict[str, Any]]]:
    """A command that is one tool: the function takes the command's own options and returns the tool's arguments.

    Language, shop, workspace and JSON come after its own options. What it raises is told like an error of the tool.
    The help is `help_said`, else the function's docstring.
    """

    def register(arguments: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def command(
            lang: Language = "auto",
            merchant: Merchant = None,
            workspace: Workspace = None,
            as_json: AsJson = False,
            **options: Any,
        ) -> None:
            with guarded(language(lang), as_json=as_json):
                given = arguments(**options)
            run_tool(tool, given, lang, merchant, workspace, as_json=as_json)

        own, shared = (inspect.signature(of, eval_str=True).parameters.values() for of in (arguments, command))
        shown = [*own, *(one for one in shared if one.kind is not one.VAR_KEYWORD)]
        command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # what Typer reads
        command.__doc__ = arguments.__doc__
        app.command(name, help=help_said)(command)
        return arguments

    return register
