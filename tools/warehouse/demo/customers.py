"""Buyers as individuals: BG/NBD repurchase (Fader, Hardie & Lee 2005) beaten out by the campaign calendar.

Each person has a purchase rate from a gamma and a dropout chance from a beta. Purchases are Poisson in *campaign time*
(a clock that runs faster in a festival); after each repeat purchase the person may drop out. Shopping trips are
generated a little denser than purchases, so that a cause can raise as well as lower the share of trips that buy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.streams import Floats, Ints, Keys, Randomness, mix
from tools.warehouse.demo.visits import Newcomers
from tools.warehouse.demo.world import World

__all__ = ["People", "Purchases", "Trips", "buy_again", "population"]

_HEADROOM = 1.3  # trips per ordinary purchase
_SUBSTITUTE = 0.35  # share of trips for a sold-out product that take another one
_PRICE_SENSITIVITY = 0.6  # returning buyers react less to a price than strangers do
_ROUTINE = 0.5  # and less to a product page


@dataclass(frozen=True)
class People:
    """Everybody who ever bought, the warm-up before the first day included. Days are indices; negative is before."""

    key: Keys
    first_day: Ints
    first_stream: Ints
    first_product: Ints
    first_moment: Floats  # of the day, in [0, 1)
    rate: Floats  # latent purchases a day
    rank: Floats  # quantile of the rate among all, before loyalty
    dropout: Floats
    member_day: Ints  # day of joining, or a day far ahead for those who never do

    @property
    def size(self) -> int:
        return self.key.size


@dataclass(frozen=True)
class Trips:
    """Shopping trips of known buyers in the window; `bought` marks those that end in a purchase."""

    key: Keys
    person: Ints
    day: Ints
    stream: Ints
    product: Ints
    bought: NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """All purchases of the window, newcomers' first, and the purchases known from before it (`past_*`)."""

    key: Keys
    person: Ints
    day: Ints
    stream: Ints
    product: Ints
    trips: Trips
    past_person: Ints
    past_day: Ints


