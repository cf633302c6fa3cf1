"""PlannerBrain: declared tool plans and composed sentences. No model, no network, the same answer for the same evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from advisor.brains.base import Draft, ToolCall, TurnView
from advisor.brains.compose import compose
from advisor.brains.planner.derive import Derived
from advisor.brains.planner.plans import calls_of
from advisor.brains.planner.repair import repaired

__all__ = ["PlannerBrain"]

_STAGES = ("first", "second", "third")


class PlannerBrain:
    """The brain that is always there."""

    name = "planner"
    model: str | None = None

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        """Round 1: the calls an intent declares. Rounds 2 and 3: what the results before them ask for. Then nothing."""
        if turn.frame.reply is not None:
            return []
        known = Derived(turn)
        done = [(outcome.call.name, dict(outcome.call.arguments)) for outcome in turn.outcomes]
        # a model that got nothing from its calls leaves the plan to us from its beginning
        begun = turn.round if any(outcome.result for outcome in turn.outcomes) else 0
        for stage in _STAGES[begun:]:  # a stage with nothing to ask passes the round on
            calls = calls_of(
                turn.frame.intent,
                stage,
                resolve=known.resolve,
                holds=known.holds,
                tools=turn.tools,
                prefix=f"r{turn.round}c",
            )
            retries = _retries(turn) if turn.round else []
            fresh = [call for call in [*calls, *retries] if (call.name, dict(call.arguments)) not in done]
            if fresh:
                return fresh
        return []

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        """Drafts in reading order, headline first."""
        if turn.frame.reply is not None:
            yield Draft("headline", turn.frame.reply.get(turn.frame.lang))
            return
        for draft in compose(turn):
            yield draft

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None:
        """The draft without the clause that was refused, or None."""
        return repaired(draft, problems)

    def usage(self) -> dict[str, float]:
        """The planner costs nothing."""
        return {}

    def prompts(self) -> dict[str, str]:
        """The planner has no prompts."""
        return {}


def _retries(turn: TurnView) -> list[ToolCall]:
    """A call refused for an optional argument is tried once without it (a cut that the metric lacks, an unknown goal); so is
    a match that found nothing under its goal."""
    optional = ("by", "goal", "top", "compare", "category", "lever", "outcome")
    calls = []
    for outcome in turn.outcomes:
        empty = outcome.result is not None and not outcome.result.facts and outcome.call.name == "match_playbooks"
        if outcome.code != "bad_arguments" and not empty:
            continue
        kept = {name: value for name, value in outcome.call.arguments.items() if name not in optional}
        if kept != dict(outcome.call.arguments):
            calls.append(ToolCall(id=f"{outcome.call.id}r", name=outcome.call.name, arguments=kept))
    return calls
