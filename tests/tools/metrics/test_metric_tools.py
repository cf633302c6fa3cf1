"""The tools: claims carry only figures of their quantities, windows in words, GMV beside net GMV, no word of causation."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from metric_shops import make_shop, tmall_frame

from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import Fact, Role, ToolResult, WhyClass
from tools.metrics.tools import TOOLS
from tools.text import format_value
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import truth

SPEC = {spec.name: spec for spec in TOOLS}
TODAY = date(2026, 11, 24)
TOPICS = {
    "change",
    "factor",
    "entity",
    "event",
    "check",
    "missing",
    "figure",
    "gap",
    "question",
    "unlock",
    "row",
    "size",
}
# Dates, product names with sizes, and names of exports are not figures of the shop.
NOT_FIGURES = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{4}年|\d{1,2}月|\d{1,2}日|第\d季度|Q\d \d{4}|\d{1,2} (?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)(?: \d{4})?|(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December) \d{4}|“[^”]*”|\"[^\"]*\"|双11|Double 11|618|双12|\(per 1000 views\)|90 天|90-day"
)


def call(shop: Shop, name: str, *, lang: str = "zh", **arguments: object) -> ToolResult:
    return SPEC[name].call(ToolContext(shop=shop, today=TODAY, lang=lang), arguments)  # type: ignore[arg-type]


def check_fact(fact: Fact) -> None:
    assert fact.data["topic"] in TOPICS and isinstance(fact.data["rank"], int)
    assert not re.search(r"导致|造成|引起|caused|led to|because of", fact.claim.zh + fact.claim.en)
    assert fact.why_class in (None, WhyClass.DECOMPOSITION, WhyClass.ASSOCIATION)
    for lang in ("zh", "en"):
        text = fact.claim.get(lang)
        assert text.strip() and "None" not in text
        for figure in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", NOT_FIGURES.sub(" ", text)):
            written = [format_value(q.value, q.unit, lang) for q in fact.quantities]  # type: ignore[arg-type]
            written += [format_value(abs(q.value), q.unit, lang) for q in fact.quantities]  # type: ignore[arg-type]
            assert any(figure in value for value in written), f"{figure} in {text!r} is in no quantity"


@pytest.mark.parametrize("shop", ["demo-skincare", "demo-snacks"])
@pytest.mark.parametrize("tool", ["explain_change", "shop_snapshot", "first_look", "data_status", "query_metric"])
def test_every_claim_is_backed_by_its_quantities(demo: Warehouse, shop: str, tool: str) -> None:
    arguments = {"metric": "gmv"} if tool == "query_metric" else {}
    result = call(demo.for_merchant(shop), tool, **arguments)
    assert result.facts and result.guidance
    assert len({fact.id for fact in result.facts}) == len(result.facts)
    for fact in result.facts:
        check_fact(fact)
        assert fact.simulated


@pytest.mark.parametrize("shop", ["demo-skincare", "demo-snacks"])
def test_planted_causes_of_october_2026_are_found(demo: Warehouse, shop: str) -> None:
    result = call(demo.for_merchant(shop), "explain_change", window="2026-10")
    planted = [cause for cause in truth(shop) if cause.start >= date(2026, 9, 30)]
    entities = [fact for fact in result.facts if fact.data["topic"] == "entity"]
    primary = next(fact for fact in entities if fact.data["primary"])
    names = {(cause.entity_kind, cause.entity) for cause in planted}
    assert (primary.data["driver_id"], primary.quantities[0].subject[0]) in names
    found = {(fact.data["driver_id"], fact.quantities[0].subject[0]) for fact in entities}
    assert names <= found, "both planted causes are named"
    events = [
        fact
        for fact in result.facts
        if fact.data["topic"] == "event" and fact.data["driver_id"] == primary.data["driver_id"]
    ]
    cause = next(c for c in planted if c.entity == primary.quantities[0].subject[0])
    assert abs((date.fromisoformat(events[0].data["start"]) - cause.start).days) <= 3


def test_change_says_gross_and_net_and_the_orders_behind(demo: Warehouse) -> None:
    change = call(demo.for_merchant("demo-skincare"), "explain_change").facts[0]
    assert "支付金额" in change.claim.zh and "净成交" in change.claim.zh and "2026年10月" in change.claim.zh
    assert "GMV" in change.claim.en and "net GMV" in change.claim.en and "October 2026" in change.claim.en
    assert change.quantity(Role.SAMPLE, "orders") is not None
    assert change.quantity(Role.CHANGE_RATE, "gmv") is not None
    assert change.formula and "orders" in change.source


def test_ratio_changes_are_in_points(demo: Warehouse) -> None:
    fact = call(demo.for_merchant("demo-skincare"), "query_metric", metric="支付转化率", compare="yoy").facts[0]
    change = fact.quantity(Role.CHANGE)
    assert change is not None and change.unit == "pp" and "个百分点" in fact.claim.zh


def test_a_metric_without_a_tree_is_explained_by_its_parent(demo: Warehouse) -> None:
    result = call(demo.for_merchant("demo-skincare"), "explain_change", metric="转化率")
    assert result.facts[0].quantities[0].metric == "conversion"
    assert any(fact.data["topic"] == "factor" for fact in result.facts)


@pytest.mark.parametrize(
    "by", ["day", "month", "channel", "product", "province", "new_returning", "source", "host", "ad_plan"]
)
def test_cuts(demo: Warehouse, by: str) -> None:
    metric = {"source": "访客数", "host": "直播成交金额", "ad_plan": "推广花费"}.get(by, "gmv")
    result = call(
        demo.for_merchant("demo-skincare"),
        "query_metric",
        metric=metric,
        by=by,
        window="2026-Q3" if by == "month" else "2026-10",
    )
    assert result.tables[0].rows
    for fact in result.facts:
        check_fact(fact)


def test_bad_arguments_help(demo: Warehouse) -> None:
    shop = demo.for_merchant("demo-skincare")
    with pytest.raises(BadArguments) as caught:
        call(shop, "query_metric", metric="conversoin")
    assert "conversion" in caught.value.message.en
    with pytest.raises(BadArguments):
        call(shop, "query_metric", metric="gmv", window="next year")
    with pytest.raises(BadArguments):
        call(shop, "query_metric", metric="gmv", merchant="demo-snacks")
    with pytest.raises(BadArguments):
        call(shop, "explain_change", compare="sideways")


def test_ids_are_stable_and_change_with_the_question(demo: Warehouse) -> None:
    one, two = (call(demo.for_merchant("demo-skincare"), "shop_snapshot") for _ in range(2))
    assert [fact.id for fact in one.facts] == [fact.id for fact in two.facts]
    other = call(demo.for_merchant("demo-skincare"), "shop_snapshot", window="2026-09")
    assert not {fact.id for fact in one.facts} & {fact.id for fact in other.facts}


def test_first_look_at_the_real_tmall_file(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": tmall_frame()})
    result = call(shop, "first_look")
    topics = [fact.data["topic"] for fact in result.facts]
    assert topics.count("figure") >= 3 and "question" in topics and "unlock" in topics
    gap = next(fact for fact in result.facts if fact.data["topic"] == "gap")
    assert "2月8日至2月16日" in gap.claim.zh and "没有导全" in gap.claim.zh and "missing" in gap.claim.en
    whole = result.facts[0]
    assert [str(whole.quantities[0].value), str(next(q.value for q in whole.quantities if q.metric == "net_gmv"))] == [
        "2474823.07",
        "1902487.15",
    ]
    why = call(shop, "explain_change")
    assert any("2020年1月" in note.zh for note in why.notes)  # nothing before February: compares within it, and says so
    assert any(
        fact.data["topic"] == "check" and fact.data["check"] == "gaps" and fact.data["verdict"] == "warn"
        for fact in why.facts
    )
    for fact in (*result.facts, *why.facts):
        check_fact(fact)


def test_tiny_shop_is_called_tiny(tmp_path: Path) -> None:
    rows = [
        {"order_id": str(n), "paid_date": "2026-10-05", "gross_amount": 10, "refund_amount": 0, "buyer_key": f"b{n}"}
        for n in range(9)
    ]
    shop = make_shop(tmp_path, {"orders": [*rows, {**rows[0], "order_id": "x", "paid_date": "2026-10-31"}]})
    result = call(shop, "shop_snapshot")
    size = next(fact for fact in result.facts if fact.data["topic"] == "size")
    assert size.data["size_class"] == "micro" and "样本太小" in size.claim.zh


def test_empty_shop_says_what_to_import(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {})
    for tool in ("shop_snapshot", "first_look", "explain_change"):
        with pytest.raises(DataMissing) as caught:
            call(shop, tool)
        assert "导入" in caught.value.message.zh
    status = call(shop, "data_status")
    assert status.facts[0].data["topic"] == "unlock"


def test_private_tables_stay_private(demo: Warehouse) -> None:
    hidden = demo.for_merchant("demo-skincare", hidden=frozenset({"item_costs", "fees", "targets"}))
    assert not any(fact.data.get("table") == "item_costs" for fact in call(hidden, "data_status").facts)
