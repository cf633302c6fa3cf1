"""The KPI sheet of hosts, and what a commission pays on raw GMV against a fair base.

Fair base = GMV less refunds less ads × break-even ROI, the ROI on net sales too: one yuan of ads has to bring kept ÷ m of net sales before the
host's own selling begins. A session's refunds are shared by the hosts' GMV in it, its ads by their minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tools.facts import Window
from tools.livestream.assumption import Basis
from tools.livestream.brief import Brief
from tools.livestream.economics import UnitEconomics
from tools.livestream.hosts_compare import Comparison, Refusal, rules
from tools.livestream.hosts_rows import HostRow, HostRows
from tools.livestream.room import LiveSession

__all__ = ["HostPay", "KpiLine", "PayRun", "kpi_sheet", "pay_run"]

ZERO, ONE, CENT = Decimal(0), Decimal(1), Decimal("0.01")


@dataclass(frozen=True)
class HostPay:
    """One host over the pay window, money in shop currency. `base` None: nobody said what is paid beside the commission."""

    host: str
    hours: Decimal
    gmv: Decimal
    refunds: Decimal
    ads: Decimal
    fair_base: Decimal
    base: Decimal | None
    raw_commission: Decimal
    fair_commission: Decimal


@dataclass(frozen=True)
class PayRun:
    """Pay of a window. `roi` is the break-even on net sales, None where the economics are unknown (then ads are not taken off)."""

    window: Window
    lines: tuple[HostPay, ...]
    rate: Decimal
    rate_basis: Basis
    roi: Decimal | None
    refunds_known: bool
    ads_known: bool


def pay_run(found: HostRows, window: Window, brief: Brief, unit: UnitEconomics | None) -> PayRun:
    """The last 30 days of the window (all of it where shorter)."""
    rule = rules("pay")
    start = max(window.start, window.end - timedelta(days=int(rule["days"]) - 1))
    rows = [r for r in found.rows if r.day >= start]
    sessions = {s.session_id: s for s in found.sessions}
    used = [sessions[name] for name in {r.session_id for r in rows}]
    refunds, ads = _shared(rows, sessions)
    margin = unit.contribution() if unit else ZERO
    roi = unit.kept / margin if unit and margin > 0 else None
    rate = brief.pay.rate if brief.pay.rate is not None else Decimal(str(rule["rate"]["middle"]))
    lines = []
    mine: dict[str, list[HostRow]] = defaultdict(list)
    for row in rows:
        mine[row.host].append(row)
    for host, own in mine.items():
        hours = Decimal(f"{sum(r.minutes for r in own) / 60:.1f}")
        gmv = sum((r.amount for r in own), ZERO)
        fair = max(gmv - refunds[host] - ads[host] * (roi or ZERO), ZERO)
        lines.append(HostPay(host, hours, gmv, refunds[host].quantize(CENT), ads[host].quantize(CENT), fair.quantize(CENT), _base(brief, host, hours), (gmv * rate).quantize(CENT), (fair * rate).quantize(CENT)))  # fmt: skip
    lines.sort(key=lambda one: (-one.raw_commission, one.host))
    return PayRun(
        Window(start=start, end=window.end), tuple(lines), rate, Basis.REFERENCE if brief.pay.rate is None else Basis.STATED, roi,
        bool(used) and all(s.refund_amount is not None for s in used), bool(used) and all(s.ad_spend is not None for s in used),
    )  # fmt: skip


def _base(brief: Brief, host: str, hours: Decimal) -> Decimal | None:
    if brief.pay.base is not None:
        return brief.pay.base
    told = next((h for h in brief.hosts if h.name == host and h.hourly), None)
    return None if told is None else (told.hourly * hours).quantize(CENT)


def _shared(rows: Sequence[HostRow], sessions: dict[str, LiveSession]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """(refunds, ads) by host. What a session does not know counts as 0 here and is said by the flags of the run."""
    gmv: dict[str, Decimal] = defaultdict(Decimal)
    minutes: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        gmv[row.session_id] += row.amount
        minutes[row.session_id] += Decimal(str(row.minutes))
    refunds: dict[str, Decimal] = defaultdict(Decimal)
    ads: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        session = sessions[row.session_id]
        if session.refund_amount and gmv[row.session_id]:
            refunds[row.host] += session.refund_amount * row.amount / gmv[row.session_id]
        if session.ad_spend and minutes[row.session_id]:
            ads[row.host] += session.ad_spend * Decimal(str(row.minutes)) / minutes[row.session_id]
    return refunds, ads


@dataclass(frozen=True)
class KpiLine:
    """Points of one host by indicator id (None: the data do not tell), and their sum; management points are for a person."""

    host: str
    points: dict[str, Decimal | None]
    shared: bool  # most sessions had other hosts too: the rates are the session's

    @property
    def total(self) -> Decimal:
        return sum((p for p in self.points.values() if p is not None), ZERO)


def kpi_sheet(found: HostRows, compared: Comparison | Refusal) -> list[KpiLine]:
    """Points of every host seen. An indicator scores in proportion to the room's own level, in full at `full_at` times it."""
    rule = rules("kpi")
    sessions = {s.session_id: s for s in found.sessions}
    time: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    cast: dict[str, set[str]] = defaultdict(set)
    for row in found.rows:
        time[row.host][row.session_id] += row.minutes
        cast[row.session_id].add(row.host)
    every: dict[str, float] = defaultdict(float)
    for own in time.values():
        for name, minutes in own.items():
            every[name] += minutes
    result: dict[str, Any] = {}
    if isinstance(compared, Comparison):
        result = {e.host: Decimal(str(e.uv.mean)).exp() for e in compared.effects}
    lines = []
    for host in found.hosts():
        points: dict[str, Decimal | None] = {}
        for part in rule["weights"]:
            index = result.get(host) if part["id"] == "result" else _index(part["id"], sessions, time[host], every)
            points[part["id"]] = None if index is None else _points(index, Decimal(part["points"]), Decimal(str(rule["full_at"])))  # fmt: skip
        shared = sum(len(cast[name]) > 1 for name in time[host]) * 2 > len(time[host])
        lines.append(KpiLine(host, points, shared))
    return sorted(lines, key=lambda one: (-one.total, one.host))


def _points(index: Decimal, weight: Decimal, full: Decimal) -> Decimal:
    return (weight * min(index / full, ONE)).quantize(Decimal("0.1"))


def _index(kind: str, sessions: dict[str, LiveSession], own: dict[str, float], every: dict[str, float]) -> Decimal | None:  # fmt: skip
    """The host's rate over the room's, both weighted by minutes on air; None where sessions do not tell."""
    mine, room = _rate(kind, sessions, own), _rate(kind, sessions, every)
    return mine / room if mine is not None and room else None


def _rate(kind: str, sessions: dict[str, LiveSession], minutes: dict[str, float]) -> Decimal | None:
    top = bottom = ZERO
    for name, time in minutes.items():
        s = sessions[name]
        shown = s.item_viewers if s.item_viewers else s.viewers
        pair = {"click": (s.item_clickers, shown), "deal": (s.buyers, s.item_clickers), "comments": (s.comments, s.viewers), "fans": (s.new_fans, s.viewers)}[kind]  # fmt: skip
        if pair[0] is not None and pair[1]:
            share = Decimal(str(round(time, 3))) / max(Decimal(s.minutes or 1), ONE)
            top += share * pair[0]
            bottom += share * pair[1]
    return top / bottom if bottom else None
