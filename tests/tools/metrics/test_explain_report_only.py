"""A shop that has the platform's daily report and nothing else, as the report of today is: without 支付父订单数."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from metric_shops import make_shop

from tools.errors import DataMissing
from tools.metrics.explain import explain
from tools.metrics.windows import compare_window, month_of

D = Decimal
OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))


def report(day: date) -> dict[str, object]:
    visitors, buyers = (1000, 30) if day < OCT.start else (900, 36)
    return {
        "day": day,
        "visitors": visitors,
        "buyers": buyers,
        "paid_amount": buyers * 100 + (5 if day >= OCT.start else 0),
    }


def test_sales_split_into_visitors_conversion_and_spend_per_buyer(tmp_path: Path) -> None:
    days = [SEP.start + timedelta(days=k) for k in range((OCT.end - SEP.start).days + 1)]
    shop = make_shop(tmp_path, {"shop_daily": [report(day) for day in days]})
    found = explain(shop, "gmv", OCT, compare_window(OCT, "previous"))
    factors = {driver.id: driver for driver in found.factors}
    assert set(factors) == {"visitors", "conversion", "buyer_value"}
    assert sum(driver.contribution for driver in factors.values()) == D(31 * 3605 - 30 * 3000)
    spend = factors["buyer_value"]
    assert (spend.before, spend.after) == (D(100), D(31 * 3605) / D(31 * 36))
    assert (spend.label.zh, spend.metric) == ("客单价", "aov_buyer")
    with pytest.raises(DataMissing):
        explain(shop, "orders", OCT, compare_window(OCT, "previous"))
