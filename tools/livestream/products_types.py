"""What a rundown is made of: candidates, rules, the audience a plan expects, and the plan itself, as plain frozen rows.

Minutes count from the start of the session. A session runs in rounds of a half hour, the grain at which a room's audience is known. An
airing is one item on air once: its talk minutes, then the change to the next item. Airings of a round follow each other without a gap
and end with it; what is left of a round goes to questions from the audience.
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
NO_NOTE = Text("", "")
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
    """People expected to come in per round of `step` minutes (the last one may be short), and where they thin out or peak."""

    minutes: int
    people: tuple[Decimal, ...]  # per round
    basis: Basis = Basis.DATA
    sessions: int = 0  # n behind it
    weights: tuple[int, ...] = ()  # orders seen per round, behind the curve
    step: int = 30

    def length(self, r: int) -> int:
        """Minutes of round `r`."""
        return min(self.step, self.minutes - self.step * r)

    def per_minute(self, r: int) -> Decimal:
        """People a minute in round `r`."""
        return self.people[r] / self.length(r)

    @cached_property
    def prime(self) -> frozenset[int]:
        """Prime time: the quarter of the rounds (at least one) with the most people a minute; earlier first among equals."""
        rank = sorted(range(len(self.people)), key=lambda r: (-self.per_minute(r), r))
        return frozenset(rank[: -(-len(self.people) // 4)])

    @cached_property
    def troughs(self) -> tuple[int, ...]:
        """Rounds, never the first, that lie under both neighbours (or under the one before the end) and 10 % under the mean."""
        flow = [self.per_minute(r) for r in range(len(self.people))]
        floor, last = Decimal("0.9") * sum(self.people) / self.minutes, len(flow) - 1
        return tuple(
            r
            for r in range(1, len(flow))
            if flow[r] < floor and flow[r] < flow[r - 1] and (r == last or flow[r] <= flow[r + 1])
        )


@dataclass(frozen=True)
class Rules:
    """What a rundown must keep. `off` names rules that do not apply: see `tools.livestream.products_rules.RULE_NAMES`."""

    change: int = 1
    in_a_row: int = 2  # blocks of one role
    hero_gap: int = (
        30  # most minutes from one hero's start to the next, and from the start and to the end of the session
    )
    hook_within: int = (
        30  # a hook is on in the rounds that begin in the first minutes; and closes the round before each trough
    )
    shares: Mapping[Role, tuple[int, int]] = field(
        default_factory=lambda: {"hook": (15, 20), "hero": (40, 50), "profit": (25, 30), "image": (5, 10)}
    )
    hard_shares: bool = False  # False: an item outside a band costs `Values.share_cost`
    margin_floor: Decimal = Decimal(0)  # money left per yuan, for every role but the hook
    safety: Decimal = Decimal("1.28")  # z: 90 % of sessions covered
    reserved: tuple[Reserved, ...] = ()
    apart: Mapping[Role, int] = field(
        default_factory=lambda: {"hero": 1, "hook": 1, "bridge": 2, "profit": 2, "image": 2}
    )  # of so many rounds in a row an item is on in one at most
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
    note: Text = NO_NOTE


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
