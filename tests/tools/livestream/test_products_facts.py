"""What `live_products` says: the headline answers with the first items, the opening is told with hours and prices, every figure is grounded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.facts import ToolResult
from tools.livestream.tool_products import live_products
from tools.warehouse.access import Shop

TODAY = date(2026, 8, 2)
ITEMS = [
    ("H", "旅行装 洁面 50ml", "hook", 19.9, 12), ("A", "面霜 50g", "hero", 169, 46), ("B", "精华 30ml", "hero", 199, 50),
    ("C", "水乳套装", "profit", 299, 80), ("D", "面膜 10片", "bridge", 89, 20), ("E", "礼盒", "image", 499, 150),
]  # fmt: skip
BRIEF: dict[str, Any] = {
    "economics": {"order_value": 150, "cancelled": "5%", "returned": "15%", "cost_share": "30%", "platform_fee": "5%"},
    "session": {"start": "20:00", "lasting": 2, "viewers": 6000},
    "items": [
        {"sku": sku, "title": title, "role": role, "price": price, "cost": cost, "stock": 900, "units_per_1000": 5}
        for sku, title, role, price, cost in ITEMS
    ],
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("empty"), {})


def told(shop: Shop, lang: Any, day: date | None) -> ToolResult:
    context = ToolContext(shop=shop, today=TODAY, lang=lang)
    return live_products.call(context, {"brief": BRIEF, **({"day": day} if day else {})})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_headline_and_opening_follow_the_rundown_and_are_grounded(empty: Shop, lang: Any) -> None:
    found = told(empty, lang, TODAY + timedelta(days=1))
    rows = [row for row in found.tables[0].rows if row[1]]
    headline, opening = found.facts[0], found.facts[1]
    first = headline.claim.get(lang).split("。" if lang == "zh" else ". ")[0]
    assert first.startswith("明天 20:00 起排" if lang == "zh" else "Tomorrow from 20:00")
    names = list(dict.fromkeys(row[2] for row in rows))
    assert all(name in first for name in names[:3]) and headline.value is not None
    assert headline.quantities[0].metric == "live.contribution" and opening.data["section"] == "how"
    text = opening.claim.get(lang)
    places = [text.index(f"{row[0]}{' ' if lang == 'en' else ''}{chr(34) if lang == 'en' else '“'}{row[2]}") for row in rows[:5]]  # fmt: skip
    assert places == sorted(places) and all(row[3] in text and row[4] in text for row in rows[:5])
    for fact in found.facts:
        said = fact.claim.get(lang)
        verdict = check(f"{said} [l1]", cited={"l1": fact}, lang=lang, section="what", today=TODAY)
        assert verdict.ok, (verdict.problems, said)


def test_heroes_come_back_at_the_hours_of_the_rundown(empty: Shop) -> None:
    found = told(empty, "zh", None)
    assert found.facts[0].claim.zh.startswith("20:00 起排")  # today goes without saying
    tail = found.facts[1].claim.zh.split("主推返场：")[1].rstrip("。")
    for part in tail.split("；"):
        title = part.split("“")[1].split("”")[0]
        times = part.split("”")[1].split("、")
        rows = [row[0] for row in found.tables[0].rows if row[2] == title and row[3] == "主推"]
        assert times == rows[1 : 1 + len(times)] and times


def test_another_day_is_named(empty: Shop) -> None:
    found = told(empty, "en", date(2026, 8, 9)).facts[0].claim
    assert found.zh.startswith("8 月 9 日 20:00") and found.en.startswith("On 9 August from 20:00")
