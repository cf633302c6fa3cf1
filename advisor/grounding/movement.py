"""How a named metric moved, from a stated change, from a value and its comparison, or from the same figure in two windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from advisor.grounding.glossary import Mention
from advisor.grounding.match import metric_fits
from advisor.grounding.reading import Reading
from advisor.grounding.support import Cited
from tools.facts import Quantity, Role

__all__ = ["rate_of", "signs_of"]

_LEVELS = (Role.VALUE, Role.PREVIOUS)


def rate_of(mention: Mention | None, reading: Reading, facts: Sequence[Cited]) -> Decimal | None:
    """Relative change of the mentioned metric (of the only one that moved, without a mention); None when it is not known."""
    pairs = [(c, q) for c in facts for q in c.fact.quantities if mention is None or metric_fits(mention, reading, c, q)]
    stated = [q.value for _, q in pairs if q.role is Role.CHANGE_RATE]
    if stated:
        return stated[0] if len(set(stated)) == 1 else None
    rates = set(_between(q for _, q in pairs if q.role in _LEVELS))
    return rates.pop() if len(rates) == 1 else None


def signs_of(mention: Mention, reading: Reading, facts: Sequence[Cited]) -> set[int]:
    """Which way the metric went between two windows of different facts."""
    pairs = [q for c in facts for q in c.fact.quantities if q.role in _LEVELS and metric_fits(mention, reading, c, q)]
    return {1 if rate > 0 else -1 for rate in _between(pairs) if rate}


def _between(quantities: Iterable[Quantity]) -> Iterable[Decimal]:
    """Changes between neighbouring windows of the same figure."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Quantity]] = {}
    for quantity in quantities:
        if quantity.window is not None:
            groups.setdefault((quantity.metric, quantity.unit, quantity.subject), []).append(quantity)
    for found in groups.values():
        ordered = sorted(found, key=lambda q: str(q.window))
        windows = {str(q.window) for q in ordered}
        if len(windows) == 2 and ordered[0].value > 0:
            yield (ordered[-1].value - ordered[0].value) / ordered[0].value
