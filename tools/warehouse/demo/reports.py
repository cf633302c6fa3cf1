"""The platform's own daily reports of a run, counted from the same orders and visits: shop, sources, products, stock, members."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from tools.warehouse.demo import columns as col
from tools.warehouse.demo.orders import DAY_SECONDS
from tools.warehouse.demo.run import Run
from tools.warehouse.demo.streams import Floats, Ints

__all__ = ["report_tables"]

_OVERLAP = 0.05  # share of visits by somebody who already came through another source that day
_SECOND_SOURCE = 0.04  # share of orders the platform credits to a second source too
_CROSS_LOOKS = 0.30  # further products looked at, per visit
_CYCLE, _SAFETY_DAYS = 14, 4


def report_tables(run: Run) -> dict[str, Any]:
    """Arrow tables by canonical name."""
    visitors = _shop_visitors(run)
    return {
        "shop_daily": _shop(run, visitors),
        "traffic_daily": _traffic(run),
        "product_daily": _products(run, visitors),
        "stock_daily": _stock(run),
        "members_daily": _members(run, visitors),
        "crowd_stock": _crowds(run, visitors),
        "market_daily": _market(run),
    }


def _noise(run: Run, name: str, *shape: int, spread: float = 0.06) -> Floats:
    """Measurement wobble that does not depend on what happened, so that causes do not reshuffle it."""
    return np.exp(run.chance.generator(f"report:{name}").normal(0, spread, shape))


def _count(values: Floats) -> Ints:
    return np.maximum(np.rint(values), 0).astype(np.int64)


def _sum_by_day(run: Run, where: Ints, cents: Ints | None = None) -> Ints:
    day = run.orders.paid_day[where]
    weights = None if cents is None else cents[where].astype(np.float64)
    return np.bincount(day, weights=weights, minlength=run.spec.days).astype(np.int64)


def _refunds_by_day(run: Run) -> Ints:
    day = run.after.refunded // DAY_SECONDS
    return np.bincount(day, weights=run.after.amount, minlength=run.spec.days).astype(np.int64)


def _shop_visitors(run: Run) -> Ints:
    """(D): people who came, each once a day; at least the people who paid."""
    total = run.visits.sum(axis=(1, 2))
    overlap = _OVERLAP * _noise(run, "overlap", run.spec.days, spread=0.1)
    buyers = _sum_by_day(run, run.distinct(run.paid, run.orders.paid_day[run.paid]))
    return np.maximum(_count(total * (1 - overlap)), buyers)


def _shop(run: Run, visitors: Ints) -> Any:
    o, paid, days = run.orders, run.paid, run.spec.days
    buyers = run.distinct(paid, o.paid_day[paid])
    fresh = run.is_new
    old = paid[~fresh[paid]]
    new_buyers = _sum_by_day(run, buyers[fresh[buyers]])
    all_buyers = _sum_by_day(run, buyers)
    eager = 1 + 0.8 * (run.world.presale > 0)
    return pa.table(
        {
            "day": col.dates(np.arange(days), run.spec.start),
            "visitors": col.ints(visitors),
            "page_views": col.ints(_count(visitors * 3.1 * _noise(run, "pages", days))),
            "buyers": col.ints(all_buyers),
            "orders": col.ints(_sum_by_day(run, paid)),
            "paid_amount": col.money(_sum_by_day(run, paid, o.gross)),
            "new_buyers": col.ints(new_buyers),
            "returning_buyers": col.ints(all_buyers - new_buyers),
            "returning_amount": col.money(_sum_by_day(run, old, o.gross)),
            "add_to_cart": col.ints(_count((visitors * 0.06 + all_buyers) * eager * _noise(run, "cart", days))),
            "favourites": col.ints(_count(visitors * 0.025 * eager * _noise(run, "favourites", days))),
            "refund_amount": col.money(_refunds_by_day(run)),
        }
    )


def _traffic(run: Run) -> Any:
    """Per source; a few orders count in a second source too, as the platform's last-touch window does."""
    o, spec, paid = run.orders, run.spec, run.paid
    days, streams, _ = run.axes.shape
    again = paid[run.chance.unit("second source", o.key[paid]) < _SECOND_SOURCE]
    busy = np.argsort([-item.visits for item in spec.streams], kind="stable")[:2]
    other = np.where(o.stream[again] == busy[0], busy[1], busy[0])
    where, stream = np.concatenate([paid, again]), np.concatenate([o.stream[paid], other])
    cell = o.paid_day[where] * streams + stream
    size = days * streams
    orders = np.bincount(cell, minlength=size)
    amount = np.bincount(cell, weights=o.gross[where], minlength=size).astype(np.int64)
    pairs = np.unique(cell * np.int64(run.people.size) + o.person[where])
    buyers = np.bincount(pairs // run.people.size, minlength=size)
    visitors = np.maximum(run.visits.sum(axis=2).ravel(), buyers)
    day, origin = np.divmod(np.arange(size), streams)
    table = pa.table(
        {
            "day": col.dates(day, spec.start),
            "source": col.words(origin, [item.source for item in spec.streams]),
            "detail": col.words(origin, [item.detail for item in spec.streams]),
            "visitors": col.ints(visitors),
            "buyers": col.ints(buyers),
            "orders": col.ints(orders),
            "paid_amount": col.money(amount),
        }
    )
    return table.filter(pa.array(visitors > 0))


def _products(run: Run, shop_visitors: Ints) -> Any:
    o, lines, spec = run.orders, run.orders.lines, run.spec
    days, _, products = run.axes.shape
    size = days * products
    line = np.flatnonzero((o.paid[lines.order] >= 0) & (lines.product < products))
    order = lines.order[line]
    cell = o.paid_day[order] * products + lines.product[line]
    pair = cell * np.int64(run.people.size) + o.person[order]
    _, first = np.unique(pair, return_index=True)
    buyers = np.bincount(cell[first], minlength=size)
    fresh = run.is_new[order]
    new = np.bincount(cell[first[fresh[first]]], minlength=size)
    refunded = run.after.refunded // DAY_SECONDS * products + lines.product[run.after.line]
    looks = run.visits.sum(axis=1)
    crossed = looks.sum(axis=1, keepdims=True) * run.world.looks.mean(axis=1) * _CROSS_LOOKS
    visitors = np.maximum(looks + _count(crossed * _noise(run, "cross", days, products)), buyers.reshape(looks.shape))
    visitors = np.minimum(visitors, shop_visitors[:, None]).ravel()
    day, product = np.divmod(np.arange(size), products)

    def cents(where: Ints) -> Any:
        weights = lines.amount[line[where]]
        return col.money(np.bincount(cell[where], weights=weights, minlength=size).astype(np.int64))

    table = pa.table(
        {
            "day": col.dates(day, spec.start),
            "product_id": col.words(product, [item.id for item in spec.products]),
            "title": col.words(product, [item.title for item in spec.products]),
            "visitors": col.ints(visitors),
            "page_views": col.ints(_count(visitors * 1.7 * _noise(run, "product pages", size))),
            "add_to_cart": col.ints(_count((visitors * 0.05 + buyers) * _noise(run, "product cart", size))),
            "buyers": col.ints(buyers),
            "items": col.ints(np.bincount(cell, weights=lines.quantity[line], minlength=size).astype(np.int64)),
            "paid_amount": cents(np.arange(line.size)),
            "new_buyers": col.ints(new),
            "returning_buyers": col.ints(buyers - new),
            "returning_amount": cents(np.flatnonzero(~fresh)),
            "refund_amount": col.money(
                np.bincount(refunded, weights=run.after.amount, minlength=size).astype(np.int64)
            ),
        }
    )
    return table.filter(pa.array(run.world.on_sale.ravel()))


def _stock(run: Run) -> Any:
    """Stock at the end of each day: delivered every fortnight for the sales to come, plus a few days of safety."""
    o, lines, spec = run.orders, run.orders.lines, run.spec
    days, _, products = run.axes.shape
    line = np.flatnonzero((o.paid[lines.order] >= 0) & (lines.product < products))
    cell = o.paid_day[lines.order[line]] * products + lines.product[line]
    sold = np.bincount(cell, weights=lines.quantity[line], minlength=days * products).reshape(days, products)
    gone = np.cumsum(sold, axis=0)
    on_hand = np.zeros((days, products), dtype=np.int64)
    for p in range(products):
        for first, last, dry in _cycles(run, p):
            safety = 0 if dry else int(np.ceil(sold[:, p].mean() * _SAFETY_DAYS))
            on_hand[first : last + 1, p] = safety + gone[last, p] - gone[first : last + 1, p]
    on_hand[~run.fx.in_stock] = 0
    day, product = np.divmod(np.arange(days * products), products)
    table = pa.table(
        {
            "day": col.dates(day, spec.start),
            "product_id": col.words(product, [item.id for item in spec.products]),
            "on_hand": col.ints(on_hand.ravel()),
        }
    )
    return table.filter(pa.array(run.world.on_sale.ravel()))


def _cycles(run: Run, product: int) -> list[tuple[int, int, bool]]:
    """(first day, last day, ends dry) of each delivery cycle; a stock-out follows a delivery that did not come."""
    days = run.spec.days
    empty = ~run.fx.in_stock[:, product]
    stops = [d for d in range(1, days) if empty[d] and not empty[d - 1]]
    starts = {d for d in range(1, days) if empty[d - 1] and not empty[d]}
    edges = sorted({*range(product % _CYCLE, days, _CYCLE), *stops, *starts, 0, days})
    return [(a, b - 1, b in stops) for a, b in pairwise(edges)]


def _members(run: Run, visitors: Ints) -> Any:
    o, days, spec = run.orders, run.spec.days, run.spec
    member_day = run.people.member_day
    buying = np.bincount(member_day[(member_day >= 0) & (member_day < days)], minlength=days)
    browsing = _count(visitors * 0.004 * spec.customers.member_share / 0.3 * _noise(run, "joins", days, spread=0.2))
    joined = buying + browsing
    before = int((member_day < 0).sum()) + _count(np.array([visitors.mean() * 1.5]))[0]
    member = run.paid[member_day[o.person[run.paid]] <= o.paid_day[run.paid]]
    return pa.table(
        {
            "day": col.dates(np.arange(days), spec.start),
            "members": col.ints(before + np.cumsum(joined)),
            "joined": col.ints(joined),
            "member_buyers": col.ints(_sum_by_day(run, run.distinct(member, o.paid_day[member]))),
            "member_amount": col.money(_sum_by_day(run, member, o.gross)),
        }
    )


def _rolling(values: Floats, window: int) -> Floats:
    total = np.cumsum(np.concatenate([[0.0], values]))
    end = np.arange(1, values.size + 1)
    start = np.maximum(end - window, 0)
    return np.asarray((total[end] - total[start]) * window / (end - start))


def _crowds(run: Run, visitors: Ints) -> Any:
    """A rough AIPL: layers from visits, and from first and repeat buyers so far."""
    days, o = run.spec.days, run.orders
    first = run.distinct(run.paid)
    once = _sum_by_day(run, first).astype(np.float64)
    people, times = np.unique(o.person[run.paid], return_counts=True)
    loyal_share = float((times > 1).sum() / max(people.size, 1))
    warm = float((run.people.first_day < 0).sum())
    layers = {
        "A": _rolling(visitors * 0.80 * _noise(run, "A", days), 15),
        "I": _rolling(visitors * 0.16 * _noise(run, "I", days), 15),
        "P": (warm * 0.7 + np.cumsum(once)) * (1 - loyal_share),
        "L": (warm * 0.7 + np.cumsum(once)) * loyal_share,
    }
    deeper = {
        "A": visitors * 0.05 * _noise(run, "A deeper", days),
        "I": once,
        "P": _sum_by_day(run, run.paid) - once,
        "L": np.zeros(days),
    }
    names = list(layers)
    layer, day = np.divmod(np.arange(days * len(names)), days)
    return pa.table(
        {
            "day": col.dates(day, run.spec.start),
            "layer": col.words(layer, names),
            "people": col.ints(np.concatenate([_count(layers[name]) for name in names])),
            "moved_deeper": col.ints(np.concatenate([_count(deeper[name]) for name in names])),
        }
    )


def _market(run: Run) -> Any:
    days = run.spec.days
    return pa.table(
        {
            "day": col.dates(np.arange(days), run.spec.start),
            "category": pa.array([run.spec.category] * days),
            "index_value": col.rate(run.world.market),
        }
    )