def population(axes: Axes, world: World, newcomers: Newcomers, chance: Randomness) -> People:
    """The newcomers of the window after the buyers of the warm-up, with their latent habits."""
    spec = axes.spec
    before = _warmup(axes, world, chance)
    all_of = Newcomers.join([before, newcomers])
    habit = spec.customers
    rank = chance.unit("rate", all_of.key)
    rate = gammaincinv(habit.r, rank) / habit.alpha_days * all_of.loyalty
    dropout = betaincinv(habit.a, habit.b, chance.unit("dropout chance", all_of.key))
    # keen buyers join more often: being a member is a sign of loyalty, not its cause
    joins = chance.unit("joins", all_of.key) < np.minimum(habit.member_share * (0.5 + rank), 1)
    at_once = chance.unit("joins at once", all_of.key) < 0.75
    later = np.where(at_once, 0, (chance.unit("joins later", all_of.key) * 120).astype(np.int64))
    return People(
        key=all_of.key,
        first_day=all_of.day,
        first_stream=all_of.stream,
        first_product=all_of.product,
        first_moment=chance.unit("first moment", all_of.key),
        rate=rate,
        rank=rank,
        dropout=dropout,
        member_day=np.where(joins, all_of.day + later, np.iinfo(np.int64).max // 2),
    )


def _warmup(axes: Axes, world: World, chance: Randomness) -> Newcomers:
    """Buyers won before the first day, at the shop's ordinary pace, so that day one already has returning demand."""
    spec = axes.spec
    rng = chance.generator("warmup")
    expected = np.einsum("do,dop,dop->op", world.visits, world.looks, world.ordinary_conversion) / spec.days
    pace = expected.sum()
    expected = expected * world.on_sale[0]  # what was launched later was not bought before
    count = rng.poisson(pace * 0.97, spec.customers.warmup_days)
    cell = rng.choice(expected.size, size=int(count.sum()), p=expected.ravel() / expected.sum())
    stream, product = cell // expected.shape[1], cell % expected.shape[1]
    day = np.repeat(np.arange(-spec.customers.warmup_days, 0), count)
    key = np.arange(cell.size, dtype=np.uint64) ^ np.uint64(chance.key("warmup"))
    loyalty = np.array([item.loyalty for item in spec.streams])[stream]
    return Newcomers(key, day, stream, product, loyalty)


def buy_again(axes: Axes, world: World, fx: Effects, people: People, chance: Randomness) -> Purchases:
    """Run everybody's life and keep what falls into the window."""
    clock = np.concatenate([[0.0], np.cumsum(world.repeat)])
    person, moment, key = _lives(people, clock, world, chance)
    luck = chance.unit("accept", key) * _HEADROOM
    past = moment < 0
    known = past & (luck < 1)
    inside = ~past
    day = np.searchsorted(clock, moment[inside], side="right") - 1
    trips = _trips(axes, world, fx, people, person[inside], day, key[inside], luck[inside], chance)
    fresh = people.first_day >= 0
    index = np.arange(people.size)
    took = trips.bought
    return Purchases(
        key=np.concatenate([mix(people.key[fresh], 0), trips.key[took]]),
        person=np.concatenate([index[fresh], trips.person[took]]),
        day=np.concatenate([people.first_day[fresh], trips.day[took]]),
        stream=np.concatenate([people.first_stream[fresh], trips.stream[took]]),
        product=np.concatenate([people.first_product[fresh], trips.product[took]]),
        trips=trips,
        past_person=np.concatenate([index[~fresh], person[known]]),
        past_day=np.concatenate([people.first_day[~fresh], np.floor(moment[known]).astype(np.int64)]),
    )


def _lives(people: People, clock: Floats, world: World, chance: Randomness) -> tuple[Ints, Floats, Keys]:
    """Trips of everybody as (person, campaign time, key); one round per person's next trip."""
    start = people.first_day + people.first_moment
    inside = people.first_day >= 0
    at = people.first_day[inside]
    start[inside] = clock[at] + people.first_moment[inside] * world.repeat[at]
    alive, now, end = np.arange(people.size), start, clock[-1]
    persons, moments, keys = [], [], []
    round_no = 0
    while alive.size:
        round_no += 1
        key = mix(people.key[alive], round_no)
        now = now - np.log(chance.unit("gap", key)) / (people.rate[alive] * _HEADROOM + 1e-12)
        here = now < end
        alive, now, key = alive[here], now[here], key[here]
        persons.append(alive)
        moments.append(now)
        keys.append(key)
        # only a trip that would ordinarily buy is a transaction after which the person may drop out
        ordinary = chance.unit("accept", key) * _HEADROOM < 1
        stays = ~(ordinary & (chance.unit("dropout", key) < people.dropout[alive]))
        alive, now = alive[stays], now[stays]
    return np.concatenate(persons), np.concatenate(moments), np.concatenate(keys)


def _trips(
    axes: Axes,
    world: World,
    fx: Effects,
    people: People,
    person: Ints,
    day: Ints,
    key: Keys,
    luck: Floats,
    chance: Randomness,
) -> Trips:
    spec = axes.spec
    stream = _way_in(axes, world, fx, day, chance.unit("way in", key))
    wanted = _wanted(axes, world, people.first_product[person], day, key, chance)
    product, gone = _substitute(axes, fx, wanted, day, key, chance)
    elasticity = np.array([item.elasticity for item in spec.products])[product] * _PRICE_SENSITIVITY
    ready = fx.repeat[day] * fx.price[day, product] ** -elasticity * fx.conversion[day, stream, product] ** _ROUTINE
    ready *= _host_pull(axes, world, day, stream)
    bought = (luck < ready) & ~gone & world.on_sale[day, product]
    return Trips(key, person, day, stream, product, bought)


def _way_in(axes: Axes, world: World, fx: Effects, day: Ints, luck: Floats) -> Ints:
    """The stream of a trip; where that stream is closed that day, the person comes straight from the cart."""
    names = list(axes.spec.returning_via)
    edges = np.cumsum([axes.spec.returning_via[name] for name in names])
    streams = np.array([axes.stream[name] for name in names] + [axes.direct])
    stream = streams[np.searchsorted(edges, luck, side="right")]
    closed = world.visits[day, stream] * fx.keep[day, stream].max(axis=1) < 1
    return np.where(closed, axes.direct, stream)


def _wanted(axes: Axes, world: World, first: Ints, day: Ints, key: Keys, chance: Randomness) -> Ints:
    """The same product again, or one of the others by popularity; the first product where the other is not launched."""
    weight = np.cumsum([item.appeal * item.convert for item in axes.spec.products])
    other = np.searchsorted(weight / weight[-1], chance.unit("other product", key))
    again = chance.unit("same product", key) < axes.spec.customers.same_product
    return np.where(again | ~world.on_sale[day, other], first, other)


def _substitute(
    axes: Axes, fx: Effects, product: Ints, day: Ints, key: Keys, chance: Randomness
) -> tuple[Ints, NDArray[np.bool_]]:
    """Replace sold-out products for those who take another; the second value marks trips that leave with nothing."""
    empty = ~fx.in_stock[day, product]
    takes = empty & (chance.unit("substitute", key) < _SUBSTITUTE)
    weight = np.cumsum([item.appeal for item in axes.spec.products])
    other = np.searchsorted(weight / weight[-1], chance.unit("substitute which", key))
    chosen = np.where(takes, other, product)
    return chosen, ~fx.in_stock[day, chosen]


def _host_pull(axes: Axes, world: World, day: Ints, stream: Ints) -> Floats:
    """Live trips buy in proportion to the skill on air against the slot's own line-up."""
    pull = np.ones(day.size)
    for o, item in enumerate(axes.spec.streams):
        if item.slot is not None:
            s = axes.slot[item.slot]
            usual = np.median(world.skill[:, s])
            here = stream == o
            pull[here] = world.skill[day[here], s] / usual
    return pull
