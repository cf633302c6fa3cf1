"""The SOP pack of one stream: products, script, hosts, cost, modes and KPIs gathered once, so that every sheet and file tells the same.

What cannot be worked out is not in the pack and is asked for by name; a brief that clashes is refused. Without any item to sell there is no
pack: then everything that is missing is named at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tools.base import ToolContext
from tools.cases.vocabulary import guess_category
from tools.errors import BadArguments, DataMissing, NotPermitted, ToolError
from tools.facts import Claim, ToolResult
from tools.livestream import room
from tools.livestream.assumption import Assumption, Assumptions
from tools.livestream.brief import Brief, HostBrief, Item, parse_brief
from tools.livestream.costs_facts import CostFacts
from tools.livestream.demand import read_past, usual
from tools.livestream.ground import Ground, Missing, ground
from tools.livestream.ground_inputs import below_cost, input_text
from tools.livestream.ground_shop import RoomShop
from tools.livestream.modes_input import Modes, modes_of
from tools.livestream.pack_costs import session_costs
from tools.livestream.products_facts import ProductFacts
from tools.livestream.products_input import Made, make_products
from tools.livestream.roster import double_booked, host_specs, hosts_seen, make_roster
from tools.livestream.roster_rules import Air
from tools.livestream.schedule_types import SLOTS, Roster, Slot
from tools.livestream.script_types import Script
from tools.livestream.tool_modes import live_modes
from tools.livestream.tool_script import make_script
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["Pack", "hosts_of_room", "make_pack"]


@dataclass
class Pack:
    """One stream ready to be written. `made` None: no order by contribution could be computed, see `missing` and `notes`."""

    brief: Brief
    start: datetime
    end: datetime
    reader: Reader
    base: Ground
    modes: ToolResult
    made: Made | None
    script: Script
    category: str
    costs: CostFacts | None
    hosts: tuple[HostBrief, ...]
    roster: Roster
    inputs: Assumptions
    missing: list[Missing] = field(default_factory=list)
    notes: list[Claim] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)


def make_pack(
    ctx: ToolContext,
    brief: dict[str, Any] | None,
    *,
    day: date | None = None,
    start: time | None = None,
    hours: Decimal | None = None,
) -> Pack:
    """Work out everything of one stream. Raises BadArguments for a brief that clashes, DataMissing where there is nothing to sell."""
    told = parse_brief(brief) if brief is not None else Brief()
    when, notes = _day(ctx, told, day)
    notes = [*below_cost(told), *notes]
    told = _on(told, when, start)
    reader = Reader(ctx.shop)
    base = ground(told, reader, ctx.records, ctx.today)
    modes = modes_of(told, base, RoomShop(reader, ctx.today), ctx.records)
    missing = _asked(base, modes)
    made, why = _products(ctx, told, when, start, hours)
    notes += [Claim.of(why)] if why else []
    told, script = _script(ctx, told, made, missing, notes, hours)
    begin = datetime.combine(when, script.start)
    end = begin + timedelta(minutes=script.minutes)
    hosts = told.hosts or hosts_of_room(reader, ctx)
    roster = _roster(told, hosts, begin, end)
    costs = session_costs(ctx, told, reader, base, made, begin)
    if costs is not None:
        missing += [_missing(key) for key in costs.found.lacks if all(one.key != key for one in missing)]
    missing += _of_people(told, hosts)
    notes += [Claim.of(one) for one in (*roster.notes, *_twice(reader, ctx))]
    if made is not None:
        notes += [Claim.of(Text(f"{one.zh}。", f"{one.en}.")) for one in ProductFacts(ctx, made).notes()]
    shop = ctx.shop.category
    return Pack(
        brief=told, start=begin, end=end, reader=reader, base=base, modes=live_modes.run(ctx, brief=brief), made=made, script=script,
        category=told.category or guess_category(shop) or shop, costs=costs, hosts=tuple(hosts), roster=roster,
        inputs=_inputs(made, base, modes, costs), missing=missing, notes=notes,
    )  # fmt: skip


def _day(ctx: ToolContext, told: Brief, day: date | None) -> tuple[date, list[Claim]]:
    """The day asked for, the brief's, else tomorrow: what happens today can hardly be prepared."""
    when = day or told.session.day
    if when is None:
        tomorrow = ctx.today + timedelta(days=1)
        return tomorrow, [Claim(zh=f"没写哪一天（session.day），按明天 {tomorrow} 排。", en=f"No day was given (session.day); tomorrow, {tomorrow}, is planned.")]  # fmt: skip
    if when < ctx.today:
        raise BadArguments(Text(f"session.day：{when} 已经过去，今天是 {ctx.today}；要复盘过去的场次用 live review。", f"session.day: {when} is in the past (today is {ctx.today}); `live review` looks back at past streams."))  # fmt: skip
    return when, []


