"""Who bought on which days, in one pass: per buyer a bit for every day of the last 780, and the money of two months.

Every figure about people a health reading needs is a count of bits over those rows, so the orders are read once however many
windows are asked. A buyer's days are distinct by construction (a bit is set or not): two orders on a day are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from tools.facts import Window
from tools.metrics.customers import LOOK_BACK, Group, Split, history_days
from tools.metrics.health_model import MONTH, months_back
from tools.metrics.reader import RELATIONS, Reader

__all__ = ["Lapsed", "People", "load_people"]

_BITS, _MASKS = 2 * MONTH, 13  # two months to a 64-bit mask
REACH = _BITS * _MASKS
_MONEY = 2  # months whose money is kept by buyer
Flags = NDArray[np.bool_]
Masks = NDArray[np.int64]


@dataclass(frozen=True)
class Lapsed:
    """Buyers of two or more days who stayed away for 90 days at a point in time, and how many of them came in the 30 days after."""

    people: int
    back: int


@dataclass(frozen=True)
class People:
    """One row per buyer of the last 780 days. Offsets count days back from `last` (0 is the last day)."""

    last: date
    days: Masks  # [mask, buyer]: any payment
    goods: Masks  # the same without service orders
    cents: Masks  # [month, buyer]
    orders: Masks
    history: int  # days of orders there are

    def on(self, masks: Masks, start: int, end: int) -> Masks:
        """Distinct days a buyer paid on, from offset `start` to `end`, both included."""
        found = np.zeros(masks.shape[1], dtype=np.int64)
        for index in range(start // _BITS, min(end // _BITS, _MASKS - 1) + 1):
            low, high = max(start - index * _BITS, 0), min(end - index * _BITS, _BITS - 1)
            keep = np.int64(((1 << (high + 1)) - 1) ^ ((1 << low) - 1))
            found += np.bitwise_count(masks[index] & keep)
        return found

    def months(self, span: int = MONTH) -> int:
        """How many whole periods of 30 days lie before a window of `span` days ending last, that window included."""
        return max(0, min(self.history, REACH) - span) // MONTH + 1 if self.history >= span else 0

    def split(self, k: int) -> tuple[Flags, Flags]:
        """Who is new and who returns in month `k` back: no / any payment in the 365 days before it."""
        here = self.on(self.days, k * MONTH, k * MONTH + MONTH - 1) > 0
        before = self.on(self.days, (k + 1) * MONTH, (k + 1) * MONTH + LOOK_BACK - 1) > 0
        return here & ~before, here & before

    def repurchase(self, k: int, span: int) -> tuple[int, int]:
        """Buyers with two or more purchase days in the `span` days that end `k` months back, and all buyers of goods in them."""
        found = self.on(self.goods, k * MONTH, k * MONTH + span - 1)
        return int((found >= 2).sum()), int((found >= 1).sum())

    def second(self, k: int) -> tuple[int, int]:
        """First-time buyers of month `k` who bought on a second day by the end of the third month after it, and all of them."""
        new = self.split(k)[0] & (self.on(self.goods, k * MONTH, k * MONTH + MONTH - 1) > 0)
        again = self.on(self.goods, (k - 3) * MONTH, (k + 1) * MONTH - 1) >= 2
        return int((new & again).sum()), int(new.sum())

    def lapsed(self, k: int, quiet: int = 90) -> Lapsed:
        """As of the start of month `k - 1` back; `k` 0 is today, with nobody back yet."""
        start = k * MONTH
        good = self.on(self.goods, start + quiet, start + quiet + LOOK_BACK - 1) >= 2
        away = good & (self.on(self.goods, start, start + quiet - 1) == 0)
        back = away & (self.on(self.goods, start - MONTH, start - 1) > 0) if k else np.zeros(1, dtype=bool)
        return Lapsed(int(away.sum()), int(back.sum()))

    def group(self, k: int, who: Flags) -> Group:
        goods = self.on(self.goods, k * MONTH, k * MONTH + MONTH - 1)[who]
        return Group(
            buyers=int(who.sum()),
            orders=int(self.orders[k][who].sum()),
            gmv=Decimal(int(self.cents[k][who].sum())) / 100,
            paying=int((goods >= 1).sum()),
            repeat=int((goods >= 2).sum()),
        )


def load_people(reader: Reader, month: Window) -> People | None:
    """Read every buyer once; None where orders carry no buyer id. The splits of the last two months are remembered for others."""
    if not reader.offers(RELATIONS["known_orders"]):
        return None
    rows = reader.relation("known_orders")
    back = (ibis.literal(month.end).epoch_days() - rows.paid_date.epoch_days()).cast("int64")
    t = rows.filter(rows.paid_date <= month.end).mutate(back_=back)
    t = t.filter(t.back_ < REACH)
    t = t.mutate(bit_=ibis.literal(1, type="int64") << (t.back_ % _BITS), goods_=~t.is_service.fill_null(False))
    t = t.mutate(cents_=(t.gross_amount * 100).cast("int64"))
    service = bool(reader.run(t.aggregate(any_=(~t.goods_).any()))[0]["any_"])
    names: dict[str, Any] = {f"d{k}": t.bit_.bit_or(where=t.back_ // _BITS == k) for k in range(_MASKS)}
    if service:
        names |= {f"g{k}": t.bit_.bit_or(where=(t.back_ // _BITS == k) & t.goods_) for k in range(_MASKS)}
    for k in range(_MONEY):
        names |= {f"c{k}": t.cents_.sum(where=t.back_ // MONTH == k), f"o{k}": (t.back_ // MONTH == k).sum()}
    found = t.group_by("buyer_key").aggregate(**names).drop("buyer_key").to_pyarrow()
    masks = {name: _column(found, name) for name in names}
    days = _stack(masks, "d", _MASKS)
    people = People(
        last=month.end,
        days=days,
        goods=_stack(masks, "g", _MASKS) if service else days,
        cents=_stack(masks, "c", _MONEY),
        orders=_stack(masks, "o", _MONEY),
        history=history_days(reader, Window(start=month.end, end=month.end)) + 1,
    )
    _remember(reader, people, months_back(month, _MONEY))
    return people


def _column(found: Any, name: str) -> NDArray[np.int64]:
    values = found.column(name).combine_chunks().cast("int64").fill_null(0)
    result: NDArray[np.int64] = values.to_numpy(zero_copy_only=False)
    return result


def _stack(masks: dict[str, NDArray[np.int64]], letter: str, count: int) -> Masks:
    return np.stack([masks[f"{letter}{k}"] for k in range(count)])


def _remember(reader: Reader, people: People, windows: Sequence[Window]) -> None:
    """The split by new and returning buyers under the key `customers.split` looks for, so that nobody reads the orders again."""
    for k, window in enumerate(windows):
        new, old = people.split(k)
        found = Split(people.group(k, new), people.group(k, old), history_days(reader, window))
        reader.memo.setdefault(("split", window.start, window.end, ()), found)
