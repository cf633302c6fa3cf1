"""One run of a simulated shop: the raw happenings every report is counted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.aftersales import Aftermath, settle
from tools.warehouse.demo.causes import apply_causes
from tools.warehouse.demo.customers import People, Purchases, buy_again, population
from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.orders import Orders, place_orders
from tools.warehouse.demo.spec import CauseSpec, ShopSpec
from tools.warehouse.demo.streams import Ints, Randomness
from tools.warehouse.demo.visits import strangers
from tools.warehouse.demo.world import World, build_world

__all__ = ["Run", "live_through"]

_LONG_AGO = 365  # days without a payment after which the platform counts a buyer as new again


@dataclass
class Run:
    """Everything that happened. `strangers` is (D, O, P) visits of people who never bought before."""

    spec: ShopSpec
    axes: Axes
    fx: Effects
    world: World
    chance: Randomness
    strangers: Ints
    people: People
    purchases: Purchases
    orders: Orders
    after: Aftermath

    @cached_property
    def paid(self) -> Ints:
        """Positions of paid orders."""
        return np.flatnonzero(self.orders.paid >= 0)

    @cached_property
    def visits(self) -> Ints:
        """(D, O, P) visits of everybody: strangers, known buyers on a trip, their browsing, and payers of balances."""
        size = self.strangers.size
        trips, shape = self.purchases.trips, self.strangers.shape
        there = trips.bought | (self.chance.unit("market visit", trips.key) < self.fx.market[trips.day])
        at = np.ravel_multi_index((trips.day[there], trips.stream[there], trips.product[there]), shape)
        total = self.strangers + np.bincount(at, minlength=size).reshape(shape)
        total[:, self.axes.direct] += self._browsing() + self._balance_visits()
        return np.asarray(total)

    def _browsing(self) -> Ints:
        """(D, P): known buyers look around some days before and after a trip."""
        trips, (days, _, products) = self.purchases.trips, self.axes.shape
        seen = np.zeros(days * products, dtype=np.int64)
        for n in range(self.spec.customers.browse_visits):
            day = trips.day + np.rint((self.chance.unit(f"browse {n}", trips.key) - 0.5) * 16).astype(np.int64)
            inside = (day >= 0) & (day < days)
            inside[inside] &= self.chance.unit(f"browses {n}", trips.key[inside]) < self.fx.market[day[inside]]
            seen += np.bincount(day[inside] * products + trips.product[inside], minlength=seen.size)
        return seen.reshape(days, products)

    def _balance_visits(self) -> Ints:
        days, _, products = self.axes.shape
        orders = self.orders
        first_line = np.searchsorted(orders.lines.order, np.arange(orders.size))
        pays = orders.presale & (orders.paid >= 0)
        at = orders.paid_day[pays] * products + orders.lines.product[first_line[pays]]
        return np.bincount(at, minlength=days * products).reshape(days, products)

    @cached_property
    def is_new(self) -> NDArray[np.bool_]:
        """Per order: a paid order of a buyer without a payment in the 365 days before that day."""
        orders, paid = self.orders, self.paid
        person = np.concatenate([self.purchases.past_person, orders.person[paid]])
        day = np.concatenate([self.purchases.past_day, orders.paid_day[paid]])
        code = person * 10_000 + day + 5_000
        distinct, back = np.unique(code, return_inverse=True)
        gap = np.diff(distinct, prepend=-(10**9))
        fresh = gap > _LONG_AGO  # another person is at least thousands of codes away
        fresh[1:] |= distinct[1:] // 10_000 != distinct[:-1] // 10_000
        result = np.zeros(orders.size, dtype=bool)
        result[paid] = fresh[back[self.purchases.past_person.size :]]
        return result

    def distinct(self, where: Ints, *axes: Ints) -> Ints:
        """Positions of the first order of each (axes…, person) among the orders `where`."""
        code = self.orders.person[where]
        for axis in axes:
            code = code * (int(axis.max(initial=0)) + 1) + axis
        _, first = np.unique(code, return_index=True)
        return where[first]


def live_through(spec: ShopSpec, seed: int, causes: Sequence[CauseSpec]) -> Run:
    """Simulate the shop from its first to its last day. Raises BadArguments for a cause that does not fit the shop."""
    axes, chance = Axes(spec), Randomness(seed)
    fx = apply_causes(axes, causes)
    world = build_world(axes, fx, chance)
    arrivals = strangers(axes, world, fx, chance)
    people = population(axes, world, arrivals.newcomers, chance)
    purchases = buy_again(axes, world, fx, people, chance)
    orders = place_orders(axes, world, fx, purchases, chance)
    after = settle(axes, fx, orders, chance)
    return Run(spec, axes, fx, world, chance, arrivals.visits, people, purchases, orders, after)
