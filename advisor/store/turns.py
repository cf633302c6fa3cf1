"""The turn log: each turn from its start, each tool call as it is decided and as it returns, so that a cut-off turn can go on.

A turn is `running` until it ends as done, failed or cancelled. While it runs its process gives signs of life; one that has been
silent for longer than `silent_s` was cut off (SIGKILL, power) and may be claimed by whoever asks for it first.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, and_, delete, func, insert, select, update
from sqlalchemy.engine import Connection, RowMapping

from advisor.errors import TurnTaken
from advisor.scope import Scope
from advisor.store.exchanges import forget_words
from advisor.store.schema import messages, threads, traces, turn_calls, turns
from tools.text import Text

__all__ = ["LoggedCall", "OpenTurn", "TurnLog", "close_turn", "new_thread"]

_NOT_BACK = -1  # milliseconds of a call that was decided and has not returned

Ended = Literal["failed", "cancelled"]


@dataclass(frozen=True)
class OpenTurn:
    """A turn that has not ended. `alive`: its process gave a sign of life a moment ago. `calls` have returned so far."""

    turn_id: str
    thread_id: str
    question: str
    lang: str
    brain: str
    started_at: datetime
    alive: bool
    calls: int


@dataclass(frozen=True)
class LoggedCall:
    """A decided tool call; `outcome` is None while it has not returned."""

    position: int
    name: str
    arguments: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    ms: int


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def new_thread(connection: Connection, scope: Scope, thread_id: str, title: str, now: datetime) -> None:
    """Write the thread and its owner unless it is there."""
    if connection.execute(select(threads.c.thread_id).where(threads.c.thread_id == thread_id)).first() is not None:
        return
    row = {
        "thread_id": thread_id,
        "merchant_id": scope.merchant_id,
        "actor": scope.actor,
        "role": scope.role,
        "title": title.strip()[:80],
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(threads).values(row))


def _taken() -> TurnTaken:
    return TurnTaken(
        Text(
            "这个问题已在别处接着作答，这边的结果没有保存。",
            "This question was taken up elsewhere; the result here was not kept.",
        )
    )


def close_turn(connection: Connection, turn_id: str) -> None:
    """Mark the turn done within the transaction that writes its answer. Raises TurnTaken when it is no longer ours to end.

    What its calls returned goes: the answer keeps their names and arguments, the evidence their facts.
    """
    now = _now()
    mine = update(turns).where(turns.c.turn_id == turn_id, turns.c.status == "running")
    if connection.execute(mine.values(status="done", seen_at=now, ended_at=now)).rowcount != 1:
        raise _taken()
    connection.execute(delete(turn_calls).where(turn_calls.c.turn_id == turn_id))


class TurnLog:
    """Written by the process that runs the turn; read by whoever owns the thread. All times are UTC without a zone."""

    def __init__(self, engine: Engine, *, silent_s: float = 15.0) -> None:
        self._engine = engine
        self.silent_s = silent_s

    def begin(self, scope: Scope, thread_id: str, *, question: str, lang: str, brain: str) -> str | None:
        """The id of the new running turn, or None while another live turn holds the thread. The thread exists from here on.

        A cut-off turn of the same thread gives way: the person asked something else.
        """
        now = _now()
        with self._engine.begin() as connection:
            # the write comes first: it locks the thread against a second process that begins a turn in it
            lock = update(threads).where(threads.c.thread_id == thread_id).values(updated_at=threads.c.updated_at)
            connection.execute(lock)
            running = and_(turns.c.thread_id == thread_id, turns.c.status == "running")
            live = select(turns.c.turn_id).where(running, turns.c.seen_at >= self._cutoff(now))
            if connection.execute(live).first() is not None:
                return None
            gone = {"status": "failed", "code": "superseded", "ended_at": now}
            connection.execute(update(turns).where(running).values(gone))
            new_thread(connection, scope, thread_id, question, now)
            return self._insert(connection, scope, thread_id, question, lang, brain, now)

    def decided(self, scope: Scope, turn_id: str, calls: Sequence[tuple[int, str, Mapping[str, Any]]]) -> None:
        """Position, name and arguments of each call, before any of them runs. Raises TurnTaken."""
        rows = [
            {
                "turn_id": turn_id,
                "position": position,
                "merchant_id": scope.merchant_id,
                "name": name[:64],
                "arguments": dict(arguments),
                "outcome": {},
                "ms": _NOT_BACK,
            }
            for position, name, arguments in calls
        ]
        with self._engine.begin() as connection:
            self._touch(connection, turn_id)
            connection.execute(insert(turn_calls), rows)

    def returned(self, turn_id: str, position: int, outcome: Mapping[str, Any], ms: int) -> None:
        """What one decided call gave, whole. Raises TurnTaken: calls go with the turn when it is claimed or ends."""
        mine = update(turn_calls).where(turn_calls.c.turn_id == turn_id, turn_calls.c.position == position)
        with self._engine.begin() as connection:
            if connection.execute(mine.values(outcome=dict(outcome), ms=ms)).rowcount != 1:
                raise _taken()

    def seen(self, turn_ids: Collection[str]) -> None:
        """A sign of life of these turns."""
        with self._engine.begin() as connection:
            mine = and_(turns.c.turn_id.in_(turn_ids), turns.c.status == "running")
            connection.execute(update(turns).where(mine).values(seen_at=_now()))

    def end(self, turn_id: str, status: Ended, code: str = "") -> None:
        """The turn ended without an answer. A thread that holds nothing else goes with it, and so do the words of the question."""
        now = _now()
        with self._engine.begin() as connection:
            mine = and_(turns.c.turn_id == turn_id, turns.c.status == "running")
            values = {"status": status, "code": code[:40], "seen_at": now, "ended_at": now}
            if connection.execute(update(turns).where(mine).values(values)).rowcount != 1:
                return
            connection.execute(delete(turn_calls).where(turn_calls.c.turn_id == turn_id))
            thread_id = connection.execute(select(turns.c.thread_id).where(turns.c.turn_id == turn_id)).scalar_one()
            if connection.execute(select(messages.c.message_id).where(messages.c.thread_id == thread_id)).first():
                return
            connection.execute(delete(threads).where(threads.c.thread_id == thread_id))
            connection.execute(delete(traces).where(traces.c.thread_id == thread_id))
            connection.execute(update(turns).where(turns.c.thread_id == thread_id).values(question=""))
            forget_words(connection, thread_id)

    def unfinished(self, scope: Scope, thread_id: str | None = None) -> list[OpenTurn]:
        """The open turns of the scope, newest first; of one thread when it is named. A foreign thread has none."""
        query = select(turns).where(self._own(scope), turns.c.status == "running")
        if thread_id is not None:
            query = query.where(turns.c.thread_id == thread_id)
        back = and_(turn_calls.c.turn_id == turns.c.turn_id, turn_calls.c.ms > _NOT_BACK)
        count = select(func.count()).where(back).correlate(turns).scalar_subquery().label("calls")
        with self._engine.connect() as connection:
            rows = connection.execute(query.add_columns(count).order_by(turns.c.started_at.desc())).mappings().all()
        cutoff = self._cutoff(_now())
        return [self._open(row, alive=row["seen_at"] >= cutoff) for row in rows]

    def claim(self, scope: Scope, turn_id: str) -> str | None:
        """Take a cut-off turn over: it ends here, and a new running turn with all its calls takes its place in one step.

        Returns the new turn's id; None when the turn is alive, has ended or was claimed by somebody else.
        """
        now = _now()
        with self._engine.begin() as connection:
            dead = and_(
                self._own(scope),
                turns.c.turn_id == turn_id,
                turns.c.status == "running",
                turns.c.seen_at < self._cutoff(now),
            )
            values = {"status": "failed", "code": "resumed", "ended_at": now}
            if connection.execute(update(turns).where(dead).values(values)).rowcount != 1:
                return None
            row = connection.execute(select(turns).where(turns.c.turn_id == turn_id)).mappings().one()
            new = self._insert(connection, scope, row["thread_id"], row["question"], row["lang"], row["brain"], now)
            connection.execute(update(turn_calls).where(turn_calls.c.turn_id == turn_id).values(turn_id=new))
            return new

    def calls(self, turn_id: str) -> list[LoggedCall]:
        """The decided calls in their order."""
        query = select(turn_calls).where(turn_calls.c.turn_id == turn_id).order_by(turn_calls.c.position)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [LoggedCall(r["position"], r["name"], r["arguments"], r["outcome"] or None, r["ms"]) for r in rows]

    def forget_calls(self, turn_id: str) -> None:
        """Drop what was called: the shop's data or the day changed since, so nothing of it may be used."""
        with self._engine.begin() as connection:
            connection.execute(delete(turn_calls).where(turn_calls.c.turn_id == turn_id))

    # -- pieces -------------------------------------------------------------------------------------------------------
    def _cutoff(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self.silent_s)

    @staticmethod
    def _own(scope: Scope) -> ColumnElement[bool]:
        return and_(turns.c.merchant_id == scope.merchant_id, turns.c.actor == scope.actor, turns.c.role == scope.role)

    @staticmethod
    def _touch(connection: Connection, turn_id: str) -> None:
        mine = update(turns).where(turns.c.turn_id == turn_id, turns.c.status == "running")
        if connection.execute(mine.values(seen_at=_now())).rowcount != 1:
            raise _taken()

    @staticmethod
    def _insert(
        connection: Connection, scope: Scope, thread_id: str, question: str, lang: str, brain: str, now: datetime
    ) -> str:
        turn_id = f"u_{uuid.uuid4().hex[:16]}"
        row = {
            "turn_id": turn_id,
            "merchant_id": scope.merchant_id,
            "thread_id": thread_id,
            "actor": scope.actor,
            "role": scope.role,
            "question": question,
            "lang": lang,
            "brain": brain,
            "status": "running",
            "code": "",
            "started_at": now,
            "seen_at": now,
        }
        connection.execute(insert(turns).values(row))
        return turn_id

    @staticmethod
    def _open(row: RowMapping, *, alive: bool) -> OpenTurn:
        return OpenTurn(
            row["turn_id"],
            row["thread_id"],
            row["question"],
            row["lang"],
            row["brain"],
            row["started_at"],
            alive,
            row["calls"],
        )
