"""Groups, first orders and the range: the newer figures against brute force in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.shopkit import WINDOW, make_shop, order
from tools.metrics.windows import compare_window
from tools.playbooks.figures import FIGURES, Frame, shop_figures
from tools.playbooks.figures.first_orders import clear_gap
from tools.playbooks.views import Figure
from tools.warehouse.access import Shop

END = WINDOW.end


def frame(shop: Shop) -> Frame:
    return Frame(shop, WINDOW, compare_window(WINDOW, "previous"), date(2026, 11, 1))


@pytest.fixture(scope="module")
def bought() -> dict[str, list[date]]:
    """Three years of 900 buyers with random habits."""
    rng = random.Random(5)
    found: dict[str, set[date]] = defaultdict(set)
    for buyer in range(900):
        day = date(2023, 11, 1) + timedelta(days=rng.randrange(1060))
        while day <= END:
            found[f"b{buyer:04d}"].add(day)
            if rng.random() < 0.35:
                break
            day += timedelta(days=rng.randrange(1, 130))
    return {buyer: sorted(days) for buyer, days in found.items()}


@pytest.fixture(scope="module")
def joined(bought: dict[str, list[date]]) -> dict[str, date]:
    rng = random.Random(6)
    return {
        b: days[rng.randrange(len(days))] + timedelta(days=rng.randrange(3))
        for b, days in bought.items()
        if rng.random() < 0.6
    }


@pytest.fixture(scope="module")
def figures(
    bought: dict[str, list[date]], joined: dict[str, date], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Figure]:
    rows = [order(n, day, "100", b) for n, (b, day) in enumerate((b, d) for b, days in bought.items() for d in days)]
    customers = [{"buyer_key": b, "first_paid_date": bought[b][0], "member_since": day} for b, day in joined.items()]
    shop = make_shop(tmp_path_factory.mktemp("wh"), {"orders": rows, "customers": customers})
    return dict(shop_figures(frame(shop), "tmall").figures)


def members_of(name: str, bought: dict[str, list[date]], joined: dict[str, date], day: date) -> set[str]:
    """The group on a day by its words."""
    found = set()
    for buyer, days in bought.items():
        past = [d for d in days if d <= day]
        year = [d for d in past if (day - d).days < 365]
        quiet = (day - past[-1]).days if past else 9999
        member = buyer in joined and joined[buyer] <= day
        since = (day - joined[buyer]).days if member else 0
        test = {
            "growing_buyers": 30 < quiet <= 90,
            "frequent_buyers": quiet <= 30 and len(year) >= 2,
            "loyal_buyers": quiet <= 365 and len(year) >= 3,
            "near_tier_members": member and len(year) == 2,
            "idle_members": member and not [d for d in past if d > joined[buyer]] and 30 < since <= 365,
            "members_on_record": member,
        }[name]
        found |= {buyer} if test else set()
    return found


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("growing_buyers", "growing_return_rate"),
        ("frequent_buyers", "frequent_return_rate"),
        ("loyal_buyers", "loyal_return_rate"),
        ("near_tier_members", "near_tier_rate"),
        ("idle_members", "idle_member_rate"),
        ("members_on_record", "member_active_rate"),
    ],
)
def test_groups_and_their_return_by_brute_force(
    name: str, rate: str, figures: dict[str, Figure], bought: dict[str, list[date]], joined: dict[str, date]
) -> None:
    assert figures[name].value == len(members_of(name, bought, joined, END)) > 0
    expected = []
    for back in range(1, 13):
        day = END - timedelta(days=30 * back)
        group = members_of(name, bought, joined, day)
        if len(group) >= 30:
            later = sum(1 for b in group if any(day < d <= day + timedelta(days=30) for d in bought[b]))
            expected.append(later / len(group))
    found = figures[rate]
    assert float(found.value) == pytest.approx(expected[0], abs=1e-6)
    assert [float(v) for v in found.history] == pytest.approx(expected[:0:-1], abs=1e-6)


def test_no_member_date_no_member_figures(tmp_path: Path) -> None:
    rows = [order(n, END - timedelta(days=n % 400), "100", f"b{n % 90}") for n in range(900)]
    found = shop_figures(frame(make_shop(tmp_path, {"orders": rows})), "tmall").figures
    assert "loyal_buyers" in found and not any("member" in name for name in found)


def test_what_is_not_shared_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [order(n, END - timedelta(days=n % 400), "100", f"b{n % 90}") for n in range(900)]
    shop = make_shop(tmp_path, {"orders": rows, "customers": [{"buyer_key": "b1", "member_since": date(2026, 1, 1)}]})
    monkeypatch.setattr(shop, "_hidden", frozenset({"customers"}))
    assert "members_on_record" not in shop_figures(frame(shop), "tmall").figures


def test_trouble_with_the_first_order(tmp_path: Path) -> None:
    """400 first orders, half of them late; of the late ones a tenth come back, of the others four tenths."""
    rows: list[dict[str, Any]] = []
    for n in range(800):
        late, first = n % 2 == 0, date(2026, 1, 1) + timedelta(days=n % 300)
        paid = order(len(rows), first, "100", f"b{n}")
        rows.append(paid | {"shipped_at": paid["paid_at"] + timedelta(hours=49 if late else 20)})
        if n // 2 % 10 < (1 if late else 4):
            rows.append(order(len(rows), first + timedelta(days=20), "100", f"b{n}"))
    found = shop_figures(
        frame(make_shop(tmp_path, {"orders": [r for r in rows if r["paid_date"] <= END]})), "tmall"
    ).figures
    assert found["troubled_second_rate"].value < found["smooth_second_rate"].value
    gap = (found["smooth_second_rate"].value - found["troubled_second_rate"].value) * 100
    assert found["trouble_gap"].value == gap.quantize(Decimal("0.1"))
    recent = [n for n in range(800) if (END - (date(2026, 1, 1) + timedelta(days=n % 300))).days < 60]
    assert found["troubled_first_buyers"].value == sum(1 for n in recent if n % 2 == 0)


def test_a_gap_that_chance_makes_is_not_told() -> None:
    assert clear_gap((Decimal("0.20"), 100), (Decimal("0.17"), 100)) is None
    assert clear_gap((Decimal("0.20"), 10000), (Decimal("0.17"), 10000)) == Decimal("3.0")
    assert clear_gap((Decimal("0.17"), 10000), (Decimal("0.20"), 10000)) is None
    assert clear_gap(None, (Decimal("0.2"), 100)) is None


def test_the_product_worth_more_visitors(tmp_path: Path) -> None:
    """Converts best and had twice the visitors two months ago."""
    rows = []
    for n in range(214):
        day = date(2026, 4, 1) + timedelta(days=n)
        for key, visitors, buyers in (("A", 200, 8), ("B", 50 if day >= date(2026, 10, 1) else 100, 6), ("C", 300, 6)):
            rows.append(
                {
                    "day": day,
                    "product_id": key,
                    "title": f"商品{key}",
                    "visitors": visitors,
                    "buyers": buyers,
                    "paid_amount": Decimal(buyers * 50),
                }
            )
    found = shop_figures(frame(make_shop(tmp_path, {"product_daily": rows})), "tmall")
    assert found.names["rising_product"].zh == "商品B"
    assert found.figures["rising_visitors"].value == 31 * 50
    assert found.figures["rising_visitors"].history_best in {Decimal(100 * days) for days in (28, 30, 31)}
    assert (
        found.figures["rising_conversion"].value == Decimal("0.12") and found.figures["rising_buyer_value"].value == 50
    )


def test_dearer_products_and_refunds_for_broken_promises(tmp_path: Path) -> None:
    lines, refunds = [], []
    for n in range(214):
        day = date(2026, 4, 1) + timedelta(days=n)
        dear = 1 if day >= date(2026, 10, 1) else 2
        for key, price, units in (("A", 50, 3), ("B", 60, 3), ("C", 55, 2), ("D", 150, dear)):
            lines.append(
                {
                    "line_id": f"{n}{key}",
                    "order_id": f"o{n}",
                    "paid_date": day,
                    "product_id": key,
                    "title": f"商品{key}",
                    "quantity": units,
                    "amount": Decimal(price * units),
                    "refund_amount": Decimal(0),
                    "is_service": False,
                }
            )
        reason = ("质量问题", "不想要了", "与描述不符", "damaged in transit")[n % 4]
        refunds.append(
            {"refund_id": f"r{n}", "order_id": f"o{n}", "amount": Decimal(10), "refunded_date": day, "reason": reason}
        )
    found = shop_figures(frame(make_shop(tmp_path, {"order_lines": lines, "refunds": refunds})), "tmall")
    assert found.names["dear_product"].zh == "商品D"
    share = found.figures["dear_share"]
    assert float(share.value) == pytest.approx(1 / 9, abs=1e-6) and share.history_median == Decimal("0.200000")
    assert found.figures["dear_price"].value == 150 and found.figures["items_sold"].value == 31 * 9
    kept = sum(1 for n in range(183, 214) if n % 4 != 1)
    assert found.figures["broken_promise_refunds"].value == kept * 10
    for each in found.figures.values():
        assert FIGURES[each.id] == each.unit
