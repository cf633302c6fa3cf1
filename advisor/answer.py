"""The answer as data: what `ask --json` prints, what doors render, what evals score."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from tools.facts import Chart, ToolTable, WhyClass

__all__ = [
    "Answer",
    "AnswerKind",
    "AskResult",
    "EvidenceItem",
    "Figure",
    "GroundingReport",
    "PlanStep",
    "Section",
    "Statement",
    "ToolCallRecord",
]

AnswerKind = Literal["figure", "advice", "clarify", "decline", "pending"]
Section = Literal["headline", "decision", "why", "what", "how", "limits", "follow_ups"]


# Exact inside, a JSON number outside: readers of `ask --json` compare figures, not strings.
Number = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Statement(_Model):
    """One sentence that passed the check; `text` carries its marks inline, `cites` lists them."""

    text: str
    cites: list[str] = Field(default_factory=list)
    why_class: WhyClass | None = Field(default=None, alias="class")
    yuan: Number | None = None


class PlanStep(_Model):
    """One step of the plan. Built by code from playbook facts, never by a model."""

    action: str
    where: str = ""
    owner: str = ""
    start: date | None = None
    due: date | None = None
    cost: str = ""
    kpi: str = ""
    target: str = ""
    guardrail: str = ""
    stop_rule: str = ""
    artefacts: list[str] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)


class Answer(_Model):
    """A plain figure fills `headline` alone; a decision question fills all."""

    kind: AnswerKind
    headline: Statement
    decision: Statement | None = None
    why: list[Statement] = Field(default_factory=list)
    what: list[Statement] = Field(default_factory=list)
    how: list[Statement] = Field(default_factory=list)
    plan: list[PlanStep] = Field(default_factory=list)
    limits: list[Statement] = Field(default_factory=list)
    follow_ups: list[str] = Field(default_factory=list)


class Figure(_Model):
    """One quantity behind a mark, as an independent reader needs it to check a sentence."""

    metric: str
    role: str
    value: Number
    unit: str
    window: str = ""
    subject: list[str] = Field(default_factory=list)


class EvidenceItem(_Model):
    """One mark of the thread, as a reader may open it."""

    mark: str
    kind: Literal["metric", "case", "playbook", "livestream", "stated"]
    claim: str
    value: Number | None = None
    unit: str = ""
    window: str = ""
    formula: str = ""
    source: str = ""
    why_class: WhyClass | None = Field(default=None, alias="class")
    simulated: bool = False
    names: list[str] = Field(default_factory=list)  # products, sources, brands the claim may mention
    figures: list[Figure] = Field(default_factory=list)  # every quantity of the fact, the first included
    data: dict[str, Any] = Field(default_factory=dict)


class ToolCallRecord(_Model):
    name: str
    arguments: dict[str, Any]
    ms: int
    ok: bool
    error: str = ""


class GroundingReport(_Model):
    """`numbers` seen in the drafts, `supported` by their cited facts, `removed` statements withheld from the reader."""

    numbers: int = 0
    supported: int = 0
    removed: int = 0
    reasons: list[str] = Field(default_factory=list)


class AskResult(_Model):
    """The whole turn. `text` is the answer rendered for a terminal."""

    answer: Answer
    text: str
    evidence: list[EvidenceItem] = Field(default_factory=list)
    tables: list[ToolTable] = Field(default_factory=list)
    charts: list[Chart] = Field(default_factory=list)
    tool_calls: list[ToolCallRecord] = Field(default_factory=list)
    grounding: GroundingReport = Field(default_factory=GroundingReport)
    brain: str = "planner"
    model: str | None = None
    notice: str = ""  # said once, plainly: "the model did not answer; the built-in planner did"
    prompts: dict[str, str] = Field(default_factory=dict)
    usage: dict[str, float] = Field(default_factory=dict)
    thread_id: str = ""
    approvals: list[str] = Field(default_factory=list)  # ids of the requests this turn filed, for a person to decide on
    lang: Literal["zh", "en"] = "zh"
