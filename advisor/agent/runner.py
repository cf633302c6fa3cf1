"""Runs a tool call in our own bounded executor: scope bound here, arguments checked, time limited, every call audited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any, Protocol

from advisor.agent.guards import cut
from advisor.brains.base import Outcome, ToolCall
from advisor.scope import Scope
from advisor.telemetry.watch import tool_called
from tools.base import Effect, Records, Registry, ToolContext, ToolSpec
from tools.errors import BadArguments, NotPermitted, ToolError, ToolTimeout
from tools.facts import ToolResult
from tools.text import Lang, Text
from tools.warehouse.access import PRIVATE_TABLES, Shop, Warehouse

__all__ = ["Audit", "Request", "ToolRunner"]

# Files a WRITE call of a thread for a person to decide on.
Request = Callable[[Scope, ToolCall, Lang, str], Awaitable[Outcome]]

_INTERRUPT_EVERY_S = 0.05
_INTERRUPTS = 100


class Audit(Protocol):
    """What the runner needs of the store."""

    def audit(
        self,
        scope: Scope,
        *,
        tool: str,
        arguments: Mapping[str, Any],
        ok: bool,
        code: str,
        ms: int,
        thread_id: str | None,
    ) -> None: ...


class ToolRunner:
    """The only place where a ToolContext is made. The timeout of a call starts when the call runs, not when it queues."""

    def __init__(
        self,
        *,
        registry: Registry,
        warehouse: Warehouse,
        audit: Audit,
        records: Callable[[Scope], Records],
        resources: Mapping[type, object],
        today: Callable[[str], date],
        workers: int = 4,
        request: Request | None = None,
    ) -> None:
        self.registry = registry
        self.request = request
        self._warehouse = warehouse
        self._audit = audit
        self._records = records
        self._resources = resources
        self._today = today
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="tool")
        self._stopping: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(
        self,
        scope: Scope,
        call: ToolCall,
        *,
        lang: Lang,
        thread_id: str | None = None,
        today: date | None = None,
        until: float | None = None,
    ) -> Outcome:
        """Run one READ call. Tool errors come back in the outcome, with the valid choices; bugs are not hidden.

        `today`: the day of the turn, so that a turn over midnight has one. `until`: the loop time at which the turn's own
        time for tools ends. Cancelling stops the query.
        """
        started = time.perf_counter()
        code = "cancelled"
        try:
            spec = self.registry.get(call.name)
            if spec.effect is not Effect.READ:
                raise NotPermitted(Text("这个动作需要先经过人工批准。", "This action needs a person's approval first."))
            spec.parse(call.arguments)
            result = await self._timed(scope, spec, call.arguments, lang, today, until)
            outcome = Outcome(call, result=result, ms=_ms(started))
            code = "ok"
        except ToolError as error:
            choices = error.choices if isinstance(error, BadArguments) else ()
            outcome = Outcome(call, error=error.message, code=error.code, choices=choices, ms=_ms(started))
            code = error.code
        except BaseException as error:  # cancelled, or a bug of the tool: nothing may be awaited any more
            code = "bug" if isinstance(error, Exception) else code
            self._note(scope, call, code, _ms(started), thread_id)
            raise
        await asyncio.to_thread(self._note, scope, call, code, outcome.ms, thread_id)
        return outcome

    def _note(self, scope: Scope, call: ToolCall, code: str, ms: int, thread_id: str | None) -> None:
        self._audit.audit(
            scope, tool=call.name, arguments=call.arguments, ok=code == "ok", code=code, ms=ms, thread_id=thread_id
        )
        name = call.name if any(spec.name == call.name for spec in self.registry) else "unknown"
        tool_called(scope, name, code=code, ms=ms, thread_id=thread_id, call_id=call.id, arguments=call.arguments)

    async def _timed(
        self,
        scope: Scope,
        spec: ToolSpec,
        arguments: Mapping[str, Any],
        lang: Lang,
        today: date | None,
        until: float | None,
    ) -> ToolResult:
        loop = asyncio.get_running_loop()
        running = asyncio.Event()
        shops: list[Shop] = []

        def work() -> ToolResult:
            hidden: frozenset[str] = frozenset() if scope.role == "merchant" else PRIVATE_TABLES
            shop = self._warehouse.for_merchant(scope.merchant_id, hidden=hidden)
            shops.append(shop)
            loop.call_soon_threadsafe(running.set)
            try:
                result = spec.call(self._context(scope, shop, lang, today), arguments)
                return cut(result, facts=spec.max_facts, size=spec.max_bytes)
            finally:
                shop.close()

        job = self._pool.submit(work)
        future = asyncio.wrap_future(job)
        future.add_done_callback(_seen)
        try:
            async with asyncio.timeout_at(until):
                await _either(running, future)
                async with asyncio.timeout(spec.timeout_s):
                    return await asyncio.shield(future)
        except TimeoutError as error:
            self._stop(job, shops)
            raise _too_slow(spec) from error
        except asyncio.CancelledError:
            self._stop(job, shops)
            raise

    def _stop(self, job: Future[ToolResult], shops: list[Shop]) -> None:
        """Take the call out of the queue, or interrupt its query until it has noticed. Returns at once."""
        if not job.cancel():
            stopping = asyncio.get_running_loop().create_task(_interrupt(job, shops))
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)

    def _context(self, scope: Scope, shop: Shop, lang: Lang, today: date | None) -> ToolContext:
        return ToolContext(
            shop=shop,
            today=today or self._today(shop.timezone),
            lang=lang,
            records=self._records(scope),
            resources=self._resources,
        )


def _seen(future: asyncio.Future[ToolResult]) -> None:
    """A call that was given up still ends, interrupted: nobody is left to hear of it."""
    if not future.cancelled():
        future.exception()


async def _either(begun: asyncio.Event, future: asyncio.Future[ToolResult]) -> None:
    """Until the call has left the queue. A shop that cannot be opened ends it before it begins."""
    waiting = asyncio.ensure_future(begun.wait())
    try:
        either: set[asyncio.Future[Any]] = {waiting, future}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _interrupt(job: Future[ToolResult], shops: list[Shop]) -> None:
    """An interrupt between two queries of a tool is lost, so it is repeated."""
    for _ in range(_INTERRUPTS):
        for shop in shops:
            shop.interrupt()
        await asyncio.sleep(_INTERRUPT_EVERY_S)
        if job.done():
            return


def _too_slow(spec: ToolSpec) -> ToolTimeout:
    return ToolTimeout(
        Text(
            f"“{spec.label.zh or spec.name}”超过 {spec.timeout_s:.0f} 秒，已停止；请缩短时间范围再试。",
            f"{spec.label.en or spec.name} took over {spec.timeout_s:.0f} s and was stopped; try a shorter window.",
        )
    )


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
