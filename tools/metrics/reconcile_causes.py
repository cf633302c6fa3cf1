"""The causes of a gap in words: what each is called, on what ground it is claimed, and which file would tell about the rest."""

from __future__ import annotations

from collections.abc import Mapping

from tools.metrics.reconcile import Reconciliation
from tools.text import Text

__all__ = ["PART_NAMES", "about_part"]

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


def about_part(found: Reconciliation, name: str) -> Text:
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
