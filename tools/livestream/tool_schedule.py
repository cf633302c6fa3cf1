"""The tool `live_schedule`: which streams to hold in the next weeks, who hosts them, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from tools.livestream.hosts_rows import host_name
from tools.livestream.response import read_history
from tools.livestream.roster import double_booked, hosts_seen
from tools.livestream.schedule import MOST_WEEKS, plan_schedule
from tools.livestream.schedule_facts import ScheduleFacts
from tools.livestream.schedule_hosts import fair_hosts, left_the_air
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
    seen = [replace(one, host=host_name(one.host)) for one in room.shifts(reader)] if "live_shifts" not in ctx.shop.hidden else []  # fmt: skip
    before = [one for one in seen if one.day <= ctx.today]
    gone = {} if brief.hosts else left_the_air(before, history.sessions)
    hosts = brief.hosts or tuple(one for one in hosts_seen(before, history.sessions) if one.name not in gone)
    fair = fair_hosts(reader, hosts, ctx.today)
    plan = plan_schedule(
        brief, base, history, start=first, weeks=weeks, currency=ctx.shop.currency, hosts=hosts,
        strengths=fair.strengths() if fair else None,
    )  # fmt: skip
    said = plan.roster.notes if hosts else ()  # that there are no hosts is a fact of its own
    notes = [Claim.of(text) for text in (*_twice(seen), *_host_notes(brief, hosts, gone), *plan.notes, *said)]
    asked = missing_claims(one for one in base.missing if one.key in _ASKED)
    notes = notes + asked if plan.margin is not None else asked + notes  # what the verdict waits for is asked first
    return replace(plan, fair=fair), notes, Assumptions((*plan.assumptions, *base.assumptions.items_))


def _host_notes(brief: Brief, hosts: Sequence[HostBrief], gone: Mapping[str, date]) -> list[Text]:
    """Whose days and hours were read from the data, that their pay is not known, and who was left out."""
    if brief.hosts or not hosts:
        return []
    names = "、".join(host.name for host in hosts[:6])
    listed = ", ".join(host.name for host in hosts[:6])
    left = Text("", "")
    if gone:
        zh = "、".join(f"{name}（最后一次 {day}）" for name, day in list(gone.items())[:4])
        en = ", ".join(f"{name} (last on {day})" for name, day in list(gone.items())[:4])
        left = Text(f"近期没再上播的没排：{zh}，还在就写进需求。", f" Not rostered, as no longer on the air: {en}; add them to the brief if they still work here.")  # fmt: skip
    return [Text(f"没有给主播名单，按近 12 周上播的人和他们上播的星期、钟点排（{names}）；没给时薪、会什么和每周上限。{left.zh}", f"No hosts were named, so those of the last 12 weeks are used, on the weekdays and hours they were seen ({listed}); pay, skills and weekly limits were not given.{left.en}")]  # fmt: skip


def _twice(seen: Sequence[room.Shift]) -> list[Text]:
    found = double_booked(seen)
    if not found:
        return []
    one, two = found[-1]
    return [Text(f"导入的排班里有主播同一时间在两处：{one.host} {one.starts_at:%Y-%m-%d %H:%M} 与 {two.starts_at:%H:%M} 的班重叠，共 {len(found)} 处，请核对。", f"Imported shifts have a host in two places at once: {one.host}, {one.starts_at:%Y-%m-%d %H:%M} and {two.starts_at:%H:%M} overlap, {len(found)} in all; please check.")]  # fmt: skip
