"""The roster uses what the fair comparison found, no more: differences beyond chance, in slots a host has worked, and it says so."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from advisor.grounding import check
from tests.tools.livestream.host_rooms import FIRST, shop_tables
from tests.tools.livestream.test_ground import Said
from tests.tools.playbooks.shopkit import make_shop
from tools.base import ToolContext
from tools.facts import Role, ToolResult, Window
from tools.livestream.brief import parse_brief
from tools.livestream.hosts_compare import Comparison, compare_hosts
from tools.livestream.hosts_rows import host_rows
from tools.livestream.schedule_hosts import left_the_air
from tools.livestream.tool_schedule import live_schedule, make_schedule
from tools.metrics.reader import Reader
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import create_demo

TODAY = FIRST + timedelta(days=90)
ECONOMICS = {"order_value": 180, "cancelled": 0, "returned": "10%", "cost_share": "40%", "platform_fee": "5%", "outbound": 0, "return_parcel": 0, "insurance": 0, "lost_share": 0}  # fmt: skip
NAMES = ("a", "b", "c")


def brief(*names: str) -> dict[str, Any]:
    return {"economics": ECONOMICS, "self_run": {"ad_share": "4%", "fixed": 0}, "rota": {"crew_hourly": 40}, "hosts": [{"name": n, "hourly": 60} for n in names]}  # fmt: skip


def context(shop: Shop, today: date = TODAY) -> ToolContext:
    return ToolContext(shop=shop, today=today, records=Said())


def told(result: ToolResult) -> list[Any]:
    return [fact for fact in result.facts if fact.data["part"] == "strengths"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("differ"), shop_tables({"a": 2.0, "b": 1.0, "c": 1.0}, days=90))


def test_differences_that_hold_count_at_their_near_end(shop: Shop) -> None:
    plan, _, _ = make_schedule(context(shop), parse_brief(brief(*NAMES)), weeks=1)
    reader = Reader(shop)
    compared = compare_hosts(host_rows(reader, Window(start=TODAY - timedelta(days=90), end=TODAY - timedelta(days=1)), reader.platform))  # fmt: skip
    assert isinstance(compared, Comparison) and plan.fair is not None
    wanted = {e.host: math.exp(min((e.uv.low, e.uv.high), key=abs)) for e in compared.effects if e.verdict != "unclear"}
    given = plan.fair.strengths()
    assert set(given) == set(wanted) and "a" in given and given["a"]["evening"] > 1
    assert all(abs(float(given[host]["evening"]) - wanted[host]) < 1e-3 for host in wanted)
    assert set(given["a"]) == {"evening"}, "slots a host never worked in are not guessed"
    hours = {one.host: one.hours for one in plan.roster.totals}
    assert hours["a"] == max(hours.values()), "at equal pay the host who sells more is on longest"


def test_one_fact_says_it_with_its_interval_and_is_grounded(shop: Shop) -> None:
    for lang in ("zh", "en"):
        ctx = ToolContext(shop=shop, today=TODAY, lang=lang, records=Said())  # type: ignore[arg-type]
        found = live_schedule.call(ctx, {"brief": brief(*NAMES), "weeks": 1})
        (fact,) = told(found)
        assert {Role.RANGE_LOW, Role.RANGE_HIGH} <= {q.role for q in fact.quantities}
        text = fact.claim.get(lang)  # type: ignore[arg-type]
        assert check(f"{text} [l1]", cited={"l1": fact}, lang=lang, section="why", today=TODAY).ok, text  # type: ignore[arg-type]


def test_hosts_who_cannot_be_compared_get_no_strength_and_no_fact(tmp_path: Path) -> None:
    two = make_shop(tmp_path, shop_tables({"a": 2.0, "b": 1.0}, days=60))
    plan, _, _ = make_schedule(context(two), parse_brief(brief("a", "b")), weeks=1)
    assert plan.fair is None and not told(live_schedule.call(context(two), {"brief": brief("a", "b"), "weeks": 1}))


def test_hosts_of_the_brief_who_were_never_on_air_change_nothing(shop: Shop) -> None:
    assert make_schedule(context(shop), parse_brief(brief("x", "y", "z")), weeks=1)[0].fair is None
    found = live_schedule.call(context(shop), {"brief": {**brief(*NAMES), "economics": {}}, "weeks": 1})
    assert not told(found), "where the worth of an hour is unknown, strengths decide nothing and are not told"


def test_who_left_the_air_is_not_rostered_and_named(tmp_path: Path) -> None:
    tables = shop_tables({"a": 1.0, "b": 1.0, "c": 1.0}, days=60)
    last = FIRST + timedelta(days=40)
    tables["live_shifts"] = [row for row in tables["live_shifts"] if row["host"] != "c" or row["day"] <= last]
    room = make_shop(tmp_path, tables)
    plan, notes, _ = make_schedule(context(room, FIRST + timedelta(days=61)), parse_brief({}), weeks=1)
    gone = max(row["day"] for row in tables["live_shifts"] if row["host"] == "c")
    assert {one.host for one in plan.roster.totals} == {"a", "b"}
    assert any(f"c（最后一次 {gone}）" in one.zh for one in notes)
    assert left_the_air([], []) == {}


@pytest.mark.slow
def test_the_demo_shop(tmp_path: Path) -> None:
    create_demo(tmp_path)
    today = date(2026, 11, 1)
    demo = Warehouse(tmp_path).for_merchant("demo-skincare")
    (fact,) = told(live_schedule.call(context(demo, today), {"brief": {"rota": {"crew_hourly": 40}, "hosts": [{"name": n, "hourly": 80} for n in ("林知夏", "周牧然", "许小满")]}}))  # fmt: skip
    sure = {q.subject: q.value for q in fact.quantities if q.metric == "live.host_sure"}
    assert ("林知夏",) in sure and 0 < sure["林知夏",] < D("0.5")