def _on(told: Brief, day: date, start: time | None) -> Brief:
    changed: dict[str, Any] = {"day": day, **({"start": start} if start is not None else {})}
    return told.model_copy(update={"session": told.session.model_copy(update=changed)})


def _products(
    ctx: ToolContext, told: Brief, day: date, start: time | None, hours: Decimal | None
) -> tuple[Made | None, Text | None]:
    """The rundown, or why there is none. A clash in the brief is not swallowed."""
    try:
        return make_products(ctx, told, day=day, start=start, hours=hours), None
    except (DataMissing, NotPermitted) as error:
        why = error.message
        return None, Text(f"没有按预计贡献排品，改为按角色轮流：{why.zh}", f"Not ordered by expected contribution but by role in turn: {why.en}")  # fmt: skip


def _script(
    ctx: ToolContext,
    told: Brief,
    made: Made | None,
    missing: Sequence[Missing],
    notes: list[Claim],
    hours: Decimal | None,
) -> tuple[Brief, Script]:
    """The script in the plan's order, else by roles; the brief comes back with the items and the hours it uses."""
    if made is not None:
        known = {item.sku: item for item in told.items}
        aired = {block.sku for block in made.plan.talks()}
        items = tuple(known.get(c.sku) or Item(sku=c.sku[:64], title=c.title, price=c.price, role=c.role, stock=c.stock) for c in made.plan.candidates if c.sku in aired)  # fmt: skip
        notes += _left_out([c.title for c in made.plan.candidates if c.sku not in aired])
        session = told.session.model_copy(update={"start": made.start, "lasting": Decimal(made.plan.minutes) / 60})
        told = told.model_copy(update={"items": items, "session": session})
        return told, make_script(ctx, told, plan=made.plan)[0]
    if hours is not None:
        told = told.model_copy(update={"session": told.session.model_copy(update={"lasting": hours})})
    if not told.items:
        told = _shop_items(ctx, told, missing, notes)
    from tools.livestream.script_rundown import build_script

    return told, build_script(told, ctx.shop.currency)


def _left_out(titles: Sequence[str]) -> list[Claim]:
    if not titles:
        return []
    return [Claim(zh=f"没排进这场：{'、'.join(titles)}（时间、库存或每件留下的钱不够）。", en=f"Left out of this stream: {', '.join(titles)} (time, stock or what a piece leaves would not do).")]  # fmt: skip


def _shop_items(ctx: ToolContext, told: Brief, missing: Sequence[Missing], notes: list[Claim]) -> Brief:
    """What the room sold last; without that everything a pack needs is asked for at once."""
    from tools.livestream.script_shop import shop_items

    try:
        items, said = shop_items(ctx)
    except ToolError as error:
        raise _nothing(error, missing) from error
    notes += said
    habit = usual(read_past(Reader(ctx.shop), ctx.today))
    session = told.session
    if habit is not None and not {"start", "lasting"} & session.model_fields_set:
        session = session.model_copy(update={"start": habit[0], "lasting": Decimal(habit[1]) / 60})
    return told.model_copy(update={"items": items, "session": session})


def _nothing(error: ToolError, missing: Sequence[Missing]) -> DataMissing:
    """No item from either side: what to give, all of it by name with why."""
    asked = [_missing("items"), *missing]
    zh = "；".join(f"{n}) {one.label.zh}（{one.key}）：{one.why.zh}；{one.where.zh}" for n, one in enumerate(asked, 1))
    en = "; ".join(f"{n}) {one.label.en} ({one.key}): {one.why.en}; {one.where.en}" for n, one in enumerate(asked, 1))
    return DataMissing(
        Text(f"还排不出这场直播（{error.message.zh.rstrip('。')}）。请补上：{zh}。", f"This stream cannot be planned yet ({error.message.en.rstrip('.')}). Please give: {en}."),
        tables=("live_items",),
    )  # fmt: skip


