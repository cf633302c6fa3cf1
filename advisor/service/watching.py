"""A turn as spans and log lines see it: ids, codes, counts and durations, taken from the turn when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from advisor.brains.base import Exchange
from advisor.scope import Scope
from advisor.store import Store
from advisor.telemetry import watch

if TYPE_CHECKING:
    from advisor.agent.state import Turn

__all__ = ["recorder", "watched"]


@contextmanager
def watched(scope: Scope) -> Iterator[Callable[[Turn], None]]:
    """Around a whole turn. Call what it yields with the turn, as soon as there is one."""
    turns: list[Turn] = []
    with watch.turn(scope) as seen:
        try:
            yield turns.append
        finally:
            for turn in turns if watch.current() is not None else ():
                _tell(seen, turn)


def _tell(seen: watch.Seen, turn: Turn) -> None:
    usage, frame = turn.brain.usage(), turn.frame
    seen.note(
        thread=turn.thread_id,
        turn=turn.turn_id,
        intent=frame.intent if frame is not None else None,
        kind=frame.kind if frame is not None else None,
        brain=turn.brain.name,
        tools=len(turn.outcomes),
        facts=len(turn.book.new),
        figures=turn.report.numbers,
        removed=turn.report.removed,
    )
    seen.told.update(
        {
            "gen_ai.conversation.id": turn.thread_id,
            "gen_ai.provider.name": watch.AGENT if turn.host is None else watch.provider_of(turn.host),
            "gen_ai.request.model": turn.brain.model,
            "gen_ai.usage.input_tokens": int(usage["prompt_tokens"]) if "prompt_tokens" in usage else None,
            "gen_ai.usage.output_tokens": int(usage["completion_tokens"]) if "completion_tokens" in usage else None,
        }
    )
    if turn.answer is not None:
        seen.say(turn.question, turn.answer.headline.text)


def recorder(store: Store, scope: Scope, *, thread_id: str, turn_id: str) -> Callable[[Exchange], None]:
    """Keeps each request to a model host for the trace, and tells of it."""
    keep = store.exchanges.recorder(scope, thread_id=thread_id, turn_id=turn_id)

    def record(exchange: Exchange) -> None:
        keep(exchange)
        watch.requested(scope, exchange, thread_id=thread_id, turn_id=turn_id)

    return record
