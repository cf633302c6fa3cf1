"""The plan of an answer, built by code from the playbook fact the answer stands on, never by a model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from advisor.answer import PlanStep
from advisor.brains.base import TurnView
from tools.facts import Fact
from tools.text import Lang

__all__ = ["build_plan"]


def build_plan(view: TurnView, *, cited: set[str]) -> list[PlanStep]:
    """Dated steps of one playbook: the one planned in this turn, else the one to start with; [] when none is cited."""
    playbooks = [(mark, fact) for mark, fact in view.facts("playbook") if fact.data.get("steps") and mark in cited]
    if not playbooks:
        return []
    planned = _planned(view)
    ranked = sorted(playbooks, key=lambda item: (item[1].id not in planned, not item[1].data.get("start_here")))
    mark, fact = ranked[0]
    return [_step(step, fact, mark, view.frame.lang) for step in fact.data["steps"]]


def _planned(view: TurnView) -> set[str]:
    return {
        fact.id
        for outcome in view.outcomes
        if outcome.call.name == "plan_playbook" and outcome.result is not None
        for fact in outcome.result.facts
    }


def _step(step: Mapping[str, Any], fact: Fact, mark: str, lang: Lang) -> PlanStep:
    texts = {item["id"]: item[f"text_{lang}"] for item in fact.data.get("artefacts", [])}

    def said(name: str) -> str:
        pair = step.get(name)
        return str(pair[lang]) if pair else ""

    return PlanStep(
        action=said("action"),
        where=said("where"),
        owner=said("owner"),
        start=date.fromisoformat(step["start"]),
        due=date.fromisoformat(step["due"]),
        cost=said("cost"),
        kpi=said("kpi"),
        target=said("target"),
        guardrail=said("guardrail"),
        stop_rule=said("stop_rule"),
        artefacts=[texts[name] for name in step.get("artefacts", []) if name in texts],
        cites=[mark],
    )
