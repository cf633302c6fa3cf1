"""Whether hosts can be compared, and how they compare once slot, weekday, goods, ads, campaign and trend are taken out.

Two hosts are comparable when a chain of shared hours, or failing that shared parts of the day, links them: otherwise the slot and the host
are the same thing. The finest sharing that links the hosts is used and named. Effects are against the mean of the compared hosts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Literal

import numpy as np

from tools.livestream.hosts_mixed import Interval, NotFitted, RateFit, fit_rates
from tools.livestream.hosts_rows import HostRow, HostRows
from tools.seeds import load_yaml

__all__ = [
    "GONE_DAYS",
    "Comparison",
    "Effect",
    "Luck",
    "Pair",
    "Reason",
    "Refusal",
    "Standing",
    "compare_hosts",
    "rules",
]

Level = Literal["hour", "slot"]
Reason = Literal["one_host", "two_hosts", "few_shifts", "few_orders", "no_overlap", "no_fit"]
ZERO = Decimal(0)
_WEEKDAY_ROWS, _TREND_DAYS, GONE_DAYS, _KNOWN = 84, 28, 14, 0.9


def rules(part: str) -> dict[str, Any]:
    """One section of `seeds/livestream_hosts.yaml`."""
    found: dict[str, Any] = load_yaml("livestream_hosts.yaml")[part]
    return found


@dataclass(frozen=True)
class Standing:
    """What a host's rows add up to, with nothing taken out: this is the naive ranking."""

    host: str
    shifts: int
    hours: Decimal
    viewers: Decimal
    orders: int
    gmv: Decimal
    gmv_rank: int
    last: date  # on the air

    @property
    def uv_value(self) -> Decimal:
        return self.gmv / self.viewers if self.viewers else ZERO

    @property
    def conversion(self) -> Decimal:
        return self.orders / self.viewers if self.viewers else ZERO


@dataclass(frozen=True)
class Effect:
    """A host against the mean of the compared hosts: log of the ratio, for GMV per viewer and for orders per viewer."""

    standing: Standing
    uv: Interval
    conversion: Interval | None

    @property
    def host(self) -> str:
        return self.standing.host

    @property
    def verdict(self) -> Literal["above", "below", "unclear"]:
        return "above" if self.uv.low > 0 else "below" if self.uv.high < 0 else "unclear"


@dataclass(frozen=True)
class Pair:
    """`first` over `second`, at a level that holds for all pairs together (Bonferroni)."""

    first: str
    second: str
    gap: Interval


@dataclass(frozen=True)
class Luck:
    """Variances of log sales per viewer: luck a session shares, luck of a shift, and chance of few orders (mean over rows)."""

    between: float
    within: float
    noise: float


@dataclass(frozen=True)
class Comparison:
    """Effects, best first. `aside`: hosts left out and why. `terms` and `dropped` name what was and could not be taken out."""

    effects: tuple[Effect, ...]
    pairs: tuple[Pair, ...]
    level: Level
    terms: tuple[str, ...]
    dropped: tuple[str, ...]
    aside: tuple[tuple[Standing, Reason], ...]
    luck: Luck
    rows: int
    shared_place: bool  # every host has both opened streams and taken over

    def gap(self, first: str, second: str) -> Interval:
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair.gap
        raise KeyError((first, second))

    @property
    def gone(self) -> tuple[Effect, ...]:
        """Hosts not on the air in the last two weeks of the rows."""
        latest = max(e.standing.last for e in self.effects)
        return tuple(e for e in self.effects if (latest - e.standing.last).days > GONE_DAYS)

    @property
    def leader(self) -> Effect | None:
        """The host who is ahead of every other beyond chance."""
        return self.ahead(self.effects)

    def ahead(self, among: Sequence[Effect]) -> Effect | None:
        """The first of `among` (best first) where it beats each of the others beyond chance; None for fewer than two."""
        if len(among) < 2:
            return None
        best = among[0]
        return best if all(self.gap(best.host, other.host).low > 0 for other in among[1:]) else None


@dataclass(frozen=True)
class Refusal:
    """No ranking: why, who was seen, and the luck that a swap plan must beat (None where even that cannot be read)."""

    reason: Reason
    standings: tuple[Standing, ...]
    luck: Luck | None


