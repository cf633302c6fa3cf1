"""Words a text must not carry (`seeds/compliance.yaml`): advertising law, promotion rules, platform rules. A flag is not a verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["Flag", "Rule", "check_sms", "check_text", "rules"]

Severity = Literal["block", "review"]
SMS_LIMIT_ZH = 70
SMS_LIMIT_EN = 160


class Rule(BaseModel):
    """One rule of the table. `pattern` is a regular expression; `exempt` matches uses that are allowed, such as an order in time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    pattern: str
    severity: Severity
    categories: tuple[str, ...] = ()  # empty: every category
    except_categories: tuple[str, ...] = ()
    exempt: str | None = None
    law: str
    article: str
    why: dict[str, str]
    suggest: dict[str, str]
    source: str
    confidence: Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Flag:
    """A place in a text that a rule points at. `block` must be changed, `review` needs proof or a second look."""

    rule_id: str
    severity: Severity
    found: str
    start: int
    law: str
    article: str
    why: Text
    suggest: Text
    source: str


@cache
def rules() -> tuple[Rule, ...]:
    """The rule table. Raises pydantic's ValidationError for a bad entry and re.error for a bad pattern."""
    table = tuple(Rule.model_validate(row) for row in load_yaml("compliance.yaml")["rules"])
    for rule in table:
        re.compile(rule.pattern)
    return table


def check_text(text: str, category: str = "") -> list[Flag]:
    """Every rule that points at a place in the text, in order of place. `category` is a category id of the vocabulary."""
    flags: list[Flag] = []
    for rule in rules():
        if rule.categories and category not in rule.categories:
            continue
        if category and category in rule.except_categories:
            continue
        allowed = [match.span() for match in re.finditer(rule.exempt, text, re.IGNORECASE)] if rule.exempt else []
        for match in re.finditer(rule.pattern, text, re.IGNORECASE):
            if not any(start <= match.start() and match.end() <= end for start, end in allowed):
                flags.append(_flag(rule, match[0], match.start()))
    return sorted(flags, key=lambda flag: (flag.start, flag.rule_id))


def check_sms(text: str, lang: Literal["zh", "en"] = "zh") -> list[Text]:
    """What is wrong with a marketing text message besides its words: signature, opt-out, length. [] when it may go out."""
    problems = []
    limit = SMS_LIMIT_ZH if lang == "zh" else SMS_LIMIT_EN
    if len(text) > limit:
        problems.append(Text(f"超过 {limit} 个字符（现在 {len(text)}）", f"over {limit} characters (now {len(text)})"))
    if not re.match(r"(【[^】]+】|\[[^\]]+\])", text):
        problems.append(Text("开头缺少签名【店名】", "no signature in brackets at the start"))
    if not re.search(r"拒收请?回复|退订回|[Rr]eply \w+ to stop|STOP", text):
        problems.append(Text("缺少退订方式", "no way to opt out"))
    return problems


def _flag(rule: Rule, found: str, start: int) -> Flag:
    return Flag(
        rule_id=rule.id,
        severity=rule.severity,
        found=found,
        start=start,
        law=rule.law,
        article=rule.article,
        why=Text(rule.why["zh"], rule.why["en"]),
        suggest=Text(rule.suggest["zh"], rule.suggest["en"]),
        source=rule.source,
    )
