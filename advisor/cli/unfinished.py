"""Questions that were cut off, from a terminal: which there are, going on with one, leaving one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from advisor.cli.console import say
from tools.errors import NotFound
from tools.text import Lang, Text

if TYPE_CHECKING:
    from advisor.events import Event
    from advisor.scope import Scope
    from advisor.service.service import AdvisorService
    from advisor.store import OpenTurn

__all__ = ["offer", "pick", "states"]

_NOTHING = Text(
    "没有答到一半的问题，不用接着答。", "No question was left half-answered; there is nothing to go on with."
)
_ASK = Text(
    "上次的问题没有答完：“{question}”。接着答？[Y/n] ",
    'Your last question was not finished: "{question}". Go on with it? [Y/n] ',
)
_LEFT = Text("好，这个问题不再接着答。", "Fine, that question is left.")
_ALIVE, _CUT_OFF = Text("正在作答", "being answered"), Text("没有答完", "not finished")


async def states(service: AdvisorService, scope: Scope) -> Mapping[str, Text]:
    """By thread: a question in it is being answered, or was cut off. Threads at rest are not named."""
    return {turn.thread_id: _ALIVE if turn.alive else _CUT_OFF for turn in await service.unfinished(scope)}


async def pick(service: AdvisorService, scope: Scope, thread: str | None) -> AsyncIterator[Event]:
    """The events of the question that was cut off last, in the thread when one is named. Raises NotFound when there is none."""
    found = await service.unfinished(scope, thread)
    if not found and thread is None:
        raise NotFound(_NOTHING)
    return service.resume(scope, thread or found[0].thread_id)


async def offer(service: AdvisorService, scope: Scope, lang: Lang) -> OpenTurn | None:
    """Ask whether to go on with the question that was cut off last; None when there is none, or it is left for good."""
    turn = next((turn for turn in await service.unfinished(scope) if not turn.alive), None)
    if turn is None or not sys.stdin.isatty():
        return None
    said = await _answer(_ASK.get(lang).format(question=_short(turn.question)))
    if said.strip().lower() in ("", "y", "yes", "是", "好", "接着答", "要"):
        return turn
    await service.dismiss(scope, turn.thread_id)
    say(_LEFT.get(lang))
    return None


async def _answer(prompt: str) -> str:
    import asyncio

    try:
        return await asyncio.to_thread(input, prompt)
    except EOFError:
        return "n"


def _short(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= 40 else line[:39] + "…"
