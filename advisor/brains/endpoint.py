"""Requests to an OpenAI-compatible endpoint: one deadline, retries inside it, every failure a ModelUnavailable, everything sent noted.

The only owner of the openai SDK among the brains.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from httpx2 import create_ssl_context
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
    OpenAIError,
    Timeout,
)
from pydantic import SecretStr

from advisor.brains.base import Exchange, Ledger
from advisor.brains.budget import count_tokens
from advisor.brains.completion import Completion
from advisor.brains.dialects import ChatMessage, Dialect
from advisor.brains.failures import pause_before_retry, unavailable
from advisor.errors import ToolsUnsupported
from tools.base import ToolSpec
from tools.text import Text

__all__ = ["NO_TOOLS", "Address", "Endpoint", "Fixed", "Locator", "Request"]

NO_TOOLS = Text("模型没有选用任何工具。", "The model chose no tools.")
_CONNECT_S = 5.0
_AFTER_THE_END_S = 2.0  # for usage and [DONE], once the endpoint has said why it stopped


@dataclass(frozen=True)
class Address:
    """Where requests go. `base_url` None is OpenAI's own."""

    base_url: str | None
    api_key: SecretStr

    @property
    def host(self) -> str:
        return urlsplit(self.base_url or "https://api.openai.com").netloc.rpartition("@")[2]


class Locator(Protocol):
    """Finds the address before each attempt: a server of our own may have to start, or start again."""

    @property
    def host(self) -> str: ...

    async def locate(self, until: float) -> Address: ...


@dataclass(frozen=True)
class Fixed:
    """An address that does not move."""

    address: Address

    @property
    def host(self) -> str:
        return self.address.host

    async def locate(self, until: float) -> Address:
        return self.address


@dataclass(frozen=True)
class Request:
    """One thing to ask. `messages` is called again when the endpoint takes less than was sent, or other fields."""

    purpose: Literal["decide", "compose", "repair"]
    messages: Callable[[], list[ChatMessage]]
    tools: Sequence[ToolSpec] = ()
    reasoned: bool = False  # an earlier answer of this turn carried thoughts


