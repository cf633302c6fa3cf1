"""The tool `target_landing`: where a month or campaign will land, how far from the target, and which own levels would close the gap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tools.base import Need, ToolContext, tool
from tools.errors import BadArguments
from tools.facts import Fact, Quantity, Role, ToolResult, WhyClass, Window
from tools.metrics.landing import Landing, landing
from tools.metrics.landing_levers import LEVER_NAMES, Lever, Levers, levers
from tools.metrics.measure import age_notes, anchor_of
from tools.metrics.reader import Reader
from tools.metrics.windows import day_text, month_of, parse_window, when_en, window_text
from tools.metrics.wording import make_fact, note, say
from tools.text import Text

__all__ = ["target_landing"]

_LONGEST, _HALF_YEAR = 92, 183
_GUIDE = (
    "Say where it will land with the interval and how much of it is already in; then the gap, then the levers. The interval is 80 %, "
    "from back-tests. Levers are levels the shop itself reached, not promises: never add them up, use the fact that does."
)


@tool(label=Text("估月底落点", "landing the month"), needs=(Need("orders", 56),))
def target_landing(
    ctx: ToolContext,
    *,
    month: Annotated[
        str | None,
        Field(
            description="2026-11, or a campaign's days 2026-11-01..2026-11-11; default: the first month the data do not close"
        ),
    ] = None,
    target: Annotated[
        Decimal | None, Field(gt=0, description="GMV target in the shop's currency; default: imported or stated")
    ] = None,
) -> ToolResult:
    """Where GMV of a month or campaign will land, with an interval, against its target, and what would close the gap.

    Use for "can we make this month's target", 达成率, 月底能做到多少. Refuses under 8 weeks of data.
    """
    reader = Reader(ctx.shop)
    window = _window(ctx, month)
    found = landing(reader, window, ctx.today, target)
    stated = False
    if found.target is None and (said := _stated(ctx, found.window)) is not None:
        found, stated = landing(reader, window, ctx.today, said), True
    facts = [_headline(ctx, found)]
    notes = [note(text) for text in (*found.notes, *age_notes(ctx.shop, ctx.today))]
    if found.target is None:
        notes.append(
            note(
                Text(
                    "还不知道这段时间的目标：直接告诉我月目标是多少，或导入目标表，我就能算达成率和缺口。",
                    "No target is known for it: tell me the month's target or import the targets table, and I can tell"
                    " achievement and gap.",
                )
            )
        )
    else:
        facts.append(_against(ctx, found, stated=stated))
        if found.gap is not None and found.gap > 0 and not found.settled:
            facts += _lever_facts(ctx, found, levers(reader, found))
    return ToolResult(facts=facts, notes=notes, guidance=_GUIDE)


def _window(ctx: ToolContext, month: str | None) -> Window | date | None:
    if month is None or month.strip().lower() == "this_month":  # the month that is open, not the last one with data
        return None
    window = parse_window(month, anchor_of(ctx.shop, ctx.today))
    if window.days > _LONGEST:
        raise BadArguments(
            Text(
                "落点只算一个月、一次活动，最长一个季度。", "A landing covers a month, a campaign or at most a quarter."
            )
        )
    return window


def _stated(ctx: ToolContext, window: Window) -> Decimal | None:
    """What the merchant said is the month's target: named for that month ("11月目标") this half year, else said during it."""
    if ctx.records is None or window != month_of(window.start):
        return None
    named = ctx.records.stated(f"month_target_{window.start.month}")
    if named and abs((named["said_at"].date() - window.start).days) <= _HALF_YEAR:
        return Decimal(str(named["value"]))
    said = ctx.records.stated("month_target")
    return Decimal(str(said["value"])) if said and window.start <= said["said_at"].date() <= window.end else None


