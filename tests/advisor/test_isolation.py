"""Nobody sees what is not theirs: the state machine in a short form, and proof that it bites when a scope check is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from advisor.store import approvals, memory, threads
from advisor.store.schema import threads as thread_rows
from evals.benchmarks.isolation import walk
from evals.isolation import Leak, make_template

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("isolation")
    make_template(folder)
    return folder


def test_nobody_sees_what_is_not_theirs(template: Path) -> None:
    done = walk(template, steps=150, number=7)
    assert sum(done.values()) >= 150 and len(done) >= 11, done


def _any_merchant(patch: pytest.MonkeyPatch) -> None:
    mine = staticmethod(lambda scope, approval_id: approvals.approvals.c.approval_id == approval_id)
    patch.setattr(approvals.ApprovalBook, "_mine", mine)


def _any_side(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(approvals, "sees", lambda scope, tool, asked_by: True)


def _unshared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory, "_visible", memory._mine)


def _any_actor(patch: pytest.MonkeyPatch) -> None:
    def owned(connection: object, scope: object, thread_id: str) -> object:
        found = connection.execute(select(thread_rows).where(thread_rows.c.thread_id == thread_id)).mappings().first()  # type: ignore[attr-defined]
        return threads.owned(connection, scope, thread_id) if found is None else found  # type: ignore[arg-type]

    from advisor.store import store

    patch.setattr(store.Store, "_owned", staticmethod(owned))


@pytest.mark.parametrize("plant", [_any_merchant, _any_side, _unshared, _any_actor], ids=lambda plant: plant.__name__)
def test_a_missing_check_is_found(template: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    plant(monkeypatch)
    with pytest.raises(Leak):
        walk(template, steps=400, number=11)
