"""What a merchant told the advisor: figures (margin, fees, budget …) and words (stage, constraints, tone, decisions, notes).

Only the merchant states, changes, shares and deletes; staff see what is shared. Texts are data: kept as said, on one line.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import Engine, Select, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping

from advisor.scope import Scope
from advisor.store.schema import memories, stated
from tools.errors import BadArguments, NotFound, NotPermitted
from tools.text import Text

__all__ = ["Kind", "MemoryBook", "Remembered", "StatedFigure"]

Kind = Literal["stage", "constraint", "tone", "decision", "note", "asked", "declined"]
_INSTEAD: frozenset[Kind] = frozenset(
    {"stage"}
)  # one at a time: what is said later takes the place of what was said before
_SILENT: frozenset[Kind] = frozenset({"asked"})  # our own record that a question was put; nothing a person told us
_LONGEST = 200
_MOST = 100
_LARGEST = Decimal(10) ** 11


@dataclass(frozen=True)
class StatedFigure:
    """A figure as stated: `unit` is "ratio" or a currency."""

    key: str
    value: Decimal
    unit: str
    actor: str
    said_at: datetime
    shared: bool


@dataclass(frozen=True)
class Remembered:
    """Words as said, or under `asked` and `declined` the key of a figure."""

    memory_id: str
    kind: Kind
    text: str
    actor: str
    thread_id: str | None
    said_at: datetime
    shared: bool


class MemoryBook:
    """Part of the store (`Store.memory`). Every call names the scope."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self, scope: Scope, key: str, value: Decimal, unit: str) -> None:
        """Record a figure; a later one replaces it and keeps whether it is shared. Raises NotPermitted, BadArguments."""
        _merchant_only(scope)
        if not key or len(key) > 64 or not value.is_finite() or abs(value) >= _LARGEST:
            raise BadArguments(Text("这个数不能记下。", "This figure cannot be kept."))
        new = {"value": value, "unit": unit[:16], "actor": scope.actor, "said_at": _now()}
        insert_into = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert
        row = insert_into(stated).values(merchant_id=scope.merchant_id, key=key, shared=False, **new)
        with self._engine.begin() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["merchant_id", "key"], set_=new))
            self._drop_words(connection, scope, "declined", key)

    def stated(self, scope: Scope, key: str) -> StatedFigure | None:
        """What was stated under this key, if this scope may see it."""
        return next((one for one in self.figures(scope) if one.key == key), None)

    def figures(self, scope: Scope) -> list[StatedFigure]:
        """All stated figures this scope may see, in the order of their keys."""
        with self._engine.connect() as connection:
            rows = connection.execute(_visible(stated, scope).order_by(stated.c.key)).mappings().all()
        return [_figure(row) for row in rows]

    def remember(self, scope: Scope, kind: Kind, text: str, *, thread_id: str | None = None) -> Remembered:
        """Keep words; the same words again are kept once. A new stage takes the place of the old. Raises NotPermitted, BadArguments."""
        _merchant_only(scope)
        said = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]
        if kind not in get_args(Kind) or not said:
            raise BadArguments(Text("没有可以记下的内容。", "There is nothing to remember."))
        new = Remembered(f"n_{uuid.uuid4().hex[:12]}", kind, said, scope.actor, thread_id, _now(), False)
        with self._engine.begin() as connection:
            same = _mine(memories, scope).where(memories.c.kind == kind, memories.c.text == said)
            before = connection.execute(same).mappings().first()
            if before is not None:
                return _words(before)
            if kind in _INSTEAD:
                self._drop_words(connection, scope, kind)
            count = select(func.count()).select_from(memories).where(memories.c.merchant_id == scope.merchant_id)
            if connection.execute(count).scalar_one() >= _MOST:
                raise BadArguments(
                    Text(
                        f"已经记了 {_MOST} 条，先用 advisor memory forget 删掉不要的。",
                        f"{_MOST} notes are kept already; delete some with `advisor memory forget` first.",
                    )
                )
            connection.execute(insert(memories).values(merchant_id=scope.merchant_id, **vars(new)))
        return new

    def words(self, scope: Scope) -> list[Remembered]:
        """Everything said in words that this scope may see, oldest first; also what was asked and declined."""
        query = _visible(memories, scope).order_by(memories.c.said_at, memories.c.memory_id)
        with self._engine.connect() as connection:
            return [_words(row) for row in connection.execute(query).mappings()]

    def forget(self, scope: Scope, ref: str) -> None:
        """Delete a figure by its key or words by their id. Raises NotPermitted, and NotFound for what is not there."""
        _merchant_only(scope)
        with self._engine.begin() as connection:
            gone = sum(connection.execute(delete(t).where(_named(t, scope, ref))).rowcount for t in (stated, memories))
        if not gone:
            raise _unknown(ref)

    def share(self, scope: Scope, ref: str, *, shared: bool = True) -> None:
        """Open a figure or words to the staff, or close them again. Raises NotPermitted, NotFound."""
        _merchant_only(scope)
        with self._engine.begin() as connection:
            found = sum(
                connection.execute(update(t).where(_named(t, scope, ref)).values(shared=shared)).rowcount
                for t in (stated, memories)
            )
        if not found:
            raise _unknown(ref)

    @staticmethod
    def _drop_words(connection: Connection, scope: Scope, kind: Kind, text: str | None = None) -> None:
        where = (memories.c.merchant_id == scope.merchant_id) & (memories.c.kind == kind)
        connection.execute(delete(memories).where(where if text is None else where & (memories.c.text == text)))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _mine(table: Table, scope: Scope) -> Select[Any]:
    return select(table).where(table.c.merchant_id == scope.merchant_id)


def _visible(table: Table, scope: Scope) -> Select[Any]:
    query = _mine(table, scope)
    return query if scope.role == "merchant" else query.where(table.c.shared.is_(True))


def _named(table: Table, scope: Scope, ref: str) -> Any:
    """The rows of this merchant that the reference names; what is silent has no name."""
    mine = table.c.merchant_id == scope.merchant_id
    if table is stated:
        return mine & (stated.c.key == ref)
    return mine & (memories.c.memory_id == ref) & memories.c.kind.not_in(_SILENT)


def _merchant_only(scope: Scope) -> None:
    if scope.role != "merchant":
        raise NotPermitted(
            Text(
                "只有商家自己能填写、修改和删除自己说过的情况。",
                "Only the merchant can state, change or delete what is known from the merchant.",
            )
        )


def _figure(row: RowMapping) -> StatedFigure:
    return StatedFigure(**{name: value for name, value in row.items() if name != "merchant_id"})


def _words(row: RowMapping) -> Remembered:
    return Remembered(**{name: value for name, value in row.items() if name != "merchant_id"})


def _unknown(ref: str) -> NotFound:
    shown = ref[:40]
    return NotFound(
        Text(
            f"没有记过 {shown}。用 advisor memory list 查看记下的内容。",
            f"Nothing is kept under {shown}. See `advisor memory list`.",
        )
    )
