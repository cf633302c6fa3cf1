"""How cells are read: a table of texts against the value a person would write down, and Python's decimal as a second reader."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.warehouse.import_desk import at
from tools.warehouse.ingest.convert import convert_sql, filled_sql, implausible_sql, strip_sql
from tools.warehouse.ingest.spec import FieldSpec
from tools.warehouse.ingest.textfile import peek, write_clean

CONNECTION = duckdb.connect()
CONNECTION.execute("SET TimeZone = 'UTC'")
D = Decimal


def read(text: str | None, kind: str, **options: Any) -> Any:
    """The value of one cell; 'unreadable' where it has text but no value."""
    field = FieldSpec(type=kind, names=("x",), **options)  # type: ignore[arg-type]
    value = convert_sql("t", field, "Asia/Shanghai")
    odd = implausible_sql("v", field.type) or "FALSE"
    found = CONNECTION.execute(
        f"SELECT t, v, {odd} FROM (SELECT t, {value} AS v FROM (SELECT {filled_sql('s', field.type)} AS t FROM "
        f"(SELECT {strip_sql('x', field.type)} AS s FROM (SELECT CAST(? AS VARCHAR) AS x))))",
        [text],
    ).fetchone()
    assert found is not None
    cleaned, result, implausible = found
    return "unreadable" if (cleaned is not None and result is None) or implausible else result


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", D("12.50")),
        ("1,234.56", D("1234.56")),
        ("¥1,234.56", D("1234.56")),
        ("￥ 88", D(88)),
        ("88.00元", D(88)),
        ("$5.00", D(5)),
        ("£5", D(5)),
        ("5.00 USD", D(5)),
        ("(12.00)", D(-12)),
        ("-¥3.50", D("-3.50")),
        ("'12", D(12)),
        ('="12.00"', D(12)),
        ("\u00a012\u3000", D(12)),
        ("0.005", D("0.01")),
        ("-", None),
        ("--", None),
        ("", None),
        ("无", None),
        ("无退款", None),
        (" 无退款申请 ", None),
        ("没有申请退款", None),
        ("N/A", None),
        ("nan", None),
        ("NaN", None),
        ("退款中", "unreadable"),
        ("null", None),
        ("1.234,56", "unreadable"),
        ("1,23", "unreadable"),
        ("12a", "unreadable"),
        ("一百", "unreadable"),
        ("1.2万", "unreadable"),
        ("13912345678", "unreadable"),
        ("inf", "unreadable"),
        ("NaN元", "unreadable"),
        ("1;2", "unreadable"),
    ],
)
def test_money(text: str, value: object) -> None:
    assert read(text, "money") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("78.15%", D("0.7815")),
        ("0.7815", D("0.7815")),
        ("1,000", D(1000)),
        ("5e-1", D("0.5")),
    ],
)
def test_number(text: str, value: object) -> None:
    assert read(text, "number") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("11,269", 11269), ("3.0", 3), ("3.5", "unreadable"), ("-2", -2), ("1e3", 1000), ("x", "unreadable")],
)
def test_int(text: str, value: object) -> None:
    assert read(text, "int") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('="2100000000000000001"', "2100000000000000001"),
        ("'2100000000000000001", "2100000000000000001"),
        ("\t2100000000000000001", "2100000000000000001"),
        ("2.1E+18", "unreadable"),
        ("2.1e18", "unreadable"),
        ("2E+18", "unreadable"),
        ("13085.0", "13085"),
        ("#1001", "#1001"),
        ("79323E", "79323E"),
        ("12E5", "12E5"),
        ("a" * 201, "unreadable"),
    ],
)
def test_id(text: str, value: object) -> None:
    assert read(text, "id") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2020-02-21 00:00:00", at("2020-02-21 00:00")),
        ("2020/2/1 0:14", at("2020-02-01 00:14")),
        ("2020-02-21", at("2020-02-21 00:00")),
        ("20200221", at("2020-02-21 00:00")),
        ("2020年2月1日", at("2020-02-01 00:00")),
        ("2020.02.21", at("2020-02-21 00:00")),
        ("2024-01-31T16:30:00Z", at("2024-02-01 00:30")),
        ("2024-01-31 16:30:00 +0000", at("2024-02-01 00:30")),
        ("2024-01-31 11:30:00 -0500", at("2024-02-01 00:30")),
        ("2024-01-31 11:30-05:00", at("2024-02-01 00:30")),
        ("2020-02-30", "unreadable"),
        ("3/4/2024", "unreadable"),
        ("45000", "unreadable"),
        ("1969-01-01", "unreadable"),
        ("2929-01-01", "unreadable"),
        ("昨天", "unreadable"),
        ("0000-00-00 00:00:00", "unreadable"),
    ],
)
def test_time(text: str, value: object) -> None:
    assert read(text, "time") == value


def test_day_order_is_stated_never_guessed() -> None:
    assert read("3/4/2024", "date", day_first=True) == date(2024, 4, 3)
    assert read("3/4/2024", "date", day_first=False) == date(2024, 3, 4)
    assert read("13/4/2024", "date", day_first=False) == "unreadable"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("浙江省 杭州市 余杭区", "浙江"),
        ("内蒙古自治区", "内蒙古"),
        ("上海", "上海"),
        ("海外 英国", "海外"),
        ("欧阳路1号", "unreadable"),
    ],
)
def test_only_the_province_of_an_address(text: str, value: object) -> None:
    assert read(text, "province") == value


@given(st.decimals(min_value=D("-9999999"), max_value=D("9999999"), places=3, allow_nan=False))
@settings(max_examples=60, deadline=None)
def test_money_agrees_with_decimal(value: Decimal) -> None:
    rounded = value.quantize(D("0.01"), rounding=ROUND_HALF_UP)
    assert read(str(value), "money") == rounded
    assert read(f"{value:,}元", "money") == rounded


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\u00a0\u3000\ufeff\ufffd'),
                max_size=6,
            ),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
@settings(max_examples=60, deadline=None)
def test_records_survive_any_encoding(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], encoding: str
) -> None:
    """Every row written comes back under its number, in whichever encoding it was written."""
    folder = tmp_path_factory.mktemp("text")
    quoted = [[f'"{cell}"' for cell in row] for row in [["编号", "标题"], *rows]]
    (folder / "in.csv").write_bytes("\r\n".join(",".join(row) for row in quoted).encode(encoding))
    start = peek(folder / "in.csv")
    assert start.encoding == {"utf-8-sig": "utf-8-sig"}.get(encoding, encoding)
    copy = write_clean(folder / "in.csv", folder / "out.csv", encoding=start.encoding, delimiter=",", skip=1)
    lines = (folder / "out.csv").read_text(encoding="utf-8").splitlines()
    filled = [(number, row) for number, row in enumerate(quoted[1:], 2) if "".join(row).strip('" \t,')]
    assert copy.rows == len(filled) and not copy.unreadable
    if all(character.isprintable() for row in rows for cell in row for character in cell):
        assert lines == [f"{number},{','.join(row)}" for number, row in filled]


def test_quotes_that_span_lines_or_never_close(tmp_path: Path) -> None:
    text = 'a,b\n1,"two\nlines"\n2,14" screen\n3,"open\n4,x\n5,y\n'
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    copy = write_clean(tmp_path / "in.csv", tmp_path / "out.csv", encoding="utf-8", delimiter=",", skip=1)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == '2,1,"two lines"\n3,2,14" screen\n5,4,x\n6,5,y\n'
    assert (copy.rows, copy.unreadable) == (5, {4: "open_quote"})
