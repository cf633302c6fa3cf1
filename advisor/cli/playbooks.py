"""`advisor playbooks list | match | plan | content | adopt | review`: methods with conditions, sized for the shop, and what came of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.cli.pricing import price
from advisor.cli.session import (
    AsJson,
    Language,
    Merchant,
    Workspace,
    call_tool,
    result_json,
    run_tool,
    say_result,
    tool_command,
    with_service,
)
from tools.errors import BadArguments
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from advisor.store import AdoptedPlan
    from tools.facts import ToolResult
    from tools.warehouse.writer import MerchantProfile

__all__ = ["playbooks"]

Start = Annotated[
    datetime | None,
    typer.Option(
        "--start",
        formats=["%Y-%m-%d"],
        help=help_text("开始日（默认：下一个工作日）", "first day (default: the next working day)"),
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help=help_text("写成文件：.xlsx、.md 或 .ics", "write a file: .xlsx, .md or .ics"),
        show_default=False,
    ),
]

playbooks = typer.Typer(
    help=help_text(
        "打法：列出、匹配、计划、内容日历、采纳与复盘、到手价",
        "playbooks: list, match, plan, content, adopt and review, price",
    )
)
playbooks.command("price")(price)


@playbooks.command("list")
def list_playbooks(lang: Language = "auto", as_json: AsJson = False) -> None:
    """List the playbooks and what each is for."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from tools.playbooks.library import GOALS
        from tools.playbooks.library import playbooks as library

        zh = spoken == "zh"
        rows = [
            {
                "id": book.id,
                "name": book.name.zh if zh else book.name.en,
                "goals": [GOALS[goal][0].get(spoken) for goal in book.goals],
            }
            for book in library()
        ]
        if as_json:
            print_json(rows)
            return
        columns = ("编号", "打法", "目标") if zh else ("id", "playbook", "goals")
        print_table(columns, [(row["id"], row["name"], ("、" if zh else ", ").join(row["goals"])) for row in rows])


