"""An OpenAI-protocol server on loopback that misbehaves on purpose, one named way at a time; "good" answers as a model would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

__all__ = ["GOOD_TEXT", "MISBEHAVIOURS", "Endpoint", "dead_url", "serve"]

GOOD_TEXT = "GMV rose 6.1% to ¥1,284,350 in October[m1].\n## Why\nConversion fell 0.4 pp to 3.2%[m5]. (association)\n## What\nFollow up first orders[p1].\n## How\nHold back a control group[p1].\n"
INVENTED_TEXT = "GMV will grow 37.5% to ¥9,999,999 in October[m1].\n## Why\nA rival caused 82% of it[m5].\n## What\nExpect 2.5% more[p1].\n"
GOOD_CALLS = [("query_metric", '{"metric": "gmv"}'), ("explain_change", '{"metric": "gmv"}')]


@dataclass
class Endpoint:
    """The running server: set `mode`, read `requests`."""

    url: str
    mode: str = "good"
    text: str = GOOD_TEXT
    calls: list[tuple[str, str]] = field(default_factory=lambda: list(GOOD_CALLS))
    requests: list[dict[str, Any]] = field(default_factory=list)


def _chunk(delta: dict[str, Any], finish: str | None = None, **extra: Any) -> bytes:
    body = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **extra,
    }  # fmt: skip
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def _usage() -> bytes:
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}  # fmt: skip
    return b"data: " + json.dumps(body).encode() + b"\n\n"


_DONE = b"data: [DONE]\n\n"


async def _words(text: str, finish: str | None = "stop") -> AsyncIterator[bytes]:
    yield _chunk({"role": "assistant", "content": ""})
    for start in range(0, len(text), 7):
        yield _chunk({"content": text[start : start + 7]})
    if finish is not None:
        yield _chunk({}, finish)
    yield _usage()
    yield _DONE


async def _tool_calls(calls: list[tuple[str, str]], ids: list[str] | None = None) -> AsyncIterator[bytes]:
    """Parallel calls in interleaved pieces: what belongs together shares an index."""
    for index, (name, _) in enumerate(calls):
        call_id = ids[index] if ids else f"call_{index}"
        yield _chunk(
            {
                "tool_calls": [
                    {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
                ]
            }
        )
    longest = max((len(arguments) for _, arguments in calls), default=0)
    for start in range(0, longest, 5):
        for index, (_, arguments) in enumerate(calls):
            if arguments[start : start + 5]:
                yield _chunk(
                    {"tool_calls": [{"index": index, "function": {"arguments": arguments[start : start + 5]}}]}
                )
    yield _chunk({}, "tool_calls")
    yield _DONE


def _stream(parts: AsyncIterator[bytes], *, media: str = "text/event-stream") -> Response:
    return StreamingResponse(parts, media_type=media)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": "error", "code": None}}, status, headers=headers)


async def _hang(*_: Any) -> Response:
    await asyncio.sleep(30)
    return PlainTextResponse("late")


async def _hang_mid(endpoint: Endpoint) -> AsyncIterator[bytes]:
    yield _chunk({"content": endpoint.text[:20]})
    await asyncio.sleep(30)
    yield _DONE


async def _drip(endpoint: Endpoint) -> AsyncIterator[bytes]:
    for _ in range(200):
        yield _chunk({"content": "x"})
        await asyncio.sleep(0.05)


async def _cut(endpoint: Endpoint) -> AsyncIterator[bytes]:
    yield _chunk({"content": endpoint.text[: len(endpoint.text) // 2]})
    raise ConnectionResetError("cut on purpose")


async def _raw(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _huge() -> AsyncIterator[bytes]:
    yield _chunk({"content": "9" * 10_000_000})
    yield _chunk({}, "stop")
    yield _DONE


def _no_tools_mode(endpoint: Endpoint, body: dict[str, Any]) -> Response:
    if body.get("tools"):
        return _error(400, "registry/fake does not support tools")
    return _stream(_words(endpoint.text))


def _picky(endpoint: Endpoint, body: dict[str, Any]) -> Response:
    """Refuses optional fields one by one, as some servers do."""
    if "max_tokens" in body:
        return _error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    if "temperature" in body:
        return _error(400, "Unsupported value: 'temperature' does not support 0.2")
    if "stream_options" in body:
        return _error(422, "extra fields not permitted: stream_options")
    return _good(endpoint, body)


def _good(endpoint: Endpoint, body: dict[str, Any]) -> Response:
    asked = body.get("tools") and not any(m["role"] == "tool" for m in body["messages"])
    if asked:
        return _stream(_tool_calls(endpoint.calls))
    return _stream(_words("ready" if body.get("tools") else endpoint.text))


def _then_good(
    status: int, headers: dict[str, str] | None, times: int
) -> Callable[[Endpoint, dict[str, Any]], Response]:
    def behave(endpoint: Endpoint, body: dict[str, Any]) -> Response:
        if len(endpoint.requests) <= times:
            return _error(status, "try later", headers)
        return _good(endpoint, body)

    return behave


_Behaviour = Callable[[Endpoint, dict[str, Any]], Response | Awaitable[Response]]
MISBEHAVIOURS: dict[str, _Behaviour] = {
    "good": _good,
    "hang_before_first_byte": lambda e, b: _hang(),
    "hang_mid_stream": lambda e, b: _stream(_hang_mid(e)),
    "slow_drip": lambda e, b: _stream(_drip(e)),
    "cut_stream": lambda e, b: _stream(_cut(e)),
    "status_500": lambda e, b: _error(500, "boom"),
    "status_503_html": lambda e, b: Response("<html>busy</html>", 503, media_type="text/html"),
    "status_500_then_good": _then_good(500, None, 1),
    "status_429": lambda e, b: _error(429, "slow down"),
    "status_429_retry_after_then_good": _then_good(429, {"Retry-After": "0.2"}, 1),
    "status_429_retry_after_long": lambda e, b: _error(429, "slow down", {"Retry-After": "600"}),
    "status_429_retry_after_nonsense": lambda e, b: _error(429, "slow down", {"Retry-After": "soon"}),
    "status_401": lambda e, b: _error(401, "bad key sk-SECRET-IN-BODY"),
    "status_403": lambda e, b: _error(403, "forbidden"),
    "status_404": lambda e, b: _error(404, "no such model"),
    "status_400": lambda e, b: _error(400, "invalid request"),
    "html_body": lambda e, b: Response("<html><body>Welcome</body></html>", 200, media_type="text/html"),
    "json_not_stream": lambda e, b: JSONResponse({"choices": [{"message": {"content": e.text}}]}),
    "empty_body": lambda e, b: Response(b"", 200, media_type="text/event-stream"),
    "empty_choices": lambda e, b: _stream(_raw(b'data: {"id":"c","choices":[]}\n\n', _DONE)),
    "no_choices": lambda e, b: _stream(_raw(b'data: {"id":"c"}\n\n', _DONE)),
    "broken_json": lambda e, b: _stream(_raw(b'data: {"id": "c", "choi\n\n')),
    "json_list": lambda e, b: _stream(_raw(b"data: [1, 2]\n\n", _DONE)),
    "json_string": lambda e, b: _stream(_raw(b'data: "hello"\n\n', _DONE)),
    "choices_wrong_type": lambda e, b: _stream(_raw(b'data: {"choices": "hello", "usage": {"prompt_tokens": {}}}\n\n', _DONE)),
    "null_content": lambda e, b: _stream(_raw(_chunk({"content": None}), _chunk({"content": 42}), _chunk({}, "stop"), _DONE)),
    "error_in_stream": lambda e, b: _stream(_raw(_chunk({"content": "GMV"}), b'data: {"error": {"message": "overloaded"}}\n\n')),
    "finish_content_filter": lambda e, b: _stream(_words("", "content_filter")),
    "finish_length": lambda e, b: _stream(_words("GMV rose 6.1% in October[m1].\n## Why\nConversion fell by", "length")),
    "refusal": lambda e, b: _stream(_raw(_chunk({"refusal": "I cannot help"}), _chunk({}, "stop"), _DONE)),
    "no_finish_reason": lambda e, b: _stream(_words(e.text, None)),
    "wrong_content_type": lambda e, b: _stream(_words(e.text), media="application/json"),
    "nonsense_text": lambda e, b: _stream(_words("asdf ### *** ~~~ lorem {}{}\n\n```\n|||")),
    "whitespace_text": lambda e, b: _stream(_words("\n \n\n")),
    "invented_figures": lambda e, b: _stream(_words(INVENTED_TEXT)),
    "huge_token": lambda e, b: _stream(_huge()),
    "invalid_tool_arguments": lambda e, b: _stream(_tool_calls([("query_metric", '{"metric": gmv'), ("query_metric", "[1]")])),
    "unknown_tool": lambda e, b: _stream(_tool_calls([("drop_tables", "{}")])),
    "nameless_tool": lambda e, b: _stream(_tool_calls([("", "{}")])),
    "duplicate_ids": lambda e, b: _stream(_tool_calls(e.calls, ids=["same", "same"])),
    "endless_tool_loop": lambda e, b: _stream(_tool_calls(e.calls)),
    "many_tools": lambda e, b: _stream(_tool_calls([("query_metric", "{}")] * 60)),
    "no_tools": _no_tools_mode,
    "picky": _picky,
    "thinking": lambda e, b: _stream(_words("<think>\nGMV is 999 maybe\nsecret 42\n</think>\n" + e.text)),
}  # fmt: skip


@contextlib.contextmanager
def serve(mode: str = "good") -> Iterator[Endpoint]:
    """Run the server on a free loopback port in a thread of its own; stops when the block ends."""
    endpoint = Endpoint("")

    async def completions(request: Request) -> Response:
        body = await request.json()
        endpoint.requests.append(body)
        found = MISBEHAVIOURS[endpoint.mode](endpoint, body)
        return await found if isinstance(found, Awaitable) else found

    endpoint.mode = mode
    app = FastAPI()
    app.add_api_route("/v1/chat/completions", completions, methods=["POST"], response_model=None)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    limit = time.monotonic() + 10
    while not server.started and time.monotonic() < limit:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    endpoint.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield endpoint
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=5)


def dead_url() -> str:
    """An address on loopback where nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
