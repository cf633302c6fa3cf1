"""Scoped reading and atomic writing: one merchant per handle, old handles keep their data, broken files are named."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import duckdb
import pytest

from tools.errors import BackendDown, BadArguments, DataMissing, NotFound, NotPermitted
from tools.warehouse.access import Warehouse
from tools.warehouse.schema import tables
from tools.warehouse.writer import MerchantProfile, merchant_file, write_merchant


def _shop(folder: Path, merchant: str, visitors: int, day: str = "2024-01-01") -> None:
    with write_merchant(folder, MerchantProfile(merchant, merchant.upper())) as connection:
        connection.execute(
            "INSERT INTO shop_daily (merchant_id, day, visitors) VALUES (?, ?, ?)", [merchant, day, visitors]
        )


def _visitors(warehouse: Warehouse, merchant: str) -> int:
    shop = warehouse.for_merchant(merchant)
    return int(shop.table("shop_daily").visitors.sum().execute())


def test_a_handle_sees_one_merchant_and_no_tenant_column(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    _shop(tmp_path, "b", 70)
    warehouse = Warehouse(tmp_path)
    assert _visitors(warehouse, "a") == 5
    assert "merchant_id" not in warehouse.for_merchant("a").table("shop_daily").columns


def test_rows_of_another_merchant_in_the_same_file_stay_invisible(tmp_path: Path) -> None:
    with write_merchant(tmp_path, MerchantProfile("a", "A")) as connection:
        connection.execute(
            "INSERT INTO shop_daily (merchant_id, day, visitors) VALUES ('a', '2024-01-01', 5), ('b', '2024-01-01', 70)"
        )
    assert _visitors(Warehouse(tmp_path), "a") == 5


def test_an_old_handle_keeps_its_data_after_an_import(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    warehouse = Warehouse(tmp_path)
    old = warehouse.for_merchant("a")
    _shop(tmp_path, "a", 6, "2024-01-02")
    assert int(old.table("shop_daily").visitors.sum().execute()) == 5
    assert _visitors(warehouse, "a") == 11
    assert old.generation != warehouse.for_merchant("a").generation


def test_a_failed_write_leaves_the_file_byte_identical(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    before = merchant_file(tmp_path, "a").read_bytes()
    with pytest.raises(RuntimeError, match="boom"), write_merchant(tmp_path, MerchantProfile("a", "A")) as connection:
        connection.execute("DELETE FROM shop_daily")
        raise RuntimeError("boom")
    assert merchant_file(tmp_path, "a").read_bytes() == before
    assert not list(tmp_path.glob(".a.*.part*"))


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    warehouse = Warehouse(tmp_path)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: _visitors(warehouse, "a"), range(64))) == {5}


def test_missing_refused_and_unknown_are_three_answers(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    warehouse = Warehouse(tmp_path)
    with pytest.raises(DataMissing, match="orders"):
        warehouse.for_merchant("a").table("orders")
    with pytest.raises(NotPermitted, match="not mean zero"):
        warehouse.for_merchant("a", hidden=frozenset({"fees"})).table("fees")
    with pytest.raises(NotFound):
        warehouse.for_merchant("b")
    with pytest.raises(NotFound):
        warehouse.for_merchant("../a")
    with pytest.raises(BadArguments, match="shop_daily"):
        warehouse.for_merchant("a").table("shop_dailly")


def test_a_broken_file_is_left_out_and_named(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    (tmp_path / "junk.duckdb").write_bytes(b"not a database")
    warehouse = Warehouse(tmp_path)
    assert [profile.merchant_id for profile in warehouse.merchants()] == ["a"]
    assert [path.name for path in warehouse.unreadable()] == ["junk.duckdb"]
    with pytest.raises(BackendDown, match=r"junk\.duckdb"):
        warehouse.for_merchant("junk")


def test_a_file_of_an_older_version_still_opens_and_upgrades_on_write(tmp_path: Path) -> None:
    _shop(tmp_path, "a", 5)
    with duckdb.connect(merchant_file(tmp_path, "a")) as connection:
        connection.execute("DROP TABLE reviews")
        connection.execute("ALTER TABLE shop_daily DROP COLUMN favourites")
    warehouse = Warehouse(tmp_path)
    shop = warehouse.for_merchant("a")
    assert not shop.has("reviews")
    frame = shop.table("shop_daily").select("visitors", "favourites").execute()
    assert frame.visitors.tolist() == [5]
    assert frame.favourites.isna().all()
    _shop(tmp_path, "a", 6, "2024-01-02")
    assert set(warehouse.for_merchant("a").table("shop_daily").columns) >= {
        c.name for c in tables()["shop_daily"].columns
    }


@pytest.mark.parametrize("name", ["", "A", "a/b", "..", "a b", "x" * 64, "é"])
def test_merchant_ids_are_safe_file_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArguments):
        merchant_file(tmp_path, name)
