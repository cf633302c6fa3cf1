"""Asking for an effect and deciding on it, for every door: validated, scoped, audited; what is not allowed is refused.

A request says what will happen in one sentence. A person accepts, edits, answers in words or ignores it; only accepting does anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from advisor.brains.base import Outcome, ToolCall
from advisor.brains.wishes import PENDING
from advisor.scope import Role, Scope
from advisor.store import Store
from advisor.store.approval_rules import decider
from advisor.store.approvals import Approval, EffectRow
from advisor.telemetry.watch import decided
from tools.errors import BadArguments, NotPermitted, ToolError
from tools.facts import Claim, ToolResult
from tools.text import Lang, Text

if TYPE_CHECKING:  # the tools behind it are heavy, and a door that only reads needs none of them
    from advisor.service.effects import EffectRunner

__all__ = ["ApprovalDesk", "ApprovalView", "PendingApproval", "Which"]

T = TypeVar("T")
Which = Literal["open", "all"]
_LONGEST_REPLY = 2000


@dataclass(frozen=True)
class PendingApproval:
    """A WRITE was asked for; nothing happened yet. `said`: what would, and how to decide, in one or two sentences."""

    approval_id: str
    tool: str
    said: Text


@dataclass(frozen=True)
class ApprovalView:
    """A request as a person decides on it. `said`: what accepting does (in a list only its kind); `mine`: whether this side decides it."""

    approval: Approval
    label: Text
    said: Text
    decides: Role | None
    mine: bool
    effect: EffectRow | None

    @property
    def result(self) -> ToolResult | None:
        """What the effect left, once it is done."""
        if self.effect is None or self.effect.status != "done" or self.effect.result is None:
            return None
        return ToolResult.model_validate(self.effect.result)

    @property
    def failure(self) -> Text | None:
        """Why it was not done, when it failed."""
        if self.effect is None or self.effect.status != "failed" or self.effect.result is None:
            return None
        return Text(str(self.effect.result["zh"]), str(self.effect.result["en"]))


class ApprovalDesk:
    """Built by `advisor.app` over the store and the runner of effects. Every refusal leaves an audit row."""

    def __init__(self, *, store: Store, effects: EffectRunner) -> None:
        self._store = store
        self._book = store.approvals
        self._effects = effects

    def close(self) -> None:
        self._effects.close()

    # -- asking -------------------------------------------------------------------------------------------------------
    async def request(
        self,
        scope: Scope,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        lang: Lang = "zh",
        thread_id: str | None = None,
    ) -> PendingApproval:
        """File a request for a WRITE tool. Raises BadArguments, NotPermitted or what the tool finds wrong with it; then none is filed."""

        def work() -> PendingApproval:
            if decider(tool, scope.role) is None:
                self._effects.spec(tool)  # an unknown name is told as one
                raise _may_not_ask(tool, scope)
            prepared = self._effects.prepare(scope, tool, arguments, lang)
            found = self._book.request(scope, tool=tool, arguments=prepared.arguments, thread_id=thread_id)
            return PendingApproval(found.approval_id, tool, _pending(found, prepared.said))

        return await self._audited(scope, tool, arguments, "approval_requested", work, thread_id)

    async def outcome(self, scope: Scope, call: ToolCall, lang: Lang, thread_id: str) -> Outcome:
        """`request` for a turn: what waits, or why it could not be asked for, in the place of a tool's result."""
        started = time.perf_counter()
        try:
            pending = await self.request(scope, call.name, call.arguments, lang=lang, thread_id=thread_id)
        except ToolError as error:
            choices = error.choices if isinstance(error, BadArguments) else ()
            return Outcome(call, error=error.message, code=error.code, choices=choices, ms=_ms(started))
        told = ToolResult(notes=[Claim.of(pending.said)], guidance="Nothing was done: a person has to accept it first.")
        return Outcome(call, result=told, code=PENDING, choices=(pending.approval_id,), ms=_ms(started))

    # -- looking ------------------------------------------------------------------------------------------------------
    async def list(self, scope: Scope, which: Which = "open") -> Sequence[ApprovalView]:
        """What this side may see, newest first; `open` leaves out what is decided and done, and what expired."""

        def work() -> list[ApprovalView]:
            views = [self._view(scope, found, "zh", whole=False) for found in self._book.all(scope)]
            return [view for view in views if which == "all" or _waits(view)]

        return await asyncio.to_thread(work)

    async def show(self, scope: Scope, approval_id: str, *, lang: Lang = "zh") -> ApprovalView:
        """Raises NotFound for an unknown request and for one this scope may not see."""
        return await asyncio.to_thread(lambda: self._view(scope, self._book.get(scope, approval_id), lang))

    # -- deciding -----------------------------------------------------------------------------------------------------
    async def accept(
        self, scope: Scope, approval_id: str, *, seen: str | None = None, lang: Lang = "zh"
    ) -> ApprovalView:
        """Accept and run the effect; accepting again what was accepted gives the same effect, or ends one that was cut off.

        `seen`: fingerprint of what was looked at. Raises NotFound, NotPermitted, ToolTimeout, or what the tool finds wrong with
        the request by now: then it stays open.
        """

        again = False

        def take() -> Approval:
            nonlocal again
            found = self._book.check_decider(scope, approval_id)
            if found.status == "accepted":
                again = True
                return found
            if found.status == "open":
                self._effects.prepare(scope, found.tool, found.arguments, lang)
            return self._book.decide(scope, approval_id, "accepted", seen=seen)

        note = {"approval_id": approval_id}
        found = await self._audited(
            scope, None, note, lambda: "approval_accepted_again" if again else "approval_accepted", take
        )
        started = time.perf_counter()
        row = await self._effects.run(scope, found, lang)
        code = {"done": "effect_done", "failed": str((row.result or {}).get("code", "failed")), "begun": "effect_begun"}
        await self._note(
            scope, found.tool, {**note, **found.arguments}, code[row.status], row.status != "failed", started
        )
        return await self.show(scope, approval_id, lang=lang)

    async def edit(
        self, scope: Scope, approval_id: str, changes: Mapping[str, Any], *, lang: Lang = "zh"
    ) -> ApprovalView:
        """Change arguments of an open request by name; validated like a new one, and still open afterwards."""

        def work() -> Approval:
            found = self._book.check_decider(scope, approval_id)
            if found.status != "open":
                return self._book.edit(scope, approval_id, found.arguments)  # says why not
            prepared = self._effects.prepare(scope, found.tool, {**found.arguments, **changes}, lang)
            return self._book.edit(scope, approval_id, prepared.arguments)

        given = {"approval_id": approval_id, **changes}
        await self._audited(scope, None, given, "approval_edited", work)
        return await self.show(scope, approval_id, lang=lang)

    async def answer(self, scope: Scope, approval_id: str, words: str, *, lang: Lang = "zh") -> ApprovalView:
        """Close the request with words instead: nothing happens, and whoever asked can read why."""
        reply = words.strip()
        if not reply or len(reply) > _LONGEST_REPLY:
            raise BadArguments(
                Text(f"请写 1 到 {_LONGEST_REPLY} 字的回复。", f"Write a reply of 1 to {_LONGEST_REPLY} characters.")
            )
        note = {"approval_id": approval_id, "reply": reply}
        decide = lambda: self._book.decide(scope, approval_id, "answered", reply=reply)  # noqa: E731
        await self._audited(scope, None, note, "approval_answered", decide)
        return await self.show(scope, approval_id, lang=lang)

    async def ignore(self, scope: Scope, approval_id: str, *, lang: Lang = "zh") -> ApprovalView:
        """Close the request: nothing happens."""
        note = {"approval_id": approval_id}
        decide = lambda: self._book.decide(scope, approval_id, "ignored")  # noqa: E731
        await self._audited(scope, None, note, "approval_ignored", decide)
        return await self.show(scope, approval_id, lang=lang)

    # -- inside -------------------------------------------------------------------------------------------------------
    def _view(self, scope: Scope, found: Approval, lang: Lang, *, whole: bool = True) -> ApprovalView:
        """`whole` checks an open request against the shop once more, to say what accepting it would do today."""
        try:
            said = label = self._effects.spec(found.tool).label
            if whole and found.status == "open":
                said = self._effects.prepare(scope, found.tool, found.arguments, lang).said
        except ToolError as error:  # it can no longer be done as it stands: said, and open to editing
            label = Text(found.tool, found.tool)
            said = error.message
        decides = decider(found.tool, found.role)
        effect = self._book.effect(scope, found.approval_id) if found.status == "accepted" else None
        return ApprovalView(found, label, said, decides, decides == scope.role, effect)

    async def _audited(
        self,
        scope: Scope,
        tool: str | None,
        arguments: Mapping[str, Any],
        code: str | Callable[[], str],
        work: Callable[[], T],
        thread_id: str | None = None,
    ) -> T:
        """Run a step and write how it ended; a refusal is written too, then raised."""
        started = time.perf_counter()
        try:
            found = await asyncio.to_thread(work)
        except ToolError as error:
            await self._note(scope, tool or "approvals", arguments, error.code, False, started, thread_id)
            raise
        named = tool or (found.tool if isinstance(found, Approval) else "approvals")
        ended = code if isinstance(code, str) else code()
        await self._note(scope, named, arguments, ended, True, started, thread_id)
        return found

    async def _note(
        self,
        scope: Scope,
        tool: str,
        arguments: Mapping[str, Any],
        code: str,
        ok: bool,
        started: float,
        thread_id: str | None = None,
    ) -> None:
        ms = _ms(started)
        if "approval_id" in arguments:
            decided(scope, str(arguments["approval_id"]), tool=tool, code=code)
        await asyncio.to_thread(
            lambda: self._store.audit(
                scope, tool=tool, arguments=_plain(arguments), ok=ok, code=code, ms=ms, thread_id=thread_id
            )
        )


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON keeps it: what a caller passed may hold dates."""
    return {
        str(key): value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
        for key, value in arguments.items()
    }


def _waits(view: ApprovalView) -> bool:
    """Open, or accepted and not done: cut off or failed on the way."""
    if view.approval.status == "accepted":
        return view.effect is None or view.effect.status != "done"
    return view.approval.status == "open"


def _may_not_ask(tool: str, scope: Scope) -> NotPermitted:
    if decider(tool, "staff") is not None and scope.role == "merchant":
        return NotPermitted(Text("这个动作只有服务人员能提出。", "Only the service staff can ask for this."))
    return NotPermitted(Text("这个动作没有开放。", "This action is not open to anybody."))


def _pending(found: Approval, said: Text) -> Text:
    """One sentence of what will happen, and how to decide."""
    theirs = decider(found.tool, found.role) != found.role
    until = f"{found.expires_at:%Y-%m-%d}"
    if theirs:
        return Text(
            f"已提交，等商家确认：{said.zh}。商家确认前什么都不会发生（{until} 前有效，编号 {found.approval_id}）。",
            f"Submitted, waiting for the merchant: {said.en}. Nothing happens until then (valid until {until}, {found.approval_id}).",
        )
    return Text(
        f"等你确认：{said.zh}。现在什么都还没做；回一句“同意”就做，“忽略”就不做（{until} 前有效，编号 {found.approval_id}，也可以在 advisor approvals 里改）。",
        f'Waiting for your yes: {said.en}. Nothing is done yet; answer "accept" to have it done, "ignore" to leave it (until {until}, {found.approval_id}; it can be edited under `advisor approvals`).',
    )
