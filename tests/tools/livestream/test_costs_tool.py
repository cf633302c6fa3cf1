"""`live_costs` on hand-made shops: the stream's own figures, young refunds, a plan, an agency, and what is missing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.tools.livestream.test_ground import ALL, LAST, RIPE, Said, stream
from tests.tools.livestream.test_modes_choice import AGENCY, ECONOMICS, assert_readable, part
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import Fact, Role, ToolResult
from tools.livestream.costs_shop import past, swings
from tools.livestream.tool_costs import live_costs
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("costs"), ALL)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("empty"), {})


def ask(shop: Shop, lang: Any = "zh", records: Any = None, **arguments: Any) -> ToolResult:
    return live_costs.call(ToolContext(shop=shop, today=TODAY, lang=lang, records=records), arguments)


def money(fact: Fact, metric: str) -> list[D]:
    return [q.value for q in fact.quantities if q.metric == f"live.{metric}" and q.role is not Role.SHARE]


def cell(result: ToolResult, line: str) -> str:
    return next(str(row[1]) for row in result.tables[0].rows if row[0] == line)


def test_a_past_stream_is_told_by_its_own_orders_refunds_and_ads(shop: Shop) -> None:
    """8,000 paid in 40 orders, 2,400 refunded, 800 ads; goods 20 %, fee 5 %, parcels of the fee table."""
    found = ask(shop, period="session", session="s1")
    assert cell(found, "支付金额") == "8,000 元" and cell(found, "退款") == "-2,400 元"
    assert cell(found, "货成本（退后）") == "-1,120 元"  # 5,600 × 20 %
    assert cell(found, "平台扣点") == "-280.00 元"
    # 7.5 % never shipped: 40 × (92.5 % × 3.5 + 0.9); back 22.5 %: 9 × 7 and a tenth of goods worth 8,000 × 22.5 % × 20 %
    assert cell(found, "发货快递和运费险") == "-165.50 元"
    assert cell(found, "退货运费和损耗") == "-99.00 元"
    assert cell(found, "投流") == "-800.00 元"
    result = part(found, "result")
    assert "退款还没到齐" not in result.claim.zh
    # 3 hours of the room's own 6 hours in 44 days, per 30: 4.09 hours a month carry 20,000
    hours = D(6) / ((LAST - timedelta(days=3) - RIPE).days + 1) * 30
    fixed = (D(20000) * 3 / hours).quantize(D("0.01"))
    loss = D(8000) - 2400 - 1120 - 280 - D("165.50") - 99 - 800 - fixed
    assert money(result, "profit") == [-loss] and "亏" in result.claim.zh


def test_a_young_streams_refunds_are_taken_at_the_ripe_share(shop: Shop) -> None:
    found = ask(shop, period="session", session="s2")
    assert cell(found, "退款") == "-1,200 元"  # 40 booked so far, 30 % in the end
    assert "退款还没到齐" in part(found, "result").claim.zh and "not all in" in part(found, "result").claim.en


def test_the_latest_stream_is_meant_by_nothing_and_one_of_several_is_asked_back(shop: Shop) -> None:
    assert "第2场" in part(ask(shop, period="session"), "result").claim.zh
    with pytest.raises(BadArguments) as unknown:
        ask(shop, period="session", session="nobody")
    assert unknown.value.choices == ("s2", "s1")


def test_a_plan_takes_its_share_of_the_month_and_adds_up(empty: Shop) -> None:
    brief = {"economics": ECONOMICS, "self_run": {"fixed": "9万", "ad_share": "15%", "expected_gmv": "60万"}, "rota": {"hours_week": 28, "crew_hourly": 60}, "hosts": [{"name": "小满", "hourly": 200}]}  # fmt: skip
    found = ask(empty, brief=brief, period="session")
    # four of 120 hours: 20,000 paid; 14,000 net; 4 hours at 260; a thirtieth of 90,000
    assert cell(found, "支付金额") == "2.00 万元" and cell(found, "固定费用分摊") == "-3,000 元"
    assert cell(found, "主播和场控（按小时）") == "-1,040 元" and cell(found, "投流") == "-3,000 元"
    assert money(part(found, "result"), "profit") == [D(20000) - 6000 - 4900 - 700 - 432 - 234 - 3000 - 1040 - 3000]
    assert "三成的假设" in part(found, "scenarios").claim.zh
    assert_readable(found)
    assert any("hourly" in note.zh for note in found.notes)


def test_an_agencys_month_pays_its_fee_and_commission_and_no_room_of_ones_own(empty: Shop) -> None:
    found = ask(empty, brief={"economics": ECONOMICS, "agencies": [AGENCY]})
    assert cell(found, "佣金") == "-1.23 万元" and cell(found, "固定费用分摊") == "-4.50 万元"  # 8 % of 154,000
    assert money(part(found, "result"), "profit")[0] > 0 or "亏" in part(found, "result").claim.zh


def test_unknown_goods_give_a_result_before_goods_and_the_dearest_they_may_be(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in ALL.items() if name != "item_costs"}
    found = ask(make_shop(tmp_path, tables), period="session", session="s1")
    assert (
        "不含货成本" in part(found, "result").claim.zh and "before the cost of goods" in part(found, "result").claim.en
    )
    assert found.tables[0].rows[-1][0] == "剩下（不含货成本）"
    assert_readable(found)


def test_an_unknown_fee_is_a_best_case_and_each_point_is_priced(tmp_path: Path) -> None:
    tables = {**ALL, "fees": [row for row in ALL["fees"] if "rate" not in row]}
    found = ask(make_shop(tmp_path, tables), period="session", session="s1")
    assert "最好情况" in part(found, "result").claim.zh
    assert money(part(found, "fee"), "fee_cost") == [D("56.00")]  # a hundredth of 5,600


@pytest.mark.parametrize("period", ["session", "month", "room"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sentence_passes_the_check(shop: Shop, period: str, lang: str) -> None:
    assert_readable(ask(shop, lang, period=period))


def test_without_history_a_plan_is_asked_for(empty: Shop) -> None:
    with pytest.raises(DataMissing) as missing:
        ask(empty)
    assert "expected_gmv" in missing.value.message.zh and "expected_gmv" in missing.value.message.en
    with pytest.raises(DataMissing) as hours:
        ask(empty, brief={"economics": ECONOMICS, "self_run": {"fixed": 1, "expected_gmv": 5}}, period="session")
    assert "hours_month" in hours.value.message.zh


def test_the_swings_are_the_rooms_own_quantiles(tmp_path: Path) -> None:
    days = [stream(n, LAST - timedelta(days=n), str(1000 * (n + 1)), 10, "0", "0") for n in range(21)]
    reader = Reader(make_shop(tmp_path, {"live_sessions": days}))
    found = swings(reader, past(reader, "session", "", None, TODAY), TODAY)
    assert found is not None and (found.low, found.usual, found.high, found.n) == (5000, 11000, 17000, 21)


def test_a_month_that_has_no_stream_is_said(shop: Shop) -> None:
    with pytest.raises(DataMissing):
        ask(shop, brief={"month": "2025-01"})
    with pytest.raises(BadArguments):
        ask(shop, brief={"month": "2026-13"})
    assert "2026-09" in part(ask(shop, brief={"month": "2026-09"}), "result").claim.zh


def test_a_stated_margin_is_enough_for_goods(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in ALL.items() if name != "item_costs"}
    found = ask(make_shop(tmp_path, tables), records=Said(gross_margin="0.8"), period="session", session="s1")
    assert cell(found, "货成本（退后）") == "-1,120 元"
