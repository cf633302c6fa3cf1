"""A health reading in sentences: what is most at stake first, then the other findings, the stage, the outcomes and the month ahead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.brains.base import Draft
from advisor.brains.compose.pieces import Piece, Pieces
from advisor.brains.compose.say import Say

__all__ = ["health_drafts", "told"]

_ORDER = ("finding", "stage", "outcome", "landing")


def health_drafts(pieces: Pieces, say: Say) -> Iterator[Draft]:
    """Sales and the largest finding lead, its details come next; where nothing stands out, that leads."""
    found = sorted(pieces.health, key=lambda piece: (_ORDER.index(piece.topic), not _unusual(piece), piece.rank))
    quiet = [piece for piece in pieces.checks if not any(other.topic == "finding" for other in found)]
    lead = [*quiet, *found][:1]
    sales = say.moved(pieces.figures[0]) if pieces.figures else ""
    for piece in lead:
        first, *rest = _clauses(told(piece, say), say)
        small = first if say.zh or not sales else first[:1].lower() + first[1:]
        yield Draft("headline", say.join(sales, small))
        if rest:
            yield Draft("why", say.join(*rest), piece.fact.why_class)
    for piece in found:
        if piece not in lead:
            yield Draft("why", told(piece, say), piece.fact.why_class)


def _unusual(piece: Piece) -> bool:
    """An outcome with a figure outside its usual range is told before the others."""
    return piece.topic != "outcome" or bool({"better", "worse"} & set(piece.fact.data.get("verdicts", {}).values()))


def _clauses(text: str, say: Say) -> list[str]:
    return [part for part in re.split(r"；|。" if say.zh else r"; |(?<=\])\. ", text) if part.strip(" .。")]


def told(piece: Piece, say: Say) -> str:
    """The claim with its mark behind every clause and sentence: each is checked by itself."""
    text = say.claim(piece)
    for end in ("；", "。") if say.zh else ("; ", ". "):
        text = text.replace(end, f"{piece.cite}{end}")
    return say.join(text if text.rstrip("。.").endswith(piece.cite) else f"{text}{piece.cite}")
