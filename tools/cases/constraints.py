"""What a question demands of a case (category, platform, size, outcome …), read from its words into ids of the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from tools.cases import vocabulary
from tools.cases.relation import drivers_in
from tools.cases.schema import Case
from tools.seeds import load_yaml

__all__ = ["FIELDS", "agreement"]

# One column each in `agreement`, in this order.
FIELDS = ("category", "other_category", "goods", "problem", "lever", "platform", "small", "outcome")
_NEARLY_SMALL = 0.7  # a small merchant by type whose sales are larger or not known


@cache
def _pattern(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A Latin name must stand alone ("IP" is not in "subscription"); a single Chinese sign says too little."""
    rows = []
    for term in vocabulary.terms(kind).values():
        names = {name.casefold() for name in (term.zh, term.en, *term.aliases) if len(name) > 1}
        rows.append((term.id, _any_of(names)))
    return tuple(rows)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    parts = [rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name) for name in names]
    return re.compile("|".join(parts))


@cache
def _goods() -> tuple[tuple[tuple[str, str], re.Pattern[str]], ...]:
    """(category, subcategory) to a pattern of what is sold there."""
    table = load_yaml("vocabulary.yaml")["goods"]
    return tuple(
        ((category, sub), _any_of(str(name).casefold() for name in names))
        for category, subs in table.items()
        for sub, names in subs.items()
    )


def _goods_named(text: str) -> set[tuple[str, str]]:
    return {where for where, pattern in _goods() if pattern.search(text)}


def _named(kind: str, text: str) -> set[str]:
    return {key for key, pattern in _pattern(kind) if pattern.search(text)}


def agreement(query: str, cases: Sequence[Case], near: str | None = None) -> npt.NDArray[np.float64]:
    """A row per case, a column per FIELDS: up to 1 where the case is what the question names. `near`: the asking shop's category."""
    text = query.casefold()
    goods = _goods_named(text)
    said = {vocabulary.guess_category(query), *(category for category, _ in goods)} - {None}
    liked = said | ({near} - {None})
    problems, levers, platforms = set(drivers_in(query)), _named("levers", text), _named("platforms", text)
    small = "small_seller" in _named("merchant_types", text)
    outcomes = _named("outcomes", text)
    return np.array(
        [
            (
                case.category in liked,
                bool(said) and case.category not in said,
                (case.category, case.subcategory) in goods,
                bool(problems & set(case.drivers)),
                bool(levers & set(case.levers)),
                bool(platforms & set(case.platforms)),
                small * (1.0 if case.size == "S" else _NEARLY_SMALL * (case.merchant_type == "small_seller")),
                case.outcome in outcomes,
            )
            for case in cases
        ],
        dtype=np.float64,
    ).reshape(len(cases), len(FIELDS))
