"""explain() on hand-made shops: exact sums, the right level of detail, and the planted entity and day."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metric_shops import make_shop

from tools.errors import BadArguments, DataMissing
from tools.memo import Memo
from tools.metrics import causes_products
from tools.metrics.drivers import Explanation
from tools.metrics.explain import EXPLAINED, explain
from tools.metrics.turns import CONVERSION, RateSource, Turn
from tools.metrics.windows import compare_window, month_of
from tools.warehouse.access import Shop

D = Decimal
OCT, SEP = month_of(date(2026, 10, 1)), month_of(date(2026, 9, 1))
FIRST = date(2025, 9, 1)
DAYS = [FIRST + timedelta(days=k) for k in range((OCT.end - FIRST).days + 1)]
PRODUCTS = {"p1": ("面霜", 100), "p2": ("精华", 200), "p3": ("面膜", 50), "p4": ("防晒", 80)}
SOURCES = {"搜索": 600, "推荐": 400, "付费推广": 300, "短视频": 200}
TABLES = ("orders", "order_lines", "shop_daily", "traffic_daily", "product_daily", "stock_daily", "promotions")

Table = list[dict[str, Any]]
Change = Callable[[str, date], float]


def product_day(
    data: dict[str, Table], rng: random.Random, key: str, day: date, visits: dict[str, int], change: Change
) -> int:
    """A product's orders, lines, report row and stock of a day; how many were sold."""
    title, price = PRODUCTS[key]
    total = sum(visits.values())
    paid_price = round(price * change(f"price:{key}", day), 2)
    buyers = max(0, round(total * 0.006 * change(key, day) * rng.uniform(0.85, 1.15)))
    for _ in range(buyers):
        number = len(data["orders"]) + 1
        source = rng.choices(list(visits), [v + 0.001 for v in visits.values()])[0]
        sale = {"order_id": f"o{number}", "paid_date": str(day)}
        data["orders"].append(
            {
                **sale,
                "gross_amount": paid_price,
                "refund_amount": 5 if number % 40 == 7 else 0,
                "source": source,
                "buyer_key": f"b{rng.randrange(4000)}",
                "channel": "shelf",
            }
        )
        line = {"line_id": f"l{number}", "product_id": key, "title": title, "quantity": 1, "amount": paid_price}
        data["order_lines"].append(sale | line)
    item = {"day": str(day), "product_id": key}
    report = {"title": title, "visitors": int(total * 0.3), "buyers": buyers, "paid_amount": buyers * paid_price}
    data["product_daily"].append(item | report)
    data["stock_daily"].append(item | {"on_hand": 0 if change(key, day) == 0 else 50})
    return buyers


def traffic_day(data: dict[str, Table], day: date, visits: dict[str, int], sold: int) -> None:
    """The shop's and the sources' report rows of a day; what was sold is spread over the sources by their visitors."""
    total = sum(visits.values())
    for source, count in visits.items():
        share = count / total if total else 0
        row = {"day": str(day), "source": source, "detail": source, "visitors": count}
        row |= {"buyers": round(sold * share), "paid_amount": round(sold * share * 107.5, 2)}
        data["traffic_daily"].append(row)
    data["shop_daily"].append({"day": str(day), "visitors": total, "buyers": sold})


def build(folder: Path, *, leave: tuple[str, ...] = (), change: Change = lambda _n, _d: 1.0) -> Shop:
    """A steady shop of fourteen months. `change(name, day)` scales a source's visitors, a product's conversion, or `price:p1`."""
    rng = random.Random(11)
    data: dict[str, Table] = {name: [] for name in TABLES}
    for day in DAYS:
        visits = {s: int(n * change(s, day) * rng.uniform(0.95, 1.05)) for s, n in SOURCES.items()}
        sold = sum(product_day(data, rng, key, day, visits, change) for key in PRODUCTS)
        traffic_day(data, day, visits, sold)
    return make_shop(folder, {name: rows for name, rows in data.items() if name not in leave})


def sums(found: Explanation) -> None:
    assert found.factors
    assert sum((driver.contribution for driver in found.factors), D(0)) == found.change
    assert found.change == (found.value or D(0)) - (found.before or D(0))


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return build(tmp_path_factory.mktemp("steady"))


@pytest.mark.parametrize("metric", [name for name in EXPLAINED if not name.startswith("repurchase")])
def test_contributions_sum_to_the_change(steady: Shop, metric: str) -> None:
    sums(explain(steady, metric, OCT, SEP))


def test_repurchase_splits_into_points(steady: Shop) -> None:
    found = explain(steady, "repurchase_rate", OCT, SEP)
    assert found.change is not None and found.value is not None and found.before is not None
    assert abs(found.change - (found.value - found.before) * 100) < D("0.0001")
    assert abs(sum((d.contribution for d in found.factors), D(0)) - found.change) < D("0.0002")
    assert all(d.mix is not None and d.rate is not None for d in found.factors)


def test_nothing_happened_is_said_so(steady: Shop) -> None:
    found = explain(steady, "gmv", OCT, SEP)
    assert found.causes == ()
    assert found.usual is True
    assert next(check for check in found.checks if check.id == "normal").verdict == "ok"


