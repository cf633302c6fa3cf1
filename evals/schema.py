"""What an eval case is. Files are data; a mistake in one is refused with its file and case id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.errors import BadArguments
from tools.text import Text

__all__ = ["Case", "Expect", "ExpectedFigure", "load_suite", "suites"]

_FOLDER = Path(__file__).parent / "datasets"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExpectedFigure(_Model):
    """A figure the answer must state; `oracle` names an independent computation in `evals.oracles`."""

    oracle: str
    window: str  # 2024-01-01..2024-01-31
    tolerance: float = 0.0005  # relative, for rounding to 万 and one decimal


class Expect(_Model):
    kind: Literal["figure", "advice", "clarify", "decline"] | None = None
    figures: list[ExpectedFigure] = Field(default_factory=list)
    tools: list[str] = Field(default_factory=list)  # must have been called and succeeded
    cites: list[Literal["metric", "case", "playbook"]] = Field(default_factory=list)
    sections: list[Literal["decision", "why", "what", "how", "plan", "limits"]] = Field(default_factory=list)
    planted_cause: bool = False  # the answer's first cause is the shop's planted one
    mentions: list[list[str]] = Field(default_factory=list)  # of each group, at least one
    never: list[str] = Field(default_factory=list)
    failed: str | None = None  # the error code a turn must end in


class Case(_Model):
    id: str
    axis: Literal["tools", "mode", "service"]
    level: Literal["what", "why", "recommend", "safety"]
    shop: str
    lang: Literal["zh", "en"]
    turns: list[str] = Field(min_length=1)  # the last one is scored
    expect: Expect


class _File(_Model):
    suite: str
    cases: list[Case]


def suites() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_suite(name: str) -> Sequence[Case]:
    """Cases of one suite. Raises BadArguments for an unknown suite, a bad field or a repeated id."""
    path = _FOLDER / f"{name}.yaml"
    if name not in suites():
        raise BadArguments.unknown(Text("评测集", "suite"), name, suites())
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BadArguments(Text(f"评测文件 {path.name} 有错：{error}", f"Eval file {path.name}: {error}")) from error
    ids = [case.id for case in file.cases]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise BadArguments(
            Text(f"{path.name} 里编号重复：{'、'.join(twice)}", f"{path.name} repeats ids: {', '.join(twice)}")
        )
    return file.cases
