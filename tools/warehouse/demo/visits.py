"""Visitors: who comes, what they look at, and who of the strangers buys for the first time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.warehouse.demo.effects import Axes, Effects, ExtraVisits
from tools.warehouse.demo.streams import Floats, Ints, Keys, Randomness
from tools.warehouse.demo.world import World

__all__ = ["Arrivals", "Newcomers", "strangers"]

_PER_CELL = np.uint64(20)  # bits of a key left for the visits of one (day, stream, product)


@dataclass(frozen=True)
class Newcomers:
    """First purchases of strangers, one element each. `loyalty` scales the latent repurchase rate."""

    key: Keys
    day: Ints
    stream: Ints
    product: Ints
    loyalty: Floats

    @classmethod
    def join(cls, parts: list[Newcomers]) -> Newcomers:
        return cls(
            np.concatenate([part.key for part in parts]),
            np.concatenate([part.day for part in parts]),
            np.concatenate([part.stream for part in parts]),
            np.concatenate([part.product for part in parts]),
            np.concatenate([part.loyalty for part in parts]),
        )


@dataclass(frozen=True)
class Arrivals:
    """Strangers' visits (D, O, P) and the newcomers among them."""

    visits: Ints
    newcomers: Newcomers


def strangers(axes: Axes, world: World, fx: Effects, chance: Randomness) -> Arrivals:
    """Every ordinary visit keeps its own luck, so a cause only takes away or adds the visits it is about."""
    visits, first = _ordinary(axes, world, fx, chance)
    parts = [first]
    for extra in fx.extra:
        more, newcomers = _extra(axes, world, extra, chance)
        visits += more
        parts.append(newcomers)
    return Arrivals(visits, Newcomers.join(parts))


def _ordinary(axes: Axes, world: World, fx: Effects, chance: Randomness) -> tuple[Ints, Newcomers]:
    rng = chance.generator("strangers")
    per_stream = rng.poisson(world.visits)
    count = rng.multinomial(per_stream, world.looks).ravel()
    total = int(count.sum())
    keep, luck = rng.random(total, dtype=np.float32), rng.random(total, dtype=np.float32)
    cell = np.repeat(np.arange(count.size), count)
    stays = keep < fx.keep.ravel().astype(np.float32)[cell]
    buys = stays & (luck < world.conversion.ravel().astype(np.float32)[cell])
    within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    visits = np.bincount(cell[stays], minlength=count.size).reshape(axes.shape)
    return visits, _newcomers(axes, cell[buys], within[buys], chance.key("ordinary"), 1.0)


def _extra(axes: Axes, world: World, extra: ExtraVisits, chance: Randomness) -> tuple[Ints, Newcomers]:
    rng = chance.generator(f"extra:{extra.cause}")
    count = rng.poisson(world.visits[:, :, None] * world.looks * extra.rate).ravel()
    total = int(count.sum())
    luck = rng.random(total)
    cell = np.repeat(np.arange(count.size), count)
    within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    buys = luck < world.conversion.ravel()[cell]
    namespace = chance.key(f"extra:{extra.cause}")
    return count.reshape(axes.shape), _newcomers(axes, cell[buys], within[buys], namespace, extra.loyalty)


def _newcomers(axes: Axes, cell: Ints, within: Ints, namespace: int, loyalty: float) -> Newcomers:
    _, streams, products = axes.shape
    key = (cell.astype(np.uint64) << _PER_CELL) + within.astype(np.uint64)
    stream = (cell // products) % streams
    own = np.array([item.loyalty for item in axes.spec.streams])
    return Newcomers(
        key ^ np.uint64(namespace), cell // (products * streams), stream, cell % products, own[stream] * loyalty
    )
