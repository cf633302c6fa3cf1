"""Reconciliation: each cause on a hand-made shop whose report is worked out here, mixtures, and gaps that must stay unexplained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_shops import imported, make_shop

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Fact, ToolResult, Window
from tools.metrics.measure import measure
from tools.metrics.reader import Reader
from tools.metrics.reconcile import PARTS, Reconciliation, split_gap
from tools.metrics.reconcile_books import EDGE_MINUTES, Books, Counts, read_books
from tools.metrics.reconcile_checks import Check, cross_checks
from tools.metrics.tool_reconcile import reconcile, reconciled
from tools.text import Lang, format_value
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import create_demo

Row = dict[str, Any]
FIRST, DAYS = date(2026, 5, 1), 24
CENT = Decimal("0.01")


def orders(days: int = DAYS) -> list[Row]:
    """Eleven orders a day around the clock, every amount of its own; every seventh was refunded in part."""
    rows: list[Row] = []
    for day in range(days):
        for slot, minute in enumerate((3, 17, 95, 400, 610, 700, 800, 990, 1200, 1385, 1437)):
            number = len(rows)
            amount = Decimal(5000 + (number * 7919) % 9973) / 100
            at = datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, minutes=minute, seconds=slot)
            rows.append(
                {
                    "order_id": str(number), "status": "completed", "paid_at": at, "paid_date": at.date(), "created_at": at,
                    "created_date": at.date(), "buyer_key": f"b{number % 40}", "gross_amount": amount,
                    "refund_amount": (amount / 3).quantize(CENT) if number % 7 == 0 else Decimal(0),
                    "is_presale": False, "is_service": False,
                }
            )  # fmt: skip
    return rows


def report(rows: Sequence[Row], *, day: Callable[[Row], date] = lambda row: row["paid_date"]) -> dict[date, Row]:
    """The platform's report as it counts these orders, by whatever day it puts them on."""
    found: dict[date, Row] = {}
    buyers: dict[date, set[str]] = defaultdict(set)
    for row in rows:
        mine = found.setdefault(day(row), {"day": day(row), "paid_amount": Decimal(0), "orders": 0})
        mine["paid_amount"] += row["gross_amount"]
        mine["orders"] += 1
        buyers[day(row)].add(row["buyer_key"])
    return {when: {**row, "buyers": len(buyers[when])} for when, row in sorted(found.items())}


def at(day: int) -> date:
    return FIRST + timedelta(days=day)


def shop_of(folder: Path, rows: Sequence[Row], daily: Mapping[date, Row], **more: Any) -> Shop:
    return make_shop(folder, {"orders": rows, "shop_daily": list(daily.values()), **more})


def settle(shop: Shop, window: Window | None = None) -> Reconciliation:
    found = reconciled(Reader(shop), window or Window(start=FIRST, end=at(DAYS - 1)))
    for day in found.days:
        assert sum(day.parts.values(), Decimal(0)) == day.gap
    assert sum(found.parts.values(), Decimal(0)) == found.gap
    return found


def call(shop: Shop, lang: Lang = "zh", **arguments: Any) -> ToolResult:
    return reconcile.call(ToolContext(shop=shop, today=date(2026, 11, 24), lang=lang), arguments)


def amount(rows: Sequence[Row], name: str = "gross_amount") -> Decimal:
    return sum((row[name] for row in rows), Decimal(0))


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


def presale_rows() -> list[Row]:
    """Deposits on the first three days, balances on the eleventh."""
    rows = orders()
    for number in (5, 14, 20, 28, 31):
        day = rows[number]["paid_date"]
        paid = datetime.combine(at(10), datetime.min.time()) + timedelta(hours=20, minutes=number)
        rows[number] |= {"is_presale": True, "created_date": day, "paid_at": paid, "paid_date": paid.date()}
    return rows


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


def test_a_deposit_that_was_never_balanced_is_not_told_from_other_gaps(tmp_path: Path) -> None:
    rows = presale_rows()
    daily = report(rows)
    daily[at(1)]["paid_amount"] += Decimal("20.00")  # somebody paid a deposit and let it go
    shop = shop_of(tmp_path, rows, daily)
    assert settle(shop).parts == {"unexplained": Decimal("-20.00")}
    assert any("定金" in note.zh for note in call(shop).notes)


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


