"""`advisor cases add | documents | remove | share`: a merchant's own material, private to the shop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import fail, guarded, help_text, language, print_json, print_table, progress, say
from advisor.cli.session import ACTOR, AsJson, Language, Merchant, Workspace, open_desk
from advisor.scope import Scope
from tools.errors import ToolError
from tools.text import Lang

if TYPE_CHECKING:
    from advisor.service.documents import DocumentDesk
    from tools.cases.documents import Added, Document

__all__ = ["add_documents", "list_documents", "remove_document", "share_document"]

Wanted = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help=help_text("编号或文件名，见 advisor cases documents", "id or file name, see `cases documents`"),
    ),
]


def _desk(workspace: Path | None, merchant: str | None) -> tuple[DocumentDesk, Scope]:
    desk = open_desk(workspace)
    return desk.documents, Scope(desk.choose(merchant).merchant_id, ACTOR)


def add_documents(
    files: Annotated[
        list[Path],
        typer.Argument(
            help=help_text(
                "文件：MD、TXT、CSV、HTML、PDF、DOCX、PPTX、XLSX", "files: MD, TXT, CSV, HTML, PDF, DOCX, PPTX or XLSX"
            )
        ),
    ],
    update: Annotated[
        bool, typer.Option("--replace", help=help_text("同名旧资料换成新的", "put it in place of the one of that name"))
    ] = False,
    merchant: Merchant = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Keep your own files (manuals, reviews, plans) for answers; only this shop sees them. One bad file stops no other."""
    spoken = language(lang)
    done: list[Added] = []
    failures: list[tuple[Path, ToolError]] = []
    with guarded(spoken, as_json=as_json):
        desk, scope = _desk(workspace, merchant)
        for path in files:
            try:
                added = _add(desk, scope, path, update, spoken)
            except ToolError as error:
                failures.append((path, error))
                if not as_json:
                    fail(error, spoken, as_json=False)
                continue
            done.append(added)
            if not as_json:
                say(_added(added, spoken))
        if as_json:
            refused = [{"file": path.name, "code": e.code, "message": e.text(spoken)} for path, e in failures]
            print_json({"added": [{**vars(one.document), "status": one.status} for one in done], "refused": refused})
    if failures:
        raise typer.Exit(failures[0][1].exit_code)


def _add(desk: DocumentDesk, scope: Scope, path: Path, update: bool, lang: Lang) -> Added:
    with progress(path.name) as tell:
        return desk.add(scope, path, update=update, on_progress=lambda fraction: tell(f"{path.name} {fraction:.0%}"))


def _added(added: Added, lang: Lang) -> str:
    one = added.document
    if added.status == "unchanged":
        return (
            f"= {one.name}：同样的内容已经在（{one.id}），没有重复存。"
            if lang == "zh"
            else f"= {one.name}: the same content is there already ({one.id}); it was not kept twice."
        )
    zh = "已换成新的" if added.status == "replaced" else "已存为资料"
    en = "replaced" if added.status == "replaced" else "kept"
    return (
        f"✓ {one.name}：{zh}（{one.id}，{one.passages} 段），只有本店能看到。"
        if lang == "zh"
        else f"✓ {one.name}: {en} ({one.id}, {one.passages} passages); only this shop sees it."
    )


def list_documents(
    merchant: Merchant = None, lang: Language = "auto", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """List your own documents."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk, scope = _desk(workspace, merchant)
        found = desk.documents(scope)
        if as_json:
            print_json([vars(one) for one in found])
            return
        zh = spoken == "zh"
        if not found:
            say(
                "还没有自有资料。用 advisor cases add 文件 添加。"
                if zh
                else "There are no documents of your own yet. Add some with `advisor cases add FILE`."
            )
            return
        columns = (
            ("编号", "文件", "加入日期", "段数", "字数", "服务人员") if zh
            else ("id", "file", "added", "passages", "characters", "staff")
        )  # fmt: skip
        print_table(columns, [_row(one, spoken) for one in found])
        say(f"共 {len(found)} 份，只有本店能看到。" if zh else f"{len(found)} documents; only this shop sees them.")


def _row(one: Document, lang: Lang) -> tuple[Any, ...]:
    seen = ("已分享" if one.shared else "看不到") if lang == "zh" else ("shared" if one.shared else "hidden")
    return one.id, one.name, one.added, f"{one.passages:,}", f"{one.characters:,}", seen


def remove_document(
    wanted: Wanted,
    merchant: Merchant = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Remove a document for good: no passage and no vector of it is left."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk, scope = _desk(workspace, merchant)
        gone = desk.remove(scope, wanted)
        if as_json:
            print_json(vars(gone))
        else:
            say(
                f"已删除 {gone.name}（{gone.id}）。以前的对话里引用过的句子仍在对话记录里。"
                if spoken == "zh"
                else f"{gone.name} ({gone.id}) was removed. Sentences that earlier conversations quoted stay in those conversations."
            )


def share_document(
    wanted: Wanted,
    stop: Annotated[bool, typer.Option("--stop", help=help_text("不再分享", "no longer"))] = False,
    merchant: Merchant = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Let staff who serve the shop see a document, or (--stop) no longer."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        desk, scope = _desk(workspace, merchant)
        one = desk.share(scope, wanted, shared=not stop)
        if as_json:
            print_json(vars(one))
        elif one.shared:
            say(f"服务人员现在能看到 {one.name}。" if spoken == "zh" else f"Staff can see {one.name} now.")
        else:
            say(f"服务人员看不到 {one.name} 了。" if spoken == "zh" else f"Staff cannot see {one.name} any more.")
