"""A question for a tool is answered from the toolbox: for whom, which ones, how to measure; a question for methods is not."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from advisor.brains.frame.tool_words import tool_slots
from tests.advisor.terminal import called
from tests.tools.playbooks.shopkit import make_shop, order
from tools.base import ToolContext
from tools.playbooks.toolbox import groups_in, toolbox
from tools.playbooks.tools import find_tools
from tools.warehouse.access import Shop


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ("which tools for lapsed members with high 客单价?", ["lapsed", "member", "high_value"]),
        ("沉睡会员客单价高用什么工具", ["lapsed", "member", "high_value"]),
        ("tools to win back big spenders", ["lapsed", "high_value"]),
        ("tool for new buyers", ["new"]),
        ("粉丝用什么工具", ["fan"]),
        ("which tool helps when I renew a group of keywords", []),  # "new" inside a word, and no group of people
        ("天猫有什么工具", []),
    ],
)
def test_the_groups_a_tool_is_for_are_read(words: str, groups: list[str]) -> None:
    assert tool_slots(words) == ({"tools": True, "audience": groups} if groups else {"tools": True})
    assert groups_in(words) == groups


@pytest.mark.parametrize(
    "words", ["沉睡会员怎么唤醒", "有哪些打法", "stools and tables sell badly", "members buy less"]
)
def test_other_questions_ask_for_no_tool(words: str) -> None:
    assert tool_slots(words) == {}


def test_what_fits_all_groups_leads_and_the_lapsed_come_before_the_members() -> None:
    found = toolbox(audience="lapsed member high_value")
    fits = [len({"lapsed", "member", "high_value"} & set(tool.audience)) for tool in found]
    assert fits == sorted(fits, reverse=True) and fits[0] == 3
    two = ["lapsed" in tool.audience for tool, fit in zip(found, fits, strict=True) if fit == 2]
    assert two == sorted(two, reverse=True) and any(two) and not all(two)


@pytest.mark.parametrize(
    ("question", "lead", "watch", "never"),
    [
        ("沉睡会员客单价高用什么工具", "针对沉睡、会员、高价值人群，先看“客户运营平台", "怎么衡量", "从这里开始"),
        (
            "Which tools for lapsed members with high order value?",
            "first for lapsed, members, high value",
            "Measure",
            "Start here",
        ),
    ],
)
def test_the_answer_comes_from_the_toolbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], question: str, lead: str, watch: str, never: str
) -> None:
    rows = [order(n, date(2026, 10, 1 + n % 31), "99", f"b{n}") for n in range(400)]
    make_shop(tmp_path / "warehouse", {"orders": rows}).close()
    out = partial(called, capsys)("ask", question, "--workspace", tmp_path, "--merchant", "t1").out
    assert lead in out and never not in out
    told = [line for line in out.splitlines() if line.startswith("- ") and not line.startswith("- [") and watch in line]
    assert 3 <= len(told) <= 4 and all("[p" in line for line in told)


def test_a_shop_elsewhere_is_told_whose_tools_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path, {"orders": [order(1, date(2026, 10, 1), "9", "b")]})
    for platform, notes in (("tmall", 0), ("shopify", 1)):
        monkeypatch.setattr(Shop, "platform", platform)
        result = find_tools.call(ToolContext(shop=shop, today=date(2026, 11, 2)), {"audience": "lapsed"})
        assert result.facts and len(result.notes) == notes
