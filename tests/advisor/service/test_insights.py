"""Insights of a reading: only findings, at most five, a question in the advisor's own words, private ones not for staff."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from advisor.scope import Scope
from advisor.service.insights import MOST, open_insights, question_of, refresh
from advisor.store import Store
from tools.facts import Claim, Fact, Quantity, ToolResult

MERCHANT, STAFF = Scope("a", "ann"), Scope("a", "kim", "staff")


def finding(key: str, yuan: int, *, area: str = "traffic", source: str = "traffic_daily") -> Fact:
    return Fact(
        id=f"f_{key}",
        kind="metric",
        claim=Claim(zh=f"问题：{key}", en=f"Problem: {key}"),
        quantities=(Quantity(metric="at_stake", value=Decimal(yuan), unit="CNY"),),
        source=source,
        data={
            "topic": "finding", "finding": f"moved:{key}", "kind": "problem", "area": area,
            "title": {"zh": f"来源“{key}”", "en": f'source "{key}"'},
        },
    )  # fmt: skip


def service(tmp_path: Path, facts: list[Fact]) -> Any:
    async def read(_scope: Scope, tool: str, _arguments: Any, *, lang: str) -> ToolResult:
        assert tool == "shop_health" and lang in ("zh", "en")
        return ToolResult(facts=facts)

    return SimpleNamespace(store=Store.sqlite(tmp_path / "store.sqlite"), read=read)


def test_findings_alone_are_brought_up_five_at_most(tmp_path: Path) -> None:
    stage = finding("stage", 5).model_copy(update={"data": {"topic": "stage"}})
    desk = service(tmp_path, [stage, *[finding(str(k), 100 - k) for k in range(7)]])
    found = asyncio.run(refresh(desk, MERCHANT))
    assert [each.fact["claim"]["en"] for each in found] == [f"Problem: {k}" for k in range(MOST)]
    assert found[0].question.zh == "来源“0”的访客为什么少了，怎么恢复？"


def test_staff_do_not_see_what_rests_on_tables_of_the_merchant_alone(tmp_path: Path) -> None:
    desk = service(tmp_path, [finding("open", 9), finding("margin", 99, source="orders, item_costs")])
    asyncio.run(refresh(desk, MERCHANT))
    seen = [each.fact["claim"]["en"] for each in asyncio.run(open_insights(desk, STAFF))]
    assert seen == ["Problem: open"]
    assert len(asyncio.run(open_insights(desk, MERCHANT))) == 2


def test_an_area_without_a_question_of_its_own_gets_one_that_names_it() -> None:
    asked = question_of(finding("直通车", 1, area="elsewhere"))
    assert "直通车" in asked.zh and "直通车" in asked.en
    assert "{" not in asked.zh + asked.en
