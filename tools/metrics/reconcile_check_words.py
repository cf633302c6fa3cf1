"""Tables that tell the same money twice, in sentences: both sides, how many rows differ, and which file to bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role
from tools.metrics.reconcile_checks import Check, CheckName
from tools.metrics.reconcile_note import FINDING
from tools.metrics.windows import when_en, window_text
from tools.metrics.wording import make_fact, say
from tools.text import Text

__all__ = ["check_facts"]

_CHECKS: Mapping[CheckName, tuple[Text, Text, Text, str]] = {
    "lines": (
        Text("订单金额", "order amounts"),
        Text("宝贝报表各行相加", "their item lines added up"),
        Text("如果差额不是改价或优惠分摊，请补导同一时间段的宝贝报表", "unless prices were changed by hand, import the item report of the same period"),
        "orders",
    ),
    "products": (
        Text("店铺日报支付金额", "paid amount of the shop report"),
        Text("商品日报相加", "the product report added up"),
        Text("商品日报可能没有导全部商品，或有当天下架的商品", "the product report may not hold every product"),
        "days",
    ),
    "live": (
        Text("直播场次成交金额", "paid amount of the live sessions"),
        Text("直播订单明细相加", "their order lines added up"),
        Text("场次成交的归属口径可能与订单明细不同，请补导同一时间段的直播订单明细", "sessions may be credited by another rule than the lines; import the live order lines of the same period"),
        "count",
    ),
    "refunds": (
        Text("订单文件里的退款", "refunds stated in the order files"),
        Text("退款明细相加", "the refund rows added up"),
        Text("订单报表可能早于退款明细导出：重新导出最近的订单报表", "the order report may be older than the refunds: export it again"),
        "orders",
    ),
}  # fmt: skip


_ROWS = {"orders": Text("", ""), "days": Text("", ""), "count": Text(" 场", " sessions")}


def check_facts(ctx: ToolContext, checks: Sequence[Check], source: str) -> list[Fact]:
    """One fact per pair of tables."""
    return [_check_fact(ctx, check, rank, source) for rank, check in enumerate(checks, 1)]


def _check_fact(ctx: ToolContext, check: Check, rank: int, source: str) -> Fact:
    one, two, hint, unit = _CHECKS[check.name]
    first, second = (say(value, ctx.shop.currency) for value in (check.first, check.second))
    finding = bool(check.rest) and (check.rate is None or abs(check.rate) > FINDING)
    tail, words = _apart(ctx, check, unit), window_text(check.window)
    end = Text(f"；{hint.zh}", f"; {hint.en}") if finding else Text("", "")
    claim = Text(
        f"{words.zh}{one.zh} {first.zh}，{two.zh} {second.zh}{tail.zh}{end.zh}。",
        f"{one.en[:1].upper()}{one.en[1:]} {when_en(check.window)} {first.en}, {two.en} {second.en}{tail.en}{end.en}.",
    )
    quantities = _quantities(ctx, check, unit)
    return make_fact(
        ctx, ("cross_check", check.name, check.window), claim, quantities, topic="check", rank=rank, source=source,
        check=check.name, finding=finding,
    )  # fmt: skip


def _apart(ctx: ToolContext, check: Check, unit: str) -> Text:
    if not check.gap and not check.off:
        return Text("，一致", ", the same")
    gap, rows = say(check.gap, ctx.shop.currency, signed=True), _ROWS[unit]
    off, of = say(Decimal(check.off), unit), say(Decimal(check.of), unit)
    few = say(Decimal(check.off), "count")
    tail = Text(
        f"，相差 {gap.zh}（{of.zh}{rows.zh}里 {off.zh}{rows.zh}对不上）",
        f", {gap.en} apart ({few.en} of {of.en}{rows.en} differ)",
    )
    if not check.aside:
        return tail
    kind = Text("邮费和补差价等", "postage and services") if check.name == "products" else Text("邮费", "postage")
    if not check.off:
        return Text(f"，相差 {gap.zh}，全是{kind.zh}", f", {gap.en} apart, all of it {kind.en}")
    beside = say(check.aside, ctx.shop.currency)
    return Text(f"{tail.zh}，其中{kind.zh} {beside.zh}", f"{tail.en}, of which {kind.en} {beside.en}")


def _quantities(ctx: ToolContext, check: Check, unit: str) -> list[Quantity]:
    money = ctx.shop.currency
    found = [
        (f"{check.name}_first", check.first, money, Role.VALUE),
        (f"{check.name}_second", check.second, money, Role.PREVIOUS),
        (f"{check.name}_gap", check.gap, money, Role.CHANGE),
        (f"{check.name}_off", Decimal(check.off), unit, Role.VALUE),
        (f"{check.name}_of", Decimal(check.of), unit, Role.SAMPLE),
    ]
    if check.aside:
        found.append((f"{check.name}_aside", check.aside, money, Role.CONTRIBUTION))
    return [
        Quantity(metric=metric, value=value, unit=kind, window=check.window, role=role)
        for metric, value, kind, role in found
    ]
