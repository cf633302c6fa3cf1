"""What a question demands of a case (category, platform, size, outcome …), read from its words into ids of the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from tools.cases import vocabulary
from tools.cases.relation import drivers_in
from tools.cases.schema import Case

__all__ = ["FIELDS", "agreement"]

# One column each in `agreement`, in this order.
FIELDS = ("category", "other_category", "problem", "lever", "platform", "small", "outcome")
_NEARLY_SMALL = 0.7  # a small merchant by type whose sales are larger or not known


@cache
def _pattern(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A Latin name must stand alone ("IP" is not in "subscription"); a single Chinese sign says too little."""
    rows = []
    for term in vocabulary.terms(kind).values():
        names = {name.casefold() for name in (term.zh, term.en, *term.aliases) if len(name) > 1}
        parts = [rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name) for name in names]
        rows.append((term.id, re.compile("|".join(parts))))
    return tuple(rows)


def _named(kind: str, text: str) -> set[str]:
    return {key for key, pattern in _pattern(kind) if pattern.search(text)}


def agreement(query: str, cases: Sequence[Case], near: str | None = None) -> npt.NDArray[np.float64]:
    """A row per case, a column per FIELDS: up to 1 where the case is what the question names. `near`: the asking shop's category."""
    text = query.casefold()
    said = vocabulary.guess_category(query)
    liked = {said, near} - {None}
    problems, levers, platforms = set(drivers_in(query)), _named("levers", text), _named("platforms", text)
    small = "small_seller" in _named("merchant_types", text)
    outcomes = _named("outcomes", text)
    return np.array(
        [
            (
                case.category in liked,
                said is not None and case.category != said,
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
