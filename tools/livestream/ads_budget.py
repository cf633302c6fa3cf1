"""A budget over the plans that stand: by the next yuan where a response was fitted, at most as today where none was, nothing where one loses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tools.livestream.ads_verdict import Standing
from tools.livestream.saturation import Curve
from tools.livestream.saturation_split import Offer, split_budget

__all__ = ["Budget", "Part", "plan_budget"]

_STRAIGHT = 1e6  # a scale this many times the spend is a straight line


@dataclass(frozen=True)
class Part:
    """What one plan gets a day. `gain` expected credited sales a day with a 90 % interval; `fitted` tells a response from today's mean return."""

    standing: Standing
    daily: Decimal
    gain: Decimal
    low: Decimal
    high: Decimal
    next_yuan: Decimal
    fitted: bool
    capped: bool


@dataclass(frozen=True)
class Budget:
    """The split. `kept` a day is better not spent (`why` "margin") or lies beyond any spend seen (`why` "seen"); `left` a day after ads."""

    days: int
    daily: Decimal
    parts: tuple[Part, ...]
    kept: Decimal
    why: Literal["margin", "seen"] | None
    left: Decimal


def plan_budget(standings: Sequence[Standing], budget: Decimal, days: int) -> Budget | None:
    """None where no plan has a margin to be judged by, or every plan should stop."""
    some = [one for one in standings if one.margin and one.margin > 0 and not one.upper and one.action not in ("stop", "unknown")]  # fmt: skip
    if not some:
        return None
    daily = budget / days
    offers = [one.offer or _as_today(one) for one in some]
    split = split_budget(offers, float(daily))
    parts = []
    for one, share in zip(some, split.shares, strict=True):
        fitted = one.offer is not None
        parts.append(
            Part(one, _yuan(share.spend), _yuan(share.gain), _yuan(share.low), _yuan(share.high), Decimal(str(round(share.next_yuan, 4))), fitted, share.capped)
        )  # fmt: skip
    parts.sort(key=lambda part: -part.daily)
    kept = max(daily - sum((part.daily for part in parts), Decimal(0)), Decimal(0))
    kept = kept if kept > daily * Decimal("0.005") else Decimal(0)
    why: Literal["margin", "seen"] | None = None
    if kept:
        why = "seen" if any(part.capped for part in parts) else "margin"
    return Budget(days, daily, tuple(parts), kept, why, _yuan(split.left))


def _as_today(one: Standing) -> Offer:
    """A plan without a response: its mean return, up to what it spends today."""
    import numpy as np

    spend, roi = float(one.daily), float(one.sums.roi or 0)
    scale = spend * _STRAIGHT
    curve = Curve(one.plan.name, np.array([roi * scale]), np.array([scale]), spend, (0.0, spend))
    return Offer(curve, float(one.margin or 0))


def _yuan(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
