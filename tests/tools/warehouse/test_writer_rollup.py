"""The rows made from the orders at every write are the orders' own, whatever the write was, and are passed over when they may not be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.warehouse.access import Warehouse
from tools.warehouse.writer import MerchantProfile, merchant_file, write_merchant

DAY = date(2026, 1, 1)
Order = tuple[str | None, int | None, str | None, bool | None, str]  # buyer, day, gross, service, merchant

ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c" * 32, "", None]),
        st.one_of(st.none(), st.integers(0, 5)),
        st.sampled_from(["12.34", "0.01", "0", "-3", None, "99999999.99"]),
        st.sampled_from([True, False, None]),
        st.sampled_from(["m", "m", "m", "other"]),
    ),
    max_size=25,
)


def write(folder: Path, orders: Sequence[Order], *before: str) -> None:
    """Add orders in one write, after other statements of the same write."""
    with write_merchant(folder, MerchantProfile("m", "M")) as connection:
        for statement in before:
            connection.execute(statement)
        for buyer, day, gross, service, merchant in orders:
            paid = None if day is None else DAY + timedelta(days=day)
            connection.execute(
                "INSERT INTO orders (merchant_id, buyer_key, paid_date, gross_amount, is_service) VALUES (?, ?, ?, ?, ?)",
                [merchant, buyer, paid, gross, service],
            )


def counted(orders: Sequence[Order]) -> list[tuple[Any, ...]]:
    """(day, orders, goods, gross) by buyer and day of merchant m, in plain Python, without the buyer."""
    cells: dict[tuple[str, int], tuple[int, bool, Decimal]] = {}
    for buyer, day, gross, service, merchant in orders:
        if merchant == "m" and buyer and day is not None and gross is not None and Decimal(gross) > 0:
            n, goods, money = cells.get((buyer, day), (0, False, Decimal(0)))
            cells[buyer, day] = n + 1, goods or not service, money + Decimal(gross)
    return sorted((DAY + timedelta(days=day), *cell) for (_, day), cell in cells.items())


def made(folder: Path) -> list[dict[str, Any]] | None:
    found = Warehouse(folder).for_merchant("m").buyer_days()
    return None if found is None else found.to_pyarrow().to_pylist()


def bare(rows: list[dict[str, Any]] | None) -> list[tuple[Any, ...]]:
    assert rows is not None
    return sorted((row["paid_date"], row["orders"], row["goods"], row["gross"]) for row in rows)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ORDERS, second=ORDERS, gone=st.integers(0, 5))
def test_they_equal_the_orders_after_an_import_a_second_one_and_a_deletion(
    tmp_path_factory: pytest.TempPathFactory, first: list[Order], second: list[Order], gone: int
) -> None:
    folder = tmp_path_factory.mktemp("rollup")
    write(folder, first)
    assert bare(made(folder)) == counted(first)
    write(folder, second)
    assert bare(made(folder)) == counted([*first, *second])
    day = DAY + timedelta(days=gone)
    write(folder, [], f"DELETE FROM orders WHERE paid_date = '{day}'")
    assert bare(made(folder)) == counted([order for order in (*first, *second) if order[1] != gone])


def test_a_buyer_keeps_one_number_over_days_sorted_by_it(tmp_path: Path) -> None:
    write(tmp_path, [(buyer, day, "1", False, "m") for day in (3, 1, 2) for buyer in "cab"])
    rows = made(tmp_path)
    assert rows is not None
    seen = [(row["buyer_no"], row["paid_date"]) for row in rows]
    assert seen == [(number, DAY + timedelta(days=day)) for number in range(3) for day in (1, 2, 3)]


def test_a_changed_amount_kind_or_day_of_an_order_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, [("a", 0, "10", False, "m")])
    write(tmp_path, [], "UPDATE orders SET gross_amount = 11")
    assert bare(made(tmp_path)) == [(DAY, 1, True, Decimal("11.00"))]
    write(tmp_path, [], "UPDATE orders SET is_service = true")
    assert bare(made(tmp_path)) == [(DAY, 1, False, Decimal("11.00"))]
    write(tmp_path, [], "UPDATE orders SET paid_date = paid_date + 1")
    assert bare(made(tmp_path)) == [(DAY + timedelta(days=1), 1, False, Decimal("11.00"))]


def test_orders_that_change_hands_are_noticed(tmp_path: Path) -> None:
    """Same day, same money, but one buyer where there were two: an import that repairs buyer ids."""
    write(tmp_path, [("a", 0, "10", False, "m"), ("b", 0, "10", False, "m")])
    write(tmp_path, [], "UPDATE orders SET buyer_key = 'a'")
    assert bare(made(tmp_path)) == [(DAY, 2, True, Decimal("20.00"))]


def test_unchanged_orders_are_not_grouped_again(tmp_path: Path) -> None:
    write(tmp_path, [("a", 0, "10", False, "m")])
    # a mark that only a new grouping could remove
    write(tmp_path, [], "UPDATE buyer_days SET orders = 7")
    assert bare(made(tmp_path)) == [(DAY, 7, True, Decimal("10.00"))]


UNKNOWN = {
    "written by a version that does not know them": (
        ("UPDATE merchants SET generation = 'later'", "UPDATE orders SET gross_amount = 99"),
        Decimal("99.00"),
    ),
    "from before them": (("DROP TABLE buyer_days", "DROP TABLE rollups"), Decimal("10.00")),
}


@pytest.mark.parametrize(("statements", "gross"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_file_that_does_not_know_them_is_read_without_and_gets_them_with_its_next_write(
    tmp_path: Path, statements: tuple[str, ...], gross: Decimal
) -> None:
    write(tmp_path, [("a", 0, "10", False, "m")])
    with duckdb.connect(merchant_file(tmp_path, "m")) as connection:
        for statement in statements:
            connection.execute(statement)
    assert made(tmp_path) is None
    write(tmp_path, [])
    assert bare(made(tmp_path)) == [(DAY, 1, True, gross)]


def test_amounts_that_outgrow_money_leave_the_orders_as_the_only_source(tmp_path: Path) -> None:
    most = "9999999999999999.99"
    write(tmp_path, [("a", 0, most, False, "m"), ("a", 0, most, False, "m")])
    assert made(tmp_path) is None
    write(tmp_path, [])  # nor do they come back with a write that changes no order
    assert made(tmp_path) is None


def test_who_may_not_see_orders_does_not_see_them_by_buyer(tmp_path: Path) -> None:
    write(tmp_path, [("a", 0, "10", False, "m")])
    assert Warehouse(tmp_path).for_merchant("m", hidden=frozenset({"orders"})).buyer_days() is None


def test_a_failed_write_leaves_them_as_they_were(tmp_path: Path) -> None:
    write(tmp_path, [("a", 0, "10", False, "m")])
    with pytest.raises(duckdb.Error):
        write(tmp_path, [("b", 1, "5", False, "m")], "INSERT INTO no_such_table VALUES (1)")
    assert bare(made(tmp_path)) == [(DAY, 1, True, Decimal("10.00"))]
