"""From a brief and a shop to a rundown: candidates, audience and rules gathered, the plan made, and held against other orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Literal

from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing
from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Brief
from tools.livestream.demand import TALKING, Past, Rate, alike, audience, last_order, rates, read_past, usual
from tools.livestream.demand_items import Goods, candidates, read_goods
from tools.livestream.economics import UnitEconomics
from tools.livestream.ground import Ground, ground
from tools.livestream.products import plan_of, solve_products
from tools.livestream.products_model import Solved
from tools.livestream.products_types import Audience, Candidate, ProductPlan, Reserved, Rules
from tools.livestream.products_values import Airing, Values
from tools.livestream.resample import Outcome, resample
from tools.livestream.room import LiveSession, need
from tools.livestream.sequence import faults, greedy, in_order
from tools.metrics.reader import Reader
from tools.text import Text

__all__ = ["BEST", "GREEDY", "LAST", "Made", "Pick", "make_products"]

BEST, GREEDY, LAST = "best", "greedy", "last"
_COUPON, _LOTTERY = 2, 3  # minutes
_HERO_SLACK = 5  # a hero "every 25" comes back within 20 to 30 minutes
_MOST_MINUTES = 24 * 60
_NOT_OF_UNIT = ("economics.taxpayer", "self_run.ad_share")
Pick = Literal["auto", "best", "host"]


@dataclass
class Made:
    """A rundown with everything it stands on. `plan` is the one to use: the host's own order where ours is ahead by chance only."""

    plan: ProductPlan
    best: ProductPlan
    keeps_host: bool
    outcomes: Mapping[str, Outcome]
    base: Ground
    unit: UnitEconomics
    day: date
    start: time
    seen: Mapping[str, Rate]
    past: Past
    goods: Goods
    inputs: list[Assumption]
    notes: list[Text] = field(default_factory=list)
    last: LiveSession | None = None


def make_products(
    ctx: ToolContext,
    brief: Brief,
    *,
    day: date | None = None,
    start: time | None = None,
    hours: Decimal | None = None,
    pick: Pick = "auto",
) -> Made:
    """The rundown of one stream; `pick` takes the optimised or the host's order whatever the comparison says.

    Raises DataMissing where costs, viewers or candidates are unknown, BadArguments where the brief clashes."""
    reader = Reader(ctx.shop)
    base = ground(brief, reader, ctx.records, ctx.today)
    unit = base.unit or base.best
    if unit is None:
        raise _no_unit(base)
    when = day or brief.session.day or ctx.today
    past = read_past(reader, min(when, ctx.today))
    begins, minutes, notes = _span(brief, past, start, hours)
    goods = read_goods(reader, ctx.today)
    seen = rates(past, goods.kinds)
    people = audience(past, begins, minutes, brief.session.viewers)
    if people is None:
        need(reader, "live_sessions", Text("不知道会来多少人；也可以在需求里写 session.viewers", "the number of viewers is unknown; or give session.viewers in the brief"))  # fmt: skip
        raise DataMissing(Text("直播场次里没有观看人数和时长，请在需求里写 session.viewers。", "The sessions hold no viewers and lengths: give session.viewers in the brief."), tables=("live_sessions",))  # fmt: skip
    found, left_out = candidates(brief.items, seen, goods, unit)
    if not found:
        if not brief.items:
            need(reader, "live_items", Text("没有候选商品；也可以在需求里写 items", "there are no candidate items; or list items in the brief"))  # fmt: skip
        raise DataMissing(Text("没有能排的商品：" + "；".join(t.zh for t in left_out or [Text("近期直播没有商品成交", "")]) + "。", "No item can be placed: " + "; ".join(t.en for t in left_out or [Text("", "nothing sold on air lately")]) + "."), tables=("live_items",))  # fmt: skip
    rules = _rules(brief, begins, minutes, found)
    best, values, airings = solve_products(Values(tuple(found), people, rules), stated=_stated(brief), seconds=15)
    _refuse(best)
    made = Made(
        best,
        best,
        False,
        {},
        base,
        unit,
        when,
        begins,
        seen,
        past,
        goods,
        _inputs(people, rules, begins),
        [*notes, *left_out],
    )
    _hold_against(made, values, airings, [float(s.viewers or 0) for s in alike(past, begins)], pick)
    return made


