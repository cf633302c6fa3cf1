"""`advisor trace`: why each answer says what it says, and what was sent to a model host, in business words or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_store
from advisor.cli.trace_words import CODES, PURPOSES, SECTIONS, arguments_said, intent_said
from tools.errors import BadArguments
from tools.text import Lang, Text, format_value

if TYPE_CHECKING:
    from advisor.answer import EvidenceItem
    from advisor.service.trace import SentRequest, TracedTurn

__all__ = ["trace"]

_WHICH = Text(
    "请写对话编号（advisor threads 可查），或用 --sent 看最近发出过什么。",
    "Name a conversation (see `advisor threads`), or use --sent to list what was sent lately.",
)
_NOTHING_SENT = Text("没有任何内容离开本机。", "Nothing left this machine.")
_MOST_MARKS = 12
_SIMULATED = " (模拟数据 / simulated data)"  # of a demo shop's sources; said once, as a note


def trace(
    thread: Annotated[str | None, typer.Argument(help=help_text("对话编号", "thread id"))] = None,
    turn: Annotated[
        int | None, typer.Option("--turn", help=help_text("只看第几个问题", "only the question with this number"))
    ] = None,
    sent: Annotated[
        bool,
        typer.Option("--sent", help=help_text("发给模型服务的全文", "what was sent to a model host, word for word")),
    ] = False,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Why each answer says what it says, what was withheld and why, and what was sent to which host."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.service.trace import sent_recently, thread_trace

        if thread is None:
            if not sent:
                raise BadArguments(_WHICH)
            requests = with_store(workspace, merchant, lambda store, scope, _shop: sent_recently(store, scope))
            _list_sent(requests, spoken, as_json=as_json)
            return
        turns = with_store(
            workspace, merchant, lambda store, scope, _shop: thread_trace(store, scope, thread, spoken, turn=turn)
        )
        if as_json:
            print_json([_turn_json(one, words=sent) for one in turns])
            return
        for one in turns:
            _say_turn(one, spoken, words=sent)


def _turn_json(turn: TracedTurn, *, words: bool) -> dict[str, Any]:
    body = turn.model_dump(mode="json", by_alias=True, exclude={"sent"})
    return {**body, "sent": [_request_json(one, words=words) for one in turn.sent]}


def _request_json(request: SentRequest, *, words: bool) -> dict[str, Any]:
    body = {**vars(request), "at": f"{request.at}Z", "messages": len(request.messages)}
    return body | ({"messages": request.messages} if words else {"reply": len(request.reply)})


# -- one turn ---------------------------------------------------------------------------------------------------------
def _say_turn(turn: TracedTurn, lang: Lang, *, words: bool) -> None:
    zh = lang == "zh"
    say(f"\n{turn.number}. {turn.question}")
    took = f" · {turn.ms / 1000:.1f} s" if turn.ms is not None else ""
    say(f"   {turn.asked_at:%Y-%m-%d %H:%M} UTC{took}" + (f" · {turn.turn_id}" if turn.turn_id else ""))
    if turn.status != "done":
        code = f"（{turn.code}）" if zh else f" ({turn.code})"
        say(f"   {CODES[turn.status].get(lang)}" + (code if turn.code else ""))
    if turn.intent:
        sure = (
            ""
            if turn.confidence is None
            else (f"（把握 {turn.confidence:.0%}）" if zh else f" ({turn.confidence:.0%} sure)")
        )
        said = arguments_said(turn.slots, lang)
        say(
            ("   读成：" if zh else "   Read as: ")
            + intent_said(turn.intent, lang)
            + sure
            + (f"；{said}" if zh and said else f"; {said}" if said else "")
        )
    if turn.brain:
        say("   " + _answered_by(turn, lang))
    if turn.notice:
        say(f"   ! {turn.notice}")
    told: set[str] = set()
    _say_lookups(turn, lang)
    _say_answer(turn, lang, told)
    _say_checks(turn, lang)
    _say_sent(turn, lang, words=words)


def _answered_by(turn: TracedTurn, lang: Lang) -> str:
    zh = lang == "zh"
    who = {"planner": Text("内置规划器", "the built-in planner"), "model": Text("模型", "the model")}.get(turn.brain)
    name = (who.get(lang) if who is not None else turn.brain) + (f" {turn.model}" if turn.model else "")
    if turn.fell_back:
        name += f"（先问了 {turn.host}，没有成）" if zh else f" (after {turn.host} was asked and did not manage)"
    return f"作答：{name}" if zh else f"Answered by: {name}"


def _say_lookups(turn: TracedTurn, lang: Lang) -> None:
    zh = lang == "zh"
    if not turn.looked_up:
        return
    say("   查了什么：" if zh else "   Looked up:")
    for call in turn.looked_up:
        asked = arguments_said(call.arguments, lang)
        line = f"   - {(call.label or call.name).removeprefix('正在')}" + (
            f"（{asked}）" if asked and zh else f" ({asked})" if asked else ""
        )
        gave = f" → {_marks(call.marks, lang)}" if call.ok else f" ✗ {call.error}"
        say(f"{line} · {call.ms / 1000:.1f} s{gave}")
        for note in call.notes:
            say(f"       ! {note}")


def _marks(marks: Sequence[str], lang: Lang) -> str:
    if not marks:
        return "没有结果" if lang == "zh" else "no result"
    rest = len(marks) - _MOST_MARKS
    more = "" if rest <= 0 else f" 等共 {len(marks)} 条" if lang == "zh" else f" and {rest} more"
    return "".join(f"[{mark}]" for mark in marks[:_MOST_MARKS]) + more


def _say_answer(turn: TracedTurn, lang: Lang, told: set[str]) -> None:
    """Each sentence with what it stands on; a fact is told whole where it is used first."""
    zh = lang == "zh"
    if turn.answer:
        say("   每句话凭什么：" if zh else "   What each sentence stands on:")
    for one in turn.answer:
        say(f"   ▸ {SECTIONS[one.section].get(lang)}" + _class(one.why_class, lang) + ("：" if zh else ": ") + one.text)
        known = [mark for mark in one.cites if mark in told]
        for mark in one.cites:
            item = turn.evidence.get(mark)
            if item is not None and mark not in told:
                told.add(mark)
                say(f"       [{mark}] {item.claim}")
                say(f"            {_behind(item, lang)}")
        if known:
            say(f"       {''.join(f'[{mark}]' for mark in known)} " + ("见上" if zh else "see above"))


def _class(why_class: str | None, lang: Lang) -> str:
    """How far a why may go, as the answer marks it."""
    from advisor.render import WHY_CLASS_LABELS
    from tools.facts import WhyClass

    if why_class is None:
        return ""
    label = WHY_CLASS_LABELS[WhyClass(why_class)].get(lang)
    return f"【{label}】" if lang == "zh" else f" ({label})"


def _behind(item: EvidenceItem, lang: Lang) -> str:
    zh = lang == "zh"
    labels = (
        ("数值" if zh else "value", format_value(item.value, item.unit, lang) if item.value is not None else ""),
        ("区间" if zh else "window", item.window),
        ("算法" if zh else "formula", item.formula),
        ("来源" if zh else "source", item.source.replace(_SIMULATED, "")),
        ("注意" if zh else "note", ("模拟数据" if zh else "simulated data") if item.simulated else ""),
    )
    return " | ".join(f"{label}：{text}" if zh else f"{label}: {text}" for label, text in labels if text)


def _say_checks(turn: TracedTurn, lang: Lang) -> None:
    zh = lang == "zh"
    if turn.answer:
        say(
            f"   核对：{turn.figures} 个数字，{turn.supported} 个有依据，扣下 {turn.removed} 句"
            if zh
            else f"   Checked: {turn.figures} figures, {turn.supported} supported, {turn.removed} sentences withheld"
        )
    for one in turn.checked or ():
        kept = one.instead is not None
        head = ("改过" if kept else "扣下") if zh else ("reworded" if kept else "withheld")
        say(
            f"   - {head}"
            + (f"（{SECTIONS[one.section].zh}）：" if zh else f" ({SECTIONS[one.section].en}): ")
            + one.said
        )
        for problem in one.problems:
            say(("       因为：" if zh else "       because: ") + problem)
        if kept:
            say(("       改成：" if zh else "       now: ") + str(one.instead))


# -- what was sent ----------------------------------------------------------------------------------------------------
def _say_sent(turn: TracedTurn, lang: Lang, *, words: bool) -> None:
    zh = lang == "zh"
    if not turn.sent:
        if turn.host is None and turn.turn_id is None:
            say("   发出：没有记录（早期的对话）。" if zh else "   Sent: not on record (an early conversation).")
        else:
            say(("   发出：" if zh else "   Sent: ") + _NOTHING_SENT.get(lang))
        return
    hosts = dict.fromkeys(request.host for request in turn.sent)
    say(("   发出：" if zh else "   Sent: ") + ", ".join(hosts))
    for request in turn.sent:
        say(f"   - {_request_said(request, lang)}")
        if words:
            _say_words(request, lang)
    if not words:
        say("     （全文：加 --sent）" if zh else "     (word for word: add --sent)")


def _request_said(request: SentRequest, lang: Lang) -> str:
    purpose = PURPOSES[request.purpose].get(lang) if request.purpose in PURPOSES else request.purpose
    tokens = f"{request.prompt_tokens:,} + {request.completion_tokens:,} token" + ("" if lang == "zh" else "s")
    failed = "" if request.code == "ok" else f" ✗ {request.code}"
    return f"{purpose} · {request.model} · {tokens} · {request.ms / 1000:.1f} s{failed}"


def _say_words(request: SentRequest, lang: Lang) -> None:
    if not request.messages:
        say("       （内容已随对话删除）" if lang == "zh" else "       (its words went with the conversation)")
        return
    for message in request.messages:
        text = str(message.get("content") or message.get("tool_calls") or "")
        say(f"       {message.get('role', '')}:")
        for line in text.splitlines():
            say(f"         {line}")
    if request.tools:
        say(("       可用工具：" if lang == "zh" else "       tools offered: ") + ", ".join(request.tools))
    say("       ← " + ("回来的：" if lang == "zh" else "came back:"))
    for line in request.reply.splitlines():
        say(f"         {line}")


def _list_sent(requests: Sequence[SentRequest], lang: Lang, *, as_json: bool) -> None:
    if as_json:
        print_json([_request_json(one, words=False) for one in requests])
        return
    if not requests:
        say(_NOTHING_SENT.get(lang))
        return
    columns = ("时间（UTC）", "发给", "为了", "对话") if lang == "zh" else ("time (UTC)", "to", "for", "thread")
    rows = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.host, _request_said(one, lang), one.thread_id) for one in requests]
    print_table(columns, rows)
    say("全文：advisor trace 对话编号 --sent" if lang == "zh" else "Word for word: advisor trace THREAD --sent")
