"""A word of rise or fall inside a metric's own name says nothing of its direction."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.brains.base import Draft
from advisor.brains.planner.repair import repaired
from advisor.grounding import check
from tests.advisor.grounding_facts import fact, q
from tools.facts import Role, Window

OCT = Window(start=date(2026, 10, 2), end=date(2026, 10, 31))
SEP = Window(start=date(2026, 9, 2), end=date(2026, 10, 1))
LOST = fact(
    "metric", "2026年10月2日至10月31日流失买家数 15,662 人，比2026年9月2日至10月1日增加 1,522 人（+10.8%）。",
    "Buyers lost over a year from 2 October to 31 October 2026: 15,662 buyers, up 1,522 buyers (+10.8%) against 2 September to 1 October 2026.",
    q("lost_buyers", "15662", "buyers", window=OCT), q("lost_buyers", "14140", "buyers", Role.PREVIOUS, SEP),
    q("lost_buyers", "1522", "buyers", Role.CHANGE, OCT), q("lost_buyers", "0.108", "ratio", Role.CHANGE_RATE, OCT),
)  # fmt: skip


@pytest.mark.parametrize(("move", "ok"), [("up", True), ("down", False)])
def test_buyers_lost_may_have_risen(move: str, ok: bool) -> None:
    text = (
        f"Buyers lost over a year for 2 October to 31 October 2026: 15,662 buyers, {move} 1,522 buyers (+10.8%) on the"
        " period before[m1]."
    )
    verdict = check(text, cited={"m1": LOST}, section="headline", lang="en", today=date(2026, 11, 24))
    assert verdict.ok is ok, verdict.problems


def test_a_sentence_without_its_first_clause_still_begins_like_one() -> None:
    draft = Draft("headline", 'Sales rose by half[m1]; start with "X"[p1].')
    left = repaired(draft, ['No cited fact contains "rose by half".'])
    assert left is not None and left.text == 'Start with "X"[p1].'
