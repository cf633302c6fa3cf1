"""`advisor memory`: what the advisor remembers of a shop, listed, set, shared with staff and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import clean, guarded, help_text, language, print_json, print_table, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_store
from tools.text import Lang, format_value

if TYPE_CHECKING:
    from advisor.scope import Scope
    from advisor.service.memory import Kept
    from advisor.store import Store
    from tools.warehouse.writer import MerchantProfile

__all__ = ["memory"]

memory = typer.Typer(
    help=help_text("记住的情况：毛利、预算、限制、说话方式", "what is remembered: margin, budget, limits, tone"),
    no_args_is_help=True,
)
Ref = Annotated[str, typer.Argument(help=help_text("编号或名称，如 毛利率", "reference or name, such as margin"))]


@memory.command("list", help=help_text("列出记住的情况", "list what is remembered"))
def listed(
    lang: Language = "auto", merchant: Merchant = None, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    spoken = language(lang)

    def work(store: Store, scope: Scope, _profile: MerchantProfile) -> list[Kept]:
        from advisor.service.memory import list_memory

        return list_memory(store, scope)

    with guarded(spoken, as_json=as_json):
        kept = with_store(workspace, merchant, work)
        if as_json:
            print_json([_row(one, spoken) for one in kept])
        elif not kept:
            say(
                "还没有记住什么。对话里直接说，或用 advisor memory set “毛利率 40%”。"
                if spoken == "zh"
                else 'Nothing is remembered. Say it in a conversation, or use: advisor memory set "margin 40%".'
            )
        else:
            _say(kept, spoken)


def _said(one: Kept, lang: Lang) -> str:
    if one.value is not None:
        return format_value(one.value, one.unit, lang).strip()
    return one.text


def _say(kept: list[Kept], lang: Lang) -> None:
    zh = lang == "zh"
    columns = ("编号", "是什么", "内容", "谁说的", "什么时候（UTC）", "员工可见") if zh else ("ref", "what", "said", "by", "when (UTC)", "staff see it")  # fmt: skip
    yes, no = ("是", "否") if zh else ("yes", "no")
    rows = [
        (one.ref, one.label.get(lang), clean(_said(one, lang)), one.actor, f"{one.said_at:%Y-%m-%d %H:%M}", yes if one.shared else no)
        for one in kept
    ]  # fmt: skip
    print_table(columns, rows)


def _row(one: Kept, lang: Lang) -> dict[str, Any]:
    value = None if one.value is None else float(one.value)
    return {**vars(one), "label": one.label.get(lang), "value": value, "said_at": f"{one.said_at}Z"}


@memory.command("set", help=help_text("记一条：毛利率 40%、预算 2 万、不打折、说简短一点", "keep one: margin 40%, budget 20,000, no discounts, keep it short"))  # fmt: skip
def put(
    words: Annotated[list[str], typer.Argument(help=help_text("像对话里那样说", "say it as in a conversation"))],
    as_note: Annotated[
        bool, typer.Option("--note", help=help_text("原话记成备注，不解读", "keep the words as a note, unread"))
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    text = " ".join(words)
    spoken = language(lang, text)

    def work(store: Store, scope: Scope, profile: MerchantProfile) -> list[Kept]:
        from advisor.service.memory import list_memory, set_memory

        refs = set_memory(store, scope, text, profile.currency, note=as_note)
        return [one for one in list_memory(store, scope) if one.ref in refs]

    with guarded(spoken, as_json=as_json):
        kept = with_store(workspace, merchant, work)
        if as_json:
            print_json([_row(one, spoken) for one in kept])
        elif kept:
            _say(kept, spoken)
        else:
            say("已去掉相应的记录。" if spoken == "zh" else "What it takes back is deleted.")


@memory.command("share", help=help_text("让平台员工看到一条，或收回", "let staff see one, or close it again"))
def share(
    ref: Ref,
    off: Annotated[bool, typer.Option("--off", help=help_text("收回", "close it again"))] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    spoken = language(lang, ref)

    def work(store: Store, scope: Scope, _profile: MerchantProfile) -> list[str]:
        from advisor.service.memory import share_memory

        return share_memory(store, scope, ref, shared=not off)

    with guarded(spoken, as_json=as_json):
        refs = with_store(workspace, merchant, work)
        if as_json:
            print_json({"shared": not off, "refs": refs})
        elif off:
            say("员工不再能看到。" if spoken == "zh" else "Staff no longer see it.")
        else:
            say("员工现在能看到这一条。" if spoken == "zh" else "Staff can see it now.")


@memory.command("forget", help=help_text("忘掉一条", "forget one"))
def forget(
    ref: Ref,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    spoken = language(lang, ref)

    def work(store: Store, scope: Scope, _profile: MerchantProfile) -> list[str]:
        from advisor.service.memory import forget_memory

        return forget_memory(store, scope, ref)

    with guarded(spoken, as_json=as_json):
        refs = with_store(workspace, merchant, work)
        if as_json:
            print_json({"forgotten": refs})
        else:
            say("忘掉了，以后的回答不再用它。" if spoken == "zh" else "Forgotten; later answers do not use it.")
