"""The response of a room: planted effects come back, intervals cover, thin cells are drawn together, and too little is said to be too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal as D

import numpy as np
import pytest
import statsmodels.api as sm

from tests.tools.livestream.rooms import FIRST, history, order, session, simulated
from tools.livestream.assumption import Basis
from tools.livestream.response import campaign_days, room_response, slot_of
from tools.livestream.response_fit import adjust, draw_together


def test_campaign_and_trend_agree_with_the_poisson_regression_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    n = 300
    slot, campaign, months = rng.integers(0, 2, n), (rng.random(n) < 0.2).astype(float), -rng.random(n) * 10
    hours = rng.choice([2.0, 3.0, 4.0], n)
    values = np.exp(5 + 0.6 * slot + 0.5 * campaign + 0.05 * months) * rng.gamma(6, 1 / 6, n)
    design = np.column_stack([slot == 0, slot == 1]).astype(float)
    ours = adjust(values, hours, design, campaign, months, with_campaign=True, with_trend=True)
    x = np.column_stack([np.ones(n), slot, campaign, months])
    theirs = sm.GLM(values, x, family=sm.families.Poisson(), var_weights=hours).fit()
    assert ours.campaign == pytest.approx(theirs.params[2], abs=2e-3) and ours.campaign_clear
    assert ours.month == pytest.approx(theirs.params[3], abs=1e-3)
    level = ours.values * np.exp(theirs.params[2] * campaign + theirs.params[3] * months)
    assert level == pytest.approx(values, rel=0.02)


def test_a_trend_that_is_noise_is_not_kept() -> None:
    rng = np.random.default_rng(4)
    months = -np.linspace(9, 0, 120)
    values = 100 * rng.gamma(4, 0.25, 120)
    got = adjust(values, np.ones(120), np.ones((120, 1)), np.zeros(120), months, with_campaign=False, with_trend=True)
    assert got.month == 0 and got.values == pytest.approx(values)


def test_drawn_together_is_the_normal_conditional_of_its_prior() -> None:
    """With one cell nothing is shared: the mean is the data's, its width the standard error of a log mean."""
    rng = np.random.default_rng(0)
    values, hours = 50 * rng.gamma(4, 0.25, 200), np.ones(200)
    got = draw_together(values, hours, np.zeros(200, dtype=int), [(0, 0)])
    assert got is not None
    spread = float(np.std(values, ddof=1) / values.mean() / np.sqrt(200))
    assert got.mean[0] == pytest.approx(values.mean(), rel=0.005)
    assert np.log(got.high[0] / got.low[0]) / (2 * 1.96) == pytest.approx(spread, rel=0.02)


def _true_cells(seed: int) -> tuple[np.random.Generator, dict[tuple[int, str], float]]:
    rng = np.random.default_rng(seed)
    days, slots, own = rng.normal(0, 0.2, 7), {"12:00": -0.4, "19:30": 0.4}, 0.12
    return rng, {(d, s): 500 * float(np.exp(days[d] + slots[s] + rng.normal(0, own))) for d in range(7) for s in slots}


def test_intervals_cover_the_planted_means_and_thin_cells_gain_from_the_others() -> None:
    inside = asked = 0
    error = {"drawn": 0.0, "own": 0.0}
    for seed in range(40):
        rng, truth = _true_cells(seed)
        seen = simulated(rng, lambda day, start, t=truth: t[day.weekday(), start], weeks=8, keep=0.5)  # type: ignore[misc]
        found = room_response(history(seen))
        for cell in found.cells:
            real = truth[cell.weekday, "12:00" if cell.slot == "noon" else "19:30"]
            assert cell.low is not None and cell.high is not None and cell.gmv_hour is not None
            inside += float(cell.low) <= real <= float(cell.high)
            asked += 1
            if cell.plain_gmv_hour:
                error["drawn"] += float(np.log(float(cell.gmv_hour) / real)) ** 2
                error["own"] += float(np.log(float(cell.plain_gmv_hour) / real)) ** 2
    assert asked == 560 and 0.92 <= inside / asked <= 0.985
    assert error["drawn"] < 0.75 * error["own"]


def test_many_sessions_speak_for_themselves_and_a_cell_never_held_follows_its_weekday_and_slot() -> None:
    rng, truth = _true_cells(1)
    seen = simulated(rng, lambda day, start: truth[day.weekday(), start], weeks=13, spread=0.05)
    kept = [one for one in seen if not (one.day.weekday() == 6 and one.started_at and one.started_at.hour == 12)]
    found = room_response(history(kept))
    monday, never = found.cell(0, "noon"), found.cell(6, "noon")
    assert monday is not None and never is not None and monday.plain_gmv_hour is not None
    assert monday.n == 13 and monday.weight_own is not None and monday.weight_own > D("0.9")
    assert float(monday.gmv_hour or 0) == pytest.approx(float(monday.plain_gmv_hour), rel=0.02)
    assert (never.n, never.plain_gmv_hour, never.weight_own) == (0, None, 0)
    width = [np.log(float(c.high or 0) / float(c.low or 1)) for c in (monday, never)]
    assert width[1] > 3 * width[0]
    assert found.cell(0, "morning") is None


