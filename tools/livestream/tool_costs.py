"""The tool `live_costs`: the profit and loss of one stream, a month or the room, past or planned, net of returns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from tools.base import ToolContext, tool
from tools.errors import DataMissing
from tools.facts import Claim, ToolResult
from tools.livestream.assumption import Assumptions
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.costs_facts import CostFacts
from tools.livestream.costs_input import costing, hours_month
from tools.livestream.costs_shop import Period, Scope, Swings, past, planned, swings
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import Ground, Missing, ground
from tools.livestream.ground_inputs import below_cost, input_text
from tools.livestream.ground_shop import RoomShop
from tools.livestream.telling import assumption_table, doubt_claims, missing_claims
from tools.metrics.reader import Reader
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["live_costs"]

ZERO = Decimal(0)
_GUIDANCE = (
    "Lead with what is left after returns, then the largest costs and what turns profit into loss. Say what is estimated (refunds not all "
    "in), assumed or missing. GMV is not income."
)


@tool(label=Text("核算直播盈亏", "working out a livestream's profit"), timeout_s=30)
def live_costs(
    ctx: ToolContext,
    *,
    brief: dict[str, Any] | None = None,
    period: Literal["session", "month", "room"] = "month",
    session: Annotated[
        str, Field(max_length=200, description="id, title or day of a past stream; empty: the latest")
    ] = "",
) -> ToolResult:
    """Profit and loss of one stream, a month or the room, net of returns: paid GMV, refunds, goods, fee, parcels, ads, people, fixed, VAT.

    Use for 这场直播赚了多少 / 直播间一个月能剩多少 / is our livestream profitable. Past figures come from the shop; a `brief` with
    expected_gmv in self_run or agencies costs a plan (with `session` empty). Three volumes from the room's own swings, and the one input
    that turns profit into loss.
    """  # fmt: skip
    told = parse_brief(brief) if brief is not None else Brief()
    reader = Reader(ctx.shop)
    shop = RoomShop(reader, ctx.today)
    base = ground(told, reader, ctx.records, ctx.today)
    unit = _unit(ctx, told, base, reader)
    costed = _period(ctx, told, reader, shop, period, session)
    result = ToolResult(guidance=_GUIDANCE, notes=[*doubt_claims(base), *missing_claims(base.missing)])
    if unit is None:
        result.tables = [assumption_table(base.assumptions, ctx.lang, ctx.shop.currency)]
        return result
    found = costing(told, base, unit, shop, ctx.records, costed)
    facts = CostFacts(ctx, base, found, _swings(reader, costed, ctx))
    result.facts = facts.all()
    result.tables = [facts.table(), assumption_table(Assumptions(tuple(found.inputs)), ctx.lang, ctx.shop.currency)]
    result.notes += missing_claims(_asked(found.lacks))
    result.notes += below_cost(told)
    result.notes += _limits(told, facts)
    return result


def _unit(ctx: ToolContext, told: Brief, base: Ground, reader: Reader) -> UnitEconomics | None:
    """The ground's unit; with only the cost of goods unknown, the unit at no cost."""
    if base.best is not None or not base.lacks("economics.cost_share"):
        return base.best
    free = told.economics.model_copy(update={"cost_share": ZERO})
    return ground(told.model_copy(update={"economics": free}), reader, ctx.records, ctx.today).best


def _period(ctx: ToolContext, told: Brief, reader: Reader, shop: RoomShop, scope: Scope, session: str) -> Period:  # fmt: skip
    """A plan where the brief says what it expects and names no past stream; else the room's history."""
    rooms = [told.self_run, *told.agencies]
    expected = next((room.expected_gmv for room in rooms if room is not None and room.expected_gmv), None)
    if expected is None or session:
        return past(reader, scope, session, told.month, ctx.today)
    hours = hours_month(told, shop)
    period = planned(told, scope, expected, hours.value if hours else None)
    if period is None:
        text = input_text("hours_month")
        raise DataMissing(Text(f"不知道每月开播多少小时（hours_month），分不出一场的份额：{text.where.zh}；或先看一个月（period: month）。", f"The hours on air a month (hours_month) are unknown, so the share of one stream cannot be told: {text.where.en}; or ask for a month first (period: month)."))  # fmt: skip
    return period


def _swings(reader: Reader, period: Period, ctx: ToolContext) -> Swings | None:
    """The room's own; for a plan they keep their width around what the plan expects; without history a stated width."""
    own = swings(reader, period, ctx.today)
    if period.actual:
        return own
    if own is not None and own.usual:
        low, high = own.low / own.usual, own.high / own.usual
        return replace(own, low=period.gmv * low, usual=period.gmv, high=period.gmv * high, around_plan=True)
    low, high = (Decimal(load_yaml("livestream.yaml")["scenario"][name]) for name in ("low", "high"))
    return Swings(period.gmv * low, period.gmv, period.gmv * high, 0, 0, "assumed", around_plan=True)


def _asked(keys: list[str]) -> list[Missing]:
    texts = [(key, input_text(key)) for key in dict.fromkeys(keys)]
    return [Missing(key, text.label, text.why, text.where) for key, text in texts]


def _limits(told: Brief, facts: CostFacts) -> list[Claim]:
    notes = []
    if facts.swings is None:
        notes.append(Claim(zh="直播间历史太短，给不出低、平常、高三种情形。", en="The room's history is too short for low, usual and high."))  # fmt: skip
    if facts.found.costs.hosts and facts.found.costs.fixed:
        notes.append(Claim(zh="按小时的人力和固定费用都算了：固定费用里若已含主播，请把 hosts 的 hourly 写 0。", en="Both people by the hour and fixed cost are counted: if the fixed cost holds the hosts already, set their hourly to 0."))  # fmt: skip
    if len(told.agencies) > 1 and told.self_run is None:
        name = told.agencies[0].name
        notes.append(Claim(zh=f"需求里有几家代播，这里按第一家“{name}”算。", en=f'The brief names several agencies; this counts the first, "{name}".'))  # fmt: skip
    return notes
