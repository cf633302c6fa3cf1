"""Is the why right? Random simulated shops with known causes, against explain().

    python -m evals.benchmarks.diagnosis [--kinds none,source_lost,…] [--seeds 6] [--first 101] [--months 18] [--json]

Kinds: every planted cause type alone; `none` (nothing planted); `offsetting` (a loss and a gain of like size under a flat
GMV: both must be named); `hidden` (the cause shows only in tables that were not imported: the answer must name such a table
and blame no other entity first); `drift` (a source that declines over 90 days, seen in its last month).
A shop where the planted cause changed GMV (for refunds, net GMV) by under 2 % is left out of the score and counted as `weak`:
against the shop's own run without the cause nothing that small can be told from chance.
`none` counts a finding as false whatever it is, a category that moved by 14 % or more too, although it did move.
`--misses` names every shop that was not told right, with what was said instead. Shares stand with their 95 % Wilson interval.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from rich.progress import track

from tools.errors import BadArguments
from tools.facts import Window
from tools.metrics.drivers import Cause, Explanation
from tools.metrics.explain import explain
from tools.metrics.stats import wilson
from tools.metrics.windows import compare_window, month_of
from tools.warehouse.access import Warehouse
from tools.warehouse.demo import (
    CAUSE_TYPES,
    CauseSpec,
    PlantedCause,
    ShopSpec,
    Simulation,
    impact,
    random_cause,
    random_shop,
    simulate,
    write_simulation,
)

__all__ = ["KINDS", "Outcome", "is_hit", "main", "run"]

_WINDOW = month_of(date(2026, 10, 1))
_START = _WINDOW.start + timedelta(days=5)
_WEAK = 0.02
_LOSSES = ("source_lost", "search_rank_lost", "ad_paused", "page_worse", "stock_out")
_FLAT = 0.03
# Where a cause shows, and nowhere else: without these tables it can only be named as missing.
_HIDES = {
    "source_lost": ("traffic_daily", "product_daily"),
    "ad_paused": ("traffic_daily", "ad_daily", "product_daily"),
    "stock_out": ("stock_daily", "product_daily", "order_lines"),
    "page_worse": ("product_daily", "order_lines"),
}


@dataclass
class Outcome:
    """Counts of one kind: shops scored, first cause right, all planted causes among the causes, shops left out as too weak.

    `misses`: a line for every shop whose first cause was wrong.
    """

    shops: int = 0
    first: int = 0
    among: int = 0
    weak: int = 0
    misses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Score:
    """What was said of one shop: the first cause right, every planted cause among the causes; and both in words."""

    first: bool
    among: bool
    told: str


def run(kind: str, seeds: Sequence[int], months: int = 18) -> Outcome:
    """Score one kind over random shops. Raises KeyError for an unknown kind."""
    outcome = Outcome()
    for seed in seeds:
        try:
            scored = KINDS[kind](random_shop(seed, months=months), seed)
        except BadArguments:  # this shop cannot have such a cause, as no host can leave where nobody is live
            continue
        if scored is None:
            outcome.weak += 1
            continue
        outcome.shops += 1
        outcome.first += scored.first
        outcome.among += scored.among
        if not scored.first:
            outcome.misses.append(f"{kind} {seed}: {scored.told}")
    return outcome


def _single(kind: str, spec: ShopSpec, seed: int) -> Score | None:
    cause = random_cause(spec, seed, start=_START, end=_WINDOW.end, type_=kind)
    simulation = simulate(spec, causes=[cause])
    if _weak(simulation, spec, kind):
        return None
    return _alone(simulation, _explained(simulation, kind))


def _none(spec: ShopSpec, seed: int) -> Score:
    del seed
    simulation = simulate(spec, causes=[])
    found = _explained(simulation)
    return Score(not found.causes, not found.causes, _told(simulation, found))


def _drift(spec: ShopSpec, seed: int) -> Score | None:
    start = _WINDOW.end - timedelta(days=89)
    cause = random_cause(spec, seed, start=start, end=_WINDOW.end, type_="source_drift")
    simulation = simulate(spec, causes=[cause])
    if _weak(simulation, spec, "source_drift"):
        return None
    return _alone(simulation, _explained(simulation))


def _offsetting(spec: ShopSpec, seed: int) -> Score | None:
    """A loss, and a surge of another source sized so that GMV stays about flat against the shop without both."""
    loss = random_cause(spec, seed, start=_START, end=_WINDOW.end, type_=_LOSSES[seed % len(_LOSSES)])
    gain = random_cause(spec, seed, start=_START, end=_WINDOW.end, type_="source_surge")
    streams = [s.detail for s in spec.streams if s.visits > 0 and not s.slot and s.detail != loss.stream]
    gain = gain.model_copy(update={"stream": streams[0]})
    bare = simulate(spec, causes=[])
    if abs(impact(simulate(spec, causes=[loss]), bare, start=_START, end=_WINDOW.end).gmv) < _WEAK:
        return None
    simulation = _balanced(spec, bare, loss, gain)
    if simulation is None:
        return None
    found = _explained(simulation)
    named = [any(is_hit(cause, planted) for cause in found.causes) for planted in simulation.causes]
    return Score(any(named), all(named), _told(simulation, found))


def _balanced(spec: ShopSpec, bare: Simulation, loss: CauseSpec, gain: CauseSpec) -> Simulation | None:
    strength = gain.strength
    for _ in range(6):
        simulation = simulate(spec, causes=[loss, gain.model_copy(update={"strength": strength})])
        left = impact(simulation, bare, start=_START, end=_WINDOW.end).gmv
        if abs(left) <= _FLAT:
            return simulation
        alone = impact(
            simulate(spec, causes=[gain.model_copy(update={"strength": strength})]), bare, start=_START, end=_WINDOW.end
        )
        strength = max(strength * (1 - left / max(alone.gmv, 0.01)), 0.05)
    return None


def _hidden(spec: ShopSpec, seed: int) -> Score | None:
    kind = tuple(_HIDES)[seed % len(_HIDES)]
    cause = random_cause(spec, seed, start=_START, end=_WINDOW.end, type_=kind)
    simulation = simulate(spec, causes=[cause])
    if _weak(simulation, spec, kind):
        return None
    kept = {name: table for name, table in simulation.tables.items() if name not in _HIDES[kind]}
    found = _explained(replace(simulation, tables=kept))
    named = any(missing.table in _HIDES[kind] for missing in found.missing)
    planted = simulation.causes[0]
    wrong = bool(found.causes) and not is_hit(found.causes[0], planted)
    return Score(named and not wrong, named, _told(simulation, found))


KINDS: dict[str, Callable[[ShopSpec, int], Score | None]] = {
    "none": _none,
    **{kind: partial(_single, kind) for kind in CAUSE_TYPES},
    "offsetting": _offsetting,
    "hidden": _hidden,
    "drift": _drift,
}


def _alone(simulation: Simulation, found: Explanation) -> Score:
    hits = [is_hit(cause, simulation.causes[0]) for cause in found.causes]
    return Score(bool(hits[:1] and hits[0]), any(hits), _told(simulation, found))


def _told(simulation: Simulation, found: Explanation) -> str:
    """For example: planted traffic_source 搜索; GMV +1.9 %; told product 混合坚果 500g conversion (z 4.0)."""
    planted = ", ".join(f"{cause.entity_kind} {cause.entity}" for cause in simulation.causes) or "nothing"
    named = (
        ", ".join(f"{c.entity.id} {c.entity.label.zh} {c.factor} (z {c.surprise})" for c in found.causes) or "nothing"
    )
    change = "" if found.change_rate is None else f"{found.metric} {100 * found.change_rate:+.1f} %; "
    return f"planted {planted}; {change}told {named}"


def _weak(simulation: Simulation, spec: ShopSpec, kind: str) -> bool:
    moved = impact(simulation, simulate(spec, causes=[]), start=_WINDOW.start, end=_WINDOW.end)
    return abs(moved.refunds if kind == "quality_batch" else moved.gmv) < _WEAK


def _explained(simulation: Simulation, kind: str = "") -> Explanation:
    with tempfile.TemporaryDirectory() as folder:
        profile = write_simulation(simulation, Path(folder))
        shop = Warehouse(Path(folder)).for_merchant(profile.merchant_id)
        return explain(shop, "net_gmv" if kind == "quality_batch" else "gmv", _WINDOW, _previous())


def _previous() -> Window:
    return compare_window(_WINDOW, "previous")


def is_hit(cause: Cause, planted: PlantedCause) -> bool:
    """The cause names the planted entity, or one that is right as well (the product inside a source, a source around a host)."""
    right = {(planted.entity_kind, planted.entity), *planted.also}
    if ("market", planted.entity) in right:
        return cause.entity.id == "market"
    named = [cause.entity, *([cause.within] if cause.within else [])]
    kinds = {"stock_out": ("stock_out", "product")}
    return any(
        (kind, name) in right for d in named for kind in kinds.get(d.id, (d.id,)) for name in (*d.subject, d.label.zh)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=101)
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"unknown kinds {sorted(unknown)}; choose from {', '.join(KINDS)}")
    seeds = range(args.first, args.first + args.seeds)
    shown = track(kinds, description="shops", disable=args.json or not sys.stderr.isatty())
    found = {kind: run(kind, seeds, args.months) for kind in shown}
    if args.json:
        print(json.dumps({kind: vars(outcome) for kind, outcome in found.items()}))
        return
    for kind, row in found.items():
        print(f"{kind:20} shops {row.shops:3}  first {row.first:3}  among {row.among:3}  too weak {row.weak:3}")
    planted = [row for kind, row in found.items() if kind in CAUSE_TYPES]
    print(_share("one planted cause, told first", sum(r.first for r in planted), sum(r.shops for r in planted)))
    if "none" in found:
        print(_share("false findings", found["none"].shops - found["none"].first, found["none"].shops))
    if args.misses:
        print(*(line for row in found.values() for line in row.misses), sep="\n")


def _share(what: str, hits: int, shops: int) -> str:
    interval = wilson(Decimal(hits), Decimal(shops))
    if interval is None:
        return f"{what}: no shop"
    return f"{what}: {hits} of {shops} = {hits / shops:.1%} ({interval.low:.1%} to {interval.high:.1%})"


if __name__ == "__main__":
    main()
