"""The choice of a mode as a merchant reads it: the figures of the reference answer, and what may not be recommended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.livestream.test_ground import ALL, Said
from tests.tools.playbooks.shopkit import make_shop
from tests.tools.playbooks.test_playbook_tools import uncovered
from tools.base import ToolContext
from tools.facts import Fact, ToolResult
from tools.livestream.tool_modes import live_modes
from tools.warehouse.access import Shop

TODAY = date(2026, 11, 1)
# design: answers.md, section 2
ECONOMICS = {"order_value": 200, "cancelled": "12%", "returned": "18%", "cost_share": "35%", "platform_fee": "5%", "outbound": 4, "return_parcel": 6, "insurance": 0.8, "lost_share": "10%"}  # fmt: skip
OWN = {"fixed": "9万", "ad_share": "15%", "expected_gmv": "22万"}
AGENCY = {"fee": "3万", "commission": "8%", "kept": "1.5万", "ad_share": "15%", "expected_gmv": "22万"}
ANSWER = {"economics": ECONOMICS, "self_run": OWN, "agencies": [AGENCY]}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("empty"), {})


def ask(shop: Shop, brief: dict[str, Any] | None = None, lang: Any = "zh", **said: str) -> ToolResult:
    ctx = ToolContext(shop=shop, today=TODAY, lang=lang, records=Said(**said))
    return live_modes.call(ctx, {} if brief is None else {"brief": brief})


def part(result: ToolResult, name: str) -> Fact:
    return next(fact for fact in result.facts if fact.data["part"] == name)


def has(result: ToolResult, name: str) -> bool:
    return any(fact.data["part"] == name for fact in result.facts)


def figures(fact: Fact, metric: str) -> list[D]:
    return [q.value for q in fact.quantities if q.metric == f"live.{metric}"]


def test_the_figures_of_the_reference_answer(empty: Shop) -> None:
    found = ask(empty, ANSWER)
    assert round(figures(part(found, "contribution"), "contribution")[0], 2) == D("0.39")
    assert figures(part(found, "contribution"), "ad_break_even") == [D("2.59")]
    assert [round(v, -4) for v in figures(part(found, "mode 代播"), "break_even")] == [D(250000)]
    assert [round(v, -4) for v in figures(part(found, "mode 自播"), "break_even")] == [D(380000)]
    crossing = part(found, "crossing 代播 自播")
    assert [round(v, -4) for v in figures(crossing, "crossing")] == [D(800000)]
    turned = part(found, "returns")
    own = [q.value for q in turned.quantities if q.metric == "live.break_even" and q.subject == ("自播",)]
    assert [round(v, -4) for v in own] == [D(300000), D(520000)]
    assert [round(v, -4) for v in figures(turned, "crossing")] == [D(700000), D(940000)]
    first = found.facts[0]
    assert first.data["part"] == "recommendation" and "代播" in first.claim.zh and "an agency" in first.claim.en
    assert [round(v, -4) for v in figures(part(found, "base"), "crossing")] == [D(560000)]  # commission on paid GMV


def assert_readable(result: ToolResult) -> None:
    assert result.facts
    for fact in result.facts:
        for lang in ("zh", "en"):
            text = fact.claim.get(lang)  # type: ignore[arg-type]
            assert not uncovered(fact, lang, text), (text, uncovered(fact, lang, text))
            verdict = check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="what", today=TODAY)  # type: ignore[arg-type]
            assert verdict.ok, (text, verdict.problems)


CASES: list[dict[str, Any]] = [
    ANSWER,
    {**ANSWER, "economics": {**ECONOMICS, "platform_fee": None}},
    {**ANSWER, "economics": {**ECONOMICS, "cost_share": None}},
    {**ANSWER, "economics": {**ECONOMICS, "cost_share": "75%", "returned": "40%"}},
    {**ANSWER, "economics": {**ECONOMICS, "taxpayer": "general"}},
    {"economics": ECONOMICS, "self_run": {"fixed": "9万", "expected_gmv": "60万"}, "creators": [{"name": "达人A", "slot_fee": "5万", "commission": "20%", "guaranteed": "30万", "known_buyers": "30%", "expected_gmv": "30万"}]},
    {"economics": ECONOMICS, "agencies": [{"name": "甲", "steps": [{"up_to": "10万", "rate": "10%"}, {"rate": "70%"}], "fee": 3000}, {"name": "乙", "commission": "15%", "minimum": "1万"}]},
    {"economics": ECONOMICS},
    {},
]  # fmt: skip


@pytest.mark.parametrize("brief", CASES)
def test_every_figure_of_every_sentence_is_a_quantity_and_passes_the_check(empty: Shop, brief: dict[str, Any]) -> None:
    for lang in ("zh", "en"):
        assert_readable(ask(empty, brief, lang))


def test_without_the_fee_everything_is_called_a_best_case_and_a_point_is_priced(empty: Shop) -> None:
    found = ask(empty, {**ANSWER, "economics": {**ECONOMICS, "platform_fee": None}})
    fee = part(found, "fee")
    assert figures(fee, "fee_month") == [D("1540.00")]  # a hundredth of 22万 net of 30 % returns
    assert "最好情况" in found.facts[0].claim.zh and "best case" in found.facts[0].claim.en
    assert not has(ask(empty, ANSWER), "fee")


def test_an_unknown_cost_of_goods_leaves_its_limit(empty: Shop) -> None:
    brief = {**ANSWER, "economics": {**ECONOMICS, "cost_share": None}}
    limit = part(ask(empty, brief), "limit")
    highest = next(q.value for q in limit.quantities if q.metric == "live.highest" and q.subject == ("代播",))
    at = part(ask(empty, {**ANSWER, "economics": {**ECONOMICS, "cost_share": str(highest)}}), "mode 代播")
    assert abs(figures(at, "profit")[0]) < 30  # a share of four decimals of 22万


def test_no_volume_breaks_even_is_an_answer_with_the_way_out(empty: Shop) -> None:
    found = ask(empty, {**ANSWER, "economics": {**ECONOMICS, "cost_share": "70%"}})
    assert "不保本" in found.facts[0].claim.zh and "no volume" in found.facts[0].claim.en
    needed = figures(part(found, "rescue"), "needed")
    assert needed and all(0 < value < 1 for value in needed)
    cost = next(q.value for q in part(found, "rescue").quantities if q.metric == "live.needed" and q.value < D("0.7") and q.value > D("0.3"))  # fmt: skip
    saved = ask(empty, {**ANSWER, "economics": {**ECONOMICS, "cost_share": str(cost - D("0.01"))}})
    assert not has(saved, "rescue")


def test_a_public_range_is_never_recommended_only_a_quote_to_beat(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, ALL)
    found = ask(shop)
    assert "自播" in found.facts[0].claim.zh and "代播" not in found.facts[0].claim.zh
    assert "公开参考" in part(found, "mode 代播").claim.zh and "no offer" in part(found, "mode 代播").claim.en
    limit = figures(part(found, "quote"), "commission_limit")[0]
    gmv = figures(found.facts[0], "gmv")[0]
    offer = {"agencies": [{"commission": str(limit), "expected_gmv": str(gmv)}], "self_run": {"fixed": 20000, "expected_gmv": str(gmv)}}  # fmt: skip
    again = ask(shop, offer)
    assert "约亏" in part(again, "mode 自播").claim.zh  # the room of its own loses, so a quote has to lose nothing
    assert figures(part(again, "mode 代播"), "profit")[0] < D("1.00")
    assert_readable(found)


def test_a_room_that_never_pays_is_told_what_it_needs_even_where_a_public_range_would_pay(tmp_path: Path) -> None:
    pushed = [{**row, "ad_spend": row["paid_amount"] * D("0.45")} for row in ALL["live_sessions"]]
    found = ask(make_shop(tmp_path, {**ALL, "live_sessions": pushed}), {"economics": {"returned": "30%", "cancelled": 0, "platform_fee": "15%"}})  # fmt: skip
    assert "不保本" in found.facts[0].claim.zh and "公开参考" in part(found, "mode 达人").claim.zh
    needed = part(found, "rescue")
    assert all(q.value < D("0.45") for q in needed.quantities)
    assert has(found, "quote") and not has(found, "flip")
    assert_readable(found)


def test_stated_terms_of_an_earlier_chat_are_compared(empty: Shop) -> None:
    terms = {"live_fixed_cost": "90000", "agency_fixed_fee": "30000", "agency_commission": "0.08", "agency_kept_cost": "15000", "live_ad_ratio": "0.15"}  # fmt: skip
    found = ask(empty, {"economics": ECONOMICS, "category": "其他"}, **terms)
    assert [round(v, -4) for v in figures(part(found, "crossing 代播 自播"), "crossing")] == [D(800000)]
    stated = [row for row in found.tables[-1].rows if row[2] == "商家口述"]
    assert {"自播每月固定成本", "代播佣金", "代播每月固定费"} <= {row[0] for row in stated}


def test_known_buyers_are_the_upper_bound_of_what_the_room_takes_from_the_shop(empty: Shop) -> None:
    creator = {"slot_fee": "5万", "commission": "20%", "known_buyers": "30%", "expected_gmv": "30万"}
    found = ask(empty, {"economics": ECONOMICS, "creators": [creator]})
    fact = part(found, "incremental")
    assert figures(fact, "incremental_gmv") == [D("210000.00")]
    assert "上限" in fact.claim.zh and "upper bound" in fact.claim.en


def test_prices_below_cost_are_said_per_item(empty: Shop) -> None:
    items = [{"sku": "A1", "title": "引流", "price": 9.9, "cost": 15}]
    notes = ask(empty, {**ANSWER, "items": items}).notes
    assert any("A1" in n.zh and "低于成本" in n.zh and "below its cost" in n.en for n in notes)
