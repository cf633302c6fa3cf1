"""The two tools on the demo shops: data where the shop has them, limits where it has not, every sentence sound in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from tests.tools.livestream.test_modes_choice import assert_readable, figures, has, part
from tools.base import ToolContext
from tools.facts import ToolResult
from tools.livestream.tool_costs import live_costs
from tools.livestream.tool_modes import live_modes
from tools.warehouse.access import Warehouse

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 1)


def ask(demo: Warehouse, merchant: str, tool: str, **arguments: object) -> ToolResult:
    ctx = ToolContext(shop=demo.for_merchant(merchant), today=TODAY)
    return {"live_modes": live_modes, "live_costs": live_costs}[tool].call(ctx, arguments)


def test_the_larger_shop_is_answered_from_its_own_tables(demo: Warehouse) -> None:
    found = ask(demo, "demo-skincare", "live_modes")
    assert "自播" in found.facts[0].claim.zh and found.facts[0].simulated
    bases = {row[0]: row[2] for row in found.tables[-1].rows}
    own = ("笔单价（支付金额 ÷ 支付订单）", "发货后退货退款占支付金额", "货品成本占成交价", "平台扣点和支付手续费（占退后成交）", "自播每月固定成本")  # fmt: skip
    assert {bases[name] for name in own} == {"店铺数据"}
    assert has(found, "quote") and has(found, "incremental")


def test_the_smaller_shop_without_costs_gets_the_limit(demo: Warehouse) -> None:
    found = ask(demo, "demo-snacks", "live_modes")
    assert [fact.data["part"] for fact in found.facts] == ["limit"]
    assert all(0 < value < 1 for value in figures(part(found, "limit"), "highest"))


def test_the_months_sessions_add_up_to_the_room(demo: Warehouse) -> None:
    shop = demo.for_merchant("demo-skincare")
    table = shop.table("live_sessions")
    paid = table.filter(table.day.between(date(2026, 9, 1), date(2026, 9, 30))).paid_amount.sum()
    found = ask(demo, "demo-skincare", "live_costs", brief={"month": "2026-09"})
    assert figures(part(found, "result"), "paid") == [D(str(paid.execute()))]


@pytest.mark.parametrize("merchant", ["demo-skincare", "demo-snacks"])
def test_every_sentence_is_sound(demo: Warehouse, merchant: str) -> None:
    assert_readable(ask(demo, merchant, "live_modes"))
    for period in ("session", "month", "room"):
        assert_readable(ask(demo, merchant, "live_costs", period=period))
