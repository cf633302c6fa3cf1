"""Before or after what is taken off: 退款后, net of fees, before refunds. A figure told on one basis must be known on it."""

from __future__ import annotations

import re

from advisor.grounding.match import Match
from advisor.grounding.reading import Reading
from advisor.grounding.support import Candidate
from tools.text import Text

__all__ = ["basis_problems"]

_AFTER = re.compile(
    r"退款?后|退后|退货后|(?:扣|减|除)[掉去除了]*[^，。；]{0,10}?(?:后|之后|以后)|剔除|不含退款|净(?:成交|销售|额|收入|投产|gmv)"
    r"|\bafter (?:\w+ )?(?:refunds?|returns|fees|deducting)|\bnet (?:of|gmv|sales|revenue|roas|roi)|\bless refunds|\bexcluding refunds",
    re.I,
)
_BEFORE = re.compile(
    r"退款?前|退货前|未减退款|付款口径|支付口径|含退款|\bbefore (?:refunds?|returns|fees)|\bgross (?:of|gmv|sales|revenue)",
    re.I,
)
_ALONE = re.compile(r"\s*(after|before)\b\s*(?:[.,;]|$|\[)", re.I)
_OPENS = re.compile(r"后[，,]?\s*$|^\s*(?:after|before|net of|less|excluding|gross of)(?: [a-z]+){1,4},?\s*$", re.I)
_NET_METRIC = re.compile(r"(?:^|[._])net_|_net$|after_refund|contribution", re.I)


def basis_problems(reading: Reading, matches: list[Match]) -> list[Text]:
    """Figures told as after (or before) a deduction that the evidence knows only the other way."""
    if not (_AFTER.search(reading.full) or _BEFORE.search(reading.full)):
        return []
    problems = []
    for match in matches:
        told = _told(match, reading)
        if not told or not match.quantities or match.figure.kind in ("count", "duration"):
            continue
        if all(_is_net(candidate) is not (told == "after") for candidate in match.candidates):
            text = match.figure.text
            problems.append(Text(f"“{text}”的口径（扣退款前后）与证据不符。", f'"{text}" is not on this basis (before or after refunds and fees) in the evidence.'))  # fmt: skip
    return problems


def _told(match: Match, reading: Reading) -> str:
    """The basis named right after the figure, else before it in its segment, else alone in the segment before (扣掉退款后，…)."""
    figure, text = match.figure, reading.full
    here = reading.segment(figure.start)
    after = re.split(r"[，。；,;]|\band\b|\d", text[figure.end : figure.end + 26])[0]
    alone = _ALONE.match(after)
    trailing = _kind(after) or (alone[1].lower() if alone and re.search(r"refund|return|退款", text, re.I) else "")
    if trailing:
        return trailing
    floor = max([here.start, *(f.end for f in reading.figures if here.start <= f.start < figure.start)])
    before = [s for s in reading.segments if s.end <= here.start]
    opening = reading.piece(before[-1]) if before and floor == here.start else ""
    leads = bool(_OPENS.search(opening)) and not any(f.start < here.start <= f.end for f in reading.figures)
    return _kind(text[floor : figure.start]) or (_kind(opening) if leads else "")


def _kind(text: str) -> str:
    after, before = list(_AFTER.finditer(text)), list(_BEFORE.finditer(text))
    if after and (not before or after[-1].start() > before[-1].start()):
        return "after"
    return "before" if before else ""


def _is_net(candidate: Candidate) -> bool:
    """The quantity's metric, subject or place in its claim says that something was taken off."""
    quantity = candidate.quantity
    if _NET_METRIC.search(quantity.metric) or any(_AFTER.search(name) for name in quantity.subject):
        return True
    return any(_kind(place) == "after" for place in candidate.cited.places(quantity))
