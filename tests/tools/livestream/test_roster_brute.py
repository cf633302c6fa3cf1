"""The roster against every possible assignment, and to proof at the size of a real room."""

from __future__ import annotations

import pytest

from evals.benchmarks.live_roster import Mismatch, compare_one, large_instance
from tools.livestream import roster_rules
from tools.livestream.roster import make_roster


@pytest.mark.parametrize("block", range(6))
def test_sixty_small_rooms_are_equal_to_brute_force(block: int) -> None:
    statuses = [compare_one(100_000 + block * 10 + n) for n in range(10)]
    assert {"optimal", "infeasible"} == set(statuses), "a block that holds one kind only tests half"


def test_the_comparison_itself_sees_a_broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_rules, "REST_SHORT", roster_rules.REST_SHORT * 0)
    with pytest.raises(Mismatch):
        for n in range(60):
            compare_one(100_000 + n)


@pytest.mark.parametrize("seed", [1000, 1002, 1005])
def test_eight_hosts_and_four_weeks_are_proven_within_fifteen_seconds(seed: int) -> None:
    case = large_instance(seed)
    found = make_roster(case.airs, case.hosts, wishes=case.wishes, seconds=15)
    assert found.status == "optimal" and found.gap == 0 and found.seconds < 15
    on_air = sum((one.end - one.start).total_seconds() for one in found.shifts)
    assert on_air == sum((air.end - air.start).total_seconds() for air in case.airs)
    assert found == type(found)(**{**vars(make_roster(case.airs, case.hosts, wishes=case.wishes)), "seconds": found.seconds})  # fmt: skip
