"""Advertising and livestream tables of a run: ad_daily, live_sessions, live_items, live_orders, live_shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tools.warehouse.demo import columns as col
from tools.warehouse.demo.causes import LOTTERY_TITLE
from tools.warehouse.demo.orders import DAY_SECONDS
from tools.warehouse.demo.run import Run
from tools.warehouse.demo.streams import Floats, Ints
from tools.warehouse.demo.trade import line_numbers, order_numbers, session_ids
from tools.warehouse.demo.world import LEAD_SHIFT

__all__ = ["promotion_tables"]

_WINDOW_DAYS = 15
_ASSISTED = 0.10  # natural orders the ad tool claims because the buyer once clicked
_CLICK_RATE = 0.035
_ENTRY_RATE = 0.22


def promotion_tables(run: Run) -> dict[str, Any]:
    """Arrow tables by canonical name."""
    return {
        "ad_daily": _ads(run),
        "live_sessions": _sessions(run),
        "live_items": _items(run),
        "live_orders": _orders(run),
        "live_shifts": _shifts(run),
    }


def _noise(run: Run, name: str, *shape: int, spread: float = 0.08) -> Floats:
    return np.exp(run.chance.generator(f"report:{name}").normal(0, spread, shape))


def _ads(run: Run) -> Any:
    """One row per plan and day with spend. Attributed orders: from the plan's own visits, and some natural ones."""
    o, spec = run.orders, run.spec
    days, plans = run.world.spend.shape
    stream_plan = np.array([run.axes.plan[item.plan] if item.plan else -1 for item in spec.streams])
    plan = np.where(o.paid >= 0, stream_plan[o.stream], -1)
    live = np.cumsum(run.world.spend, axis=1) / np.maximum(run.world.spend.sum(axis=1, keepdims=True), 1)
    if plans:
        natural = (plan < 0) & (o.paid >= 0) & (o.slot < 0) & (run.world.spend.sum(axis=1) > 0)[o.day]
        claimed = natural & (run.chance.unit("assisted", o.key) < _ASSISTED)
        pick = (live[o.day] < run.chance.unit("assisted by", o.key)[:, None]).sum(axis=1)
        plan = np.where(claimed, np.minimum(pick, plans - 1), plan)
    where = np.flatnonzero(plan >= 0)
    cell = o.day[where] * plans + plan[where]
    size = days * plans
    clicks = np.maximum(np.rint(run.world.clicks.ravel() * _noise(run, "clicks", size, spread=0.03)), 0)
    shown = np.rint(clicks / _CLICK_RATE * _noise(run, "shown", size))
    day, which = np.divmod(np.arange(size), max(plans, 1))
    table = pa.table(
        {
            "day": col.dates(day, spec.start),
            "plan_id": col.words(which, [item.id for item in spec.ads]),
            "plan": col.words(which, [item.name for item in spec.ads]),
            "tool": col.words(which, [item.tool for item in spec.ads]),
            "spend": col.money(run.world.spend.ravel()),
            "impressions": col.ints(shown.astype(np.int64)),
            "clicks": col.ints(clicks.astype(np.int64)),
            "orders": col.ints(np.bincount(cell, minlength=size)),
            "paid_amount": col.money(np.bincount(cell, weights=o.gross[where], minlength=size).astype(np.int64)),
            "window_days": col.ints(np.full(size, _WINDOW_DAYS)),
        }
    )
    return table.filter(pa.array(run.world.spend.ravel() > 0))


def _on_air(run: Run) -> tuple[Ints, Ints]:
    """(day, slot) of every session, by day."""
    streams = [run.axes.stream_of(slot=item.name) for item in run.spec.live.slots]
    day, slot = np.nonzero(run.world.visits[:, streams] > 0) if streams else (np.zeros(0, int), np.zeros(0, int))
    return day, slot


def _titles(run: Run, day: Ints, slot: Ints) -> Any:
    names = [item.title for item in run.spec.live.slots]
    return col.words(np.where(run.fx.lottery[day, slot], len(names), slot), [*names, LOTTERY_TITLE])


def _hosts(run: Run, host: Ints) -> Any:
    return col.words(host, [item.name for item in run.spec.live.hosts])


def _sessions(run: Run) -> Any:
    o, spec = run.orders, run.spec
    day, slot = _on_air(run)
    slots, size = len(spec.live.slots), day.size
    position = np.full((spec.days, max(slots, 1)), -1)
    position[day, slot] = np.arange(size)
    sold = np.flatnonzero((o.paid >= 0) & (o.slot >= 0))
    at = position[o.day[sold], o.slot[sold]]
    sold, at = sold[at >= 0], at[at >= 0]
    buyers = np.bincount(position[o.day[first := run.distinct(sold, at)], o.slot[first]], minlength=size)
    streams = np.array([run.axes.stream_of(slot=item.name) for item in spec.live.slots], dtype=np.int64)
    clickers = np.maximum(run.visits.sum(axis=2)[day, streams[slot]] if slots else np.zeros(0, int), buyers)
    skill = run.world.skill[day, slot]
    viewers = np.rint(clickers * spec.live.viewers_per_visit * _noise(run, "viewers", spec.days, slots + 1)[day, slot])
    minutes = np.array([item.minutes for item in spec.live.slots], dtype=np.int64)[slot]
    starts = np.array([item.start_second for item in spec.live.slots], dtype=np.int64)[slot]
    stay = 58 * np.sqrt(skill) * _noise(run, "stay", spec.days, slots + 1)[day, slot]
    drawn = np.where(run.fx.lottery[day, slot], 2.2, 1.0)  # a draw makes people follow

    def total(cents: Ints) -> Any:
        return col.money(np.bincount(at, weights=cents[sold], minlength=size).astype(np.int64))

    def count(values: Floats) -> Any:
        return col.ints(np.rint(values).astype(np.int64))

    return pa.table(
        {
            "session_id": session_ids(run, day, slot),
            "title": _titles(run, day, slot),
            "host": _hosts(run, run.fx.hosts[day, slot, 0]),
            "day": col.dates(day, spec.start),
            "started_at": col.times(day * DAY_SECONDS + starts, spec.start),
            "minutes": col.ints(minutes),
            "impressions": count(
                viewers
                / _ENTRY_RATE
                * _noise(run, "live shown", spec.days, slots + 1)[day, slot]
                / _kept(run, day, slot)
            ),
            "viewers": count(viewers),
            "views": count(viewers * 1.35),
            "watch_seconds": count(viewers * stay),
            "new_fans": count(viewers * 0.011 * drawn * _noise(run, "fans", spec.days, slots + 1)[day, slot]),
            "item_clickers": col.ints(clickers),
            "buyers": col.ints(buyers),
            "orders": col.ints(np.bincount(at, minlength=size)),
            "items": col.ints(np.bincount(at, weights=o.quantity[sold], minlength=size).astype(np.int64)),
            "paid_amount": total(o.gross),
            "refund_amount": total(run.after.order_refund),
            "ad_spend": _yuan(spec.live.ad_spend * _noise(run, "live ads", spec.days, slots + 1)[day, slot]),
        }
    )


