"""The ledger: duplicates, updates, split and shuffled files, and that a failed or dry import changes nothing."""

from __future__ import annotations

import csv
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tools.warehouse.import_desk import H2018, H2022, SHOPIFY, Desk, csv_text, order, sale
from tools.errors import BadArguments, ImportRefused
from tools.warehouse.access import Warehouse
from tools.warehouse.importer import detect

D = Decimal


def counts(report: object) -> tuple[int, int, int, int]:
    return tuple(getattr(report, name) for name in ("accepted", "updated", "duplicate", "rejected"))  # type: ignore[return-value]


def test_the_same_file_again_is_all_duplicates(desk: Desk) -> None:
    rows = [order(n) for n in range(5)] + [order(9, 总金额="abc")]
    assert counts(desk.load_rows(H2022, rows)) == (5, 0, 0, 1)
    before = desk.content()
    again = desk.load_rows(H2022, rows)
    assert counts(again) == (0, 0, 5, 1) and "nothing was changed" in again.notes[0].en
    assert desk.content() == before


def test_a_later_export_updates_and_keeps_the_old_version(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1, 订单状态="卖家已发货，等待买家确认"), order(2)])
    report = desk.load_rows(
        H2022, [order(1, 买家实际支付金额="60.00", 退款金额="40.00"), order(2), order(3)], name="later.csv"
    )
    assert counts(report) == (1, 1, 1, 0)
    assert desk.query("SELECT status, gross_amount, refund_amount FROM orders ORDER BY order_id LIMIT 1") == [
        ("completed", D(100), D(40))
    ]
    ((table, key, old),) = desk.query("SELECT table_name, row_key, content FROM row_versions")
    assert (table, key, json.loads(old)["status"]) == ("orders", "20000000000000001", "shipped")
    ids = desk.query("SELECT import_id FROM imports ORDER BY imported_at")
    assert desk.query("SELECT import_id, replaced_by FROM row_versions") == [(ids[0][0], ids[1][0])]


def test_an_old_file_dropped_again_does_not_turn_the_clock_back(desk: Desk) -> None:
    old = desk.write("old.csv", csv_text(H2022, [order(1, 订单状态="卖家已发货，等待买家确认")]))
    desk.load(old)
    desk.load_rows(H2022, [order(1)], name="new.csv")
    assert counts(desk.load(old)[0]) == (0, 0, 1, 0)
    assert desk.query("SELECT status FROM orders") == [("completed",)]


def test_a_narrower_export_does_not_erase_what_it_lacks(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1)])
    reduced = ["订单编号", "总金额", "买家实际支付金额", "收货地址 ", "订单创建时间", "订单付款时间 ", "退款金额"]
    report = desk.load_rows(reduced, [order(1, 退款金额="25.00", 买家实际支付金额="75.00")], name="reduced.csv")
    assert counts(report) == (0, 1, 0, 0)
    assert desk.query("SELECT refund_amount, item_quantity, buyer_key IS NULL, shipped_at IS NULL FROM orders") == [
        (D(25), 1, False, False)
    ]


