"""`advisor approvals list | show | accept | edit | answer | ignore`: what waits for a person's yes, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_service
from tools.errors import BadArguments
from tools.text import Lang, Text

if TYPE_CHECKING:
    from pathlib import Path

    from advisor.scope import Scope
    from advisor.service.approvals import ApprovalDesk, ApprovalView
    from advisor.service.service import AdvisorService
    from tools.warehouse.writer import MerchantProfile

__all__ = ["approvals"]

approvals = typer.Typer(
    help=help_text(
        "待你确认的动作：查看、接受、修改、回复、忽略；接受后只做一次",
        "what waits for your yes: look, accept, edit, answer, ignore; an accepted action is done once",
    )
)
Id = Annotated[
    str, typer.Argument(help=help_text("申请编号，见 advisor approvals list", "see `advisor approvals list`"))
]

_STATUS = {
    "open": Text("待确认", "waiting"),
    "expired": Text("已过期", "expired"),
    "accepted": Text("已接受", "accepted"),
    "answered": Text("已回复", "answered"),
    "ignored": Text("已忽略", "ignored"),
    "done": Text("已完成", "done"),
    "failed": Text("没做成", "not done"),
    "begun": Text("正在做", "being done"),
}


@approvals.command("list")
def list_requests(
    everything: Annotated[
        bool, typer.Option("--all", help=help_text("包括已处理和已过期的", "decided and expired ones too"))
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, newest first; --all lists what was decided too."""
    spoken = language(lang)

    async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> Sequence[ApprovalView]:
        return await service.approvals.list(scope, "all" if everything else "open")

    with guarded(spoken, as_json=as_json):
        views = with_service(workspace, merchant, work)
        if as_json:
            print_json([_json(view, spoken) for view in views])
            return
        if not views:
            say("没有等你确认的事。" if spoken == "zh" else "Nothing waits for you.")
            return
        columns = (
            ("编号", "动作", "内容", "状态", "有效至（UTC）")
            if spoken == "zh"
            else ("id", "action", "with", "status", "valid until (UTC)")
        )
        rows = [
            (
                view.approval.approval_id,
                view.label.get(spoken),
                _short(view.approval.arguments),
                _status(view, spoken),
                f"{view.approval.expires_at:%Y-%m-%d}",
            )
            for view in views
        ]
        print_table(columns, rows)


