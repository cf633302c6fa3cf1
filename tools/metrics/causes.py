"""From parts to causes: which entity moved against the rest and against its own history, and what happened to it when."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median

from tools.facts import WhyClass
from tools.metrics.checks import market_move
from tools.metrics.decompose import split_product
from tools.metrics.drivers import Cause, Driver, Event
from tools.metrics.entities import EntityTable
from tools.metrics.factors import Totals, factor_surprise
from tools.metrics.happenings import (
    ad_events,
    host_events,
    price_events,
    promotion_events,
    stock_outs,
    turning_event,
)
from tools.metrics.pair import Move, Pair, moves
from tools.text import Text

__all__ = ["Cuts", "find_causes"]

ZERO = Decimal(0)
_LIVE = re.compile(r"直播|live", re.IGNORECASE)
_PAID = re.compile(r"推广|付费|直通车|万相台|引力魔方|超级钻展|广告|paid|\bads?\b|cpc", re.IGNORECASE)
_RETURNING = re.compile(r"老客|会员|购物车|我的淘宝|直接访问|\bdirect\b|returning", re.IGNORECASE)
_SURPRISE = 3.0
_SURPRISE_DATED = 1.5  # with a stock-out or price step of its own on a day
_SURPRISE_PRODUCT = 4.0  # shops have many products, and one of them always looks odd
_PRICE_STEP = 0.05
_JUDGED = 60  # the largest entities; a shop may sell thousands of items
_OF_LEVEL = Decimal("0.02")  # a part worth naming, of the earlier level
_DATED = Decimal("0.01")  # the same where an event has a day
_FACTOR_SURPRISE = 2.5
_NO_HISTORY = Decimal("0.25")  # own move that counts where no history tells what is usual


@dataclass(frozen=True)
class Cuts:
    """The cuts that could be made, and every driver in them by (cut id, key)."""

    source: EntityTable | None
    product: EntityTable | None
    traffic: EntityTable | None
    channel: EntityTable | None
    host: EntityTable | None
    plan: EntityTable | None
    drivers: Mapping[tuple[str, str], Driver]

    def driver(self, cut: str, key: str) -> Driver | None:
        return self.drivers.get((cut, key))


def find_causes(pair: Pair, cuts: Cuts, totals: Totals, factors: Sequence[Driver]) -> list[Cause]:
    """Causes best first: those in the direction of the change, then what pulled the other way. [] when nothing stands out.

    Amounts are in money: what an entity moved beyond moving with the rest, as it usually does.
    """
    level = totals.before.get("gross", ZERO)
    change = totals.now.get("gross", ZERO) - level
    least = _DATED * level
    found = [
        *_sources(pair, cuts, least),
        *_source_rates(cuts, least),
        *_products(pair, cuts, least),
        *_hosts(pair, cuts, least),
        *_plans(pair, cuts, least),
        *([] if cuts.source else _channels(cuts, least)),
        *_promotions(pair, totals, factors, least),
        *_market(pair, level, change, least),
    ]
    found = [cause for cause in _nest(pair, cuts, found) if cause.event is not None or abs(cause.amount) >= 2 * least]
    return sorted(found, key=lambda cause: -_weight(cause, change))[:5]


def _weight(cause: Cause, change: Decimal) -> Decimal:
    along = Decimal(1) if cause.amount * change > 0 else Decimal("0.2")
    dated = Decimal("1.25") if cause.event is not None else Decimal(1)
    return abs(cause.amount) * along * dated


def _stands_out(move: Move, amount: Decimal, least: Decimal) -> bool:
    if abs(amount) < least:
        return False
    if move.surprise is not None:
        return abs(move.surprise) >= _SURPRISE
    return move.before <= 0 or abs(move.after - move.before) >= _NO_HISTORY * move.before


def _moves(table: EntityTable, base: str, *, counts: str = "", alone: bool = False) -> list[Move]:
    keys = sorted(table.keys, key=lambda key: -sum(table.get(base, key)[:2]))[:_JUDGED]
    noise = [table.get(counts, key) for key in keys] if counts else None
    return moves([table.get(base, key) for key in keys], keys, counts=noise, alone=alone)


def _z(move: Move) -> Decimal | None:
    return None if move.surprise is None else Decimal(str(round(move.surprise, 1)))


def _sources(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.source is None:
        return []
    found = []
    for move in _moves(cuts.source, "visitors", counts="visitors"):
        money, people = cuts.source.get("gross", move.key), cuts.source.get("visitors", move.key)
        worth = (money[0] + money[1]) / (people[0] + people[1]) if people[0] + people[1] else ZERO
        amount = move.excess * worth
        driver = cuts.driver("traffic_source", move.key)
        if driver is None or not _stands_out(move, amount, least):
            continue
        event = turning_event(pair, "traffic_daily", "source", move.key, driver.label.zh)
        found.append(Cause(driver, event, amount, "visitors", surprise=_z(move)))
    return found


def _source_rates(cuts: Cuts, least: Decimal) -> list[Cause]:
    """Sources that bring as many visitors but sell otherwise than before, against the other sources."""
    table = cuts.source
    if table is None:
        return []
    keys = [key for key in table.keys if min(table.get("gross", key)[:2]) > 0]
    rates = [[_over(m, v) or ZERO for m, v in _columns(table, key)] for key in keys]
    counts = [table.get("day_buyers", key) for key in keys]
    found = []
    for move in moves(rates, keys, counts=counts):
        amount = move.excess * table.get("visitors", move.key)[0]
        driver = cuts.driver("traffic_source", move.key)
        if driver is None or move.surprise is None or not _stands_out(move, amount, 2 * least):
            continue
        factor = "returning_buyers" if _RETURNING.search(driver.label.zh) else "conversion"
        found.append(Cause(driver, None, amount, factor, surprise=_z(move)))
    return found


def _columns(table: EntityTable, key: str) -> list[tuple[Decimal, Decimal]]:
    return list(zip(table.get("gross", key), table.get("visitors", key), strict=True))


def _products(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """Products whose sales departed from the rest and from their own past; a stock-out or a price step of its own counts more."""
    table = cuts.product or cuts.traffic
    if table is None:
        return []
    counts = "line_qty" if table is cuts.product else "day_buyers"
    every = _moves(table, "gross", counts=counts)
    large = sorted((m for m in every if abs(m.excess) >= least), key=lambda move: -abs(move.excess))[:8]
    names = {move.key: table.name(move.key) for move in large}
    priced = {key: name for key, name in names.items() if abs(_own_price_step(cuts, key)) >= _PRICE_STEP}
    events = [*stock_outs(pair, names), *price_events(pair, priced), *_own_promotions(pair, names)]
    found = []
    for move in large:
        factor = _product_factor(cuts, move)
        event = _fitting([event for event in events if event.entity == move.key], move, pair.now.start)
        bar = _SURPRISE_DATED if event is not None else _SURPRISE_PRODUCT
        driver = cuts.driver("product", move.key)
        if driver is None or (move.surprise is not None and abs(move.surprise) < bar):
            continue
        if move.surprise is None and event is None and not _stands_out(move, move.excess, 2 * least):
            continue
        if event is None and factor == "visitors" and cuts.traffic is not None:
            event = turning_event(pair, "product_daily", "product_id", move.key, driver.label.zh)
        if event is not None and event.kind == "stock_out":
            driver = replace(driver, id="stock_out", why_class=WhyClass.ASSOCIATION)
        found.append(Cause(driver, event, move.excess, factor, surprise=_z(move)))
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


def _fitting(events: Sequence[Event], move: Move, now: date) -> Event | None:
    """The event that can go with the move: losses with stock-outs, raises and endings, gains with cuts and starts."""
    loss = ("stock_out", "price_raise", "promotion_end")
    gain: tuple[str, ...] = ()
    if move.excess > 0:  # back in stock counts as a gain
        gain = ("price_cut", "promotion_start", "stock_out")
        events = [event for event in events if event.kind != "stock_out" or event.start < now]
    else:
        events = [event for event in events if event.kind != "stock_out" or (event.end or event.start) >= now]
    wanted = loss if move.excess < 0 else gain
    return next((event for kind in wanted for event in events if event.kind == kind), None)


def _product_factor(cuts: Cuts, move: Move) -> str:
    """Which of visitors, conversion and price moved the product most, in the direction of its excess."""
    if cuts.traffic is None or move.key not in cuts.traffic.keys:
        return "order_value" if _price_moved(cuts, move.key) else "orders"
    visitors, buyers = cuts.traffic.get("visitors", move.key), cuts.traffic.get("day_buyers", move.key)
    old = [visitors[1], _over(buyers[1], visitors[1]), _over(move.before, buyers[1])]
    new = [visitors[0], _over(buyers[0], visitors[0]), _over(move.after, buyers[0])]
    parts = split_product(old, new)
    sign = 1 if move.excess >= 0 else -1
    names = ("visitors", "conversion", "order_value")
    return max(zip(names, parts, strict=True), key=lambda item: sign * item[1])[0]


def _price_moved(cuts: Cuts, key: str) -> bool:
    if cuts.product is None:
        return False
    money, items = cuts.product.get("gross", key), cuts.product.get("line_qty", key)
    parts = split_product([items[1], _over(money[1], items[1])], [items[0], _over(money[0], items[0])])
    return abs(parts[1]) > abs(parts[0])


def _over(above: Decimal, below: Decimal) -> Decimal | None:
    return above / below if below else None


def _hosts(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """Hosts who left or came. One who took over counts against the one who left; what remains, or the live rate, is the amount."""
    if cuts.host is None:
        return []
    dated: list[tuple[Driver, Event, Move]] = []
    for move in _moves(cuts.host, "gross", alone=True):
        driver = cuts.driver("live_host", move.key)
        if driver is None or abs(move.after - move.before) < least:
            continue
        dated += [(driver, event, move) for event in host_events(pair, move.key)]
    left = [item for item in dated if item[1].kind == "host_absent"]
    new = [item for item in dated if item[1].kind == "host_new"]
    if not left:
        return [Cause(d, event, m.after - m.before, "visitors", surprise=_z(m)) for d, event, m in new]
    net = sum((move.after - move.before for _, _, move in (*left, *new)), ZERO)
    live = [d for (cut, _), d in cuts.drivers.items() if cut == "traffic_source" and _LIVE.search(d.label.zh)]
    rate = sum((driver.rate or ZERO for driver in live), ZERO)
    amount = min(net, rate, ZERO)
    if -amount < least:
        return []
    driver, event, move = max(left, key=lambda item: abs(item[2].after - item[2].before))
    if new:
        event = _taken_over(event, new[0][0].label.zh)
    factor = "conversion" if rate < net else "visitors"
    return [Cause(driver, event, amount, factor, within=live[0] if live else None, surprise=_z(move))]


def _taken_over(event: Event, by: str) -> Event:
    label = Text(f"{event.label.zh}，场次由“{by}”接替", f'{event.label.en}; "{by}" took over')
    return replace(event, label=label, subject=(*event.subject, by))


def _plans(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.plan is None:
        return []
    found = []
    for move in _moves(cuts.plan, "ad_spend", alone=True):
        paid, spend = cuts.plan.get("ad_paid", move.key), cuts.plan.get("ad_spend", move.key)
        worth = (paid[0] + paid[1]) / (spend[0] + spend[1]) if spend[0] + spend[1] else ZERO
        amount = move.excess * worth
        driver = cuts.driver("ad_plan", move.key)
        if driver is None or not _stands_out(move, amount, least):
            continue
        events = ad_events(pair, move.key, driver.label.zh)
        found.append(Cause(driver, events[0] if events else None, amount, "visitors", surprise=_z(move)))
    return found


def _channels(cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.channel is None:
        return []
    found = []
    for move in _moves(cuts.channel, "gross", counts="order_count"):
        driver = cuts.driver("channel", move.key)
        if driver is not None and _stands_out(move, move.excess, least):
            found.append(Cause(driver, None, move.excess, "orders", surprise=_z(move)))
    return found


def _market(pair: Pair, level: Decimal, change: Decimal, least: Decimal) -> list[Cause]:
    """The category's own move, where it goes the way of the shop and accounts for half of the change or more."""
    move = market_move(pair)
    if move is None:
        return []
    amount = level * move.rate
    if amount * change <= 0 or abs(amount) < 3 * least or 2 * abs(amount) < abs(change):
        return []
    label = Text("大盘", "the market")
    entity = Driver(
        kind="entity", id="market", label=label, contribution=amount, share=amount / change, before=move.before,
        after=move.after, unit="number", metric="market_index", subject=(), why_class=WhyClass.ASSOCIATION,
    )  # fmt: skip
    return [Cause(entity, None, amount, "visitors")]


