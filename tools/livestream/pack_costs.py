"""The P&L of the stream that was planned: the plan's own GMV, goods and refunds, so that it adds up with what the rundown says it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tools.base import ToolContext
from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Brief
from tools.livestream.costs_facts import CostFacts
from tools.livestream.costs_input import costing
from tools.livestream.costs_shop import Period, Swings, swings
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import Ground
from tools.livestream.ground_shop import RoomShop
from tools.livestream.products_input import Made
from tools.metrics.reader import Reader
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["plan_unit", "session_costs"]

ZERO, ONE = Decimal(0), Decimal(1)
_SHARE = Decimal("0.0001")
_MIX = Text("这场商品的结构（按排品的预计件数）", "the mix of this stream's items (by expected pieces)")


def session_costs(
    ctx: ToolContext, told: Brief, reader: Reader, base: Ground, made: Made | None, begin: datetime
) -> CostFacts | None:
    """None where no GMV is expected: then there is nothing to cost."""
    if made is None or made.plan.gmv <= 0:
        return None
    plan = made.plan
    unit, refunded = plan_unit(made)
    named = Text("直播间", "the room") if told.room == Brief().room else Text(told.room, told.room)
    label = Text(
        f"{named.zh} {begin:%m-%d} {begin:%H:%M} 这场（计划）", f"{named.en}, {begin:%m-%d} {begin:%H:%M} (plan)"
    )
    period = Period("session", label, None, 1, plan.gmv.quantize(Decimal("0.01")), minutes=plan.minutes, actual=False)
    found = costing(told, base, unit, RoomShop(reader, ctx.today), ctx.records, period)
    found.bases["paid"] = Basis.DATA if plan.audience is not None and plan.audience.basis is Basis.DATA else Basis.STATED  # fmt: skip
    found.inputs += [
        Assumption("pack.cost_share", Text("这场货品成本占成交价", "this stream's cost of goods, share of price"), unit.cost_share.quantize(_SHARE), "ratio", Basis.DATA, _MIX),
        Assumption("pack.refunded", Text("这场退款退货占支付", "this stream's refunded share"), refunded.quantize(_SHARE), "ratio", Basis.DATA, _MIX),
    ]  # fmt: skip
    return CostFacts(ctx, base, found, _swings(reader, period, ctx))


def plan_unit(made: Made) -> tuple[UnitEconomics, Decimal]:
    """The unit at this plan's mix: its refunded share, and the cost share at which GMV x m is the plan's contribution exactly."""
    plan, unit = made.plan, made.unit
    own = {c.sku: unit.refunded if c.refund is None else c.refund for c in plan.candidates}
    sold = [((block.units or ZERO) * (block.price or ZERO), own[block.sku]) for block in plan.talks()]
    total = sum((gmv for gmv, _ in sold), ZERO)
    refunded = sum((gmv * share for gmv, share in sold), ZERO) / total if total else unit.refunded
    mixed = unit.with_refunds(refunded)
    free, full = (replace(mixed, cost_share=share).contribution() for share in (ZERO, ONE))
    share = (free - plan.contribution / plan.gmv) / (free - full) if free != full else unit.cost_share
    return replace(mixed, cost_share=min(max(share, ZERO), ONE)), refunded


def _swings(reader: Reader, period: Period, ctx: ToolContext) -> Swings:
    """Low and high around the plan, as wide as the room's own streams swing; without enough of them a stated width."""
    own = swings(reader, period, ctx.today) if "live_sessions" not in ctx.shop.hidden else None
    gmv = period.gmv
    if own is not None and own.usual:
        return replace(own, low=gmv * own.low / own.usual, usual=gmv, high=gmv * own.high / own.usual, around_plan=True)
    low, high = (Decimal(load_yaml("livestream.yaml")["scenario"][name]) for name in ("low", "high"))
    return Swings(gmv * low, gmv, gmv * high, 0, 0, "assumed", around_plan=True)
