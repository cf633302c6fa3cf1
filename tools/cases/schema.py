"""The case as data: what a file in `seeds/cases/` must look like. Every word comes from `seeds/vocabulary.yaml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tools.cases import vocabulary
from tools.facts import Role

__all__ = ["Case", "Figure", "Lesson", "Result", "Source"]

Sentence = Annotated[str, Field(min_length=2, max_length=600)]


def _word(kind: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in vocabulary.terms(kind):
            raise ValueError(f"{value!r} is not one of the {kind} in seeds/vocabulary.yaml")
        return value

    return AfterValidator(check)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Where it was read. `date` as printed there: a day, a month, a year or "unknown"."""

    title: str
    publisher: str
    url: str = Field(pattern=r"^https?://[^\s<>\"]+$")
    date: str = "unknown"


class Figure(_Strict):
    """One number read out of a text of the case: `text` is the verbatim piece it was read from.

    `unit`: ISO currency, ratio (0.18 = 18 %), pp, people, stores, items, days, times, … ; `period` as in the source.
    """

    metric: Annotated[str, _word("metrics")]
    words: str
    value: Decimal
    unit: str
    role: Role = Role.VALUE
    period: str = ""
    text: str
    source: int | None = None


class Result(_Strict):
    """One outcome with its wording kept; `figures` are the numbers in `value` and `baseline`."""

    metric: str
    value: str
    baseline: str | None = None
    period: str
    source: int
    figures: tuple[Figure, ...] = ()


class Lesson(_Strict):
    """What follows from it. `inference` marks our reading; only a source's own words go without."""

    zh: Sentence
    en: str = ""
    inference: bool


class Case(_Strict):
    """One sourced growth case. `summary_*` is what an answer quotes: every number in it is in `figures` or `results`."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,80}$")
    kind: Literal["case", "platform"] = "case"
    name: str
    name_en: str
    category: Annotated[str, _word("categories")]
    subcategory: str
    market: Annotated[str, _word("markets")]
    merchant_type: Annotated[str, _word("merchant_types")]
    stage: Annotated[str, _word("stages")]
    size: Annotated[str, _word("sizes")]
    period: str
    levers: tuple[Annotated[str, _word("levers")], ...] = Field(min_length=1)
    drivers: tuple[Annotated[str, _word("drivers")], ...] = Field(min_length=1)
    platforms: tuple[Annotated[str, _word("platforms")], ...] = ()
    outcome: Annotated[str, _word("outcomes")]
    summary_zh: Sentence
    summary_en: Sentence
    problem: Sentence
    problem_en: Sentence
    actions: tuple[Sentence, ...] = Field(min_length=1)
    results: tuple[Result, ...] = Field(min_length=1)
    figures: tuple[Figure, ...] = ()  # further numbers the summary uses, read from the actions
    lessons: tuple[Lesson, ...] = Field(min_length=1)
    limits: Sentence
    sources: tuple[Source, ...] = Field(min_length=1)
    confidence: Annotated[str, _word("confidences")]
    confidence_note: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.subcategory not in vocabulary.terms("categories")[self.category].raw["subs"]:
            raise ValueError(f"{self.subcategory!r} is no subcategory of {self.category}")
        if not self.lessons[0].en:
            raise ValueError("the first lesson needs an English rendering")
        used = [result.source for result in self.results]
        used += [figure.source for figure in self.all_figures if figure.source is not None]
        if any(not 0 <= index < len(self.sources) for index in used):
            raise ValueError("a result names a source that is not listed")
        return self

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        return (*(figure for result in self.results for figure in result.figures), *self.figures)

    @property
    def brand_key(self) -> str:
        """Same for several notes about one brand (the platform's notes count as one)."""
        return "platform" if self.kind == "platform" else self.name_en.casefold()
