"""`advisor threads`: conversations listed, shown, found by words, renamed, exported and deleted."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisor.cli.console import clean, guarded, help_text, language, note, print_json, print_table, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_service, with_store
from tools.errors import BadArguments
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from advisor.store import Store
    from tools.warehouse.writer import MerchantProfile

__all__ = ["say_threads", "threads"]

threads = typer.Typer(
    help=help_text(
        "你的对话：列出、查看、搜索、改名、导出、删除", "your conversations: list, show, search, rename, export, delete"
    ),
    invoke_without_command=True,
)
Thread = Annotated[str, typer.Argument(help=help_text("对话编号", "thread id"))]
_SURE = Text(
    "删除这个对话和它的全部依据？不能恢复。[y/N] ",
    "Delete this conversation and all its evidence? It cannot be undone. [y/N] ",
)
_UNSURE = Text("没有删除。确定要删请加 --yes。", "Nothing was deleted. Add --yes to delete it.")


@threads.callback()
def listed(
    context: typer.Context,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List your conversations about a shop, newest first."""
    if context.invoked_subcommand is not None:
        return
    spoken = language(lang)

    async def work(
        service: AdvisorService, scope: Scope, _profile: MerchantProfile
    ) -> tuple[Sequence[Any], Mapping[str, Text]]:
        from advisor.cli.unfinished import states

        return await service.threads(scope), await states(service, scope)

    with guarded(spoken, as_json=as_json):
        found, open_ones = with_service(workspace, merchant, work)
        if as_json:
            print_json([thread_row(one, open_ones) for one in found])
        else:
            say_threads(found, spoken, open_ones)


def thread_row(one: Any, open_ones: Mapping[str, Text]) -> dict[str, Any]:
    state = open_ones.get(one.thread_id)
    times = {"created_at": f"{one.created_at}Z", "updated_at": f"{one.updated_at}Z"}
    return {**vars(one), **times, "state": state.en if state is not None else "done"}


def say_threads(found: Sequence[Any], lang: Lang, open_ones: Mapping[str, Text]) -> None:
    """A column for the state only when a question is open: most of the time none is."""
    if not found:
        say("还没有对话。" if lang == "zh" else "No conversation yet.")
        return
    columns = ["对话", "问题", "最近（UTC）"] if lang == "zh" else ["thread", "question", "last (UTC)"]
    rows = [[one.thread_id, one.title, f"{one.updated_at:%Y-%m-%d %H:%M}"] for one in found]
    if open_ones:
        columns.append("状态" if lang == "zh" else "state")
        for one, row in zip(found, rows, strict=True):
            row.append(open_ones[one.thread_id].get(lang) if one.thread_id in open_ones else "")
    print_table(columns, rows)
    if any(state.en == "not finished" for state in open_ones.values()):
        say("接着答：advisor ask --resume" if lang == "zh" else "To go on: advisor ask --resume")


@threads.command("show", help=help_text("看一个对话的问答", "the questions and answers of a conversation"))
def show(
    thread: Thread,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    export(thread, "json" if as_json else "md", None, lang, merchant, workspace)


@threads.command("search", help=help_text("找提到这些词的对话", "find conversations that mention these words"))
def search(
    words: Annotated[list[str], typer.Argument(help=help_text("要找的词，都要出现", "words; all must occur"))],
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        found = with_store(
            workspace, merchant, lambda store, scope, _profile: store.shelf.search(scope, " ".join(words))
        )
        if as_json:
            print_json([{**thread_row(one.thread, {}), "excerpt": one.excerpt} for one in found])
        elif not found:
            say("没有找到。" if spoken == "zh" else "Nothing was found.")
        else:
            columns = ("对话", "标题", "提到的地方") if spoken == "zh" else ("thread", "title", "where")
            print_table(columns, [(one.thread.thread_id, one.thread.title, clean(one.excerpt)) for one in found])


@threads.command("rename", help=help_text("给对话起个名字", "give a conversation a title of your own"))
def rename(
    thread: Thread,
    title: Annotated[str, typer.Argument(help=help_text("新标题", "the new title"))],
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        info = with_store(workspace, merchant, lambda store, scope, _profile: store.shelf.rename(scope, thread, title))
        if as_json:
            print_json(thread_row(info, {}))
        else:
            say(f"已改名：{info.title}" if spoken == "zh" else f"Renamed: {info.title}")


@threads.command("export", help=help_text("导出问答和依据", "export questions, answers and evidence"))
def export(
    thread: Thread,
    form: Annotated[Literal["md", "json"], typer.Option("--format", help=help_text("格式", "format"))] = "md",
    to: Annotated[Path | None, typer.Option("--to", help=help_text("写到文件", "write to this file"))] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
) -> None:
    spoken = language(lang)

    def work(store: Store, scope: Scope, profile: MerchantProfile) -> Any:
        from advisor.service.export import thread_json, thread_markdown

        info, messages = store.shelf.info(scope, thread), store.messages(scope, thread)
        return thread_json(info, messages) if form == "json" else thread_markdown(info, messages, profile.name, spoken)

    with guarded(spoken, as_json=form == "json"):
        body = with_store(workspace, merchant, work)
        if to is not None:
            _write(to, body)
            note(f"已写到 {to}" if spoken == "zh" else f"Written to {to}")
        elif form == "json":
            print_json(body)
        else:
            say(body.rstrip())


def _write(to: Path, body: Any) -> None:
    import json

    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2, default=str) + "\n"
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadArguments(
            Text(f"写不了 {to}：{error.strerror}。", f"{to} cannot be written: {error.strerror}.")
        ) from error


@threads.command("delete", help=help_text("删除一个对话和它的依据", "delete a conversation and its evidence"))
def remove(
    thread: Thread,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=help_text("不再询问", "do not ask"))] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    spoken = language(lang)

    def work(store: Store, scope: Scope, _profile: MerchantProfile) -> None:
        store.shelf.info(scope, thread)  # an unknown one is said before anybody is asked
        if not yes and not _agreed(spoken):
            raise BadArguments(_UNSURE)
        store.delete_thread(scope, thread)

    with guarded(spoken, as_json=as_json):
        with_store(workspace, merchant, work)
        if as_json:
            print_json({"deleted": thread})
        else:
            say(
                "已删除。你让我记住的情况还在：advisor memory list"
                if spoken == "zh"
                else "Deleted. What you told me to remember is kept: `advisor memory list`"
            )


def _agreed(lang: Lang) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(_SURE.get(lang)).strip().lower() in ("y", "yes", "是", "删")
