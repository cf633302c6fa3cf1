"""Words a text must not carry (`seeds/compliance.yaml`): advertising, price, promotion, livestream and AI-label rules. A flag is not a verdict.

A text is read without its disguises (`compliance_clean`); every rule names law and article, and what spares a flag is data too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tools.playbooks.compliance_clean import Plain, plain
from tools.seeds import load_yaml
from tools.text import Text

__all__ = [
    "Category", "Exemption", "Flag", "Rule", "Severity", "categories", "check_sms", "check_text", "exemptions", "find_category",
    "rules", "rules_for",
]  # fmt: skip

Severity = Literal["block", "review"]
SMS_LIMIT_ZH = 70
SMS_LIMIT_EN = 160
_SENTENCE = re.compile(r"[。！？!?；;\n]")
_CLAUSE = re.compile(r"[，。！？；、,!?;：:\n（）()【】]")
_NAMED = re.compile(r"(?<!\?P)<([a-z_]+)>")
_BEFORE = 16  # characters in front of a find in which a "not" still belongs to it


def _joined(value: object) -> object:
    """A list of patterns as one, with the shared words put in for their <name>."""
    text = "|".join(value) if isinstance(value, list) else value
    if not isinstance(text, str):
        return text
    return _NAMED.sub(lambda match: f"(?:{_vocab()[match[1]]})", text)


@cache
def _vocab() -> dict[str, str]:
    return dict(load_yaml("compliance.yaml")["vocab"])


Pattern = Annotated[str, BeforeValidator(_joined)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Category(_Row):
    """A kind of goods with rules of its own; `means` says what a merchant of it must know."""

    zh: str
    en: str
    aliases: tuple[str, ...]
    means: dict[str, str]


class Exemption(_Row):
    """What spares a flag (self-comparison, a ranking with time, scope and proof …) and the ground for it."""

    pattern: Pattern
    not_with: Pattern | None = None
    reach: Literal["before", "clause", "sentence", "text"]
    zh: str
    en: str
    basis: str


class Rule(_Row):
    """One rule of the table. `pattern` is a regular expression; `exempt` matches uses that are allowed, such as an order in time."""

    id: str
    pattern: Pattern
    severity: Severity
    raise_in: tuple[str, ...] = ()  # categories in which review becomes block
    categories: tuple[str, ...] = ()  # empty: every category
    except_categories: tuple[str, ...] = ()
    exempt: Pattern | None = None
    spared_by: tuple[str, ...] = ()
    unless: Pattern | None = None  # words anywhere in the text that supply what was missing
    ratio: float | None = None  # the groups `high` and `low` of the pattern must be at least this far apart
    negatable: bool = True  # "we do not promise …" is no promise; "no side effects" is one
    quotable: bool = True  # words told not to use are no claim; "do not label it" is the breach itself
    law: str
    article: str
    article_en: str
    why: dict[str, str]
    suggest: dict[str, str]
    source: str
    confidence: Literal["high", "medium", "low"]
    since: date | None = None
    until: date | None = None

    @property
    def law_en(self) -> str:
        return str(load_yaml("compliance.yaml")["laws"][self.law]["en"])

    def in_force(self, day: date | None) -> bool:
        """On a day; with none, as the rules stand now."""
        if day is None:
            return self.until is None
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


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
    law_en: str = ""
    article_en: str = ""
    confidence: str = "medium"
    disguised: bool = False  # written so that a filter would not see it

    @property
    def end(self) -> int:
        return self.start + len(self.found)


@cache
def rules() -> tuple[Rule, ...]:
    """The rule table. Raises pydantic's ValidationError for a bad entry and re.error for a bad pattern."""
    table = tuple(Rule.model_validate(row) for row in load_yaml("compliance.yaml")["rules"])
    for rule in table:
        _compiled(rule.pattern)
    return table


@cache
def exemptions() -> dict[str, Exemption]:
    return {name: Exemption.model_validate(row) for name, row in load_yaml("compliance.yaml")["exemptions"].items()}


