"""A ratio of a handful of orders is never shared, for it would be told of single buyers; nor one of a month that is there in part."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.tools.portfolio.order_shares import LAST, order_share

FIRST = date(2026, 7, 1)


@pytest.mark.parametrize(("every", "shared"), [(2, False), (1, True)], ids=["15 orders a month", "30 orders"])
def test_a_month_of_few_orders_is_not_shared(every: int, shared: bool, tmp_path: Path) -> None:
    rows = [
        {"order_id": f"o{k}", "paid_date": day, "gross_amount": 100, "refund_amount": 100 if k % 5 == 0 else 0}
        for k in range(0, (LAST - FIRST).days + 1, every)
        for day in [FIRST + timedelta(days=k)]
    ]
    share = order_share(tmp_path, rows)
    assert (("refund_rate", date(2026, 9, 1)) in share.values) is shared


def test_a_month_the_data_begin_in_is_not_shared(tmp_path: Path) -> None:
    first = date(2026, 7, 10)
    rows = [
        {"order_id": f"o{k}", "paid_date": first + timedelta(days=k // 3), "gross_amount": 100, "refund_amount": 0}
        for k in range(3 * ((LAST - first).days + 1))
    ]
    share = order_share(tmp_path, rows)
    assert min(month for name, month in share.values if name == "refund_rate") == date(2026, 8, 1)
