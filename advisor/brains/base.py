"""What every brain gets and gives. A brain chooses tool calls and writes statements; it computes nothing.

PlannerBrain (embedded, deterministic), ModelBrain (OpenAI-compatible), ScriptedBrain (tests).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from advisor.answer import AnswerKind, Section
from advisor.brains.memory import Memory
from tools.base import ToolSpec
from tools.facts import Fact, ToolResult, WhyClass
from tools.text import Lang, Text

__all__ = ["Brain", "Draft", "Exchange", "Frame", "Ledger", "Message", "Outcome", "ShopCard", "ToolCall", "TurnView"]


@dataclass(frozen=True)
class Frame:
    """What the question asks, after follow-ups were resolved from the thread. Plain JSON through `vars`."""

    question: str
    lang: Lang
    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    kind: AnswerKind = "advice"  # decline and clarify end the turn without tools
    reply: Text | None = None  # the text of a clarify or a decline
    confidence: float = 1.0


@dataclass(frozen=True)
class Message:
    """An earlier message of the thread, as the user saw it."""

    role: str  # "user" | "assistant"
    text: str
    frame: Mapping[str, Any] = field(default_factory=dict)  # intent and slots of that turn, for follow-ups


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """A finished tool call: a result or an error text the brain may act on (`choices` are the valid names)."""

    call: ToolCall
    result: ToolResult | None = None
    error: Text | None = None
    code: str = ""
    choices: tuple[str, ...] = ()
    ms: int = 0


@dataclass(frozen=True)
class ShopCard:
    """What a brain may know of the shop besides tool results. No merchant id."""

    name: str
    platform: str
    category: str
    currency: str
    simulated: bool
    timezone: str = "Asia/Shanghai"
    own_names: tuple[str, ...] = ()  # how the merchant may call the own shop; read locally, never offered to a model
    tables: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # table -> first and last day
    memory: Memory = field(default_factory=Memory)  # read locally; a model gets of it what tools return


@dataclass(frozen=True)
class TurnView:
    """The turn so far. `evidence` maps display marks ("m1") to facts, in order of appearance in the thread."""

    frame: Frame
    history: Sequence[Message]
    outcomes: Sequence[Outcome]
    evidence: Mapping[str, Fact]
    tools: Sequence[ToolSpec]
    shop: ShopCard
    today: date
    round: int = 0

    def mark_of(self, fact: Fact) -> str:
        """The display mark of a fact, such as "m3". Raises LookupError for a fact that is not evidence."""
        for mark, other in self.evidence.items():
            if other.id == fact.id:
                return mark
        raise LookupError(f"fact {fact.id} is not part of this thread's evidence")

    def facts(self, kind: str | None = None) -> list[tuple[str, Fact]]:
        """Marks and facts returned in this turn, in order."""
        ids = {fact.id for outcome in self.outcomes if outcome.result for fact in outcome.result.facts}
        return [(m, f) for m, f in self.evidence.items() if f.id in ids and kind in (None, f.kind)]


@dataclass(frozen=True)
class Draft:
    """A statement before the check. `text` ends in its marks, as in `GMV was ¥1,284,350 [m1]`.""" ""

    section: Section
    text: str
    why_class: WhyClass | None = None


@dataclass(frozen=True)
class Exchange:
    """One request to a model host and what came of it, as `trace` shows it. `code` is "ok" or that of the error."""

    purpose: Literal["decide", "compose", "repair"]
    host: str
    model: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[str]  # names of the tools offered
    reply: str
    prompt_tokens: int
    completion_tokens: int
    ms: int
    code: str = "ok"
    finish: str = ""  # why the model stopped, in the endpoint's word


class Ledger(Protocol):
    """Who pays for a turn and who remembers what left this machine; made for one turn, below the model."""

    def allow(self) -> None:
        """Called before each request. Raises ModelUnavailable when the merchant's limit of the day is spent."""

    def note(self, exchange: Exchange) -> None:
        """Called after each request, also one that failed or was cut off: what was sent has been sent."""


class Brain(Protocol):
    """`decide` returns no calls when it has what it needs. `statements` yields drafts in reading order, headline first."""

    name: str
    model: str | None

    async def decide(self, turn: TurnView) -> list[ToolCall]: ...

    def statements(self, turn: TurnView) -> AsyncIterator[Draft]: ...

    async def repair(self, turn: TurnView, draft: Draft, problems: Sequence[str]) -> Draft | None: ...

    def usage(self) -> dict[str, float]: ...

    def prompts(self) -> dict[str, str]: ...
