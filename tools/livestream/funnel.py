"""The funnel of a stream as a chain of counts: which columns both the stream and the room's history hold, and the steps between them.

Identity (knowhow A2): GMV = hours × impressions an hour × 进入率 × 商品曝光率 × 商品点击率 × 点击-创建 × 创建-成交 × 客单价. A count that is not
there merges the steps on both sides of it, so that the product still is the GMV. Stay, refunds and ads stand beside the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from tools.livestream.room import LiveSession

__all__ = ["LEAST", "LINKS", "ORDER", "Chain", "Kind", "Node", "Step", "chain_of"]

LEAST = 8  # past streams with a figure before it is something to compare with
Kind = Literal["volume", "rate", "times", "money", "seconds", "refund", "return"]
ZERO = Decimal(0)
Value = Callable[[LiveSession], Decimal | None]
# In the order a review reads them (knowhow A9).
ORDER = ("exposure", "entry", "stay", "product_exposure", "click", "create", "pay", "order_value", "refund", "ads")
LINKS = ("exposure", "entry", "product_exposure", "click", "create", "pay", "order_value")


def _column(name: str) -> Value:
    def read(one: LiveSession) -> Decimal | None:
        value = getattr(one, name)
        return None if value is None or value < 0 else Decimal(value)

    return read


def _hours(one: LiveSession) -> Decimal | None:
    """Hours on air; a length no stream can have is not known."""
    return None if one.minutes is None or not 0 < one.minutes <= 24 * 60 else Decimal(one.minutes) / 60


def _one(_: LiveSession) -> Decimal | None:
    return Decimal(1)


@dataclass(frozen=True)
class Node:
    """A place of the chain and the column it is read from. `place` counts the links before it."""

    place: int
    column: str
    read: Value


# Per place the columns that may hold it, best first: people before times.
_PLACES: tuple[tuple[str, ...], ...] = (
    ("hours", "stream"), ("impressions",), ("viewers", "views"), ("item_viewers",), ("item_clickers", "item_clicks"),
    ("order_creators",), ("buyers", "orders"), ("paid_amount",),
)  # fmt: skip
_TIMES = frozenset({"views", "item_clicks"})
_SPECIAL: dict[str, Value] = {"hours": _hours, "stream": _one}


@dataclass(frozen=True)
class Step:
    """One ratio of the funnel: `above` over `below`. `key` is the last link it covers, `links` all of them (more than one: merged)."""

    key: str
    links: tuple[str, ...]
    kind: Kind
    above: str
    below: str
    top: Value
    base: Value

    def value(self, one: LiveSession) -> Decimal | None:
        """None where a count is missing or nothing came in to divide by."""
        top, base = self.top(one), self.base(one)
        return None if top is None or not base else top / base


@dataclass(frozen=True)
class Chain:
    """The chain of one stream against its history. `side` steps are not factors of GMV. `absent`: columns the stream itself lacks."""

    nodes: tuple[Node, ...]
    steps: tuple[Step, ...]
    side: tuple[Step, ...]
    absent: tuple[str, ...]

    @property
    def ordered(self) -> tuple[Step, ...]:
        return tuple(sorted((*self.steps, *self.side), key=lambda step: ORDER.index(step.key)))

    @property
    def whole(self) -> bool:
        """Whether the chain ends in GMV."""
        return bool(self.nodes) and self.nodes[-1].column == "paid_amount"


def _read(column: str) -> Value:
    return _SPECIAL.get(column) or _column(column)


def _node(place: int, one: LiveSession, history: Sequence[LiveSession]) -> Node | None:
    """The best column that the stream and enough of its history hold; any that the stream holds where there is no history."""
    held = [name for name in _PLACES[place] if _read(name)(one) is not None]
    for name in held:
        read = _read(name)
        if len(history) < LEAST or sum(read(past) is not None for past in history) >= max(LEAST, len(history) // 2):
            return Node(place, name, read)
    return None


def chain_of(one: LiveSession, history: Sequence[LiveSession]) -> Chain:
    """The steps that can be read of `one` with `history`."""
    nodes = tuple(node for place in range(len(_PLACES)) if (node := _node(place, one, history)) is not None)
    steps = []
    for before, after in pairwise(nodes):
        links = LINKS[before.place : after.place]
        steps.append(Step(links[-1] if before.place else links[0], links, _kind(before, after), after.column, before.column, after.read, before.read))  # fmt: skip
    absent = tuple(names[0] for names in _PLACES if all(_read(name)(one) is None for name in names))
    return Chain(nodes, tuple(steps), _side(one, history), absent)


def _kind(before: Node, after: Node) -> Kind:
    if after.column == "paid_amount":
        return "money"
    if before.place == 0:
        return "volume"
    mixed = (after.column in _TIMES) and (before.column not in _TIMES)
    return "times" if mixed else "rate"


def _side(one: LiveSession, history: Sequence[LiveSession]) -> tuple[Step, ...]:
    """Stay, refunded share and what a yuan of ads brought, each where stream and history hold it."""
    found = []
    watched, spent, back, paid = (_column(name) for name in ("watch_seconds", "ad_spend", "refund_amount", "paid_amount"))  # fmt: skip

    def both(*reads: Value) -> bool:
        if any(read(one) is None for read in reads):
            return False
        count = sum(all(read(past) is not None for read in reads) for past in history)
        return len(history) < LEAST or count >= LEAST

    def refunded(one: LiveSession) -> Decimal | None:
        """Refunded money as so many orders of mean value, which makes it a count; its share of orders is its share of GMV."""
        money, gmv, orders = back(one), paid(one), one.orders if one.orders is not None else one.buyers
        return None if money is None or not gmv or not orders else money * orders / gmv

    def ordered(one: LiveSession) -> Decimal | None:
        orders = one.orders if one.orders is not None else one.buyers
        return None if orders is None else Decimal(orders)

    for people in ("viewers", "views"):
        if both(watched, _column(people)):
            found.append(Step("stay", ("stay",), "seconds", "watch_seconds", people, watched, _column(people)))
            break
    if both(refunded, ordered):
        found.append(Step("refund", ("refund",), "refund", "refund_amount", "paid_amount", refunded, ordered))
    if both(spent, paid) and spent(one):
        found.append(Step("ads", ("ads",), "return", "paid_amount", "ad_spend", paid, spent))
    return tuple(found)
