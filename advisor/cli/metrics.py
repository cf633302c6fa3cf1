"""`advisor metrics list | query | explain | health | snapshot`: a shop's figures, each with its definition."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.console import guarded, help_text, language
from advisor.cli.metric_list import show_metrics
from advisor.cli.session import AsJson, Language, Merchant, Workspace, run_tool

__all__ = ["metrics"]

metrics = typer.Typer(help=help_text("指标：列出、查询、解释、概览", "metrics: list, query, explain, snapshot"))

Window = Annotated[
    str | None,
    typer.Option(
        "--window",
        help=help_text("30d、last_month 或 2024-01-01..2024-03-31", "30d, last_month or 2024-01-01..2024-03-31"),
    ),
]
Compare = Annotated[str | None, typer.Option("--compare", help=help_text("previous 或 yoy", "previous or yoy"))]


@metrics.command("list")
def list_metrics(
    family: Annotated[
        str | None,
        typer.Option("--family", help=help_text("只看一族，例如 sales、ads", "one family, such as sales, ads")),
    ] = None,
    merchant: Merchant = None,
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the metrics with formula, unit and grain, and the export a shop still lacks for each."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        show_metrics(workspace, merchant, family, spoken, as_json=as_json)


@metrics.command("query")
def query(
    metric: Annotated[
        str, typer.Argument(help=help_text("指标编号或名称，例如 gmv、复购率", "metric id or name, such as gmv"))
    ],
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help=help_text("day、week、month、channel、product …", "day, week, month, channel, product …")
        ),
    ] = None,
    window: Window = None,
    compare: Compare = None,
    top: Annotated[int | None, typer.Option("--top", help=help_text("最多几行", "at most this many rows"))] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """One metric over a window, cut by time or a dimension, against another window."""
    arguments = {"metric": metric, "by": by, "window": window, "compare": compare, "top": top}
    run_tool("query_metric", arguments, lang, merchant, workspace, as_json=as_json)


@metrics.command("explain")
def explain(
    metric: Annotated[str, typer.Argument(help=help_text("指标编号或名称", "metric id or name"))] = "gmv",
    window: Window = None,
    compare: Compare = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Why a metric moved: factors that add up, the entity behind them, the event beside them."""
    run_tool(
        "explain_change",
        {"metric": metric, "window": window, "compare": compare},
        lang,
        merchant,
        workspace,
        as_json=as_json,
    )


@metrics.command("snapshot")
def snapshot(
    window: Window = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """The shop at a glance."""
    run_tool("shop_snapshot", {"window": window}, lang, merchant, workspace, as_json=as_json)


@metrics.command("health")
def health(
    lang: Language = "auto", merchant: Merchant = None, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """The whole shop in one reading: stage, outcomes, problems and opportunities in yuan a month, data gaps."""
    run_tool("shop_health", {}, lang, merchant, workspace, as_json=as_json)


@metrics.command("peers")
def peers(
    lang: Language = "auto", merchant: Merchant = None, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Where the shop stands among at least five similar shops that share anonymously (`merchants share`)."""
    run_tool("peer_standing", {}, lang, merchant, workspace, as_json=as_json)


@metrics.command("landing")
def landing(
    month: Annotated[
        str | None,
        typer.Option(
            "--month", help=help_text("2026-11 或活动起止 2026-11-01..2026-11-11", "2026-11, or a campaign's days")
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help=help_text("支付金额目标", "GMV target in the shop's currency"))
    ] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Where a month or campaign will land, the gap to its target, and the shop's own levels that would close it."""
    run_tool("target_landing", {"month": month, "target": target}, lang, merchant, workspace, as_json=as_json)


@metrics.command("effect")
def effect(
    what: Annotated[str, typer.Argument(help=help_text("活动名称或编号", "name or id of the promotion or programme"))],
    by: Annotated[
        str,
        typer.Option("--by", help=help_text("product、province、channel、host", "product, province, channel, host")),
    ] = "product",
    treated: Annotated[
        list[str] | None,
        typer.Option("--treated", help=help_text("参加的对象，可多次给", "what took part; may be given several times")),
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help=help_text("开始日期", "first day"))] = None,
    end: Annotated[str | None, typer.Option("--end", help=help_text("结束日期", "last day"))] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What a campaign or programme brought against what was left out, or why that cannot be told."""
    arguments = {"what": what, "by": by, "treated": treated or None, "start": start, "end": end}
    run_tool("campaign_effect", arguments, lang, merchant, workspace, as_json=as_json)


@metrics.command("status")
def status(
    lang: Language = "auto", merchant: Merchant = None, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Which data is there, until which day, and what the next export would unlock."""
    run_tool("data_status", {}, lang, merchant, workspace, as_json=as_json)
