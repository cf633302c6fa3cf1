"""An OpenAI-compatible endpoint that streams a fixed number of pieces a second, for load: tool calls when tools are offered, else text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

__all__ = ["serve"]

_PIECE = 4  # characters
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"


async def serve(*, text: str, call: tuple[str, ...], per_second: float = 50.0) -> None:
    """Listen on a free loopback port, print it, and answer until the process ends. `call`: a tool, and arguments for each call of it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (body := await _request(reader)) is not None:
                writer.write(_HEAD)
                await _stream(writer, _calls(call) if body.get("tools") else _words(text), per_second)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def _request(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The JSON body of the next request; None when the caller hung up."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    if not lengths:
        return None
    body: dict[str, Any] = json.loads(await reader.readexactly(int(lengths[0])))
    return body


async def _stream(writer: asyncio.StreamWriter, deltas: Iterator[dict[str, Any]], per_second: float) -> None:
    """By a fixed timetable: what one piece is late the next one is not late again."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    ends = "stop"
    for delta in deltas:
        due += 1 / per_second
        await asyncio.sleep(max(0.0, due - loop.time()))
        ends = "tool_calls" if "tool_calls" in delta else ends
        _send(writer, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        await writer.drain()
    _send(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": ends}]})
    done = b"data: [DONE]\n\n"
    writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(done), done))
    await writer.drain()


def _send(writer: asyncio.StreamWriter, part: dict[str, Any]) -> None:
    data = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "paced", **part}
    line = b"data: " + json.dumps(data).encode() + b"\n\n"
    writer.write(b"%x\r\n%b\r\n" % (len(line), line))


def _words(text: str) -> Iterator[dict[str, Any]]:
    for at in range(0, len(text), _PIECE):
        yield {"content": text[at : at + _PIECE]}


def _calls(call: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    name, *given = call
    for index, arguments in enumerate(given):
        named = {"name": name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": named}]}
        for at in range(0, len(arguments), _PIECE):
            piece = {"arguments": arguments[at : at + _PIECE]}
            yield {"tool_calls": [{"index": index, "function": piece}]}
