"""Shopify, the generic template, workbooks, Parquet, archives, a merchant's own mapping, and refusals that say what to do."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.tools.warehouse.import_desk import H2022, ITEMS, SHOPIFY, Desk, at, csv_text, item, order, sale
from tools.errors import ImportRefused
from tools.warehouse.access import Warehouse
from tools.warehouse.formats import all_formats, list_formats, template_csv
from tools.warehouse.importer import detect
from tools.warehouse.schema import tables
from tools.warehouse.writer import MerchantProfile

D = Decimal


def shopify(desk: Desk, rows: list[dict[str, str]], name: str = "orders_export.csv") -> Path:
    return desk.write(name, csv_text(SHOPIFY, rows), encoding="utf-8")


def line(name: str, title: str, price: str, quantity: str = "1", **cells: str) -> dict[str, str]:
    base = {
        "Name": name,
        "Lineitem name": title,
        "Lineitem price": price,
        "Lineitem quantity": quantity,
        "Lineitem sku": title,
    }
    return base | {key.replace("_", " "): value for key, value in cells.items()}


def test_shopify_multi_line_orders(desk: Desk) -> None:
    rows = [
        sale("#1001", Total="61.00", Subtotal="56.00", Refunded_Amount="11.00", Financial_Status="partially_refunded"),
        line("#1001", "Sock", "3.50", "2", Lineitem_discount="1.00"),
        line("#1001", "Gift card", "5.00"),
        sale("#1002", Financial_Status="pending", Paid_at=""),
        sale("#1003", Financial_Status="refunded", Refunded_Amount="50.00", Cancelled_at="2024-02-03 00:00:00 -0500"),
        sale("#1004", Financial_Status="voided", Paid_at="", Cancelled_at="2024-02-03 00:00:00 -0500"),
        sale("#1005", Financial_Status="partially_paid", Outstanding_Balance="20.00"),
    ]
    (report,) = desk.load(shopify(desk, rows))
    assert (report.format, report.rows, report.accepted, report.tables) == (
        "shopify_orders",
        7,
        7,
        {"order_lines": 7, "orders": 5},
    )
    found = desk.query(
        "SELECT order_id, status, gross_amount, refund_amount, item_quantity, province, source FROM orders ORDER BY 1"
    )
    assert found == [
        ("#1001", "shipped", D(61), D(11), 4, "CA", "web"),
        ("#1002", "created", D(0), D(0), 1, "CA", "web"),
        ("#1003", "refunded", D(50), D(50), 1, "CA", "web"),
        ("#1004", "closed", D(0), D(0), 1, "CA", "web"),
        ("#1005", "shipped", D(30), D(0), 1, "CA", "web"),
    ]
    lines = desk.query(
        "SELECT title, amount, is_service, paid_date FROM order_lines WHERE order_id = '#1001' ORDER BY title"
    )
    day = date(2024, 1, 31)
    assert lines == [("Gift card", D(5), True, day), ("Linen shirt", D(45), False, day), ("Sock", D(6), False, day)]
    assert desk.query("SELECT sum(amount) FROM order_lines WHERE order_id = '#1002'") == [(D(0),)]


def test_shopify_says_that_gmv_includes_taxes(desk: Desk) -> None:
    unpaid = sale("#3", Taxes="9.00", Financial_Status="pending", Paid_at="")
    (report,) = desk.load(shopify(desk, [sale("#1", Taxes="3.25"), sale("#2", Taxes="4.00"), unpaid]))
    (note,) = [note for note in report.notes if "含税" in note.zh]
    assert "7.25 USD" in note.zh and "7.25 USD" in note.en and "Taxes" in note.en
    (plain,) = desk.load(shopify(desk, [sale("#4")], "untaxed.csv"))
    assert not [note for note in plain.notes if "含税" in note.zh]


def test_shopify_takes_currency_platform_and_zone_from_the_file(desk: Desk) -> None:
    """Sold at 23:30 on 31 January in New York, summer time included, not on 1 February in Shanghai."""
    rows = [sale("#1"), sale("#2", Paid_at="2024-07-01 00:10:00 -0400", Created_at="2024-07-01 00:09:00 -0400")]
    desk.load(shopify(desk, rows))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (shop.currency, shop.platform, shop.timezone) == ("USD", "shopify", "America/New_York")
    assert desk.query("SELECT paid_at, paid_date FROM orders ORDER BY order_id") == [
        (at("2024-01-31 23:30"), date(2024, 1, 31)),
        (at("2024-07-01 00:10"), date(2024, 7, 1)),
    ]


def test_offsets_are_converted_to_the_merchants_zone(desk: Desk) -> None:
    desk.load(desk.write("visits.csv", "day,visitors\n2024-01-01,5\n"))
    header = "order_id,gross_amount,paid_at\n"
    rows = "1,10,2024-01-31T16:30:00Z\n2,10,2024-01-31 16:30:00+00:00\n3,10,2024-01-31 16:30:00 UTC\n4,10,2024-02-01 00:30:00\n"
    (report,) = desk.load(desk.write("o.csv", header + rows + "5,10,2024-01-31 11:30 -0500\n"))
    assert report.accepted == 5
    assert desk.query("SELECT DISTINCT paid_at, paid_date FROM orders") == [(at("2024-02-01 00:30"), date(2024, 2, 1))]


def test_a_first_line_that_is_rejected_takes_its_order_along(desk: Desk) -> None:
    rows = [sale("#1", Total="5O.00"), line("#1", "Sock", "3.50"), sale("#2"), line("#2", "Hat", "x")]
    (report,) = desk.load(shopify(desk, rows))
    assert (report.accepted, report.rejected) == (1, 3)
    assert desk.query("SELECT order_id FROM orders") == [("#2",)]


def test_another_currency_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1)])
    digest = desk.digest()
    with pytest.raises(ImportRefused, match="another --merchant"):
        desk.load(shopify(desk, [sale("#1")]))
    assert desk.digest() == digest
    assert Warehouse(desk.warehouse).for_merchant("shop").currency == "CNY"


def test_a_chosen_currency_and_zone_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.profile = MerchantProfile("shop", "x", currency="EUR")
    with pytest.raises(ImportRefused, match="kept in EUR"):
        desk.load(shopify(desk, [sale("#1")]))
    desk.profile = MerchantProfile("shop", "x", timezone="Europe/Berlin")
    desk.load(shopify(desk, [sale("#1")]))
    shop = Warehouse(desk.warehouse).for_merchant("shop")
    assert (shop.currency, shop.timezone) == ("USD", "Europe/Berlin")
    assert desk.query("SELECT paid_at FROM orders") == [(at("2024-02-01 05:30"),)]


def test_a_template_does_not_settle_the_currency(desk: Desk) -> None:
    desk.load(desk.write("costs.csv", "product_id,valid_from,unit_cost\nA1,2024-01-01,3\n"))
    desk.load(shopify(desk, [sale("#1")]))
    assert Warehouse(desk.warehouse).for_merchant("shop").currency == "USD"


def test_rows_of_another_currency_are_rejected(desk: Desk) -> None:
    (report,) = desk.load(shopify(desk, [sale("#1"), sale("#2"), sale("#3", Currency="EUR"), line("#3", "Sock", "3")]))
    assert (report.accepted, report.rejected) == (2, 2)


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


def test_a_merchants_own_mapping(desk: Desk) -> None:
    mapping = desk.root / "erp.yaml"
    mapping.write_text(
        """
