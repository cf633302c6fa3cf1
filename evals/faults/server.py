"""The server itself: HTTP by hand, because what must be broken includes HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Behaviour", "Endpoint", "Reply", "dead_url", "serve"]

_REASONS = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 429: "Too Many Requests"}


@dataclass
class Endpoint:
    """The running server: set `mode`, read `requests` (bodies), `keys` and `paths` (in order)."""

    url: str = ""
    mode: str = "good"
    text: str | None = None  # what a good model writes; None writes from the evidence it was sent
    calls: list[tuple[str, str]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class Reply:
    """One answer being sent. Everything is flushed at once, so that a stream arrives in the pieces it was sent in."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._chunked = False

    async def start(
        self, status: int = 200, media: str = "text/event-stream", headers: Mapping[str, str] | None = None
    ) -> None:
        """Status line and headers; the body follows in chunks unless a length is given."""
        told = {"Content-Type": media, "Connection": "close", **(headers or {})}
        self._chunked = "Content-Length" not in told
        if self._chunked:
            told["Transfer-Encoding"] = "chunked"
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}", *(f"{k}: {v}" for k, v in told.items())]
        await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        if data:
            await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def end(self) -> None:
        if self._chunked:
            await self.raw(b"0\r\n\r\n")

    async def whole(
        self, status: int, body: bytes, media: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        """An answer that does not stream."""
        await self.start(status, media, {"Content-Length": str(len(body)), **(headers or {})})
        await self.send(body)

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """RST instead of FIN: the connection is reset by the peer."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Behaviour = Callable[[Endpoint, dict[str, Any], Reply], Awaitable[None]]


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return method, path, headers, await reader.readexactly(int(headers.get("content-length", "0")))


@contextlib.contextmanager
def serve(modes: Mapping[str, Behaviour] | None = None, *, mode: str = "good") -> Iterator[Endpoint]:
    """Run the server on a free loopback port in a thread of its own; stops when the block ends."""
    from evals.faults.modes import GOOD_CALLS, MISBEHAVIOURS

    behaviours = MISBEHAVIOURS if modes is None else modes
    endpoint = Endpoint(mode=mode, calls=list(GOOD_CALLS))
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stopping: list[asyncio.Event] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            method, path, headers, body = await _read(reader)
            endpoint.paths.append(f"{method} {path}")
            endpoint.keys.append(headers.get("authorization", ""))
            if method == "GET":
                found = behaviours.get("models", _models)
                await found(endpoint, {}, Reply(writer))
            else:
                asked = json.loads(body)
                endpoint.requests.append(asked)
                await behaviours[endpoint.mode](endpoint, asked, Reply(writer))
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            writer.close()
            await writer.wait_closed()

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**24)
        endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        stopping.append(asyncio.Event())
        ready.set()
        await stopping[0].wait()
        server.close()
        hanging = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(stopping[0].set)
        thread.join(timeout=10)
        loop.close()


async def _models(endpoint: Endpoint, body: dict[str, Any], reply: Reply) -> None:
    listed = {"object": "list", "data": [{"id": "fake", "object": "model", "owned_by": "us"}]}
    await reply.whole(200, json.dumps(listed).encode())


def dead_url() -> str:
    """An address on loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
