"""Host rows from a shop's tables: who gets which order, how viewers are spread, and what is left out and said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal as D
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.tools.livestream.host_rooms import FIRST, Tables, shop_tables
from tests.tools.playbooks.shopkit import make_shop
from tools.errors import DataMissing, NotPermitted
from tools.facts import Window
from tools.livestream.hosts_rows import HostRows, host_rows
from tools.metrics.reader import Reader
from tools.warehouse.access import Warehouse

SPAN = Window(start=FIRST, end=FIRST + timedelta(days=89))
DAY, AT = FIRST, datetime.combine(FIRST, time(19, 0))
Read = Callable[[Tables], HostRows]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Rows of a fresh shop with these tables."""
    number = count()

    def made(tables: Tables) -> HostRows:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        return host_rows(Reader(make_shop(folder, tables)), SPAN, "tmall")

    return made


def stream(**more: Any) -> dict[str, Any]:
    return {"session_id": "L", "host": "甲", "day": DAY, "started_at": AT, "minutes": 240, "viewers": 2400, "orders": 4, "paid_amount": D(400), "ad_spend": D(240)} | more  # fmt: skip


def shift(host: str, start: int, end: int | None) -> dict[str, Any]:
    return {"session_id": "L", "host": host, "starts_at": AT + timedelta(minutes=start), "ends_at": None if end is None else AT + timedelta(minutes=end), "day": DAY}  # fmt: skip


def line(name: str, minute: int, amount: int, host: str | None = None, order: str | None = None) -> dict[str, Any]:
    return {"line_id": name, "order_id": order or name, "session_id": "L", "host": host, "paid_at": AT + timedelta(minutes=minute), "paid_date": DAY, "amount": D(amount), "product_id": "p"}  # fmt: skip


def test_orders_follow_the_named_host_then_the_clock_and_lines_of_one_order_count_once(read: Read) -> None:
    orders = [
        line("1", 10, 100), line("2", 70, 50, order="2"), line("3", 70, 30, order="2"),  # 甲 by the clock; one order of two lines
        line("4", 190, 40, host="甲"),  # paid after the change, sold before it
        line("5", 200, 60), line("6", 250, 70),  # 乙; paid after the stream still counts for who closed it
        line("7", -5, 90),  # paid before anybody was on air
    ]  # fmt: skip
    found = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, 180), shift("乙", 180, 240)], "live_orders": orders})  # fmt: skip
    first, second = found.rows
    assert (first.host, first.orders, first.amount, first.viewers) == ("甲", 3, D(220), 1800)
    assert (second.host, second.orders, second.amount, second.viewers) == ("乙", 2, D(130), 600)
    assert first.first and not second.first and first.slot == second.slot == "evening"
    assert found.lone == 1 and first.ads == pytest.approx(0.1)
    values = [100, 80, 40, 60, 70]
    assert found.dispersion == pytest.approx(sum(v * v for v in values) / sum(values))


def test_an_open_end_lasts_until_the_next_shift_and_an_impossible_one_is_said(read: Read) -> None:
    open_end = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, None), shift("乙", 90, None)], "live_orders": [line("1", 10, 100)]})  # fmt: skip
    assert [r.minutes for r in open_end.rows] == [90, 150]
    wrong = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, -30), shift("乙", 90, 240)], "live_orders": [line("1", 10, 100)]})  # fmt: skip
    assert not wrong.rows and "1 段" in wrong.notes[0].zh and "impossible" in wrong.notes[0].en


def test_overlapping_shifts_are_said(read: Read) -> None:
    found = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, 240), shift("乙", 100, 240)], "live_orders": [line("1", 10, 100), line("2", 150, 80, host="甲")]})  # fmt: skip
    assert [r.amount for r in found.rows] == [D(180), D(0)]
    assert any("重叠" in n.zh and "overlap" in n.en for n in found.notes)


def test_without_shifts_a_session_counts_for_the_host_it_names(read: Read) -> None:
    sessions = [stream(), stream(session_id="M", host=None), stream(session_id="N", minutes=1600), stream(session_id="O", viewers=None)]  # fmt: skip
    found = read({"live_sessions": sessions})
    assert found.grain == "session" and [(r.host, r.orders, r.amount) for r in found.rows] == [("甲", 4, D(400))]
    assert any("1 场没写主播" in n.zh for n in found.notes) and any(n.zh.startswith("有 2 场缺") for n in found.notes)
    assert any("排班" in n.zh and "roster" not in n.zh for n in found.notes)


def test_a_roster_without_order_lines_cannot_split_a_session(read: Read) -> None:
    found = read({"live_sessions": [stream()], "live_shifts": [shift("甲", 0, 120), shift("乙", 120, 240)]})
    assert not found.rows and any("订单明细" in n.zh for n in found.notes)


def test_money_and_orders_of_a_simulated_shop_add_up(read: Read) -> None:
    tables = shop_tables({"甲": 1.0, "乙": 0.8, "丙": 1.2})
    found = read(tables)
    assert sum(r.amount for r in found.rows) == sum(o["amount"] for o in tables["live_orders"])
    assert sum(r.orders for r in found.rows) == len(tables["live_orders"]) and found.lone == 0
    viewers = sum(r.viewers for r in found.rows)
    assert viewers == pytest.approx(sum(s["viewers"] for s in tables["live_sessions"]))


def test_no_sessions_and_a_hidden_table_are_different_answers(tmp_path: Path) -> None:
    tables = shop_tables({"甲": 1.0, "乙": 0.8}, days=2)
    make_shop(tmp_path, tables)
    hidden = Warehouse(tmp_path).for_merchant("t1", hidden=frozenset({"live_orders"}))
    with pytest.raises(NotPermitted):
        host_rows(Reader(hidden), SPAN, "tmall")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataMissing):
        host_rows(Reader(make_shop(tmp_path / "none", {})), SPAN, "tmall")


def test_names_typed_differently_are_one_host_and_strangers_go_by_the_clock(read: Read) -> None:
    tables = {
        "live_sessions": [stream()],
        "live_shifts": [shift("Ａmy ", 0, 120), shift("乙", 120, 240)],
        "live_orders": [line("1", 130, 100, host=" Amy"), line("2", 10, 50, host="某代播公司")],
    }
    found = read(tables)
    assert [(r.host, r.amount) for r in found.rows] == [("Amy", D(150)), ("乙", D(0))]
    assert any(n.zh.startswith("有 1 个订单写的主播不在") for n in found.notes)
