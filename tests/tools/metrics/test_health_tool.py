"""The tool on simulated shops: what was planted surfaces with its yuan, every figure said is a quantity, quiet shops stay quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from health_shops import context, orders, shop_of

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Fact, ToolResult
from tools.metrics.health import health
from tools.metrics.tools import shop_health
from tools.text import format_value
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import create_demo, random_cause, random_shop, simulate, write_simulation

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToolContext]:
    folder = tmp_path_factory.mktemp("demo")
    create_demo(folder, only="demo-skincare")
    yield ToolContext(shop=Warehouse(folder).for_merchant("demo-skincare"), today=TODAY)


@pytest.fixture(scope="module")
def told(demo: ToolContext) -> ToolResult:
    return shop_health.call(demo, {})


def _topic(result: ToolResult, topic: str) -> list[Fact]:
    return [fact for fact in result.facts if fact.data["topic"] == topic]


def test_the_planted_causes_of_the_demo_lead(told: ToolResult) -> None:
    """Search rank lost on 5 October, the star host gone on 12 October."""
    first, second = _topic(told, "finding")[:2]
    assert first.data["kind"] == "problem" and "搜索" in first.entities
    assert "林知夏" in second.entities and second.data["area"] == "live"
    assert first.value is not None and second.value is not None and first.value > second.value > 0


def test_every_outcome_is_told(told: ToolResult) -> None:
    assert [fact.data["outcome"] for fact in _topic(told, "outcome")] == [
        "user_assets", "marketing", "cost", "repurchase", "efficiency"
    ]  # fmt: skip
    assert len(_topic(told, "stage")) == len(_topic(told, "landing")) == 1


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
_NOT_FIGURES = re.compile(
    r"\d{4}年(\d+月)?(\d+日)?(至(\d{4}年)?(\d+月)?(\d+日)?)?|\d+月\d+日|“[^”]*”|近?\s?\d+ 天|20%–30%|三个月|80%|超 48 小时|\d+ 点"
)


def test_every_figure_said_is_a_quantity_of_its_fact(told: ToolResult) -> None:
    for fact in told.facts:
        if fact.data["topic"] in ("finding", "outcome", "stage", "landing"):
            said = set(_NUMBER.findall(_NOT_FIGURES.sub("", fact.claim.zh)))
            known = " ".join(format_value(sign * q.value, q.unit, "zh") for q in fact.quantities for sign in (1, -1))
            assert not [number for number in said if number not in known], (fact.claim.zh, known)


def test_the_same_shop_in_english_tells_the_same_facts(demo: ToolContext, told: ToolResult) -> None:
    english = shop_health.call(replace(demo, lang="en"), {})
    assert [fact.id for fact in english.facts] == [fact.id for fact in told.facts]
    assert not any(re.search(r"[一-鿿]", re.sub(r'"[^"]*"|\([^)]*\)', "", fact.claim.en)) for fact in english.facts)


@pytest.mark.parametrize("kind", ["stock_out", "host_left"])
def test_a_planted_loss_surfaces_with_its_yuan(kind: str, tmp_path: Path) -> None:
    """The largest finding names the product; its yuan is within a factor of three of what the cause took from the shop."""
    spec = random_shop(101, months=18)
    cause = random_cause(spec, 101, start=date(2026, 10, 4), end=date(2026, 10, 31), type_=kind)
    hit, bare = simulate(spec, causes=[cause]), simulate(spec, causes=[])
    profile = write_simulation(hit, tmp_path)
    found = health(ToolContext(shop=Warehouse(tmp_path).for_merchant(profile.merchant_id), today=TODAY))
    lost = Decimal(_gmv(bare) - _gmv(hit))
    lead = found.findings[0]
    assert lead.kind == "problem" and hit.causes[0].entity in lead.subject
    assert lost / 3 <= lead.yuan <= lost * 3


def _gmv(simulation: object) -> int:
    table = simulation.tables["orders"].to_pandas()  # type: ignore[attr-defined]
    inside = table["paid_date"].astype(str).between("2026-10-02", "2026-10-31")
    return int(table.loc[inside, "gross_amount"].astype(float).sum())


@pytest.mark.parametrize("seed", [101, 104])
def test_a_shop_without_a_cause_has_no_problem(seed: int, tmp_path: Path) -> None:
    profile = write_simulation(simulate(random_shop(seed, months=18), causes=[]), tmp_path)
    found = health(ToolContext(shop=Warehouse(tmp_path).for_merchant(profile.merchant_id), today=TODAY))
    assert [finding.id for finding in found.findings if finding.kind == "problem"] == []


def test_a_month_of_data_judges_nothing(tmp_path: Path) -> None:
    result = shop_health.call(context(shop_of(tmp_path, orders=orders(31, lambda _: 40))), {})
    assert _topic(result, "finding") == [] and "不足以分清" in _topic(result, "check")[0].claim.zh


def test_an_empty_shop_is_told_what_to_import(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, products=[{"product_id": "p", "title": "t"}])
    with pytest.raises(DataMissing):
        shop_health.call(context(shop), {})
