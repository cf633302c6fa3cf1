"""From evidence to sentences: one draft at a time, headline first. Every figure in a draft is a quantity of a fact it cites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor.brains.base import Draft, Frame, TurnView
from advisor.brains.compose.advice import (
    action_clause,
    decision_drafts,
    grounds_drafts,
    how_drafts,
    refused,
    what_drafts,
)
from advisor.brains.compose.cases import case_list_drafts, own_drafts, tool_drafts
from advisor.brains.compose.decide import open_decision, open_headline, unanswered
from advisor.brains.compose.figure import breakdown_drafts, data_drafts, figure_drafts, glance_drafts, landing_drafts
from advisor.brains.compose.health import health_drafts
from advisor.brains.compose.limits import caveats, follow_ups, limit_drafts, no_answer
from advisor.brains.compose.pieces import Pieces, gather
from advisor.brains.compose.readings import READINGS, newcomer_drafts, reading_drafts
from advisor.brains.compose.say import Say
from advisor.brains.compose.stated import fitted, margin_drafts, ruled_out_drafts, stated_drafts
from advisor.brains.compose.told import TOLD, content_drafts, peer_drafts, told_drafts, untold_drafts
from advisor.brains.compose.why import cause_clause, is_flat, why_drafts, within_normal

__all__ = ["compose"]

_GLANCE = {"repurchase", "members", "products", "traffic", "ads", "livestream", "price"}
_CAUSES_FIRST = 3  # of the six that are shown; then which new buyers came back
_ADVICE = {"why_change", "what_to_do", "how_to", "decision", "growth_plan"}


def compose(turn: TurnView) -> Iterator[Draft]:
    """All drafts of an answer in reading order, as long as the merchant wants it. Without usable facts one honest headline."""
    return fitted(_drafts(turn), turn.shop.memory, Say(turn.frame.lang))


def _drafts(turn: TurnView) -> Iterator[Draft]:
    frame, say, pieces = turn.frame, Say(turn.frame.lang), gather(turn)
    drafts = [*_body(turn, pieces, say), *stated_drafts(pieces, say), *own_drafts(pieces, say)]
    first = 1 if drafts and drafts[0].section == "headline" else 0
    drafts[first:first] = ruled_out_drafts(turn, say)
    headline = next((draft for draft in drafts if draft.section == "headline" and draft.text), None)
    missing = "" if headline else no_answer(pieces, say) or _nothing(frame, pieces, say)
    if missing:
        yield Draft("headline", missing)
    yield from (draft for draft in drafts if draft.text)
    if frame.intent != "figure" or not headline:
        advised = frame.intent in _ADVICE and not (frame.intent == "why_change" and not _asks_action(frame))
        advised = advised and not unanswered(frame, pieces)
        left = replace(pieces, missing=()) if frame.intent == "effect" and headline else pieces  # it was the headline
        said = headline.text if headline else missing
        said += "".join(draft.text for draft in stated_drafts(pieces, say))
        left = replace(left, notes=[note for note in left.notes if note[1].get(say.lang).rstrip("。.") not in said])
        asked = margin_drafts(frame, pieces, say, turn.shop.memory, advised=advised)
        yield from limit_drafts(left, say, headline_from_error=bool(missing), advised=advised, asked=asked)
    else:
        yield from caveats(pieces, say)
    yield from follow_ups(frame, pieces, say)


def _body(turn: TurnView, pieces: Pieces, say: Say) -> Iterator[Draft]:
    frame, intent = turn.frame, turn.frame.intent
    metric = str(frame.slots.get("metric", ""))
    if intent in ("figure", "compare"):
        yield from (
            breakdown_drafts(pieces, say) if pieces.rows and not pieces.figures else figure_drafts(pieces, say, metric)
        )
        if intent == "compare" and pieces.rows and pieces.figures:
            yield from (d for d in breakdown_drafts(pieces, say) if d.section != "headline")
        yield from peer_drafts(turn, say)
    elif intent in TOLD:
        yield from told_drafts(turn, pieces, say)
    elif intent == "content":
        yield from content_drafts(turn, say)
    elif intent == "landing":
        yield from landing_drafts(pieces, say)
    elif intent == "health" and (pieces.health or pieces.change is None):
        yield from health_drafts(pieces, say)
    elif intent in READINGS:
        yield from reading_drafts(frame, pieces, say)
    elif intent == "breakdown":
        yield from breakdown_drafts(pieces, say, worst=frame.slots.get("order") == "worst")
    elif intent in _GLANCE:
        yield from _glance(turn, pieces, say)
    elif intent == "cases":
        yield from case_list_drafts(pieces, say)
    elif intent == "playbook":
        yield from tool_drafts(pieces, say, frame.slots.get("audience", ()))
    elif intent == "data_status":
        yield from data_drafts(pieces, say)
    else:
        yield from _advice(frame, pieces, say)


def _glance(turn: TurnView, pieces: Pieces, say: Say) -> Iterator[Draft]:
    frame, without = turn.frame, untold_drafts(turn, say)
    yield from without
    if frame.intent == "products":
        yield from breakdown_drafts(pieces, say, worst=frame.slots.get("order") == "worst")
    else:
        slots = frame.slots
        found = glance_drafts(pieces, say, which=bool(slots.get("which")), worst=slots.get("order") == "worst")
        yield from (replace(d, section="why") if without and d.section == "headline" else d for d in found)
    if not frame.slots.get("which"):
        yield from list(what_drafts(pieces, say))[:1]


def _advice(frame: Frame, pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Why, what, how. A pure "why" keeps the plan out; a change within the usual swing gets no rescue plan."""
    calm = frame.intent == "why_change" and within_normal(pieces) is not None and not _asks_action(frame)
    if unanswered(frame, pieces):
        yield Draft("headline", open_headline(frame, pieces, say))
        yield from open_decision(frame, pieces, say)
        return
    headline = _headline(frame, pieces, say, calm=calm)
    if headline:
        yield Draft("headline", headline)
    if frame.intent == "decision" or refused(pieces) is not None:
        yield from decision_drafts(pieces, say)
    if pieces.change is not None or pieces.factors or pieces.events:
        found = list(why_drafts(pieces, say))
        yield from [*found[:_CAUSES_FIRST], *newcomer_drafts(pieces, say), *found[_CAUSES_FIRST:]]
    else:
        yield from _grounds(pieces, say, told=headline)
        yield from grounds_drafts(pieces, say)
    if calm:
        return
    yield from what_drafts(pieces, say, decided=frame.intent == "decision")
    if frame.intent != "why_change" or _asks_action(frame):
        yield from how_drafts(pieces, say)


