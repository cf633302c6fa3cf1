"""AIPL, FAST and GROW by hand on a small shop; what is missing names its export and is never zero."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from metric_shops import make_shop, uci_frames

from tools.base import ToolContext
from tools.facts import Role
from tools.metrics.assets import aipl, fast, grow
from tools.metrics.reader import Reader
from tools.metrics.tool_customers import brand_assets

D = Decimal
END = date(2025, 6, 30)


def _crowd() -> list[dict[str, Any]]:
    """31 days and one more: A falls by one a day, I stands, P and L grow; moves of 10, 4, 1 a day."""
    rows = []
    for k in range(32):
        day = str(END - timedelta(days=31 - k))
        rows += [
            {"day": day, "layer": "认知", "people": 1000 - k, "moved_deeper": 10},
            {"day": day, "layer": "I", "people": 200, "moved_deeper": 4},
            {"day": day, "layer": "Purchase", "people": 100 + k, "moved_deeper": 1},
            {"day": day, "layer": "l", "people": 50 + k, "moved_deeper": 0},
            {"day": day, "layer": "Numerous", "people": 7, "moved_deeper": 7},  # a layer of another model
        ]
    return rows


def _orders(spec: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """(buyer, days before the end, amount)"""
    return [
        {
            "order_id": f"o{k}",
            "buyer_key": buyer,
            "paid_date": str(END - timedelta(days=ago)),
            "gross_amount": amount,
            "refund_amount": 0,
        }
        for k, (buyer, ago, amount) in enumerate(spec)
    ]


# 90 days before: 2 buyers, 3 orders, 90; last 90 days: 4 buyers, 8 orders, 400
SPEC = [("a", 179, "30"), ("a", 100, "30"), ("b", 91, "30"), *[(b, ago, "50") for b in "abcd" for ago in (89, 0)]]


def test_aipl_stock_and_flow_by_hand(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"crowd_stock": _crowd()})
    found = aipl(Reader(shop), END)
    assert found is not None
    assert (found.window.start, found.window.end) == (END - timedelta(days=29), END)
    rows = {layer.id: (layer.now, layer.before, layer.moved) for layer in found.layers}
    assert rows == {"A": (969, 999, 300), "I": (200, 200, 120), "P": (131, 101, 30), "L": (81, 51, None)}
    assert found.layers[0].rate == D(300) / 999
    assert (found.total, found.total_before) == (1381, 1351)


def test_fast_by_hand(tmp_path: Path) -> None:
    customers = [
        {"buyer_key": "a", "member_since": "2024-01-01"},
        {"buyer_key": "b", "member_since": "2025-01-01"},
        {"buyer_key": "z", "member_since": "2023-01-01"},
        {"buyer_key": "late", "member_since": "2025-07-20"},
        {"buyer_key": "c", "member_since": None},
    ]
    members = [
        {"day": "2025-06-01", "members": 900},
        {"day": "2025-06-30", "members": 1000},
        {"day": "2025-07-01", "members": 5000},
    ]
    tables = {
        "crowd_stock": _crowd(),
        "customers": customers,
        "members_daily": members,
        "orders": _orders([*SPEC, ("z", 181, "1")]),
    }
    reader = Reader(make_shop(tmp_path, tables))
    found = fast(reader, END, aipl(reader, END))
    assert (found.fertility, found.members) == (1381, 1000)
    assert found.advancing == D(300 + 120 + 30) / 1351
    assert (found.active_members, found.known_members) == (2, 3)  # z last paid 181 days ago, late has not joined yet


def test_grow_parts_sum_to_the_change(tmp_path: Path) -> None:
    found = grow(Reader(make_shop(tmp_path, {"orders": _orders(SPEC)})), END)
    assert found is not None and not found.year_on_year
    assert (found.gmv, found.before) == (D(400), D(90))
    assert found.gain + found.retain + found.boost == D(310)
    # LMDI: weight 310 / ln(400/90); buyers 2 → 4, orders per buyer 1.5 → 2, money per order 30 → 50
    assert (found.gain, found.retain, found.boost) == (D("144.05"), D("59.79"), D("106.16"))
    assert found.widen is None  # no item lines
    assert grow(Reader(make_shop(tmp_path / "short", {"orders": _orders(SPEC[2:])})), END) is None


def test_uci_widening_equals_pandas(tmp_path: Path) -> None:
    orders, lines, _ = uci_frames()
    last = date(2010, 12, 9)
    found = grow(Reader(make_shop(tmp_path, {"orders": orders, "order_lines": lines}, currency="GBP")), last)
    assert found is not None
    known = orders[orders["buyer_key"].notna()]
    day = pd.to_datetime(known["paid_date"])
    now = known[day > pd.Timestamp(last) - pd.Timedelta(days=90)]
    old = known[
        (day <= pd.Timestamp(last) - pd.Timedelta(days=90)) & (day > pd.Timestamp(last) - pd.Timedelta(days=180))
    ]
    assert float(found.gmv) == pytest.approx(now["gross_amount"].sum(), abs=0.01)
    assert float(found.before) == pytest.approx(old["gross_amount"].sum(), abs=0.01)
    assert found.gain + found.retain + found.boost == found.gmv - found.before
    sold = lines.assign(day=pd.to_datetime(lines["paid_date"]))
    fresh = sold.groupby("product_id")["day"].transform("min") > pd.Timestamp(last) - pd.Timedelta(days=180)
    recent = sold["day"] > pd.Timestamp(last) - pd.Timedelta(days=90)
    want = sold.loc[recent & fresh, "amount"].sum() / sold.loc[recent, "amount"].sum()
    assert float(found.widen or 0) == pytest.approx(want, abs=1e-9)


def test_the_tool_names_each_missing_export(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": _orders(SPEC)})
    result = brand_assets.call(ToolContext(shop=shop, today=date(2025, 7, 1)), {})
    assert [fact.data["part"] for fact in result.facts] == ["grow"]
    said = " ".join(note.zh for note in result.notes)
    for name in ("人群资产", "会员日报", "买家", "大盘"):
        assert f"没有“{name}”数据" in said
    assert "达摩盘 → 洞察 → 人群资产" in said
    parts = {q.metric: q.value for q in result.facts[0].quantities if q.role is Role.CONTRIBUTION}
    assert sum(parts.values()) == result.facts[0].quantity(Role.CHANGE).value  # type: ignore[union-attr]


def test_the_tool_with_a_crowd_report_alone(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"crowd_stock": _crowd()})
    result = brand_assets.call(ToolContext(shop=shop, today=date(2025, 7, 1)), {})
    assert [fact.data["part"] for fact in result.facts] == ["aipl", *["aipl_layer"] * 4, "fast"]
    first = result.facts[0]
    assert first.value == 1381 and first.quantity(Role.CHANGE).value == 30  # type: ignore[union-attr]
    assert all(fact.data["topic"] == "customers" for fact in result.facts)
    assert any("GROW needs" in note.en for note in result.notes)
