"""Purchases become orders: baskets, coupons, second orders, abandoned orders, presale deposits, times of day, hosts on air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.baskets import Lines, fill_baskets
from tools.warehouse.demo.customers import Purchases
from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.streams import Floats, Ints, Keys, Randomness, mix
from tools.warehouse.demo.world import LEAD_SHIFT, World

__all__ = ["DAY_SECONDS", "Orders", "place_orders"]

DAY_SECONDS = 86_400
_EVENING = 20 * 3600
# visits by hour of a phone-shopping day; heavier from eight to eleven in the evening
_HOURS = np.array(
    [
        2.4,
        1.2,
        0.6,
        0.4,
        0.3,
        0.5,
        1.1,
        2.2,
        3.6,
        4.9,
        5.4,
        5.3,
        5.6,
        5.0,
        4.7,
        4.8,
        4.9,
        4.6,
        4.7,
        5.8,
        7.6,
        8.6,
        8.2,
        5.6,
    ]
)
_WITHOUT_OFFER = 0.15  # second orders that happen even without the second-order offer


@dataclass(frozen=True)
class Orders:
    """One element per order, paid or not, sorted by creation. `paid` is in seconds from the first day, -1 when unpaid."""

    key: Keys
    person: Ints  # -1: somebody who never paid
    stream: Ints
    slot: Ints  # live slot, -1 elsewhere
    day: Ints  # day of the visit that led to the order; the live session's day
    host: Ints
    created: Ints
    paid: Ints
    presale: NDArray[np.bool_]
    service: NDArray[np.bool_]
    coupon: NDArray[np.bool_]
    goods: Ints  # cents after discounts, before shipping
    discount: Ints
    shipping: Ints
    quantity: Ints
    lines: Lines

    @property
    def size(self) -> int:
        return self.key.size

    @property
    def gross(self) -> Ints:
        """Cents paid; 0 when unpaid."""
        return np.where(self.paid >= 0, self.goods + self.shipping, 0)

    @property
    def paid_day(self) -> Ints:
        return np.where(self.paid >= 0, self.paid // DAY_SECONDS, -1)


@dataclass
class _Draft:
    key: Keys
    person: Ints
    day: Ints
    stream: Ints
    product: Ints  # len(products) for the service line
    paying: NDArray[np.bool_]
    fixed: NDArray[np.bool_]  # the basket's first product is given; otherwise an add-on is chosen


def place_orders(axes: Axes, world: World, fx: Effects, purchases: Purchases, chance: Randomness) -> Orders:
    """Turn every purchase into an order, add the orders around them, and sort all by creation time."""
    draft = _drafts(axes, fx, purchases, chance)
    presale, pays_on = _presale(axes, world, draft, chance)
    stream = np.where(presale & (pays_on >= 0), axes.direct, draft.stream)
    slot = _slots(axes, stream)
    host, created = _moments(axes, fx, draft, slot, chance)
    paid = _payments(axes, draft, presale, pays_on, created, slot, chance)
    order = np.lexsort((draft.key, created))
    basket = fill_baskets(
        axes, world, fx, chance, key=draft.key[order], day=draft.day[order], product=draft.product[order],
        fixed=draft.fixed[order],
    )  # fmt: skip
    return Orders(
        key=draft.key[order],
        person=np.where(draft.paying, draft.person, -1)[order],
        stream=stream[order],
        slot=slot[order],
        day=draft.day[order],
        host=host[order],
        created=created[order],
        paid=paid[order],
        presale=presale[order],
        service=(draft.product == len(axes.spec.products))[order],
        coupon=basket.coupon,
        goods=basket.goods,
        discount=basket.discount,
        shipping=basket.shipping,
        quantity=basket.quantity,
        lines=basket.lines,
    )


def _drafts(axes: Axes, fx: Effects, purchases: Purchases, chance: Randomness) -> _Draft:
    basket, key = axes.spec.basket, purchases.key
    second = chance.unit("second order", key) < basket.second_order * _offer(axes, fx)[purchases.day]
    abandoned = chance.unit("abandoned", key) < basket.unpaid
    service = chance.unit("service", key) < basket.service
    parts = [np.arange(key.size), np.flatnonzero(second), np.flatnonzero(abandoned), np.flatnonzero(service)]
    which = np.concatenate(parts)
    kind = np.repeat(np.arange(4), [part.size for part in parts])
    product = np.where(kind == 3, len(axes.spec.products), purchases.product[which])
    return _Draft(
        key=mix(key[which], kind + 11),
        person=purchases.person[which],
        day=purchases.day[which],
        stream=purchases.stream[which],
        product=product,
        paying=kind != 2,
        fixed=kind != 1,
    )


def _offer(axes: Axes, fx: Effects) -> Floats:
    """(D): 1 while a second-order offer runs (or none is ever made), less while it is off."""
    offers = [item for item in axes.spec.promotions if item.kind == "gift"]
    running = np.ones(axes.spec.days)
    for item in offers:
        running *= np.where(fx.coupon[item.id], 1.0, _WITHOUT_OFFER)
    return running


def _presale(axes: Axes, world: World, draft: _Draft, chance: Randomness) -> tuple[NDArray[np.bool_], Ints]:
    """Which orders are deposits, and the day index of their balance (-1: never paid, or not within the window)."""
    live = np.array([item.slot is not None for item in axes.spec.streams])
    due = world.balance_day[draft.day]
    usable = (due > draft.day) & ~live[draft.stream] & (draft.product < len(axes.spec.products)) & draft.paying
    presale = usable & (chance.unit("presale", draft.key) < world.presale[draft.day])
    luck = chance.unit("balance", draft.key)
    pays_on = np.where(luck < 0.75, due, np.where(luck < 0.95, due + 1, -1))
    return presale, np.where(presale & (pays_on < axes.spec.days), pays_on, -1)


def _slots(axes: Axes, stream: Ints) -> Ints:
    of_stream = np.array([axes.slot[item.slot] if item.slot is not None else -1 for item in axes.spec.streams])
    return of_stream[stream]


def _moments(axes: Axes, fx: Effects, draft: _Draft, slot: Ints, chance: Randomness) -> tuple[Ints, Ints]:
    """(host, creation time in seconds from the first day)."""
    edges = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])
    when = np.interp(chance.unit("time of day", draft.key), edges, np.arange(25) * 3600.0)
    host = np.full(draft.key.size, -1)
    skill = np.array([item.skill for item in axes.spec.live.hosts] + [0.0])
    for s, item in enumerate(axes.spec.live.slots):
        here = np.flatnonzero(slot == s)
        pair = fx.hosts[draft.day[here], s]
        lead = LEAD_SHIFT * skill[pair[:, 0]]
        follow = np.where(pair[:, 1] < 0, 0, (1 - LEAD_SHIFT) * skill[pair[:, 1]])
        first = chance.unit("shift", draft.key[here]) < lead / (lead + follow)
        host[here] = np.where(first, pair[:, 0], pair[:, 1])
        share = np.where(follow == 0, 1.0, LEAD_SHIFT)
        within = chance.unit("moment on air", draft.key[here])
        part = np.where(first, within * share, share + within * (1 - share))
        when[here] = item.start_second + part * item.minutes * 60
    return host, draft.day * DAY_SECONDS + when.astype(np.int64)


def _payments(
    axes: Axes,
    draft: _Draft,
    presale: NDArray[np.bool_],
    pays_on: Ints,
    created: Ints,
    slot: Ints,
    chance: Randomness,
) -> Ints:
    """Payment time in seconds, -1 when unpaid. Live buyers pay before midnight, others may pay the morning after."""
    minutes = -np.log(chance.unit("pay delay", draft.key)) * 1.5
    slow = chance.unit("pay slowly", draft.key) < 0.05
    delay = (np.where(slow, minutes * 120, minutes) * 60).astype(np.int64) + 8
    paid = created + delay
    midnight = (draft.day + 1) * DAY_SECONDS - 1
    paid = np.where(slot >= 0, np.minimum(paid, midnight), paid)
    evening = _EVENING + (chance.unit("balance time", draft.key) * (DAY_SECONDS - _EVENING)).astype(np.int64)
    paid = np.where(presale, np.where(pays_on >= 0, pays_on * DAY_SECONDS + evening, -1), paid)
    return np.where(draft.paying & (paid < axes.spec.days * DAY_SECONDS), paid, -1)
