"""Conversations of one owner: who owns one, searching by words, new titles. A foreign thread looks like an unknown one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, exists, func, or_, select, update
from sqlalchemy.engine import Connection, RowMapping

from advisor.errors import ThreadUnknown
from advisor.scope import Scope
from advisor.store.schema import messages, threads
from tools.errors import BadArguments
from tools.text import Text

__all__ = ["Found", "ThreadInfo", "ThreadShelf", "owned", "owned_by"]

_LONGEST_TITLE = 80
_MOST_WORDS = 8
_MOST_FOUND = 50
_AROUND = 40  # characters shown on both sides of what was found


@dataclass(frozen=True)
class ThreadInfo:
    thread_id: str
    title: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Found:
    """A conversation that holds every word, and the words around the first of them."""

    thread: ThreadInfo
    excerpt: str


def owned_by(scope: Scope) -> ColumnElement[bool]:
    return and_(
        threads.c.merchant_id == scope.merchant_id, threads.c.actor == scope.actor, threads.c.role == scope.role
    )


def owned(connection: Connection, scope: Scope, thread_id: str) -> RowMapping:
    """The row of a thread of this scope. Raises ThreadUnknown for a foreign and for an unknown one alike."""
    row = (
        connection.execute(select(threads).where(threads.c.thread_id == thread_id, owned_by(scope))).mappings().first()
    )
    if row is None:
        shown = thread_id[:40]
        raise ThreadUnknown(
            Text(
                f"没有找到对话 {shown}。用 advisor threads 查看你的对话。",
                f"No conversation {shown} was found. See `advisor threads`.",
            )
        )
    return row


class ThreadShelf:
    """Part of the store (`Store.shelf`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def info(self, scope: Scope, thread_id: str) -> ThreadInfo:
        """Raises ThreadUnknown."""
        with self._engine.connect() as connection:
            return _info(owned(connection, scope, thread_id))

    def rename(self, scope: Scope, thread_id: str, title: str) -> ThreadInfo:
        """A title of the owner's own, on one line. Raises ThreadUnknown, and BadArguments for an empty one."""
        named = " ".join(title.replace("\x00", " ").split())[:_LONGEST_TITLE]
        if not named:
            raise BadArguments(Text("请写一个标题。", "Write a title."))
        with self._engine.begin() as connection:
            row = owned(connection, scope, thread_id)
            connection.execute(update(threads).where(threads.c.thread_id == thread_id).values(title=named))
            return _info({**row, "title": named})

    def search(self, scope: Scope, words: str) -> list[Found]:
        """Conversations whose title or messages hold every word (parts of words count, as Chinese has no spaces), newest first."""
        wanted = words.replace("\x00", " ").lower().split()[:_MOST_WORDS]
        if not wanted:
            raise BadArguments(Text("请写要找的词。", "Write the words to look for."))
        query = select(threads).where(owned_by(scope), *(_holds(word) for word in wanted))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(threads.c.updated_at.desc()).limit(_MOST_FOUND)).mappings().all()
            return [Found(_info(row), _excerpt(connection, row, wanted[0])) for row in rows]


def _info(row: RowMapping | dict[str, object]) -> ThreadInfo:
    return ThreadInfo(*(row[name] for name in ("thread_id", "title", "created_at", "updated_at")))  # type: ignore[arg-type]


def _holds(word: str) -> ColumnElement[bool]:
    """The word stands in the title or in a message; `%` and `_` mean themselves."""
    said = func.lower(messages.c.text).contains(word, autoescape=True)
    return or_(
        func.lower(threads.c.title).contains(word, autoescape=True),
        exists().where(messages.c.thread_id == threads.c.thread_id, said),
    )


def _excerpt(connection: Connection, row: RowMapping, word: str) -> str:
    query = (
        select(messages.c.text)
        .where(messages.c.thread_id == row["thread_id"], func.lower(messages.c.text).contains(word, autoescape=True))
        .order_by(messages.c.message_id)
        .limit(1)
    )
    said = " ".join((connection.execute(query).scalar() or str(row["title"])).split())
    at = max(said.lower().find(word), 0)
    start, end = max(0, at - _AROUND), at + len(word) + _AROUND
    return ("…" if start else "") + said[start:end] + ("…" if end < len(said) else "")
