"""How figures are written: a hand table, both languages, the edges where rounding changes the scale."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from tools.facts import Quantity
from tools.text import format_value


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        ("1284350", "CNY", "128.44 万元", "¥1,284,350"),
        ("9999.4", "CNY", "9,999 元", "¥9,999"),
        ("9999.6", "CNY", "1.00 万元", "¥10,000"),
        ("99999999.99", "CNY", "1.00 亿元", "¥100,000,000"),
        ("-820000", "CNY", "-82.00 万元", "-¥820,000"),
        ("12.5", "GBP", "£12.50", "£12.50"),
        ("0.18", "ratio", "18.0%", "18.0%"),
        ("0.00042", "ratio", "0.04%", "0.04%"),
        ("-0.00000001", "ratio", "0.00%", "0.00%"),
        ("-6.46", "pp", "-6.5 个百分点", "-6.5 pp"),
        ("4912", "orders", "4,912 单", "4,912 orders"),
        ("2.345", "number", "2.35", "2.35"),
    ],
)
def test_figures_are_written_as_readers_expect(value: str, unit: str, zh: str, en: str) -> None:
    assert format_value(Decimal(value), unit, "zh") == zh
    assert format_value(Decimal(value), unit, "en") == en


def test_signed_figures_carry_their_plus() -> None:
    assert format_value(Decimal("0.061"), "ratio", "en", signed=True) == "+6.1%"
    assert format_value(Decimal("-0.061"), "ratio", "en", signed=True) == "-6.1%"


def test_a_quantity_refuses_a_float() -> None:
    with pytest.raises(ValidationError, match="never a float"):
        Quantity(metric="gmv", value=0.1 + 0.2, unit="CNY")  # type: ignore[arg-type]
