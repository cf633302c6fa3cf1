"""Adopted plans read back on a simulated shop: adopt with data up to a day, import what came after, and be judged by the forecast."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from advisor.app import build_desk, build_service, load_settings
from advisor.scope import Scope
from advisor.service.plans import adopt, review, write_case
from advisor.service.service import AdvisorService
from advisor.store import AdoptedPlan
from tools.cases.library import load_cases
from tools.errors import BadArguments, NotFound, NotPermitted
from tools.facts import Fact, Role, WhyClass
from tools.playbooks.ledger_verdict import Range, judge, lift_of
from tools.warehouse.demo import Simulation, demo_spec, simulate, write_simulation
from tools.warehouse.schema import table_spec

SHOP = "demo-skincare"
OWNER, STAFF = Scope(SHOP, "ann"), Scope(SHOP, "kim", "staff")
KNOWN, START, END = date(2026, 8, 31), date(2026, 9, 2), date(2026, 10, 2)
PLAYBOOK = "first-to-second-order"
_READ = frozenset({"orders", "order_lines", "refunds", "products", "customers", "promotions"})

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(demo_spec(SHOP), months=16)


@pytest.fixture
def root(tmp_path: Path, simulation: Simulation) -> Path:
    """A workspace whose data end the day before anything is adopted."""
    write_simulation(_upto(simulation, KNOWN), tmp_path / "warehouse")
    return tmp_path


def _upto(simulation: Simulation, last: date, *, factor: str = "1", without: tuple[str, ...] = ()) -> Simulation:
    """The shop's tables up to `last`, with the amounts of orders from START on multiplied by `factor`."""
    kept = {}
    for name in sorted(_READ - set(without)):
        table, column = simulation.tables[name], table_spec(name).date
        days = table[column] if column else None
        kept[name] = table if days is None else table.filter(pc.or_kleene(pc.is_null(days), pc.less_equal(days, last)))
    orders = kept["orders"]
    times = pc.if_else(pc.greater_equal(orders["paid_date"], START), float(factor), 1.0)
    paid = pc.round(pc.multiply(orders["gross_amount"].cast(pa.float64()), times), 2).cast(pa.decimal128(18, 2))
    kept["orders"] = orders.set_column(orders.schema.get_field_index("gross_amount"), "gross_amount", paid)
    return replace(simulation, tables=kept)


def _import(root: Path, simulation: Simulation, last: date = date(2026, 10, 31), **more: Any) -> None:
    write_simulation(_upto(simulation, last, **more), root / "warehouse")


async def _with(root: Path, today: date, work: Callable[[AdvisorService], Awaitable[Any]]) -> Any:
    service = build_service(load_settings(workspace=root), today=lambda _zone: today)
    try:
        return await work(service)
    finally:
        await service.aclose()


async def _adopt(root: Path, scope: Scope = OWNER, **more: Any) -> tuple[AdoptedPlan, Fact]:
    async def work(service: AdvisorService) -> tuple[AdoptedPlan, Fact]:
        kept, result = await adopt(service, scope, PLAYBOOK, lang="zh", start=START, **more)
        return kept, result.facts[1]

    return await _with(root, date(2026, 9, 1), work)  # type: ignore[no-any-return]


async def _review(root: Path, scope: Scope = OWNER, **more: Any) -> Any:
    return await _with(root, date(2026, 11, 1), lambda service: review(service, scope, lang="zh", **more))


async def test_the_forecast_is_made_before_the_start_and_kept(root: Path, simulation: Simulation) -> None:
    kept, forecast = await _adopt(root)
    assert kept.forecast["data"]["as_of"] == str(KNOWN) and kept.forecast["data"]["window"] == [str(START), str(END)]
    low, middle, high = forecast.quantity(Role.RANGE_LOW), forecast.value, forecast.quantity(Role.RANGE_HIGH)
    assert low is not None and high is not None and middle is not None and low.value < middle < high.value
    _import(root, simulation, factor="1.7")
    again = (await _review(root, executed="yes", plan_id=kept.plan_id)).facts[0]
    assert again.quantity(Role.RANGE_LOW, "forecast_gmv").value == low.value  # later data do not move it
    assert again.quantity(Role.RANGE_HIGH, "forecast_gmv").value == high.value


@pytest.mark.parametrize(
    ("factor", "status", "words"),
    [("1.7", "kept", "高过"), ("0.5", "missed", "还低"), ("1", "not_measurable", "落在预测区间内")],
)
async def test_each_verdict_is_reached_by_what_came_after(
    root: Path, simulation: Simulation, factor: str, status: str, words: str
) -> None:
    kept, _ = await _adopt(root)
    before = (await _review(root)).facts[0]
    assert before.data["status"] == "planned" and before.data["ask"] is False
    _import(root, simulation, date(2026, 9, 20), factor=factor)
    assert (await _review(root)).facts[0].data["status"] == "running"
    _import(root, simulation, factor=factor)
    fact = (await _review(root, plan_id=kept.plan_id, executed="yes")).facts[0]
    assert fact.data["status"] == status and words in fact.claim.zh
    orders = _upto(simulation, END, factor=factor).tables["orders"]
    paid = orders.filter(pc.greater_equal(orders["paid_date"], START))
    assert fact.value == pc.sum(paid["gross_amount"]).as_py()
    assert fact.simulated and "执行：是（商家说）" in fact.claim.zh
    if status == "not_measurable":
        assert fact.why_class is None and "因果" not in fact.claim.zh
    else:
        assert (
            fact.why_class is WhyClass.ASSOCIATION
            and "不能证明因果" in fact.claim.zh
            and "cannot prove" in fact.claim.en
        )


