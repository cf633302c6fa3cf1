"""The tool `live_start`: the values a form about a stream starts with, from the shop's own rows, as a person would type them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tools.base import ToolContext, tool
from tools.facts import Role, ToolResult
from tools.livestream.brief import Brief
from tools.livestream.demand import read_past, usual
from tools.livestream.ground import FEE, ground
from tools.livestream.ground_shop import RoomShop
from tools.livestream.modes_input import modes_of
from tools.livestream.pack import hosts_of_room
from tools.livestream.telling import Teller
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["live_start"]

ONE = Decimal(1)


@tool(label=Text("看直播间的平常做法", "looking up what the room usually does"), timeout_s=30)
def live_start(ctx: ToolContext) -> ToolResult:
    """What the room usually does: start, length, hosts, platform fee, margin, monthly fixed cost. For a form that plans a stream, only."""
    reader = Reader(ctx.shop)
    told = Brief()
    base = ground(told, reader, ctx.records, ctx.today)
    modes = modes_of(told, base, RoomShop(reader, ctx.today), ctx.records)
    hidden = "live_sessions" in ctx.shop.hidden
    habit = None if hidden else usual(read_past(reader, ctx.today))
    found: dict[str, str] = {"day": str(ctx.today + timedelta(days=1))}
    if habit is not None:
        found |= {"start": f"{habit[0]:%H:%M}", "hours": _short(Decimal(habit[1]) / 60)}
    known = base.assumptions
    if FEE in known:
        found["platform_fee"] = _percent(known.value(FEE))
    if "economics.cost_share" in known:
        found["margin"] = _percent(ONE - known.value("economics.cost_share"))
    own = modes.brief.self_run
    if own is not None and "自播" not in modes.ranges:
        found["fixed"] = _short(own.fixed)
    found["hosts"] = "、".join(host.name for host in hosts_of_room(reader, ctx))
    teller = Teller(ctx)
    count = teller.write("fields", sum(map(bool, found.values())), "count", Role.SAMPLE)
    claim = Text(f"直播间的平常做法：{count.zh} 项已知。", f"What the room usually does: {count.en} fields are known.")
    fact = teller.fact("start", claim, data={"defaults": {name: value for name, value in found.items() if value}})
    return ToolResult(facts=[fact])


def _short(value: Decimal) -> str:
    """90000, 4.75: no zeros behind the point."""
    text = f"{value.quantize(Decimal('0.01'))}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(share: Decimal) -> str:
    return f"{_short(share * 100)}%"
