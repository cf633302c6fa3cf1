"""Slow slides in whole shops: found where they are, told in money and words, silent in a quiet shop, not asked of other comparisons."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from metric_shops import make_shop

from tools.base import ToolContext
from tools.metrics.drivers import Cause, Explanation
from tools.metrics.explain import explain
from tools.metrics.explained import Writer
from tools.metrics.windows import compare_window, month_of
from tools.text import format_value
from tools.warehouse.access import Shop

OCT = month_of(date(2026, 10, 1))
SEP = month_of(date(2026, 9, 1))
FIRST, LAST = date(2025, 5, 5), OCT.end
DAYS = [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
BEGAN = LAST - timedelta(days=83)
SOURCES = {"搜索": 2700, "推荐": 2100, "付费推广": 1200, "短视频": 900, "淘宝客": 750}
PRODUCTS = {"p1": ("面霜", 0.05), "p2": ("精华", 0.04), "p3": ("面膜", 0.06), "p4": ("防晒", 0.05)}
D100 = 100.0


def ramp(day: date, end: float) -> float:
    """1 until the slide begins, then straight in logs down (or up) to `end`."""
    done = min(max((day - BEGAN).days / (LAST - BEGAN).days, 0.0), 1.0)
    return math.exp(math.log(end) * done)


def slow_shop(folder: Path, name: str = "", end: float = 1.0, *, peaks: bool = False) -> Shop:
    """Eighteen months of reports and one order row a day. What `name` names slides over the last 84 days to `end` of itself."""
    rng = np.random.default_rng(7)
    tables: dict[str, list[dict[str, Any]]] = {
        t: [] for t in ("orders", "refunds", "shop_daily", "traffic_daily", "product_daily")
    }
    for number, day in enumerate(DAYS):
        at = str(day)

        def factor(thing: str, day: date = day) -> float:
            return ramp(day, end) if thing == name else 1.0

        tide = rng.lognormal(0, 0.08) * (4.0 if peaks and day.day in (18, 19) else 1.0)
        visits = {s: rng.poisson(n * tide * factor(s) * rng.lognormal(0, 0.05)) for s, n in SOURCES.items()}
        total = int(sum(visits.values()))
        sold = {
            p: rng.poisson(total / 4 * rate * factor(p) * factor("conversion")) for p, (_, rate) in PRODUCTS.items()
        }
        buyers = int(sum(sold.values()))
        paid = round(buyers * D100 * factor("order_value") * rng.lognormal(0, 0.02), 2)
        again = rng.binomial(buyers, 0.4 * factor("returning_buyers"))
        tables["shop_daily"].append({"day": at, "visitors": total, "buyers": buyers, "returning_buyers": again})
        tables["traffic_daily"] += [
            {"day": at, "source": s, "detail": s, "visitors": n, "buyers": round(buyers * n / total), "paid_amount": round(paid * n / total, 2)}
            for s, n in visits.items()
        ]  # fmt: skip
        tables["product_daily"] += [
            {"day": at, "product_id": p, "title": PRODUCTS[p][0], "visitors": total // 4, "buyers": n, "paid_amount": round(paid * n / buyers, 2)}
            for p, n in sold.items()
        ]  # fmt: skip
        # a few orders a day carry the money; their count follows the buyers closely enough for an order value
        back = day + timedelta(days=5)
        refund = round(paid * rng.poisson(600 * 0.06 * factor("refunds")) / 6000, 2) if back <= LAST else 0
        tables["orders"] += [
            {"order_id": f"o{number}-{k}", "paid_date": at, "gross_amount": round(paid / buyers, 2), "refund_amount": 0 if k else refund}
            for k in range(buyers // 30)
        ]  # fmt: skip
        row = {"refund_id": f"r{number}", "order_id": f"o{number}-0", "refunded_date": str(back), "amount": refund}
        tables["refunds"] += [row] if refund else []
    return make_shop(folder, {table: pd.DataFrame(rows) for table, rows in tables.items()})


def slides(found: Explanation) -> list[Cause]:
    return [cause for cause in found.causes if cause.event is not None and cause.event.turned.startswith("slide")]


@pytest.fixture(scope="module")
def sliding(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return slow_shop(tmp_path_factory.mktemp("sliding"), "推荐", 0.5)


def test_a_quiet_shop_has_none(tmp_path: Path) -> None:
    found = explain(slow_shop(tmp_path, peaks=True), "net_gmv", OCT, SEP)
    assert found.causes == ()


def test_a_source_that_slid_by_half_is_told_since_when_and_for_how_much(sliding: Shop) -> None:
    cause = explain(sliding, "gmv", OCT, SEP).causes[0]
    assert (cause.entity.id, cause.entity.label.zh, cause.factor) == ("traffic_source", "推荐", "visitors")
    event = cause.event
    assert event is not None and event.turned == "slide visitors"
    assert abs((event.start - BEGAN).days) <= 14
    rate, money = event.quantities
    # by the ramp itself: middle of the last four weeks against the middle of weeks 9 to 13 before the end
    then, now = (np.mean([ramp(LAST - timedelta(days=k), 0.5) for k in days]) for days in (range(56, 91), range(28)))
    assert float(rate.value) == pytest.approx(now / then - 1, abs=0.05)
    assert abs(cause.amount) < abs(money.value), "a month holds a part of the slide"


def test_the_slide_in_money_is_what_the_earlier_level_would_have_brought(sliding: Shop) -> None:
    cause = explain(sliding, "gmv", OCT, SEP).causes[0]
    assert cause.event is not None
    rate, money = (float(q.value) for q in cause.event.quantities)
    reader = sliding.table("traffic_daily")
    paid = reader.filter(reader.source == "推荐", reader.day.between(OCT.start, OCT.end)).paid_amount.sum().execute()
    assert money == pytest.approx(float(paid) * (1 - 1 / (1 + rate)), rel=0.01)


@pytest.mark.parametrize(
    ("name", "end", "metric", "entity", "turned"),
    [
        ("p1", 0.6, "gmv", ("product", "面霜"), "slide product"),
        ("conversion", 0.7, "gmv", ("shop", "shop"), "slide conversion"),
        ("order_value", 0.75, "gmv", ("shop", "shop"), "slide order_value"),
        ("refunds", 3.0, "net_gmv", ("shop", "shop"), "slide refunds"),
    ],
)  # fmt: skip
def test_rates_slide_too(
    name: str, end: float, metric: str, entity: tuple[str, str], turned: str, tmp_path: Path
) -> None:
    told = slides(explain(slow_shop(tmp_path, name, end), metric, OCT, SEP))
    assert [(c.entity.id, c.entity.label.zh) for c in told] == [entity]
    assert told[0].event is not None and told[0].event.turned == turned
    assert told[0].amount < 0 and told[0].event.quantities[1].value < 0


def test_a_source_that_grows_is_told_too(tmp_path: Path) -> None:
    cause = slides(explain(slow_shop(tmp_path, "短视频", 2.5), "gmv", OCT, SEP))[0]
    assert cause.entity.label.zh == "短视频" and cause.amount > 0
    assert cause.event is not None and "走高" in cause.event.label.zh and "rising" in cause.event.label.en


def test_only_the_window_before_tells_of_a_slide(sliding: Shop) -> None:
    """A year earlier, or a quarter that holds the whole slide, is another question."""
    assert slides(explain(sliding, "gmv", OCT, compare_window(OCT, "yoy"))) == []
    quarter = compare_window(month_of(date(2026, 10, 1)), "previous").model_copy(update={"start": date(2026, 7, 1)})
    assert slides(explain(sliding, "gmv", quarter, compare_window(quarter, "previous"))) == []


def test_every_figure_of_the_sentence_is_a_quantity(sliding: Shop, tmp_path: Path) -> None:
    shops = [sliding, slow_shop(tmp_path / "order_value", "order_value", 0.7)]
    for shop in shops:
        found = explain(shop, "gmv", OCT, SEP)
        ctx = ToolContext(shop=shop, today=date(2026, 11, 1))
        facts = [f for f in Writer(ctx, found, ", ".join).causes() if str(f.data.get("turned", "")).startswith("slide")]
        assert facts and facts[0].data["event"] == "turning_point"
        for fact in facts:
            for lang in ("zh", "en"):
                text = re.sub(r"“[^”]*”|\"[^\"]*\"|\d{4}年\d+月\d+日|\d+ \w+ 20\d\d", " ", fact.claim.get(lang))
                written = [format_value(abs(q.value), q.unit, lang) for q in fact.quantities]
                for figure in re.findall(r"\d[\d,.]*", text):
                    assert any(figure in value for value in written), f"{figure} in {text}"
