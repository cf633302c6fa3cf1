"""The advice ledger in the store: who sees an adopted plan, what removing a shop takes along, and an older store that is upgraded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from advisor.scope import Scope
from advisor.store import AdoptedPlan, Store
from advisor.store.schema import SCHEMA_VERSION
from tools.errors import NotFound, NotPermitted

OWNER = Scope("a", "ann")
PARTNER = Scope("a", "ben")
STAFF = Scope("a", "kim", "staff")
ELSEWHERE = [Scope("b", "ann"), Scope("b", "kim", "staff")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.sqlite(tmp_path / "store.sqlite")


def _adopt(store: Store, scope: Scope = OWNER, *, shared: bool = False) -> AdoptedPlan:
    return store.plans.adopt(
        scope,
        playbook_id="lapsed-buyer-recall",
        start=date(2026, 11, 2),
        end=date(2026, 12, 5),
        plan={"id": "f_1"},
        forecast={"reason": "none"},
        shared=shared,
    )


def test_a_plan_is_kept_as_it_was_and_survives_a_restart(store: Store, tmp_path: Path) -> None:
    made = _adopt(store)
    store.close()
    again = Store.sqlite(tmp_path / "store.sqlite")
    assert again.plans.get(OWNER, made.plan_id) == made
    assert (made.start, made.plan, made.executed, made.asked) == (date(2026, 11, 2), {"id": "f_1"}, None, False)
    assert [plan.plan_id for plan in again.plans.all(PARTNER)] == [made.plan_id]  # a shop's plans are the shop's


@pytest.mark.parametrize("scope", [*ELSEWHERE, STAFF], ids=str)
def test_a_plan_out_of_scope_looks_like_an_unknown_one(store: Store, scope: Scope) -> None:
    made = _adopt(store)
    assert store.plans.all(scope) == []
    with pytest.raises(NotFound) as foreign:
        store.plans.get(scope, made.plan_id)
    with pytest.raises(NotFound) as unknown:
        store.plans.get(scope, "p_none")
    assert str(foreign.value).replace(made.plan_id, "X") == str(unknown.value).replace("p_none", "X")
    with pytest.raises((NotFound, NotPermitted)):
        store.plans.answer(scope, made.plan_id, "yes")
    store.plans.mark_asked(Scope("b", scope.actor, scope.role), [made.plan_id])
    kept = store.plans.get(OWNER, made.plan_id)
    assert (kept.executed, kept.asked) == (None, False)


def test_staff_see_shared_plans_and_their_own_and_cannot_answer_for_the_merchant(store: Store) -> None:
    shared, own = _adopt(store, shared=True), _adopt(store, STAFF)
    hidden = _adopt(store)
    assert {plan.plan_id for plan in store.plans.all(STAFF)} == {shared.plan_id, own.plan_id}
    assert {plan.plan_id for plan in store.plans.all(OWNER)} == {shared.plan_id, own.plan_id, hidden.plan_id}
    with pytest.raises(NotPermitted):
        store.plans.answer(STAFF, shared.plan_id, "yes")
    assert store.plans.answer(OWNER, shared.plan_id, "no").executed == "no"
    store.plans.mark_asked(OWNER, [hidden.plan_id])
    assert store.plans.get(OWNER, hidden.plan_id).asked
    assert not store.plans.get(OWNER, own.plan_id).asked


def test_deleting_a_merchant_takes_its_plans_and_no_others(store: Store) -> None:
    _adopt(store)
    other = _adopt(store, ELSEWHERE[0])
    store.delete_merchant("a")
    assert store.plans.all(OWNER) == []
    assert store.plans.all(ELSEWHERE[0]) == [other]


def test_a_store_of_version_1_is_upgraded_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first = Store.sqlite(path)
    first.finish_turn(
        OWNER, first.open_thread(OWNER, None), question="why?", text="because", frame={}, result={}, marks={}
    )
    first.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:  # what a workspace of the first version looks like
        connection.execute(text("DROP TABLE adopted"))
        connection.execute(text("UPDATE schema_info SET version = 1"))
    assert "adopted" not in inspect(engine).get_table_names()
    store = Store.sqlite(path)
    made = _adopt(store)
    assert store.plans.all(OWNER) == [made]
    assert [info.title for info in store.threads(OWNER)] == ["why?"]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM schema_info")).scalars().all() == [SCHEMA_VERSION]
    store.close()
    Store.sqlite(path).close()  # and opening it again changes nothing
