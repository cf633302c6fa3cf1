"""The playbook tools of the product: match, plan, and the toolbox. Each figure they write is a quantity of its fact."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import BadArguments, DataMissing
from tools.facts import Claim, Fact, ToolResult, ToolTable, fact_id
from tools.memo import Memo
from tools.metrics.measure import anchor_of
from tools.metrics.windows import parse_window
from tools.playbooks.advice import playbook_fact
from tools.playbooks.evaluate import Blocked, evaluate
from tools.playbooks.library import find_playbook
from tools.playbooks.match import TINY, Match, Ranking, rank
from tools.playbooks.plan import default_start
from tools.playbooks.situation import STATED, build_situation
from tools.playbooks.tool_pricing import price_check
from tools.playbooks.toolbox import PrivateDomainTool, toolbox
from tools.playbooks.views import Situation
from tools.playbooks.wishes import Wishes, left_out_notes, unread_notes
from tools.stated import figure_fact
from tools.text import Text

__all__ = ["TOOLS"]

_TOOLS_SHOWN = 6
_HOME = {"tmall", "taobao"}
_ELSEWHERE = Claim(
    zh="工具箱里是天猫/淘宝的工具；你的店不在那里，只借鉴做法，在自己的后台找对应功能。",
    en="The toolbox holds tools of Tmall and Taobao; your shop is elsewhere, so take the method and look for its like in your own admin.",
)
_recent: Memo[Situation] = Memo(8)

_MATCH_GUIDANCE = (
    "Offer at most these playbooks, begin with the one marked start_here, and say why with its figures and what would change it. "
    "The range is not a promise. Say when not to use it. Steps, artefacts and dates come from the fact's data, not from you."
)


@tool(label=Text("匹配打法", "Matching playbooks"), needs=[Need("orders")], timeout_s=30)
def match_playbooks(
    ctx: ToolContext,
    *,
    goal: Annotated[str | None, Field(max_length=64)] = None,
    window: Annotated[str, Field(max_length=64)] = "last_month",
    limit: Annotated[int, Field(ge=1, le=3)] = 3,
) -> ToolResult:
    """What to do next and how: proven methods that fit this shop now, with what each is worth in money from its own figures.

    Use it for 接下来做什么 / 怎么做 / 怎么提升, after or beside explaining a change. `goal` narrows it, for example "repurchase",
    "转化", "marketing"; leave it out to let the figures decide. `window` is a period such as "last_month" or "2026-10".
    Returns at most three facts of kind playbook, the first to start with, with steps, owners, KPI, stop rules and texts.
    """
    situation = _situation(ctx, window)
    wishes = Wishes.of(ctx.records, ctx.shop.merchant_id, ctx.shop.currency)
    ranking = rank(ctx.shop, situation, goal=goal, limit=limit, bar=wishes.bar)
    start = default_start(ctx.today)
    facts = [wishes.trim(playbook_fact(ctx.shop, situation, found, start)[0]) for found in ranking.matches]
    facts += [*_stated_facts(ctx, situation), *wishes.told()]
    notes = [*left_out_notes(ranking.left_out), *wishes.notes, *unread_notes(wishes), *_notes(situation, ranking)]
    return ToolResult(facts=facts, guidance=_MATCH_GUIDANCE, notes=notes)


@tool(label=Text("制定计划", "Making the plan"), needs=[Need("orders")], timeout_s=30)
def plan_playbook(
    ctx: ToolContext,
    *,
    playbook_id: Annotated[str, Field(max_length=64)],
    start: date | None = None,
    window: Annotated[str, Field(max_length=64)] = "last_month",
    asked: bool = False,
) -> ToolResult:
    """The dated plan of one playbook: week by week with owner, place, number to watch, number to stop at, budget and texts.

    Use it when the merchant picks a method or asks 具体怎么做. `playbook_id` comes from match_playbooks, such as
    "first-to-second-order"; `start` is the first day (2026-12-01), the next working day when left out;
    `asked` is true when the merchant named this method: it is then planned even where no figure calls for it, and says so.
    """
    playbook = find_playbook(playbook_id)
    if start is not None and start < ctx.today:
        raise BadArguments(Text(f"开始日 {start} 已经过去。", f"The start {start} is in the past."))
    situation = _situation(ctx, window)
    if situation.size == "tiny" and playbook.id != TINY:
        raise _blocked(
            Blocked(playbook, Text("订单还太少，先做小店第一步", "there are too few orders; take the small first step"))
        )
    found = evaluate(playbook, situation, {**situation.names, "shop": Text(ctx.shop.name, ctx.shop.name)}, asked=asked)
    if isinstance(found, Blocked):
        raise _blocked(found)
    wishes = Wishes.of(ctx.records, ctx.shop.merchant_id, ctx.shop.currency)
    if (reason := wishes.bar(found)) is not None:
        raise _blocked(Blocked(playbook, reason))
    fact, _ = playbook_fact(ctx.shop, situation, Match(found, found.fit, True), start or default_start(ctx.today))
    fact = wishes.trim(fact)
    facts = [fact, *_stated_facts(ctx, situation), *wishes.told()]
    return ToolResult(facts=facts, tables=[_table(fact, ctx)], guidance=_MATCH_GUIDANCE, notes=wishes.notes)


@tool(label=Text("查找运营工具", "Looking up shop tools"))
def find_tools(
    ctx: ToolContext,
    *,
    audience: Annotated[str | None, Field(max_length=64)] = None,
    lever: Annotated[str | None, Field(max_length=64)] = None,
) -> ToolResult:
    """Which platform tools reach new buyers, returning buyers, members or fans: purpose, how to measure, what they need.

    Use it for 有哪些会员/私域工具. `audience` may be words such as "沉睡会员" or "lapsed members with high order value";
    `lever` is one of join, activate, repurchase, order_value, recall, prepay, content, paid, service.
    """
    found = toolbox(audience=audience, lever=lever)[:_TOOLS_SHOWN]
    guidance = "Name the few that fit, each with how to measure it. Members buying more than others is not the effect of a tool."
    notes = [] if found else [Claim(zh="工具箱里没有同时符合的工具。", en="No tool of the toolbox fits both.")]
    platform = str(getattr(ctx.shop, "platform", "") or "").lower()
    if platform and platform not in _HOME:
        notes.append(_ELSEWHERE)
    return ToolResult(facts=[_tool_fact(item) for item in found], guidance=guidance, notes=notes)


TOOLS = (match_playbooks, plan_playbook, find_tools, price_check)


def _situation(ctx: ToolContext, window: str) -> Situation:
    """The situation, remembered for the plan that usually follows the match in the same conversation."""
    span = parse_window(window, anchor_of(ctx.shop, ctx.today))
    said = tuple(str(ctx.records.stated(key)) for key in STATED) if ctx.records is not None else ()
    key = (ctx.shop.merchant_id, ctx.shop.generation, ctx.shop.hidden, str(span), ctx.today, said)
    return _recent.get(key, lambda: build_situation(ctx, span))


def _stated_facts(ctx: ToolContext, situation: Situation) -> list[Fact]:
    """What the merchant said and these results rest on, as evidence of its own kind."""
    said = [figure for figure in situation.figures.values() if figure.stated]
    records = ctx.records
    rows = {figure.id: (records.stated(figure.id) if records is not None else None) or {} for figure in said}
    return [figure_fact(ctx.shop.merchant_id, f.id, {**rows[f.id], "value": f.value, "unit": f.unit}) for f in said]


def _notes(situation: Situation, ranking: Ranking) -> list[Claim]:
    """Limits worth saying: nothing fits, or what one more file or answer would open."""
    notes: list[Claim] = []
    if not ranking.matches:
        notes.append(
            Claim(
                zh="现有数据里没有合适的打法；先看缺什么。", en="No playbook fits the data so far; see what is missing."
            )
        )
    if situation.size == "tiny":
        return notes
    unlocks: dict[Text, list[str]] = {}
    for blocked in ranking.blocked:
        if blocked.unlock is not None:
            unlocks.setdefault(blocked.unlock, []).append(blocked.playbook.id)
    for unlock, ids in list(unlocks.items())[:2]:
        names = [find_playbook(playbook_id).name for playbook_id in ids[:2]]
        zh, en = "、".join(f"“{name.zh}”" for name in names), ", ".join(f'"{name.en}"' for name in names)
        notes.append(Claim(zh=f"还判断不了{zh}：{unlock.zh}。", en=f"{en} cannot be judged yet: {unlock.en}."))
    return notes


def _blocked(blocked: Blocked) -> DataMissing:
    name, reason = blocked.playbook.name, blocked.reason
    return DataMissing(
        Text(f"“{name.zh}”现在不适合这家店：{reason.zh}。", f'"{name.en}" does not fit this shop now: {reason.en}.'),
        tables=tuple(need.table for need in blocked.playbook.needs),
        unlock=Text(f"{blocked.unlock.zh}。", f"{blocked.unlock.en}.") if blocked.unlock is not None else None,
    )


def _table(fact: Fact, ctx: ToolContext) -> ToolTable:
    name = fact.data["name"]
    columns = {
        "zh": ("开始", "截止", "动作", "谁", "在哪", "看什么", "目标", "停手线"),
        "en": ("Start", "Due", "Action", "Owner", "Where", "KPI", "Target", "Stop at"),
    }[ctx.lang]
    fields = ("action", "owner", "where", "kpi", "target", "stop_rule")
    rows = tuple(
        (step["start"], step["due"], *(step[field][ctx.lang] for field in fields)) for step in fact.data["steps"]
    )
    return ToolTable(title=Claim(zh=f"{name['zh']}：计划", en=f"{name['en']}: plan"), columns=columns, rows=rows)


def _tool_fact(item: PrivateDomainTool) -> Fact:
    zh = f"{item.name.zh}：{item.purpose.zh}。怎么衡量：{item.measure.zh}。前提：{item.prerequisites.zh}。"
    en = f"{item.name.en}: {item.purpose.en}. Measure: {item.measure.en}. Needs: {item.prerequisites.en}."
    return Fact(
        id=fact_id("tool", item.id),
        kind="playbook",
        claim=Claim(zh=zh, en=en),
        source=f"seeds/toolbox.yaml {item.source}, {item.confidence}",
        entities=(item.name.zh, item.name.en, "88VIP"),
        data=item.model_dump(mode="json"),
    )
