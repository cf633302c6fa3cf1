"""The generic template of every table, as CSV and as the workbook, in both languages: what is filled in comes back, and nothing else."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.tools.warehouse.import_desk import Desk, at
from tools.errors import BadArguments, ImportRefused
from tools.seeds import load_yaml
from tools.text import Lang
from tools.warehouse.formats import template_csv
from tools.warehouse.importer import detect
from tools.warehouse.ingest.identity import buyer_key, load_key
from tools.warehouse.schema import Column, TableSpec, tables
from tools.warehouse.workbook import write_workbook

LANGS: tuple[Lang, ...] = ("zh", "en")
CENTS = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text("甲乙丙丁王小明ABCdef 0123456789_", min_size=3, max_size=12).map(lambda text: "x" + text.strip()),
    "int": st.integers(0, 10**9),
    "money": CENTS,
    "rate": st.integers(0, 10**9).map(lambda millionths: Decimal(millionths) / 10**6),
    "date": st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    "time": st.datetimes(at("2015-01-01"), at("2030-12-31")).map(lambda moment: moment.replace(microsecond=0)),
    "bool": st.booleans(),
}
# What the importer derives from other columns must agree with them: the day of a time, what was paid only when it was.
DAYS_OF = {"live_sessions": "started_at", "live_shifts": "starts_at"}
STATUSES = ("created", "paid", "shipped", "completed", "closed", "refunded")
Rows = dict[str, list[dict[str, Any]]]


def value(draw: st.DrawFn, spec: TableSpec, column: Column, number: int) -> Any:
    if (spec.name, column.name) == ("orders", "status"):
        return draw(st.sampled_from(STATUSES))
    if column.key and column.type == "text":
        return f"{spec.name}{number}"  # rows of a table are told apart by their first key
    if not column.key and draw(st.integers(0, 5)) == 0 and not column.name.startswith("paid"):
        return False if column.type == "bool" else None
    if column.name == "buyer_key":
        return f"{spec.name}-会员{draw(st.integers(0, 50))}"
    return draw(VALUES[column.type])


@st.composite
def contents(draw: st.DrawFn) -> Rows:
    """Two rows of every table; whatever is no key may be left empty."""
    made: Rows = {}
    for spec in tables().values():
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for number in range(2):
            row = {column.name: value(draw, spec, column, number) for column in spec.columns}
            for column in spec.columns:
                time = row.get(column.name.removesuffix("_date") + "_at") if column.type == "date" else None
                if time is not None:
                    row[column.name] = time.date()
            if spec.name in DAYS_OF and row[DAYS_OF[spec.name]] is not None:
                row["day"] = row[DAYS_OF[spec.name]].date()
            rows[tuple(row[key] for key in spec.keys)] = row
        made[spec.name] = list(rows.values())
    return made


def header(spec: TableSpec, lang: Lang) -> list[str]:
    return [column.zh if lang == "zh" else column.name for column in spec.columns]


def expected(spec: TableSpec, rows: list[dict[str, Any]], key: bytes) -> list[tuple[Any, ...]]:
    def kept(name: str, cell: Any) -> Any:
        if name == "buyer_key" and cell is not None:
            return buyer_key(cell, key)
        return cell.strip() if isinstance(cell, str) else cell

    return sorted((tuple(kept(name, cell) for name, cell in row.items()) for row in rows), key=str)


def check(desk: Desk, made: Rows) -> None:
    key = load_key(desk.keys)
    for spec in tables().values():
        names = ", ".join(column.name for column in spec.columns)
        wanted = expected(spec, made[spec.name], key)
        found = desk.query(f"SELECT {names} FROM {spec.name}")
        if spec.name == "customers":  # the buyers of the orders are customers too
            found = [row for row in found if row[0] in {line[0] for line in wanted}]
        assert sorted(found, key=str) == wanted, spec.name


def csv_files(desk: Desk, made: Rows, lang: Lang) -> list[Path]:
    files = []
    for spec in tables().values():
        out = io.StringIO(template_csv(spec.name, lang))
        out.seek(0, io.SEEK_END)
        csv.writer(out).writerows(["" if cell is None else cell for cell in row.values()] for row in made[spec.name])
        files.append(desk.write(f"{spec.name}.csv", out.getvalue(), encoding="utf-8-sig"))
    return files


def filled_workbook(desk: Desk, made: Rows, lang: Lang) -> Path:
    path = desk.root / f"template-{lang}.xlsx"
    write_workbook(path, lang)
    book = load_workbook(path)
    for spec in tables().values():
        sheet = book[spec.zh if lang == "zh" else spec.name]
        assert [cell.value for cell in sheet[1]] == header(spec, lang)
        for row in made[spec.name]:
            sheet.append(list(row.values()))
    book.save(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=contents())
def test_every_table_comes_back_from_its_csv(tmp_path_factory: pytest.TempPathFactory, lang: Lang, made: Rows) -> None:
    desk = Desk(tmp_path_factory.mktemp("csv"))
    reports = desk.load(*csv_files(desk, made, lang))
    assert [report.format for report in reports] == [f"template_{name}" for name in tables()]
    assert all(report.rejected == 0 and not report.unmapped for report in reports)
    check(desk, made)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=contents())
def test_every_table_comes_back_from_the_workbook(
    tmp_path_factory: pytest.TempPathFactory, lang: Lang, made: Rows
) -> None:
    desk = Desk(tmp_path_factory.mktemp("book"))
    path = filled_workbook(desk, made, lang)
    reports = desk.load(path)
    assert [report.format for report in reports] == [f"template_{name}" for name in tables()]
    assert all(report.rejected == 0 for report in reports)
    assert not any("没有读取的工作表" in note.zh for report in reports for note in report.notes)
    check(desk, made)
    again = desk.load(path)
    assert sum(report.accepted + report.updated for report in again) == 0


@pytest.mark.parametrize("lang", LANGS)
def test_empty_sheets_of_the_template_are_passed_over(tmp_path: Path, lang: Lang) -> None:
    desk = Desk(tmp_path)
    path = tmp_path / "t.xlsx"
    write_workbook(path, lang)
    with pytest.raises(ImportRefused, match="nothing but their headers"):
        desk.load(path)
    assert not desk.file.exists()
    book = load_workbook(path)
    book["库存" if lang == "zh" else "stock_daily"].append(["2026-10-01", "00123", 5])
    book.save(path)
    (report,) = desk.load(path)
    assert (report.format, report.accepted, report.notes) == ("template_stock_daily", 1, [])
    assert desk.query("SELECT day, product_id, on_hand FROM stock_daily") == [(date(2026, 10, 1), "00123", 5)]


@pytest.mark.parametrize("lang", LANGS)
def test_the_guide_explains_every_table_and_column(tmp_path: Path, lang: Lang) -> None:
    path = tmp_path / "t.xlsx"
    write_workbook(path, lang)
    book = load_workbook(path)
    rows = [[cell or "" for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)][3:]
    heads = [row for row in rows if row[0]]
    assert (
        [row[0] for row in heads]
        == book.sheetnames[1:]
        == [spec.zh if lang == "zh" else name for name, spec in tables().items()]
    )
    assert all(row[4] for row in heads)
    columns = [row[1] for row in rows if not row[0]]
    assert columns == [name for spec in tables().values() for name in header(spec, lang)]
    assert all(row[3] for row in rows if not row[0])
    status = next(row for row in rows if row[1] in {"订单状态", "status"})
    assert ("待付款" in status[4]) if lang == "zh" else ("created" in status[4])


def test_the_guide_speaks_of_what_exists() -> None:
    words = load_yaml("warehouse", "guide.yaml")
    assert set(words["tables"]) == set(tables())
    known = {f"{spec.name}.{column.name}" for spec in tables().values() for column in spec.columns}
    assert set(words["columns"]) <= known
    for part in words.values():
        assert all(set(text) == {"zh", "en"} and all(text.values()) for text in part.values())


def test_words_of_the_guide_for_an_order_are_those_the_importer_takes(tmp_path: Path) -> None:
    words = load_yaml("warehouse", "guide.yaml")["columns"]["orders.status"]
    listed = [*words["zh"].split("、"), *words["en"].split(", ")]
    rows = "".join(f"{number},{word},2026-01-01,5\n" for number, word in enumerate(listed))
    desk = Desk(tmp_path)
    (report,) = desk.load(desk.write("o.csv", "订单编号,订单状态,付款日期,支付金额\n" + rows, encoding="utf-8"))
    assert report.rejected == 0
    assert {status for (status,) in desk.query("SELECT status FROM orders")} == set(STATUSES)


def test_a_template_by_either_name_and_no_other() -> None:
    assert template_csv("template_fees", "en") == template_csv("fees", "en") == "fee,valid_from,rate,amount\r\n"
    with pytest.raises(BadArguments):
        template_csv("fee_table")


def test_a_template_in_a_foreign_workbook_is_found_below_other_sheets(tmp_path: Path) -> None:
    """A merchant's own sheet beside the template is named, so that nobody believes it was read."""
    desk = Desk(tmp_path)
    path = tmp_path / "t.xlsx"
    write_workbook(path, "zh")
    book = load_workbook(path)
    book["目标"].append(["支付金额", "2026-11-01", "2026-11-30", 100000])
    mine = book.create_sheet("我的算法")
    mine.append(["项", "值"])
    mine.append(["毛利", 0.4])
    book.save(path)
    (report,) = desk.load(path)
    assert report.format == "template_targets"
    assert [note.zh for note in report.notes] == ["没有读取的工作表：我的算法（不是认识的报表）。"]
    assert [found.format for found in detect(path)] == ["template_targets"]
