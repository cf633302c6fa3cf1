"""What the merchant told, as answers use it: figures they rest on, limits that left something out, the one question, and length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from advisor.answer import Section
from advisor.brains.base import Draft, Frame, TurnView
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say
from advisor.brains.frame.remember import ASKED_MARGIN, tones_of
from advisor.brains.memory import Memory
from tools.playbooks.constraints import ruled_out_in, touched_by
from tools.stated import quoted_note
from tools.text import Text

__all__ = ["fitted", "margin_drafts", "ruled_out_drafts", "stated_drafts"]

_RESTS = {"gross_margin", "platform_fee_rate", "freight_per_order"}  # what break-even lines are worked out from
_LINES = {"break_even_roi", "contribution", *_RESTS}
_LESS = re.compile(r"停|少|减少|退出|戒|不再|\b(?:stop|fewer|less|without|reduce|end)\b")
_SPENDING = {"ads", "price", "livestream"}
# A reader who wants it short gets the answer, two reasons and one thing to do; what rests on a statement is never cut.
_SHORT: dict[Section, int] = {"why": 2, "what": 1, "how": 1, "limits": 1, "follow_ups": 0}
_MARGIN = Text(
    f"{ASKED_MARGIN[0]}，这里先只按成交额算、不扣成本：直接回我一句毛利率是多少（不方便说就回“不方便”），我就能算出保本线。",
    f"{ASKED_MARGIN[1]}, so this counts sales only, before costs: say what it is in a reply "
    '(or "rather not") and the break-even can be worked out.',
)
_STILL = Text(
    "没有毛利率，这里只按成交额算，没有扣成本。",
    "Without a gross margin this counts sales only, before costs.",
)
_FULL = Text("详细一点（按你说的，现在写得短）", "More detail (kept short, as you asked)")


def stated_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """What of the merchant's own words this advice rests on or was narrowed by, each with its mark."""
    for tool, note in pieces.notes:
        text = note.get(say.lang)
        piece = _said_in(pieces.stated, text) if tool in ("match_playbooks", "plan_playbook") else None
        if piece is not None:
            yield Draft("what", f"{text.rstrip('。.')}{piece.cite}{'。' if say.zh else '.'}")
    used = [piece for piece in pieces.stated if piece.fact.data.get("key") in _RESTS]
    if used and pieces.start_here is not None and _counts_with(pieces.start_here):
        figures = say.t("；", "; ").join(f"{say.claim(piece)}{piece.cite}" for piece in used)
        yield Draft("what", say.join(figures, say.t("保本线按它算", "the break-even rests on it")))


def ruled_out_drafts(turn: TurnView, say: Say) -> Iterator[Draft]:
    """Asked whether to do what the merchant ruled out: that is said first, before what the figures say of it."""
    question = turn.frame.question.lower()
    asked = {rule.id for rule in touched_by(question)} if turn.frame.intent in ("decision", "how_to") else set()
    if not asked or _LESS.search(question):
        return
    said = {quoted_note(n.text) for n in turn.shop.memory.of_kind("constraint", "decision") if asked & _rules(n.text)}
    for mark, fact in turn.evidence.items():
        if fact.kind == "stated" and fact.data.get("note") in said:
            note = say.quote(str(fact.data["note"]))
            zh = f"你说过{note}[{mark}]，这件事正在其中，所以不建议做；要重新考虑，先告诉我现在可以做了。"
            yield Draft("decision", say.t(zh, f"You said {note}[{mark}], and this is part of it, so it is not advised; to reconsider, tell me first that it is fine now."))  # fmt: skip
            return


def _rules(text: str) -> set[str]:
    return {rule.id for rule in ruled_out_in(text)}


def _said_in(stated: Iterable[Piece], text: str) -> Piece | None:
    """The statement a note of the tools quotes, or the budget it names."""
    for piece in stated:
        said = str(piece.fact.data.get("note") or "")
        if said and said in text:
            return piece
        if piece.fact.data.get("key") == "budget" and ("你说的预算" in text or "your budget" in text):
            return piece
    return None


def _counts_with(piece: Piece) -> bool:
    rows = piece.fact.data.get("figures") or ()
    return any(row.get("name") in _LINES for row in rows)


@cache
def _needing_margin() -> frozenset[str]:
    """Playbooks whose texts or sizes change with the margin."""
    from tools.playbooks.library import playbooks

    return frozenset(
        book.id
        for book in playbooks()
        if any(name in book.model_dump_json() for name in ("break_even_roi", "contribution", "gross_margin"))
    )


def margin_drafts(frame: Frame, pieces: Pieces, say: Say, memory: Memory, *, advised: bool) -> Iterator[str]:
    """The one question back, where the answer would change with it: put once, then only said to be unknown."""
    best = pieces.start_here
    if (
        not advised
        or best is None
        or pieces.tiny
        or any(p.fact.data.get("key") == "gross_margin" for p in pieces.stated)
    ):
        return
    matters = best.fact.data.get("playbook_id") in _needing_margin() or frame.slots.get("topic") in _SPENDING
    if matters and not _counts_with(best):
        yield (_MARGIN if memory.may_ask("gross_margin") else _STILL).get(say.lang)


def fitted(drafts: Iterable[Draft], memory: Memory, say: Say) -> Iterator[Draft]:
    """The answer in the length the merchant asked for."""
    if not tones_of(memory):
        yield from drafts
        return
    seen: dict[Section, int] = {}
    for draft in drafts:
        own = draft.section in ("what", "decision") and "[u" in draft.text
        seen[draft.section] = seen.get(draft.section, 0) + (not own)
        if own or seen[draft.section] <= _SHORT.get(draft.section, 1):
            yield draft
    if "why" in seen or "what" in seen:
        yield Draft("follow_ups", _FULL.get(say.lang))