def _promotions(pair: Pair, totals: Totals, factors: Sequence[Driver], least: Decimal) -> list[Cause]:
    """A shop-wide promotion that ended or started, where order value or conversion moved with it against its own history."""
    events = [event for event in promotion_events(pair) if len(event.subject) == 1]
    moved = []
    for driver in factors:
        surprise = factor_surprise(totals, driver.id) if driver.id in ("order_value", "conversion") else None
        if surprise is not None and abs(surprise) >= _FACTOR_SURPRISE:
            moved.append((driver, surprise))
    found = []
    for event in events:
        sign = -1 if event.kind == "promotion_end" else 1
        along = [(driver, z) for driver, z in moved if driver.contribution * sign > least]
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


def _nest(pair: Pair, cuts: Cuts, causes: Sequence[Cause]) -> list[Cause]:
    """Join causes that are one story: a source with the host, plan or product inside it."""
    left = list(causes)
    for source in [cause for cause in causes if cause.entity.id == "traffic_source"]:
        name = source.entity.label.zh
        inner = "live_host" if _LIVE.search(name) else "ad_plan" if _PAID.search(name) else "product"
        if inner == "product":
            within = _product_within(cuts, source)
            if within is not None:
                left = [
                    c for c in left if not (c.entity.key == within.key and c.factor == "visitors" and c.event is None)
                ]
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


def _product_within(cuts: Cuts, source: Cause) -> Driver | None:
    """The product whose own visitors moved most beyond the rest, where it carries a third of what the source lost or gained."""
    if cuts.traffic is None:
        return None
    best: tuple[Decimal, str] = (ZERO, "")
    for move in _moves(cuts.traffic, "visitors", counts="visitors"):
        money, people = cuts.traffic.get("gross", move.key), cuts.traffic.get("visitors", move.key)
        worth = (money[0] + money[1]) / (people[0] + people[1]) if people[0] + people[1] else ZERO
        amount = move.excess * worth
        if amount * source.amount > 0 and abs(amount) > abs(best[0]):
            best = (amount, move.key)
    return cuts.driver("product", best[1]) if abs(best[0]) * 3 >= abs(source.amount) else None
