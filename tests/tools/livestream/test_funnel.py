"""The funnel's chain and its judgement: merged steps, published laws, and verdicts on rooms that can be worked out by hand."""

from __future__ import annotations

import math
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.benchmarks.live_review import score
from tests.tools.livestream.review_rooms import history, stream
from tools.livestream.funnel import LEAST, LINKS, ORDER, chain_of
from tools.livestream.funnel_judge import at_most, judge, usual_level
from tools.livestream.review import Past, review_of
from tools.livestream.review_rules import advice, judging, step_name
from tools.livestream.room import LiveSession

FULL = ("exposure", "entry", "product_exposure", "click", "create", "pay", "order_value")


def past(count: int = 40, **more: Any) -> tuple[LiveSession, ...]:
    return tuple(stream(one["session_id"], one["day"], **{k: v for k, v in one.items() if k not in ("session_id", "day", "title", "host", "started_at")}) for one in history(count, **more))  # fmt: skip


def test_a_full_report_has_every_step_and_their_product_is_the_gmv() -> None:
    one = stream()
    chain = chain_of(one, past())
    assert tuple(step.key for step in chain.steps) == FULL == LINKS
    assert [step.key for step in chain.ordered] == list(ORDER)
    product = chain.nodes[0].read(one) or D(0)
    for step in chain.steps:
        product *= step.value(one) or D(0)
    assert round(product, 6) == 10_000
    assert [round(step.value(one) or D(0), 4) for step in chain.steps] == [5000, D("0.2"), D("0.5"), D("0.4"), D("0.5"), D("0.5"), 100]  # fmt: skip


@pytest.mark.parametrize(
    ("lacks", "merged"),
    [
        ("item_viewers", ("product_exposure", "click")),
        ("order_creators", ("create", "pay")),
        ("impressions", ("exposure", "entry")),
    ],
)
def test_a_missing_count_merges_its_neighbours(lacks: str, merged: tuple[str, ...]) -> None:
    chain = chain_of(stream(**{lacks: None}), past(**{lacks: None}))
    assert merged in [step.links for step in chain.steps]
    assert lacks in chain.absent and chain.whole
    assert sum(len(step.links) for step in chain.steps) == len(LINKS)


def test_a_count_that_the_history_lacks_is_not_read_either() -> None:
    chain = chain_of(stream(), past(item_viewers=None))
    assert ("product_exposure", "click") in [step.links for step in chain.steps] and "item_viewers" not in chain.absent


def test_times_stand_in_for_people_where_there_are_none() -> None:
    chain = chain_of(stream(viewers=None), past(viewers=None))
    assert [(step.above, step.below) for step in chain.steps][:2] == [("impressions", "hours"), ("views", "impressions")]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(n=st.integers(1, 400), rate=st.floats(0.003, 0.9), room=st.floats(0.001, 0.5), at=st.floats(0, 1))
def test_the_law_of_small_counts_is_scipys_beta_binomial(n: int, rate: float, room: float, at: float) -> None:
    whole = max((1 - rate) / (rate * room) - 1, 0.5)
    x = int(at * n)
    expected = stats.betabinom.cdf(x, n, rate * whole, (1 - rate) * whole)
    assert math.isclose(at_most(x, n, rate, room), expected, rel_tol=1e-7, abs_tol=1e-9)


def test_without_a_wobble_it_is_the_binomial() -> None:
    assert math.isclose(at_most(3, 40, 0.2, 0.0), stats.binom.cdf(3, 40, 0.2), rel_tol=1e-4)
    assert at_most(-1, 40, 0.2, 0.1) == 0 and at_most(40, 40, 0.2, 0.1) == pytest.approx(1)


def test_the_usual_level_is_the_median_and_a_thin_slot_is_drawn_to_the_room() -> None:
    """Forty evenings at 1.0 and four noons at 2.0: a noon's deviation counts 4/(4+3) of itself."""
    logs = [("evening", n % 7, 1.0) for n in range(40)] + [("noon", n, 2.0) for n in range(4)]
    k = judging().slot
    assert usual_level(logs, "evening", 0).middle == pytest.approx(1.0)
    assert 1 + 4 / (4 + k) <= usual_level(logs, "noon", 0).middle <= 2.0
    assert usual_level(logs, "late", 0).middle == pytest.approx(1.0)  # a slot never seen is the room
    assert usual_level(logs, "noon", 2).same == 1


def test_one_wild_stream_moves_neither_level_nor_spread() -> None:
    logs = [("evening", n % 7, 1.0 + 0.1 * (n % 3 - 1)) for n in range(42)]
    calm, wild = usual_level(logs, "evening", 0), usual_level([*logs[:-1], ("evening", 6, 9.0)], "evening", 0)
    assert wild.middle == pytest.approx(calm.middle, abs=0.02) and wild.spread == pytest.approx(calm.spread, rel=0.1)


def test_too_little_history_is_not_judged_and_zero_is_not_missing() -> None:
    entry = next(s for s in chain_of(stream(), past()).steps if s.key == "entry")
    assert judge(entry, stream(viewers=0), past(LEAST - 1), 0.005).state == "thin"
    none = judge(entry, stream(viewers=0), past(), 0.005)
    assert none.state == "broken" and none.value == 0
    missing = judge(entry, stream(viewers=None), past(), 0.005)
    assert missing.state == "unread" and missing.value is None
    odd = judge(entry, stream(viewers=12_000), past(), 0.005)
    assert odd.state == "unread" and odd.odd


def test_a_small_change_is_no_break_however_large_the_room() -> None:
    big = {"impressions": 10_000_000, "viewers": 2_000_000}
    entry = next(s for s in chain_of(stream(**big), past(**big)).steps if s.key == "entry")
    assert judge(entry, stream(**big | {"viewers": 1_860_000}), past(**big), 0.005).state == "normal"  # 7 % below
    assert judge(entry, stream(**big | {"viewers": 1_600_000}), past(**big), 0.005).state == "broken"


def test_ads_break_where_more_was_spent_for_it_not_where_little_was_sold() -> None:
    def state(**more: Any) -> str:
        found = review_of(stream(**more), Past(past())).of("ads")
        assert found is not None
        return found.state

    assert state(ad_spend=D(1500)) == "broken"
    assert state(paid_amount=D(3000)) == "normal"
    assert state(ad_spend=D(1500), paid_amount=D(30_000), buyers=300, orders=300) == "normal"


def test_every_step_has_causes_actions_and_a_horizon_in_both_languages() -> None:
    for key in ORDER:
        found = advice(key)
        assert step_name(key).zh and step_name(key).en and found.sources
        assert len(found.causes) >= 2 and len(found.actions) >= 2 and found.horizon[0] <= found.horizon[1]
        for text in (*found.causes, *found.actions):
            assert text.zh and text.en and text.zh != text.en
            assert text.zh.count("{") == text.en.count("{") <= len(found.figures)


def test_planted_breaks_are_found_first_and_whole_streams_left_in_peace() -> None:
    """The short form of the benchmark; its full form is `python -m evals.benchmarks.live_review`."""
    found = score(60, 5)
    assert found.planted > 450 and found.found >= 0.95
    assert found.alarms <= 0.1  # 5 % of sixty is three; six would still be chance
    assert score(60, 5, thin=True).alarms <= 0.1
