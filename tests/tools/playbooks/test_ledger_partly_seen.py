"""A plan's days that the data reach in part, and a promise of money after refunds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.shopkit import make_shop, order
from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, Window
from tools.playbooks.execution import traces
from tools.playbooks.ledger_review import Review, review_of
from tools.playbooks.ledger_verdict import Range

START, TODAY = date(2026, 8, 1), date(2026, 11, 1)
WINDOW = Window(start=START, end=START + timedelta(days=27))
CLAIM = Claim(zh="计划", en="plan")
ADS = {"steps": [{"action": {"zh": "做"}, "where": {"zh": "万相台"}}], "artefacts": []}


@pytest.mark.parametrize(("earlier", "later", "seen"), [(100, 100, False), (100, 130, True), (0, 0, False)])
def test_spend_is_per_day_of_the_days_there_are(earlier: int, later: int, seen: bool, tmp_path: Path) -> None:
    """The report ends ten days into the plan: a day's spend is a tenth of what it holds, not a 28th."""
    days = [START + timedelta(days=n) for n in range(-28, 10)]
    ads = [{"day": day, "plan_id": "a", "spend": Decimal(later if day >= START else earlier)} for day in days]
    shop = make_shop(tmp_path, {"orders": [order(1, START, "10", "b")], "ad_daily": ads})
    (trace,) = traces(shop, ADS, WINDOW)
    assert trace.seen is seen


def _review(folder: Path, net_of: str) -> Review:
    """1,000 a day in an order, a quarter of it refunded; 10,000 to 12,000 were forecast for the 28 days, 5,000 to 20,000 promised."""
    rows = [order(n, START + timedelta(days=n), "1000", f"b{n}", refund_amount=Decimal(250)) for n in range(-60, 60)]

    def span(low: int, high: int) -> tuple[Quantity, ...]:
        return tuple(
            Quantity(metric="gmv", value=Decimal(value), unit="CNY", role=role, window=WINDOW)
            for value, role in ((low, Role.RANGE_LOW), (high, Role.RANGE_HIGH))
        )

    name = {"zh": "计划", "en": "Plan"}
    data: dict[str, Any] = {"name": name, "net_of": net_of, "steps": [], "artefacts": []}
    plan = Fact(id="f_p", kind="playbook", claim=CLAIM, quantities=span(5_000, 20_000), data=data)
    days = [WINDOW.start.isoformat(), WINDOW.end.isoformat()]
    forecast = Fact(id="f_f", kind="metric", claim=CLAIM, quantities=span(10_000, 12_000), data={"window": days})
    stored: dict[str, Any] = {
        "plan_id": "p_1", "plan": plan.model_dump(mode="json"), "forecast": forecast.model_dump(mode="json"),
        "promotion": None, "executed": "yes", "asked": False,
    }  # fmt: skip
    return review_of(ToolContext(shop=make_shop(folder, {"orders": rows}), today=TODAY), stored)


def test_a_promise_after_refunds_is_held_against_what_refunds_leave(tmp_path: Path) -> None:
    gross, net = _review(tmp_path / "gmv", "gmv"), _review(tmp_path / "net", "net")
    assert gross.lift == Range(Decimal(16_000), Decimal(18_000))
    assert net.lift == Range(Decimal(12_000), Decimal(13_500)) and net.verdict.status == "kept"


@pytest.mark.parametrize("net_of", ["profit", "cost"])
def test_sales_say_nothing_of_a_promised_margin(net_of: str, tmp_path: Path) -> None:
    found = _review(tmp_path, net_of)
    assert (found.verdict.status, found.lift) == ("not_measurable", None)
    assert "毛利或投入" in found.verdict.reason.zh
