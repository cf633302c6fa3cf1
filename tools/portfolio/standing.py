"""The tool `peer_standing`: where the bound shop stands among similar shops that share too. No figure of another shop leaves here.

What keeps one shop from being found out:
- only who shares sees, and only shops of the same category, simulated ones apart from real ones;
- at least five others stand behind every position, and they are counted in whole groups of five by order of joining:
  one more shop changes nothing until five have come, so a before-and-after comparison is never about one shop;
- a position is a decile between 10 % and 90 %: it never says that a shop is above or below all others.
What it does not keep: someone who imports made-up files into the own shop and reads the position again each time can
narrow down where some other shop lies, though not which one. Five shops are five merchant ids, not five owners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tools.base import Need, ToolContext, tool
from tools.cases.vocabulary import label
from tools.errors import DataMissing, NotPermitted
from tools.facts import Fact, Quantity, Role, ToolResult, WhyClass
from tools.metrics.catalog import Direction, catalog
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, note, say
from tools.portfolio.peers import RATIOS, PeerStore, Share, span_of
from tools.text import Text, quantize

__all__ = ["LEAST", "TOOLS", "Standing", "decile", "peer_standing", "percentile", "standings"]

LEAST = 5  # other shops behind a position, and the size of the groups they are counted in
_LOWEST, _HIGHEST = Decimal("0.1"), Decimal("0.9")
_BETTER: dict[Direction, Text] = {
    "up_good": Text("，越高越好", "; higher is better"),
    "down_good": Text("，越低越好", "; lower is better"),
    "neutral": Text("", ""),
}


@dataclass(frozen=True)
class Standing:
    """One ratio of the shop, the share of peers below it as a decile, and how many peers that is among."""

    metric_id: str
    month: date
    value: Decimal
    below: Decimal
    peers: int


def percentile(value: Decimal, others: Sequence[Decimal]) -> Decimal:
    """The share of others below the value; an equal one counts half."""
    below = sum(other < value for other in others)
    same = sum(other == value for other in others)
    return (Decimal(below) + Decimal(same) / 2) / len(others)


def decile(share: Decimal) -> Decimal:
    """Rounded to tenths and kept between 10 % and 90 %."""
    return min(max(quantize(share, 1), _LOWEST), _HIGHEST)


def similar(own: Share, others: Sequence[Share]) -> list[Share]:
    return [one for one in others if one.category == own.category and one.simulated == own.simulated]


def standings(own: Share, peers: Sequence[Share]) -> list[Standing]:
    """Per ratio the latest month for which the shop and at least five peers have it; ratios without one are left out."""
    found = []
    for name in RATIOS:
        for month in sorted((month for metric, month in own.values if metric == name), reverse=True):
            values = [one.values[name, month] for one in peers if (name, month) in one.values]
            values = values[: len(values) - len(values) % LEAST]
            if values:
                mine = own.values[name, month]
                found.append(Standing(name, month, mine, decile(percentile(mine, values)), len(values)))
                break
    return found


_GUIDE = (
    "Say each position as it stands: the own figure, its month, higher than about how many of how many similar shops. "
    "A position is neither a cause nor a target, and says nothing about any one shop: never guess who the others are or what they have."
)


@tool(label=Text("看同行里的位置", "looking at the standing among peers"), needs=(Need("orders", 31),))
def peer_standing(ctx: ToolContext) -> ToolResult:
    """Where this shop stands among at least five similar shops that share anonymously: conversion, repurchase, returning share, refund rate, livestream share, ad spend share.

    Use only when asked how the shop compares with peers: 和同行比怎么样, 在同行里算高还是低. Works once the merchant has opted in.
    """
    store = ctx.resource(PeerStore)
    own = store.read(ctx.shop.merchant_id)
    if own is None:
        raise _not_sharing(ctx.shop.merchant_id)
    if not own.category:
        raise _no_category()
    if not own.values:
        raise _nothing_to_compare()
    peers = similar(own, store.others(own.merchant_id))
    found = standings(own, peers) if len(peers) >= LEAST else []
    if not found:
        raise _too_few()
    told = [_fact(ctx, own.category, one, rank) for rank, one in enumerate(found, 1)]
    return ToolResult(facts=told, notes=[note(text) for text in _notes(own, found)], guidance=_GUIDE)


def _fact(ctx: ToolContext, category: str, one: Standing, rank: int) -> Fact:
    metric, window = catalog()[one.metric_id], span_of(one.metric_id, one.month)
    name, value, below = metric.name, say(one.value, "ratio"), f"{one.below:.0%}"
    edge = {_LOWEST: Text("及以下的", " or less"), _HIGHEST: Text("及以上的", " or more")}.get(
        one.below, Text("的", "")
    )
    better = _BETTER[metric.direction]
    claim = Text(
        f"{window_text(window).zh}{name.zh} {value.zh}，高于约 {below} {edge.zh}同类店铺"
        f"（自愿分享的 {one.peers} 家{label('categories', category, 'zh')}店铺{better.zh}）。",
        f"{name.en[:1].upper()}{name.en[1:]} {when_en(window)}: {value.en}, higher than about {below}{edge.en} of similar shops "
        f"({one.peers} that share, {label('categories', category, 'en')}{better.en}).",
    )
    base = Quantity(metric=one.metric_id, value=one.value, unit="ratio", window=window)
    quantities = [
        base,
        base.model_copy(update={"metric": "peer_percentile", "value": one.below, "role": Role.SHARE}),
        base.model_copy(update={"metric": "peer_shops", "value": Decimal(one.peers), "unit": "count", "role": Role.SAMPLE}),
    ]  # fmt: skip
    formula = Text(
        f"{metric.formula.zh}；位置 = 比本店低的同类店铺占比（相同算一半），取整到 10%，最低 10%、最高 90%",
        f"{metric.formula.en}; position = share of similar shops below this one (equal counts half), in tenths from 10% to 90%",
    )
    source = Text(f"本工作区的店铺组合（{one.peers} 家）", f"portfolio of this workspace ({one.peers} shops)").get(
        ctx.lang
    )
    return make_fact(
        ctx, ("peer_standing", one.metric_id, window, one.below, one.peers), claim, quantities, topic="figure", rank=rank,
        formula=formula, source=source, why_class=WhyClass.ASSOCIATION,
    )  # fmt: skip


def _notes(own: Share, found: Sequence[Standing]) -> list[Text]:
    notes = [
        Text(
            "位置取整到 10%，同类店铺每满 5 家才计入一批，不显示任何一家店的数值；平台和规模没有区分，只作参考。",
            "Positions are in tenths and shops are counted in whole groups of five, and no figure of any other shop is shown; "
            "platforms and sizes are mixed, so take it as orientation.",
        )
    ]
    lacking = [catalog()[name].name for name in RATIOS if name not in {one.metric_id for one in found}]
    if lacking:
        notes.append(
            Text(
                f"没有给出位置：{'、'.join(name.zh for name in lacking)}（本店缺数据、样本太小，或同月份有这项数据的同类店铺不足 {LEAST} 家）。",
                f"No position for {', '.join(name.en for name in lacking)}: this shop lacks the data, the sample is too small, "
                f"or fewer than {LEAST} similar shops have it for the same month.",
            )
        )
    return notes


def _not_sharing(merchant_id: str) -> NotPermitted:
    return NotPermitted(
        Text(
            f"本店没有加入匿名同行对比，所以看不到位置：只有分享的店铺才能看。只分享按月的比率，不含店名和金额；加入：advisor merchants share {merchant_id} --peers on。",
            f"This shop does not take part in the anonymous comparison with peers, and only shops that share can see it. Only monthly ratios are shared, no name and no amount. To join: advisor merchants share {merchant_id} --peers on.",
        )
    )


def _no_category() -> DataMissing:
    return DataMissing(
        Text(
            "本店没有类目，或类目认不出，不能找到同类店铺；不同类目的比率没有可比性。",
            "This shop has no category that is recognised, so similar shops cannot be found; ratios of other categories do not compare.",
        )
    )


def _nothing_to_compare() -> DataMissing:
    return DataMissing(
        Text(
            "本店还没有一个完整月份、样本足够的比率可以对比。",
            "This shop has no ratio yet for a whole month on a large enough sample.",
        ),
        tables=("orders",),
        unlock=Text(
            "请导入至少一个完整月份的订单或店铺日报。",
            "Import orders or the shop's daily report of at least one whole month.",
        ),
    )


def _too_few() -> NotPermitted:
    return NotPermitted(
        Text(
            f"同类目、同月份愿意分享的其他店铺不足 {LEAST} 家，为了不暴露任何一家，不给出位置；这不代表位置低。",
            f"Fewer than {LEAST} other shops of this category share the same months. To expose none of them no position is given; that does not mean a low one.",
        )
    )


TOOLS = (peer_standing,)
