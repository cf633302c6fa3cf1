"""Runs a tool call in our own bounded executor: scope bound here, arguments checked, time limited, every call audited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, Protocol

from advisor.brains.base import Outcome, ToolCall
from advisor.scope import Scope
from tools.base import Effect, Records, Registry, ToolContext, ToolSpec
from tools.errors import BadArguments, NotPermitted, ToolError, ToolTimeout
from tools.facts import ToolResult
from tools.text import Lang, Text
from tools.warehouse.access import PRIVATE_TABLES, Shop, Warehouse

__all__ = ["Audit", "ToolRunner"]


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
    ) -> None:
        self.registry = registry
        self._warehouse = warehouse
        self._audit = audit
        self._records = records
        self._resources = resources
        self._today = today
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="tool")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, scope: Scope, call: ToolCall, *, lang: Lang, thread_id: str | None = None) -> Outcome:
        """Run one READ call. Tool errors come back in the outcome, with the valid choices; bugs are not hidden."""
        started = time.perf_counter()
        try:
            spec = self.registry.get(call.name)
            if spec.effect is not Effect.READ:
                raise NotPermitted(Text("这个动作需要先经过人工批准。", "This action needs a person's approval first."))
            spec.parse(call.arguments)
            result = await self._timed(scope, spec, call.arguments, lang)
            outcome = Outcome(call, result=result, ms=_ms(started))
        except ToolError as error:
            choices = error.choices if isinstance(error, BadArguments) else ()
            outcome = Outcome(call, error=error.message, code=error.code, choices=choices, ms=_ms(started))
        await asyncio.to_thread(
            self._audit.audit,
            scope,
            tool=call.name,
            arguments=call.arguments,
            ok=outcome.result is not None,
            code=outcome.code or "ok",
            ms=outcome.ms,
            thread_id=thread_id,
        )
        return outcome

    async def _timed(self, scope: Scope, spec: ToolSpec, arguments: Mapping[str, Any], lang: Lang) -> ToolResult:
        loop = asyncio.get_running_loop()
        running = asyncio.Event()
        shops: list[Shop] = []

        def work() -> ToolResult:
            hidden: frozenset[str] = frozenset() if scope.role == "merchant" else PRIVATE_TABLES
            shop = self._warehouse.for_merchant(scope.merchant_id, hidden=hidden)
            shops.append(shop)
            loop.call_soon_threadsafe(running.set)
            try:
                return spec.call(self._context(scope, shop, lang), arguments)
            finally:
                shop.close()

        future = loop.run_in_executor(self._pool, work)
        begun: asyncio.Future[Any] = asyncio.ensure_future(running.wait())
        either: set[asyncio.Future[Any]] = {begun, future}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        try:
            async with asyncio.timeout(spec.timeout_s):
                return await asyncio.shield(future)
        except TimeoutError as error:
            for shop in shops:
                shop.interrupt()
            raise ToolTimeout(
                Text(
                    f"“{spec.label.zh or spec.name}”超过 {spec.timeout_s:.0f} 秒，已停止；请缩短时间范围再试。",
                    f"{spec.label.en or spec.name} took over {spec.timeout_s:.0f} s and was stopped; try a shorter window.",
                )
            ) from error

    def _context(self, scope: Scope, shop: Shop, lang: Lang) -> ToolContext:
        return ToolContext(
            shop=shop,
            today=self._today(shop.timezone),
            lang=lang,
            records=self._records(scope),
            resources=self._resources,
        )


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
