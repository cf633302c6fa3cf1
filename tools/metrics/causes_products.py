"""Causes inside products: sales, conversion or refunds of a product that departed from the rest, with stock-outs and price steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median

from tools.facts import WhyClass
from tools.metrics.cuts import Cuts, judged_moves, judged_rates, over, rounded, stands_out
from tools.metrics.decompose import split_product
from tools.metrics.drivers import Cause, Driver, Event
from tools.metrics.happenings import price_events, promotion_events, stock_outs, turning_event
from tools.metrics.pair import Move, Pair
from tools.metrics.turns import CONVERSION, REFUNDED, VISITS, RateSource, Turn, rate_event, rate_turn

__all__ = ["product_causes", "refund_causes"]

ZERO = Decimal(0)
_DATED = 1.2  # with a stock-out or a price step of its own on a day
_PLAIN = 3.0
_SMALL = 4.0  # shops have many products, and one of them always looks odd
_PRICE_STEP = 0.05
_LOOKED_AT = 10
_CLEAR = 4.5
# Money sent back is a handful of sums, and one dear item moves it: the count of lines sent back must have moved the same way.
_COUNTED = 3.0
_WITH_EVENT = 2.0  # the product's price or promotion changed as well
_TURNS = {"conversion": (CONVERSION, "day_buyers"), "visitors": (VISITS, "visitors")}


@dataclass(frozen=True)
class _Candidate:
    """A product's departure: in sales, or in conversion at its visitors."""

    move: Move
    amount: Decimal
    factor: str


