"""Options the livestream commands share, and reading the brief they all begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import help_text

__all__ = ["BriefFile", "Hours", "Start", "read_brief"]

BriefFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="[BRIEF.yaml]",
        help=help_text("直播需求，见 advisor live example；不给就只用店铺数据", "the brief, see `advisor live example`; without one the shop's data alone"),
        show_default=False,
    ),
]  # fmt: skip
Start = Annotated[str, typer.Option("--start", help=help_text("几点开播，例如 19:30", "start, such as 19:30"))]
Hours = Annotated[str, typer.Option("--hours", help=help_text("播几小时", "hours on air"))]


def read_brief(path: Path | None) -> dict[str, Any] | None:
    """The brief as plain data, None without a file. Raises BadArguments naming every wrong field, before a shop is opened."""
    if path is None:
        return None
    from tools.livestream.brief import parse_brief, plain_brief

    brief = plain_brief(path)
    parse_brief(brief)
    return brief
