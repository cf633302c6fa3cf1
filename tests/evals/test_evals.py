"""The first suite gates: the planner passes every case offline, and the checks can fail."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from advisor.answer import Answer, AskResult, EvidenceItem, Figure, Statement
from evals import schema
from evals.reader import figures_in, unsupported
from evals.run import prepare_shops, run_suites
from evals.schema import load_suite
from evals.scorers import score
from tools.errors import BadArguments


def _result(text: str, *values: str, lang: str = "zh") -> AskResult:
    figures = [Figure(metric="gmv", role="value", value=Decimal(value), unit="CNY") for value in values]
    item = EvidenceItem(mark="m1", kind="metric", claim="", figures=figures, names=["坚果 500g"])
    answer = Answer(kind="figure", headline=Statement(text=text, cites=["m1"]))
    return AskResult(answer=answer, text=text, evidence=[item], lang=lang)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2026年10月支付金额 89.93 万元[m1]", ["899349.12"]),
        ("GMV for October 2026 was ¥899,349[m1]", ["899349.12"]),
        ("退款率 6.1%，比9月低 0.6 个百分点[m1]", ["0.0612", "-0.6"]),
        ("members drive 95-97% of sales, 40.9m people[m1]", ["0.95", "0.97", "40900000"]),
        ("“坚果 500g”卖得最多，第 2 步 10月7日前做完，双11 之后再看[m1]", []),
    ],
)
def test_the_reader_ties_figures_to_evidence(text: str, values: list[str]) -> None:
    assert unsupported(_result(text, *values)) == []


@pytest.mark.parametrize(
    "text", ["支付金额 89.94 万元[m1]", "支付金额 8.99 万元[m1]", "复购率 18.0%[m1]", "共 3,922 单[m1]"]
)
def test_the_reader_misses_nothing_that_is_not_there(text: str) -> None:
    assert len(unsupported(_result(text, "899349.12"))) == 1


def test_figures_keep_their_scale_and_precision() -> None:
    seen = figures_in("1.28 亿元和 12.5%")
    assert [(s.value, s.percent) for s in seen] == [(Decimal(128_000_000), False), (Decimal("12.5"), True)]


@pytest.mark.slow
def test_a_wrong_figure_language_or_kind_is_caught(tmp_path: Path) -> None:
    prepare_shops(tmp_path)
    case = next(case for case in load_suite("first_light") if case.id == "figure-gmv-zh")
    wrong = _result("2026年10月支付金额 12.34 万元[m1]", "123400")
    reasons = score(case, wrong, warehouse=tmp_path, cause_names=lambda shop: [])
    assert {reason.split()[0] for reason in reasons} >= {"gmv", "net_gmv", "tool"}
    english = _result("GMV was ¥12[m1]", "12", lang="en")
    assert any(
        "wrong language" in reason for reason in score(case, english, warehouse=tmp_path, cause_names=lambda s: [])
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("suite: bad\ncases:\n  - {id: a, axis: nonsense}", "axis"),
        ("suite: bad\ncases: [", "bad.yaml"),
    ],
)
def test_a_case_file_with_an_error_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    (tmp_path / "bad.yaml").write_text(body, encoding="utf-8")
    monkeypatch.setattr(schema, "_FOLDER", tmp_path)
    with pytest.raises(BadArguments, match=said):
        load_suite("bad")


@pytest.mark.slow
def test_the_planner_passes_the_first_suite(tmp_path: Path) -> None:
    report = run_suites(["first_light"], brain="planner", workspace=tmp_path)
    failed = {result.case.id: result.reasons for result in report.results if not result.passed}
    assert failed == {}
    assert report.to_json()["passed"] == len(report.results) >= 12
