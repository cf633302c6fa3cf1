"""Groups a shop can address and how many of each came back within a month on their own, now and at eleven earlier dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, divide, figure
from tools.playbooks.figures.people import MIN_COHORT, MONTH, BuyerDays

__all__ = ["AUDIENCES", "Audience", "Seen", "audience_figures", "return_rate", "seen_on"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_YEAR = 365
_HISTORY = 11


@dataclass(frozen=True)
class Seen:
    """What was known of every buyer on a day: the last pay day (0 = none yet), pay days within a year, the day of joining."""

    day: int
    last: IntArray
    within_year: IntArray
    joined: IntArray

    @property
    def quiet(self) -> IntArray:
        """Days since the last payment; very many for someone not seen yet."""
        return np.where(self.last > 0, self.day - self.last, 10 * _YEAR)

    @property
    def member(self) -> BoolArray:
        return (self.joined > 0) & (self.joined <= self.day)


@dataclass(frozen=True)
class Audience:
    """One group. `name` is its count's figure, `rate` that of its return; `who` says who is in it on a day."""

    name: str
    rate: str
    who: Callable[[Seen], BoolArray]
    label: tuple[str, str]
    rule: tuple[str, str]
    members: bool = False


AUDIENCES = (
    Audience(
        "growing_buyers", "growing_return_rate", lambda s: (s.quiet > MONTH) & (s.quiet <= 90),
        ("成长期买家", "buyers due again"),
        ("最近一次付款在 31–90 天前的买家", "buyers whose last payment was 31 to 90 days ago"),
    ),
    Audience(
        "frequent_buyers", "frequent_return_rate", lambda s: (s.quiet <= MONTH) & (s.within_year >= 2),
        ("近期活跃老客", "active regular buyers"),
        ("30 天内付款、一年内至少 2 个付款日的买家", "buyers of the last 30 days with 2 or more pay days in a year"),
    ),
    Audience(
        "loyal_buyers", "loyal_return_rate", lambda s: (s.quiet <= _YEAR) & (s.within_year >= 3),
        ("常客", "loyal buyers"),
        ("一年内至少 3 个付款日的买家", "buyers with 3 or more pay days in a year"),
    ),
    Audience(
        "near_tier_members", "near_tier_rate", lambda s: s.member & (s.within_year == 2),
        ("差一次就到第三单的会员", "members one order short of the third"),
        ("一年内恰好 2 个付款日的会员", "members with exactly 2 pay days in a year"),
        members=True,
    ),
    Audience(
        "idle_members", "idle_member_rate", lambda s: s.member & (s.last <= s.joined) & (s.day - s.joined > MONTH) & (s.day - s.joined <= _YEAR),
        ("入会后还没再买的会员", "members without an order since joining"),
        ("入会 31–365 天、入会日之后没有付款的会员", "members for 31 to 365 days without a payment after the day of joining"),
        members=True,
    ),
    Audience(
        "members_on_record", "member_active_rate", lambda s: s.member,
        ("有订单的会员", "members with orders"),
        ("有入会日期的买家", "buyers with a day of joining"),
        members=True,
    ),
)  # fmt: skip


def seen_on(data: BuyerDays, day: int) -> Seen:
    """Reduce the pay days up to `day` to one row per buyer."""
    starts = np.flatnonzero(np.r_[True, data.buyer[1:] != data.buyer[:-1]])
    past = data.day <= day
    last = np.maximum.reduceat(np.where(past, data.day, 0), starts)
    within = np.add.reduceat((past & (data.day > day - _YEAR)).astype(np.int64), starts)
    joined = data.more.joined if data.more is not None else np.zeros(data.buyers, dtype=np.int64)
    return Seen(day, last, within, joined)


def return_rate(data: BuyerDays, group: BoolArray, day: int) -> tuple[Decimal, int] | None:
    """Of the group on `day`, the share that paid within the next 30 days, and its size; None for fewer than 30 people."""
    size = int(group.sum())
    if size < MIN_COHORT:
        return None
    back = np.zeros(data.buyers, dtype=bool)
    back[data.buyer[(data.day > day) & (data.day <= day + MONTH)]] = True
    rate = divide(int((group & back).sum()), size)
    return (rate, size) if rate is not None else None


def audience_figures(data: BuyerDays, frame: Frame) -> Produced:
    """The size of every group at the end of the window, its return in the last 30 days and at earlier dates."""
    found = Produced()
    end = frame.window.end.toordinal()
    known = data.more is not None and bool((data.more.joined > 0).any())
    # A year of pay days has to lie before a date for its groups to mean the same.
    dates = [end - MONTH * (k + 1) for k in range(_HISTORY + 1)]
    past = [seen_on(data, day) for day in dates if day - _YEAR >= data.start]
    now = seen_on(data, end)
    for each in AUDIENCES:
        if each.members and not known:
            continue
        found.add(
            figure(
                each.name, int(each.who(now).sum()), "buyers",
                label=each.label, formula=each.rule, source="orders, customers" if each.members else "orders", window=frame.window,
            )
        )  # fmt: skip
        rates = [return_rate(data, each.who(seen), seen.day) for seen in past]
        if not rates or rates[0] is None:
            continue
        zh, en = each.label
        found.add(
            figure(
                each.rate, rates[0][0], "ratio",
                label=(f"{zh} 30 天自然回购率", f"share of {en} paying within 30 days"),
                formula=("某日的这批人中，之后 30 天内付款的比例", "of these people on a day, those paying in the next 30 days"),
                source="orders", n=rates[0][1],
                window=Window(start=date.fromordinal(end - MONTH + 1), end=frame.window.end),
                history=tuple(rate[0] for rate in reversed(rates[1:]) if rate is not None),
            )
        )  # fmt: skip
    return found
