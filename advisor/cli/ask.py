"""`advisor ask` and `chat`: the conversation from a terminal."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from advisor.cli.console import guarded, help_text, language, note, print_json, say
from advisor.cli.session import AsJson, Language, Merchant, Workspace, with_service
from advisor.cli.threads import say_threads
from tools.errors import BadArguments
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.answer import AskResult
    from advisor.events import Event, Failed
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from tools.warehouse.writer import MerchantProfile

__all__ = ["ask", "chat"]

_EITHER = Text(
    "请写下问题，或用 --resume 接着答上次没有答完的问题（二选一）。",
    "Give either a question, or --resume to go on with the one that was cut off.",
)

BrainOption = Annotated[
    Literal["auto", "planner", "model"] | None,
    typer.Option("--brain", help=help_text("谁来作答", "who answers"), show_default="auto"),
]
ThreadOption = Annotated[
    str | None, typer.Option("--thread", help=help_text("接着这个对话", "continue this conversation"))
]


def ask(
    question: Annotated[
        str | None, typer.Argument(help=help_text("你的问题；- 表示从标准输入读取", "your question; - reads stdin"))
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help=help_text("接着答上次没有答完的问题", "go on with the question that was cut off last"),
        ),
    ] = False,
    thread: ThreadOption = None,
    brain: BrainOption = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask one question: why, what and how, with evidence."""
    text = sys.stdin.read() if question == "-" else question or ""
    spoken = language(lang, text)

    async def work(service: AdvisorService, scope: Scope, profile: MerchantProfile) -> AskResult | Failed:
        from advisor.cli.stream import follow, say_answer
        from advisor.cli.unfinished import pick

        if resume:
            events = await pick(service, scope, thread)
        else:
            events = service.ask(scope, text, thread_id=thread, brain=brain, lang=lang)
        if as_json:
            return await follow(events, on_progress=lambda _text: None)
        return await say_answer(events, spoken, simulated=profile.simulated)

    with guarded(spoken, as_json=as_json):
        if resume == (question is not None):
            raise BadArguments(_EITHER)
        final = with_service(workspace, merchant, work)
        _end(final, as_json=as_json)


def _end(final: AskResult | Failed, *, as_json: bool) -> None:
    """Print the contract object, or leave with the failure's sentence and exit code."""
    from advisor.events import Failed

    if isinstance(final, Failed):
        if as_json:
            print_json({"error": {"code": final.code, "message": final.text}})
        else:
            note(final.text)
        raise typer.Exit(final.exit_code)
    if as_json:
        print_json(final.model_dump(mode="json", by_alias=True))


def chat(
    thread: ThreadOption = None,
    brain: BrainOption = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
) -> None:
    """Talk with the advisor; /new, /threads and /quit steer it."""
    spoken = language(lang)

    async def work(service: AdvisorService, scope: Scope, profile: MerchantProfile) -> None:
        from advisor.cli.unfinished import offer, states

        say(
            f"{profile.name}。直接提问；/new 开始新对话，/threads 看历史，/quit 退出。"
            if spoken == "zh"
            else f"{profile.name}. Just ask; /new starts over, /threads lists conversations, /quit leaves."
        )
        current = thread
        open_turn = await offer(service, scope, spoken) if thread is None else None
        if open_turn is not None:
            events = service.resume(scope, open_turn.thread_id)
            current = await _say(events, language(lang, open_turn.question), profile, None)
        while (line := await _read_line()) is not None:
            if line in ("/quit", "/exit", "/q"):
                return
            if line == "/new":
                current = None
                say("新对话。" if spoken == "zh" else "A new conversation.")
            elif line == "/threads":
                say_threads(await service.threads(scope), spoken, await states(service, scope))
            elif line.startswith("/"):
                say("可用：/new /threads /quit" if spoken == "zh" else "Known: /new /threads /quit")
            elif line:
                current = await _turn(service, scope, profile, line, current, brain, lang)

    with guarded(spoken, as_json=False):
        with_service(workspace, merchant, work)


async def _turn(
    service: AdvisorService,
    scope: Scope,
    profile: MerchantProfile,
    line: str,
    thread: str | None,
    brain: Literal["auto", "planner", "model"] | None,
    lang: str,
) -> str | None:
    events = service.ask(scope, line, thread_id=thread, brain=brain, lang=lang)
    return await _say(events, language(lang, line), profile, thread)


async def _say(events: AsyncIterator[Event], lang: Lang, profile: MerchantProfile, thread: str | None) -> str | None:
    """Print a turn; returns the thread to go on in."""
    from advisor.cli.stream import say_answer
    from advisor.events import Failed

    final = await say_answer(events, lang, simulated=profile.simulated and thread is None, folded=True)
    if isinstance(final, Failed):
        note(final.text)
        return thread
    say()
    return final.thread_id


async def _read_line() -> str | None:
    """A line from the keyboard (or a pipe); None at its end. Reading does not block the loop."""
    import asyncio

    try:
        return (await asyncio.to_thread(input, "> " if sys.stdin.isatty() else "")).strip()
    except EOFError:
        return None
