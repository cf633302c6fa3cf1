"""Every misbehaviour of an endpoint ends within the deadline: in drafts, in tool calls, or in ModelUnavailable with a clear text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from advisor.brains.base import Draft
from advisor.errors import ModelUnavailable, ToolsUnsupported
from advisor.grounding import check
from tests.advisor.brains.model_turn import TOKEN, brain, turn
from tests.advisor.grounding_facts import FACTS, TODAY
from tests.fakes.faulty_endpoint import GOOD_TEXT, MISBEHAVIOURS, Endpoint, dead_url, serve

DEADLINE = 15.0  # none of the modes that end by themselves comes near it, also under load
HANGS = {"hang_before_first_byte", "hang_mid_stream", "slow_drip", "endless_comments"}


def deadline(mode: str) -> float:
    """Hanging modes use up their deadline, so it is short."""
    return 0.4 if mode in HANGS else DEADLINE


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serve() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint) -> Endpoint:
    server.mode, server.text = "good", GOOD_TEXT
    server.requests.clear()
    return server


async def drafts(url: str, deadline_s: float = DEADLINE, attempts: int = 3) -> list[Draft]:
    return [draft async for draft in brain(url, deadline_s=deadline_s, attempts=attempts).statements(turn())]


# What writing ends in, per misbehaviour: a word of the error text, or "drafts".
WRITING = {
    "hang_before_first_byte": "did not finish",
    "hang_mid_stream": "did not finish",
    "slow_drip": "did not finish",
    "cut_stream": "broke off",
    "endless_comments": "did not finish",
    "reset_before_answer": "cannot be reached",
    "reset_mid_stream": "broke off",
    "not_http": "cannot be reached",
    "bad_chunks": "cannot be reached",
    "short_body": "cannot be reached",
    "gzip_garbage": "cannot be reached",
    "status_500": "failed (500)",
    "status_500_when_writing": "failed (500)",
    "status_503_html": "failed (503)",
    "status_429": "(429)",
    "status_429_retry_after_long": "(429)",
    "status_429_retry_after_nonsense": "(429)",
    "status_429_retry_after_huge": "(429)",
    "status_429_retry_after_date": "(429)",
    "status_429_retry_after_last_day": "(429)",
    "status_401": "OPENAI_API_KEY",
    "key_expires_mid_turn": "OPENAI_API_KEY",
    "status_402": "out of quota (402)",
    "status_403": "OPENAI_API_KEY",
    "status_404": "OPENAI_MODEL",
    "status_400": "did not accept",
    "redirect_elsewhere": "points elsewhere (307)",
    "html_body": "no usable answer",
    "error_with_status_200": "no usable answer",
    "deep_json": "no usable answer",
    "not_utf8": "no usable answer",
    "only_thoughts": "no usable answer",
    "thought_never_closed": "no usable answer",
    "calls_when_writing": "no usable answer",
    "endless_text": "no usable answer",
    "empty_body": "no usable answer",
    "empty_choices": "no usable answer",
    "no_choices": "no usable answer",
    "broken_json": "no usable answer",
    "json_list": "no usable answer",
    "json_string": "no usable answer",
    "choices_wrong_type": "no usable answer",
    "null_content": "no usable answer",
    "error_in_stream": "no usable answer",
    "finish_content_filter": "content filter",
    "refusal": "no usable answer",
    "whitespace_text": "no usable answer",
    "huge_token": "no usable answer",
}  # fmt: skip
WRITES = ["json_not_stream", "byte_order_mark", "null_delta", "usage_in_words", "usage_nonsense", "two_finish_reasons",
          "finish_reason_number", "content_in_parts", "done_then_open", "finished_then_open", "good", "status_500_then_good", "status_429_retry_after_then_good", "no_finish_reason", "wrong_content_type", "no_tools",
          "picky", "thinking"]  # fmt: skip


@pytest.mark.parametrize("mode", sorted(WRITING))
async def test_writing_fails_clearly_within_the_deadline(endpoint: Endpoint, mode: str) -> None:
    endpoint.mode = mode
    started = time.monotonic()
    with pytest.raises(ModelUnavailable) as raised:
        await drafts(endpoint.url, deadline(mode), attempts=1)
    assert time.monotonic() - started < deadline(mode) + 1.0
    assert WRITING[mode] in raised.value.text("en")
    assert "127.0.0.1" in raised.value.text("zh") and raised.value.text("zh") != raised.value.text("en")
    assert "SECRET" not in raised.value.text("en") and TOKEN not in raised.value.text("en")


@pytest.mark.parametrize("mode", WRITES)
async def test_writing_survives(endpoint: Endpoint, mode: str) -> None:
    endpoint.mode = mode
    found = await drafts(endpoint.url)
    assert [draft.section for draft in found] == ["headline", "why", "what", "how"]
    assert found[0].text == "GMV rose 6.1% to ¥1,284,350 in October[m1]."
    assert not any("42" in draft.text or "999" in draft.text for draft in found)


async def test_a_dead_endpoint_is_named() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await drafts(dead_url(), attempts=1)


async def test_a_cut_line_is_not_a_statement(endpoint: Endpoint) -> None:
    endpoint.mode = "finish_length"
    assert [draft.text for draft in await drafts(endpoint.url)] == ["GMV rose 6.1% in October[m1]."]


async def test_what_arrived_before_a_hang_was_already_given(endpoint: Endpoint) -> None:
    endpoint.mode, endpoint.text = (
        "cut_stream",
        "GMV rose 6.1% in October[m1].\n## Why\nConversion fell 0.4 pp[m5].\nand so on",
    )
    given: list[str] = []
    with pytest.raises(ModelUnavailable):
        async for draft in brain(endpoint.url, deadline_s=DEADLINE).statements(turn()):
            given.append(draft.text)
    assert given == ["GMV rose 6.1% in October[m1]."]


@pytest.mark.parametrize("mode", ["nonsense_text", "invented_figures"])
async def test_nonsense_and_inventions_are_withheld_by_the_check(endpoint: Endpoint, mode: str) -> None:
    endpoint.mode = mode
    found = await drafts(endpoint.url)
    passed = [
        d.text
        for d in found
        if check(d.text, cited=FACTS, lang="en", section=d.section, why_class=d.why_class, today=TODAY).ok
    ]
    assert not any(digit in text for text in passed for digit in ("37.5", "9,999", "82", "2.5"))


DECIDING = {
    "hang_before_first_byte": ModelUnavailable,
    "hang_mid_stream": ModelUnavailable,
    "slow_drip": ModelUnavailable,
    "cut_stream": ModelUnavailable,
    "status_500": ModelUnavailable,
    "status_401": ModelUnavailable,
    "status_429_retry_after_long": ModelUnavailable,
    "broken_json": ModelUnavailable,
    "no_tools": ToolsUnsupported,
    "html_body": ModelUnavailable,
    "empty_choices": ModelUnavailable,
    "nonsense_text": ToolsUnsupported,
    "nameless_tool": ToolsUnsupported,
}


@pytest.mark.parametrize("mode", sorted(DECIDING))
async def test_deciding_fails_clearly(endpoint: Endpoint, mode: str) -> None:
    endpoint.mode = mode
    started = time.monotonic()
    with pytest.raises(ModelUnavailable) as raised:
        await brain(endpoint.url, deadline_s=deadline(mode), attempts=1).decide(turn(evidence={}))
    assert type(raised.value) is DECIDING[mode]
    assert time.monotonic() - started < deadline(mode) + 1.0


async def test_every_misbehaviour_is_covered() -> None:
    tools = {
        "invalid_tool_arguments",
        "unknown_tool",
        "duplicate_ids",
        "endless_tool_loop",
        "many_tools",
        "smuggled_merchant",
        "numbers_as_ids",
        "same_call_thrice",
        "tool_loop_new_arguments",
        "call_cut_in_the_middle",
    }  # test_model_brain and, in whole turns, test_model_faults_turn
    told = set(WRITING) | set(WRITES) | set(DECIDING) | tools | {"finish_length", "nonsense_text", "invented_figures"}
    assert told >= set(MISBEHAVIOURS)


async def test_retry_after_longer_than_the_deadline_is_not_waited_for(endpoint: Endpoint) -> None:
    endpoint.mode = "status_429_retry_after_long"
    started = time.monotonic()
    with pytest.raises(ModelUnavailable):
        await drafts(endpoint.url, 60.0)  # told 600 s: a machine under load still answers long before the deadline
    assert time.monotonic() - started < 30
    assert len(endpoint.requests) == 1


async def test_a_refused_key_is_not_tried_again(endpoint: Endpoint) -> None:
    endpoint.mode = "status_401"
    with pytest.raises(ModelUnavailable):
        await drafts(endpoint.url)
    assert len(endpoint.requests) == 1


async def test_cancelling_stops_the_request(endpoint: Endpoint) -> None:
    endpoint.mode = "hang_mid_stream"
    task = asyncio.create_task(drafts(endpoint.url))
    await asyncio.sleep(0.3)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 5
