"""`advisor cases check` on a terminal: labels in the reader's language and the coverage table, which JSON repeats."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.advisor.terminal import called
from tools.cases.library import load_cases


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*options: str) -> str:
        said = called(capsys, "cases", "check", *options)
        assert said.code == 0
        return said.out

    return call


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["商家类型：", "中小商家", "代运营服务商", "品类 × 抓手 × 阶段", "起步", "退货治理"]),
        ("en", ["merchant type: ", "Small merchant", "category x lever x stage", "launch", "Returns control"]),
    ],
)
def test_coverage_reads_in_both_languages(check: Callable[..., str], lang: str, words: list[str]) -> None:
    shown = check("--lang", lang)
    assert [word for word in words if word not in shown] == []
    assert "small_seller" not in shown, "ids are for files, labels for readers"


def test_the_table_and_json_count_the_same(check: Callable[..., str]) -> None:
    body = json.loads(check("--json"))
    assert sum(row["cases"] for row in body["coverage"]) == sum(len(case.levers) for case in load_cases())
    totals = [line.split()[-1] for line in check("--lang", "en").splitlines() if line.strip()[-1:].isdigit()]
    assert sum(map(int, totals[-len({(row["category"], row["lever"]) for row in body["coverage"]}) :])) == sum(
        row["cases"] for row in body["coverage"]
    )
