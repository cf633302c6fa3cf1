"""RFM groups equal pandas on UCI, their conditions rebuild them, and a small shop gets none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metric_shops import make_shop, uci_frames

from tools.base import ToolContext
from tools.facts import Role
from tools.metrics.reader import Reader
from tools.metrics.segments import NAMES, Segments, rfm, weighted_quantile
from tools.metrics.tool_customers import customer_segments
from tools.warehouse.access import Shop

D = Decimal
LAST = date(2010, 12, 9)


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, pd.DataFrame]]:
    orders, _, _ = uci_frames()
    shop = make_shop(tmp_path_factory.mktemp("rfm"), {"orders": orders}, currency="GBP")
    known = orders[orders["buyer_key"].notna()]
    people = known.groupby("buyer_key").agg(
        last=("paid_date", "max"), f=("order_id", "size"), m=("gross_amount", "sum")
    )
    people["r"] = (pd.Timestamp(LAST) - pd.to_datetime(people["last"])).dt.days
    people["m"] = people["m"].round(2)
    yield shop, people


def test_uci_groups_equal_pandas(uci: tuple[Shop, pd.DataFrame]) -> None:
    shop, people = uci
    found = rfm(Reader(shop), LAST)
    cuts = found.cuts
    assert cuts.days == int(np.quantile(people["r"], 0.50, method="inverted_cdf"))
    assert cuts.orders == int(np.quantile(people["f"], 0.75, method="inverted_cdf"))
    exact = np.quantile(people["m"], 0.67, method="inverted_cdf")
    assert abs(float(cuts.money) / exact - 1) < 0.05 and len(str(int(cuts.money)).rstrip("0")) <= 2
    keys = [people["r"] <= cuts.days, people["f"] >= cuts.orders, people["m"] >= float(cuts.money)]
    want = people.groupby(keys).agg(n=("m", "size"), m=("m", "sum"))
    assert {g.key: g.buyers for g in found.groups} == {k: int(n) for k, n in want["n"].items()}
    for group in found.groups:
        assert float(group.money) == pytest.approx(want.loc[group.key, "m"], abs=0.01)
    assert found.buyers == len(people) and found.orders == int(people["f"].sum())


def test_uci_facts_carry_the_condition_as_quantities(uci: tuple[Shop, pd.DataFrame]) -> None:
    shop, people = uci
    result = customer_segments.call(ToolContext(shop=shop, today=date(2010, 12, 10)), {})
    groups = [fact for fact in result.facts if fact.data["part"] == "segment"]
    assert sum(int(fact.value or 0) for fact in groups) == len(people)
    for fact in groups:
        cut = {q.metric: q.value for q in fact.quantities if q.role is Role.TARGET}
        recent, frequent, much = next(key for key, (name, _) in NAMES.items() if name == fact.data["segment"])
        rebuilt = people[
            ((people["r"] <= int(cut["rfm_recency_cut"])) == recent)
            & ((people["f"] >= int(cut["rfm_orders_cut"])) == frequent)
            & ((people["m"] >= float(cut["rfm_money_cut"])) == much)
        ]
        assert len(rebuilt) == fact.value
        assert ("不超过" in fact.claim.zh) == recent
    shares = [q.value for fact in groups for q in fact.quantities if q.metric == "rfm_money_share"]
    assert sum(shares) == pytest.approx(1, abs=1e-9)
    assert len(result.tables[0].rows) == len(groups)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=30), st.integers(1, 99))
def test_quantile_of_counted_values_is_that_of_the_people(counted: list[tuple[int, int]], percent: int) -> None:
    people = sorted(value for value, n in counted for _ in range(n))
    got = weighted_quantile([(D(value), n) for value, n in counted], D(percent) / 100)
    assert got == people[-(-percent * len(people) // 100) - 1]  # the ceiling, in whole numbers


def _shop(folder: Path, buyers: int, times: int) -> Shop:
    rows = [
        {
            "order_id": f"{b}-{k}",
            "buyer_key": f"b{b}",
            "paid_date": str(date(2025, 1, 1) + timedelta(days=(b + 7 * k) % 90)),
            "gross_amount": 10 + b % 5,
            "refund_amount": 0,
        }
        for b in range(buyers)
        for k in range(times)
    ]
    rows.append({**rows[0], "order_id": "gift", "is_service": True, "gross_amount": 99_999})
    return make_shop(folder, {"orders": rows})


def test_a_shop_under_300_orders_gets_no_groups(tmp_path: Path) -> None:
    result = customer_segments.call(ToolContext(shop=_shop(tmp_path, 62, 1), today=date(2025, 5, 1)), {})
    assert [fact.data["part"] for fact in result.facts] == ["refusal"]
    assert (result.facts[0].value, result.facts[0].unit) == (62, "orders")
    assert "62 单" in result.facts[0].claim.zh and "300 单" in result.facts[0].claim.zh
    assert not result.tables


@pytest.mark.parametrize(("buyers", "times", "keep", "why"), [(60, 6, 90, "group_buyers"), (400, 1, 30, "group_days")])
def test_few_buyers_or_days_get_no_groups_either(tmp_path: Path, buyers: int, times: int, keep: int, why: str) -> None:
    shop = _shop(tmp_path, buyers if keep == 90 else buyers * 4, times)
    today = date(2025, 1, 1) + timedelta(days=keep)
    result = customer_segments.call(ToolContext(shop=shop, today=today), {})
    assert [fact.data["why"] for fact in result.facts] == [why]
    assert result.facts[0].value == (buyers if why == "group_buyers" else keep)


def test_nobody_twice_leaves_the_frequent_groups_out_and_service_orders_do_not_count(tmp_path: Path) -> None:
    found: Segments = rfm(Reader(_shop(tmp_path, 400, 1)), date(2025, 4, 1))
    assert found.cuts.orders == 2  # once is never frequent
    assert not any(group.key[1] for group in found.groups)
    assert found.buyers == 400 and found.money == sum(10 + b % 5 for b in range(400))
