"""What to watch during the stream: each step of the funnel at the room's own median, and where advertising has to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from tools.livestream.demand import alike, read_past
from tools.livestream.economics import UnitEconomics
from tools.livestream.funnel import LEAST, Step, chain_of
from tools.livestream.pack import Pack
from tools.livestream.pack_cells import pair, words
from tools.livestream.pack_costs import plan_unit
from tools.text import Text

__all__ = ["Kpi", "Stop", "kpis", "stop_line"]

ONE = Decimal(1)
_ORDERS = 3  # an ad plan is judged after it has spent what three orders leave (knowhow A8)


@dataclass(frozen=True)
class Kpi:
    """A step with the median of `n` like streams of the last 90 days; `below` says what to do when it falls under it."""

    key: str
    label: Text
    kind: str  # of `tools.livestream.funnel.Step`
    median: Decimal
    n: int
    below: Text


@dataclass(frozen=True)
class Stop:
    """Advertising stops below this return on paid GMV, once `spend` has been tried; `left` is what a yuan of paid GMV leaves."""

    roi: Decimal
    left: Decimal
    spend: Decimal


def kpis(pack: Pack) -> list[Kpi]:
    """Steps that at least eight like streams hold. [] without a history or where the merchant does not share it."""
    if "live_sessions" in pack.reader.shop.hidden or not pack.reader.has("live_sessions"):
        return []
    past = pack.made.past if pack.made is not None else read_past(pack.reader, pack.start.date())
    streams = alike(past, pack.start.time())
    if len(streams) < LEAST:
        return []
    found = []
    for step in chain_of(streams[-1], streams[:-1]).ordered:
        values = [value for one in streams if (value := step.value(one)) is not None]
        if len(values) >= LEAST:
            found.append(_kpi(step, values))
    return found


def _kpi(step: Step, values: Sequence[Decimal]) -> Kpi:
    rows = words()["kpis"]
    names = [pair(rows[link]) for link in step.links]
    label = Text(" × ".join(n.zh for n in names), " × ".join(n.en for n in names))
    return Kpi(step.key, label, step.kind, Decimal(median(values)), len(values), pair(rows[step.key]["below"]))


def stop_line(pack: Pack) -> Stop | None:
    """Break-even return 1 / m at this plan's mix, else at the room's. None: m is not known, or a sale loses money without ads."""
    unit: UnitEconomics | None = pack.base.best
    if pack.made is not None and pack.made.plan.gmv > 0:
        unit = plan_unit(pack.made)[0]
    if unit is None or unit.contribution() <= 0:
        return None
    left = unit.contribution()
    return Stop(ONE / left, left, _ORDERS * unit.order_value * left)
