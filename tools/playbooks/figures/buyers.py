"""Who could buy again: first-time buyers without a second purchase, lapsed buyers, and how often either came back so far."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.facts import Window
from tools.playbooks.figures.audiences import audience_figures
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure, money
from tools.playbooks.figures.first_orders import first_order_figures
from tools.playbooks.figures.people import FIRST_DAYS, MONTH, SECOND_DAYS, BuyerDays, buyer_days
from tools.playbooks.figures.people import MIN_COHORT as _MIN_COHORT

__all__ = ["buyer_figures", "lapsed", "lapsed_return", "second_order_rate", "waiting_first_buyers"]

LAPSED_FROM, LAPSED_TO = 91, 365
_SOURCE = "orders"


def waiting_first_buyers(data: BuyerDays, end: date) -> int:
    """Buyers whose first purchase was in the last 60 days and who have not come back."""
    recent = (data.first > end.toordinal() - FIRST_DAYS) & (data.second == 0)
    return int(recent.sum())


def second_order_rate(data: BuyerDays, last_first: int, days: int) -> tuple[Decimal, int] | None:
    """Of buyers first seen in the `days` days up to `last_first`, the share back on another day within 90 days, and n."""
    cohort = (data.first > last_first - days) & (data.first <= last_first)
    size = int(cohort.sum())
    if size < _MIN_COHORT:
        return None
    back = cohort & (data.second > 0) & (data.second - data.first <= SECOND_DAYS)
    rate = divide(int(back.sum()), size)
    return (rate, size) if rate is not None else None


def lapsed(data: BuyerDays, day: int) -> npt.NDArray[np.bool_]:
    """Per buyer: the last purchase up to `day` was 91 to 365 days before it."""
    last = np.zeros(data.buyers, dtype=np.int64)
    seen = data.day <= day
    np.maximum.at(last, data.buyer[seen], data.day[seen])
    gap = day - last
    return (last > 0) & (gap >= LAPSED_FROM) & (gap <= LAPSED_TO)


def lapsed_return(data: BuyerDays, day: int) -> tuple[Decimal, int] | None:
    """Of buyers lapsed on `day`, the share that bought in the following 30 days without a plan of ours, and n."""
    group = lapsed(data, day)
    size = int(group.sum())
    if size < _MIN_COHORT:
        return None
    after = (data.day > day) & (data.day <= day + MONTH)
    back = np.zeros(data.buyers, dtype=bool)
    back[data.buyer[after]] = True
    rate = divide(int((group & back).sum()), size)
    return (rate, size) if rate is not None else None


def buyer_figures(frame: Frame) -> Produced:
    """Audiences and past rates. Nothing without buyer ids."""
    found = Produced()
    data = buyer_days(frame) if frame.shop.has("orders") else None
    if data is None:
        return found
    end = frame.window.end.toordinal()
    found.add(
        figure(
            "buyers_on_record", data.buyers, "buyers",
            label=("有标识的买家总数", "identified buyers on record"),
            formula=("有付款的不同买家标识数", "distinct buyer ids with a payment"),
            source=_SOURCE,
        )
    )  # fmt: skip
    _second_order(found, data, frame, end)
    _lapsed(found, data, frame, end)
    _value(found, data, end)
    for part in (audience_figures(data, frame), first_order_figures(data, frame)):
        found.figures |= part.figures
    return found


def _second_order(found: Produced, data: BuyerDays, frame: Frame, end: int) -> None:
    found.add(
        figure(
            "first_buyers_waiting", waiting_first_buyers(data, frame.window.end), "buyers",
            label=("近期首购、还没有第二单的买家", "recent first-time buyers without a second order"),
            formula=(f"最近 {FIRST_DAYS} 天首购且只有一个付款日的买家", f"first purchase in the last {FIRST_DAYS} days and only one pay day"),
            source=_SOURCE,
            window=Window(start=days_before(frame.window.end, FIRST_DAYS - 1), end=frame.window.end),
        )
    )  # fmt: skip
    matured = end - SECOND_DAYS
    now = second_order_rate(data, matured, 2 * MONTH)
    if now is None:
        return
    # A buyer first seen in the first 90 days of the file may have bought before it begins.
    earliest = data.start + SECOND_DAYS
    past: list[Decimal] = []
    last = matured - 2 * MONTH
    while last - MONTH >= earliest and len(past) < 12:
        rate = second_order_rate(data, last, MONTH)
        if rate is not None:
            past.append(rate[0])
        last -= MONTH
    found.add(
        figure(
            "second_order_rate", now[0], "ratio",
            label=("首购后 90 天内第二单率", "share with a second order within 90 days"),
            formula=("满 90 天的首购买家中，90 天内另一天再次付款的比例", "of first-time buyers observed for 90 days, those paying again on another day"),
            source=_SOURCE,
            n=now[1],
            window=Window(start=date.fromordinal(matured - 2 * MONTH + 1), end=date.fromordinal(matured)),
            history=tuple(reversed(past)),
        )
    )  # fmt: skip


def _lapsed(found: Produced, data: BuyerDays, frame: Frame, end: int) -> None:
    found.add(
        figure(
            "lapsed_buyers", int(lapsed(data, end).sum()), "buyers",
            label=("沉睡买家", "lapsed buyers"),
            formula=(f"最近一次付款在 {LAPSED_FROM}–{LAPSED_TO} 天前的买家", f"buyers whose last payment was {LAPSED_FROM} to {LAPSED_TO} days ago"),
            source=_SOURCE,
            window=Window(start=days_before(frame.window.end, LAPSED_TO), end=frame.window.end),
        )
    )  # fmt: skip
    now = lapsed_return(data, end - MONTH)
    if now is None:
        return
    past = [
        lapsed_return(data, end - MONTH * (k + 1))
        for k in range(1, 12)
        if end - MONTH * (k + 1) - LAPSED_FROM > data.start
    ]
    found.add(
        figure(
            "lapsed_return_rate", now[0], "ratio",
            label=("沉睡买家 30 天自然回购率", "share of lapsed buyers back within 30 days"),
            formula=("某日的沉睡买家中，之后 30 天内付款的比例", "of buyers lapsed on a day, those paying in the next 30 days"),
            source=_SOURCE,
            n=now[1],
            window=Window(start=date.fromordinal(end - MONTH + 1), end=frame.window.end),
            history=tuple(rate[0] for rate in reversed(past) if rate is not None),
        )
    )  # fmt: skip


def _value(found: Produced, data: BuyerDays, end: int) -> None:
    later = (data.day > end - 365) & (data.day > data.first[data.buyer])
    count = int(later.sum())
    if count < _MIN_COHORT:
        return
    total: Any = int(data.cents[later].sum())
    value = divide(money(total), count, 2)
    found.add(
        figure(
            "repeat_purchase_value", value, "money",
            label=("老客单次购买金额", "spend per repeat purchase"),
            formula=("近 365 天非首购的支付金额 ÷ 购买次数（同一天合并）", "paid amount of repeat purchases in 365 days ÷ purchase days"),
            source=_SOURCE,
            n=count,
            window=Window(start=date.fromordinal(max(data.start, end - 364)), end=date.fromordinal(end)),
        )
    )  # fmt: skip