id: my_erp
label: {zh: 我的 ERP, en: My ERP}
download: {zh: ERP 报表, en: ERP report}
detect: [[no, money]]
fields:
  no: {type: id, names: [单号], required: true}
  money: {type: money, names: [成交额]}
  day: {type: time, names: [成交日], day_first: true}
  member: {type: buyer, names: [会员]}
targets:
  orders:
    columns:
      order_id: no
      status: {const: paid}
      paid_at: day
      paid_date: {date: day}
      gross_amount: money
      refund_amount: {const: 0}
      buyer_key: member
""",
        encoding="utf-8",
    )
    path = desk.write(
        "erp.csv",
        '单号,成交额,成交日,会员\nA1,¥ 1\u00a0,3/4/2024,m1\nA2,"(2,000.50)",13/4/2024 08:30,m2\n',
        encoding="utf-8",
    )
    (report,) = desk.load(path, mapping=mapping)
    assert (report.format, report.accepted) == ("my_erp", 2)
    assert desk.query("SELECT paid_date, gross_amount FROM orders ORDER BY order_id") == [
        (date(2024, 4, 3), D(1)),
        (date(2024, 4, 13), D("-2000.50")),
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("surprise: 1", "surprise"),
        ("let: {x: {sql: 'DROP TABLE orders'}}", "unknown operation"),
        ("let: {x: nowhere}", "nowhere"),
        ("reject: [{when: {in: [no, []]}, reason: {zh: a, en: b}}]", "unknown condition"),
        ("id: [", "parsing"),
    ],
)
def test_a_wrong_mapping_names_its_mistake(desk: Desk, change: str, says: str) -> None:
    mapping = desk.root / "m.yaml"
    text = "label: {zh: a, en: b}\ndownload: {zh: a, en: b}\ndetect: [[no]]\nfields: {no: {type: id, names: [x]}}\n"
    text += "targets: {products: {columns: {product_id: no}}}\n"
    mapping.write_text(("" if change.startswith("id") else "id: m\n") + text + change, encoding="utf-8")
    with pytest.raises(ImportRefused) as caught:
        desk.load(desk.write("a.csv", "x,y\n1,2\n"), mapping=mapping)
    assert says in caught.value.message.en


def test_quotes_in_a_mapping_stay_text(desk: Desk) -> None:
    mapping = desk.root / "m.yaml"
    mapping.write_text(
        "id: m\nlabel: {zh: a, en: b}\ndownload: {zh: a, en: b}\ndetect: [[no]]\n"
        "fields: {no: {type: id, names: [x]}, t: {type: text, names: [y]}}\n"
        'targets: {products: {columns: {product_id: no, title: {const: "a\'); DROP TABLE orders; --"}, category: '
        '{if: {has: [t, ["\'"]]}, then: {const: "\'"}}}}}\n',
        encoding="utf-8",
    )
    desk.load(desk.write("a.csv", "x,y\n1,it's\n"), mapping=mapping)
    assert desk.query("SELECT title, category FROM products") == [("a'); DROP TABLE orders; --", "'")]


def test_list_formats_says_where_to_download() -> None:
    found = {info.id: info for info in list_formats()}
    assert {"tmall_orders", "tmall_items", "shopify_orders", "uci_online_retail", "superstore"} <= set(found)
    assert "千牛" in found["tmall_orders"].download.zh and "Qianniu" in found["tmall_orders"].download.en
    assert sum(info.template for info in found.values()) == len(tables())
