"""What a plan stands on: each input from the best source there is, by hand-made shops whose figures can be added up on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.shopkit import make_shop, order
from tools.errors import BadArguments
from tools.livestream.assumption import Basis
from tools.livestream.brief import parse_brief
from tools.livestream.ground import FEE, Ground, ground
from tools.livestream.ground_shop import RoomShop
from tools.livestream.telling import missing_claims
from tools.metrics.reader import Reader
from tools.warehouse.access import Warehouse

TODAY = date(2026, 11, 1)
LAST = date(2026, 10, 31)
RIPE = date(2026, 9, 15)


class Said:
    """A store that holds what a merchant said."""

    def __init__(self, **said: str) -> None:
        self.said = said

    def stated(self, key: str) -> Mapping[str, Any] | None:
        return {"value": self.said[key]} if key in self.said else None

    def plans(self) -> Sequence[Mapping[str, Any]]:
        return []


def stream(number: int, day: date, paid: str, orders: int, refund: str | None, ads: str | None) -> dict[str, Any]:
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=20)
    return {
        "session_id": f"s{number}", "title": f"第{number}场", "day": day, "started_at": start, "minutes": 180,
        "orders": orders, "paid_amount": D(paid), "refund_amount": None if refund is None else D(refund),
        "ad_spend": None if ads is None else D(ads),
    }  # fmt: skip


def live(number: int, day: date, amount: str, refund: str, shipped: bool, **more: Any) -> dict[str, Any]:
    sent = datetime.combine(day, datetime.min.time()) + timedelta(days=2) if shipped else None
    return order(number, day, amount, f"b{number}", channel="live", refund_amount=D(refund), shipped_at=sent, **more)


def back(number: int, day: date, amount: str, after: int) -> dict[str, Any]:
    at = datetime.combine(day, datetime.min.time()) + timedelta(days=after)
    return {"refund_id": f"r{number}", "order_id": f"o{number}", "amount": D(amount), "refunded_at": at, "refunded_date": at.date()}  # fmt: skip


ORDERS = [live(n, RIPE, "100", "100" if n < 40 else "0", shipped=n >= 10) for n in range(100)]
# of forty refunds of 100: ten orders never left the house, thirty came back a week after
REFUNDS = [back(n, RIPE, "100", 1 if n < 10 else 9) for n in range(40)]
STREAMS = [
    stream(1, RIPE, "8000", 40, "2400", "800"),  # ripe: 30 % refunded
    stream(2, LAST - timedelta(days=3), "4000", 20, "40", "400"),  # young: its refunds are not in yet
]
LINES = [
    {"line_id": f"l{n}", "order_id": f"o{n}", "paid_date": RIPE, "product_id": "p1" if n % 2 else "p2", "sku": "x", "title": "x", "quantity": 1, "amount": D(100), "is_service": False}
    for n in range(100)
]  # fmt: skip
LIVE_ORDERS = [{"line_id": f"l{n}", "paid_date": RIPE, "amount": D(100)} for n in range(100) if n % 2]  # p1 only
COSTS = [{"product_id": p, "valid_from": date(2026, 1, 1), "unit_cost": D(cost)} for p, cost in (("p1", "20"), ("p2", "60"))]  # fmt: skip
FEES = [
    {"fee": "平台扣点", "valid_from": date(2026, 1, 1), "rate": D("0.05")},
    {"fee": "快递发货（每单）", "valid_from": date(2026, 1, 1), "amount": D("3.5")},
    {"fee": "退货快递", "valid_from": date(2026, 1, 1), "amount": D("7")},
    {"fee": "运费险", "valid_from": date(2026, 1, 1), "amount": D("0.9")},
    {"fee": "店播固定费用（每月）", "valid_from": date(2026, 1, 1), "amount": D("20000")},
]
ALL = {"orders": ORDERS, "refunds": REFUNDS, "live_sessions": STREAMS, "order_lines": LINES, "live_orders": LIVE_ORDERS, "item_costs": COSTS, "fees": FEES}  # fmt: skip


def grounded(folder: Path, tables: Mapping[str, Any], brief: dict[str, Any] | None = None, **said: str) -> Ground:
    return ground(parse_brief(brief or {}), Reader(make_shop(folder, tables)), Said(**said), TODAY)


def test_every_input_comes_from_the_rooms_own_tables(tmp_path: Path) -> None:
    found = grounded(tmp_path, ALL)
    want = {
        "economics.order_value": D(200),  # 12,000 ÷ 60
        "economics.cancelled": D("0.075"),  # 30 % of ripe GMV, a quarter of it before shipping
        "economics.returned": D("0.225"),
        "economics.cost_share": D("0.2"),  # p1 alone goes through the room
        FEE: D("0.05"),
        "economics.outbound": D("3.5"),
        "economics.return_parcel": D(7),
        "economics.insurance": D("0.9"),
        "self_run.ad_share": D("0.1"),
    }
    for key, value in want.items():
        one = found.assumptions[key]
        assert (one.value, one.basis) == (value, Basis.DATA), key
        assert one.source.zh and one.source.en
    assert found.unit is not None and found.unit == found.best
    assert [one.key for one in found.missing] == ["economics.taxpayer"]


def test_the_brief_counts_before_the_data(tmp_path: Path) -> None:
    said = {"economics": {"cost_share": "35%", "platform_fee": 0.06, "returned": "20%", "taxpayer": "general"}, "self_run": {"fixed": 1, "ad_share": "15%"}}  # fmt: skip
    found = grounded(tmp_path, ALL, said)
    for key, value in (("economics.cost_share", "0.35"), (FEE, "0.06"), ("economics.returned", "0.2"), ("self_run.ad_share", "0.15")):  # fmt: skip
        assert (found.assumptions[key].value, found.assumptions[key].basis) == (D(value), Basis.STATED)
    assert (found.assumptions["economics.cancelled"].value, found.assumptions["economics.cancelled"].basis) == (0, Basis.ASSUMED)  # fmt: skip
    assert found.unit is not None and found.unit.vat_rate == D("0.13") and found.unit.fee_vat == D("0.06")
    assert not found.missing and found.ad_share == D("0.15")


def test_without_a_platform_fee_there_is_a_best_case_and_no_unit(tmp_path: Path) -> None:
    found = grounded(tmp_path, {**ALL, "fees": FEES[1:]})
    assert found.unit is None and found.best is not None and found.best.platform_fee == 0
    assert found.lacks(FEE)
    zh, en = next((c.zh, c.en) for c in missing_claims(found.missing) if FEE in c.zh)
    assert "平台扣点" in zh and "打款" in zh and "Alipay" in en


def test_the_fee_is_read_off_the_settlement_ledger_without_creators_commission(tmp_path: Path) -> None:
    rows = [
        ("sale", "10000", None),
        ("platform_fee", None, "430"),
        ("commission", None, "900"),
        ("refund", None, "800"),
    ]
    ledger = [{"entry_id": f"e{n}", "account": "alipay", "booked_date": LAST, "kind": kind, "income": D(i) if i else None, "expense": D(e) if e else None} for n, (kind, i, e) in enumerate(rows)]  # fmt: skip
    found = grounded(tmp_path, {**ALL, "ledger_entries": ledger})
    assert found.assumptions[FEE].value == D("0.043")


def test_a_creators_commission_in_the_fee_table_is_no_platform_fee(tmp_path: Path) -> None:
    rows = [
        *FEES,
        {"fee": "支付手续费", "valid_from": date(2026, 1, 1), "rate": D("0.006")},
        {"fee": "达人佣金", "valid_from": date(2026, 1, 1), "rate": D("0.2")},
        {"fee": "平台扣点", "valid_from": date(2026, 12, 1), "rate": D("0.09")},  # not yet in force
    ]
    assert grounded(tmp_path, {**ALL, "fees": rows}).assumptions[FEE].value == D("0.056")


def test_what_was_said_in_a_chat_stands_in_and_says_so(tmp_path: Path) -> None:
    found = grounded(tmp_path, {"orders": ORDERS}, gross_margin="0.6", platform_fee_rate="5", live_ad_ratio="0.12")
    for key, value in (("economics.cost_share", "0.4"), (FEE, "0.05")):
        assert (found.assumptions[key].value, found.assumptions[key].basis) == (D(value), Basis.STATED)
    ripe = grounded(tmp_path / "2", {"orders": ORDERS})
    assert ripe.assumptions["economics.returned"].value == D(
        "0.4"
    )  # no refund file: 40 orders of 100, all after shipping
    assert "全按发货后" in ripe.assumptions["economics.returned"].source.zh


@pytest.mark.parametrize(("said", "apart"), [("0.35", True), ("0.77", False), ("0.83", False), ("0.831", True)])
def test_a_margin_that_the_cost_table_contradicts_is_told_and_the_table_is_taken(
    tmp_path: Path, said: str, apart: bool
) -> None:
    """The table gives a cost of 20 %, a margin of 80 %; three points are rounding and the mix of a month."""
    found = grounded(tmp_path, ALL, gross_margin=said)
    assert found.assumptions["economics.cost_share"].value == D("0.2")
    assert bool(found.doubts) is apart
    if apart:
        assert "80.0%" in found.doubts[0].zh and "80.0%" in found.doubts[0].en


def test_an_empty_shop_gets_marked_references_and_is_asked_for_the_rest(tmp_path: Path) -> None:
    found = grounded(tmp_path, {}, {"category": "零食坚果"})
    bases = {key: one.basis for key, one in found.assumptions.items()}
    assert bases["economics.order_value"] is bases["economics.returned"] is bases["self_run.ad_share"] is Basis.REFERENCE  # fmt: skip
    for key in ("economics.order_value", "economics.returned", "self_run.ad_share"):
        source = found.assumptions[key].source
        assert "可信度" in source.zh and "confidence" in source.en and "中位数" in source.zh and "30-day median" in source.en  # fmt: skip
    assert bases["economics.outbound"] is Basis.ASSUMED
    assert {one.key for one in found.missing} == {"economics.cost_share", FEE, "economics.taxpayer"}
    assert found.unit is None and found.best is None


def test_beauty_has_no_refund_reference_because_its_pages_contradict_each_other(tmp_path: Path) -> None:
    assert grounded(tmp_path, {}, {"category": "美妆"}).lacks("economics.returned")


def test_a_shop_of_another_currency_gets_no_yuan_and_a_brief_may_not_mix(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": ORDERS})
    object.__setattr__(shop._root.profile, "currency", "GBP")
    found = ground(parse_brief({}), Reader(shop), None, TODAY)
    assert found.lacks("economics.outbound") and "economics.outbound" not in found.assumptions
    with pytest.raises(BadArguments) as refused:
        ground(parse_brief({"currency": "CNY"}), Reader(shop), None, TODAY)
    for lang in ("zh", "en"):
        assert all(word in refused.value.text(lang) for word in ("CNY", "GBP", "currency"))  # type: ignore[arg-type]


def test_costs_that_were_not_shared_are_refused_not_absent(tmp_path: Path) -> None:
    make_shop(tmp_path, ALL)
    shop = Warehouse(tmp_path).for_merchant("t1", hidden=frozenset({"item_costs", "fees"}))
    found = ground(parse_brief({}), Reader(shop), None, TODAY)
    assert found.lacks("economics.cost_share") and found.lacks(FEE)
    where = {one.key: one.where for one in found.missing}
    assert "没有分享" in where[FEE].zh and "not shared" in where["economics.cost_share"].en


def test_under_thirty_orders_a_share_is_noise_and_is_not_read(tmp_path: Path) -> None:
    found = grounded(tmp_path, {"orders": ORDERS[:29], "refunds": REFUNDS[:29]}, {"category": "美妆"})
    assert found.lacks("economics.returned")


def test_the_rooms_order_lines_alone_bound_the_refunds_by_what_was_never_received(tmp_path: Path) -> None:
    rows = [{"line_id": f"l{n}", "order_id": f"o{n}", "paid_date": RIPE if n < 40 else LAST, "amount": D(100), "received_amount": D(100) if n < 30 else None} for n in range(60)]  # fmt: skip
    found = grounded(tmp_path, {"live_orders": rows}, {"category": "美妆"})
    one = found.assumptions["economics.returned"]
    assert (one.value, one.basis) == (
        D("0.25"),
        Basis.DATA,
    )  # of forty ripe lines thirty were received; the new ones wait
    assert "上限" in one.source.zh and "upper bound" in one.source.en


def test_items_of_the_brief_give_the_cost_by_expected_pieces(tmp_path: Path) -> None:
    items = [{"sku": "a", "title": "a", "price": 100, "cost": 20, "units_per_1000": 3}, {"sku": "b", "title": "b", "price": 50, "cost": 40, "units_per_1000": 1}]  # fmt: skip
    one = grounded(tmp_path, {}, {"items": items}).assumptions["economics.cost_share"]
    assert one.value == D(100) / D(350) and one.basis is Basis.STATED


def test_volume_known_buyers_and_fixed_cost_of_the_room(tmp_path: Path) -> None:
    old = [
        order(500 + n, date(2026, 3, 1), "10", f"b{n}", channel="shelf") for n in range(25)
    ]  # 25 of 100 bought before
    room = RoomShop(Reader(make_shop(tmp_path, {**ALL, "orders": [*ORDERS, *old]})), TODAY)
    gmv, known, fixed = room.monthly_gmv(), room.known_buyers(), room.room_fixed()
    days = (LAST - timedelta(days=3) - RIPE).days + 1
    assert gmv is not None and gmv.value == D(12000) / days * 30
    assert known is not None and known.value == D("0.25")
    assert fixed is not None and fixed.value == 20000


def test_nothing_of_the_day_itself_or_after_is_read(tmp_path: Path) -> None:
    late = [*STREAMS, stream(3, TODAY, "90000", 10, None, None)]
    assert grounded(tmp_path, {**ALL, "live_sessions": late}).assumptions["economics.order_value"].value == 200
