"""What was sent to a model host and what came back, request by request, so that a person can see what left this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Engine, and_, insert, select, update
from sqlalchemy.engine import Connection

from advisor.scope import Scope
from advisor.store.schema import exchanges, turns
from advisor.store.threads import owned

__all__ = ["ExchangeBook", "Sent", "SentRequest", "forget_words", "storable"]


class Sent(Protocol):
    """One request as its brain tells it (`advisor.brains.base.Exchange`)."""

    @property
    def purpose(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def messages(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def tools(self) -> Sequence[str]: ...
    @property
    def reply(self) -> str: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def ms(self) -> int: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True)
class SentRequest:
    """One request that left this machine. `at`: UTC, when it ended. `messages` is empty once its words were forgotten."""

    exchange_id: int
    thread_id: str
    turn_id: str
    at: datetime
    purpose: str
    host: str
    model: str
    messages: list[dict[str, Any]]
    tools: list[str]
    reply: str
    prompt_tokens: int
    completion_tokens: int
    ms: int
    code: str


class ExchangeBook:
    """Part of the store (`Store.exchanges`). A request belongs to who asked the turn; nobody else sees that it was made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recorder(self, scope: Scope, *, thread_id: str, turn_id: str) -> Callable[[Sent], None]:
        """What the ledger of a turn calls after each request."""
        return lambda sent: self.add(scope, sent, thread_id=thread_id, turn_id=turn_id)

    def add(self, scope: Scope, sent: Sent, *, thread_id: str, turn_id: str) -> None:
        """Keep one request whole: also one that failed has been sent."""
        row = {
            "merchant_id": scope.merchant_id,
            "thread_id": thread_id,
            "turn_id": turn_id,
            "at": datetime.now(UTC).replace(tzinfo=None),
            "purpose": sent.purpose[:16],
            "host": sent.host[:200],
            "model": sent.model[:120],
            "messages": storable(list(sent.messages)),
            "tools": list(sent.tools),
            "reply": storable(sent.reply),
            "prompt_tokens": sent.prompt_tokens,
            "completion_tokens": sent.completion_tokens,
            "ms": sent.ms,
            "code": sent.code[:40],
        }
        with self._engine.begin() as connection:
            connection.execute(insert(exchanges).values(row))

    def of_thread(self, scope: Scope, thread_id: str) -> list[SentRequest]:
        """In the order they were made. Raises ThreadUnknown."""
        with self._engine.connect() as connection:
            owned(connection, scope, thread_id)
            query = select(exchanges).where(exchanges.c.thread_id == thread_id).order_by(exchanges.c.exchange_id)
            return [_request(row) for row in connection.execute(query).mappings()]

    def recent(self, scope: Scope, *, most: int = 50) -> list[SentRequest]:
        """The latest requests of this scope in any conversation, newest first; those of questions that got no answer too."""
        query = (
            select(exchanges)
            .join(turns, turns.c.turn_id == exchanges.c.turn_id)
            .where(_asked_by(scope))
            .order_by(exchanges.c.exchange_id.desc())
            .limit(most)
        )
        with self._engine.connect() as connection:
            return [_request(row) for row in connection.execute(query).mappings()]


def forget_words(connection: Connection, thread_id: str) -> None:
    """The conversation ended without a trace of itself: that something was sent, to whom and how much stays known, its words go."""
    mine = exchanges.c.thread_id == thread_id
    connection.execute(update(exchanges).where(mine).values(messages=[], reply=""))


def _asked_by(scope: Scope) -> ColumnElement[bool]:
    return and_(turns.c.merchant_id == scope.merchant_id, turns.c.actor == scope.actor, turns.c.role == scope.role)


def _request(row: Mapping[Any, Any]) -> SentRequest:
    return SentRequest(**{key: value for key, value in row.items() if key != "merchant_id"})


def storable(value: Any) -> Any:
    """Plain JSON of the same shape: an endpoint may send anything, and a database takes no NUL and no half of a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(key): storable(one) for key, one in value.items()}
    return [storable(one) for one in value] if isinstance(value, list | tuple) else value
