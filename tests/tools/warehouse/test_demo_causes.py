"""Every kind of cause moves its own factor in its own window, and nothing before it; no cause moves nothing."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tools.errors import BadArguments
from tools.warehouse.demo import (
    CAUSE_TYPES,
    CauseSpec,
    PlantedCause,
    Simulation,
    demo_spec,
    impact,
    possible_causes,
    random_cause,
    random_shop,
    simulate,
    truth,
)

ROOT = Path(__file__).resolve().parents[3]
START, END = date(2026, 9, 1), date(2026, 9, 30)
SPEC = random_shop(3, months=3, live=True)

# relative change of the cause's own factor in its window: weakest and strongest that the strengths of scenarios.yaml allow
EXPECTED = {
    "source_surge": (0.10, 0.60),
    "source_lost": (-0.35, -0.05),
    "source_drift": (-0.20, -0.03),
    "search_rank_lost": (-0.20, -0.02),
    "stock_out": (-0.50, -0.05),
    "price_up": (-0.18, -0.01),
    "price_cut": (0.01, 0.30),
    "page_worse": (-0.20, -0.01),
    "ad_paused": (-0.14, -0.04),
    "ad_cost_up": (-0.10, -0.02),
    "ad_boost": (0.03, 0.16),
    "host_left": (-0.08, -0.02),
    "lottery_live": (0.05, 0.30),
    "quality_batch": (0.20, 3.00),
    "coupon_ended": (-0.16, -0.01),
    "second_order_ended": (-0.13, -0.05),
    "market_dip": (-0.34, -0.13),
    "returning_lost": (-0.60, -0.28),
}
UNTOUCHED = {
    "quality_batch": ("gmv", "visitors", "conversion", "order_value", "new_buyers"),
    "coupon_ended": ("visitors", "conversion", "orders_per_buyer", "new_buyers"),
    "second_order_ended": ("visitors", "conversion"),
    "returning_lost": ("visitors", "order_value"),
    "price_up": ("visitors", "orders_per_buyer"),
    "page_worse": ("visitors", "orders_per_buyer"),
    "host_left": ("visitors", "orders_per_buyer", "order_value"),
    "ad_paused": ("order_value", "orders_per_buyer"),
    "market_dip": ("conversion", "order_value"),
}


@pytest.fixture(scope="module")
def without() -> Simulation:
    return simulate(SPEC)


def day_of(table: str, frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["created_date"] if table == "orders" else frame["day"])


def evidence_is_where_the_truth_says(planted: PlantedCause, with_it: Simulation, without: Simulation) -> None:
    assert [name for name in planted.tables if not with_it.tables[name].equals(without.tables[name])]
    places = {"product": ("products", "title"), "stock_out": ("products", "title"), "ad_plan": ("ad_daily", "plan"),
              "live_host": ("live_orders", "host"), "live_session": ("live_sessions", "title"),
              "traffic_source": ("traffic_daily", "source"), "promotion": ("promotions", "name"),
              "market": ("market_daily", "category")}  # fmt: skip
    table, column = places[planted.entity_kind]
    found = set(with_it.tables[table][column].to_pylist()) | set(without.tables[table][column].to_pylist())
    assert planted.entity in found


@pytest.mark.parametrize("type_", sorted(CAUSE_TYPES))
def test_a_cause_moves_its_factor_and_nothing_before_it(type_: str, without: Simulation) -> None:
    cause = random_cause(SPEC, 5, start=START, end=END, type_=type_)
    with_it = simulate(SPEC, causes=[cause])
    (planted,) = with_it.causes
    changed = impact(with_it, without, start=START, end=END)
    low, high = EXPECTED[type_]
    assert low <= changed.of(planted.kind) <= high
    assert changed.of(planted.kind) * planted.direction > 0
    for factor in UNTOUCHED.get(type_, ()):
        assert abs(changed.of(factor)) < 0.03, factor
    evidence_is_where_the_truth_says(planted, with_it, without)
    for table in ("shop_daily", "traffic_daily", "product_daily", "ad_daily", "live_sessions", "market_daily"):
        ours, theirs = (run.tables[table].to_pandas() for run in (with_it, without))
        if table == "live_sessions":  # a session's refunds and presale balances come in later
            ours, theirs = ours.drop(columns="refund_amount"), theirs.drop(columns="refund_amount")
        before = [frame[day_of(table, frame) < pd.Timestamp(START)].reset_index(drop=True) for frame in (ours, theirs)]
        if table in {"traffic_daily", "shop_daily", "product_daily"}:  # people look around a week before they buy
            before = [frame[day_of(table, frame) < pd.Timestamp("2026-08-24")] for frame in before]
        assert len(before[0]) > 10
        pd.testing.assert_frame_equal(*before)


@pytest.mark.parametrize("type_", ["page_worse", "price_up", "stock_out", "quality_batch"])
def test_a_product_cause_leaves_the_other_products_visits_alone(type_: str, without: Simulation) -> None:
    cause = random_cause(SPEC, 5, start=START, end=END, type_=type_)
    run = simulate(SPEC, causes=[cause]).run
    hero = run.axes.product[cause.product or ""]
    mine = [p for p in range(run.axes.shape[2]) if p != hero]
    assert (run.strangers[:, :, mine] == without.run.strangers[:, :, mine]).all()


def test_lottery_buyers_hardly_come_back() -> None:
    spec = random_shop(8, months=6, live=True)
    cause = random_cause(spec, 1, start=date(2026, 5, 1), end=date(2026, 6, 30), type_="lottery_live")
    run = simulate(spec, causes=[cause]).run
    calm = simulate(spec).run
    people, drawn = run.people, ~pd.Index(run.people.key).isin(calm.people.key)
    early = (people.first_day >= 0) & (people.first_day < 60)
    back = pd.Series(run.purchases.trips.person[run.purchases.trips.bought]).unique()
    came_back = pd.Index(range(people.size)).isin(back)
    assert (drawn & early).sum() > 100
    assert came_back[drawn & early].mean() < 0.35 * came_back[~drawn & early].mean()


def test_a_market_dip_shows_in_the_market_and_own_causes_do_not(without: Simulation) -> None:
    def index(simulation: Simulation) -> float:
        market = simulation.tables["market_daily"].to_pandas()
        inside = (pd.to_datetime(market.day) >= pd.Timestamp(START)) & (pd.to_datetime(market.day) <= pd.Timestamp(END))
        return float(market[inside].index_value.astype(float).sum())

    dip = random_cause(SPEC, 5, start=START, end=END, type_="market_dip")
    lost = random_cause(SPEC, 5, start=START, end=END, type_="source_lost")
    assert index(simulate(SPEC, causes=[dip])) / index(without) == pytest.approx(1 - dip.strength, abs=0.005)
    assert index(simulate(SPEC, causes=[lost])) == index(without)


def test_random_shops_are_valid_fast_and_differ() -> None:
    seconds, sizes = [], set()
    for seed in range(6):
        spec = random_shop(seed)
        begin = time.process_time()
        simulation = simulate(spec)
        seconds.append(time.process_time() - begin)
        sizes.add(simulation.tables["orders"].num_rows)
        cause = random_cause(spec, seed, start=START, end=END)
        assert random_cause(spec, seed, start=START, end=END) == cause
        assert cause.type in possible_causes(spec)
        assert simulation.causes == ()
    assert len(sizes) == 6
    assert min(seconds) < 0.5  # a small shop of six months


def test_a_cause_that_does_not_fit_is_refused() -> None:
    spec = random_shop(2, months=2, live=False)
    with pytest.raises(BadArguments):
        random_cause(spec, 1, start=START, end=END, type_="host_left")
    with pytest.raises(BadArguments):
        simulate(spec, causes=[CauseSpec(id="x", type="hosts_left", start=START, end=END, strength=1)])
    with pytest.raises(BadArguments):
        simulate(spec, causes=[CauseSpec(id="x", type="price_up", product="none", start=START, end=END, strength=0.1)])


def test_truth_of_the_demo_shops() -> None:
    skincare = {cause.id: cause for cause in truth("demo-skincare")}
    october = [cause.id for cause in skincare.values() if cause.overlaps(date(2026, 10, 1), date(2026, 10, 31))]
    assert october == ["hero-search-lost", "star-host-left"]
    lost = skincare["hero-search-lost"]
    assert (lost.kind, lost.entity_kind, lost.entity, lost.direction) == ("visitors", "traffic_source", "搜索", -1)
    assert ("product", "积雪草修护精华液 30ml") in lost.also
    assert not [c for c in skincare.values() if c.overlaps(date(2026, 9, 1), date(2026, 9, 30))]
    with_calendar = truth("demo-skincare", calendar=True)
    assert {c.entity for c in with_calendar if c.entity_kind == "calendar"} >= {
        "618",
        "双11",
        "双12",
        "38节",
        "春节",
        "年货节",
    }
    assert next(c for c in with_calendar if c.id == "calendar-spring-2026").direction == -1
    snacks = [cause.id for cause in truth("demo-snacks") if cause.overlaps(date(2026, 10, 1), date(2026, 10, 31))]
    assert snacks == ["coupon-ended", "affiliate-left"]


@pytest.mark.slow
@pytest.mark.parametrize("shop", ["demo-skincare", "demo-snacks"])
def test_the_last_month_has_one_dominating_and_one_smaller_cause(shop: str) -> None:
    spec = demo_spec(shop)
    full = simulate(spec)
    orders = full.tables["orders"].to_pandas().dropna(subset=["paid_date"])
    month = pd.to_datetime(orders.paid_date).dt.strftime("%Y-%m")
    gmv = orders.gross_amount.astype(float).groupby(month).sum()
    assert gmv["2026-10"] / gmv["2026-09"] < 0.94
    cost = {}
    for cause in [item for item in spec.causes if item.end == spec.end]:
        others = [item for item in spec.causes if item is not cause]
        cost[cause.id] = impact(full, simulate(spec, causes=others), start=date(2026, 10, 1), end=spec.end).gmv
    first, second = sorted(cost.values())
    assert first < -0.06
    assert first < 1.5 * second < 0


def test_diagnosis_shares_nothing_with_the_simulator() -> None:
    for path in (ROOT / "tools").rglob("*.py"):
        if "warehouse" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "warehouse.demo" not in text, path
            assert not re.search(r"(load_yaml|seed_path)\(\s*['\"]demo['\"]", text), path
