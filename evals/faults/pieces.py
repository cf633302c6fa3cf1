"""What a well-behaved model sends, piece by piece: words, parallel tool calls, usage, the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evals.faults.server import Endpoint, Reply

__all__ = ["DONE", "chunk", "from_evidence", "good", "stream", "tool_calls", "usage", "words"]

DONE = b"data: [DONE]\n\n"
_LINE = re.compile(r"^\[([a-z]\d+)\] (.*?)(?: \([^()]*\))?$", re.M)


def chunk(delta: Any, finish: Any = None, **extra: Any) -> bytes:
    """One server-sent event with a delta."""
    body = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **extra,
    }  # fmt: skip
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def usage(tokens_in: Any = 100, tokens_out: Any = 20) -> bytes:
    told = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": 120}
    return b"data: " + json.dumps({"id": "c", "model": "fake", "choices": [], "usage": told}).encode() + b"\n\n"


def words(text: str, finish: Any = "stop", *, end: Iterable[bytes] | None = None) -> Iterator[bytes]:
    """The text in pieces of a few characters."""
    yield chunk({"role": "assistant", "content": ""})
    for start in range(0, len(text), 24):
        yield chunk({"content": text[start : start + 24]})
    if finish is not None:
        yield chunk({}, finish)
    yield from (usage(), DONE) if end is None else end


def tool_calls(calls: Sequence[tuple[str, str]], ids: Sequence[Any] | None = None) -> Iterator[bytes]:
    """Parallel calls in interleaved pieces: what belongs together shares an index."""
    for index, (name, _) in enumerate(calls):
        call_id = ids[index] if ids else f"call_{index}"
        function = {"name": name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})
    longest = max((len(arguments) for _, arguments in calls), default=0)
    for start in range(0, longest, 5):
        for index, (_, arguments) in enumerate(calls):
            if part := arguments[start : start + 5]:
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, "tool_calls")
    yield DONE


async def stream(reply: Reply, parts: Iterable[bytes], *, media: str = "text/event-stream") -> None:
    await reply.start(media=media)
    for part in parts:
        await reply.send(part)
    await reply.end()


def from_evidence(body: dict[str, Any]) -> str:
    """What an honest model would write: the first facts as they were sent, each under its mark."""
    told = str(body["messages"][-1].get("content", ""))
    lines = [f"{claim.rstrip('。.')}[{mark}]" for mark, claim in _LINE.findall(told)]
    if not lines:
        return "none"
    step = next((line for line in lines if re.search(r"\[p\d+\]$", line)), lines[0])
    return "\n".join([lines[0], "## Why", *lines[1:3], "## What", step, "## How", step]) + "\n"


async def good(endpoint: Endpoint, body: dict[str, Any], reply: Reply) -> None:
    """Calls tools when offered some, says "ready" when it has their results, else writes."""
    if body.get("tools") and not any(message["role"] == "tool" for message in body["messages"]):
        await stream(reply, tool_calls(endpoint.calls))
    elif body.get("tools"):
        await stream(reply, words("ready"))
    else:
        await stream(reply, words(from_evidence(body) if endpoint.text is None else endpoint.text))