def test_campaign_days_are_taken_out_and_their_factor_returned() -> None:
    first, last = date(2025, 4, 7), date(2025, 8, 31)
    known = campaign_days(first, last, "tmall")
    assert date(2025, 6, 18) in known and date(2025, 5, 20) in known and date(2025, 8, 1) not in known
    rng = np.random.default_rng(8)
    rows = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        level = 400 * (2.0 if day in known else 1.0) * rng.gamma(25, 1 / 25)
        rows.append(session(day, "20:00", 3, f"{3 * level:.2f}"))
    found = room_response(history(rows))
    assert found.campaign_n == len(known) == 15 and found.campaign_clear and found.campaign is not None
    assert float(found.campaign) == pytest.approx(2, abs=0.2)
    cell = found.cell(2, "evening")
    assert cell is not None and float(cell.gmv_hour or 0) == pytest.approx(400, rel=0.06)
    ordinary = [one for one in rows if one.day not in known or one.day == date(2025, 6, 18)]
    alone = room_response(history(ordinary))
    assert (alone.campaign, alone.sessions) == (
        None,
        len(rows) - 15,
    )  # one campaign day tells nothing and is not mixed in


def test_growth_is_read_at_the_last_day_and_said() -> None:
    rng = np.random.default_rng(2)
    seen = simulated(rng, lambda day, _: 300 * 1.1 ** ((day - FIRST).days / 30.4), weeks=13, spread=0.1)
    found = room_response(history(seen))
    assert found.trend_month is not None and float(found.trend_month) == pytest.approx(0.1, abs=0.02)
    cell = found.cell(3, "evening")
    assert cell is not None and float(cell.gmv_hour or 0) == pytest.approx(300 * 1.1 ** (90 / 30.4), rel=0.05)
    assert cell.viewers_hour == D("50.00") and cell.uv_value is not None


def test_the_hour_profile_comes_from_payment_times() -> None:
    rows, orders = [], []
    for n in range(20):
        one = session(FIRST + timedelta(days=n), "20:00", 3, "600")
        rows.append(one)
        for hour, amount in enumerate(("300", "200", "100")):
            orders += [order(one, hour * 60 + 10, str(D(amount) / 2)), order(one, hour * 60 + 50, str(D(amount) / 2))]
        orders.append(order(one, 200, "999"))  # paid after the end: not on air
    found = room_response(history(rows, orders))
    assert found.profile == {"evening": (D("1.5000"), D("1.0000"), D("0.5000"))} and found.profile_n == {"evening": 20}
    assert room_response(history(rows)).profile == {}


def test_too_little_history_is_said_and_only_a_marked_reference_is_left() -> None:
    few = [session(FIRST + timedelta(days=n), "20:00", 3, "500") for n in range(7)]
    for rows in ([], few, [replace(one, paid_amount=D(0)) for one in [*few, *few]]):
        found = room_response(history(rows))
        assert found.basis is Basis.REFERENCE and found.cells == () and found.campaign is None
        assert found.index["evening"] == 1 and "afternoon" not in found.index
    eight = [*few, session(FIRST + timedelta(days=8), "20:00", 3, "500")]
    assert room_response(history(eight)).basis is Basis.DATA


def test_impossible_and_half_known_sessions_are_left_out_and_named() -> None:
    good = [session(FIRST + timedelta(days=n), "20:00", 3, "600") for n in range(20)]
    bad = [
        session(FIRST, "01:00", 26, "99999", name="long"), session(FIRST, "02:00", 3, None, name="nothing"),
        session(FIRST, "03:00", 3, "50", name="nostart", started_at=None), session(FIRST, "04:00", 0, "50", name="zero"),
        session(FIRST, "05:00", 3, "-5", name="negative"),
    ]  # fmt: skip
    found, clean = room_response(history([*good, *bad])), room_response(history(good))
    assert found.sessions == 20 and found.cells == clean.cells
    said = " ".join(text.en for text in found.notes)
    assert "1560 minutes" in said and "without start, length or sales" in said


def test_all_equal_sessions_and_sessions_without_a_sale_do_not_break_it() -> None:
    equal = [session(FIRST + timedelta(days=n), "20:00", 3, "600") for n in range(20)]
    cell = room_response(history(equal)).cell(0, "evening")
    assert cell is not None and cell.gmv_hour is not None and abs(cell.gmv_hour - 200) < 2
    dead = [replace(one, paid_amount=D(0)) if one.day.weekday() == 2 else one for one in equal]
    wednesday = room_response(history(dead)).cell(2, "evening")
    assert wednesday is not None and wednesday.gmv_hour is not None and 0 < wednesday.gmv_hour < 150


@pytest.mark.parametrize(("clock", "slot"), [("05:59", "late"), ("06:00", "morning"), ("10:59", "morning"), ("11:00", "noon"), ("14:00", "afternoon"), ("18:00", "evening"), ("21:59", "evening"), ("22:00", "late"), ("00:30", "late")])  # fmt: skip
def test_a_start_falls_in_one_slot(clock: str, slot: str) -> None:
    assert slot_of(time.fromisoformat(clock)) == slot
