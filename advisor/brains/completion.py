"""One completion as it arrives: text, thoughts, tool calls and usage, whatever fields an endpoint leaves out or repeats."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.brains.base import ToolCall
from advisor.brains.thoughts import Thoughts

__all__ = ["MOST_CALLS", "UNPARSED", "Completion", "arguments_of"]

MOST_CALLS = 16
MOST_CHARS = 24_000  # of one completion; beyond this an endpoint talks without end
UNPARSED = "_unparsed_arguments"  # no tool takes it, so the runner answers with the known arguments
_MOST_THOUGHTS = 120_000  # characters of thinking; the deadline usually ends it sooner
_SMALL_TALK = 500  # characters of plain words where tool calls were asked for
_ALOUD = 6_000  # the same, when a thought was opened in the text
_CALL_LIKE = re.compile(r"^\s*(?:[\[{`]|<\|?tool)|<tool_call>|<function|\[TOOL_CALLS\]", re.I)


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def whole(self) -> bool:
        return bool(self.name) and _parsed(self.arguments) is not None


@dataclass
class Completion:
    """Accumulates chunks (`take`) or a whole answer (`take_whole`). Nothing a server sends is taken for granted."""

    thoughts: Thoughts = field(default_factory=Thoughts)
    finish: str | None = None
    chars: int = 0
    raw: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    usage: tuple[int, int] | None = None
    _calls: list[_Call] = field(default_factory=list)
    _slots: dict[int, int] = field(default_factory=dict)
    _refusal: bool = False

    def take(self, chunk: Any) -> str:
        """Add one chunk; returns the text it adds, thoughts left out."""
        self._take_usage(getattr(chunk, "usage", None))
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return ""
        finish = getattr(choices[0], "finish_reason", None)
        if isinstance(finish, str) and self.finish is None:  # of two that differ the first was meant
            self.finish = finish
        return self._take_message(getattr(choices[0], "delta", None))

    def take_whole(self, answer: Any) -> str:
        """A completion that did not stream."""
        self._take_usage(getattr(answer, "usage", None))
        choices = getattr(answer, "choices", None)
        if not isinstance(choices, list) or not choices:
            return ""
        finish = getattr(choices[0], "finish_reason", None)
        self.finish = finish if isinstance(finish, str) else None
        return self._take_message(getattr(choices[0], "message", None))

    def close(self) -> str:
        """The end of the stream: text that had been held back."""
        return self.thoughts.finish()

    @property
    def text(self) -> str:
        return "".join(self.raw)

    @property
    def silent(self) -> bool:
        """Not one word, thought, call or reason to stop: what answered does not speak the protocol."""
        return not (self.chars or self.reasoning or self._calls or self._refusal) and self.finish is None

    @property
    def excessive(self) -> bool:
        return self.chars > MOST_CHARS or sum(map(len, self.reasoning)) > _MOST_THOUGHTS

    @property
    def rambles(self) -> bool:
        """Talks where tool calls were asked for; a thought aloud, or a call written as text, may be longer."""
        if self._calls or self.chars <= _SMALL_TALK:
            return False
        text = self.text
        return not _CALL_LIKE.search(text) and len(text) > (_ALOUD if "<think" in text or "</" in text else _SMALL_TALK)

    @property
    def whole(self) -> bool:
        """The last line was finished: the endpoint said so, or it stopped at the end of a sentence."""
        ended = self.text.rstrip().endswith(("。", ".", "]", "!", "?", "！", "？"))
        return self.finish in ("stop", "eos", "end_turn") or (ended and self.finish not in ("length", "content_filter"))

    @property
    def native_calls(self) -> list[_Call]:
        return [call for call in self._calls if call.name][:MOST_CALLS]

    def tool_calls(self, number: int) -> list[ToolCall]:
        """Calls with ids of their own; arguments that are no JSON object go on as one that no tool takes."""
        calls: list[ToolCall] = []
        seen: set[str] = set()
        for index, call in enumerate(self.native_calls):
            given = call.id if call.id and call.id not in seen else f"call_{number}_{index}"
            seen.add(given)
            calls.append(ToolCall(given[:64], call.name[:64], arguments_of(call.arguments)))
        return calls

    def written(self) -> str:
        """Text, thoughts and arguments for counting and for the trace, each up to the length at which reading stops."""
        calls = "".join(call.name + call.arguments for call in self._calls)
        return self.text[:MOST_CHARS] + "".join(self.reasoning)[:_MOST_THOUGHTS] + calls[:MOST_CHARS]

    def _take_message(self, message: Any) -> str:
        if message is None:
            return ""
        parts = getattr(message, "tool_calls", None)
        for part in parts if isinstance(parts, list) else []:
            self._take_call(part)
        self._refusal = self._refusal or bool(getattr(message, "refusal", None))
        for name in ("reasoning_content", "reasoning"):  # DeepSeek, Qwen, vLLM | OpenRouter, Ollama, newer vLLM
            thought = getattr(message, name, None)
            if isinstance(thought, str) and thought:
                self.reasoning.append(thought)
                break
        text = _content(getattr(message, "content", None))
        self.chars += len(text)
        self.raw.append(text)
        return self.thoughts.feed(text)

    def _take_usage(self, usage: Any) -> None:
        """Numbers, or words that are numbers; anything else is as if nothing was told."""
        counts = [_count(getattr(usage, name, None)) for name in ("prompt_tokens", "completion_tokens")]
        if any(counts):
            self.usage = (counts[0], counts[1])

    def _take_call(self, part: Any) -> None:
        """Pieces belong together by index. Servers that number every call 0, or none, are told apart by id, name and wholeness."""
        function = getattr(part, "function", None)
        given_id, name = _word(getattr(part, "id", None)), _word(getattr(function, "name", None))
        call = self._slot(getattr(part, "index", None), given_id, name)
        call.id = call.id or given_id
        if name != call.name:  # some repeat the name with every piece
            call.name += name
        arguments = getattr(function, "arguments", None)
        piece = json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else _word(arguments)
        self.chars += len(piece)
        call.arguments += piece

    def _slot(self, index: Any, given_id: str, name: str) -> _Call:
        numbered = isinstance(index, int) and not isinstance(index, bool)
        if not numbered:
            index = max(self._slots, default=-1) if not name and self._slots else len(self._calls)
        position = self._slots.get(index)
        if position is not None:
            known = self._calls[position]
            another = bool(given_id and known.id and given_id != known.id)
            if not (another or (name and known.whole)):
                return known
        self._slots[index] = len(self._calls)
        self._calls.append(_Call())
        return self._calls[-1]


def arguments_of(raw: str) -> dict[str, Any]:
    """The JSON object, or one argument that no tool takes."""
    if not raw.strip():
        return {}
    parsed = _parsed(raw)
    return parsed if parsed is not None else {UNPARSED: raw[:200]}


def _parsed(raw: str) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, str):  # an object quoted once more
        return _parsed(found)
    return dict(found) if isinstance(found, Mapping) else None


def _content(value: Any) -> str:
    """Text, or the text parts of a list (Mistral sends its thoughts as parts of another type)."""
    if isinstance(value, list):
        parts = [
            part if isinstance(part, dict) else vars(part)
            for part in value
            if isinstance(part, dict) or hasattr(part, "__dict__")
        ]
        return "".join(_word(part.get("text")) for part in parts if part.get("type") == "text")
    return _word(value)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:12])
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12 else 0
