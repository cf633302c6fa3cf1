"""The store, on SQLite or PostgreSQL. Every read and write names the scope; a foreign thread looks like an unknown one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, insert, inspect, select, text, update
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.schema import CreateColumn

from advisor.errors import AdvisorError
from advisor.scope import Scope
from advisor.store.approvals import ApprovalBook
from advisor.store.engine import make_engine, set_up
from advisor.store.exchanges import ExchangeBook
from advisor.store.insights import InsightBook
from advisor.store.ledger import PlanLedger
from advisor.store.memory import MemoryBook
from advisor.store.schema import (
    SCHEMA_VERSION,
    audit,
    evidence,
    exchanges,
    messages,
    metadata,
    schema_info,
    threads,
    traces,
    turn_calls,
    turns,
)
from advisor.store.threads import ThreadInfo, ThreadShelf, owned, owned_by
from advisor.store.traces import TraceBook
from advisor.store.turns import TurnLog, close_turn
from advisor.store.usage import UsageBook
from tools.facts import Fact
from tools.text import Text

__all__ = ["Store", "StoredMessage", "ThreadInfo"]


@dataclass(frozen=True)
class StoredMessage:
    role: str
    text: str
    frame: dict[str, Any]
    result: dict[str, Any] | None
    created_at: datetime


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _add_columns(connection: Connection) -> None:
    """Columns that a table of an older version lacks; all of them may be empty or have a default in the database."""
    here = inspect(connection)
    quote = connection.dialect.identifier_preparer
    for table in metadata.sorted_tables:
        known = {column["name"] for column in here.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                spec = str(CreateColumn(column).compile(dialect=connection.dialect))
                connection.execute(text(f"ALTER TABLE {quote.format_table(table)} ADD COLUMN {spec}"))


class Store:
    """Threads with owners, evidence marks, merchant-stated facts, adopted plans, approvals and audit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.plans = PlanLedger(engine)
        self.approvals = ApprovalBook(engine)
        self.shelf = ThreadShelf(engine)
        self.memory = MemoryBook(engine)
        self.usage = UsageBook(engine)
        self.insights = InsightBook(engine)
        self.exchanges = ExchangeBook(engine)
        self.traces = TraceBook(engine)
        self.turns = TurnLog(engine)
        with set_up(engine) as connection:
            metadata.create_all(connection)
            version = connection.execute(select(schema_info.c.version)).scalar()
            if version is None:
                connection.execute(insert(schema_info).values(version=SCHEMA_VERSION))
            elif version > SCHEMA_VERSION:
                raise AdvisorError(
                    Text(
                        "这个工作区是由更新版本的程序写的，请先升级程序。",
                        "This workspace was written by a newer version of the program; upgrade it first.",
                    )
                )
            elif version < SCHEMA_VERSION:
                _add_columns(connection)  # new tables were made above
                connection.execute(update(schema_info).values(version=SCHEMA_VERSION))

    @classmethod
    def open(cls, where: Path | str) -> Store:
        """The store in a SQLite file or at a PostgreSQL address. Raises SettingsInvalid, StoreUnavailable, AdvisorError."""
        engine = make_engine(where)
        try:
            return cls(engine)
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def sqlite(cls, path: Path) -> Store:
        return cls.open(path)

    def close(self) -> None:
        self._engine.dispose()

    # -- threads ------------------------------------------------------------------------------------------------------
    def open_thread(self, scope: Scope, thread_id: str | None) -> str:
        """Check that the thread belongs to the scope, or name a new one; it exists once its first turn finished.

        Raises ThreadUnknown for a foreign or unknown id.
        """
        if thread_id is None:
            return f"t_{uuid.uuid4().hex[:16]}"
        with self._engine.connect() as connection:
            self._owned(connection, scope, thread_id)
        return thread_id

    @staticmethod
    def _create_thread(connection: Connection, scope: Scope, thread_id: str, title: str, now: datetime) -> None:
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

    def threads(self, scope: Scope) -> list[ThreadInfo]:
        query = select(threads).where(owned_by(scope)).order_by(threads.c.updated_at.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [ThreadInfo(r["thread_id"], r["title"], r["created_at"], r["updated_at"]) for r in rows]

    def messages(self, scope: Scope, thread_id: str) -> list[StoredMessage]:
        """All messages of a thread, oldest first. Raises ThreadUnknown."""
        with self._engine.connect() as connection:
            self._owned(connection, scope, thread_id)
            query = select(messages).where(messages.c.thread_id == thread_id).order_by(messages.c.message_id)
            rows = connection.execute(query).mappings().all()
        return [StoredMessage(r["role"], r["text"], r["frame"], r["result"], r["created_at"]) for r in rows]

    def delete_thread(self, scope: Scope, thread_id: str) -> None:
        """The conversation and what its turns called and sent. The audit keeps its rows; what was remembered is the merchant's."""
        with self._engine.begin() as connection:
            self._owned(connection, scope, thread_id)
            inside = select(turns.c.turn_id).where(turns.c.thread_id == thread_id)
            connection.execute(delete(turn_calls).where(turn_calls.c.turn_id.in_(inside)))
            for table in (messages, evidence, exchanges, traces, turns, threads):
                connection.execute(delete(table).where(table.c.thread_id == thread_id))

    def delete_merchant(self, merchant_id: str) -> None:
        """Everything the store keeps of one merchant. The audit trail goes too: it quotes the questions' arguments."""
        with self._engine.begin() as connection:
            inside = select(threads.c.thread_id).where(threads.c.merchant_id == merchant_id)
            for table in (messages, evidence):
                connection.execute(delete(table).where(table.c.thread_id.in_(inside)))
            for other in reversed(metadata.sorted_tables):
                if "merchant_id" in other.c:
                    connection.execute(delete(other).where(other.c.merchant_id == merchant_id))

    _owned = staticmethod(owned)

    # -- turns --------------------------------------------------------------------------------------------------------
    def finish_turn(
        self,
        scope: Scope,
        thread_id: str,
        *,
        question: str,
        text: str,
        frame: Mapping[str, Any],
        result: Mapping[str, Any],
        marks: Mapping[str, Fact],
        turn_id: str | None = None,
    ) -> None:
        """Write question, answer, new evidence and the end of the logged turn together: all of a turn or nothing of it.

        Raises TurnTaken when the turn is no longer running here.
        """
        now = _now()
        said = {
            "thread_id": thread_id,
            "role": "user",
            "text": question,
            "frame": dict(frame),
            "result": None,
            "created_at": now,
        }
        answered = {**said, "role": "assistant", "text": text, "result": dict(result)}
        rows = [
            {"thread_id": thread_id, "mark": mark, "fact_id": fact.id, "fact": fact.model_dump(mode="json")}
            for mark, fact in marks.items()
        ]
        with self._engine.begin() as connection:
            if turn_id is not None:
                close_turn(connection, turn_id)
            if connection.execute(select(threads.c.thread_id).where(threads.c.thread_id == thread_id)).first() is None:
                self._create_thread(connection, scope, thread_id, question, now)
            self._owned(connection, scope, thread_id)
            connection.execute(insert(messages), [said, answered])
            if rows:
                connection.execute(insert(evidence), rows)
            connection.execute(update(threads).where(threads.c.thread_id == thread_id).values(updated_at=now))

    def evidence(self, scope: Scope, thread_id: str) -> dict[str, Fact]:
        """Marks of the thread and their facts, in order of appearance."""
        with self._engine.connect() as connection:
            self._owned(connection, scope, thread_id)
            rows = connection.execute(select(evidence).where(evidence.c.thread_id == thread_id)).mappings().all()
        facts = {row["mark"]: Fact.model_validate(row["fact"]) for row in rows}
        return dict(sorted(facts.items(), key=lambda item: int(item[0][1:])))

    # -- merchant-stated facts ----------------------------------------------------------------------------------------
    def state(self, scope: Scope, key: str, value: Decimal, unit: str) -> None:
        """Record what the merchant said (margin, fee rate, budget …); a later statement replaces it."""
        self.memory.state(scope, key, value, unit)

    def stated(self, scope: Scope, key: str) -> dict[str, Any] | None:
        """What the merchant said under this key; staff see it only when it was shared."""
        found = self.memory.stated(scope, key)
        return None if found is None else vars(found)

    # -- audit and approvals ------------------------------------------------------------------------------------------
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
    ) -> None:
        row = {
            "at": _now(),
            "merchant_id": scope.merchant_id,
            "actor": scope.actor,
            "role": scope.role,
            "thread_id": thread_id,
            "tool": tool[:64],
            "arguments": dict(arguments),
            "ok": ok,
            "code": code,
            "ms": ms,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(audit).values(row))

    def audit_rows(self, scope: Scope) -> Sequence[RowMapping]:
        with self._engine.connect() as connection:
            query = select(audit).where(audit.c.merchant_id == scope.merchant_id).order_by(audit.c.audit_id)
            return connection.execute(query).mappings().all()
