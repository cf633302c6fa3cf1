"""Rules of a roster one by one: cutting, who may take a turn, rest, wishes, what is said when nobody can, and bad input."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadArguments
from tools.livestream.room import LiveSession, Shift
from tools.livestream.roster import double_booked, hosts_seen, make_roster
from tools.livestream.roster_model import Wishes
from tools.livestream.roster_rules import Air, HostSpec, Turn, clash, cuts, is_evening, static_reasons

NONE = Wishes()


def at(text: str) -> datetime:
    """“2 19:00” is that hour of Wednesday 2 December 2026; 1 is the Tuesday before it."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-12-{int(day):02d} {clock}")


def air(name: str, start: str, end: str, **more: object) -> Air:
    return Air(name, at(start), at(end), "evening", **more)  # type: ignore[arg-type]


@given(st.integers(15, 1440))
def test_every_way_of_cutting_covers_each_minute_once_in_turns_of_at_most_three_hours(minutes: int) -> None:
    one = Air("a", at("1 00:00"), at("1 00:00") + timedelta(minutes=minutes), "late")
    ways = cuts(one)
    assert ways and len({tuple(turn.minutes for turn in way) for way in ways}) == len(ways)
    for way in ways:
        assert way[0].start == way[0].arrives == one.start and way[-1].end == one.end
        assert all(
            two.start == first.end and two.arrives == two.start - timedelta(minutes=10) for first, two in pairwise(way)
        )
        assert all(0 < turn.minutes <= 180 for turn in way)
        if minutes >= 240:
            assert all(turn.minutes >= 115 for turn in way)  # a last turn may lose the rounding to quarter hours


@pytest.mark.parametrize(
    ("host", "start", "end", "rules"),
    [
        (HostSpec("a"), "2 19:00", "2 21:00", set()),
        (HostSpec("a"), "2 21:00", "3 00:00", set()),  # 23:59 means the whole day
        (HostSpec("a"), "2 22:00", "3 00:30", {"hours"}),
        (HostSpec("a", earliest=time(18), latest=time(2)), "2 22:00", "3 01:00", set()),  # past midnight
        (HostSpec("a", earliest=time(18), latest=time(2), weekdays=frozenset({2})), "3 00:30", "3 01:30", set()),  # Wednesday's night
        (HostSpec("a", earliest=time(18), latest=time(2), weekdays=frozenset({3})), "3 00:30", "3 01:30", {"weekday"}),
        (HostSpec("a", weekdays=frozenset({0, 1})), "2 19:00", "2 21:00", {"weekday"}),
        (HostSpec("a", weekdays=frozenset({0}), latest=time(20)), "2 19:00", "2 21:00", {"weekday", "hours"}),
        (HostSpec("a", earliest=time(0), latest=time(23, 59)), "2 23:00", "3 01:00", set()),  # two whole days touch
        (HostSpec("a", busy=((at("2 17:00"), at("2 18:30")),)), "2 19:00", "2 21:00", {"busy"}),
        (HostSpec("a", busy=((at("2 15:00"), at("2 18:00")),)), "2 19:00", "2 21:00", set()),
    ],
)  # fmt: skip
def test_who_may_take_a_turn_and_why_not(host: HostSpec, start: str, end: str, rules: set[str]) -> None:
    one = air("s", start, end)
    assert set(static_reasons(host, one, cuts(one)[0][0])) == rules
    skilled = replace(one, skills=frozenset({"英语"}))
    found = static_reasons(host, skilled, cuts(skilled)[0][0])
    assert set(found) == rules | {"skills"} and "英语" in found["skills"].zh


@pytest.mark.parametrize(
    ("first", "second", "no"),
    [
        (("2 12:00", "2 14:00"), ("2 15:00", "2 17:00"), False),
        (("2 12:00", "2 14:00"), ("2 14:50", "2 17:00"), True),
        (("2 20:00", "2 22:00"), ("3 09:00", "3 10:00"), False),
        (("2 20:00", "2 22:10"), ("3 09:00", "3 10:00"), True),
        (("2 22:00", "3 00:30"), ("3 11:30", "3 12:00"), False),
        (("3 00:30", "3 02:00"), ("3 12:00", "3 14:00"), True),  # its working day is the 2nd: a night lies between
        (("2 18:00", "2 21:00"), ("3 00:30", "3 02:00"), False),  # one long evening, an hour between is enough
    ],
)
def test_rest_within_a_day_and_over_night(first: tuple[str, str], second: tuple[str, str], no: bool) -> None:
    one, two = (at(first[0]), at(first[1])), (at(second[0]), at(second[1]))
    assert clash(one, two) is clash(two, one) is no


