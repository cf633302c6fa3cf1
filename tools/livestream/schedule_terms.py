"""What a schedule stands on beside the response: hours a week, lengths, gaps, margin, ads and the cost of an hour, each with its basis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from tools.livestream.assumption import Assumption, Basis
from tools.livestream.brief import Brief, HostBrief
from tools.livestream.ground import Ground
from tools.livestream.roster import host_specs, wishes_for
from tools.livestream.schedule_choice import HALF, Terms
from tools.livestream.schedule_types import Response
from tools.text import Text

__all__ = ["stated_terms", "test_hours"]

_TEST_WEEK = Decimal(14)  # hours: seven short streams
_SAID, _HABIT, _DEFAULT = (
    Text("商家写的", "given by the merchant"),
    Text("直播间近一年的习惯（中位数）", "the room's habit of the last year (median)"),
    Text("默认，可在需求里改", "default, change it in the brief"),
)
_LEFT = Text("每元支付成交剩下（投流、人工之前）", "left of a yuan paid, before ads and people")
_AFTER = Text(
    "扣退款、货、平台扣点、物流之后，见测算输入", "after refunds, goods, platform fee and parcels, see the inputs"
)
_EVENING = Text("晚班多排一次的代价", "price of an evening turn over the fair share")
_SWAP = Text("少轮到一个时段的代价", "price of a turn short in a slot, so that hosts can be compared")
_THREE_HOURS = Text("默认：一位主播平均三小时（一整班）", "default: three hours of a mean host, a whole turn")
_TWO_HOURS = Text("默认：一位主播平均两小时", "default: two hours of a mean host")
_DECIDE = ("order_value", "cancelled", "returned", "cost_share", "platform_fee")


def test_hours(terms: Terms) -> Decimal:
    """Length of a test stream of a cold room."""
    return min(terms.shortest, terms.longest or terms.shortest)


def stated_terms(
    brief: Brief, response: Response, base: Ground, hosts: Sequence[HostBrief]
) -> tuple[Terms, tuple[Assumption, ...]]:
    """The terms, and each of them as an assumption to be shown."""
    rota = brief.rota
    made = _Making()
    if rota.hours_week is not None:
        week = made.take(
            "rota.hours_week", Text("每周最多播", "most hours a week"), rota.hours_week, "hours", Basis.STATED, _SAID
        )
    elif response.usual_week:
        week = made.take(
            "rota.hours_week",
            Text("每周最多播", "most hours a week"),
            _half(response.usual_week),
            "hours",
            Basis.DATA,
            _HABIT,
        )
    else:
        week = made.take(
            "rota.hours_week", Text("每周最多播", "most hours a week"), _TEST_WEEK, "hours", Basis.ASSUMED, _DEFAULT
        )
    set_ = rota.model_fields_set
    shortest = rota.shortest
    if "shortest" not in set_ and response.usual_hours is not None:
        shortest = min(shortest, max(_half(response.usual_hours), HALF))
    made.take("rota.shortest", Text("一场最短", "shortest stream"), shortest, "hours", *made.said("shortest" in set_))
    if rota.longest is not None:
        made.take("rota.longest", Text("一场最长", "longest stream"), rota.longest, "hours", Basis.STATED, _SAID)
    made.take(
        "rota.gap_hours",
        Text("两场之间至少隔", "least gap between streams"),
        rota.gap_hours,
        "hours",
        *made.said("gap_hours" in set_),
    )
    made.take(
        "rota.sessions_day",
        Text("每天最多场数", "most streams a day"),
        Decimal(rota.sessions_day),
        "times",
        *made.said("sessions_day" in set_),
    )
    unit = base.unit or base.best
    margin = None if unit is None else unit.contribution()
    if margin is not None:
        made.take("m", _LEFT, margin.quantize(Decimal("0.0001")), "ratio", _weakest(base), _AFTER)
    crew = _crew(brief, hosts, made)
    wish = wishes_for(host_specs(hosts))
    if hosts:
        made.take("wish.evening_turn", _EVENING, wish.evening_turn, "money", Basis.ASSUMED, _THREE_HOURS)
        made.take("wish.swap_turn", _SWAP, wish.swap_turn, "money", Basis.ASSUMED, _TWO_HOURS)
    terms = Terms(
        margin, base.ad_share, crew, week, rota.sessions_day, timedelta(minutes=int(rota.gap_hours * 60)), shortest, rota.longest,
        frozenset(rota.days_off),
    )  # fmt: skip
    return terms, tuple(made.items)


def _weakest(base: Ground) -> Basis:
    """The weakest basis of what decides m; parcels that are small and assumed do not count."""
    order = list(Basis)
    found = [base.assumptions[f"economics.{name}"].basis for name in _DECIDE if f"economics.{name}" in base.assumptions]
    return max(found, key=order.index, default=Basis.ASSUMED)


class _Making:
    def __init__(self) -> None:
        self.items: list[Assumption] = []

    def take(self, key: str, label: Text, value: Decimal, unit: str, basis: Basis, source: Text) -> Decimal:
        self.items.append(Assumption(key, label, value, unit, basis, source))
        return value

    @staticmethod
    def said(given: bool) -> tuple[Basis, Text]:
        return (Basis.STATED, _SAID) if given else (Basis.ASSUMED, _DEFAULT)


def _half(hours: Decimal) -> Decimal:
    """Rounded to half hours."""
    return (hours * 2).quantize(Decimal(1)) / 2


def _crew(brief: Brief, hosts: Sequence[HostBrief], made: _Making) -> Decimal | None:
    """Cost of an hour on air: hosts at their mean pay, and the people beside them. None where neither was given."""
    paid = [host.hourly for host in hosts if host.hourly]
    if not paid and brief.rota.crew_hourly is None:
        return None
    host = sum(paid, Decimal(0)) / len(paid) * brief.rota.on_air if paid else Decimal(0)
    total = (host + (brief.rota.crew_hourly or Decimal(0))).quantize(Decimal("0.01"))
    source = Text("主播平均时薪 × 在播人数 + 场控等人工", "mean pay of hosts × hosts on air + crew")
    return made.take(
        "crew_hour", Text("开播一小时的人工", "people for an hour on air"), total, "money", Basis.STATED, source
    )
