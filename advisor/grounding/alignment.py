"""Which thing a figure is told of: the words around it may not fit another figure of the evidence better than its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.grounding.match import Match
from advisor.grounding.places import next_words, place_of, tokens
from advisor.grounding.reading import Reading
from advisor.grounding.support import Cited
from tools.facts import Quantity, Role
from tools.text import Text

__all__ = ["levels_named", "swapped"]

_LEVELS = frozenset({Role.VALUE, Role.PREVIOUS, Role.SHARE, Role.TARGET})
_TOLD = frozenset({"metric", "livestream", "stated"})  # others are told in other people's words
_LISTED = re.compile(r"分别|依次|respectively", re.I)


def swapped(reading: Reading, matches: Sequence[Match], facts: Sequence[Cited]) -> list[Text]:
    """搜索 27 %，推荐 38 % while it is the other way round."""
    if _LISTED.search(reading.full):
        return []
    problems = []
    for index, match in enumerate(matches):
        levels = [q for q in match.quantities if q.role in _LEVELS]
        if not levels or len(levels) < len(match.quantities):
            continue
        if all(_misplaced(reading, index, quantity, facts) for quantity in levels):
            text = match.figure.text
            problems.append(
                Text(
                    f"“{text}”放错了对象：证据里它说的是别的。",
                    f'"{text}" is told of the wrong thing: the evidence says it of another.',
                )
            )
    return problems


def _misplaced(reading: Reading, index: int, own: Quantity, facts: Sequence[Cited]) -> bool:
    told = bool(reading.metric_of(reading.figures[index]))
    rivals = [(c, q) for c in facts if c.fact.kind in _TOLD for q in c.fact.quantities if _rival(q, own, c, told)]
    if not rivals:
        return False
    mine = _described(own, facts)
    after, bound = next_words(reading.full, reading.figures[index])
    lead = tokens(place_of(reading.full, reading.figures, index))
    for cited, other in rivals:
        theirs = cited.described(other)
        only_mine, only_theirs = mine - theirs, theirs - mine
        if tokens(after) & only_mine:
            continue
        named = tokens(" | ".join(other.subject))
        said = tokens(after) if bound and tokens(after) & named & only_theirs else lead
        hits, rival = len(said & only_mine), len(said & only_theirs)
        if (not hits and rival and only_mine) or rival >= hits + 2:
            return True
    return False


def _rival(other: Quantity, own: Quantity, cited: Cited, told: bool) -> bool:
    """Another thing measured in the same unit; metrics of the catalogue, once named, are told apart elsewhere."""
    if other.unit != own.unit or other.value == own.value or other.role not in _LEVELS:
        return False
    known = told and cited.glossary.knows(own.metric) and cited.glossary.knows(other.metric)
    same = other.metric == own.metric and other.role is own.role and other.window == own.window
    alike = same and cited.unconditioned
    return other.subject != own.subject or (other.metric != own.metric and not known) or alike


def _described(quantity: Quantity, facts: Sequence[Cited]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for cited in facts:
        if any(q is quantity for q in cited.fact.quantities):
            found |= cited.described(quantity)
    return found


def levels_named(text: str, facts: Sequence[Cited]) -> list[Quantity]:
    """The levels (values, comparison values, targets) that a stretch of words speaks of; those it fits best, none when it fits none."""
    said = tokens(text)
    pool = [(c, q) for c in facts for q in c.fact.quantities if q.role in (Role.VALUE, Role.SHARE, Role.TARGET)]
    if not said or len(pool) < 2:
        return []
    words = [cited.described(quantity) for cited, quantity in pool]
    common = frozenset.intersection(*words)
    named = [tokens(" | ".join(quantity.subject)) for _, quantity in pool]
    scores = [len(said & (mine - common)) + 2 * len(said & own) for mine, own in zip(words, named, strict=True)]
    best = max(scores)
    return [quantity for (_, quantity), score in zip(pool, scores, strict=True) if best and score == best]
