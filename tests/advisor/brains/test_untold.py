"""A figure without a value is answered by why, and another figure does not stand in for it."""

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
