"""What an interval says of its estimate: whether it holds zero, and so whether there is a difference to speak of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from advisor.grounding.language import denied
from advisor.grounding.numbers import Figure
from advisor.grounding.reading import Reading
from advisor.grounding.support import Cited
from tools.facts import Role
from tools.text import Text

__all__ = ["finding_problems", "zero_told"]

_HOLDS = re.compile(
    r"(?:包?含|包括|跨过?|覆盖)\s*(?:了|着)?\s*$|\b(?:contain|include|cross|cover|straddle|span|exclude)(?:s|d|ed|ing)?\s*$",
    re.I,
)
_EXCLUDES = re.compile(r"exclud", re.I)
_NO_EFFECT = re.compile(
    r"没(?:有)?[^，。；,;\d]{0,8}(?:差别|差异|区别|效果|作用|影响)|(?:效果|差别|差异)为零"
    r"|\b(?:no|not any|without)(?: \w+){0,2} (?:difference|effect|impact)\b|\b(?:did|does|had) (?:nothing|not (?:work|help))\b",
    re.I,
)


def _intervals(facts: Sequence[Cited]) -> list[tuple[Decimal, Decimal]]:
    """The interval of each fact that states one of a difference: a rate of change or points."""
    found = []
    for cited in facts:
        ends = {q.role: q for q in cited.fact.quantities if q.role in (Role.RANGE_LOW, Role.RANGE_HIGH)}
        if len(ends) == 2 and all(q.unit == "pp" for q in ends.values()):
            found.append((ends[Role.RANGE_LOW].value, ends[Role.RANGE_HIGH].value))
    return found


def zero_told(figure: Figure, reading: Reading, facts: Sequence[Cited]) -> bool:
    """区间不含 0, the interval includes 0: told as the evidence has it."""
    head = reading.text[max(0, figure.start - 24) : figure.start]
    holds, known = _HOLDS.search(head), _intervals(facts)
    if figure.value or holds is None or not known:
        return False
    at = max(0, figure.start - 24) + holds.start()
    told = denied(reading.text, at) is bool(_EXCLUDES.search(holds[0]))
    return all((low <= 0 <= high) is told for low, high in known)


def finding_problems(reading: Reading, facts: Sequence[Cited]) -> list[Text]:
    """No difference, said of an estimate whose whole interval lies on one side of zero."""
    known = _intervals(facts)
    match = _NO_EFFECT.search(reading.full)
    if match is None or not known or any(low <= 0 <= high for low, high in known):
        return []
    if any(_NO_EFFECT.search(text) for c in facts for text in (c.fact.claim.zh, c.fact.claim.en)):
        return []
    return [Text(f"“{match[0]}”与证据里的区间相反。", f'"{match[0]}" is against the interval in the evidence.')]
