"""The causes of a gap in words: what each is called, on what ground it is claimed, and which file would tell about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from tools.base import ToolContext
from tools.facts import Fact, Quantity, Role, WhyClass, Window
from tools.metrics.reconcile import ReconciledDay, Reconciliation
from tools.metrics.windows import window_text
from tools.metrics.wording import make_fact, say
from tools.text import Text

__all__ = ["PART_NAMES", "days_en", "part_facts"]

_MOST_RUNS, _MANY_DAYS = 3, 14  # more than this are counted, not named, unless they are missing

PART_NAMES: Mapping[str, Text] = {
    "report_missing": Text("店铺日报缺这些天", "days missing from the daily report"),
    "orders_missing": Text("订单文件缺这些天", "days missing from the order files"),
    "zone": Text("时区不同", "another time zone"),
    "refunds": Text("退款口径", "refunds netted on one side"),
    "service": Text("补差价、邮费等服务订单", "service orders (price differences, postage)"),
    "cancelled": Text("付款后关闭的订单", "orders closed after payment"),
    "presale": Text("预售定金与尾款不在同一天", "presale deposit and balance on different days"),
    "midnight": Text("零点前后的付款", "payments around midnight"),
    "rejected": Text("导入时拒收的行", "rows rejected at import"),
    "unexplained": Text("未能解释", "unexplained"),
}

# Why it is claimed, and what to do about it. {hours} is the lag of the clock.
_ABOUT: Mapping[str, Text] = {
    "report_missing": Text("补导这些天的店铺日报即可", "import the daily report of these days"),
    "orders_missing": Text("补导这些天的订单报表即可", "import the order report of these days"),
    "zone": Text(
        "把订单付款时间{hours}后两边对得上：多半是订单文件与日报用了不同时区，请核对店铺时区",
        "with payment times moved {hours} the two sides agree: the files most likely use different time zones; check the shop's zone",
    ),
    "service": Text("日报没有把这类订单算进去", "the report leaves these orders out"),
    "cancelled": Text("日报没有把这些订单算进去", "the report leaves these orders out"),
    "midnight": Text(
        "金额等于零点前后两小时内的付款，日报记在了相邻一天",
        "equal to what was paid within two hours of midnight, which the report has on the neighbouring day",
    ),
    "rejected": Text(
        "缺的订单数与被拒收的行数相符；隔离文件（quarantine）里有行号和原因，改好后重新导入",
        "the orders missing agree with the rows rejected; the quarantine file has rows and reasons: correct and import again",
    ),
}
_NETTED = {
    1: Text("日报已扣退款，订单文件是退款前", "the report is net of refunds, the order files are before refunds"),
    -1: Text(
        "订单文件里的金额像是已扣退款，日报是退款前",
        "the order files look net of refunds, the report is before refunds",
    ),
}
_DEPOSIT = {
    True: Text("日报把预售记在付定金那天，我们记在付尾款那天", "the report has presales on the deposit day, we have them on the day the balance was paid"),
    False: Text(
        "整个预售期两边抵消：日报把定金记在付定金那天，我们连同尾款一起记",
        "over the presale the two sides cancel out: the report has deposits on the day they were paid, we have them with the balance",
    ),
}  # fmt: skip


def days_en(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"


def part_facts(ctx: ToolContext, found: Reconciliation, formula: Text, source: str) -> list[Fact]:
    gross = {
        name: sum((abs(day.parts.get(name, Decimal(0))) for day in found.days), Decimal(0)) for name in found.parts
    }
    ordered = sorted(found.parts, key=lambda name: (name == "unexplained", -gross[name]))
    return [_part(ctx, found, name, gross[name], rank, formula, source) for rank, name in enumerate(ordered, 1)]


def _part(
    ctx: ToolContext, found: Reconciliation, name: str, gross: Decimal, rank: int, formula: Text, source: str
) -> Fact:
    value, touched = found.parts[name], [day for day in found.days if day.parts.get(name)]
    title, about = PART_NAMES[name], _about(found, name)
    quantities = [
        Quantity(
            metric="gmv_gap",
            value=value,
            unit=ctx.shop.currency,
            window=found.window,
            role=Role.CONTRIBUTION,
            subject=(title.zh, title.en),
        ),
        Quantity(metric="days_touched", value=Decimal(len(touched)), unit="days", window=found.window),
    ]
    if name == "zone":
        roles = (Role.RANGE_LOW, Role.RANGE_HIGH)
        quantities += [
            Quantity(metric="zone_hours", value=Decimal(hours), unit="count", window=found.window, role=role)
            for hours, role in zip(found.hours, roles, strict=True)
        ]
    claim = _part_claim(ctx, title, about, touched, value, gross, quantities)
    return make_fact(
        ctx, ("reconcile", found.window, name), claim, quantities, topic="factor", rank=rank, formula=formula,
        source=source, entities=(title.zh, title.en), part=name,
        why_class=None if name == "unexplained" else WhyClass.DECOMPOSITION,
    )  # fmt: skip


def _part_claim(
    ctx: ToolContext,
    title: Text,
    about: Text,
    touched: Sequence[ReconciledDay],
    value: Decimal,
    gross: Decimal,
    quantities: list[Quantity],
) -> Text:
    """Names the days where they are few; money that only moves between days is told as moved. Adds the figures it says."""
    window = quantities[0].window
    days = Text(say(Decimal(len(touched)), "days").zh, days_en(len(touched)))
    missing = title in (PART_NAMES["report_missing"], PART_NAMES["orders_missing"])
    named = _named(touched) if missing or len(touched) <= _MANY_DAYS else None
    when = Text(f"{days.zh}：{named.zh}", f"{days.en}: {named.en}") if named else days
    if not value:
        moved = say(gross / 2, ctx.shop.currency)
        quantities.append(
            Quantity(
                metric="gmv_moved", value=gross / 2, unit=ctx.shop.currency, window=window, subject=(title.zh, title.en)
            )
        )
        return Text(
            f"差额中“{title.zh}”：有 {moved.zh}记在了不同的日子，合计为零（{when.zh}）；{about.zh}。",
            f'Of the gap, "{title.en}": {moved.en} on different days, nothing in total ({when.en}); {about.en}.',
        )
    net = say(value, ctx.shop.currency, signed=True)
    return Text(
        f"差额中“{title.zh}”：{net.zh}（{when.zh}）；{about.zh}。",
        f'Of the gap, "{title.en}": {net.en} ({when.en}); {about.en}.',
    )


def _named(touched: Sequence[ReconciledDay]) -> Text | None:
    """Up to three runs of days in words; None for more."""
    runs: list[list[date]] = []
    for one in touched:
        if runs and (one.day - runs[-1][-1]).days == 1:
            runs[-1].append(one.day)
        else:
            runs.append([one.day])
    if len(runs) > _MOST_RUNS:
        return None
    words = [window_text(Window(start=run[0], end=run[-1])) for run in runs]
    return Text("、".join(one.zh for one in words), ", ".join(one.en for one in words))


def _about(found: Reconciliation, name: str) -> Text:
    if name == "zone":
        later, (least, most) = found.definition.lag > 0, found.hours
        span = str(least) if least == most else f"{least}–{most}"
        zh, en = f"{'推后' if later else '提前'} {span} 小时", f"{span} h {'later' if later else 'earlier'}"
        return Text(_ABOUT[name].zh.format(hours=zh), _ABOUT[name].en.format(hours=en))
    if name == "refunds" and found.definition.refunds:
        return _NETTED[found.definition.refunds[1]]
    if name == "presale":
        return _DEPOSIT[found.definition.presale]
    if name == "unexplained":
        return _hint(found)
    return _ABOUT[name]


def _hint(found: Reconciliation) -> Text:
    """Which file would tell, by what the open days look like. Only a direction to look in, no cause."""
    open_days = [day for day in found.days if day.parts.get("unexplained")]
    widest = max(open_days, key=lambda day: abs(day.parts["unexplained"]))
    rest, counts = widest.parts["unexplained"], widest.counts
    told = counts.ours is not None and counts.theirs is not None
    short = (counts.theirs or 0) - (counts.ours or 0) if told else 0
    if widest.day in (found.days[0].day, found.days[-1].day) and len(found.days) > 1:
        return Text(
            "最大的一天在边上，文件可能在当天没结束时导出：第二天再导一次订单和日报",
            "the widest day is at the edge, where a file may have been exported before the day was over: export both again a day later",
        )
    if rest < 0 and short > 0:
        return Text(
            "订单数也少于日报：重新导出这些天的全部订单（订单状态选“全部”，含三个月前订单）再导入",
            "the order count is short too: export all orders of these days again (every status, orders older than three months too)",
        )
    if rest > 0 and short < 0:
        return Text(
            "订单数多于日报：重新下载这些天的店铺日报（终端选“全部”），看口径是否只含部分终端或渠道",
            "we have more orders than the report: download the report of these days again (all devices) and see whether it holds one channel only",
        )
    if found.presales:
        return Text(
            "订单报表不含定金金额，预售定金算在哪天无法分清：导出“分阶段订单”明细才能对上",
            "the order report has no deposit amounts, so where deposits count cannot be told; the staged-order details would",
        )
    return Text(
        "订单数看不出差别：导出这些天的退款明细（千牛 → 交易 → 退款管理）可以看出是不是退款或改价",
        "the order counts do not tell: the refund details of these days (Qianniu → Trade → Refunds) would show refunds or changed prices",
    )
