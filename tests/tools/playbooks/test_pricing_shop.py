"""到手价 beside the shop's own lines: recent low, channels, price protection, margin, and what is missing, hidden or stated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.pricing_offers import CUT, FULL, MEMBER, VIP
from tests.tools.playbooks.shopkit import make_shop, order
from tests.tools.playbooks.test_playbook_tools import Said, uncovered
from tools.base import ToolContext
from tools.errors import BadArguments
from tools.facts import Fact, ToolResult
from tools.playbooks.tool_pricing import price_check
from tools.warehouse.access import PRIVATE_TABLES, Shop, Warehouse

TODAY = date(2026, 11, 1)
TITLE = "神经酰胺屏障面霜"


def line(number: int, day: str, quantity: int, amount: str, **more: Any) -> dict[str, Any]:
    row = {"line_id": f"l{number}", "order_id": f"o{number}", "paid_date": date.fromisoformat(day), "product_id": "p1", "sku": "CY-CR50", "title": TITLE, "quantity": quantity, "amount": Decimal(amount), "is_service": False}  # fmt: skip
    return row | more


LINES = [
    line(1, "2026-10-02", 1, "180.00"),
    line(2, "2026-10-20", 2, "330.01"),  # 165.01 a piece
    line(3, "2026-10-28", 1, "170.00"),
    line(4, "2026-10-31", 3, "480.00"),  # 160.00
    line(5, "2026-10-31", 1, "0.00"),  # a gift
    line(6, "2026-10-31", 1, "1.00", is_service=True),  # 补差价
    line(7, "2026-10-01", 1, "99.00"),  # a day before the 30
    line(8, "2026-11-01", 1, "50.00"),  # the day itself is not over
    line(9, "2026-10-30", 1, "40.00", product_id="p2", sku="X", title="洁面"),
]
CHANNELS = {1: "live", 2: "shelf", 3: "live", 4: "shelf"}
ORDERS = [order(n, date(2026, 10, 1), "1", None, channel=CHANNELS.get(n, "shelf")) for n in range(1, 10)]
LIVE = [{"line_id": "l1", "host": "小满", "paid_date": date(2026, 10, 2)}, {"line_id": "l3", "host": "牧然", "paid_date": date(2026, 10, 28)}]  # fmt: skip
COSTS = [{"product_id": "p1", "valid_from": date(2025, 1, 1), "unit_cost": Decimal("40")}, {"product_id": "p1", "valid_from": date(2026, 10, 1), "unit_cost": Decimal("42")}, {"product_id": "p1", "valid_from": date(2026, 12, 1), "unit_cost": Decimal("60")}]  # fmt: skip
FEES = [{"fee": "平台扣点", "valid_from": date(2025, 1, 1), "rate": Decimal("0.05")}, {"fee": "平台扣点", "valid_from": date(2026, 1, 1), "rate": Decimal("0.04")}, {"fee": "支付", "valid_from": date(2026, 1, 1), "rate": Decimal("0.006")}, {"fee": "快递", "valid_from": date(2026, 1, 1), "amount": Decimal("3.8")}]  # fmt: skip
ALL = {"order_lines": LINES, "orders": ORDERS, "live_orders": LIVE, "item_costs": COSTS, "fees": FEES}
ASKED: dict[str, Any] = {
    "title": TITLE,
    "list_price": "219",
    "offers": [{"kind": "item_cut", "off": 54}],
    "most_pieces": 1,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("pricing"), ALL)


def check(shop: Shop, *, records: Any = None, **more: Any) -> ToolResult:
    return price_check.call(ToolContext(shop=shop, today=TODAY, records=records), ASKED | more)


def named(result: ToolResult, metric: str) -> Fact:
    return next(fact for fact in result.facts if any(q.metric == f"price.{metric}" for q in fact.quantities))


def value(result: ToolResult, metric: str) -> Decimal:
    return next(q.value for q in named(result, metric).quantities if q.metric == f"price.{metric}")


def said(result: ToolResult) -> str:
    return " ".join([fact.claim.zh for fact in result.facts] + [note.zh for note in result.notes])


def test_the_recent_low_leaves_out_services_gifts_today_and_older_days(shop: Shop) -> None:
    result = check(shop)
    assert value(result, "recent_low") == 160
    low = named(result, "recent_low")
    assert str(low.window) == "2026-10-02..2026-10-31"
    assert (value(result, "lines"), value(result, "pieces_sold"), value(result, "pieces_at_low")) == (
        Decimal(4),
        Decimal(7),
        Decimal(3),
    )
    assert value(result, "gap_to_low") == 5  # 165 against 160
    assert "没有破价" in low.claim.zh
    assert "再低" in named(check(shop, offers=[{"kind": "item_cut", "off": 60}]), "recent_low").claim.zh
    assert value(check(shop, low_days=31), "recent_low") == 99


def test_prices_by_channel_and_host(shop: Shop) -> None:
    lows = {q.subject: q.value for q in named(check(shop), "channel_low").quantities if q.metric == "price.channel_low"}
    assert lows == {("货架",): 160, ("直播",): 170, ("主播牧然",): 170, ("主播小满",): 180}


def test_channels_come_in_one_order_where_prices_are_equal(tmp_path: Path) -> None:
    lines = [line(n, "2026-10-30", 1 + (n == 3), "100.00" if n != 3 else "200.00") for n in range(1, 5)]
    orders = [order(n, date(2026, 10, 30), "1", None, channel=name) for n, name in enumerate(("kol", "other", "live", "short_video"), 1)]  # fmt: skip
    found = named(check(make_shop(tmp_path, {"order_lines": lines, "orders": orders})), "channel_low")
    assert [q.subject[0] for q in found.quantities if q.metric == "price.channel_low"] == [
        "直播",
        "达人",
        "其他",
        "短视频",
    ]


def test_everyone_s_price_is_told_beside_that_of_a_few(shop: Shop) -> None:
    few = check(shop, offers=[CUT, {"kind": "vip", "off": 40, "audience": "88VIP"}])
    assert (value(few, "recent_low"), value(few, "gap_to_low"), value(few, "deal_for_everyone")) == (Decimal(160), Decimal(11), Decimal(189))  # fmt: skip


def test_a_missing_input_is_explained_once(tmp_path: Path) -> None:
    result = check(make_shop(tmp_path, {"order_lines": LINES}), offers=[CUT, MEMBER, VIP])
    assert said(result).count("还没有“商品成本”") == 1
    assert all("缺单件成本和平台扣点" in fact.claim.zh for fact in result.facts if fact.kind == "stated")
    assert not any(q.metric == "price.fee_rate" for fact in result.facts for q in fact.quantities)


def test_price_protection_against_a_hand_count(shop: Shop) -> None:
    """Ten days before 1 Nov from 22 Oct: 1 × (170 − 165); thirty: + 1 × (180 − 165) + 2 × 0.01."""
    assert value(check(shop, protect_days=10), "protection_cost") == 5
    month = check(shop, protect_days=30)
    assert (value(month, "protection_cost"), value(month, "pieces_above")) == (Decimal("20.02"), Decimal(4))


def test_days_of_protection_are_asked_for_by_name(shop: Shop) -> None:
    assert "protect_days" in said(check(shop))
    assert not any(q.metric == "price.protection_cost" for fact in check(shop).facts for q in fact.quantities)
    assert "protect_days" not in said(check(shop, protect_days=0))


def test_the_margin_takes_cost_and_fees_in_force_on_the_day(shop: Shop) -> None:
    assert value(check(shop), "margin") == Decimal("115.41")  # 165 × (1 − 0.046) − 42
    assert value(check(shop, cost="100", fee_rate="0"), "margin") == 65
    assert "亏" in named(check(shop, cost="170", fee_rate="0"), "margin").claim.zh


def test_the_discount_basis_is_the_low_of_the_seven_days_before(shop: Shop) -> None:
    result = check(shop)
    assert (value(result, "basis_low"), str(named(result, "basis_low").window)) == (
        Decimal(160),
        "2026-10-25..2026-10-31",
    )
    assert "不要写“原价" in named(result, "basis_low").claim.zh
    assert "不高于" in named(check(shop, list_price="160"), "basis_low").claim.zh
    began = [{"kind": "item_cut", "off": 54, "starts": "2026-10-31"}]
    assert value(check(shop, offers=began), "basis_low") == 170  # the seven days before the cut began


def test_a_broken_promise_cites_the_warning_case(shop: Shop) -> None:
    result = check(shop, promises=[{"room": "达人直播间", "price": "169"}])
    assert value(result, "undercut") == 4
    assert [fact.kind for fact in result.facts].count("case") == 1
    assert "巴黎欧莱雅" in said(result)
    assert "巴黎欧莱雅" not in said(check(shop))


def test_hidden_missing_and_stated_inputs_are_three_answers(tmp_path: Path) -> None:
    make_shop(tmp_path / "all", ALL)
    staff = Warehouse(tmp_path / "all").for_merchant("t1", hidden=PRIVATE_TABLES)
    refused = check(staff)
    assert "没有把" in said(refused)
    assert "单件成本 42" not in said(refused)
    assert not any(q.metric in ("price.margin", "price.unit_cost", "price.fee_rate") for f in refused.facts for q in f.quantities)  # fmt: skip
    bare = make_shop(tmp_path / "bare", {"order_lines": LINES})
    assert "还没有“商品成本”" in said(check(bare))
    assert "扣点" in said(check(bare))
    told = check(bare, records=Said(platform_fee_rate="0.1"), cost="42")
    assert value(told, "margin") == Decimal("106.50")
    assert "商家口述" in said(told)


def test_without_order_lines_the_price_stands_and_the_export_is_named(tmp_path: Path) -> None:
    result = check(make_shop(tmp_path, {"orders": ORDERS}))
    assert value(result, "deal") == 165
    assert "订单商品" in said(result)
    assert all(fact.kind == "stated" for fact in result.facts)


def test_no_data_of_the_window_is_not_no_sale(shop: Shop) -> None:
    later = check(shop, day="2027-03-01", protect_days=10)
    assert "没有订单数据" in said(later)
    assert not any(q.metric == "price.protection_cost" for fact in later.facts for q in fact.quantities)


def test_an_unknown_or_ambiguous_item(shop: Shop, tmp_path: Path) -> None:
    assert "没有找到商品" in said(check(shop, title="不存在的面霜"))
    assert value(check(shop, title="随便", sku="CY-CR50"), "recent_low") == 160
    two = make_shop(tmp_path, {"order_lines": [*LINES, line(10, "2026-10-30", 1, "88.00", product_id="p3", sku="Y", title=f"{TITLE} 旅行装")]})  # fmt: skip
    assert value(check(two), "recent_low") == 160  # the exact title wins
    with pytest.raises(BadArguments) as refused:
        check(two, title="屏障面霜")
    assert set(refused.value.choices) == {TITLE, f"{TITLE} 旅行装"}


def test_every_result_says_that_the_order_is_a_reading_and_carries_class_formula_and_source(shop: Shop) -> None:
    result = check(shop, protect_days=10, promises=[{"room": "达人直播间"}], rooms=["达人直播间"])
    assert "置信度低" in result.notes[-1].zh
    assert "confidence low" in result.notes[-1].en
    for fact in result.facts:
        assert fact.source
        if fact.kind != "case":
            assert fact.formula
            assert fact.why_class is not None


def test_every_digit_of_a_sentence_is_a_quantity_of_its_fact(shop: Shop) -> None:
    offers = [
        CUT,
        FULL,
        MEMBER,
        {**VIP, "merchant_share": "0.3"},
        {"kind": "red_packet", "off": 5, "room": "达人直播间"},
    ]
    result = check(
        shop, offers=offers, protect_days=10, promises=[{"room": "达人直播间", "price": "200"}], gift_cost="3"
    )
    facts = [fact for fact in result.facts if fact.kind != "case"]
    assert len(facts) > 6
    for fact in facts:
        assert uncovered(fact, "zh", fact.claim.zh) == []
        assert uncovered(fact, "en", fact.claim.en) == []
