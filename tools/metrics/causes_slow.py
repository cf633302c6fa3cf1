"""Causes without a day: what has been sliding for weeks. A month against the month before shows only a part of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tools.facts import Quantity, Role, WhyClass, Window
from tools.metrics.customers import split
from tools.metrics.cuts import Cuts
from tools.metrics.drift_series import PRODUCTS_READ, Found, product_slides, shop_slides, source_slides
from tools.metrics.drivers import FACTOR_NAMES, Cause, Driver, Event
from tools.metrics.factors import Totals, split_drivers
from tools.metrics.pair import Pair
from tools.metrics.windows import compare_window, day_text
from tools.metrics.wording import say
from tools.text import Text

__all__ = ["slow_causes", "with_slides"]

ZERO = Decimal(0)
_LONGEST = 62  # a quarter against the quarter before holds the whole slide already


def slow_causes(
    pair: Pair, cuts: Cuts, totals: Totals, factors: Sequence[Driver], least: Decimal, *, net: bool
) -> list[Cause]:
    """Slides worth `least` or more in the window against the level of two to three months before.

    A cause's amount is its part of the change asked about (this window against the one before), as for other causes; what
    the whole slide is worth stands in its event. [] for a window that is not compared with the one directly before.
    """
    if pair.now.days > _LONGEST or pair.before != compare_window(pair.now, "previous"):
        return []
    found = []
    if cuts.source is not None:
        for item in source_slides(pair):
            found.append((item, cuts.driver("traffic_source", item.key), cuts.source.get("gross", item.key)[0]))
    if cuts.traffic is not None:
        table = cuts.traffic
        keys = sorted(table.keys, key=lambda key: -table.get("visitors", key)[0])[:PRODUCTS_READ]
        for item in product_slides(pair, keys):
            found.append((item, cuts.driver("product", item.key), table.get("gross", item.key)[0]))
    for item in shop_slides(pair, net=net):
        found.append((item, _shop_driver(pair, item.what, factors), _carried(pair, item.what, totals)))
    causes = [_cause(pair, item, driver, money) for item, driver, money in found if driver is not None]
    return [cause for cause, whole in causes if abs(whole) >= least]


def with_slides(causes: Sequence[Cause], slides: Sequence[Cause]) -> list[Cause]:
    """A source or product that slid was no turn on a day: its slide is told instead, with the larger amount of the two."""
    left = list(causes)
    for slide in slides:
        same = [c for c in left if _thing(c) == _thing(slide) and c.amount * slide.amount > 0 and _undated(c)]
        for cause in same:
            left.remove(cause)
        amount = max((slide.amount, *(cause.amount for cause in same)), key=abs)
        left.append(replace(slide, amount=amount))
    return left


def _thing(cause: Cause) -> tuple[str, str, str]:
    return cause.entity.id, cause.entity.key, cause.factor


def _undated(cause: Cause) -> bool:
    return cause.event is None or cause.event.kind == "turning_point"


def _shop_driver(pair: Pair, what: str, factors: Sequence[Driver]) -> Driver | None:
    """The shop's own figure, named by the shop: the factor that the slide is about."""
    parts = split_drivers(pair, "gmv") if what == "returning_buyers" else factors
    factor = next((driver for driver in parts if driver.id == what), None)
    if factor is None:
        return None
    name = pair.reader.shop.name
    return replace(
        factor,
        kind="entity",
        id="shop",
        label=Text(name, name),
        subject=(name,),
        why_class=WhyClass.ASSOCIATION,
        key=what,
    )


def _carried(pair: Pair, what: str, totals: Totals) -> Decimal:
    """The money in the window that goes up and down with the figure; for refunds it goes the other way."""
    if what == "refunds":
        return -totals.now.get("refund_linked", ZERO)
    if what == "returning_buyers":
        return split(pair.reader, pair.now).returning.gmv
    return totals.now.get("gross", ZERO)


def _cause(pair: Pair, found: Found, driver: Driver, money: Decimal) -> tuple[Cause, Decimal]:
    """The cause, and what the whole slide is worth: money now less what the earlier level would have brought."""
    slide = found.slide
    whole = money * _lost(-math.log1p(slide.rate))
    month = money * _lost(-slide.slope * pair.now.days / 7)
    event = _event(pair, found, driver, whole)
    return Cause(driver, event, month, found.what, surprise=Decimal(str(slide.z))), whole


def _lost(log: float) -> Decimal:
    """1 - e^log: now as part of now, less the level that stood e^log higher."""
    return Decimal(str(round(-math.expm1(log), 6)))


_METRICS = {
    "visitors": "source_visitors",
    "conversion": "conversion",
    "order_value": "aov_order",
    "returning_buyers": "returning_buyer_share",
    "refunds": "refund_rate",
}
_NAMES = {
    **FACTOR_NAMES,
    "returning_buyers": Text("老客占比", "share of returning buyers"),
    "refunds": Text("退款率", "refund rate"),
}


def _event(pair: Pair, found: Found, driver: Driver, whole: Decimal) -> Event:
    """The slide in words: since about when, how far, and what it is worth in the window."""
    slide, name = found.slide, driver.label
    since = pair.now.end - timedelta(days=7 * slide.weeks - 1)
    rate = Decimal(str(round(slide.rate, 4)))
    recent = Window(start=pair.now.end - timedelta(days=27), end=pair.now.end)
    quantities = (
        Quantity(
            metric=_METRICS[found.what], value=rate, unit="ratio", role=Role.CHANGE_RATE, window=recent, subject=driver.subject
        ),
        Quantity(
            metric="gmv", value=whole, unit=pair.currency, role=Role.CONTRIBUTION, window=pair.now, subject=driver.subject
        ),
    )  # fmt: skip
    down = rate < 0
    size, part, day, what = say(abs(rate), "ratio"), say(abs(whole), pair.currency), day_text(since), _NAMES[found.what]
    others = found.key != ""
    against = Text("（相对其余）", " (against the others)") if others else Text("", "")
    net = found.what == "refunds"
    money = Text("净成交" if net else "支付金额", "net GMV" if net else "GMV")
    label = Text(
        f"“{name.zh}”的{what.zh}大约从{day.zh}起逐周{'走低' if down else '走高'}，没有哪一天突变：最近四周比两三个月前"
        f"{'低' if down else '高'} {size.zh}{against.zh}，折合这段时间{money.zh}{'少' if whole < 0 else '多'}约 {part.zh}",
        f'{what.en} of "{name.en}" {"have" if found.what == "visitors" else "has"} been {"sliding" if down else "rising"} week by week since about {day.en}, without a day'
        f" of its own: the last four weeks are {size.en} {'below' if down else 'above'} two to three months before{against.en},"
        f" worth about {part.en} {'less' if whole < 0 else 'more'} {money.en} over these days",
    )
    return Event(
        "turning_point", label, since, None, driver.key, driver.subject, quantities, turned=f"slide {_of(found)}"
    )


def _of(found: Found) -> str:
    return "product" if found.key and found.what == "conversion" else found.what
