"""Opportunities in what a shop spends and how it uses its hours: ads that do not pay, discounts deeper than usual, live slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from tools.facts import Quantity, Role, Window
from tools.metrics.health_model import MONTH, Finding, better_quartile
from tools.metrics.opportunities_sizing import Kind, Sizing, opportunity, sized
from tools.metrics.reader import as_decimal
from tools.metrics.stats import wilson
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["spend_opportunities"]

ZERO = Decimal(0)
_CLICKS = 100
_NONE_BY_CHANCE = 3  # orders the clicks should have brought: with fewer, no order is bad luck


def spend_opportunities(s: Sizing) -> Iterator[Finding]:
    made: tuple[Callable[[Sizing], Finding | None], ...] = (_ads, _discount, _live)
    for make in made:
        found = make(s)
        if found is not None:
            yield found


def _ads(s: Sizing) -> Finding | None:
    """Plans whose sales do not cover their cost: spend - sales / break-even; without a margin, plans that sold nothing."""
    if not s.reader.has("ad_daily"):
        return None
    t = s.reader.relation("ad_daily")
    t = t.filter(t.day.between(s.month.start, s.month.end))
    rows = s.reader.run(
        t.group_by("plan_id").aggregate(
            name=t["plan"].max(),
            spend=t.spend.sum(),
            paid=t.paid_amount.sum(),
            clicks=t.clicks.sum(),
            orders=t.orders.sum(),
        )
    )
    rows = [row for row in rows if row["spend"] and (row["clicks"] or 0) >= _CLICKS]
    clicks, orders = (sum(int(row[name] or 0) for row in rows) for name in ("clicks", "orders"))
    usual = Decimal(orders) / clicks if clicks else ZERO
    losing = [found for row in rows if (found := _loss(s, row, usual)) is not None]
    if not losing:
        return None
    losing.sort(key=lambda item: -item[1])
    yuan = sized(sum((low for _, _, low, _ in losing), ZERO), sum((high for _, _, _, high in losing), ZERO))
    return _ads_finding(s, [row for row, *_ in losing], yuan)


def _loss(s: Sizing, row: dict[str, Any], usual: Decimal) -> tuple[dict[str, Any], Decimal, Decimal, Decimal] | None:
    """(row, middle, low, high) of what a plan lost in the month; the range is what chance does to its orders."""
    spend, paid = as_decimal(row["spend"]) or ZERO, as_decimal(row["paid"]) or ZERO
    orders, clicks = Decimal(int(row["orders"] or 0)), Decimal(int(row["clicks"]))
    if not orders and not paid:
        return (row, spend, spend, spend) if clicks * usual >= _NONE_BY_CHANCE else None
    even, chance = s.margin.break_even, wilson(orders, clicks)
    if even is None or chance is None or not orders:
        return None
    rate = orders / clicks
    low, middle, high = (spend - paid * part / even for part in (chance.high / rate, Decimal(1), chance.low / rate))
    return (row, middle, low, high) if low > 0 else None


def _ads_finding(s: Sizing, rows: list[dict[str, Any]], yuan: tuple[Decimal, Decimal, Decimal]) -> Finding | None:
    first = rows[0]
    name, spend, paid = (
        str(first["name"] or first["plan_id"]),
        Decimal(first["spend"]),
        as_decimal(first["paid"]) or ZERO,
    )
    cost, roi = say(spend, s.currency), say(paid / spend, "number")
    also = Text(f"等 {len(rows)} 个计划", f" and {len(rows) - 1} more") if len(rows) > 1 else Text("", "")
    even = s.margin.break_even
    line = say(even, "number") if even else None
    bar = Text(f"，保本要 {line.zh}", f"; break-even is {line.en}") if line else Text("", "")
    claim = Text(
        f"推广计划“{name}”{also.zh}近 30 天花费 {cost.zh}，表面投产比 {roi.zh}{bar.zh}",
        f'Ad plan "{name}"{also.en} spent {cost.en} in the last 30 days at a surface ROI of {roi.en}{bar.en}',
    )
    basis = Text(
        "花费 − 推广成交 ÷ 保本投产比；没有订单的计划算全部花费；区间来自成交笔数的偶然波动",
        "spend − ad sales ÷ break-even return, all spend where nothing sold; the range is chance in its orders",
    )
    condition = Text(
        "平台归因外还有自然成交和长期价值：先降预算 7 天看全店，不要一次关停",
        "attribution leaves out natural and later sales: cut the budget for 7 days and watch the shop, do not stop at once",
    )
    more = [
        Quantity(metric="ad_spend", value=spend, unit=s.currency, window=s.month, subject=(name,)),
        Quantity(metric="ad_roi", value=paid / spend, unit="number", window=s.month, subject=(name,)),
    ]
    if even:
        more.append(Quantity(metric="ad_break_even", value=even, unit="number", window=s.month, role=Role.TARGET))
    kind, clicks = (
        Kind("ads_below_break_even", "ads", "cost", Text("低于保本的推广计划", "ad plans below break-even")),
        int(first["clicks"]),
    )
    return opportunity(s, kind, claim, yuan, (basis, condition), (clicks, "times"), more, ("ad_daily",), (name,))


def _discount(s: Sizing) -> Finding | None:
    """Discount above the shop's own usual: list value of the month x (share given away now - middle to better quartile)."""
    series = s.history.series.get("order_discount_rate")
    band = series.band if series else None
    if (
        series is None
        or band is None
        or series.now is None
        or series.below[0] is None
        or band.place(series.now) != "above"
    ):
        return None
    better = -better_quartile([-value for value in series.past])
    whole, now = series.below[0], series.now
    yuan = sized(whole * (now - band.middle), whole * (now - better))
    rate, usual = say(now, "ratio"), say(band.middle, "ratio")
    claim = Text(
        f"近 30 天每一元让出 {rate.zh}，自己平时 {usual.zh}",
        f"{rate.en} of every yuan was given away in the last 30 days, usually {usual.en}",
    )
    basis = Text(
        "优惠前金额 ×（现在的优惠占比 − 自己历史月份中位至较好四分位）",
        "amount before discounts × (share given away now − own months' middle to better quartile)",
    )
    condition = Text(
        "收回优惠会少卖一部分：先在一款上收 7 天，看转化掉多少",
        "less discount sells less: try one product for 7 days and watch conversion",
    )
    more = [
        Quantity(metric="order_discount_rate", value=now, unit="ratio", window=s.month),
        Quantity(metric="order_discount_rate", value=band.middle, unit="ratio", window=s.month, role=Role.PREVIOUS),
    ]
    kind, n = (
        Kind("discount_depth", "order_value", "cost", Text("优惠比平时深", "discounts deeper than usual")),
        int(s.history.now("orders") or 0),
    )
    return opportunity(s, kind, claim, yuan, (basis, condition), (n, "orders"), more, ("orders",))


