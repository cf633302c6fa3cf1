"""Facts and table of RFM groups, each with the condition that rebuilds it on the platform."""

from __future__ import annotations

from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Claim, Fact, Quantity, Role, ToolTable
from tools.metrics.customer_words import count_of, customer_fact
from tools.metrics.measure import SMALL
from tools.metrics.segments import Cuts, Segment, Segments
from tools.metrics.windows import window_text
from tools.metrics.wording import say
from tools.text import Text, format_value

__all__ = ["condition", "segment_facts", "segment_table"]

ZERO = Decimal(0)
_RFM = Text(
    "统计窗口内付过款的买家（不含服务类订单）。近：最近一次付款距截止日不超过本店中位数；勤：付款次数不低于本店第 75 百分位（至少 2 次）；多：累计支付金额不低于本店第 67 百分位（取两位有效数字）",
    "buyers who paid in the window (service orders left out). Recent: last payment no longer ago than the shop's median; frequent: orders at or above"
    " the 75th percentile (at least 2); much: money at or above the 67th percentile (two leading digits)",
)


def condition(key: tuple[bool, bool, bool], cuts: Cuts, currency: str) -> Text:
    """What to type into 客户运营平台 or 达摩盘 to get the same people."""
    recent, frequent, much = key
    days, times, money = say(Decimal(cuts.days), "days"), say(Decimal(cuts.orders), "times"), say(cuts.money, currency)
    return Text(
        f"最近一次付款{'不超过' if recent else '超过'} {days.zh}、付款{'达到' if frequent else '少于'} {times.zh}、累计支付{'达到' if much else '少于'} {money.zh}",
        f"last paid {'within' if recent else 'more than'} {days.en}{'' if recent else ' ago'}, paid {'at least' if frequent else 'fewer than'} {times.en},"
        f" {'at least' if much else 'under'} {money.en} in total",
    )


def segment_facts(ctx: ToolContext, found: Segments, source: str) -> list[Fact]:
    """The groups by money, largest first, each with its size, its money and its condition."""
    facts: list[Fact] = []
    ranked = sorted(found.groups, key=lambda group: -group.money)
    if not ranked:
        return facts
    facts.append(_headline(ctx, found, ranked[0], source))
    for rank, group in enumerate(ranked, 2):
        facts.append(_segment_fact(ctx, found, group, source, rank))
    return facts


def _headline(ctx: ToolContext, found: Segments, first: Segment, source: str) -> Fact:
    words, size = window_text(found.window), say(Decimal(found.buyers), "buyers")
    subject = (first.name.zh, first.name.en)
    people, money = Decimal(first.buyers) / found.buyers, first.money / found.money if found.money else ZERO
    share, worth = say(people, "ratio"), say(money, "ratio")
    claim = Text(
        f"{words.zh}付过款的买家 {size.zh}；“{first.name.zh}”占人数的 {share.zh}，占支付金额的 {worth.zh}，是金额最大的一群。",
        f'{words.en}: {size.en} paid; "{first.name.en}" are {share.en} of them and bring {worth.en} of the money, the largest group by money.',
    )
    quantities = [
        count_of("rfm_buyers", found.buyers, found.window),
        Quantity(
            metric="rfm_buyer_share", value=people, unit="ratio", role=Role.SHARE, window=found.window, subject=subject
        ),
        Quantity(
            metric="rfm_money_share", value=money, unit="ratio", role=Role.SHARE, window=found.window, subject=subject
        ),
    ]
    return customer_fact(
        ctx, ("rfm", found.window), claim, quantities, rank=1, formula=_RFM, source=source, entities=subject, part="rfm"
    )


def _segment_fact(ctx: ToolContext, found: Segments, group: Segment, source: str, rank: int) -> Fact:
    currency, window, subject = ctx.shop.currency, found.window, (group.name.zh, group.name.en)
    people, money = Decimal(group.buyers) / found.buyers, group.money / found.money if found.money else ZERO
    how = condition(group.key, found.cuts, currency)
    size, share, worth, part = (
        say(Decimal(group.buyers), "buyers"),
        say(people, "ratio"),
        say(group.money, currency),
        say(money, "ratio"),
    )
    claim = Text(
        f"“{group.name.zh}”{size.zh}（占 {share.zh}），支付金额 {worth.zh}（占 {part.zh}）；条件：{how.zh}。",
        f'"{group.name.en}": {size.en} ({share.en}), {worth.en} paid ({part.en}); condition: {how.en}.',
    )
    quantities = [
        count_of("rfm_buyers", group.buyers, window, subject=subject),
        Quantity(metric="rfm_buyer_share", value=people, unit="ratio", role=Role.SHARE, window=window, subject=subject),
        Quantity(metric="rfm_money", value=group.money, unit=currency, window=window, subject=subject),
        Quantity(metric="rfm_money_share", value=money, unit="ratio", role=Role.SHARE, window=window, subject=subject),
        Quantity(
            metric="rfm_recency_cut", value=Decimal(found.cuts.days), unit="days", role=Role.TARGET, window=window
        ),
        Quantity(
            metric="rfm_orders_cut", value=Decimal(found.cuts.orders), unit="times", role=Role.TARGET, window=window
        ),
        Quantity(metric="rfm_money_cut", value=found.cuts.money, unit=currency, role=Role.TARGET, window=window),
    ]
    return customer_fact(
        ctx, ("rfm", group.id, window), claim, quantities, rank=rank, formula=_RFM, source=source, entities=subject,
        part="segment", segment=group.id, condition={"zh": how.zh, "en": how.en}, small=group.buyers < SMALL,
    )  # fmt: skip


def segment_table(ctx: ToolContext, found: Segments) -> ToolTable:
    """Name, size, money and condition of every group."""
    head = ("人群", "人数", "支付金额", "条件") if ctx.lang == "zh" else ("group", "buyers", "paid", "condition")
    rows = tuple(
        (
            group.name.get(ctx.lang),
            f"{group.buyers:,}",
            format_value(group.money, ctx.shop.currency, ctx.lang),
            condition(group.key, found.cuts, ctx.shop.currency).get(ctx.lang),
        )
        for group in sorted(found.groups, key=lambda group: -group.money)
    )
    return ToolTable(
        title=Claim(zh="RFM 人群与圈选条件", en="RFM groups and their conditions"), columns=head, rows=rows
    )