def _no_unit(base: Ground) -> DataMissing:
    """What is missing by name: without it nobody knows what an item leaves, so nothing can be ranked."""
    lacking = [one for one in base.missing if one.key not in _NOT_OF_UNIT]
    names = Text(
        "、".join(f"{one.label.zh}（{one.key}）" for one in lacking),
        ", ".join(f"{one.label.en} ({one.key})" for one in lacking),
    )
    return DataMissing(
        Text(
            f"排品要先知道卖一件能剩多少，还缺：{names.zh}。货本和扣点说一句就行，例如“毛利率大概 45%”、“平台扣点 5%”；退货从订单、退款或直播场次里取；也可以写进直播需求。",
            f"To rank items it has to be known what a sale leaves, and this is missing: {names.en}. Cost and fee can simply be said, such as "
            '"our gross margin is about 45%" and "platform fee 5%"; returns come from orders, refunds or livestream sessions; a brief may hold all of them.',
        ),
    )


def _span(brief: Brief, past: Past, start: time | None, hours: Decimal | None) -> tuple[time, int, list[Text]]:
    """Start and minutes: as asked, as briefed, as the room mostly does, else the brief's defaults (said)."""
    said, habit, notes = brief.session.model_fields_set, usual(past), []
    begins = start or (brief.session.start if "start" in said or habit is None else habit[0])
    if hours is not None or "lasting" in said or habit is None:
        minutes = int((hours if hours is not None else brief.session.lasting) * 60)
    else:
        minutes = habit[1]
    if not 10 <= minutes <= _MOST_MINUTES:
        raise BadArguments(Text(f"一场直播要在 10 分钟到 24 小时之间，现在是 {minutes} 分钟（hours / session.lasting）。", f"A session lasts 10 minutes to 24 hours; this is {minutes} minutes (hours / session.lasting)."))  # fmt: skip
    if habit is None and not {"start", "lasting"} <= said and (start is None or hours is None):
        notes.append(Text(f"没有直播场次数据，按 {begins:%H:%M} 开播、{minutes} 分钟排；请写明 session.start 和 session.lasting", f"There is no history of streams, so {begins:%H:%M} and {minutes} minutes are assumed; give session.start and session.lasting"))  # fmt: skip
    return begins, minutes, notes


def _rules(brief: Brief, start: time, minutes: int, found: Sequence[Candidate]) -> Rules:
    session = brief.session
    held = [_held("coupon", at, _COUPON, start, minutes) for at in session.coupons]
    held += [_held("lottery", at, _LOTTERY, start, minutes) for at in session.lotteries]
    heroes = sum(c.role == "hero" for c in found)
    apart = {"hero": 2 if heroes >= 4 else 1, "hook": 1, "bridge": 2, "profit": 2, "image": 2}
    return Rules(
        change=session.change_minutes, in_a_row=session.same_role_in_a_row, hero_gap=session.hero_every + _HERO_SLACK,
        reserved=tuple(sorted(held, key=lambda r: r.start)), apart=apart,  # type: ignore[arg-type]
    )  # fmt: skip


def _held(kind: str, at: time, lasting: int, start: time, minutes: int) -> Reserved:
    """Clock time to minutes of the session, over midnight too."""
    begin = (at.hour * 60 + at.minute - start.hour * 60 - start.minute) % (24 * 60)
    if begin + lasting > minutes:
        name = Text("发券", "coupon") if kind == "coupon" else Text("抽奖", "lottery")
        raise BadArguments(Text(f"{name.zh}时间 {at:%H:%M} 不在直播时间内（{start:%H:%M} 开播，{minutes} 分钟）。", f"The {name.en} at {at:%H:%M} lies outside the session (from {start:%H:%M}, {minutes} minutes)."))  # fmt: skip
    return Reserved("coupon" if kind == "coupon" else "lottery", begin, lasting)


def _stated(brief: Brief) -> frozenset[str]:
    names = {"same_role_in_a_row": "run", "hero_every": "hero", "coupons": "events", "lotteries": "events"}
    return frozenset(rule for name, rule in names.items() if name in brief.session.model_fields_set)


