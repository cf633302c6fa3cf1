"""Terms of a contract no other test held: each by a hand count of a hundred orders, so that a fault planted in one line is seen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.tools.livestream.test_economics import WORKED
from tests.tools.livestream.test_ground import ALL
from tests.tools.livestream.test_modes_choice import ECONOMICS, OWN, ask, assert_readable, empty, figures, has, part
from tests.tools.playbooks.shopkit import make_shop
from tools.errors import BadArguments
from tools.livestream.brief import Creator, SelfRun, parse_brief
from tools.livestream.contracts import creator, mixed, self_run
from tools.livestream.economics import UnitEconomics
from tools.livestream.modes import compare
from tools.warehouse.access import Shop

__all__ = ["empty"]
CREATOR: dict[str, Any] = {"slot_fee": "1万", "commission": "10%", "expected_gmv": "22万"}


@pytest.mark.parametrize(("base", "paid_to_agency"), [("paid", 2000), ("shipped", 1760), ("received", 1400)])
def test_a_commission_of_a_tenth_on_a_hundred_orders_of_200(base: Any, paid_to_agency: int) -> None:
    """12 of 100 orders are cancelled before shipping, 18 come back: 88 are shipped, 70 stay."""
    owed = (WORKED.contribution() - WORKED.contribution(D("0.1"), base)) * 100 * 200
    assert owed == paid_to_agency


def test_refunds_of_a_unit_that_had_none_come_after_shipping_where_they_cost_a_parcel_each_way() -> None:
    """100 orders of 100, 10 refunded: 90 kept at 60 after goods; 100 parcels of 5 and 10 returns of 7."""
    unit = UnitEconomics(D(100), D(0), D(0), D("0.4"), D(0), D(5), D(7))
    assert unit.with_refunds(D("0.1")).contribution() * 100 * 100 == 90 * 60 - 100 * 5 - 10 * 7


@pytest.mark.parametrize(("counts", "aim"), [("paid", 300000), ("shipped", D(300000) / D("0.88")), ("received", D(300000) / D("0.7"))])  # fmt: skip
def test_what_a_guarantee_counts_is_its_own_base_not_that_of_the_commission(counts: Any, aim: D) -> None:
    terms = Creator(slot_fee=D(50000), commission=D("0.2"), base="shipped", guaranteed=D(300000), guarantee_counts=counts)  # fmt: skip
    assert creator(terms, WORKED).knots == (aim,)
    assert creator(terms, WORKED).commission(D(100)) == D("17.6")


def test_samples_and_service_fee_are_owed_beside_the_slot_fee() -> None:
    terms = Creator(slot_fee=D(50000), samples=D(3000), service_fee=D(2000))
    assert creator(terms, WORKED).cost(D(100000)) == 55000


def test_known_buyers_of_a_mix_are_those_of_its_parts_by_volume_and_unknown_where_one_is() -> None:
    own = replace(self_run(SelfRun(fixed=D(1000), expected_gmv=D(30000)), D(0)), known_buyers=D("0.5"))
    guest = creator(Creator(slot_fee=D(1), expected_gmv=D(10000), known_buyers=D("0.1")), WORKED)
    assert mixed([own, guest]).known_buyers == D("0.4")  # 15,000 and 1,000 of 40,000
    assert mixed([replace(own, known_buyers=None), guest]).known_buyers is None
    assert mixed([own, replace(guest, known_buyers=None)]).known_buyers is None


def test_a_recommended_mix_says_what_it_takes_from_the_shop_itself(tmp_path: Path) -> None:
    """No live order of this shop comes from a known buyer, a tenth of the creator's GMV does: a twentieth of the mix."""
    shop = make_shop(tmp_path, ALL)
    brief = {"economics": ECONOMICS, "self_run": {**OWN, "fixed": "1万"}, "creators": [{**CREATOR, "known_buyers": "10%"}]}  # fmt: skip
    found = ask(shop, brief)
    assert "自播加达人" in found.facts[0].claim.zh
    fact = part(found, "incremental")
    assert figures(fact, "known_buyers") == [D("0.05")] and figures(fact, "incremental_gmv") == [D(418000)]
    left = 418000 * WORKED.contribution() - (10000 + 10000 + 33000 + D("0.1") * D("0.7") * 220000)
    assert abs(figures(fact, "incremental_profit")[0] - left) <= D("0.01")
    assert not any("抢自己生意" in note.zh for note in found.notes)
    assert_readable(found)
    unknown = ask(shop, {**brief, "creators": [CREATOR]})
    assert "自播加达人" in unknown.facts[0].claim.zh and not has(unknown, "incremental")
    (note,) = [note for note in unknown.notes if "抢自己生意" in note.zh]
    assert "creators" in note.zh and "导入" not in note.zh and "creators" in note.en


