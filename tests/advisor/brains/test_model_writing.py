"""Model prose into drafts: tables of lines, and properties that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.brains.base import Draft
from advisor.brains.writing import DraftLines, clean_line
from tests.advisor.grounding_facts import FACTS
from tools.facts import WhyClass


def drafts(text: str) -> list[Draft]:
    lines = DraftLines(FACTS)
    return [*lines.feed(text), *lines.finish(complete=True)]


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("- GMV rose 6.1% [m1, m2].", "GMV rose 6.1% [m1][m2]."),
        ("1. 支付金额上涨【m1】", "支付金额上涨[m1]"),
        ("* **GMV** rose (m1)", "GMV rose [m1]"),
        ("GMV rose [m1](http://evil.example/x)", "GMV rose [m1]"),
        ("![x](http://evil.example/p.png) see [here](javascript:alert(1))", "see here)"),
        ("<img src=x onerror=alert(1)>GMV[M1]", "GMV[m1]"),
        ("3.2% is low[m5]", "3.2% is low[m5]"),
        ("1.5 万元[m1]、[m2]", "1.5 万元[m1][m2]"),
        ("`code` and see https://evil.example/a?b=c now", "code and see now"),
        ("GMV 上涨[m1和m2]", "GMV 上涨[m1][m2]"),
    ],
)
def test_clean_line(line: str, clean: str) -> None:
    assert clean_line(line) == clean


def test_three_headings_in_chinese_with_classes() -> None:
    text = "支付金额涨 6.1%[m1]\n\n## 为何\n- 搜索少了 8.2 万元[m3]【拆解】\n- 转化率下降[m5]\n## 做什么：\n决定：先做承接[p1]\n先做承接[p1]\n## 如何\n1. 发券[p1]\n"
    assert drafts(text) == [
        Draft("headline", "支付金额涨 6.1%[m1]"),
        Draft("why", "搜索少了 8.2 万元[m3]", WhyClass.DECOMPOSITION),
        Draft("why", "转化率下降[m5]", WhyClass.INFERENCE),
        Draft("decision", "先做承接[p1]"),
        Draft("what", "先做承接[p1]"),
        Draft("how", "发券[p1]"),
    ]


def test_an_experiment_is_not_believed_without_one() -> None:
    told = drafts("h[m1]\n## Why\nIt rose[m7] (experiment)\nIt rose 1.9 pp[m9] (experiment)\n")
    assert [draft.why_class for draft in told[1:]] == [WhyClass.ASSOCIATION, WhyClass.EXPERIMENT]


def test_headings_in_other_clothes_and_noise() -> None:
    text = "**Headline:** GMV rose[m1]\n---\n**Why:**\nA[m5]\n### What to do\n| a | b |\n|---|---|\nB[p1]\n```\nHow:\nC[p1]\n"
    assert [(d.section, d.text) for d in drafts(text)] == [
        ("headline", "GMV rose[m1]"),
        ("why", "A[m5]"),
        ("what", "B[p1]"),
        ("how", "C[p1]"),
    ]


def test_thoughts_are_left_out_wherever_the_stream_cuts_them() -> None:
    text = "<think>a 42\nb</think>GMV rose[m1]\n## Why\nx<think>no</think> y[m5]\n"
    for size in (1, 3, 1000):
        lines = DraftLines(FACTS)
        found = [d for i in range(0, len(text), size) for d in lines.feed(text[i : i + size])]
        assert [d.text for d in found] == ["GMV rose[m1]", "x y[m5]"]


@given(st.text(max_size=400), st.integers(min_value=1, max_value=50))
def test_any_text_in_any_pieces_gives_the_same_clean_drafts(text: str, size: int) -> None:
    lines = DraftLines(FACTS)
    pieces = [d for i in range(0, len(text), size) for d in lines.feed(text[i : i + size])]
    pieces += lines.finish(complete=True)
    assert pieces == drafts(text)
    for draft in pieces:
        assert "\n" not in draft.text and "<" + "img" not in draft.text and "](" not in draft.text
        assert 0 < len(draft.text) <= 800
    assert sum(d.section == "headline" for d in pieces) <= max(
        1,
        text.lower().count("headline")
        + text.count("结论")
        + text.lower().count("conclusion")
        + text.lower().count("answer"),
    )


def test_a_broken_off_line_keeps_its_whole_sentences_and_repeats_are_counted() -> None:
    lines = DraftLines(FACTS)
    assert [d.text for d in lines.feed("GMV rose[m1]\nGMV rose[m1]\nGMV rose[m1]\n")] == ["GMV rose[m1]"]
    assert lines.repeats == 2
    assert [d.text for d in lines.feed("It fell. [m5] And then it w")] == []
    assert [d.text for d in lines.finish(complete=False)] == ["It fell. [m5]"]