def _refuse(plan: ProductPlan) -> None:
    """A brief that clashes is told which of its rules do, and what to change."""
    if plan.status == "unknown":
        raise BadArguments(Text("在时限内没有排出来：请减少商品或缩短直播，再试一次。", "No rundown was found in time: use fewer items or a shorter session."))  # fmt: skip
    if plan.status != "infeasible":
        return
    alone = len(plan.conflicts) == 1
    zh = "；".join(one.what.zh if alone else f"{n}) {one.what.zh}" for n, one in enumerate(plan.conflicts, 1))
    en = "; ".join(one.what.en if alone else f"{n}) {one.what.en}" for n, one in enumerate(plan.conflicts, 1))
    fix_zh = "；或".join(dict.fromkeys(one.change.zh for one in plan.conflicts))
    fix_en = "; or ".join(dict.fromkeys(one.change.en for one in plan.conflicts))
    if alone:
        raise BadArguments(Text(f"这条要求在这场里做不到：{zh}。可以：{fix_zh}。", f"This demand cannot be met in this session: {en}. You can: {fix_en}."))  # fmt: skip
    raise BadArguments(
        Text(f"这些要求不能同时满足：{zh}。放宽任何一条即可：{fix_zh}。", f"These demands cannot all be met: {en}. Giving way on any one is enough: {fix_en}.")
    )  # fmt: skip


def _hold_against(made: Made, values: Values, airings: Sequence[Airing], sizes: Sequence[float], pick: Pick) -> None:
    """The same items by hand (greedy) and in the room's last real order, under the same draws; the host's order stays where we are not
    ahead beyond chance and it breaks nothing the merchant asked for."""
    plans: dict[str, Sequence[Airing]] = {BEST: airings, GREEDY: greedy(values)}
    told, by_id = last_order(made.past), {c.product_id: i for i, c in enumerate(values.items) if c.product_id}
    if told is not None:
        order = [by_id[p] for p in told[1] if p in by_id]
        if order and 2 * len(order) >= len(told[1]):
            made.last = told[0]
            plans[LAST] = in_order(values, order)
    made.outcomes = resample(values, plans, sizes)
    host = plans.get(LAST)
    if pick == "host" and not host:
        raise DataMissing(Text("没有上一场的成交明细，不知道主播原来的顺序。", "There are no order lines of a last stream, so the host's order is unknown."), tables=("live_orders",))  # fmt: skip
    if host and (
        pick == "host" or (pick == "auto" and made.outcomes[LAST].ahead_low <= 0 and not faults(values, host))
    ):
        made.keeps_host = True
        kept = plan_of(values, Solved("feasible", tuple(host), values.objective(host), round(made.best.bound * 100)))
        made.plan = kept


def _inputs(people: Audience, rules: Rules, start: time) -> list[Assumption]:
    total = sum(people.people, Decimal(0)).quantize(Decimal(1))
    n = people.sessions
    like = Text(
        f"近 90 天 {start:%H:%M} 前后开播的 {n} 场，按每分钟均值",
        f"mean a minute of {n} streams of the last 90 days around {start:%H:%M}",
    )
    source = like if people.basis is Basis.DATA else Text("需求（session.viewers）", "the brief (session.viewers)")
    ours = Text("默认规则", "our default")
    seen = sum(people.weights)
    curve = Text(f"这些场次 {seen} 条成交明细的时间分布；没有进场时间的数据", f"pay times of {seen} order lines of these streams; no file tells when people came in") if seen else Text("没有成交时间，按均匀", "no pay times, taken as even")  # fmt: skip
    return [
        Assumption("session.viewers", Text("预计观看人数", "viewers expected"), total, "visitors", people.basis, source),
        Assumption("curve", Text("人流曲线（低谷个数）", "curve of the audience (troughs)"), Decimal(len(people.troughs)), "count", Basis.DATA if seen else Basis.ASSUMED, curve),
        Assumption("talking", Text("一场里讲品的时间占比", "share of a stream that is talk of products"), TALKING, "ratio", Basis.ASSUMED, Text("用来把整场销量折算到讲解时间", "turns a stream's sales into sales on air")),
        Assumption("stock.safety", Text("备货安全系数 z", "stock safety z"), rules.safety, "number", Basis.ASSUMED, Text("九成场次不断货", "in stock in nine streams of ten")),
        Assumption("hero_gap", Text("主推最长间隔（分钟）", "longest gap between heroes (minutes)"), Decimal(rules.hero_gap), "count", Basis.ASSUMED, Text("session.hero_every 加 5", "session.hero_every plus 5")),
        Assumption("session.change_minutes", Text("换品时间（分钟）", "change of items (minutes)"), Decimal(rules.change), "count", Basis.ASSUMED, ours),
    ]  # fmt: skip
