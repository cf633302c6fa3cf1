"""The real public files against independent pandas computations."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import shared_data
from tests.tools.warehouse.import_desk import Desk
from tools.warehouse.importer import ImportReport, detect

CENT = Decimal("0.01")


def cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(CENT, rounding=ROUND_HALF_UP)


@pytest.fixture(scope="module")
def tmall(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, ImportReport, pd.DataFrame]:
    path = shared_data("tmall_orders", "tmall_order_report.csv")
    desk = Desk(tmp_path_factory.mktemp("tmall"))
    (report,) = desk.load(path)
    frame = pd.read_csv(path, dtype=str).rename(columns=str.strip)
    return desk, report, frame


def test_tmall_totals(tmall: tuple[Desk, ImportReport, pd.DataFrame]) -> None:
    desk, report, _ = tmall
    assert (report.rows, report.accepted, report.rejected, report.encoding) == (28010, 28010, 0, "utf-8")
    assert desk.query(
        "SELECT count(*), sum(gross_amount), sum(refund_amount), sum(gross_amount - refund_amount) FROM orders WHERE paid_date IS NOT NULL"
    ) == [(24087, Decimal("2474823.07"), Decimal("572335.92"), Decimal("1902487.15"))]
    assert desk.query("SELECT sum(gross_amount) FROM orders WHERE paid_date IS NULL") == [(Decimal("0.00"),)]
    assert desk.query("SELECT count(*) FROM orders WHERE buyer_key IS NOT NULL") == [(0,)]
    assert any("买家" in note.zh and "算不出来" in note.zh for note in report.notes)


def test_tmall_by_day_and_province(tmall: tuple[Desk, ImportReport, pd.DataFrame]) -> None:
    desk, _, frame = tmall
    paid = frame[frame["订单付款时间"].notna()].copy()
    paid["day"] = paid["订单付款时间"].str[:10]
    for column in ("总金额", "退款金额"):
        paid[column] = paid[column].map(cents)
    expected = {day: (len(group), group["总金额"].sum(), group["退款金额"].sum()) for day, group in paid.groupby("day")}
    found = desk.query(
        "SELECT CAST(paid_date AS VARCHAR), count(*), sum(gross_amount), sum(refund_amount) FROM orders "
        "WHERE paid_date IS NOT NULL GROUP BY 1"
    )
    assert {day: tuple(rest) for day, *rest in found} == expected
    places = frame["收货地址"].str.replace("省|市|自治区|壮族|维吾尔|回族", "", regex=True).value_counts()
    assert dict(desk.query("SELECT province, count(*) FROM orders GROUP BY 1")) == places.to_dict()


def test_tmall_split_and_imported_again(tmall: tuple[Desk, ImportReport, pd.DataFrame], tmp_path: Path) -> None:
    whole, _, _ = tmall
    path = shared_data("tmall_orders", "tmall_order_report.csv")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    desk = Desk(tmp_path)
    first = desk.write("1.csv", lines[0] + "".join(lines[15000:]), encoding="gb18030")
    second = desk.write("2.csv", lines[0] + "".join(lines[1:16000]), encoding="utf-8-sig")
    reports = desk.load(first, second)
    assert [(report.accepted, report.duplicate) for report in reports] == [(13011, 0), (14999, 1000)]
    assert desk.content() == whole.content()


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, ImportReport, pd.DataFrame]:
    path = shared_data("uci_online_retail_ii", "online_retail_ii_2009_2010.parquet")
    desk = Desk(tmp_path_factory.mktemp("uci"))
    (report,) = desk.load(path)
    frame = pd.read_parquet(path)
    frame["cents"] = [
        int((Decimal(str(price)) * quantity).quantize(CENT, rounding=ROUND_HALF_UP) * 100)
        for price, quantity in zip(frame["Price"], frame["Quantity"], strict=True)
    ]
    return desk, report, frame


def test_uci_sales_and_cancellations(uci: tuple[Desk, ImportReport, pd.DataFrame]) -> None:
    desk, report, frame = uci
    kind = frame["Invoice"].str[0]
    adjustments = (kind == "A") | ((frame["Price"] == 0) & frame["Customer ID"].isna())
    sales = frame[(kind != "C") & ~adjustments]
    cancelled = frame[kind == "C"]
    assert (report.rows, report.rejected) == (len(frame), int(adjustments.sum()))
    assert report.accepted == len(sales) + len(cancelled)
    invoices = sales.groupby("Invoice").agg(total=("cents", "sum"), items=("Quantity", "sum"))
    found = desk.query("SELECT order_id, gross_amount, item_quantity FROM orders")
    assert {key: (int(total * 100), items) for key, total, items in found} == {
        row.Index: (row.total, row.items) for row in invoices.itertuples()
    }
    assert desk.query("SELECT count(*), sum(amount), sum(quantity) FROM refunds") == [
        (len(cancelled), -Decimal(int(cancelled["cents"].sum())) / 100, -int(cancelled["Quantity"].sum()))
    ]
    assert desk.query("SELECT count(*) FROM refunds WHERE order_id IS NOT NULL") == [(0,)]
    assert desk.query("SELECT count(*), sum(amount) FROM order_lines") == [
        (len(sales), Decimal(int(sales["cents"].sum())) / 100)
    ]


def test_uci_buyers(uci: tuple[Desk, ImportReport, pd.DataFrame]) -> None:
    desk, _, frame = uci
    sales = frame[~frame["Invoice"].str[0].isin(["C", "A"]) & frame["Customer ID"].notna()]
    first = sales.groupby("Customer ID")["InvoiceDate"].min().dt.date
    assert desk.query("SELECT count(DISTINCT buyer_key) FROM orders") == [(len(first),)]
    found = sorted(day for (day,) in desk.query("SELECT first_paid_date FROM customers"))
    assert found == sorted(first)
    invoices = sales.groupby("Customer ID")["Invoice"].nunique().value_counts().to_dict()
    counts = "SELECT n, count(*) FROM (SELECT count(*) AS n FROM orders WHERE buyer_key IS NOT NULL GROUP BY buyer_key) GROUP BY n"
    assert dict(desk.query(counts)) == invoices
    content = desk.file.read_bytes()
    assert b"13085.0" not in content and b'"Customer' not in content


def test_uci_services(uci: tuple[Desk, ImportReport, pd.DataFrame]) -> None:
    desk, _, _ = uci
    codes = {code for (code,) in desk.query("SELECT DISTINCT product_id FROM order_lines WHERE is_service")}
    assert {"POST", "DOT", "M", "C2", "gift_0001_30"} <= codes
    assert not {code for code in codes if code[:5].isdigit()}


@pytest.mark.slow
def test_uci_again_and_in_two_parts(uci: tuple[Desk, ImportReport, pd.DataFrame], tmp_path: Path) -> None:
    whole, report, frame = uci
    path = shared_data("uci_online_retail_ii", "online_retail_ii_2009_2010.parquet")
    (again,) = whole.load(path)
    assert (again.accepted, again.updated, again.duplicate, again.rejected) == (0, 0, report.accepted, report.rejected)
    desk = Desk(tmp_path)
    cut = frame.index[frame["Invoice"] == "510000"][3] if (frame["Invoice"] == "510000").sum() > 5 else 200_003
    parts = []
    for number, part in enumerate((frame.iloc[:cut], frame.iloc[cut:])):
        parts.append(tmp_path / f"{number}.parquet")
        part.drop(columns="cents").to_parquet(parts[-1])
    desk.load(*parts)
    for sql in (
        "SELECT order_id, gross_amount, item_quantity, is_service FROM orders ORDER BY ALL",
        "SELECT sum(amount), count(*) FROM order_lines",
        "SELECT sum(amount), count(*) FROM refunds",
    ):
        assert desk.query(sql) == whole.query(sql)


def test_superstore(tmp_path: Path) -> None:
    path = shared_data("superstore", "superstore.csv")
    desk = Desk(tmp_path)
    (report,) = desk.load(path)
    frame = pd.read_csv(path, dtype={"Sales": str})
    frame["cents"] = [int(cents(value) * 100) for value in frame["Sales"]]
    assert report.accepted == len(frame)
    assert desk.query("SELECT count(*), count(DISTINCT buyer_key), sum(gross_amount) FROM orders") == [
        (frame["Order ID"].nunique(), frame["Customer ID"].nunique(), Decimal(int(frame["cents"].sum())) / 100)
    ]
    assert desk.query("SELECT count(*) FROM products") == [(frame["Product ID"].nunique(),)]
    assert b"Claire Gute" not in desk.file.read_bytes()


def test_superstore_profit_and_discount_equal_pandas(desk: Desk) -> None:
    path = shared_data("superstore", "superstore.csv")
    (found,) = detect(path)
    assert (found.format, found.unmapped) == ("superstore", ["Ship Mode", "Country", "Region"])
    (report,) = desk.load(path)
    frame = pd.read_csv(path, encoding="latin-1", dtype=str)
    rate = frame["Discount"].map(Decimal)
    full = zip(frame["Sales"].map(Decimal), rate, strict=True)
    (total, discounted, discount) = desk.query(
        "SELECT sum(profit), count(*) FILTER (discount_amount > 0), sum(discount_amount) FROM order_lines"
    )[0]
    assert report.accepted == len(frame)
    assert total == sum(frame["Profit"].map(cents))
    assert discounted == int((rate > 0).sum())
    assert abs(discount - sum(cents(sales / (1 - share) - sales) for sales, share in full)) < Decimal("0.10")
