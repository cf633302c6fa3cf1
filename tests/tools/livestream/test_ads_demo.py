"""`live_ads` on the demo shops: figures of their own tables, a response where spend varied, a test where it did not, sound sentences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from tests.tools.livestream.test_ads_tool import assert_sound
from tests.tools.livestream.test_modes_choice import figures, has, part
from tools.base import ToolContext
from tools.facts import ToolResult
from tools.livestream.tool_ads import live_ads
from tools.warehouse.access import Warehouse

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 1)


def ask(demo: Warehouse, merchant: str, **arguments: object) -> ToolResult:
    return live_ads.call(ToolContext(shop=demo.for_merchant(merchant), today=TODAY), arguments)


def test_spend_and_sales_are_those_of_the_report(demo: Warehouse) -> None:
    table = demo.for_merchant("demo-skincare").table("ad_daily")
    rows = table.filter(table.day.between(date(2026, 9, 1), date(2026, 9, 30)))
    found = ask(demo, "demo-skincare", window="2026-09")
    for metric, column in (("spend", rows.spend), ("paid", rows.paid_amount)):
        assert figures(found.facts[0], metric) == [D(str(column.sum().execute()))]
    assert found.facts[0].simulated


def test_the_shop_with_costs_gets_verdicts_and_a_room_test(demo: Warehouse) -> None:
    found = ask(demo, "demo-skincare", budget=60000)
    assert has(found, "split") and has(found, "hold") and has(found, "room") and has(found, "room_test")
    assert figures(part(found, "split"), "budget") == [D(60000)]
    titles = [table.title.zh for table in found.tables]
    assert len(titles) == 3 and "按小时" in titles[1]


def test_the_shop_without_costs_gets_a_floor(demo: Warehouse) -> None:
    found = ask(demo, "demo-snacks")
    assert "一定亏" in found.facts[0].claim.zh and figures(part(found, "unknown"), "highest_cost")
    assert not has(found, "stop_line") and "货成本" in found.tables[1].title.zh


@pytest.mark.parametrize("merchant", ["demo-skincare", "demo-snacks"])
@pytest.mark.parametrize("window", ["30d", "all", "2026-09", "yesterday"])
def test_every_sentence_is_sound(demo: Warehouse, merchant: str, window: str) -> None:
    assert_sound(ask(demo, merchant, window=window, budget=30000))
