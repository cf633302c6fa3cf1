"""What a planted cause really did: the same shop with and without it, factor by factor, in a window."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from tools.warehouse.demo.simulation import Simulation

__all__ = ["Impact", "impact"]


class Impact(NamedTuple):
    """Relative change of each factor (0.1 = 10 % more) against the counterfactual; `refunds` is the pay-cohort refund share."""

    gmv: float
    visitors: float
    conversion: float
    orders_per_buyer: float
    order_value: float
    refunds: float
    new_buyers: float
    returning_buyers: float

    def of(self, kind: str) -> float:
        """The change of one factor of the driver vocabulary."""
        return float(getattr(self, kind))


def impact(simulation: Simulation, without: Simulation, *, start: date, end: date) -> Impact:
    """Compare two runs of one shop from `start` to `end` (both included). Lets an evaluation leave out causes too weak to see."""
    ours, theirs = _factors(simulation, start, end), _factors(without, start, end)
    return Impact(**{name: float(ours[name] / theirs[name] - 1) if theirs[name] else 0.0 for name in Impact._fields})


def _factors(simulation: Simulation, start: date, end: date) -> dict[str, float]:
    shop = _between(simulation.tables["shop_daily"], "day", start, end)
    orders = _between(simulation.tables["orders"], "paid_date", start, end)

    def total(table: Any, column: str) -> float:
        return float(pc.sum(table[column]).as_py() or 0)

    gmv, buyers, count = total(shop, "paid_amount"), total(shop, "buyers"), total(shop, "orders")
    visitors = total(shop, "visitors")
    return {
        "gmv": gmv,
        "visitors": visitors,
        "conversion": buyers / max(visitors, 1),
        "orders_per_buyer": count / max(buyers, 1),
        "order_value": gmv / max(count, 1),
        "refunds": total(orders, "refund_amount") / max(gmv, 1),
        "new_buyers": total(shop, "new_buyers"),
        "returning_buyers": total(shop, "returning_buyers"),
    }


def _between(table: Any, column: str, start: date, end: date) -> Any:
    days = table[column].to_numpy()
    inside = (days >= np.datetime64(start)) & (days <= np.datetime64(end))
    return table.filter(inside)
