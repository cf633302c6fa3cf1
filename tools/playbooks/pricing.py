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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.errors import BadArguments
from tools.seeds import load_yaml
from tools.text import Text

__all__ = ["Layer", "Offer", "Offers", "Promise", "Reached", "layers", "lowest", "parse_offers", "promise_breaks"]

Kind = Literal[
    "item_cut", "official_cut", "shop_threshold", "shop_coupon", "member_coupon", "cross_shop", "vip", "red_packet"
]
CENT = Decimal("0.01")
ZERO, ONE = Decimal(0), Decimal(1)
_MOST_CHOICES = 20_000
Money = Annotated[Decimal, Field(ge=0, le=Decimal("1e8"))]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Layer:
    order: int
    group: str
    funded: Decimal
    label: Text


@cache
def layers() -> dict[str, Layer]:
    """The layers by kind, as data."""
    return {
        kind: Layer(row["order"], row["group"], Decimal(str(row["funded"])), Text(row["zh"], row["en"]))
        for kind, row in load_yaml("pricing.yaml")["layers"].items()
    }


class Offer(_Part):
    """One discount. Exactly one of `off` (money) and `rate` (0.15 = 15 % off); `per` repeats it for every full threshold."""

    kind: Kind
    name: str = Field(default="", max_length=80)
    off: Money | None = None
    rate: Share | None = None
    threshold: Money = ZERO
    repeats: bool = False
    cap: Money | None = None
    starts: date | None = None
    ends: date | None = None
    audience: str | None = None  # members, 88VIP …; empty: everyone
    room: str | None = None  # only in this room or channel; empty: everywhere
    merchant_share: Share | None = None
    group: str | None = None

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
    def label(self) -> str:
        return self.name or self.layer.label.zh

    def applies(self, day: date, room: str | None, audiences: frozenset[str]) -> bool:
        dated = (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)
        here = self.room is None or self.room == room
        return dated and here and (self.audience is None or self.audience in audiences)

    def saves(self, amount: Decimal) -> Decimal:
        """What it takes off an amount, in whole cents; never more than there is."""
        if amount < self.threshold:
            return ZERO
        times = amount // self.threshold if self.repeats and self.threshold else ONE
        saved = self.off * times if self.off is not None else amount * (self.rate or ZERO)
        saved = min(saved, amount, self.cap if self.cap is not None else amount)
        return saved.quantize(CENT, ROUND_HALF_UP)


class Promise(_Part):
    """A room was promised the lowest price, or a price nobody goes under, until a day."""

    room: str
    price: Money | None = None  # empty: whatever the room itself reaches
    until: date | None = None


class Offers(_Part):
    """An item and everything that takes money off it. Gifts cost money and change no price."""

    sku: str
    title: str
    list_price: Annotated[Decimal, Field(gt=0, le=Decimal("1e8"))]
    cost: Money | None = None
    fee_rate: Share | None = None
    gift_cost: Money = ZERO
    offers: tuple[Offer, ...] = ()
    rooms: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    most_pieces: Annotated[int, Field(ge=1, le=10)] = 3
    low_days: Annotated[int, Field(ge=1, le=365)] = 30
    protect_days: Annotated[int, Field(ge=0, le=90)] = 0  # 价保: ask the merchant, no default is safe


@dataclass(frozen=True)
class Reached:
    """A price per piece that some buyer can reach, with the path to it. Money per piece."""

    price: Decimal
    pieces: int
    room: str | None
    audiences: frozenset[str]
    path: tuple[tuple[str, Decimal], ...]  # offer and what it saves on the whole basket
    merchant_pays: Decimal
    platform_pays: Decimal
    margin: Decimal | None  # what is left of price and platform money after fee, cost and gift; None without a cost


def parse_offers(raw: object) -> Offers:
    """Validate plain data. Raises BadArguments naming every wrong field, in both languages."""
    if not isinstance(raw, dict):
        raise BadArguments(Text("到手价需要一组“字段: 值”。", "A price needs a set of `field: value` lines."))
    try:
        found = Offers.model_validate(raw)
    except ValidationError as error:
        wrong = [_wrong(one) for one in error.errors(include_url=False, include_input=False)[:8]]
        raise BadArguments(
            Text(
                f"到手价里有字段不对：{'；'.join(wrong)}。", f"Some fields of the price are wrong: {'; '.join(wrong)}."
            )
        ) from error
    if _choices(found.offers) > _MOST_CHOICES:
        raise BadArguments(
            Text(
                "优惠太多，叠加组合超过上限；请只留同一时间有效的优惠。",
                "Too many offers to try every combination; keep those valid together.",
            )
        )
    return found


def _wrong(error: Any) -> str:
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"]) or "price"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def lowest(item: Offers, day: date, *, room: str | None = None, audiences: Iterable[str] = ()) -> Reached:
    """The lowest price per piece on a day in a room for a buyer of these audiences; the smallest basket that reaches it."""
    who = frozenset(audiences)
    usable = [offer for offer in item.offers if offer.applies(day, room, who)]
    groups: dict[str, list[Offer | None]] = {}
    for offer in usable:
        groups.setdefault(offer.group or offer.layer.group, [None]).append(offer)
    best: Reached | None = None
    for pieces in range(1, item.most_pieces + 1):
        for choice in product(*groups.values()):
            chosen = sorted((o for o in choice if o is not None), key=lambda o: (o.layer.order, o.label))
            reached = _reach(item, pieces, chosen, room, who)
            if best is None or reached.price < best.price:
                best = reached
    if best is None:  # range() of at least one piece
        raise AssertionError("no basket was tried")
    return best


def _reach(item: Offers, pieces: int, chosen: Sequence[Offer], room: str | None, who: frozenset[str]) -> Reached:
    left = item.list_price * pieces
    path: list[tuple[str, Decimal]] = []
    merchant = platform = ZERO
    for offer in chosen:
        saved = offer.saves(left)
        if not saved:
            continue
        left -= saved
        share = offer.layer.funded if offer.merchant_share is None else offer.merchant_share
        merchant += saved * share
        platform += saved * (ONE - share)
        path.append((offer.label, saved))
    price = (left / pieces).quantize(CENT, ROUND_HALF_UP)
    income = (left + platform) / pieces
    margin = None
    if item.cost is not None and item.fee_rate is not None:
        margin = (income * (ONE - item.fee_rate) - item.cost - item.gift_cost / pieces).quantize(CENT, ROUND_HALF_UP)
    return Reached(
        price, pieces, room, who, tuple(path), (merchant / pieces).quantize(CENT), (platform / pieces).quantize(CENT), margin
    )  # fmt: skip


def promise_breaks(item: Offers, day: date, reached: Sequence[Reached]) -> list[tuple[Promise, Reached, Decimal]]:
    """Promises that another room's reachable price undercuts: the promise, who breaks it, and the price promised."""
    found = []
    for promise in item.promises:
        if promise.until is not None and day > promise.until:
            continue
        own = min((r.price for r in reached if r.room == promise.room), default=None)
        floor = promise.price if promise.price is not None else own
        if floor is None:
            continue
        found += [(promise, r, floor) for r in reached if r.room != promise.room and r.price < floor]
    return found


def _choices(offers: Sequence[Offer]) -> int:
    counts: dict[str, int] = {}
    for offer in offers:
        group = offer.group or offer.layer.group
        counts[group] = counts.get(group, 1) + 1
    total = 1
    for count in counts.values():
        total *= count
    return total
