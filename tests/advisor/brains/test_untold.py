"""A figure without a value is answered by why; what a tool wrote is told in the order of an answer's sections."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from advisor.brains.base import Frame, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.compose import compose
from tools.facts import Claim, Fact, Quantity, ToolResult, Window

MONTH = Window(start=date(2026, 11, 1), end=date(2026, 11, 14))
WHY = Claim(zh="这批新客首购后还没满 90 天，现在算不出 90 天复购率。", en="Not in view for 90 days yet.")
GMV = Fact(
    id="f_1", kind="metric", claim=Claim(zh="支付金额 1,225 元。", en="GMV ¥1,225."), data={"topic": "figure", "rank": 1},
    quantities=(Quantity(metric="gmv", value=Decimal(1225), unit="CNY", window=MONTH),),
)  # fmt: skip


@pytest.mark.parametrize(("lang", "opening"), [("zh", "现在还答不了"), ("en", "cannot be answered yet")])
def test_the_note_of_the_asked_figure_leads(lang: str, opening: str) -> None:
    asked = Outcome(ToolCall("r0c1", "query_metric", {"metric": "repurchase_90d"}), result=ToolResult(notes=[WHY]))
    beside = Outcome(ToolCall("r0c2", "query_metric", {"metric": "gmv"}), result=ToolResult(facts=[GMV]))
    frame = Frame("复购怎么样", lang, "repurchase", {})  # type: ignore[arg-type]
    shop = ShopCard("店", "tmall", "家居", "CNY", False, tables={"orders": ("2026-11-01", "2026-11-14")})
    drafts = list(compose(TurnView(frame, (), (asked, beside), {"m1": GMV}, (), shop, date(2026, 11, 24), 1)))
    assert [d.section for d in drafts].count("headline") == 1
    assert opening in drafts[0].text and WHY.get(frame.lang) in drafts[0].text
    assert any("1,225" in d.text and d.section == "why" for d in drafts)
    assert not any(d.section == "limits" and WHY.get(frame.lang) in d.text for d in drafts)  # said once


def told_fact(number: int, section: str, text: str) -> Fact:
    return Fact(id=f"f_{number}", kind="livestream", claim=Claim(zh=text, en=text), data={"section": section})


def test_what_a_tool_wrote_keeps_the_order_of_an_answer() -> None:
    facts = [told_fact(1, "why", "先做这一场。它的理由。"), told_fact(2, "limits", "数据不全。"), told_fact(3, "how", "先讲甲。"),
             told_fact(4, "nowhere", "依据在此。"), told_fact(5, "decision", "可以开播。")]  # fmt: skip
    done = Outcome(ToolCall("r0c1", "live_products", {}), result=ToolResult(facts=facts))
    marked = {f"l{number}": fact for number, fact in enumerate(facts, 1)}
    shop = ShopCard("店", "tmall", "家居", "CNY", False)
    view = TurnView(Frame("排什么品", "zh", "live_products", {}), (), (done,), marked, (), shop, date(2026, 11, 24), 1)
    drafts = [(d.section, d.text) for d in compose(view) if d.section != "follow_ups"]
    assert drafts == [
        ("headline", "先做这一场[l1]。"), ("decision", "可以开播[l5]。"), ("why", "它的理由[l1]。"), ("why", "依据在此[l4]。"),
        ("how", "先讲甲[l3]。"), ("limits", "数据不全[l2]。"),
    ]  # fmt: skip