_SESSIONS = 8


def _live(s: Sizing) -> Finding | None:
    """Hours outside the best start hour x the gap of GMV an hour: one session a week moved, to all of them moved."""
    if not s.reader.has("live_sessions") or not s.reader.holds(
        "live_sessions", ("started_at", "minutes", "paid_amount")
    ):
        return None
    window = Window(start=s.month.end - timedelta(days=3 * MONTH - 1), end=s.month.end)
    t = s.reader.relation("live_sessions")
    t = t.filter(t.day.between(window.start, window.end) & t.started_at.notnull() & (t.minutes > 0))
    slots: dict[int, list[tuple[Decimal, Decimal]]] = {}
    for row in s.reader.run(t.select("minutes", "paid_amount", hour=t.started_at.hour())):
        hours = Decimal(row["minutes"]) / 60
        slots.setdefault(int(row["hour"]), []).append((hours, (as_decimal(row["paid_amount"]) or ZERO) / hours))
    slots = {hour: rows for hour, rows in slots.items() if len(rows) >= _SESSIONS}
    if len(slots) < 2:
        return None
    levels = {hour: Decimal(median(rate for _, rate in rows)) for hour, rows in slots.items()}
    best = max(levels, key=lambda hour: levels[hour])
    others = [hour for hour in slots if hour != best]
    poorest = min(others, key=lambda hour: levels[hour])
    ordinary = sorted(rate for _, rate in slots[best])[(len(slots[best]) - 1) // 4]
    if ordinary <= levels[poorest]:
        return None
    gap = levels[best] - levels[poorest]
    length = Decimal(median(hours for hours, _ in slots[poorest]))
    everything = sum((hours for hours, _ in slots[poorest]), ZERO) / 3 * gap
    yuan = sized(min(everything, Decimal(MONTH) / 7 * length * gap), everything)
    return _live_finding(s, window, (best, poorest), (levels[best], levels[poorest]), yuan, len(slots[best]))


def _live_finding(
    s: Sizing, window: Window, hours: tuple[int, int], levels: tuple[Decimal, Decimal],
    yuan: tuple[Decimal, Decimal, Decimal], n: int,
) -> Finding | None:  # fmt: skip
    high, low = (say(level, s.currency) for level in levels)
    claim = Text(
        f"{hours[0]} 点开播的场次每小时成交 {high.zh}，{hours[1]} 点开播的只有 {low.zh}（近 90 天中位）",
        f"Livestreams starting at {hours[0]}:00 sell {high.en} an hour, those at {hours[1]}:00 {low.en} (median of the last 90 days)",
    )
    basis = Text(
        "该时段直播小时 × 两个时段每小时成交之差；下限只挪每周一场，上限全部挪",
        "hours of that slot × the difference an hour; at least one session a week is moved, at most all",
    )
    condition = Text(
        "两个时段的主播、货盘、投流可能不同：同一主播先换时段试两周",
        "hosts, items and ads may differ: let one host swap slots for two weeks",
    )
    more = [
        Quantity(metric="live_gmv_per_hour", value=levels[1], unit=s.currency, window=window),
        Quantity(metric="live_gmv_per_hour", value=levels[0], unit=s.currency, window=window, role=Role.TARGET),
        *(Quantity(metric="start_hour", value=Decimal(hour), unit="number", window=window) for hour in hours),
    ]
    kind = Kind("live_slot", "live", "efficiency", Text("直播时段", "livestream slots"))
    return opportunity(s, kind, claim, yuan, (basis, condition), (n, "times"), more, ("live_sessions",))
