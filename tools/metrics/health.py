"""health(): one reading of a shop: stage, five outcomes, at most five problems and opportunities in yuan a month, data gaps.

Everything is read over the last 30 days of data and the 30-day periods before them, so the yuan are yuan a month. Nothing is
compared with other shops here. Two findings about the same yuan (one area of the money) are one: the larger is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from tools.base import ToolContext
from tools.errors import BadArguments, DataMissing, NotPermitted
from tools.facts import Window
from tools.metrics.bases import BASES
from tools.metrics.catalog import Metric, catalog, table_text, unlock_text
from tools.metrics.health_history import load_history
from tools.metrics.health_model import LEAST_PAST, MONTH, DataGap, Finding, Health
from tools.metrics.health_outcomes import outcomes_of
from tools.metrics.health_people import load_people
from tools.metrics.health_problems import explained_month, problems
from tools.metrics.landing import Landing, landing
from tools.metrics.margins import margin_figure, stated_share
from tools.metrics.measure import age_notes, anchor_of
from tools.metrics.opportunities import buyer_opportunities
from tools.metrics.opportunities_goods import goods_opportunities
from tools.metrics.opportunities_sizing import LEAST_ORDERS, Margin, Sizing
from tools.metrics.opportunities_spend import spend_opportunities
from tools.metrics.pair import make_pair
from tools.metrics.reader import RELATIONS, Reader
from tools.metrics.reconcile_note import differs_from_report
from tools.metrics.stage import stage_of
from tools.text import Text

__all__ = ["FINDINGS", "health"]

FINDINGS = 5


def health(ctx: ToolContext) -> Health:
    """Read the bound shop as a whole. Raises DataMissing when nothing with a day was imported."""
    reader = Reader(ctx.shop)
    last = anchor_of(ctx.shop, ctx.today).day
    month = Window(start=last - timedelta(days=MONTH - 1), end=last)
    people = load_people(reader, month)
    history = load_history(reader, month)
    outcomes = outcomes_of(reader, history, people)
    sizing = Sizing(reader, history, people, _margin(ctx, reader, month))
    told: list[Finding] = []
    if sizing.large_enough:
        told += problems(ctx, sizing, explained_month(sizing), outcomes)
        told += buyer_opportunities(sizing)
        told += spend_opportunities(sizing)
        if len(history.months) > 1:
            told += goods_opportunities(sizing, make_pair(reader, *history.months[:2]))
    findings = _ranked(told, sizing.least)
    return Health(
        month=month,
        currency=reader.shop.currency,
        stage=stage_of(history, people),
        outcomes=outcomes,
        findings=tuple(findings[:FINDINGS]),
        left_out=max(0, len(findings) - FINDINGS),
        gaps=tuple(_gaps(reader)),
        landing=_landing(ctx, reader),
        judged=sizing.large_enough and len(history.months) > LEAST_PAST,
        notes=tuple(_notes(ctx, sizing)),
    )


def _ranked(told: Iterable[Finding], least: Decimal) -> list[Finding]:
    """Largest first, one for each area of the money and for each thing it is about.

    What the diagnosis named goes first, in its order; then figures far from usual, then gaps, the larger first.
    """
    kept: list[Finding] = []
    for finding in sorted(told, key=lambda f: (not f.moved, f.kind == "opportunity", f.order, -f.yuan, f.id)):
        same = any(finding.area == other.area or set(finding.subject) & set(other.subject) for other in kept)
        if not same and finding.yuan >= least and not _accounted(finding, kept):
            kept.append(finding)
    return sorted(kept, key=lambda f: (-f.yuan, f.id))


_SPREADS = ("stock", "conversion", "market", "order_value")  # a seller out of stock lowers conversion in every source


def _accounted(finding: Finding, kept: Iterable[Finding]) -> bool:
    """Whether dated causes already told account for half of a figure that only says where the month stands."""
    if finding.moved or (
        finding.area in ("returning", "second_order", "refunds", "stock") and finding.kind == "opportunity"
    ):
        return False
    causes = [other for other in kept if other.moved]
    if finding.kind == "opportunity":
        causes = [other for other in causes if finding.id.endswith("conversion") and other.area in _SPREADS]
    return bool(causes) and 2 * sum((other.yuan for other in causes), Decimal(0)) >= finding.yuan


def _margin(ctx: ToolContext, reader: Reader, month: Window) -> Margin:
    """The break-even return on ads from costs and fees, else from the margin the merchant stated; None without either."""
    try:
        even = margin_figure(reader, "ad_break_even", month).value
    except (DataMissing, NotPermitted):
        even = None
    if even is not None:
        return Margin(even)
    share = stated_share(ctx.records, "gross_margin")
    return Margin(1 / share, stated=True) if share and 0 < share < 1 else Margin(None)


def _landing(ctx: ToolContext, reader: Reader) -> Landing | None:
    """Where the month under way lands; None where that cannot be told."""
    try:
        return landing(reader, None, ctx.today)
    except (DataMissing, BadArguments, NotPermitted):
        return None


def _notes(ctx: ToolContext, s: Sizing) -> list[Text]:
    notes = list(age_notes(ctx.shop, ctx.today))
    if differs_from_report(s.reader, s.month):
        notes.append(
            Text(
                "近 30 天订单与平台店铺日报的支付金额相差超过 1%：先对账（advisor reconcile），再看下面的金额。",
                "GMV of the orders and of the platform's daily report part by over 1% in the last 30 days: reconcile first (advisor"
                " reconcile), then read the amounts.",
            )
        )
    if not s.large_enough:
        notes.append(
            Text(
                f"近 30 天不到 {LEAST_ORDERS} 单，样本太小：不列问题和机会的金额，也不谈复购和终身价值。",
                f"Under {LEAST_ORDERS} orders in the last 30 days, too small a sample: no problem or opportunity is put in yuan, and"
                " nothing is said of repurchase or lifetime value.",
            )
        )
    if len(s.history.months) <= LEAST_PAST:
        notes.append(
            Text(
                "完整的 30 天周期不足 7 个，判断不了什么是这家店的正常波动。",
                "Under seven whole periods of 30 days: what is usual for this shop cannot be told yet.",
            )
        )
    if s.people is None and s.reader.has("orders"):
        notes.append(
            Text(
                "订单里没有可用的买家标识：新老客、复购、召回都看不了。",
                "The orders carry no usable buyer id: nothing can be said of new and returning buyers.",
            )
        )
    return notes


# What a missing table would add to this reading itself, beside the metrics it feeds.
_ADDS: dict[str, Text] = {
    "orders": Text("几乎所有指标、复购和召回", "nearly every figure, repurchase and lapsed buyers"),
    "order_lines": Text("商品退款、断货损失和商品原因", "refunds by product, lost sales, causes in products"),
    "shop_daily": Text("访客、转化率和加购缺口", "visitors, conversion and unpaid carts"),
    "traffic_daily": Text("各来源的转化缺口，涨跌来自哪个来源", "conversion gaps and changes by source"),
    "product_daily": Text("访客多、转化低的商品", "products with visitors that do not buy"),
    "stock_daily": Text("断货损失", "sales lost out of stock"),
    "item_costs": Text("毛利、推广保本点，哪些计划在亏", "margin, break-even, and which ad plans lose"),
    "ad_daily": Text("推广效果、费比和亏损计划", "ad results, spend ratio and losing plans"),
    "live_sessions": Text("直播场次和时段", "livestream sessions and slots"),
    "market_daily": Text("是大盘还是自己", "whether it is the market or you"),
    "members_daily": Text("会员沉淀和会员成交占比", "members and their share of GMV"),
    "service_daily": Text("询单转化和响应", "inquiry conversion and response"),
    "refunds": Text("退款和净成交", "refunds and net GMV"),
}
_WORTH = {
    "orders": 9,
    "shop_daily": 5,
    "order_lines": 4,
    "traffic_daily": 4,
    "market_daily": 3,
    "ad_daily": 3,
    "item_costs": 3,
}


def _gaps(reader: Reader) -> list[DataGap]:
    """Tables without a row, by how much they would unlock: metrics of the catalogue and parts of this reading."""
    found = []
    for table, adds in _ADDS.items():
        if reader.has(table) or (table == "refunds" and reader.refunds_known):
            continue
        count = sum(1 for metric in catalog().values() if table in _needed(metric))
        found.append(DataGap(table, table_text(table), count, adds, unlock_text(table, reader.platform)))
    return sorted(found, key=lambda gap: (-_WORTH.get(gap.table, 1) - gap.unlocks / 100, gap.table))


def _needed(metric: Metric) -> set[str]:
    """The tables a metric is first looked for in."""
    terms = [term for term in (*metric.num, *metric.den) if not term.optional]
    return {RELATIONS[next(feed for feed in BASES[term.base] if feed.total).relation].table for term in terms} | (
        set(metric.tables) if metric.calc else set()
    )
