"""What the first order was like and whether a second one followed: trouble with it, and the channel it came through."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from tools.facts import Window
from tools.playbooks.figures.base import Frame, Produced, days_before, divide, figure
from tools.playbooks.figures.people import FIRST_DAYS, MIN_COHORT, SECOND_DAYS, BuyerDays

__all__ = ["first_order_figures"]

BoolArray = npt.NDArray[np.bool_]
_COHORT_DAYS = 180
_SURE = Decimal("1.645")  # one in twenty, one side


def first_order_figures(data: BuyerDays, frame: Frame) -> Produced:
    """Second-order rates by the first order's trouble and channel, with the people it concerns now. Needs 30 on both sides."""
    found = Produced()
    if data.more is None:
        return found
    end = frame.window.end.toordinal()
    matured = end - SECOND_DAYS
    cohort = (data.first > max(matured - _COHORT_DAYS, data.start + SECOND_DAYS)) & (data.first <= matured)
    recent = data.first > end - FIRST_DAYS
    back = (data.second > 0) & (data.second - data.first <= SECOND_DAYS)
    span = Window(start=date.fromordinal(matured - _COHORT_DAYS + 1), end=date.fromordinal(matured))
    near = Window(start=days_before(frame.window.end, FIRST_DAYS - 1), end=frame.window.end)
    rule = (
        "满 90 天的首购买家中，90 天内另一天再次付款的比例",
        "of first-time buyers observed for 90 days, those paying again on another day",
    )
    troubled = data.more.troubled

    def rate(name: str, group: BoolArray, zh: str, en: str) -> tuple[Decimal, int] | None:
        size = int((cohort & group).sum())
        value = divide(int((cohort & group & back).sum()), size) if size >= MIN_COHORT else None
        found.add(figure(name, value, "ratio", label=(zh, en), formula=rule, source="orders", n=size, window=span))
        return (value, size) if value is not None else None

    def count(name: str, group: BoolArray, zh: str, en: str, how: tuple[str, str]) -> None:
        found.add(
            figure(
                name, int((recent & group).sum()), "buyers", label=(zh, en), formula=how, source="orders", window=near
            )
        )

    def gap(name: str, good: tuple[Decimal, int] | None, bad: tuple[Decimal, int] | None, zh: str, en: str) -> None:
        value = clear_gap(good, bad)
        how = (
            "两组二单率之差，只在偶然很少出现这么大的差时给出",
            "difference of the rates, told only where chance rarely makes it",
        )
        found.add(
            figure(name, value, "pp", label=(zh, en), formula=how, source="orders", window=span, higher_is_better=False)
        )

    if troubled.any():
        count(
            "troubled_first_buyers",
            troubled,
            "首单不顺的新客",
            "new buyers whose first order went wrong",
            (
                "最近 60 天首购、且首单超 48 小时发货或发生退款的买家",
                "first purchase in the last 60 days, shipped after 48 hours or refunded",
            ),
        )
        bad = rate("troubled_second_rate", troubled, "首单不顺者的二单率", "second-order rate after trouble")
        good = rate("smooth_second_rate", ~troubled, "首单顺利者的二单率", "second-order rate without trouble")
        gap("trouble_gap", good, bad, "首单不顺的二单率差", "gap of the second-order rate after trouble")
    waiting = data.second == 0
    of = {
        key: np.isin(data.more.channel, [code for code, name in enumerate(data.more.channels) if name in names])
        for key, names in _CHANNELS.items()
    }
    shelf = (
        rate("shelf_second_rate", of["shelf"], "货架首购者的二单率", "second-order rate of shelf buyers")
        if of["shelf"].any()
        else None
    )
    for key, (zh, en) in _CHANNEL_WORDS.items():
        if of[key].any():
            count(
                f"{key}_first_buyers",
                of[key] & waiting,
                f"{zh}首购、未再购的买家",
                f"first-time buyers from {en} without a second order",
                (
                    "最近 60 天从这里首购、还没有第二单的买家",
                    "first purchase there in the last 60 days and no second one yet",
                ),
            )
            own = rate(f"{key}_second_rate", of[key], f"{zh}首购者的二单率", f"second-order rate of buyers from {en}")
            gap(
                f"{key}_gap",
                shelf,
                own,
                f"{zh}比货架低的二单率",
                f"gap of the second-order rate of {en} below the shelf",
            )
    return found


def clear_gap(good: tuple[Decimal, int] | None, bad: tuple[Decimal, int] | None) -> Decimal | None:
    """The difference in percentage points when it is above what chance alone gives once in twenty; None otherwise."""
    if good is None or bad is None or good[0] <= bad[0]:
        return None
    spread = sum(rate * (1 - rate) / size for rate, size in (good, bad))
    difference = good[0] - bad[0]
    return (difference * 100).quantize(Decimal("0.1")) if difference**2 > _SURE**2 * spread else None


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
