"""Facts about the cost of a new buyer and when it comes back, by channel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role
from tools.metrics.acquisition import MONTH, Payback
from tools.metrics.customer_words import count_of, customer_fact
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import say
from tools.text import Text, quantize

__all__ = ["payback_facts"]

_CHANNEL = {
    "paid": Text("付费推广", "paid ads"),
    "live": Text("直播", "livestream"),
    "all": Text("全店", "the whole shop"),
}
_COST = {
    "paid": Text("推广花费", "ad spend"),
    "live": Text("直播投流花费", "ad spend of the livestream"),
    "all": Text("推广与直播投流花费", "ad spend of plans and livestream"),
}


_ORIGIN = {
    "stated": Text("商家口述", "as stated by the merchant"),
    "costs": Text("按商品成本表", "from the item costs"),
}


def payback_facts(ctx: ToolContext, found: Sequence[Payback], source: str, rank: int) -> list[Fact]:
    """CAC, what a new buyer brought so far, their quotient, and when the cost came back."""
    return [_payback_fact(ctx, item, source, rank + index) for index, item in enumerate(found)]


def _payback_fact(ctx: ToolContext, item: Payback, source: str, rank: int) -> Fact:
    currency, name = ctx.shop.currency, _CHANNEL[item.channel]
    subject = (name.zh, name.en)
    cac, worth, ratio = quantize(item.cac, 2), quantize(item.worth, 2), quantize(item.ratio, 2)
    base = Quantity(metric="cac", value=cac, unit=currency, window=item.window, subject=subject)
    seen = base.model_copy(update={"metric": "ltv_days", "value": Decimal(MONTH * len(item.value)), "unit": "days"})
    quantities = [
        base,
        base.model_copy(update={"metric": "ltv", "value": worth}),
        base.model_copy(update={"metric": "ltv_cac", "value": ratio, "unit": "number"}),
        seen,
        count_of("new_buyers", item.buyers, item.window, role=Role.SAMPLE, subject=subject),
    ]
    of = Text("毛利", "gross profit") if item.margin is not None else Text("净成交", "net sales")
    words, when, size = window_text(item.window), when_en(item.window), say(Decimal(item.buyers), "buyers")
    spent, brings, times, span = say(cac, currency), say(worth, currency), say(ratio, "number"), say(seen.value, "days")
    zh = f"{words.zh}{name.zh}首购的新客 {size.zh}，每位获客成本 {spent.zh}；首单起 {span.zh}内每位带来{of.zh} {brings.zh}，是成本的 {times.zh} 倍"
    whose = (
        "a new buyer of the whole shop" if item.channel == "all" else f"a new buyer whose first order came by {name.en}"
    )
    en = f"{when[:1].upper()}{when[1:]} {whose} ({size.en}) cost {spent.en} and brought {of.en} of {brings.en} within {span.en}, {times.en} times the cost"
    tail = _when(item)
    if item.days is not None:
        quantities.append(seen.model_copy(update={"metric": "payback_days", "value": Decimal(item.days)}))
    if item.margin is not None:
        quantities.append(Quantity(metric="gross_margin", value=item.margin.share, unit="ratio", role=Role.TARGET))
    return customer_fact(
        ctx, ("payback", item.channel, item.window, item.margin), Text(f"{zh}{tail.zh}。", f"{en}{tail.en}."), quantities,
        rank=rank, formula=_formula(item), source=source, entities=subject, part="payback", channel=item.channel,
    )  # fmt: skip


def _when(item: Payback) -> Text:
    """When the cost came back; without the cost of goods that is no payback, and is not called one."""
    if item.days is None:
        return Text("，到目前还没有覆盖成本", ", which does not cover the cost so far")
    days = say(Decimal(item.days), "days")
    if item.margin is None:
        return Text(
            f"，{days.zh}内就超过获客成本（没有扣货品成本，不等于回本）",
            f", above the cost within {days.en} (the cost of goods is not deducted, so this is no payback)",
        )
    return Text(f"，{days.zh}内回本", f", paid back within {days.en}")


def _formula(item: Payback) -> Text:
    cost, margin = _COST[item.channel], Text("没有毛利率，未扣货品成本", "no margin known, cost of goods not deducted")
    if item.margin is not None:
        share, origin = say(item.margin.share, "ratio"), _ORIGIN[item.margin.origin]
        margin = Text(f"毛利率 {share.zh}（{origin.zh}）", f"gross margin {share.en} ({origin.en})")
    return Text(
        f"获客成本 = {cost.zh} ÷ 该渠道首购的新客数；价值 = 每位新客按 30 天一个月累计的净成交（支付减退款）× 毛利率，只计整月都观察到的人；{margin.zh}",
        f"CAC = {cost.en} ÷ new buyers first won there; value = net sales per new buyer added up by 30-day month × margin, only people in view for the whole month; {margin.en}",
    )