def _headline(ctx: ToolContext, found: Landing) -> Fact:
    words, unit = window_text(found.window), found.unit
    landed, actual = say(found.landed, unit), say(found.actual, unit)
    value = Quantity(metric="gmv", value=found.landed, unit=unit, window=found.window, subject=())
    done = Quantity(metric="gmv", value=found.actual, unit=unit, window=_past(found), role=Role.PREVIOUS)
    if found.settled:
        claim = Text(
            f"{words.zh}已经结束，支付金额 {landed.zh}。", f"GMV {when_en(found.window)} is final: {landed.en}."
        )
        return _fact(ctx, found, "landing", claim, [value], 1)
    low, high = say(found.low, unit), say(found.high, unit)
    left, until = say(Decimal(found.days_left), "days"), day_text(found.as_of)
    so_far = Text(f"到{until.zh}已成交 {actual.zh}", f"{actual.en} is in by {until.en}")
    if found.days_done == 0:
        so_far = Text(f"数据到{until.zh}，还没有这段时间的成交", f"the data end on {until.en}, before it begins")
    claim = Text(
        f"{words.zh}支付金额预计落在 {landed.zh}，80% 区间 {low.zh} 至 {high.zh}；{so_far.zh}，还剩 {left.zh}要估{_miss(found).zh}。",
        f"GMV {when_en(found.window)} should land at {landed.en}, 80 % interval {low.en} to {high.en}; {so_far.en}, {left.en} are"
        f" left to estimate{_miss(found).en}.",
    )
    edges = [
        value.model_copy(update={"value": edge, "role": role})
        for edge, role in ((found.low, Role.RANGE_LOW), (found.high, Role.RANGE_HIGH))
    ]
    days = Quantity(metric="days_left", value=Decimal(found.days_left), unit="days", window=found.window)
    width = Quantity(metric="interval", value=Decimal("0.8"), unit="ratio", window=found.window)
    extra = (
        [Quantity(metric="landing_miss", value=found.miss, unit="ratio", window=found.window)]
        if found.miss is not None
        else []
    )
    return _fact(ctx, found, "landing", claim, [value, *edges, done, days, width, *extra], 1)


def _miss(found: Landing) -> Text:
    if found.miss is None:
        return Text("", "")
    miss = say(found.miss, "ratio")
    return Text(
        f"（同样天数的历史回测，误差中位数 {miss.zh}）", f" (back-tests over as many days: median error {miss.en})"
    )


def _past(found: Landing) -> Window:
    return Window(start=found.window.start, end=max(found.window.start, min(found.as_of, found.window.end)))


def _against(ctx: ToolContext, found: Landing, *, stated: bool) -> Fact:
    assert found.target is not None
    assert found.gap is not None
    assert found.achievement is not None
    assert found.attained is not None
    words, unit = window_text(found.window), found.unit
    goal, gap = say(found.target, unit), say(abs(found.gap), unit)
    share, so_far = say(found.achievement, "ratio"), say(found.attained, "ratio")
    by = Text("（商家口述）", " (as stated by you)") if stated else Text("", "")
    over = found.gap <= 0
    end = Text(f"超出 {gap.zh}", f"{gap.en} over") if over else Text(f"还差 {gap.zh}", f"{gap.en} short")
    verdict = _verdict(found)
    begun = found.days_done > 0
    done = Text(f"目前达成率 {so_far.zh}，", f"{so_far.en} attained so far, ") if begun else Text("", "")
    claim = Text(
        f"{words.zh}目标 {goal.zh}{by.zh}：{done.zh}预计达成 {share.zh}，{end.zh}；{verdict.zh}。",
        f"The target for {words.en} is {goal.en}{by.en}: {done.en}{share.en} expected, {end.en}; {verdict.en}.",
    )
    if found.settled:
        claim = Text(
            f"{words.zh}目标 {goal.zh}{by.zh}：达成率 {so_far.zh}，{end.zh}。",
            f"The target for {words.en} was {goal.en}{by.en}: {so_far.en} attained, {end.en}.",
        )
    quantities = [
        Quantity(metric="gmv", value=found.target, unit=unit, window=found.window, role=Role.TARGET),
        Quantity(metric="target_attained", value=found.attained, unit="ratio", window=_past(found)),
        Quantity(metric="target_achievement", value=found.achievement, unit="ratio", window=found.window),
        Quantity(metric="target_gap", value=abs(found.gap), unit=unit, window=found.window),
    ]
    return _fact(ctx, found, "target", claim, quantities, 2)


