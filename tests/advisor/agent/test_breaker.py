"""The circuit breaker, by a clock of the test."""

from __future__ import annotations

from advisor.agent.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _broken(clock: Clock) -> Breaker:
    breaker = Breaker(after=3, pause_s=30, most_s=100, clock=clock)
    for _ in range(3):
        assert breaker.allow("h")
        breaker.failed("h")
    return breaker


def test_failures_in_a_row_open_it_for_that_host_alone() -> None:
    breaker = _broken(clock := Clock())
    clock.now = 29.9
    assert not breaker.allow("h")
    assert breaker.allow("other")
    assert round(breaker.wait_s("h"), 1) == 0.1


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker(after=3, clock=Clock())
    for _ in range(5):
        breaker.failed("h")
        breaker.failed("h")
        breaker.worked("h")
    assert breaker.allow("h")


def test_after_the_pause_one_turn_tries_and_the_rest_wait_for_it() -> None:
    breaker = _broken(clock := Clock())
    clock.now = 30
    assert [breaker.allow("h") for _ in range(3)] == [True, False, False]
    breaker.worked("h")
    assert breaker.allow("h") and breaker.allow("h")


def test_a_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    breaker, waits = _broken(clock := Clock()), []
    for _ in range(4):
        waits.append(breaker.wait_s("h"))
        clock.now += waits[-1]
        assert breaker.allow("h")
        breaker.failed("h")
    assert waits == [30, 60, 100, 100]


def test_a_trial_that_was_cancelled_leaves_the_next_turn_to_try() -> None:
    breaker = _broken(clock := Clock())
    clock.now = 31
    assert breaker.allow("h")
    breaker.unknown("h")
    assert breaker.allow("h")
