"""Finds out what an endpoint can do, with two requests at most and a question about colours: nothing of a shop is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from advisor.brains.completion import Completion
from advisor.brains.dialects import ChatMessage, Dialect
from advisor.brains.endpoint import Endpoint, Locator, Request
from advisor.brains.failures import unavailable
from advisor.brains.spoken_calls import spoken_calls
from advisor.errors import ModelUnavailable, ToolsUnsupported
from tools.base import ToolContext, ToolSpec, tool
from tools.facts import ToolResult
from tools.text import Text

__all__ = ["Probed", "probe"]

_ANSWER_TOKENS = 120
_SYSTEM = "You test a connection. Call the tool for every thing asked about, all calls at once."
_QUESTION = "Which colour is the sky, and which colour is grass?"


@tool(label=Text("试一试", "Trying"))
def colour_of(ctx: ToolContext, *, thing: Annotated[str, Field(description='for example "sky"')]) -> ToolResult:
    """Looks up the colour of one thing. Example: thing="sky"."""
    return ToolResult()


@dataclass
class Probed:
    """What was found. None is "not found out": the request did not come to it, or the endpoint does not tell."""

    failure: Text | None = None
    listed: bool | None = None  # the model is in the endpoint's list
    others: list[str] = field(default_factory=list)  # ids from that list
    context: int | None = None
    answered: bool = False
    streams: bool | None = None
    tools: str = "unknown"  # native | spoken | words | refused | unknown
    parallel: bool | None = None
    strict: bool | None = None
    usage: bool | None = None
    first_ms: int | None = None


async def probe(locator: Locator, model: str, *, deadline_s: float, dialect: Dialect) -> Probed:
    """Never raises for what an endpoint does; ends within the deadline."""
    found, until = Probed(), asyncio.get_running_loop().time() + deadline_s
    dialect.strict = True
    endpoint = Endpoint(locator, model, deadline_s=deadline_s, dialect=dialect, ledger=None, attempts=1)
    try:
        await _list(endpoint, model, found, until)
        try:
            await _ask(endpoint, found, until, tools=(colour_of,))
        except ToolsUnsupported:
            found.tools = "refused"
            await _ask(endpoint, found, until, tools=())
    except ModelUnavailable as error:
        found.failure = error.message
    finally:
        await endpoint.aclose()
    return found


async def _list(endpoint: Endpoint, model: str, found: Probed, until: float) -> None:
    """Whether the model is there; many endpoints tell its context too, each under a name of its own."""
    listed = await endpoint.models(until)
    if listed is None:
        return
    found.others = [name for name, _ in listed][:200]
    mine = [context for name, context in listed if name == model or name.split("/")[-1] == model]
    if listed:
        found.listed = bool(mine)
    found.context = next((context for context in mine if context), None)


async def _ask(endpoint: Endpoint, found: Probed, until: float, *, tools: Sequence[ToolSpec]) -> None:
    messages: list[ChatMessage] = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _QUESTION}]
    completion, begun = Completion(), time.perf_counter()
    request = Request("decide", lambda: messages, tools)
    async with aclosing(endpoint.stream(request, completion, until)) as pieces:
        async for _ in pieces:
            if found.first_ms is None:
                found.first_ms = round((time.perf_counter() - begun) * 1000)
            if completion.chars > 8 * _ANSWER_TOKENS:
                break
    if completion.silent:
        raise unavailable("nonsense", endpoint.host)
    found.answered = True
    found.streams = endpoint.dialect.stream
    found.usage = completion.usage is not None
    if tools:
        native = completion.native_calls
        said = [] if native else spoken_calls(completion.text, [colour_of.name], 0)
        found.tools = "native" if native else "spoken" if said else "words"
        found.parallel = len(native or said) > 1 if native or said else None
        found.strict = endpoint.dialect.strict if native else None
