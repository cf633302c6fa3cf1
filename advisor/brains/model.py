"""ModelBrain: any OpenAI-compatible endpoint chooses tools and writes lines; it computes nothing, and its lines are checked later.

The only owner of the openai SDK among the brains. Every failure of the endpoint ends as ModelUnavailable within the deadline.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, AsyncOpenAI, OpenAIError, Timeout
from pydantic import SecretStr

from advisor.brains.base import Draft, ToolCall, TurnView
from advisor.brains.briefing import ChatMessage, compose_messages, decide_messages, function, repair_messages
from advisor.brains.budget import count_tokens
from advisor.brains.endpoint import Dialect, pause_before_retry, refuses_tools, unavailable
from advisor.brains.offer import offered
from advisor.brains.writing import DraftLines
from advisor.errors import ModelUnavailable, ToolsUnsupported
from prompts import Prompt
from tools.text import Text

__all__ = ["ModelBrain"]

_MAX_CHARS = 24_000  # of one completion; beyond this an endpoint talks without end
_MAX_CALLS = 16
_MAX_REPEATS = 3
_UNPARSED = "_unparsed_arguments"  # no tool takes it, so the runner answers with the known arguments
_NO_TOOLS = Text("模型没有选用任何工具。", "The model chose no tools.")


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class _Completion:
    """A stream as it accumulates: text length, tool calls by index, why it ended."""

    calls: dict[int, _Call] = field(default_factory=dict)
    finish: str | None = None
    chars: int = 0
    text: list[str] = field(default_factory=list)
    usage: tuple[int, int] | None = None

    def take(self, chunk: Any) -> str:
        """Add one chunk; returns its text. Endpoints leave fields out, so nothing is taken for granted."""
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self.usage = (
                int(getattr(usage, "prompt_tokens", 0) or 0),
                int(getattr(usage, "completion_tokens", 0) or 0),
            )
        choices = getattr(chunk, "choices", None) or []
        if not choices:
            return ""
        self.finish = getattr(choices[0], "finish_reason", None) or self.finish
        delta = getattr(choices[0], "delta", None)
        for part in getattr(delta, "tool_calls", None) or []:
            self._take_call(part)
        content = getattr(delta, "content", None)
        text = content if isinstance(content, str) else ""
        self.chars += len(text)
        self.text.append(text)
        return text

    @property
    def silent(self) -> bool:
        """Not one word, call or reason to stop: what answered does not speak the protocol."""
        return not self.chars and not self.calls and self.finish is None

    @property
    def rambles(self) -> bool:
        """Talks where tool calls were asked for; a thought aloud may be longer."""
        text = "".join(self.text)
        return not self.calls and len(text) > (6_000 if "<think>" in text else 500)

    @property
    def whole(self) -> bool:
        """The last line was finished: the endpoint said so, or it stopped at the end of a sentence."""
        ended = "".join(self.text).rstrip().endswith(("。", ".", "]", "!", "?", "！", "？"))
        return self.finish in ("stop", "eos", "end_turn") or (ended and self.finish != "length")

    def _take_call(self, part: Any) -> None:
        """Parallel calls arrive in pieces that belong together by index."""
        index = getattr(part, "index", None)
        if not isinstance(index, int):
            index = len(self.calls)
        call = self.calls.setdefault(index, _Call())
        call.id = call.id or str(getattr(part, "id", None) or "")
        function = getattr(part, "function", None)
        call.name += str(getattr(function, "name", None) or "")
        piece = str(getattr(function, "arguments", None) or "")
        self.chars += len(piece)
        call.arguments += piece


class ModelBrain:
    """One per turn. Limits are of each call; the agent's own deadline of the turn stands above them."""

    name = "model"

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: SecretStr,
        model: str,
        deadline_s: float,
        context_tokens: int = 12_000,
        answer_tokens: int = 1_200,
        max_repairs: int = 4,
        attempts: int = 3,
    ) -> None:
        self.model: str | None = model
        self._model = model
        self._base_url = base_url
        self._api_key = api_key
        self._deadline_s = deadline_s
        self._budget = max(512, context_tokens - answer_tokens)
        self._dialect = Dialect(answer_tokens)
        self._repairs_left = max_repairs
        self._attempts = attempts
        self._jitter = random.Random()
        self._usage = {"prompt_tokens": 0.0, "completion_tokens": 0.0, "model_calls": 0.0}
        self._prompts: dict[str, str] = {}
        self._client: AsyncOpenAI | None = None
        self._streams = 0
        self._without_tools = False

    @property
    def host(self) -> str:
        """Where questions and offered facts are sent."""
        return urlsplit(self._base_url or "https://api.openai.com").netloc

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        """The model's tool calls. Raises ToolsUnsupported when it can or will choose none and nothing is known yet."""
        if self._without_tools:
            raise ToolsUnsupported(_NO_TOOLS)  # said so once this turn; asking again only costs time
        messages, used = decide_messages(turn, self._budget)
        self._note(used)
        completion = _Completion()
        async with aclosing(
            self._stream(
                messages, completion, self._until(), tools=[function(t) for t in offered(turn.frame.intent, turn.tools)]
            )
        ) as s:
            async for _ in s:
                if completion.rambles:
                    break
        if completion.silent:
            raise unavailable("nonsense", self.host)
        calls = self._calls(completion, turn.round)
        if not calls and not turn.outcomes and not turn.evidence:
            self._without_tools = True
            raise ToolsUnsupported(_NO_TOOLS)
        return calls

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        """Drafts as their lines arrive. Raises ModelUnavailable when the endpoint fails or writes nothing usable."""
        messages, used = compose_messages(turn, self._budget)
        self._note(used)
        completion, lines, count = _Completion(), DraftLines(turn.evidence), 0
        async with aclosing(self._stream(messages, completion, self._until())) as stream:
            async for text in stream:
                for draft in lines.feed(text):
                    count += 1
                    yield draft
                if lines.repeats > _MAX_REPEATS:
                    break
        for draft in lines.finish(complete=completion.whole):
            count += 1
            yield draft
        if not count:
            raise unavailable("nonsense", self.host)

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None:
        """One chance, in a fraction of the time; None when there is none or the endpoint fails."""
        if self._repairs_left <= 0:
            return None
        self._repairs_left -= 1
        messages, used = repair_messages(turn, draft, problems, self._budget)
        self._note(used)
        completion, lines = _Completion(), DraftLines(turn.evidence)
        try:
            async with aclosing(self._stream(messages, completion, self._until(0.33))) as stream:
                async for _ in stream:
                    pass
        except ModelUnavailable:
            return None
        found = [*lines.feed("".join(completion.text) + "\n")]
        if not found or found[0].text.strip(" .。").lower() in ("无", "none"):
            return None
        return Draft(draft.section, found[0].text, draft.why_class)

    def usage(self) -> dict[str, float]:
        """Tokens in and out and calls made so far; counted here when the endpoint reports none."""
        return dict(self._usage)

    def prompts(self) -> dict[str, str]:
        """Fingerprints of the prompt files used so far."""
        return dict(self._prompts)

    async def aclose(self) -> None:
        """Close the connections. The brain can be used again; it opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _until(self, share: float = 1.0) -> float:
        return asyncio.get_running_loop().time() + self._deadline_s * share

    def _note(self, used: Sequence[Prompt]) -> None:
        self._prompts.update({prompt.name: prompt.fingerprint for prompt in used})

    def _open(self) -> AsyncOpenAI:
        if self._client is None:
            self._client = AsyncOpenAI(
                base_url=self._base_url,
                api_key=self._api_key.get_secret_value() or "none",
                timeout=Timeout(self._deadline_s, connect=min(5.0, self._deadline_s)),
                max_retries=0,  # retries are ours: inside the deadline, and only before the first word
            )
        return self._client

    async def _stream(
        self, messages: list[ChatMessage], completion: _Completion, until: float, *, tools: Sequence[ChatMessage] = ()
    ) -> AsyncGenerator[str, None]:
        """Text of one completion, piece by piece, under one deadline. Every failure is ModelUnavailable."""
        self._usage["model_calls"] += 1
        self._streams += 1
        try:
            try:
                response = await self._connect(messages, until, tools)
                async with aclosing(self._chunks(response, until)) as chunks:
                    async for chunk in chunks:
                        text = completion.take(chunk)
                        if text:
                            yield text
                        if completion.chars > _MAX_CHARS:
                            break
            finally:
                self._account(messages, completion)
                self._streams -= 1
                if not self._streams:  # a repair may run while the statements still stream
                    await self.aclose()
        except (TimeoutError, APITimeoutError) as error:
            raise unavailable("slow", self.host, seconds=self._deadline_s) from error
        except APIConnectionError as error:
            raise unavailable("dead", self.host) from error
        except APIStatusError as error:
            raise unavailable("status", self.host, status=error.status_code) from error
        except (OpenAIError, ValueError, TypeError) as error:
            raise unavailable(
                "nonsense", self.host
            ) from error  # not the protocol: HTML, broken JSON, an error in the stream

    async def _connect(self, messages: list[ChatMessage], until: float, tools: Sequence[ChatMessage]) -> Any:
        """Open the stream; retry 429, 5xx and lost connections with jitter while time is left."""
        failures = 0
        while True:
            options = self._dialect.options() | ({"tools": list(tools)} if tools else {})
            try:
                async with asyncio.timeout_at(until):
                    create: Any = self._open().chat.completions.create
                    return await create(model=self._model, messages=messages, stream=True, **options)
            except APIStatusError as error:
                if tools and refuses_tools(error):
                    self._without_tools = True
                    raise ToolsUnsupported(_NO_TOOLS) from error
                if self._dialect.learn(error):
                    continue
                failures += 1
                await self._pause(error, failures, until)
            except APITimeoutError:
                raise
            except APIConnectionError as error:
                failures += 1
                await self._pause(error, failures, until)

    async def _pause(self, error: APIError, failures: int, until: float) -> None:
        """Wait before the next attempt, or raise the error when there shall be none."""
        left = until - asyncio.get_running_loop().time()
        wait = pause_before_retry(error, failures, self._jitter.random())
        if wait is None or failures >= self._attempts or wait >= left:
            raise error
        await asyncio.sleep(wait)

    async def _chunks(self, response: Any, until: float) -> AsyncGenerator[Any, None]:
        """A slow drip passes every per-read timeout; the deadline is for the whole stream."""
        iterator = aiter(response)
        try:
            while True:
                try:
                    async with asyncio.timeout_at(until):
                        chunk = await anext(iterator)
                except StopAsyncIteration:
                    return
                yield chunk
        finally:
            await response.close()

    def _account(self, messages: list[ChatMessage], completion: _Completion) -> None:
        if completion.usage is not None and any(completion.usage):
            tokens_in, tokens_out = completion.usage
        else:
            tokens_in = sum(count_tokens(str(message.get("content") or "")) for message in messages)
            tokens_out = count_tokens(
                "".join(completion.text) + "".join(c.arguments for c in completion.calls.values())
            )
        self._usage["prompt_tokens"] += tokens_in
        self._usage["completion_tokens"] += tokens_out

    def _calls(self, completion: _Completion, number: int) -> list[ToolCall]:
        """Tool calls with ids of their own; arguments that are no JSON object go on as one that no tool takes."""
        calls: list[ToolCall] = []
        seen: set[str] = set()
        for index, call in sorted(completion.calls.items())[:_MAX_CALLS]:
            if not call.name:
                continue
            given = call.id if call.id and call.id not in seen else f"call_{number}_{index}"
            seen.add(given)
            calls.append(ToolCall(given, call.name[:64], _arguments(call.arguments)))
        return calls


def _arguments(raw: str) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        parsed = json.loads(raw)
    except ValueError:
        return {_UNPARSED: raw[:200]}
    return parsed if isinstance(parsed, dict) else {_UNPARSED: raw[:200]}
