"""The steps of a turn. Each node reads the `Turn` from the context and returns plain JSON for the state."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.runtime import Runtime

from advisor.agent.compose import compose
from advisor.agent.fallback import with_fallback
from advisor.agent.state import Turn, TurnState
from advisor.brains.base import ToolCall
from advisor.events import Progress
from tools.base import ToolSpec
from tools.errors import BadArguments
from tools.text import Lang, Text

__all__ = ["compose_node", "decide_node", "finish_node", "frame_node", "tools_node"]

_READING = Text("正在理解问题", "Reading the question")
_WRITING = Text("正在核对每一句话", "Checking every sentence")


async def frame_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Language, intent and slots; local, for every brain."""
    turn = runtime.context
    frame = await asyncio.to_thread(turn.framer, turn.question, turn.history, turn.shop, turn.today)
    turn.frame = frame
    runtime.stream_writer(Progress("frame", _READING.get(frame.lang)))
    return {"kind": frame.kind}


async def decide_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Ask the brain for tool calls; the bound on rounds ends the asking."""
    turn = runtime.context
    number = state["round"]
    if number >= turn.max_rounds:
        turn.pending = []
    else:
        calls = await with_fallback(turn, lambda brain: brain.decide(turn.view(number)))
        turn.pending = _fresh(turn, calls)
    return {"round": number + 1, "pending": len(turn.pending)}


def _fresh(turn: Turn, calls: list[ToolCall]) -> list[ToolCall]:
    """Drop calls already made with the same arguments: a brain that repeats itself gets nothing new."""
    seen = [(outcome.call.name, dict(outcome.call.arguments)) for outcome in turn.outcomes]
    fresh: list[ToolCall] = []
    for call in calls[:8]:
        key = (call.name, dict(call.arguments))
        if key not in seen:
            seen.append(key)
            fresh.append(call)
    return fresh


async def tools_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Run the pending calls in parallel; facts get their marks in call order."""
    turn = runtime.context
    lang = _lang(turn)
    for call in turn.pending:
        spec = _known(turn, call)
        if spec is not None:
            runtime.stream_writer(Progress("tool", spec.label.get(lang) or spec.name))
    calls = [turn.runner.run(turn.scope, call, lang=lang, thread_id=turn.thread_id) for call in turn.pending]
    for outcome in await asyncio.gather(*calls):
        turn.outcomes.append(outcome)
        if outcome.result is not None:
            turn.book.add(outcome.result.facts)
    turn.pending = []
    return {"pending": 0}


async def compose_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    turn = runtime.context
    runtime.stream_writer(Progress("compose", _WRITING.get(_lang(turn))))
    await compose(turn, state["round"], runtime.stream_writer)
    return {}


async def finish_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    turn = runtime.context
    await turn.save(turn)
    return {}


def _lang(turn: Turn) -> Lang:
    return turn.frame.lang if turn.frame is not None else "zh"


def _known(turn: Turn, call: ToolCall) -> ToolSpec | None:
    try:
        return turn.runner.registry.get(call.name)
    except BadArguments:
        return None  # the runner answers the brain with the valid names
