"""`advisor live modes | costs | plan | products | schedule | script | ads | hosts | review | check | example`: the livestream tools from a brief."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from advisor.cli.console import guarded, help_text, language, say
from advisor.cli.live_example import EXAMPLE
from advisor.cli.live_plan import plan
from advisor.cli.session import AsJson, Language, Merchant, Workspace, call_tool, run_tool, say_result

__all__ = ["live"]

live = typer.Typer(
    help=help_text(
        "直播：选模式、算盈亏、选品排品、排班、脚本、投流、主播、复盘",
        "livestream: modes, costs, products, schedule, script, ads, hosts, review",
    )
)
BriefFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="[BRIEF.yaml]",
        help=help_text("直播需求，见 advisor live example；不给就只用店铺数据", "the brief, see `advisor live example`; without one the shop's data alone"),
        show_default=False,
    ),
]  # fmt: skip


def _run(
    tool: str,
    brief: Path | None,
    arguments: dict[str, Any],
    lang: str,
    merchant: str | None,
    workspace: Path | None,
    *,
    as_json: bool,
) -> None:
    """Read the brief, call the tool by its name, print what it found. Arguments that were not given are left to the tool."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        given = {name: value for name, value in arguments.items() if value not in (None, "")}
        if brief is not None:
            from tools.livestream.brief import parse_brief, plain_brief

            given["brief"] = plain_brief(brief)
            parse_brief(given["brief"])  # names every wrong field before a shop is opened
        result = call_tool(tool, given, workspace=workspace, merchant=merchant, lang=spoken)
        say_result(result, spoken, as_json=as_json)


def _command(name: str, tool: str, zh: str, en: str) -> None:
    """A command that is one tool over a brief."""

    def command(
        brief: BriefFile = None,
        lang: Language = "auto",
        merchant: Merchant = None,
        workspace: Workspace = None,
        as_json: AsJson = False,
    ) -> None:
        _run(tool, brief, {}, lang, merchant, workspace, as_json=as_json)

    live.command(name, help=help_text(zh, en))(command)


for _name, _tool, _zh, _en in (
    ("modes", "live_modes", "自播、代播还是达人：各自保本线、分界和最影响结论的因素", "own room, agency or creators: break-evens, crossings and what flips the choice"),
    ("ads", "live_ads", "投流：保本投产、预算怎么分、什么时候停", "ads: break-even return, budget split, stop rules"),
):  # fmt: skip
    _command(_name, _tool, _zh, _en)


@live.command("costs", help=help_text("一场、一个月或直播间的盈亏（退后）", "profit and loss of a stream, a month or the room, net of returns"))  # fmt: skip
def costs(
    brief: BriefFile = None,
    period: Annotated[
        Literal["session", "month", "room"],
        typer.Option("--period", help=help_text("session 一场、month 一个月、room 近 90 天", "a stream, a month, or the last 90 days")),
    ] = "month",
    session: Annotated[
        str, typer.Option("--session", help=help_text("过去的一场：场次 id、标题或日期", "a past stream: its id, title or day"))
    ] = "",
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Profit and loss; naming a stream looks at that one."""
    scope = "session" if session else period
    _run("live_costs", brief, {"period": scope, "session": session}, lang, merchant, workspace, as_json=as_json)


live.command("plan", help=help_text("整场直播的资料：流程、商品、脚本、分工、排班、成本、KPI、清单；可写成文件", "the whole pack of a stream: rundown, products, script, roles, hosts, cost, KPIs, checklist; as a file with --out"))(plan)  # fmt: skip


Day = Annotated[str, typer.Option("--day", help=help_text("哪一天，例如 2026-11-11", "which day, such as 2026-11-11"))]


@live.command("products", help=help_text("这场播什么、按什么顺序", "which products, in which order"))
def products(
    brief: BriefFile = None,
    day: Day = "",
    start: Annotated[str, typer.Option("--start", help=help_text("几点开播，例如 19:30", "start, such as 19:30"))] = "",
    hours: Annotated[str, typer.Option("--hours", help=help_text("播几小时", "hours on air"))] = "",
    order: Annotated[str, typer.Option("--order", help=help_text("best 算出来的、host 上一场的真实顺序、auto 差别在误差内就保留主播的", "best: computed; host: the last real order; auto: the host's where ours is not better beyond chance"))] = "",
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Products and their order; the tool checks every option and says what it takes."""
    given = {"day": day, "start": start, "hours": hours, "order": order}
    _run("live_products", brief, given, lang, merchant, workspace, as_json=as_json)


@live.command("schedule", help=help_text("哪几天、几点播，谁来播", "which days and hours, and who is on"))
def schedule(
    brief: BriefFile = None,
    start: Annotated[str, typer.Option("--start", help=help_text("从哪天起，例如 2026-11-16", "first day, such as 2026-11-16"))] = "",
    weeks: Annotated[int | None, typer.Option("--weeks", min=1, max=12, help=help_text("排几周", "how many weeks"))] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Sessions by weekday and slot from the shop's own response, and a roster."""
    _run("live_schedule", brief, {"start": start, "weeks": weeks}, lang, merchant, workspace, as_json=as_json)


@live.command(
    "script", help=help_text("逐分钟流程和每个商品的话术", "a minute-by-minute rundown and a loop per product")
)
def script(
    brief: BriefFile = None,
    product: Annotated[str, typer.Option("--product", help=help_text("只要这个商品（sku 或标题）", "only this product (sku or title)"))] = "",
    day: Day = "",
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """A script from the product facts of the brief; what is missing is asked for, never invented."""
    _run("live_script", brief, {"product": product, "day": day}, lang, merchant, workspace, as_json=as_json)


@live.command("hosts", help=help_text("主播考核：可比才排名，否则给辅导和换班办法", "hosts: compared only where they can be, else coaching and a swap plan"))  # fmt: skip
def hosts(
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What each host adds beyond slot, price and paid traffic."""
    run_tool("live_hosts", {}, lang, merchant, workspace, as_json=as_json)


@live.command("review", help=help_text("复盘一场直播：第一处断点、原因和下一步", "review a stream: the first broken step, causes, next actions"))  # fmt: skip
def review(
    session: Annotated[str, typer.Argument(help=help_text("场次 id、日期或“昨晚”；不写就是最近一场", "session id or day; the latest without one"), show_default=False)] = "",
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """The funnel of one stream against the room's own history."""
    _run("live_review", None, {"session": session}, lang, merchant, workspace, as_json=as_json)


@live.command("check", help=help_text("这句话能不能说：广告法等用语检查", "may this be said: wording checked against advertising law"))  # fmt: skip
def check(
    text: Annotated[str, typer.Argument(help=help_text("要检查的话", "the words to check"))],
    category: Annotated[str, typer.Option("--category", help=help_text("类目，例如 cosmetics", "category, such as cosmetics"))] = "",
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Flags with the article, why, and a wording that is allowed."""
    _run("check_wording", None, {"text": text, "category": category}, lang, merchant, workspace, as_json=as_json)


@live.command("example", help=help_text("打印一份带注释的直播需求", "print an annotated brief"))
def example() -> None:
    """A file that runs as it is."""
    say(EXAMPLE.rstrip())
