"""Settlements and payment accounts: a row becomes its bookings, the bookings add up to the account, nobody is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from tests.tools.warehouse.import_desk import Desk, at, cells, csv_text
from tools.errors import ImportRefused
from tools.seeds import seed_path
from tools.warehouse.formats import load_mapping

D = Decimal
TAOBAOKE = cells(
    "确认收货时间,账户支出时间,淘客结算时间,创建时间,计划名称,商品id,商品名称,实际成交价格,成交商品数,佣金比例,佣金,服务费率,服务费金额,"
    "淘宝父订单编号,淘宝子订单编号,来源或淘客昵称,团长名称,是否预售未付尾款订单,备注"
)
ALIPAY = cells(
    "入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,服务费（元）,支付渠道,签约产品,对方账户,对方名称,"
    "银行订单号,商品名称,备注,业务基础订单号,业务订单号,业务账单来源,业务描述,付款备注"
)
DOUDIAN = cells(
    "动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,订单实付应结,运费实付,实际平台补贴,订单退款,平台服务费,佣金,"
    "招商服务费,站外推广费,备注"
)
STORED = "SELECT entry_id, order_id, line_id, booked_at, kind, income, expense, partner FROM ledger_entries ORDER BY entry_id"


def totals(desk: Desk) -> tuple[Decimal, Decimal]:
    ((income, expense),) = desk.query("SELECT coalesce(sum(income), 0), coalesce(sum(expense), 0) FROM ledger_entries")
    return income, expense


def settled(**changes: str) -> dict[str, str]:
    base = {
        "确认收货时间": "2022-05-10 10:00:00",
        "账户支出时间": "2022-05-20 00:01:02",
        "淘客结算时间": "2022-05-20 00:00:00",
        "创建时间": "2022-05-01 09:00:00",
        "计划名称": "达人合作",
        "商品id": "670000000001",
        "商品名称": "保湿面霜",
        "实际成交价格": "199.00",
        "成交商品数": "1",
        "佣金比例": "20%",
        "佣金": "39.80",
        "服务费率": "5%",
        "服务费金额": "9.95",
        "淘宝父订单编号": "\t2500000000000000001",
        "淘宝子订单编号": "\t2500000000000000002",
        "来源或淘客昵称": "美妆小雨",
        "团长名称": "好物团",
        "是否预售未付尾款订单": "否",
        "备注": "张三 13912345678",
    }
    return base | changes


def test_commission_and_service_fee_are_two_bookings_of_a_row(desk: Desk) -> None:
    rows = [
        settled(),
        settled(淘宝子订单编号="2500000000000000003", 服务费金额="0.00", 团长名称="-"),
        settled(淘宝子订单编号="2500000000000000004", 佣金="-10.00", 服务费金额="-"),
        settled(淘宝子订单编号="2500000000000000005", 佣金="0", 服务费金额="0"),
    ]
    report = desk.load_rows(TAOBAOKE, rows)
    assert (report.format, report.rows, report.accepted, report.rejected) == ("taobaoke_settlement", 4, 3, 1)
    assert report.tables == {"ledger_entries": 4}
    order, moment = "2500000000000000001", at("2022-05-20 00:01:02")
    key = "2022-05-20 00:01:02-达人合作-美妆小雨"
    assert desk.query(STORED) == [
        (f"{order[:-1]}2-{key}-佣金", order, f"{order[:-1]}2", moment, "commission", D(0), D("39.80"), "美妆小雨"),
        (f"{order[:-1]}2-{key}-服务费", order, f"{order[:-1]}2", moment, "commission", D(0), D("9.95"), "好物团"),
        (f"{order[:-1]}3-{key}-佣金", order, f"{order[:-1]}3", moment, "commission", D(0), D("39.80"), "美妆小雨"),
        (f"{order[:-1]}4-{key}-佣金", order, f"{order[:-1]}4", moment, "commission", D(10), D(0), "美妆小雨"),
    ]
    assert totals(desk) == (D(10), D("89.55"))
    again = desk.load_rows(TAOBAOKE, rows[::-1], name="again.csv")
    assert (again.duplicate, again.accepted, again.updated) == (3, 0, 0)
    assert b"13912345678" not in desk.file.read_bytes()


def test_a_changed_booking_updates_its_row(desk: Desk) -> None:
    desk.load_rows(TAOBAOKE, [settled()])
    report = desk.load_rows(TAOBAOKE, [settled(服务费金额="8.00")], name="later.csv")
    assert (report.updated, report.duplicate) == (1, 0)
    assert totals(desk) == (D(0), D("47.80"))


def booking(number: int, **changes: str) -> dict[str, str]:
    base = {
        "入账时间": "2024-03-02 11:22:33",
        "支付宝交易号": "2024030222001199991234567890",
        "支付宝流水号": f"\t{80_000_000_000_000_000_000 + number}",
        "商户订单号": "\tT200P2500000000000000001",
        "账务类型": "在线支付",
        "收入（+元）": " ",
        "支出（-元）": " ",
        "账户余额（元）": "123456.78",
        "服务费（元）": "0.00",
        "对方账户": "cat***@example.com",
        "对方名称": "欧阳翠花",
        "银行订单号": "BANK998877",
        "商品名称": "保湿面霜",
        "业务基础订单号": "2500000000000000001",
    }
    return base | changes


def flow(name: str, amount: str) -> dict[str, str]:
    return {("收入（+元）" if name == "in" else "支出（-元）"): amount}


BOOKINGS = [
    booking(1, **flow("in", "199.00"), 业务描述="交易收款"),
    booking(
        2, **flow("out", "-9.95"), 账务类型="其它", 备注="天猫佣金（类目）{2500000000000000001}扣款", 商户订单号="CAE_X"
    ),
    booking(3, **flow("out", "39.80"), 账务类型="转账", 备注="淘宝客佣金代扣款[2500000000000000001]", 商户订单号="-"),
    booking(4, **flow("out", "50.00"), 账务类型="交易退款", 业务描述="交易退款-售后退款"),
    booking(5, **flow("out", "1.20"), 账务类型="收费", 备注="花呗支付服务费"),
    booking(
        6, **flow("out", "500.00"), 账务类型="其它", 备注="阿里妈妈-直通车充值", 商户订单号="-", 业务基础订单号="-"
    ),
    booking(7, **flow("out", "0.60"), 账务类型="其它", 备注="平台运费险保费"),
    booking(8, **flow("in", "2.00"), 账务类型="退费", 备注="天猫佣金退款"),
    booking(9, **flow("in", "88.00"), 账务类型="在线支付"),
    booking(10, **flow("out", "3.00"), 账务类型="转账", 备注="小额打款"),
    booking(11, **flow("out", "10000.00"), 账务类型="提现", 备注="提现到银行卡"),
    booking(12, **flow("in", "1000.00"), 账务类型="其它", 备注="天猫保证金-解冻"),
    booking(13, **flow("in", "0.00")),
]


def alipay_text(rows: list[dict[str, str]]) -> str:
    """As downloaded: remarks above and below, some of them with as many commas as they please."""
    head = "#支付宝账务明细查询\r\n#账号：[20880000000000000156]\r\n#起始日期：[2024年03月01日]   终止日期：[2024年03月31日]\r\n#-----账务明细列表----\r\n"
    tail = "#-----账务明细列表结束----\r\n#支出合计：8笔，共10604.55元\r\n#导出时间：[2024年04月01日 10:00:00]\r\n"
    return head + csv_text(ALIPAY, rows) + tail


def test_alipay_bookings_by_kind(desk: Desk) -> None:
    (report,) = desk.load(desk.write("20880000000000000156-账务明细.csv", alipay_text(BOOKINGS)))
    assert (report.format, report.encoding) == ("alipay_ledger", "gb18030")
    assert (report.rows, report.accepted, report.rejected) == (16, 10, 6)
    assert not any("先修文件" in note.zh for note in report.notes)
    found = desk.query("SELECT kind, order_id, income, expense FROM ledger_entries ORDER BY entry_id")
    order = "2500000000000000001"
    assert found == [
        ("sale", order, D(199), D(0)),
        ("platform_fee", order, D(0), D("9.95")),
        ("commission", order, D(0), D("39.80")),
        ("refund", order, D(0), D(50)),
        ("platform_fee", order, D(0), D("1.20")),
        ("promotion", None, D(0), D(500)),
        ("freight", order, D(0), D("0.60")),
        ("platform_fee", order, D(2), D(0)),
        ("sale", order, D(88), D(0)),
        ("other", order, D(0), D(3)),
    ]
    assert totals(desk) == (D(289), D("604.55"))
    assert desk.query("SELECT DISTINCT account, booked_date FROM ledger_entries") == [("alipay", date(2024, 3, 2))]


def test_alipay_as_a_workbook_with_remarks(desk: Desk) -> None:
    """Remarks above and below the table are no rows of it; income taken back is an expense."""
    rows = [*BOOKINGS[:2], booking(20, **flow("in", "-7.00"), 业务描述="交易收款")]
    lines = [
        ["#支付宝账务明细查询"],
        ALIPAY,
        *([row.get(name, "") for name in ALIPAY] for row in rows),
        ["#导出时间：2024"],
    ]
    path = desk.root / "账务明细.xlsx"
    lines = [[*cells_of_row, *[""] * (len(ALIPAY) - len(cells_of_row))] for cells_of_row in lines]
    pd.DataFrame(lines).to_excel(path, header=False, index=False)
    (report,) = desk.load(path)
    assert (report.format, report.rows, report.accepted, report.rejected) == ("alipay_ledger", 4, 3, 1)
    assert not any("先修文件" in note.zh for note in report.notes)
    assert totals(desk) == (D(199), D("16.95"))


def test_alipay_again_in_another_order_is_all_duplicates(desk: Desk) -> None:
    desk.load(desk.write("a.csv", alipay_text(BOOKINGS)))
    before = desk.content()
    (again,) = desk.load(desk.write("b.csv", alipay_text(BOOKINGS[::-1]), encoding="utf-8-sig"))
    assert (again.accepted, again.updated, again.duplicate) == (0, 0, 10)
    assert desk.content() == before


def test_alipay_names_no_counterparty(desk: Desk) -> None:
    (report,) = desk.load(desk.write("a.csv", alipay_text(BOOKINGS)))
    assert any("对方账户" in note.zh and "对方名称" in note.zh for note in report.notes)
    content = desk.file.read_bytes()
    for secret in ("欧阳翠花", "cat***@example.com", "BANK998877"):
        assert secret.encode() not in content


def test_the_same_commission_in_two_accounts_is_named(desk: Desk) -> None:
    desk.load_rows(TAOBAOKE, [settled(账户支出时间="2024-03-02 10:00:00")])
    (report,) = desk.load(desk.write("a.csv", alipay_text(BOOKINGS)))
    assert "小心重复" in report.notes[0].zh and "淘宝联盟" in report.notes[0].zh


def movement(number: int, **changes: str) -> dict[str, str]:
    base = dict.fromkeys(
        ("订单实付应结", "运费实付", "实际平台补贴", "订单退款", "平台服务费", "佣金", "招商服务费", "站外推广费"),
        "0.00",
    )
    base |= {
        "动账时间": "2026-03-05 08:00:00",
        "动帐流水号": f"\t{20_260_305_000_000_000_000 + number}",
        "动账方向": "入账",
        "动账账户": "聚合账户",
        "动账场景": "货款结算入账",
        "计费类型": "达人带货",
        "子订单号": "\t6954164338068755932",
        "订单号": "\t6954164338068755000",
        "备注": "收件人李四 13912345678",
    }  # fmt: skip
    return base | changes


# 179 of goods, 6 of freight and 5 of subsidy, less 8.95 of platform fee and 20 of commission and 3 and 1: 157.05
PARTS = {"订单实付应结": "179.00", "运费实付": "6.00", "实际平台补贴": "5.00"}
FEES = {"平台服务费": "8.95", "佣金": "20.00", "招商服务费": "3.00", "站外推广费": "1.00"}


@pytest.mark.parametrize("sign", ["-", ""])
def test_a_movement_becomes_its_parts_whatever_sign_fees_have(desk: Desk, sign: str) -> None:
    fees = {name: sign + value for name, value in FEES.items()}
    (report,) = desk.load(
        desk.write(
            "结算.csv", csv_text(DOUDIAN, [movement(1, 动账金额="157.05", **PARTS, **fees)]), encoding="utf-8-sig"
        )
    )
    assert (report.format, report.rows, report.accepted) == ("douyin_settlement", 1, 1)
    entry, order, child = "20260305000000000001", "6954164338068755000", "6954164338068755932"
    moment = at("2026-03-05 08:00")
    assert desk.query(STORED) == [
        (f"{entry}-佣金", order, child, moment, "commission", D(0), D(20), None),
        (f"{entry}-平台服务费", order, child, moment, "platform_fee", D(0), D("8.95"), None),
        (f"{entry}-平台补贴", order, child, moment, "subsidy", D(5), D(0), None),
        (f"{entry}-招商服务费", order, child, moment, "commission", D(0), D(3), None),
        (f"{entry}-站外推广费", order, child, moment, "promotion", D(0), D(1), None),
        (f"{entry}-订单实付应结", order, child, moment, "sale", D(179), D(0), None),
        (f"{entry}-运费", order, child, moment, "freight", D(6), D(0), None),
    ]
    assert totals(desk) == (D(190), D("32.95"))
    assert b"13912345678" not in desk.file.read_bytes()


def test_movements_add_up_to_the_account(desk: Desk) -> None:
    """Refunds after settlement, bookings without parts, what no column explains; withdrawals are no cost."""
    rows = [
        movement(1, 动账金额="170.05", 订单实付应结="179.00", 平台服务费="-8.95"),
        movement(
            2,
            动账方向="出账",
            动账金额="170.05",
            动账场景="退款-结算后退款-退用户",
            订单实付应结="-179.00",
            平台服务费="8.95",
        ),
        movement(3, 动账方向="出账", 动账金额="-8.17", 动账场景="上门取件运费", 子订单号="-"),
        movement(4, 动账方向="出账", 动账金额="22.86", 动账场景="权益保险", 子订单号="-", 订单号="-"),
        movement(5, 动账金额="100.00", 订单实付应结="120.00", 订单退款="-12.00", 平台服务费="-6.00"),
        movement(6, 动账方向="出账", 动账金额="5000.00", 动账场景="提现"),
        movement(7, 动账方向="冲正", 动账金额="1.00"),
    ]
    report = desk.load_rows(DOUDIAN, rows)
    assert (report.accepted, report.rejected) == (5, 2)
    income, expense = totals(desk)
    assert income - expense == D("170.05") - D("170.05") - D("8.17") - D("22.86") + D(100)
    found = desk.query(
        "SELECT right(split_part(entry_id, '-', 1), 1), kind, income, expense FROM ledger_entries ORDER BY 1, 2"
    )
    assert found == [
        ("1", "platform_fee", D(0), D("8.95")),
        ("1", "sale", D(179), D(0)),
        ("2", "platform_fee", D("8.95"), D(0)),
        ("2", "refund", D(0), D(179)),
        ("3", "freight", D(0), D("8.17")),
        ("4", "other", D(0), D("22.86")),
        ("5", "other", D(0), D(2)),
        ("5", "platform_fee", D(0), D(6)),
        ("5", "refund", D(0), D(12)),
        ("5", "sale", D(120), D(0)),
    ]
    assert desk.load_rows(DOUDIAN, rows[:5][::-1], name="again.csv").duplicate == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("      account: {const: taobaoke}\n", ""), "needs its key column account"),
        (("    each:", "    one_per: line\n    each:"), "each goes with none of"),
        (("          partner: partner", "          partner: nobody"), "nobody"),
    ],
)
def test_parts_of_a_row_are_checked_when_a_format_is_read(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = seed_path("formats", "taobaoke_settlement.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ImportRefused, match=says):
        load_mapping(path)


@pytest.mark.parametrize(
    ("header", "name"),
    [(TAOBAOKE, "taobaoke_settlement"), (ALIPAY, "alipay_ledger"), (DOUDIAN, "douyin_settlement")],
)
def test_each_header_is_one_platform_format(desk: Desk, header: list[str], name: str) -> None:
    assert desk.platform_format(header) == name
