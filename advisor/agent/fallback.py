"""When the model fails: one deadline, one rule. The planner takes over mid-turn and keeps the tool results."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from advisor.agent.state import Turn
from advisor.brains.base import Brain
from advisor.errors import ModelUnavailable, ToolsUnsupported
from tools.text import Text

__all__ = ["answered_instead", "fall_back", "slow_model", "with_fallback", "within_deadline"]

T = TypeVar("T")


async def with_fallback(turn: Turn, ask: Callable[[Brain], Awaitable[T]]) -> T:
    """Ask the brain within its deadline; when the model fails, ask the planner."""
    try:
        return await within_deadline(turn, turn.brain, ask(turn.brain))
    except ToolsUnsupported:
        if turn.fallback is None:
            raise
        return await ask(turn.fallback)  # the planner picks the tools, the model still writes
    except ModelUnavailable as error:
        fall_back(turn, error)
        return await ask(turn.brain)


async def within_deadline(turn: Turn, brain: Brain, work: Awaitable[T]) -> T:
    """A slow drip never times out on its own reads: the deadline is of the turn. Raises ModelUnavailable."""
    if brain.model is None:
        return await work
    try:
        async with asyncio.timeout_at(turn.model_until):
            return await work
    except TimeoutError as error:
        raise slow_model() from error


def slow_model() -> ModelUnavailable:
    return ModelUnavailable(Text("模型没有在时限内答完。", "The model did not answer in time."))


def fall_back(turn: Turn, error: ModelUnavailable) -> None:
    """Switch to the planner for the rest of the turn, or re-raise when that is not allowed. The breaker hears of it either way."""
    turn.model_error = error
    if turn.fallback is None or turn.brain is turn.fallback:
        raise error
    turn.brain = turn.fallback
    turn.tell(answered_instead(error.message))


def answered_instead(why: Text) -> Text:
    """One sentence: what was wrong with the model, and that the planner answered."""
    return Text(
        f"{why.zh.rstrip('。')}；这次由内置规划器作答。",
        f"{why.en.rstrip('. ')}; the built-in planner answered instead.",
    )
