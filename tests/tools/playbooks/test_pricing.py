"""到手价 of given offers: exact against an independent recursion and by hand, who pays, what it breaks, what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.playbooks.pricing_offers import CUT, DAY, FULL, MEMBER, VIP, item
from tools.errors import BadArguments
from tools.playbooks.pricing import Offers, layers, lowest, promise_breaks, reach_everywhere
from tools.playbooks.pricing_input import parse_offers

# -- exact ------------------------------------------------------------------------------------------------------------
ROWS = yaml.safe_load((Path(__file__).parents[3] / "seeds/pricing.yaml").read_text(encoding="utf-8"))["layers"]


def half_up(cents: Fraction) -> int:
    return floor(cents + Fraction(1, 2))


def brute(price: int, offers: list[dict[str, Any]], pieces: int) -> int:
    """The lowest basket in whole cents: take or leave each offer in the order of its layer, one per group."""
    ordered = sorted(offers, key=lambda o: (ROWS[o["kind"]]["order"], ROWS[o["kind"]]["group"]))

    def cut(o: dict[str, Any], amount: Fraction) -> int:
        if amount < o.get("threshold", 0) * 100:
            return 0
        times = amount // (o["threshold"] * 100) if o.get("repeats") else 1
        saved = Fraction(o["off"] * 100) * times if "off" in o else amount * Fraction(str(o["rate"]))
        if "cap" in o:
            saved = min(saved, Fraction(o["cap"] * 100))
        return half_up(min(saved, amount))

    def go(at: int, left: int, used: frozenset[str]) -> int:
        if at == len(ordered):
            return left
        o = ordered[at]
        row = ROWS[o["kind"]]
        best = go(at + 1, left, used)
        if row["group"] not in used:
            saved = cut(o, Fraction(left, pieces)) * pieces if row.get("per_piece") else cut(o, Fraction(left))
            best = min(best, go(at + 1, left - saved, used | {row["group"]}))
        return best

    return go(0, price * pieces, frozenset())


@st.composite
def one_offer(draw: st.DrawFn) -> dict[str, Any]:
    offer: dict[str, Any] = {"kind": draw(st.sampled_from(sorted(ROWS)))}
    if draw(st.booleans()):
        offer["off"] = draw(st.integers(0, 120))
    else:
        offer["rate"] = draw(st.sampled_from(["0.05", "0.1", "0.15", "0.333", "0.5"]))
    if draw(st.booleans()):
        offer["threshold"] = draw(st.integers(1, 600))
        offer["repeats"] = draw(st.booleans())
    if draw(st.booleans()):
        offer["cap"] = draw(st.integers(1, 80))
    share = draw(st.sampled_from([None, "0", "0.3", "1"]))
    return offer if share is None else {**offer, "merchant_share": share}


MANY = st.lists(one_offer(), max_size=6)
CENTS = st.integers(1, 60_000)


@settings(max_examples=150, deadline=None)
@given(CENTS, MANY)
def test_the_lowest_price_is_that_of_an_independent_recursion(cents: int, offers: list[dict[str, Any]]) -> None:
    found = lowest(item(*offers, list_price=str(Decimal(cents) / 100)), DAY)
    by_pieces = {n: half_up(Fraction(brute(cents, offers, n), n)) for n in (1, 2, 3)}
    assert int(found.price * 100) == min(by_pieces.values())
    assert found.pieces == min(n for n, price in by_pieces.items() if price == min(by_pieces.values()))


@settings(max_examples=100, deadline=None)
@given(CENTS, MANY)
def test_funding_adds_up_to_the_discount_and_the_path_to_the_basket(cents: int, offers: list[dict[str, Any]]) -> None:
    brief = item(*offers, list_price=str(Decimal(cents) / 100))
    found = lowest(brief, DAY)
    assert found.merchant_pays + found.platform_pays == brief.list_price - found.price
    assert found.merchant_pays >= 0
    assert found.platform_pays >= 0
    left = brief.list_price * found.pieces - sum(step.saved for step in found.path)
    assert half_up(Fraction(left) * 100 / found.pieces) == int(found.price * 100)
    if all(step.offer.share == 1 for step in found.path):
        assert found.platform_pays == 0


@settings(max_examples=100, deadline=None)
@given(CENTS, MANY, one_offer())
def test_one_more_offer_never_raises_the_lowest_price(cents: int, offers: list[dict[str, Any]], more: dict[str, Any]) -> None:  # fmt: skip
    price = str(Decimal(cents) / 100)
    before, after = lowest(item(*offers, list_price=price), DAY), lowest(item(*offers, more, list_price=price), DAY)
    assert after.price <= before.price


# -- by hand ------------------------------------------------------------------------------------------------------------
def test_a_stack_computed_by_hand() -> None:
    """2 × 219 = 438; −30 a piece → 378; −50 → 328; −20 → 308; 5 % of 308 = 15.40 → 292.60; a piece 146.30."""
    found = lowest(item(CUT, FULL, MEMBER, VIP, cost="42", fee_rate="0.05", gift_cost="6", most_pieces=2), DAY, audiences=["会员", "88VIP"])  # fmt: skip
    assert (found.price, found.pieces) == (Decimal("146.30"), 2)
    assert [(step.offer.name, step.saved) for step in found.path] == [("单品直降", 60), ("满300减50", 50), ("会员券", 20), ("88VIP 95折", Decimal("15.40"))]  # fmt: skip
    # of 72.70 a piece 88VIP (platform) pays 7.70; income 154 − 5 % fee = 146.30; − 42 − 6/2
    assert (found.merchant_pays, found.platform_pays, found.margin) == (Decimal(65), Decimal("7.70"), Decimal("101.30"))


def test_cross_shop_is_taken_for_every_full_threshold() -> None:
    cross = {"kind": "cross_shop", "off": 50, "threshold": 300, "repeats": True}
    assert lowest(item(cross, list_price="300", most_pieces=1), DAY).price == 250
    assert lowest(item(cross, list_price="899.99", most_pieces=1), DAY).price == Decimal("799.99")
    assert lowest(item(cross, list_price="900", most_pieces=1), DAY).price == 750
    once = {**cross, "repeats": False}
    assert lowest(item(once, list_price="900", most_pieces=1), DAY).price == 850


def test_a_cap_holds_and_a_discount_never_exceeds_what_is_left() -> None:
    assert lowest(item({"kind": "vip", "rate": "0.05", "cap": 8}, list_price="400", most_pieces=1), DAY).price == 392
    free = lowest(item({"kind": "red_packet", "off": 50}, list_price="19.90", most_pieces=1), DAY)
    assert (free.price, free.platform_pays) == (Decimal(0), Decimal("19.90"))


def test_a_threshold_that_only_two_pieces_meet() -> None:
    found = lowest(item(FULL), DAY)
    assert (found.pieces, found.price) == (2, Decimal("194.00"))  # (438 − 50) ÷ 2; three pieces: 202.33
    assert lowest(item(FULL, most_pieces=1), DAY).price == 219


def test_of_one_group_only_one_offer_is_used_unless_the_merchant_says_otherwise() -> None:
    shop = {"kind": "shop_coupon", "off": 10}
    member = {"kind": "member_coupon", "off": 20}
    assert lowest(item(shop, member, most_pieces=1), DAY).price == 199
    assert lowest(item(shop, {**member, "group": "member"}, most_pieces=1), DAY).price == 189


def test_day_room_and_audience_decide_what_applies() -> None:
    dated = {"kind": "item_cut", "off": 9, "starts": "2026-11-10", "ends": "2026-11-11"}
    assert [lowest(item(dated), DAY + timedelta(days=n)).price for n in (-2, -1, 0, 1)] == [219, 210, 210, 219]
    room = item({"kind": "red_packet", "off": 15, "room": "直播间"}, most_pieces=1)
    assert (lowest(room, DAY).price, lowest(room, DAY, room="直播间").price) == (Decimal(219), Decimal(204))
    assert lowest(item(MEMBER, most_pieces=1), DAY).price == 219
    assert lowest(item(MEMBER, most_pieces=1), DAY, audiences=["会员"]).price == 199


def test_every_layer_has_an_order_a_payer_and_two_names() -> None:
    assert {layer.order for layer in layers().values()} == {10, 20, 30, 40, 50, 60, 70}
    for layer in layers().values():
        assert 0 <= layer.funded <= 1
        assert layer.label.zh
        assert layer.label.en


# -- promises ---------------------------------------------------------------------------------------------------------
def breaks(brief: Offers, day: date = DAY) -> list[tuple[str, str | None, frozenset[str], Decimal, Decimal]]:
    return [(p.room, r.room, r.audiences, r.price, own) for p, r, own in promise_breaks(brief, day, reach_everywhere(brief, day))]  # fmt: skip


def test_a_room_promised_the_lowest_is_undercut_by_a_coupon_elsewhere() -> None:
    anchor = {"kind": "item_cut", "off": 40, "room": "达人直播间"}
    own = {"kind": "shop_coupon", "off": 60, "room": "自播间"}
    brief = item(anchor, own, most_pieces=1, promises=[{"room": "达人直播间", "until": "2026-11-30"}])
    assert breaks(brief) == [("达人直播间", "自播间", frozenset(), Decimal(159), Decimal(179))]
    assert breaks(brief, date(2026, 12, 1)) == []


def test_a_promise_is_compared_for_the_same_buyer() -> None:
    """A member pays less in the shop than a member in the room, though the room's 88VIP price is lower still."""
    offers = ({**MEMBER, "off": 50}, {"kind": "vip", "rate": "0.5", "audience": "88VIP", "room": "达人"}, {"kind": "member_coupon", "off": 0, "room": "达人"})  # fmt: skip
    cheaper = {"kind": "item_cut", "off": 10, "room": "达人"}
    shop_only = {"kind": "red_packet", "off": 30, "audience": "会员", "room": "自播"}
    found = breaks(item(*offers, cheaper, shop_only, most_pieces=1, promises=[{"room": "达人"}]))
    assert ("达人", "自播", frozenset({"会员"}), Decimal(139), Decimal(159)) in found
    assert all(who != frozenset({"88VIP"}) for _, _, who, _, _ in found)