async def test_what_the_data_show_is_not_asked_and_the_rest_is_asked_once(root: Path, simulation: Simulation) -> None:
    kept, _ = await _adopt(root)
    _import(root, simulation, without=("promotions",))
    first, second = await _review(root), await _review(root)
    assert first.facts[0].data["status"] == second.facts[0].data["status"] == "not_measurable"
    assert "不知道是否执行" in first.facts[0].claim.zh
    assert [note.zh for note in first.notes if "执行了吗" in note.zh] and second.notes == []
    said_no = (await _review(root, plan_id=kept.plan_id, executed="no")).facts[0]
    assert said_no.data["status"] == "not_measurable" and "没有执行" in said_no.claim.zh


async def test_a_coupon_that_began_in_the_plans_days_is_seen(root: Path, simulation: Simulation) -> None:
    kept, _ = await _adopt(root)
    coupon = {
        "promotion_id": "P-led",
        "name": "二单券",
        "kind": "coupon",
        "starts_on": date(2026, 9, 4),
        "ends_on": END,
    }
    promotions = simulation.tables["promotions"]
    row = pa.Table.from_pylist([coupon], schema=promotions.schema)
    more = replace(simulation, tables=simulation.tables | {"promotions": pa.concat_tables([promotions, row])})
    _import(root, more, factor="1.7")
    fact = (await _review(root, plan_id=kept.plan_id)).facts[0]
    assert "二单券" in fact.claim.zh and fact.data["executed"] is True and fact.data["status"] == "kept"


async def test_a_start_that_the_data_already_cover_is_refused(root: Path, simulation: Simulation) -> None:
    _import(root, simulation)
    with pytest.raises(BadArguments, match="are in them"):
        await _adopt(root)


async def test_other_scopes_see_nothing_and_the_shop_takes_its_plans_along(root: Path, simulation: Simulation) -> None:
    kept, _ = await _adopt(root)
    _import(root, simulation, factor="1.7")
    assert (await _review(root, STAFF)).facts == []
    with pytest.raises(NotFound):
        await _review(root, STAFF, plan_id=kept.plan_id)
    with pytest.raises(NotPermitted):
        await _review(root, STAFF, plan_id=kept.plan_id, executed="yes")
    await _review(root, plan_id=kept.plan_id)
    _import(root, simulation, factor="1.7")
    await _review(root, plan_id=kept.plan_id, executed="yes")
    path = await _with(root, date(2026, 11, 1), lambda s: write_case(s, OWNER, kept.plan_id, lang="zh"))
    assert path.exists() and SHOP in str(path)
    build_desk(load_settings(workspace=root)).delete(SHOP)
    assert not path.exists()
    write_simulation(_upto(simulation, KNOWN), root / "warehouse")
    assert (await _review(root)).facts == []


async def test_a_measured_plan_can_be_written_as_a_case_and_an_unmeasured_one_cannot(
    root: Path, simulation: Simulation
) -> None:
    kept, _ = await _adopt(root)
    with pytest.raises(BadArguments, match="no case yet"):
        await _with(root, date(2026, 9, 1), lambda s: write_case(s, OWNER, kept.plan_id, lang="en"))
    _import(root, simulation, factor="1.7")
    await _review(root, plan_id=kept.plan_id, executed="yes")
    path = await _with(root, date(2026, 11, 1), lambda s: write_case(s, OWNER, kept.plan_id, lang="en"))
    text = path.read_text(encoding="utf-8")
    assert "kept" in text and "cannot prove cause" in text and "(simulated data)" in text and "Forecast before" in text
    assert kept.plan_id in path.name and all(case.id not in path.name for case in load_cases())


def test_the_rule_by_hand() -> None:
    """Forecast 100 to 120; promised 10 to 20, or at most 20."""
    forecast, some, most = (
        Range(Decimal(100), Decimal(120)),
        Range(Decimal(10), Decimal(20)),
        Range(Decimal(0), Decimal(20)),
    )
    cases = {
        (125, "some"): "kept",  # +5 to +25: above the interval, and 10 is within it
        (105, "some"): "missed",  # -15 to +5: not even 10 at the most
        (115, "some"): "not_measurable",  # -5 to +15
        (95, "some"): "missed",
        (105, "most"): "not_measurable",
        (95, "most"): "missed",
        (121, "most"): "kept",
    }  # fmt: skip
    for (actual, promise), status in cases.items():
        lift = lift_of(Decimal(actual), forecast)
        assert judge(some if promise == "some" else most, lift).status == status, (actual, promise)
    assert lift_of(Decimal(130), forecast, Decimal("0.9")) == Range(Decimal(9), Decimal(27))