@approvals.command("show")
def show(
    approval_id: Id,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """One request: what accepting it does, with which arguments, and what came of it."""
    _one(lambda desk, scope, said: desk.show(scope, approval_id, lang=said), lang, merchant, workspace, as_json=as_json)


@approvals.command("accept")
def accept(
    approval_id: Id,
    seen: Annotated[
        str | None,
        typer.Option(
            "--seen",
            help=help_text("show 里的指纹；之后被改过就不接受", "fingerprint from `show`; refused if changed since"),
            show_default=False,
        ),
    ] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Accept a request: it is carried out once, however often it is accepted."""
    _one(
        lambda desk, scope, said: desk.accept(scope, approval_id, seen=seen, lang=said),
        lang,
        merchant,
        workspace,
        as_json=as_json,
    )


@approvals.command("edit")
def edit(
    approval_id: Id,
    changes: Annotated[
        list[str],
        typer.Option(
            "--set",
            help=help_text("改一项：名称=值，可写多次", "change one argument: name=value, may be repeated"),
            show_default=False,
        ),
    ],
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Change what is asked for; checked like a new request and still waiting afterwards."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        given = dict(_change(one) for one in changes)
    _one(
        lambda desk, scope, said: desk.edit(scope, approval_id, given, lang=said),
        lang,
        merchant,
        workspace,
        as_json=as_json,
    )


@approvals.command("answer")
def answer(
    approval_id: Id,
    words: Annotated[str, typer.Argument(help=help_text("你的回复", "your words"))],
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Answer in words instead of accepting: nothing is done, and the words are kept."""
    _one(
        lambda desk, scope, said: desk.answer(scope, approval_id, words, lang=said),
        lang,
        merchant,
        workspace,
        as_json=as_json,
    )


@approvals.command("ignore")
def ignore(
    approval_id: Id,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Close a request: nothing is done."""
    _one(
        lambda desk, scope, said: desk.ignore(scope, approval_id, lang=said), lang, merchant, workspace, as_json=as_json
    )


def _one(
    act: Callable[[ApprovalDesk, Scope, Lang], Awaitable[ApprovalView]],
    lang: str,
    merchant: str | None,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    """Do one step and show the request as it stands; exit 3 when the effect failed."""
    spoken = language(lang)

    async def work(service: AdvisorService, scope: Scope, _profile: MerchantProfile) -> ApprovalView:
        return await act(service.approvals, scope, spoken)

    with guarded(spoken, as_json=as_json):
        view = with_service(workspace, merchant, work)
        if as_json:
            print_json(_json(view, spoken))
        else:
            _say(view, spoken)
        if view.failure is not None:
            raise typer.Exit(3)


def _say(view: ApprovalView, lang: Lang) -> None:
    found, zh = view.approval, lang == "zh"
    say(f"{found.approval_id} · {view.label.get(lang)} · {_status(view, lang)}")
    if found.status == "open":
        say(f"{'接受后会' if zh else 'Accepting will'}{'' if zh else ' '}{view.said.get(lang)}{'。' if zh else '.'}")
    for name, value in found.arguments.items():
        if value is not None:
            say(f"  {name}: {value}")
    if found.reply:
        say(f"{'回复：' if zh else 'Answer: '}{found.reply}")
    if view.failure is not None:
        say(f"{'没做成：' if zh else 'Not done: '}{view.failure.get(lang)}")
        say("改好后再接受一次即可。" if zh else "Put it right, then accept once more.")
    for claim in view.result.notes if view.result is not None else ():
        say(claim.get(lang))
    if found.status == "open" and view.mine:
        then = f"advisor approvals accept {found.approval_id} --seen {found.seen}"
        say(f"{'接受：' if zh else 'Accept: '}{then}")


def _status(view: ApprovalView, lang: Lang) -> str:
    state = (
        view.effect.status if view.approval.status == "accepted" and view.effect is not None else view.approval.status
    )
    who = f" · {view.approval.decided_by}" if view.approval.status not in ("open", "expired") else ""
    return _STATUS[state].get(lang) + who


def _short(arguments: dict[str, Any]) -> str:
    text = " · ".join(str(value) for value in arguments.values() if value not in (None, False, ""))
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:60]}…"


def _json(view: ApprovalView, lang: Lang) -> dict[str, Any]:
    found = view.approval
    return {
        "approval_id": found.approval_id,
        "tool": found.tool,
        "label": view.label.get(lang),
        "said": view.said.get(lang),
        "arguments": found.arguments,
        "seen": found.seen,
        "status": found.status,
        "asked_by": {"actor": found.actor, "role": found.role},
        "decides": view.decides,
        "mine": view.mine,
        "thread_id": found.thread_id,
        "created_at": f"{found.created_at}Z",
        "expires_at": f"{found.expires_at}Z",
        "decided_by": found.decided_by,
        "reply": found.reply,
        "effect": view.effect.status if view.effect is not None else None,
        "failure": view.failure.get(lang) if view.failure is not None else None,
        "result": [claim.get(lang) for claim in view.result.notes] if view.result is not None else [],
        "files": list(view.result.files) if view.result is not None else [],
    }


def _change(text: str) -> tuple[str, Any]:
    """name=value; a value that is JSON (true, 4, null) is read as such, every other one is text."""
    name, found, value = text.partition("=")
    if not found or not name.strip():
        raise BadArguments(Text(f"“{text[:40]}”不是 名称=值。", f'"{text[:40]}" is not name=value.'))
    try:
        read = json.loads(value)
    except ValueError:
        return name.strip(), value
    return name.strip(), value if isinstance(read, str | dict | list | float) else read