def _asks_action(frame: Frame) -> bool:
    return bool({"what", "how"} & set(frame.slots.get("sections", ())))


def _contradicted(frame: Frame, pieces: Pieces, say: Say) -> str:
    """The question says up and the figure went down, or the other way round: said once, before the figure."""
    told, change = frame.slots.get("told"), pieces.change
    if change is None or told is None or not change.sign or is_flat(pieces) or (told == "up") == (change.sign > 0):
        return ""
    return say.t("和你说的方向相反", "the figures say the opposite")


def _headline(frame: Frame, pieces: Pieces, say: Say, *, calm: bool) -> str:
    """One sentence: the figure, where it comes from, the first action."""
    deciding = frame.intent == "decision"
    action = "" if calm else action_clause(pieces, say, calm=within_normal(pieces) is not None, deciding=deciding)
    if frame.intent in ("how_to", "decision") and pieces.change is None:
        figure = say.moved(pieces.figures[0]) if pieces.figures else ""
        return say.join(figure, action)
    if pieces.change is None:
        figure = say.moved(pieces.figures[0]) if pieces.figures else ""
        return say.join(figure, action)
    cause = (
        "" if is_flat(pieces) and within_normal(pieces) is None and not pieces.factors else cause_clause(pieces, say)
    )
    return say.join(_contradicted(frame, pieces, say), say.moved(pieces.change), cause, action)


def _grounds(pieces: Pieces, say: Say, *, told: str) -> Iterator[Draft]:
    """Without a diagnosis the figures that were read are the reasons."""
    for piece in pieces.figures[:3]:
        text = say.join(say.moved(piece))
        if text and text.rstrip("。.") not in told:
            yield Draft("why", text, piece.fact.why_class)


def _nothing(frame: Frame, pieces: Pieces, say: Say) -> str:
    """No fact and no error: say what was looked for."""
    if frame.intent == "wording":
        return say.t(
            "把要检查的话原样发给我（标题、口播、短信、群消息都行），我按广告法等条文逐句看，并给出能用的说法。",
            "Send me the words themselves (a title, a host's line, a text message): each is read against the law, with wording you can use instead.",
        )
    if frame.intent == "cases":
        return say.t(
            "案例库里没有足够相近的真实案例，不硬套。换个问题描述（品类 + 遇到的问题）我再找。",
            "There is no close case in the case base, so none is cited. Describe the category and the problem and I will look again.",
        )
    if frame.intent in _ADVICE:
        return say.t(
            "现有数据还不够给出站得住的做法。", "The data at hand are not enough for a sound recommendation yet."
        )
    return say.t("现有数据里没有这一项的记录。", "There is no record of this in the data at hand.")
