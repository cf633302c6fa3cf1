"""The run of one turn: its place, its log, its brains and their breaker, the graph under one deadline, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from advisor.brains.base import Brain, Ledger, Message, ShopCard
from advisor.errors import ModelSpent, ModelUnavailable, TurnTimeout
from advisor.events import Done, Event, Progress, StatementPassed
from advisor.scope import Scope
from advisor.service.approvals import ApprovalDesk
from advisor.service.consent import consented
from advisor.service.journal import TurnJournal
from advisor.service.lanes import Lanes
from advisor.service.lives import TurnLives
from advisor.service.memory import after_turn, recalled
from advisor.service.question import Limits, Question, checked
from advisor.service.trace import trace_of
from advisor.service.watching import watched
from advisor.settings import BrainChoice
from advisor.store import LoggedCall, Store
from tools.text import Text
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.schema import tables

if TYPE_CHECKING:  # langgraph and the tools behind the runner load only when a turn runs
    from advisor.agent.runner import ToolRunner
    from advisor.agent.state import Framer, Turn

__all__ = ["LedgerMaker", "ModelMaker", "TurnRunner"]

Emit = Callable[[Event], None]
LedgerMaker = Callable[[Scope, date, str, str], Ledger]  # scope, the merchant's day, thread id, turn id
ModelMaker = Callable[[Ledger | None], Brain]


@runtime_checkable
class _Hosted(Protocol):
    @property
    def host(self) -> str: ...


@dataclass(frozen=True)
class _Brains:
    chosen: Brain
    fallback: Brain | None
    host: str | None = None  # of the model, when one will be asked
    notice: Text | None = None


class TurnRunner:
    """Runs turns for `AdvisorService`. One per process and event loop."""

    def __init__(
        self,
        *,
        store: Store,
        warehouse: Warehouse,
        runner: ToolRunner,
        framer: Callable[[str], Framer],
        planner: Callable[[], Brain],
        model: ModelMaker | None,
        ledger: LedgerMaker | None,
        today: Callable[[str], date],
        limits: Limits,
        approvals: ApprovalDesk | None = None,
    ) -> None:
        from advisor.agent.breaker import Breaker

        self._store = store
        self._warehouse = warehouse
        self._runner = runner
        self._framer = framer
        self._planner = planner
        self._model = model
        self._ledger = ledger
        self._today = today
        self._limits = limits
        self._approvals = approvals
        self._lanes = Lanes(per_merchant=limits.per_merchant, at_once=limits.at_once)
        self._breaker = Breaker()
        self._graph: Any = None
        store.turns.silent_s = limits.silent_s
        self.lives = TurnLives(store.turns)

    async def run(self, question: Question, emit: Emit) -> None:
        """The whole turn; ends with Done. Raises AdvisorError or ToolError, after the log says how it ended."""
        loop = asyncio.get_running_loop()
        scope, question = question.scope, replace(question, text=checked(question.text))
        card, generation = await asyncio.to_thread(self._shop_card, scope)
        thread_id = await asyncio.to_thread(self._store.open_thread, scope, question.thread_id)
        self._check_choice(question.brain)
        by = loop.time() + self._limits.turn_s

        def tell(text: Text) -> None:
            emit(Progress("wait", text.get(question.shown)))

        with watched(scope) as seen:
            async with self._lanes.enter(scope.merchant_id, thread_id, until=by, tell=tell):
                turn_id = await self.lives.begin(question, thread_id, by, tell)
                async with self.lives.alive(turn_id):
                    until = loop.time() + self._limits.turn_s
                    turn = await self._prepare(question, thread_id, turn_id, card, generation, until)
                    seen(turn)
                    await self._walk(turn, emit)

    # -- its parts ----------------------------------------------------------------------------------------------------
    async def _prepare(
        self, question: Question, thread_id: str, turn_id: str, card: ShopCard, generation: str, until: float
    ) -> Turn:
        from advisor.agent.evidence import EvidenceBook
        from advisor.agent.guards import Guards
        from advisor.agent.state import Turn

        scope, limits, today = question.scope, self._limits, self._today(card.timezone)
        log = self._store.turns
        earlier = question.thread_id is not None
        past = await asyncio.to_thread(self._store.messages, scope, thread_id) if earlier else []
        known = await asyncio.to_thread(self._store.evidence, scope, thread_id) if earlier else {}
        decided = await consented(self._approvals, question, past) if earlier else None
        basis = f"{today} {generation}"
        before: Sequence[LoggedCall] = ()
        if question.again is not None:
            before = await asyncio.to_thread(log.calls, turn_id)
            if TurnJournal.stale(before, basis):
                await asyncio.to_thread(log.forget_calls, turn_id)
                before = ()
        brains = self._brains(question.brain, self._ledger and self._ledger(scope, today, thread_id, turn_id))
        turn = Turn(
            scope=scope,
            turn_id=turn_id,
            thread_id=thread_id,
            question=question.text,
            history=[Message(m.role, m.text, m.frame) for m in past[-12:]],
            shop=card,
            today=today,
            framer=self._framer(question.lang) if decided is None else lambda *_: decided,
            brain=brains.chosen,
            fallback=brains.fallback,
            host=brains.host,
            runner=self._runner,
            journal=TurnJournal(log, scope, turn_id, basis=basis, before=before),
            save=self._save,
            until=until,
            work_until=until - (min(10.0, limits.turn_s * 0.2) if limits.write_s is None else limits.write_s),
            model_until=until - limits.turn_s + min(limits.model_s, limits.turn_s * 0.7),
            guards=Guards(rounds=limits.rounds),
            book=EvidenceBook(known),
        )
        if brains.notice is not None:
            turn.tell(brains.notice)
        return turn

    def _check_choice(self, choice: BrainChoice) -> None:
        if choice == "model" and self._model is None:
            raise ModelUnavailable(
                Text(
                    "没有设置模型：请设置 OPENAI_API_KEY（或 OPENAI_BASE_URL），或改用 --brain planner。",
                    "No model is set: set OPENAI_API_KEY (or OPENAI_BASE_URL), or use --brain planner.",
                )
            )

    def _brains(self, choice: BrainChoice, ledger: Ledger | None) -> _Brains:
        """auto: the model when one is set and its host is not failing, with the planner behind it; model: nothing else."""
        from advisor.agent.fallback import answered_instead

        planner = self._planner()
        if self._model is None or choice == "planner":
            return _Brains(planner, planner)
        model = self._model(ledger)
        host = model.host if isinstance(model, _Hosted) else str(model.model)
        if self._breaker.allow(host):
            return _Brains(model, planner if choice == "auto" else None, host)
        resting = _resting(host, self._breaker.wait_s(host))
        if choice == "model":
            raise ModelUnavailable(resting)
        return _Brains(planner, planner, notice=answered_instead(resting))

    async def _walk(self, turn: Turn, emit: Emit) -> None:
        """Through the graph, under the one deadline. The breaker hears how the model did, whatever happened."""
        from advisor.service.result import build_result

        if self._graph is None:
            from advisor.agent.graph import build_graph

            self._graph = build_graph()
        state = {"turn_id": turn.turn_id, "kind": "", "round": 0, "pending": 0}
        told = False
        try:
            async with asyncio.timeout_at(turn.until):
                async for part in self._graph.astream(state, context=turn, stream_mode="custom"):
                    if isinstance(part, Progress | StatementPassed):
                        emit(part)
            told = True
        except TimeoutError as error:
            raise TurnTimeout(_too_long(self._limits.turn_s)) from error
        finally:
            self._report(turn, finished=told)
        emit(Done(build_result(turn)))

    def _report(self, turn: Turn, *, finished: bool) -> None:
        if turn.host is None:
            return
        if turn.model_error is not None and not isinstance(turn.model_error, ModelSpent):
            self._breaker.failed(turn.host)
        elif finished and turn.brain.model is not None and turn.frame is not None and turn.frame.reply is None:
            self._breaker.worked(turn.host)
        else:
            self._breaker.unknown(turn.host)

    async def _save(self, turn: Turn) -> None:
        """Question, answer, new evidence and the end of the turn in one go: a dead turn leaves the conversation as it was."""
        from advisor.service.result import build_result

        result = build_result(turn)
        slots = turn.frame.slots if turn.frame else {}
        limits = [statement.text for statement in result.answer.limits]
        told = partial(after_turn, limits=limits, thread_id=turn.thread_id)
        await asyncio.to_thread(told, self._store, turn.scope, slots, turn.shop.currency)
        frame = {"intent": turn.frame.intent, "slots": dict(turn.frame.slots)} if turn.frame else {}
        ids = (turn.thread_id, turn.turn_id)
        await asyncio.to_thread(self._store.traces.keep, turn.scope, *ids, trace_of(turn))
        await asyncio.to_thread(
            self._store.finish_turn,
            turn.scope,
            turn.thread_id,
            question=turn.question,
            text=result.text,
            frame=frame,
            result=result.model_dump(mode="json", by_alias=True),
            marks=turn.book.new,
            turn_id=turn.turn_id,
        )

    def _shop_card(self, scope: Scope) -> tuple[ShopCard, str]:
        shop = self._warehouse.for_merchant(scope.merchant_id)
        try:
            return replace(_card(shop), memory=recalled(self._store, scope)), shop.generation
        finally:
            shop.close()


def _resting(host: str, wait_s: float) -> Text:
    zh = f"，{wait_s:.0f} 秒后再试" if wait_s >= 1 else "，正在试它是否恢复"
    en = f"; it is tried again in {wait_s:.0f} s" if wait_s >= 1 else "; it is being tried again"
    return Text(
        f"模型服务 {host} 连续几次没有答上来{zh}", f"The model endpoint {host} has failed several times in a row{en}"
    )


def _too_long(seconds: float) -> Text:
    return Text(
        f"这个问题超过 {seconds:.0f} 秒没有答完，已停止。请缩短时间范围，或换个问法。",
        f"The answer took over {seconds:.0f} s and was stopped. Try a shorter window.",
    )


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
