"""Twelve playbooks that no demo shop sizes: small shops by hand, from the match to the plan, every size worked out on paper.

Histories have five values: the usual level is the third of them in order, the best one the second highest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from tests.tools.playbooks.shopkit import figure, situation
from tests.tools.playbooks.test_playbook_match import BUYERS, SHOP, driver
from tests.tools.playbooks.test_playbook_tools import assert_sound
from tools.facts import Role
from tools.playbooks.advice import playbook_fact
from tools.playbooks.evaluate import Blocked, evaluate
from tools.playbooks.library import find_playbook
from tools.playbooks.match import rank
from tools.playbooks.views import DriverView, Figure, Situation

START = date(2026, 11, 16)


@dataclass(frozen=True)
class Shop:
    """A shop as the figures that matter, what the playbook is worth there, and what rules it out."""

    figures: tuple[Figure, ...]
    names: dict[str, str]
    low: str
    high: str
    ceiling: str
    drivers: tuple[DriverView, ...] = ()
    against: Figure | DriverView | None = None
    derived: tuple[tuple[str, str], ...] = ()

    def situation(self, playbook_id: str) -> Situation:
        tables = {"orders": 700} | {need.table: 700 for need in find_playbook(playbook_id).needs}
        return situation((BUYERS, *self.figures), drivers=self.drivers, names=self.names, tables=tables)


def past(name: str, value: str, *history: str) -> Figure:
    return figure(name, value, history=tuple(Decimal(one) for one in history))


REPEAT = (figure("repeat_purchase_value", 150, "CNY"), figure("refund_rate", "0.1"))  # 135 after refunds
TOO_MUCH_BACK = figure("refund_rate", "0.4")
SOON = figure("days_to_event", 10, "days")

SHOPS = {
    # high: 9,000 lost; low: 9,000 x 0.9 less the 2,400 not spent; half of 3,000 a month a day is 50
    "ad-plan-restart": Shop(
        (
            figure("stopped_gmv_lost", 9000, "CNY"), figure("stopped_spend_saved", 2400, "CNY"), figure("refund_rate", "0.1"),
            figure("stopped_spend_before", 3000, "CNY"), figure("stopped_spend_now", 600, "CNY"), figure("stopped_roi", 3, "number"),
        ),
        {"stopped_plan": "人群拉新"}, "5700", "9000", "9000",
        drivers=(driver("ad_stopped", -3000, "event"),), derived=(("restart_budget", "50"),),
    ),
    # cost 30,000 + 0.1 x 200,000 x 0.7 = 44,000; own room 25,000; three tenths of the sales lost cost 0.3 x 200,000 x 0.3 = 18,000
    "agency-exit": Shop(
        (
            figure("agency_fixed_fee", 30000, "CNY"), figure("agency_commission", "0.1"), figure("live_month_gmv", 200000, "CNY"),
            figure("live_refund_rate", "0.3"), figure("live_fixed_cost", 25000, "CNY"), figure("contribution", "0.3"),
        ),
        {}, "1000", "19000", "44000", against=SOON, derived=(("agency_cost", "44000"),),
    ),
    # 1,000 items x 50 apart: 0.26 usual and 0.28 best against 0.20, half of the usual gap as the low end
    "belt-brand-upgrade": Shop(
        (
            past("dear_share", "0.20", "0.26", "0.28", "0.24", "0.30", "0.26"), figure("items_sold", 1000, "items"),
            figure("dear_price", 120, "CNY"), figure("rest_price", 70, "CNY"),
        ),
        {"dear_product": "双面羊绒围巾"}, "1500", "4000", "40000", against=TOO_MUCH_BACK,
    ),
    # 800 x 0.05 x 135, four tenths of it as the low end; ceiling 800 x 0.88 x 135; coupon: 135 down to 130, 8 % of it is 10
    "content-to-shop-retention": Shop(
        (
            figure("content_gap", 5, "pp"), figure("content_second_rate", "0.12"), figure("shelf_second_rate", "0.17"),
            figure("content_first_buyers", 800, "buyers"), *REPEAT,
        ),
        {}, "2160", "5400", "95040", against=TOO_MUCH_BACK, derived=(("coupon_threshold", "130"), ("coupon_face", "10")),
    ),
    # 500 x 0.06 x 135; ceiling 500 x 0.90 x 135
    "creator-own-shop": Shop(
        (
            figure("live_share", "0.4"), figure("live_gap", 6, "pp"), figure("live_second_rate", "0.10"),
            figure("shelf_second_rate", "0.16"), figure("live_first_buyers", 500, "buyers"), *REPEAT,
        ),
        {"hero_product": "麻薯"}, "1620", "4050", "60750", against=figure("live_refund_rate", "0.4"),
    ),
    # 300 x 0.04 x 135; ceiling 300 x 0.92 x 135
    "creator-to-own-room": Shop(
        (
            figure("kol_gap", 4, "pp"), figure("kol_second_rate", "0.08"), figure("shelf_second_rate", "0.12"),
            figure("kol_first_buyers", 300, "buyers"), *REPEAT,
        ),
        {"hero_product": "麻薯"}, "648", "1620", "37260", against=TOO_MUCH_BACK,
    ),
    # 2,000 x 135: 0.12 usual and 0.13 best against 0.10
    "crm-journeys": Shop(
        (past("growing_return_rate", "0.10", "0.12", "0.13", "0.11", "0.14", "0.12"), figure("growing_buyers", 2000, "buyers"), *REPEAT),
        {}, "5400", "8100", "243000", against=TOO_MUCH_BACK,
    ),
    # 100,000 x (0.18 - 0.12), half of it as the low end
    "discount-dependence": Shop(
        (past("order_discount_rate", "0.18", "0.12", "0.11", "0.13", "0.12", "0.12"), figure("gmv", 100000, "CNY")),
        {}, "3000", "6000", "18000", against=SOON,
    ),
    "hero-stock-continuity": Shop(
        (
            figure("out_of_stock_days", 5, "days"), figure("out_of_stock_amount", 6000, "CNY"), figure("out_of_stock_amount_low", 4000, "CNY"),
        ),
        {"missing_product": "每日坚果"}, "4000", "6000", "6000",
    ),
    # 100,000 x 0.10 x half; 100,000 x 0.12; ceiling 100,000 x 0.90
    "new-product-sampling": Shop(
        (past("new_product_share", "0.10", "0.20", "0.22", "0.19", "0.24", "0.20"), figure("hero_share", "0.4"), figure("gmv", 100000, "CNY")),
        {"hero_product": "麻薯"}, "5000", "12000", "90000", against=driver("stock_out", -2500, "event"),
    ),
    # three tenths of what the cheaper channel gave away, up to all of it
    "price-channel-alignment": Shop(
        (
            figure("channel_price_gap", "0.12"), figure("channel_price_given", 5000, "CNY"),
            figure("channel_price_high", 100, "CNY"), figure("channel_price_low", 88, "CNY"),
        ),
        {"price_product": "麻薯", "high_channel": "货架", "low_channel": "直播"}, "1500", "5000", "5000",
    ),
    # 4,000 - 1,500 of refunds; with them 10,000 visitors x 0.01 x 100
    "reputation-crisis": Shop(
        (
            figure("broken_promise_refunds", 4000, "CNY", history=(Decimal(1500),) * 5), past("bad_review_share", "0.06", *["0.03"] * 5),
            past("conversion", "0.03", *["0.04"] * 5), figure("visitors", 10000, "visitors"), figure("aov_order", 100, "CNY"),
            figure("gmv", 100000, "CNY"),
        ),
        {"returned_product": "麻薯"}, "2500", "12500", "100000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("playbook_id", SHOPS)
def test_the_match_the_size_and_the_plan_by_hand(playbook_id: str) -> None:
    shop = SHOPS[playbook_id]
    given = shop.situation(playbook_id)
    found = next(each for each in rank(SHOP, given).matches if each.playbook.id == playbook_id)
    worth = found.evaluation.worth
    assert worth is not None
    assert (worth.low, worth.high, worth.ceiling) == (Decimal(shop.low), Decimal(shop.high), Decimal(shop.ceiling))
    for name, value in shop.derived:
        assert found.evaluation.book.values[name].value == Decimal(value)
    fact, plan = playbook_fact(SHOP, given, found, START)
    high, low = fact.quantity(Role.RANGE_HIGH), fact.quantity(Role.RANGE_LOW)
    assert high is not None and low is not None and high.value == worth.high
    # an end under a tenth of the other is no range: told as "at most"
    assert low.value == (worth.low if worth.low * 10 >= worth.high else 0)
    assert_sound(fact)
    starts = [date.fromisoformat(step["start"]) for step in plan.steps]
    assert plan.start == START == min(starts) and plan.end == max(
        date.fromisoformat(step["due"]) for step in plan.steps
    )
    for word in shop.names.values():
        assert word in fact.claim.zh + str(plan.steps)


@pytest.mark.parametrize("playbook_id", [name for name, shop in SHOPS.items() if shop.against is not None])
def test_the_same_shop_is_not_offered_it_when_it_would_do_harm(playbook_id: str) -> None:
    shop = SHOPS[playbook_id]
    given, against = shop.situation(playbook_id), shop.against
    if isinstance(against, DriverView):
        given = replace(given, drivers=(*given.drivers, against))
    elif against is not None:
        given = replace(given, figures={**given.figures, against.id: against})
    assert isinstance(evaluate(find_playbook(playbook_id), given, given.names), Blocked)
    assert playbook_id not in [each.playbook.id for each in rank(SHOP, given).matches]


@pytest.mark.parametrize("playbook_id", SHOPS)
def test_a_shop_without_its_trouble_is_not_offered_it(playbook_id: str) -> None:
    """Only what the conditions look at is missing."""
    book, given = find_playbook(playbook_id), SHOPS[playbook_id].situation(playbook_id)
    looked_at = {condition.figure for condition in book.conditions if condition.kind == "figure"}
    calm = replace(
        given, figures={name: one for name, one in given.figures.items() if name not in looked_at}, drivers=()
    )
    assert isinstance(evaluate(book, calm, calm.names), Blocked)
