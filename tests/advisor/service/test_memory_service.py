"""What a turn leaves in memory, and what doors may do with it: scope and role are checked on every call."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from advisor.brains.frame.remember import ASKED_MARGIN
from advisor.scope import Scope
from advisor.service.memory import (
    after_turn,
    forget_memory,
    list_memory,
    recalled,
    set_memory,
    share_memory,
    stated_row,
)
from advisor.store import Store
from tools.errors import BadArguments, NotFound, NotPermitted

A, STAFF, OTHER = Scope("a", "ann"), Scope("a", "kim", "staff"), Scope("b", "ann")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.sqlite(tmp_path / "store.sqlite")
    yield store
    store.close()


def refs(store: Store, scope: Scope = A) -> list[str]:
    return [one.ref for one in list_memory(store, scope)]


def test_a_sentence_is_kept_as_in_a_chat_and_taken_back_by_name(store: Store) -> None:
    assert set_memory(store, A, "毛利率 40%，我们不打折", "CNY")[0] == "gross_margin"
    set_memory(store, A, "预算 2 万", "CNY")
    set_memory(store, A, "stay friendly", "CNY", note=True)
    assert [one.kind for one in list_memory(store, A)] == ["figure", "figure", "constraint", "note"]
    row = stated_row(store, A, "budget")
    assert row is not None
    assert (row["value"], row["unit"], row["label"]) == (Decimal(20000), "CNY", {"zh": "预算", "en": "budget"})
    forget_memory(store, A, "毛利率")
    forget_memory(store, A, "discounts")
    assert [one.kind for one in list_memory(store, A)] == ["figure", "note"]
    with pytest.raises(NotFound):
        forget_memory(store, A, "毛利率")
    with pytest.raises(BadArguments):
        set_memory(store, A, "上个月卖了多少？", "CNY")


def test_staff_see_what_is_shared_and_change_nothing(store: Store) -> None:
    set_memory(store, A, "毛利率 40%", "CNY")
    assert refs(store, STAFF) == refs(store, OTHER) == []
    assert share_memory(store, A, "毛利") == ["gross_margin"]
    assert refs(store, STAFF) == ["gross_margin"]
    assert refs(store, OTHER) == []
    for call in (
        lambda: set_memory(store, STAFF, "毛利率 50%", "CNY"),
        lambda: forget_memory(store, STAFF, "gross_margin"),
        lambda: share_memory(store, STAFF, "gross_margin", shared=False),
    ):
        with pytest.raises(NotPermitted):
            call()
    slots = {"stated": [{"key": "gross_margin", "value": "0.5", "unit": "ratio"}]}
    after_turn(store, STAFF, slots, "CNY", limits=[], thread_id="t")
    assert [one.value for one in list_memory(store, A)] == [Decimal("0.4")]
    assert not recalled(store, STAFF).writable
    share_memory(store, A, "gross_margin", shared=False)
    assert refs(store, STAFF) == []


def test_the_margin_is_asked_for_once_and_not_again_when_declined(store: Store) -> None:
    assert recalled(store, A).may_ask("gross_margin")
    after_turn(store, A, {}, "CNY", limits=["没有可比的案例。", f"{ASKED_MARGIN[0]}，……"], thread_id="t")
    assert not recalled(store, A).may_ask("gross_margin")
    assert recalled(store, OTHER).may_ask("gross_margin")
    assert refs(store) == []  # that we asked is nothing the merchant told
    after_turn(store, A, {"declined": ["gross_margin"]}, "CNY", limits=[], thread_id="t")
    (declined,) = list_memory(store, A)
    assert declined.label.zh == "毛利率：不方便说"
    after_turn(store, A, {"stated": [{"key": "gross_margin", "value": "0.4", "unit": "ratio"}]}, "CNY", limits=[], thread_id="t")  # fmt: skip
    assert refs(store) == ["gross_margin"]


def test_a_turn_forgets_what_is_still_there(store: Store) -> None:
    set_memory(store, A, "预算 2 万", "CNY")
    after_turn(store, A, {"forget": ["budget", "n_gone"]}, "CNY", limits=[], thread_id="t")
    assert refs(store) == []