def product_causes(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """One cause per product that departed from the rest and from its own past; a dated event of its own lowers the bar."""
    candidates = [c for c in (*_by_sales(cuts), *_by_conversion(cuts), *_by_visitors(cuts)) if abs(c.amount) >= least]
    candidates = sorted(candidates, key=lambda c: -abs(c.amount))
    table = cuts.product or cuts.traffic
    if table is None:
        return []
    keys = list(dict.fromkeys(c.move.key for c in candidates))[:_LOOKED_AT]
    names = {key: table.name(key) for key in keys}
    priced = {key: name for key, name in names.items() if abs(_own_price_step(cuts, key)) >= _PRICE_STEP}
    events = [*stock_outs(pair, names), *price_events(pair, priced), *_own_promotions(pair, names)]
    best: dict[str, Cause] = {}
    for candidate in candidates:
        if candidate.move.key not in names:
            continue
        cause = _judge(pair, cuts, candidate, [e for e in events if e.entity == candidate.move.key], least)
        known = best.get(candidate.move.key)
        if cause is not None and (known is None or (known.event is None) > (cause.event is None)):
            best[candidate.move.key] = cause
    for cause in _turns(pair, cuts, least, events):
        known = best.get(cause.entity.key)
        if known is None or _undated(known):
            best[cause.entity.key] = cause
    return list(best.values())


def _undated(cause: Cause) -> bool:
    return cause.event is None or cause.event.kind == "turning_point"


def _turns(pair: Pair, cuts: Cuts, least: Decimal, events: Sequence[Event]) -> list[Cause]:
    """Products whose visitors or conversion shifted on a day; a month that mixes both levels hides it. Weaker ones first."""
    table = cuts.traffic
    if table is None:
        return []
    found = []
    for factor, (source, base) in _TURNS.items():
        for move in judged_moves(table, "visitors", counts="visitors")[:_LOOKED_AT]:
            driver = cuts.driver("product", move.key)
            worth = over(table.get("gross", move.key)[1], table.get(base, move.key)[1])
            turn = None if driver is None or worth is None else rate_turn(pair, source, move.key)
            if driver is None or worth is None or turn is None:
                continue
            amount = Decimal(str(round(turn.excess, 2))) * worth
            own = _fitting(
                [e for e in events if e.entity == move.key], _Candidate(move, amount, factor), pair.now.start
            )
            bar, enough = (
                (_WITH_EVENT, least)
                if own and factor == "conversion"
                else (source.sure, (2 if abs(turn.z) >= _CLEAR else 3) * least)
            )
            if abs(turn.z) >= bar and abs(amount) >= enough:
                event = (
                    own if own and factor == "conversion" else rate_event(turn, source, move.key, table.name(move.key))
                )
                found.append(
                    Cause(_named(driver, event), event, amount, factor, surprise=Decimal(str(round(turn.z, 1))))
                )
    return sorted(found, key=lambda cause: abs(cause.amount))


def _by_sales(cuts: Cuts) -> list[_Candidate]:
    table = cuts.product or cuts.traffic
    if table is None:
        return []
    counts = "line_qty" if table is cuts.product else "day_buyers"
    return [_Candidate(m, m.excess, _product_factor(cuts, m)) for m in judged_moves(table, "gross", counts=counts)]


def _by_conversion(cuts: Cuts) -> list[_Candidate]:
    table = cuts.traffic
    if table is None:
        return []
    found = []
    for move in judged_rates(table, "day_buyers", "visitors", counts="day_buyers"):
        worth = table.get("gross", move.key)[1] / table.get("day_buyers", move.key)[1]
        found.append(_Candidate(move, move.excess * table.get("visitors", move.key)[0] * worth, "conversion"))
    return found


def _by_visitors(cuts: Cuts) -> list[_Candidate]:
    table = cuts.traffic
    if table is None:
        return []
    found = []
    for move in judged_moves(table, "visitors", counts="visitors"):
        worth = over(table.get("gross", move.key)[1], table.get("visitors", move.key)[1])
        if worth is not None:
            found.append(_Candidate(move, move.excess * worth, "visitors"))
    return found


def _judge(pair: Pair, cuts: Cuts, candidate: _Candidate, events: Sequence[Event], least: Decimal) -> Cause | None:
    move, driver = candidate.move, cuts.driver("product", candidate.move.key)
    event = _fitting(events, candidate, pair.now.start)
    bar = _DATED if event is not None else _PLAIN if abs(candidate.amount) >= 3 * least else _SMALL
    if driver is None or not stands_out(move, candidate.amount, least if event else 2 * least, bar=bar):
        return None
    if event is None and candidate.factor == "visitors" and cuts.traffic is not None:
        event = turning_event(pair, "product_daily", "product_id", move.key, driver.label.zh)
    return Cause(_named(driver, event), event, candidate.amount, candidate.factor, surprise=rounded(move))


def _named(driver: Driver, event: Event | None) -> Driver:
    """A product without stock is told as the stock-out it was."""
    if event is None or event.kind != "stock_out":
        return driver
    return replace(driver, id="stock_out", why_class=WhyClass.ASSOCIATION)


def _turned(turn: Turn | None, source: RateSource, move: Move, name: str) -> Event | None:
    """The day the product's own rate shifted, where it did so surely and in the direction of the move."""
    if turn is None or abs(turn.z) < source.sure or turn.z * float(move.excess) <= 0:
        return None
    return rate_event(turn, source, move.key, name)


def refund_causes(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """Products whose refunds took a larger or smaller part of sales than before, in money of net GMV."""
    table = cuts.product
    if table is None or "refund_linked" not in table.values:
        return []
    found = []
    for move in judged_rates(table, "refund_linked", "gross", counts="line_qty", alone=True):
        amount = -move.excess * table.get("gross", move.key)[0]
        driver = cuts.driver("product", move.key)
        if driver is None or abs(amount) < least / 2:
            continue
        turn = rate_turn(pair, REFUNDED, move.key)
        event = _turned(turn, REFUNDED, move, table.name(move.key))
        if event is None and turn is not None and turn.z * float(move.excess) < _COUNTED * abs(float(move.excess)):
            continue
        # refunds are a tenth of sales: half as much money is worth naming where the day is known
        if not stands_out(move, amount, least if event is None else least / 2, bar=_PLAIN if event is None else _DATED):
            continue
        back = table.get("refund_linked", move.key)
        own = replace(driver, metric="refund_amount", before=back[1], after=back[0], contribution=back[1] - back[0])
        found.append(Cause(own, event, amount, "refunds", surprise=rounded(move)))
    return found


def _own_price_step(cuts: Cuts, key: str) -> float:
    """Log change of the product's price per item, less the median over products (a campaign moves them all)."""
    if cuts.product is None:
        return 0.0
    steps = {
        item: math.log(float(money[0] / items[0] * items[1] / money[1]))
        for item in cuts.product.keys
        if min(*(money := cuts.product.get("gross", item))[:2], *(items := cuts.product.get("line_qty", item))[:2]) > 0
    }
    return steps[key] - median(steps.values()) if key in steps else 0.0


def _own_promotions(pair: Pair, names: Mapping[str, str]) -> list[Event]:
    found = []
    for event in promotion_events(pair):
        product = event.subject[1] if len(event.subject) > 1 else ""
        if product in names:
            found.append(replace(event, entity=product, subject=(event.subject[0], names[product])))
    return found


def _fitting(events: Sequence[Event], found: _Candidate, now: date) -> Event | None:
    """The event that can go with the move: losses with stock-outs, raises and endings, gains with cuts and starts."""
    loss = ("stock_out", "price_raise", "promotion_end")
    gain: tuple[str, ...] = ()
    if found.amount > 0:  # back in stock counts as a gain
        gain = ("price_cut", "promotion_start", "stock_out")
        events = [event for event in events if event.kind != "stock_out" or event.start < now]
    else:
        events = [event for event in events if event.kind != "stock_out" or (event.end or event.start) >= now]
    wanted = loss if found.amount < 0 else gain
    return next((event for kind in wanted for event in events if event.kind == kind), None)


def _product_factor(cuts: Cuts, move: Move) -> str:
    """Which of visitors, conversion and price moved the product most, in the direction of its excess."""
    if cuts.traffic is None or move.key not in cuts.traffic.keys:
        return "order_value" if _price_moved(cuts, move.key) else "orders"
    visitors, buyers = cuts.traffic.get("visitors", move.key), cuts.traffic.get("day_buyers", move.key)
    old = [visitors[1], over(buyers[1], visitors[1]), over(move.before, buyers[1])]
    new = [visitors[0], over(buyers[0], visitors[0]), over(move.after, buyers[0])]
    parts = split_product(old, new)
    sign = 1 if move.excess >= 0 else -1
    names = ("visitors", "conversion", "order_value")
    return max(zip(names, parts, strict=True), key=lambda item: sign * item[1])[0]


def _price_moved(cuts: Cuts, key: str) -> bool:
    if cuts.product is None:
        return False
    money, items = cuts.product.get("gross", key), cuts.product.get("line_qty", key)
    parts = split_product([items[1], over(money[1], items[1])], [items[0], over(money[0], items[0])])
    return abs(parts[1]) > abs(parts[0])