def _verdict(found: Landing) -> Text:
    assert found.target is not None
    if found.target > found.high:
        return Text(
            "按现在的走势完不成，目标高于区间上沿",
            "on the present course it is missed: the target lies above the interval",
        )
    if found.target <= found.low:
        return Text(
            "按现在的走势能完成，目标低于区间下沿",
            "on the present course it is made: the target lies below the interval",
        )
    return Text("目标在区间之内，两种结果都有可能", "the target lies inside the interval, so it can go either way")


def _lever_facts(ctx: ToolContext, found: Landing, by: Levers) -> list[Fact]:
    assert found.gap is not None
    if not by.found:
        claim = Text(
            "访客、转化、客单价都已在本店近半年最好的水平附近，没有现成的差距可补：要么加新的来源或活动，要么调整目标。",
            "Visitors, conversion and spend per buyer are all near the shop's own best of the last half year: no slack of its own closes"
            " the gap; it takes a new source or campaign, or another target.",
        )
        return [_fact(ctx, found, "levers", claim, (), 3)]
    facts = [_lever_fact(ctx, found, lever, by.now, rank) for rank, lever in enumerate(by.found, 3)]
    if len(by.found) > 1:
        total, gap = say(by.together, found.unit), say(found.gap, found.unit)
        enough = by.together >= found.gap
        tail = (
            Text("够补上缺口", "enough for the gap")
            if enough
            else Text("仍不够补上缺口", "still not enough for the gap")
        )
        claim = Text(
            f"几项同时回到自己的好水平，剩余天数最多多 {total.zh}，缺口是 {gap.zh}：{tail.zh}。",
            f"All of them at their own best at once would add at most {total.en} over the days left, against a gap of {gap.en}: {tail.en}.",
        )
        quantities = [
            Quantity(metric="lever_worth", value=by.together, unit=found.unit, window=_rest(found)),
            Quantity(metric="target_gap", value=found.gap, unit=found.unit, window=found.window),
        ]
        facts.append(_fact(ctx, found, "levers", claim, quantities, 9))
    return facts


def _rest(found: Landing) -> Window:
    return Window(start=max(found.window.start, found.as_of + timedelta(days=1)), end=found.window.end)


def _lever_fact(ctx: ToolContext, found: Landing, lever: Lever, now: Window, rank: int) -> Fact:
    name, worth = LEVER_NAMES[lever.factor], say(lever.worth, found.unit)
    level, best = say(lever.now, lever.unit), say(lever.best, lever.unit)
    when = window_text(lever.when)
    claim = Text(
        f"{name.zh}：近 28 天为 {level.zh}，{when.zh}做到过 {best.zh}；剩余天数若回到那个水平，约多 {worth.zh}。",
        f"{name.en[:1].upper()}{name.en[1:]}: {level.en} in the last 28 days; it stood at {best.en} {when_en(lever.when)}; back at that level, the days left"
        f" would bring about {worth.en} more.",
    )
    base = Quantity(metric=lever.factor, value=lever.now, unit=lever.unit, window=now)
    quantities = [
        Quantity(metric="lever_worth", value=lever.worth, unit=found.unit, window=_rest(found)),
        base,
        base.model_copy(update={"value": lever.best, "window": lever.when, "role": Role.TARGET}),
    ]
    return _fact(ctx, found, f"lever:{lever.factor}", claim, quantities, rank, why=WhyClass.INFERENCE)


def _fact(
    ctx: ToolContext,
    found: Landing,
    key: str,
    claim: Text,
    quantities: Sequence[Quantity],
    rank: int,
    why: WhyClass | None = None,
) -> Fact:
    return make_fact(
        ctx,
        (key, found.window, found.as_of, found.target),
        claim,
        quantities,
        topic="figure",
        rank=rank,
        formula=found.method,
        source=found.source,
        why_class=why,
        metric="gmv",
        part=key,
    )
