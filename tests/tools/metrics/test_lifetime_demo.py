"""The customer tools on a demo shop: every claim passes the product's own check, and the figures equal pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from advisor.grounding import check
from tools.base import Registry, ToolContext
from tools.facts import Fact, ToolResult
from tools.metrics.tool_customers import TOOLS
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import create_demo

pytestmark = pytest.mark.slow

TODAY, LAST = date(2026, 11, 1), date(2026, 10, 31)
CALLS = [
    ("customer_cohorts", {}),
    ("customer_cohorts", {"by": "live", "months": 3}),
    ("customer_cohorts", {"by": "source"}),
    ("customer_cohorts", {"by": "product"}),
    ("customer_cohorts", {"by": "promotion"}),
    ("customer_segments", {}),
    ("customer_lifetime", {}),
    ("customer_lifetime", {"horizon_days": 365}),
    ("brand_assets", {}),
]


class _Said:
    def stated(self, key: str) -> Mapping[str, Any] | None:
        return {"value": "0.4"} if key == "gross_margin" else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("demo")
    create_demo(where, only="demo-snacks")
    return where


@pytest.fixture(scope="module")
def frames(folder: Path) -> Iterator[dict[str, pd.DataFrame]]:
    with duckdb.connect(str(folder / "demo-snacks.duckdb"), read_only=True) as connection:
        names = ("orders", "ad_daily", "live_sessions")
        found = {name: connection.execute(f"SELECT * FROM {name}").df() for name in names}
    orders = found["orders"]
    service = orders["is_service"].fillna(False).astype(bool)
    paid = orders["paid_date"].notna() & (orders["gross_amount"] > 0) & orders["buyer_key"].fillna("").ne("")
    goods = orders[paid & ~service].copy()
    goods["day"] = pd.to_datetime(goods["paid_date"])
    for column in ("gross_amount", "refund_amount"):
        goods[column] = goods[column].astype(float)
    goods["first"] = goods.groupby("buyer_key")["day"].transform("min")
    yield {**found, "goods": goods}


def run(folder: Path, name: str, args: dict[str, Any], records: Any = None) -> ToolResult:
    shop = Warehouse(folder).for_merchant("demo-snacks")
    return Registry(TOOLS).get(name).call(ToolContext(shop=shop, today=TODAY, records=records), args)


@pytest.mark.parametrize(("name", "args"), CALLS, ids=lambda value: str(value))
@pytest.mark.parametrize("records", [None, _Said()], ids=["bare", "margin"])
def test_every_claim_passes_the_statement_check(folder: Path, name: str, args: dict[str, Any], records: Any) -> None:
    result = run(folder, name, args, records)
    assert result.facts
    ids = [fact.id for fact in result.facts]
    assert len(set(ids)) == len(ids)
    for fact in result.facts:
        assert fact.data["topic"] == "customers" and fact.source and fact.formula
        assert fact.simulated
        for lang in ("zh", "en"):
            for section in ("headline", "why", "what"):
                verdict = check(
                    f"{fact.claim.get(lang)} [m1]", cited={"m1": fact}, lang=lang, section=section, today=TODAY
                )
                assert verdict.ok, (fact.claim.get(lang), verdict.problems)


def _fact(result: ToolResult, part: str, **data: str) -> Fact:
    return next(f for f in result.facts if f.data["part"] == part and all(f.data.get(k) == v for k, v in data.items()))


def _value(fact: Fact, metric: str) -> float:
    return next(float(q.value) for q in fact.quantities if q.metric == metric)


def test_giveaway_and_other_newcomers_equal_pandas(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    """New buyers of August to October by the first order's livestream, counted with pandas."""
    goods = frames["goods"].sort_values(["day", "paid_at", "order_id"])
    first = goods.drop_duplicates("buyer_key")
    first = first[(first["day"] >= "2026-08-01") & (first["day"] <= "2026-10-31")]
    title = frames["live_sessions"].drop_duplicates("session_id").set_index("session_id")["title"]
    want = first["session_id"].map(title).fillna("").value_counts()
    facts = [
        f for f in run(folder, "customer_cohorts", {"by": "live", "months": 3}).facts if f.data["part"] == "newcomers"
    ]
    names = {f.entities[0]: int(f.value or 0) for f in facts}
    assert names.pop("非直播间") == want.pop("")
    assert names == want.to_dict() and names


def test_acquisition_equals_pandas(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    goods, ads = frames["goods"], frames["ad_daily"]
    start = pd.Timestamp(LAST - timedelta(days=364))
    first = goods.sort_values(["day", "paid_at", "order_id"]).drop_duplicates("buyer_key")
    new = first[(first["day"] >= start) & (first["source"] == "付费推广")]
    spend = float(ads.loc[pd.to_datetime(ads["day"]) >= start, "spend"].astype(float).sum())
    fact = _fact(run(folder, "customer_lifetime", {}, _Said()), "payback", channel="paid")
    assert _value(fact, "new_buyers") == len(new)
    assert _value(fact, "cac") == pytest.approx(spend / len(new), abs=0.006)
    mine = goods[goods["buyer_key"].isin(new["buyer_key"])]
    month = (mine["day"] - mine["first"]).dt.days // 30
    seen = (pd.Timestamp(LAST) - new["day"]).dt.days + 1
    net = (mine["gross_amount"] - mine["refund_amount"].fillna(0)).groupby([mine["buyer_key"], month]).sum()
    total = 0.0
    for k in range(int(_value(fact, "ltv_days")) // 30):
        whole = new.loc[seen // 30 > k, "buyer_key"]
        total += net.reindex([(buyer, k) for buyer in whole]).fillna(0).sum() / len(whole)
    assert _value(fact, "ltv") == pytest.approx(0.4 * total, abs=0.01)
    assert _value(fact, "ltv_cac") == pytest.approx(0.4 * total / (spend / len(new)), abs=0.01)


def test_the_lifetime_figures_are_near_what_the_shop_is_made_of(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    """The simulated buyers live by BG/NBD (with festivals and causes on top); the back-test stays within its trust."""
    result = run(folder, "customer_lifetime", {})
    test = _fact(result, "backtest")
    assert _value(test, "lifetime_miss") < 0.15
    goods = frames["goods"]
    cut = pd.Timestamp(LAST - timedelta(days=180))
    known = goods[(goods["first"] >= pd.Timestamp("2024-11-01") + pd.Timedelta(days=180)) & (goods["first"] <= cut)]
    later = known[known["day"] > cut].drop_duplicates(["buyer_key", "day"])
    assert _value(test, "lifetime_actual") == len(later)
    money = _fact(result, "lifetime")
    assert _value(money, "lifetime_customers") == goods["buyer_key"].nunique()
    assert _fact(result, "alive").quantities[-1].value == int((goods.groupby("buyer_key")["day"].nunique() > 1).sum())
