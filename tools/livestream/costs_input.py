"""What goes into a P&L: the period, the unit it was sold at, ads, people and its share of what is fixed, each with its basis."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from tools.base import Records
from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Brief
from tools.livestream.contracts import agency
from tools.livestream.costs import Costs, LineKey
from tools.livestream.costs_shop import MONTH_DAYS, Period
from tools.livestream.economics import CommissionBase, UnitEconomics
from tools.livestream.ground import Ground
from tools.livestream.ground_inputs import BRIEF, assumption
from tools.livestream.ground_shop import RoomShop
from tools.livestream.modes_input import Modes, modes_of
from tools.text import Text

__all__ = ["Costing", "costing", "hours_month"]

ZERO, ONE = Decimal(0), Decimal(1)
_BOOKED = Text("这一期自己的退款", "the refunds of this very period")
_YOUNG = Text("退款还没到齐，按已退与直播间成熟退款率中较高的", "refunds not all in yet: the higher of those booked and the room's ripe share")  # fmt: skip
_SPENT = Text("这一期的投流花费", "ad spend of this very period")
_KEYS: dict[LineKey, str] = {
    "cogs": "economics.cost_share", "platform_fee": "economics.platform_fee", "vat": "economics.vat_rate",
    "parcels": "economics.outbound", "returns": "economics.return_parcel", "ads": "self_run.ad_share",
    "refunds": "economics.returned", "hosts": "hosts.hourly", "fixed": "self_run.fixed", "commission": "agency.commission",
}  # fmt: skip


@dataclass
class Costing:
    """Costs of a period with the basis of each line; `open_cost`: goods unknown and counted as 0; `lacks`: keys still to be asked for."""

    period: Period
    costs: Costs
    inputs: list[Assumption]
    open_cost: bool = False
    lacks: list[str] = field(default_factory=list)
    bases: dict[LineKey, Basis] = field(default_factory=dict)


def hours_month(brief: Brief, shop: RoomShop) -> Assumption | None:
    """Hours on air in 30 days: the brief's week, else the room's own 90 days."""
    week = brief.rota.hours_week
    if week is not None:
        return assumption("hours_month", week / 7 * MONTH_DAYS, Basis.STATED, BRIEF)
    minutes = [s.minutes for s in shop.streams if s.minutes]
    days = {s.day for s in shop.streams}
    if not minutes or len(days) < 2:
        return None
    span = (max(days) - min(days)).days + 1
    source = Text(f"直播场次，{min(days)} 至 {max(days)}", f"livestream sessions, {min(days)} to {max(days)}")
    return assumption("hours_month", Decimal(sum(minutes)) / 60 / span * MONTH_DAYS, Basis.DATA, source)


def costing(brief: Brief, base: Ground, unit: UnitEconomics, shop: RoomShop, records: Records | None, period: Period) -> Costing:  # fmt: skip
    """The period's costs. `unit` is the ground's; what the period itself tells (orders, refunds, ads) takes its place."""
    found = Costing(period, Costs(period.gmv, unit), list(base.assumptions.items_), open_cost=base.lacks("economics.cost_share"))  # fmt: skip
    own = _own_unit(found, unit)
    ads, share = _ads(found, base, brief)
    hours = hours_month(brief, shop)
    modes = modes_of(brief, base, shop, records)
    fixed = _fixed(found, modes, brief, hours)
    due = _agency(found, brief, own, hours)
    told = ("agency.",) if due.rate or due.fixed else ()
    found.inputs += [one for one in modes.inputs if one.key.startswith(told) or (not period.actual and one.key == "expected_gmv")]  # fmt: skip
    found.costs = Costs(
        period.gmv, own, ads=ads, ad_share=share, hosts=_hosts(found, brief), fixed=fixed + due.fixed,
        commission=due.rate, base=due.base,
    )  # fmt: skip
    by_key = {one.key: one.basis for one in found.inputs}
    found.bases |= {line: by_key[key] for line, key in _KEYS.items() if key in by_key and line not in found.bases}
    found.bases["paid"] = Basis.DATA if period.actual else by_key.get("expected_gmv", Basis.STATED)
    return found


def _own_unit(found: Costing, unit: UnitEconomics) -> UnitEconomics:
    """The unit at this period's own order value and refunds."""
    period = found.period
    if period.orders:
        unit = replace(unit, order_value=period.gmv / period.orders)
        _replace(found, assumption("economics.order_value", unit.order_value, Basis.DATA, Text("这一期自己的订单", "the orders of this very period")))  # fmt: skip
    if period.refunds is None or not period.gmv:
        return unit
    booked = min(period.refunds / period.gmv, ONE)
    share = booked if period.ripe else max(booked, unit.refunded)
    unit = unit.with_refunds(share)
    source = _BOOKED if period.ripe else _YOUNG
    for key, value in (("economics.cancelled", unit.cancelled), ("economics.returned", unit.returned)):
        _replace(found, assumption(key, value, Basis.DATA, source))
    return unit


