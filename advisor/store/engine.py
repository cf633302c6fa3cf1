"""The database: a SQLite file of the workspace, or a PostgreSQL server by setting. Its failures become one sentence, never a password."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from advisor.errors import SettingsInvalid, StoreUnavailable
from tools.text import Text

__all__ = ["described", "make_engine", "set_up"]

_SQLITE_WAIT_S = 15
_CONNECT_S = 5
_POOL, _OVERFLOW, _POOL_WAIT_S, _RECYCLE_S = 5, 5, 10, 1800
# A statement of the store reads one thread or writes one turn: one that takes longer waits for something that is stuck.
_LIMITS = "-c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
_SETUP_KEY = 7_305_418_220_114  # names the advisory lock of the set-up; any fixed number serves
_SETUP_WAIT_S = 60
_NO_DATABASE = re.compile(r'database ".*" does not exist')
_FULL = re.compile(r"too many clients|connection slots|too many connections")


def make_engine(where: Path | str) -> Engine:
    """An engine over a SQLite file, or over a `postgresql://user:password@host:port/database` address.

    Raises SettingsInvalid for an address that is none, or when the `postgres` extra is not installed. Nothing is connected yet;
    from the first statement on, what the server refuses is StoreUnavailable.
    """
    engine = _sqlite(where) if isinstance(where, Path) else _postgres(_address(where))
    event.listen(engine, "handle_error", _tell)
    return engine


def described(where: Path | str) -> str:
    """The store as a person may see it: the file, or host, port, database and user; never the password."""
    if isinstance(where, Path):
        return f"SQLite {where}"
    url = _address(where)
    return f"PostgreSQL {_place(url)}" + (f" ({url.username})" if url.username else "")


@contextlib.contextmanager
def set_up(engine: Engine) -> Iterator[Connection]:
    """One transaction to make or change tables in; a second process that opens the same store waits until it is through."""
    if engine.dialect.name == "sqlite":
        with FileLock(f"{engine.url.database}.lock", timeout=_SETUP_WAIT_S), engine.begin() as connection:
            yield connection
        return
    with engine.begin() as connection:
        for limit in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = '{_SETUP_WAIT_S}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_KEY})
        yield connection


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _SQLITE_WAIT_S})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout:
            raise StoreUnavailable(
                Text(
                    f"数据库连接在 {_POOL_WAIT_S} 秒内都被占用，请稍后再试。",
                    f"Every database connection was in use for {_POOL_WAIT_S} s; try again in a moment.",
                )
            ) from None


def _postgres(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    try:
        return create_engine(
            url.difference_update_query(["options"]),
            connect_args={
                "connect_timeout": _CONNECT_S,
                "application_name": "merchant-advisor",
                "options": f"{_LIMITS} {options}".strip(),
            },
            poolclass=_Pool,
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            pool_timeout=_POOL_WAIT_S,
            pool_recycle=_RECYCLE_S,
            pool_pre_ping=True,
        )
    except ImportError:
        raise SettingsInvalid(
            Text(
                "用 PostgreSQL 需要安装附加组件：pip install 'merchant-advisor[postgres]'。",
                "PostgreSQL needs an extra: pip install 'merchant-advisor[postgres]'.",
            )
        ) from None


def _address(where: str) -> URL:
    """The address read; only its shape is ever told, since a part of it is secret."""
    try:
        url = make_url(where.strip())
        _port = url.port
    except (ArgumentError, ValueError):
        raise _bad_address() from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg") or not url.database:
        raise _bad_address()
    return url.set(drivername="postgresql+psycopg")


def _bad_address() -> SettingsInvalid:
    return SettingsInvalid(
        Text(
            "设置 ADVISOR_STORE_URL 不对：应为 postgresql://用户:密码@主机:端口/数据库。",
            "Setting ADVISOR_STORE_URL is not valid: it must read postgresql://user:password@host:port/database.",
        )
    )


def _place(url: URL) -> str:
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"


def _tell(context: ExceptionContext) -> None:
    """What a person can act on. Raised in place of the driver's error, without it: a driver may quote what it was given."""
    error, engine = context.original_exception, context.engine
    if not isinstance(context.sqlalchemy_exception, OperationalError) or engine is None:
        return
    if engine.dialect.name == "sqlite":
        raise StoreUnavailable(_sqlite_text(str(error), str(engine.url.database))) from None
    raise StoreUnavailable(
        _postgres_text(str(getattr(error, "sqlstate", None) or ""), str(error), engine.url)
    ) from None


def _sqlite_text(said: str, path: str) -> Text:
    if "locked" in said:
        return Text(
            f"数据库文件 {path} 被另一个程序占用超过 {_SQLITE_WAIT_S} 秒，请稍后再试。",
            f"Another program has held the database file {path} for over {_SQLITE_WAIT_S} s; try again in a moment.",
        )
    return Text(f"数据库文件 {path} 不能读写：{said}。", f"The database file {path} cannot be used: {said}.")


def _postgres_text(state: str, said: str, url: URL) -> Text:
    """By SQLSTATE where there is one. A refused connection has none: then by libpq's words, which another locale may say otherwise."""
    place = _place(url)
    if state in ("28P01", "28000") or "authentication failed" in said or "no password supplied" in said:
        return Text(
            f"PostgreSQL {place} 不接受这个用户名或密码，请检查 ADVISOR_STORE_URL。",
            f"PostgreSQL {place} does not accept the user or password; check ADVISOR_STORE_URL.",
        )
    if state == "3D000" or _NO_DATABASE.search(said):
        return Text(
            f"PostgreSQL 上没有数据库 {url.database}（{place}），请先建库。",
            f"There is no database {url.database} on PostgreSQL ({place}); create it first.",
        )
    if state in ("57014", "55P03"):
        return Text(
            f"PostgreSQL {place} 没有在时限内完成，已停止；请稍后再试。",
            f"PostgreSQL {place} did not finish in time and was stopped; try again in a moment.",
        )
    if state == "53300" or _FULL.search(said):
        return Text(
            f"PostgreSQL {place} 的连接已满，请稍后再试。",
            f"PostgreSQL {place} has no connection left; try again in a moment.",
        )
    if "FATAL" in said or "致命" in said:
        return Text(
            f"PostgreSQL {place} 拒绝了连接，请检查 ADVISOR_STORE_URL 和服务器的访问许可。",
            f"PostgreSQL {place} refused the connection; check ADVISOR_STORE_URL and who the server lets in.",
        )
    return Text(
        f"连不上 PostgreSQL {place}：请确认它在运行、地址和端口没写错。",
        f"PostgreSQL {place} cannot be reached: is it running, and are host and port right?",
    )
