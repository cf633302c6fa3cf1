"""The tool `live_schedule`: which streams to hold in the next weeks, who hosts them, and what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.errors import BadArguments
from tools.facts import Claim, ToolResult
from tools.livestream import room
from tools.livestream.assumption import Assumptions
from tools.livestream.brief import Brief, HostBrief, parse_brief
from tools.livestream.ground import ground
from tools.livestream.response import read_history
from tools.livestream.roster import double_booked, hosts_seen
from tools.livestream.schedule import MOST_WEEKS, plan_schedule
from tools.livestream.schedule_facts import ScheduleFacts
from tools.livestream.schedule_tables import host_table, hour_chart, week_table
from tools.livestream.schedule_types import Schedule
from tools.livestream.telling import assumption_table, missing_claims
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["live_schedule", "make_schedule"]

_GUIDANCE = (
    "Lead with the sessions to hold and what they should leave, then why those hours, the roster, and what stays open with the remedy. "
    "Weekday differences within the error are no reason. Say which inputs are assumed or missing; a cold room gets no expected sales."
)
_ASKED = (
    "economics.platform_fee",
    "economics.cost_share",
    "economics.returned",
    "economics.order_value",
    "self_run.ad_share",
)


@tool(label=Text("排直播场次和主播班次", "planning streams and host shifts"), timeout_s=60)
def live_schedule(
    ctx: ToolContext,
    *,
    brief: dict[str, Any] | None = None,
    start: date | None = None,
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 4,
) -> ToolResult:
    """Which streams to hold in the next weeks and who hosts them, by the room's own sales an hour; what stays open and how to fix it.

    Use for 直播怎么排期 / 什么时段播 / 一周播几场 / 主播怎么排班 / when should we go live. `brief` may hold rota {hours_week, shortest, longest,
    gap_hours, crew_hourly, on_air, days_off}, hosts [{name, hourly, weekdays (0 is Monday), earliest "18:00", latest, max_hours_week,
    skills}], economics {platform_fee}. `start`: first day (default next Monday). Leave out what was not said.
    """
    told = parse_brief(brief) if brief is not None else Brief()
    plan, notes, assumptions = make_schedule(ctx, told, start=start, weeks=weeks)
    facts = ScheduleFacts(ctx, plan).all()
    tables = [table for table in (week_table(plan, ctx.lang, ctx.shop.currency), host_table(plan, ctx.lang, ctx.shop.currency)) if table]  # fmt: skip
    tables.append(assumption_table(assumptions, ctx.lang, ctx.shop.currency))
    chart = hour_chart(plan, ctx.lang, ctx.shop.currency, facts[0].id)
    return ToolResult(facts=facts, tables=tables, charts=[chart] if chart else [], notes=notes, guidance=_GUIDANCE)


def make_schedule(
    ctx: ToolContext, brief: Brief, *, start: date | None = None, weeks: int = 4
) -> tuple[Schedule, list[Claim], Assumptions]:
    """The schedule of the bound shop with what limits it, and every input it stands on.

    Raises BadArguments for a start in the past, NotPermitted where the shop's livestream tables are not shared.
    """
    first = start or ctx.today + timedelta(days=7 - ctx.today.weekday())
    if first < ctx.today:
        raise BadArguments(Text(f"开始日 {first} 已经过去，今天是 {ctx.today}。", f"The start {first} is in the past; today is {ctx.today}."))  # fmt: skip
    reader = Reader(ctx.shop)
    platform = brief.platform if "platform" in brief.model_fields_set else reader.platform
    history = read_history(reader, ctx.today, platform)
    base = ground(brief, reader, ctx.records, ctx.today)
    seen = room.shifts(reader) if "live_shifts" not in ctx.shop.hidden else []
    hosts = brief.hosts or hosts_seen([one for one in seen if one.day <= ctx.today], history.sessions)
    plan = plan_schedule(brief, base, history, start=first, weeks=weeks, currency=ctx.shop.currency, hosts=hosts)
    notes = [Claim.of(text) for text in (*plan.notes, *plan.roster.notes, *_host_notes(brief, hosts, plan), *_twice(seen))]  # fmt: skip
    notes += missing_claims(one for one in base.missing if one.key in _ASKED)
    return plan, notes, Assumptions((*plan.assumptions, *base.assumptions.items_))


def _host_notes(brief: Brief, hosts: Sequence[HostBrief], plan: Schedule) -> list[Text]:
    """Whose days and hours were read from the data, and that their pay is not known."""
    if brief.hosts or not hosts:
        return []
    names = "、".join(host.name for host in hosts[:6])
    listed = ", ".join(host.name for host in hosts[:6])
    return [Text(f"主播没写，按近 12 周排班和场次里出现的星期几、时段来排（{names}）；时薪、技能和上限请在 hosts 里补，没给时薪就没有主播费用。", f"Hosts were not given: those of the last 12 weeks are used, on the weekdays and hours they were seen ({listed}); add pay, skills and limits under hosts. Without pay there is no host cost.")]  # fmt: skip


def _twice(seen: Sequence[room.Shift]) -> list[Text]:
    found = double_booked(seen)
    if not found:
        return []
    one, two = found[-1]
    return [Text(f"导入的排班里有主播同一时间在两处：{one.host} {one.starts_at:%Y-%m-%d %H:%M} 与 {two.starts_at:%H:%M} 的班重叠，共 {len(found)} 处，请核对。", f"Imported shifts have a host in two places at once: {one.host}, {one.starts_at:%Y-%m-%d %H:%M} and {two.starts_at:%H:%M} overlap, {len(found)} in all; please check.")]  # fmt: skip
