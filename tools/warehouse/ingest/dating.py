"""A report that does not say which day it speaks of is refused with what to do; nothing is guessed."""

from __future__ import annotations

import duckdb

from tools.errors import ImportRefused
from tools.facts import Claim
from tools.text import Text
from tools.warehouse.ingest.detecting import Layout
from tools.warehouse.ingest.expressions import quote
from tools.warehouse.ingest.pasted import PASTED
from tools.warehouse.ingest.period import Period
from tools.warehouse.schema import table_spec

__all__ = ["check_by_day", "check_dated", "dating_note", "snapshot_note"]

_HOW = Text(
    "下载时把日期粒度选为“日”、每次一天，再逐个导入",
    "download it by day (日), one day at a time, and import the files",
)


def check_dated(layout: Layout, name: str) -> None:
    """Raises ImportRefused where no column, title row or file name tells the days, or they tell several for one day's report."""
    if not layout.undated:
        return
    stated = layout.stated
    if stated.clash:
        raise ImportRefused(
            Text(
                f"“{name}”的日期互相矛盾：{'、'.join(stated.clash)}（标题行与文件名）。请改回下载时的文件名，或在表里加一列“统计日期”。",
                f'The dates of "{name}" contradict each other: {", ".join(stated.clash)} (title rows and file name). '
                "Give the file its name as downloaded, or add a column 统计日期.",
            )
        )
    if stated.period is None:
        raise _undated(name)
    if stated.period.several_days and any(layout.format.fields[field].type == "day" for field in layout.undated):
        raise _several(name, stated.period)


def check_by_day(connection: duckdb.DuckDBPyConnection, layout: Layout, name: str) -> None:
    """The file's title or name says several days and all its rows carry one: they may be the sum of all of them."""
    fields, period = layout.format.fields, layout.stated.period
    days = [field for field in fields if fields[field].type == "day" and field in layout.columns]
    if not days or period is None or not period.several_days:
        return
    found = connection.execute(
        f"SELECT count(DISTINCT {quote(days[0])}) FROM stage.wide"  # noqa: S608
    ).fetchone()
    if found is not None and found[0] == 1:
        raise _several(name, period)


def dating_note(layout: Layout) -> list[Claim]:
    """Where the days of the report were taken from, when no column has them."""
    period = layout.stated.period
    if not layout.undated or period is None:
        return []
    zh, en = ("标题行", "its title row") if layout.stated.by == "title" else ("文件名", "its name")
    return [Claim(zh=f"日期取自{zh}：{period}。", en=f"The dates of this file are from {en}: {period}.")]


def snapshot_note(layout: Layout) -> list[Claim]:
    """Which tables have no rows, or as of which day they have them, where a list of what is there carries no date."""
    if not layout.snapshots:
        return []
    tables = [
        name
        for name, target in layout.format.targets.items()
        for key in table_spec(name).keys
        if target.columns[key] in layout.snapshots
    ]
    zh = "、".join(table_spec(name).zh for name in tables)
    en = ", ".join(tables)
    if (day := layout.stated.drawn_up) is not None:
        return [
            Claim(zh=f"{zh}记为 {day} 当天的数（日期取自文件名）。", en=f"As of {day}, from the file's name: {en}.")
        ]
    example = "products_export_2026-10-01.csv"
    return [
        Claim(
            zh=f"没有读取{zh}：文件里没有说明是哪一天的数。把导出当天的日期写进文件名（例如 {example}）再导入即可。",
            en=f"Not read, for the file does not say of which day they are: {en}. Put the day of the export into its name (such as {example}) and import it again.",
        )
    ]


def _several(name: str, period: Period) -> ImportRefused:
    return ImportRefused(
        Text(
            f"“{name}”是 {period} 多天合计的数，不能当成其中一天（访客和买家按天去重，也不能拆开）。请{_HOW.zh}。",
            f'"{name}" sums up {period}; it is no report of one day and cannot be split, for visitors and buyers are counted '
            f"once over the days. Please {_HOW.en}.",
        )
    )


def _undated(name: str) -> ImportRefused:
    if name == PASTED:
        return ImportRefused(
            Text(
                "粘贴的表格没有说明是哪一天的数据，没有写入。请在表头上面加一行“统计日期：2026-10-01”，或在表里加一列“统计日期”，再粘贴一次。",
                "The pasted table does not say which day it speaks of; nothing was written. Put a line 统计日期：2026-10-01 above "
                "its header, or add a column 统计日期, and paste it again.",
            )
        )
    stem, dot, suffix = name.rpartition(".")
    example = f"{(stem or name)[-30:]}_2026-10-01_2026-10-01{dot}{suffix if stem else ''}"
    return ImportRefused(
        Text(
            f"“{name}”的列、标题行和文件名都没有说明是哪一天的数据，没有写入。请把文件名改成“{example}”（开始_结束日期，同一天写两遍），"
            "或在表里加一列“统计日期”，或用 --mapping 写一个映射文件，或改用 advisor formats 里的通用模板。",
            f'Neither a column nor a title row nor the name of "{name}" says which days it speaks of; nothing was written. '
            f'Rename it to "{example}" (first_last day, the same day twice), or add a column 统计日期, or write a --mapping '
            "file, or use the generic template (see `advisor formats`).",
        )
    )
