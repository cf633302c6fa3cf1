"""The turns of a conversation with what was kept of how each answer came about: the rows behind `advisor trace`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from advisor.scope import Scope
from advisor.store.exchanges import storable
from advisor.store.schema import traces, turns
from advisor.store.threads import owned

__all__ = ["KeptTurn", "TraceBook"]


@dataclass(frozen=True)
class KeptTurn:
    """A turn that began. `trace` is None for one that gave no answer. Times are UTC without a zone."""

    turn_id: str
    question: str
    lang: str
    brain: str
    status: str
    code: str
    started_at: datetime
    ended_at: datetime | None
    trace: dict[str, Any] | None


class TraceBook:
    """Part of the store (`Store.traces`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, scope: Scope, thread_id: str, turn_id: str, trace: Mapping[str, Any]) -> None:
        """Once a turn, before its answer is written: a turn that is done has its trace."""
        row = {
            "turn_id": turn_id,
            "merchant_id": scope.merchant_id,
            "thread_id": thread_id,
            "trace": storable(dict(trace)),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(traces).values(row))

    def of_thread(self, scope: Scope, thread_id: str) -> list[KeptTurn]:
        """Every turn that began in it, oldest first. Raises ThreadUnknown."""
        kept = [turns.c[name] for name in KeptTurn.__dataclass_fields__ if name != "trace"]
        query = (
            select(*kept, traces.c.trace)
            .join(traces, traces.c.turn_id == turns.c.turn_id, isouter=True)
            .where(turns.c.thread_id == thread_id)
            .order_by(turns.c.started_at, turns.c.turn_id)
        )
        with self._engine.connect() as connection:
            owned(connection, scope, thread_id)
            return [KeptTurn(**row) for row in connection.execute(query).mappings()]
