"""A level to go back to is one of plain weeks: what a campaign brought is none."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from metric_shops import make_shop

from tools.metrics.landing import landing
from tools.metrics.landing_levers import levers
from tools.metrics.reader import Reader

AS_OF = date(2026, 8, 20)


@pytest.mark.parametrize(
    ("lasted", "best"), [(20, 1000), (60, 5000)], ids=["a campaign", "months on end: the usual level"]
)
def test_a_stretch_a_campaign_carried_is_no_level_to_go_back_to(lasted: int, best: int, tmp_path: Path) -> None:
    began = date(2026, 4, 8)
    rows = []
    for back in range(200):
        day = AS_OF - timedelta(days=back)
        loud = began <= day < began + timedelta(days=lasted)
        visitors = 800 if back < 28 else 5000 if loud else 1000
        rows.append({"day": day, "visitors": visitors, "buyers": visitors // 20, "paid_amount": visitors * 5})
    campaign = {"promotion_id": "c", "name": "店庆", "kind": "campaign", "product_id": None, "starts_on": began, "ends_on": began + timedelta(days=lasted - 1)}  # fmt: skip
    reader = Reader(make_shop(tmp_path, {"shop_daily": rows, "promotions": [campaign]}, platform="other"))
    landed = landing(reader, None, AS_OF + timedelta(days=1), Decimal(200_000))
    found = levers(reader, landed)
    visitors_lever = next(lever for lever in found.found if lever.factor == "visitors")
    assert visitors_lever.best == best
    rest = landed.landed - landed.actual
    assert abs(found.together - rest * (Decimal(best) / 800 - 1)) < Decimal("0.01")
