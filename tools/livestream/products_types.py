"""What a rundown is made of: candidates, rules, the audience a plan expects, and the plan itself, as plain frozen rows.

Minutes count from the start of the session. An airing is one item on air once: its talk minutes, then the change to the next item.
Demand of an airing is counted at the audience of the ten-minute segment it starts in, so that only the segment, and not the order
inside it, moves money; the order inside is ruled by roles, hooks, runs and pins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Literal

from tools.livestream.assumption import Basis
from tools.livestream.brief import Role
from tools.text import Text

__all__ = [
    "ROLE_NAMES",
    "SEGMENT",
    "Audience",
    "Block",
    "Candidate",
    "Conflict",
    "Kind",
    "ProductPlan",
    "Reserved",
    "Rules",
]

Kind = Literal["talk", "hook", "coupon", "lottery", "interaction"]
SEGMENT = 10  # minutes; a repeat of an item and the audience of an airing are counted by segment
ROLE_NAMES: dict[Role, Text] = {
    "hook": Text("引流", "hook"),
    "bridge": Text("承接", "bridge"),
    "hero": Text("主推", "hero"),
    "profit": Text("利润", "profit"),
    "image": Text("形象", "image"),
}


@dataclass(frozen=True)
class Candidate:
    """One item that may go on air. `margin` is money a sold piece leaves (net of returns, cost, fees, parcels); below 0 it loses.

    `rate`: pieces sold per 1,000 people who come while it is on. `stock` None: unknown, so nothing is capped and nothing checked.
    `limit`: pieces offered per airing (限量). `spread`: coefficient of variation of its sales. `sold`/`reach` (pieces, thousand people):
    the history behind the rate, shrinkage included; they make the Gamma the resampling draws from.
    """

    sku: str
    title: str
    role: Role
    price: Decimal
    margin: Decimal
    talk: int
    rate: Decimal
    stock: int | None = None
    floor: Decimal | None = None
    limit: int | None = None
    spread: Decimal = Decimal("0.5")
    sold: Decimal = Decimal(0)
    reach: Decimal = Decimal(0)
    refund: Decimal | None = None
    pinned: int | None = None
    must: bool = False
    basis: Mapping[str, Basis] = field(default_factory=dict)
    n: int = 0  # pieces actually sold in the history read
    product_id: str = ""

    @property
    def share(self) -> Decimal:
        """Money left per yuan of paid GMV."""
        return self.margin / self.price


@dataclass(frozen=True)
class Reserved:
    """Minutes kept free of goods: handing out coupons, drawing a lottery."""

    kind: Literal["coupon", "lottery"]
    start: int
    minutes: int


@dataclass(frozen=True)
class Audience:
    """People expected to come in per half hour of the session (the last one may be short), and where they thin out or peak."""

    minutes: int
    people: tuple[Decimal, ...]  # per half hour
    basis: Basis = Basis.DATA
    sessions: int = 0  # n behind it
    weights: tuple[int, ...] = ()  # orders seen per half hour, behind the curve

    def per_minute(self, minute: int) -> Decimal:
        half = min(minute // 30, len(self.people) - 1)
        return self.people[half] / min(30, self.minutes - 30 * half)

    @cached_property
    def prime(self) -> frozenset[int]:
        """Half hours of the highest audience per minute: a quarter of the session, at least one; earlier ones first among equals."""
        rank = sorted(range(len(self.people)), key=lambda h: (-self.per_minute(30 * h), h))
        return frozenset(rank[: -(-len(self.people) // 4)])

    @cached_property
    def troughs(self) -> tuple[int, ...]:
        """Minutes at which a half hour begins that lies under both neighbours or ends the session, and 10 % under the mean."""
        flow = [self.per_minute(30 * h) for h in range(len(self.people))]
        mean = sum(self.people) / self.minutes
        low = [
            h
            for h in range(1, len(flow))
            if flow[h] < Decimal("0.9") * mean
            and flow[h] <= flow[h - 1]
            and (h + 1 == len(flow) or flow[h] < flow[h + 1])
        ]
        return tuple(30 * h for h in low)


@dataclass(frozen=True)
class Rules:
    """What a rundown must keep. `off` names rules that do not apply: see `tools.livestream.products_rules.RULES`."""

    change: int = 1
    in_a_row: int = 2
    hero_every: int = 25
    hook_within: int = 30  # a hook starts within the first minutes
    hook_lead: int = 10  # and within the minutes before each trough
    shares: Mapping[Role, tuple[int, int]] = field(
        default_factory=lambda: {"hook": (15, 20), "hero": (40, 50), "profit": (25, 30), "image": (5, 10)}
    )
    hard_shares: bool = False  # False: an item outside a band costs `share_cost`
    margin_floor: Decimal = Decimal(0)  # money left per yuan, for every role but the hook
    safety: Decimal = Decimal("1.28")  # z: 90 % of sessions covered
    reserved: tuple[Reserved, ...] = ()
    apart: Mapping[Role, int] = field(
        default_factory=lambda: {"hero": 2, "hook": 2, "bridge": 6, "profit": 6, "image": 6}
    )
    grid: int = 1  # minutes between possible starts
    off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Block:
    """A stretch of the rundown. `minutes` is talk time without the change that follows; `link` the number in the shopping bag."""

    kind: Kind
    start: int
    minutes: int
    sku: str = ""
    title: str = ""
    role: Role | None = None
    link: int | None = None
    price: Decimal | None = None
    units: Decimal | None = None  # pieces expected in this airing
    note: Text = Text("", "")


@dataclass(frozen=True)
class Conflict:
    """A rule of a minimal set that cannot all hold, in words, and what to change."""

    rule: str
    what: Text
    change: Text


@dataclass(frozen=True)
class ProductPlan:
    """A rundown with what it is expected to bring and how far it is proven. Money in shop currency."""

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    minutes: int
    blocks: tuple[Block, ...] = ()
    contribution: Decimal = Decimal(0)
    gmv: Decimal = Decimal(0)
    units: Decimal = Decimal(0)
    objective: Decimal = Decimal(0)  # contribution less the price of shares missed
    bound: Decimal = Decimal(0)
    seconds: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    audience: Audience | None = None
    rules: Rules = field(default_factory=Rules)
    conflicts: tuple[Conflict, ...] = ()
    set_aside: tuple[Text, ...] = ()  # rules that could not apply, and why

    @property
    def gap(self) -> Decimal:
        """(bound - objective) / |objective|, 0 when proven optimal."""
        if self.status == "optimal" or self.bound == self.objective:
            return Decimal(0)
        base = abs(self.objective) or Decimal(1)
        return ((self.bound - self.objective) / base).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)

    def talks(self) -> tuple[Block, ...]:
        """Airings of items, in order."""
        return tuple(block for block in self.blocks if block.sku)
