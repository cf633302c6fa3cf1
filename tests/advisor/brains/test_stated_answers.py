"""Answers with what the merchant told: the mark of what they rest on, what was ruled out, the one question, and length."""

from __future__ import annotations

from datetime import date
from typing import Any

from advisor.brains.base import Draft, Frame, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.compose.pieces import gather
from advisor.brains.compose.say import Say
from advisor.brains.compose.stated import fitted, margin_drafts, ruled_out_drafts, stated_drafts
from advisor.brains.memory import Memory, Note
from tools.facts import Claim, Fact, ToolResult
from tools.stated import figure_fact, note_fact

SAY = Say("zh")
NOTE = Note("n_1", "constraint", "我们不做降价")
MARGIN = figure_fact("m", "gross_margin", {"value": "0.35", "unit": "ratio", "label": {"zh": "毛利率", "en": "gross margin"}})  # fmt: skip


def _book(playbook: str, *figures: str) -> Fact:
    data = {"playbook_id": playbook, "start_here": True, "figures": [{"name": name} for name in figures]}
    return Fact(id=f"p_{playbook}", kind="playbook", claim=Claim(zh="先做", en="start"), data=data)


def _turn(*facts: Fact, notes: tuple[Claim, ...] = (), question: str = "怎么做", memory: Memory | None = None, **slots: Any) -> TurnView:  # fmt: skip
    marks, numbers = {}, {"playbook": 0, "stated": 0}
    for fact in facts:
        numbers[fact.kind] += 1
        marks[f"{'p' if fact.kind == 'playbook' else 'u'}{numbers[fact.kind]}"] = fact
    result = ToolResult(facts=list(facts), notes=list(notes))
    shop = ShopCard("店", "tmall", "", "CNY", simulated=False, memory=memory or Memory())
    frame = Frame(question, "zh", "decision", slots)
    return TurnView(frame, (), (Outcome(ToolCall("1", "match_playbooks", {}), result=result),), marks, (), shop, date(2026, 11, 24))  # fmt: skip


def test_a_margin_the_plan_counts_with_is_cited_and_one_it_does_not_use_is_not() -> None:
    used = _turn(_book("first-to-second-order", "break_even_roi"), MARGIN)
    assert [draft.text for draft in stated_drafts(gather(used), SAY)] == [
        "毛利率 35.0%（商家口述）[u1]；保本线按它算。"
    ]
    unused = _turn(_book("traffic-source-recovery", "visitors"), MARGIN)
    assert list(stated_drafts(gather(unused), SAY)) == []


def test_what_was_left_out_is_told_with_its_mark() -> None:
    note = Claim(zh="你说过“我们不做降价”，所以没有推荐“甲”。", en="x")
    view = _turn(_book("traffic-source-recovery"), note_fact("m", "constraint", NOTE.text), notes=(note,))
    assert [draft.text for draft in stated_drafts(gather(view), SAY)] == [
        "你说过“我们不做降价”，所以没有推荐“甲”[u1]。"
    ]


def test_asked_about_what_was_ruled_out_the_answer_says_so_first() -> None:
    told = note_fact("m", "constraint", NOTE.text)
    (said,) = ruled_out_drafts(_turn(told, question="要不要做满减活动？", memory=Memory(notes=(NOTE,))), SAY)
    assert said.section == "decision"
    assert "“我们不做降价”[u1]" in said.text
    for question, memory in (
        ("要不要减少打折？", Memory(notes=(NOTE,))),
        ("要不要做直播？", Memory(notes=(NOTE,))),
        ("要不要做满减活动？", Memory()),  # taken back since
    ):
        assert not list(ruled_out_drafts(_turn(told, question=question, memory=memory), SAY))


def _asked(playbook: str, memory: Memory, *facts: Fact, **slots: Any) -> list[str]:
    view = _turn(_book(playbook), *facts, memory=memory, **slots)
    return list(margin_drafts(view.frame, gather(view), SAY, memory, advised=True))


def test_the_margin_is_asked_for_where_it_changes_the_answer_and_once() -> None:
    (question,) = _asked("first-to-second-order", Memory())
    assert "不扣成本" in question  # the default that is assumed
    assert _asked("traffic-source-recovery", Memory()) == []
    assert _asked("traffic-source-recovery", Memory(), topic="ads") == [question]
    assert _asked("first-to-second-order", Memory(), MARGIN) == []
    for silent in (
        Memory(asked=frozenset({"gross_margin"})),
        Memory(declined=frozenset({"gross_margin"})),
        Memory(writable=False),
    ):
        (said,) = _asked("first-to-second-order", silent)
        assert "直接回我" not in said
        assert "没有扣成本" in said


def test_a_short_answer_keeps_what_rests_on_a_statement() -> None:
    drafts = [Draft("headline", "h")]
    drafts += [Draft("why", f"w{n}") for n in range(4)] + [
        Draft("what", "a"),
        Draft("what", "b"),
        Draft("what", "c[u1]"),
    ]
    drafts += [Draft("how", "x"), Draft("how", "y"), Draft("follow_ups", "f")]
    short = Memory(notes=(Note("n", "tone", "说简短一点"),))
    kept = [draft.text for draft in fitted(drafts, short, SAY)]
    assert kept[:-1] == ["h", "w0", "w1", "a", "c[u1]", "x"]
    assert "详细一点" in kept[-1]
    assert list(fitted(drafts, Memory(), SAY)) == drafts
