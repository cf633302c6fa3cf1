"""`advisor playbooks list | match | plan`: methods with conditions, sized for the shop."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table
from advisor.cli.session import AsJson, Language, Merchant, Workspace, call_tool, say_result

__all__ = ["playbooks"]

playbooks = typer.Typer(help=help_text("打法：列出、匹配、生成计划", "playbooks: list, match, plan"))


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


@playbooks.command("match")
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
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Which playbooks fit this shop now, ranked by what is at stake, and which do not and why."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        arguments = {"goal": goal, "window": window, "limit": limit}
        result = call_tool("match_playbooks", arguments, workspace=workspace, merchant=merchant, lang=spoken)
        say_result(result, spoken, as_json=as_json)


@playbooks.command("plan")
def plan(
    playbook_id: Annotated[
        str, typer.Argument(help=help_text("打法编号，见 advisor playbooks list", "see `advisor playbooks list`"))
    ],
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """The plan of one playbook for this shop: steps with days, owners, what to watch and when to stop."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        result = call_tool(
            "plan_playbook", {"playbook_id": playbook_id}, workspace=workspace, merchant=merchant, lang=spoken
        )
        say_result(result, spoken, as_json=as_json)
