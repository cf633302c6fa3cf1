"""Landing a month: exact where the shop is regular, honest about what it does not know, no worse than naive, and refused when short."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from metric_shops import make_shop, shared_data

from evals.benchmarks.landing import main, score, trials, uci_shop
from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.facts import Role, Window
from tools.metrics.landing import landing
from tools.metrics.landing_model import fit
from tools.metrics.tool_landing import target_landing
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import random_shop, simulate, write_simulation

TODAY = date(2026, 8, 21)
WEEK = (100, 110, 120, 130, 150, 200, 190)  # Monday first


def orders(first: date, last: date, amount: Callable[[date], float]) -> pd.DataFrame:
    days = pd.date_range(first, last)
    return pd.DataFrame(
        {
            "order_id": [f"o{k}" for k in range(len(days))],
            "paid_date": [day.date() for day in days],
            "gross_amount": [round(amount(day.date()), 2) for day in days],
        }
    )


def regular(folder: Path, *, first: date = date(2026, 3, 1), last: date = date(2026, 8, 20), **profile: Any) -> Shop:
    frame = orders(first, last, lambda day: WEEK[day.weekday()] * 10)
    return make_shop(folder, {"orders": frame}, platform="other", **profile)


def month_total(month: date, until: date) -> Decimal:
    days = [month + timedelta(days=k) for k in range((until - month).days + 1)]
    return Decimal(sum(WEEK[day.weekday()] * 10 for day in days))


def test_a_regular_shop_lands_to_the_yuan(tmp_path: Path) -> None:
    found = landing(regular(tmp_path), None, TODAY, Decimal(50_000))
    assert found.window == Window(start=date(2026, 8, 1), end=date(2026, 8, 31))
    assert (found.days_done, found.days_left) == (20, 11)
    assert found.actual == month_total(date(2026, 8, 1), date(2026, 8, 20))
    truth = month_total(date(2026, 8, 1), date(2026, 8, 31))
    assert abs(found.landed - truth) < 1
    assert found.low <= found.landed <= found.high
    assert found.high - found.low < 2
    assert found.gap == 50_000 - found.landed
    assert found.attained == found.actual / 50_000
    assert found.achievement == found.landed / 50_000


def test_the_actual_counts_what_pandas_counts_and_no_day_after_yesterday(tmp_path: Path) -> None:
    frame = orders(date(2026, 3, 1), date(2026, 8, 25), lambda day: 37.31 * day.day + day.weekday())
    shop = make_shop(tmp_path, {"orders": frame}, platform="other")
    days = pd.to_datetime(frame["paid_date"])
    inside = (days >= "2026-08-01") & (days < "2026-08-21")
    assert landing(shop, date(2026, 8, 9), TODAY).actual == Decimal(str(round(frame["gross_amount"][inside].sum(), 2)))


def test_under_eight_weeks_is_refused_with_the_days_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as caught:
        landing(regular(tmp_path, first=date(2026, 7, 1)), None, TODAY)
    assert "51" in caught.value.message.zh
    assert "51 days" in caught.value.message.en
    assert landing(regular(tmp_path / "more", first=date(2026, 6, 26)), None, TODAY).sample == 56


def test_hardly_any_sale_is_refused(tmp_path: Path) -> None:
    frame = orders(date(2026, 3, 1), date(2026, 8, 20), lambda _: 100)
    shop = make_shop(tmp_path, {"orders": frame.iloc[::4]}, platform="other")
    with pytest.raises(DataMissing):
        landing(shop, None, TODAY)


def test_a_month_that_is_over_is_its_actual_and_needs_no_history(tmp_path: Path) -> None:
    shop = regular(tmp_path, first=date(2026, 7, 1))
    found = landing(shop, date(2026, 7, 1), TODAY)
    assert found.settled
    assert found.landed == found.low == found.high == found.actual


def test_too_far_ahead_and_before_the_data_are_refused(tmp_path: Path) -> None:
    shop = regular(tmp_path)
    with pytest.raises(BadArguments):
        landing(shop, date(2026, 12, 1), TODAY)
    with pytest.raises(DataMissing):
        landing(shop, date(2026, 2, 1), TODAY)


def with_campaigns(folder: Path, *, known: bool) -> Shop:
    """Two past campaigns of ten days at double sales; the third begins on 22 August."""
    spans = [(date(2026, 4, 10), date(2026, 4, 19)), (date(2026, 6, 5), date(2026, 6, 14))]
    frame = orders(
        date(2026, 3, 1),
        date(2026, 8, 20),
        lambda day: 1000 * (2 if known and any(a <= day <= b for a, b in spans) else 1),
    )
    spans = [*(spans if known else []), (date(2026, 8, 22), date(2026, 8, 31))]
    rows = [
        {"promotion_id": f"p{k}", "name": "店庆", "kind": "campaign", "starts_on": a, "ends_on": b}
        for k, (a, b) in enumerate(spans)
    ]
    return make_shop(folder, {"orders": frame, "promotions": rows}, platform="other")


def test_a_campaign_ahead_is_expected_to_do_what_the_shops_campaigns_did(tmp_path: Path) -> None:
    found = landing(with_campaigns(tmp_path, known=True), None, TODAY)
    plain = found.actual + 11 * 1000
    assert plain + 2000 < found.landed < plain + 10_000  # two campaigns are drawn towards no effect


def test_a_campaign_never_lived_through_counts_as_plain_days_says_so_and_widens(tmp_path: Path) -> None:
    found = landing(with_campaigns(tmp_path, known=False), None, TODAY)
    assert abs(found.landed - found.actual - 11 * 1000) < 20
    assert any("店庆" in note.zh for note in found.notes)
    assert found.high - found.landed > 0.4 * 10 * 1000  # nobody knows what it does: at least half more is in reach


def test_an_event_due_without_dates_is_said_and_widens(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = orders(date(2025, 7, 1), date(2026, 5, 10), lambda day: 1000 * float(rng.lognormal(0, 0.2)))
    there = make_shop(tmp_path / "tmall", {"orders": frame}, platform="tmall")
    elsewhere = make_shop(tmp_path / "other", {"orders": frame}, platform="other")
    known, blind = (landing(shop, date(2026, 5, 1), date(2026, 5, 11)) for shop in (there, elsewhere))
    assert any("618" in note.zh for note in known.notes)  # its presale ran in May 2025, and 2026 has no dates yet
    assert not any("618" in note.zh for note in blind.notes)
    assert known.high - known.low > blind.high - blind.low


def test_a_day_the_report_lacks_teaches_nothing(tmp_path: Path) -> None:
    days = [day for k in range(170) if (day := date(2026, 3, 4) + timedelta(days=k)) != date(2026, 8, 10)]
    rows = [{"day": day, "paid_amount": WEEK[day.weekday()] * 10} for day in days]
    shop = make_shop(tmp_path, {"shop_daily": rows}, platform="other")
    found = landing(shop, None, TODAY)
    assert abs(found.landed - (month_total(date(2026, 8, 1), date(2026, 8, 31)) - WEEK[0] * 10)) < 5


def test_weekdays_a_shop_is_closed_do_not_lift_its_level() -> None:
    days = [date(2026, 1, 5) + timedelta(days=k) for k in range(140)]
    y = np.array([0.0 if day.weekday() == 5 else 700.0 for day in days])
    model = fit(y, np.array([day.weekday() for day in days]), [None] * 140)
    assert model.weekday[5] < 0.05
    assert model.weekday.sum() == pytest.approx(7)


def ctx(shop: Shop, **said: Any) -> ToolContext:
    class Records:
        def stated(self, key: str) -> Any:
            return said.get(key)

    return ToolContext(shop=shop, today=TODAY, records=Records())


def targets(value: int) -> dict[str, Any]:
    return {"metric": "支付金额", "starts_on": date(2026, 8, 1), "ends_on": date(2026, 8, 31), "value": value}


def test_an_imported_target_is_used_and_hidden_from_staff(tmp_path: Path) -> None:
    frame = orders(date(2026, 3, 1), date(2026, 8, 20), lambda _: 1000)
    make_shop(tmp_path, {"orders": frame, "targets": [targets(40_000)]}, platform="other")
    house = Warehouse(tmp_path)
    assert landing(house.for_merchant("shop"), None, TODAY).target == 40_000
    assert landing(house.for_merchant("shop", hidden=frozenset({"targets"})), None, TODAY).target is None
    assert (
        landing(house.for_merchant("shop"), Window(start=date(2026, 8, 1), end=date(2026, 8, 15)), TODAY).target is None
    )


def test_a_stated_target_counts_for_its_month_only(tmp_path: Path) -> None:
    shop = regular(tmp_path)
    august = {"value": Decimal(60_000), "said_at": datetime(2026, 8, 3, 9, tzinfo=UTC)}
    july = {"value": Decimal(60_000), "said_at": datetime(2026, 7, 3, 9, tzinfo=UTC)}

    def goal(**said: Any) -> Decimal | None:
        found = [f.quantity(Role.TARGET) for f in target_landing.run(ctx(shop, **said)).facts]
        return next((q.value for q in found if q is not None and q.metric == "gmv"), None)

    assert goal(month_target=august) == 60_000
    assert goal(month_target=july) is None
    assert goal(month_target_8=july) == 60_000
    assert goal(month_target_9=july) is None
    assert goal() is None


def test_levers_are_levels_the_shop_had_and_their_worth_follows(tmp_path: Path) -> None:
    day, rows = date(2026, 2, 1), []
    while day <= date(2026, 8, 20):
        visitors = 1000 if day < date(2026, 7, 24) else 800  # the last four weeks brought a fifth fewer
        rows.append({"day": day, "visitors": visitors, "buyers": visitors // 20, "paid_amount": visitors * 5})
        day += timedelta(days=1)
    shop = make_shop(tmp_path, {"shop_daily": rows}, platform="other")
    result = target_landing.run(ctx(shop), target=Decimal(200_000))
    lever = next(fact for fact in result.facts if fact.data["part"] == "lever:visitors")
    now, best = lever.quantities[1].value, lever.quantity(Role.TARGET)
    assert best is not None
    assert (now, best.value) == (800, 1000)
    found = landing(shop, None, TODAY, Decimal(200_000))
    assert lever.value is not None
    assert abs(lever.value - (found.landed - found.actual) / 4) < 1
    assert not any(fact.data["part"] in ("lever:conversion", "lever:spend_per_buyer") for fact in result.facts)


def test_the_benchmark_beats_seasonal_naive_and_holds_its_interval(tmp_path: Path) -> None:
    found = []
    for seed in (3, 5):
        simulation = simulate(random_shop(seed, months=9), seed=seed)
        write_simulation(simulation, tmp_path)
        found += list(trials(Warehouse(tmp_path).for_merchant(simulation.profile.merchant_id)))
    told = score(found)
    assert told.trials == 2 * 4 * 7
    assert told.mae < 0.9 * told.naive
    assert 0.6 <= told.coverage <= 1


@pytest.mark.slow
def test_the_benchmark_on_real_orders(tmp_path: Path) -> None:
    file = shared_data("uci_online_retail_ii", "online_retail_ii_2009_2010.parquet")
    told = score(list(trials(uci_shop(tmp_path, file))))
    assert told.mae < told.naive
    assert told.coverage >= 0.65


@pytest.mark.slow
def test_the_benchmark_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--random", "6"]) == 0
    assert "random shops" in capsys.readouterr().out