def compare_hosts(found: HostRows) -> Comparison | Refusal:
    """The comparison, or why there is none. Never raises for thin data."""
    rule = rules("compare")
    seen = _standings(found)
    good = [s.host for s in seen if s.shifts >= rule["shifts"] and s.orders >= rule["orders"]]
    if len(seen) < rule["hosts"]:
        return Refusal("one_host" if len(seen) < 2 else "two_hosts", tuple(seen), _luck(found))
    if len(good) < rule["hosts"]:
        few = sum(s.shifts >= rule["shifts"] for s in seen) < rule["hosts"]
        return Refusal("few_shifts" if few else "few_orders", tuple(seen), _luck(found))
    level, together = _linked(found.rows, good, rule["overlap"])
    if len(together) < rule["hosts"]:
        return Refusal("no_overlap", tuple(seen), _luck(found))
    try:
        return _compared(found, seen, together, level)
    except NotFitted:
        return Refusal("no_fit", tuple(seen), _luck(found))


def _standings(found: HostRows) -> list[Standing]:
    mine: dict[str, list[HostRow]] = defaultdict(list)
    for row in found.rows:
        mine[row.host].append(row)
    gmv = {host: sum((r.amount for r in rows), ZERO) for host, rows in mine.items()}
    order = sorted(gmv, key=lambda host: (-gmv[host], host))
    return [
        Standing(
            host, len(mine[host]), _decimal(sum(r.minutes for r in mine[host]) / 60, 1), _decimal(sum(r.viewers for r in mine[host]), 0),
            sum(r.orders for r in mine[host]), gmv[host], rank, max(r.day for r in mine[host]),
        )
        for rank, host in enumerate(order, start=1)
    ]  # fmt: skip


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _hour(row: HostRow) -> Hashable:
    return None if row.start is None else int((row.start.hour * 60 + row.start.minute + 30) // 60) % 24


def _slot(row: HostRow) -> Hashable:
    return row.slot


_CELLS: dict[Level, Callable[[HostRow], Hashable]] = {"hour": _hour, "slot": _slot}


def _linked(rows: Sequence[HostRow], hosts: Sequence[str], least: int) -> tuple[Level, list[str]]:
    """The finest level at which shared cells link all hosts; else the largest linked group by part of the day."""
    for level, cell in _CELLS.items():
        together = _largest(rows, hosts, cell, least)
        if len(together) == len(hosts) or level == "slot":
            return level, together
    raise AssertionError("slot is the last level")


def _largest(rows: Sequence[HostRow], hosts: Sequence[str], cell: Callable[[HostRow], Hashable], least: int) -> list[str]:  # fmt: skip
    counts = Counter((row.host, cell(row)) for row in rows if row.host in hosts and cell(row) is not None)
    holders: dict[Hashable, set[str]] = defaultdict(set)
    for (host, place), n in counts.items():
        if n >= least:
            holders[place].add(host)
    groups = [{host} for host in hosts]
    for shared in holders.values():
        joined = [g for g in groups if g & shared]
        groups = [g for g in groups if not g & shared] + ([set().union(*joined)] if joined else [])
    best = max(groups, key=lambda g: (len(g), sum(row.minutes for row in rows if row.host in g)))
    return [host for host in hosts if host in best]


# -- the model --------------------------------------------------------------------------------------------------------
def _compared(found: HostRows, seen: Sequence[Standing], hosts: Sequence[str], level: Level) -> Comparison:
    rows = [row for row in found.rows if row.host in hosts and row.minutes > 0 and row.viewers > 0 and _CELLS[level](row) is not None]  # fmt: skip
    sold = {_CELLS[level](row) for row in rows if row.amount > 0}
    rows = [row for row in rows if _CELLS[level](row) in sold]  # a cell without any sale compares nobody
    design, terms, dropped = _design(rows, hosts, level)
    uv = _fit(rows, design, [float(r.amount) for r in rows], found.dispersion)
    try:
        conversion: RateFit | None = _fit(rows, design, [float(r.orders) for r in rows], 1.0)
    except NotFitted:
        conversion = None
    width, count = design.shape[1], len(hosts)
    effects = []
    for k, host in enumerate(hosts):
        contrast = np.zeros(width)
        contrast[:count] = -1 / count
        contrast[k] += 1
        standing = next(s for s in seen if s.host == host)
        effects.append(Effect(standing, uv.interval(contrast), conversion.interval(contrast) if conversion else None))
    effects.sort(key=lambda e: -e.uv.mean)
    sure = 1 - 0.05 / math.comb(count, 2)
    pairs = []
    for one, other in combinations([e.host for e in effects], 2):
        contrast = np.zeros(width)
        contrast[hosts.index(one)], contrast[hosts.index(other)] = 1, -1
        pairs.append(Pair(one, other, uv.interval(contrast, sure)))
    rule = rules("compare")
    aside = tuple((s, _why_aside(s, rule)) for s in seen if s.host not in hosts)
    places = {(r.host, r.first) for r in rows}
    shared = all((host, True) in places and (host, False) in places for host in hosts) or found.grain == "session"
    return Comparison(tuple(effects), tuple(pairs), level, terms, dropped, aside, Luck(uv.between, uv.within, uv.noise), len(rows), shared)  # fmt: skip


def _why_aside(standing: Standing, rule: dict[str, Any]) -> Reason:
    if standing.shifts < rule["shifts"]:
        return "few_shifts"
    return "few_orders" if standing.orders < rule["orders"] else "no_overlap"


def _fit(rows: Sequence[HostRow], design: Any, amounts: Sequence[float], dispersion: float) -> RateFit:
    return fit_rates(amounts, [r.viewers for r in rows], design, [r.session_id for r in rows], dispersion)


def _design(rows: Sequence[HostRow], hosts: Sequence[str], level: Level) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Columns: one per host, the cells but one, then each condition that varies, is known, and the rows can carry."""
    cell = _CELLS[level]
    cells = sorted({str(cell(r)) for r in rows})
    base = [[float(r.host == h) for r in rows] for h in hosts] + [[float(str(cell(r)) == c) for r in rows] for c in cells[1:]]  # fmt: skip
    design = _independent(np.array(base).T, len(hosts))
    most = len(rows) // int(rules("compare")["rows_per_term"])
    terms, dropped = ["slot"] if len(cells) > 1 else [], []
    for name, columns in _conditions(rows):
        wider = design
        for column in columns:
            wider = _with(wider, column)
        if columns and wider.shape[1] > design.shape[1] and wider.shape[1] <= most:
            design = wider
            terms.append(name)
        elif name in ("price", "ads") or (name == "opens" and np.ptp(columns[0]) > 0):
            dropped.append(name)
    return design, tuple(terms), tuple(dropped)


def _conditions(rows: Sequence[HostRow]) -> list[tuple[str, list[Any]]]:
    """Candidates in order of importance; an empty list where nothing is known."""
    days = np.array([r.day.toordinal() for r in rows], dtype=float)
    weekday = np.array([r.day.weekday() for r in rows])
    each = [(weekday == k).astype(float) for k in range(1, 7)]
    week = each if len(rows) >= _WEEKDAY_ROWS else [(weekday >= 5).astype(float)]
    trend = [(days - days.mean()) / 30] if np.ptp(days) >= _TREND_DAYS else []
    return [
        ("weekday", week),
        (
            "opens",
            [np.array([float(r.first) for r in rows])],
        ),  # who opens a stream meets other viewers than who takes over
        ("campaign", [np.array([float(r.campaign) for r in rows])]),
        ("trend", trend),
        ("price", _logged([r.price for r in rows])),
        ("ads", _logged([r.ads for r in rows], plus=1e-3)),
    ]


def _logged(values: Sequence[float | None], plus: float = 0.0) -> list[Any]:
    known = [v for v in values if v is not None and v + plus > 0]
    if len(known) < _KNOWN * len(values):
        return []
    middle = sum(known) / len(known)
    out = np.log([(v if v is not None and v + plus > 0 else middle) + plus for v in values])
    return [out - out.mean()]


def _independent(design: Any, keep: int) -> Any:
    """The host columns and every later one that adds something."""
    out = design[:, :keep]
    for k in range(keep, design.shape[1]):
        out = _with(out, design[:, k])
    return out


def _with(design: Any, column: Any) -> Any:
    rest = column - design @ np.linalg.lstsq(design, column, rcond=None)[0]
    size = float(np.linalg.norm(column))
    return np.column_stack([design, column]) if size > 0 and float(np.linalg.norm(rest)) > 1e-3 * size else design


def _luck(found: HostRows) -> Luck | None:
    """Variances with host and slot taken out, however few hosts there are."""
    rows = [r for r in found.rows if r.viewers > 0 and r.slot is not None]
    hosts = sorted({r.host for r in rows})
    if len(rows) < 8 or not hosts:
        return None
    try:
        fit = _fit(rows, _design(rows, hosts, "slot")[0], [float(r.amount) for r in rows], found.dispersion)
    except NotFitted:
        return None
    return Luck(fit.between, fit.within, fit.noise)
