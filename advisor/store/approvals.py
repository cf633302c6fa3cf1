"""Requests for a person's decision and the effects that follow: rows, so that they outlive a process and serve every door.

Every call names the scope; a request of another merchant, or of the other side of the same shop, looks like one that does not exist.
A state changes only from the one it was seen in (compare and swap): of two people who decide at once one decides.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from advisor.scope import Scope
from advisor.store.approval_rules import decider, sees
from advisor.store.schema import approvals, effects
from tools.errors import NotFound, NotPermitted
from tools.text import Text

__all__ = ["VALID_FOR", "Approval", "ApprovalBook", "EffectRow", "Status", "fingerprint"]

Status = Literal["open", "expired", "accepted", "answered", "ignored"]
Decision = Literal["accepted", "answered", "ignored"]
VALID_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Approval:
    """A request as it stands. `arguments` are validated plain JSON; `seen` changes whenever they do."""

    approval_id: str
    actor: str
    role: str
    thread_id: str | None
    tool: str
    arguments: dict[str, Any]
    status: Status
    created_at: datetime  # UTC, as all times here
    expires_at: datetime
    decided_by: str | None  # while open: who edited it last
    decided_at: datetime | None
    reply: str | None  # words of the person who answered instead of accepting

    @property
    def seen(self) -> str:
        return fingerprint(self.arguments)


@dataclass(frozen=True)
class EffectRow:
    """What became of an accepted request. `begun` and old means that the process died on the way."""

    effect_key: str
    approval_id: str
    status: Literal["begun", "done", "failed"]
    result: dict[str, Any] | None
    at: datetime


def fingerprint(arguments: Mapping[str, Any]) -> str:
    """What a person saw when deciding: 12 hex digits of the arguments."""
    text = json.dumps(arguments, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class ApprovalBook:
    """Part of the store (`Store.approvals`). Who sees and who decides is the table in `approval_rules`."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self._now = now

    # -- requests -----------------------------------------------------------------------------------------------------
    def request(
        self, scope: Scope, *, tool: str, arguments: Mapping[str, Any], thread_id: str | None = None
    ) -> Approval:
        """File a request; nothing happens until somebody accepts it. The same open request again is the one there is.

        Raises NotPermitted for a tool this side may not ask for.
        """
        if decider(tool, scope.role) is None:
            raise NotPermitted(
                Text(f"不能申请“{tool[:64]}”这个动作。", f'The action "{tool[:64]}" cannot be asked for here.')
            )
        wanted = fingerprint(arguments)
        same = (approvals.c.status == "open") & (approvals.c.tool == tool) & (approvals.c.role == scope.role)
        for known in self._found(scope, same):
            if known.status == "open" and known.seen == wanted:
                return known
        row = {
            "approval_id": f"a_{uuid.uuid4().hex[:16]}",
            "merchant_id": scope.merchant_id,
            "actor": scope.actor,
            "role": scope.role,
            "thread_id": thread_id,
            "tool": tool,
            "arguments": dict(arguments),
            "status": "open",
            "created_at": self._now(),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(approvals).values(row))
        return self.get(scope, str(row["approval_id"]))

    def all(self, scope: Scope) -> list[Approval]:
        """What this scope may see, newest first."""
        return self._found(scope)

    def _found(self, scope: Scope, *more: ColumnElement[bool]) -> list[Approval]:
        query = select(approvals).where(approvals.c.merchant_id == scope.merchant_id, *more)
        query = query.order_by(approvals.c.created_at.desc(), approvals.c.approval_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [self._approval(row) for row in rows if sees(scope, row["tool"], row["role"])]

    def get(self, scope: Scope, approval_id: str) -> Approval:
        """Raises NotFound for an unknown request and for one this scope may not see."""
        with self._engine.connect() as connection:
            row = connection.execute(select(approvals).where(self._mine(scope, approval_id))).mappings().first()
        if row is None or not sees(scope, row["tool"], row["role"]):
            raise _unknown(approval_id)
        return self._approval(row)

    def edit(self, scope: Scope, approval_id: str, arguments: Mapping[str, Any]) -> Approval:
        """Replace the arguments of an open request by validated ones. Raises NotFound or NotPermitted."""
        found = self._decidable(scope, approval_id)
        if not self._swap(scope, found, {"arguments": dict(arguments)}):
            raise _changed()
        return self.get(scope, approval_id)

    def decide(
        self, scope: Scope, approval_id: str, decision: Decision, *, reply: str | None = None, seen: str | None = None
    ) -> Approval:
        """Close an open request. `seen` is the fingerprint the person looked at: arguments changed since are refused.

        Raises NotFound, or NotPermitted when it is decided already, too old, changed, or not this side's to decide.
        """
        found = self._decidable(scope, approval_id)
        if seen is not None and seen != found.seen:
            raise _changed()
        if not self._swap(scope, found, {"status": decision, "reply": reply}):
            self._decidable(scope, approval_id)  # says who was faster
            raise _changed()
        return self.get(scope, approval_id)

    def check_decider(self, scope: Scope, approval_id: str) -> Approval:
        """The request, if this side decides it, whatever its state. Raises NotFound or NotPermitted."""
        found = self.get(scope, approval_id)
        if decider(found.tool, found.role) != scope.role:
            raise NotPermitted(
                Text("这件事由商家自己决定。", "This is for the merchant to decide.")
                if decider(found.tool, found.role) == "merchant"
                else Text("这件事由服务人员决定。", "This is for the service staff to decide.")
            )
        return found

    def _decidable(self, scope: Scope, approval_id: str) -> Approval:
        found = self.check_decider(scope, approval_id)
        if found.status == "expired":
            raise NotPermitted(
                Text(
                    f"这个申请已过期（{VALID_FOR.days} 天未处理），请重新提出。",
                    f"This request has expired (nobody decided within {VALID_FOR.days} days); ask again.",
                )
            )
        if found.status != "open":
            raise NotPermitted(
                Text(
                    f"这个申请已经由 {found.decided_by} 处理过了。",
                    f"This request was already decided by {found.decided_by}.",
                )
            )
        return found

    def _swap(self, scope: Scope, found: Approval, values: Mapping[str, Any]) -> bool:
        """Change an open request only if nobody touched it since it was found."""
        fresh = (approvals.c.status == "open") & (approvals.c.created_at > self._now() - VALID_FOR)
        untouched = approvals.c.decided_at.is_not_distinct_from(found.decided_at)
        now = self._now()
        if found.decided_at is not None:  # a later time even on a coarse clock: it is what the next swap compares
            now = max(now, found.decided_at + timedelta(microseconds=1))
        touched = {"decided_by": scope.actor, "decided_at": now, **values}
        with self._engine.begin() as connection:
            done = connection.execute(
                update(approvals).where(self._mine(scope, found.approval_id) & fresh & untouched).values(**touched)
            )
        return done.rowcount == 1

    @staticmethod
    def _mine(scope: Scope, approval_id: str) -> ColumnElement[bool]:
        return (approvals.c.approval_id == approval_id) & (approvals.c.merchant_id == scope.merchant_id)

    def _approval(self, row: RowMapping) -> Approval:
        values = {key: value for key, value in row.items() if key != "merchant_id"}
        expires = row["created_at"] + VALID_FOR
        if row["status"] == "open" and expires <= self._now():
            values["status"] = "expired"
        return Approval(**values, expires_at=expires)

    # -- effects ------------------------------------------------------------------------------------------------------
    def begin(self, scope: Scope, effect_key: str, approval_id: str, *, given_up: timedelta) -> tuple[EffectRow, bool]:
        """Take the effect for this process: (its row, whether it is ours to run now).

        One that is done is never taken again; one that failed, or was begun longer ago than `given_up`, is.
        """
        row = {
            "effect_key": effect_key,
            "merchant_id": scope.merchant_id,
            "approval_id": approval_id,
            "status": "begun",
            "result": None,
            "at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(effects).values(row))
        except IntegrityError:
            return self._take(scope, effect_key, given_up)
        return self._effect(scope, effect_key), True

    def _take(self, scope: Scope, effect_key: str, given_up: timedelta) -> tuple[EffectRow, bool]:
        known = self._effect(scope, effect_key)
        dead = known.status == "begun" and known.at <= self._now() - given_up
        if known.status != "failed" and not dead:
            return known, False
        now = max(self._now(), known.at + timedelta(microseconds=1))
        same = self._own_effect(scope, effect_key) & (effects.c.status == known.status) & (effects.c.at == known.at)
        with self._engine.begin() as connection:
            taken = connection.execute(update(effects).where(same).values(status="begun", at=now)).rowcount == 1
        return self._effect(scope, effect_key), taken

    def end(self, scope: Scope, effect_key: str, *, done: bool, result: Mapping[str, Any]) -> EffectRow:
        """Write how the effect ended. What is done stays done: a later failure of a process that was slow changes nothing."""
        values = {"status": "done" if done else "failed", "result": dict(result), "at": self._now()}
        earlier = effects.c.status != "done" if done else effects.c.status == "begun"
        mine = self._own_effect(scope, effect_key) & earlier
        with self._engine.begin() as connection:
            connection.execute(update(effects).where(mine).values(**values))
        return self._effect(scope, effect_key)

    def effect(self, scope: Scope, approval_id: str) -> EffectRow | None:
        """The effect of a request, None before there is one. Raises NotFound like `get`."""
        self.get(scope, approval_id)
        mine = (effects.c.approval_id == approval_id) & (effects.c.merchant_id == scope.merchant_id)
        with self._engine.connect() as connection:
            row = connection.execute(select(effects).where(mine)).mappings().first()
        return None if row is None else _effect_row(row)

    def _effect(self, scope: Scope, effect_key: str) -> EffectRow:
        with self._engine.connect() as connection:
            row = connection.execute(select(effects).where(self._own_effect(scope, effect_key))).mappings().one()
        return _effect_row(row)

    @staticmethod
    def _own_effect(scope: Scope, effect_key: str) -> ColumnElement[bool]:
        return (effects.c.effect_key == effect_key) & (effects.c.merchant_id == scope.merchant_id)


def _effect_row(row: RowMapping) -> EffectRow:
    return EffectRow(**{key: value for key, value in row.items() if key != "merchant_id"})


def _unknown(approval_id: str) -> NotFound:
    shown = approval_id[:40]
    return NotFound(
        Text(
            f"没有找到申请 {shown}。用 advisor approvals list 查看。",
            f"No request {shown} was found. See `advisor approvals list`.",
        )
    )


def _changed() -> NotPermitted:
    return NotPermitted(
        Text(
            "这个申请在你查看之后被改过，请重新看一遍再决定。",
            "This request was changed after you looked at it; look again before you decide.",
        )
    )
