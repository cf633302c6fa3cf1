"""The graph's state (ids and plain JSON only) and the turn's working memory, which travels in the context, never in state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict

from advisor.agent.evidence import EvidenceBook
from advisor.agent.runner import ToolRunner
from advisor.answer import Answer, GroundingReport, Section, Statement
from advisor.brains.base import Brain, Frame, Message, Outcome, ShopCard, ToolCall, TurnView
from advisor.scope import Scope

__all__ = ["Framer", "Turn", "TurnState"]

Framer = Callable[[str, Sequence[Message], ShopCard, date], Frame]


class TurnState(TypedDict):
    """What a checkpoint keeps of a turn."""

    turn_id: str
    kind: str
    round: int
    pending: int


@dataclass
class Turn:
    """Everything one turn works with. One per `ask`, dropped when the turn ends."""

    scope: Scope
    thread_id: str
    question: str
    history: Sequence[Message]
    shop: ShopCard
    today: date
    framer: Framer
    brain: Brain
    fallback: Brain | None  # the planner, when falling back is allowed
    runner: ToolRunner
    save: Callable[[Turn], Awaitable[None]]
    model_until: float  # loop time at which a model must have finished
    max_rounds: int = 4
    book: EvidenceBook = field(default_factory=EvidenceBook)
    frame: Frame | None = None
    pending: list[ToolCall] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    sections: dict[Section, list[Statement]] = field(default_factory=dict)
    report: GroundingReport = field(default_factory=GroundingReport)
    answer: Answer | None = None
    notice: str = ""

    def view(self, round_number: int) -> TurnView:
        if self.frame is None:
            raise RuntimeError("the question has not been framed yet")
        return TurnView(
            frame=self.frame,
            history=self.history,
            outcomes=tuple(self.outcomes),
            evidence=self.book.facts,
            tools=tuple(self.runner.registry),
            shop=self.shop,
            today=self.today,
            round=round_number,
        )
