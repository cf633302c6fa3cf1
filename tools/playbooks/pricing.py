"""到手价: the lowest price a buyer can reach when offers stack, who pays for it, and what it leaves.

An offer takes money or a share off the amount that is left when its layer comes (`seeds/pricing.yaml`), once its threshold is met by that
amount. Of one group a buyer uses at most one offer; groups stack. Every choice of one offer or none per group is tried, so the
lowest price is exact; a basket of several pieces is tried too, because thresholds are met by buying more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import product
from math import prod
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tools.seeds import load_yaml
from tools.text import Text

__all__ = [
    "Layer", "Offer", "Offers", "Promise", "Reached", "Step", "choices", "layers", "lowest", "promise_breaks",
    "reach_everywhere",
]  # fmt: skip

Kind = Literal[
    "item_cut", "official_cut", "shop_threshold", "shop_coupon", "member_coupon", "cross_shop", "vip", "red_packet"
]
CENT = Decimal("0.01")
ZERO, ONE = Decimal(0), Decimal(1)
Money = Annotated[Decimal, Field(ge=0, le=Decimal("1e8"), decimal_places=2)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Layer:
    order: int
    group: str
    funded: Decimal
    label: Text
    per_piece: bool


@cache
def layers() -> dict[str, Layer]:
    """The layers by kind, as data."""
    return {
        kind: Layer(
            row["order"],
            row["group"],
            Decimal(str(row["funded"])),
            Text(row["zh"], row["en"]),
            row.get("per_piece", False),
        )
        for kind, row in load_yaml("pricing.yaml")["layers"].items()
    }


class Offer(_Part):
    """One discount. Exactly one of `off` (money) and `rate` (0.15 = 15 % off); `repeats` takes it for every full threshold."""

    kind: Kind
    name: str = Field(default="", max_length=80)
    off: Money | None = None
    rate: Share | None = None
    threshold: Money = ZERO
    repeats: bool = False
    cap: Money | None = None
    starts: date | None = None
    ends: date | None = None
    audience: Name | None = None  # members, 88VIP …; empty: everyone
    room: Name | None = None  # only in this room or channel; empty: everywhere
    merchant_share: Share | None = None
    group: Name | None = None

    @model_validator(mode="after")
    def _one_discount(self) -> Offer:
        if (self.off is None) == (self.rate is None):
            raise ValueError("give either off or rate / off 和 rate 只写一个")
        if self.repeats and not self.threshold:
            raise ValueError("repeats needs a threshold / 每满减要写门槛")
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("ends before it starts / 结束早于开始")
        return self

    @property
    def layer(self) -> Layer:
        return layers()[self.kind]

    @property
    def label(self) -> Text:
        return Text(self.name, self.name) if self.name else self.layer.label

    @property
    def exclusive(self) -> str:
        """Of one such group a buyer uses at most one offer."""
        return self.group or self.layer.group

    @property
    def share(self) -> Decimal:
        """The merchant's share of what it takes off."""
        return self.layer.funded if self.merchant_share is None else self.merchant_share

    def applies(self, day: date, room: str | None, audiences: frozenset[str]) -> bool:
        dated = (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)
        here = self.room is None or self.room == room
        return dated and here and (self.audience is None or self.audience in audiences)

    def saves(self, basket: Decimal, pieces: int = 1) -> Decimal:
        """What it takes off what is left of a basket, in whole cents; a cut of the item is taken off every piece."""
        return self._saves(basket / pieces) * pieces if self.layer.per_piece else self._saves(basket)

    def _saves(self, amount: Decimal) -> Decimal:
        if amount < self.threshold:
            return ZERO
        times = amount // self.threshold if self.repeats and self.threshold else ONE
        saved = self.off * times if self.off is not None else amount * (self.rate or ZERO)
        saved = min(saved, amount, self.cap if self.cap is not None else amount)
        return saved.quantize(CENT, ROUND_HALF_UP)


class Promise(_Part):
    """A room was promised the lowest price, or a price nobody goes under, until a day."""

    room: Name
    price: Money | None = None  # empty: whatever the room itself reaches
    until: date | None = None


