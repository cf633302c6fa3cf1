"""The misbehaviours by name. Each is something an endpoint was seen or documented to do, or may do to harm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from evals.faults.pieces import DONE, chunk, from_evidence, good, stream, tool_calls, usage, words
from evals.faults.server import Behaviour, Endpoint, Reply

__all__ = ["GOOD_CALLS", "GOOD_TEXT", "MISBEHAVIOURS"]

GOOD_TEXT = "GMV rose 6.1% to ¥1,284,350 in October[m1].\n## Why\nConversion fell 0.4 pp to 3.2%[m5]. (association)\n## What\nFollow up first orders[p1].\n## How\nHold back a control group[p1].\n"
GOOD_CALLS = [("query_metric", '{"metric": "gmv"}'), ("explain_change", '{"metric": "gmv"}')]
_INVENTED = "GMV will grow 37.5% to ¥9,999,999 in October[m1].\n## Why\nA rival caused 82% of it[m5].\n## What\nExpect 2.5% more[p1].\n"
_HANG_S = 60.0
Body = dict[str, Any]


def _said(endpoint: Endpoint, body: Body) -> str:
    return from_evidence(body) if endpoint.text is None else endpoint.text


def error(
    status: int, message: str, headers: Mapping[str, str] | None = None, *, times: int | None = None
) -> Behaviour:
    """An error in the usual envelope; with `times`, a good answer after so many."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        if times is not None and len(endpoint.requests) > times:
            await good(endpoint, body, reply)
            return
        told = {"error": {"message": message, "type": "error", "code": None}}
        await reply.whole(status, json.dumps(told).encode(), headers=headers)

    return behave


def whole(status: int, data: bytes, media: str, headers: Mapping[str, str] | None = None) -> Behaviour:
    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        await reply.whole(status, data, media, headers)

    return behave


def sse(make: Callable[[Endpoint, Body], Iterable[bytes]], *, media: str = "text/event-stream") -> Behaviour:
    """A stream of these pieces."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        await stream(reply, make(endpoint, body), media=media)

    return behave


def writes(make: Callable[[Endpoint, Body], Iterable[bytes]]) -> Behaviour:
    """Chooses tools well and misbehaves when it writes."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        if body.get("tools"):
            await good(endpoint, body, reply)
        else:
            await stream(reply, make(endpoint, body))

    return behave


