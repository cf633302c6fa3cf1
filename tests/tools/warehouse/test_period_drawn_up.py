"""The day a list of stock was drawn up is the only date of its name: of two days it is neither."""

from __future__ import annotations

from datetime import date

import pytest

from tools.warehouse.ingest.period import stated_period


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("stock_2026-10-01.csv", date(2026, 10, 1)),
        ("stock_2026-10-01_2026-10-01.csv", date(2026, 10, 1)),
        ("stock_2026-10-01_2026-10-03.csv", None),
        ("stock_2026-10-03_2026-10-01.csv", None),
        ("stock.csv", None),
    ],
)
def test_two_days_in_a_name_date_no_list(name: str, day: date | None) -> None:
    assert stated_period(name, []).drawn_up == day
