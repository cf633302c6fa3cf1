"""Causes that belong to single days: payments moved across midnight, a presale's balance against its deposit day, rejected rows.

Each takes the rest of the gap by day and gives the part it can prove; a rest that only looks similar is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tools.metrics.reconcile_books import EDGE_MINUTES, Books, Cents

__all__ = ["midnight_moves", "presale_moves", "rejected_rows"]

_CAMPAIGN_DAYS = 20  # presale days further apart belong to different campaigns
_USUAL = 5  # rejected orders are worth within a fifth and five times of the shop's average order
_LONG = 5  # nights before a rule is read from them, or a run that does not cancel out before the data end


def midnight_moves(books: Books, rest: Cents) -> Cents:
    """Payments of the first or last two hours that the report counts on the neighbouring day, exact to the cent.

    First one cut-off for every night, then runs of nights that cancel out, then single pairs of neighbouring days.
    """
    both, size = books.comparable, len(rest)
    open_ = [k for k in range(size - 1) if both[k] and both[k + 1] and (rest[k] or rest[k + 1])]
    if not books.timed or not open_:
        return np.zeros_like(rest)
    days = books.days
    edges = books.edges([end for k in open_ for end in ((days[k], False), (days[k + 1], True))])
    nights = {k: (edges[days[k], False], edges[days[k + 1], True]) for k in open_}
    part = _every_night(nights, rest)
    if part.any():
        return part
    sums = {k: tuple(frozenset(values.tolist()) for values in ends) for k, ends in nights.items()}

    def crosses(k: int, flow: int) -> bool:
        """`flow` > 0: late payments of day k that the report has on k + 1; < 0: early payments of k + 1 that it has on k."""
        return k in sums and abs(flow) in sums[k][0 if flow > 0 else 1]

    for first, flows in _chains(rest, both, crosses):
        for offset, flow in enumerate(flows):
            _move(part, first + offset, flow)
    for k in open_:
        flow = _pair(int(rest[k] - part[k]), int(rest[k + 1] - part[k + 1]))
        if flow and crosses(k, flow):
            _move(part, k, flow)
    return part


def _move(part: Cents, night: int, flow: int) -> None:
    part[night] += flow
    part[night + 1] -= flow


def _every_night(nights: Mapping[int, tuple[Cents, Cents]], rest: Cents) -> Cents:
    """The same minutes moved every night, where that closes most of the open days to the cent; else zero."""
    at, open_days = np.array(list(nights)), rest != 0
    best, most = np.zeros_like(rest), 0
    for side, sign in ((0, 1), (1, -1)):
        flows = sign * np.array([ends[side] for ends in nights.values()])
        parts = np.zeros((EDGE_MINUTES, len(rest)), dtype=np.int64)
        parts[:, at] += flows.T
        parts[:, at + 1] -= flows.T
        hits = (parts == rest)[:, open_days].sum(axis=1) - (parts != 0)[:, ~open_days].sum(axis=1)
        if int(hits.max()) > most:
            best, most = parts[int(hits.argmax())], int(hits.max())
    return best if most >= _LONG and 2 * most >= int(open_days.sum()) else np.zeros_like(rest)


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
