"""Sentences of the choice of a mode whose figures no other test held: each against the worked example of knowhow A1, by hand."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from tests.tools.livestream.test_economics import WORKED
from tests.tools.livestream.test_modes_choice import AGENCY, ANSWER, ECONOMICS, OWN, ask, empty, figures, part
from tools.warehouse.access import Shop

__all__ = ["empty"]
M = WORKED.contribution()
NO_FEE: dict[str, Any] = {**ECONOMICS, "platform_fee": None}


def without(terms: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if name not in names}


def test_an_order_of_200_leaves_200_times_what_a_yuan_leaves(empty: Shop) -> None:
    fact = part(ask(empty, ANSWER), "contribution")
    assert figures(fact, "contribution_order") == [round(M * 200, 2)] == [D("77.34")]


def test_without_a_volume_the_lowest_break_even_is_tried_first(empty: Shop) -> None:
    """The agency's 4.5万 of fixed cost is earned at 24.8万 of GMV, the own room's 9万 at 37.8万."""
    own, house = without(OWN, "expected_gmv"), without(AGENCY, "expected_gmv")
    first = ask(empty, {"economics": ECONOMICS, "self_run": own, "agencies": [house]}).facts[0]
    assert "代播" in first.claim.zh and "自播" not in first.claim.zh and "an agency" in first.claim.en
    assert [round(v, -4) for v in figures(first, "break_even")] == [D(250000)]


@pytest.mark.parametrize(("times", "words"), [("1.45", ("可以先小步试", "try it small")), ("1.55", ("先别投", "do not invest yet"))])  # fmt: skip
def test_a_break_even_up_to_half_as_much_again_is_in_reach(empty: Shop, times: str, words: tuple[str, str]) -> None:
    gmv = D(90000) / (M - D("0.15")) / D(times)
    own = {**OWN, "expected_gmv": str(round(gmv, 2))}
    first = ask(empty, {"economics": ECONOMICS, "self_run": own, "category": "其他"}).facts[0]
    assert words[0] in first.claim.zh and words[1] in first.claim.en


def test_a_point_of_an_unknown_fee_takes_a_hundredth_of_what_is_kept(empty: Shop) -> None:
    """70 of 100 yuan paid are kept: a point of fee takes 70 of 10,000, and 1,540 of 22万 a month."""
    fact = part(ask(empty, {**ANSWER, "economics": NO_FEE}), "fee")
    assert figures(fact, "fee_per_10k") == [D(70)] and figures(fact, "fee_month") == [D(1540)]


def test_what_vat_would_take_is_told_with_invoices_of_goods_and_platform(empty: Shop) -> None:
    """knowhow A1: at 13 % with invoiced cost m falls from .387 to about .336."""
    fact = part(ask(empty, ANSWER), "vat")
    assert round(figures(fact, "contribution_vat")[0], 2) == D("0.34")
