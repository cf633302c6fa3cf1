"""The store: a thread belongs to merchant, actor and role; foreign and unknown look alike; a turn is written whole."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from advisor.errors import AdvisorError, ThreadUnknown
from advisor.scope import Scope
from advisor.store import Store
from advisor.store.engine import make_engine
from tools.facts import Claim, Fact, Quantity

A = Scope("a", "ann")
FOREIGN = [Scope("b", "ann"), Scope("a", "bob"), Scope("a", "ann", "staff")]
FACT = Fact(
    id="f_1",
    kind="metric",
    claim=Claim(zh="支付金额 1 元", en="GMV ¥1"),
    quantities=(Quantity(metric="gmv", value=Decimal("1.10"), unit="CNY"),),
)


def _turn(store: Store, scope: Scope, thread: str | None = None) -> str:
    thread = store.open_thread(scope, thread)
    store.finish_turn(
        scope, thread, question="why?", text="because", frame={"intent": "why"}, result={"ok": 1}, marks={"m1": FACT}
    )
    return thread


def test_a_turn_is_kept_whole_and_survives_a_restart(store: Store, place: Path | str) -> None:
    thread = _turn(store, A)
    store.close()
    again = Store.open(place)
    assert [(m.role, m.text) for m in again.messages(A, thread)] == [("user", "why?"), ("assistant", "because")]
    assert again.evidence(A, thread) == {"m1": FACT}
    assert [info.title for info in again.threads(A)] == ["why?"]
    again.close()


@pytest.mark.parametrize("scope", FOREIGN, ids=str)
def test_a_foreign_thread_looks_like_an_unknown_one(store: Store, scope: Scope) -> None:
    thread = _turn(store, A)
    for call in (store.messages, store.evidence, store.open_thread, store.delete_thread):
        with pytest.raises(ThreadUnknown) as foreign:
            call(scope, thread)
        with pytest.raises(ThreadUnknown) as unknown:
            call(scope, "t_none")
        assert str(foreign.value).replace(thread, "X") == str(unknown.value).replace("t_none", "X")
    assert store.threads(scope) == []
    with pytest.raises(ThreadUnknown):
        store.finish_turn(scope, thread, question="q", text="t", frame={}, result={}, marks={})
    assert len(store.messages(A, thread)) == 2


def test_a_turn_that_fails_to_write_leaves_nothing(store: Store) -> None:
    thread = _turn(store, A)
    with pytest.raises(Exception, match=r"(?i)unique"):
        _turn(store, A, thread)  # the mark m1 is taken: the whole turn is rolled back
    assert len(store.messages(A, thread)) == 2


def test_deleting_a_merchant_leaves_the_others(store: Store) -> None:
    _turn(store, A)
    other = _turn(store, Scope("b", "ann"))
    store.state(A, "gross_margin", Decimal("0.45"), "ratio")
    store.delete_merchant("a")
    assert store.threads(A) == []
    assert store.stated(A, "gross_margin") is None
    assert len(store.messages(Scope("b", "ann"), other)) == 2


def test_staff_do_not_see_what_the_merchant_did_not_share(store: Store) -> None:
    store.state(A, "gross_margin", Decimal("0.45"), "ratio")
    store.state(A, "gross_margin", Decimal("0.38"), "ratio")
    found = store.stated(A, "gross_margin")
    assert found is not None
    assert found["value"] == Decimal("0.38")
    assert store.stated(Scope("a", "kim", "staff"), "gross_margin") is None
    assert store.stated(Scope("b", "ann"), "gross_margin") is None


def test_a_newer_workspace_is_refused(store: Store, place: Path | str) -> None:
    engine = make_engine(place)
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_info SET version = 99"))
    engine.dispose()
    with pytest.raises(AdvisorError, match="newer version"):
        Store.open(place)


def test_a_workspace_of_an_older_version_is_brought_up_with_its_rows(tmp_path: Path) -> None:
    """Version 2 knew neither who decided an approval nor turns."""
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE schema_info (version INTEGER PRIMARY KEY)")
        old.execute("INSERT INTO schema_info VALUES (2)")
        old.execute(
            "CREATE TABLE approvals (approval_id VARCHAR(40) PRIMARY KEY, merchant_id VARCHAR(64) NOT NULL,"
            " actor VARCHAR(120) NOT NULL, tool VARCHAR(64) NOT NULL, arguments JSON NOT NULL,"
            " status VARCHAR(16) NOT NULL, created_at DATETIME NOT NULL)"
        )
        old.execute("INSERT INTO approvals VALUES ('a_1', 'a', 'ann', 'send', '{}', 'open', '2026-11-01 00:00:00')")
    Store.sqlite(path).close()
    with sqlite3.connect(path) as new:
        assert new.execute("SELECT version FROM schema_info").fetchall() == [(3,)]
        kept = new.execute("SELECT approval_id, role, decided_by FROM approvals").fetchall()
        assert kept == [("a_1", "merchant", None)]
        assert new.execute("SELECT count(*) FROM turns").fetchone() == (0,)
    Store.sqlite(path).close()  # and opens again
