"""ScriptedBrain: says what a test told it to, in order, and records what it was shown. Deterministic, no I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from advisor.brains.base import Draft, ToolCall, TurnView

__all__ = ["ScriptedBrain"]

Scripted = Sequence[ToolCall] | Exception


class ScriptedBrain:
    """`rounds`: tool calls (or an error to raise) per `decide`. `drafts`: statements in order; an exception among them is
    raised there. `repairs`: replacement per draft text; missing means no repair.
    """

    name = "scripted"

    def __init__(
        self,
        *,
        rounds: Sequence[Scripted] = (),
        drafts: Sequence[Draft | Exception] = (),
        repairs: dict[str, Draft] | None = None,
        model: str | None = None,
    ) -> None:
        self.model = model
        self._rounds = list(rounds)
        self._drafts = list(drafts)
        self._repairs = dict(repairs or {})
        self.seen: list[TurnView] = []
        self.problems: list[tuple[str, tuple[str, ...]]] = []

    async def decide(self, turn: TurnView) -> list[ToolCall]:
        self.seen.append(turn)
        if not self._rounds:
            return []
        step = self._rounds.pop(0)
        if isinstance(step, Exception):
            raise step
        return list(step)

    async def statements(self, turn: TurnView) -> AsyncIterator[Draft]:
        self.seen.append(turn)
        for draft in self._drafts:
            if isinstance(draft, Exception):
                raise draft
            yield draft

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None:
        self.problems.append((draft.text, tuple(problems)))
        return self._repairs.get(draft.text)

    def usage(self) -> dict[str, float]:
        return {}

    def prompts(self) -> dict[str, str]:
        return {}
