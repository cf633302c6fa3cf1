"""Opportunities (确定性商机): what closing a gap to the shop's own better months, or calling back its own buyers, is worth a month.

Every amount is a formula over the shop's own figures. `low` closes the gap to its middle, `high` to its better quartile; a gap
counts only where it is larger than chance explains. Nothing here is a benchmark from outside, and nothing is a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import median

from tools.calendar import events_between
from tools.facts import Quantity, Role
from tools.metrics.health_model import MONTH, Finding, better_quartile
from tools.metrics.opportunities_sizing import (
    LEAST_PAST,
    LEAST_PEOPLE,
    Kind,
    Sizing,
    gap_of,
    gap_quantities,
    opportunity,
    sized,
)
from tools.metrics.stats import wilson
from tools.metrics.wording import say
from tools.text import Text, quantize

__all__ = ["buyer_opportunities"]


def buyer_opportunities(s: Sizing) -> Iterator[Finding]:
    """Lapsed buyers, first to second order, carts that were not paid."""
    made: tuple[Callable[[Sizing], Finding | None], ...] = (_lapsed, _second_order, _carts)
    for make in made:
        found = make(s)
        if found is not None:
            yield found


def _lapsed(s: Sizing) -> Finding | None:
    """Buyers of two or more days, away for 90: their number x (own better months' rate of coming back - usual) x a returning
    buyer's spend. What returns without a call is said, not counted."""
    if s.people is None or (spend := s.spend_again) is None:
        return None
    seen = [s.people.lapsed(k) for k in range(1, min(13, (s.people.history - 180) // MONTH))]
    points = [point for point in seen if point.people >= LEAST_PEOPLE]
    rates = [point.rate for point in points]
    size = s.people.lapsed(0).people
    if len(rates) < LEAST_PAST or size < LEAST_PEOPLE:
        return None
    usual, better, best = Decimal(median(rates)), better_quartile(rates), max(rates)
    at = points[rates.index(better)]
    chance = wilson(Decimal(at.back), Decimal(at.people))
    if chance is None or chance.low <= usual:
        return None
    yuan, anyway = sized(size * (better - usual) * spend, size * (best - usual) * spend), size * usual * spend
    people, often, rate, each, own = (
        say(Decimal(size), "buyers"), say(usual, "ratio"), say(better, "ratio"), say(spend, s.currency), say(anyway, s.currency)
    )  # fmt: skip
    claim = Text(
        f"有 {people.zh}一年内买过两天以上、最近 90 天没有再来；这类买家平时一个月回来 {often.zh}，好的月份 {rate.zh}",
        f"{people.en} bought on two days or more within a year and stayed away for 90 days; {often.en} of such buyers usually return"
        f" in a month, {rate.en} in better months",
    )
    basis = Text(
        f"{people.zh} ×（自己好月份至最好月份的回流率 − 平时）× 老客月均消费 {each.zh}；不做也会回来的约 {own.zh}，不算在内",
        f"{people.en} × (own better to best months' return rate − usual) × a returning buyer's month {each.en}; about {own.en} comes"
        " back without a call and is not counted",
    )
    condition = Text(
        "留 20%–30% 不触达做对照，才知道召回多带来多少", "leave 20–30 % out, or nobody can tell what the call added"
    )
    base = Quantity(metric="return_rate", value=better, unit="ratio", window=s.month, role=Role.TARGET)
    more = [
        Quantity(metric="lapsed_buyers", value=Decimal(size), unit="buyers", window=s.month),
        base,
        base.model_copy(update={"value": usual, "role": Role.PREVIOUS}),
        Quantity(metric="returning_aov_buyer", value=spend, unit=s.currency, window=s.month),
        Quantity(metric="usual_return_value", value=quantize(anyway, 2), unit=s.currency, window=s.month),
    ]
    kind = Kind("lapsed_buyers", "returning", "user_assets", Text("召回沉睡老客", "call back lapsed buyers"))
    return opportunity(s, kind, claim, yuan, (basis, condition), (size, "buyers"), more, ("orders",))


def _second_order(s: Sizing) -> Finding | None:
    """New buyers a month x the gap of first-to-second order to the better quartile of own cohorts x a returning buyer's spend."""
    if s.people is None or (spend := s.spend_again) is None:
        return None
    deepest = (s.people.history - 365) // MONTH - 1
    cohorts = [s.people.second(k) for k in range(3, min(deepest, 22) + 1)]
    if len(cohorts) < 3 + LEAST_PAST:
        return None
    recent = cohorts[:3]
    now = (Decimal(sum(hits for hits, _ in recent)), Decimal(sum(n for _, n in recent)))
    gap = gap_of(now, [(Decimal(hits), Decimal(n)) for hits, n in cohorts[3:]])
    new = int(s.people.split(0)[0].sum())
    if gap is None or not gap.real or new < LEAST_PEOPLE:
        return None
    yuan = sized(new * (gap.middle - gap.now) * spend, new * (gap.better - gap.now) * spend)
    count, rate, better, each = (
        say(Decimal(new), "buyers"), say(gap.now, "ratio"), say(gap.better, "ratio"), say(spend, s.currency)
    )  # fmt: skip
    claim = Text(
        f"首购后三个月内买第二次的新客只有 {rate.zh}，自己较好的批次做到过 {better.zh}；现在每月 {count.zh}新客",
        f"{rate.en} of new buyers bought a second time within three months, better cohorts of the shop reached {better.en}; {count.en}"
        " are new each month",
    )
    basis = Text(
        f"每月新客 {count.zh} ×（自己历史批次的中位至较好四分位 − 现在）× 老客月均消费 {each.zh}",
        f"{count.en} new a month × (own cohorts' middle to better quartile − now) × a returning buyer's month {each.en}",
    )
    condition = Text(
        "新客来源变了（如低价引流）时先看来源，再做二单", "if the mix of sources changed, look at the source first"
    )
    more = gap_quantities("second_order_rate", gap, s.month, ())
    kind = Kind("second_order", "second_order", "repurchase", Text("新客首单到二单", "first to second order"))
    return opportunity(s, kind, claim, yuan, (basis, condition), (gap.n, "buyers"), more, ("orders",))


_AHEAD = timedelta(days=14)


def _campaign_ahead(s: Sizing) -> bool:
    """Carts fill before a campaign and pay in it: a month that ends in or before one shows no gap."""
    events = events_between(s.month.end, s.month.end + _AHEAD, s.reader.platform)
    return any(event.phase == "season" for event in events)


def _carts(s: Sizing) -> Finding | None:
    """Carts a month x the gap of cart-to-pay to the better quartile of own months x a buyer's spend."""
    series, spend = s.history.series.get("cart_to_pay"), s.spend
    if series is None or series.now is None or spend is None or _campaign_ahead(s):
        return None
    pairs = [(a, b) for a, b, v in zip(series.above, series.below, series.values, strict=True) if a and b and v]
    gap = gap_of(pairs[0], pairs[1:13]) if pairs else None
    if gap is None or not gap.real:
        return None
    yuan = sized(gap.n * (gap.middle - gap.now) * spend, gap.n * (gap.better - gap.now) * spend)
    carts, rate, better, each = (
        say(Decimal(gap.n), "visitors"), say(gap.now, "ratio"), say(gap.better, "ratio"), say(spend, s.currency)
    )  # fmt: skip
    claim = Text(
        f"近 30 天加购 {carts.zh}，加购支付比 {rate.zh}，自己较好的月份 {better.zh}",
        f"{carts.en} put items in the cart in the last 30 days, {rate.en} of them paid; better months of the shop reached {better.en}",
    )
    basis = Text(
        f"加购 {carts.zh} ×（自己月份的中位至较好四分位 − 现在）× 每天每位买家消费 {each.zh}",
        f"{carts.en} × (own months' middle to better quartile − now) × a buyer's spend a day {each.en}",
    )
    condition = Text(
        "先排除价格、库存和支付故障，再做催付和购物车券",
        "rule out price, stock and payment faults before reminders and coupons",
    )
    more = [
        Quantity(metric="cart_adders", value=Decimal(gap.n), unit="visitors", window=s.month),
        *gap_quantities("cart_to_pay", gap, s.month, ()),
    ]
    kind, tables = Kind("carts", "conversion", "repurchase", Text("加购未付款", "carts not paid")), ("shop_daily",)
    return opportunity(s, kind, claim, yuan, (basis, condition), (gap.n, "visitors"), more, tables)
