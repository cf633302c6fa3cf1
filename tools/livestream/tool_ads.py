"""The tool `live_ads`: break-even return of paid traffic, what to stop, hold or raise with money, the split of a budget, pace and stop line."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.facts import Claim, Fact, ToolResult, ToolTable, Window
from tools.livestream.ads_budget import plan_budget
from tools.livestream.ads_facts import AdFacts, Scene
from tools.livestream.ads_money_facts import room_facts, split_facts
from tools.livestream.ads_room import RoomAds, pace_of, room_ads
from tools.livestream.ads_rows import Ads, read_ads, shop_refunds
from tools.livestream.ads_rule_facts import attribution_notes, rule_facts
from tools.livestream.ads_tables import even_table, pace_table, plan_table
from tools.livestream.ads_verdict import Terms, standings
from tools.livestream.assumption import Basis
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import FEE, Ground, ground
from tools.livestream.ground_shop import RoomShop
from tools.livestream.response import read_history, room_response
from tools.livestream.telling import assumption_table, doubt_claims, missing_claims
from tools.metrics.catalog import table_text, unlock_text
from tools.metrics.reader import Reader
from tools.metrics.windows import Anchor, parse_window, window_text
from tools.text import Text

__all__ = ["live_ads"]

ZERO = Decimal(0)
_MOST_FACTS = 9
_GUIDANCE = (
    "Lead with the break-even ROI and what to stop or raise in money a day. Credited sales are not extra sales; say the attribution window. "
    "Where a response cannot be read, propose the test instead of a number. Platform rules are public pages: the console decides."
)


@tool(label=Text("核算投流", "working out paid traffic"), timeout_s=30)
def live_ads(
    ctx: ToolContext,
    *,
    brief: dict[str, Any] | None = None,
    window: Annotated[str, Field(max_length=64, description="e.g. 30d, last_month, 2026-10")] = "30d",
    budget: Annotated[Decimal, Field(ge=0, le=10_000_000_000)] | None = None,
    budget_days: Annotated[int, Field(ge=1, le=366, description="days the budget is for")] = 30,
) -> ToolResult:
    """Paid traffic (投流, 千川, 万相台): break-even ROI net of returns and fees, which plans to stop, hold or raise and by how much a day, the
    split of a `budget` by what the next yuan leaves, a stop line for new plans, the pace of a stream.

    Use for 保本投产多少 / 投流该加还是停 / 预算怎么分 / what ROAS do we need. `brief` may hold economics (returned, cost_share,
    platform_fee …) and self_run.fixed; what is left out is read from the shop or asked for.
    """  # fmt: skip
    told = parse_brief(brief) if brief is not None else Brief()
    reader = Reader(ctx.shop)
    base = ground(told, reader, ctx.records, ctx.today)
    unit, free = _unit(ctx, told, base, reader)
    ads = read_ads(reader, ctx.today)
    span = _window(ads, window, ctx)
    scene = _scene(ctx, reader, told, base, unit, ads, span, budget, budget_days, free_goods=free)
    facts = AdFacts(ctx, scene)
    result = ToolResult(guidance=_GUIDANCE, facts=_ordered(facts)[:_MOST_FACTS])
    result.tables = _tables(ctx, reader, scene, base, budget if budget_days == 1 else None)
    result.notes = [
        *_data_notes(reader, ads, scene),
        *doubt_claims(base),
        *missing_claims(base.missing),
        *attribution_notes(facts),
    ]
    return result


def _unit(ctx: ToolContext, told: Brief, base: Ground, reader: Reader) -> tuple[UnitEconomics | None, bool]:
    """The unit, at a fee of 0 % or free goods where those alone are unknown, and whether goods are free."""
    if base.best is not None or not base.lacks("economics.cost_share"):
        return base.best, False
    free = told.economics.model_copy(update={"cost_share": ZERO})
    return ground(told.model_copy(update={"economics": free}), reader, ctx.records, ctx.today).best, True


def _window(ads: Ads, text: str, ctx: ToolContext) -> Window | None:
    """The days asked about, anchored at the last day with ads. A wrong form is refused even where there are no ads."""
    first, last = ads.first or ctx.today, ads.last or ctx.today
    asked = parse_window(text.strip() or "30d", Anchor(first=first, last=last, today=ctx.today))
    return asked if ads.last is not None else None


def _scene(ctx: ToolContext, reader: Reader, told: Brief, base: Ground, unit: UnitEconomics | None, ads: Ads, span: Window | None, asked: Decimal | None, days: int, *, free_goods: bool) -> Scene:  # fmt: skip
    upper = free_goods or base.lacks(FEE)
    said = told.economics.returned is not None or told.economics.cancelled is not None
    refunds = None if said else shop_refunds(reader, ctx.today)
    some = standings(ads, span, Terms(unit, refunds, upper, reader.platform)) if span else []
    margin = unit.contribution() if unit is not None and not upper else None
    room: RoomAds | None = room_ads(ads, span, margin, reader.platform) if span else None
    split = plan_budget(some, asked, days) if asked else None
    from_shop = bool(some or room) or any(one.basis is Basis.DATA for one in base.assumptions.values())
    return Scene(span, unit, upper, free_goods, ads, some, room, _fixed(ctx, reader, told), split, asked, from_shop)


def _fixed(ctx: ToolContext, reader: Reader, told: Brief) -> Decimal | None:
    """Fixed cost of the room a month: the brief's, else the fee table's."""
    if told.self_run is not None:
        return told.self_run.fixed
    found = RoomShop(reader, ctx.today).room_fixed()
    return found.value if found else None


def _ordered(facts: AdFacts) -> list[Fact]:
    """A budget's split leads where one was asked for; then break-even and verdict, plans, room, rules."""
    split = split_facts(facts)
    room, rules = room_facts(facts), rule_facts(facts)
    told = [*split, facts.headline(), *facts.plans(), *room[:1], *rules, *room[1:]]
    decided = [n for n, fact in enumerate(told) if n and fact.data["section"] == "decision"]
    for n in decided[1:]:  # an answer tells one decision; the others are what to do
        told[n] = told[n].model_copy(update={"data": {**told[n].data, "section": "what"}})
    return told


