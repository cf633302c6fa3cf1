"""The tool `campaign_effect`: what a campaign or programme brought, where a comparison group lets it be told; else why not, and how to."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import BadArguments
from tools.facts import Fact, ToolResult, Window
from tools.metrics.effect_words import (
    MEMBER_REASON,
    WHOLE_SHOP,
    effect_facts,
    holdout_fact,
    reason_of,
    unidentified_fact,
)
from tools.metrics.effects import Unidentified, did
from tools.metrics.effects_panel import By, Programme, Sides, next_holdout, promotion_named, sides_of
from tools.metrics.landing_phases import phases_of
from tools.metrics.measure import anchor_of, source_text
from tools.metrics.reader import Reader
from tools.metrics.wording import note
from tools.text import Text

__all__ = ["campaign_effect"]

_MEMBERS = re.compile(r"会员|\bmember|membership|loyalty|vip", re.IGNORECASE)
_GUIDE = (
    "Give the estimate with its interval and its class, never without. 关联 may not be told as caused; only 实验 may. "
    "Where it is not identifiable, say so and why, then how to run a test. A gap between members and non-members is never an effect."
)


_BY_PRODUCT = Text(
    "公开价和满减没法按人留出：随机抽一部分商品不参加，在活动表里给它们记同一个活动名、类型 holdout，就能当实验读。",
    "A public price cannot be withheld from people: draw some products at random that stay out, and list them in the promotions table under"
    " the same name with kind holdout; it can then be read as an experiment.",
)


@tool(label=Text("看活动效果", "reading a campaign's effect"), needs=(Need("orders", 56),), timeout_s=30)
def campaign_effect(
    ctx: ToolContext,
    *,
    what: Annotated[
        str, Field(max_length=80, description="name or id of the promotion, or what the programme is called")
    ],
    by: Annotated[
        By, Field(description="what the comparison is between when no promotion row names products")
    ] = "product",
    treated: Annotated[
        list[str] | None, Field(max_length=500, description="products, provinces, channels or hosts that took part")
    ] = None,
    start: Annotated[date | None, Field(description="first day, with treated")] = None,
    end: Annotated[date | None, Field(description="last day; default: the last day of the data")] = None,
) -> ToolResult:
    """What a campaign, coupon, price change or programme brought, against what was left out, with a 95 % interval.

    Use for "did it work". Says 无法识别 / not identifiable, why, and how to run a hold-out, where there is no comparison group.
    """
    reader = Reader(ctx.shop)
    last = anchor_of(ctx.shop, ctx.today).day
    programme = _programme(reader, what, by, treated, start, end, last)
    if programme is None:
        return _refused(ctx, reader, what, MEMBER_REASON, last)
    if not programme.treated:
        refused = _refused(ctx, reader, programme.name, WHOLE_SHOP, last)
        refused.notes.append(note(_BY_PRODUCT))
        return refused
    sides = sides_of(reader, programme)
    found = did(sides.panel)
    if isinstance(found, Unidentified):
        return _refused(ctx, reader, programme.name, reason_of(found), last)
    facts = effect_facts(ctx, programme, found, source_text(reader, (sides.table,)))
    notes = [note(text) for text in _notes(reader, programme, sides)]
    return ToolResult(facts=facts, notes=notes, guidance=_GUIDE)


def _programme(
    reader: Reader, what: str, by: By, treated: list[str] | None, start: date | None, end: date | None, last: date
) -> Programme | None:
    """None for a membership programme that names no group of its own. Raises BadArguments for what is not known."""
    if treated:
        if start is None:
            raise BadArguments(Text("请给出开始日期 start。", "Give the first day (start)."))
        until = min(end or last, last)
        if until < start:
            raise BadArguments(
                Text(
                    f"数据到 {last}，{start} 开始的活动还没有结果。",
                    f"The data end on {last}: what began on {start} has no result yet.",
                )
            )
        return Programme(what, Window(start=start, end=until), by, tuple(treated))
    found = promotion_named(reader, what, last)
    if found is not None:
        return found
    if _MEMBERS.search(what):
        return None
    raise BadArguments(
        Text(
            f"没有找到名为“{what}”的活动。请给出活动表里的名称，或参加的商品、省份、渠道和开始日期。",
            f'No promotion called "{what}" was found. Give a name of the promotions table, or the products, provinces or channels that took'
            " part and the first day.",
        )
    )


def _refused(ctx: ToolContext, reader: Reader, name: str, reason: Text, last: date) -> ToolResult:
    facts: list[Fact] = [unidentified_fact(ctx, name, reason)]
    notes = []
    split = next_holdout(reader, last)
    if split is not None:
        facts.append(holdout_fact(ctx, name, *split))
    else:
        notes.append(
            note(
                Text(
                    "订单没有买家标识或买家太少，定不了对照人数：可改为随机留出一半商品或省份、至少 8 周，用同样的方法比较。",
                    "Without buyer ids, or with few buyers, a hold-out of people cannot be sized: leave out a random half of the products or"
                    " provinces instead, over at least eight weeks.",
                )
            )
        )
    return ToolResult(facts=facts, notes=notes, guidance=_GUIDE)


def _notes(reader: Reader, programme: Programme, sides: Sides) -> list[Text]:
    notes = []
    if not programme.randomised:
        notes.append(
            Text(
                "对照不是随机留出的：参加的可能本来就更好卖，所以这是关联，不是实验。下次随机留出几个不参加，就能当实验读。",
                "The control was not left out by lot: what took part may have been the better seller anyway, so this is an association, not"
                " an experiment. Leave some out at random next time, and it can be read as one.",
            )
        )
    phases = phases_of(reader, programme.window.start, programme.window.end)
    names = [phases.name(event) for event in phases.events(programme.window) if phases.name(event).zh != programme.name]
    if names:
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        notes.append(
            Text(
                f"同期还有{zh}：两边若受它影响不同，会混进这个估计。",
                f"{en} ran at the same time: where it touched the two sides differently, that is in the estimate.",
            )
        )
    if sides.too_new:
        notes.append(
            Text(
                "有参加的对象在活动前几乎没有成交（新上架），没有计入。",
                "Some of what took part hardly sold before (newly listed) and is left out.",
            )
        )
    return notes
