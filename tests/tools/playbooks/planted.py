"""Causes planted in simulated shops, and the playbooks that answer them. The long form is a command:

python -m tests.tools.playbooks.planted SHOPS [FIRST_SEED]
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

from tools.base import ToolContext
from tools.metrics.windows import parse_window
from tools.playbooks.match import Ranking, rank
from tools.playbooks.situation import build_situation
from tools.playbooks.views import Situation
from tools.warehouse.access import Shop, Warehouse
from tools.warehouse.demo import possible_causes, random_cause, random_shop, simulate, write_simulation

__all__ = ["REMEDIES", "ranked", "run", "simulated"]

TODAY = date(2026, 11, 2)
# What answers a cause. Rises (a surge, a boost, a cut price) and a falling market have no remedy to find.
REMEDIES: dict[str, frozenset[str]] = {
    "source_lost": frozenset({"traffic-source-recovery"}),
    "source_drift": frozenset({"traffic-source-recovery"}),
    "search_rank_lost": frozenset({"traffic-source-recovery"}),
    "stock_out": frozenset({"hero-stock-continuity"}),
    "page_worse": frozenset({"product-conversion-recovery"}),
    "price_up": frozenset({"product-conversion-recovery"}),
    "ad_paused": frozenset({"ad-plan-restart"}),
    "ad_cost_up": frozenset({"paid-traffic-rescue"}),
    "host_left": frozenset({"host-continuity"}),
    "quality_batch": frozenset({"returns-quality"}),
    "coupon_ended": frozenset({"order-value-bundle-threshold", "product-conversion-recovery"}),
    "returning_lost": frozenset(
        {"lapsed-buyer-recall", "crm-journeys", "member-activation", "member-content-calendar", "taobao-groups", "prepaid-credit"}
    ),
}  # fmt: skip
# How much history the remedy's gate asks for.
_MONTHS = {"returning_lost": 14}


class Margin:
    """A merchant who told the gross margin."""

    def stated(self, key: str) -> dict[str, str] | None:
        return {"value": "0.6"} if key == "gross_margin" else None

    def notes(self) -> list[dict[str, str]]:
        return []


def simulated(seed: int, cause: str | None, folder: Path) -> Shop | None:
    """A random shop whose cause acts in October; None when it cannot have that cause."""
    spec = random_shop(seed, months=_MONTHS.get(cause or "", 9))
    if cause is not None and cause not in possible_causes(spec):
        return None
    span = {"start": date(2026, 10, 1), "end": date(2026, 10, 31)}
    causes = [random_cause(spec, seed, type_=cause, **span)] if cause is not None else []
    write_simulation(simulate(spec, causes=causes), folder)
    return Warehouse(folder).for_merchant(spec.merchant_id)


def ranked(shop: Shop) -> tuple[Situation, Ranking]:
    ctx = ToolContext(shop=shop, today=TODAY, records=Margin())  # type: ignore[arg-type]
    situation = build_situation(ctx, parse_window("2026-10", TODAY))
    return situation, rank(shop, situation)


def run(shops: int, first: int = 0) -> dict[str, tuple[int, int]]:
    """By cause: shops whose remedy was among the first two, and shops tried. Writes each miss."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for seed in range(first, first + shops):
        for cause, remedies in REMEDIES.items():
            with tempfile.TemporaryDirectory() as folder:
                shop = simulated(seed, cause, Path(folder))
                if shop is None:
                    continue
                found = [each.playbook.id for each in ranked(shop)[1].matches]
            hit = bool(remedies & set(found[:2]))
            counts[cause][0] += hit
            counts[cause][1] += 1
            if not hit:
                sys.stdout.write(f"miss: shop {seed}, {cause}: {found}\n")
    return {cause: (hits, tried) for cause, (hits, tried) in counts.items()}


if __name__ == "__main__":
    result = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    result["all"] = (sum(hits for hits, _ in result.values()), sum(tried for _, tried in result.values()))
    sys.stdout.writelines(f"{name:20} {hits:3} of {tried:3}\n" for name, (hits, tried) in result.items())
