"""Sentences of an effect: the estimate with its class, what may have been taken from other products, or why there is none to tell."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, WhyClass
from tools.metrics.effects import PRE_WEEKS, DiD, Unidentified
from tools.metrics.effects_panel import By, Programme
from tools.metrics.power import HoldOut
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, say
from tools.text import Text, quantize

__all__ = ["MEMBER_REASON", "WHOLE_SHOP", "effect_facts", "holdout_fact", "reason_of", "unidentified_fact"]

_UNITS: dict[By, Text] = {
    "product": Text("个商品", "products"),
    "province": Text("个省份", "provinces"),
    "channel": Text("个渠道", "channels"),
    "host": Text("位主播", "hosts"),
}
METHOD = Text(
    "双重差分：参加者活动期成交 − 活动前 8 周成交 × 对照同期变化；区间按各单位变化的离散程度，单位少时按历史安慰剂日期",
    "difference in differences: sales of the treated − their eight weeks before × the change of the control; the interval from how"
    " unequally units moved, with few units from placebo dates",
)
MEMBER_REASON = Text(
    "会员和非会员本来就不一样（爱买的人才入会），两边均值之差不是会员体系的效果",
    "members and non-members differ to begin with (those who like to buy join), so the gap of their averages is not the programme's effect",
)
WHOLE_SHOP = Text(
    "它覆盖全店，同期没有不参加的商品、地区或人群可比，活动前后的差里混着大盘、季节和其他活动",
    "it covers the whole shop: no product, region or group was left out, and before against after mixes in the market, the season and"
    " other campaigns",
)


def effect_facts(ctx: ToolContext, programme: Programme, found: DiD, source: str) -> list[Fact]:
    """The estimate, and for products what the others may have lost to it."""
    unit, window = ctx.shop.currency, programme.window
    why = WhyClass.EXPERIMENT if programme.randomised else WhyClass.ASSOCIATION
    words, when, name = window_text(window), when_en(window), programme.name
    value, low, high = (_money(x) for x in (found.effect, found.low, found.high))
    figure, bottom, top = say(abs(value), unit), say(low, unit), say(high, unit)
    kind = _UNITS[programme.by]
    more = Text("多卖", "more") if value >= 0 else Text("少卖", "less")
    clear = (
        Text("", "")
        if found.clear
        else Text("；区间包含 0，看不出确实有效果", "; the interval holds 0, so no effect shows")
    )
    against = (
        Text("随机留出的对照", "the random hold-out")
        if programme.randomised
        else Text("未参加的对照", "those not in it")
    )
    claim = Text(
        f"“{name}”{words.zh}：参加的 {found.treated} {kind.zh}比按{against.zh}推算的{more.zh} {figure.zh}，95% 区间 {bottom.zh} 至 {top.zh}{clear.zh}。",
        f'"{name}" {when}: the {found.treated} {kind.en} in it sold {figure.en} {more.en} than {against.en} would imply, 95 % interval'
        f" {bottom.en} to {top.en}{clear.en}.",
    )
    base = Quantity(metric="campaign_effect", value=abs(value), unit=unit, window=window, subject=(name,))
    quantities = [
        base,
        base.model_copy(update={"value": low, "role": Role.RANGE_LOW}),
        base.model_copy(update={"value": high, "role": Role.RANGE_HIGH}),
        Quantity(metric="treated_units", value=Decimal(found.treated), unit="count", role=Role.SAMPLE, window=window),
        Quantity(metric="control_units", value=Decimal(found.control), unit="count", role=Role.SAMPLE, window=window),
        Quantity(metric="confidence", value=Decimal("0.95"), unit="ratio", window=window),
    ]
    facts = [_fact(ctx, programme, "effect", claim, quantities, 1, source, why, identified=True, clear=found.clear)]
    if programme.by == "product" and found.control_change < 0 < found.effect:
        facts.append(_cannibal(ctx, programme, found, source))
    return facts


def _cannibal(ctx: ToolContext, programme: Programme, found: DiD, source: str) -> Fact:
    unit = ctx.shop.currency
    lost = _money(-found.control_change)
    rest = _money(found.effect + found.control_change)
    fell, net = say(lost, unit), say(rest, unit)
    claim = Text(
        f"未参加的商品同期比活动前少卖 {fell.zh}，可能有一部分是被抢走的：若全是，净增只有 {net.zh}，上面的估计因此偏高。",
        f"The products not in it sold {fell.en} less than before, some of it perhaps taken by the campaign: if all of it, the net gain is"
        f" {net.en}, so the estimate above is on the high side.",
    )
    quantities = [
        Quantity(metric="control_loss", value=lost, unit=unit, window=programme.window),
        Quantity(metric="net_effect", value=rest, unit=unit, window=programme.window),
    ]
    return _fact(ctx, programme, "cannibalisation", claim, quantities, 2, source, WhyClass.INFERENCE)


def reason_of(found: Unidentified) -> Text:
    """Why no effect can be told."""
    have, need = found.have, found.need
    drift = say(quantize(Decimal(str(found.drift)), 4), "ratio", signed=True)
    return {
        "no_treated": Text(
            "参加的对象在活动前后没有可比的成交", "what took part has no comparable sales before and after"
        ),
        "no_control": Text("没有不参加而一直在卖的对照", "nothing that was left out sold throughout"),
        "short": Text(
            f"活动前只有 {have} 个整周的数据，至少要 {need} 周",
            f"only {have} whole weeks of data lie before it, {need} are needed",
        ),
        "small": Text(
            f"参加的对象在活动前或活动中只有 {have} 笔，至少要 {need} 笔",
            f"only {have} orders lie behind it on one side, {need} are needed",
        ),
        "pre_trend": Text(
            f"活动前 {PRE_WEEKS} 周两边就不平行（参加者相对对照每周 {drift.zh}），之后的差分不出是活动还是原来的走势",
            f"the two sides did not move alike in the {PRE_WEEKS} weeks before ({drift.en} a week for the treated against the control), so"
            " what came after cannot be told from where they were going",
        ),
        "few_units": Text(
            f"可比的对象太少，改用历史日期做安慰剂又需要 {need} 周数据，现在只有 {have} 周",
            f"there are too few units to compare, and placebo dates instead need {need} weeks of data; there are {have}",
        ),
    }[found.reason]


def unidentified_fact(ctx: ToolContext, name: str, reason: Text, quantities: Sequence[Quantity] = ()) -> Fact:
    """无法识别, and why."""
    claim = Text(f"“{name}”的效果无法识别：{reason.zh}。", f'The effect of "{name}" is not identifiable: {reason.en}.')
    return make_fact(
        ctx, ("effect", "unidentified", name), claim, quantities, topic="missing", entities=(name,), identified=False
    )


def holdout_fact(ctx: ToolContext, name: str, split: HoldOut, audience: int, base: Decimal) -> Fact:
    """How to run one that can tell: the size of the hold-out and the difference it would show."""
    share, points = say(split.share, "ratio"), say(quantize(split.detectable * 100, 1), "pp")
    rate = say(base, "ratio")
    claim = Text(
        f"下次这样做就能知道：从近 180 天的 {audience:,} 位买家里随机留出 {share.zh}（{split.held_out:,} 人）不给，其余 {split.treated:,} 人照常；"
        f"30 天后比两边回购率（这样的买家平时约 {rate.zh}），差到 {points.zh} 以上就看得出来。",
        f"Next time it can be told: leave out a random {share.en} ({split.held_out:,} people) of the {audience:,} buyers of the last 180"
        f" days, treat the other {split.treated:,} as usual, and compare how many buy again in 30 days (usually {rate.en}); a difference"
        f" of {points.en} or more will show.",
    )
    quantities = [
        Quantity(metric="holdout_size", value=Decimal(split.held_out), unit="buyers", role=Role.TARGET),
        Quantity(metric="holdout_treated", value=Decimal(split.treated), unit="buyers", role=Role.TARGET),
        Quantity(metric="buyers", value=Decimal(audience), unit="buyers", role=Role.SAMPLE),
        Quantity(metric="holdout_share", value=split.share, unit="ratio", role=Role.TARGET),
        Quantity(metric="base_rate", value=base, unit="ratio"),
        Quantity(metric="detectable", value=quantize(split.detectable * 100, 1), unit="pp", role=Role.TARGET),
    ]
    return make_fact(ctx, ("effect", "holdout", name), claim, quantities, topic="size", rank=3, source="orders")


def _money(value: float) -> Decimal:
    return quantize(Decimal(repr(float(value))), 2)


def _fact(
    ctx: ToolContext,
    programme: Programme,
    part: str,
    claim: Text,
    quantities: Sequence[Quantity],
    rank: int,
    source: str,
    why: WhyClass,
    **data: object,
) -> Fact:
    key = (part, programme.name, programme.by, programme.window, *programme.treated)
    return make_fact(
        ctx,
        key,
        claim,
        quantities,
        topic="figure",
        rank=rank,
        formula=METHOD,
        source=source,
        why_class=why,
        entities=(programme.name,),
        part=part,
        **data,
    )
