"""The closed formula language against Python's own arithmetic, and what it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.playbooks.expression import ExpressionError, parse

NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False)


@given(a=NUMBERS, b=NUMBERS, c=NUMBERS)
def test_arithmetic_is_exact(a: Decimal, b: Decimal, c: Decimal) -> None:
    known = {"a": a, "b": b, "c": c}
    assert parse("a * (b - c) + 2").value(known) == a * (b - c) + 2
    assert parse("max(a, b) - min(b, c)").value(known) == max(a, b) - min(b, c)
    assert parse("gap(a, b)").value(known) == max(Decimal(0), a - b)


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("floor_to(a * 0.9, 10)", {"a": Decimal(123)}, Decimal(110)),
        ("ceil_to(a, 10)", {"a": Decimal("120.01")}, Decimal(130)),
        ("a / b", {"a": Decimal(1), "b": Decimal(0)}, None),
        ("a + b", {"a": Decimal(1)}, None),
        ("a + b", {"a": Decimal(1), "b": None}, None),
        ("0.1 + 0.2", {}, Decimal("0.3")),
    ],
)
def test_values(text: str, known: dict[str, Decimal | None], expected: Decimal | None) -> None:
    assert parse(text).value(known) == expected


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.b", "a[0]", "a if b else c", "lambda: 1", "f(a)", "min(a)", "a ** 2", "a < b", "True", "'x'", "min", "a; b", "", "(a := 1)", "min(*a)"],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_names_leave_functions_out() -> None:
    assert parse("min(a, gap(b, c)) * 2").names == {"a", "b", "c"}