def test_source_lost_is_found_with_its_day(tmp_path: Path) -> None:
    def lost(name: str, day: date) -> float:
        return 0.35 if name == "搜索" and day >= date(2026, 10, 8) else 1.0

    found = explain(build(tmp_path, change=lost), "gmv", OCT, SEP)
    sums(found)
    assert found.factors[0].id == "visitors"
    assert found.primary is not None and found.primary.event is not None
    assert (found.primary.entity.id, found.primary.entity.subject) == ("traffic_source", ("搜索",))
    assert abs((found.primary.event.start - date(2026, 10, 8)).days) <= 1
    assert found.primary.amount < 0


def test_stock_out_is_found_with_its_days(tmp_path: Path) -> None:
    def out(name: str, day: date) -> float:
        return 0.0 if name == "p2" and date(2026, 10, 10) <= day <= date(2026, 10, 24) else 1.0

    found = explain(build(tmp_path, change=out), "gmv", OCT, SEP)
    assert found.primary is not None and found.primary.event is not None
    assert (found.primary.entity.id, found.primary.entity.subject) == ("stock_out", ("精华",))
    assert (found.primary.event.kind, found.primary.event.start, found.primary.event.end) == (
        "stock_out",
        date(2026, 10, 10),
        date(2026, 10, 24),
    )
    assert found.factors[0].id in ("conversion", "order_value")


def test_price_raise_is_found_with_its_day(tmp_path: Path) -> None:
    def dear(name: str, day: date) -> float:
        late = day >= date(2026, 10, 6)
        return 1.2 if name == "price:p1" and late else 0.5 if name == "p1" and late else 1.0

    found = explain(build(tmp_path, change=dear), "gmv", OCT, SEP)
    assert found.primary is not None and found.primary.event is not None
    assert found.primary.entity.subject == ("面霜",)
    assert (found.primary.event.kind, found.primary.event.start) == ("price_raise", date(2026, 10, 6))
    assert found.primary.factor == "conversion"


def test_a_rise_is_explained_too(tmp_path: Path) -> None:
    def surge(name: str, day: date) -> float:
        return 3.0 if name == "短视频" and day >= date(2026, 10, 15) else 1.0

    found = explain(build(tmp_path, change=surge), "gmv", OCT, SEP)
    assert found.primary is not None
    assert found.primary.entity.subject == ("短视频",) and found.primary.amount > 0


def test_without_traffic_the_tree_is_shallower_and_says_what_is_missing(tmp_path: Path) -> None:
    shop = build(tmp_path, leave=("shop_daily", "traffic_daily", "product_daily"))
    found = explain(shop, "gmv", OCT, SEP)
    sums(found)
    assert {driver.id for driver in found.factors} == {"buyers", "orders_per_buyer", "order_value"}
    assert [gap.table for gap in found.missing][:2] == ["shop_daily", "traffic_daily"]
    assert all(gap.unlock.zh for gap in found.missing)


def test_market_is_asked_for(steady: Shop, tmp_path: Path) -> None:
    check = next(c for c in explain(steady, "gmv", OCT, SEP).checks if c.id == "market")
    assert check.verdict == "unknown" and check.unlock is not None and "市场" in check.unlock.zh


def test_half_imported_report_is_not_read_as_a_collapse(tmp_path: Path) -> None:
    """The traffic report ends on 10 October: visitors must not seem to have fallen by two thirds."""
    full = build(tmp_path / "full")
    rows = {name: full.table(name).to_pandas() for name in ("orders", "order_lines", "shop_daily", "traffic_daily")}
    for name in ("shop_daily", "traffic_daily"):
        rows[name] = rows[name][rows[name].day.astype(str) <= "2026-10-10"]
    shop = make_shop(tmp_path / "half", rows)
    found = explain(shop, "gmv", OCT, SEP)
    assert "visitors" not in {driver.id for driver in found.factors}
    assert not any(cause.entity.id == "traffic_source" for cause in found.causes)
    assert any(check.id == "coverage" for check in found.checks)


def orders_only(folder: Path, rows: Table) -> Shop:
    return make_shop(folder, {"orders": [{"refund_amount": 0, **row} for row in rows]})


def test_from_nothing_and_to_nothing(tmp_path: Path) -> None:
    """Two windows inside the data, one of them empty: the split still adds up (Shapley)."""
    rows = [{"order_id": "1", "paid_date": "2026-07-01", "gross_amount": 5, "buyer_key": "z"}]
    rows += [
        {"order_id": f"s{n}", "paid_date": "2026-09-05", "gross_amount": 10.37, "buyer_key": f"b{n}"} for n in range(3)
    ]
    rows += [{"order_id": "9", "paid_date": "2026-12-01", "gross_amount": 5, "buyer_key": "z"}]
    shop = orders_only(tmp_path, rows)
    gone, came = explain(shop, "gmv", OCT, SEP), explain(shop, "gmv", SEP, month_of(date(2026, 8, 1)))
    sums(gone)
    sums(came)
    assert gone.change == D("-31.11") and gone.factors[0].id == "buyers"


