"""`advisor metrics list | query | explain | health | snapshot`: a shop's figures, each with its definition."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from advisor.cli.console import guarded, help_text, language
from advisor.cli.metric_list import show_metrics
from advisor.cli.session import AsJson, Language, Merchant, Workspace, tool_command

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


@tool_command(metrics, "query", "query_metric")
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
) -> dict[str, Any]:
    """One metric over a window, cut by time or a dimension, against another window."""
    return {"metric": metric, "by": by, "window": window, "compare": compare, "top": top}


@tool_command(metrics, "explain", "explain_change")
def explain(
    metric: Annotated[str, typer.Argument(help=help_text("指标编号或名称", "metric id or name"))] = "gmv",
    window: Window = None,
    compare: Compare = None,
) -> dict[str, Any]:
    """Why a metric moved: factors that add up, the entity behind them, the event beside them."""
    return {"metric": metric, "window": window, "compare": compare}


@tool_command(metrics, "snapshot", "shop_snapshot")
def snapshot(
    window: Window = None,
) -> dict[str, Any]:
    """The shop at a glance."""
    return {"window": window}


@tool_command(metrics, "health", "shop_health")
def health() -> dict[str, Any]:
    """The whole shop in one reading: stage, outcomes, problems and opportunities in yuan a month, data gaps."""
    return {}


@tool_command(metrics, "peers", "peer_standing")
def peers() -> dict[str, Any]:
    """Where the shop stands among at least five similar shops that share anonymously (`merchants share`)."""
    return {}


@tool_command(metrics, "landing", "target_landing")
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
) -> dict[str, Any]:
    """Where a month or campaign will land, the gap to its target, and the shop's own levels that would close it."""
    return {"month": month, "target": target}


@tool_command(metrics, "effect", "campaign_effect")
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
) -> dict[str, Any]:
    """What a campaign or programme brought against what was left out, or why that cannot be told."""
    return {"what": what, "by": by, "treated": treated or None, "start": start, "end": end}


@tool_command(metrics, "status", "data_status")
def status() -> dict[str, Any]:
    """Which data is there, until which day, and what the next export would unlock."""
    return {}
