"""compose + verify: one statement at a time, and none leaves before its figures, marks and words passed the check."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from advisor.agent.fallback import fall_back, within_deadline
from advisor.agent.plan import build_plan
from advisor.agent.state import Checked, Turn
from advisor.answer import Answer, Section, Statement
from advisor.brains.base import Brain, Draft, TurnView
from advisor.brains.frame.remember import told_facts
from advisor.errors import ModelUnavailable
from advisor.events import StatementPassed
from advisor.grounding import Verdict, check
from tools.facts import Fact, Role
from tools.text import Text

__all__ = ["compose"]

_LIMITS: dict[Section, int] = {
    "headline": 1, "decision": 1, "why": 6, "what": 4, "how": 6, "limits": 4, "follow_ups": 3,
}  # fmt: skip
_NOTHING = Text(
    "现有数据里没有可以核对的结论；请看下面的说明。",
    "The data at hand gives no conclusion that can be checked; see the notes below.",
)
_NO_MODEL_SENTENCE = Text(
    "模型写的句子都对不上证据，已全部扣下；这次由内置规划器作答。",
    "None of the model's sentences matched the evidence, so all were withheld; the built-in planner answered instead.",
)
_MARK = re.compile(r"\[([a-z]\d+)\]")

Emit = Callable[[Any], None]


async def compose(turn: Turn, round_number: int, emit: Emit) -> None:
    """Fill `turn.answer`. A model's gaps are filled by the planner, which says so."""
    frame = turn.frame
    if frame is None:
        raise RuntimeError("compose before frame")
    if frame.reply is not None:
        marks = _told(turn)
        statement = Statement(text=frame.reply.get(frame.lang) + "".join(f"[{mark}]" for mark in marks), cites=marks)
        turn.sections["headline"] = [statement]
        emit(StatementPassed("headline", statement))
    else:
        await _from_brains(turn, turn.view(round_number), emit)
    turn.answer = _answer(turn)


def _told(turn: Turn) -> list[str]:
    """What the merchant told just now is evidence from here on, under the mark that later answers cite."""
    if turn.frame is None or turn.scope.role != "merchant":
        return []
    facts = told_facts(turn.frame.slots, turn.scope.merchant_id, turn.shop.currency)
    turn.book.add(facts)
    return [turn.view(0).mark_of(fact) for fact in facts]


async def _from_brains(turn: Turn, view: TurnView, emit: Emit) -> None:
    if turn.overdue and turn.fallback is not None:
        turn.brain = turn.fallback  # no time left to wait for a model: what is known is written down at once
    writer = turn.brain
    try:
        await within_deadline(turn, writer, _write(turn, writer, view, emit))
    except ModelUnavailable as error:
        fall_back(turn, error)
    if writer.model is not None and turn.fallback is not None and _incomplete(turn):
        if not turn.notices and "headline" not in turn.sections:
            turn.tell(_NO_MODEL_SENTENCE)
        given = set(turn.sections)
        await _write(turn, turn.fallback, view, emit, skip=given)


def _incomplete(turn: Turn) -> bool:
    kind = turn.frame.kind if turn.frame is not None else "advice"
    if "headline" not in turn.sections:
        return True
    return kind == "advice" and not {"why", "what", "how"} <= set(turn.sections)


async def _write(turn: Turn, brain: Brain, view: TurnView, emit: Emit, *, skip: set[Section] | None = None) -> None:
    seen = 0
    async for draft in brain.statements(view):
        seen += 1
        if seen > turn.guards.drafts:
            break
        if draft.section in (skip or set()) or len(turn.sections.get(draft.section, [])) >= _LIMITS[draft.section]:
            continue
        statement = await _verified(turn, brain, view, draft)
        if statement is not None:
            turn.sections.setdefault(draft.section, []).append(statement)
            emit(StatementPassed(draft.section, statement))


async def _verified(turn: Turn, brain: Brain, view: TurnView, draft: Draft) -> Statement | None:
    """Check; send back once for repair; drop with a reason."""
    verdict = _check(turn, view, draft)
    turn.report.numbers += verdict.numbers
    turn.report.supported += verdict.supported
    if not verdict.ok:
        repaired = await brain.repair(view, draft, verdict.problems)
        again = _check(turn, view, repaired) if repaired is not None else verdict
        passed = repaired is not None and again.ok
        instead = repaired.text if repaired is not None and passed else None
        turn.checked.append(Checked(draft.section, draft.text, tuple(verdict.problems), instead, brain.name))
        if repaired is None or not passed:
            _drop(turn, again)
            return None
        draft = repaired
    marks = list(dict.fromkeys(_MARK.findall(draft.text)))
    return Statement(text=draft.text, cites=marks, why_class=draft.why_class, yuan=_yuan(turn, view, draft, marks))


def _drop(turn: Turn, verdict: Verdict) -> None:
    turn.report.removed += 1
    turn.report.reasons.extend(verdict.problems[:2])


def _check(turn: Turn, view: TurnView, draft: Draft) -> Verdict:
    return check(
        draft.text,
        cited=_cited(view, draft.text),
        lang=view.frame.lang,
        section=draft.section,
        why_class=draft.why_class,
        question=turn.question,
        today=turn.today,
        said=_said(view),
    )


def _said(view: TurnView) -> list[str]:
    """What this turn's tools told without a figure to cite: why they had nothing, and the limits of what they gave."""
    lang = view.frame.lang
    errors = [outcome.error.get(lang) for outcome in view.outcomes if outcome.error is not None]
    return errors + [note.get(lang) for outcome in view.outcomes if outcome.result for note in outcome.result.notes]


def _cited(view: TurnView, text: str) -> dict[str, Fact]:
    """Only the facts the statement itself cites can support it."""
    return {mark: view.evidence[mark] for mark in _MARK.findall(text) if mark in view.evidence}


def _yuan(turn: Turn, view: TurnView, draft: Draft, marks: list[str]) -> Any:
    """Money behind a why: the contribution its first cited fact states."""
    if draft.section != "why":
        return None
    for mark in marks:
        for quantity in view.evidence[mark].quantities:
            if quantity.role is Role.CONTRIBUTION and quantity.unit == turn.shop.currency:
                return quantity.value
    return None


def _answer(turn: Turn) -> Answer:
    frame = turn.frame
    if frame is None:
        raise RuntimeError("answer before frame")
    sections = turn.sections
    headline = sections.get("headline", [Statement(text=_NOTHING.get(frame.lang))])[0]
    decision = sections.get("decision", [])
    plan = build_plan(turn.view(0), cited=_all_cites(sections)) if frame.kind == "advice" else []
    return Answer(
        kind=frame.kind,
        headline=headline,
        decision=decision[0] if decision else None,
        why=sections.get("why", []),
        what=sections.get("what", []),
        how=sections.get("how", []),
        plan=plan,
        limits=sections.get("limits", []),
        follow_ups=[statement.text for statement in sections.get("follow_ups", [])],
    )


def _all_cites(sections: dict[Section, list[Statement]]) -> set[str]:
    return {mark for statements in sections.values() for statement in statements for mark in statement.cites}
