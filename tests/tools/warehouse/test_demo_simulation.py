"""The simulated shop is the same every time, and every report says what the orders say (checked with pandas)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.special import hyp2f1

from tools.warehouse.demo import Simulation, demo_spec, random_shop, simulate
from tools.warehouse.demo.run import live_through
from tools.warehouse.demo.streams import Randomness, mix
from tools.warehouse.schema import tables

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def snacks() -> Simulation:
    return simulate(demo_spec("demo-snacks"))


@pytest.fixture(scope="module")
def frames(snacks: Simulation) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in snacks.tables.items()}


@pytest.fixture(scope="module")
def skincare() -> Simulation:
    return simulate(demo_spec("demo-skincare"), months=12)


def content_hash(simulation: Simulation) -> str:
    digest = hashlib.sha256()
    for name, table in sorted(simulation.tables.items()):
        digest.update(name.encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()


def by_day(frame: pd.DataFrame, column: str, value: str | None = None) -> pd.Series:
    grouped = frame.groupby(column)
    return grouped.size() if value is None else grouped[value].sum()


def same_by_day(report: pd.DataFrame, column: str, expected: pd.Series) -> None:
    got = report.set_index("day")[column]
    wanted = expected.reindex(got.index, fill_value=0)
    assert (got == wanted).all(), (got[got != wanted].head(), wanted[got != wanted].head())


def test_same_seed_same_bytes_also_in_another_process() -> None:
    spec = random_shop(11, months=3)
    here = content_hash(simulate(spec))
    code = (
        "import sys; sys.path[:0] = ['.', 'tests/tools/warehouse'];"
        "from test_demo_simulation import content_hash; from tools.warehouse.demo import random_shop, simulate;"
        "print(content_hash(simulate(random_shop(11, months=3))))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "77"}
    there = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here
    assert content_hash(simulate(spec, seed=12)) != here


def test_tables_fit_the_canonical_schema(snacks: Simulation, skincare: Simulation) -> None:
    arrow = {"text": pa.string(), "int": pa.int64(), "money": pa.decimal128(18, 2), "rate": pa.decimal128(18, 6),
             "date": pa.date32(), "time": pa.timestamp("us"), "bool": pa.bool_()}  # fmt: skip
    for simulation in (snacks, skincare):
        for name, table in simulation.tables.items():
            spec = tables()[name]
            for column in table.column_names:
                assert table.schema.field(column).type == arrow[spec.column(column).type], (name, column)
            keys = table.select(list(spec.keys)).to_pandas()
            assert not keys.isna().any(axis=None), name
            assert not keys.duplicated().any(), name
        assert simulation.profile.simulated
        assert simulation.profile.name.endswith("（模拟）")


def test_sizes_are_those_of_a_mid_size_and_a_small_shop(snacks: Simulation) -> None:
    paid = pd.Series(snacks.tables["orders"]["paid_date"].to_pandas()).notna().sum()
    assert 20_000 <= paid <= 30_000
    assert "market_daily" not in snacks.tables
    full = live_through(demo_spec("demo-skincare"), 20241101, demo_spec("demo-skincare").causes)
    assert 60_000 <= full.paid.size <= 90_000


def test_shop_report_equals_the_orders(frames: dict[str, pd.DataFrame]) -> None:
    paid = frames["orders"].dropna(subset=["paid_date"])
    report = frames["shop_daily"]
    same_by_day(report, "orders", by_day(paid, "paid_date"))
    same_by_day(report, "paid_amount", by_day(paid, "paid_date", "gross_amount"))
    same_by_day(report, "buyers", paid.groupby("paid_date").buyer_key.nunique())
    same_by_day(report, "refund_amount", by_day(frames["refunds"], "refunded_date", "amount"))
    assert (report.new_buyers + report.returning_buyers == report.buyers).all()
    assert (report.visitors >= report.buyers).all()
    assert frames["orders"].loc[frames["orders"].paid_date.isna(), "gross_amount"].eq(Decimal(0)).all()


def test_new_buyers_are_those_without_a_payment_in_365_days(frames: dict[str, pd.DataFrame]) -> None:
    paid = frames["orders"].dropna(subset=["paid_date"]).copy()
    paid["day"] = pd.to_datetime(paid.paid_date)
    days = paid[["buyer_key", "day"]].drop_duplicates().sort_values(["buyer_key", "day"])
    days["gap"] = days.groupby("buyer_key").day.diff().dt.days
    late = days[days.day >= days.day.min() + pd.Timedelta(days=366)]
    expected = late[~(late.gap <= 365)].groupby(late.day.dt.date).size()
    got = frames["shop_daily"].set_index("day").new_buyers.loc[lambda s: s.index >= late.day.min().date()]
    assert len(got) > 300
    assert (got == expected.reindex(got.index, fill_value=0)).all()


def test_lines_and_refunds_add_up_to_the_orders(frames: dict[str, pd.DataFrame]) -> None:
    orders = frames["orders"].set_index("order_id")
    paid = orders[orders.paid_date.notna()]
    lines = frames["order_lines"].groupby("order_id")[["amount", "refund_amount"]].sum()
    assert (lines.amount.loc[paid.index] + paid.shipping_amount == paid.gross_amount).all()
    assert (lines.refund_amount.loc[orders.index] == orders.refund_amount).all()
    events = frames["refunds"].groupby("order_id").amount.sum()
    assert (events.reindex(orders.index, fill_value=Decimal(0)) == orders.refund_amount).all()
    assert (orders.refund_amount <= orders.gross_amount).all()


def test_refunds_come_later_and_often_in_another_month(frames: dict[str, pd.DataFrame]) -> None:
    refunds = frames["refunds"].merge(frames["orders"][["order_id", "paid_at"]], on="order_id")
    assert (refunds.refunded_at > refunds.paid_at).all()
    other = refunds.refunded_at.dt.to_period("M") != refunds.paid_at.dt.to_period("M")
    assert 0.05 < other.mean() < 0.5


def test_product_report_equals_the_lines(frames: dict[str, pd.DataFrame]) -> None:
    lines = frames["order_lines"].dropna(subset=["paid_date"])
    lines = lines[~lines.is_service]
    expected = lines.groupby(["paid_date", "product_id"])[["amount", "quantity"]].sum()
    report = frames["product_daily"].set_index(["day", "product_id"])
    assert (report.paid_amount == expected.amount.reindex(report.index, fill_value=Decimal(0))).all()
    assert (report["items"] == expected.quantity.reindex(report.index, fill_value=0)).all()
    assert (report.visitors >= report.buyers).all()
    assert report.refund_amount.sum() == frames["refunds"].amount.sum()


def test_sources_overlap_a_little_and_never_fall_short(frames: dict[str, pd.DataFrame]) -> None:
    traffic = frames["traffic_daily"]
    shop = frames["shop_daily"].set_index("day")
    assert (traffic.visitors >= traffic.buyers).all()
    summed = traffic.groupby("day")[["visitors", "orders", "paid_amount"]].sum()
    assert 1.02 < (summed.visitors.sum() / shop.visitors.sum()) < 1.09
    assert (summed.orders >= shop.orders).all()
    assert 1.01 < float(summed.paid_amount.sum() / shop.paid_amount.sum()) < 1.08


def test_live_tables_agree_with_each_other(frames: dict[str, pd.DataFrame], skincare: Simulation) -> None:
    sessions = frames["live_sessions"].set_index("session_id")
    paid = frames["orders"].dropna(subset=["paid_date", "session_id"])
    assert (
        sessions.paid_amount
        == paid.groupby("session_id").gross_amount.sum().reindex(sessions.index, fill_value=Decimal(0))
    ).all()
    assert (
        sessions.buyers == paid.groupby("session_id").buyer_key.nunique().reindex(sessions.index, fill_value=0)
    ).all()
    assert (sessions.item_clickers >= sessions.buyers).all()
    assert (sessions.viewers >= sessions.item_clickers).all()
    shifts = skincare.tables["live_shifts"].to_pandas()
    orders = skincare.tables["orders"].to_pandas()[["order_id", "created_at"]]
    sold = skincare.tables["live_orders"].to_pandas().merge(orders, on="order_id")
    on_air = sold.merge(shifts, on=["session_id", "host"])
    inside = (on_air.created_at >= on_air.starts_at) & (on_air.created_at <= on_air.ends_at)
    assert len(on_air) == len(sold) > 1000
    assert inside.all()


def test_presale_counts_on_the_day_of_the_balance(skincare: Simulation) -> None:
    orders = skincare.tables["orders"].to_pandas()
    deposits = orders[orders.is_presale]
    paid = deposits.dropna(subset=["paid_date"])
    assert len(paid) > 100
    assert set(pd.to_datetime(paid.paid_date).dt.strftime("%m-%d")) <= {"05-18", "05-19"}
    pending = deposits[deposits.paid_date.isna() & (pd.to_datetime(deposits.created_date) >= "2026-10-24")]
    assert len(pending) > 50
    assert (pending.gross_amount == Decimal(0)).all()
    assert (pending.status == "created").all()


def test_stock_runs_out_exactly_when_planted(snacks: Simulation, frames: dict[str, pd.DataFrame]) -> None:
    cause = next(item for item in snacks.spec.causes if item.type == "stock_out")
    product = next(item for item in snacks.spec.products if item.sku == cause.product)
    stock = frames["stock_daily"].query("product_id == @product.id").set_index("day").on_hand
    assert (stock.loc[cause.start : cause.end] == 0).all()
    assert (frames["stock_daily"].on_hand >= 0).all()
    empty = frames["stock_daily"].query("on_hand == 0 and product_id != @product.id")
    assert empty.empty
    lines = frames["order_lines"].merge(frames["orders"][["order_id", "created_date"]], on="order_id")
    bought = lines[
        (lines.product_id == product.id) & (lines.created_date >= cause.start) & (lines.created_date <= cause.end)
    ]
    assert bought.empty


def test_repurchase_follows_bg_nbd() -> None:
    """Against the closed forms of Fader, Hardie & Lee (2005): P(X(t) = 0) and, eq. 10, E[X(t)]."""
    base = demo_spec("demo-snacks")
    spec = base.model_copy(
        update={
            "calendar": False,
            "causes": (),
            "streams": tuple(item.model_copy(update={"loyalty": 1.0}) for item in base.streams),
        }
    )
    run = live_through(spec, 5, [])
    people, habit = run.people, spec.customers
    fresh = np.flatnonzero(people.first_day >= 0)
    t = spec.days - (people.first_day + people.first_moment)[fresh]
    times = np.bincount(run.purchases.trips.person[run.purchases.trips.bought], minlength=people.size)[fresh]
    r, alpha, a, b = habit.r, habit.alpha_days, habit.a, habit.b
    none = (alpha / (alpha + t)) ** r
    expected = (a + b - 1) / (a - 1) * (1 - none * hyp2f1(r, b, a + b - 1, t / (alpha + t)))
    assert fresh.size > 5000
    assert np.mean(times == 0) == pytest.approx(none.mean(), abs=4 * np.sqrt(none.mean() * 0.25 / fresh.size))
    assert times.mean() == pytest.approx(expected.mean(), abs=4 * times.std() / np.sqrt(fresh.size))


def test_uniforms_belong_to_the_individual() -> None:
    keys = np.arange(50_000, dtype=np.uint64)
    u = Randomness(3).unit("a", keys)
    assert (Randomness(3).unit("a", keys[::-1])[::-1] == u).all()
    assert abs(np.corrcoef(u, Randomness(3).unit("b", keys))[0, 1]) < 0.02
    assert abs(np.corrcoef(u, Randomness(3).unit("a", mix(keys, 1)))[0, 1]) < 0.02
    assert np.histogram(u, 20, (0, 1))[0].min() > 2200
    assert 0 < u.min() < u.max() < 1