@cache
def categories() -> dict[str, Category]:
    return {name: Category.model_validate(row) for name, row in load_yaml("compliance.yaml")["categories"].items()}


def find_category(named: str) -> str | None:
    """The category meant by an id, a label or an alias of any case; None when there is none."""
    wanted = named.strip().casefold()
    for name, row in categories().items():
        if wanted in {name, row.zh.casefold(), row.en.casefold(), *(alias.casefold() for alias in row.aliases)}:
            return name
    return None


def rules_for(category: str = "", day: date | None = None) -> list[Rule]:
    """The rules that bind a category on a day. An unknown category is bound by the general rules."""
    kind = find_category(category) or "general"
    return [
        rule
        for rule in rules()
        if rule.in_force(day)
        and (not rule.categories or kind in rule.categories)
        and kind not in rule.except_categories
    ]


def check_text(text: str, category: str = "", day: date | None = None) -> list[Flag]:
    """Every rule that points at a place in the text, in order of place. `category`: id, label or alias; "" is general goods."""
    if not text:
        return []
    kind = find_category(category) or "general"
    read = plain(text)
    found = [flag for rule in rules_for(kind, day) for flag in _flags(rule, read, text, kind)]
    hard = [flag for flag in found if flag.severity == "block"]
    kept = [
        flag
        for flag in found
        if flag.severity == "block" or not any(h.start < flag.end and flag.start < h.end for h in hard)
    ]
    return sorted(kept, key=lambda flag: (flag.start, flag.rule_id))


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


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _flags(rule: Rule, read: Plain, text: str, category: str) -> Iterator[Flag]:
    if rule.unless and _compiled(rule.unless).search(read.text):
        return
    allowed = [match.span() for match in _compiled(rule.exempt).finditer(read.text)] if rule.exempt else []
    quoted = ("mention", "talked_about", "asked", "denied") if rule.quotable else ()
    spared = (*quoted, *(("negated",) if rule.negatable else ()), *rule.spared_by)
    severity = "block" if category in rule.raise_in else rule.severity
    for match in _compiled(rule.pattern).finditer(read.text):
        if match.start() == match.end() or (rule.ratio and not _far_apart(match, rule.ratio)):
            continue
        if any(start <= match.start() < end or start < match.end() <= end for start, end in allowed):
            continue
        if any(_spares(exemptions()[name], read.text, match.start(), match.end()) for name in spared):
            continue
        start, end = read.original(match.start(), match.end())
        yield Flag(
            rule_id=rule.id,
            severity=severity,
            found=text[start:end],
            start=start,
            law=rule.law,
            article=rule.article,
            why=Text(rule.why["zh"], rule.why["en"]),
            suggest=Text(rule.suggest["zh"], rule.suggest["en"]),
            source=rule.source,
            law_en=rule.law_en,
            article_en=rule.article_en,
            confidence=rule.confidence,
            disguised=_hidden(text[start:end], match[0]),
        )


def _hidden(written: str, meant: str) -> bool:
    """Whether the words were written in another form. No. 1 and 百分百 are common ways to write, not disguises."""
    if written.isascii() or "百分" in written:
        return False
    return written.casefold() != meant.casefold()


def _far_apart(match: re.Match[str], ratio: float) -> bool:
    return 0 < float(match["low"]) * ratio <= float(match["high"])


def _spares(exemption: Exemption, text: str, start: int, end: int) -> bool:
    reach = _reached(exemption.reach, text, start, end)
    if exemption.not_with and _compiled(exemption.not_with).search(reach):
        return False
    return bool(_compiled(exemption.pattern).search(reach))


def _reached(reach: str, text: str, start: int, end: int) -> str:
    """The part of the text in which an exemption may stand."""
    if reach == "text":
        return text
    mark = _SENTENCE if reach == "sentence" else _CLAUSE
    first = max((match.end() for match in mark.finditer(text, 0, start)), default=0)
    if reach == "before":
        return text[max(first, start - _BEFORE) : start]
    after = mark.search(text, end)
    return text[first : after.start() if after else len(text)]
