"""The tool `live_products`: which products a stream sells and in which order, with what it should leave and how sure that is."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from tools.base import ToolContext, tool
from tools.facts import Claim, ToolResult
from tools.livestream.assumption import Assumptions
from tools.livestream.brief import Brief, parse_brief
from tools.livestream.ground_inputs import below_cost
from tools.livestream.products_facts import ProductFacts
from tools.livestream.products_input import Pick, make_products
from tools.livestream.telling import assumption_table, missing_claims
from tools.metrics.wording import note
from tools.text import Text

__all__ = ["live_products"]

_GUIDANCE = (
    "Lead with what the session should leave and whether the host's order stays, then stock that will not do, then the first hour of the "
    "rundown. Expected sales are a forecast: give the interval. Say which roles, times and rates are assumed."
)


@tool(label=Text("选品排品", "choosing and ordering products"), timeout_s=60)
def live_products(
    ctx: ToolContext,
    *,
    brief: dict[str, Any] | None = None,
    day: date | None = None,
    start: time | None = None,
    hours: Annotated[Decimal, Field(gt=0, le=24)] | None = None,
    order: Annotated[
        Pick, Field(description="auto keeps the host's order where ours is not better beyond chance")
    ] = "auto",
) -> ToolResult:
    """Which products to sell in a stream and in which order, minute by minute, by what each leaves; held against the last real order.

    Use for 直播排什么品 / 排品 / 选品 / 过款顺序 / 链接怎么排 / what to sell in Wednesday's stream. Without a brief the room's own products, usual
    start and length are used. `brief` may hold session {start "19:30", lasting 4, viewers, coupons ["20:00"], lotteries, hero_every}, items
    [{sku, title, price, role hook|bridge|hero|profit|image, cost, floor, stock, limit, talk_minutes, units_per_1000, pinned 1, must}],
    economics {platform_fee}. Leave out what was not said.
    """  # fmt: skip
    told = parse_brief(brief) if brief is not None else Brief()
    made = make_products(ctx, told, day=day, start=start, hours=hours, pick=order)
    facts = ProductFacts(ctx, made)
    inputs = Assumptions((*made.inputs, *made.base.assumptions.items_))
    notes: list[Claim] = [note(Text(f"{text.zh}。", f"{text.en}.")) for text in facts.notes()]
    return ToolResult(
        facts=facts.all(),
        tables=[facts.rundown(), facts.comparison(), assumption_table(inputs, ctx.lang, ctx.shop.currency)],
        notes=[*notes, *below_cost(told), *missing_claims(made.base.missing)],
        guidance=_GUIDANCE,
    )
