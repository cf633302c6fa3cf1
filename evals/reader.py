"""An independent reader of answers: every digit string must be in the evidence. Shares no code with `advisor.grounding`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from advisor.answer import AskResult

__all__ = ["Seen", "figures_in", "unsupported"]

_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)"
)
_INNOCENT = re.compile(
    r"\[[a-z]\d+\]"  # marks
    r"|\d{4}\s*[-/.年]\s*\d{1,2}(?:\s*[-/.月]\s*\d{1,2}\s*日?|\s*月)?"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*日(?:\s*(?:–|—|-|至|到)\s*(?:\d{1,2}\s*月)?\s*\d{1,2}\s*日)?|\d{1,2}\s*月(?:份|底|初)?|\d{4}\s*年"
    rf"|{_MONTH}\.?\s+\d{{4}}|\b\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?|{_MONTH}\.?\s+\d{{1,2}}(?:\s*[–-]\s*\d{{1,2}})?(?:,?\s+\d{{4}})?"
    r"|\b(?:19|20)\d{2}\b|618|双\s*1[12]|[Dd]ouble\s+1[12]|\d{1,2}:\d{2}"
    r"|第\s*\d+\s*(?:[周步天]|季度)|FY\s?\d{2,4}|Q[1-4]|[Ww]eek\s+\d+|[Dd]ay\s+\d+|[Ss]tep\s+\d+|88VIP"
)
_NUMBER = re.compile(r"(?P<n>\d[\d,]*(?:\.\d+)?)\s*(?P<u>%|亿|万|个百分点|pp|(?:bn|billion|million|[KkMm])\b)?")
_RANGE_OF_PERCENT = re.compile(r"\s*[-–—~至到]\s*\d[\d.]*\s*%")
_SCALE = {"亿": Decimal(100_000_000), "万": Decimal(10_000), "k": Decimal(1000), "m": Decimal(1_000_000)}
_SCALE |= {"million": Decimal(1_000_000), "bn": Decimal(1_000_000_000), "billion": Decimal(1_000_000_000)}


@dataclass(frozen=True)
class Seen:
    """A figure as written: its value, and half a unit of its last digit."""

    text: str
    value: Decimal
    slack: Decimal
    percent: bool


def figures_in(text: str, names: Iterable[str] = ()) -> list[Seen]:
    """All figures of a text that are not dates, marks, ordinals or part of a name."""
    for name in sorted(names, key=len, reverse=True):
        if name and any(character.isdigit() for character in name):
            text = text.replace(name, " ")
    found = []
    for match in _NUMBER.finditer(_INNOCENT.sub(" ", text)):
        raw = match["n"].rstrip(",").replace(",", "")
        decimals = len(raw.split(".")[1]) if "." in raw else 0
        scale = _SCALE.get((match["u"] or "").lower(), Decimal(1))
        slack = Decimal(1).scaleb(-decimals) / 2 * scale
        percent = match["u"] == "%" or bool(_RANGE_OF_PERCENT.match(match.string, match.end()))
        found.append(Seen(match[0], Decimal(raw) * scale, slack, percent))
    return found


def unsupported(result: AskResult) -> list[str]:
    """Figures of the answer that no cited evidence carries."""
    values = [figure.value for item in result.evidence for figure in item.figures]
    names = {part for item in result.evidence for figure in item.figures for part in figure.subject}
    names |= {name for item in result.evidence for name in item.names}
    names |= {str(value) for item in result.evidence for value in item.data.values() if isinstance(value, str)}
    missing = []
    for text in _texts(result):
        for seen in figures_in(text, names):
            if not any(_same(seen, value) for value in values):
                missing.append(f"{seen.text.strip()} in: {text[:80]}")
    return missing


def _same(seen: Seen, value: Decimal) -> bool:
    if seen.percent:
        return abs(abs(value) * 100 - seen.value) <= seen.slack or abs(abs(value) - seen.value) <= seen.slack
    return abs(abs(value) - seen.value) <= seen.slack


def _texts(result: AskResult) -> list[str]:
    answer = result.answer
    statements = [answer.headline, *answer.why, *answer.what, *answer.how, *answer.limits]
    if answer.decision is not None:
        statements.append(answer.decision)
    steps = [f"{s.action} {s.kpi} {s.target} {s.guardrail} {s.stop_rule} {s.cost}" for s in answer.plan]
    return [statement.text for statement in statements] + steps + list(answer.follow_ups)
