"""The steps of a turn. Each node reads the `Turn` from the context and returns plain JSON for the state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from advisor.agent.compose import compose
from advisor.agent.fallback import with_fallback
from advisor.agent.guards import cut, fresh
from advisor.agent.state import Turn, TurnState
from advisor.agent.writes import is_asked_for, settle, wish
from advisor.brains.base import Outcome, ToolCall
from advisor.errors import TurnTimeout
from advisor.events import Progress
from advisor.telemetry.watch import step
from tools.base import ToolSpec
from tools.errors import BadArguments, ToolTimeout
from tools.text import Lang, Text

__all__ = ["compose_node", "decide_node", "finish_node", "frame_node", "tools_node"]

_READING = Text("正在理解问题", "Reading the question")
_WRITING = Text("正在核对每一句话", "Checking every sentence")
_LATE = Text(
    "时限到了，没查完的先放下；以下只依据已经查到的数据。",
    "Time ran out, so what was still being looked up was left; this answer stands on what had been found.",
)
_NOTHING = Text(
    "时限内什么都没有查到，已停止。请缩短时间范围，或换个问法。",
    "Nothing was found within the time limit, so it stopped. Try a shorter window, or ask differently.",
)
_MANY = Text(
    "这个问题要查的太多，只查了最前面的一部分。", "This question asked for too much; only the first part was looked up."
)


async def frame_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Language, intent and slots; local, for every brain."""
    turn = runtime.context
    frame = await asyncio.to_thread(turn.framer, turn.question, turn.history, turn.shop, turn.today)
    turn.frame = frame
    runtime.stream_writer(Progress("frame", _READING.get(frame.lang)))
    return {"kind": frame.kind}


async def decide_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Ask the brain for tool calls, unless a run that was cut off has asked already; the bounds end the asking."""
    turn, number = runtime.context, state["round"]
    turn.pending = []
    open_still = turn.frame is None or turn.frame.reply is None  # a request that was filed is the answer
    if number < turn.guards.rounds and open_still and turn.overdue:
        turn.late = True
    elif number < turn.guards.rounds and open_still:
        known = turn.journal.decided_before(number)
        if known is not None:
            turn.pending = list(known)
        else:
            turn.pending, over = fresh(await _asked(turn, number), turn.outcomes, turn.guards)
            if over:
                turn.tell(_MANY)
            if turn.pending:
                await turn.journal.decided(number, turn.pending)
    return {"round": number + 1, "pending": len(turn.pending)}


async def _asked(turn: Turn, number: int) -> Sequence[ToolCall]:
    wished = wish(turn, number)
    if wished is not None:
        return wished
    try:
        async with asyncio.timeout_at(turn.work_until):
            return await with_fallback(turn, lambda brain: brain.decide(turn.view(number)))
    except TimeoutError:
        turn.late = True
        return []


async def tools_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Run the pending calls in parallel; facts get their marks in call order, whichever call returns first.

    Only READ calls run. A WRITE call the user spoke of files a request; any other is answered by the runner with NotPermitted.
    """
    turn, number = runtime.context, state["round"] - 1
    lang = _lang(turn)
    for call in turn.pending:
        spec = _known(turn, call)
        if spec is not None:
            runtime.stream_writer(Progress("tool", spec.label.get(lang) or spec.name))
    for outcome in await asyncio.gather(*(_run(turn, number, index, call) for index, call in enumerate(turn.pending))):
        _take(turn, outcome)
    turn.pending = []
    return {"pending": 0}


async def _run(turn: Turn, number: int, index: int, call: ToolCall) -> Outcome:
    """One call, once: what returned before a crash is not run again."""
    known = turn.journal.returned_before(number, index)
    if known is not None:
        return known
    if turn.runner.request is not None and is_asked_for(turn, call):
        outcome = await turn.runner.request(turn.scope, call, _lang(turn), turn.thread_id)
    else:
        outcome = await turn.runner.run(
            turn.scope, call, lang=_lang(turn), thread_id=turn.thread_id, today=turn.today, until=turn.work_until
        )
    await turn.journal.returned(number, index, outcome)
    return outcome


def _take(turn: Turn, outcome: Outcome) -> None:
    """Into the turn's memory and evidence. Facts beyond the bound of the turn are cut from the outcome itself."""
    if outcome.code == ToolTimeout.code and turn.overdue:
        turn.late = True
    if outcome.result is not None:
        result = cut(outcome.result, facts=max(1, turn.guards.facts - len(turn.book.new)))
        outcome = replace(outcome, result=result)
        turn.book.add(result.facts)
    turn.outcomes.append(outcome)
    settle(turn, outcome)


async def compose_node(state: TurnState, runtime: Runtime[Turn]) -> dict[str, Any]:
    """Write from what is known. Raises TurnTimeout when the time ran out before anything was."""
    turn = runtime.context
    if turn.late and turn.frame is not None and turn.frame.reply is None:
        if not any(outcome.result is not None for outcome in turn.outcomes):
            raise TurnTimeout(_NOTHING)
        turn.tell(_LATE)
    runtime.stream_writer(Progress("compose", _WRITING.get(_lang(turn))))
    with step("compose") as seen:
        await compose(turn, state["round"], runtime.stream_writer)
        seen.note(figures=turn.report.numbers, supported=turn.report.supported, removed=turn.report.removed)
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
