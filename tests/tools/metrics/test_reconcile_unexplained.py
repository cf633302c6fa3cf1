"""Reconciliation: gaps that must stay unexplained, and parts that sum to the gap whatever the two sides hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reconcile_shops import DAYS, FIRST, at, call, orders, presale_rows, report, settle, shop_of

from tools.facts import Window
from tools.metrics.reader import Reader
from tools.metrics.reconcile import PARTS, split_gap
from tools.metrics.reconcile_books import EDGE_MINUTES, Books, Counts, read_books


def test_a_deposit_that_was_never_balanced_is_not_told_from_other_gaps(tmp_path: Path) -> None:
    rows = presale_rows()
    daily = report(rows)
    daily[at(1)]["paid_amount"] += Decimal("20.00")  # somebody paid a deposit and let it go
    shop = shop_of(tmp_path, rows, daily)
    assert settle(shop).parts == {"unexplained": Decimal("-20.00")}
    assert any("定金" in note.zh for note in call(shop).notes)


def test_rejected_rows_that_do_not_fit_claim_nothing(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows)
    daily[at(3)]["paid_amount"] += 5000
    daily[at(3)]["orders"] += 2
    shop = shop_of(tmp_path, rows, daily)
    reader = Reader(shop)
    for rejected in (1, 2, 40):  # too few, as many but worth fifty usual orders each, far too many
        books = read_books(reader, Window(start=FIRST, end=at(DAYS - 1)), rejected=rejected)
        assert split_gap(books).parts == {"unexplained": Decimal(-5000)}


def test_without_clock_times_hours_are_not_guessed(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows, day=lambda row: (row["paid_at"] - timedelta(hours=8)).date())
    for row in rows:
        row["paid_at"] = datetime.combine(row["paid_date"], datetime.min.time())
    shop = shop_of(tmp_path, rows, {day: row for day, row in daily.items() if day >= FIRST})
    assert not settle(shop).timed and set(settle(shop).parts) == {"unexplained"}
    assert any("时刻" in note.zh for note in call(shop).notes)


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Both sides equal, with refunds, services and cancelled orders a cause could be made of."""
    rows = orders()
    for number in range(3, len(rows), 17):
        rows[number] |= {"is_service": True}
    for number in range(5, len(rows), 23):
        rows[number] |= {"status": "closed"}
    shop = shop_of(tmp_path_factory.mktemp("agreed"), rows, report(rows))
    return read_books(Reader(shop), Window(start=FIRST, end=at(DAYS - 1)))


@settings(max_examples=25, deadline=None)
@given(
    hits=st.dictionaries(
        st.integers(0, DAYS - 1),
        st.builds(lambda size, sign: size * sign, st.integers(60_000, 400_000), st.sampled_from((1, -1))),
        min_size=1,
        max_size=6,
    )
)
def test_a_random_gap_stays_unexplained(agreed: Books, hits: dict[int, int]) -> None:
    """Gaps larger than anything two hours hold, of both signs: no cause is made up for them."""
    theirs = agreed.theirs.copy()
    for day, cents in hits.items():
        theirs[day] -= cents
    found = split_gap(replace(agreed, theirs=theirs))
    assert {day.day: day.parts for day in found.days if day.parts} == {
        at(day): {"unexplained": Decimal(cents) / 100} for day, cents in hits.items()
    }


money = st.integers(0, 30_000)
series = st.lists(money, min_size=9, max_size=9).map(lambda values: np.array(values, dtype=np.int64))
grid = st.lists(money, min_size=11 * 24, max_size=11 * 24).map(lambda values: np.array(values, dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_parts_always_sum_to_the_gap(data: Any) -> None:
    """Whatever the two sides hold, the parts of a day sum to its gap to the cent, and nothing is on a day with no gap."""
    names = ("gross", "refund", "service", "closed")
    hourly = {name: data.draw(grid) for name in names}
    untimed = {name: data.draw(series) for name in names}
    presence = st.lists(st.booleans(), min_size=9, max_size=9).map(np.array)
    has_ours, has_theirs = data.draw(presence), data.draw(presence)
    inner = hourly["gross"][24:-24].reshape(9, 24).sum(axis=1) + untimed["gross"]
    counts = [
        Counts(data.draw(st.none() | st.integers(0, 30)), data.draw(st.none() | st.integers(0, 30))) for _ in range(9)
    ]
    books = Books(
        window=Window(start=FIRST, end=at(8)),
        ours=inner * has_ours,
        theirs=data.draw(series) * has_theirs * 10,
        has_ours=has_ours,
        has_theirs=has_theirs,
        hourly=hourly,
        untimed=untimed,
        flows={name: data.draw(series) for name in ("presale_in", "presale_out", "reported_refund", "refund_events")},
        counts=counts,
        touched={"service": data.draw(series), "closed": data.draw(series)},
        timed=data.draw(st.booleans()),
        edges=lambda ends: {end: np.arange(1, EDGE_MINUTES + 1) * 100 for end in ends},
        rejected=data.draw(st.integers(0, 60)),
    )
    found = split_gap(books)
    for day in found.days:
        assert sum(day.parts.values(), Decimal(0)) == day.gap and set(day.parts) <= set(PARTS)
        if day.ours is None or day.theirs is None:
            assert set(day.parts) <= {"report_missing", "orders_missing"}
    assert sum(found.parts.values(), Decimal(0)) == found.gap == found.ours - found.theirs
