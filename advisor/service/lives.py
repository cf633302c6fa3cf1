"""The lives of turns: begun or taken over in the log, kept alive by a pulse, ended there however they end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import get_args

from advisor.errors import AdvisorError, TurnBusy, TurnTaken
from advisor.events import Event, Progress
from advisor.scope import Scope
from advisor.service.question import Question
from advisor.settings import BrainChoice
from advisor.store import TurnLog
from tools.errors import ToolError
from tools.text import Text

__all__ = ["TurnLives"]

_POLL_S = 0.25
_ELSEWHERE = Text(
    "这个对话正在另一个窗口里作答，还没有答完；请等它答完再问。",
    "This conversation is being answered in another window; ask again when it is done.",
)
_ELSEWHERE_WAIT = Text(
    "这个对话正在另一个窗口里作答，答完就轮到这个问题",
    "This conversation is being answered elsewhere; this question is next",
)
_ALIVE = Text(
    "上次的回答刚刚还在进行，正在确认它是否已经中断",
    "The last answer was running a moment ago; checking whether it was cut off",
)


class TurnLives:
    """One per process and event loop; the only writer of a turn's beginning and of an end without an answer."""

    def __init__(self, log: TurnLog) -> None:
        self._log = log
        self._live: set[str] = set()  # turns that this process shows signs of life for
        self._pulse: asyncio.Task[None] | None = None

    async def cut_off(self, scope: Scope, thread_id: str, emit: Callable[[Event], None]) -> Question:
        """The question of the thread that was left open, to be run again. Raises TurnTaken when there is none.

        Who restarts at once finds the turn still counted as alive: it is waited for until it has been silent long enough.
        """
        told = False
        while True:
            found = await asyncio.to_thread(self._log.unfinished, scope, thread_id)
            if not found:
                raise _taken()
            turn = found[0]
            if not turn.alive:
                brain: BrainChoice = next(choice for choice in get_args(BrainChoice) if choice == turn.brain)
                return Question(scope, turn.question, thread_id, brain, turn.lang, again=turn)
            if not told:
                emit(Progress("wait", _ALIVE.get("en" if turn.question.isascii() else "zh")))
            told = True
            await asyncio.sleep(_POLL_S)

    async def begin(self, question: Question, thread_id: str, by: float, tell: Callable[[Text], None]) -> str:
        """The id of the new running turn. Waits while a turn in another process holds the thread; raises TurnBusy at loop time `by`."""
        loop, told = asyncio.get_running_loop(), False
        while True:
            if question.again is not None:
                turn_id = await asyncio.to_thread(self._log.claim, question.scope, question.again.turn_id)
                if turn_id is None:
                    raise _taken()
                return turn_id
            turn_id = await asyncio.to_thread(
                self._log.begin,
                question.scope,
                thread_id,
                question=question.text,
                lang=question.lang,
                brain=question.brain,
            )
            if turn_id is not None:
                return turn_id
            if loop.time() >= by:
                raise TurnBusy(_ELSEWHERE)
            if not told:
                tell(_ELSEWHERE_WAIT)
            told = True
            await asyncio.sleep(_POLL_S)

    @asynccontextmanager
    async def alive(self, turn_id: str) -> AsyncIterator[None]:
        """Signs of life while the turn runs, and its end in the log when it ends without an answer."""
        self._live.add(turn_id)
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.get_running_loop().create_task(self._beat())
        try:
            yield
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.to_thread(self._log.end, turn_id, "cancelled"))
            raise
        except Exception as error:
            code = error.code if isinstance(error, AdvisorError | ToolError) else "bug"
            await asyncio.shield(asyncio.to_thread(self._log.end, turn_id, "failed", code))
            raise
        finally:
            self._live.discard(turn_id)

    async def _beat(self) -> None:
        while self._live:
            await asyncio.sleep(self._log.silent_s / 5)
            with contextlib.suppress(AdvisorError):  # a store that is down for a moment: the next sign may get through
                await asyncio.to_thread(self._log.seen, set(self._live))

    async def aclose(self) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse


def _taken() -> TurnTaken:
    return TurnTaken(
        Text(
            "这个问题已经在别处接着作答，或刚刚答完；用 advisor threads 查看。",
            "This question is being answered elsewhere already, or has just been; see `advisor threads`.",
        )
    )
