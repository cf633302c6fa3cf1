"""What a cause may change: behaviour by day, stream, product, plan and host. Nothing here is a metric."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.spec import ShopSpec, Stream
from tools.warehouse.demo.streams import Floats

__all__ = ["Axes", "Effects", "ExtraVisits"]


class Axes:
    """Positions of names along the axes of the effect arrays (days, streams, products, plans, slots, hosts)."""

    def __init__(self, spec: ShopSpec) -> None:
        self.spec = spec
        self.product = {item.sku: i for i, item in enumerate(spec.products)}
        self.stream = {item.detail: i for i, item in enumerate(spec.streams)}
        self.plan = {item.id: i for i, item in enumerate(spec.ads)}
        self.slot = {item.name: i for i, item in enumerate(spec.live.slots)}
        self.host = {item.name: i for i, item in enumerate(spec.live.hosts)}
        self.direct = next(i for i, item in enumerate(spec.streams) if item.direct)

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.spec.days, len(self.spec.streams), len(self.spec.products)

    def stream_of(self, *, plan: str | None = None, slot: str | None = None) -> int:
        """The stream that an ad plan or a live slot feeds. Raises StopIteration when the spec has none."""

        def fits(item: Stream) -> bool:
            return (plan is not None and item.plan == plan) or (slot is not None and item.slot == slot)

        return next(i for i, item in enumerate(self.spec.streams) if fits(item))


@dataclass(frozen=True)
class ExtraVisits:
    """Visits that would not have come: `rate` is a multiple of the ordinary rate; `loyalty` scales their repurchase."""

    cause: str
    rate: Floats
    loyalty: float = 1.0


@dataclass
class Effects:
    """Multipliers on behaviour; all ones and all True without a cause."""

    market: Floats
    keep: Floats  # chance that an ordinary visit still happens (day, stream, product), at most 1
    conversion: Floats  # (day, stream, product)
    price: Floats  # (day, product)
    in_stock: NDArray[np.bool_]  # (day, product)
    refund: Floats  # (day, product)
    repeat: Floats  # (day): returning shoppers' readiness to buy
    spend: Floats  # (day, plan)
    click_price: Floats  # (day, plan)
    coupon: dict[str, NDArray[np.bool_]]  # promotion id -> (day)
    hosts: NDArray[np.int64]  # (day, slot, shift): host index, -1 for nobody
    lottery: NDArray[np.bool_]  # (day, slot)
    extra: list[ExtraVisits] = field(default_factory=list)

    @classmethod
    def none(cls, axes: Axes) -> Effects:
        """The shop's ordinary behaviour."""
        days, streams, products = axes.shape
        spec = axes.spec
        hosts = np.full((days, len(spec.live.slots), 2), -1, dtype=np.int64)
        for s, slot in enumerate(spec.live.slots):
            for k, name in enumerate(slot.hosts[:2]):
                hosts[:, s, k] = axes.host[name]
        return cls(
            market=np.ones(days),
            keep=np.ones((days, streams, products)),
            conversion=np.ones((days, streams, products)),
            price=np.ones((days, products)),
            in_stock=np.ones((days, products), dtype=bool),
            refund=np.ones((days, products)),
            repeat=np.ones(days),
            spend=np.ones((days, len(spec.ads))),
            click_price=np.ones((days, len(spec.ads))),
            coupon={item.id: np.ones(days, dtype=bool) for item in spec.promotions},
            hosts=hosts,
            lottery=np.zeros((days, len(spec.live.slots)), dtype=bool),
        )
