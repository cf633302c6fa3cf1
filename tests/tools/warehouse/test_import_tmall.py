"""Tmall/Taobao order and item reports: three header generations, states, refunds, and what counts as paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.tools.warehouse.import_desk import H2016, H2018, H2022, ITEMS, Desk, at, csv_text, item, order
from tools.warehouse.importer import detect

D = Decimal


@pytest.mark.parametrize("header", [H2016, H2018, H2022], ids=["2016", "2018", "2022"])
def test_each_generation_gives_the_same_order(desk: Desk, header: list[str]) -> None:
    report = desk.load_rows(header, [order(1)])
    assert (report.format, report.encoding, report.rows, report.accepted) == ("tmall_orders", "gb18030", 1, 1)
    row = desk.query("SELECT order_id, status, created_at, created_date, paid_at, paid_date FROM orders")
    paid = at("2024-03-01 10:05")
    assert row == [("20000000000000001", "completed", at("2024-03-01 10:00"), date(2024, 3, 1), paid, date(2024, 3, 1))]
    rest = desk.query(
        "SELECT payable_amount, gross_amount, refund_amount, shipping_amount, item_quantity, province, device, is_presale, "
        "is_service FROM orders"
    )
    refund = None if header is H2016 else D(0)  # 2016 has no refund column: unknown, which is not none
    assert rest == [(D(100), D(100), refund, D(10), 1, "浙江", "mobile", False, False)]
    assert (report.first_day, report.last_day) == (date(2024, 3, 1), date(2024, 3, 1))


def test_later_generations_know_shipping_and_receipt(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1)])
    assert desk.query("SELECT shipped_at, completed_at FROM orders") == [
        (at("2024-03-02 15:00"), at("2024-03-08 09:00"))
    ]


@pytest.mark.parametrize("word", ["无", "无退款", "无退款申请", "没有申请退款", "--", "N/A", "nan"])
def test_a_word_for_no_refund_is_no_refund(desk: Desk, word: str) -> None:
    report = desk.load_rows(H2022, [order(1, 退款金额=word), order(2, 退款金额="30.00")])
    assert (report.accepted, report.rejected) == (2, 0)
    assert desk.query("SELECT gross_amount, refund_amount FROM orders ORDER BY order_id") == [
        (D(100), D(0)),
        (D(100), D(30)),
    ]


@pytest.mark.parametrize(("bad", "told"), [(5, True), (1, False)])
def test_a_half_rejected_file_says_what_to_mend_first(desk: Desk, bad: int, told: bool) -> None:
    rows = [order(n, **({"退款金额": "处理中"} if n <= bad else {})) for n in range(1, 11)]
    report = desk.load_rows(H2022, rows)
    assert report.rejected == bad
    first = report.notes[0]
    assert ("先修文件" in first.zh) is told is any("Mend the file" in note.en for note in report.notes)
    if told:
        assert (
            "50%" in first.zh and "“退款金额”列" in first.zh and "5 行" in first.zh and 'column "退款金额"' in first.en
        )


def test_unmapped_columns_are_listed_and_private_ones_are_not_read(desk: Desk) -> None:
    report = desk.load_rows([*H2018, "某个新列"], [order(1)])
    assert report.unmapped == ["某个新列"]  # 物流公司 and its like are known and wanted nowhere
    assert not {"收货人姓名", "联系手机", "买家留言", "订单编号", "总金额"} & set(report.unmapped)


@pytest.mark.parametrize(
    ("word", "paid", "status"),
    [
        ("等待买家付款", False, "created"),
        ("买家已付款，等待卖家发货", True, "paid"),
        ("买家已付款,等待卖家发货", True, "paid"),
        ("卖家已发货，等待买家确认", True, "shipped"),
        ("卖家已发货,等待买家确认", True, "shipped"),
        ("交易成功", True, "completed"),
        ("交易关闭", False, "closed"),
        ("退款成功", True, "refunded"),
        ("一个没见过的状态", True, "completed"),  # judged by its times
    ],
)
def test_status_words(desk: Desk, word: str, paid: bool, status: str) -> None:
    when = {} if paid else {"订单付款时间 ": "", "买家实际支付金额": "0.00"}
    report = desk.load_rows(H2022, [order(1, 订单状态=word, **when)])
    assert desk.query("SELECT status, paid_date IS NOT NULL FROM orders") == [(status, paid)]
    assert any("一个没见过的状态" in note.zh for note in report.notes) == (word == "一个没见过的状态")


def test_an_unpaid_order_counts_for_nothing(desk: Desk) -> None:
    unpaid = order(1, 订单状态="等待买家付款", **{"订单付款时间 ": "", "买家实际支付金额": "0.00"})
    deposit = order(2, 订单状态="等待买家付款", 分阶段订单信息="阶段1:已付款 阶段2:未付款")
    desk.load_rows(H2022, [unpaid, deposit])
    assert desk.query("SELECT gross_amount, paid_date, is_presale FROM orders ORDER BY order_id") == [
        (D(0), None, False),
        (D(0), None, True),
    ]


def test_refund_reading_net(desk: Desk) -> None:
    """All refunded rows have paid = total - refund: the paid amount is already after refunds."""
    rows = [
        order(1),
        order(2, 买家实际支付金额="70.00", 退款金额="30.00"),
        order(3, 买家实际支付金额="0.00", 退款金额="100.00", 订单状态="交易关闭"),
    ]
    report = desk.load_rows(H2022, rows)
    assert desk.query("SELECT gross_amount, refund_amount FROM orders ORDER BY order_id") == [
        (D(100), D(0)),
        (D(100), D(30)),
        (D(100), D(100)),
    ]
    assert "已经扣过退款" in report.notes[0].zh and "170.00" in report.notes[1].zh


def test_refund_reading_gross_with_a_cancelled_line(desk: Desk) -> None:
    """Most refunded rows keep the full paid amount; the one that does not is a cancelled line, refund 0."""
    rows = [order(n, 退款金额="30.00") for n in range(1, 10)]
    rows.append(order(10, 总金额="150.00", 买家实际支付金额="100.00", 退款金额="50.00"))
    report = desk.load_rows(H2022, rows)
    found = desk.query("SELECT gross_amount, refund_amount FROM orders ORDER BY order_id")
    assert found == [(D(100), D(30))] * 9 + [(D(100), D(0))]
    assert "1 笔满足" in report.notes[0].zh


def test_refund_reading_without_the_column(desk: Desk) -> None:
    """2016: an order closed after payment was refunded in full; its paid amount reads 0."""
    rows = [order(1), order(2, 买家实际支付金额="0.00", 订单状态="交易关闭")]
    report = desk.load_rows(H2016, rows)
    assert desk.query("SELECT gross_amount, refund_amount FROM orders ORDER BY order_id") == [
        (D(100), None),
        (D(100), D(100)),
    ]
    assert "没有“退款金额”列" in report.notes[0].zh


def test_service_orders(desk: Desk) -> None:
    titles = [
        "补差价专用链接 1元",
        "购物金充值500得550",
        "【赠品】小样",
        "邮费",
        "买就送赠品 保湿面霜",
        "面霜，邮费补差价",
    ]
    rows = [order(n, **{"宝贝标题 ": title}) for n, title in enumerate(titles)]
    rows[-1]["宝贝种类 "] = "2"
    desk.load_rows(H2022, rows)
    assert desk.query("SELECT is_service FROM orders ORDER BY order_id") == [(True,)] * 4 + [(False,)] * 2


def test_items_belong_to_orders_and_have_their_own_refunds(desk: Desk) -> None:
    rows = [
        item(1, 买家实际支付金额="40.00", 退款金额="60.00", 退款状态="退款成功"),
        item(2, 退款金额="20.00", 退款状态="买家已经申请退款，等待卖家同意"),
        item(3, 标题="补差价", 商家编码="", 外部系统编号=""),
    ]
    report = desk.load_rows(ITEMS, rows)
    assert report.format == "tmall_items"
    assert desk.query(
        "SELECT order_id, paid_date, product_id, sku, quantity, unit_price, amount, refund_amount, is_service "
        "FROM order_lines ORDER BY line_id"
    ) == [
        ("20000000000000001", date(2024, 3, 1), "CREAM50", "CREAM50", 1, D(100), D(100), D(60), False),
        ("20000000000000002", date(2024, 3, 1), "CREAM50", "CREAM50", 1, D(100), D(100), D(0), False),
        ("20000000000000003", date(2024, 3, 1), "补差价", None, 1, D(100), D(100), D(0), True),
    ]


def test_lines_take_their_pay_day_from_the_order_whichever_comes_first(desk: Desk) -> None:
    lines = csv_text([name for name in ITEMS if name != "订单付款时间"], [item(1)])
    first = desk.write("items.csv", lines)
    desk.load(first)
    assert desk.query("SELECT paid_date FROM order_lines") == [(None,)]
    desk.load_rows(H2022, [order(1)])
    assert desk.query("SELECT paid_date FROM order_lines") == [(date(2024, 3, 1),)]
    again = desk.write("items2.csv", lines + "\r\n")
    (report,) = desk.load(again)
    assert (report.duplicate, report.updated) == (1, 0)


def test_an_item_report_is_never_taken_for_an_order_report(desk: Desk) -> None:
    path = desk.write("x.csv", csv_text([*ITEMS, "总金额"], [item(1, 总金额="100")]))
    assert [found.format for found in detect(path)] == ["tmall_items"]


def test_masked_nicks_and_rotating_ids_are_no_identity(desk: Desk) -> None:
    rotating = "1k9Zb3QYw7hVtR2mN8pLxC4dS6fG0jAe5uIo" * 2
    rows = [
        order(1, 买家会员名="t**8", 买家会员昵称="t**8"),
        order(2, 买家会员名=rotating, 买家会员昵称=rotating),
        order(3),
    ]
    report = desk.load_rows(H2022, rows)
    assert desk.query("SELECT buyer_key IS NULL FROM orders ORDER BY order_id") == [(True,), (True,), (False,)]
    assert desk.query("SELECT count(*) FROM customers") == [(1,)]
    assert any("2 行的昵称打了码" in note.zh and "66.7%" in note.zh for note in report.notes)


def test_customers_follow_the_first_payment(desk: Desk) -> None:
    later = order(1, 买家会员名="tb同一人", **{"订单付款时间 ": "2024-03-09 00:00:01"})
    earlier = order(2, 买家会员名=" TB同一人 ", **{"订单付款时间 ": "2024-02-29 23:59:59"})
    desk.load_rows(H2018, [later])
    assert desk.query("SELECT first_paid_date FROM customers") == [(date(2024, 3, 9),)]
    desk.load_rows(H2018, [earlier], name="b.csv")
    assert desk.query("SELECT first_paid_date FROM customers") == [(date(2024, 2, 29),)]
