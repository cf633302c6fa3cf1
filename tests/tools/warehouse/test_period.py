"""Days and periods of a report: read from cells in SQL, from titles and names in Python, never guessed and never raising."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.warehouse.ingest.period import Period, first_day_sql, last_day_sql, period_sql, stated_period

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
CONNECTION = duckdb.connect(":memory:")


def read(cell: str) -> Period | None:
    found = CONNECTION.execute(
        f"SELECT {first_day_sql('p')}, {last_day_sql('p')} FROM (SELECT {period_sql('c')} AS p FROM (SELECT ? AS c))",
        [cell],
    ).fetchone()
    assert found is not None
    return Period(*found) if found[0] is not None else None


@settings(max_examples=60, deadline=None)
@given(
    first=DAYS,
    length=st.integers(0, 400),
    shape=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d 00:00:00"]),
    between=st.sampled_from(["~", " ~ ", "至", " 到 ", "-", "—", "_", ","]),
)
def test_a_period_survives_every_way_it_is_written(first: date, length: int, shape: str, between: str) -> None:
    last = first + timedelta(days=length)
    assert read(f"{first.strftime(shape)}{between}{last.strftime(shape)}") == (first, last)
    assert read(first.strftime(shape)) == (first, first)
    if length:
        assert read(f"{last.strftime(shape)}{between}{first.strftime(shape)}") is None


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"[0-9]{0,9}[-/.年~月至 日]{0,3}[0-9]{0,9}[-~日]?[0-9]{0,4}", fullmatch=True),
    )
)
def test_nonsense_is_nothing(cell: str) -> None:
    found = read(cell)
    assert found is None or found.first <= found.last
    stated_period(cell, [[cell, cell]])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("2024年2月", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-13", None),
        ("2026-02-30", None),
        ("最近7天", None),
        ("20261001110309", None),
    ],
)
def test_months_and_broken_days(cell: str, expected: tuple[date, date] | None) -> None:
    assert read(cell) == expected


@pytest.mark.parametrize(
    ("name", "above", "expected"),
    [
        ("【生意参谋平台】商品_全部_2026-10-01_2026-10-07 (1).xls", [], "2026-10-01 ~ 2026-10-07"),
        ("流量 20261001-20261001.csv", [], "2026-10-01"),
        ("店铺来源-2026年10月1日至2026年10月7日.xls", [], "2026-10-01 ~ 2026-10-07"),
        ("商品报表_20260619_110309.csv", [], None),  # a moment of download
        ("导出 2026-11-24.xls", [], None),
        ("a_2026-10-07_2026-10-01.xls", [], None),
        ("a_2026-10-01_2026-10-02_2026-11-24.xls", [], None),
        ("a.xls", [["报表", ""], ["统计周期：2026-10-01 至 2026-10-07"]], "2026-10-01 ~ 2026-10-07"),
        ("a.xls", [["日期", "2026/10/1"], ["导出时间", "2026-11-24"]], "2026-10-01"),
        ("a.xls", [["下载时间：2026-11-24 ~ 2026-11-25"]], None),
        ("a.xls", [["店庆 2026-10-01"]], None),
        ("a_2026-10-01_2026-10-01.xls", [["统计日期：2026-10-01"]], "2026-10-01"),
    ],
)
def test_what_titles_and_names_state(name: str, above: list[list[str]], expected: str | None) -> None:
    found = stated_period(name, above)
    assert (str(found.period) if found.period else None) == expected and not found.clash


def test_statements_that_differ_are_a_clash() -> None:
    found = stated_period("a_2026-10-01_2026-10-01.xls", [["统计日期：2026-10-02"]])
    assert found.period is None and found.clash == ("2026-10-01", "2026-10-02")