class Endpoint:
    """One per turn. Closes its connections when no stream is open; opens new ones when asked again."""

    def __init__(
        self, locator: Locator, model: str, *, deadline_s: float, dialect: Dialect, ledger: Ledger | None, attempts: int
    ) -> None:
        self.dialect = dialect
        self.usage = {"prompt_tokens": 0.0, "completion_tokens": 0.0, "model_calls": 0.0}
        self._locator = locator
        self._model = model
        self._deadline_s = deadline_s
        self._ledger = ledger
        self._attempts = attempts
        self._jitter = random.Random()
        self._client: AsyncOpenAI | None = None
        self._address: Address | None = None
        self._streams = 0

    @property
    def host(self) -> str:
        """Where questions and offered facts are sent."""
        return self._locator.host

    def until(self, share: float = 1.0) -> float:
        """Loop time at which a request begun now must have finished."""
        return asyncio.get_running_loop().time() + self._deadline_s * share

    async def stream(self, request: Request, completion: Completion, until: float) -> AsyncGenerator[str, None]:
        """Text of one completion, piece by piece. Raises ModelUnavailable, whatever goes wrong."""
        self.usage["model_calls"] += 1
        self._streams += 1
        try:
            async with aclosing(self._noted(request, completion, until)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._streams -= 1
            if not self._streams:  # a repair may run while the statements still stream
                await self.aclose()

    async def models(self, until: float) -> list[tuple[str, int | None]] | None:
        """Ids the endpoint lists, with the context of each where it tells it; None when it has no such list.

        Raises ModelUnavailable when it does not answer or refuses the key.
        """
        try:
            async with asyncio.timeout_at(until):
                client = await self._connected(until)
                listed = await client.models.list()
            return [(str(item.id), _context_of(item)) for item in listed.data or []]
        except (TimeoutError, APITimeoutError) as error:
            raise unavailable("slow", self.host, seconds=self._deadline_s) from error
        except APIStatusError as error:
            if error.status_code in (401, 403):
                raise unavailable("status", self.host, status=error.status_code) from error
            return None
        except APIConnectionError as error:
            raise unavailable("dead", self.host) from error
        except (OpenAIError, ValueError, TypeError, AttributeError):
            return None  # a page, or a list in another shape

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _noted(self, request: Request, completion: Completion, until: float) -> AsyncGenerator[str, None]:
        """Attempts until one answers; each is allowed before and noted after, also when it failed or was cut off."""
        failures = 0
        while True:
            if self._ledger is not None:
                self._ledger.allow()
            messages, started, code = request.messages(), time.perf_counter(), "cancelled"
            try:
                answer = await self._open(messages, request, until)
                code = "cut"  # whoever reads may stop at any piece
                async with aclosing(self._read(answer, completion, until)) as pieces:
                    async for piece in pieces:
                        yield piece
                code = "nonsense" if completion.silent else "ok"
                if not completion.silent or not self._may_be_whole():
                    return
            except (TimeoutError, APITimeoutError) as error:
                code = "slow"
                raise unavailable("slow", self.host, seconds=self._deadline_s) from error
            except APIStatusError as error:
                code = f"status_{error.status_code}"
                failures = await self._after_refusal(error, request, failures, until)
            except APIConnectionError as error:
                code = "cut" if completion.chars else "dead"
                if completion.chars:
                    raise unavailable("cut", self.host) from error
                failures = await self._after(error, failures, until)
            except (OpenAIError, ValueError, TypeError, RecursionError) as error:
                code = "nonsense"  # not the protocol: HTML, broken JSON, an error in the stream
                raise unavailable("nonsense", self.host) from error
            finally:
                self._note(request, messages, completion, code, started)

    def _may_be_whole(self) -> bool:
        """A server may ignore `stream` and answer in one piece: it is asked for that once, and again for a stream if it was not so."""
        self.dialect.stream = not self.dialect.stream
        return not self.dialect.stream

    async def _open(self, messages: list[ChatMessage], request: Request, until: float) -> Any:
        async with asyncio.timeout_at(until):
            client = await self._connected(until)
            create: Any = client.chat.completions.create
            return await create(model=self._model, messages=messages, **self.dialect.request(request.tools))

    async def _connected(self, until: float) -> AsyncOpenAI:
        address = await self._locator.locate(until)
        if self._client is None or address != self._address:
            await self.aclose()
            self._address = address
            parts = urlsplit(address.base_url or "https://api.openai.com")
            near = parts.hostname in ("127.0.0.1", "localhost", "::1")
            self._client = AsyncOpenAI(
                base_url=address.base_url,
                api_key=address.api_key.get_secret_value() or "none",
                max_retries=0,  # retries are ours: inside the deadline, and only before the first word
                http_client=DefaultAsyncHttpxClient(
                    timeout=Timeout(self._deadline_s, connect=min(_CONNECT_S, self._deadline_s)),
                    follow_redirects=False,  # facts go to the address that was set and to no other
                    verify=_certificates() if parts.scheme == "https" else False,
                    trust_env=not near,  # a proxy cannot reach this machine's own loopback
                ),
            )
        return self._client

    async def _after_refusal(self, error: APIStatusError, request: Request, failures: int, until: float) -> int:
        """Learn from the refusal, or wait for another try."""
        match self.dialect.learn(error, tools=bool(request.tools), reasoned=request.reasoned):
            case "again" | "shorter":
                return failures
            case "no_tools":
                raise ToolsUnsupported(NO_TOOLS) from error
            case _:
                return await self._after(error, failures, until)

    async def _after(self, error: APIError, failures: int, until: float) -> int:
        """Wait before the next attempt and count the failure, or give up when there shall be none."""
        left = until - asyncio.get_running_loop().time()
        wait = pause_before_retry(error, failures + 1, self._jitter.random())
        if wait is None or failures + 1 >= self._attempts or wait >= left:
            if isinstance(error, APIStatusError):
                raise unavailable("status", self.host, status=error.status_code) from error
            raise unavailable("dead", self.host) from error
        await asyncio.sleep(wait)
        return failures + 1

    async def _read(self, answer: Any, completion: Completion, until: float) -> AsyncGenerator[str, None]:
        """Pieces of text. A slow drip passes every per-read timeout; the deadline is for the whole stream."""
        if not self.dialect.stream:
            text = completion.take_whole(answer) + completion.close()
            if text:
                yield text
            return
        iterator = aiter(answer)
        try:
            while not completion.excessive:
                try:
                    async with asyncio.timeout_at(self._limit(completion, until)):
                        chunk = await anext(iterator)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    if completion.finish is None:
                        raise
                    break  # it had finished and only held the line
                text = completion.take(chunk)
                if text:
                    yield text
        finally:
            await answer.close()
        text = completion.close()
        if text:
            yield text

    @staticmethod
    def _limit(completion: Completion, until: float) -> float:
        if completion.finish is None:
            return until
        return min(until, asyncio.get_running_loop().time() + _AFTER_THE_END_S)

    def _note(
        self, request: Request, messages: list[ChatMessage], completion: Completion, code: str, started: float
    ) -> None:
        """What was sent has been sent: tokens as the endpoint reports them, else counted here; a refused request costs none."""
        tokens_in, tokens_out = 0, 0
        if code not in ("dead",) and not code.startswith("status_"):
            tokens_in, tokens_out = completion.usage or (_tokens_in(messages, self.dialect, request), 0)
            tokens_out = tokens_out or count_tokens(completion.written())
        self.usage["prompt_tokens"] += tokens_in
        self.usage["completion_tokens"] += tokens_out
        if self._ledger is not None:
            names, ms = [spec.name for spec in request.tools], round((time.perf_counter() - started) * 1000)
            reply = completion.written()[:100_000]
            self._ledger.note(
                Exchange(
                    request.purpose,
                    self.host,
                    self._model,
                    messages,
                    names,
                    reply,
                    tokens_in,
                    tokens_out,
                    ms,
                    code,
                    finish=completion.finish or "",
                )
            )


def _context_of(item: Any) -> int | None:
    """vLLM, OpenRouter and others, llama.cpp: three names for one number."""
    extra = getattr(item, "model_extra", None) or {}
    meta = extra.get("meta")
    for told in (
        extra.get("max_model_len"),
        extra.get("context_length"),
        (meta or {}).get("n_ctx_train") if isinstance(meta, dict) else None,
    ):
        if isinstance(told, int) and not isinstance(told, bool) and told > 0:
            return told
    return None


def _tokens_in(messages: Sequence[ChatMessage], dialect: Dialect, request: Request) -> int:
    told = sum(count_tokens(str(message.get("content") or "")) for message in messages)
    return told + sum(count_tokens(str(dialect.function(spec))) for spec in request.tools)


@cache
def _certificates() -> Any:
    """One TLS context for the process: making it takes a quarter of a second, and a turn opens several connections."""
    return create_ssl_context()
