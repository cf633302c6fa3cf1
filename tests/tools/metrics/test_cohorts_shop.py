"""Cohorts, repurchase curve and newcomers: a hand-made shop counted by hand, UCI against pandas, the curve against scipy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from metric_shops import make_shop, uci_frames
from scipy import stats

from tools.base import ToolContext
from tools.errors import DataMissing
from tools.facts import Role, Window
from tools.metrics.cohorts import cohort_rows, greenwood, repurchase_curve
from tools.metrics.measure import measure
from tools.metrics.newcomers import newcomers_by
from tools.metrics.reader import Reader
from tools.metrics.tool_customers import customer_cohorts
from tools.metrics.windows import month_of
from tools.warehouse.access import Shop

D = Decimal
END = date(2025, 4, 20)
MONTHS = [month_of(date(2025, month, 1)) for month in (1, 2, 3)]


def _order(number: int, buyer: str, day: str, amount: str, **more: object) -> dict[str, object]:
    return {
        "order_id": f"o{number}",
        "buyer_key": buyer,
        "paid_date": day,
        "gross_amount": amount,
        "refund_amount": 0,
    } | more


ORDERS = [
    # ann: January, back in February and April (not over)
    _order(
        1, "ann", "2025-01-05", "100", channel="live", session_id="s1", paid_at="2025-01-05 09:00:00", promotion_id="p1"
    ),
    _order(2, "ann", "2025-01-05", "20", channel="shelf", paid_at="2025-01-05 20:00:00"),
    _order(3, "ann", "2025-02-10", "50", channel="shelf"),
    _order(4, "ann", "2025-04-02", "60", channel="shelf"),
    # bob: January, twice in March
    _order(5, "bob", "2025-01-31", "30", channel="shelf"),
    _order(6, "bob", "2025-03-01", "10", channel="live", session_id="s2"),
    _order(7, "bob", "2025-03-09", "10", channel="live", session_id="s2"),
    # cat: February; her January order is a service order and makes no cohort
    _order(8, "cat", "2025-01-10", "1", channel="shelf", is_service=True),
    _order(9, "cat", "2025-02-28", "200", channel="live", session_id="s2"),
    _order(10, "cat", "2025-03-02", "9", channel="shelf", is_service=True),
    # no identity, never paid
    _order(11, "", "2025-01-15", "70"),
    {"order_id": "o12", "buyer_key": "dan", "gross_amount": 0, "created_date": "2025-01-20"},
    _order(13, "eve", "2025-04-20", "5", channel="shelf"),
]
SESSIONS = [
    {"session_id": "s1", "title": "福袋专场", "day": "2025-01-05"},
    {"session_id": "s2", "title": "新品课", "day": "2025-02-28"},
]
LINES = [
    {
        "line_id": "l1",
        "order_id": "o1",
        "product_id": "a",
        "title": "A",
        "amount": "30",
        "paid_date": "2025-01-05",
        "quantity": 1,
    },
    {
        "line_id": "l2",
        "order_id": "o1",
        "product_id": "b",
        "title": "B",
        "amount": "70",
        "paid_date": "2025-01-05",
        "quantity": 1,
    },
    {
        "line_id": "l3",
        "order_id": "o5",
        "product_id": "a",
        "title": "A",
        "amount": "30",
        "paid_date": "2025-01-31",
        "quantity": 1,
    },
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    tables = {"orders": ORDERS, "live_sessions": SESSIONS, "order_lines": LINES}
    tables["promotions"] = [{"promotion_id": "p1", "name": "新年券", "starts_on": "2025-01-01"}]
    return make_shop(tmp_path_factory.mktemp("small"), tables)


def test_cells_by_hand_and_unfinished_months_are_empty(small: Shop) -> None:
    rows = cohort_rows(Reader(small), MONTHS, END)
    cells = [[None if cell is None else (cell.buyers, cell.money) for cell in row.cells] for row in rows]
    assert cells == [
        [(2, D(150)), (1, D(50)), (1, D(20))],  # ann and bob; bob twice in March is one buyer
        [(1, D(200)), (0, D(0)), None],  # cat; March saw nobody, April is not over
        [(0, D(0)), None, None],
    ]
    assert rows[0].retention(1) == D("0.5") and rows[0].money_kept(1) == D(50) / D(150)
    assert rows[1].retention(1) == 0 and rows[1].retention(2) is None
    assert rows[2].retention(0) is None


def test_a_month_counts_once_it_is_over(small: Shop) -> None:
    whole = cohort_rows(Reader(small), MONTHS, date(2025, 4, 30))
    assert whole[1].cells[2] is not None and whole[1].cells[2].buyers == 0
    assert whole[2].cells[1] is not None


def test_newcomers_by_hand(small: Shop) -> None:
    window, reader = Window(start=date(2025, 1, 1), end=date(2025, 3, 31)), Reader(small)
    got = {
        by: [(g.label, g.buyers) for g in newcomers_by(reader, window, END, by)]
        for by in ("channel", "live", "product", "promotion")
    }
    assert got["channel"] == [("live", 2), ("shelf", 1)]  # ann's first order that day was the livestream one
    assert sorted(got["live"]) == [("", 1), ("新品课", 1), ("福袋专场", 1)]
    assert sorted(got["product"]) == [("", 1), ("A", 1), ("B", 1)]  # the dearest line names the order
    assert sorted(got["promotion"]) == [("", 2), ("新年券", 1)]
    with pytest.raises(DataMissing, match="carry no source"):
        newcomers_by(reader, window, END, "source")


def test_without_buyer_ids_nothing_is_said(tmp_path: Path) -> None:
    shop = make_shop(
        tmp_path, {"orders": [{"order_id": "1", "paid_date": "2025-01-02", "gross_amount": 5, "refund_amount": 0}]}
    )
    with pytest.raises(DataMissing, match="no usable buyer id"):
        cohort_rows(Reader(shop), MONTHS, END)


# --- the curve against another implementation


def _random(seed: int) -> tuple[np.ndarray, np.ndarray, dict[int, int], dict[int, int]]:
    rng = np.random.default_rng(seed)
    times, follow = rng.integers(1, 300, 500), rng.integers(20, 200, 500)
    seen, happened = np.minimum(times, follow), times <= follow
    events = {int(t): int(((seen == t) & happened).sum()) for t in set(seen[happened])}
    censored = {int(t): int(((seen == t) & ~happened).sum()) for t in set(seen[~happened])}
    return seen, happened, events, censored


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("day", [30, 90, 150])
def test_greenwood_equals_scipy(seed: int, day: int) -> None:
    seen, happened, events, censored = _random(seed)
    curve = stats.ecdf(stats.CensoredData(uncensored=seen[happened], right=seen[~happened]))
    span = curve.cdf.confidence_interval(0.95, method="log-log")
    got = greenwood(events, censored, day)
    assert float(got.low) == pytest.approx(float(span.low.evaluate(day)), abs=1e-6)
    assert float(got.high) == pytest.approx(float(span.high.evaluate(day)), abs=1e-6)


# --- UCI against pandas

Uci = tuple[Shop, pd.DataFrame]
LAST = date(2010, 12, 9)


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uci]:
    orders, lines, refunds = uci_frames()
    shop = make_shop(
        tmp_path_factory.mktemp("uci"), {"orders": orders, "order_lines": lines, "refunds": refunds}, currency="GBP"
    )
    known = orders[orders["buyer_key"].notna()].copy()
    known["day"] = pd.to_datetime(known["paid_date"])
    known["first"] = known.groupby("buyer_key")["day"].transform("min")
    yield shop, known


def test_uci_cohorts_equal_pandas(uci: Uci) -> None:
    shop, known = uci
    months = [month_of(date(2010, m, 1)) for m in range(1, 12)]
    rows = cohort_rows(Reader(shop), months, LAST)
    cohort, at = known["first"].dt.to_period("M"), known["day"].dt.to_period("M")
    k = at.dt.year * 12 + at.dt.month - cohort.dt.year * 12 - cohort.dt.month
    buyers = known.groupby([cohort, k])["buyer_key"].nunique()
    money = known.groupby([cohort, k])["gross_amount"].sum()
    checked = 0
    for row in rows:
        period = pd.Period(str(row.month.start)[:7])
        for later, cell in enumerate(row.cells):
            if (period + later).end_time.date() > LAST:
                assert cell is None
                continue
            assert cell is not None
            assert cell.buyers == buyers.get((period, later), 0)
            assert float(cell.money) == pytest.approx(money.get((period, later), 0.0), abs=0.005)
            checked += 1
    assert checked == 66


def _second(known: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    """Per buyer first seen in the window: first, gap to the second day (NaN), days in view."""
    days = known[["buyer_key", "day", "first"]].drop_duplicates()
    days = days[(days["first"] >= pd.Timestamp(start)) & (days["first"] <= pd.Timestamp(end))]
    second = days[days["day"] > days["first"]].groupby("buyer_key")["day"].min()
    people = days.drop_duplicates("buyer_key").set_index("buyer_key")[["first"]].assign(second=second)
    people["gap"] = (people["second"] - people["first"]).dt.days
    people["view"] = (pd.Timestamp(LAST) - people["first"]).dt.days
    return people


def _curve(people: pd.DataFrame) -> stats._survival.ECDFResult:
    back = people["gap"].notna()
    data = stats.CensoredData(uncensored=people.loc[back, "gap"], right=people.loc[~back, "view"])
    return stats.ecdf(data)


def test_uci_curve_equals_scipy(uci: Uci) -> None:
    shop, known = uci
    window = Window(start=date(2010, 3, 1), end=LAST)
    got = repurchase_curve(Reader(shop), window, LAST, (30, 60, 90, 180))
    people = _second(known, window.start, window.end)
    want = _curve(people).cdf
    assert got.buyers == len(people)
    assert [point.days for point in got.points] == [30, 60, 90, 180]
    for point in got.points:
        assert float(point.share) == pytest.approx(float(want.evaluate(point.days)), abs=1e-10)
    half = float(want.evaluate(180)) / 2
    assert got.median == min(day for day in range(1, 181) if float(want.evaluate(day)) >= half - 1e-12)
    assert got.half == min((day for day in range(1, 181) if float(want.evaluate(day)) >= 0.5), default=None)


def test_uci_newcomers_equal_pandas_and_the_whole_equals_the_metric(uci: Uci) -> None:
    shop, known = uci
    window = Window(start=date(2010, 4, 1), end=date(2010, 9, 30))
    people = _second(known, window.start, window.end)
    first = known.sort_values(["day", "order_id"]).drop_duplicates("buyer_key").set_index("buyer_key")["province"]
    people["country"] = first
    got = newcomers_by(Reader(shop), window, LAST, "province")
    assert {g.key: g.buyers for g in got} == people.groupby("country").size().to_dict()
    assert sum(g.share for g in got) == pytest.approx(1)
    assert got[0].key == "United Kingdom"
    mine = people[people["country"] == "United Kingdom"]
    assert float(got[0].rate or 0) == pytest.approx(float(_curve(mine).cdf.evaluate(90)), abs=1e-10)
    whole = measure(shop, "repurchase_90d", window)
    assert whole.value is not None and whole.n == len(people)
    assert float(whole.value) == pytest.approx(float(_curve(people).cdf.evaluate(90)), abs=1e-10)


def test_uci_tool_says_that_history_is_short(uci: Uci) -> None:
    shop, known = uci
    ctx = ToolContext(shop=shop, today=date(2010, 12, 10), lang="en")
    result = customer_cohorts.call(ctx, {"months": 3, "by": "province"})
    assert any("need not be the true first" in note.en and "only 274 days" in note.en for note in result.notes)
    assert all(fact.data["topic"] == "customers" for fact in result.facts)
    assert all(q.window is not None for fact in result.facts for q in fact.quantities)
    ids = [fact.id for fact in result.facts]
    assert len(set(ids)) == len(ids)
    pooled = next(fact for fact in result.facts if fact.data["part"] == "cohort")
    months = [date(2010, 9, 1), date(2010, 10, 1)]
    at = known["day"].dt.to_period("M")
    size = back = 0
    for month in months:
        mine = known[known["first"].dt.to_period("M") == pd.Period(str(month)[:7])]
        size += mine["buyer_key"].nunique()
        back += mine[at[mine.index] == pd.Period(str(month)[:7]) + 1]["buyer_key"].nunique()
    assert pooled.value == D(back) / size
    assert pooled.quantity(Role.SAMPLE).value == size  # type: ignore[union-attr]
    table = result.tables[0]
    assert [row[1] for row in table.rows][-1].replace(",", "").isdigit()
    assert table.rows[-1][2] == ""  # December is not over


def test_a_month_that_has_not_ended_gives_no_cohort(tmp_path: Path) -> None:
    days = [date(2025, 3, 5) + timedelta(days=k) for k in range(20)]
    rows = [_order(k, f"b{k}", str(day), "10") for k, day in enumerate(days)]
    shop = make_shop(tmp_path, {"orders": rows})
    with pytest.raises(DataMissing, match="no whole calendar month"):
        customer_cohorts.call(ToolContext(shop=shop, today=date(2025, 3, 26)), {})