def _kept(run: Run, day: Ints, slot: Ints) -> Floats:
    """What is left of each stream's entry rate: 1 but for the planted breaks."""
    kept = np.ones(day.size)
    names = [item.name for item in run.spec.live.slots]
    for one in run.spec.live.breaks:
        kept[(day == run.spec.day_index(one.day)) & (slot == names.index(one.slot))] = one.keep
    return kept


def _yuan(yuan: Floats) -> Any:
    """Yuan as floats to an exact money column."""
    return col.money(np.rint(yuan * 100).astype(np.int64))


def _sold_lines(run: Run) -> Ints:
    o, lines = run.orders, run.orders.lines
    goods = lines.product < len(run.spec.products)
    return np.flatnonzero(goods & (o.paid[lines.order] >= 0) & (o.slot[lines.order] >= 0))


def _items(run: Run) -> Any:
    o, lines, spec = run.orders, run.orders.lines, run.spec
    slots, products = max(len(spec.live.slots), 1), len(spec.products)
    line = _sold_lines(run)
    order = lines.order[line]
    size = spec.days * slots * products
    cell = (o.day[order] * slots + o.slot[order]) * products + lines.product[line]
    pair = cell * np.int64(run.people.size) + o.person[order]
    buyers = np.bincount(np.unique(pair) // run.people.size, minlength=size)
    streams = [run.axes.stream_of(slot=item.name) for item in spec.live.slots]
    looks = run.visits[:, streams].reshape(-1) if streams else np.zeros(size, dtype=np.int64)
    clickers = np.maximum(looks, buyers)
    shown = np.flatnonzero(clickers > 0)
    rest, product = np.divmod(shown, products)
    day, slot = np.divmod(rest, slots)
    return pa.table(
        {
            "session_id": session_ids(run, day, slot),
            "product_id": col.words(product, [item.id for item in spec.products]),
            "day": col.dates(day, spec.start),
            "title": col.words(product, [item.title for item in spec.products]),
            "clickers": col.ints(clickers[shown]),
            "buyers": col.ints(buyers[shown]),
            "items": col.ints(np.bincount(cell, weights=lines.quantity[line], minlength=size)[shown]),
            "paid_amount": col.money(
                np.bincount(cell, weights=lines.amount[line], minlength=size).astype(np.int64)[shown]
            ),
        }
    )


def _orders(run: Run) -> Any:
    o, lines, spec = run.orders, run.orders.lines, run.spec
    line = _sold_lines(run)
    order = lines.order[line]
    return pa.table(
        {
            "line_id": col.numbers(line_numbers(run)[line]),
            "order_id": col.numbers(order_numbers(run)[order]),
            "session_id": session_ids(run, o.day[order], o.slot[order]),
            "host": _hosts(run, o.host[order]),
            "product_id": col.words(lines.product[line], [item.id for item in spec.products]),
            "paid_at": col.times(o.paid[order], spec.start),
            "paid_date": col.dates(o.paid_day[order], spec.start),
            "amount": col.money(lines.amount[line]),
        }
    )


def _shifts(run: Run) -> Any:
    day, slot = _on_air(run)
    pair = run.fx.hosts[day, slot]
    start = np.array([item.start_second for item in run.spec.live.slots], dtype=np.int64)[slot] + day * DAY_SECONDS
    length = np.array([item.minutes * 60 for item in run.spec.live.slots], dtype=np.int64)[slot]
    change = start + np.where(pair[:, 1] < 0, length, np.rint(length * LEAD_SHIFT).astype(np.int64))
    second = np.flatnonzero(pair[:, 1] >= 0)
    who = np.concatenate([np.arange(day.size), second])
    host = np.concatenate([pair[:, 0], pair[second, 1]])
    begins, ends = np.concatenate([start, change[second]]), np.concatenate([change, (start + length)[second]])
    sort = np.argsort(begins, kind="stable")
    who = who[sort]
    return pa.table(
        {
            "session_id": session_ids(run, day[who], slot[who]),
            "host": _hosts(run, host[sort]),
            "starts_at": col.times(begins[sort], run.spec.start),
            "ends_at": col.times(ends[sort], run.spec.start),
            "day": col.dates(day[who], run.spec.start),
        }
    )
