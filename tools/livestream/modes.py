"""自播, 代播, 达人, MCN or a mix: what each leaves at a volume, where it breaks even, where one overtakes another, and what flips the choice.

All modes are compared on the same goods and orders (one `UnitEconomics`); what a mode adds that the shop would have sold anyway is no gain,
so a creator is also judged on incremental GMV, with the share of its buyers the shop already knew as the upper bound of
cannibalisation. A figure not known (return rate, margin, platform fee) is never guessed here: see `ground.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from tools.livestream.brief import Brief
from tools.livestream.contracts import Contract, Span, agency, creator, mixed, profitable, roots, self_run
from tools.livestream.economics import UnitEconomics

__all__ = ["Compared", "Crossing", "Lever", "ModeResult", "Swing", "compare", "contracts_of"]

ZERO, ONE = Decimal(0), Decimal(1)
Lever = Literal["refunds", "cost", "commission", "freight", "ads"]
_LEVERS: tuple[Lever, ...] = ("refunds", "cost", "commission", "freight", "ads")
_SWUNG = Decimal("0.2")  # the tornado turns each input by a fifth, up and down


@dataclass(frozen=True)
class ModeResult:
    """One mode at its GMV. `spans` is where it makes money (empty: no volume breaks even). Money per period."""

    contract: Contract
    gmv: Decimal
    profit: Decimal
    spans: tuple[Span, ...]
    incremental: tuple[Decimal, Decimal] | None = (
        None  # GMV gained and what is left of it, if known buyers had bought anyway
    )

    @property
    def break_even(self) -> Decimal | None:
        return self.spans[0].low if self.spans else None


@dataclass(frozen=True)
class Crossing:
    """At this paid GMV two modes leave the same; `below` leaves more under it, `above` over it."""

    gmv: Decimal
    below: str
    above: str


@dataclass(frozen=True)
class Swing:
    """Profit of the recommended mode with one input a fifth lower and higher, and where that input makes another mode best."""

    lever: Lever
    low: Decimal
    high: Decimal
    flips_at: Decimal | None  # a factor on the input: 1.4 = 40 % higher
    flips_to: str | None


@dataclass(frozen=True)
class Compared:
    """Modes best first at the expected GMV; `best` is None when none makes money there."""

    unit: UnitEconomics
    modes: tuple[ModeResult, ...]
    crossings: tuple[Crossing, ...]
    swings: tuple[Swing, ...]

    @property
    def best(self) -> ModeResult | None:
        return self.modes[0] if self.modes and self.modes[0].profit > 0 else None


def contracts_of(
    brief: Brief, unit: UnitEconomics, ad_share: Decimal, known_buyers: Decimal | None = None
) -> list[Contract]:
    """The modes a brief names; with self-run and a creator, a mix too where both say what they expect.

    `known_buyers`: their share of the shop's own room, whoever runs it; a creator states its own.
    """
    found: list[Contract] = []
    if brief.self_run is not None:
        found.append(self_run(brief.self_run, _own(brief.self_run.ad_share, ad_share)))
    found += [agency(terms, unit, _own(terms.ad_share, ad_share)) for terms in brief.agencies]
    found = [replace(room, known_buyers=known_buyers) for room in found]
    found += [creator(terms, unit) for terms in brief.creators]
    base = [room for room in found if room.kind == "self" and room.expected]
    bursts = [room for room in found if room.kind in ("creator", "mcn") and room.expected]
    if base and bursts:
        found.append(mixed([*base, *bursts]))
    return found


def _own(stated: Decimal | None, usual: Decimal) -> Decimal:
    return usual if stated is None else stated


def compare(build: Callable[[UnitEconomics], Sequence[Contract]], unit: UnitEconomics, gmv: Decimal) -> Compared:
    """Every mode at its own expected GMV (else `gmv`), best first. Raises ValueError without a mode.

    `build` makes the contracts on a unit: a commission on what is received changes with the returns.
    """
    contracts = build(unit)
    if not contracts:
        raise ValueError("no mode to compare")
    modes = sorted((_result(room, unit, room.expected or gmv) for room in contracts), key=lambda m: -m.profit)
    swings = [_swing(lever, build, unit, gmv, modes[0].contract.name) for lever in _LEVERS]
    return Compared(unit, tuple(modes), tuple(_crossings(contracts, unit)), tuple(sorted(swings, key=_width)))


def _width(swing: Swing) -> Decimal:
    return -abs(swing.high - swing.low)


def _result(room: Contract, unit: UnitEconomics, gmv: Decimal) -> ModeResult:
    profit = room.profit(gmv, unit)
    gained = None
    if room.known_buyers is not None:
        kept = gmv * (ONE - room.known_buyers)
        gained = kept, kept * unit.contribution() - room.cost(gmv)
    return ModeResult(room, gmv, profit, profitable(room, unit), gained)


def _crossings(contracts: Sequence[Contract], unit: UnitEconomics) -> list[Crossing]:
    found = []
    for index, one in enumerate(contracts):
        for other in contracts[index + 1 :]:
            lead = _lead(one, other, unit)
            for gmv in roots(lead, (*one.knots, *other.knots)):
                ahead = lead(gmv * Decimal("0.999")) > 0
                found.append(Crossing(gmv, *((one.name, other.name) if ahead else (other.name, one.name))))
    return sorted(found, key=lambda crossing: crossing.gmv)


def _lead(one: Contract, other: Contract, unit: UnitEconomics) -> Callable[[Decimal], Decimal]:
    return lambda gmv: one.profit(gmv, unit) - other.profit(gmv, unit)


def _turned(
    lever: Lever, build: Callable[[UnitEconomics], Sequence[Contract]], unit: UnitEconomics, factor: Decimal
) -> tuple[Sequence[Contract], UnitEconomics]:
    """Contracts and unit with one input times a factor."""
    match lever:
        case "refunds" | "cost" | "freight":
            unit = unit.turned(lever, factor)
        case "commission":
            return [_dearer(room, factor) for room in build(unit)], unit
        case "ads":
            return [replace(room, ad_share=room.ad_share * factor) for room in build(unit)], unit
    return build(unit), unit


def _dearer(room: Contract, factor: Decimal) -> Contract:
    return replace(room, commission=lambda gmv: room.commission(gmv) * factor)


def _profits(
    lever: Lever,
    build: Callable[[UnitEconomics], Sequence[Contract]],
    unit: UnitEconomics,
    gmv: Decimal,
    factor: Decimal,
) -> dict[str, Decimal]:
    rooms, turned = _turned(lever, build, unit, factor)
    return {room.name: room.profit(room.expected or gmv, turned) for room in rooms}


def _swing(
    lever: Lever,
    build: Callable[[UnitEconomics], Sequence[Contract]],
    unit: UnitEconomics,
    gmv: Decimal,
    best: str,
) -> Swing:
    low, high = (_profits(lever, build, unit, gmv, factor)[best] for factor in (ONE - _SWUNG, ONE + _SWUNG))
    flips, to = _flip(lambda factor: _profits(lever, build, unit, gmv, factor))
    return Swing(lever, low, high, flips, to)


def _flip(profits: Callable[[Decimal], dict[str, Decimal]]) -> tuple[Decimal | None, str | None]:
    """The factor nearest to 1, from a fifth to five times, at which another mode leaves more (or none leaves anything)."""

    def winner(factor: Decimal) -> str:
        found = profits(factor)
        best = max(found, key=lambda name: found[name])
        return best if found[best] > 0 else ""

    start = winner(ONE)
    if not start:
        return None, None
    steps = [ONE + Decimal(k) / 20 for k in range(1, 81)], [ONE - Decimal(k) / 25 for k in range(1, 21)]
    found: list[tuple[Decimal, Decimal]] = []
    for way in steps:
        before = ONE
        for factor in way:
            if winner(factor) != start:
                found.append((before, factor))
                break
            before = factor
    if not found:
        return None, None
    same, other = min(found, key=lambda pair: abs(pair[1] - ONE))
    for _ in range(24):
        middle = (same + other) / 2
        same, other = (middle, other) if winner(middle) == start else (same, middle)
    return other.quantize(Decimal("0.001")), winner(other) or None
