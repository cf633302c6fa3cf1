"""The customer tools: cohorts and repurchase, RFM groups, lifetime value with payback, and brand assets."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tools.base import Need, ToolContext, ToolSpec, tool
from tools.errors import DataMissing, NotPermitted
from tools.facts import Claim, Fact, ToolResult, Window
from tools.metrics.acquisition import Margin, cost_margin, paybacks
from tools.metrics.asset_words import missing_note
from tools.metrics.catalog import catalog
from tools.metrics.cohort_words import cohort_chart, cohort_facts, cohort_table, curve_facts
from tools.metrics.cohorts import cohort_rows, repurchase_curve
from tools.metrics.customer_words import newcomer_facts
from tools.metrics.customers import history_days
from tools.metrics.forecast import LEAST_ORDERS, Forecast, Refusal, forecast
from tools.metrics.forecast_words import fit_chart, fit_table, forecast_facts, refusal_fact
from tools.metrics.margins import stated_share
from tools.metrics.measure import measure_many, source_text
from tools.metrics.newcomers import By, newcomers_by
from tools.metrics.payback_words import payback_facts
from tools.metrics.purchases import first_day_of_data, goods
from tools.metrics.reader import Reader
from tools.metrics.segment_words import segment_facts, segment_table
from tools.metrics.segments import rfm
from tools.metrics.tool_assets import brand_assets, last_day
from tools.metrics.windows import month_of, same_length_before, split_periods, when_en, window_text
from tools.metrics.wording import note, say
from tools.text import Text

__all__ = ["TOOLS", "brand_assets", "customer_cohorts", "customer_lifetime", "customer_segments"]

CURVE_DAYS = (30, 60, 90, 180)
YEAR = 365
LEAST_GROUP_DAYS, LEAST_GROUP_BUYERS = 60, 100
_IDENTIFIED = Decimal("0.995")


def _last_months(reader: Reader, end: date, months: int) -> list[Window]:
    """The last whole calendar months of the data; [] when there is none."""
    last = month_of(end) if month_of(end).end == end else month_of(end.replace(day=1) - timedelta(days=1))
    start = last.start
    for _ in range(months - 1):
        start = month_of(start - timedelta(days=1)).start
    first = first_day_of_data(reader)
    whole = first if first.day == 1 else month_of(first).end + timedelta(days=1)
    start = max(start, whole)
    return split_periods(Window(start=start, end=last.end), "month") if start <= last.end else []


def _shared_notes(reader: Reader, window: Window) -> list[Claim]:
    """What every figure about people must say: identity, service orders, and how far back the data go."""
    notes = [
        note(
            Text(
                "补差价、邮费、赠品、购物金充值等服务类订单不计入。",
                "Service orders (price differences, shipping, gifts, stored value) are left out.",
            )
        )
    ]
    if reader.filled("orders").get("buyer_key", Decimal(1)) < _IDENTIFIED:
        notes.append(note(Text("部分订单没有买家标识，未计入。", "Some orders carry no buyer id and are left out.")))
    days = history_days(reader, window)
    if days < YEAR:
        first = first_day_of_data(reader)
        notes.append(
            note(
                Text(
                    f"订单从 {first} 才开始，窗口前的历史只有 {days} 天：看到的首购不一定是真正的首购，一部分“新客”其实是老客。",
                    f"The orders begin on {first}, only {days} days before the window: the first purchase seen need not be the true first, and some “new” buyers are returning ones.",
                )
            )
        )
    return notes


@tool(label=Text("看客户批次与复购", "reading cohorts and repurchase"), needs=(Need("orders", 60),), timeout_s=30)
def customer_cohorts(
    ctx: ToolContext,
    *,
    months: Annotated[int, Field(ge=1, le=24, description="how many whole months of first-time buyers, e.g. 6")] = 6,
    by: Annotated[
        By | None,
        Field(
            description="also split new buyers by their first order's channel, source, product, promotion, live (livestream title) or province"
        ),
    ] = None,
) -> ToolResult:
    """Retention of monthly first-purchase cohorts, how fast buyers come back, and which first orders bring buyers who return.

    Use for repurchase, retention and new-buyer quality: by="live" tells what a giveaway livestream's buyers did afterwards.
    """
    reader = Reader(ctx.shop)
    end = last_day(ctx, reader)
    chosen = _last_months(reader, end, months)
    if not chosen:
        goods(reader, end)
        raise DataMissing(
            Text(
                "还没有一个完整自然月的订单，看不了首购批次。",
                "There is no whole calendar month of orders yet, so there are no cohorts.",
            ),
            tables=("orders",),
        )
    window, source = Window(start=chosen[0].start, end=chosen[-1].end), source_text(reader, ("orders",))
    rows = cohort_rows(reader, chosen, end)
    facts = newcomer_part(ctx, reader, window, end, by) if by is not None else []
    facts += cohort_facts(ctx, rows, source, len(facts) + 1)
    followed = Window(start=max(first_day_of_data(reader), end - timedelta(days=YEAR - 1)), end=end)
    facts += curve_facts(ctx, repurchase_curve(reader, followed, end, CURVE_DAYS), followed, source, len(facts) + 1)
    notes = _shared_notes(reader, window)
    if not any(row.buyers for row in rows):
        words = window_text(window)
        notes.insert(0, note(Text(f"{words.zh}没有首次付款的买家。", f"Nobody first bought {when_en(window)}.")))
    return ToolResult(
        facts=facts,
        tables=[cohort_table(ctx, rows)],
        charts=[cohort_chart(rows, facts)],
        notes=notes,
        guidance=_GUIDE_COHORTS,
    )


_GUIDE_COHORTS = (
    "A month that is not over is unknown, not zero. Compare groups by their 90-day repurchase with its interval; groups whose intervals overlap do not differ. "
    "A group's rate is an association: never say the channel caused it."
)


def newcomer_part(ctx: ToolContext, reader: Reader, window: Window, end: date, by: By) -> list[Fact]:
    """Groups of new buyers of the window, with the same length of time before where the data reach."""
    previous = same_length_before(window)
    now = newcomers_by(reader, window, end, by)
    before = newcomers_by(reader, previous, end, by) if previous.start >= first_day_of_data(reader) else []
    tables = {
        "live": ("orders", "live_sessions"),
        "product": ("orders", "order_lines"),
        "promotion": ("orders", "promotions"),
    }
    source = source_text(reader, tables.get(by, ("orders",)))
    return newcomer_facts(ctx, now, before, (window, previous), by=by, source=source, rank=1)


@tool(label=Text("给客户分群", "grouping the customers"), needs=(Need("orders", 60),))
def customer_segments(ctx: ToolContext) -> ToolResult:
    """Eight RFM groups cut at the shop's own quantiles, with size, money and the condition to rebuild each one on the platform.

    Use to choose whom to address, or when asked for 人群, 分层, RFM or who the best customers are.
    """
    reader = Reader(ctx.shop)
    end = last_day(ctx, reader)
    orders = int(reader.run(goods(reader, end).aggregate(n=lambda t: t.count()))[0]["n"])
    source = source_text(reader, ("orders",))
    window = Window(start=first_day_of_data(reader), end=end)
    if orders < LEAST_ORDERS:
        return _no_groups(ctx, Refusal("groups", orders, LEAST_ORDERS), window, source)
    if window.days < LEAST_GROUP_DAYS:
        return _no_groups(ctx, Refusal("group_days", window.days, LEAST_GROUP_DAYS), window, source)
    found = rfm(reader, end)
    if found.buyers < LEAST_GROUP_BUYERS:
        return _no_groups(ctx, Refusal("group_buyers", found.buyers, LEAST_GROUP_BUYERS), window, source)
    notes = _shared_notes(reader, Window(start=end, end=end))
    notes.append(
        note(
            Text(
                "在客户运营平台或达摩盘按条件圈选即可得到同样的人；平台的统计口径和更新时间不同，人数会有小出入。",
                "The same people come out of 客户运营平台 or 达摩盘 with these conditions; the platform counts and refreshes in its own way, so sizes differ a little.",
            )
        )
    )
    return ToolResult(
        facts=segment_facts(ctx, found, source), tables=[segment_table(ctx, found)], notes=notes, guidance=_GUIDE_GROUPS
    )


def _no_groups(ctx: ToolContext, no: Refusal, window: Window, source: str) -> ToolResult:
    return ToolResult(facts=refusal_fact(ctx, no, window, source), guidance=_GUIDE_NO)


_GUIDE_NO = "There is too little data: say so and what would be enough. Claim nothing about customers' value or groups."
_GUIDE_GROUPS = (
    "Name a group by its condition, so that the merchant can rebuild it. A group's past is no effect of any action."
)


@tool(label=Text("估客户终身价值", "estimating lifetime value"), needs=(Need("orders", 180),), timeout_s=60)
def customer_lifetime(
    ctx: ToolContext,
    *,
    horizon_days: Annotated[int, Field(ge=30, le=730, description="how far ahead, e.g. 180")] = 180,
) -> ToolResult:
    """What known buyers and a new buyer will bring, with intervals and a back-test; cost per new buyer by channel and when it pays back.

    Use for lifetime value, LTV:CAC, payback, or what a customer is worth. Says no where the data are too few.
    """
    reader = Reader(ctx.shop)
    end = last_day(ctx, reader)
    source = source_text(reader, ("orders",))
    window = Window(start=first_day_of_data(reader), end=end)
    margin = _margin(ctx, reader, end)
    found = forecast(reader, end, horizon_days)
    if isinstance(found, Refusal):
        facts = refusal_fact(ctx, found, window, source)
        if found.why == "orders":
            return ToolResult(facts=facts, guidance=_GUIDE_NO)
        paid = _payback(ctx, reader, end, margin, len(facts) + 1)
        guidance = (
            f"{_GUIDE_NO} What new buyers cost and brought so far is observed and may be said." if paid else _GUIDE_NO
        )
        return ToolResult(facts=facts + paid, notes=_value_notes(reader, margin), guidance=guidance)
    facts = forecast_facts(ctx, found, _refund_rate(reader, end), source)
    facts += _payback(ctx, reader, end, margin, len(facts) + 1)
    notes = [*_shared_notes(reader, Window(start=end, end=end)), *_value_notes(reader, margin), *_model_notes(found)]
    return ToolResult(
        facts=facts,
        tables=[fit_table(ctx, found)],
        charts=[fit_chart(found, facts)],
        notes=notes,
        guidance=_GUIDE_LIFETIME,
    )


def _model_notes(found: Forecast) -> list[Claim]:
    """What the forecast rests on."""
    notes = []
    if found.backtest is None:
        notes.append(
            note(
                Text(
                    "更早的订单太少，没能回测这个预测，请只作参考。",
                    "Earlier orders are too few to back-test this forecast; take it for orientation only.",
                )
            )
        )
    if found.pooled:
        notes.append(
            note(
                Text(
                    "买家之间的单次金额没有稳定差别，统一按平均单次金额计算。",
                    "Buyers do not differ lastingly in what they spend at a time, so one mean is used for all.",
                )
            )
        )
    if abs(found.correlation) > 0.2:
        notes.append(
            note(
                Text(
                    "买得多的人单次金额明显不同，金额预测因此只作参考。",
                    "Frequent buyers spend clearly differently at a time, so take the money for orientation only.",
                )
            )
        )
    burn_in = say(Decimal(found.burn_in), "days")
    notes.append(
        note(
            Text(
                f"模型只用数据开始 {burn_in.zh}之后才首次出现的买家来拟合，避免把老客当新客；预测覆盖全部已有买家。",
                f"The model is fitted on buyers first seen at least {burn_in.en} after the data begin, so that returning ones are not taken for new; the forecast covers all known buyers.",
            )
        )
    )
    return notes


_GUIDE_LIFETIME = (
    "A forecast from past behaviour with its interval and back-test, never a promise. The ad spend is charged to new buyers alone, so CAC is an upper bound; "
    "a quotient under 1 so far is not a loss forever, it is what was seen."
)


def _refund_rate(reader: Reader, end: date) -> Decimal | None:
    """Refunds ÷ GMV of the past year, None where no refund is on record."""
    window = Window(start=end - timedelta(days=YEAR - 1), end=end)
    found = measure_many(reader, [catalog()["refund_rate"]], window)[0].value
    return round(found, 4) if found else None


def _margin(ctx: ToolContext, reader: Reader, end: date) -> Margin | None:
    """The gross margin the merchant stated, else that of the item costs; None when neither is there or shared."""
    share = stated_share(ctx.records, "gross_margin")
    if share is not None and 0 < share <= 1:
        return Margin(share, "stated")
    try:
        return cost_margin(reader, end)
    except NotPermitted:
        return None


def _payback(ctx: ToolContext, reader: Reader, end: date, margin: Margin | None, rank: int) -> list[Fact]:
    tables = [name for name in ("orders", "ad_daily", "live_sessions") if reader.has(name)]
    tables += ["order_lines", "item_costs"] if margin is not None and margin.origin == "costs" else []
    return payback_facts(ctx, paybacks(reader, end, margin), source_text(reader, tables), rank)


def _value_notes(reader: Reader, margin: Margin | None) -> list[Claim]:
    notes = []
    if not reader.has("ad_daily"):
        notes.append(note(missing_note("ad_daily", Text("付费获客成本与回本", "cost per new buyer by paid ads"))))
    elif not reader.filled("orders").get("source", Decimal(0)) and not reader.filled("orders").get(
        "channel", Decimal(0)
    ):
        notes.append(
            note(
                Text(
                    "订单没有渠道或来源，获客成本不能按渠道分。",
                    "The orders carry no channel or source, so cost per new buyer cannot be split by channel.",
                )
            )
        )
    if reader.has("live_sessions"):
        notes.append(
            note(
                Text(
                    "直播获客成本只含投流，不含主播、场地和赠品。",
                    "The livestream's cost per new buyer holds its ad spend only, not hosts, room or gifts.",
                )
            )
        )
    if margin is None:
        notes.append(
            note(
                Text(
                    "还不知道毛利率，价值按净成交算；告诉我毛利率，就能算真正的回本。",
                    "The margin is not known, so value is net money; tell me the gross margin and the payback becomes a real one.",
                )
            )
        )
    return notes


TOOLS: tuple[ToolSpec, ...] = (customer_cohorts, customer_segments, customer_lifetime, brand_assets)
