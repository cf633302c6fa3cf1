"""What figures leave out: days of a sales campaign, who joins later, services among the goods."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.tools.playbooks.shopkit import WINDOW, make_shop, order
from tools.calendar import events_between
from tools.metrics.windows import compare_window
from tools.playbooks.content_audiences import reaches, weekday_fit
from tools.playbooks.figures import Frame, shop_figures

END = WINDOW.end


def test_the_days_of_a_campaign_make_no_weekday(tmp_path: Path) -> None:
    """Three buyers every day, three hundred on the days of 618."""
    first = END - timedelta(days=199)
    loud = {
        event.start + timedelta(days=k)
        for event in events_between(first, END, "tmall")
        if event.phase in ("wave", "day", "balance")
        for k in range((event.end - event.start).days + 1)
    }
    assert loud
    rows: list[dict[str, Any]] = []
    for back in range(200):
        day = END - timedelta(days=back)
        rows += [order(len(rows) + k, day, "100", f"b{k}") for k in range(300 if day in loud else 3)]
    fit = weekday_fit(make_shop(tmp_path, {"orders": rows}), END, "tmall", first=False)
    assert fit is not None and (fit.buyers, fit.mean, fit.clear) == (Decimal(3), Decimal(3), False)


def test_who_joins_after_the_day_is_no_member_on_it(tmp_path: Path) -> None:
    joined = [END - timedelta(days=400), END, END + timedelta(days=1), None]
    customers = [{"buyer_key": f"b{n}", "member_since": day} for n, day in enumerate(joined)]
    shop = make_shop(tmp_path, {"orders": [order(1, END, "10", "b0")], "customers": customers})
    assert reaches(shop, END)["member"].people == 2


def _lines(service: bool) -> list[dict[str, Any]]:
    rows = []
    for back in range(214):
        day = END - timedelta(days=back)
        for key, price, units in (("A", 50, 3), ("B", 60, 3), ("C", 55, 2), ("D", 150, 2), ("补差价", 1, 90)):
            if key != "补差价" or service:
                rows.append(
                    {
                        "line_id": f"{back}{key}", "order_id": f"o{back}", "paid_date": day, "product_id": key, "title": key,
                        "quantity": units, "amount": Decimal(price * units), "refund_amount": Decimal(0), "is_service": key == "补差价",
                    }
                )  # fmt: skip
    return rows


def test_a_service_line_is_no_item_of_the_range(tmp_path: Path) -> None:
    def figures(name: str, service: bool) -> dict[str, Decimal]:
        frame = Frame(
            make_shop(tmp_path / name, {"order_lines": _lines(service)}), WINDOW, compare_window(WINDOW, "previous"), date(2026, 11, 1)
        )  # fmt: skip
        found = shop_figures(frame, "tmall").figures
        return {key: found[key].value for key in ("dear_share", "items_sold", "dear_price", "rest_price")}

    found = figures("with", True)
    assert found == figures("without", False) and found["items_sold"] == 31 * 10