def chooses(make: Callable[[Endpoint, Body], Iterable[bytes]], *, always: bool = False) -> Behaviour:
    """Misbehaves when it chooses tools (each time, or in the first round) and writes well."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        answered = any(message["role"] == "tool" for message in body["messages"])
        if body.get("tools") and (always or not answered):
            await stream(reply, make(endpoint, body))
        else:
            await good(endpoint, body, reply)

    return behave


async def _hang(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    await asyncio.sleep(_HANG_S)


def _then(parts: Callable[[Endpoint, Body], Iterable[bytes]], after: Callable[[Reply], Any]) -> Behaviour:
    """Some pieces of a stream, then what `after` does to the connection."""

    async def behave(endpoint: Endpoint, body: Body, reply: Reply) -> None:
        await reply.start()
        for part in parts(endpoint, body):
            await reply.send(part)
        done = after(reply)
        if asyncio.iscoroutine(done):
            await done

    return behave


def _half(endpoint: Endpoint, body: Body) -> list[bytes]:
    text = _said(endpoint, body)
    return [chunk({"content": text[: len(text) // 2]})]


async def _wait(reply: Reply) -> None:
    await asyncio.sleep(_HANG_S)


def _again(part: bytes, every_s: float) -> Callable[[Reply], Any]:
    async def forever(reply: Reply) -> None:
        for _ in range(int(_HANG_S / every_s)):
            await reply.send(part)
            await asyncio.sleep(every_s)

    return forever


async def _reset(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    reply.reset()


async def _no_http(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    await reply.raw(b"SSH-2.0-OpenSSH_9.6\r\n")


async def _bad_chunks(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    await reply.start()
    await reply.raw(b"zz\r\nnot a chunk\r\n")


async def _no_tools(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    behave = error(400, "registry/fake does not support tools") if body.get("tools") else good
    await behave(endpoint, body, reply)


async def _picky(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """Refuses optional fields one by one, as some servers do."""
    refusals = {
        "max_tokens": (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        "temperature": (400, "Unsupported value: 'temperature' does not support 0.2"),
        "stream_options": (422, "extra fields not permitted: stream_options"),
        "parallel_tool_calls": (400, "Unrecognized request argument supplied: parallel_tool_calls"),
    }
    refused = next((told for name, told in refusals.items() if name in body), None)
    await (error(*refused) if refused else good)(endpoint, body, reply)


async def _expires(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    await (good if body.get("tools") else error(401, "key sk-SECRET-IN-BODY expired"))(endpoint, body, reply)


async def _fails_later(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    await (good if body.get("tools") else error(500, "boom"))(endpoint, body, reply)


async def _in_one_piece(endpoint: Endpoint, body: Body, reply: Reply) -> None:
    """Ignores `stream`."""
    message = {"role": "assistant", "content": "ready" if body.get("tools") else _said(endpoint, body)}
    told = {
        "id": "c",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    await reply.whole(200, json.dumps(told).encode())


def _loop(endpoint: Endpoint, body: Body) -> Iterator[bytes]:
    """A new question every round, so that no repetition gives it away."""
    count = len(endpoint.requests)
    return tool_calls([("query_metric", json.dumps({"metric": "gmv", "window": f"{7 + count}d"}))])


_NOW, _LATER = "Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -0000"
MISBEHAVIOURS: dict[str, Behaviour] = {
    "good": good,
    # connection and time
    "hang_before_first_byte": _hang,
    "hang_mid_stream": _then(lambda e, b: [chunk({"content": _said(e, b)[:20]})], _wait),
    "slow_drip": _then(lambda e, b: [], _again(chunk({"content": "x"}), 0.05)),
    "endless_comments": _then(lambda e, b: [], _again(b": keep-alive\n\n", 0.02)),
    "done_then_open": _then(lambda e, b: words(_said(e, b)), _wait),
    "finished_then_open": _then(lambda e, b: words(_said(e, b), end=[]), _wait),
    "cut_stream": _then(_half, lambda reply: reply.raw(b"5\r\nda")),
    "reset_before_answer": _reset,
    "reset_mid_stream": _then(_half, lambda reply: reply.reset()),
    "not_http": _no_http,
    "bad_chunks": _bad_chunks,
    "short_body": whole(200, b"data: {", "text/event-stream", {"Content-Length": "5000"}),
    "gzip_garbage": whole(200, b"\x1f\x8bnot gzip at all", "text/event-stream", {"Content-Encoding": "gzip"}),
    # status
    "status_500": error(500, "boom"),
    "status_503_html": whole(503, b"<html>busy</html>", "text/html"),
    "status_500_then_good": error(500, "boom", times=1),
    "status_500_when_writing": _fails_later,
    "status_429": error(429, "slow down"),
    "status_429_retry_after_then_good": error(429, "slow down", {"Retry-After": "0.2"}, times=1),
    "status_429_retry_after_long": error(429, "slow down", {"Retry-After": "600"}),
    "status_429_retry_after_huge": error(429, "slow down", {"Retry-After": "9" * 400}),
    "status_429_retry_after_date": error(429, "slow down", {"Retry-After": _NOW}),
    "status_429_retry_after_last_day": error(429, "slow down", {"Retry-After": _LATER}),
    "status_429_retry_after_nonsense": error(429, "slow down", {"Retry-After": "soon"}),
    "status_401": error(401, "bad key sk-SECRET-IN-BODY"),
    "key_expires_mid_turn": _expires,
    "status_402": error(402, "Insufficient Balance"),
    "status_403": error(403, "forbidden"),
    "status_404": error(404, "no such model"),
    "status_400": error(400, "invalid request"),
    "redirect_elsewhere": whole(307, b"", "text/plain", {"Location": "http://127.0.0.1:9/v1/chat/completions"}),
    # not the protocol
    "html_body": whole(200, b"<html><body>Welcome</body></html>", "text/html"),
    "error_with_status_200": whole(200, b'{"error": {"message": "model is loading"}}', "application/json"),
    "empty_body": whole(200, b"", "text/event-stream"),
    "empty_choices": sse(lambda e, b: [b'data: {"id":"c","choices":[]}\n\n', DONE]),
    "no_choices": sse(lambda e, b: [b'data: {"id":"c"}\n\n', DONE]),
    "broken_json": sse(lambda e, b: [b'data: {"id": "c", "choi\n\n']),
    "deep_json": sse(lambda e, b: [b"data: " + b'{"a":' * 100_000 + b"\n\n"]),
    "json_list": sse(lambda e, b: [b"data: [1, 2]\n\n", DONE]),
    "json_string": sse(lambda e, b: [b'data: "hello"\n\n', DONE]),
    "choices_wrong_type": sse(lambda e, b: [b'data: {"choices": "hello", "usage": {"prompt_tokens": {}}}\n\n', DONE]),
    "not_utf8": sse(lambda e, b: [b'data: {"choices":[{"delta":{"content":"\xff\xfe\xc3"}}]}\n\n', DONE]),
    "error_in_stream": sse(lambda e, b: [chunk({"content": "GMV"}), b'data: {"error": {"message": "overloaded"}}\n\n']),
    "null_content": sse(lambda e, b: [chunk({"content": None}), chunk({"content": 42}), chunk({}, "stop"), DONE]),
    # not an answer
    "finish_content_filter": sse(lambda e, b: words("", "content_filter")),
    "refusal": sse(lambda e, b: [chunk({"refusal": "I cannot help"}), chunk({}, "stop"), DONE]),
    "whitespace_text": sse(lambda e, b: words("\n \n\n")),
    "nonsense_text": sse(lambda e, b: words("asdf ### *** ~~~ lorem {}{}\n\n```\n|||")),
    "huge_token": sse(lambda e, b: [chunk({"content": "9" * 10_000_000}), chunk({}, "stop"), DONE]),
    "endless_text": sse(lambda e, b: (chunk({"content": f"word {i} " * 40}) for i in range(50_000))),
    "invented_figures": writes(lambda e, b: words(_INVENTED)),
    "finish_length": writes(lambda e, b: words("GMV rose 6.1% in October[m1].\n## Why\nConversion fell by", "length")),
    "only_thoughts": writes(lambda e, b: [chunk({"reasoning_content": "GMV is 999 " * 50}), chunk({}, "stop"), DONE]),
    "thought_never_closed": writes(lambda e, b: words("<think>GMV is 999 and 42\n" + _said(e, b))),
    "calls_when_writing": writes(lambda e, b: tool_calls(e.calls)),
    # odd, and yet an answer
    "json_not_stream": _in_one_piece,
    "wrong_content_type": sse(lambda e, b: words("ready" if b.get("tools") else _said(e, b)), media="application/json"),
    "no_finish_reason": writes(lambda e, b: words(_said(e, b), None)),
    "byte_order_mark": writes(lambda e, b: [b"\xef\xbb\xbf", *words(_said(e, b))]),
    "null_delta": writes(lambda e, b: [chunk(None), *words(_said(e, b))]),
    "usage_in_words": writes(lambda e, b: words(_said(e, b), end=[usage("100", "twenty"), DONE])),
    "usage_nonsense": writes(lambda e, b: words(_said(e, b), end=[usage({}, [-1]), DONE])),
    "two_finish_reasons": writes(lambda e, b: [*words(_said(e, b), "stop", end=[]), chunk({}, "length"), DONE]),
    "finish_reason_number": writes(lambda e, b: words(_said(e, b), 42)),
    "content_in_parts": writes(lambda e, b: [chunk({"content": [{"type": "text", "text": _said(e, b)}]}), chunk({}, "stop"), DONE]),
    "thinking": writes(lambda e, b: words("<think>\nGMV is 999 maybe\nsecret 42\n</think>\n" + _said(e, b))),
    "no_tools": _no_tools,
    "picky": _picky,
    # tool calls
    "invalid_tool_arguments": chooses(lambda e, b: tool_calls([("query_metric", '{"metric": gmv'), ("query_metric", "[1]")])),
    "unknown_tool": chooses(lambda e, b: tool_calls([("drop_tables", "{}")])),
    "nameless_tool": chooses(lambda e, b: tool_calls([("", "{}")])),
    "smuggled_merchant": chooses(lambda e, b: tool_calls([("query_metric", '{"metric": "gmv", "merchant_id": "demo-skincare"}')])),
    "duplicate_ids": chooses(lambda e, b: tool_calls(e.calls, ids=["same", "same"])),
    "numbers_as_ids": chooses(lambda e, b: tool_calls(e.calls, ids=[1, 2])),
    "same_call_thrice": chooses(lambda e, b: tool_calls([e.calls[0]] * 3)),
    "many_tools": chooses(lambda e, b: tool_calls([("query_metric", "{}")] * 60)),
    "endless_tool_loop": chooses(lambda e, b: tool_calls(e.calls), always=True),
    "tool_loop_new_arguments": chooses(_loop, always=True),
    "call_cut_in_the_middle": chooses(lambda e, b: list(tool_calls(e.calls))[:4]),
}  # fmt: skip
