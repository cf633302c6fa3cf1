"""From parts to causes: which entity moved against the rest and against its own history, and what happened to it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tools.facts import WhyClass
from tools.metrics.causes_products import product_causes, refund_causes
from tools.metrics.causes_slow import slow_causes, with_slides
from tools.metrics.causes_traffic import traffic_causes
from tools.metrics.checks import market_move
from tools.metrics.cuts import LIVE, PAID, Cuts, judged_moves
from tools.metrics.drivers import Cause, Driver, Event
from tools.metrics.factors import Totals, factor_surprise
from tools.metrics.happenings import promotion_events
from tools.metrics.pair import Pair
from tools.metrics.turns import daily_step
from tools.text import Text

__all__ = ["find_causes"]

ZERO = Decimal(0)
_DATED = Decimal(
    "0.01"
)  # of the earlier level: the least amount worth naming where an event has a day; twice it without
_FLAT = Decimal("0.05")  # of the earlier level
_PROMOTION_SURPRISE = 1.5
_PROMOTION_STEP = 1.8  # its day is known, nothing was searched for
_MARKET_SURPRISE = Decimal("2.5")
_MARKET_LARGE = Decimal("0.14")  # counts even where the market often swings so far
_PROMOTED = ("order_value", "conversion", "orders_per_buyer")


def find_causes(pair: Pair, cuts: Cuts, totals: Totals, factors: Sequence[Driver], *, net: bool = False) -> list[Cause]:
    """Causes best first: those in the direction of the change, then what pulled the other way. [] when nothing stands out.

    Amounts are in money: what an entity moved beyond moving with the rest, as it usually does. `net` adds refunds.
    """
    level = totals.before.get("gross", ZERO)
    change = totals.now.get("gross", ZERO) - level
    least = _DATED * level
    found = [
        *traffic_causes(pair, cuts, least),
        *product_causes(pair, cuts, least),
        *_promotions(pair, totals, factors, least),
        *_market(pair, level, change, least),
        *(refund_causes(pair, cuts, least) if net else []),
    ]
    found = with_slides(found, slow_causes(pair, cuts, totals, factors, least, net=net))
    found = [cause for cause in _nest(cuts, found) if _large_enough(cause, least)]
    flat = abs(change) < _FLAT * level
    return sorted(found, key=lambda cause: -_weight(cause, change, flat=flat))[:5]


def _large_enough(cause: Cause, least: Decimal) -> bool:
    return cause.event is not None or cause.factor == "refunds" or abs(cause.amount) >= 2 * least


def _weight(cause: Cause, change: Decimal, *, flat: bool) -> Decimal:
    """Money, by how well it is evidenced. What pulled against a clear change is told after it; of a flat total either way counts."""
    along = Decimal(1) if cause.amount * change > 0 else Decimal("0.9" if flat else "0.2")
    return abs(cause.amount) * along * _evidence(cause)


def _evidence(cause: Cause) -> Decimal:
    """A dated event of its own says more than a turn in the same figures; a market that often swings so says less."""
    if cause.entity.id == "market":
        return Decimal(1) if abs(cause.surprise or ZERO) >= _MARKET_SURPRISE else Decimal("0.4")
    if cause.event is None:
        return Decimal(1)
    if cause.event.kind != "turning_point":
        return Decimal("1.6")
    # conversion turns with everything that is done to a price or a coupon: it is told first only where nothing else is
    return Decimal("0.7") if cause.factor == "conversion" else Decimal("1.25")


def _market(pair: Pair, level: Decimal, change: Decimal, least: Decimal) -> list[Cause]:
    """The category's own move, where it goes the way of the shop and accounts for half of the change or more."""
    move = market_move(pair)
    if move is None or (abs(move.rate) < _MARKET_LARGE and abs(_rounded(move.surprise) or ZERO) < _MARKET_SURPRISE):
        return []
    amount = level * move.rate
    if amount * change <= 0 or abs(amount) < 3 * least or 2 * abs(amount) < abs(change):
        return []
    label = Text("大盘", "the market")
    entity = Driver(
        kind="entity", id="market", label=label, contribution=amount, share=amount / change, before=move.before,
        after=move.after, unit="number", metric="market_index", subject=(), why_class=WhyClass.ASSOCIATION,
    )  # fmt: skip
    return [Cause(entity, None, amount, "visitors", surprise=_rounded(move.surprise))]


