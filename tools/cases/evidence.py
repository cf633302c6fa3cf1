"""A case as a fact: the sentence to quote, every figure in it as a quantity, the source and what it teaches."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tools.cases import vocabulary
from tools.cases.relation import CaseRelation
from tools.cases.schema import Case, Figure, Source
from tools.facts import Claim, Fact, Quantity, fact_id

__all__ = ["case_claim", "case_fact", "case_year", "main_source"]

# Tokens with digits that are names or dates, not figures: the claim may mention them as they are.
_NAMES = re.compile(
    r"(?:FY\s?)?(?<![\d.])(?:19|20)\d{2}(?![\d,.]*\d)(?:/\d{2}|[-–](?:19|20)?\d{2})?(?:\s?财年|\s?年)?(?:\s?(?:上半年|下半年|前三季度|[一二三四]季度|第?[1-4]季度))?"
    r"|\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?|双11|618|88VIP|24/7|[1-4]H|H[12]|Q[1-4]|Double 11"
    r"|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)"
)


def case_year(case: Case) -> int | None:
    """The latest year its results, or else its period, speak of."""
    for text in (" ".join(result.period for result in case.results), case.period):
        years = [int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)]
        if years:
            return max(years)
    return None


def case_claim(case: Case) -> Claim:
    """The summary; a failure is announced as a warning."""
    if case.outcome != "failure":
        return Claim(zh=case.summary_zh, en=case.summary_en)
    return Claim(zh=f"反例：{case.summary_zh}", en=f"A warning case: {case.summary_en}")


def main_source(case: Case) -> Source:
    """The source behind the figure the claim opens with."""
    lead = _ordered(case)
    index = next((figure.source for figure in lead if figure.source is not None), case.results[0].source)
    return case.sources[index]


def case_fact(case: Case, *, relation: CaseRelation | None = None) -> Fact:
    """Fact of kind "case". `data` holds what a composer needs and never a figure to quote."""
    source = main_source(case)
    claim = case_claim(case)
    return Fact(
        id=fact_id("case", case.id, claim.zh, claim.en),
        kind="case",
        claim=claim,
        quantities=tuple(_quantity(case, figure) for figure in _ordered(case)),
        source=f"{source.publisher} {source.url}",
        entities=_entities(case, claim),
        data=_data(case, source, relation),
    )


def _ordered(case: Case) -> list[Figure]:
    """Figures that the Chinese summary prints come first, in its order; the first is the headline."""
    plain = re.sub(r"[\s,]", "", case.summary_zh)

    def place(figure: Figure) -> int:
        written = re.sub(r"[\s,]", "", figure.text).lstrip("+-")
        found = re.search(rf"(?<![\d.]){re.escape(written)}", plain)
        return found.start() if found else len(plain)

    return sorted(case.all_figures, key=place)


def _quantity(case: Case, figure: Figure) -> Quantity:
    """The metric is prefixed: a brand's revenue is never the shop's. No window: a claim speaks of several periods and of
    fiscal years, so its time is checked against the claim's own words."""
    return Quantity(
        metric=f"case.{figure.metric}" if figure.metric != "other" else f"case.other:{figure.words}",
        value=Decimal(figure.value),
        unit=figure.unit,
        role=figure.role,
        subject=(case.name, figure.words),
    )


def _entities(case: Case, claim: Claim) -> tuple[str, ...]:
    names = [case.name, case.name_en, case.id, *_NAMES.findall(claim.zh), *_NAMES.findall(claim.en)]
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _data(case: Case, source: Source, relation: CaseRelation | None) -> dict[str, Any]:
    lesson = case.lessons[0]
    outcome = vocabulary.terms("outcomes")[case.outcome]
    data: dict[str, Any] = {
        "case_id": case.id,
        "kind": case.kind,
        "brand": {"zh": case.name, "en": case.name_en},
        "period": case.period,
        "year": case_year(case),
        "category": case.category,
        "levers": list(case.levers),
        "outcome": case.outcome,
        "outcome_label": {"zh": outcome.zh, "en": outcome.en},
        "warning": case.outcome == "failure",
        "size": case.size,
        "lesson": {"zh": lesson.zh, "en": lesson.en, "inference": lesson.inference},
        "limits": {"zh": case.limits},
        "confidence": case.confidence,
        "confidence_note": case.confidence_note,
        "url": source.url,
        "sources": [{"title": s.title, "publisher": s.publisher, "url": s.url, "date": s.date} for s in case.sources],
    }
    if relation is not None:
        data["likeness"] = relation.likeness.model_dump()
        data["difference"] = relation.difference.model_dump()
    return data
