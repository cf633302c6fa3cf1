"""Labelled sentences (`evals/datasets/grounding*.yaml`) as evidence: each entry's facts become the `Fact`s a tool would have made.

A fact of the set is a claim in words and its values (value, unit, window, subject). Structure that every tool gives and the set
only writes out is added from those values alone, never from the sentence or the label: the metric's id, the role of a comparison,
the class of a finding.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from advisor.grounding import default_glossary
from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window

__all__ = ["entries", "facts_of", "text_with_marks", "why_class_of"]

_WHOLE = re.compile(r"全店|整店|本店|店铺|whole shop|the shop|shop total|overall|total", re.I)
_COMPARED = re.compile(
    r"同比|环比|变动|变化|增幅|降幅|增长|下降|year on year|month on month|change|yoy|mom|growth", re.I
)
_TARGET = re.compile(
    r"目标|保本|底线|上限|下限|红线|门槛|警戒|target|break-even|floor|cap\b|limit|threshold|ceiling", re.I
)
_METRIC_NAME = re.compile(
    r"(?:率|额|数|比|占比|花费|成交|收入|成本|价|费|利润|毛利|rate|share|spend|price|costs?|sales|count|profit|margin)$",
    re.I,
)
# Windows that are a state, a frequency or a comparison, not a group of people.
_NO_GROUP = re.compile(
    r"current|now|stated|当前|现在|口述|latest|per (?:day|week|month|year)|每[天日周月年]|.*(?:比较|对比|compar).*",
    re.I,
)
# The interval a claim states beside its estimate, which every tool gives as two quantities.
_INTERVAL = re.compile(
    r"(?:区间|interval)\s*(?:is |of |from |为|是)?\s*(-?\d+(?:\.\d+)?)\s*%?\s*(?:–|—|~|～|到|至|to)\s*(-?\d+(?:\.\d+)?)",
    re.I,
)
_LOW, _HIGH = re.compile(r"\blow$|下限$|低$", re.I), re.compile(r"\bhigh$|上限$|高$", re.I)
_DAYS = re.compile(r"(20\d\d-\d\d-\d\d)(?:\.\.(20\d\d-\d\d-\d\d))?")
_DIFFERENCE = re.compile(r"差值?|差距|difference|gap", re.I)
_MONTH = re.compile(r"(20\d\d)-(\d\d)(?!-?\d)(?:\.\.(20\d\d)-(\d\d)(?!-?\d))?")
_QUARTER = re.compile(r"(20\d\d)-Q([1-4])")
_YEAR = re.compile(r"^(20\d\d)$")
# Units of the set's own making as the units of `tools.facts`; others are plain numbers.
_UNITS = {
    "people": "buyers",
    "persons": "buyers",
    "visits": "visitors",
    "sessions": "times",
    "streams": "times",
    "percentage points": "pp",
    "points": "pp",
}
_KNOWN = frozenset(
    [
        "CNY",
        "GBP",
        "USD",
        "EUR",
        "HKD",
        "JPY",
        "ratio",
        "pp",
        "number",
        "orders",
        "buyers",
        "visitors",
        "items",
        "days",
        "rows",
        "times",
        "count",
        "hours",
    ]
)


def entries(path: Path, split: str) -> list[Mapping[str, Any]]:
    """The entries of one split, in file order."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))["entries"]
    return [entry for entry in found if entry["split"] == split]


def facts_of(entry: Mapping[str, Any]) -> dict[str, Fact]:
    """Facts by display mark, in the entry's order."""
    return {f"m{at + 1}": _fact(at, fact) for at, fact in enumerate(entry["facts"])}


def text_with_marks(entry: Mapping[str, Any]) -> str:
    """The sentence as a brain hands it over: closed by the marks of all its facts."""
    marks = "".join(f"[m{at + 1}]" for at in range(len(entry["facts"])))
    return f"{entry['sentence']}{marks}"


def why_class_of(facts: Mapping[str, Fact]) -> WhyClass:
    """The furthest class the facts allow a why to claim."""
    classes = {fact.why_class for fact in facts.values()}
    for strongest in (WhyClass.EXPERIMENT, WhyClass.ASSOCIATION):
        if strongest in classes:
            return strongest
    return WhyClass.DECOMPOSITION