def test_rejected_rows_that_do_not_fit_claim_nothing(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows)
    daily[at(3)]["paid_amount"] += 5000
    daily[at(3)]["orders"] += 2
    shop = shop_of(tmp_path, rows, daily)
    reader = Reader(shop)
    for rejected in (1, 2, 40):  # too few, as many but worth fifty usual orders each, far too many
        books = read_books(reader, Window(start=FIRST, end=at(DAYS - 1)), rejected=rejected)
        assert split_gap(books).parts == {"unexplained": Decimal(-5000)}


def test_without_clock_times_hours_are_not_guessed(tmp_path: Path) -> None:
    rows = orders()
    daily = report(rows, day=lambda row: (row["paid_at"] - timedelta(hours=8)).date())
    for row in rows:
        row["paid_at"] = datetime.combine(row["paid_date"], datetime.min.time())
    shop = shop_of(tmp_path, rows, {day: row for day, row in daily.items() if day >= FIRST})
    assert not settle(shop).timed and set(settle(shop).parts) == {"unexplained"}
    assert any("时刻" in note.zh for note in call(shop).notes)


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Both sides equal, with refunds, services and cancelled orders a cause could be made of."""
    rows = orders()
    for number in range(3, len(rows), 17):
        rows[number] |= {"is_service": True}
    for number in range(5, len(rows), 23):
        rows[number] |= {"status": "closed"}
    shop = shop_of(tmp_path_factory.mktemp("agreed"), rows, report(rows))
    return read_books(Reader(shop), Window(start=FIRST, end=at(DAYS - 1)))


@settings(max_examples=25, deadline=None)
@given(
    hits=st.dictionaries(
        st.integers(0, DAYS - 1),
        st.builds(lambda size, sign: size * sign, st.integers(60_000, 400_000), st.sampled_from((1, -1))),
        min_size=1,
        max_size=6,
    )
)
def test_a_random_gap_stays_unexplained(agreed: Books, hits: dict[int, int]) -> None:
    """Gaps larger than anything two hours hold, of both signs: no cause is made up for them."""
    theirs = agreed.theirs.copy()
    for day, cents in hits.items():
        theirs[day] -= cents
    found = split_gap(replace(agreed, theirs=theirs))
    assert {day.day: day.parts for day in found.days if day.parts} == {
        at(day): {"unexplained": Decimal(cents) / 100} for day, cents in hits.items()
    }


money = st.integers(0, 30_000)
series = st.lists(money, min_size=9, max_size=9).map(lambda values: np.array(values, dtype=np.int64))
grid = st.lists(money, min_size=11 * 24, max_size=11 * 24).map(lambda values: np.array(values, dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_parts_always_sum_to_the_gap(data: Any) -> None:
    """Whatever the two sides hold, the parts of a day sum to its gap to the cent, and nothing is on a day with no gap."""
    names = ("gross", "refund", "service", "closed")
    hourly = {name: data.draw(grid) for name in names}
    untimed = {name: data.draw(series) for name in names}
    presence = st.lists(st.booleans(), min_size=9, max_size=9).map(np.array)
    has_ours, has_theirs = data.draw(presence), data.draw(presence)
    inner = hourly["gross"][24:-24].reshape(9, 24).sum(axis=1) + untimed["gross"]
    counts = [
        Counts(data.draw(st.none() | st.integers(0, 30)), data.draw(st.none() | st.integers(0, 30))) for _ in range(9)
    ]
    books = Books(
        window=Window(start=FIRST, end=at(8)),
        ours=inner * has_ours,
        theirs=data.draw(series) * has_theirs * 10,
        has_ours=has_ours,
        has_theirs=has_theirs,
        hourly=hourly,
        untimed=untimed,
        flows={name: data.draw(series) for name in ("presale_in", "presale_out", "reported_refund", "refund_events")},
        counts=counts,
        touched={"service": data.draw(series), "closed": data.draw(series)},
        timed=data.draw(st.booleans()),
        edges=lambda ends: {end: np.arange(1, EDGE_MINUTES + 1) * 100 for end in ends},
        rejected=data.draw(st.integers(0, 60)),
    )
    found = split_gap(books)
    for day in found.days:
        assert sum(day.parts.values(), Decimal(0)) == day.gap and set(day.parts) <= set(PARTS)
        if day.ours is None or day.theirs is None:
            assert set(day.parts) <= {"report_missing", "orders_missing"}
    assert sum(found.parts.values(), Decimal(0)) == found.gap == found.ours - found.theirs


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


def find(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_tables_that_tell_the_same_money_twice(tmp_path: Path) -> None:
    rows = orders(4)
    for row in rows[::5]:
        row["shipping_amount"] = Decimal("8.00")
    lines = [
        {"line_id": f"{row['order_id']}-{half}", "order_id": row["order_id"], "paid_date": row["paid_date"], "product_id": f"p{half}",
         "amount": ((row["gross_amount"] - (row.get("shipping_amount") or 0)) / 2).quantize(CENT) if half == 0
         else row["gross_amount"] - (row.get("shipping_amount") or 0) - ((row["gross_amount"] - (row.get("shipping_amount") or 0)) / 2).quantize(CENT),
         "is_service": False}
        for row in rows for half in (0, 1)
    ]  # fmt: skip
    lines[0]["amount"] -= Decimal("3.00")  # one order whose lines do not add up
    products: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for line in lines[2:]:
        products[line["paid_date"], line["product_id"]] += line["amount"]
    refunds = [
        {"refund_id": f"r{row['order_id']}", "order_id": row["order_id"], "amount": row["refund_amount"], "refunded_date": at(9)}
        for row in rows if row["refund_amount"]
    ][1:]  # fmt: skip
    sessions = [{"session_id": f"s{k}", "day": at(k), "paid_amount": amount([r for r in rows if r["paid_date"] == at(k)])} for k in range(4)]  # fmt: skip
    live = [{"line_id": r["order_id"], "order_id": r["order_id"], "session_id": f"s{(r['paid_date'] - FIRST).days}", "paid_date": r["paid_date"],
             "amount": r["gross_amount"] - (r.get("shipping_amount") or 0)} for r in rows]  # fmt: skip
    shop = shop_of(
        tmp_path, rows, report(rows), order_lines=lines, refunds=refunds, live_sessions=sessions, live_orders=live,
        product_daily=[{"day": day, "product_id": one, "paid_amount": value} for (day, one), value in products.items()],
    )  # fmt: skip
    checks = cross_checks(Reader(shop), Window(start=FIRST, end=at(3)))
    postage = amount([row for row in rows if row.get("shipping_amount")], "shipping_amount")
    got = find(checks, "lines")
    broken = rows[0]["shipping_amount"]  # its gap is postage and something else, so none of it is put down to postage
    assert (got.gap, got.aside, got.off, got.of) == (postage + 3, postage - broken, 1, len(rows))
    got = find(checks, "refunds")
    assert got.gap == next(row["refund_amount"] for row in rows if row["refund_amount"]) and got.off == 1
    got = find(checks, "products")
    assert got.off == 1 and got.gap == amount(rows) - sum(products.values())
    got = find(checks, "live")
    assert (got.gap, got.aside, got.off, got.of) == (postage, postage, 0, 4)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("demo")
    create_demo(folder)
    return Warehouse(folder)


@pytest.mark.parametrize("merchant", ["demo-skincare", "demo-snacks"])
def test_demo_shops_reconcile_as_they_are_simulated(demo: Warehouse, merchant: str) -> None:
    """The simulated report is counted from the same orders; product rows leave out postage and services and nothing else."""
    shop = demo.for_merchant(merchant)
    result = call(shop)
    assert result.facts[0].data == {**result.facts[0].data, "finding": False, "off": 0}
    assert result.facts[0].simulated and "一致" in result.facts[0].claim.zh
    days = shop.days("orders")
    assert days is not None
    checks = cross_checks(Reader(shop), Window(start=days[0], end=days[1]))
    assert {check.name for check in checks} == {"lines", "products", "live", "refunds"}
    for name in ("lines", "products", "refunds"):
        assert find(checks, name).rest == 0 and find(checks, name).off == 0
