"""Conversations: found by words, renamed, deleted with everything; foreign ones look unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from advisor.errors import ThreadUnknown
from advisor.scope import Scope
from advisor.store import Store
from advisor.store.engine import make_engine
from advisor.store.schema import exchanges, messages, metadata, traces, turn_calls, turns
from tools.errors import BadArguments
from tools.facts import Claim, Fact

A = Scope("a", "ann")
FOREIGN = [Scope("b", "ann"), Scope("a", "bob"), Scope("a", "ann", "staff")]
FACT = Fact(id="f_1", kind="metric", claim=Claim(zh="支付金额 1 元", en="GMV ¥1"))


def _turn(store: Store, question: str, answer: str, scope: Scope = A) -> str:
    thread = store.open_thread(scope, None)
    store.finish_turn(scope, thread, question=question, text=answer, frame={}, result={}, marks={"m1": FACT})
    return thread


def test_search_finds_parts_of_chinese_and_latin_words_in_questions_and_answers(store: Store) -> None:
    first = _turn(store, "上个月复购率为什么掉", "老客回来的少了 5_0%")
    second = _turn(store, "Why did GMV fall?", "Search visitors fell")
    _turn(store, "复购怎么样", "x", Scope("b", "ann"))

    def found(words: str) -> list[str]:
        return [one.thread.thread_id for one in store.shelf.search(A, words)]

    assert found("复购") == [first]
    assert found("gmv VISITORS") == [second]
    assert found("复购 老客") == [first]  # one word in the question, the other in the answer
    assert found("复购 visitors") == []
    assert found("%") == [first]  # a sign, not a wildcard
    assert found("5_0") == [first]
    assert found("5x0") == []
    assert "复购率" in store.shelf.search(A, "复购率")[0].excerpt
    for scope in FOREIGN[1:]:
        assert store.shelf.search(scope, "复购") == []
    with pytest.raises(BadArguments):
        store.shelf.search(A, " \x00 ")


def test_a_title_of_ones_own_is_listed_and_found(store: Store) -> None:
    thread = _turn(store, "why?", "because")
    assert store.shelf.rename(A, thread, "  双11\n复盘 \x00" + "长" * 200).title == ("双11 复盘 " + "长" * 200)[:80]
    assert store.threads(A)[0].title.startswith("双11 复盘")
    assert [one.thread.thread_id for one in store.shelf.search(A, "双11")] == [thread]
    with pytest.raises(BadArguments):
        store.shelf.rename(A, thread, "\n")


@pytest.mark.parametrize("scope", FOREIGN, ids=str)
def test_a_foreign_thread_is_unknown(store: Store, scope: Scope) -> None:
    thread = _turn(store, "why?", "because")
    with pytest.raises(ThreadUnknown):
        store.shelf.rename(scope, thread, "mine now")
    with pytest.raises(ThreadUnknown):
        store.shelf.info(scope, thread)
    assert store.shelf.info(A, thread).title == "why?"


def test_deleting_leaves_no_row_of_the_thread(store: Store, place: Path | str) -> None:
    thread, kept = _turn(store, "why?", "because"), _turn(store, "other?", "yes")
    engine = make_engine(place)
    shared = {"merchant_id": "a", "name": "n", "arguments": {}, "outcome": {}, "ms": 1}
    now = store.threads(A)[0].created_at
    with engine.begin() as connection:
        for turn, inside in (("u_1", thread), ("u_2", kept)):
            connection.execute(insert(turns).values(turn_id=turn, merchant_id="a", thread_id=inside, actor="ann", role="merchant", question="q", lang="zh", brain="planner", status="done", started_at=now, seen_at=now))  # fmt: skip
            connection.execute(insert(turn_calls).values(turn_id=turn, position=0, **shared))
            connection.execute(insert(traces).values(turn_id=turn, merchant_id="a", thread_id=inside, trace={}))
            connection.execute(insert(exchanges).values(merchant_id="a", thread_id=inside, turn_id=turn, at=now, purpose="decide", host="h", model="m", messages=[], tools=[], reply="", prompt_tokens=1, completion_tokens=1, ms=1, code="ok"))  # fmt: skip
    store.delete_thread(A, thread)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "thread_id" in table.c and table.name not in ("audit", "memories", "approvals"):
                left = set(connection.execute(select(table.c.thread_id)).scalars())
                assert thread not in left, table.name
                assert kept in left, table.name
        assert connection.execute(select(turn_calls.c.turn_id)).scalars().all() == ["u_2"]
        assert connection.execute(select(messages.c.text)).scalars().all() == ["other?", "yes"]
    engine.dispose()
