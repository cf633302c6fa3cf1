"""Mechanical checks of one finished turn. Each returns the reasons it failed; an empty list is a pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from advisor.answer import AskResult
from advisor.events import Failed
from evals.oracles import oracle
from evals.reader import figures_in, unsupported
from evals.schema import Case

__all__ = ["CAUSE_NAMES", "score"]

_CJK = re.compile(r"[\u4e00-\u9fff]")
CAUSE_NAMES = Callable[[str], Sequence[Sequence[str]]]


def score(case: Case, result: AskResult | Failed, *, warehouse: Path, cause_names: CAUSE_NAMES) -> list[str]:
    """Every reason why this answer is not what the case asks for."""
    expect = case.expect
    if isinstance(result, Failed):
        return [] if expect.failed == result.code else [f"the turn failed: {result.code}: {result.text}"]
    if expect.failed:
        return [f"expected the turn to end in {expect.failed}"]
    reasons = _shape(case, result)
    reasons += [f"no evidence for {found}" for found in unsupported(result)]
    for wanted in expect.figures:
        value = oracle(warehouse, case.shop, wanted.oracle, wanted.window)
        seen = [figure for text in _statements(result) for figure in figures_in(text)]
        near = [
            s
            for s in seen
            if _close(s.value / 100 if s.percent else s.value, value, wanted.tolerance, s.slack, s.percent)
        ]
        if not near:
            reasons.append(f"{wanted.oracle} {wanted.window} should be {value:.4f}")
    if expect.planted_cause:
        reasons += _cause(result, cause_names(case.shop))
    return reasons


def _close(seen: object, value: object, tolerance: float, slack: object, percent: bool) -> bool:
    distance = abs(float(str(seen)) - float(str(value)))
    written = float(str(slack)) / (100 if percent else 1)
    return distance <= max(abs(float(str(value))) * tolerance, written)


def _shape(case: Case, result: AskResult) -> list[str]:
    expect, answer, reasons = case.expect, result.answer, []
    if expect.kind and answer.kind != expect.kind:
        reasons.append(f"kind is {answer.kind}, expected {expect.kind}")
    done = {call.name for call in result.tool_calls if call.ok}
    reasons += [f"tool {name} was not used" for name in expect.tools if name not in done]
    kinds = {item.kind for item in result.evidence}
    reasons += [f"no {kind} is cited" for kind in expect.cites if kind not in kinds]
    reasons += [f"{section} is empty" for section in expect.sections if not getattr(answer, section)]
    text = "\n".join([*_statements(result), *(step.action for step in answer.plan)])
    for group in expect.mentions:
        if not any(word.lower() in text.lower() for word in group):
            reasons.append(f"mentions none of {group}")
    whole = result.model_dump_json()
    reasons += [f"must not contain {word!r}" for word in expect.never if word.lower() in whole.lower()]
    if result.lang != case.lang or _mostly_chinese(answer.headline.text) != (case.lang == "zh"):
        reasons.append(f"answered in the wrong language: {answer.headline.text[:60]}")
    return reasons


def _mostly_chinese(text: str) -> bool:
    """More Chinese characters than Latin words: an English sentence may name a Chinese product."""
    return len(_CJK.findall(text)) > 2 * len(re.findall(r"[A-Za-z]{2,}", text))


def _cause(result: AskResult, wanted: Sequence[Sequence[str]]) -> list[str]:
    """The headline or the first two reasons name the planted entity (any of its names), for the dominating cause."""
    lead = " ".join([result.answer.headline.text, *(statement.text for statement in result.answer.why[:2])])
    if any(name in lead for name in wanted[0]):
        return []
    return [f"the planted cause {list(wanted[0])} is not among the first reasons: {lead[:160]}"]


def _statements(result: AskResult) -> list[str]:
    answer = result.answer
    found = [answer.headline, *answer.why, *answer.what, *answer.how, *answer.limits]
    if answer.decision is not None:
        found.append(answer.decision)
    return [statement.text for statement in found]
