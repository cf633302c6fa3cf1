"""The schedule: the marginal rule against brute force, limits, campaign days, a cold room, and plans that must not be made."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise, product

import pytest

from tests.tools.livestream.rooms import FIRST, history, order, session
from tools.errors import BadArguments
from tools.livestream.assumption import Assumptions, Basis
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import Ground
from tools.livestream.response import History
from tools.livestream.schedule import plan_schedule
from tools.livestream.schedule_choice import Candidate, Terms, choose
from tools.livestream.schedule_promo import phase_on, promo_phases, undated
from tools.livestream.schedule_types import Cell, Schedule

UNIT = UnitEconomics(D(100), D(0), D("0.2"), D("0.4"), D("0.05"))  # m = 0.8 × 0.55 = 0.44
GROUND = Ground(Assumptions(()), UNIT, D("0.04"), (), UNIT)  # 0.40 of a yuan is left after ads
BLIND = Ground(Assumptions(()), None, None)
QUIET = date(2026, 8, 3)  # a Monday, no campaign within six weeks


def _history(*, hours: tuple[int, ...] = (400, 300, 200, 100), weeks: int = 12, noon: int = 150) -> History:
    """Every evening the same falling hours; at noon two equal ones. Amounts an hour."""
    rows, orders = [], []
    for n in range(7 * weeks):
        day = FIRST - timedelta(days=7 * weeks - n)
        for start, some in (("19:00", hours), ("12:00", (noon, noon))):
            one = session(day, start, len(some), str(sum(some)))
            rows.append(one)
            orders += [order(one, 60 * k + 5, str(amount)) for k, amount in enumerate(some)]
    return history(rows, orders, QUIET)


def _plan(brief: dict[str, object] | None = None, past: History | None = None, base: Ground = GROUND, weeks: int = 1, start: date = QUIET) -> Schedule:  # fmt: skip
    return plan_schedule(parse_brief(brief or {}), base, past or _history(), start=start, weeks=weeks)


def test_a_stream_lasts_as_long_as_an_hour_leaves_more_than_its_people_cost() -> None:
    """0.4 × (400, 300, 200, 100) against 60 an hour: 160, 120, 80 pay, the fourth hour's 40 does not; noon's 60 pays no more than it costs."""
    found = _plan({"rota": {"crew_hourly": 60, "hours_week": 100}})
    assert found.status == "optimal" and found.margin == D("0.44") and found.crew_hour == 60
    assert [one.start.hour for one in found.sessions] == [19] * 7
    assert {one.hours for one in found.sessions} == {3}
    one = found.sessions[0]
    assert (
        one.gmv is not None and one.contribution is not None and one.last_hour is not None and one.next_hour is not None
    )
    assert float(one.gmv) == pytest.approx(900, rel=0.02)
    assert float(one.contribution) == pytest.approx(0.4 * 900 - 180, rel=0.04)
    assert float(one.last_hour) == pytest.approx(20, abs=3) and float(one.next_hour) == pytest.approx(-20, abs=3)
    cheap = _plan({"rota": {"crew_hourly": 50, "hours_week": 100}})
    assert {one.start.hour for one in cheap.sessions} == {12, 19}  # 0.4 × 150 = 60 now pays at noon too


def test_a_limit_of_hours_takes_the_best_and_a_longest_and_days_off_are_kept() -> None:
    found = _plan({"rota": {"crew_hourly": 10, "hours_week": 10, "longest": 2, "days_off": ["2026-08-04"]}})
    assert sum(one.hours for one in found.sessions) == 10 and all(one.hours == 2 for one in found.sessions)
    assert all(one.start.hour == 19 for one in found.sessions) and date(2026, 8, 4) not in {
        one.day for one in found.sessions
    }
    two = _plan({"rota": {"crew_hourly": 10, "hours_week": 100, "gap_hours": 6}})
    assert all(one.start.hour == 19 for one in two.sessions)  # noon ends at 14:00, five hours before
    single = _plan({"rota": {"crew_hourly": 10, "hours_week": 100, "sessions_day": 1}})
    assert len({one.day for one in single.sessions}) == len(single.sessions) == 7


def test_without_stated_hours_the_habit_is_the_limit_and_is_shown() -> None:
    found = _plan({"rota": {"crew_hourly": 10}})
    (week,) = [one for one in found.assumptions if one.key == "rota.hours_week"]
    assert (week.value, week.basis) == (42, Basis.DATA) and sum(one.hours for one in found.sessions) <= 42


def test_where_no_hour_pays_nothing_is_planned() -> None:
    found = _plan({"rota": {"crew_hourly": 500}})
    assert (found.status, found.sessions, found.roster.status) == ("none", (), "none")
    loss = Ground(Assumptions(()), UnitEconomics(D(100), D(0), D("0.9"), D("0.9"), D("0.1")), D("0.04"))
    assert _plan({"rota": {"crew_hourly": 1}}, base=loss).sessions == ()


def test_unknown_margin_plans_by_sales_and_says_that_it_cannot_judge() -> None:
    found = _plan({"rota": {"crew_hourly": 60}}, base=BLIND)
    assert found.sessions and found.margin is None
    assert all(one.contribution is None and one.last_hour is None and one.gmv is not None for one in found.sessions)
    assert any("whether an hour pays cannot be judged" in text.en for text in found.notes)
    best = replace(GROUND, unit=None)
    assert any("best case" in text.en for text in _plan({"rota": {"crew_hourly": 60}}, base=best).notes)
    unpaid = _plan()
    assert unpaid.crew_hour is None and all(one.contribution is None for one in unpaid.sessions)


def test_without_order_times_every_stream_keeps_its_usual_length() -> None:
    past = _history()
    found = _plan({"rota": {"crew_hourly": 10, "hours_week": 100}}, history(list(past.sessions), [], QUIET))
    assert found.response.profile == {} and {one.hours for one in found.sessions} == {3}  # the room's median
    assert any("usual length" in text.en for text in found.notes)


def test_a_weekday_never_tried_needs_more_than_luck() -> None:
    rows = [one for one in _history().sessions if one.day.weekday() in (0, 2, 4)]
    past = history(rows, [], QUIET)
    limited = _plan({"rota": {"crew_hourly": 10, "hours_week": 9}}, past)
    assert {one.day.weekday() for one in limited.sessions} == {0, 2, 4}
    wide = _plan({"rota": {"crew_hourly": 10, "hours_week": 100, "sessions_day": 1}}, past)
    unseen = [one for one in wide.sessions if one.day.weekday() == 1]
    assert unseen and unseen[0].n == 0 and "never held" in unseen[0].why.en


def _brute(options: list[Candidate], terms: Terms, start: date) -> D:
    """Best value over every subset, one option per start; checks the limits by themselves."""
    starts = sorted({one.start for one in options})
    best = D(0)
    for picked in product(*([None, *[o for o in options if o.start == at]] for at in starts)):
        some = [one for one in picked if one is not None]
        weeks = {(one.day - start).days // 7 for one in some}
        if any(sum(o.hours for o in some if (o.day - start).days // 7 == week) > terms.hours_week for week in weeks):
            continue
        if any(sum(o.day == one.day for o in some) > terms.sessions_day for one in some):
            continue
        if any(two.start - one.end < terms.gap for one, two in pairwise(some)):
            continue
        best = max(best, sum((one.value for one in some), D(0)))
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_chosen_set_is_the_best_of_all_sets(seed: int) -> None:
    rng = random.Random(seed)
    cell = Cell(0, "noon", 1, D(1), D(1), D(1), None, None, None, None)
    options = []
    for _ in range(5):
        begun = history(
            [
                session(
                    QUIET + timedelta(days=rng.randint(0, 8)), f"{rng.choice((9, 12, 15, 19, 22))}:00".zfill(5), 1, "1"
                )
            ]
        )
        start = begun.sessions[0].started_at
        assert start is not None
        for hours in sorted({rng.choice((D(2), D("2.5"), D(3), D(4))) for _ in range(2)}):
            value = D(rng.randint(-50, 400))
            options.append(Candidate(start.date(), cell, start, hours, value, value, None, None))
    unique = list({(one.start, one.hours): one for one in sorted(options, key=lambda o: o.start)}.values())
    terms = Terms(D(1), D(0), D(0), D(rng.choice((3, 5, 8))), rng.choice((1, 2)), timedelta(hours=rng.choice((0, 2, 5))), D(2), None)  # fmt: skip
    picked, status = choose(unique, terms, QUIET)
    assert sum((one.value for one in picked), D(0)) == _brute(unique, terms, QUIET)
    assert status == ("optimal" if any(one.value > 0 for one in unique) else "none")


@pytest.mark.parametrize(
    ("day", "platform", "kind"),
    [
        (date(2025, 4, 27), "tmall", None), (date(2025, 4, 28), "tmall", "preheat"), (date(2025, 5, 5), "tmall", "preheat"),
        (date(2025, 5, 6), "taobao", "gather"), (date(2025, 5, 12), "tmall", "gather"), (date(2025, 5, 13), "tmall", "burst"),
        (date(2025, 6, 18), "tmall", "burst"), (date(2025, 6, 19), "tmall", "encore"), (date(2025, 6, 26), "tmall", None),
    ],
)  # fmt: skip
def test_phases_around_the_618_of_2025(day: date, platform: str, kind: str | None) -> None:
    found = phase_on(day, promo_phases(date(2025, 4, 1), date(2025, 7, 31), platform))
    assert (found.kind if found else None) == kind
    if found:
        assert found.doubt is None and found.source and found.confidence in ("high", "medium", "low")


def test_unknown_dates_are_said_and_not_guessed() -> None:
    double11 = [p for p in promo_phases(date(2026, 11, 1), date(2026, 11, 30), "tmall") if p.kind == "burst"]
    assert double11[0].doubt is not None and "not found" in double11[0].doubt.en  # its opening is not known
    year_end = undated(date(2027, 1, 4), date(2027, 1, 31), "tmall")
    assert any("年货节" in text.zh and "2026-01-06" in text.zh for text in year_end)
    assert undated(date(2026, 8, 3), date(2026, 8, 30), "tmall") == ()


def test_campaign_days_are_raised_only_where_the_room_showed_it() -> None:
    rows = []
    for n in range(100):
        day = date(2025, 4, 7) + timedelta(days=n)
        level = 1200 if date(2025, 5, 13) <= day <= date(2025, 5, 26) or day == date(2025, 6, 18) else 600
        rows.append(session(day, "20:00", 3, str(level + n % 7)))
    past = history(rows)
    found = plan_schedule(parse_brief({"rota": {"crew_hourly": 1}}), GROUND, past, start=date(2026, 10, 19), weeks=4)
    by_day = {one.day: one for one in found.sessions}
    ordinary, sale = by_day[date(2026, 11, 14)], by_day[date(2026, 11, 7)]
    assert (
        ordinary.gmv is not None
        and sale.gmv is not None
        and float(sale.gmv / ordinary.gmv) == pytest.approx(2, abs=0.1)
    )
    assert (
        sale.phase is not None
        and sale.phase.kind == "burst"
        and ordinary.phase is not None
        and ordinary.phase.kind == "encore"
    )


def test_a_cold_room_tests_slots_without_any_figure() -> None:
    hosts = [{"name": "A", "hourly": 50}, {"name": "B", "hourly": 50, "latest": "02:00", "earliest": "08:00"}]
    found = _plan({"hosts": hosts}, history([], [], QUIET), weeks=4)
    assert found.status == "rule" and found.response.basis is Basis.REFERENCE
    assert len(found.sessions) == 28 and all(
        one.gmv is None and one.contribution is None and one.n == 0 for one in found.sessions
    )
    early, later = found.sessions[:14], found.sessions[14:]
    assert {one.slot for one in early} == {"noon", "late", "morning"} and "evening" in {one.slot for one in later}
    for weekday in range(7):
        assert len({one.slot for one in found.sessions if one.day.weekday() == weekday}) == 4
    assert [step.name.zh[:3] for step in found.ramp] == ["头三天", "第一周", "第二周", "第三周"]
    assert found.roster.status == "optimal" and found.ramp[-1].last == QUIET + timedelta(days=27)
    few = _plan({"rota": {"hours_week": 6}}, history([], [], QUIET), weeks=1)
    assert len(few.sessions) == 3 and few.roster.status == "infeasible"  # nobody was named


def test_the_same_question_gets_the_same_plan() -> None:
    brief = {"rota": {"crew_hourly": 30}, "hosts": [{"name": n, "hourly": 60} for n in "ABC"]}
    first, second = _plan(brief, weeks=3), _plan(brief, weeks=3)
    assert replace(first, roster=replace(first.roster, seconds=0)) == replace(
        second, roster=replace(second.roster, seconds=0)
    )
    assert first.roster.status == "optimal"


@pytest.mark.parametrize("weeks", [0, 13, -1])
def test_a_horizon_out_of_range_is_refused(weeks: int) -> None:
    with pytest.raises(BadArguments, match=str(weeks)):
        plan_schedule(Brief(), GROUND, _history(), start=QUIET, weeks=weeks)


def test_a_brief_of_a_26_hour_stream_is_refused_by_field() -> None:
    with pytest.raises(BadArguments, match=r"rota\.longest"):
        parse_brief({"rota": {"longest": 26}})


def test_an_old_history_is_said() -> None:
    found = plan_schedule(Brief(), GROUND, _history(), start=date(2027, 1, 4), weeks=1)
    assert any("long before" in text.en for text in found.notes)
