"""What could close a gap: visitors × conversion × spend per buyer, each at a level the shop itself reached in the last half year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tools.errors import DataMissing
from tools.facts import Window
from tools.metrics.engine import aggregate, choose
from tools.metrics.landing import Landing
from tools.metrics.landing_phases import phases_of
from tools.metrics.reader import Reader
from tools.text import Text, quantize

__all__ = ["LEVER_NAMES", "Lever", "Levers", "levers"]

_SPAN, _BACK = 28, 6
_BETTER = Decimal("1.01")
_CAMPAIGN_DAYS = 7  # more of them, and a level is the campaign's, not one to go back to
_FULL = Decimal("0.9")
LEVER_NAMES = {
    "visitors": Text("日均访客", "visitors a day"),
    "conversion": Text("支付转化率", "conversion"),
    "spend_per_buyer": Text("客单价（每天每位买家）", "spend per buyer and day"),
    "orders": Text("日均订单", "orders a day"),
    "aov_order": Text("笔单价", "order value"),
}


@dataclass(frozen=True)
class Lever:
    """`now` over the last 28 days, `best` the best of the plain 28-day stretches before, in `when`; `worth` over the days left."""

    factor: str
    unit: str
    now: Decimal
    best: Decimal
    when: Window
    worth: Decimal


@dataclass(frozen=True)
class Levers:
    """Levers by worth, the window of `now`, and what all of them would bring together (effects multiply)."""

    now: Window
    found: tuple[Lever, ...]
    together: Decimal


def levers(reader: Reader, landed: Landing) -> Levers:
    """Factors that stand below the shop's own best; none where the shop is at its best, or too young for an earlier stretch."""
    windows = _windows(reader, landed.as_of)
    rest = landed.landed - landed.actual
    values = _levels(reader, windows)
    found: list[Lever] = []
    lift = Decimal(1)
    for factor, (unit, levels) in values.items():
        now = levels[0]
        past = [(level, window) for level, window in zip(levels[1:], windows[1:], strict=True) if level]
        if not now or not past:
            continue
        best, when = max(past, key=lambda pair: pair[0])
        if best >= now * _BETTER:
            lift *= best / now
            found.append(Lever(factor, unit, now, best, when, quantize(rest * (best / now - 1), 2)))
    found.sort(key=lambda lever: -lever.worth)
    return Levers(windows[0], tuple(found), quantize(rest * (lift - 1), 2))


def _windows(reader: Reader, as_of: date) -> list[Window]:
    """The last 28 days and up to six stretches of 28 before them, newest first: inside the data, and none carried by a campaign."""
    days = reader.coverage("orders") or reader.coverage("shop_daily")
    ends = [as_of - timedelta(days=_SPAN * k) for k in range(_BACK + 1)]
    now, *past = [Window(start=end - timedelta(days=_SPAN - 1), end=end) for end in ends]
    campaigns = phases_of(reader, past[-1].start, as_of).days

    def plain(window: Window) -> bool:
        return sum(window.start <= day <= window.end for day in campaigns) <= _CAMPAIGN_DAYS

    return [now, *(window for window in past if days and window.start >= days[0] and plain(window))]


def _levels(reader: Reader, windows: list[Window]) -> Mapping[str, tuple[str, list[Decimal | None]]]:
    """Per factor its unit and its level in each window; visitors only where the daily report is there for the window."""
    feeds = {}
    for base in ("gross", "order_count", "visitors", "day_buyers", "report_days"):
        try:
            feeds[base] = choose(reader, base, ())
        except DataMissing:
            continue
    rows = aggregate(reader, feeds, windows).rows
    cells = [rows.get((k, ""), {}) for k in range(len(windows))]

    def ratio(above: str, below: str) -> list[Decimal | None]:
        pairs = [(cell.get(above), cell.get(below)) for cell in cells]
        return [up / down if up is not None and down else None for up, down in pairs]

    def daily(base: str) -> list[Decimal | None]:
        return [quantize(value / _SPAN, 0) if (value := cell.get(base)) is not None else None for cell in cells]

    currency = reader.shop.currency
    full = [(cell.get("report_days") or Decimal(0)) >= _FULL * _SPAN for cell in cells]
    if full[0] and {"visitors", "day_buyers"} <= set(feeds):

        def whole(levels: list[Decimal | None]) -> list[Decimal | None]:
            return [level if ok else None for level, ok in zip(levels, full, strict=True)]

        return {
            "visitors": ("visitors", whole(daily("visitors"))),
            "conversion": ("ratio", whole(ratio("day_buyers", "visitors"))),
            "spend_per_buyer": (currency, whole(ratio("gross", "day_buyers"))),
        }
    if "order_count" not in feeds:
        return {}
    return {"orders": ("orders", daily("order_count")), "aov_order": (currency, ratio("gross", "order_count"))}
