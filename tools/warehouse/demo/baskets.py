"""What goes into an order: add-ons, second units, filling up to the coupon, discounts to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.spec import Promotion
from tools.warehouse.demo.streams import Floats, Ints, Keys, Randomness
from tools.warehouse.demo.world import World

__all__ = ["Basket", "Lines", "fill_baskets", "spread"]

_REACH = 0.42  # a basket under this share of the threshold is not worth filling up
_SERVICE_UNIT = 100  # 补差价 is sold by the yuan


@dataclass(frozen=True)
class Lines:
    """Order lines grouped by order, in order. `product` is len(products) for the service line. Money in cents."""

    order: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    amount: Ints  # paid for the line, discounts taken off

    @property
    def size(self) -> int:
        return self.order.size


@dataclass(frozen=True)
class Basket:
    """Totals per order, in cents."""

    goods: Ints
    discount: Ints
    shipping: Ints
    quantity: Ints
    coupon: NDArray[np.bool_]
    lines: Lines


def fill_baskets(
    axes: Axes,
    world: World,
    fx: Effects,
    chance: Randomness,
    *,
    key: Keys,
    day: Ints,
    product: Ints,
    fixed: NDArray[np.bool_],
) -> Basket:
    """Fill one basket per order: the given product (or an add-on where not `fixed`), more items, then the coupon."""
    filler = _Filler(axes, world, fx, chance, key, day)
    service = product == len(axes.spec.products)
    first = filler.or_else(filler.addon("second order item"), product)
    filler.put(np.where(fixed, product, first), np.ones(key.size, dtype=bool), "units")
    for name, share in (("second item", axes.spec.basket.second_item), ("third item", axes.spec.basket.third_item)):
        filler.put(filler.addon(name), ~service & (chance.unit(name, key) < share), None)
    coupon = next((item for item in axes.spec.promotions if item.kind == "coupon"), None)
    if coupon is not None:
        filler.fill_up(coupon, ~service)
    return filler.close(coupon, service)


class _Filler:
    def __init__(self, axes: Axes, world: World, fx: Effects, chance: Randomness, key: Keys, day: Ints) -> None:
        self._axes, self._world, self._fx, self._chance = axes, world, fx, chance
        self._key, self._day = key, day
        self._order: list[Ints] = []
        self._product: list[Ints] = []
        self._quantity: list[Ints] = []
        self._subtotal = np.zeros(key.size, dtype=np.int64)
        service = np.full((axes.spec.days, 1), _SERVICE_UNIT)
        self._price = np.concatenate([world.price, service], axis=1)
        self._usual = np.concatenate([world.usual_price, service], axis=1)
        self._available = np.concatenate([world.on_sale & fx.in_stock, service > 0], axis=1)

    def addon(self, name: str) -> Ints:
        """One add-on product per order, by the add-on weights."""
        weight = np.cumsum([item.addon for item in self._axes.spec.products])
        return np.searchsorted(weight / weight[-1], self._chance.unit(f"which {name}", self._key))

    def or_else(self, product: Ints, other: Ints) -> Ints:
        """The product where it can be bought that day, the other one elsewhere."""
        return np.where(self._available[self._day, product], product, other)

    def put(self, product: Ints, where: NDArray[np.bool_], units: str | None) -> None:
        """Add a line to the chosen orders; what cannot be bought that day is left out."""
        chosen = np.flatnonzero(where & self._available[self._day, product])
        item = product[chosen]
        quantity = np.ones(chosen.size, dtype=np.int64)
        if units is not None:
            luck = self._chance.unit(units, self._key[chosen])
            share = self._axes.spec.basket.second_unit
            quantity += (luck < share).astype(np.int64) + (luck < share * 0.2)
            service = item == len(self._axes.spec.products)
            quantity[service] = 3 + (luck[service] * 27).astype(np.int64)
        self._order.append(chosen)
        self._product.append(item)
        self._quantity.append(quantity)
        self._subtotal[chosen] += self._price[self._day[chosen], item] * quantity

    def running(self, coupon: Promotion) -> NDArray[np.bool_]:
        """(orders): the coupon can be used."""
        spec = self._axes.spec
        days = np.arange(spec.days)
        valid = (days >= spec.day_index(coupon.starts)) & (days <= spec.day_index(coupon.ends))
        return np.asarray((valid & self._fx.coupon[coupon.id])[self._day])

    def fill_up(self, coupon: Promotion, where: NDArray[np.bool_]) -> None:
        """Shoppers within reach of the threshold add the cheapest thing that gets them over it, give or take."""
        threshold = round(coupon.threshold * 100)
        near = (self._subtotal < threshold) & (self._subtotal >= threshold * _REACH)
        wants = where & near & self.running(coupon)
        wants &= self._chance.unit("fill up", self._key) < self._axes.spec.basket.topup
        by_price = np.argsort(self._world.usual_price[0], kind="stable")
        gap = threshold - self._subtotal
        at = np.searchsorted(self._world.usual_price[0][by_price], gap)
        at += (self._chance.unit("fill up which", self._key) * 2).astype(np.int64)
        self.put(by_price[np.minimum(at, by_price.size - 1)], wants, None)

    def close(self, coupon: Promotion | None, service: NDArray[np.bool_]) -> Basket:
        order = np.concatenate(self._order)
        sort = np.argsort(order, kind="stable")
        order, product = order[sort], np.concatenate(self._product)[sort]
        quantity = np.concatenate(self._quantity)[sort]
        day = self._day[order]
        price = self._price[day, product]
        usual = np.maximum(self._usual[day, product] - price, 0) * quantity
        count = self._subtotal.size
        used, off = np.zeros(count, dtype=bool), np.zeros(count, dtype=np.int64)
        if coupon is not None:
            used = ~service & self.running(coupon) & (self._subtotal >= round(coupon.threshold * 100))
            off[used] = round(coupon.saves * 100)
        amount = price * quantity
        amount = amount - spread(off, amount, order)
        goods = self._subtotal - off
        rules = self._axes.spec.basket
        pays = ~service & (goods < rules.free_shipping_over * 100)
        return Basket(
            goods=goods,
            discount=off + np.bincount(order, weights=usual, minlength=count).astype(np.int64),
            shipping=np.where(pays, round(rules.shipping_fee * 100), 0),
            quantity=np.bincount(order, weights=quantity, minlength=count).astype(np.int64),
            coupon=used,
            lines=Lines(order, product, quantity, price, amount),
        )


def spread(total: Ints, amount: Ints, order: Ints) -> Ints:
    """Share each order's total over its lines in proportion to `amount`, to the cent; the first line takes the rest."""
    base = np.bincount(order, weights=amount, minlength=total.size).astype(np.int64)
    part = amount * total[order] // np.maximum(base[order], 1)
    given = np.bincount(order, weights=part, minlength=total.size).astype(np.int64)
    first: Floats = np.concatenate([[True], order[1:] != order[:-1]]) if order.size else np.zeros(0, dtype=bool)
    return part + np.where(first, (total - given)[order], 0)
