"""Reconciliation: each cause on a hand-made shop whose report is worked out here, and mixtures taken apart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from metric_shops import imported
from reconcile_shops import DAYS, FIRST, amount, at, call, orders, presale_rows, report, settle, shop_of

from tools.facts import Window


def test_two_sides_that_agree_have_no_gap_and_no_part(tmp_path: Path) -> None:
    rows = orders()
    shop = shop_of(tmp_path, rows, report(rows))
    found = settle(shop)
    assert found.gap == 0 and found.parts == {} and not found.finding and found.worst() == []
    assert found.ours == found.theirs == amount(rows)
    result = call(shop)
    assert result.facts[0].data["finding"] is False and "一致" in result.facts[0].claim.zh
    assert "equals the shop report" in result.facts[0].claim.en and not result.tables and not result.notes


@pytest.mark.parametrize("hours", [-8, 8, -1, 5])
def test_a_file_in_another_zone_is_read_from_the_lag_that_closes_the_days(tmp_path: Path, hours: int) -> None:
    rows = orders()
    daily = report(rows, day=lambda row: (row["paid_at"] + timedelta(hours=hours)).date())
    found = settle(shop_of(tmp_path, rows, {day: row for day, row in daily.items() if FIRST <= day <= at(DAYS - 1)}))
    assert set(found.parts) <= {"zone", "unexplained"}
    left = [day.day for day in found.days if day.parts.get("unexplained")]
    assert set(left) <= {FIRST, at(DAYS - 1)}  # the hours beyond the file's ends are not in the file
    moved = [row for row in rows if (row["paid_at"] + timedelta(hours=hours)).date() != row["paid_date"]]
    middle = at(10)
    out = amount([row for row in moved if row["paid_date"] == middle])
    into = amount([row for row in moved if (row["paid_at"] + timedelta(hours=hours)).date() == middle])
    assert next(day for day in found.days if day.day == middle).parts["zone"] == out - into


def test_a_day_boundary_a_few_minutes_off_is_a_move_across_midnight(tmp_path: Path) -> None:
    rows = orders()
    late = [
        row for row in rows if row["paid_date"] == at(6) and row["paid_at"].minute + row["paid_at"].hour * 60 > 1430
    ]
    ids = {row["order_id"] for row in late}
    daily = report(rows, day=lambda row: at(7) if row["order_id"] in ids else row["paid_date"])
    found = settle(shop_of(tmp_path, rows, daily))
    assert found.gap == 0 and set(found.parts) == {"midnight"} and len(ids) == 1
    by_day = {day.day: day.parts for day in found.days if day.parts}
    assert by_day == {at(6): {"midnight": amount(late)}, at(7): {"midnight": -amount(late)}}


def test_every_night_off_is_followed_through_as_a_chain(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows, day=lambda row: (row["paid_at"] - timedelta(minutes=10)).date())
    del daily[FIRST - timedelta(days=1)]
    shop = shop_of(tmp_path, rows, daily)
    inner = settle(shop)
    assert set(inner.parts) <= {"midnight", "unexplained"}
    assert {day.day for day in inner.days if day.parts.get("unexplained")} <= {FIRST, at(DAYS - 1)}
    assert sum(bool(day.parts.get("midnight")) for day in inner.days) >= DAYS - 2


def test_refunds_netted_in_the_report_are_recognised_by_order_and_by_event(tmp_path: Path) -> None:
    rows = orders()
    netted = report(rows)
    for day, row in netted.items():
        row["paid_amount"] -= amount([o for o in rows if o["paid_date"] == day], "refund_amount")
    found = settle(shop_of(tmp_path / "cohort", rows, netted))
    assert found.parts == {"refunds": amount(rows, "refund_amount")} and found.definition.refunds == ("refund", 1)

    events = [
        {"refund_id": f"r{k}", "order_id": row["order_id"], "amount": row["refund_amount"], "refunded_date": row["paid_date"] + timedelta(days=2)}
        for k, row in enumerate(rows) if row["refund_amount"] and row["paid_date"] + timedelta(days=2) <= at(DAYS - 1)
    ]  # fmt: skip
    daily = report(rows)
    for event in events:
        daily[event["refunded_date"]]["paid_amount"] -= event["amount"]
    found = settle(shop_of(tmp_path / "event", rows, daily, refunds=events))
    assert found.parts == {"refunds": amount(events, "amount")} and found.definition.refunds == ("refund_events", 1)


def test_our_own_side_net_of_refunds_is_the_other_sign(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows)
    ours = [{**row, "gross_amount": row["gross_amount"] - row["refund_amount"]} for row in rows]
    found = settle(shop_of(tmp_path, ours, daily))
    assert found.parts == {"refunds": -amount(rows, "refund_amount")} and found.definition.refunds == ("refund", -1)


def test_presales_counted_on_the_deposit_day(tmp_path: Path) -> None:
    rows = presale_rows()
    daily = report(rows, day=lambda row: row["created_date"] if row["is_presale"] else row["paid_date"])
    found = settle(shop_of(tmp_path, rows, daily))
    assert found.gap == 0 and set(found.parts) == {"presale"} and found.definition.presale
    balance_day = next(day for day in found.days if day.day == at(10))
    assert balance_day.parts["presale"] == amount([row for row in rows if row["is_presale"]])


def test_deposits_alone_cancel_out_over_the_campaign(tmp_path: Path) -> None:
    rows = presale_rows()
    daily = report(rows)
    for row in rows:
        if row["is_presale"]:
            deposit = Decimal("10.00") + Decimal(int(row["order_id"])) / 100
            daily[row["created_date"]]["paid_amount"] += deposit
            daily[at(10)]["paid_amount"] -= deposit
    found = settle(shop_of(tmp_path, rows, daily))
    assert found.gap == 0 and set(found.parts) == {"presale"} and not found.definition.presale


def test_days_of_one_side_only_are_missing_days(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows)
    del daily[at(4)]
    kept = [row for row in rows if row["paid_date"] not in (at(8), at(9))]
    found = settle(shop_of(tmp_path, kept, daily))
    lost = amount([row for row in rows if row["paid_date"] in (at(8), at(9))])
    there = amount([row for row in rows if row["paid_date"] == at(4)])
    assert found.parts == {"report_missing": there, "orders_missing": -lost}
    assert {day.day for day in found.worst()} == {at(4), at(8), at(9)}


def test_causes_that_offset_each_other_are_a_finding(tmp_path: Path) -> None:
    """A lost day of orders and a lost day of the report nearly cancel out: the month looks right and is not."""
    rows = orders()
    daily = report(rows)
    del daily[at(4)]
    found = settle(shop_of(tmp_path, [row for row in rows if row["paid_date"] != at(8)], daily))
    assert found.rate is not None and abs(found.rate) < Decimal("0.01") and found.offset and found.finding


def test_a_blank_report_cell_is_missing_and_not_zero(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows)
    daily[at(4)]["paid_amount"] = None
    found = settle(shop_of(tmp_path, rows, daily))
    assert list(found.parts) == ["report_missing"] and found.days[4].theirs is None


def test_services_and_cancelled_orders_the_report_leaves_out(tmp_path: Path) -> None:
    rows = orders()
    for number in range(3, len(rows), 17):
        rows[number] |= {"is_service": True}
    for number in range(5, len(rows), 23):
        if not rows[number]["is_service"]:
            rows[number] |= {"status": "closed"}
    service = [row for row in rows if row["is_service"]]
    closed = [row for row in rows if row["status"] == "closed"]
    found = settle(shop_of(tmp_path / "service", rows, report([row for row in rows if not row["is_service"]])))
    assert found.parts == {"service": amount(service)}
    open_ = [row for row in rows if row["status"] != "closed"]
    found = settle(shop_of(tmp_path / "closed", rows, report(open_)))
    assert found.parts == {"cancelled": amount(closed)}
    found = settle(shop_of(tmp_path / "both", rows, report([row for row in open_ if not row["is_service"]])))
    assert found.parts == {"service": amount(service), "cancelled": amount(closed)}


def test_a_mixture_is_taken_apart(tmp_path: Path) -> None:
    """Services left out everywhere, one night's payments on the next day, two lost days, and something nobody can tell."""
    rows = orders()
    for number in range(3, len(rows), 17):
        rows[number] |= {"is_service": True}
    late = [row for row in rows if row["paid_date"] == at(15)][-1]  # paid at 23:57
    counted = [row for row in rows if not row["is_service"]]
    daily = report(counted, day=lambda row: at(16) if row is late else row["paid_date"])
    del daily[at(2)]
    daily[at(20)]["paid_amount"] += Decimal("777.77")
    kept = [row for row in rows if row["paid_date"] != at(12)]
    found = settle(shop_of(tmp_path, kept, daily))
    by_day = {day.day: day.parts for day in found.days}
    assert by_day[at(20)]["unexplained"] == Decimal("-777.77") == found.parts["unexplained"]
    assert by_day[at(15)]["midnight"] == late["gross_amount"] == -by_day[at(16)]["midnight"]
    service = [row for row in kept if row["is_service"] and row["paid_date"] != at(2)]
    assert found.parts["service"] == amount(service)
    assert by_day[at(2)] == {"report_missing": amount([row for row in rows if row["paid_date"] == at(2)])}
    assert set(by_day[at(12)]) == {"orders_missing"}


def test_rejected_rows_account_for_the_orders_missing(tmp_path: Path) -> None:
    """Imported by the product's own importer, three rows with an amount nobody can read."""
    rows = orders(10)
    bad = {"21", "48", "77"}
    lines = ["order_id,status,created_at,paid_at,gross_amount"]
    lines += [
        f"{row['order_id']},completed,{row['created_at']},{row['paid_at']},{'??' if row['order_id'] in bad else row['gross_amount']}"
        for row in rows
    ]
    order_file, report_file = tmp_path / "orders.csv", tmp_path / "shop.csv"
    order_file.write_text("\n".join(lines), encoding="utf-8")
    daily = report(rows).values()
    header = "day,paid_amount,orders,buyers,visitors\n"
    report_file.write_text(
        header + "\n".join(f"{r['day']},{r['paid_amount']},{r['orders']},{r['buyers']},900" for r in daily)
    )
    shop = imported(tmp_path / "ws", order_file, report_file)
    found = settle(shop, Window(start=FIRST, end=at(9)))
    lost = amount([row for row in rows if row["order_id"] in bad])
    assert found.rejected == 3 and found.parts == {"rejected": -lost}
    assert "隔离文件" in " ".join(fact.claim.zh for fact in call(shop).facts)
