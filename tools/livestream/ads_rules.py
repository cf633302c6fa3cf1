"""Targets and rules of paid traffic as data (`seeds/livestream_ads.yaml`): where each was seen, how far it may be trusted, and what it finds.

Read-only; a rule of a page is shown with platform and confidence. The stop test's settings are our own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from tools.livestream.pacing import StopRule
from tools.seeds import load_yaml
from tools.text import Text

__all__ = [
    "Target",
    "Watch",
    "counts_natural",
    "is_room",
    "page_of",
    "seen_on",
    "setting",
    "stop_rule",
    "targets",
    "watches",
]

_PLATFORM = {"douyin": Text("抖音", "Douyin")}
_CONFIDENCE = {"high": Text("高", "high"), "medium": Text("中", "medium"), "low": Text("低", "low"), "derived": Text("自己推算", "derived")}  # fmt: skip
_EVER = 3  # days of history a plan needs before a rise can be told


def _seed() -> Any:
    return load_yaml("livestream_ads.yaml")


@dataclass(frozen=True)
class Target:
    """A target return: `low` to `high`, with what it is a multiple of, and the page it was seen on."""

    name: str
    label: Text
    of: Literal["even", "history"]
    low: Decimal
    high: Decimal
    seen: Text
    url: str


@dataclass(frozen=True)
class Watch:
    """A rule that a plan's own days have met."""

    name: str
    days: int
    share: Decimal
    times: int
    seen: Text
    url: str

    @property
    def words(self) -> Text:
        """The rule with places {days}, {share} and {times} for its figures."""
        rule = _seed()["watches"][self.name]
        return Text(rule["zh"], rule["en"])


def page_of(rule: dict[str, Any]) -> str:
    """The address a rule was seen at; "" for our own."""
    return str(_seed()["sources"].get(rule.get("source"), ""))


def seen_on(rule: dict[str, Any]) -> Text:
    """Platform and confidence of a rule, in words."""
    if rule["confidence"] == "derived":
        return Text("自己推算，不是平台规则", "derived here, no rule of a platform")
    where, trust = _PLATFORM[rule["platform"]], _CONFIDENCE[rule["confidence"]]
    return Text(f"公开网页，{where.zh}口径，可信度{trust.zh}，以后台为准", f"public page, {where.en}, confidence {trust.en}, the console decides")  # fmt: skip


def setting(*keys: str) -> Any:
    """A value of the data file by its path."""
    found = _seed()
    for key in keys:
        found = found[key]
    return found


def stop_rule() -> StopRule:
    told = _seed()["stop"]
    return StopRule(sure=float(told["sure"]), least=float(told["least"]), prior=float(told["prior"]))


def targets(even: Decimal, history: Decimal | None) -> list[Target]:
    """Target returns from the break-even ROI and, where it is known, the plan's own past ROI."""
    found = []
    for name, one in _seed()["targets"].items():
        base = even if one["of"] == "even" else history
        if base is not None:
            low, high = (base * Decimal(one[end]) for end in ("low", "high"))
            found.append(Target(name, Text(one["zh"], one["en"]), one["of"], low, high, seen_on(one), page_of(one)))
    return found


def _holds(words: Sequence[str], *texts: str) -> bool:
    """A Latin word counts as a whole word: `live` is not in "delivery"."""
    return any(
        re.search(rf"\b{word}\b" if word.isascii() else word, text, re.IGNORECASE) for word in words for text in texts
    )


def counts_natural(tool: str, name: str) -> bool:
    """Whether the product's own return counts natural sales of the room or shop (全站推广, 全域)."""
    return _holds(_seed()["natural"], tool, name)


def is_room(tool: str, name: str) -> bool:
    """Whether a plan buys traffic for the livestream rather than for shop or products."""
    return _holds(_seed()["room"], tool, name)


def watches(spend: Sequence[Decimal], sold: Sequence[Decimal | None], account: Sequence[Decimal]) -> list[Watch]:
    """Rules met at the end of the days given: a plan's spend and credited sales a day, the account's spend on the same days.

    Every calendar day has an entry, 0 where nothing was spent. A day whose sales are unknown never counts as a day without a sale.
    """
    rules = _seed()["watches"]
    met = []
    idle, starved, decayed, surged = (rules[name] for name in ("idle", "starved", "decayed", "surged"))
    days = idle["days"]
    if len(spend) > days and not any(spend[-days:]) and any(spend[:-days]):
        met.append("idle")
    days = starved["days"]
    some, whole = sum(spend[-days:], Decimal(0)), sum(account[-days:], Decimal(0))
    unsold = all(value is not None and not value for value in sold[-days:])
    if len(spend) >= days and 0 < some < whole * Decimal(starved["share"]) and unsold:
        met.append("starved")
    days = decayed["days"]
    before, last = sum(spend[-2 * days : -days], Decimal(0)), sum(spend[-days:], Decimal(0))
    if len(spend) >= 2 * days and "idle" not in met and 0 < last < before * (1 - Decimal(decayed["share"])):
        met.append("decayed")
    past = sorted(value for value in spend[-29:-1] if value)
    if len(past) >= _EVER and spend[-1] > past[len(past) // 2] * Decimal(surged["times"]):
        met.append("surged")
    return [_watch(name, rules[name]) for name in met]


def _watch(name: str, rule: dict[str, Any]) -> Watch:
    share, times = Decimal(rule.get("share", 0)), int(rule.get("times", 0))
    return Watch(name, int(rule.get("days", 0)), share, times, seen_on(rule), page_of(rule))
