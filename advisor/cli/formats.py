"""`advisor formats`: which exports can be read and where to download them, and the templates for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.cli.session import AsJson, Language, Workspace
from tools.errors import BadArguments
from tools.text import Text

if TYPE_CHECKING:
    from tools.text import Lang

__all__ = ["formats"]


def formats(
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            metavar="TABLE",
            help=help_text("输出一张表的通用模板（CSV 表头）", "print the template of a table (a CSV header)"),
        ),
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option(
            "--workbook",
            metavar="FILE.xlsx",
            help=help_text(
                "写出 Excel 模板：一张表一个工作表，第一页是说明",
                "write the Excel template: a sheet per table after a guide",
            ),
        ),
    ] = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the exports that can be read and where to download each; or make a template to fill in yourself."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        if template is not None and workbook is not None:
            raise BadArguments(
                Text("--template 和 --workbook 一次用一个。", "Use either --template or --workbook, not both.")
            )
        if template is not None:
            _print_template(template, spoken, as_json=as_json)
        elif workbook is not None:
            _write_workbook(workbook, spoken, as_json=as_json)
        else:
            _list(spoken, as_json=as_json)


def _list(lang: Lang, *, as_json: bool) -> None:
    from tools.warehouse.formats import list_formats

    found = list_formats()
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    columns = (
        ("格式", "是什么", "在哪里下载", "填充的表")
        if lang == "zh"
        else ("format", "what it is", "where to download", "fills")
    )
    print_table(
        columns, [(one.id, one.label.get(lang), one.download.get(lang), ", ".join(one.tables)) for one in found]
    )


def _print_template(table: str, lang: Lang, *, as_json: bool) -> None:
    from tools.warehouse.formats import template_csv

    header = template_csv(table, lang).strip()
    if as_json:
        print_json({"table": table.removeprefix("template_"), "columns": header.split(",")})
    else:
        say(header)


def _write_workbook(path: Path, lang: Lang, *, as_json: bool) -> None:
    from tools.warehouse.schema import tables
    from tools.warehouse.workbook import write_workbook

    if path.suffix.lower() != ".xlsx":
        raise BadArguments(
            Text("--workbook 要给一个 .xlsx 文件名。", "--workbook takes the name of a file that ends in .xlsx.")
        )
    if path.exists():
        raise BadArguments(
            Text(
                f"“{path.name}”已经存在，可能已填了数据，没有覆盖。请换一个文件名。",
                f'"{path.name}" exists and may hold your data; it was not overwritten. Choose another name.',
            )
        )
    write_workbook(path, lang)
    if as_json:
        print_json({"workbook": str(path), "tables": list(tables())})
    else:
        say(
            f"已写出 {path}：{len(tables())} 个工作表，第一页是说明。填好后运行 advisor import {path.name}。"
            if lang == "zh"
            else f"Wrote {path}: {len(tables())} sheets after a guide. Fill it in, then run `advisor import {path.name}`."
        )
