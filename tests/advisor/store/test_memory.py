"""What the merchant told: replaced, shared, forgotten; staff see what is shared and state nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from advisor.scope import Scope
from advisor.store import Store
from tools.errors import BadArguments, NotFound, NotPermitted

A = Scope("a", "ann")
STAFF = Scope("a", "kim", "staff")
OTHER = Scope("b", "ann")


def test_a_later_figure_replaces_the_earlier_and_stays_shared(store: Store) -> None:
    store.memory.state(A, "gross_margin", Decimal("0.30"), "ratio")
    store.memory.share(A, "gross_margin")
    store.memory.state(A, "gross_margin", Decimal("0.35"), "ratio")
    found = store.memory.stated(STAFF, "gross_margin")
    assert found is not None
    assert (found.value, found.unit, found.actor, found.shared) == (Decimal("0.35"), "ratio", "ann", True)
    assert [one.key for one in store.memory.figures(A)] == ["gross_margin"]
    store.memory.share(A, "gross_margin", shared=False)
    assert store.memory.figures(STAFF) == []


def test_staff_see_what_is_shared_and_state_nothing(store: Store) -> None:
    note = store.memory.remember(A, "constraint", "我们不做降价")
    store.memory.state(A, "budget", Decimal(20000), "CNY")
    assert store.memory.words(STAFF) == []
    store.memory.share(A, note.memory_id)
    assert [one.text for one in store.memory.words(STAFF)] == ["我们不做降价"]
    for call in (
        lambda: store.memory.state(STAFF, "gross_margin", Decimal("0.4"), "ratio"),
        lambda: store.memory.remember(STAFF, "note", "x"),
        lambda: store.memory.forget(STAFF, "budget"),
        lambda: store.memory.share(STAFF, "budget"),
    ):
        with pytest.raises(NotPermitted):
            call()
    assert [one.key for one in store.memory.figures(A)] == ["budget"]


def test_another_merchant_sees_and_deletes_nothing(store: Store) -> None:
    note = store.memory.remember(A, "note", "ours")
    store.memory.state(A, "budget", Decimal(1), "CNY")
    assert store.memory.words(OTHER) == []
    for ref in (note.memory_id, "budget", "unknown"):
        with pytest.raises(NotFound):
            store.memory.forget(OTHER, ref)
        with pytest.raises(NotFound):
            store.memory.share(OTHER, ref)
    assert store.memory.words(A) == [note]


def test_words_are_kept_once_and_a_new_stage_replaces_the_old(store: Store) -> None:
    first = store.memory.remember(A, "constraint", "不做降价")
    assert store.memory.remember(A, "constraint", " 不做降价\n") == first
    store.memory.remember(A, "stage", "起步")
    store.memory.remember(A, "stage", "成长")
    assert [(one.kind, one.text) for one in store.memory.words(A)] == [("constraint", "不做降价"), ("stage", "成长")]
    store.memory.forget(A, first.memory_id)
    assert [one.kind for one in store.memory.words(A)] == ["stage"]


def test_that_we_asked_is_no_note_of_theirs_and_a_figure_ends_a_refusal(store: Store) -> None:
    asked = store.memory.remember(A, "asked", "gross_margin")
    with pytest.raises(NotFound):
        store.memory.forget(A, asked.memory_id)
    store.memory.remember(A, "declined", "gross_margin")
    store.memory.state(A, "gross_margin", Decimal("0.4"), "ratio")
    assert [one.kind for one in store.memory.words(A)] == ["asked"]


def test_what_cannot_be_kept_is_refused(store: Store) -> None:
    for value in (Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 12):
        with pytest.raises(BadArguments):
            store.memory.state(A, "budget", value, "CNY")
    with pytest.raises(BadArguments):
        store.memory.remember(A, "note", "\x00\x1b \u202e")
    kept = store.memory.remember(A, "note", "a\x00b\x1b[31m" + "长" * 500)
    assert kept.text.isprintable()
    assert len(kept.text) == 200
    assert store.memory.words(A) == [kept]


def test_notes_have_a_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.store.memory._MOST", 3)
    for number in range(3):
        store.memory.remember(A, "note", f"note {number}")
    with pytest.raises(BadArguments, match="advisor memory forget"):
        store.memory.remember(A, "note", "one more")
    store.memory.remember(OTHER, "note", "theirs")
