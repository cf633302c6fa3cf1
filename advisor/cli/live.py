"""`advisor live modes | costs | plan | products | schedule | script | ads | hosts | review | check | example`: the livestream tools from a brief."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from advisor.cli.console import help_text, say
from advisor.cli.live_example import EXAMPLE
from advisor.cli.live_options import BriefFile, Hours, Start, read_brief
from advisor.cli.live_plan import plan
from advisor.cli.session import tool_command

__all__ = ["live"]

live = typer.Typer(
    help=help_text(
        "直播：选模式、算盈亏、选品排品、排班、脚本、投流、主播、复盘",
        "livestream: modes, costs, products, schedule, script, ads, hosts, review",
    )
)
Day = Annotated[str, typer.Option("--day", help=help_text("哪一天，例如 2026-11-11", "which day, such as 2026-11-11"))]


def _given(brief: Path | None = None, **options: object) -> dict[str, Any]:
    """A tool's arguments: the brief of the file, and the options that were given; the others are left to the tool."""
    named = {**options, "brief": read_brief(brief)}
    return {name: value for name, value in named.items() if value not in (None, "")}


def _brief_alone(brief: BriefFile = None) -> dict[str, Any]:
    return _given(brief)


for _name, _tool, _zh, _en in (
    ("modes", "live_modes", "自播、代播还是达人：各自保本线、分界和最影响结论的因素", "own room, agency or creators: break-evens, crossings and what flips the choice"),
    ("ads", "live_ads", "投流：保本投产、预算怎么分、什么时候停", "ads: break-even return, budget split, stop rules"),
):  # fmt: skip
    tool_command(live, _name, _tool, help_said=help_text(_zh, _en))(_brief_alone)


@tool_command(live, "costs", "live_costs", help_said=help_text("一场、一个月或直播间的盈亏（退后）", "profit and loss of a stream, a month or the room, net of returns"))  # fmt: skip
def costs(
    brief: BriefFile = None,
    period: Annotated[
        Literal["session", "month", "room"],
        typer.Option("--period", help=help_text("session 一场、month 一个月、room 近 90 天", "a stream, a month, or the last 90 days")),
    ] = "month",
    session: Annotated[
        str, typer.Option("--session", help=help_text("过去的一场：场次 id、标题或日期", "a past stream: its id, title or day"))
    ] = "",
) -> dict[str, Any]:  # fmt: skip
    """Profit and loss; naming a stream looks at that one."""
    return _given(brief, period="session" if session else period, session=session)


live.command("plan", help=help_text("整场直播的资料：流程、商品、脚本、分工、排班、成本、KPI、清单；可写成文件", "the whole pack of a stream: rundown, products, script, roles, hosts, cost, KPIs, checklist; as a file with --out"))(plan)  # fmt: skip


@tool_command(live, "products", "live_products", help_said=help_text("这场播什么、按什么顺序", "which products, in which order"))  # fmt: skip
def products(
    brief: BriefFile = None,
    day: Day = "",
    start: Start = "",
    hours: Hours = "",
    order: Annotated[str, typer.Option("--order", help=help_text("best 算出来的、host 上一场的真实顺序、auto 差别在误差内就保留主播的", "best: computed; host: the last real order; auto: the host's where ours is not better beyond chance"))] = "",
) -> dict[str, Any]:  # fmt: skip
    """Products and their order; the tool checks every option and says what it takes."""
    return _given(brief, day=day, start=start, hours=hours, order=order)


@tool_command(live, "schedule", "live_schedule", help_said=help_text("哪几天、几点播，谁来播", "which days and hours, and who is on"))  # fmt: skip
def schedule(
    brief: BriefFile = None,
    start: Annotated[str, typer.Option("--start", help=help_text("从哪天起，例如 2026-11-16", "first day, such as 2026-11-16"))] = "",
    weeks: Annotated[int | None, typer.Option("--weeks", min=1, max=12, help=help_text("排几周", "how many weeks"))] = None,
) -> dict[str, Any]:  # fmt: skip
    """Sessions by weekday and slot from the shop's own response, and a roster."""
    return _given(brief, start=start, weeks=weeks)


@tool_command(live, "script", "live_script", help_said=help_text("逐分钟流程和每个商品的话术", "a minute-by-minute rundown and a loop per product"))  # fmt: skip
def script(
    brief: BriefFile = None,
    product: Annotated[str, typer.Option("--product", help=help_text("只要这个商品（sku 或标题）", "only this product (sku or title)"))] = "",
    day: Day = "",
) -> dict[str, Any]:  # fmt: skip
    """A script from the product facts of the brief; what is missing is asked for, never invented."""
    return _given(brief, product=product, day=day)


@tool_command(live, "hosts", "live_hosts", help_said=help_text("主播考核：可比才排名，否则给辅导和换班办法", "hosts: compared only where they can be, else coaching and a swap plan"))  # fmt: skip
def hosts(
    brief: BriefFile = None,
    window: Annotated[str, typer.Option("--window", help=help_text("看哪段时间，例如 90d、2026-10", "which days, such as 90d or 2026-10"))] = "",
) -> dict[str, Any]:  # fmt: skip
    """What each host adds beyond slot, price and paid traffic; pay is worked out on the brief's terms."""
    return _given(brief, window=window)


@tool_command(live, "review", "live_review", help_said=help_text("复盘一场直播：第一处断点、原因和下一步", "review a stream: the first broken step, causes, next actions"))  # fmt: skip
def review(
    session: Annotated[str, typer.Argument(help=help_text("场次 id、日期或“昨晚”；不写就是最近一场", "session id or day; the latest without one"), show_default=False)] = "",
) -> dict[str, Any]:  # fmt: skip
    """The funnel of one stream against the room's own history."""
    return _given(session=session)


@tool_command(live, "check", "check_wording", help_said=help_text("这句话能不能说：广告法等用语检查", "may this be said: wording checked against advertising law"))  # fmt: skip
def check(
    text: Annotated[str, typer.Argument(help=help_text("要检查的话", "the words to check"))],
    category: Annotated[str, typer.Option("--category", help=help_text("类目，例如 cosmetics", "category, such as cosmetics"))] = "",
) -> dict[str, Any]:  # fmt: skip
    """Flags with the article, why, and a wording that is allowed."""
    return _given(text=text, category=category)


@live.command("example", help=help_text("打印一份带注释的直播需求", "print an annotated brief"))
def example() -> None:
    """A file that runs as it is."""
    say(EXAMPLE.rstrip())
