"""The one way in for every door: ask, call, threads, imports. Scope and ownership are checked here, below any model."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.answer import AskResult
from advisor.brains.base import Brain, Message, ShopCard, ToolCall
from advisor.errors import AdvisorError, ModelUnavailable, TurnTimeout
from advisor.events import Done, Event, Failed, Progress, StatementPassed
from advisor.scope import Scope
from advisor.settings import BrainChoice
from advisor.store import Store, StoredMessage, ThreadInfo
from tools.base import Effect
from tools.errors import BadArguments, NotPermitted, ToolError
from tools.facts import ToolResult
from tools.text import Lang, Text
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.schema import tables

if TYPE_CHECKING:  # langgraph and the tools behind the runner load only when a turn runs
    from advisor.agent.runner import ToolRunner
    from advisor.agent.state import Framer, Turn

__all__ = ["AdvisorService", "Limits", "PendingApproval"]

_MAX_QUESTION = 4000


@dataclass(frozen=True)
class Limits:
    turn_s: float = 60.0
    model_s: float = 40.0
    rounds: int = 4


@dataclass(frozen=True)
class PendingApproval:
    """A WRITE was asked for; nothing happened yet."""

    approval_id: str
    tool: str


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
        model: Callable[[], Brain] | None,
        checkpoints: Path,
        today: Callable[[str], date],
        default_brain: BrainChoice = "auto",
        limits: Limits | None = None,
    ) -> None:
        self.store = store
        self.warehouse = warehouse
        self._runner = runner
        self._framer = framer
        self._planner = planner
        self._model = model
        self._checkpoints = checkpoints
        self._today = today
        self._default_brain = default_brain
        self._limits = limits or Limits()
        self._stack = contextlib.AsyncExitStack()
        self._graph: Any = None
        self._opening = asyncio.Lock()

    async def aclose(self) -> None:
        await self._stack.aclose()
        self._runner.close()
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
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        async def work() -> None:
            try:
                await self._turn(scope, text, thread_id, brain or self._default_brain, lang, queue)
            except (ToolError, AdvisorError) as error:
                shown: Lang = "en" if lang == "en" or (lang == "auto" and text.isascii()) else "zh"
                queue.put_nowait(Failed(error.code, error.text(shown), error.exit_code))
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (event := await queue.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

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

    async def _turn(
        self,
        scope: Scope,
        text: str,
        thread_id: str | None,
        brain: BrainChoice,
        lang: str,
        queue: asyncio.Queue[Event | None],
    ) -> None:
        from advisor.service.result import build_result

        question = _question(text)
        turn = await self._prepare(scope, question, thread_id, brain, lang)
        graph = await self._compiled()
        config = {"configurable": {"thread_id": f"{turn.thread_id}:{uuid.uuid4().hex[:8]}"}}
        state = {"turn_id": config["configurable"]["thread_id"], "kind": "", "round": 0, "pending": 0}
        stream = graph.astream(state, config, context=turn, stream_mode=["custom"], durability="exit", version="v2")
        try:
            async with asyncio.timeout(self._limits.turn_s):
                async for part in stream:
                    if isinstance(part["data"], Progress | StatementPassed):
                        queue.put_nowait(part["data"])
        except TimeoutError as error:
            raise TurnTimeout(
                Text(
                    f"这个问题超过 {self._limits.turn_s:.0f} 秒没有答完，已停止。请缩短时间范围，或换个问法。",
                    f"The answer took over {self._limits.turn_s:.0f} s and was stopped. Try a shorter window.",
                )
            ) from error
        queue.put_nowait(Done(build_result(turn)))

    async def _prepare(self, scope: Scope, question: str, thread_id: str | None, brain: BrainChoice, lang: str) -> Turn:
        from advisor.agent.evidence import EvidenceBook
        from advisor.agent.state import Turn

        card = await asyncio.to_thread(self._shop_card, scope)
        thread = await asyncio.to_thread(self.store.open_thread, scope, thread_id)
        past = await asyncio.to_thread(self.store.messages, scope, thread) if thread_id else []
        known = await asyncio.to_thread(self.store.evidence, scope, thread) if thread_id else {}
        chosen, fallback = self._brains(brain)
        return Turn(
            scope=scope,
            thread_id=thread,
            question=question,
            history=[Message(m.role, m.text, m.frame) for m in past[-12:]],
            shop=card,
            today=self._today(card.timezone),
            framer=self._framer(lang),
            brain=chosen,
            fallback=fallback,
            runner=self._runner,
            save=self._save,
            model_until=asyncio.get_running_loop().time() + min(self._limits.model_s, self._limits.turn_s * 0.7),
            max_rounds=self._limits.rounds,
            book=EvidenceBook(known),
        )

    def _brains(self, choice: BrainChoice) -> tuple[Brain, Brain | None]:
        """auto: the model when one is set, with the planner behind it; model: the model and nothing else."""
        planner = self._planner()
        if choice == "planner" or (choice == "auto" and self._model is None):
            return planner, planner
        if self._model is None:
            raise ModelUnavailable(
                Text(
                    "没有设置模型：请设置 OPENAI_API_KEY（或 OPENAI_BASE_URL），或改用 --brain planner。",
                    "No model is set: set OPENAI_API_KEY (or OPENAI_BASE_URL), or use --brain planner.",
                )
            )
        return self._model(), planner if choice == "auto" else None

    async def _save(self, turn: Turn) -> None:
        """Question, answer and new evidence in one go at the end: a dead turn leaves the thread as it was."""
        from advisor.service.result import build_result

        result = build_result(turn)
        for said in turn.frame.slots.get("stated", ()) if turn.frame else ():
            unit = turn.shop.currency if said["unit"] == "money" else said["unit"]
            await self.state_fact(turn.scope, said["key"], Decimal(said["value"]), unit)
        frame = {"intent": turn.frame.intent, "slots": dict(turn.frame.slots)} if turn.frame else {}
        await asyncio.to_thread(
            self.store.finish_turn,
            turn.scope,
            turn.thread_id,
            question=turn.question,
            text=result.text,
            frame=frame,
            result=result.model_dump(mode="json", by_alias=True),
            marks=turn.book.new,
        )

    async def _compiled(self) -> Any:
        async with self._opening:
            if self._graph is None:
                from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

                from advisor.agent.graph import build_graph

                self._checkpoints.parent.mkdir(parents=True, exist_ok=True)
                saver = await self._stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(self._checkpoints)))
                self._graph = build_graph(saver)
        return self._graph

    def _shop_card(self, scope: Scope) -> ShopCard:
        shop = self.warehouse.for_merchant(scope.merchant_id)
        try:
            return _card(shop)
        finally:
            shop.close()

    # -- call ---------------------------------------------------------------------------------------------------------
    async def call(
        self, scope: Scope, tool: str, arguments: Mapping[str, Any], *, lang: Lang = "zh"
    ) -> ToolResult | PendingApproval:
        """One tool, directly: same validation, scope, limits and audit as in a turn. A WRITE only files a request."""
        spec = self._runner.registry.get(tool)
        if spec.effect is Effect.WRITE:
            parsed = spec.parse(arguments)
            approval = await asyncio.to_thread(self.store.request_approval, scope, tool=tool, arguments=parsed)
            return PendingApproval(approval, tool)
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


def _question(text: str) -> str:
    question = text.strip()
    if not question:
        raise BadArguments(Text("请写下你的问题。", "Write a question first."))
    if len(question) > _MAX_QUESTION:
        raise BadArguments(
            Text(
                f"问题太长（{len(question)} 字），请控制在 {_MAX_QUESTION} 字以内。",
                f"The question is too long ({len(question)} characters; at most {_MAX_QUESTION}).",
            )
        )
    return question


def _card(shop: Shop) -> ShopCard:
    covered = {name: shop.days(name) for name in tables() if shop.has(name)}
    return ShopCard(
        name=shop.name,
        platform=shop.platform,
        category=shop.category,
        currency=shop.currency,
        timezone=shop.timezone,
        simulated=shop.simulated,
        own_names=(shop.merchant_id, shop.name),
        tables={name: (str(days[0]), str(days[1])) if days else ("", "") for name, days in covered.items()},
    )


def _again(code: str, message: Text | None, choices: tuple[str, ...]) -> ToolError:
    """Raise for a door what the runner recorded for a brain."""
    kinds = {kind.code: kind for kind in _subclasses(ToolError)}
    text = message or Text("工具没有给出结果。", "The tool gave no result.")
    if code == BadArguments.code:
        return BadArguments(text, choices=choices)
    return kinds.get(code, ToolError)(text)


def _subclasses(kind: type[ToolError]) -> list[type[ToolError]]:
    return [kind, *[deep for child in kind.__subclasses__() for deep in _subclasses(child)]]
