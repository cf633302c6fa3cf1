"""Demo shops in a warehouse folder, and the messy files a merchant would have downloaded from them."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tools.errors import BadArguments
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import create_demo, demo_spec, random_shop, simulate, write_exports, write_simulation
from tools.warehouse.demo.exports import DETAIL_HEADER, ORDER_HEADER
from tools.warehouse.importer import import_files
from tools.warehouse.writer import MerchantProfile, merchant_file, write_merchant


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("warehouse")
    create_demo(where, only="demo-snacks")
    return where


def test_a_demo_shop_reads_like_any_shop_but_is_marked(folder: Path) -> None:
    shop = Warehouse(folder).for_merchant("demo-snacks")
    assert shop.simulated
    assert shop.name.endswith("（模拟）")
    assert shop.days("orders") == (date(2024, 11, 1), date(2026, 10, 31))
    assert not shop.has("market_daily")
    (entry,) = shop.imports()
    assert entry["rows"] == entry["accepted"] > 60_000
    assert "模拟" in entry["file_name"]
    orders = shop.table("orders")
    paid = orders.filter(orders.paid_date.notnull())
    total = paid.gross_amount.sum().execute()
    assert total == shop.table("shop_daily").paid_amount.sum().execute()
    assert isinstance(total, Decimal)


def test_a_second_call_changes_nothing(folder: Path) -> None:
    before = Warehouse(folder).for_merchant("demo-snacks").generation
    (profile,) = create_demo(folder, only="demo-snacks")
    assert profile == demo_spec("demo-snacks").profile
    assert Warehouse(folder).for_merchant("demo-snacks").generation == before


def test_older_parameters_are_replaced_and_the_users_rows_stay(tmp_path: Path) -> None:
    first, second = (simulate(random_shop(4, months=1), seed=seed) for seed in (1, 2))
    profile = write_simulation(first, tmp_path)
    with write_merchant(tmp_path, profile) as connection:
        connection.execute(
            "INSERT INTO targets VALUES (?, 'gmv', DATE '2026-10-01', DATE '2026-10-31', 1, 'mine')",
            [profile.merchant_id],
        )
    write_simulation(second, tmp_path)
    shop = Warehouse(tmp_path).for_merchant(profile.merchant_id)
    assert shop.rows("orders") == second.tables["orders"].num_rows != first.tables["orders"].num_rows
    assert shop.rows("targets") == 1
    assert len(shop.imports()) == 1


def test_same_content_in_two_folders(tmp_path: Path) -> None:
    simulation = simulate(random_shop(6, months=1))
    digests = []
    for name in ("a", "b"):
        profile = write_simulation(simulation, tmp_path / name)
        with duckdb.connect(str(merchant_file(tmp_path / name, profile.merchant_id)), read_only=True) as connection:
            query = (
                "SELECT sum(hash(o)), count(*) FROM orders o UNION ALL SELECT sum(hash(l)), count(*) FROM order_lines l"
            )
            digests.append(connection.execute(query).fetchall())
    assert digests[0] == digests[1]
    assert digests[0][0][1] > 1000


def test_a_real_shop_is_never_overwritten(tmp_path: Path) -> None:
    with write_merchant(tmp_path, MerchantProfile("demo-snacks", "real shop")):
        pass
    with pytest.raises(BadArguments):
        create_demo(tmp_path, only="demo-snacks")
    assert Warehouse(tmp_path).for_merchant("demo-snacks").name == "real shop"
    with pytest.raises(BadArguments, match="demo-skincare"):
        create_demo(tmp_path, only="demo-skin")


def read(path: Path) -> tuple[list[str], pd.DataFrame]:
    with path.open(encoding="gbk", newline="") as handle:
        rows = list(csv.reader(handle))
    assert all(len(row) == len(rows[0]) for row in rows)
    return rows[0], pd.DataFrame(rows[1:], columns=[name.strip() for name in rows[0]])


def test_exports_say_what_the_tables_say(tmp_path: Path) -> None:
    simulation = simulate(demo_spec("demo-snacks"))
    start, end = date(2026, 8, 1), date(2026, 9, 30)
    order_file, detail_file = write_exports(simulation, tmp_path, start=start, end=end)
    assert (order_file.name, detail_file.name) == (
        "ExportOrderList202610010930.csv",
        "ExportOrderDetailList202610010930.csv",
    )
    header, orders = read(order_file)
    assert header == ORDER_HEADER
    assert [name for name in header if name != name.strip()] == [
        "收货地址 ",
        "联系电话 ",
        "订单付款时间 ",
        "宝贝标题 ",
        "宝贝种类 ",
        "物流单号 ",
    ]
    table = simulation.tables["orders"].to_pandas()
    table = table[(table.created_date >= start) & (table.created_date <= end)].set_index("order_id")
    assert orders["订单编号"].str.fullmatch(r'="\d{19}"').all()
    number = orders["订单编号"].str[2:-1]
    assert set(number) == set(table.index)
    paid = orders[orders["订单付款时间"] != ""]
    total, net, refund = (paid[name].map(Decimal) for name in ("总金额", "买家实际支付金额", "退款金额"))
    assert (net == total - refund).all()  # the reading in which the paid amount is already net
    assert total.sum() == table.gross_amount.sum()
    assert refund.sum() == table.refund_amount.sum() > 0
    nick = orders.set_index(number)["买家会员名"]
    known = table.buyer_key.dropna()
    assert nick.loc[known.index].groupby(known).nunique().max() == 1
    assert nick.loc[known.index].nunique() == known.nunique()
    assert orders["联系手机"].str.fullmatch(r"'10\d{9}").all()
    assert not orders.isin(list(known)).any(axis=None)
    assert pd.to_datetime(paid["订单付款时间"], format="%Y-%m-%d %H:%M:%S").notna().all()


def test_detail_export_belongs_to_the_orders(tmp_path: Path) -> None:
    simulation = simulate(random_shop(9, months=2))
    order_file, detail_file = write_exports(simulation, tmp_path)
    _, orders = read(order_file)
    header, lines = read(detail_file)
    assert header == DETAIL_HEADER
    assert set(lines["主订单编号"]) == set(orders["订单编号"])
    assert lines["子订单编号"].is_unique
    paid = lines[lines["订单付款时间"] != ""]
    goods = orders[orders["订单付款时间"] != ""]["买家应付货款"].map(Decimal).sum()
    assert paid["买家应付货款"].map(Decimal).sum() == goods
    assert paid["退款金额"].map(Decimal).sum() == orders["退款金额"].map(Decimal).sum()


def test_the_importer_reads_the_exports_back_to_the_cent(tmp_path: Path) -> None:
    simulation = simulate(random_shop(10, months=1))
    files = write_exports(simulation, tmp_path / "files")
    where = {name: tmp_path / name for name in ("warehouse", "quarantine", "keys")}
    reports = import_files(list(files), **where, profile=MerchantProfile("back", "back again"))
    assert [report.rejected for report in reports] == [0, 0]
    back = Warehouse(where["warehouse"]).for_merchant("back").table("orders").execute()
    ours = simulation.tables["orders"].to_pandas()
    both = ours.merge(back, on="order_id", suffixes=("", "_back"))
    assert len(both) == len(ours) == len(back)
    assert (both.gross_amount == both.gross_amount_back).all()
    assert (both.refund_amount == both.refund_amount_back).all()
    paid = both.dropna(subset=["paid_at"])
    assert (pd.to_datetime(paid.paid_date) == pd.to_datetime(paid.paid_date_back)).all()
    assert paid.groupby("buyer_key").buyer_key_back.nunique().max() == 1
    assert paid.buyer_key.nunique() == paid.buyer_key_back.nunique()
