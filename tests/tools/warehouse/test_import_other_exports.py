"""The generic template, workbooks, Parquet, archives, offsets of time, and refusals that say what to do."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from tests.tools.warehouse.import_desk import H2022, ITEMS, Desk, at, csv_text, item, order
from tools.errors import ImportRefused
from tools.warehouse.access import Warehouse
from tools.warehouse.formats import all_formats, list_formats, template_csv
from tools.warehouse.importer import detect
from tools.warehouse.schema import tables
from tools.warehouse.writer import MerchantProfile

D = Decimal


def test_offsets_are_converted_to_the_merchants_zone(desk: Desk) -> None:
    desk.load(desk.write("visits.csv", "day,visitors\n2024-01-01,5\n"))
    header = "order_id,gross_amount,paid_at\n"
    rows = "1,10,2024-01-31T16:30:00Z\n2,10,2024-01-31 16:30:00+00:00\n3,10,2024-01-31 16:30:00 UTC\n4,10,2024-02-01 00:30:00\n"
    (report,) = desk.load(desk.write("o.csv", header + rows + "5,10,2024-01-31 11:30 -0500\n"))
    assert report.accepted == 5
    assert desk.query("SELECT DISTINCT paid_at, paid_date FROM orders") == [(at("2024-02-01 00:30"), date(2024, 2, 1))]


def test_real_exports_never_enter_a_simulated_shop(desk: Desk) -> None:
    from tools.warehouse.writer import write_merchant

    with write_merchant(desk.warehouse, MerchantProfile("shop", "演示", simulated=True)):
        pass
    with pytest.raises(ImportRefused, match="simulated"):
        desk.load_rows(H2022, [order(1)])
    (report,) = desk.load(desk.write("costs.csv", "product_id,valid_from,unit_cost\nA1,2024-01-01,3\n"))
    assert report.accepted == 1


def test_every_table_has_a_template_that_is_recognised(desk: Desk) -> None:
    for name, spec in tables().items():
        for lang in ("zh", "en"):
            path = desk.write(f"{name}-{lang}.csv", template_csv(name, lang), encoding="utf-8-sig")  # type: ignore[arg-type]
            assert [found.format for found in detect(path)] == [f"template_{name}"], (name, lang)
            assert detect(path)[0].unmapped == []
        assert set(spec.keys) <= set(all_formats()[f"template_{name}"].fields)


def test_generic_tables_load(desk: Desk) -> None:
    stock = desk.write(
        "stock.tsv", "日期\t商品id\t库存件数\n2024/1/2\tA1\t1,204\n2024-01-03\tA1\t-\n", encoding="utf-8-sig"
    )
    traffic = desk.write(
        "t.csv", "统计日期;一级来源;访客数;支付金额\n20240102;搜索;11,269;¥1,284.50\n", encoding="gb18030"
    )
    cost = desk.write("c.csv", "product_id,valid_from,unit_cost\nA1,2024年1月1日,12.345\n")
    fee = desk.write("f.csv", "费用项,生效日期,费率\n佣金,2024-01-01,5.5%\n")
    reports = desk.load(stock, traffic, cost, fee)
    assert [report.format for report in reports] == [
        "template_stock_daily",
        "template_traffic_daily",
        "template_item_costs",
        "template_fees",
    ]
    assert desk.query("SELECT * EXCLUDE (merchant_id, import_id) FROM stock_daily ORDER BY day") == [
        (date(2024, 1, 2), "A1", 1204),
        (date(2024, 1, 3), "A1", None),
    ]
    assert desk.query("SELECT day, source, detail, visitors, paid_amount FROM traffic_daily") == [
        (date(2024, 1, 2), "搜索", "", 11269, D("1284.50"))
    ]
    assert desk.query("SELECT unit_cost, valid_from FROM item_costs") == [(D("12.35"), date(2024, 1, 1))]
    assert desk.query("SELECT rate FROM fees") == [(D("0.055"),)]


def test_generic_orders_are_hashed_and_dated(desk: Desk) -> None:
    text = "订单编号,订单状态,付款日期,买家标识,支付金额,渠道\n1,已完成,2024-01-31,会员7,99,live\n2,待付款,,会员7,50,live\n"
    desk.load(desk.write("o.csv", text, encoding="utf-8"))
    assert desk.query("SELECT status, paid_date, gross_amount, is_service FROM orders ORDER BY order_id") == [
        ("completed", date(2024, 1, 31), D(99), False),
        ("created", None, D(0), False),
    ]
    assert desk.query("SELECT count(*), min(first_channel) FROM customers") == [(1, "live")]
    assert "会员7".encode() not in desk.file.read_bytes()


def test_a_table_that_could_be_two_is_asked_about(desk: Desk) -> None:
    path = desk.write("x.csv", "统计日期,支付买家数,product_id\n2024-01-01,5,A\n", encoding="utf-8")
    assert detect(path)[0].format == "template_product_daily"
    ambiguous = desk.write("y.csv", "日期,商品id,场次id,商品标题\n2024-01-01,A,S,x\n", encoding="utf-8")
    assert detect(ambiguous)[0].format == "template_live_items"
    with pytest.raises(ImportRefused, match="--format"):
        detect(desk.write("z.csv", "场次id,标题,日期\n1,2,2024-01-01\n", encoding="utf-8"), format="template_orders")


def test_header_below_a_preamble(desk: Desk) -> None:
    text = '商品报表,,\r\n统计时间,2024-01-01,\r\n\r\n注意：数据仅供参考,,\r\n统计日期,商品ID,商品访客数,支付金额\r\n2024-01-01,900,"11,269",-\r\n'
    path = desk.write("report.xls", text)  # text under the name of a workbook, as some back offices write it
    assert detect(path)[0].header_row == 5
    (report,) = desk.load(path)
    assert report.rows == 1
    assert desk.query("SELECT visitors, paid_amount FROM product_daily") == [(11269, None)]


def workbook(**sheets: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return out.getvalue()


def test_workbook_with_orders_and_lines(desk: Desk) -> None:
    pytest.importorskip("openpyxl")
    orders = pd.DataFrame([order(1, 订单编号="20000000000000001"), order(2, 订单编号="20000000000000002")])
    orders["订单付款时间 "] = [at("2024-03-01 10:05"), at("2024-03-02 00:00")]
    orders["总金额"] = [100, 100.0]
    book = workbook(订单报表=orders, 销售明细=pd.DataFrame([item(1)]), 说明=pd.DataFrame({"a": ["b"]}))
    reports = desk.load(desk.write("千牛.xlsx", book))
    assert [(report.file, report.format, report.accepted) for report in reports] == [
        ("千牛.xlsx · 订单报表", "tmall_orders", 2),
        ("千牛.xlsx · 销售明细", "tmall_items", 1),
    ]
    assert desk.query("SELECT paid_at FROM orders ORDER BY order_id") == [
        (at("2024-03-01 10:05"),),
        (at("2024-03-02 00:00"),),
    ]


def test_ids_that_excel_ruined_are_rejected(desk: Desk) -> None:
    pytest.importorskip("openpyxl")
    frame = pd.DataFrame([order(1), order(2, 订单编号="20000000000000002")])
    frame["订单编号"] = [2.0000000000000002e18, "20000000000000002"]
    (report,) = desk.load(desk.write("saved.xlsx", workbook(Sheet1=frame)))
    assert (report.accepted, report.rejected) == (1, 1)
    assert any("科学计数法" in note.zh for note in report.notes)


def test_parquet(desk: Desk) -> None:
    path = desk.root / "lines.parquet"
    sql = (
        "SELECT * FROM (VALUES ('489434','85048','BALLS',12,TIMESTAMP '2009-12-01 07:45:00',6.95::DOUBLE,13085::DOUBLE,'United Kingdom'),"
        "('489434','POST','POSTAGE',1,TIMESTAMP '2009-12-01 07:45:00',18::DOUBLE,13085::DOUBLE,'United Kingdom'),"
        "('C489449','85048','BALLS',-2,TIMESTAMP '2009-12-03 10:33:00',6.95::DOUBLE,NULL,'Australia'))"
        't("Invoice","StockCode","Description","Quantity","InvoiceDate","Price","Customer ID","Country")'
    )
    duckdb.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.encoding) == ("uci_online_retail", 3, None)
    assert desk.query("SELECT order_id, gross_amount, item_quantity, is_service FROM orders") == [
        ("489434", D("101.40"), 13, False)
    ]
    assert desk.query("SELECT order_id, amount, quantity, refunded_date, buyer_key FROM refunds") == [
        (None, D("13.90"), 2, date(2009, 12, 3), None)
    ]
    assert desk.query("SELECT product_id, is_service FROM order_lines ORDER BY 1") == [("85048", False), ("POST", True)]
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (shop.currency, shop.timezone) == ("GBP", "Europe/London")


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def test_archive_of_exports(desk: Desk) -> None:
    orders = csv_text(H2022, [order(1)]).encode("gb18030")
    items = csv_text(ITEMS, [item(1)]).encode("gb18030")
    path = desk.write("三月.zip", zipped(**{"../../订单.csv": orders, "宝贝.csv": items, "__MACOSX/._x": b"x"}))
    reports = desk.load(path)
    assert [(report.file, report.format) for report in reports] == [
        ("三月.zip/订单.csv", "tmall_orders"),
        ("三月.zip/宝贝.csv", "tmall_items"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bomb.zip", zipped(a__csv=b"0" * 30_000_000), "far too much"),
        ("many.zip", zipped(**{f"{n}.csv": b"a,b" for n in range(300)}), "far too much"),
        ("nested.zip", zipped(a__zip=zipped(b__csv=b"a,b")), "another archive"),
        ("cut.zip", zipped(a__csv=b"a,b" * 1000)[:-40], "damaged"),
        ("empty.csv", b"", "empty"),
        ("photo.csv", bytes(range(256)) * 20, "no text table"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"x" * 100, "cannot be read"),
        ("book.xlsx", b"PK\x03\x04" + b"x" * 500, "damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "does not open"),
        ("data.parquet", b"PAR1" + b"x" * 100 + b"PAR1", "damaged"),
        ("notes.csv", "今天,天气\n很,好\n".encode(), "advisor formats"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",  # archives carry the time they were made
)
def test_refusals_say_what_to_do(desk: Desk, name: str, content: bytes, says: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        desk.load(desk.write(name, content))
    assert says in caught.value.message.en and name in caught.value.message.zh
    assert not desk.file.exists()


def test_list_formats_says_where_to_download() -> None:
    found = {info.id: info for info in list_formats()}
    assert {"tmall_orders", "tmall_items", "shopify_orders", "uci_online_retail", "superstore"} <= set(found)
    assert "千牛" in found["tmall_orders"].download.zh and "Qianniu" in found["tmall_orders"].download.en
    assert sum(info.template for info in found.values()) == len(tables())