def test_a_key_twice_in_one_file(desk: Desk) -> None:
    rows = [order(1), order(1), order(2), order(2, 订单状态="交易关闭")]
    report = desk.load_rows(H2018, rows)
    assert counts(report) == (2, 0, 2, 0)
    assert desk.query("SELECT status FROM orders ORDER BY order_id") == [("completed",), ("closed",)]
    assert any("1 个编号在文件里出现多次" in note.zh for note in report.notes)
    assert any("已付款 2 行：支付金额 200.00" in note.zh for note in report.notes)
    assert counts(desk.load_rows(H2018, rows, name="again.csv")) == (0, 0, 4, 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_split_and_shuffled_files_give_the_same_shop(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = [
        order(
            n,
            退款金额="30.00" if n % 5 == 0 else "0.00",
            买家实际支付金额="70.00" if n % 5 == 0 else "100.00",
            买家会员名=f"tb{n % 7}",
        )
        for n in range(40)
    ]
    whole, parts = Desk(tmp_path / "a"), Desk(tmp_path / "b")
    for each in (whole, parts):
        each.root.mkdir()
    whole.load_rows(H2018, rows)
    rng.shuffle(rows)
    cut = rng.randint(10, 30)
    for number, part in enumerate((rows[:cut], rows[cut:])):
        parts.load_rows(H2018, part, name=f"{number}.csv")
    _same_but_for_keys(whole, parts)


def test_multi_line_orders_split_and_shuffled(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = []
    for n in range(12):
        rows.append(sale(f"#{n}"))
        rows += [
            {
                "Name": f"#{n}",
                "Lineitem quantity": "2",
                "Lineitem name": name,
                "Lineitem price": "3.50",
                "Lineitem sku": "S",
            }
            for name in ("Sock", "Sock", "Scarf")
        ]
    whole, parts = Desk(tmp_path / "a"), Desk(tmp_path / "b")
    for each in (whole, parts):
        each.root.mkdir()
    whole.load_rows(SHOPIFY, rows)
    mixed = rows[24:] + rows[:24]
    parts.load_rows(SHOPIFY, mixed[:21], name="1.csv")
    parts.load_rows(SHOPIFY, mixed[21:], name="2.csv")
    _same_but_for_keys(whole, parts)
    assert whole.query("SELECT DISTINCT item_quantity FROM orders") == [(7,)]


def _same_but_for_keys(left: Desk, right: Desk) -> None:
    """Two workspaces have two keys: compare everything but the hash, and buyers by how they group orders."""
    for table, columns in (
        ("orders", "* EXCLUDE (import_id, buyer_key)"),
        ("order_lines", "* EXCLUDE (import_id)"),
        ("customers", "first_paid_date"),
    ):
        sql = f"SELECT {columns} FROM {table} ORDER BY ALL"
        assert left.query(sql) == right.query(sql)
    groups = "SELECT list_sort(list(order_id)) FROM orders GROUP BY buyer_key ORDER BY ALL"
    assert left.query(groups) == right.query(groups)


def test_rejected_rows_are_named_one_by_one(desk: Desk) -> None:
    rows = [
        order(1),
        order(2, 订单编号="2.1E+18"),
        order(3, 订单编号=""),
        order(4, 总金额="一百"),
        order(5, **{"订单付款时间 ": "2024-02-30 10:00:00"}),
        order(6, 总金额="13912345678901"),
        order(7, **{"订单付款时间 ": ""}),
        order(8, 订单编号='=HYPERLINK("http://x")'),
    ]
    text = csv_text(H2022, rows) + "x,y,z\r\n" + '"never closed,1,2\r\n'
    (report,) = desk.load(desk.write("damaged.csv", text))
    assert counts(report) == (2, 0, 0, 8)
    with Path(report.quarantine_file or "").open(encoding="utf-8-sig", newline="") as handle:
        found = list(csv.DictReader(handle))
    assert [int(row["row"]) for row in found] == [3, 4, 5, 6, 7, 8, 10, 11]
    reasons = {int(row["row"]): row["reason_en"] for row in found}
    assert "scientific notation" in reasons[3] and "cell is empty" in reasons[4] and "no payment time" in reasons[8]
    assert {row["file"] for row in found} == {"damaged.csv"}
    assert [row["value"] for row in found if row["row"] == "6"] == ["2024-02-30 10:00:00"]
    assert not any(cell.startswith(("=", "@")) for row in found for cell in row.values())


def test_formula_cells_are_defused_in_the_quarantine(desk: Desk) -> None:
    header = "product_id,day,on_hand\n"
    path = desk.write("stock.csv", header + "+cmd|' /C calc'!A0,2024-01-01,abc\n@SUM,2024-01-01,x\n-5,2024-01-01,y\n")
    (report,) = desk.load(path)
    assert counts(report) == (0, 0, 0, 3)
    with Path(report.quarantine_file or "").open(encoding="utf-8-sig", newline="") as handle:
        ids = [row["id"] for row in csv.DictReader(handle)]
    assert ids == ["", "", "-5"]


def test_a_shifted_row_leaves_no_name_in_the_quarantine(desk: Desk) -> None:
    shifted = order(1, 总金额="欧阳翠花", 订单编号="欧阳翠花")
    phone = order(2, 总金额="13912345678 ", 买家实际支付金额="联系 13912345678")
    report = desk.load_rows(H2018, [shifted, phone])
    text = Path(report.quarantine_file or "").read_text(encoding="utf-8-sig")
    assert report.rejected == 2 and "欧阳翠花" not in text and "13912345678" not in text


def test_dry_run_reports_and_writes_nothing(desk: Desk) -> None:
    path = desk.write("a.csv", csv_text(H2022, [order(1), order(2, 总金额="x")]))
    (report,) = desk.load(path, dry_run=True)
    assert counts(report) == (1, 0, 0, 1)
    assert report.quarantine_file is None
    assert not desk.file.exists() and not desk.keys.exists() and not desk.quarantine.exists()
    desk.load(path)
    digest = desk.digest()
    (report,) = desk.load(desk.write("b.csv", csv_text(H2022, [order(1, 订单状态="交易关闭"), order(3)])), dry_run=True)
    assert counts(report) == (1, 1, 0, 0)
    assert desk.digest() == digest


def test_one_bad_file_among_good_ones(desk: Desk) -> None:
    good = desk.write("good.csv", csv_text(H2022, [order(1)]))
    bad = desk.write("bad.csv", "完全不相干,的表格\n1,2\n")
    first, second = desk.load(bad, good)
    assert first.error is not None and "advisor formats" in first.error.zh and first.rows == 0
    assert counts(second) == (1, 0, 0, 0)
    digest = desk.digest()
    with pytest.raises(ImportRefused, match="nothing was written"):
        desk.load(bad)
    assert desk.digest() == digest


def test_a_failure_half_way_leaves_file_and_quarantine_as_they_were(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load_rows(H2022, [order(1)])
    digest = desk.digest()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("tools.warehouse.ingest.pipeline._record", fail)
    with pytest.raises(OSError, match="disk full"):
        desk.load_rows(H2022, [order(2), order(3, 总金额="x")], name="b.csv")
    assert desk.digest() == digest
    assert list(desk.quarantine.glob("*")) == []
    assert [path.name for path in desk.warehouse.iterdir() if path.suffix == ".part"] == []


def test_ledger_is_kept(desk: Desk) -> None:
    desk.load_rows(H2022, [order(1), order(2, 总金额="x")])
    (entry,) = Warehouse(desk.warehouse).for_merchant("shop").imports()
    assert (entry["file_name"], entry["format"], entry["rows"], entry["accepted"], entry["rejected"]) == (
        "export.csv",
        "tmall_orders",
        2,
        1,
        1,
    )
    assert json.loads(entry["notes"])[0]["zh"]


def test_unknown_format_names_the_nearest(desk: Desk) -> None:
    path = desk.write("a.csv", csv_text(H2022, [order(1)]))
    with pytest.raises(BadArguments, match='Did you mean "tmall_orders"'):
        desk.load(path, format="tmall_order")
    with pytest.raises(ImportRefused):
        desk.load(path, format="shopify_orders")
    assert detect(path, format="tmall_orders")[0].format == "tmall_orders"


def test_report_json_has_the_contract_fields(desk: Desk) -> None:
    report = desk.load_rows(H2022, [order(1)]).to_json()
    assert list(report)[:8] == ["file", "format", "rows", "accepted", "updated", "duplicate", "rejected", "unmapped"]
    json.dumps(report)