def _rounded(surprise: float | None) -> Decimal | None:
    return None if surprise is None else Decimal(str(round(surprise, 1)))


def _promotions(pair: Pair, totals: Totals, factors: Sequence[Driver], least: Decimal) -> list[Cause]:
    """A shop-wide promotion that ended or started, where order value or conversion moved with it against its own history."""
    found = []
    for event in [event for event in promotion_events(pair) if len(event.subject) == 1]:
        sign = -1 if event.kind == "promotion_end" else 1
        along = [
            (driver, surprise)
            for driver in factors
            if driver.id in _PROMOTED and driver.contribution * sign > least
            if (surprise := _moved_with(pair, totals, driver.id, event, sign)) is not None
        ]
        if not along:
            continue
        lead, z = max(along, key=lambda item: abs(item[0].contribution))
        amount = sum((driver.contribution for driver, _ in along), ZERO)
        entity = replace(
            lead, kind="entity", id="promotion", label=Text(event.subject[0], event.subject[0]), subject=event.subject,
            contribution=amount, why_class=WhyClass.ASSOCIATION, key=event.entity,
        )  # fmt: skip
        found.append(Cause(entity, event, amount, lead.id, surprise=Decimal(str(round(z, 1)))))
    return sorted(found, key=lambda cause: cause.event.start if cause.event else pair.now.start)[-1:]


def _moved_with(pair: Pair, totals: Totals, factor: str, event: Event, sign: int) -> float | None:
    """How surely a factor moved with a promotion: against its past months, or by its own days around the known day."""
    surprise = factor_surprise(totals, factor)
    if surprise is not None and abs(surprise) >= _PROMOTION_SURPRISE:
        return surprise
    step = daily_step(pair, factor, event.start + timedelta(days=1) if sign < 0 else event.start)
    return step if step is not None and step * sign >= _PROMOTION_STEP else None


def _nest(cuts: Cuts, causes: Sequence[Cause]) -> list[Cause]:
    """Join causes that are one story: a source with the host, plan or product inside it."""
    left = list(causes)
    for source in [cause for cause in causes if cause.entity.id == "traffic_source"]:
        name = source.entity.label.zh
        inner = "live_host" if LIVE.search(name) else "ad_plan" if PAID.search(name) else "product"
        if inner == "product":
            within = _product_within(cuts, source)
            if within is not None:
                left = [c for c in left if not (c.entity.key == within.key and c.factor == "visitors" and _undated(c))]
                left[left.index(source)] = replace(source, within=within)
            continue
        inside = [cause for cause in left if cause.entity.id == inner and cause.amount * source.amount > 0]
        if inside:
            best = max(inside, key=lambda cause: abs(cause.amount))
            left.remove(source)
            amount = max(source.amount, best.amount, key=abs)
            left[left.index(best)] = replace(
                best, amount=amount, within=source.entity, event=best.event or source.event
            )
    return left


def _undated(cause: Cause) -> bool:
    return cause.event is None or cause.event.kind == "turning_point"


def _product_within(cuts: Cuts, source: Cause) -> Driver | None:
    """The product whose own visitors moved most beyond the rest, where it carries a third of what the source lost or gained."""
    if cuts.traffic is None:
        return None
    best: tuple[Decimal, str] = (ZERO, "")
    for move in judged_moves(cuts.traffic, "visitors", counts="visitors"):
        money, people = cuts.traffic.get("gross", move.key), cuts.traffic.get("visitors", move.key)
        worth = (money[0] + money[1]) / (people[0] + people[1]) if people[0] + people[1] else ZERO
        amount = move.excess * worth
        if amount * source.amount > 0 and abs(amount) > abs(best[0]):
            best = (amount, move.key)
    return cuts.driver("product", best[1]) if abs(best[0]) * 3 >= abs(source.amount) else None
