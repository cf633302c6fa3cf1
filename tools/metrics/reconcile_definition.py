"""What the platform's report counts differently on all days: hours, refunds, services, cancelled orders, presales.

Every combination is tried; one is believed only when the days it touches bear each of its parts out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tools.metrics.reconcile_books import Books, Cents

__all__ = ["Definition", "alike_hours", "effects_of", "find_definition"]

_LAGS = (0, *(sign * hours for hours in range(1, 24) for sign in (1, -1)))
_REFUNDS = ("refund", "refund_events", "reported_refund")
_NEARLY, _ENOUGH = 0.10, 5  # without a hit to the cent: at most a tenth of the gap left, over at least five days

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Definition:
    """How the report counts where it differs: order times `lag` hours later, and what is netted or left out."""

    lag: int = 0
    refunds: tuple[str, int] | None = None  # which refunds, and +1 when the report is net of them, -1 when ours is
    service: bool = False
    closed: bool = False
    presale: bool = False

    @property
    def causes(self) -> tuple[str, ...]:
        named = {
            "zone": self.lag,
            "refunds": self.refunds,
            "service": self.service,
            "cancelled": self.closed,
            "presale": self.presale,
        }
        return tuple(name for name, value in named.items() if value)


def alike_hours(books: Books, lag: int) -> tuple[int, int]:
    """Lags that put every payment on the same day as this one: hours in which nobody pays cannot be told apart."""
    if not lag:
        return 0, 0
    same = [
        abs(other)
        for other in _LAGS
        if other * lag > 0 and (books.moved("gross", other) == books.moved("gross", lag)).all()
    ]
    return min(same), max(same)


def effects_of(books: Books, definition: Definition) -> dict[str, Cents]:
    """What each part of a definition takes off our figure, by day."""
    lag = definition.lag
    found: dict[str, Cents] = {}
    if lag:
        found["zone"] = books.ours - books.moved("gross", lag)
    if definition.refunds:
        basis, sign = definition.refunds
        found["refunds"] = sign * _refund(books, basis, lag)
    if definition.service:
        found["service"] = books.moved("service", lag)
    if definition.closed:
        found["cancelled"] = books.moved("closed", lag)
    if definition.presale:
        found["presale"] = books.flows["presale_out"] - books.flows["presale_in"]
    return found


def _refund(books: Books, basis: str, lag: int) -> Cents:
    return books.moved("refund", lag) if basis == "refund" else books.flows[basis]


def find_definition(books: Books) -> Definition:
    """The definition that closes most days to the cent, then leaves least, of those whose every part is borne out by its days."""
    if not books.comparable.any():
        return Definition()
    ranked = sorted(_candidates(books), key=lambda definition: _score(books, definition))
    return next(one for one in ranked if all(_borne_out(books, one, cause) for cause in one.causes))


def _candidates(books: Books) -> Iterator[Definition]:
    refunds: list[tuple[str, int] | None] = [None]
    for basis in _REFUNDS:
        amounts = books.hourly["refund"] if basis == "refund" else books.flows.get(basis)
        if amounts is not None and amounts.any():
            refunds += [(basis, 1), (basis, -1)]
    service = (False, True) if books.hourly["service"].any() or books.untimed["service"].any() else (False,)
    closed = (False, True) if books.hourly["closed"].any() or books.untimed["closed"].any() else (False,)
    presale = (False, True) if books.flows["presale_out"].any() else (False,)
    lags = _LAGS if books.timed else (0,)
    for lag, netted, left_out, cancelled, deposit in product(lags, refunds, service, closed, presale):
        if not (cancelled and netted):  # a cancelled order was refunded: netting its refund leaves it out already
            yield Definition(lag, netted, left_out, cancelled, deposit)


def _rest(books: Books, definition: Definition) -> Cents:
    rest = books.ours - books.theirs
    for values in effects_of(books, definition).values():
        rest = rest - values
    return rest


def _judged(books: Books, definition: Definition) -> Bools:
    """Days that tell anything: on both sides, and with a shifted clock also with both neighbours in the order file."""
    both = books.comparable
    if not definition.lag:
        return both
    there = np.concatenate([[False], books.has_ours, [False]])
    return np.asarray(both & there[:-2] & there[2:])


def _score(books: Books, definition: Definition) -> tuple[int, int, int, int]:
    rest, judged = _rest(books, definition), books.comparable
    return (
        -int(((rest == 0) & judged).sum()),
        int(np.abs(rest[judged]).sum()),
        len(definition.causes),
        abs(definition.lag),
    )


def _borne_out(books: Books, definition: Definition, cause: str) -> bool:
    """Whether the days this cause touches speak for it: most close to the cent, or five and more come nearly to nothing."""
    effect = effects_of(books, definition)[cause]
    judged = _judged(books, definition)
    touched = judged & (effect != 0)
    if not touched.any() or not _counts_agree(books, definition, cause, touched):
        return False
    rest = _rest(books, definition)
    with_it, without = np.abs(rest[touched]), np.abs(rest[touched] + effect[touched])
    closed = int((with_it == 0).sum())
    if closed > int((without == 0).sum()) and 2 * closed >= int(touched.sum()):
        return True
    return int(touched.sum()) >= _ENOUGH and int(with_it.sum()) <= _NEARLY * int(without.sum())


def _counts_agree(books: Books, definition: Definition, cause: str, touched: Bools) -> bool:
    """Orders the report leaves out are missing from its order count too, on at least half of the days where it tells one."""
    behind = books.touched.get({"service": "service", "cancelled": "closed"}.get(cause, ""))
    if behind is None or definition.lag:
        return True
    left_out = [
        books.touched[name] for name, on in (("service", definition.service), ("closed", definition.closed)) if on
    ]
    expected = np.sum(left_out, axis=0)
    told = [
        counts.ours - counts.theirs == expected[index]
        for index, counts in enumerate(books.counts)
        if touched[index] and counts.ours is not None and counts.theirs is not None
    ]
    return 2 * sum(map(bool, told)) >= len(told)
