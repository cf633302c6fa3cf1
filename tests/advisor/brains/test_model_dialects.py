"""One brain, every dialect: both calls chosen, the answer written, no thought told, and a refusal met once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from advisor.brains.base import Exchange, Outcome, ToolCall
from advisor.brains.dialects import Dialect
from advisor.brains.model import ModelBrain
from advisor.errors import ModelSpent, ToolsUnsupported
from evals.faults import GOOD_CALLS, GOOD_TEXT, Endpoint, serve
from tests.advisor.brains.model_turn import brain, turn
from tests.advisor.grounding_facts import FACTS
from tests.fakes.dialects import DIALECTS
from tools.facts import ToolResult
from tools.text import Text

WITHOUT_TOOLS = {"vllm_no_parser", "llamacpp_no_jinja"}
MODES = sorted(set(DIALECTS) - {"models"})


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serve(DIALECTS) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint) -> Endpoint:
    server.text, server.calls = GOOD_TEXT, list(GOOD_CALLS)
    server.requests.clear()
    return server


def shared(**given: Any) -> Dialect:
    return Dialect.of("http://127.0.0.1", answer_tokens=300, **given)


async def decided(one: ModelBrain, **view: Any) -> list[ToolCall] | None:
    try:
        return await one.decide(turn(**({"evidence": {}} | view)))
    except ToolsUnsupported:
        return None


@pytest.mark.parametrize("strict", ["off", "on"])
@pytest.mark.parametrize("mode", MODES)
async def test_every_dialect_chooses_and_writes(endpoint: Endpoint, mode: str, strict: str) -> None:
    endpoint.mode, dialect = mode, shared(strict=strict)
    calls = await decided(brain(endpoint.url, dialect=dialect))
    if mode in WITHOUT_TOOLS:
        assert calls is None and len(endpoint.requests) == 1
    else:
        assert calls is not None
        assert [(call.name, dict(call.arguments)) for call in calls] == [
            ("query_metric", {"metric": "gmv"}),
            ("explain_change", {"metric": "gmv"}),
        ]
    drafts = [draft async for draft in brain(endpoint.url, dialect=dialect).statements(turn())]
    assert [draft.section for draft in drafts] == ["headline", "why", "what", "how"]
    assert not any(thought in draft.text for draft in drafts for thought in ("999", "42", "think"))
    # what was refused once is not sent again, by another brain of the same process
    endpoint.requests.clear()
    again = brain(endpoint.url, dialect=dialect)
    await decided(again)
    assert len([draft async for draft in again.statements(turn())]) == 4
    assert len(endpoint.requests) == (1 if mode in WITHOUT_TOOLS else 2)


@pytest.mark.parametrize(("mode", "sent_back"), [("deepseek_v4", True), ("deepseek_r1", False), ("ollama", False)])
async def test_thoughts_go_back_only_to_an_endpoint_that_asks_for_them(
    endpoint: Endpoint, mode: str, sent_back: bool
) -> None:
    endpoint.mode = mode
    one = brain(endpoint.url)
    calls = await one.decide(turn(evidence={}))
    done = tuple(Outcome(call, result=ToolResult(facts=[FACTS["m1"]])) for call in calls)
    assert await one.decide(turn(outcomes=done, round=1)) == []
    last = endpoint.requests[-1]["messages"]
    assert [("reasoning_content" in message) for message in last if message["role"] == "assistant"] == [sent_back]
    assert any("GMV is 999" in str(message) for message in last) is sent_back


async def test_strict_schemas_are_sent_where_they_are_kept_and_dropped_where_refused(endpoint: Endpoint) -> None:
    def strict() -> list[bool]:
        return [bool(t["function"].get("strict")) for t in endpoint.requests[-1]["tools"]]

    for mode, given, kept in (("openai", "on", True), ("openai", "auto", False), ("strict_refused", "on", False)):
        endpoint.mode = mode
        await brain(endpoint.url, dialect=shared(strict=given)).decide(turn(evidence={}))
        assert strict() == [kept, kept], mode
    assert (
        Dialect.of(None, answer_tokens=1).strict and Dialect.of("https://x.openai.azure.com/v1", answer_tokens=1).strict
    )
    assert not Dialect.of("https://api.openai.com.evil.example/v1", answer_tokens=1).strict


async def test_an_overlong_prompt_is_cut_to_half_and_the_question_stays(endpoint: Endpoint) -> None:
    endpoint.mode, dialect = "llamacpp", shared()
    many = {f"m{i}": FACTS["m1"].model_copy(update={"id": f"f_{i}"}) for i in range(1, 300)}
    one = brain(endpoint.url, dialect=dialect, context_tokens=9_000)
    assert [draft async for draft in one.statements(turn(evidence=many))]
    sizes = [len(request["messages"][1]["content"]) for request in endpoint.requests]
    assert len(sizes) > 1 and sizes[-1] < sizes[0] / 2
    assert "Why did GMV change" in endpoint.requests[-1]["messages"][1]["content"]
    assert dialect.halvings == len(sizes) - 1


class Book:
    """A ledger that remembers."""

    def __init__(self, allowed: int = 99) -> None:
        self.allowed = allowed
        self.noted: list[Exchange] = []

    def allow(self) -> None:
        if len(self.noted) >= self.allowed:
            raise ModelSpent(Text("用完了", "spent"))

    def note(self, exchange: Exchange) -> None:
        self.noted.append(exchange)


async def test_every_request_is_noted_as_it_was_sent_refused_ones_too(endpoint: Endpoint) -> None:
    endpoint.mode, book = "openai", Book()
    one = brain(endpoint.url, ledger=book)
    await one.decide(turn(evidence={}))
    [_ async for _ in one.statements(turn())]
    assert [(note.purpose, note.code) for note in book.noted] == [
        ("decide", "status_400"), ("decide", "status_400"), ("decide", "ok"), ("compose", "ok"),
    ]  # fmt: skip
    assert [note.messages for note in book.noted] == [request["messages"] for request in endpoint.requests]
    assert book.noted[2].tools == ["query_metric", "explain_change"] and "query_metric" in book.noted[2].reply
    assert [(note.prompt_tokens, note.completion_tokens) for note in book.noted] == [
        (0, 0),
        (0, 0),
        (100, 20),
        (100, 20),
    ]
    assert book.noted[3].reply == GOOD_TEXT and one.host == book.noted[3].host


async def test_a_reader_who_leaves_is_noted_with_what_had_arrived(endpoint: Endpoint) -> None:
    endpoint.mode, book = "llamacpp", Book()
    stream = brain(endpoint.url, ledger=book).statements(turn())
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    (note,) = book.noted
    assert note.code == "cut" and note.prompt_tokens > 100 and note.reply.startswith("GMV rose")


async def test_nothing_is_sent_once_the_limit_is_reached(endpoint: Endpoint) -> None:
    endpoint.mode, book = "llamacpp", Book(allowed=1)
    one = brain(endpoint.url, ledger=book)
    await one.decide(turn(evidence={}))
    with pytest.raises(ModelSpent):
        [_ async for _ in one.statements(turn())]
    assert len(endpoint.requests) == 1
