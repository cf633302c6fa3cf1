"""The same tests on SQLite and on PostgreSQL: a store, and the place that opens it again."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.store import Store
from advisor.store.schema import metadata

POSTGRES = os.environ.get("ADVISOR_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    psycopg = pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL on this machine (127.0.0.1:5432, or ADVISOR_TEST_POSTGRES)")
    with connection:
        yield connection


@pytest.fixture(scope="session")
def new_schema(server: Any) -> Iterator[Callable[[], str]]:
    """Makes empty schemas of this run, gone at its end."""
    made: list[str] = []

    def make() -> str:
        made.append(f"t_{uuid.uuid4().hex[:12]}")
        server.execute(f"CREATE SCHEMA {made[-1]}")
        return made[-1]

    yield make
    for schema in made:
        server.execute(f"DROP SCHEMA {schema} CASCADE")


def address(schema: str) -> str:
    return f"{POSTGRES}?options=-csearch_path%3D{schema}"


@pytest.fixture(scope="session")
def kept_schema(new_schema: Callable[[], str]) -> str:
    """One schema whose tables are made once: making them for every test takes longer than the tests."""
    schema = new_schema()
    Store.open(address(schema)).close()
    return schema


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty store may be: a new file, or emptied tables on the server of this machine."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    schema = request.getfixturevalue("kept_schema")
    names = ", ".join(f"{schema}.{table.name}" for table in metadata.sorted_tables)
    request.getfixturevalue("server").execute(f"TRUNCATE {names}")
    return address(schema)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def untouched(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where no table has been made yet."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    return address(request.getfixturevalue("new_schema")())


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    store = Store.open(place)
    yield store
    store.close()