def test_orders_without_buyer_id_are_a_part_of_their_own(tmp_path: Path) -> None:
    rows = [
        {"order_id": f"a{n}", "paid_date": "2026-09-05", "gross_amount": 10, "buyer_key": f"b{n}"} for n in range(4)
    ]
    rows += [
        {"order_id": f"c{n}", "paid_date": "2026-10-05", "gross_amount": 12, "buyer_key": f"b{n}" if n < 2 else None}
        for n in range(5)
    ]
    found = explain(orders_only(tmp_path, rows), "gmv", OCT, SEP)
    sums(found)
    assert any(d.id == "orders" and d.contribution == 36 for d in found.factors)


def test_refunds_are_a_factor_of_net(tmp_path: Path) -> None:
    rows = [
        {"order_id": "1", "paid_date": "2026-09-05", "gross_amount": 100, "refund_amount": 10, "buyer_key": "a"},
        {"order_id": "2", "paid_date": "2026-10-05", "gross_amount": 100, "refund_amount": 60, "buyer_key": "a"},
    ]
    found = explain(orders_only(tmp_path, rows), "net_gmv", OCT, SEP)
    sums(found)
    assert found.factors[0].id == "refunds" and found.factors[0].contribution == -50


def test_row_order_does_not_matter(tmp_path: Path) -> None:
    one = build(tmp_path / "a", leave=("stock_daily", "promotions"))
    frames = {
        n: one.table(n).to_pandas().sample(frac=1, random_state=3)
        for n in ("orders", "order_lines", "shop_daily", "traffic_daily", "product_daily")
    }
    two = make_shop(tmp_path / "b", frames)
    first, second = explain(one, "gmv", OCT, SEP), explain(two, "gmv", OCT, SEP)
    assert first == second


def test_refusals(steady: Shop) -> None:
    with pytest.raises(BadArguments):
        explain(steady, "uv_value", OCT, SEP)
    with pytest.raises(DataMissing) as caught:
        explain(steady, "gmv", month_of(date(2025, 9, 1)), compare_window(month_of(date(2025, 9, 1)), "previous"))
    assert "2025" in caught.value.message.en


@pytest.mark.parametrize(("z", "share", "told"), [(-3.6, 0.05, False), (-3.8, 0.05, True), (-3.8, 0.025, False), (-4.6, 0.025, True)])  # fmt: skip
def test_a_turn_is_a_cause_when_it_is_sure_and_large_enough(
    z: float, share: float, told: bool, steady: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion turn of a product at 3.7 standard errors is told from 3 % of GMV on, a clear one (4.5) from 2 %."""
    day = date(2026, 10, 6)
    level = explain(steady, "gmv", OCT, SEP).before or 0
    buyers = float(level) * share / 100  # of p1, which costs 100

    def planted(_pair: object, source: RateSource, key: str) -> Turn | None:
        return Turn(day, z, -buyers) if source is CONVERSION and key == "p1" else None

    monkeypatch.setattr(causes_products, "rate_turn", planted)
    monkeypatch.setattr("tools.metrics.explain._recent", Memo(1))  # explanations are remembered by shop and windows
    causes = explain(steady, "orders", OCT, SEP).causes
    assert bool(causes) is told
    if told:
        (cause,) = causes
        assert (cause.entity.label.zh, cause.factor) == ("面霜", "conversion")
        assert cause.event is not None and (cause.event.start, cause.event.turned) == (day, "conversion")
        assert float(cause.amount) == pytest.approx(-float(level) * share, rel=0.01)


def test_returning_buyers_are_who_could_come_back_times_who_did(tmp_path: Path) -> None:
    """By hand: 40 buyers of the year before, 10 of them back in September; one more in the base and 8 back in October."""
    rows = [{"order_id": "old0", "paid_date": "2024-09-01", "gross_amount": 10, "buyer_key": "long_ago"}]
    rows += [
        {"order_id": f"base{k}", "paid_date": "2026-08-01", "gross_amount": 10, "buyer_key": f"b{k}"} for k in range(40)
    ]
    rows += [
        {"order_id": f"sep{k}", "paid_date": "2026-09-10", "gross_amount": 10, "buyer_key": f"b{k}"} for k in range(10)
    ]
    rows += [{"order_id": "new", "paid_date": "2026-09-12", "gross_amount": 10, "buyer_key": "n"}]
    rows += [
        {"order_id": f"oct{k}", "paid_date": "2026-10-10", "gross_amount": 10, "buyer_key": f"b{k}"} for k in range(8)
    ]
    found = explain(make_shop(tmp_path, {"orders": rows}), "returning_buyers", OCT, SEP)
    assert (found.before, found.value, found.change) == (10, 8, -2)
    parts = {driver.id: driver for driver in found.factors}
    assert (parts["buyer_base"].before, parts["buyer_base"].after) == (40, 41)
    assert (parts["return_rate"].before, parts["return_rate"].after) == (D("0.25"), D(8) / D(41))
    assert sum(driver.contribution for driver in found.factors) == -2
    assert parts["return_rate"].contribution < parts["buyer_base"].contribution
