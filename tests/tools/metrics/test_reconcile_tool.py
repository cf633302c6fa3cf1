"""What the reconcile tool tells: a source that is missing, windows, the caveat on GMV, every figure a quantity."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from metric_shops import make_shop
from reconcile_shops import DAYS, FIRST, amount, at, call, orders, report, settle, shop_of

from tools.errors import DataMissing
from tools.facts import Fact, Window
from tools.metrics.measure import measure
from tools.text import format_value


def test_one_source_names_the_export_of_the_other(tmp_path: Path) -> None:
    rows = orders()
    with pytest.raises(DataMissing, match="shop daily report") as only_orders:
        call(make_shop(tmp_path / "a", {"orders": rows}))
    assert only_orders.value.tables == ("shop_daily",) and "导出" in only_orders.value.text("zh")
    with pytest.raises(DataMissing) as only_report:
        call(make_shop(tmp_path / "b", {"shop_daily": list(report(rows).values())}))
    assert only_report.value.tables == ("orders",)


def test_no_common_day_is_said_and_is_not_zero(tmp_path: Path) -> None:
    rows = orders(5)
    daily = {day + timedelta(days=60): {**row, "day": day + timedelta(days=60)} for day, row in report(rows).items()}
    with pytest.raises(DataMissing, match="no day here is in both"):
        call(shop_of(tmp_path, rows, daily))


def test_days_with_nothing_on_both_sides_are_no_gap(tmp_path: Path) -> None:
    """A closed week: the report says zero, the order file has no row."""
    rows = [row for row in orders() if not at(5) <= row["paid_date"] <= at(11)]
    daily = report(rows) | {
        at(k): {"day": at(k), "paid_amount": Decimal(0), "orders": 0, "buyers": 0} for k in range(5, 12)
    }
    found = settle(shop_of(tmp_path, rows, daily))
    assert found.gap == 0 and not found.parts and not any(day.off for day in found.days)


def test_a_window_tells_its_days_by_the_evidence_of_all(tmp_path: Path) -> None:
    """One day alone could not tell refunds netted from chance; the whole period can. Days beyond one file are missing days."""
    rows = orders()
    daily = report(rows)
    for day, row in daily.items():
        row["paid_amount"] -= amount([o for o in rows if o["paid_date"] == day], "refund_amount")
    daily[at(DAYS)] = {"day": at(DAYS), "paid_amount": Decimal(900), "orders": 9, "buyers": 9}
    shop = shop_of(tmp_path, rows, daily)
    one = settle(shop, Window(start=at(7), end=at(7)))
    assert set(one.parts) == {"refunds"} and len(one.days) == 1
    assert settle(shop, Window(start=at(20), end=at(DAYS))).parts["orders_missing"] == Decimal(-900)
    facts = call(shop, window=f"{at(20)}..{at(DAYS)}").facts
    assert str(facts[0].window) == f"{at(20)}..{at(DAYS)}"


def check_fact(fact: Fact) -> None:
    """Every figure of a claim is one of its quantities."""
    import re

    for lang in ("zh", "en"):
        text = re.sub(r"\d{4}年|\d{1,2}月|\d{1,2}日|\d{1,2} May(?: \d{4})?|May \d{4}", " ", fact.claim.get(lang))
        said = set(re.findall(r"\d[\d,.]*\d|\d", text))
        allowed = {
            number
            for q in fact.quantities
            for number in re.findall(r"\d[\d,.]*\d|\d", format_value(abs(q.value), q.unit, lang))
        }
        assert said <= allowed, (fact.claim.get(lang), said - allowed)


def test_a_figure_of_gmv_carries_the_caveat_where_the_report_is_elsewhere(tmp_path: Path) -> None:
    """On the days that are off, and on no others; a day the report does not state tells nothing."""
    rows = orders()
    daily = report(rows)
    daily[at(3)]["paid_amount"] *= Decimal("1.2")
    daily[at(9)]["paid_amount"] *= Decimal("1.005")
    daily[at(14)]["paid_amount"] = None
    shop = shop_of(tmp_path, rows, daily)

    def told(first: int, last: int, metric: str = "gmv") -> bool:
        return any(
            "店铺日报对不上" in text.zh for text in measure(shop, metric, Window(start=at(first), end=at(last))).notes
        )

    assert told(3, 3) and told(3, 6) and told(3, 3, "aov_order")
    assert not told(4, 8) and not told(9, 9) and not told(14, 14) and not told(0, DAYS - 1, "orders")
    assert not any(
        "对不上" in text.zh
        for text in measure(make_shop(tmp_path / "b", {"orders": rows}), "gmv", Window(start=at(3), end=at(3))).notes
    )


def test_every_figure_told_is_a_quantity_and_findings_are_marked(tmp_path: Path) -> None:
    rows = orders()
    for number in range(3, len(rows), 17):
        rows[number] |= {"is_service": True}
    daily = report(
        [row for row in rows if not row["is_service"]], day=lambda row: (row["paid_at"] - timedelta(hours=8)).date()
    )
    daily = {day: row for day, row in daily.items() if day >= FIRST}
    daily[at(13)]["paid_amount"] += Decimal("900.01")
    lines = [{"line_id": f"l{k}", "order_id": row["order_id"], "paid_date": row["paid_date"], "amount": row["gross_amount"] - k % 2} for k, row in enumerate(rows)]  # fmt: skip
    shop = shop_of(tmp_path, rows, daily, order_lines=lines)
    result = call(shop, window="2026-05")
    for fact in result.facts:
        check_fact(fact)
    head = result.facts[0]
    assert head.data["topic"] == "gap" and head.data["finding"] and "mind this gap" in head.claim.en
    told = [fact.data["part"] for fact in result.facts if "part" in fact.data]
    assert set(told[:-1]) == {"zone", "service"} and told[-1] == "unexplained"
    assert "提前 7–10 小时" in next(  # nobody pays between 6:40 and 10:10
        fact.claim.zh for fact in result.facts if fact.data.get("part") == "zone"
    )
    (table,) = result.tables
    assert table.columns[0] == "日期" and any("未能解释 -900.01" in row[-1] for row in table.rows)
