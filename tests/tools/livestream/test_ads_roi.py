"""Break-even returns against the worked figures of the domain notes, a simulation by the order, and the algebra's own limits."""

from __future__ import annotations

import random
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.livestream.ads_roi import at_order_value, even_roi, even_roi_fixed, left_per_yuan, net_roi
from tools.livestream.ads_rules import counts_natural, is_room, setting, targets, watches
from tools.livestream.economics import UnitEconomics

# a = 200, rc = .12, rp = .18, c = .35, k = .05, so = 4, sr = 6, ins = .8, d = .1
UNIT = UnitEconomics(D(200), D("0.12"), D("0.18"), D("0.35"), D("0.05"), D(4), D(6), D("0.8"), D("0.1"))
# by hand from the notes' formula, refunds split 2:3 as in the example
TABLE = [("0.1", "1.95"), ("0.2", "2.22"), ("0.3", "2.59"), ("0.4", "3.09"), ("0.5", "3.84"), ("0.6", "5.07"), ("0.7", "7.45")]  # fmt: skip


@pytest.mark.parametrize(("refunded", "even"), TABLE)
def test_break_even_by_refunds_is_the_published_table(refunded: str, even: str) -> None:
    found = even_roi(UNIT.with_refunds(D(refunded)).contribution())
    assert found is not None and abs(found - D(even)) <= D("0.006")


def test_at_break_even_simulated_orders_leave_nothing() -> None:
    """Orders drawn one by one: what is left after ads bought at the break-even ROI is 0 within 0.5 % of the sales."""
    rng, orders, left = random.Random(3), 400_000, 0.0
    for _ in range(orders):
        fate = rng.random()
        left -= 0.8
        if fate < 0.12:
            continue
        left -= 4
        if fate < 0.30:
            left -= 6 + 0.1 * 0.35 * 200
        else:
            left += 200 * (1 - 0.35 - 0.05)
    sales = orders * 200.0
    ads = sales / float(even_roi(UNIT.contribution()) or 0)
    assert abs(left - ads) / sales < 0.005


def test_without_logistics_it_is_the_short_formula() -> None:
    bare = UnitEconomics(D(200), D(0), D("0.3"), D("0.35"), D("0.05"))
    assert even_roi(bare.contribution()) == 1 / (D("0.7") * D("0.6"))


def test_pages_that_print_another_figure_are_not_followed() -> None:
    """50 % margin and 10 % returns give 2.22; 40 % and 15 % give 2.94, where a page prints 2.14."""
    for margin, returned, even in (("0.5", "0.1", "2.22"), ("0.4", "0.15", "2.94")):
        unit = UnitEconomics(D(100), D(0), D(returned), 1 - D(margin), D(0))
        found = even_roi(unit.contribution())
        assert found is not None and abs(found - D(even)) < D("0.005")


def test_surface_return_of_three_at_thirty_per_cent_returns_is_two_point_one() -> None:
    assert net_roi(D(3), D("0.3")) == D("2.1")


def test_fixed_cost_is_earned_at_its_own_break_even() -> None:
    """G = 50万, m = .387, F = 12万: the ads may cost 50 × .387 − 12 = 7.35万, so the room has to sell 6.80 times them."""
    even = even_roi_fixed(D(500_000), D("0.387"), D(120_000))
    assert even is not None and abs(even - D(500_000) / D(73_500)) < D("1e-9")
    assert D(500_000) * D("0.387") - D(500_000) / even - D(120_000) == pytest.approx(0, abs=1e-6)
    assert even_roi_fixed(D(300_000), D("0.387"), D(120_000)) is None


def test_a_sale_that_loses_by_itself_has_no_break_even() -> None:
    assert even_roi(D(0)) is None and even_roi(D("-0.1")) is None


@given(refunded=st.decimals("0", "0.6", places=3), more=st.decimals("0.001", "0.3", places=3))
def test_more_returns_never_lower_the_break_even(refunded: D, more: D) -> None:
    low, high = (even_roi(UNIT.with_refunds(r).contribution()) for r in (refunded, refunded + more))
    assert low is not None and (high is None or high > low)


@given(roi=st.decimals("0.1", "20", places=2))
def test_left_per_yuan_changes_sign_at_break_even(roi: D) -> None:
    margin = UNIT.contribution()
    even = even_roi(margin)
    assert even is not None and (left_per_yuan(roi, margin) > 0) == (roi > even)


def test_small_orders_bear_more_parcels() -> None:
    small = at_order_value(UNIT, D(50))
    assert small.contribution() < UNIT.contribution() and at_order_value(UNIT, None) == UNIT
    assert abs(at_order_value(UNIT, D(200), D("0.5")).refunded - D("0.5")) < D("1e-20")


def test_targets_come_from_break_even_and_history_with_their_pages() -> None:
    found = {one.name: one for one in targets(D(2), D(3))}
    assert (found["start"].low, found["floor"].low) == (D("2.5"), D("1.2"))
    assert (found["scale"].low, found["scale"].high) == (D("2.4"), D("2.7"))
    assert (found["efficiency"].low, found["efficiency"].high) == (D("3.3"), D("3.6"))
    assert all(one.url.startswith("https://") and "可信度" in one.seen.zh and "confidence" in one.seen.en for one in found.values())  # fmt: skip
    assert {one.name for one in targets(D(2), None)} == {"start", "floor"}


@pytest.mark.parametrize(
    ("spend", "sold", "account", "met"),
    [
        ([10] * 20 + [0] * 5, [5] * 20 + [0] * 5, [100] * 25, {"idle"}),
        ([4] * 20, [0] * 20, [100] * 20, {"starved"}),
        ([4] * 20, [None] * 20, [100] * 20, set()),  # unknown sales are not no sales
        ([6] * 20, [0] * 20, [100] * 20, set()),  # 6 % of the account
        ([100] * 13 + [29] * 7, [9] * 20, [100] * 20, {"decayed"}),
        ([100] * 13 + [31] * 7, [9] * 20, [100] * 20, set()),
        ([100] * 19 + [301], [9] * 20, [400] * 20, {"surged"}),
        ([100] * 19 + [299], [9] * 20, [400] * 20, set()),
        ([0] * 30, [0] * 30, [100] * 30, set()),  # never ran: nothing to watch
        ([5], [0], [100], set()),
    ],
)
def test_rules_fire_on_the_days_they_name(spend: list[int], sold: list[int | None], account: list[int], met: set[str]) -> None:  # fmt: skip
    found = watches([D(v) for v in spend], [None if v is None else D(v) for v in sold], [D(v) for v in account])
    assert {one.name for one in found} == met
    assert all(one.url.startswith("https://") and one.words.zh and one.words.en for one in found)


@pytest.mark.parametrize(
    ("tool", "name", "room", "natural"),
    [("超级直播", "晚场", True, False), ("万相台", "delivery push", False, False), ("Live ads", "x", True, False), ("万相台-全站推广", "x", False, True), ("", "千川全域", True, True)],
)  # fmt: skip
def test_a_plan_is_placed_by_its_name(tool: str, name: str, room: bool, natural: bool) -> None:
    assert (is_room(tool, name), counts_natural(tool, name)) == (room, natural)


def test_every_seen_rule_names_platform_confidence_and_a_page() -> None:
    told = [*setting("targets").values(), *setting("watches").values(), setting("surge"), setting("patience"), setting("steps", "target_step"), setting("steps", "edits")]  # fmt: skip
    for rule in told:
        assert rule["platform"] == "douyin" and rule["confidence"] in ("medium", "low") and rule["source"] in setting("sources")  # fmt: skip
