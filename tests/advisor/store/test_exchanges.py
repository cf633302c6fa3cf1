"""What was sent is kept whole, in order, for who asked, whatever an endpoint sends back; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.brains.base import Exchange
from advisor.errors import ThreadUnknown
from advisor.scope import Scope
from advisor.store import Store

ANN = Scope("a", "ann")
FOREIGN = [Scope("b", "ann"), Scope("a", "bob"), Scope("a", "ann", "staff")]


def _sent(**changes: Any) -> Exchange:
    given: dict[str, Any] = {
        "purpose": "compose",
        "host": "llm.example",
        "model": "m",
        "messages": [{"role": "user", "content": "复购怎么掉了"}, {"role": "tool", "content": "a\x00b\ud800"}],
        "tools": ("query_metric",),
        "reply": "好\x00的\ud800",
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "ms": 12,
    }
    return Exchange(**{**given, **changes})


def _begun(store: Store, thread: str = "t_0123456789abcdef") -> tuple[str, str]:
    turn = store.turns.begin(ANN, thread, question="复购怎么掉了", lang="zh", brain="auto")
    assert turn is not None
    return thread, turn


def test_kept_whole_in_order_and_storable(store: Store) -> None:
    thread, turn = _begun(store)
    record = store.exchanges.recorder(ANN, thread_id=thread, turn_id=turn)
    record(_sent(purpose="decide"))
    record(_sent(code="status_500", host="h" * 300, model="m" * 300))
    first, second = store.exchanges.of_thread(ANN, thread)
    assert (first.purpose, first.tools, first.prompt_tokens, first.code) == ("decide", ["query_metric"], 9, "ok")
    assert first.messages[0] == {"role": "user", "content": "复购怎么掉了"}
    assert first.messages[1]["content"] == "ab?"
    assert first.reply == "好的?"
    assert (second.code, len(second.host), len(second.model)) == ("status_500", 200, 120)
    assert [one.exchange_id for one in store.exchanges.recent(ANN, most=1)] == [second.exchange_id]


@pytest.mark.parametrize("scope", FOREIGN, ids=str)
def test_nobody_else_sees_that_it_was_made(store: Store, scope: Scope) -> None:
    thread, turn = _begun(store)
    store.exchanges.add(ANN, _sent(), thread_id=thread, turn_id=turn)
    store.traces.keep(ANN, thread, turn, {"calls": []})
    assert store.exchanges.recent(scope) == []
    for book in (store.exchanges, store.traces):
        with pytest.raises(ThreadUnknown):
            book.of_thread(scope, thread)
    assert store.traces.of_thread(ANN, thread)[0].trace == {"calls": []}


def test_the_words_go_with_a_conversation_that_never_was_and_everything_with_a_deleted_shop(store: Store) -> None:
    thread, turn = _begun(store)
    store.exchanges.add(ANN, _sent(), thread_id=thread, turn_id=turn)
    store.traces.keep(ANN, thread, turn, {"checked": [{"said": "复购 9%"}]})
    store.turns.end(turn, "failed", "model_unavailable")
    [left] = store.exchanges.recent(ANN)
    assert (left.host, left.messages, left.reply) == ("llm.example", [], "")
    other, again = _begun(store, "t_fedcba9876543210")
    store.exchanges.add(ANN, _sent(), thread_id=other, turn_id=again)
    store.delete_merchant("a")
    assert store.exchanges.recent(ANN) == []
