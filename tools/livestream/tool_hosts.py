"""The tool `live_hosts`: who sells better under equal conditions, with intervals, or why nobody can be ranked and what to do instead."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.facts import Claim, Fact, ToolResult, Window
from tools.livestream import room
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.coaching import coaching_sheet
from tools.livestream.fatigue import Fatigue, fatigue_curve
from tools.livestream.ground import Ground, ground
from tools.livestream.hosts_compare import Comparison, Refusal, compare_hosts, rules
from tools.livestream.hosts_facts import HostFacts, term_words
from tools.livestream.hosts_rows import HostRows, host_rows
from tools.livestream.hosts_side_facts import SideFacts
from tools.livestream.hosts_swap import SwapPlan, swap_plan
from tools.livestream.hosts_tables import host_table, kpi_table, swap_table
from tools.livestream.pay import PayRun, kpi_sheet, pay_run
from tools.livestream.telling import missing_claims
from tools.metrics.reader import Reader
from tools.metrics.windows import Anchor, parse_window
from tools.text import Text

__all__ = ["live_hosts"]

_GUIDANCE = (
    "Lead with the verdict and its interval. Never call a host better where the interval says chance, never rank by total GMV, and say "
    "'associated with', not 'caused by'. When no ranking is given, lead with the coaching points and the swap plan."
)
_ECONOMICS = "economics."


@tool(label=Text("公平比较主播", "comparing hosts fairly"), timeout_s=30)
def live_hosts(
    ctx: ToolContext,
    *,
    window: Annotated[
        str, Field(max_length=64, description="days to read, like 90d or 2026-07-01..2026-09-30")
    ] = "90d",
    brief: dict[str, Any] | None = None,
) -> ToolResult:
    """Which host sells better under equal conditions (slot, weekday, goods, ads, campaign, trend), with 95 % intervals.

    Use for 哪个主播最好 / 主播考核 / 主播提成怎么算 / 主播累不累 / who is our best host. Also shows why the plain GMV ranking misleads, the
    hour on air at which selling fades, a KPI and pay sheet on GMV net of refunds and ads, and, where hosts cannot be compared, coaching
    points and a swap plan. `brief` may hold pay {base, rate}, hosts [{name, hourly}] and economics.
    """
    told = parse_brief(brief) if brief is not None else Brief()
    reader = Reader(ctx.shop)
    room.need(reader, "live_sessions", Text("看不了主播的表现", "hosts cannot be looked at"))
    first, last = reader.coverage("live_sessions") or (ctx.today, ctx.today)
    span = parse_window(window, Anchor(first=first, last=last, today=ctx.today))
    if first <= span.end:  # tell the days that were read, not those before the first stream
        span = Window(start=max(span.start, first), end=span.end)
    base = ground(told, reader, ctx.records, ctx.today)
    found = host_rows(reader, span, reader.platform)
    compared = compare_hosts(found)
    plan = _plan(found, compared)
    curve = fatigue_curve(found)
    run = pay_run(found, span, told, base.best)
    result = ToolResult(guidance=_GUIDANCE)
    result.facts = _facts(ctx, reader, span, found, compared, plan, curve, run)
    result.tables = [host_table(ctx, found, compared)]
    if len(found.hosts()) > 1:  # points are against the room's mean: alone a host is that mean
        result.tables.append(kpi_table(ctx, kpi_sheet(found, compared), run))
    if plan is not None:
        result.tables.append(swap_table(ctx, plan))
    result.notes = _notes(found, compared, curve, run, base)
    return result


def _plan(found: HostRows, compared: Comparison | Refusal) -> SwapPlan | None:
    """Among the hosts now on the air, else the ones most on air; None where the comparison is settled and hours were shared."""
    if isinstance(compared, Refusal):
        return swap_plan(found, found.hosts()[:3], compared.luck)
    here = [e for e in compared.effects if e not in compared.gone]
    if compared.ahead(here) is not None and compared.level == "hour" and compared.shared_place:
        return None
    return swap_plan(found, [e.host for e in here], compared.luck)


def _facts(ctx: ToolContext, reader: Reader, span: Window, found: HostRows, compared: Comparison | Refusal, plan: SwapPlan | None, curve: Fatigue, run: PayRun) -> list[Fact]:  # fmt: skip
    """At most nine are told, so what a boss acts on comes first."""
    hosts, sides = HostFacts(ctx, found, span, compared), SideFacts(ctx, span)
    facts: list[Fact | None] = [hosts.headline()]
    if isinstance(compared, Refusal):
        facts += [*sides.coaching(coaching_sheet(reader, span)), hosts.swap(plan), hosts.naive()]
        facts += [sides.fatigue(curve), sides.pay(run)]
    else:
        swap = [hosts.swap(plan)] if plan is not None else []
        facts += [hosts.gone(), hosts.naive(), *hosts.effects(), hosts.act(), *swap, sides.fatigue(curve), hosts.caveat(), sides.pay(run), hosts.aside()]  # fmt: skip
    return [fact for fact in facts if fact is not None]


def _notes(found: HostRows, compared: Comparison | Refusal, curve: Fatigue, run: PayRun, base: Ground) -> list[Claim]:
    texts = list(found.notes)
    if found.lone:
        texts.append(Text(f"有 {found.lone} 个直播订单找不到对应的主播或班次，没有算进来。", f"{found.lone} orders of the room match no host or shift and were left out."))  # fmt: skip
    if isinstance(compared, Comparison) and compared.dropped:
        left = term_words(compared.dropped)
        texts.append(Text(f"这些条件缺数据或和主播分不开，没有排除：{left.zh}。", f"Not taken out, as data lack or it cannot be told from the host: {left.en}."))  # fmt: skip
    if curve.why_not == "no_shifts":
        texts.append(Text("疲劳曲线需要主播排班和直播订单明细（含支付时间）。", "The tiredness curve needs shifts and order lines with payment times."))  # fmt: skip
    elif curve.why_not == "too_thin":
        texts.append(Text("播满一个半小时的班次或订单太少，还看不出疲劳。", "Shifts of an hour and a half, or their orders, are too few to see tiredness."))  # fmt: skip
    texts += _pay_notes(run)
    sheet = rules("kpi")
    parts = Text("、".join(f"{one['zh']} {one['points']}" for one in sheet["management"]), ", ".join(f"{one['en']} {one['points']}" for one in sheet["management"]))  # fmt: skip
    texts.append(Text(f"考核表权重来自{sheet['source']['zh']}；管理分请人填：{parts.zh}。指标到本直播间平均的 {sheet['full_at']} 倍给满分；同场有几位主播时，点击、成交、加粉是整场的。", f"KPI weights: {sheet['source']['en']}; management is for a person to fill: {parts.en}. Full points at {sheet['full_at']} times the room's mean; where hosts share a stream, clicks, deals and fans are the stream's."))  # fmt: skip
    notes = [Claim.of(text) for text in texts]
    if run.roi is None:
        notes += missing_claims([one for one in base.missing if one.key.startswith(_ECONOMICS)])
    return notes


def _pay_notes(run: PayRun) -> list[Text]:
    texts = []
    if not run.refunds_known:
        texts.append(Text("有场次没有退款金额，公平口径里没扣全。", "Some sessions have no refund amount, so refunds are not fully taken off."))  # fmt: skip
    if not run.ads_known:
        texts.append(Text("有场次没有投流花费，公平口径里没扣全。", "Some sessions have no ad spend, so ads are not fully taken off."))  # fmt: skip
    if run.roi is None:
        texts.append(Text("缺保本投产比的输入，公平口径没扣投流。", "The break-even ROI lacks inputs, so ads are not taken off the fair base."))  # fmt: skip
    if run.lines and any(one.base is None for one in run.lines):
        texts.append(Text("没写底薪（pay.base）或时薪（hosts.hourly），表里只有提成。", "Neither a base (pay.base) nor an hourly wage (hosts.hourly) is stated, so the table holds commission only."))  # fmt: skip
    return texts
