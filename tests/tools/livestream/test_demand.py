"""What a room may expect, by hand; candidates and roles; resampling against closed forms; and the tool on hand-made shops."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.tools.livestream.test_modes_choice import assert_readable
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import ToolResult
from tools.livestream.demand import audience, last_order, rates, read_past, usual
from tools.livestream.products_types import Audience, Candidate, Rules
from tools.livestream.products_values import Airing, Values
from tools.livestream.resample import resample
from tools.livestream.tool_products import live_products
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop

TODAY = date(2026, 11, 1)
UNIT = {"order_value": 150, "cancelled": "3%", "returned": "7%", "cost_share": "40%", "platform_fee": "4%", "outbound": 4, "return_parcel": 6, "insurance": 1}  # fmt: skip
GOODS = [
    {"sku": "H", "title": "小样", "role": "hook", "price": 20, "cost": 18, "stock": 500, "units_per_1000": 60},
    {"sku": "B", "title": "精华", "role": "hero", "price": 199, "cost": 50, "stock": 300, "units_per_1000": 15},
    {"sku": "C", "title": "面霜", "role": "hero", "price": 159, "cost": 40, "stock": 2, "units_per_1000": 20},
    {"sku": "D", "title": "礼盒", "role": "profit", "price": 299, "cost": 70, "units_per_1000": 4},
]


def tables(sessions: int = 8) -> dict[str, Any]:
    streams, sold, lines = [], [], []
    for n in range(sessions):
        day = TODAY - timedelta(days=sessions - n)
        start = datetime.combine(day, time(20, 0))
        streams.append({"session_id": f"s{n}", "title": f"第{n}场", "day": day, "started_at": start, "minutes": 120, "viewers": 2000, "orders": 30, "paid_amount": D(3000), "refund_amount": D(300)})  # fmt: skip
        for p, pieces, price in (("p1", 20, 100), ("p2", 10, 60), ("p3", 0, 80), ("p4", 5, 300)):
            sold.append({"session_id": f"s{n}", "product_id": p, "day": day, "title": f"货{p}", "items": pieces, "clickers": 50, "paid_amount": D(pieces * price)})  # fmt: skip
            for k in range(pieces):
                at = start + timedelta(minutes=(k * 6 + {"p1": 3, "p2": 1, "p4": 90}[p]) % 120)
                lines.append({"line_id": f"{n}{p}{k}", "session_id": f"s{n}", "product_id": p, "title": f"货{p}", "paid_at": at, "paid_date": day, "amount": D(price)})  # fmt: skip
    stock = [
        {"day": TODAY - timedelta(days=1), "product_id": p, "on_hand": n}
        for p, n in (("p1", 400), ("p2", 3), ("p4", -5))
    ]
    return {"live_sessions": streams, "live_items": sold, "live_orders": lines, "stock_daily": stock}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("products"), tables())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("bare"), {})


def ask(shop: Shop, lang: Any = "zh", **arguments: Any) -> ToolResult:
    return live_products.call(ToolContext(shop=shop, today=TODAY, lang=lang), arguments)


def test_rates_by_hand(shop: Shop) -> None:
    """8 streams of 2,000 people, 4 products each: 0.8 of the people shared by four is 3,200 heard of each; p1 sold 160 of them."""
    past = read_past(Reader(shop), TODAY)
    found = rates(past, {})
    assert found["p1"].n == 160 and found["p1"].price == 100 and found["p3"].price is None
    own, middle = D(160) / D("3.2"), D(280) / D("12.8")
    assert middle < found["p1"].rate < own, "drawn a little to the mean of all"
    assert abs(found["p1"].rate - own) < own / 20
    assert 0 < found["p3"].rate < D(1), "nothing sold is little, not nothing"
    assert abs(found["p4"].rate - D(40) / D("3.2")) < 1


def test_the_audience_follows_like_streams_and_what_is_stated(shop: Shop) -> None:
    past = read_past(Reader(shop), TODAY)
    assert usual(past) == (time(20, 0), 120)
    seen = audience(past, time(20, 30), 120, None)
    assert seen is not None and abs(sum(seen.people) - 2000) < 1 and seen.sessions == 8
    by_lines = [sum(1 for o in past.orders if o.paid_at and o.paid_at.hour * 60 + o.paid_at.minute - 1200 in range(30 * r, 30 * r + 30)) for r in range(4)]  # fmt: skip
    assert list(seen.weights) == by_lines and sum(by_lines) == 280
    order = sorted(range(4), key=lambda r: by_lines[r])
    assert sorted(range(4), key=lambda r: seen.people[r]) == order
    told = audience(past, time(20, 0), 90, 3000)
    assert told is not None and abs(sum(told.people) - 3000) < 1 and len(told.people) == 3


def test_prime_time_and_troughs() -> None:
    wave = Audience(200, (D(300), D(900), D(100), D(800), D(700), D(600), D(100)))
    assert wave.prime == {1, 3} and wave.troughs == (2, 6)
    assert Audience(90, (D(1), D(1), D(1))).troughs == ()


def test_the_last_real_order_goes_by_the_middle_time_paid(shop: Shop) -> None:
    told = last_order(read_past(Reader(shop), TODAY))
    assert told is not None and told[0].session_id == "s7"
    assert told[1] == ("p2", "p1", "p4")


def test_resampling_agrees_with_the_expectation_and_is_paired() -> None:
    items = tuple(Candidate(f"s{n}", f"t{n}", "hero", D(100), D(30 + n), 5, D(20), sold=D(40), reach=D(2)) for n in range(3))  # fmt: skip
    values = Values(items, Audience(60, (D(2000), D(1000))), Rules())
    one = [Airing(0, 0, 0), Airing(0, 6, 1), Airing(1, 30, 2)]
    found = resample(values, {"a": one, "same": list(one), "less": one[:2]}, [900, 1000, 1100, 1000, 1000], draws=4000)
    mean = D(values.gain(one)) / 100
    assert abs(found["a"].mean - mean) < mean / 20
    assert found["same"].ahead == 0 and found["same"].within
    assert not resample(values, {"a": one, "none": []}, [1000] * 5)["none"].within
    assert abs(found["less"].ahead - D(values.gain(one[2:])) / 100) < 5


def test_resampled_sales_stop_at_stock_and_limit() -> None:
    base = Candidate("s", "t", "hero", D(100), D(10), 10, D(500), stock=7, sold=D(900), reach=D(9))
    values = Values((base,), Audience(30, (D(3000),)), Rules())
    assert resample(values, {"a": [Airing(0, 0, 0)]}, [1000] * 5)["a"].high == 70
    limited = Values(
        (Candidate("s", "t", "hook", D(9), D(-2), 10, D(500), limit=20),), Audience(30, (D(3000),)), Rules()
    )
    assert resample(limited, {"a": [Airing(0, 0, 0)]}, [1000] * 5)["a"].low == -40
    assert limited.gain([Airing(0, 0, 0)]) == -4000


def test_the_room_alone_gives_a_rundown_that_can_be_checked(shop: Shop) -> None:
    for lang in ("zh", "en"):
        found = ask(shop, lang, brief={"economics": UNIT})
        assert_readable(found)
        assert [len(t.rows) > 1 for t in found.tables] == [True] * 3
    notes = "".join(n.zh for n in found.notes)
    assert "货p3" in notes and "没有成交" in notes and "角色" in notes
    assert all("货p4" not in row[2] for row in ask(shop, brief={"economics": UNIT}, order="best").tables[0].rows), "negative stock is none"  # fmt: skip


def test_a_brief_is_enough_in_an_empty_room(empty: Shop) -> None:
    brief = {"economics": UNIT, "session": {"start": "19:30", "lasting": 2, "viewers": 3000, "coupons": ["20:00"]}, "items": GOODS}  # fmt: skip
    found = ask(empty, brief=brief)
    assert_readable(found)
    rows = found.tables[0].rows
    assert rows[0][0] == "19:30" and ("20:00", "发券") in {(r[0], r[2]) for r in rows}
    warned = [f for f in found.facts if "面霜" in f.claim.zh]
    assert warned == [] or "库存 2 件" in warned[0].claim.zh
    assert any("没有库存数据" in n.zh and "礼盒" in n.zh for n in found.notes)


@pytest.mark.parametrize(
    ("brief", "zh", "en"),
    [
        ({"session": {"lasting": 2, "coupons": ["23:00"]}}, "23:00", "outside the session"),
        ({"session": {"lasting": 26}}, "session.lasting", "session.lasting"),
        ({"session": {"lasting": 1, "hero_every": 10, "same_role_in_a_row": 1}, "items": GOODS[1:3]}, "做不到", "cannot be met"),
        ({"items": [{**GOODS[0], "stock": -4}]}, "stock", "stock"),
    ],
)  # fmt: skip
def test_wrong_briefs_are_refused_in_words(shop: Shop, brief: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(BadArguments) as refused:
        ask(shop, brief={"economics": UNIT, **brief})
    assert zh in refused.value.message.zh and en in refused.value.message.en


def test_what_is_missing_is_asked_for_by_name(empty: Shop, shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as viewers:
        ask(empty, brief={"economics": UNIT, "items": GOODS})
    assert "session.viewers" in viewers.value.message.zh
    with pytest.raises(DataMissing) as goods:
        ask(empty, brief={"economics": UNIT, "session": {"viewers": 500}})
    assert "items" in goods.value.message.en
    with pytest.raises(DataMissing) as cost:
        ask(shop)
    assert "economics.cost_share" in cost.value.message.zh and "taxpayer" not in cost.value.message.zh
