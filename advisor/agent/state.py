"""The graph's state (ids and plain JSON only) and the turn's working memory, which travels in the context, never in state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypedDict

from advisor.agent.evidence import EvidenceBook
from advisor.agent.guards import Guards
from advisor.agent.runner import ToolRunner
from advisor.answer import Answer, GroundingReport, Section, Statement
from advisor.brains.base import Brain, Frame, Message, Outcome, ShopCard, ToolCall, TurnView
from advisor.errors import ModelUnavailable
from advisor.scope import Scope
from tools.text import Text

__all__ = ["Checked", "Framer", "Journal", "Turn", "TurnState"]

Framer = Callable[[str, Sequence[Message], ShopCard, date], Frame]


class TurnState(TypedDict):
    """What the routers need: ids and plain JSON."""

    turn_id: str
    kind: str
    round: int
    pending: int


class Journal(Protocol):
    """Where a turn is written while it runs, and what a cut-off run of it left behind. Positions count from 0 along the turn."""

    def decided_before(self, number: int) -> Sequence[ToolCall] | None:
        """The calls that round asked for in the run that was cut off; None when it did not get that far."""

    def returned_before(self, number: int, index: int) -> Outcome | None:
        """What that call of the round gave, if it returned."""

    async def decided(self, number: int, calls: Sequence[ToolCall]) -> None:
        """Raises TurnTaken when the turn is no longer this process's."""

    async def returned(self, number: int, index: int, outcome: Outcome) -> None: ...


@dataclass(frozen=True)
class Checked:
    """A sentence that did not pass the check as it was written: what was wrong, and what stands instead (None: withheld)."""

    section: Section
    said: str
    problems: tuple[str, ...]
    instead: str | None
    brain: str


@dataclass
class Turn:
    """Everything one turn works with. One per `ask`, dropped when the turn ends."""

    scope: Scope
    turn_id: str
    thread_id: str
    question: str
    history: Sequence[Message]
    shop: ShopCard
    today: date
    framer: Framer
    brain: Brain
    fallback: Brain | None  # the planner, when falling back is allowed
    host: str | None  # of the model that is asked in this turn
    runner: ToolRunner
    journal: Journal
    save: Callable[[Turn], Awaitable[None]]
    until: float  # loop time at which the turn ends, whatever it has
    work_until: float  # loop time from which it only writes down what it knows
    model_until: float  # loop time at which a model must have finished
    guards: Guards = field(default_factory=Guards)
    book: EvidenceBook = field(default_factory=EvidenceBook)
    frame: Frame | None = None
    pending: list[ToolCall] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    sections: dict[Section, list[Statement]] = field(default_factory=dict)
    report: GroundingReport = field(default_factory=GroundingReport)
    checked: list[Checked] = field(default_factory=list)
    answer: Answer | None = None
    notices: list[Text] = field(default_factory=list)
    late: bool = False  # the time for looking things up ran out
    model_error: ModelUnavailable | None = None  # how the model failed in this turn, for the breaker

    @property
    def notice(self) -> str:
        """What the reader is told once about how the answer came about."""
        lang = self.frame.lang if self.frame is not None else "zh"
        return (" " if lang == "en" else "").join(text.get(lang) for text in self.notices)

    def tell(self, text: Text) -> None:
        if text not in self.notices:
            self.notices.append(text)

    @property
    def overdue(self) -> bool:
        return self.late or asyncio.get_running_loop().time() >= self.work_until

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
