"""`advisor import -`: a table pasted from Excel, a page or a chat goes the way of a file; `--mapping` and templates at the terminal."""

from __future__ import annotations

import io
import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.app import build_desk, load_settings
from advisor.service.imports import ShopDetails
from tests.advisor.terminal import Outcome, Run, called
from tools.errors import ImportRefused
from tools.warehouse.ingest import pasted as pasting
from tools.warehouse.ingest.pasted import pasted_file

TSV = "统计日期\t商品id\t库存件数\n2026-10-01\tA1\t1,204\n2026-10-02\tA1\t-\n"
MARKDOWN = """下面是这两天的数据：
| 日期 | 访客数 | 支付金额 |
|------|-------:|:-------:|
| 2026-10-01 | 11,269 | ¥1,284.50 |
| 2026-10-02 | 9001 | 900 |
| **合计** | 20,270 | 2,184.50 |
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    def call(*arguments: object, stdin: str | bytes = "") -> Outcome:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        return called(capsys, *arguments, "--workspace", tmp_path / "ws")

    return call


def query(tmp_path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(tmp_path / "ws" / "warehouse" / "my-shop.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_cells_copied_from_a_spreadsheet(run: Run, tmp_path: Path, encoding: str) -> None:
    said = run("import", "-", "--json", stdin=TSV.encode(encoding))
    assert said.code == 0
    (report,) = json.loads(said.out)
    assert (report["file"], report["format"], report["rows"], report["accepted"]) == (
        "pasted",
        "template_stock_daily",
        2,
        2,
    )
    assert query(tmp_path, "SELECT day, product_id, on_hand FROM stock_daily ORDER BY day") == [
        (date(2026, 10, 1), "A1", 1204),
        (date(2026, 10, 2), "A1", None),
    ]
    (again,) = json.loads(run("import", "-", "--json", stdin=TSV.encode(encoding)).out)
    assert (again["accepted"], again["duplicate"]) == (0, 2)
    assert query(tmp_path, "SELECT DISTINCT file_name FROM imports") == [("pasted",)]


def test_a_markdown_table_with_words_around_it(run: Run, tmp_path: Path) -> None:
    """The total is left out as in a file, and nothing of the bars and rules is left in the cells."""
    said = run("import", "-", "--lang", "zh", stdin=MARKDOWN)
    assert said.code == 3 and "读入 3 行：新增 2" in said.out and "合计行 1 行" in said.out
    assert query(tmp_path, "SELECT day, visitors, paid_amount FROM shop_daily ORDER BY day") == [
        (date(2026, 10, 1), 11269, Decimal("1284.50")),
        (date(2026, 10, 2), 9001, Decimal(900)),
    ]


def test_a_dry_run_of_a_paste_writes_nothing(run: Run, tmp_path: Path) -> None:
    said = run("import", "-", "--dry-run", "--lang", "en", stdin=TSV)
    assert said.code == 0 and "2 accepted" in said.out
    assert not (tmp_path / "ws" / "warehouse").exists()


@pytest.mark.parametrize(
    ("stdin", "code", "says"),
    [("", 3, "Nothing was pasted"), ("hello world", 3, "no report"), (b"\x00\x01\x02" * 50, 3, "no text table")],
)
def test_a_paste_that_is_no_table_says_what_to_do(
    run: Run, tmp_path: Path, stdin: str | bytes, code: int, says: str
) -> None:
    said = run("import", "-", "--lang", "en", stdin=stdin)
    assert (said.code, said.out) == (code, "") and says in said.err
    assert not (tmp_path / "ws" / "warehouse").exists()


def test_a_pasted_report_without_a_day_asks_for_a_line_above_it(run: Run, tmp_path: Path) -> None:
    """Its name can say nothing, so the advice for a file (rename it) is not given."""
    table = "一级来源\t二级来源\t三级来源\t访客数\t支付金额\t支付买家数\n手淘搜索\t手淘搜索\t手淘搜索\t120\t300.00\t5\n"
    refused = run("import", "-", "--lang", "zh", stdin=table)
    assert refused.code == 3 and "加一行“统计日期：2026-10-01”" in refused.err and "文件名" not in refused.err
    assert run("import", "-", "--lang", "zh", stdin="统计日期：2026-10-01\n" + table).code == 0
    assert query(tmp_path, "SELECT day, visitors FROM traffic_daily") == [(date(2026, 10, 1), 120)]


def test_a_paste_comes_alone(run: Run, tmp_path: Path) -> None:
    said = run("import", "-", tmp_path / "orders.csv", "--lang", "en", stdin=TSV)
    assert said.code == 2 and "on its own" in said.err


def test_a_paste_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasting, "MAX_FILE_BYTES", 10)
    with pytest.raises(ImportRefused, match="larger than"), pasted_file("x" * 11):
        pass


def test_the_page_can_bring_in_a_text(tmp_path: Path) -> None:
    desk = build_desk(load_settings(workspace=tmp_path / "ws"))
    profile, is_new = desk.target(None, ShopDetails())
    (report,) = desk.import_text(TSV, profile)
    assert is_new and (report.file, report.accepted) == ("pasted", 2)
    assert desk.holdings("my-shop")[1][0]["file_name"] == "pasted"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="-|\\*\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029\"", exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=12)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5),
    edges=st.booleans(),
    aligned=st.sampled_from(["---", ":--", "--:", ":-:"]),
)
def test_markdown_becomes_its_cells(rows: list[list[str]], edges: bool, aligned: str) -> None:
    bar = ("| ", " |") if edges else ("", "")
    lines = [["a|b", "c", "d"], [aligned] * 3, *rows]
    text = "\n".join(bar[0] + " | ".join(cell.replace("|", "\\|") for cell in line) + bar[1] for line in lines)
    with pasted_file(text) as path:
        read = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert read == [["a|b", "c", "d"], *rows]
    assert not path.exists()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_pasted_is_a_file_or_a_refusal(text: str) -> None:
    try:
        with pasted_file(text) as path:
            assert path.stat().st_size
    except ImportRefused:
        assert not text.strip()
    else:
        assert text.strip()


def test_a_mapping_of_ones_own_from_the_terminal(run: Run, tmp_path: Path) -> None:
    """A file no format knows: refused, read with a mapping, a duplicate the second time; a wrong mapping names its line."""
    mapping, file = tmp_path / "erp.yaml", tmp_path / "erp.csv"
    mapping.write_text(
        "id: my_erp\nlabel: {zh: 我的 ERP, en: My ERP}\ndownload: {zh: ERP 报表, en: ERP report}\ndetect: [[no, money]]\n"
        "fields:\n  no: {type: id, names: [单号], required: true}\n  money: {type: money, names: [成交额]}\n"
        "  day: {type: time, names: [成交日], day_first: true}\n  member: {type: buyer, names: [会员]}\n"
        "targets:\n  orders:\n    columns: {order_id: no, status: {const: paid}, paid_at: day, paid_date: {date: day}, "
        "gross_amount: money, refund_amount: {const: 0}, buyer_key: member}\n",
        encoding="utf-8",
    )
    file.write_text(
        "单号,成交额,成交日,会员\nA1,¥1,3/4/2024,王小明88\nA2,2.50,13/4/2024 08:30,李四99\n", encoding="utf-8"
    )
    assert run("import", file, "--lang", "zh").code == 3
    (report,) = json.loads(run("import", file, "--mapping", mapping, "--json").out)
    assert (report["format"], report["accepted"], report["rejected"]) == ("my_erp", 2, 0)
    assert query(tmp_path, "SELECT paid_date, gross_amount FROM orders ORDER BY order_id") == [
        (date(2024, 4, 3), Decimal(1)),
        (date(2024, 4, 13), Decimal("2.50")),
    ]
    assert "王小明88".encode() not in (tmp_path / "ws" / "warehouse" / "my-shop.duckdb").read_bytes()
    (again,) = json.loads(run("import", file, "--mapping", mapping, "--json").out)
    assert (again["accepted"], again["duplicate"]) == (0, 2)
    (pasted,) = json.loads(run("import", "-", "--mapping", mapping, "--json", stdin=file.read_bytes()).out)
    assert (pasted["file"], pasted["duplicate"]) == ("pasted", 2)
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("type: money", "type: cash"), encoding="utf-8")
    wrong = run("import", file, "--mapping", mapping, "--lang", "zh")
    assert wrong.code == 3 and "fields.money.type" in wrong.err


def test_templates_from_the_terminal(run: Run, tmp_path: Path) -> None:
    """A header to fill in and paste back; a workbook that never replaces one that may hold data."""
    said = run("formats", "--template", "stock_daily", "--lang", "zh")
    assert (said.code, said.out) == (0, "日期,商品id,库存件数\n")
    assert run("formats", "--template", "template_fees", "--lang", "en").out == "fee,valid_from,rate,amount\n"
    assert json.loads(run("formats", "--template", "fees", "--json", "--lang", "en").out)["table"] == "fees"
    assert run("import", "-", stdin=said.out + "2026-10-01,A1,5\n").code == 0
    unknown = run("formats", "--template", "stok_daily", "--lang", "en")
    assert unknown.code == 2 and "stock_daily" in unknown.err
    book = tmp_path / "template.xlsx"
    assert run("formats", "--workbook", book, "--lang", "zh").code == 0
    content = book.read_bytes()
    again = run("formats", "--workbook", book, "--lang", "en")
    assert again.code == 2 and "not overwritten" in again.err and book.read_bytes() == content
    assert run("formats", "--workbook", tmp_path / "t.csv").code == 2
    assert run("formats", "--workbook", tmp_path / "t.xlsx", "--template", "fees").code == 2
    empty = run("import", book, "--lang", "zh")
    assert empty.code == 3 and "还没有数据" in empty.err