def _fact(at: int, given: Mapping[str, Any]) -> Fact:
    both = given["claim"]
    claims = Claim(**both) if isinstance(both, Mapping) else Claim(zh=str(both), en=str(both))
    claim = claims.zh
    values = given["values"]
    quantities = tuple(_quantity(value, claim, _has_siblings(value, values)) for value in values)
    return Fact(
        id=f"f_set_{at}",
        kind=given.get("kind", "metric"),
        claim=claims,
        quantities=quantities if "role" in (values or [{}])[0] else _complete(claim, values, quantities),
        why_class=_class(claim, given.get("class")),
        entities=tuple(given.get("entities") or dict.fromkeys(name for q in quantities for name in q.subject)),
        source="orders",
    )


def _has_siblings(value: Mapping[str, Any], values: Sequence[Mapping[str, Any]]) -> bool:
    """Another value of the fact is of the same unit and another subject: the subjects tell them apart."""
    if _METRIC_NAME.search(str(value["subject"])):
        return False
    others = [v for v in values if v["unit"] == value["unit"] and v["subject"] != value["subject"]]
    return any(not _TARGET.search(str(v["subject"])) for v in others)


def _class(claim: str, stated: str | None) -> WhyClass | None:
    if stated:
        return WhyClass(stated)
    if re.search(r"对照实验|随机分组|随机对照|controlled (?:test|experiment)|randomi[sz]ed", claim, re.I):
        return WhyClass.EXPERIMENT
    if re.search(r"关联|相关|同期出现|association|coincid", claim, re.I):
        return WhyClass.ASSOCIATION
    return None


def _quantity(given: Mapping[str, Any], claim: str, alike: bool) -> Quantity:
    """One value. `metric`, `role` and a list as `subject` may be written out (facts of a real shop have them)."""
    subject, value, unit = given["subject"], Decimal(str(given["value"])), str(given["unit"])
    if unit == "percentile":
        unit, value = "ratio", value / 100
    if unit == "pp" and "metric" not in given:
        value *= 100  # the set writes points as a ratio, the tools as points
    told = str(given.get("window") or "")
    window, base = _windows(told)
    name = " ".join(subject) if isinstance(subject, list) else str(subject)
    metric = given.get("metric") or _metric(name, claim)
    role = Role(given["role"]) if "role" in given else _role(name, value, base)
    named = tuple(subject) if isinstance(subject, list) else _subject(name, told, role, alike)
    return Quantity(
        metric=metric, value=value, unit=unit if "metric" in given else _unit(unit, metric, value), role=role, window=window, subject=named
    )  # fmt: skip


def _metric(subject: str, claim: str) -> str:
    """The catalogue's id of what the subject (else the claim) names; an id of its own where the catalogue has none."""
    for text in (subject, claim):
        found = default_glossary().mentions(text)
        strong = [mention for mention in found if not mention.weak] or found
        if strong:
            best = max(strong, key=lambda mention: len(mention.word))
            return min(best.metrics, key=lambda name: (name.count("_"), name))
    return "set." + (re.sub(r"\W+", "_", subject).strip("_").lower() or "value")


def _subject(subject: str, window: str, role: Role, alike: bool) -> tuple[str, ...]:
    """What narrows the metric: the subject without the metric's own words, and a window that is a group (发送组).

    Empty for the whole shop, and where the subject is the name of a metric that the catalogue does not carry.
    """
    group = () if _windows(window)[0] or not window or _NO_GROUP.fullmatch(window) else (window,)
    mentions = [mention for mention in default_glossary().mentions(subject) if not mention.weak]
    if role in (Role.TARGET, Role.RANGE_LOW, Role.RANGE_HIGH) or not (mentions or alike):
        return group
    rest = _WHOLE.sub("", _COMPARED.sub("", subject))
    for mention in mentions:
        rest = rest.replace(mention.word, "")
    rest = rest.strip(" 的（）()·-")
    return ((rest,) if len(rest) > 1 or rest.isalnum() else ()) + group


