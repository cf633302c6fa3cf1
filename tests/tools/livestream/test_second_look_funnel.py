"""What a period and a step of the funnel count: the parts of a fixed cost, hosts side by side, refunds as orders, thin columns, few buyers."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from scipy import stats

from tests.tools.livestream.review_rooms import DAY, history, stream
from tests.tools.livestream.test_costs_tool import ask, cell, empty, shop
from tests.tools.livestream.test_funnel import past
from tests.tools.livestream.test_modes_choice import ECONOMICS
from tools.livestream.costs_shop import _rolling
from tools.livestream.funnel import chain_of
from tools.livestream.funnel_judge import _exact, judge, place_of, usual_level
from tools.warehouse.access import Shop

__all__ = ["empty", "shop"]


def test_a_longer_period_carries_its_days_of_a_months_fixed_cost(shop: Shop) -> None:
    """From 15 September to 28 October are 44 days: 20,000 × 44 ÷ 30."""
    assert cell(ask(shop, period="room"), "固定费用分摊") == "-2.93 万元"


def test_two_hosts_on_air_are_both_paid_at_their_mean_rate(empty: Shop) -> None:
    """Four hours of two hosts at (200 + 100) ÷ 2 each, and crew at 60 once."""
    brief = {
        "economics": ECONOMICS, "self_run": {"fixed": "9万", "expected_gmv": "60万"}, "rota": {"hours_week": 28, "crew_hourly": 60, "on_air": 2},
        "hosts": [{"name": "小满", "hourly": 200}, {"name": "小林", "hourly": 100}],
    }  # fmt: skip
    assert cell(ask(empty, brief=brief, period="session"), "主播和场控（按小时）") == "-1,440 元"


def test_refunds_are_judged_as_orders_of_mean_value(shop: Shop) -> None:
    """1,000 of 10,000 paid in 100 orders: ten orders' worth, a tenth of them."""
    step = next(step for step in chain_of(stream(), past()).side if step.key == "refund")
    assert (step.top(stream()), step.base(stream()), step.value(stream())) == (10, 100, D("0.1"))


@pytest.mark.parametrize(("held", "read"), [(19, False), (20, True)])
def test_a_column_that_under_half_of_the_history_holds_is_not_read(held: int, read: bool) -> None:
    rows = [row | ({} if n < held else {"item_viewers": None}) for n, row in enumerate(history(40))]
    streams = [stream(row["session_id"], row["day"], **{k: v for k, v in row.items() if k not in ("session_id", "day", "title", "host", "started_at")}) for row in rows]  # fmt: skip
    assert ("item_viewers" in [node.column for node in chain_of(stream(), streams).nodes]) == read


@pytest.mark.parametrize(("buyers", "times"), [(400, 1), (100, 1), (25, 4)])
def test_money_per_buyer_of_few_buyers_may_stray_further(buyers: int, times: int) -> None:
    """A quarter of the usual buyers has four times the variance of a single stream; more than usual is not trusted further."""
    few: dict[str, Any] = {"buyers": buyers, "paid_amount": D(100 * buyers)}
    one, seen = stream(**few), past()
    step = next(step for step in chain_of(one, seen).steps if step.key == "order_value")
    level = usual_level([(*place_of(s), math.log(float(step.value(s) or 0))) for s in seen], *place_of(one))
    verdict = judge(step, one, seen, 0.01)
    assert verdict.usual is not None and verdict.high is not None
    reach = float(stats.t.ppf(0.99, level.df)) * math.sqrt(times * level.spread**2 + level.doubt)
    assert math.log(verdict.high / verdict.usual) == pytest.approx(reach, rel=1e-6)


@pytest.mark.parametrize(("top", "base"), [(0, 20), (1, 20), (5, 40), (40, 40)])
def test_the_chance_of_as_much_or_more_counts_this_much_too(top: int, base: int) -> None:
    law = _exact(0.1, 0.2, top, base, 0.05)
    whole = 0.9 / (0.1 * 0.2) - 1
    assert law.above == pytest.approx(stats.betabinom.sf(top - 1, base, 0.1 * whole, 0.9 * whole), abs=1e-9)
    assert law.below == pytest.approx(stats.betabinom.cdf(top, base, 0.1 * whole, 0.9 * whole), abs=1e-9)


@pytest.mark.parametrize(("days", "sums"), [(30, [300]), (31, []), (23, [230, 230])])
def test_sums_over_a_period_start_with_the_first_day_of_history(days: int, sums: list[int]) -> None:
    """Thirty days of 10 each; a sum over 23 days fits twice, a week apart."""
    known = [stream(f"s{n}", DAY + timedelta(days=n), paid_amount=D(10)) for n in range(30)]
    assert _rolling(known, days, DAY + timedelta(days=29)) == sums
