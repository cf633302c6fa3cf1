"""A turn written down as it goes: outcomes as plain JSON and back, and what a cut-off run of the same turn left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from advisor.brains.base import Outcome, ToolCall
from advisor.scope import Scope
from advisor.store import LoggedCall, TurnLog
from tools.facts import ToolResult
from tools.text import Text

__all__ = ["TurnJournal", "outcome_from_json", "outcome_to_json"]

_ROUND = 100  # positions in the log: round * 100 + index, so that order and round come back together


class TurnJournal:
    """`advisor.agent.state.Journal` over the store. `basis` names the day and the data a turn reads: another one makes old calls stale."""

    def __init__(
        self, log: TurnLog, scope: Scope, turn_id: str, *, basis: str, before: Sequence[LoggedCall] = ()
    ) -> None:
        self._log = log
        self._scope = scope
        self._turn_id = turn_id
        self._basis = basis
        self._before = {divmod(call.position, _ROUND): call for call in before}

    @staticmethod
    def stale(before: Sequence[LoggedCall], basis: str) -> bool:
        """Whether any of these calls read other data, or on another day, than a turn with this basis would."""
        return any(call.outcome is not None and call.outcome["basis"] != basis for call in before)

    def decided_before(self, number: int) -> list[ToolCall] | None:
        calls = [_call(number, index, call) for (n, index), call in sorted(self._before.items()) if n == number]
        return calls or None

    def returned_before(self, number: int, index: int) -> Outcome | None:
        logged = self._before.get((number, index))
        if logged is None or logged.outcome is None:
            return None
        return outcome_from_json(_call(number, index, logged), logged.outcome, logged.ms)

    async def decided(self, number: int, calls: Sequence[ToolCall]) -> None:
        rows = [(number * _ROUND + index, call.name, call.arguments) for index, call in enumerate(calls)]
        await asyncio.to_thread(self._log.decided, self._scope, self._turn_id, rows)

    async def returned(self, number: int, index: int, outcome: Outcome) -> None:
        def write() -> None:
            data = {"basis": self._basis, **outcome_to_json(outcome)}
            self._log.returned(self._turn_id, number * _ROUND + index, data, outcome.ms)

        await asyncio.to_thread(write)


def _call(number: int, index: int, logged: LoggedCall) -> ToolCall:
    return ToolCall(f"r{number}c{index}", logged.name, logged.arguments)


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """`{result, error, code, choices}`; a call may have a result and a code both, as one that waits for a person has."""
    return {
        "result": outcome.result.model_dump(mode="json") if outcome.result is not None else None,
        "error": {"zh": outcome.error.zh, "en": outcome.error.en} if outcome.error is not None else None,
        "code": outcome.code,
        "choices": list(outcome.choices),
    }


def outcome_from_json(call: ToolCall, data: Mapping[str, Any], ms: int) -> Outcome:
    """The outcome as it was, but for what JSON does not tell apart (a tuple in the data of a fact comes back as a list)."""
    result = ToolResult.model_validate(data["result"]) if data["result"] is not None else None
    error = Text(data["error"]["zh"], data["error"]["en"]) if data["error"] is not None else None
    return Outcome(call, result=result, error=error, code=data["code"], choices=tuple(data["choices"]), ms=ms)
