"""Tool calls that a model wrote as text, because its server has no parser for them: `<tool_call>{…}</tool_call>` or fenced JSON.

Only tools that were offered are recognised, so that an example in a sentence is not taken for a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from advisor.brains.base import ToolCall
from advisor.brains.completion import MOST_CALLS
from advisor.brains.thoughts import Thoughts

__all__ = ["spoken_calls"]

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|(?=<tool_call>)|$)", re.S | re.I)  # Hermes, Qwen
_FENCED = re.compile(r"```(?:json|tool_call|tool_code)?\s*\n?(.*?)(?:```|$)", re.S | re.I)
_MISTRAL = re.compile(r"\[TOOL_CALLS\]\s*(.*)$", re.S)
_FUNCTION = re.compile(r"<function=([\w-]+)>\s*(\{.*?\})\s*</function>", re.S)  # Llama


def spoken_calls(text: str, offered: Collection[str], number: int) -> list[ToolCall]:
    """At most MOST_CALLS calls of offered tools, in reading order, ids made here; [] when there is none."""
    thoughts = Thoughts()
    said = thoughts.feed(text[:100_000]) + thoughts.finish()
    calls: list[ToolCall] = []
    for name, arguments in _found(said):
        if name in offered and (name, arguments) not in [(call.name, dict(call.arguments)) for call in calls]:
            calls.append(ToolCall(f"said_{number}_{len(calls)}", name, arguments))
    return calls[:MOST_CALLS]


def _found(said: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for match in _FUNCTION.finditer(said):
        yield from _named({"name": match[1], "arguments": match[2]})
    blocks = [match[1] for pattern in (_TAGGED, _MISTRAL, _FENCED) for match in pattern.finditer(said)]
    if not blocks and said.lstrip()[:1] in ("{", "["):
        blocks = [said.strip()]
    for block in blocks:
        for value in _values(block):
            yield from _named(value)


def _values(block: str) -> Iterator[Any]:
    """The JSON values written one after another at the beginning of a block."""
    decoder, position = json.JSONDecoder(), 0
    block = block.strip()
    while position < len(block):
        try:
            value, position = decoder.raw_decode(block, position)
        except (ValueError, RecursionError):
            return
        yield from value if isinstance(value, list) else [value]
        while position < len(block) and block[position] in " \t\r\n,;":
            position += 1


def _named(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """A call in the shapes models were trained on: name with arguments or parameters, bare or under `function`."""
    if not isinstance(value, dict):
        return
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    name = value.get("name", inner if isinstance(inner, str) else None)
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return
    if isinstance(name, str) and isinstance(arguments, dict):
        yield name, arguments
