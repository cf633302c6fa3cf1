"""What a review knows as data (`seeds/livestream_review.yaml`): its thresholds, and per step the name, likely causes and next actions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["Advice", "Judging", "PublicRange", "advice", "judging", "public_ranges", "step_name"]


@dataclass(frozen=True)
class Judging:
    """Thresholds; see the comments of the file."""

    days: int
    longest: int
    sessions: int
    slot: float
    weekday: float
    floor: float
    family: float
    least: float
    little: float
    items: float
    clicks: int


@dataclass(frozen=True)
class Advice:
    """Likely causes and next actions of a weak step. `figures` fill {0}, {1} of the actions; the horizon is streams or days."""

    causes: tuple[Text, ...]
    actions: tuple[Text, ...]
    figures: tuple[int, ...]
    kpi: Text
    horizon: tuple[int, int]
    in_days: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class PublicRange:
    step: str
    low: Decimal
    high: Decimal
    unit: str
    platform: Text
    confidence: Text
    sources: tuple[str, ...]


def _seed() -> Any:
    return load_yaml("livestream_review.yaml")


@cache
def judging() -> Judging:
    return Judging(**_seed()["judging"])


def step_name(key: str) -> Text:
    found = _seed()["steps"][key]
    return Text(found["zh"], found["en"])


def advice(key: str) -> Advice:
    """Raises KeyError for a step the file does not know."""
    found = _seed()["steps"][key]
    low, high = found.get("horizon") or found["days"]
    return Advice(
        _pairs(found["causes"]), _pairs(found["actions"]), tuple(found.get("figures", ())), Text(**found["kpi"]), (low, high),
        "days" in found, tuple(_address(name) for name in found["sources"]),
    )  # fmt: skip


def public_ranges() -> tuple[PublicRange, ...]:
    return tuple(
        PublicRange(
            one["step"], Decimal(one["low"]), Decimal(one["high"]), one["unit"], Text(**one["platform"]), Text(**one["confidence"]),
            tuple(_address(name) for name in one["sources"]),
        )
        for one in _seed()["references"]
    )  # fmt: skip


def _pairs(both: dict[str, list[str]]) -> tuple[Text, ...]:
    return tuple(Text(zh, en) for zh, en in zip(both["zh"], both["en"], strict=True))


def _address(name: str) -> str:
    return str(_seed()["sources"][name])
