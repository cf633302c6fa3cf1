"""Hand-made shops and loaders of real data for the metric tests. Not part of the product: loads straight into canonical tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tools.facts import Window
from tools.metrics.measure import measure
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.importer import import_files
from tools.warehouse.schema import table_spec
from tools.warehouse.writer import MerchantProfile, write_merchant

REPO = Path(__file__).parents[3]


def shared_data(*parts: str) -> Path:
    """A file of the public test data; the test is skipped where it is absent."""
    root = Path(os.environ.get("ADVISOR_SHARED_DATA") or REPO.parent / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data {'/'.join(parts)} is not on this machine")
    return path


def fill(connection: duckdb.DuckDBPyConnection, merchant: str, table: str, frame: pd.DataFrame) -> None:
    """Append a frame's columns to a canonical table, cast to the table's types."""
    types = {column.name: column.sql_type for column in table_spec(table).columns}
    casts = ", ".join(f'CAST("{name}" AS {types[name]})' for name in frame.columns)
    names = ", ".join(frame.columns)
    connection.register("frame_", frame)
    connection.execute(f"INSERT INTO {table} (merchant_id, {names}) SELECT '{merchant}', {casts} FROM frame_")
    connection.unregister("frame_")


def make_shop(
    folder: Path,
    data: Mapping[str, pd.DataFrame | Sequence[Mapping[str, Any]]],
    *,
    merchant: str = "shop",
    **profile: Any,
) -> Shop:
    """A shop with these tables."""
    with write_merchant(folder, MerchantProfile(merchant, merchant, **profile)) as connection:
        for table, rows in data.items():
            frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
            if len(frame):
                fill(connection, merchant, table, frame)
    return Warehouse(folder).for_merchant(merchant)


def imported(folder: Path, *files: Path, platform: str = "other", **options: Any) -> Shop:
    """A shop made by the product's own importer, as a merchant would."""
    reports = import_files(
        files,
        warehouse=folder / "warehouse",
        quarantine=folder / "quarantine",
        keys=folder / "keys",
        profile=MerchantProfile("shop", "shop", platform=platform),
        **options,
    )
    assert all(report.accepted for report in reports)
    return Warehouse(folder / "warehouse").for_merchant("shop")


def cents(column: pd.Series) -> pd.Series:
    """Whole cents of a text or float column, half away from zero as money is rounded."""
    return column.map(lambda cell: int((Decimal(str(cell)) * 100).to_integral_value("ROUND_HALF_UP")))


def yuan(value: int) -> Decimal:
    return Decimal(int(value)) / 100


def value(shop: Shop, metric: str, window: Window) -> Decimal:
    """A measured figure that must be there."""
    found = measure(shop, metric, window).value
    assert found is not None, metric
    return found


def tmall_frame() -> pd.DataFrame:
    """The real Tmall report; 实付 is already net there, so gross = 实付 + 退款 for paid rows."""
    raw = pd.read_csv(shared_data("tmall_orders", "tmall_order_report.csv"), dtype=str)
    raw.columns = raw.columns.str.strip()
    frame = pd.DataFrame({"order_id": raw["订单编号"], "province": raw["收货地址"]})
    paid = raw["订单付款时间"].notna()
    frame["created_date"] = raw["订单创建时间"].str[:10]
    frame["paid_date"] = raw["订单付款时间"].str[:10]
    cents = (raw["总金额"].astype(float) * 100).round().astype("int64")
    frame["gross_amount"] = cents.where(paid, 0) / 100
    frame["refund_amount"] = (raw["退款金额"].astype(float) * 100).round() / 100
    return frame


def uci_frames() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """UCI Online Retail II as orders, lines and unlinked refunds: C-invoices are refund events without an order."""
    raw = pd.read_parquet(shared_data("uci_online_retail_ii", "online_retail_ii_2009_2010.parquet"))
    raw["amount"] = ((raw["Quantity"] * raw["Price"]) * 100).round() / 100
    raw["day"] = raw["InvoiceDate"].dt.date
    cancelled = raw["Invoice"].astype(str).str.startswith("C")
    sales = raw[~cancelled & (raw["amount"] > 0)].reset_index(drop=True)
    lines = pd.DataFrame(
        {
            "line_id": sales.index.astype(str),
            "order_id": sales["Invoice"],
            "paid_date": sales["day"],
            "product_id": sales["StockCode"],
            "title": sales["Description"],
            "quantity": sales["Quantity"],
            "amount": sales["amount"],
        }
    )
    orders = (
        sales.assign(buyer=sales["Customer ID"].map(lambda x: None if pd.isna(x) else f"b{int(x)}"))
        .groupby("Invoice")
        .agg(
            paid_date=("day", "min"),
            gross_amount=("amount", "sum"),
            item_quantity=("Quantity", "sum"),
            buyer_key=("buyer", "first"),
            province=("Country", "first"),
        )
        .reset_index()
        .rename(columns={"Invoice": "order_id"})
    )
    orders["gross_amount"] = orders["gross_amount"].round(2)
    orders["refund_amount"] = 0
    back = raw[cancelled & (raw["amount"] < 0)].reset_index(drop=True)
    refunds = pd.DataFrame(
        {"refund_id": "r" + back.index.astype(str), "amount": -back["amount"], "refunded_date": back["day"]}
    )
    return orders, lines, refunds
