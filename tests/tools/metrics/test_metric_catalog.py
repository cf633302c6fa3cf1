"""The catalogue is consistent: every base exists, names are unambiguous, every table has an export path."""

from __future__ import annotations

import pytest

from tools.errors import BadArguments
from tools.metrics.bases import BASES
from tools.metrics.catalog import catalog, find_metric, metric_of, unlock_text
from tools.metrics.engine import dims_for
from tools.metrics.reader import RELATIONS
from tools.text import format_value
from tools.warehouse.schema import tables

UNITS = {"money", "ratio", "number", "orders", "buyers", "visitors", "items", "days", "times", "count"}


def test_at_least_fifty_metrics_with_every_part() -> None:
    assert len(catalog()) >= 50
    for metric in catalog().values():
        assert metric.unit in UNITS, metric.id
        assert metric.name.zh and metric.name.en and metric.formula.zh and metric.formula.en, metric.id
        assert bool(metric.calc) != bool(metric.num), metric.id
        assert {term.base for term in (*metric.num, *metric.den)} <= set(BASES), metric.id
        assert not (metric.additive and metric.den), f"{metric.id}: a quotient does not add"
        assert not (metric.additive and metric.unit in ("buyers", "visitors") and metric.id != "members_joined"), (
            metric.id
        )


def test_names_are_unambiguous() -> None:
    seen: dict[str, str] = {}
    for metric in catalog().values():
        for name in metric.names():
            key = name.replace(" ", "").casefold()
            assert seen.setdefault(key, metric.id) == metric.id, f"{name} means {seen[key]} and {metric.id}"


def test_feeds_name_real_relations_and_tables() -> None:
    for base, feeds in BASES.items():
        assert feeds, base
        for feed in feeds:
            assert RELATIONS[feed.relation].table in tables()
    for table in tables():
        assert unlock_text(table).zh and unlock_text(table).en


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("GMV", "gmv"),
        ("销售额", "gmv"),
        ("revenue", "gmv"),
        ("净销售额", "net_gmv"),
        ("客单价", "aov_buyer"),
        ("average order value", "aov_order"),
        ("退款率", "refund_rate"),
        ("复购率", "repurchase_rate"),
        ("conversion rate", "conversion"),
        ("uv", "visitors"),
        ("投产比", "ad_roi"),
        ("Refund-Rate", "refund_rate"),
    ],
)
def test_aliases(name: str, metric: str) -> None:
    assert find_metric(name).id == metric


def test_did_you_mean() -> None:
    with pytest.raises(BadArguments) as caught:
        find_metric("conversoin rate")
    assert "conversion" in caught.value.message.en
    assert caught.value.choices[0] == "conversion"
    with pytest.raises(BadArguments) as caught:
        find_metric("天气")
    assert set(caught.value.choices) == set(catalog())
    with pytest.raises(BadArguments):
        metric_of("gvm")


def test_dimensions_of_a_metric() -> None:
    assert {"channel", "province", "product", "source"} <= set(dims_for(metric_of("gmv")))
    assert dims_for(metric_of("repurchase_rate")) == []
    assert "source" in dims_for(metric_of("conversion"))


def test_units_can_be_written() -> None:
    from decimal import Decimal

    for metric in catalog().values():
        assert format_value(Decimal("1.5"), metric.unit_in("CNY"), "zh")
