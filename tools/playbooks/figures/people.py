"""Purchases by buyer and day, with what else is known of each buyer, as arrays: read once, counted many ways."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.playbooks.figures.base import Frame, paid_orders

__all__ = ["FIRST_DAYS", "MIN_COHORT", "MONTH", "SECOND_DAYS", "BuyerDays", "IntArray", "Traits", "buyer_days"]

IntArray = npt.NDArray[np.int64]

FIRST_DAYS = 60  # first purchase this recent: the second one is still open
SECOND_DAYS = 90
MONTH = 30
MIN_COHORT = 30  # buyers a past window needs to count as history
LATE_SECONDS = 48 * 3600  # as the catalogue counts late shipments


@dataclass(frozen=True)
class Traits:
    """What else is known, per buyer: the day of joining (0 = no member), trouble with the first order, its channel's code."""

    joined: IntArray
    troubled: npt.NDArray[np.bool_]
    channel: IntArray
    channels: tuple[str, ...]


@dataclass(frozen=True)
class BuyerDays:
    """One row per buyer and pay day, sorted by buyer and day. `first` and `second` are per buyer (0 = no second day)."""

    buyer: IntArray
    day: IntArray
    cents: IntArray
    first: IntArray
    second: IntArray
    last: IntArray
    start: int  # first day of the whole history
    more: Traits | None = field(default=None, repr=False)

    @property
    def buyers(self) -> int:
        return len(self.first)


def buyer_days(frame: Frame) -> BuyerDays | None:
    """Purchases by buyer and day up to the end of the window; None without usable buyer ids."""
    orders = paid_orders(frame.shop)
    known = orders.filter(
        orders.buyer_key.notnull() & (orders.buyer_key != "") & (orders.paid_date <= frame.window.end)
    )
    facts = known.mutate(
        cents=(known.gross_amount * 100).cast("int64"),
        trouble=(
            (known.shipped_at.delta(known.paid_at, unit="second") > LATE_SECONDS) | (known.refund_amount > 0)
        ).fill_null(False).cast("int8"),
    )  # fmt: skip
    table = facts.group_by("buyer_key", "paid_date").aggregate(
        cents=facts.cents.sum(), trouble=facts.trouble.max(), channel=facts.channel.max()
    )
    joined = _joined(frame)
    if joined is not None:
        table = table.left_join(joined, table.buyer_key == joined.member_key).drop("member_key")
    else:
        table = table.mutate(member_since=table.paid_date.nullif(table.paid_date))
    arrow = table.order_by("buyer_key", "paid_date").to_pyarrow()
    if arrow.num_rows == 0:
        return None
    data = from_columns(
        np.asarray(arrow.column("buyer_key").combine_chunks().dictionary_encode().indices, dtype=np.int64),
        np.asarray(arrow.column("paid_date").cast("date32").cast("int32"), dtype=np.int64),
        np.asarray(arrow.column("cents"), dtype=np.int64),
    )
    return replace(data, more=_traits(arrow, data))


def _joined(frame: Frame) -> Any:
    """One row per buyer who joined as a member; None without the customer table."""
    if not frame.shop.has("customers") or "customers" in frame.shop.hidden:
        return None
    customers = frame.shop.table("customers")
    members = customers.filter(customers.member_since.notnull() & customers.buyer_key.notnull())
    return members.group_by(member_key=members.buyer_key).aggregate(member_since=members.member_since.min())


def _traits(arrow: Any, data: BuyerDays) -> Traits:
    starts = np.flatnonzero(np.r_[True, data.buyer[1:] != data.buyer[:-1]])
    joined = arrow.column("member_since").cast("date32").cast("int32").fill_null(-_EPOCH)
    channel = arrow.column("channel").fill_null("").combine_chunks().dictionary_encode()
    return Traits(
        joined=np.asarray(joined, dtype=np.int64)[starts] + _EPOCH,
        troubled=np.asarray(arrow.column("trouble"), dtype=np.int64)[starts] > 0,
        channel=np.asarray(channel.indices, dtype=np.int64)[starts],
        channels=tuple(channel.dictionary.to_pylist()),
    )


_EPOCH = date(1970, 1, 1).toordinal()


def from_columns(buyer: IntArray, day: IntArray, cents: IntArray) -> BuyerDays:
    """Build from sorted columns; days are counted from 1970-01-01."""
    ordinal = day + _EPOCH
    starts = np.flatnonzero(np.r_[True, buyer[1:] != buyer[:-1]])
    counts = np.diff(np.r_[starts, len(buyer)])
    second = np.where(counts > 1, ordinal[np.minimum(starts + 1, len(ordinal) - 1)], 0)
    return BuyerDays(
        buyer=np.repeat(np.arange(len(starts)), counts),
        day=ordinal,
        cents=cents,
        first=ordinal[starts],
        second=second,
        last=ordinal[starts + counts - 1],
        start=int(ordinal.min()),
    )
