"""Causes that belong to single days: payments moved across midnight, a presale's balance against its deposit day, rejected rows.

Each takes the rest of the gap by day and gives the part it can prove; a rest that only looks similar is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tools.metrics.reconcile_books import Books, Cents

__all__ = ["midnight_moves", "presale_moves", "rejected_rows"]

_CAMPAIGN_DAYS = 20  # presale days further apart belong to different campaigns
_USUAL = 5  # rejected orders are worth within a fifth and five times of the shop's average order
_LONG = 5  # a chain of midnight moves that runs into the end of the data needs this many links


def midnight_moves(books: Books, rest: Cents) -> Cents:
    """Payments of the first or last two hours that the report counts on the neighbouring day, exact to the cent."""
    part = np.zeros_like(rest)
    both = books.comparable
    if not books.timed or len(rest) < 2:
        return part
    days = books.days
    open_ = [k for k in range(len(rest) - 1) if both[k] and both[k + 1] and (rest[k] or rest[k + 1])]
    edges = books.edges([end for k in open_ for end in ((days[k], False), (days[k + 1], True))])
    sums = {k: (frozenset(edges[days[k], False]), frozenset(edges[days[k + 1], True])) for k in open_}

    def crosses(k: int, flow: int) -> bool:
        """`flow` > 0: late payments of day k that the report has on k + 1; < 0: early payments of k + 1 that it has on k."""
        late, early = sums.get(k, (frozenset(), frozenset()))
        return flow in late if flow > 0 else -flow in early

    for first, flows in _chains(rest, both, crosses):
        for offset, flow in enumerate(flows):
            part[first + offset] += flow
            if first + offset + 1 < len(rest):
                part[first + offset + 1] -= flow
    left = rest - part
    for k in open_:
        flow = _pair(int(left[k]), int(left[k + 1]))
        if flow and crosses(k, flow):
            for values, sign in ((part, 1), (left, -1)):
                values[k] += sign * flow
                values[k + 1] -= sign * flow
    return part


def _chains(
    rest: Cents, both: NDArray[np.bool_], crosses: Callable[[int, int], bool]
) -> Iterator[tuple[int, list[int]]]:
    """Runs of days whose gaps cancel out over the run while every step is what was paid around that midnight."""
    k, size = 0, len(rest)
    while k < size:
        flows: list[int] = []
        carried = 0
        at = k
        while at < size and both[at]:
            carried += int(rest[at])
            if not carried or at + 1 >= size or not both[at + 1] or not crosses(at, carried):
                break
            flows.append(carried)
            at += 1
        ends = at + 1 >= size or not both[at + 1]
        if flows and (not carried or (ends and len(flows) >= _LONG)):
            yield k, flows
            k = at
        k += 1


def _pair(here: int, there: int) -> int:
    """The flow that closes the smaller of two opposite gaps; 0 when they do not oppose."""
    if not here or not there or (here > 0) == (there > 0):
        return 0
    size = min(abs(here), abs(there))
    return size if here > 0 else -size


def presale_moves(books: Books, rest: Cents) -> Cents:
    """Deposits the report has on the day they were paid and ours with the balance: per campaign they cancel out to the cent.

    The order file holds no deposit amounts, so each day may carry at most what its presale orders came to.
    """
    part = np.zeros_like(rest)
    into, out = books.flows["presale_in"], books.flows["presale_out"]
    touched = np.flatnonzero(((into > 0) | (out > 0)) & books.comparable)
    if not len(touched):
        return part
    for group in np.split(touched, np.flatnonzero(np.diff(touched) > _CAMPAIGN_DAYS) + 1):
        mine = rest[group]
        fits = bool(((mine >= -into[group]) & (mine <= out[group])).all())
        if fits and mine.any() and not mine.sum():
            part[group] = mine
    return part


def rejected_rows(books: Books, rest: Cents) -> Cents:
    """Days short of orders, when the rows refused at import are as many as the orders missing over all of them."""
    part = np.zeros_like(rest)
    if not books.rejected:
        return part
    short = np.zeros_like(rest)
    for index, counts in enumerate(books.counts):
        if books.comparable[index] and rest[index] < 0 and counts.ours is not None and counts.theirs is not None:
            short[index] = max(0, counts.theirs - counts.ours)
    missing, orders = int(short.sum()), sum(counts.ours or 0 for counts in books.counts)
    if not missing or not books.rejected // 2 <= missing <= books.rejected or not orders:
        return part
    each, usual = -int(rest[short > 0].sum()) / missing, int(books.ours.sum()) / orders
    return np.where(short > 0, rest, 0) if usual / _USUAL <= each <= usual * _USUAL else part