class Offers(_Part):
    """An item and everything that takes money off it. Gifts cost money and change no price."""

    sku: Annotated[str, Field(max_length=64)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    list_price: Annotated[Decimal, Field(gt=0, le=Decimal("1e8"), decimal_places=2)]
    cost: Money | None = None
    fee_rate: Share | None = None
    gift_cost: Money = ZERO
    offers: Annotated[tuple[Offer, ...], Field(max_length=24)] = ()
    rooms: Annotated[tuple[Name, ...], Field(max_length=8)] = ()
    promises: Annotated[tuple[Promise, ...], Field(max_length=8)] = ()
    most_pieces: Annotated[int, Field(ge=1, le=10)] = 3
    low_days: Annotated[int, Field(ge=1, le=365)] = 30
    protect_days: Annotated[int, Field(ge=0, le=90)] | None = None  # 价保: asked, no default is safe; 0 is "none given"

    @model_validator(mode="after")
    def _named(self) -> Offers:
        if not self.sku and not self.title:
            raise ValueError("name the item by sku or title / 写上 sku 或 title 之一")
        return self


@dataclass(frozen=True)
class Step:
    """One offer on the way to a price, and what it takes off the whole basket."""

    offer: Offer
    saved: Decimal


@dataclass(frozen=True)
class Reached:
    """A price per piece that some buyer can reach, with the path to it. Money per piece."""

    price: Decimal
    pieces: int
    room: str | None
    audiences: frozenset[str]
    path: tuple[Step, ...]
    merchant_pays: Decimal
    platform_pays: Decimal
    margin: Decimal | None  # what is left of price and platform money after fee, cost and gift; None without a cost


def lowest(item: Offers, day: date, *, room: str | None = None, audiences: Iterable[str] = ()) -> Reached:
    """The lowest price per piece on a day in a room for a buyer of these audiences; the smallest basket that reaches it."""
    who = frozenset(audiences)
    usable = [offer for offer in item.offers if offer.applies(day, room, who)]
    groups: dict[str, list[Offer | None]] = {}
    for offer in usable:
        groups.setdefault(offer.exclusive, [None]).append(offer)
    best: Reached | None = None
    for pieces in range(1, item.most_pieces + 1):
        for choice in product(*groups.values()):
            chosen = sorted((o for o in choice if o is not None), key=lambda o: (o.layer.order, o.exclusive))
            reached = _reach(item, pieces, chosen, room, who)
            if best is None or reached.price < best.price:
                best = reached
    if best is None:  # range() of at least one piece
        raise AssertionError("no basket was tried")
    return best


def _reach(item: Offers, pieces: int, chosen: Sequence[Offer], room: str | None, who: frozenset[str]) -> Reached:
    left = item.list_price * pieces
    path: list[Step] = []
    merchant = platform = ZERO
    for offer in chosen:
        saved = offer.saves(left, pieces)
        if not saved:
            continue
        left -= saved
        merchant += saved * offer.share
        platform += saved * (ONE - offer.share)
        path.append(Step(offer, saved))
    price = (left / pieces).quantize(CENT, ROUND_HALF_UP)
    income = (left + platform) / pieces
    margin = None
    if item.cost is not None and item.fee_rate is not None:
        margin = (income * (ONE - item.fee_rate) - item.cost - item.gift_cost / pieces).quantize(CENT, ROUND_HALF_UP)
    taken = item.list_price - price
    # Rounded once, so that both shares add up to the discount to the cent.
    theirs = min((platform / pieces).quantize(CENT, ROUND_HALF_UP), taken) if merchant else taken
    return Reached(price, pieces, room, who, tuple(path), taken - theirs, theirs, margin)


def reach_everywhere(item: Offers, day: date) -> list[Reached]:
    """The lowest price in the shop itself and in every room named, for everyone, each audience, and who is all of them."""
    rooms: list[str | None] = [None, *item.rooms, *(o.room for o in item.offers), *(p.room for p in item.promises)]
    audiences = sorted({offer.audience for offer in item.offers if offer.audience})
    buyers = [frozenset[str](), *(frozenset({one}) for one in audiences), frozenset(audiences)]
    return [
        lowest(item, day, room=room, audiences=who) for room in dict.fromkeys(rooms) for who in dict.fromkeys(buyers)
    ]


def promise_breaks(item: Offers, day: date, reached: Sequence[Reached]) -> list[tuple[Promise, Reached, Decimal]]:
    """Promises that another room's reachable price undercuts: the promise, who breaks it, and the price promised.

    A room promised "the lowest" is compared buyer by buyer: what a member pays elsewhere against what a member pays there.
    """
    found = []
    for promise in item.promises:
        if promise.until is not None and day > promise.until:
            continue
        own = {r.audiences: r.price for r in reached if r.room == promise.room}
        for r in reached:
            floor = promise.price if promise.price is not None else own.get(r.audiences)
            if floor is not None and r.room != promise.room and r.price < floor:
                found.append((promise, r, floor))
    return found


def choices(offers: Sequence[Offer]) -> int:
    """How many ways there are to use one offer or none of each group."""
    counts: dict[str, int] = {}
    for offer in offers:
        counts[offer.exclusive] = counts.get(offer.exclusive, 1) + 1
    return prod(counts.values())