def test_a_creator_whose_known_buyers_were_stated_is_not_called_unknown(empty: Shop) -> None:
    found = ask(empty, {"economics": ECONOMICS, "creators": [{**CREATOR, "known_buyers": "10%"}]})
    assert has(found, "incremental") and not any("抢自己生意" in note.zh for note in found.notes)
    unknown = ask(empty, {"economics": ECONOMICS, "self_run": {**OWN, "fixed": "1万"}, "creators": [CREATOR]})
    (note,) = [note for note in unknown.notes if "抢自己生意" in note.zh]
    assert "自播加达人" in unknown.facts[0].claim.zh and "导入" in note.zh and "creators" in note.zh


@pytest.mark.parametrize(
    ("kind", "name"),
    [("agencies", "自播"), ("agencies", "混合"), ("agencies", "达人"), ("creators", "自播"), ("creators", "代播")],
)
def test_no_agency_or_creator_goes_by_the_name_of_another_mode(kind: str, name: str) -> None:
    with pytest.raises(BadArguments) as refused:
        parse_brief({kind: [{"name": name}]})
    assert all(name in refused.value.text(lang) for lang in ("zh", "en"))
    parse_brief({"agencies": [{}], "creators": [{}]})  # each default name belongs to its own kind


def test_knots_of_a_mix_are_the_mixs_own_gmv() -> None:
    """A guarantee of 300,000 paid is reached by a part that sells a quarter of the mix at 1,200,000 in all."""
    own = self_run(SelfRun(fixed=D(1000), expected_gmv=D(600000)), D(0))
    guest = creator(Creator(slot_fee=D(50000), guaranteed=D(300000), guarantee_counts="paid", expected_gmv=D(200000)), WORKED)  # fmt: skip
    both = mixed([own, guest])
    assert both.knots == (D(1200000),)
    assert (both.fixed(D(600000)), both.fixed(D(1200000)), both.fixed(D(2400000))) == (26000, 51000, 51000)


def test_the_freight_swing_turns_parcels_returns_and_insurance() -> None:
    """A hundred orders of 200: 88 parcels of 4, 100 insurances of 0.8, 18 returns of 6; a fifth of their 540 up and down."""
    found = compare(lambda unit: [self_run(SelfRun(fixed=D(1000)), D("0.1"))], WORKED, D(20000))
    (freight,) = [swing for swing in found.swings if swing.lever == "freight"]
    assert (freight.low - freight.high) / 2 == D("0.2") * (88 * 4 + 100 * D("0.8") + 18 * 6)


@pytest.mark.parametrize(("lever", "left"), [("refunds", 0.8 * 10 * 60 - 10 * 5 - 2 * 7), ("cost", 9 * 20 - 50 - 7), ("freight", 9 * 60 - 100 - 14)])  # fmt: skip
def test_one_input_doubled_on_ten_orders_of_100(lever: Any, left: float) -> None:
    """One of ten comes back; goods at 40, a parcel at 5, a return at 7."""
    unit = UnitEconomics(D(100), D(0), D("0.1"), D("0.4"), D(0), D(5), D(7))
    assert unit.turned(lever, D(2)).contribution() * 1000 == D(str(left))
    assert unit.turned("refunds", D(20)).refunded == 1


def test_goods_sold_below_cost_swing_on_both_sides_of_what_they_lose() -> None:
    """At a cost of 1.2 times the price a fifth less still loses less than today, a fifth more loses more."""
    unit = replace(WORKED, cost_share=D("1.2"))
    found = compare(lambda unit: [self_run(SelfRun(fixed=D(1000)), D(0))], unit, D(20000))
    (cost,) = [swing for swing in found.swings if swing.lever == "cost"]
    assert (cost.low + cost.high) / 2 == pytest.approx(found.modes[0].profit) and cost.high < found.modes[0].profit
