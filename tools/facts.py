"""Fact and ToolResult: the atoms of evidence. A figure reaches a reader only by way of a Quantity in a Fact."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tools.text import Lang, Text

__all__ = ["Chart", "Claim", "Fact", "Quantity", "Role", "ToolResult", "ToolTable", "WhyClass", "Window", "fact_id"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Frozen):
    """Calendar days in the merchant's zone, both ends included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


class Claim(_Frozen):
    """One sentence in both languages; figures in it are those of the fact's quantities, formatted by `tools.text`."""

    zh: str
    en: str

    def get(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    @classmethod
    def of(cls, text: Text) -> Claim:
        return cls(zh=text.zh, en=text.en)


class Role(StrEnum):
    """What a quantity is within its fact."""

    VALUE = "value"  # the figure itself
    PREVIOUS = "previous"  # the same figure in the comparison window
    CHANGE = "change"  # value - previous, signed, in the value's unit (pp for ratios)
    CHANGE_RATE = "change_rate"  # change / previous, signed, unit "ratio"
    CONTRIBUTION = "contribution"  # part of another figure's change that this factor explains, signed
    SHARE = "share"  # part of a total, unit "ratio"
    SAMPLE = "sample"  # n behind the figure
    TARGET = "target"  # something to reach or to stop at
    RANGE_LOW = "range_low"
    RANGE_HIGH = "range_high"


class WhyClass(StrEnum):
    """How far a why may go. Only an experiment may say 导致 / caused."""

    DECOMPOSITION = "decomposition"  # 拆解
    ASSOCIATION = "association"  # 关联
    EXPERIMENT = "experiment"  # 实验
    INFERENCE = "inference"  # 推断


class Quantity(_Frozen):
    """One number with everything a checker needs: metric id, value, unit, role, window and subject.

    `unit`: ISO currency, ratio (0.18 = 18 %), pp, number, orders, buyers, visitors, items, days, rows, times.
    `subject`: names that narrow it ("搜索", a product title, "returning"); empty for the whole shop.
    """

    metric: str
    value: Decimal
    unit: str
    role: Role = Role.VALUE
    window: Window | None = None
    subject: tuple[str, ...] = ()

    @field_validator("value", mode="before")
    @classmethod
    def _no_floats(cls, value: object) -> object:
        """Money and ratios are decimal from the query on: a float here has already lost cents."""
        if isinstance(value, float):
            raise ValueError("a quantity takes a Decimal, an int or a string, never a float")
        return value


class Fact(_Frozen):
    """One checkable statement a tool returned or the merchant stated. The first quantity is the headline figure."""

    id: str
    kind: Literal["metric", "case", "playbook", "livestream", "stated"]
    claim: Claim
    quantities: tuple[Quantity, ...] = ()
    formula: str = ""
    source: str = ""
    why_class: WhyClass | None = None
    entities: tuple[str, ...] = ()  # names the claim may mention: products, sources, sessions, brands, case ids
    data: dict[str, Any] = Field(
        default_factory=dict
    )  # plain JSON for the composer (case fields, playbook steps); never figures to quote
    simulated: bool = False

    @property
    def value(self) -> Decimal | None:
        return self.quantities[0].value if self.quantities else None

    @property
    def unit(self) -> str:
        return self.quantities[0].unit if self.quantities else ""

    @property
    def window(self) -> Window | None:
        return self.quantities[0].window if self.quantities else None

    def quantity(self, role: Role, metric: str | None = None) -> Quantity | None:
        """The first quantity in that role (and of that metric)."""
        return next((q for q in self.quantities if q.role is role and metric in (None, q.metric)), None)


def fact_id(*parts: object) -> str:
    """Stable id: the same metric, dimensions, window, merchant and data generation give the same id."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False)
    return "f_" + hashlib.sha256(text.encode()).hexdigest()[:16]


class ToolTable(_Frozen):
    """A small table to show as it is. Cells are already formatted text or plain numbers."""

    title: Claim
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Chart(_Frozen):
    """A chart as data: `kind` names a renderer of the page, `data` is plain JSON."""

    kind: Literal["trend", "waterfall", "bars", "heatmap"]
    title: Claim
    data: dict[str, Any]
    fact_ids: tuple[str, ...] = ()


class ToolResult(BaseModel):
    """What a tool hands back. `guidance` is the just-in-time instruction for a model that reads the facts."""

    model_config = ConfigDict(extra="forbid")

    facts: list[Fact] = Field(default_factory=list)
    tables: list[ToolTable] = Field(default_factory=list)
    charts: list[Chart] = Field(default_factory=list)
    guidance: str = ""
    files: list[str] = Field(default_factory=list)
    notes: list[Claim] = Field(default_factory=list)  # limits: what is missing, which export unlocks it
