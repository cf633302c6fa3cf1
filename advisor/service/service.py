"""The one way in for every door: ask, call, threads, imports. Scope and ownership are checked here, below any model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from advisor.answer import AskResult
from advisor.brains.base import Brain, ToolCall
from advisor.errors import AdvisorError
from advisor.events import Done, Event, Failed
from advisor.scope import Scope
from advisor.service.approvals import ApprovalDesk, PendingApproval
from advisor.service.question import Limits, Question
from advisor.service.turn import LedgerMaker, ModelMaker, TurnRunner
from advisor.settings import BrainChoice
from advisor.store import OpenTurn, Store, StoredMessage, ThreadInfo
from tools.base import Effect
from tools.errors import BadArguments, NotPermitted, ToolError
from tools.facts import ToolResult
from tools.text import Lang, Text
from tools.warehouse.access import Warehouse

if TYPE_CHECKING:  # langgraph and the tools behind the runner load only when a turn runs
    from advisor.agent.runner import ToolRunner
    from advisor.agent.state import Framer

__all__ = ["AdvisorService", "Limits", "PendingApproval"]


class AdvisorService:
    """Built by `advisor.app`; doors hold one per process and one event loop."""

    def __init__(
        self,
        *,
        store: Store,
        warehouse: Warehouse,
        runner: ToolRunner,
        framer: Callable[[str], Framer],
        planner: Callable[[], Brain],
        model: ModelMaker | None,
        today: Callable[[str], date],
        ledger: LedgerMaker | None = None,
        default_brain: BrainChoice = "auto",
        limits: Limits | None = None,
        approvals: ApprovalDesk | None = None,
    ) -> None:
        self._approvals = approvals
        self.store = store
        self.warehouse = warehouse
        self._runner = runner
        self._today = today
        self._default_brain = default_brain
        self._turns = TurnRunner(
            store=store,
            warehouse=warehouse,
            runner=runner,
            framer=framer,
            planner=planner,
            model=model,
            ledger=ledger,
            today=today,
            limits=limits or Limits(),
            approvals=approvals,
        )
        self._asking: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Stop what is running, then close what it stood on."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._turns.lives.aclose()
        self._runner.close()
        if self._approvals is not None:
            await asyncio.to_thread(self._approvals.close)
        self.store.close()

    def today(self, timezone: str) -> date:
        """The day it is there."""
        return self._today(timezone)

    # -- ask ----------------------------------------------------------------------------------------------------------
    async def ask(
        self,
        scope: Scope,
        text: str,
        *,
        thread_id: str | None = None,
        brain: BrainChoice | None = None,
        lang: str = "auto",
    ) -> AsyncGenerator[Event, None]:
        """Stream the turn: progress, statements as they pass, then Done or Failed. Closing the iterator stops the work."""
        question = Question(scope, text, thread_id, brain or self._default_brain, lang)
        async with aclosing(self._stream(question)) as events:
            async for event in events:
                yield event

    async def resume(self, scope: Scope, thread_id: str) -> AsyncGenerator[Event, None]:
        """Answer the question of the thread that was cut off, with what its tools had returned: none of those runs again.

        Ends with Failed when nothing of that thread is open (`turn_taken`) or the thread is foreign or unknown (`thread_unknown`).
        A turn that was alive a moment ago is waited for until it is done or known to be dead.
        """
        async with aclosing(
            self._stream(Question(scope, "", thread_id, self._default_brain, "auto"), again=True)
        ) as events:
            async for event in events:
                yield event

    async def _stream(self, question: Question, *, again: bool = False) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        async def work() -> None:
            asked = question
            try:
                if again:
                    asked = await self._cut_off(question, queue.put_nowait)
                await self._turns.run(asked, queue.put_nowait)
            except (ToolError, AdvisorError) as error:
                queue.put_nowait(Failed(error.code, error.text(asked.shown), error.exit_code))
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(work())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        try:
            while (event := await queue.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _cut_off(self, question: Question, emit: Callable[[Event], None]) -> Question:
        thread_id = await asyncio.to_thread(self.store.open_thread, question.scope, question.thread_id)
        return await self._turns.lives.cut_off(question.scope, thread_id, emit)

    async def answer(
        self,
        scope: Scope,
        text: str,
        *,
        thread_id: str | None = None,
        brain: BrainChoice | None = None,
        lang: str = "auto",
    ) -> AskResult | Failed:
        """The whole turn at once."""
        final: AskResult | Failed | None = None
        async for event in self.ask(scope, text, thread_id=thread_id, brain=brain, lang=lang):
            if isinstance(event, Done):
                final = event.result
            elif isinstance(event, Failed):
                final = event
        if final is None:
            raise RuntimeError("the turn ended without an event")
        return final

    async def unfinished(self, scope: Scope, thread_id: str | None = None) -> Sequence[OpenTurn]:
        """Questions that have no answer yet, newest first: running somewhere (`alive`), or cut off and ready to be resumed."""
        return await asyncio.to_thread(self.store.turns.unfinished, scope, thread_id)

    async def dismiss(self, scope: Scope, thread_id: str) -> None:
        """Leave the cut-off question of the thread for good. Nothing happens to one that is alive, and to a foreign thread."""
        for turn in await self.unfinished(scope, thread_id):
            if not turn.alive:
                await asyncio.to_thread(self.store.turns.end, turn.turn_id, "cancelled", "dismissed")

    @property
    def approvals(self) -> ApprovalDesk:
        """Requests that wait for a person. Raises NotPermitted where this installation does nothing but answer."""
        if self._approvals is None:
            raise NotPermitted(
                Text("这里只能提问，不能执行动作。", "Only questions are answered here; nothing is carried out.")
            )
        return self._approvals

    # -- call ---------------------------------------------------------------------------------------------------------
    async def call(
        self, scope: Scope, tool: str, arguments: Mapping[str, Any], *, lang: Lang = "zh"
    ) -> ToolResult | PendingApproval:
        """One tool, directly: same validation, scope, limits and audit as in a turn. A WRITE only files a request."""
        if any(spec.name == tool and spec.effect is Effect.WRITE for spec in self._runner.registry):
            return await self.approvals.request(scope, tool, arguments, lang=lang)
        outcome = await self._runner.run(scope, ToolCall("direct", tool, arguments), lang=lang)
        if outcome.result is None:
            raise _again(outcome.code, outcome.error, outcome.choices)
        return outcome.result

    async def read(self, scope: Scope, tool: str, arguments: Mapping[str, Any], *, lang: Lang = "zh") -> ToolResult:
        """`call` for tools that only read; what is None is left out, dates go as text (the audit keeps JSON). Raises ToolError."""
        given = {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in arguments.items()
            if value is not None
        }
        result = await self.call(scope, tool, given, lang=lang)
        if isinstance(result, PendingApproval):
            raise NotPermitted(
                Text(
                    "这个动作需要先经过人工批准，已记录申请。",
                    "This needs a person's approval first; the request is on file.",
                )
            )
        return result

    # -- threads and stated facts -------------------------------------------------------------------------------------
    async def threads(self, scope: Scope) -> Sequence[ThreadInfo]:
        return await asyncio.to_thread(self.store.threads, scope)

    async def thread(self, scope: Scope, thread_id: str) -> Sequence[StoredMessage]:
        return await asyncio.to_thread(self.store.messages, scope, thread_id)

    async def delete_thread(self, scope: Scope, thread_id: str) -> None:
        await asyncio.to_thread(self.store.delete_thread, scope, thread_id)

    async def state_fact(self, scope: Scope, key: str, value: Decimal, unit: str) -> None:
        """Record what the merchant says of the own business; staff cannot speak for a merchant."""
        if scope.role != "merchant":
            raise NotPermitted(Text("只有商家自己能填写成本和毛利。", "Only the merchant can state costs and margins."))
        await asyncio.to_thread(self.store.state, scope, key, value, unit)


def _again(code: str, message: Text | None, choices: tuple[str, ...]) -> ToolError:
    """Raise for a door what the runner recorded for a brain."""
    kinds = {kind.code: kind for kind in _subclasses(ToolError)}
    text = message or Text("工具没有给出结果。", "The tool gave no result.")
    if code == BadArguments.code:
        return BadArguments(text, choices=choices)
    return kinds.get(code, ToolError)(text)


def _subclasses(kind: type[ToolError]) -> list[type[ToolError]]:
    return [kind, *[deep for child in kind.__subclasses__() for deep in _subclasses(child)]]
