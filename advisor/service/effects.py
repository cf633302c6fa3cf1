"""Runs what a person accepted: each effect once, however often it is accepted, and to its end even when nobody waits any more."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from advisor.scope import Scope
from advisor.store import Store
from advisor.store.approvals import Approval, EffectRow
from tools.base import Effect, Prepared, Records, Registry, ToolContext, ToolSpec
from tools.effects import EffectDesk
from tools.effects.desk import PlanTerms
from tools.errors import NotPermitted, ToolError, ToolTimeout
from tools.facts import Fact
from tools.text import Lang, Text
from tools.warehouse.access import PRIVATE_TABLES, Shop, Warehouse

__all__ = ["EffectRunner"]

_GRACE_S = 60  # beyond a tool's own time: after that the process that began it is taken for dead


class _With(Mapping[type, object]):
    """The shared resources and the desk of one effect."""

    def __init__(self, desk: EffectDesk, others: Mapping[type, object]) -> None:
        self._desk = desk
        self._others = others

    def __getitem__(self, kind: type) -> object:
        return self._desk if kind is EffectDesk else self._others[kind]

    def __iter__(self) -> Iterator[type]:
        yield EffectDesk
        yield from self._others

    def __len__(self) -> int:
        return len(self._others) + 1


class EffectRunner:
    """Built by `advisor.app`. The only place where a WRITE tool runs, and only for an accepted request."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: Store,
        warehouse: Warehouse,
        workspace: Path,
        records: Callable[[Scope], Records],
        resources: Mapping[type, object],
        today: Callable[[str], date],
    ) -> None:
        self.registry = registry
        self._store = store
        self._warehouse = warehouse
        self._workspace = workspace
        self._records = records
        self._resources = resources
        self._today = today
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="effect")

    def close(self) -> None:
        """Wait for effects that are running: an effect is not stopped half-way."""
        self._pool.shutdown(wait=True)

    def spec(self, tool: str) -> ToolSpec:
        """Raises BadArguments for an unknown tool and NotPermitted for one that only reads."""
        spec = self.registry.get(tool)
        if spec.effect is not Effect.WRITE:
            raise NotPermitted(Text("这个工具只读数据，不需要批准。", "This tool only reads; it needs no approval."))
        return spec

    def prepare(self, scope: Scope, tool: str, arguments: Mapping[str, Any], lang: Lang) -> Prepared:
        """Validate and check against the shop without doing anything. Raises ToolError."""
        spec = self.spec(tool)
        spec.parse(arguments)  # before any data is opened
        with self._context(scope, lang, self._resources) as (ctx, _shop):
            return spec.prepared(ctx, arguments)

    async def run(self, scope: Scope, approval: Approval, lang: Lang) -> EffectRow:
        """The effect of an accepted request: run now, or found done. Raises ToolTimeout when its end is not known yet.

        A tool error ends it as `failed`, to be tried again by accepting again.
        """
        spec = self.spec(approval.tool)
        key = _key(scope, approval)
        shops: list[Shop] = []
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self._work, scope, approval, spec, key, lang, shops)
        try:
            async with asyncio.timeout(spec.timeout_s):
                return await asyncio.shield(work)  # a client that goes away does not cut the effect in two
        except TimeoutError as error:
            for shop in shops:
                shop.interrupt()
            raise ToolTimeout(
                Text(
                    f"“{spec.label.zh}”还没有做完；稍后用 advisor approvals show {approval.approval_id} 查看，重复接受不会做两次。",
                    f"{spec.label.en} has not ended yet; see `advisor approvals show {approval.approval_id}` later. Accepting again does not do it twice.",
                )
            ) from error

    def _work(
        self, scope: Scope, approval: Approval, spec: ToolSpec, key: str, lang: Lang, shops: list[Shop]
    ) -> EffectRow:
        book = self._store.approvals
        given_up = timedelta(seconds=spec.timeout_s + _GRACE_S)
        row, ours = book.begin(scope, key, approval.approval_id, given_up=given_up)
        if not ours:
            return row
        desk = EffectDesk(
            key=key,
            approval_id=approval.approval_id,
            actor=approval.actor,
            role=approval.role,
            accepted_by=str(approval.decided_by),
            accepted_at=approval.decided_at or row.at,
            merchant_id=scope.merchant_id,
            workspace=self._workspace,
            keep_plan=lambda plan, forecast, terms: self._keep_plan(scope, key, plan, forecast, terms),
        )
        try:
            with self._context(scope, lang, _With(desk, self._resources)) as (ctx, shop):
                shops.append(shop)
                result = spec.call(ctx, approval.arguments)
        except ToolError as error:
            told = {"code": error.code, "zh": error.message.zh, "en": error.message.en}
            return book.end(scope, key, done=False, result=told)
        except BaseException:  # a bug: the row says that it did not end well, the error goes on
            told = {"code": "bug", "zh": "程序出错，没有完成。", "en": "The program failed; it was not done."}
            book.end(scope, key, done=False, result=told)
            raise
        return book.end(scope, key, done=True, result=result.model_dump(mode="json"))

    def _keep_plan(self, scope: Scope, key: str, plan: Fact, forecast: Fact, terms: PlanTerms) -> str:
        kept = self._store.plans.adopt(
            scope,
            playbook_id=terms.playbook_id,
            start=terms.start,
            end=terms.end,
            plan=plan.model_dump(mode="json"),
            forecast=forecast.model_dump(mode="json"),
            promotion=terms.promotion,
            shared=terms.shared,
            plan_id=f"p_{key[:12]}",
        )
        return kept.plan_id

    @contextmanager
    def _context(
        self, scope: Scope, lang: Lang, resources: Mapping[type, object]
    ) -> Iterator[tuple[ToolContext, Shop]]:
        hidden: frozenset[str] = frozenset() if scope.role == "merchant" else PRIVATE_TABLES
        shop = self._warehouse.for_merchant(scope.merchant_id, hidden=hidden)
        try:
            today = self._today(shop.timezone)
            yield ToolContext(shop, today, lang, self._records(scope), resources), shop
        finally:
            shop.close()


def _key(scope: Scope, approval: Approval) -> str:
    """One effect per request, whatever was edited on the way."""
    text = "\0".join((approval.tool, scope.merchant_id, approval.approval_id))
    return hashlib.sha256(text.encode()).hexdigest()
