"""Who bought on which days, in one pass: per buyer a bit for every day of the last 780, and the money of two months.

Every figure about people a health reading needs is a count of bits over those rows, so the orders are read once however many
windows are asked. A buyer's days are distinct by construction (a bit is set or not): two orders on a day are one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from tools.facts import Window
from tools.metrics.bases import BASES
from tools.metrics.customers import LOOK_BACK, Group, Split, history_days
from tools.metrics.engine import remember
from tools.metrics.health_model import MONTH, months_back
from tools.metrics.reader import RELATIONS, Reader

__all__ = ["Lapsed", "People", "load_people"]

_BITS, _MASKS = 2 * MONTH, 13  # two months to a 64-bit mask
MONTHS = 2 * _MASKS
REACH = _BITS * _MASKS
QUIET = 3  # months without a purchase that make a buyer lapsed
_MONEY = 2  # months whose money is kept by buyer
Flags = NDArray[np.bool_]
Masks = NDArray[np.int64]
Counts = NDArray[np.uint16]


@dataclass(frozen=True)
class Lapsed:
    """Buyers of two or more days who stayed away for 90 days at a point in time, and how many of them came in the 30 days after."""

    people: int
    back: int

    @property
    def rate(self) -> Decimal:
        return Decimal(self.back) / self.people


@dataclass(frozen=True)
class People:
    """One row per buyer of the last 780 days. Month 0 is the last 30 days, month k ends k x 30 days earlier.

    `days` and `goods` hold one bit a day ([mask, buyer]; `goods` without service orders). `paid` and `bought` count their bits up
    to each month's end ([months, buyer]), so the days of any run of months are one subtraction.
    """

    days: Masks
    goods: Masks
    paid: Counts
    bought: Counts
    cents: Masks  # [month, buyer]
    orders: Masks
    history: int  # days of orders there are

    @classmethod
    def of(cls, days: Masks, goods: Masks, cents: Masks, orders: Masks, history: int) -> People:
        paid = _by_month(days)
        return cls(days, goods, paid, paid if goods is days else _by_month(goods), cents, orders, history)

    def months(self, span: int = MONTH) -> int:
        """How many whole periods of `span` days, each ending a month before the next, the data hold."""
        return (min(self.history, REACH) - span) // MONTH + 1 if self.history >= span else 0

    def year_before(self, month: int, masks: Masks, counts: Counts) -> Counts:
        """Days paid on in the 365 days before month `month - 1`: twelve months and five days."""
        found: Counts = counts[min(month + 12, MONTHS)] - counts[month] + _tail(masks, month + 12)
        return found

    def active(self, k: int) -> Counts:
        found: Counts = self.paid[k + 1] - self.paid[k]
        return found

    def split(self, k: int) -> tuple[Flags, Flags]:
        """Who is new and who returns in month `k` back: no / any payment in the 365 days before it."""
        here, before = self.active(k) > 0, self.year_before(k + 1, self.days, self.paid) > 0
        return here & ~before, here & before

    def repurchase(self, k: int, months: int) -> tuple[int, int]:
        """Buyers with two or more purchase days in the `months` that end with month `k`, and all buyers of goods in them."""
        found = self.bought[k + months] - self.bought[k]
        return int((found >= 2).sum()), int((found >= 1).sum())

    def second(self, k: int) -> tuple[int, int]:
        """First-time buyers of month `k` who bought on a second day by the end of the third month after it, and all of them."""
        new = self.split(k)[0] & (self.bought[k + 1] > self.bought[k])
        again = self.bought[k + 1] - self.bought[k - 3] >= 2
        return int((new & again).sum()), int(new.sum())

    def lapsed(self, k: int) -> Lapsed:
        """As of the end of month `k`, coming back within the month after; for the last month nobody can be back yet."""
        good = self.year_before(k + QUIET, self.goods, self.bought) >= 2
        away = good & (self.bought[k + QUIET] == self.bought[k])
        back = away & (self.bought[k] > self.bought[k - 1]) if k else away[:0]
        return Lapsed(int(away.sum()), int(back.sum()))

    def group(self, k: int, who: Flags) -> Group:
        goods = (self.bought[k + 1] - self.bought[k])[who]
        return Group(
            buyers=int(who.sum()),
            orders=int(self.orders[k][who].sum()),
            gmv=Decimal(int(self.cents[k][who].sum())) / 100,
            paying=int((goods >= 1).sum()),
            repeat=int((goods >= 2).sum()),
        )


def _by_month(masks: Masks) -> Counts:
    counts = np.zeros((MONTHS + 1, masks.shape[1]), dtype=np.uint16)
    for k in range(MONTHS):
        np.add(counts[k], np.bitwise_count(masks[k // 2] & _month_bits(k)), out=counts[k + 1])
    return counts


def _month_bits(k: int) -> np.int64:
    return np.int64(((1 << MONTH) - 1) << (MONTH * (k % 2)))


def _tail(masks: Masks, month: int) -> Counts:
    """Days paid on in the latest five days of a month; a month beyond the reach has none."""
    if month >= MONTHS:
        return np.zeros(masks.shape[1], dtype=np.uint16)
    five = np.int64(((1 << (LOOK_BACK - 12 * MONTH)) - 1) << (MONTH * (month % 2)))
    found: Counts = np.bitwise_count(masks[month // 2] & five).astype(np.uint16)
    return found


def load_people(reader: Reader, month: Window) -> People | None:
    """Read every buyer once; None where orders carry no buyer id. What others would count anew is remembered in the reader."""
    if not reader.offers(RELATIONS["known_orders"]):
        return None
    rows = reader.buyer_days()
    back = ibis.literal(month.end).epoch_days() - rows.paid_date.epoch_days()
    t = rows.filter(rows.paid_date.between(month.end - timedelta(days=REACH - 1), month.end))
    days, goods = _masks(t.select("buyer_no", "goods", back_=back.cast("int16")).to_pyarrow())
    cents, orders = _money(t, month, days.shape[1])
    history = history_days(reader, Window(start=month.end, end=month.end)) + 1
    people = People.of(days, goods, cents, orders, history)
    _remember(
        reader, people, month, reader.run(t.group_by("paid_date").aggregate(gross=t.gross.sum(), orders=t.orders.sum()))
    )
    return people


def _masks(found: Any) -> tuple[Masks, Masks]:
    """Days, and days with goods, as bits: from rows sorted by buyer and day, a chunk of them at a time."""
    buyers = 1 + max(
        (int(batch["buyer_no"].to_numpy().max()) for batch in found.to_batches() if len(batch)), default=-1
    )
    days = np.zeros((_MASKS, buyers), dtype=np.int64)
    goods = np.zeros((_MASKS, buyers), dtype=np.int64)  # untouched memory costs nothing
    served = False
    for batch in found.to_batches():
        if not len(batch):
            continue
        buyer, back, good = (batch[name].to_numpy(zero_copy_only=False) for name in ("buyer_no", "back_", "goods"))
        served |= not good.all()
        mask = back // np.int16(_BITS)
        cell = buyer.astype(np.int64) * _MASKS - mask  # grows along the rows
        if (cell[1:] < cell[:-1]).any():
            order = np.argsort(cell, kind="stable")
            buyer, back, good, mask, cell = (part[order] for part in (buyer, back, good, mask, cell))
        starts = np.flatnonzero(np.concatenate(([True], cell[1:] != cell[:-1])))
        bits = np.int64(1) << (back - mask * np.int16(_BITS)).astype(np.int64)
        at = mask[starts], buyer[starts]
        days[at] |= np.bitwise_or.reduceat(bits, starts)
        goods[at] |= np.bitwise_or.reduceat(bits * good, starts)
    return days, goods if served else days


def _money(t: Any, month: Window, buyers: int) -> tuple[Masks, Masks]:
    """Whole cents and orders of the last two months by buyer ([month, buyer])."""
    t = t.filter(t.paid_date > month.end - timedelta(days=_MONEY * MONTH))
    older = (t.paid_date <= month.end - timedelta(days=MONTH)).ifelse(1, 0).cast("int8")
    found = t.select("buyer_no", "orders", older_=older, cents_=(t.gross * 100).cast("int64")).to_pyarrow()
    buyer, orders, older, amounts = (found[name].to_numpy() for name in ("buyer_no", "orders", "older_", "cents_"))
    cents, counts = np.zeros((_MONEY, buyers), dtype=np.int64), np.zeros((_MONEY, buyers), dtype=np.int64)
    at = older.astype(np.int64) * buyers + buyer  # one index of the flat rows: NumPy is several times faster so
    np.add.at(cents.reshape(-1), at, amounts)
    np.add.at(counts.reshape(-1), at, orders)
    return cents, counts


def _remember(reader: Reader, people: People, month: Window, by_day: Iterable[dict[str, Any]]) -> None:
    """Splits of the last months, and buyers, orders and money by month, under the keys their own modules look for."""
    for k, window in enumerate(months_back(month, _MONEY)):
        new, old = people.split(k)
        base = int((people.year_before(k + 1, people.days, people.paid) > 0).sum())
        found = Split(people.group(k, new), people.group(k, old), history_days(reader, window), base)
        reader.memo.setdefault(("split", window.start, window.end, ()), found)
    windows = months_back(month, min(people.months(), MONTHS))
    gross, orders = [Decimal(0)] * (MONTHS + 1), [0] * (MONTHS + 1)
    for row in by_day:
        k = (month.end - row["paid_date"]).days // MONTH
        gross[k], orders[k] = gross[k] + row["gross"], orders[k] + int(row["orders"])
    rows: list[dict[str, Decimal | None]] = []
    for k in range(len(windows)):
        paid = people.active(k)
        buyers = {"buyers": Decimal(int((paid > 0).sum())), "day_buyers": Decimal(int(paid.sum()))}
        rows.append({**buyers, "gross_known": gross[k], "orders_known": Decimal(orders[k])})
    relations = dict.fromkeys(("buyers", "gross_known", "orders_known"), "known_orders") | {"day_buyers": "buyer_days"}
    feeds = {base: next(feed for feed in BASES[base] if feed.relation == name) for base, name in relations.items()}
    remember(reader, feeds, windows, rows)
