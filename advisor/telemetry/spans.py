"""Spans by OpenTelemetry, under the names of its GenAI conventions. The only owner of opentelemetry; loaded when spans are on, never else.

Conventions: open-telemetry/semantic-conventions-genai (status Development, no release yet), where the names of semantic conventions
1.41 moved to; those used here are the same in both. What is ours alone begins with `advisor.`.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from advisor.telemetry.watch import Request, Told, provider_of

__all__ = ["Spans", "exporting", "messages_json"]

Value = str | int | bool | Sequence[str]
_WORD = re.compile(r"[a-z_]{0,40}")  # an endpoint may say anything
End = Callable[[str, Mapping[str, Told], Mapping[str, Told]], None]

_EXPORT_TIMEOUT_S = 3.0  # a collector that is away must not keep a command from ending
_NS_PER_MS = 1_000_000
_HTTPS = 443  # a host is told without its port when that is the usual one


class Spans:
    """A tracer of our own: it is not made the process's, so no library sends spans through it. `content`: words may be recorded."""

    def __init__(self, processor: SpanProcessor, *, content: bool = False) -> None:
        self.content = content
        own = Resource({SERVICE_NAME: "merchant-advisor", SERVICE_VERSION: _version()})
        named = OTELResourceDetector().detect()  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES stand above ours
        self._provider = TracerProvider(resource=own.merge(named), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("advisor", _version())

    @contextmanager
    def open(self, name: str, told: Mapping[str, Told], about: Mapping[str, Told]) -> Iterator[End]:
        """A span around work; what is opened inside becomes its child. Yields what says how it ended."""
        with self._tracer.start_as_current_span(
            name,
            attributes=_given(told, about),
            record_exception=False,  # an exception's text may hold anything
            set_status_on_exception=False,
        ) as span:
            yield lambda code, told, about: _end(span, code, _given(told, about))

    def tool(
        self,
        name: str,
        call_id: str,
        arguments: Mapping[str, Any] | None,
        about: Mapping[str, Told],
        *,
        thread_id: str | None,
        ms: int,
        code: str,
    ) -> None:
        """A finished tool call, as a child of the span that is open."""
        told: dict[str, Told] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id or None,
            "gen_ai.conversation.id": thread_id,
        }
        if self.content and arguments is not None:
            told["gen_ai.tool.call.arguments"] = json.dumps(dict(arguments), ensure_ascii=False, default=str)
        self._past(f"execute_tool {name}", _given(told, about), ms=ms, code=code)

    def chat(self, request: Request, about: Mapping[str, Told], *, thread_id: str) -> None:
        """A finished request to a model host, as a child of the span that is open."""
        finish = request.finish if _WORD.fullmatch(request.finish) else "other"
        told: dict[str, Told] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider_of(request.host),
            "gen_ai.request.model": request.model,
            "gen_ai.conversation.id": thread_id,
            "gen_ai.usage.input_tokens": request.prompt_tokens,
            "gen_ai.usage.output_tokens": request.completion_tokens,
            "gen_ai.response.finish_reasons": [finish] if finish else None,
            **_address(request.host),
        }
        if self.content:
            said = [{"role": "assistant", "content": request.reply}]
            told["gen_ai.input.messages"] = messages_json(request.messages)
            told["gen_ai.output.messages"] = messages_json(said, finish=finish or "stop")
        kind = SpanKind.CLIENT
        self._past(f"chat {request.model}", _given(told, about), ms=request.ms, code=request.code, kind=kind)

    def words(self, said: tuple[str, str] | None) -> dict[str, Told]:
        """Question and answer of a turn, when words may be recorded."""
        if not self.content or said is None:
            return {}
        question, answer = (
            [{"role": role, "content": text}] for role, text in zip(("user", "assistant"), said, strict=True)
        )
        return {
            "gen_ai.input.messages": messages_json(question),
            "gen_ai.output.messages": messages_json(answer, finish="stop"),
        }

    def _past(
        self, name: str, attributes: Mapping[str, Value], *, ms: int, code: str, kind: SpanKind = SpanKind.INTERNAL
    ) -> None:
        now = time.time_ns()
        span = self._tracer.start_span(name, kind=kind, attributes=attributes, start_time=now - ms * _NS_PER_MS)
        _end(span, code, {})
        span.end(now)

    def close(self) -> None:
        """Send what is waiting and stop."""
        self._provider.shutdown()


def exporting(endpoint: str | None) -> SpanProcessor:
    """Posts spans to an OTLP/HTTP address, in batches and in the background. Raises ImportError without the extra."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # a collector that is away is a matter for the log, when there is one, not for a merchant's terminal
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_TIMEOUT_S))


def _address(host: str) -> dict[str, Told]:
    parts = urlsplit(f"//{host}")
    return {"server.address": parts.hostname or host, "server.port": parts.port or _HTTPS}


def messages_json(messages: Sequence[Mapping[str, Any]], *, finish: str | None = None) -> str:
    """Chat messages in the shape of gen_ai.input.messages and gen_ai.output.messages."""
    shaped = []
    for message in messages:
        parts: list[dict[str, Any]] = []
        content = message.get("content")
        if message.get("role") == "tool":
            parts.append({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content})
        elif content:
            parts.append({"type": "text", "content": content})
        for call in message.get("tool_calls") or ():
            function = call.get("function", {})
            name, arguments = function.get("name"), function.get("arguments")
            parts.append({"type": "tool_call", "id": call.get("id"), "name": name, "arguments": arguments})
        ended = {"finish_reason": finish} if finish else {}
        shaped.append({"role": message.get("role", "assistant"), "parts": parts, **ended})
    return json.dumps(shaped, ensure_ascii=False, default=str)


def _given(told: Mapping[str, Told], about: Mapping[str, Told]) -> dict[str, Value]:
    """One set of attributes: those of the conventions, and what none names as `advisor.…`."""
    both = {**told, **{f"advisor.{key}": value for key, value in about.items()}}
    return {key: value for key, value in both.items() if value is not None}


def _end(span: Span, code: str, attributes: Mapping[str, Value]) -> None:
    span.set_attributes(attributes)
    if code != "ok":
        span.set_attribute("error.type", code)
        span.set_status(Status(StatusCode.ERROR))


def _version() -> str:
    try:
        return metadata.version("merchant-advisor")
    except metadata.PackageNotFoundError:  # run from a checkout
        return "0"
