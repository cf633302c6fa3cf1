"""Insights: ranked by money, quiet once dismissed, back when a quarter more is at stake, and nobody else's to see."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from advisor.scope import Scope
from advisor.store import Store
from advisor.store.insights import Found
from tools.errors import NotFound
from tools.text import Text

A, B, STAFF = Scope("a", "ann"), Scope("b", "bob"), Scope("a", "kim", "staff")


def found(key: str, yuan: str) -> Found:
    return Found(key, "problem", Decimal(yuan), {"claim": {"zh": key, "en": key}}, Text("为什么？", "Why?"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.sqlite(tmp_path / "store.sqlite")


def keys(store: Store, scope: Scope = A) -> list[str]:
    return [each.fact["claim"]["en"] for each in store.insights.all(scope)]


def test_the_most_money_comes_first_and_a_new_reading_replaces_the_figures(store: Store) -> None:
    store.insights.renew(A, [found("small", "10"), found("large", "900.50")])
    assert keys(store) == ["large", "small"]
    first = {each.insight_id for each in store.insights.all(A)}
    store.insights.renew(A, [found("small", "2000"), found("large", "900")])
    again = store.insights.all(A)
    assert [each.yuan for each in again] == [Decimal(2000), Decimal(900)] and {i.insight_id for i in again} == first


@pytest.mark.parametrize(("later", "back"), [("124.99", False), ("125", True), ("90", False)])
def test_what_was_dismissed_comes_back_only_when_a_quarter_more_is_at_stake(
    store: Store, later: str, back: bool
) -> None:
    store.insights.renew(A, [found("x", "100")])
    store.insights.dismiss(A, store.insights.all(A)[0].insight_id)
    assert keys(store) == []
    store.insights.renew(A, [found("x", later)])
    assert (keys(store) == ["x"]) is back
    if back:
        assert store.insights.all(A)[0].worse


def test_the_bar_is_of_the_last_dismissal(store: Store) -> None:
    """Growing a little at each reading does not slip through, and dismissing again raises the bar."""
    store.insights.renew(A, [found("x", "100")])
    name = store.insights.all(A)[0].insight_id
    store.insights.dismiss(A, name)
    for yuan in ("110", "120"):
        store.insights.renew(A, [found("x", yuan)])
        assert keys(store) == []
    store.insights.renew(A, [found("x", "130")])
    store.insights.dismiss(A, name)
    store.insights.renew(A, [found("x", "150")])
    assert keys(store) == []
    assert store.insights.restore(A, name).status == "open" and keys(store) == ["x"]


def test_what_is_no_longer_found_is_gone_but_not_for_a_reading_by_staff(store: Store) -> None:
    store.insights.renew(A, [found("x", "100"), found("y", "50")])
    store.insights.renew(STAFF, [found("y", "60")])
    assert keys(store) == ["x", "y"]
    store.insights.renew(A, [found("y", "60")])
    assert keys(store) == ["y"]
    store.insights.renew(A, [found("x", "100")])
    assert keys(store) == ["x"]


def test_another_merchants_insight_looks_like_none(store: Store) -> None:
    store.insights.renew(A, [found("x", "100")])
    store.insights.renew(B, [found("x", "7")])
    assert keys(store, B) == ["x"] and store.insights.all(B)[0].yuan == 7
    theirs = store.insights.all(B)[0].insight_id
    errors = []
    for name in (theirs, "i_unknown"):
        with pytest.raises(NotFound) as caught:
            store.insights.dismiss(A, name)
        errors.append(caught.value.message.en.replace(name, "…"))
    assert errors[0] == errors[1]
    store.delete_merchant("a")
    assert keys(store, A) == [] and keys(store, B) == ["x"]
