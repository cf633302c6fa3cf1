"""Rejected rows, each with its file, number and reason, in a file a merchant can open; nothing personal is written."""

from __future__ import annotations

import csv
import heapq
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from tools.text import Text
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.expressions import literal
from tools.warehouse.ingest.mapping import cell_sql
from tools.warehouse.ingest.spec import FieldType

__all__ = ["expected", "reason_counts", "reason_text", "write_quarantine"]

_REASONS = {
    "ragged": Text("列数与表头不一致", "the number of cells differs from the header"),
    "open_quote": Text("引号没有成对", "a quote is not closed"),
    "too_long": Text("这一行过长", "the row is far too long"),
    "remark": Text("报表自带的说明行（# 开头）", "a remark of the export (it begins with #)"),
    "bytes": Text("含有损坏的字符", "damaged characters"),
    "missing": Text("必填的单元格为空", "a required cell is empty"),
    "damaged_id": Text(
        "编号被 Excel 改成了科学计数法，已无法还原；请用未打开过的原始文件",
        "the id was turned into scientific notation by Excel and cannot be restored; use the file as downloaded",
    ),
    "bad_money": Text("金额无法识别或超出合理范围", "the amount cannot be read or is out of all bounds"),
    "bad_number": Text("数字无法识别", "the number cannot be read"),
    "bad_time": Text("日期或时间无法识别", "the date or time cannot be read"),
    "span": Text(
        "这一行是多天的合计，不能当成一天；请在下载时把日期粒度选为“日”",
        "the row sums up several days and is no day's figure; download the report by day (日)",
    ),
    "bad_word": Text("不认识的取值", "an unknown word"),
    "total": Text("合计行", "a line of totals"),
    "currency": Text("币种与店铺不同", "another currency than the shop's"),
    "order": Text("所属订单的首行被拒收", "the first line of its order was rejected"),
    "no_key": Text("缺少唯一编号", "the identifying value is missing"),
    "range": Text("金额超出合理范围", "the amount is out of all bounds"),
    "nothing": Text("没有可导入的内容", "nothing to import on this row"),
}

# A shifted row can have a name or a telephone number in any column: only what looks like the column's own kind is shown.
_ID_LIKE = "[A-Za-z0-9#_./+ -]{1,60}"
_AMOUNT_LIKE = "[-+0-9.,:/ TZ年月日元¥￥$£€()%eE]{1,30}"
_DATED_LIKE = "[-0-9.,:/ ~～至到—年月日]{1,40}"
_LIKE: dict[FieldType, str] = {
    "money": _AMOUNT_LIKE,
    "number": _AMOUNT_LIKE,
    "int": _AMOUNT_LIKE,
    "time": _AMOUNT_LIKE,
    "date": _AMOUNT_LIKE,
    "day": _DATED_LIKE,
    "period": _DATED_LIKE,
    "map": ".{1,30}",
    "bool": ".{1,10}",
}


def _unless_personal(cell: str, like: str) -> str:
    phone = f"regexp_matches({cell}, '(^|[^0-9])1[0-9]{{10}}([^0-9]|$)')"
    return f"CASE WHEN regexp_full_match({cell}, {literal(like)}) AND NOT {phone} THEN {cell} END"


def reason_text(error: str, layout: Layout) -> Text:
    """`code|detail` in words."""
    code, _, detail = error.partition("|")
    if code == "rule":
        claim = layout.format.reject[int(detail)].reason
        return Text(claim.zh, claim.en)
    if code == "other":
        claim = layout.format.keep_one[int(detail)].reason
        return Text(claim.zh, claim.en)
    return _REASONS[code]


def expected(error: str, layout: Layout) -> bool:
    """Whether a row is left out on purpose and is no fault of the file."""
    code, _, detail = error.partition("|")
    return code in {"total", "other", "remark"} or (code == "rule" and layout.format.reject[int(detail)].expected)


def reason_counts(
    connection: duckdb.DuckDBPyConnection, layout: Layout, unreadable: Mapping[int, str], *, faults: bool
) -> list[tuple[Text, int]]:
    """Reasons with how many rows each, most frequent first: the faults of the file, or what is left out on purpose."""
    counts: dict[Text, int] = {}
    for code in unreadable.values():
        if faults == expected(code, layout):
            continue
        counts[_REASONS[code]] = counts.get(_REASONS[code], 0) + 1
    for error, count in connection.execute(
        "SELECT _error, count(*) FROM stage.wide WHERE _error IS NOT NULL GROUP BY _error"
    ).fetchall():
        if faults == expected(error, layout):
            continue
        text = reason_text(error, layout)
        counts[text] = counts.get(text, 0) + count
    return sorted(counts.items(), key=lambda item: -item[1])


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, layout: Layout, unreadable: Mapping[int, str], *, file: str, target: Path
) -> None:
    """Write all rejected rows, in the order of the file (UTF-8 with BOM, so that Excel shows Chinese)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "row", "reason_zh", "reason_en", "column", "value", "id"])
        lost: Iterator[list[Any]] = (
            [_safe(file), number, *_REASONS[code], "", "", ""] for number, code in sorted(unreadable.items())
        )
        in_order: Iterator[list[Any]] = heapq.merge(lost, _rows(connection, layout, file), key=lambda row: int(row[1]))
        writer.writerows(in_order)


def _rows(connection: duckdb.DuckDBPyConnection, layout: Layout, file: str) -> Iterator[list[Any]]:
    """Of a rejected row only its id and the cell that is wrong are kept, and that never when it names a person."""
    shown = {name: field for name, field in layout.format.fields.items() if name in layout.columns}
    ids = [name for name, field in shown.items() if field.type == "id"]
    key = _unless_personal(cell_sql(layout, ids[0]), _ID_LIKE) if ids else "NULL"
    cases = " ".join(
        f"WHEN {literal(name)} THEN {_unless_personal(cell_sql(layout, name), _LIKE.get(field.type, _ID_LIKE))}"
        for name, field in shown.items()
        if field.type not in {"buyer", "province", "text"}
    )
    value = f"CASE split_part(w._error, '|', 2) {cases} END" if cases else "NULL"
    found = connection.execute(
        f"SELECT w._row, w._error, left({value}, 60), left({key}, 60) "  # noqa: S608
        "FROM stage.wide w JOIN stage.raw r USING (_row) WHERE w._error IS NOT NULL ORDER BY w._row"
    )
    while batch := found.fetchmany(10_000):
        for number, error, cell, row_id in batch:
            detail = error.partition("|")[2]
            header = layout.headers[layout.columns[detail][0]] if detail in layout.columns else ""
            yield [_safe(file), number, *reason_text(error, layout), _safe(header), _safe(cell), _safe(row_id)]


def _safe(cell: str | None) -> str:
    """Spreadsheets run cells that begin like a formula; a plain number may keep its sign."""
    text = (cell or "").replace("\r", " ").replace("\n", " ")
    if text[:1] in {"=", "+", "-", "@", "\t"} and not re.fullmatch(r"[-+]?[\d.,]+", text):
        return "'" + text
    return text
