"""Bounds of a turn: rounds, calls, evidence, sentences, and the size of one tool result, which is cut by rule and says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.brains.base import Outcome, ToolCall
from tools.facts import Claim, Fact, ToolResult, ToolTable

__all__ = ["Guards", "call_key", "cut", "fresh"]


@dataclass(frozen=True)
class Guards:
    """What one turn may use. A brain that wants more gets what there is and answers from that."""

    rounds: int = 4
    calls: int = 24  # tool calls of the turn, failed ones included
    calls_a_round: int = 8
    facts: int = 400  # new evidence of the turn
    drafts: int = 80  # sentences looked at, kept or not


_ROWS = 1000  # of one table
_LARGE = Claim(
    zh="结果太大，细节已省略；缩短时间范围或少分几类，可以看全。",
    en="The result was too large, so details were left out; a shorter window or fewer groups show all.",
)


def call_key(call: ToolCall) -> tuple[str, str]:
    """Equal for calls that ask the same, whether their arguments come from a brain or out of the log."""
    return call.name, json.dumps(call.arguments, sort_keys=True, default=str)


def fresh(calls: Sequence[ToolCall], done: Sequence[Outcome], guards: Guards) -> tuple[list[ToolCall], bool]:
    """The calls not made yet, within the bounds, and whether any were left out for the bound on the turn.

    A brain that repeats itself gets nothing new, so a loop ends by itself.
    """
    seen = {call_key(outcome.call) for outcome in done}
    new: list[ToolCall] = []
    for call in calls[: guards.calls_a_round]:
        key = call_key(call)
        if key not in seen:
            seen.add(key)
            new.append(call)
    room = max(0, guards.calls - len(done))
    return new[:room], len(new) > room


def cut(result: ToolResult, *, facts: int, size: int | None = None) -> ToolResult:
    """The result with at most so many facts and bytes (as JSON): the first facts and rows, which tools put in order of weight.

    What is too large as a whole loses its charts, its tables, the details behind its facts, then facts from the end. What was cut
    is noted in the result, so that the answer says it.
    """
    notes = list(result.notes)
    tables = [_shorter(table, notes) for table in result.tables]
    kept = list(result.facts)
    if len(kept) > facts:
        notes.append(_only(facts, len(kept), "项", "findings"))
        kept = kept[:facts]
    if len(notes) > len(result.notes):
        result = result.model_copy(update={"facts": kept, "tables": tables, "notes": notes})
    return _lighter(result, size) if size is not None and _bytes(result) > size else result


def _shorter(table: ToolTable, notes: list[Claim]) -> ToolTable:
    if len(table.rows) <= _ROWS:
        return table
    notes.append(_only(_ROWS, len(table.rows), "行", "rows"))
    return table.model_copy(update={"rows": table.rows[:_ROWS]})


def _only(kept: int, whole: int, zh: str, en: str) -> Claim:
    return Claim(
        zh=f"结果太长：只看了前 {kept} {zh}（共 {whole} {zh}）；缩短时间范围或少分几类，可以看全。",
        en=f"The result was too long: only the first {kept} of {whole} {en} were used; a shorter window or fewer groups show all.",
    )


def _lighter(result: ToolResult, size: int) -> ToolResult:
    result = result.model_copy(update={"notes": [*result.notes, _LARGE]})
    steps: list[Callable[[ToolResult], dict[str, Any]]] = [
        lambda r: {"charts": []},
        lambda r: {"tables": []},
        lambda r: {"facts": [fact.model_copy(update={"data": {}}) for fact in r.facts]},
    ]
    for step in steps:
        result = result.model_copy(update=step(result))
        if _bytes(result) <= size:
            return result
    return result.model_copy(update={"facts": _within(result.facts, size // 2), "guidance": "", "files": []})


def _within(facts: Sequence[Fact], room: int) -> list[Fact]:
    kept: list[Fact] = []
    for fact in facts:
        room -= len(fact.model_dump_json().encode())
        if room < 0:
            break
        kept.append(fact)
    return kept


def _bytes(result: ToolResult) -> int:
    return len(result.model_dump_json().encode())
