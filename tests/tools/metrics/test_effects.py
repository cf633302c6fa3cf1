"""Effects: known ones are found with honest intervals, and none is told where the groups cannot carry it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from metric_shops import make_shop

from tools.base import ToolContext
from tools.errors import BadArguments
from tools.facts import Role, ToolResult, WhyClass
from tools.metrics.effects import DiD, Panel, Unidentified, did
from tools.metrics.tool_effects import campaign_effect
from tools.warehouse.access import Shop

TODAY = date(2026, 11, 1)
START = date(2026, 9, 7)


def panel(
    rng: np.random.Generator,
    treated: int,
    control: int,
    effect: float,
    *,
    weeks: int = 20,
    drift: float = 0.0,
    unit: float = 0.25,
) -> Panel:
    """Skewed units with a common path, weekly noise and a shock of their own at the start; 28 days after it."""
    n = treated + control
    mask = np.arange(n) < treated
    common = np.exp(0.3 * rng.normal(0, 0.1, weeks + 4).cumsum())
    sales = rng.lognormal(8, 0.6, n)[:, None] * common * np.exp(rng.normal(0, 0.3, (n, weeks + 4)))
    sales[mask] *= np.exp(drift * np.arange(weeks + 4))
    sales[:, weeks:] *= np.exp(rng.normal(0, unit, n))[:, None]
    sales[mask, weeks:] *= 1 + effect
    return Panel(sales[:, :weeks], sales[:, weeks:].sum(axis=1), mask, 28, (999, 999))


def coverage(runs: int, treated: int, control: int, effect: float, **shape: Any) -> tuple[float, int]:
    rng, hits, told = np.random.default_rng(11), 0, 0
    for _ in range(runs):
        data = panel(rng, treated, control, effect, **shape)
        found = did(data)
        if isinstance(found, DiD):
            truth = data.post[data.treated].sum() * (1 - 1 / (1 + effect))
            told += 1
            hits += found.low <= truth <= found.high
    return hits / told, told


def test_the_interval_holds_a_known_effect_about_as_often_as_it_says() -> None:
    share, told = coverage(300, 8, 12, 0.3)
    assert told > 250
    assert 0.91 <= share <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("treated", "control", "effect"), [(8, 12, 0.0), (8, 12, 0.3), (20, 40, 0.3), (6, 30, -0.2)])
def test_coverage_of_the_95_percent_interval(treated: int, control: int, effect: float) -> None:
    share, _ = coverage(4000, treated, control, effect)
    assert 0.93 <= share <= 0.97


@pytest.mark.slow
def test_coverage_by_placebo_dates_with_one_treated_unit() -> None:
    share, told = coverage(3000, 1, 3, 0.3, weeks=52, unit=0.0)
    assert told > 2500
    assert 0.93 <= share <= 0.97


def test_an_effect_is_the_sales_above_the_counterfactual() -> None:
    weeks = np.tile([[70.0], [140.0], [700.0], [210.0]], (4, 10))
    mask = np.arange(16) % 2 == 0
    post = np.where(mask, 1.5 * 1.1, 1.1) * weeks[:, 0]  # everyone up a tenth, the treated by half on top; seven days
    found = did(Panel(weeks, post, mask, 7, (99, 99)))
    assert isinstance(found, DiD)
    assert found.effect == pytest.approx(post[mask].sum() / 3)
    assert found.lift == pytest.approx(0.5)
    assert found.low == pytest.approx(found.effect)  # nobody moved unequally


def test_groups_that_drifted_apart_before_are_refused() -> None:
    rng = np.random.default_rng(5)
    found = [did(panel(rng, 8, 12, 0.0, drift=0.2)) for _ in range(50)]
    assert sum(isinstance(one, Unidentified) and one.reason == "pre_trend" for one in found) >= 49


def test_tiny_and_short_and_lonely_groups_are_refused() -> None:
    good = panel(np.random.default_rng(6), 8, 12, 0.2)

    def reason(**changed: Any) -> str:
        found = did(Panel(**{**vars(good), **changed}))
        assert isinstance(found, Unidentified)
        return found.reason

    assert reason(orders=(49, 900)) == "small"
    assert reason(weeks=good.weeks[:, -7:]) == "short"
    assert reason(treated=np.ones(20, dtype=bool)) == "no_control"
    assert reason(treated=np.zeros(20, dtype=bool)) == "no_treated"
    few = np.arange(20) < 1
    assert reason(treated=few, weeks=np.tile(good.weeks[:, -1:], (1, 12))) == "few_units"


def shop(folder: Path, *, effect: float = 0.0, taken: float = 0.0, kind: str = "price", holdout: bool = False) -> Shop:
    """Twenty products over 60 weeks; ten of them in a promotion from START for four weeks."""
    rng, rows = np.random.default_rng(8), []
    first = START - timedelta(days=7 * 40)
    for day in range(7 * 44):
        date_ = first + timedelta(days=day)
        for product in range(20):
            mean = 300.0 * (1 + product % 4)
            if date_ >= START:
                mean *= 1 + effect if product < 10 else 1 - taken
            rows.append(
                (f"{day}-{product}", date_, f"p{product}", f"品{product}", round(mean * rng.lognormal(0, 0.15), 2))
            )
    lines = pd.DataFrame(rows, columns=["line_id", "paid_date", "product_id", "title", "amount"])
    lines["order_id"] = lines["line_id"]
    lines["quantity"] = 1
    orders = lines.rename(columns={"amount": "gross_amount"})[["order_id", "paid_date", "gross_amount"]]
    orders["buyer_key"] = [f"b{k % 4000}" for k in range(len(orders))]
    orders["province"] = [f"省{k % 12}" for k in range(len(orders))]
    ends = START + timedelta(days=27)
    promoted = range(20) if holdout else range(10)
    promotions = [
        {
            "promotion_id": f"sale-{product}",
            "name": "秋促",
            "kind": kind if product < 10 else "holdout",
            "product_id": f"p{product}",
            "starts_on": START,
            "ends_on": ends,
        }
        for product in promoted
    ]
    promotions.append(
        {
            "promotion_id": "all",
            "name": "满减",
            "kind": "coupon",
            "product_id": None,
            "starts_on": START,
            "ends_on": ends,
        }
    )
    return make_shop(folder, {"orders": orders, "order_lines": lines, "promotions": promotions}, platform="other")


def ask(at: Shop, what: str, **arguments: Any) -> ToolResult:
    return campaign_effect.call(ToolContext(shop=at, today=TODAY), {"what": what, **arguments})


def test_a_promotion_on_some_products_is_an_association_in_yuan(tmp_path: Path) -> None:
    at = shop(tmp_path, effect=0.3)
    fact = ask(at, "秋促").facts[0]
    assert fact.why_class is WhyClass.ASSOCIATION
    truth = Decimal(28 * 300 * (1 + 2 + 3 + 4 + 1 + 2 + 3 + 4 + 1 + 2)) * Decimal("0.3")
    low, high = fact.quantity(Role.RANGE_LOW), fact.quantity(Role.RANGE_HIGH)
    assert low is not None
    assert high is not None
    assert fact.value is not None
    assert abs(fact.value - truth) < truth / 10
    assert 0 < low.value < fact.value < high.value
    assert "秋促" in fact.claim.zh
    assert not any(word in fact.claim.zh for word in ("导致", "带来"))


def test_no_effect_is_told_as_none_that_shows(tmp_path: Path) -> None:
    fact = ask(shop(tmp_path), "秋促").facts[0]
    assert fact.data["clear"] is False
    assert "看不出" in fact.claim.zh


def test_a_declared_random_holdout_is_an_experiment(tmp_path: Path) -> None:
    result = ask(shop(tmp_path, effect=0.2, holdout=True), "秋促")
    assert result.facts[0].why_class is WhyClass.EXPERIMENT
    assert not any("不是随机留出" in note.zh for note in result.notes)


def test_sales_the_others_lost_are_told_beside_the_effect(tmp_path: Path) -> None:
    facts = ask(shop(tmp_path, effect=0.3, taken=0.15), "秋促").facts
    beside = next(fact for fact in facts if fact.data.get("part") == "cannibalisation")
    lost = Decimal(28 * 300 * (3 + 4 + 1 + 2 + 3 + 4 + 1 + 2 + 3 + 4)) * Decimal("0.15")
    assert beside.value is not None
    assert abs(beside.value - lost) < lost / 4
    assert beside.quantities[1].value == facts[0].quantities[0].value - beside.value


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("满减", "覆盖全店"),
        ("券", "“满减”的效果"),
        ("Coupon", "覆盖全店"),
        ("会员体系", "会员和非会员"),
        ("member programme", "会员和非会员"),
    ],
)
def test_what_has_no_comparison_group_is_not_identifiable_and_sized(tmp_path: Path, what: str, word: str) -> None:
    result = ask(shop(tmp_path), what)
    assert result.facts[0].data["identified"] is False
    assert "无法识别" in result.facts[0].claim.zh
    assert "not identifiable" in result.facts[0].claim.en
    assert word in result.facts[0].claim.zh
    assert not result.facts[0].quantities
    size = next(fact for fact in result.facts if fact.data["topic"] == "size")
    held, treated = size.quantities[0].value, size.quantities[1].value
    assert held + treated == size.quantities[2].value <= 4000


def test_provinces_named_with_a_start_are_compared(tmp_path: Path) -> None:
    at = shop(tmp_path)
    result = ask(at, "区域券", by="province", treated=[f"省{k}" for k in range(6)], start=str(START))
    assert result.facts[0].data["identified"] is True
    with pytest.raises(BadArguments):
        ask(at, "区域券", by="province", treated=["没有的省"], start=str(START))
    with pytest.raises(BadArguments):
        ask(at, "区域券", by="province", treated=["省1"])


def test_an_unknown_campaign_is_asked_back(tmp_path: Path) -> None:
    with pytest.raises(BadArguments):
        ask(shop(tmp_path), "没有这个活动")
