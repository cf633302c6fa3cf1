"""Refunds at equal age against hand-made orders and a plain loop over rows; what is still to come against what came."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.base import ToolContext
from tools.facts import Role, ToolResult, Window
from tools.metrics.measure import UNRIPE, measure
from tools.metrics.reader import Reader
from tools.metrics.refund_age import HORIZON, equal_age, to_come
from tools.metrics.tools import TOOLS
from tools.warehouse.access import Shop

D = Decimal
SPEC = {spec.name: spec for spec in TOOLS}
Row = dict[str, Any]


def win(start: str, end: str) -> Window:
    return Window(start=date.fromisoformat(start), end=date.fromisoformat(end))


def order(name: str, paid: str, gross: int, *refunds: tuple[str, int]) -> tuple[Row, list[Row]]:
    row = {"order_id": name, "paid_date": paid, "gross_amount": gross, "refund_amount": sum(a for _, a in refunds)}
    back = [
        {"refund_id": f"{name}-{k}", "order_id": name, "amount": amount, "refunded_date": day}
        for k, (day, amount) in enumerate(refunds)
    ]
    return row, back


def shop_of(folder: Path, made: list[tuple[Row, list[Row]]], *loose: tuple[str, int], **changes: Any) -> Shop:
    refunds = [row for _, rows in made for row in rows]
    refunds += [{"refund_id": f"u{k}", "order_id": None, "amount": a, "refunded_date": d} for k, (d, a) in enumerate(loose)]  # fmt: skip
    data = {"orders": [row for row, _ in made], "refunds": refunds, **changes}
    return make_shop(folder, data, platform="tmall")


# The data end on 20 October: k = 9 for the ten days to 11 October, against the ten days to 1 October.
NOW, BEFORE = win("2026-10-02", "2026-10-11"), win("2026-09-22", "2026-10-01")
HAND = [
    order("a", "2026-09-22", 100, ("2026-10-01", 30)),  # age 9: counts
    order("b", "2026-09-25", 100, ("2026-10-05", 50)),  # age 10: not yet at nine days
    order("c", "2026-10-01", 100, ("2026-10-01", 20), ("2026-10-15", 40)),  # in parts: 20 at age 0, 40 at age 14
    order("d", "2026-10-02", 200, ("2026-10-11", 60)),  # age 9: counts
    order("e", "2026-10-05", 100, ("2026-10-16", 25)),  # age 11: known today, not at nine days
    order("f", "2026-10-11", 100),
    order("g", "2026-10-10", 50, ("2026-10-08", 5)),  # before the payment: a deposit, age 0
    order("z", "2026-10-20", 10, ("2026-10-20", 1)),
]


def test_both_windows_count_refunds_of_the_same_age(tmp_path: Path) -> None:
    found = equal_age(Reader(shop_of(tmp_path, HAND, ("2026-10-03", 7))), NOW, BEFORE)
    assert found is not None and (found.days, found.since) == (9, "payment")
    assert (found.before.gross, found.before.refunds, found.before.refunded) == (D(300), D(50), 2)
    assert (found.now.gross, found.now.refunds, found.now.refunded, found.now.unlinked) == (D(450), D(65), 2, D(7))
    assert (found.before.known, found.now.known) == (D(140), D(90))
    assert (found.now.net, found.before.net) == (D(378), D(250))
    assert found.now.share == D(2) / 4 and found.before.rate == D(50) / 300
    # the plain change in net GMV is the change at equal age and what ripens
    plain = measure(_again(tmp_path), "net_gmv", NOW).value, measure(_again(tmp_path), "net_gmv", BEFORE).value
    assert plain == (D(353), D(160))
    assert plain[0] - plain[1] == (found.now.net - found.before.net) + found.ripening == D(193)


def _again(folder: Path) -> Shop:
    from tools.warehouse.access import Warehouse

    return Warehouse(folder).for_merchant("shop")


def test_a_window_seen_under_a_week_is_read_as_both_stood_then(tmp_path: Path) -> None:
    made = [
        order("x", "2026-09-01", 100),
        order("a", "2026-09-20", 100, ("2026-09-30", 10)),  # by the last day of September
        order("b", "2026-09-20", 100, ("2026-10-01", 10)),  # a day late
        order("c", "2026-10-02", 100, ("2026-10-31", 10)),
        order("y", "2026-10-31", 100, ("2026-10-31", 1)),
    ]
    found = equal_age(Reader(shop_of(tmp_path, made)), win("2026-10-01", "2026-10-31"), win("2026-09-01", "2026-09-30"))
    assert found is not None and (found.days, found.since) == (0, "window")
    assert (found.before.refunds, found.now.refunds, found.ripening) == (D(10), D(11), D(10))
    # windows of unlike length have orders of unlike age: nothing is said
    assert equal_age(Reader(_again(tmp_path)), win("2026-10-21", "2026-10-31"), win("2026-09-21", "2026-10-10")) is None


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a ripe window", {}),
        ("no refund rows", {"refunds": []}),
        ("refunds without dates", {"refunds": [{"refund_id": "1", "order_id": "a", "amount": 30, "refunded_date": None}]}),
        ("refunds without orders", {"refunds": [{"refund_id": "1", "order_id": None, "amount": 30, "refunded_date": "2026-10-19"}]}),
        ("dated refunds that are only a part of those booked", {"refunds": [{"refund_id": "1", "order_id": "a", "amount": 30, "refunded_date": "2026-10-20"}]}),
    ],
)  # fmt: skip
def test_nothing_is_compared_where_refunds_do_not_tell(tmp_path: Path, why: str, changes: Row) -> None:
    reader = Reader(shop_of(tmp_path, HAND, **changes))
    now, before = (win("2026-09-02", "2026-09-11"), win("2026-08-23", "2026-09-01")) if not changes else (NOW, BEFORE)
    assert equal_age(reader, now, before) is None, why
    assert to_come(reader, now) is None


def test_without_dates_the_plain_caveat_stays_and_with_them_the_fair_figure_takes_its_place(tmp_path: Path) -> None:
    def ask(shop: Shop) -> ToolResult:
        context = ToolContext(shop=shop, today=date(2026, 10, 21), lang="zh")
        arguments = {"metric": "net_gmv", "window": str(NOW), "compare": "previous"}
        return SPEC["query_metric"].call(context, arguments)

    fair = ask(shop_of(tmp_path / "dated", HAND))
    (fact,) = [fact for fact in fair.facts if fact.data.get("check") == "equal_age"]
    assert "付款后 9 天内的退款" in fact.claim.zh and "refunds up to 9 days after payment" in fact.claim.en
    assert [q.value for q in fact.quantities if q.role is Role.CHANGE] == [D(135)]  # 385 against 250
    assert UNRIPE.zh not in [note.zh for note in fair.notes]
    plain = ask(shop_of(tmp_path / "undated", HAND, refunds=[]))
    assert not [fact for fact in plain.facts if fact.data.get("check") == "equal_age"]
    assert UNRIPE.zh in [note.zh for note in plain.notes]


# --- a shop with a year of orders, against a plain loop

LAST = date(2026, 10, 20)


def year_of_orders(seed: int, *, until: date = LAST, daily: int = 4) -> list[tuple[Row, list[Row]]]:
    """Some orders a day; a fifth refunded 0 to 70 days later, some in two parts; refunds after `until` have not happened."""
    rng, made = random.Random(seed), []
    for k in range(400):
        day = until - timedelta(days=399 - k)
        for j in range(daily):
            gross, back = rng.randint(20, 300), []
            if rng.random() < 0.2:
                first = day + timedelta(days=min(70, int(rng.expovariate(1 / 9))))
                parts = [(first, gross // 2), (first + timedelta(days=rng.randint(0, 9)), gross - gross // 2)]
                back = [(str(d), a) for d, a in parts[: rng.randint(1, 2)] if d <= until]
            made.append(order(f"{k}-{j}", str(day), gross, *back))
    made.append(order("end", str(until), 1, (str(until), 1)))
    return made


@pytest.mark.parametrize(("now", "before"), [
    (win("2026-09-21", "2026-10-10"), win("2026-09-01", "2026-09-20")),
    (win("2026-10-01", "2026-10-18"), win("2026-09-13", "2026-09-30")),
])  # fmt: skip
def test_equal_age_is_what_a_loop_over_the_rows_gives(tmp_path: Path, now: Window, before: Window) -> None:
    made = year_of_orders(3)
    found = equal_age(Reader(shop_of(tmp_path, made)), now, before)
    assert found is not None
    k = (LAST - now.end).days
    for side, window in ((found.now, now), (found.before, before)):
        gross, money, refunded = 0, 0, set()
        for row, back in made:
            paid = date.fromisoformat(row["paid_date"])
            if not window.start <= paid <= window.end:
                continue
            gross += row["gross_amount"]
            for refund in back:
                made_on = date.fromisoformat(refund["refunded_date"])
                limit = paid + timedelta(days=k) if found.since == "payment" else window.end + timedelta(days=k)
                if made_on <= limit:
                    money += refund["amount"]
                    refunded.add(row["order_id"])
        assert (side.gross, side.refunds, side.refunded) == (D(gross), D(money), len(refunded))


def test_what_is_to_come_is_the_curve_of_a_loop_and_near_what_came(tmp_path: Path) -> None:
    window, inside, told, real = win("2026-09-21", "2026-10-20"), 0, D(0), 0
    for seed in range(20, 30):
        whole = year_of_orders(seed, until=LAST + timedelta(days=80), daily=8)
        made = [
            order(r["order_id"], r["paid_date"], r["gross_amount"], *((x["refunded_date"], x["amount"]) for x in back if x["refunded_date"] <= str(LAST)))
            for r, back in whole if r["paid_date"] <= str(LAST)
        ]  # fmt: skip
        made.append(order("last", str(LAST), 1, (str(LAST), 1)))
        found = to_come(Reader(shop_of(tmp_path / str(seed), made)), window)
        assert found is not None and found.low <= found.amount <= found.high and found.windows >= 8
        assert seed > 20 or abs(found.amount - _by_loop(made, window)) < D("0.01")
        came = sum(
            x["amount"]
            for r, back in whole for x in back
            if str(window.start) <= r["paid_date"] <= str(window.end) and x["refunded_date"] > str(LAST)
            and (date.fromisoformat(x["refunded_date"]) - date.fromisoformat(r["paid_date"])).days <= HORIZON
        )  # fmt: skip
        inside += found.low <= came <= found.high
        told, real = told + found.amount, real + came
    assert inside >= 6 and D("0.85") < told / real < D("1.15")


def _by_loop(made: list[tuple[Row, list[Row]]], window: Window) -> Decimal:
    """The definition, one order at a time."""
    paid = {row["order_id"]: date.fromisoformat(row["paid_date"]) for row, _ in made}
    share = {}
    for age in range(1, HORIZON + 1):
        seen = [(r, b) for r, b in made if LAST - timedelta(days=365) <= paid[r["order_id"]] <= LAST - timedelta(days=age)]  # fmt: skip
        came = sum(x["amount"] for r, b in seen for x in b if (date.fromisoformat(x["refunded_date"]) - paid[r["order_id"]]).days == age)  # fmt: skip
        share[age] = D(came) / sum(r["gross_amount"] for r, _ in seen)
    total = D(0)
    for row, _ in made:
        day = paid[row["order_id"]]
        if window.start <= day <= window.end:
            total += row["gross_amount"] * sum((share[a] for a in range((LAST - day).days + 1, HORIZON + 1)), D(0))
    return total


def test_a_short_history_makes_no_estimate(tmp_path: Path) -> None:
    made = [pair for pair in year_of_orders(1) if pair[0]["paid_date"] >= "2026-06-20"]
    assert to_come(Reader(shop_of(tmp_path, made)), win("2026-09-21", "2026-10-20")) is None


def test_refunds_by_payment_day_and_by_refund_day_are_apart(tmp_path: Path) -> None:
    """One refund in the month after its payment: it is of September by payment, of October by refund, and of one alone each."""
    shop = shop_of(tmp_path, [
        order("x", "2026-09-01", 50, ("2026-09-02", 50)),
        order("a", "2026-09-28", 100, ("2026-10-03", 40)),
        order("b", "2026-10-05", 100, ("2026-10-06", 10), ("2026-10-07", 5)),
        order("c", "2026-10-31", 100),
    ])  # fmt: skip
    september, october = win("2026-09-01", "2026-09-30"), win("2026-10-01", "2026-10-31")
    expected = {
        "refund_amount": (90, 15), "refunded_orders": (2, 1),  # by payment day: value, count of orders
        "refund_by_date": (50, 55), "refund_count": (1, 3),  # by refund day: value, count of refunds
        "net_gmv": (60, 185), "net_gmv_by_refund_date": (100, 145),
    }  # fmt: skip
    for metric, (then, now) in expected.items():
        values = [measure(shop, metric, window).value or D(0) for window in (september, october)]
        assert values == [D(then), D(now)], metric
    whole = win("2026-09-01", "2026-10-31")
    assert measure(shop, "net_gmv", whole).value == measure(shop, "net_gmv_by_refund_date", whole).value == D(245)
