"""Results told as they are: a livestream plan, a price, a wording, adopted plans. The tool wrote the sentences; here they get their place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.answer import Section
from advisor.brains.base import Draft, Frame, TurnView
from advisor.brains.compose.advice import how_drafts
from advisor.brains.compose.health import told
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say

__all__ = ["TOLD", "content_drafts", "peer_drafts", "told_drafts", "told_pieces", "untold_drafts"]

# The tool each such intent is answered by.
TOLD = {
    "pricing": "price_check",
    "plan_review": "review_plans",
    "wording": "check_wording",
    "live_mode": "live_modes",
    "live_cost": "live_costs",
    "live_products": "live_products",
    "live_schedule": "live_schedule",
    "live_script": "live_script",
    "live_hosts": "live_hosts",
    "live_ads": "live_ads",
    "live_review": "live_review",
}
_DECIDES = {"live_mode"}  # asked as a decision: beside the verdict it says what to commit to, and how to try
_MOST = 9
_ORDER: tuple[Section, ...] = ("decision", "why", "what", "how", "limits")
_PEERS = "peer_standing"


def told_pieces(turn: TurnView, tool: str) -> list[Piece]:
    """The facts of one tool under their marks, in the order the tool gave them."""
    marks = {fact.id: mark for mark, fact in turn.facts()}
    found = (
        fact
        for outcome in turn.outcomes
        if outcome.call.name == tool and outcome.result
        for fact in outcome.result.facts
    )
    return [Piece(marks[fact.id], fact) for fact in found if fact.id in marks]


def told_drafts(turn: TurnView, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """The first fact leads, each other one goes to the section its tool names (the reasons, where it names none)."""
    frame: Frame = turn.frame
    found = [piece for piece in told_pieces(turn, TOLD[frame.intent]) if piece.fact.kind != "case"]
    if not found:
        for note in [note for tool, note in pieces.notes if tool == TOLD[frame.intent]][:1]:
            yield Draft("headline", say.t(f"没有可看的记录：{note.zh}", f"There is no result to show yet. {note.en}"))
    drafts: list[Draft] = []
    for piece in found[:1]:
        lead, *rest = _sentences(told(piece, say), say)
        yield Draft("headline", lead, piece.fact.why_class)
        if rest:
            drafts.append(Draft("why", ("" if say.zh else " ").join(rest), piece.fact.why_class))
    drafts += [Draft(_section(piece), told(piece, say), piece.fact.why_class) for piece in found[1:_MOST]]
    if frame.intent in _DECIDES and found:
        drafts.append(Draft("decision", _commitment(found[0], pieces, say)))
        drafts += how_drafts(pieces, say)
    yield from sorted(drafts, key=lambda draft: _ORDER.index(draft.section))


def _commitment(lead: Piece, pieces: Pieces, say: Say) -> str:
    """What the verdict commits to: nothing while its figures are missing, and no fixed cost ahead of the break-even once they are in."""
    cite, best = lead.cite, pieces.start_here
    if lead.fact.data.get("part") == "recommendation":
        return say.join(
            say.t(
                f"合同和固定投入只按这个结论来{cite}：没过保本线不加固定成本，投流低于停投线就停",
                f"let contracts and fixed cost follow this alone{cite}: add none before the break-even is met, and stop ads below their line",
            )
        )
    wait = say.t(
        f"先别签约、也别加固定投入{cite}，等缺的数补上、保本线清楚了再定",
        f"sign nothing and add no fixed cost yet{cite}; decide once the missing figures are in and the break-even is clear",
    )
    if best is None:
        return say.join(wait)
    name = say.quote(best.text("name", say.lang))
    return say.join(wait, say.t(f"不用等的是{name}{best.cite}", f"what need not wait is {name}{best.cite}"))


def _section(piece: Piece) -> Section:
    """Where the tool wants the fact told; the reasons, where it does not say or names no section of an answer."""
    found: Section = next((name for name in _ORDER if name == piece.fact.data.get("section")), "why")
    return found


def _sentences(text: str, say: Say) -> list[str]:
    """The sentences of a claim: the first is the headline, what follows it is its first reason."""
    parts = re.split(r"(?<=。)" if say.zh else r"(?<=[^.][.!]) (?=[A-Z0-9\"“¥£$])", text)
    return [part for part in parts if part.strip()]


def peer_drafts(turn: TurnView, say: Say) -> Iterator[Draft]:
    """Where the shop stands among shops that share, beside a comparison that asked for it."""
    for piece in told_pieces(turn, _PEERS)[:3]:
        yield Draft("why", told(piece, say), piece.fact.why_class)


def content_drafts(turn: TurnView, say: Say) -> Iterator[Draft]:
    """The calendar leads, then whom it is for: the tool gives the groups it counted before the calendar they end in."""
    found = told_pieces(turn, "content_calendar")
    for piece in (piece for piece in found if piece.fact.kind == "playbook"):
        yield Draft("headline", told(piece, say))
    for piece in [piece for piece in found if piece.fact.kind != "playbook"][:5]:
        yield Draft("why", told(piece, say), piece.fact.why_class)


def untold_drafts(turn: TurnView, say: Say) -> list[Draft]:
    """The figure a topic is about has no value: why not is the answer, and another figure must not stand in for it."""
    first = next((o for o in turn.outcomes if o.call.name == "query_metric" and o.result is not None), None)
    if first is None or first.result is None or not first.result.notes:
        return []
    asked = first.call.arguments.get("metric")
    if any(quantity.metric == asked for fact in first.result.facts for quantity in fact.quantities):
        return []
    note = first.result.notes[0]
    return [Draft("headline", say.t(f"现在还答不了：{note.zh}", f"That cannot be answered yet. {note.en}"))]
