"""A review's pieces by hand: the split of the gap, which stream is meant, what it is held against, items and half hours."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.livestream.review_rooms import DAY, stream
from tests.tools.livestream.test_funnel import past
from tools.errors import BadArguments, DataMissing
from tools.livestream.economics import UnitEconomics
from tools.livestream.review import Past, past_of, review_of, split_gap
from tools.livestream.review_data import gpm, little
from tools.livestream.review_parts import Worth, halves_of, items_of
from tools.livestream.review_pick import pick
from tools.livestream.room import LiveItem, LiveOrder
from tools.metrics.decompose import split_product

PAST = past()


def review(**more: Any) -> Any:
    return review_of(stream(**more), Past(PAST))


def test_a_usual_stream_has_no_break_and_no_gap() -> None:
    found = review()
    assert found.first is None and found.gap is not None
    assert found.gap.usual == pytest.approx(D(10_000), rel=D("0.02"))
    assert {one.state for one in found.verdicts} == {"normal"}


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ({"impressions": 3000, "viewers": 600, "item_viewers": 300, "item_clickers": 120, "order_creators": 60, "buyers": 30, "orders": 30, "paid_amount": D(3000), "refund_amount": D(300), "watch_seconds": 36_000}, "exposure"),
        ({"viewers": 700, "item_viewers": 350, "item_clickers": 140, "order_creators": 70, "buyers": 35, "orders": 35, "paid_amount": D(3500), "refund_amount": D(350), "watch_seconds": 42_000}, "entry"),
        ({"watch_seconds": 40_000}, "stay"),
        ({"item_viewers": 350, "item_clickers": 140, "order_creators": 70, "buyers": 35, "orders": 35, "paid_amount": D(3500), "refund_amount": D(350)}, "product_exposure"),
        ({"item_clickers": 120, "order_creators": 60, "buyers": 30, "orders": 30, "paid_amount": D(3000), "refund_amount": D(300)}, "click"),
        ({"order_creators": 60, "buyers": 30, "orders": 30, "paid_amount": D(3000), "refund_amount": D(300)}, "create"),
        ({"buyers": 25, "orders": 25, "paid_amount": D(2500), "refund_amount": D(250)}, "pay"),
        ({"paid_amount": D(3500), "refund_amount": D(350)}, "order_value"),
        ({"refund_amount": D(5000)}, "refund"),
        ({"ad_spend": D(2500)}, "ads"),
    ],
)  # fmt: skip
def test_a_break_at_each_step_is_named(more: dict[str, Any], first: str) -> None:
    found = review(**more)
    assert found.first is not None and found.first.step.key == first


def test_the_first_break_is_told_not_the_largest() -> None:
    """Entry falls to a half, paying to a tenth: the first is where to begin."""
    found = review(viewers=1000, item_viewers=500, item_clickers=200, order_creators=100, buyers=5, orders=5, paid_amount=D(500), refund_amount=D(50), watch_seconds=60_000)  # fmt: skip
    assert [one.step.key for one in found.broken][:2] == ["entry", "pay"]
    parts = dict(found.gap.parts)
    assert parts["pay"] < parts["entry"] < 0


def test_a_part_of_the_gap_is_the_logarithmic_mean_times_the_log_of_its_ratio() -> None:
    """Ang (2005): only entry differs, by half, so the whole gap is its own; two halvings share alike."""
    half = review(viewers=1000, item_viewers=500, item_clickers=200, order_creators=100, buyers=50, orders=50, paid_amount=D(5000))  # fmt: skip
    usual, gmv = float(half.gap.usual), 5000.0
    mean = (gmv - usual) / math.log(gmv / usual)
    entry = next(v for v in half.verdicts if v.step.key == "entry")
    expected = mean * math.log(float(entry.value / entry.usual))
    assert float(dict(half.gap.parts)["entry"]) == pytest.approx(expected, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(
    shown=st.integers(0, 50_000),
    rates=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    value=st.integers(0, 90_000),
    minutes=st.integers(1, 600),
)
def test_parts_add_up_to_the_cent_whatever_came(shown: int, rates: list[float], value: int, minutes: int) -> None:
    counts = [shown]
    for rate in rates:
        counts.append(int(counts[-1] * rate))
    _, viewers, seen, clicked, created, buyers = counts
    gmv = D(buyers * value) / 100
    found = review(minutes=minutes, impressions=shown, viewers=viewers, item_viewers=seen, item_clickers=clicked, order_creators=created, buyers=buyers, orders=buyers, paid_amount=gmv)  # fmt: skip
    assert found.gap is not None and found.gap.gmv == gmv
    assert sum((part for _, part in found.gap.parts), D(0)) == gmv - found.gap.usual


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(st.integers(1, 900), min_size=5, max_size=5),
    after=st.lists(st.one_of(st.none(), st.integers(0, 900)), min_size=5, max_size=5),
)
def test_subsets_give_what_all_orders_give(before: list[int], after: list[int | None]) -> None:
    old, new = [D(v) / 10 for v in before], [None if v is None else D(v) / 10 for v in after]
    total = round(math.prod(o if n is None else n for o, n in zip(old, new, strict=True)) - math.prod(old), 2)
    mine, theirs = split_gap(old, new, total), split_product(old, new, total=total)
    assert sum(mine) == total
    assert all(abs(a - b) <= D("0.05") for a, b in zip(mine, theirs, strict=True))


def test_nobody_came_is_a_break_at_the_door_and_what_follows_is_not_read() -> None:
    found = review(viewers=0, views=0, item_viewers=0, item_clickers=0, order_creators=0, buyers=0, orders=0, paid_amount=D(0), refund_amount=D(0), watch_seconds=0)  # fmt: skip
    assert found.first.step.key == "entry" and found.first.value == 0
    assert {v.state for v in found.verdicts if v.step.key in ("stay", "product_exposure", "pay", "refund")} == {
        "unread"
    }
    assert found.gap.change == -found.gap.usual


def test_young_refunds_are_not_judged() -> None:
    assert review_of(stream(refund_amount=D(0)), Past(PAST), young=True).of("refund") is None


# -- what it is held against ------------------------------------------------------------------------------------------
def test_history_is_what_came_before_and_of_the_same_kind_of_day() -> None:
    later = stream("later", DAY + timedelta(days=3))
    found = past_of(stream(), [*PAST, later], "tmall")
    assert later not in found.sessions and len(found.sessions) == 40 and not found.campaign and not found.mixed
    eleventh = stream("big", date(2025, 11, 11))
    assert past_of(eleventh, [stream(f"o{n}", date(2025, 9, 1) + timedelta(days=n)) for n in range(20)], "tmall").mixed


# -- which stream is meant --------------------------------------------------------------------------------------------
KNOWN = [
    stream("a", DAY - timedelta(days=9)), stream("b", DAY - timedelta(days=1), started_at=datetime.combine(DAY - timedelta(days=1), time(12)), title="午场"),
    stream("c", DAY - timedelta(days=1)), stream("d", DAY),
]  # fmt: skip
TODAY = DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("session", "window", "found", "noted"),
    [
        ("", None, "d", False),
        ("latest", None, "d", False),
        ("昨晚", None, "d", False),
        ("Last Night", None, "d", False),
        ("前天", None, "bc", False),
        ("a", None, "a", False),
        ("午场", None, "b", False),
        ("晚场", None, "d", True),
        ("2026-08-09", None, "bc", False),
        ("8月9日", None, "bc", False),
        ("今天", None, "d", True),
        ("", "7d", "bcd", False),
        ("", "2026-08-01..2026-08-31", "abcd", False),
    ],
)  # fmt: skip
def test_a_stream_is_named_as_people_do(session: str, window: str | None, found: str, noted: bool) -> None:
    picked = pick(KNOWN, session, window, TODAY)
    assert "".join(one.session_id for one in picked.sessions) == found
    assert bool(picked.notes) is noted


def test_last_night_leaves_the_noon_stream_out() -> None:
    assert [one.session_id for one in pick(KNOWN, "昨晚", None, DAY).sessions] == ["c"]


def test_an_unknown_stream_and_an_empty_window_are_different_answers() -> None:
    with pytest.raises(BadArguments) as unknown:
        pick(KNOWN, "谁都不知道的场", None, TODAY)
    assert "d" in unknown.value.choices
    with pytest.raises(DataMissing):
        pick(KNOWN, "2026-01-01", None, TODAY)
    with pytest.raises(DataMissing):
        pick(KNOWN, "", "2026-07-01..2026-07-03", TODAY)


# -- data, items, half hours ------------------------------------------------------------------------------------------
def test_littles_law_and_the_denominator_of_gpm() -> None:
    """120,000 seconds watched in 7,200 seconds on air are 16.7 people on average; 10,000 over 2,600 views is 3,846 a thousand."""
    agreed, odd = little(stream(average_online=17)), little(stream(average_online=40))
    assert agreed is not None and agreed.agrees and odd is not None and not odd.agrees
    assert little(stream()) is None
    assert round(gpm(stream()) or D(0), 1) == D("3846.2") and gpm(stream(views=None)) is None


def item(product: str, clickers: int, buyers: int, paid: str, session: str = "now") -> LiveItem:
    return LiveItem(session, product, DAY, product, None, clickers, None, None, buyers, buyers, buyers, D(paid))


def line(n: int, product: str, amount: str, minute: int) -> LiveOrder:
    at = datetime.combine(DAY, datetime.min.time()) + timedelta(hours=19, minutes=30 + minute)
    return LiveOrder(f"l{n}", "now", "", product, product, "", at, D(amount), None)


UNIT = UnitEconomics(D(100), D(0), D("0.2"), D("0.4"), D("0.05"))


def test_items_leave_what_their_own_cost_leaves() -> None:
    """Kept 80 %; at a cost of 30 of 100 it is 0.8 × (1 - 0.3 - 0.05) = 0.52 a yuan, at the shop's 40 % 0.44."""
    found = items_of(stream(), [item("p", 50, 10, "1000"), item("q", 50, 10, "1000")], [], [], Worth(UNIT, {"p": D(30)}), {})  # fmt: skip
    assert [(one.product_id, one.left) for one in found] == [("p", D("520.00")), ("q", D("440.00"))]
    assert items_of(stream(), [item("p", 50, 10, "1000")], [], [], Worth(None, {}), {})[0].left is None


def test_an_item_is_held_against_its_own_past_rate() -> None:
    """A tenth of 2,000 past clickers bought: 10 of 100 is usual, none of 200 is not."""
    before = [item("p", 1000, 100, "1", "x"), item("p", 1000, 100, "1", "y"), item("q", 2000, 200, "1", "x")]
    usual, lost = sorted(items_of(stream(), [item("p", 100, 10, "900"), item("q", 200, 0, "0")], [], before, Worth(None, {}), {}), key=lambda one: one.product_id)  # fmt: skip
    assert usual.usual == D("0.1") and (usual.p_low or 0) > 0.2
    assert (lost.p_low or 1) < 1e-3


def test_half_hours_hold_the_money_of_the_stream_and_only_that() -> None:
    lines = [line(1, "p", "100", 5), line(2, "p", "50", 5), line(3, "q", "70", 45), line(4, "q", "30", 500)]
    found = halves_of(stream(), lines, [], Worth(UNIT, {}))
    assert [(half.orders, half.gmv) for half in found] == [(1, D(150)), (1, D(70)), (0, D(0)), (0, D(0))]
    assert found[0].left == D("66.00")  # 150 × 0.44
    assert halves_of(stream(minutes=None), lines, [], Worth(None, {})) == []
