"""What a playbook file may say. Figures in texts are placeholders (`{audience}`), so every one of them has a name, a unit and a source."""

from __future__ import annotations

import re
from decimal import Decimal
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tools.cases.vocabulary import guess_category
from tools.facts import Role
from tools.playbooks.expression import ExpressionError, parse
from tools.text import Text

__all__ = [
    "NAMES_WITH_DIGITS",
    "Artefact",
    "Bilingual",
    "Condition",
    "DriverCondition",
    "Evidence",
    "FigureCondition",
    "Measure",
    "Need",
    "Parameter",
    "Playbook",
    "Scope",
    "Sizing",
    "Step",
    "Warned",
    "placeholders",
]

SizeClass = Literal["tiny", "small", "mid", "large"]
# Names that contain digits and are no figures.
NAMES_WITH_DIGITS = ("618", "88VIP", "双11", "双12", "Double 11", "Double 12", "38 焕新周", "(38)")
_DIGIT = re.compile(r"\d")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def placeholders(text: str) -> set[str]:
    """Names used in a template."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _no_digits(text: str) -> str:
    bare = text
    for name in NAMES_WITH_DIGITS:
        bare = bare.replace(name, "")
    bare = re.sub(r"\{[^}]*\}", "", bare)
    if _DIGIT.search(bare):
        raise ValueError(f"a figure must be a placeholder with a declared value, not digits: {text!r}")
    return text


def _formula(text: str) -> str:
    try:
        parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return text


Template = Annotated[str, AfterValidator(_no_digits)]
Formula = Annotated[str, AfterValidator(_formula)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Bilingual(_Model):
    """A template in both languages; both use the same placeholders."""

    zh: Template
    en: Template

    @model_validator(mode="after")
    def _same_names(self) -> Bilingual:
        if placeholders(self.zh) != placeholders(self.en):
            raise ValueError(f"zh and en use different placeholders: {self.zh!r}")
        return self

    @property
    def names(self) -> set[str]:
        return placeholders(self.zh)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class Warned(Bilingual):
    """When not to do it. With `categories` (ids of the vocabulary, or words in the shop's own category) only to those shops."""

    categories: tuple[str, ...] = ()


class Parameter(_Model):
    """A value of our own choosing, editable, with the reason for it. `role` is how a checker reads it."""

    value: Decimal
    unit: str
    role: Role = Role.TARGET
    metric: str = ""  # the catalogue metric it is a line for
    basis: str


class Derived(_Model):
    """A value computed from figures, parameters and earlier derived values."""

    formula: Formula
    unit: str  # a unit of tools.text, or "money" for the currency of the shop
    role: Role = Role.TARGET
    metric: str = ""
    round_to: Decimal | None = None


class Need(_Model):
    """A table and how many days of it the advice stands on; 0 for a table without days, such as the customers."""

    table: str
    days: int = 1


class Scope(_Model):
    """Who it is for. Empty categories means any."""

    sizes: tuple[SizeClass, ...] = ("small", "mid", "large")
    categories: tuple[str, ...] = ()
    stages: tuple[Literal["起步", "成长", "规模化", "成熟", "收缩"], ...] = ()
    min_orders: int = 300
    min_buyers: int = 0
    text: Bilingual


class FigureCondition(_Model):
    """A comparison of a figure with its previous window, its own history or a parameter.

    `by` is relative for `previous` and `history` (0.1 = at least 10 % away), ignored for a parameter.
    """

    kind: Literal["figure"] = "figure"
    figure: Name
    side: Literal["below", "above"]
    against: str  # previous | history_median | history_best | the name of a parameter
    by: Decimal = Decimal(0)
    weight: int = Field(default=1, ge=1, le=3)
    text: Bilingual


class DriverCondition(_Model):
    """A driver of the shop's change has that id (or kind) and carries at least that part of it, in the given direction.

    `of_fall`: its sentence says that GMV went down, so it is left out where GMV rose. `unless`: what refutes it by leading the
    change: a market that fell too is no excuse where the shop's own dated event did it.
    """

    kind: Literal["driver"] = "driver"
    drivers: tuple[str, ...]
    unless: tuple[str, ...] = ()
    direction: Literal["down", "up"] = "down"
    min_share: Decimal = Decimal("0.2")
    of_fall: bool = False
    weight: int = Field(default=2, ge=1, le=3)
    text: Bilingual


class MissingCondition(_Model):
    """A table is not there."""

    kind: Literal["missing"] = "missing"
    tables: tuple[str, ...]
    weight: int = Field(default=1, ge=1, le=3)
    text: Bilingual


Condition = Annotated[FigureCondition | DriverCondition | MissingCondition, Field(discriminator="kind")]


class Sizing(_Model):
    """What it is worth to this shop, in its currency over `window_days`, from its own figures. No formula, no size.

    `low`/`high` is the likely range, `ceiling` what it can never exceed. `text` says in words how the range came about.
    """

    low: Formula
    high: Formula
    ceiling: Formula
    per_point: Formula | None = None  # what one percentage point of the goal is worth
    net_of: Literal["gmv", "net", "profit", "cost"] = "gmv"
    window_days: int = 30
    text: Bilingual


class Cost(_Model):
    """The most the test may cost, in the shop's currency. `effort_days` is staff time until the first reading."""

    formula: Formula | None = None
    text: Bilingual
    effort_days: int = Field(ge=0)


class Step(_Model):
    """One dated action. `where` is the console path where a source shows it, else the module in words.

    Days count from the start of the plan, or with `anchor: event` from the next campaign's day (negative is before it).
    """

    action: Bilingual
    without_control: Bilingual | None = None  # said instead of `action` when no control group is kept
    where: Bilingual
    owner: Bilingual
    anchor: Literal["start", "event"] = "start"
    start_day: int
    due_day: int
    cost: Bilingual | None = None
    kpi: Bilingual
    target: Bilingual | None = None
    guardrail: Bilingual | None = None
    stop_rule: Bilingual
    artefacts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Step:
        if self.due_day < self.start_day or (self.anchor == "start" and self.start_day < 0):
            raise ValueError("a step ends before it starts, or starts before the plan")
        return self


class Artefact(_Model):
    """A text for tomorrow. An SMS carries signature and opt-out and stays within 70 characters once filled."""

    id: Name
    kind: Literal["sms", "group_message", "service_message", "coupon", "live_line", "checklist", "segment"]
    text: Bilingual


class Measure(_Model):
    """How to tell whether it worked. A hold-out names its audience figure and base rate."""

    kind: Literal["holdout", "on_off", "count"]
    audience: Name | None = None
    base_rate: Name | None = None
    days: int = Field(ge=1)
    text: Bilingual

    @model_validator(mode="after")
    def _complete(self) -> Measure:
        if self.kind == "holdout" and not (self.audience and self.base_rate):
            raise ValueError("a hold-out needs an audience and a base rate")
        return self


class Evidence(_Model):
    """A case that supports or warns, with what is like and what differs."""

    case: str
    stance: Literal["supports", "warns"]
    likeness: Bilingual
    difference: Bilingual


class Playbook(_Model):
    """One decision, who it is for and not for, what it is worth, how to do it, and how to tell."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    name: Bilingual
    goals: tuple[str, ...]
    decision: Bilingual
    goal_metric: Name
    for_whom: Scope
    needs: tuple[Need, ...]
    conditions: tuple[Condition, ...] = Field(min_length=1)
    require: int = Field(default=1, ge=0)  # weight of conditions that must be met before it is offered at all
    first_when: Condition | None = None  # when this holds, everything else waits for it
    not_for: tuple[Condition, ...] = ()
    not_for_text: tuple[Warned, ...] = Field(min_length=1)
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    derived: dict[Name, Derived] = Field(default_factory=dict)
    facts: Bilingual  # what of this shop's figures matters here, for the claim
    sizing: Sizing | None = None
    unsized: Bilingual | None = None  # said in place of a range when there is no sizing
    break_even: Bilingual | None = None
    cost: Cost
    steps: tuple[Step, ...] = Field(min_length=1)
    first_step: Bilingual  # the smaller step for a weak shop
    changes_mind: Bilingual
    measure: Measure
    risks: tuple[Bilingual, ...] = Field(min_length=1)
    evidence: tuple[Evidence, ...] = ()
    artefacts: tuple[Artefact, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Playbook:
        if self.sizing is None and self.unsized is None:
            raise ValueError(f"{self.id}: neither sized nor said to be unsized")
        known = {artefact.id for artefact in self.artefacts}
        missing = {ref for step in self.steps for ref in step.artefacts} - known
        if missing:
            raise ValueError(f"{self.id}: steps use unknown artefacts {sorted(missing)}")
        names = [condition.against for condition in self.all_conditions if isinstance(condition, FigureCondition)]
        fixed = {"previous", "history_median", "history_best", *self.parameters}
        if unknown := set(names) - fixed:
            raise ValueError(f"{self.id}: conditions compare with unknown {sorted(unknown)}")
        return self

    def not_for_said(self, category: str) -> tuple[Warned, ...]:
        """The warnings that concern a shop of this category, named by id or in free words."""
        group = guess_category(category) if category else None
        own = category.casefold()
        return tuple(
            each
            for each in self.not_for_text
            if not each.categories or any(word == group or word in own for word in each.categories)
        )

    @property
    def all_conditions(self) -> tuple[FigureCondition | DriverCondition | MissingCondition, ...]:
        return self.conditions + self.not_for
