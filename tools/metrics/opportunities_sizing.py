"""What every opportunity is sized with: the month, the shop's own better months, and when a gap is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from tools.facts import Quantity, Role, Window
from tools.metrics.cuts import LIVE, PAID
from tools.metrics.health_history import History
from tools.metrics.health_model import Area, Finding, OutcomeId, better_quartile
from tools.metrics.health_people import People
from tools.metrics.reader import Reader
from tools.metrics.stats import wilson
from tools.text import Text, quantize

__all__ = [
    "LEAST_ORDERS",
    "LEAST_PAST",
    "LEAST_PEOPLE",
    "Gap",
    "Kind",
    "Margin",
    "Sizing",
    "amount_quantities",
    "gap_of",
    "gap_quantities",
    "opportunity",
    "sized",
    "source_area",
]

ZERO = Decimal(0)
LEAST_ORDERS = 100  # a month with fewer: no opportunity is put in yuan
LEAST_PAST = 4
LEAST_PEOPLE = 50


@dataclass(frozen=True)
class Margin:
    """What one yuan of sales must return on ads to pay: None where neither costs nor a stated margin tell."""

    break_even: Decimal | None
    stated: bool = False


@dataclass(frozen=True)
class Sizing:
    """What every opportunity is sized with: the months, the buyers, and the least amount worth naming."""

    reader: Reader
    history: History
    people: People | None
    margin: Margin

    @property
    def currency(self) -> str:
        return self.reader.shop.currency

    @property
    def month(self) -> Window:
        return self.history.month

    @property
    def gmv(self) -> Decimal:
        return self.history.now("gmv") or ZERO

    @property
    def least(self) -> Decimal:
        return self.gmv / 200

    @property
    def large_enough(self) -> bool:
        return (self.history.now("orders") or ZERO) >= LEAST_ORDERS

    @property
    def spend(self) -> Decimal | None:
        """GMV per buyer and day of the month, from the daily report or the orders."""
        conversion = self.history.series.get("conversion")
        buyers = conversion.above[0] if conversion else None
        if not buyers and self.people is not None:
            buyers = Decimal(int(self.people.active(0).sum()))
        return self.gmv / buyers if buyers else None

    @property
    def spend_again(self) -> Decimal | None:
        """GMV of the month per returning buyer."""
        if self.people is None:
            return None
        group = self.people.group(0, self.people.split(0)[1])
        return group.gmv / group.buyers if group.buyers >= LEAST_PEOPLE else None


@dataclass(frozen=True)
class Gap:
    """A rate now, its middle and its better quartile over the shop's own past; `top` is the upper end of chance for now."""

    now: Decimal
    middle: Decimal
    better: Decimal
    top: Decimal
    n: int

    @property
    def real(self) -> bool:
        return self.top < self.middle


def gap_of(now: tuple[Decimal, Decimal], past: Sequence[tuple[Decimal, Decimal]]) -> Gap | None:
    """From (hits, n) pairs. None where the present or the past is too small, or hits are no share of n."""
    hits, n = now
    interval = wilson(hits, n)
    rates = [above / below for above, below in past if below >= LEAST_PEOPLE]
    if interval is None or n < LEAST_PEOPLE or len(rates) < LEAST_PAST:
        return None
    return Gap(hits / n, Decimal(median(rates)), better_quartile(rates), interval.high, int(n))


def sized(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """(middle, low, high) of an amount, never negative, to the cent."""
    low, high = (quantize(max(ZERO, edge), 2) for edge in sorted((low, high)))
    return quantize((low + high) / 2, 2), low, high


def amount_quantities(
    metric: str, yuan: Sequence[Decimal], currency: str, window: Window, subject: tuple[str, ...] = ()
) -> list[Quantity]:
    """The amount at stake and its range as quantities."""
    middle = Quantity(metric=metric, value=yuan[0], unit=currency, window=window, subject=subject)
    roles = ((Role.RANGE_LOW, yuan[1]), (Role.RANGE_HIGH, yuan[2]))
    return [middle, *(middle.model_copy(update={"role": role, "value": edge}) for role, edge in roles)]


def gap_quantities(metric: str, gap: Gap, window: Window, subject: tuple[str, ...]) -> list[Quantity]:
    base = Quantity(metric=metric, value=gap.now, unit="ratio", window=window, subject=subject)
    return [
        base,
        base.model_copy(update={"value": gap.middle, "role": Role.PREVIOUS}),
        base.model_copy(update={"value": gap.better, "role": Role.TARGET}),
    ]


def source_area(name: str, otherwise: Area) -> Area:
    """Where the money of a traffic source lies: what livestreams or ads bring is told with them, once."""
    return "live" if LIVE.search(name) else "ads" if PAID.search(name) else otherwise


@dataclass(frozen=True)
class Kind:
    """Which opportunity it is, where its money lies, and which outcome it serves."""

    id: str
    area: Area
    outcome: OutcomeId
    title: Text


def opportunity(
    s: Sizing, kind: Kind, claim: Text, yuan: tuple[Decimal, Decimal, Decimal], why: tuple[Text, Text],
    sample: tuple[int, str], more: Sequence[Quantity], tables: tuple[str, ...], subject: tuple[str, ...] = (),
) -> Finding | None:  # fmt: skip
    """`why` is the basis and the condition. None under half a percent of the month's GMV: too little to be worth a meeting."""
    if yuan[0] < s.least or yuan[0] <= 0:
        return None
    return Finding(
        id=kind.id, kind="opportunity", area=kind.area, outcome=kind.outcome, title=kind.title, claim=claim, yuan=yuan[0], low=yuan[1], high=yuan[2],
        basis=why[0], condition=why[1], n=sample[0], n_unit=sample[1], window=s.month, tables=tables, subject=subject,
        quantities=(*amount_quantities("at_stake", yuan, s.currency, s.month, subject), *more),
    )  # fmt: skip
