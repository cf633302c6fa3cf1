"""Run suites through the service and report. Offline with the planner the run is deterministic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from advisor.app import build_service, load_settings, quiet_third_parties
from advisor.events import Failed
from advisor.scope import Scope
from advisor.service.service import AdvisorService
from advisor.settings import BrainChoice
from evals.schema import Case, load_suite, suites
from evals.scorers import score
from tools.warehouse.demo import create_demo, truth
from tools.warehouse.writer import MerchantProfile, write_merchant

__all__ = ["CaseResult", "Report", "run_suites"]

DEMO_MONTH = (date(2026, 10, 1), date(2026, 10, 31))


@dataclass(frozen=True)
class CaseResult:
    case: Case
    reasons: tuple[str, ...]
    text: str
    ms: int

    @property
    def passed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Report:
    brain: str
    results: tuple[CaseResult, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: totals, by axis, and every case with its reasons."""
        axes = sorted({result.case.axis for result in self.results})
        return {
            "brain": self.brain,
            "cases": len(self.results),
            "passed": sum(result.passed for result in self.results),
            "axes": {axis: self._axis(axis) for axis in axes},
            "results": [
                {
                    "id": result.case.id,
                    "axis": result.case.axis,
                    "level": result.case.level,
                    "lang": result.case.lang,
                    "question": result.case.turns[-1],
                    "passed": result.passed,
                    "reasons": list(result.reasons),
                    "ms": result.ms,
                    "answer": result.text,
                }
                for result in self.results
            ],
        }

    def _axis(self, axis: str) -> dict[str, int]:
        mine = [result for result in self.results if result.case.axis == axis]
        return {"cases": len(mine), "passed": sum(result.passed for result in mine)}


def run_suites(
    names: Sequence[str] | None,
    *,
    brain: BrainChoice,
    workspace: Path,
    on_case: Callable[[CaseResult], None] | None = None,
) -> Report:
    """Run the named suites (all when None) in a workspace of their own. Raises BadArguments for a bad file or name."""
    cases = [case for name in (names or suites()) for case in load_suite(name)]
    quiet_third_parties()
    prepare_shops(workspace / "warehouse")
    return asyncio.run(_run(cases, brain, workspace, on_case))


def prepare_shops(folder: Path) -> None:
    """The demo shops, and an empty one for the honest "there is no data yet"."""
    create_demo(folder)
    with write_merchant(folder, MerchantProfile("eval-empty", "空店（评测）", simulated=True)):
        pass


async def _run(
    cases: Sequence[Case], brain: BrainChoice, workspace: Path, on_case: Callable[[CaseResult], None] | None
) -> Report:
    service = build_service(load_settings(workspace=workspace))
    results: list[CaseResult] = []
    try:
        for case in cases:
            result = await _one(service, case, brain, workspace)
            results.append(result)
            if on_case is not None:
                on_case(result)
    finally:
        await service.aclose()
    return Report(brain, tuple(results))


async def _one(service: AdvisorService, case: Case, brain: BrainChoice, workspace: Path) -> CaseResult:
    scope = Scope(case.shop, "eval")
    started = time.perf_counter()
    thread: str | None = None
    for question in case.turns:
        result = await service.answer(scope, question, thread_id=thread, brain=brain)
        thread = None if isinstance(result, Failed) else result.thread_id
    ms = round((time.perf_counter() - started) * 1000)
    reasons = score(case, result, warehouse=workspace / "warehouse", cause_names=_cause_names)
    return CaseResult(case, tuple(reasons), result.text, ms)


def _cause_names(shop: str) -> list[list[str]]:
    """Names by which an answer may call the planted causes that begin in the last month, the declared order first."""
    start, end = DEMO_MONTH
    causes = [cause for cause in truth(shop) if cause.overlaps(start, end) and cause.start >= start - timedelta(days=7)]
    return [[cause.entity, *(name for _, name in cause.also)] for cause in causes]
