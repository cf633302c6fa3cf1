"""`advisor reconcile`: the platform's own shop report against the order files, day by day."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.console import help_text
from advisor.cli.session import AsJson, Language, Merchant, Workspace, run_tool

__all__ = ["reconcile"]


def reconcile(
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            help=help_text(
                "last_month、30d 或 2024-01-01..2024-03-31；默认两边都有的全部日子",
                "last_month, 30d or 2024-01-01..2024-03-31; default: every day both sides cover",
            ),
        ),
    ] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Set the shop report against the order files: the gap, its causes, and the days that are off."""
    run_tool("reconcile", {"window": window}, lang, merchant, workspace, as_json=as_json)
