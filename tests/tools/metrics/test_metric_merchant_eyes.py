"""What a merchant noticed on real files: services are no products, unknown refunds are not zero, young refunds are not an improvement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from metric_shops import make_shop

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import ToolResult, Window
from tools.metrics.checks import normal_check
from tools.metrics.query import query
from tools.metrics.stats import swing_of
from tools.metrics.tools import TOOLS
from tools.warehouse.access import Warehouse

TODAY = date(2026, 11, 1)


SPEC = {spec.name: spec for spec in TOOLS}


def call(shop: Any, name: str, *, today: date = TODAY, **arguments: object) -> ToolResult:
    return SPEC[name].call(ToolContext(shop=shop, today=today, lang="en"), arguments)


def claims(result: ToolResult) -> str:
    return "\n".join([*(f.claim.en for f in result.facts), *(n.en for n in result.notes)])


def order(number: int, day: str, amount: int = 100, refund: int | None = 0) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "paid_date": day,
        "gross_amount": amount,
        "refund_amount": refund,
        "buyer_key": f"b{number % 40}",
    }


def test_services_are_no_products(tmp_path: Path) -> None:
    orders = [order(n, f"2026-10-{n % 28 + 1:02d}", refund=int(n == 3)) for n in range(60)]
    lines = [
        {
            "line_id": f"l{n}",
            "order_id": f"o{n}",
            "paid_date": o["paid_date"],
            "product_id": "POST" if n < 40 else "CAKE",
            "title": "POSTAGE" if n < 40 else "CAKESTAND",
            "quantity": 1,
            "amount": 100,
            "is_service": n < 40,
        }
        for n, o in enumerate(orders)
    ]
    shop = make_shop(tmp_path, {"orders": orders, "order_lines": lines})
    found = query(shop, "gmv", Window(start=date(2026, 10, 1), end=date(2026, 10, 31)), by="product")
    assert [(row.key, row.value) for row in found.rows] == [("CAKE", Decimal(2000)), ("(difference)", Decimal(4000))]
    said = claims(call(shop, "first_look"))
    assert "CAKESTAND" in said and "POSTAGE" not in said


def months(refund: int | None = 0) -> list[dict[str, Any]]:
    days = [f"2026-{month:02d}-{day:02d}" for month in (9, 10) for day in range(1, 31)]
    return [order(n, day, refund=refund) for n, day in enumerate(d for d in days for _ in range(3))]


def test_refunds_no_file_tells_of_are_unknown(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": months(refund=None)}, platform="other")
    for metric in ("refund_rate", "net_gmv"):
        with pytest.raises(DataMissing, match="unknown") as caught:
            call(shop, "query_metric", metric=metric)
        assert "advisor formats" in caught.value.unlock.en
    said = claims(call(shop, "first_look")) + claims(call(shop, "query_metric", metric="gmv"))
    assert "net GMV unknown" in said and "Refund rate" not in said


def test_a_column_of_zeros_makes_them_known(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": months()})
    found = call(shop, "query_metric", metric="refund_amount", window="2026-10", compare=None)
    assert found.facts[0].quantities[0].value == 0


@pytest.mark.parametrize(
    ("platform", "word"), [("shopify", "Shopify admin → Analytics"), ("other", "generic template")]
)
def test_other_platforms_are_not_sent_to_taobao_screens(tmp_path: Path, platform: str, word: str) -> None:
    shop = make_shop(tmp_path, {"orders": months()}, platform=platform)
    said = claims(call(shop, "data_status")) + claims(call(shop, "explain_change")) + claims(call(shop, "first_look"))
    assert word in said
    for away in ("Sycm", "Qianniu", "Dharma", "生意参谋"):
        assert away not in said


def test_usual_changes_of_a_ratio_are_told_in_points() -> None:
    swing = swing_of([Decimal(x) for x in ("10", "11", "10", "11", "10", "11", "10", "11")])
    assert swing is not None
    window = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
    check = normal_check(swing, Decimal("0.01"), window, stands_out=True, base=Decimal("0.20"))
    assert [q.unit for q in check.quantities] == ["pp", "pp"]
    assert check.quantities[0].value == pytest.approx(swing.low * 20, abs=Decimal("0.0001"))
    assert "pp" in check.text.en and "%" not in check.text.en


def test_old_data_are_said_to_be_old(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": months(refund=1)})  # ends on 30 October
    calls: list[tuple[str, dict[str, object]]] = [
        ("first_look", {}),
        ("data_status", {}),
        ("query_metric", {"metric": "gmv"}),
        ("explain_change", {"window": "2026-10"}),
    ]
    for name, arguments in calls:
        assert claims(call(shop, name, today=date(2026, 12, 15), **arguments)).count("data end on 2026-10-30") == 1
        assert "data end on" not in claims(call(shop, name, today=date(2026, 12, 14), **arguments))


@pytest.mark.parametrize(("rejected", "broken"), [(51, True), (50, False)])
def test_a_file_mostly_rejected_gets_no_cheerful_facts(tmp_path: Path, rejected: int, broken: bool) -> None:
    make_shop(tmp_path, {"orders": months(refund=1)})
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "INSERT INTO imports VALUES ('i', 'shop', 'a.csv', 'h', 'f', 100, ?, 0, 0, ?, '2026-10-31', '')",
            [100 - rejected, rejected],
        )
    said = claims(call(Warehouse(tmp_path).for_merchant("shop"), "first_look"))
    assert ("mend the file" in said) is broken and ("GMV" not in said) is broken


def test_fresh_refunds_are_not_sold_as_an_improvement(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders": months(refund=5)})
    fresh = call(shop, "query_metric", metric="refund_rate", window="2026-10")
    ripe = call(shop, "query_metric", metric="refund_rate", window="2026-09", compare=None)
    assert any("还会陆续有退款" in note.zh for note in fresh.notes)
    assert not any("还会陆续有退款" in note.zh for note in ripe.notes)
