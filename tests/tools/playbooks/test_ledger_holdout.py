"""A plan under which a hold-out was declared is judged by it: as an experiment, with or without a forecast."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.tools.playbooks.shopkit import make_shop, order
from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window
from tools.playbooks.ledger_review import Review, review_fact, review_of
from tools.warehouse.access import Shop

START, TODAY = date(2026, 9, 7), date(2026, 11, 1)
WINDOW = Window(start=START, end=START + timedelta(days=27))
CLAIM = Claim(zh="计划", en="plan")
NAME = {"zh": "秋季促销", "en": "Autumn"}


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten of twenty products in a promotion that really sold 20 % more: 38,640 in four weeks."""
    rng, orders, lines = np.random.default_rng(8), [], []
    for number, (back, product) in enumerate((back, product) for back in range(7 * 44) for product in range(20)):
        day = START - timedelta(days=7 * 40 - back)
        mean = 300.0 * (1 + product % 4) * (1.2 if day >= START and product < 10 else 1)
        amount = f"{mean * rng.lognormal(0, 0.15):.2f}"
        orders.append(order(number, day, amount, f"b{number % 4000}"))
        lines.append(
            {
                "line_id": f"l{number}", "order_id": f"o{number}", "paid_date": day, "product_id": f"p{product}",
                "title": f"品{product}", "quantity": 1, "amount": Decimal(amount),
            }
        )  # fmt: skip
    promotions = [
        {
            "promotion_id": f"sale-{n}", "name": "秋促", "kind": "price" if n < 10 else "holdout", "product_id": f"p{n}",
            "starts_on": START, "ends_on": WINDOW.end,
        }
        for n in range(20)
    ]  # fmt: skip
    tables = {"orders": orders, "order_lines": lines, "promotions": promotions}
    return make_shop(tmp_path_factory.mktemp("wh"), tables)


def _review(at: Shop, low: int, high: int, promotion: str | None, window: Window = WINDOW) -> tuple[Review, Fact]:
    def amount(value: int, role: Role) -> Quantity:
        return Quantity(metric="gmv", value=Decimal(value), unit="CNY", role=role, window=window)

    plan = Fact(
        id="f_p",
        kind="playbook",
        claim=CLAIM,
        quantities=(amount(high, Role.RANGE_HIGH), amount(low, Role.RANGE_LOW)),
        data={"name": NAME, "net_of": "gmv", "steps": [], "artefacts": []},
    )
    days = [window.start.isoformat(), window.end.isoformat()]
    none = {"zh": "数据太短。", "en": "too short."}
    forecast = Fact(id="f_f", kind="metric", claim=CLAIM, data={"window": days, "reason": none})
    stored: dict[str, Any] = {
        "plan_id": "p_1", "plan": plan.model_dump(mode="json"), "forecast": forecast.model_dump(mode="json"),
        "promotion": promotion, "executed": "yes", "asked": False,
    }  # fmt: skip
    ctx = ToolContext(shop=at, today=TODAY)
    found = review_of(ctx, stored)
    return found, review_fact(ctx, found)


@pytest.mark.parametrize(("low", "high", "status"), [(10_000, 60_000, "kept"), (200_000, 300_000, "missed")])
def test_the_hold_out_decides_and_may_say_experiment(sold: Shop, low: int, high: int, status: str) -> None:
    found, fact = _review(sold, low, high, "秋促")
    assert found.verdict.status == fact.data["status"] == status
    assert fact.why_class is WhyClass.EXPERIMENT and "不能证明因果" not in fact.claim.zh
    assert found.lift is not None and found.lift.low < Decimal(38_640) < found.lift.high
    assert "随机留出的对照" in fact.claim.zh


def test_without_a_hold_out_and_without_a_forecast_nothing_is_claimed(sold: Shop) -> None:
    found, fact = _review(sold, 10_000, 60_000, None)
    assert found.verdict.status == "not_measurable" and "没有基线预测（数据太短）" in fact.claim.zh
    assert fact.why_class is None and found.effect is None


def test_an_older_promotion_of_that_name_is_not_this_plans(sold: Shop) -> None:
    later = Window(start=date(2026, 9, 8), end=date(2026, 10, 4))
    found, _ = _review(sold, 10_000, 60_000, "秋促", later)
    assert found.effect is None and found.verdict.status == "not_measurable"


def test_an_unknown_promotion_is_no_hold_out(sold: Shop) -> None:
    found, _ = _review(sold, 10_000, 60_000, "没有这个活动")
    assert found.effect is None
