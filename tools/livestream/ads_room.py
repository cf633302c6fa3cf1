"""The room's own ad spend: what the whole room sells beside it, whether more of it can be told to sell more, and how to spread it over a stream.

A session's sales hold natural traffic, so sales ÷ spend of a room is no return of the ads. The response is read from sessions that spent
differently, with weekday, start, length, campaign and trend taken out; where spend hardly moved nothing is read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Literal

from tools.facts import Window
from tools.livestream.ads_rows import Ads
from tools.livestream.response import campaign_days, slot_of
from tools.livestream.room import LiveSession
from tools.livestream.saturation import LEAST_DAYS, LEAST_MOVED, Curve
from tools.livestream.schedule_types import SLOTS, Response, Slot

__all__ = ["Pace", "RoomAds", "RoomTest", "pace_of", "room_ads"]

ZERO = Decimal(0)
_YEAR = 365
SHARP = 0.35  # standard error of what the next yuan leaves, in yuan, that a fit or a test has to reach
_TEST_DAYS = 56
_LEAST_TEST = 16


@dataclass(frozen=True)
class RoomTest:
    """Two levels of spend a session, in turn over `sessions` sessions, after which the next yuan is known to ± SHARP."""

    low: Decimal
    high: Decimal
    sessions: int


@dataclass(frozen=True)
class RoomAds:
    """The room in a window. `gmv` of sessions whose spend and sales are both known; `usual` median spend of a session.

    `curve` sales of a session by its spend, or None with the `reason`; `next_yuan` low, middle, high and chance of paying.
    """

    window: Window
    sessions: int
    spend: Decimal
    gmv: Decimal
    usual: Decimal
    reason: Literal["few_days", "flat", "wide"] | None
    used: int
    moved: float
    curve: Curve | None
    next_yuan: tuple[float, float, float, float] | None
    test: RoomTest | None


def room_ads(ads: Ads, window: Window, margin: Decimal | None, platform: str) -> RoomAds | None:
    """The room's ads in a window; None where no session of it carries both ad spend and sales."""
    known = [one for one in ads.streams if one.paid_amount is not None]
    now = [one for one in known if window.start <= one.day <= window.end]
    spend = sum((one.ad_spend or ZERO for one in now), ZERO)
    if not now or not spend:
        return None
    gmv = sum((one.paid_amount or ZERO for one in now), ZERO)
    usual = median(one.ad_spend or ZERO for one in now)
    past = [one for one in known if one.day > window.end - timedelta(days=_YEAR) and one.day <= window.end]
    reason, moved, noise, curve = _fit(past, window, platform, float(margin or 0))
    following = None
    if curve is not None and margin:
        import numpy as np

        made = float(margin) * curve.marginal(float(usual))
        low, middle, high = (float(q) for q in np.quantile(made, [0.05, 0.5, 0.95]))
        following = low, middle, high, float((made > 1).mean())
    test = _test(past, window, usual, noise, margin) if curve is None and noise else None
    return RoomAds(window, len(now), spend, gmv, usual, reason, len(past), moved, curve, following, test)


def _fit(past: Sequence[LiveSession], window: Window, platform: str, margin: float) -> tuple[Any, float, float | None, Curve | None]:  # fmt: skip
    """Why not, how far spend moved, spread of a session's sales, and the curve."""
    import numpy as np

    from tools.livestream.saturation_channels import fit_channels

    controls = _controls(past, window, platform)
    if len(past) < LEAST_DAYS + controls.shape[1]:
        return "few_days", 0.0, None, None
    spend = np.array([float(one.ad_spend or 0) for one in past])
    sales = np.array([float(one.paid_amount or 0) for one in past])
    design = np.column_stack([np.ones(len(past)), controls])
    apart = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (spend, sales)]
    left = max(len(past) - design.shape[1] - 1, 1)
    noise = float(np.sqrt((apart[1] ** 2).sum() / left))
    moved = float(apart[0].std() / spend.mean())
    if moved < LEAST_MOVED:
        return "flat", moved, noise, None
    error = margin * noise / (float(apart[0].std()) * np.sqrt(len(past)))
    if error > SHARP:
        return "wide", moved, noise, None
    channel = fit_channels(["room"], spend[:, None], sales, controls, carries=(0.0,))[0]
    return None, moved, noise, channel.curve


def _controls(past: Sequence[LiveSession], window: Window, platform: str) -> Any:
    import numpy as np

    if not past:
        return np.zeros((0, 0))
    campaign = campaign_days(past[0].day, window.end, platform)
    rows = []
    for one in past:
        slot = slot_of(one.started_at) if one.started_at is not None else ""
        at = (one.day - window.end).days / _YEAR
        rows.append(
            [
                *(float(one.day.weekday() == k) for k in range(1, 7)), *(float(slot == name) for name in tuple(SLOTS)[1:]),
                (one.minutes or 0) / 60, float(one.day in campaign), at, at * at,
            ]
        )  # fmt: skip
    made = np.array(rows)
    return made[:, made.std(axis=0) > 0]


def _test(past: Sequence[LiveSession], window: Window, usual: Decimal, noise: float, margin: Decimal | None) -> RoomTest | None:  # fmt: skip
    """Levels h apart on either side: the error of a slope is noise / (h * sqrt(n)), times the margin."""
    if not margin or margin <= 0:
        return None
    recent = sum(one.day > window.end - timedelta(days=_TEST_DAYS) for one in past)
    sessions = max(_LEAST_TEST, recent - recent % 2)
    half = Decimal(str(round(noise * float(margin) / (SHARP * sessions**0.5), 2)))
    low = max(usual - half, ZERO)
    return RoomTest(low, low + 2 * half, sessions)


@dataclass(frozen=True)
class Pace:
    """A session's budget by hour on air, along the room's own sales curve of that slot."""

    slot: Slot
    sessions: int  # behind the curve
    budget: Decimal
    stated: bool
    hours: tuple[tuple[Decimal, Decimal], ...]  # share, money


def pace_of(response: Response, streams: Sequence[LiveSession], budget: Decimal | None) -> Pace | None:
    """Budget over the hours of the slot with the most sessions; the slot's usual spend without a budget. None without a curve."""
    if not response.profile:
        return None
    slot = max(response.profile, key=lambda one: response.profile_n[one])
    mine = [one for one in streams if one.started_at is not None and one.minutes and slot_of(one.started_at) == slot]
    spent = [one.ad_spend for one in mine if one.ad_spend]
    amount = budget if budget is not None else (median(spent[-30:]) if spent else None)
    if amount is None or not mine:
        return None
    length = median(one.minutes or 0 for one in mine) / 60
    weights = [rate * Decimal(str(round(max(min(length - k, 1), 0), 4))) for k, rate in enumerate(response.profile[slot])]  # fmt: skip
    weights = [one for one in weights if one > 0]
    whole = sum(weights, ZERO)
    money = [(amount * one / whole).quantize(Decimal("0.01")) for one in weights]
    money[-1] += amount - sum(money, ZERO)
    hours = tuple((one / whole, part) for one, part in zip(weights, money, strict=True))
    return Pace(slot, response.profile_n[slot], amount, budget is not None, hours)