def _replace(found: Costing, one: Assumption) -> None:
    found.inputs = [other for other in found.inputs if other.key != one.key]
    found.inputs.append(one)


def _ads(found: Costing, base: Ground, brief: Brief) -> tuple[Decimal | None, Decimal]:
    """Money spent where the period tells, else a share of paid GMV: the agency's own where it runs the room, as `live_modes` counts it."""
    spent = found.period.ads
    if spent is not None and found.period.gmv:
        _replace(found, assumption("self_run.ad_share", spent / found.period.gmv, Basis.DATA, _SPENT))
        return spent, ZERO
    if brief.agencies and brief.self_run is None and brief.agencies[0].ad_share is not None:
        share = brief.agencies[0].ad_share
        _replace(found, assumption("self_run.ad_share", share, Basis.STATED, BRIEF))
        return None, share
    return None, base.ad_share or ZERO


def _hosts(found: Costing, brief: Brief) -> Decimal:
    """People paid by the hour, as the brief says. 0 where it names none: then they are part of the fixed cost."""
    paid = [host.hourly for host in brief.hosts if host.hourly]
    crew = brief.rota.crew_hourly or ZERO
    if not paid and not crew:
        return ZERO
    if found.period.minutes is None:
        found.lacks.append("hours_month")
        return ZERO
    hourly = (sum(paid, ZERO) / len(paid) if paid else ZERO) * brief.rota.on_air + crew
    found.inputs.append(assumption("hosts.hourly", hourly, Basis.STATED, BRIEF))
    return hourly * found.period.minutes / 60


def _part(found: Costing, hours: Assumption | None) -> Decimal | None:
    """The period's part of a month's fixed cost: whole for a month, by days for a longer time, by hours for a stream."""
    period = found.period
    if period.scope == "month":
        return ONE
    if period.scope == "room":
        return Decimal(period.days) / MONTH_DAYS
    if hours is None or period.minutes is None or not hours.value:
        return None
    if all(one.key != "hours_month" for one in found.inputs):
        found.inputs.append(hours)
    return Decimal(period.minutes) / 60 / hours.value


def _fixed(found: Costing, modes: Modes, brief: Brief, hours: Assumption | None) -> Decimal:
    """The room's own fixed cost, its part of the period. With an agency alone in the brief the room has none of its own."""
    if brief.agencies and brief.self_run is None:
        return ZERO
    own = modes.brief.self_run
    if own is None or "自播" in modes.ranges:  # a public range is no cost of this shop
        found.lacks.append("self_run.fixed")
        return ZERO
    part = _part(found, hours)
    if part is None:
        found.lacks.append("hours_month")
        return ZERO
    found.inputs += [one for one in modes.inputs if one.key == "self_run.fixed"]
    return own.fixed * part


class _Due(NamedTuple):
    """What the agency of the brief is owed in the period: commission at `rate` on `base`, and its fixed part."""

    rate: Decimal
    base: CommissionBase
    fixed: Decimal


def _agency(found: Costing, brief: Brief, unit: UnitEconomics, hours: Assumption | None) -> _Due:
    """The first agency, where the brief runs the room through one. Steps and minimum are those of the period's pace over a month."""
    if not brief.agencies or brief.self_run is not None:
        return _Due(ZERO, "received", ZERO)
    terms = brief.agencies[0]
    part = _part(found, hours)
    if not part:
        found.lacks.append("hours_month")
        return _Due(terms.commission, terms.base, ZERO)
    room = agency(terms, unit, ZERO)
    monthly = found.period.gmv / part
    share = unit.base_share(terms.base)
    rate = room.commission(monthly) / (monthly * share) if monthly and share else ZERO
    found.bases |= {"commission": Basis.STATED, "fixed": Basis.STATED}
    return _Due(rate, terms.base, room.fixed(monthly) * part)
