"""Opening a database: one that is not there, refuses or is shared by two processes. No password is ever told."""

from __future__ import annotations

import builtins
import multiprocessing
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from advisor.errors import AdvisorError, SettingsInvalid, StoreUnavailable
from advisor.scope import Scope
from advisor.store import Store
from advisor.store.engine import described, make_engine
from advisor.store.schema import SCHEMA_VERSION

SECRET = "s3cret-Pa55"
WRITERS, EACH = 2, 12


@contextmanager
def _refusing(code: str, message: str) -> Iterator[int]:
    """A server that speaks just enough of PostgreSQL's protocol to refuse: the error a real one sends for that state."""
    server = socket.create_server(("127.0.0.1", 0))
    fields = f"SFATAL\0VFATAL\0C{code}\0M{message}\0\0".encode()

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                first = client.recv(1024)
                if len(first) == 8:  # asks for TLS or GSS first
                    client.sendall(b"N")
                    first = client.recv(1024)
                    if len(first) == 8:
                        client.sendall(b"N")
                        client.recv(1024)
                client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("28P01", f'password authentication failed for user "u" ({SECRET})', "does not accept the user or password"),
        ("3D000", 'database "d" does not exist', "no database d"),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1"', "refused the connection"),
        ("53300", "sorry, too many clients already", "no connection left"),
    ],
)
def test_a_refusal_is_told_without_the_password(code: str, message: str, told: str) -> None:
    pytest.importorskip("psycopg")
    with _refusing(code, message) as port, pytest.raises(StoreUnavailable, match=told) as caught:
        Store.open(f"postgresql://u:{SECRET}@127.0.0.1:{port}/d")
    assert SECRET not in caught.value.message.zh + caught.value.message.en


def test_a_server_that_is_down_is_named() -> None:
    pytest.importorskip("psycopg")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}/d cannot be reached") as caught:
        Store.open(f"postgresql://u:{SECRET}@127.0.0.1:{port}/d")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [f"mysql://u:{SECRET}@h/d", f"postgresql://u:{SECRET}@h:port/d", f"postgresql://u:{SECRET}@h:5432", SECRET, ""],
)
def test_what_is_no_address_is_refused_without_quoting_it(address: str) -> None:
    with pytest.raises(SettingsInvalid, match="ADVISOR_STORE_URL") as caught:
        make_engine(address)
    assert SECRET not in str(caught.value)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("psycopg"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsInvalid, match=r"merchant-advisor\[postgres\]"):
        make_engine("postgresql://u@h/d")


def test_the_store_in_force_is_said_without_its_password(tmp_path: Path) -> None:
    assert described(tmp_path / "s.sqlite") == f"SQLite {tmp_path / 's.sqlite'}"
    assert described(f"postgres://ann:{SECRET}@db:6543/shop?options=x") == "PostgreSQL db:6543/shop (ann)"


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    with pytest.raises(StoreUnavailable, match=r"store\.sqlite cannot be used"):
        Store.open(tmp_path / "store.sqlite")


@pytest.mark.parametrize("place", [pytest.param("postgresql", marks=pytest.mark.service)], indirect=True)
def test_a_statement_that_takes_too_long_is_stopped(place: str) -> None:
    engine = make_engine(place)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "15s"
        connection.execute(text("SET statement_timeout = 50"))
        with pytest.raises(StoreUnavailable, match="did not finish in time"):
            connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()


@pytest.mark.parametrize("place", [pytest.param("postgresql", marks=pytest.mark.service)], indirect=True)
def test_connections_have_a_limit(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_POOL", "_POOL_WAIT_S"):
        monkeypatch.setattr(f"advisor.store.engine.{name}", 1)
    monkeypatch.setattr("advisor.store.engine._OVERFLOW", 0)
    engine = make_engine(place)
    with engine.connect(), pytest.raises(StoreUnavailable, match="Every database connection was in use"):
        engine.connect()
    with engine.connect() as again:
        assert again.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


def _write(place: Path | str, name: str, at_once: Any) -> None:
    at_once.wait(30)
    store = Store.open(place)  # both make the tables, or one waits for the other
    scope = Scope("a", name)
    thread = store.open_thread(scope, None)
    for number in range(EACH):
        store.finish_turn(scope, thread, question=f"q{number}", text="t", frame={}, result={}, marks={})
        store.memory.remember(Scope("a", name), "note", f"{name} {number}")
    store.close()


def test_two_processes_open_and_write_at_once_and_lose_nothing(untouched: Path | str) -> None:
    spawn = multiprocessing.get_context("spawn")
    at_once = spawn.Barrier(WRITERS)
    writers = [spawn.Process(target=_write, args=(untouched, f"w{number}", at_once)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    store = Store.open(untouched)
    for number in range(WRITERS):
        scope = Scope("a", f"w{number}")
        (thread,) = store.threads(scope)
        asked = [one.text for one in store.messages(scope, thread.thread_id) if one.role == "user"]
        assert asked == [f"q{each}" for each in range(EACH)]
    assert len(store.memory.words(Scope("a", "w0"))) == WRITERS * EACH
    store.close()
    engine = make_engine(untouched)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM schema_info")).scalars().all() == [SCHEMA_VERSION]
    engine.dispose()


def test_an_error_of_ours_inside_a_transaction_stays_itself(store: Store) -> None:
    with pytest.raises(AdvisorError, match="No conversation"):
        store.messages(Scope("a", "ann"), "t_none")