def _role(subject: str, value: Decimal, base: Window | None) -> Role:
    if _DIFFERENCE.fullmatch(subject):
        return Role.CHANGE
    if base is not None or value < 0:
        return Role.CHANGE_RATE if abs(value) < 10 and value != value.to_integral_value() else Role.CHANGE
    if _LOW.search(subject):
        return Role.RANGE_LOW
    if _HIGH.search(subject):
        return Role.RANGE_HIGH
    return Role.TARGET if _TARGET.search(subject) else Role.VALUE


def _unit(unit: str, metric: str, value: Decimal) -> str:
    known = default_glossary().units.get(metric, "")
    if unit == "ratio" and (known == "number" or abs(value) > 1):
        return "number"
    if unit == "people" and (known == "visitors" or "visitor" in metric):
        return "visitors"
    unit = _UNITS.get(unit, unit)
    return unit if unit in _KNOWN else "number"


def _compared(quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Two windows of the same figure are a value and the value it is compared with, as `metrics.query` returns them."""
    found = list(quantities)
    for at, old in enumerate(found):
        for new in found:
            same = (old.metric, old.unit, old.subject) == (new.metric, new.unit, new.subject)
            both = old.role is Role.VALUE and new.role is Role.VALUE and old.window and new.window
            if same and both and old.window and new.window and old.window.end < new.window.start:
                found[at] = old.model_copy(update={"role": Role.PREVIOUS})
    return tuple(found)


def _complete(claim: str, values: Sequence[Mapping[str, Any]], quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    return _compared(quantities) + _bases(values, quantities) + _intervals(claim, quantities)


def _intervals(claim: str, quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """The ends of a stated interval, of the estimate in points or percent before it (the last one given)."""
    match = _INTERVAL.search(claim)
    estimates = [q for q in quantities if q.unit in ("pp", "ratio")]
    if match is None or not estimates or any(q.role in (Role.RANGE_LOW, Role.RANGE_HIGH) for q in quantities):
        return ()
    of, ends = estimates[-1], zip(match.groups(), (Role.RANGE_LOW, Role.RANGE_HIGH), strict=True)
    scale = 1 if of.unit == "pp" else 100
    return tuple(of.model_copy(update={"value": Decimal(end) / scale, "role": role}) for end, role in ends)


def _bases(values: Sequence[Mapping[str, Any]], quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """The comparison value behind a rate of change, which every tool gives beside it: value ÷ (1 + rate)."""
    found = []
    for given, change in zip(values, quantities, strict=True):
        base = _windows(str(given.get("window") or ""))[1]
        if base is None or change.role is not Role.CHANGE_RATE:
            continue
        same = [
            q for q in quantities if q.metric == change.metric and q.role is Role.VALUE and q.window == change.window
        ]
        if same and not any(q.window == base for q in quantities):
            value = (same[0].value / (1 + change.value)).quantize(Decimal("0.01"))
            found.append(same[0].model_copy(update={"value": value, "role": Role.PREVIOUS, "window": base}))
    return tuple(found)


def _windows(text: str) -> tuple[Window | None, Window | None]:
    """The window and, after "vs", its base."""
    now, _, base = text.partition(" vs ")
    return _window(now), _window(base)


def _window(text: str) -> Window | None:
    days = _DAYS.search(text)
    if days:
        return Window(start=date.fromisoformat(days[1]), end=date.fromisoformat(days[2] or days[1]))
    quarter = _QUARTER.search(text)
    if quarter:
        first = int(quarter[2]) * 3 - 2
        return _months(int(quarter[1]), first, int(quarter[1]), first + 2)
    months = _MONTH.search(text)
    if months:
        year, month = int(months[1]), int(months[2])
        return _months(year, month, int(months[3] or year), int(months[4] or month))
    year_only = _YEAR.match(text.strip())
    return _months(int(year_only[1]), 1, int(year_only[1]), 12) if year_only else None


def _months(year: int, month: int, last_year: int, last_month: int) -> Window:
    end = date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
    return Window(start=date(year, month, 1), end=end)