@pytest.mark.parametrize(("start", "end", "late"), [("2 17:00", "2 19:00", True), ("2 17:00", "2 18:45", False), ("2 23:00", "3 01:00", True), ("3 08:00", "3 10:00", False)])  # fmt: skip
def test_an_evening_is_an_hour_after_six(start: str, end: str, late: bool) -> None:
    assert is_evening(Turn(0, 0, at(start), at(end), at(start))) is late


def test_the_cheaper_host_gets_the_turn_unless_the_other_sells_enough_more() -> None:
    stream = air("s", "2 19:00", "2 21:00", worth_hour=D(200))
    cheap, dear = HostSpec("cheap", D(50)), HostSpec("dear", D(80), strength={"evening": D("1.1")})
    assert [s.host for s in make_roster([stream], [cheap, dear], wishes=NONE).shifts] == [
        "cheap"
    ]  # 20 more an hour for 30 more pay
    strong = replace(dear, strength={"evening": D("1.2")})
    found = make_roster([stream], [cheap, strong], wishes=NONE)
    assert [s.host for s in found.shifts] == ["dear"] and found.cost == D(160)
    assert found.objective == found.bound == D(160) - D(480)


def test_the_handover_is_paid_and_nobody_hands_over_to_himself() -> None:
    stream = air("s", "2 19:00", "2 23:00")
    found = make_roster([stream], [HostSpec("a", D(60)), HostSpec("b", D(60))], wishes=NONE)
    first, second = found.shifts
    assert (first.end, second.arrives) == (at("2 21:00"), at("2 20:50")) and first.host != second.host
    assert found.cost == D(120) + D(130)
    alone = make_roster([stream], [HostSpec("a", D(60))])
    assert alone.status == "infeasible" and len(alone.shifts) == 1 and sum(u.missing for u in alone.uncovered) == 1
    assert "人数" in alone.conflicts[0].rules[0].zh and alone.remedies[0].left == 0


def test_evenings_are_shared_and_slots_swapped_where_it_costs_little() -> None:
    streams = [Air(f"n{d}", at(f"{d} 12:00"), at(f"{d} 14:00"), "noon") for d in range(1, 7)]
    streams += [air(f"e{d}", f"{d} 19:00", f"{d} 21:00") for d in range(1, 7)]
    hosts = [HostSpec("a", D(60)), HostSpec("b", D(61)), HostSpec("c", D(62))]
    plain = make_roster(streams, hosts, wishes=NONE)
    fair = make_roster(streams, hosts, wishes=Wishes(D(60), D(60)))
    assert max(t.evenings for t in plain.totals) > 2
    assert [t.evenings for t in fair.totals] == [2, 2, 2]
    assert all(dict(t.slots) == {"noon": 2, "evening": 2} for t in fair.totals)


def test_a_day_nobody_works_is_named_with_a_remedy_that_was_solved() -> None:
    streams = [air(f"s{d}", f"{d} 19:00", f"{d} 21:00") for d in range(1, 8)]
    staff = [HostSpec(f"h{n}", weekdays=frozenset(range(7)) - {4}) for n in range(3)]
    found = make_roster(streams, staff)
    (open_,) = found.uncovered
    assert (found.status, open_.session_id, len(found.shifts)) == ("infeasible", "s4", 6)
    assert {name for name, _ in open_.why} == {"h0", "h1", "h2"} and "周五不上班" in open_.why[0][1].zh
    (conflict,) = found.conflicts
    assert conflict.rules[0].en == "the weekdays hosts can work" and len(conflict.rules) == 1
    (remedy,) = found.remedies
    assert remedy.left == 0 and "周五 19:00–21:00" in remedy.what.zh and "Fridays, 19:00–21:00" in remedy.what.en
    helped = make_roster(streams, [*staff, HostSpec("new", weekdays=frozenset({4}))])
    assert helped.status == "optimal"


