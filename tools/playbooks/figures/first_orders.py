"""What the first order was like and whether a second one followed: trouble with it, and the channel it came through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure
from tools.playbooks.figures.people import FIRST_DAYS, MIN_COHORT, SECOND_DAYS, BuyerDays, Traits

__all__ = ["clear_gap", "first_order_figures"]

BoolArray = npt.NDArray[np.bool_]
Rate = tuple[Decimal, int]
_COHORT_DAYS = 180
_SURE = Decimal("1.645")  # one in twenty, one side
_CHANNELS = {
    "shelf": {"shelf"},
    "live": {"live"},
    "kol": {"kol"},
    "content": {"short_video", "content", "other"},
}
_CHANNEL_WORDS = {
    "live": ("直播", "livestreams"),
    "kol": ("达人", "creators"),
    "content": ("内容与站外", "content and outside"),
}
_SECOND = (
    "满 90 天的首购买家中，90 天内另一天再次付款的比例",
    "of first-time buyers observed for 90 days, those paying again on another day",
)
_TROUBLED = (
    "最近 60 天首购、且首单超 48 小时发货或发生退款的买家",
    "first purchase in the last 60 days, shipped after 48 hours or refunded",
)
_WAITING = (
    "最近 60 天从这里首购、还没有第二单的买家",
    "first purchase there in the last 60 days and no second one yet",
)
_GAP = (
    "两组二单率之差，只在偶然很少出现这么大的差时给出",
    "difference of the rates, told only where chance rarely makes it",
)


@dataclass
class _FirstOrders:
    """Counts of recent first-time buyers and second-order rates of a mature cohort, collected as figures."""

    data: BuyerDays
    frame: Frame
    found: Produced = field(default_factory=Produced)

    def __post_init__(self) -> None:
        data, end = self.data, self.frame.window.end.toordinal()
        mature = end - SECOND_DAYS
        self.cohort = (data.first > max(mature - _COHORT_DAYS, data.start + SECOND_DAYS)) & (data.first <= mature)
        self.back = (data.second > 0) & (data.second - data.first <= SECOND_DAYS)
        self.recent = data.first > end - FIRST_DAYS
        self.span = Window(start=date.fromordinal(mature - _COHORT_DAYS + 1), end=date.fromordinal(mature))
        self.near = Window(start=days_before(self.frame.window.end, FIRST_DAYS - 1), end=self.frame.window.end)

    def rate(self, name: str, group: BoolArray, label: tuple[str, str]) -> Rate | None:
        size = int((self.cohort & group).sum())
        value = divide(int((self.cohort & group & self.back).sum()), size) if size >= MIN_COHORT else None
        self.found.add(
            figure(name, value, "ratio", label=label, formula=_SECOND, source="orders", n=size, window=self.span)
        )
        return (value, size) if value is not None else None

    def count(self, name: str, group: BoolArray, label: tuple[str, str], how: tuple[str, str]) -> None:
        people = int((self.recent & group).sum())
        self.found.add(figure(name, people, "buyers", label=label, formula=how, source="orders", window=self.near))

    def gap(self, name: str, good: Rate | None, bad: Rate | None, label: tuple[str, str]) -> None:
        self.found.add(
            figure(
                name, clear_gap(good, bad), "pp", label=label, formula=_GAP, source="orders", window=self.span, higher_is_better=False
            )
        )  # fmt: skip


def first_order_figures(data: BuyerDays, frame: Frame) -> Produced:
    """Second-order rates by the first order's trouble and channel, with the people it concerns now. Needs 30 on both sides."""
    if data.more is None:
        return Produced()
    first = _FirstOrders(data, frame)
    troubled = data.more.troubled
    if troubled.any():
        first.count("troubled_first_buyers", troubled, ("首单不顺的新客", "new buyers whose first order went wrong"), _TROUBLED)  # fmt: skip
        bad = first.rate("troubled_second_rate", troubled, ("首单不顺者的二单率", "second-order rate after trouble"))
        good = first.rate("smooth_second_rate", ~troubled, ("首单顺利者的二单率", "second-order rate without trouble"))
        first.gap("trouble_gap", good, bad, ("首单不顺的二单率差", "gap of the second-order rate after trouble"))
    _channels(first, data.more)
    return first.found


def _channels(first: _FirstOrders, more: Traits) -> None:
    of = {
        key: np.isin(more.channel, [code for code, name in enumerate(more.channels) if name in names])
        for key, names in _CHANNELS.items()
    }
    shelf = first.rate("shelf_second_rate", of["shelf"], ("货架首购者的二单率", "second-order rate of shelf buyers"))
    waiting = first.data.second == 0
    for key, (zh, en) in _CHANNEL_WORDS.items():
        if not of[key].any():
            continue
        first.count(f"{key}_first_buyers", of[key] & waiting, (f"{zh}首购、未再购的买家", f"first-time buyers from {en} without a second order"), _WAITING)  # fmt: skip
        own = first.rate(f"{key}_second_rate", of[key], (f"{zh}首购者的二单率", f"second-order rate of buyers from {en}"))  # fmt: skip
        first.gap(f"{key}_gap", shelf, own, (f"{zh}比货架低的二单率", f"gap of the second-order rate of {en} below the shelf"))  # fmt: skip


def clear_gap(good: Rate | None, bad: Rate | None) -> Decimal | None:
    """The difference in percentage points when it is above what chance alone gives once in twenty; None otherwise."""
    if good is None or bad is None or good[0] <= bad[0]:
        return None
    spread = sum(rate * (1 - rate) / size for rate, size in (good, bad))
    difference = good[0] - bad[0]
    return (difference * 100).quantize(Decimal("0.1")) if difference**2 > _SURE**2 * spread else None
