"""What one endpoint takes and refuses: request fields that are dropped, renamed or added after it said so, kept for its later turns.

The dialects met in the wild (July 2025 to November 2026), each with a fake in `tests/fakes/dialects.py`:
OpenAI       newer models take `max_completion_tokens` and no `temperature`; strict schemas; parallel calls by default
DashScope    `parallel_tool_calls` is off unless asked; a thinking model answers only streams unless `enable_thinking` is false
DeepSeek     `reasoning_content`: older models refuse a request that repeats it, newer ones one that does not (tool rounds)
vLLM         without a parser tools are refused, or calls come as text in `<tool_call>`
Ollama       whole calls in one piece, all numbered 0 or not at all; options it does not know are ignored
llama.cpp    without `--jinja` tools are refused, with status 500; an overlong prompt is told with `n_ctx`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from advisor.brains.strict import strict_schema
from tools.base import ToolSpec

__all__ = ["ChatMessage", "Dialect", "Lesson", "StatusError"]

ChatMessage = dict[str, Any]
Lesson = Literal["nothing", "again", "shorter", "no_tools"]
_OVERLONG = re.compile(
    r"context[_ ](?:length|size|window)|maximum context|exceed_context|too many tokens|prompt is too long|"
    r"range of input length|input is too long",
    re.I,
)
_NO_TOOLS = re.compile(r"\btools?\b|tool[ _-]?(?:use|choice|call)|function[ _-]?call|--jinja", re.I)
_NO_STREAM = re.compile(
    r"(?:\bstream(?:ing)?\b[^.]{0,60}\b(?:not|unsupported|only|false)\b|not\b[^.]{0,40}\bstream)", re.I
)
_STRICT_HOSTS = ("api.openai.com", ".openai.azure.com", ".openai.com")


class StatusError(Protocol):
    status_code: int
    message: str


@dataclass
class Dialect:
    """One per endpoint and model; shared by the turns of a process, so that a refusal is met once."""

    answer_tokens: int
    strict: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = True
    tools: bool = True
    parallel: bool = True
    reasoning_back: bool = False
    halvings: int = 0  # of the prompt's budget, after the endpoint called a prompt too long
    _options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.extra = dict(self.extra)
        self._options = {"max_tokens": self.answer_tokens, "temperature": 0.2}
        self._usage_in_stream = True

    @classmethod
    def of(
        cls,
        base_url: str | None,
        *,
        answer_tokens: int,
        strict: Literal["auto", "on", "off"] = "auto",
        extra: Mapping[str, Any] | None = None,
    ) -> Dialect:
        """Strict schemas go unasked only to hosts that are known to keep them: elsewhere they make a small model fill in nulls."""
        host = urlsplit(base_url or "https://api.openai.com").hostname or ""
        known = any(host == name or (name[0] == "." and host.endswith(name)) for name in _STRICT_HOSTS)
        return cls(answer_tokens, strict == "on" or (strict == "auto" and known), extra or {})

    def request(self, tools: Sequence[ToolSpec]) -> dict[str, Any]:
        """Fields of the request besides model and messages."""
        fields: dict[str, Any] = {"stream": self.stream, **self._options}
        if self.stream and self._usage_in_stream:
            fields["stream_options"] = {"include_usage": True}
        if tools:
            fields["tools"] = [self.function(spec) for spec in tools]
            if self.parallel:
                fields["parallel_tool_calls"] = True
        if self.extra:
            fields["extra_body"] = dict(self.extra)
        return fields

    def function(self, spec: ToolSpec) -> ChatMessage:
        """A tool in the shape of the chat completions protocol; strict where both the endpoint and its schema allow."""
        strict = strict_schema(spec.schema()) if self.strict else None
        told: ChatMessage = {"name": spec.name, "description": spec.description}
        if strict is not None:
            told |= {"strict": True, "parameters": strict}
        else:
            told["parameters"] = _without_titles(spec.schema())
        return {"type": "function", "function": told}

    def learn(self, error: StatusError, *, tools: bool, reasoned: bool = False) -> Lesson:
        """What a refusal teaches. "again" and "shorter" mean that the request is worth sending once more."""
        message = str(error.message)[:4000]
        if error.status_code in (401, 403, 429):
            return "nothing"
        if error.status_code in (400, 413, 422, 500) and _OVERLONG.search(message):
            if self.halvings >= 3:
                return "nothing"
            self.halvings += 1
            return "shorter"
        if error.status_code in (400, 422, 500, 501) and self._changed(message, tools=tools, reasoned=reasoned):
            return "again"
        if tools and _NO_TOOLS.search(message):
            self.tools = False
            return "no_tools"
        return "nothing"

    def _changed(self, message: str, *, tools: bool, reasoned: bool) -> bool:
        if "enable_thinking" in message and self.extra.get("enable_thinking") is not False:
            self.extra = {**self.extra, "enable_thinking": False}
            return True
        if "reasoning_content" in message and (reasoned or self.reasoning_back):
            self.reasoning_back = not self.reasoning_back
            return True
        if tools and self.parallel and "parallel_tool_calls" in message:
            self.parallel = False
            return True
        if tools and self.strict and re.search(r"strict|schema|additionalProperties", message, re.I):
            self.strict = False
            return True
        for name in ("max_tokens", "temperature"):
            if name in self._options and re.search(rf"\b{name}\b", message):
                value = self._options.pop(name)
                if name == "max_tokens" and "max_completion_tokens" in message:
                    self._options["max_completion_tokens"] = value
                return True
        if self.stream and self._usage_in_stream and "stream_options" in message:
            self._usage_in_stream = False
            return True
        if self.stream and _NO_STREAM.search(message):
            self.stream = False
            return True
        return False


def _without_titles(schema: Any) -> Any:
    """Pydantic's titles repeat the names; sixteen tools of them cost a model some hundred tokens."""
    if isinstance(schema, dict):
        return {k: _without_titles(v) for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return [_without_titles(part) for part in schema] if isinstance(schema, list) else schema
