"""Requests and effects as rows: one of two deciders wins, what changed is not decided unseen, and an effect is run once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from advisor.scope import Scope
from advisor.store import Store
from advisor.store.approval_rules import RULES
from advisor.store.approvals import VALID_FOR, ApprovalBook
from tools.errors import NotFound, NotPermitted

A, STAFF = Scope("a", "ann"), Scope("a", "kim", "staff")
PLAN = {"playbook_id": "member-day", "start": "2026-12-01"}
LONG = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC).replace(tzinfo=None)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> ApprovalBook:
    store = Store.sqlite(tmp_path / "store.sqlite")
    return ApprovalBook(store._engine, now=clock)


def test_the_same_wish_twice_is_one_request(book: ApprovalBook) -> None:
    first = book.request(A, tool="adopt_plan", arguments=PLAN)
    assert book.request(A, tool="adopt_plan", arguments=dict(reversed(PLAN.items()))) == first
    other = book.request(A, tool="adopt_plan", arguments={**PLAN, "start": "2026-12-02"})
    book.decide(A, first.approval_id, "ignored")
    assert book.request(A, tool="adopt_plan", arguments=PLAN).approval_id not in (
        first.approval_id,
        other.approval_id,
    )


@pytest.mark.parametrize("scope", [Scope("b", "ann"), Scope("b", "kim", "staff"), STAFF], ids=str)
def test_a_foreign_request_looks_like_an_unknown_one(book: ApprovalBook, scope: Scope) -> None:
    """The shop's own feedback is none of the staff's business before it was sent."""
    mine = book.request(A, tool="file_feedback", arguments={"text": "secret"}).approval_id
    told = []
    for approval_id in (mine, "a_none"):
        for act in (book.get, book.effect, book.check_decider):
            with pytest.raises(NotFound) as refused:
                act(scope, approval_id)
            told.append(str(refused.value).replace(approval_id, "X"))
        with pytest.raises(NotFound):
            book.edit(scope, approval_id, {})
        with pytest.raises(NotFound):
            book.decide(scope, approval_id, "accepted")
    assert len(set(told)) == 1
    assert book.all(scope) == []
    assert book.get(A, mine).status == "open"


def test_staff_propose_and_the_merchant_decides(book: ApprovalBook) -> None:
    asked = book.request(STAFF, tool="adopt_plan", arguments=PLAN).approval_id
    with pytest.raises(NotPermitted, match="merchant to decide"):
        book.decide(STAFF, asked, "accepted")
    assert book.decide(A, asked, "accepted").decided_by == "ann"


@pytest.mark.parametrize(("scope", "tool"), [(A, "notify_merchant"), (A, "drop_tables"), (STAFF, "query_metric")])
def test_what_no_rule_names_is_refused(book: ApprovalBook, scope: Scope, tool: str) -> None:
    with pytest.raises(NotPermitted):
        book.request(scope, tool=tool, arguments={})
    assert book.all(scope) == []


def test_a_rule_that_was_dropped_leaves_nobody_to_decide(book: ApprovalBook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = book.request(A, tool="adopt_plan", arguments=PLAN).approval_id
    monkeypatch.delitem(RULES, "adopt_plan")
    with pytest.raises(NotPermitted):
        book.decide(A, asked, "accepted")


def test_a_request_expires_at_its_time_and_not_before(book: ApprovalBook, clock: Clock) -> None:
    asked = book.request(A, tool="adopt_plan", arguments=PLAN).approval_id
    clock.at += VALID_FOR - timedelta(seconds=1)
    assert book.get(A, asked).status == "open"
    clock.at += timedelta(seconds=1)
    assert book.get(A, asked).status == "expired"
    for act in (lambda: book.decide(A, asked, "accepted"), lambda: book.edit(A, asked, PLAN)):
        with pytest.raises(NotPermitted, match="expired"):
            act()
    assert book.request(A, tool="adopt_plan", arguments=PLAN).approval_id != asked


def test_what_was_edited_is_not_accepted_unseen(book: ApprovalBook) -> None:
    looked = book.request(A, tool="file_feedback", arguments={"text": "slow"})
    edited = book.edit(Scope("a", "bob"), looked.approval_id, {"text": "very slow"})
    with pytest.raises(NotPermitted, match="changed after"):
        book.decide(A, looked.approval_id, "accepted", seen=looked.seen)
    assert book.decide(A, looked.approval_id, "accepted", seen=edited.seen).arguments == {"text": "very slow"}
    with pytest.raises(NotPermitted, match="already decided"):
        book.edit(A, looked.approval_id, {"text": "later"})


def test_of_many_who_decide_at_once_one_decides(tmp_path: Path) -> None:
    """Each with a connection of its own, as processes have; an edit in between makes one of both fail, never both pass."""
    books = [Store.sqlite(tmp_path / "store.sqlite").approvals for _ in range(6)]
    for _ in range(5):
        asked = books[0].request(A, tool="adopt_plan", arguments=PLAN)

        def act(number: int, approval_id: str = asked.approval_id, seen: str = asked.seen) -> str:
            try:
                if number == 0:
                    books[0].edit(A, approval_id, {**PLAN, "start": "2026-12-24"})
                    return "edited"
                books[number].decide(A, approval_id, "accepted" if number % 2 else "ignored", seen=seen)
            except NotPermitted:
                return "late"
            return "decided"

        with ThreadPoolExecutor(len(books)) as pool:
            ended = list(pool.map(act, range(len(books))))
        found = books[0].get(A, asked.approval_id)
        assert ended.count("decided") == (found.status != "open") <= 1
        assert not (found.status == "accepted" and found.seen != asked.seen), "accepted what nobody saw"
        if found.status == "open":
            books[0].decide(A, asked.approval_id, "ignored")


def test_an_effect_is_begun_once_and_taken_over_only_when_given_up(book: ApprovalBook, clock: Clock) -> None:
    asked = book.request(A, tool="adopt_plan", arguments=PLAN).approval_id
    assert book.effect(A, asked) is None
    assert book.begin(A, "k", asked, given_up=LONG)[1]
    clock.at += LONG - timedelta(seconds=1)
    assert not book.begin(A, "k", asked, given_up=LONG)[1]
    clock.at += timedelta(seconds=1)
    assert book.begin(A, "k", asked, given_up=LONG)[1]
    assert not book.begin(A, "k", asked, given_up=LONG)[1]
    book.end(A, "k", done=True, result={"files": ["x"]})
    clock.at += 10 * LONG
    row, ours = book.begin(A, "k", asked, given_up=LONG)
    assert (row.status, row.result, ours) == ("done", {"files": ["x"]}, False)


def test_a_failure_may_be_tried_again_and_never_undoes_what_is_done(book: ApprovalBook) -> None:
    asked = book.request(A, tool="adopt_plan", arguments=PLAN).approval_id
    book.begin(A, "k", asked, given_up=LONG)
    assert book.end(A, "k", done=False, result={"code": "x"}).status == "failed"
    assert book.begin(A, "k", asked, given_up=LONG)[1]
    assert book.end(A, "k", done=True, result={}).status == "done"
    assert book.end(A, "k", done=False, result={"code": "x"}).status == "done"


def test_deleting_a_merchant_takes_its_requests_along(tmp_path: Path) -> None:
    store = Store.sqlite(tmp_path / "store.sqlite")
    other = Scope("b", "bo")
    for scope in (A, other):
        asked = store.approvals.request(scope, tool="adopt_plan", arguments=PLAN)
        store.approvals.begin(scope, f"k_{scope.merchant_id}", asked.approval_id, given_up=LONG)
    store.delete_merchant("a")
    assert store.approvals.all(A) == []
    (kept,) = store.approvals.all(other)
    assert store.approvals.effect(other, kept.approval_id) is not None
