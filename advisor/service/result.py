"""From a finished turn to the result doors print and evals score."""

from __future__ import annotations

from advisor.agent.state import Turn
from advisor.answer import Answer, AskResult, EvidenceItem, Figure, Statement, ToolCallRecord
from advisor.brains.wishes import PENDING
from advisor.render import render_result
from tools.facts import Fact
from tools.text import Lang

__all__ = ["build_result"]


def build_result(turn: Turn) -> AskResult:
    """The AskResult of a composed turn. Evidence lists what the answer cites, no more."""
    if turn.answer is None or turn.frame is None:
        raise RuntimeError("the turn has no answer yet")
    lang = turn.frame.lang
    cited = _cited(turn.answer)
    marks = [mark for mark in turn.book.facts if mark in cited]
    result = AskResult(
        answer=turn.answer,
        text="",
        evidence=[evidence_item(mark, turn.book.facts[mark], lang) for mark in marks],
        tables=[table for outcome in turn.outcomes if outcome.result for table in outcome.result.tables],
        charts=[chart for outcome in turn.outcomes if outcome.result for chart in outcome.result.charts],
        tool_calls=[
            ToolCallRecord(
                name=outcome.call.name,
                arguments=dict(outcome.call.arguments),
                ms=outcome.ms,
                ok=outcome.result is not None,
                error=outcome.error.get(lang) if outcome.error else "",
            )
            for outcome in turn.outcomes
        ],
        grounding=turn.report,
        brain=turn.brain.name,
        model=turn.brain.model,
        notice=turn.notice,
        prompts=turn.brain.prompts(),
        usage=turn.brain.usage(),
        thread_id=turn.thread_id,
        lang=lang,
        approvals=[outcome.choices[0] for outcome in turn.outcomes if outcome.code == PENDING],
    )
    return result.model_copy(update={"text": render_result(result)})


def _cited(answer: Answer) -> set[str]:
    statements: list[Statement] = [answer.headline, *answer.why, *answer.what, *answer.how, *answer.limits]
    if answer.decision is not None:
        statements.append(answer.decision)
    marks = {mark for statement in statements for mark in statement.cites}
    return marks | {mark for step in answer.plan for mark in step.cites}


def evidence_item(mark: str, fact: Fact, lang: Lang) -> EvidenceItem:
    """A fact as a reader may open it; playbook steps are left out, the plan shows them."""
    return EvidenceItem(
        mark=mark,
        kind=fact.kind,
        claim=fact.claim.get(lang),
        value=fact.value,
        unit=fact.unit,
        window=str(fact.window) if fact.window else "",
        formula=fact.formula,
        source=fact.source,
        why_class=fact.why_class,
        simulated=fact.simulated,
        names=list(fact.entities),
        figures=[
            Figure(
                metric=quantity.metric,
                role=quantity.role.value,
                value=quantity.value,
                unit=quantity.unit,
                window=str(quantity.window) if quantity.window else "",
                subject=list(quantity.subject),
            )
            for quantity in fact.quantities
        ],
        data={key: value for key, value in fact.data.items() if key not in {"steps", "artefacts", "figures"}},
    )