# -- what is asked for ------------------------------------------------------------------------------------------------
_OWN = {
    "items": (
        Text("要卖的商品", "items to sell"),
        Text("没有商品就没有流程、脚本和预算", "without items there is no rundown, script or budget"),
        Text(
            "在 items 里写 sku、标题、价格（最好有角色、成本、库存、卖点），或导入直播商品数据",
            "give sku, title and price under items (better with role, cost, stock, points), or import the room's item data",
        ),
    ),
    "hosts": (
        Text("主播", "hosts"),
        Text("不知道谁能上，排不出班", "without hosts there are no shifts"),
        Text(
            "在 hosts 里写姓名、时薪、能上的星期和时段，或导入主播排班",
            "give name, pay, weekdays and hours under hosts, or import the shifts",
        ),
    ),
    "hosts.hourly": (
        Text("主播时薪", "hosts' pay an hour"),
        Text(
            "没有时薪，这场的盈亏里就没有主播成本（固定费用已含主播时写 0）",
            "without it the session's P&L holds no host cost (write 0 where the fixed cost holds it)",
        ),
        Text("写在 hosts 的 hourly", "write hourly under hosts"),
    ),
}


def _missing(key: str) -> Missing:
    if key in _OWN:
        return Missing(key, *_OWN[key])
    text = input_text(key)
    return Missing(key, text.label, text.why, text.where)


def _asked(base: Ground, modes: Modes) -> list[Missing]:
    asked = list(base.missing)
    own = None if "自播" in modes.ranges else modes.brief.self_run  # a public range is no cost of this shop
    lacking = (("expected_gmv", modes.gmv), ("self_run.fixed", own))
    return asked + [_missing(key) for key, there in lacking if there is None]


def _of_people(told: Brief, hosts: Sequence[HostBrief]) -> list[Missing]:
    if not hosts:
        return [_missing("hosts")]
    stated = any("hourly" in one.model_fields_set for one in told.hosts)
    return [] if stated else [_missing("hosts.hourly")]


def _inputs(made: Made | None, base: Ground, modes: Modes, costs: CostFacts | None) -> Assumptions:
    """Every input once; where the session's own value differs from the room's, the session's counts."""
    found: dict[str, Assumption] = {}
    rows = [*(made.inputs if made else ()), *base.assumptions.items_, *modes.inputs]
    for one in rows:
        found.setdefault(f"{one.key} {one.label.en}", one)
    for one in costs.found.inputs if costs else ():
        if one.key.startswith("pack.") or one.key == "hours_month":
            found[one.key] = one
    return Assumptions(tuple(found.values()))


# -- people -----------------------------------------------------------------------------------------------------------
def hosts_of_room(reader: Reader, ctx: ToolContext) -> tuple[HostBrief, ...]:
    """Hosts of the last 12 weeks where the brief names none."""
    shifts = room.shifts(reader) if "live_shifts" not in ctx.shop.hidden else []
    sessions = room.sessions(reader) if "live_sessions" not in ctx.shop.hidden else []
    return hosts_seen([one for one in shifts if one.day <= ctx.today], [one for one in sessions if one.day <= ctx.today])  # fmt: skip


def _roster(told: Brief, hosts: Sequence[HostBrief], begin: datetime, end: datetime) -> Roster:
    slot: Slot = "late"
    for name, (first, _, _) in SLOTS.items():
        if begin.hour >= first:
            slot = name
    air = Air(f"{begin:%Y%m%d-%H%M}", begin, end, slot, told.rota.on_air, frozenset(told.rota.skills))
    return make_roster([air], host_specs(hosts), seconds=6.0)


def _twice(reader: Reader, ctx: ToolContext) -> list[Text]:
    if "live_shifts" in ctx.shop.hidden:
        return []
    found = double_booked(room.shifts(reader))
    if not found:
        return []
    one, two = found[-1]
    return [Text(f"导入的排班里有主播同一时间在两处：{one.host} {one.starts_at:%Y-%m-%d %H:%M} 与 {two.starts_at:%H:%M} 的班重叠，共 {len(found)} 处，请核对。", f"Imported shifts have a host in two places at once: {one.host}, {one.starts_at:%Y-%m-%d %H:%M} and {two.starts_at:%H:%M} overlap, {len(found)} in all; please check.")]  # fmt: skip