def _tables(ctx: ToolContext, reader: Reader, scene: Scene, base: Ground, day_budget: Decimal | None) -> list[ToolTable]:  # fmt: skip
    tables = []
    if scene.standings:
        tables.append(plan_table(ctx, scene))
    hidden = {"live_sessions", "live_orders"} & reader.shop.hidden
    pace = None
    if scene.room is not None and not hidden and not scene.free_goods:
        response = room_response(read_history(reader, ctx.today, reader.platform))
        pace = pace_of(response, scene.ads.streams, day_budget)
    if pace is not None:
        tables.append(pace_table(ctx, pace))
    elif scene.unit is not None:
        tables.append(even_table(ctx, scene.unit, free_goods=scene.free_goods))
    return [*tables, assumption_table(base.assumptions, ctx.lang, ctx.shop.currency)]


def _data_notes(reader: Reader, ads: Ads, scene: Scene) -> list[Claim]:
    """Refused, missing and empty tables are three different things; a budget that cannot be split says why."""
    notes = []
    for table, rows in (("ad_daily", ads.plans), ("live_sessions", ads.streams)):
        name, path = table_text(table), unlock_text(table, reader.platform)
        if table in ads.refused:
            notes.append(Claim(zh=f"商家没有分享“{name.zh}”（不等于没有投流）。", en=f"The merchant has not shared {name.en} (which does not mean there were no ads)."))  # fmt: skip
        elif not rows and reader.has(table):
            notes.append(Claim(zh=f"“{name.zh}”里没有投流花费这一列的数据。", en=f"{name.en} hold no ad spend."))
        elif not rows:
            notes.append(Claim(zh=f"还没有“{name.zh}”；导出路径：{path.zh}。", en=f"There is no {name.en} yet. Export: {path.en}."))  # fmt: skip
    if scene.window is not None and not scene.standings and scene.room is None:
        when = window_text(scene.window)
        notes.append(Claim(zh=f"{when.zh}没有投流花费。", en=f"No ads were bought in this window: {when.en}."))
    if scene.asked is not None and scene.budget is None:
        notes.append(Claim(zh="预算没法分：没有一个计划既有成交记录、又算得出保本投产且不该停；先按停投线小额试。", en="The budget cannot be split: no plan has sales on record, a known break-even and a reason to go on. Start small under the stop line."))  # fmt: skip
    return notes
