"""Causes on the way into the shop: traffic sources, hosts, ad plans and channels that moved against the rest and their own past."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tools.metrics.cuts import LIVE, RETURNING, Cuts, judged_moves, judged_rates, rounded, stands_out
from tools.metrics.drivers import Cause, Driver, Event
from tools.metrics.happenings import ad_events, host_events, turning_event
from tools.metrics.pair import Move, Pair
from tools.text import Text

__all__ = ["traffic_causes"]

ZERO = Decimal(0)
_SOURCE_SURPRISE = 3.7
_RATE_SURPRISE = 5.0  # what a visitor of a source is worth wanders more than how many come
_OWN_SURPRISE = 1.0  # a source must also depart from its own past, not only from the others


def traffic_causes(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """Causes by source, host, plan and (without a source report) channel. `least` is the smallest amount worth a dated cause."""
    return [
        *_sources(pair, cuts, least),
        *_source_rates(cuts, least),
        *_hosts(pair, cuts, least),
        *_plans(pair, cuts, least),
        *_clicks(cuts, least),
        *([] if cuts.source else _channels(cuts, least)),
    ]


def _sources(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.source is None:
        return []
    found = []
    own = {move.key: move.surprise for move in judged_moves(cuts.source, "visitors", alone=True)}
    for move in judged_moves(cuts.source, "visitors", counts="visitors"):
        alone = own.get(move.key)
        if alone is not None and alone * float(move.excess) < _OWN_SURPRISE * abs(float(move.excess)):
            continue  # it did what it always does; the others moved, as in a campaign
        money, people = cuts.source.get("gross", move.key), cuts.source.get("visitors", move.key)
        worth = (money[0] + money[1]) / (people[0] + people[1]) if people[0] + people[1] else ZERO
        amount = move.excess * worth
        driver = cuts.driver("traffic_source", move.key)
        if driver is None or not stands_out(move, amount, least, bar=_SOURCE_SURPRISE):
            continue
        event = turning_event(pair, "traffic_daily", "source", move.key, driver.label.zh)
        found.append(Cause(driver, event, amount, "visitors", surprise=rounded(move)))
    return found


def _source_rates(cuts: Cuts, least: Decimal) -> list[Cause]:
    """Sources that bring as many visitors but sell otherwise than before, against the other sources."""
    if cuts.source is None:
        return []
    found = []
    for move in judged_rates(cuts.source, "gross", "visitors", counts="day_buyers"):
        amount = move.excess * cuts.source.get("visitors", move.key)[0]
        driver = cuts.driver("traffic_source", move.key)
        if driver is None or move.surprise is None or not stands_out(move, amount, 2 * least, bar=_RATE_SURPRISE):
            continue
        factor = "returning_buyers" if RETURNING.search(driver.label.zh) else "conversion"
        found.append(Cause(driver, None, amount, factor, surprise=rounded(move)))
    return found


def _hosts(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    """Hosts who left or came. One who took over counts against the one who left; what remains, or the live rate, is the amount."""
    if cuts.host is None:
        return []
    dated: list[tuple[Driver, Event, Move]] = []
    for move in judged_moves(cuts.host, "gross", alone=True):
        driver = cuts.driver("live_host", move.key)
        if driver is None or abs(move.after - move.before) < least:
            continue
        dated += [(driver, event, move) for event in host_events(pair, move.key)]
    left = [item for item in dated if item[1].kind == "host_absent"]
    new = [item for item in dated if item[1].kind == "host_new"]
    if not left:
        return [Cause(d, event, m.after - m.before, "visitors", surprise=rounded(m)) for d, event, m in new]
    net = sum((move.after - move.before for _, _, move in (*left, *new)), ZERO)
    live = [d for (cut, _), d in cuts.drivers.items() if cut == "traffic_source" and LIVE.search(d.label.zh)]
    rate = sum((driver.rate or ZERO for driver in live), ZERO)
    amount = min(net, rate, ZERO)
    if -amount < least:
        return []
    driver, event, move = max(left, key=lambda item: abs(item[2].after - item[2].before))
    if new:
        event = _takenover(event, new[0][0].label.zh)
    factor = "conversion" if rate < net else "visitors"
    return [Cause(driver, event, amount, factor, within=live[0] if live else None, surprise=rounded(move))]


def _takenover(event: Event, by: str) -> Event:
    label = Text(f"{event.label.zh}，场次由“{by}”接替", f'{event.label.en}; "{by}" took over')
    return replace(event, label=label, subject=(*event.subject, by))


def _plans(pair: Pair, cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.plan is None:
        return []
    found = []
    for move in judged_moves(cuts.plan, "ad_spend", alone=True):
        paid, spend = cuts.plan.get("ad_paid", move.key), cuts.plan.get("ad_spend", move.key)
        worth = (paid[0] + paid[1]) / (spend[0] + spend[1]) if spend[0] + spend[1] else ZERO
        amount = move.excess * worth
        driver = cuts.driver("ad_plan", move.key)
        if driver is None or not stands_out(move, amount, least):
            continue
        events = ad_events(pair, move.key, driver.label.zh)
        found.append(Cause(driver, events[0] if events else None, amount, "visitors", surprise=rounded(move)))
    return found


def _clicks(cuts: Cuts, least: Decimal) -> list[Cause]:
    """Plans that get fewer or more clicks for the same money: the price of a click moved."""
    if cuts.plan is None:
        return []
    found = []
    for move in judged_rates(cuts.plan, "ad_clicks", "ad_spend", counts="ad_clicks", alone=True):
        paid, clicks = cuts.plan.get("ad_paid", move.key), cuts.plan.get("ad_clicks", move.key)
        amount = move.excess * cuts.plan.get("ad_spend", move.key)[0] * (paid[0] + paid[1]) / (clicks[0] + clicks[1])
        driver = cuts.driver("ad_plan", move.key)
        if driver is not None and move.surprise is not None and stands_out(move, amount, least):
            spend, price = cuts.plan.get("ad_spend", move.key), "ad_cpc"
            own = replace(driver, metric=price, unit="", before=spend[1] / clicks[1], after=spend[0] / clicks[0])
            found.append(Cause(own, None, amount, "visitors", surprise=rounded(move)))
    return found


def _channels(cuts: Cuts, least: Decimal) -> list[Cause]:
    if cuts.channel is None:
        return []
    found = []
    for move in judged_moves(cuts.channel, "gross", counts="order_count"):
        driver = cuts.driver("channel", move.key)
        if driver is not None and stands_out(move, move.excess, least):
            found.append(Cause(driver, None, move.excess, "orders", surprise=rounded(move)))
    return found