def test_a_promised_floor_is_broken_by_any_other_room_below_it_and_not_at_it() -> None:
    floor_at = [{"room": "会场", "price": "199"}]
    assert breaks(item({"kind": "item_cut", "off": 20}, most_pieces=1, promises=floor_at)) == []
    below = breaks(item({"kind": "item_cut", "off": "20.01"}, most_pieces=1, promises=floor_at))
    assert [(room, price) for _, room, _, price, _ in below] == [(None, Decimal("198.99"))]


# -- bad input --------------------------------------------------------------------------------------------------------
GOOD: dict[str, Any] = {"title": "面霜", "list_price": "219"}


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"list_price": "-1"}, "list_price：要大于 0", "list_price: must be above 0"),
        ({"list_price": "NaN"}, "list_price：要写数字", "list_price: must be a number"),
        ({"list_price": "1.999"}, "最多 2 位小数", "at most 2 decimals"),
        ({"list_price": "一百"}, "list_price：要写数字", "list_price: must be a number"),
        ({"title": ""}, "sku 或 title", "by sku or title"),
        ({"cost": "-3"}, "cost：不能小于 0", "cost: must not be below 0"),
        ({"fee_rate": "5"}, "fee_rate：不能大于 1", "fee_rate: must not be above 1"),
        ({"protect_days": 365}, "protect_days：不能大于 90", "protect_days: must not be above 90"),
        ({"most_pieces": 0}, "most_pieces：不能小于 1", "most_pieces: must not be below 1"),
        ({"price": 1}, "price：没有这个字段", "price: there is no such field"),
        ({"offers": [{"kind": "gift", "off": 1}]}, "offers.1.kind：只能是", "offers.1.kind: must be one of"),
        ({"offers": [{"kind": "vip", "off": 1, "rate": "0.1"}]}, "off 和 rate 只写一个", "either off or rate"),
        ({"offers": [{"kind": "vip"}]}, "off 和 rate 只写一个", "either off or rate"),
        ({"offers": [{"kind": "vip", "off": 1, "starts": "2026-11-11", "ends": "2026-11-10"}]}, "结束早于开始", "ends before it starts"),
        ({"offers": [{"kind": "vip", "off": 1, "starts": "双11"}]}, "offers.1.starts：要写日期", "offers.1.starts: must be a date"),
        ({"offers": [{"kind": "vip", "off": 1, "repeats": True}]}, "每满减要写门槛", "repeats needs a threshold"),
        ({"offers": [{"kind": "vip", "off": 1}] * 30}, "offers：最多 24 项", "offers: takes at most 24 entries"),
        ({"offers": "满300减50"}, "offers：要写成列表", "offers: must be a list"),
        ({"offers": ["满300减50"]}, "offers.1：要写成“字段: 值”", "offers.1: must be a set"),
        ({"rooms": [""]}, "rooms.1：不能为空", "rooms.1: must not be empty"),
        ({"promises": [{"price": 3}]}, "promises.1.room：没有填", "promises.1.room: is missing"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_in_both_languages(change: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(BadArguments) as refused:
        parse_offers(GOOD | change)
    assert zh in refused.value.text("zh")
    assert en in refused.value.text("en")


def test_too_many_combinations_are_refused_before_they_are_tried() -> None:
    groups = [{"kind": "vip", "off": 1, "group": f"g{n}"} for n in range(20)]
    with pytest.raises(BadArguments, match="Too many combinations"):
        item(*groups)


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(BadArguments, match="field: value"):
        parse_offers([1])
