"""WRITE calls inside a turn: a wish of the user becomes a request that waits for a person, and the answer says so.

What the question itself does not speak of is not asked for, whichever brain wants it: the runner answers such a call with NotPermitted.
"""

from __future__ import annotations

from dataclasses import replace

from advisor.agent.state import Turn
from advisor.answer import AnswerKind
from advisor.brains.base import Outcome, ToolCall
from advisor.brains.wishes import PENDING, call_of, no_plan, wished
from tools.base import Effect
from tools.errors import BadArguments
from tools.text import Text

__all__ = ["is_asked_for", "settle", "wish"]


def wish(turn: Turn, number: int) -> list[ToolCall] | None:
    """The one call of a question that is a wish; None for every other question. A wish for an unknown plan asks back."""
    frame = turn.frame
    if frame is None or "write" not in frame.slots:
        return None
    if number or frame.reply is not None:
        return []
    call = call_of(turn.view(number))
    if call is None:
        turn.frame = replace(frame, kind="clarify", reply=no_plan())
        return []
    return [call]


def is_asked_for(turn: Turn, call: ToolCall) -> bool:
    """Whether the call is a WRITE that the user's own words speak of."""
    try:
        spec = turn.runner.registry.get(call.name)
    except BadArguments:
        return False
    return spec.effect is Effect.WRITE and wished(turn.question, call.name)


def settle(turn: Turn, outcome: Outcome) -> None:
    """The answer of a turn that asked for an effect: what waits for whom, or why it could not be asked for."""
    if turn.frame is None or (outcome.code != PENDING and "write" not in turn.frame.slots):
        return
    if outcome.code == PENDING and outcome.result is not None:
        note = outcome.result.notes[0]
        turn.frame = replace(turn.frame, kind="pending", reply=Text(note.zh, note.en))
    elif outcome.error is not None:
        kind: AnswerKind = "decline" if outcome.code == "not_permitted" else "clarify"
        turn.frame = replace(turn.frame, kind=kind, reply=outcome.error)