def test_weekly_limits_that_do_not_reach_are_the_named_conflict() -> None:
    streams = [air(f"s{d}", f"{d} 19:00", f"{d} 22:00") for d in range(1, 7)]
    found = make_roster(streams, [HostSpec("a", max_week=360), HostSpec("b", max_week=360)])
    assert found.status == "infeasible" and sum(u.missing for u in found.uncovered) == 2  # 18 hours, 12 of them allowed
    assert found.conflicts[0].rules[0].zh == "主播每周的上播时长上限"
    assert all("每周上限" in why.zh for _, why in found.uncovered[0].why)


@pytest.mark.parametrize(
    ("airs", "hosts", "said"),
    [
        ([air("s", "1 10:00", "2 12:00")], [HostSpec("a")], "24"),
        ([air("s", "1 10:00", "1 09:00")], [HostSpec("a")], "does not end after"),
        ([air("s", "1 10:00", "1 12:00", need=0)], [HostSpec("a")], "at least one host"),
        ([air("s", "1 10:00", "1 12:00")] * 2, [HostSpec("a")], "named twice"),
        ([air("s", "1 10:00", "1 12:00")], [HostSpec("a"), HostSpec("a")], "named twice"),
        ([air("s", "1 10:00", "1 12:00")], [HostSpec("a", max_day=-1)], "negative"),
        ([air("s", "1 10:00", "1 12:00")], [HostSpec("a", busy=((at("1 10:00"), at("1 12:00")), (at("1 11:00"), at("1 13:00"))))], "overlap"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(airs: list[Air], hosts: list[HostSpec], said: str) -> None:
    with pytest.raises(BadArguments) as error:
        make_roster(airs, hosts)
    assert said in error.value.message.en and error.value.message.zh != error.value.message.en


def test_no_hosts_no_streams_and_a_host_who_can_never_work_are_three_answers() -> None:
    stream = air("s", "1 10:00", "1 12:00")
    nobody = make_roster([stream], [])
    assert (nobody.status, len(nobody.uncovered)) == ("infeasible", 1) and "There are no hosts" in nobody.notes[0].en
    nothing = make_roster([], [HostSpec("a")])
    assert (nothing.status, nothing.uncovered) == ("none", ())
    never = make_roster([stream], [HostSpec("never", weekdays=frozenset()), HostSpec("a")])
    assert never.status == "optimal" and never.shifts[0].host == "a" and "never" in never.notes[0].zh
    alone = make_roster([stream], [HostSpec("never", weekdays=frozenset())])
    assert alone.status == "infeasible" and alone.uncovered[0].why[0][0] == "never"


def shift(host: str, start: str, end: str | None) -> Shift:
    return Shift("", host, at(start), None if end is None else at(end), at(start).date())


def test_imported_shifts_that_overlap_are_found_per_host() -> None:
    rows = [shift("a", "1 10:00", "1 12:00"), shift("b", "1 11:00", "1 13:00"), shift("a", "1 12:00", "1 13:00"), shift("a", "1 12:30", "1 14:00"), shift("b", "2 10:00", None)]  # fmt: skip
    assert [(one.starts_at, two.starts_at) for one, two in double_booked(rows)] == [(at("1 12:00"), at("1 12:30"))]


def test_hosts_seen_in_shifts_keep_their_weekdays_and_hours() -> None:
    rows = [shift("a", "1 18:30", "1 21:15"), shift("a", "2 19:00", "2 22:00"), shift("b", "3 22:00", "4 00:40")]
    first, second = hosts_seen(rows, [])
    assert (first.name, first.weekdays, first.earliest, first.latest) == ("a", (1, 2), time(18), time(22))
    assert (second.earliest, second.latest) == (time(22), time(1))
    old = [
        replace(
            rows[0],
            host="gone",
            starts_at=at("1 18:30") - timedelta(days=200),
            ends_at=at("1 20:00") - timedelta(days=200),
        )
    ]
    assert [h.name for h in hosts_seen([*old, *rows], [])] == ["a", "b"]
    values: dict[str, object] = dict.fromkeys(LiveSession.__dataclass_fields__)
    session = LiveSession(**{**values, "session_id": "x", "title": "", "host": "c", "day": at("1 20:00").date(), "started_at": at("1 20:00"), "minutes": 180})  # type: ignore[arg-type]  # fmt: skip
    assert [(h.name, h.earliest, h.latest) for h in hosts_seen([], [session])] == [("c", time(20), time(23))]
    assert hosts_seen([], []) == ()