@playbooks.command("check")
def check(lang: Language = "auto", as_json: AsJson = False) -> None:
    """Check every playbook file; exit 3 with the file and the field of each that is broken. The others stay in use."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from tools.playbooks.library import broken_files
        from tools.playbooks.library import playbooks as library

        count, broken = len(library()), broken_files()
        if as_json:
            problems = [{"file": file.name, "problem": file.problem} for file in broken]
            print_json({"playbooks": count, "ok": not broken, "problems": problems})
        else:
            for file in broken:
                say(f"✗ {file.name}: {file.problem}")
            found = Text(
                f"{count} 个打法可用，{len(broken)} 个文件有错。",
                f"{count} playbooks can be used, {len(broken)} files are broken.",
            )
            say(found.get(spoken))
    if broken:
        raise typer.Exit(3)


@tool_command(playbooks, "match", "match_playbooks")
def match(
    goal: Annotated[
        str | None, typer.Option("--goal", help=help_text("目标，例如 复购、流量", "goal, such as repurchase"))
    ] = None,
    window: Annotated[
        str | None, typer.Option("--window", help=help_text("时间范围，例如 30d", "window, such as 30d"))
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help=help_text("最多几个", "at most this many"))
    ] = None,
) -> dict[str, Any]:
    """Which playbooks fit this shop now, ranked by what is at stake, and which do not and why."""
    return {"goal": goal, "window": window, "limit": limit}


@playbooks.command("plan")
def plan(
    playbook_id: Annotated[
        str, typer.Argument(help=help_text("打法编号，见 advisor playbooks list", "see `advisor playbooks list`"))
    ],
    start: Start = None,
    out: Out = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """The plan of one playbook for this shop: steps with days, owners, what to watch and when to stop; --out writes it as a file."""
    first = day_of(start)
    if out is None:
        arguments = {"playbook_id": playbook_id, "start": str(first) if first else None}
        _show_plan(arguments, language(lang), merchant, workspace, as_json=as_json)
        return
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.plans import export_plan

        async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> bytes:
            return await export_plan(service, scope, playbook_id, out.name, lang=spoken, start=first)

        write_out(with_service(workspace, merchant, work), out, spoken, as_json=as_json)


def _show_plan(
    arguments: dict[str, Any], lang: Lang, merchant: str | None, workspace: Path | None, *, as_json: bool
) -> None:
    """The plan, then its texts one below the other: a table would break the lines that are to be copied."""
    with guarded(lang, as_json=as_json):
        result = call_tool("plan_playbook", arguments, workspace=workspace, merchant=merchant, lang=lang)
        from advisor.service.plans import plan_of
        from tools.playbooks.exports import plan_texts

        texts = plan_texts(plan_of(result), lang)
        if as_json:
            print_json({**result_json(result, lang), "texts": [one._asdict() for one in texts]})
            return
        say_result(result, lang, as_json=False)
        if texts:
            say("可直接用的文案（每段后面是合规检查的结果）" if lang == "zh" else "Texts to paste, each with its check")
        for number, one in enumerate(texts, 1):
            check = "合规检查：" if lang == "zh" else "Check: "
            say(f"\n{number}. {one.kind}\n{one.text}\n{check}{one.verdict}")


@playbooks.command("content")
def content(
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=12, help=help_text("排几周", "how many weeks"))] = 4,
    start: Start = None,
    out: Out = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """The content calendar: which audience hears what, through which channel, on which day; --out writes it as a file."""
    first = day_of(start)
    if out is None:
        arguments = {"weeks": weeks, "start": str(first) if first else None}
        run_tool("content_calendar", arguments, lang, merchant, workspace, as_json=as_json)
        return
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.plans import export_content

        async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> bytes:
            return await export_content(service, scope, out.name, lang=spoken, weeks=weeks, start=first)

        write_out(with_service(workspace, merchant, work), out, spoken, as_json=as_json)


@playbooks.command("adopt")
def adopt_plan(
    playbook_id: Annotated[
        str, typer.Argument(help=help_text("打法编号，见 advisor playbooks list", "see `advisor playbooks list`"))
    ],
    start: Start = None,
    promotion: Annotated[
        str | None,
        typer.Option(
            "--promotion",
            help=help_text(
                "活动表里执行它的活动名（有留出组时）",
                "the promotion that carries it out (where a hold-out is declared)",
            ),
            show_default=False,
        ),
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help=help_text("服务人员也能看到", "service staff may see it too"))
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Adopt a plan: what it promises and the forecast without it are kept now, so that it can be judged later."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.plans import adopt

        first = day_of(start)

        async def work(
            service: AdvisorService, scope: Scope, _profile: MerchantProfile
        ) -> tuple[AdoptedPlan, ToolResult]:
            return await adopt(service, scope, playbook_id, lang=spoken, start=first, promotion=promotion, shared=share)

        kept, result = with_service(workspace, merchant, work)
        if as_json:
            facts = result_json(result, spoken)["facts"]
            print_json({"plan_id": kept.plan_id, "start": str(kept.start), "end": str(kept.end), "facts": facts})
            return
        say_result(result.model_copy(update={"tables": []}), spoken, as_json=False)
        then = f"advisor playbooks review {kept.plan_id}"
        say(
            f"已采纳，编号 {kept.plan_id}。之后导入新数据，再运行 {then}。"
            if spoken == "zh"
            else f"Adopted as {kept.plan_id}. Import new data later, then run {then}."
        )


@playbooks.command("review")
def review_plan(
    plan_id: Annotated[
        str | None,
        typer.Argument(help=help_text("计划编号（默认：全部）", "the plan (default: all)"), show_default=False),
    ] = None,
    executed: Annotated[
        Literal["yes", "no"] | None,
        typer.Option("--executed", help=help_text("执行了吗", "was it carried out"), show_default=False),
    ] = None,
    as_case: Annotated[
        bool,
        typer.Option(
            "--as-case",
            help=help_text(
                "把有结论的计划写成 Markdown，可加入自己的资料",
                "write a measured plan as Markdown for your own documents",
            ),
        ),
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """How adopted plans went: kept, missed or not measurable, against the forecast made before they started."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.plans import review, write_case

        if as_case and plan_id is None:
            raise BadArguments(Text("请写明是哪个计划。", "Name the plan."))

        async def work(
            service: AdvisorService, scope: Scope, profile: MerchantProfile
        ) -> tuple[ToolResult, Path | None, str]:
            result = await review(service, scope, lang=spoken, plan_id=plan_id, executed=executed)
            path = await write_case(service, scope, plan_id, lang=spoken) if as_case and plan_id else None
            return result, path, profile.merchant_id

        result, path, shop = with_service(workspace, merchant, work)
        say_result(result, spoken, as_json=as_json)
        if path is not None and not as_json:
            add = f"advisor cases add {path} --merchant {shop}"
            say(
                f"已写入 {path}；加入自己的资料：{add}"
                if spoken == "zh"
                else f"Written to {path}; to keep it as your own case: {add}"
            )


def day_of(start: datetime | None) -> date | None:
    return start.date() if start is not None else None


def write_out(content: bytes, out: Path, lang: Lang, *, as_json: bool) -> None:
    """Write the file and say where it is."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    if as_json:
        print_json({"file": str(out), "bytes": len(content)})
        return
    say(f"已写入 {out}" if lang == "zh" else f"Written to {out}")
