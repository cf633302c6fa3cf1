"""`simulate`: one shop, one seed, any causes; the result holds the canonical tables and the ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.warehouse.demo.answer_key import PlantedCause, ground_truth
from tools.warehouse.demo.promotion_reports import promotion_tables
from tools.warehouse.demo.reports import report_tables
from tools.warehouse.demo.run import Run, live_through
from tools.warehouse.demo.spec import CauseSpec, ShopSpec
from tools.warehouse.demo.trade import trade_tables
from tools.warehouse.writer import MerchantProfile

__all__ = ["Simulation", "simulate"]


@dataclass(frozen=True)
class Simulation:
    """A simulated shop. `tables` are Arrow tables by canonical name, without the tenant and import columns."""

    spec: ShopSpec
    seed: int
    causes: tuple[PlantedCause, ...]
    tables: dict[str, Any]
    run: Run

    @property
    def profile(self) -> MerchantProfile:
        return self.spec.profile


def simulate(
    spec: ShopSpec, seed: int | None = None, *, causes: Sequence[CauseSpec] | None = None, months: int | None = None
) -> Simulation:
    """Simulate a shop.

    `causes` replaces those of the spec (an empty list gives the shop without any); `months` keeps only that many
    calendar months before the spec's end; `seed` defaults to the spec's. The same arguments give the same tables, and
    a run with a cause equals the run without it wherever the cause does not reach.
    Raises BadArguments for a cause of unknown type or one that names nothing in the shop.
    """
    shop = spec if months is None else spec.last_months(months)
    planted = tuple(spec.causes if causes is None else causes)
    run = live_through(shop, shop.seed if seed is None else seed, planted)
    tables = trade_tables(run) | report_tables(run) | promotion_tables(run)
    kept = {name: table for name, table in tables.items() if name not in shop.omit and table.num_rows}
    return Simulation(shop, shop.seed if seed is None else seed, ground_truth(shop, planted), kept, run)
