"""Where each plan stands net of returns, and what to do with it: stop, cut, hold, raise, or wait. Money in shop currency.

The chance of a loss weighs credited orders against break-even orders (`pacing`); whether more spend pays is read from the plan's own response
(`saturation`) or left to a test. A margin that is only an upper bound (fee or cost of goods unknown) can prove a loss but never a profit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tools.facts import Window
from tools.livestream.ads_roi import at_order_value, even_roi, net_roi
from tools.livestream.ads_rows import Ads, Plan, Sums
from tools.livestream.ads_rules import Watch, setting, stop_rule, watches
from tools.livestream.economics import UnitEconomics
from tools.livestream.pacing import marginal_rule
from tools.livestream.response import campaign_days
from tools.livestream.saturation import PlanFit, StepTest, fit_plan, step_test
from tools.livestream.saturation_split import Offer, best_spend

__all__ = ["Action", "Standing", "Step", "Terms", "fit_days", "last_step", "standings"]

Action = Literal["stop", "cut", "raise", "hold", "early", "unknown"]
ZERO = Decimal(0)
FIT_DAYS = 365
_MOST_FITS = 12
_SURE_NEXT = 0.8
_LOST = 0.9
_MONTH = 30
_RISE = Decimal("1.1")  # a smaller change of a week's spend is no step up


@dataclass(frozen=True)
class Standing:
    """One plan in one window. `left`: paid × margin − spend; `to`: suggested spend a day; `gain`: what that is worth in 30 days.

    `upper`: the margin is an upper bound, so `even` is a lower one. `next_yuan`: contribution of the next yuan (low, middle, high) and its
    chance of paying; None without a fitted response.
    """

    plan: Plan
    sums: Sums
    unit: UnitEconomics | None  # at the plan's own order value and refunds
    refunded: Decimal | None
    margin: Decimal | None
    even: Decimal | None
    upper: bool
    losing: float | None
    action: Action
    daily: Decimal
    to: Decimal
    gain: Decimal | None
    fit: PlanFit | None
    next_yuan: tuple[float, float, float, float] | None
    watches: tuple[Watch, ...]
    offer: Offer | None
    step: Step | None

    @property
    def net(self) -> Decimal | None:
        roi = self.sums.roi
        return None if roi is None or self.refunded is None else net_roi(roi, self.refunded)

    @property
    def left(self) -> Decimal | None:
        return None if self.margin is None or self.sums.paid is None else self.sums.paid * self.margin - self.sums.spend

    @property
    def test(self) -> StepTest | None:
        """How to vary spend where the response cannot be read."""
        if self.fit is None or self.fit.curve is not None:
            return None
        return step_test(float(self.daily), self.fit.noise)


@dataclass(frozen=True)
class Step:
    """The last rise of a plan by weeks: what it cost more, what it brought more, and the marginal rule's word on it."""

    spend: Decimal
    paid: Decimal
    verdict: Literal["raise", "hold", "back"]


@dataclass(frozen=True)
class Terms:
    """What every plan is judged by: the unit, the shop's refunds for plans outside the room, whether the margin is an upper bound."""

    unit: UnitEconomics | None
    shop_refunds: Decimal | None
    upper: bool
    platform: str


def standings(ads: Ads, window: Window, terms: Terms) -> list[Standing]:
    """Plans with spend in the window, most spend first. Responses are fitted for the dozen that spend most."""
    found = [(plan, sums) for plan in ads.plans if (sums := plan.sums(window)).spend > 0]
    found.sort(key=lambda one: -one[1].spend)
    account = dict.fromkeys(_days(window), ZERO)
    for plan in ads.plans:
        for one in plan.within(window):
            account[one.day] += one.spend
    return [
        _standing(plan, sums, window, terms, account, fitted=rank < _MOST_FITS)
        for rank, (plan, sums) in enumerate(found)
    ]


def last_step(plan: Plan, last: date, margin: Decimal | None) -> Step | None:
    """The marginal rule over the last three weeks to `last`; None where the last week did not spend a tenth more, or a week has no sales."""
    weeks = [plan.sums(Window(start=last - timedelta(days=7 * k + 6), end=last - timedelta(days=7 * k))) for k in (2, 1, 0)]  # fmt: skip
    told = [(one.spend, one.paid) for one in weeks if one.paid is not None and one.spend > 0]
    if margin is None or len(told) < 3 or told[2][0] < told[1][0] * _RISE:
        return None
    verdict = marginal_rule([(float(x), float(y or 0)) for x, y in told], float(margin))
    return Step(told[2][0] - told[1][0], (told[2][1] or ZERO) - (told[1][1] or ZERO), verdict)


def _days(window: Window) -> Iterable[date]:
    return (window.start + timedelta(days=n) for n in range(window.days))


def _standing(plan: Plan, sums: Sums, window: Window, terms: Terms, account: dict[date, Decimal], *, fitted: bool) -> Standing:  # fmt: skip
    refunded = terms.unit.refunded if plan.room and terms.unit else terms.shop_refunds
    if refunded is None and terms.unit is not None:
        refunded = terms.unit.refunded
    unit = at_order_value(terms.unit, sums.order_value, refunded) if terms.unit else None
    margin = unit.contribution() if unit else None
    even = even_roi(margin) if margin is not None else None
    daily = sums.spend / max(sums.days, 1)
    fit = fit_days(plan, window.end, terms.platform) if fitted and sums.roi is not None else None
    offer = Offer(fit.curve, float(margin)) if fit and fit.curve and margin and margin > 0 else None
    losing = _losing(plan, sums, window, unit, margin)
    next_yuan = _next(offer, float(daily)) if offer else None
    action = _action(sums, margin, losing, next_yuan, offer, upper=terms.upper, unit=unit)
    if action == "raise" and plan.natural:  # its return counts sales that come without it
        action = "hold"
    to = _to(action, daily, offer)
    met = watches(*_series(plan, window, account))
    return Standing(
        plan, sums, unit, refunded, margin, even, terms.upper, losing, action, daily, to, _gain(action, sums, margin, daily, to, offer), fit,
        next_yuan, tuple(met), offer, last_step(plan, window.end, margin),
    )  # fmt: skip


def _series(plan: Plan, window: Window, account: dict[date, Decimal]) -> tuple[list[Decimal], list[Decimal | None], list[Decimal]]:  # fmt: skip
    own = {one.day: one for one in plan.within(window)}
    days = sorted(account)
    spend = [own[day].spend if day in own else ZERO for day in days]
    sold = [own[day].paid if day in own else ZERO for day in days]
    return spend, sold, [account[day] for day in days]


def fit_days(plan: Plan, last: date, platform: str) -> PlanFit:
    """The response of a plan over the year to `last`, with weekday, campaign and a curved trend taken out."""
    first = last - timedelta(days=FIT_DAYS - 1)
    told = [one for one in plan.days if first <= one.day <= last and one.paid is not None and one.spend > 0]
    campaign = campaign_days(first, last, platform)
    controls = []
    for one in told:
        at = (one.day - last).days / FIT_DAYS
        controls.append(
            [*(float(one.day.weekday() == k) for k in range(1, 7)), float(one.day in campaign), at, at * at]
        )
    paid = [float(one.paid or 0) for one in told]
    return fit_plan(plan.name, [float(one.spend) for one in told], paid, controls or [[0.0]])


def _losing(plan: Plan, sums: Sums, window: Window, unit: UnitEconomics | None, margin: Decimal | None) -> float | None:
    """Chance that the plan's true return is below break-even; 1 where a sale loses money by itself."""
    if unit is None or margin is None or sums.paid is None:
        return None
    if margin <= 0:
        return 1.0
    value = sums.order_value or unit.order_value
    orders = sums.paid / value
    even = sums.spend / (value * margin)
    spread = 1 + plan.value_spread(window)
    return stop_rule().losing(float(orders / spread), float(even / spread))


def _next(offer: Offer, daily: float) -> tuple[float, float, float, float]:
    import numpy as np

    made = offer.margin * offer.curve.marginal(daily)
    low, middle, high = np.quantile(made, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high), float((made > 1).mean())


def _action(sums: Sums, margin: Decimal | None, losing: float | None, next_yuan: Sequence[float] | None, offer: Offer | None, *, upper: bool, unit: UnitEconomics | None) -> Action:  # fmt: skip
    if losing is None or margin is None or unit is None:
        return "unknown"
    value = sums.order_value or unit.order_value
    if margin > 0 and float(sums.spend) < stop_rule().least * float(value * margin):
        return "early"
    if losing > stop_rule().sure:
        some = best_spend(offer) if offer else 0.0
        return "cut" if offer and some > 0 and offer.left(some) > 0 and not upper else "stop"
    if upper:
        return "unknown"
    if losing < 1 - _LOST and next_yuan is not None:
        if next_yuan[3] >= _SURE_NEXT:
            return "raise"
        return "cut" if next_yuan[3] <= 1 - _SURE_NEXT else "hold"
    return "hold"


def _to(action: Action, daily: Decimal, offer: Offer | None) -> Decimal:
    if action == "stop":
        return ZERO
    if offer is None or action not in ("raise", "cut"):
        return daily
    best = Decimal(str(round(best_spend(offer), 2)))
    step = Decimal(setting("steps", "budget_step", "share"))
    return min(daily * (1 + step), max(best, daily)) if action == "raise" else min(best, daily)


def _gain(action: Action, sums: Sums, margin: Decimal | None, daily: Decimal, to: Decimal, offer: Offer | None) -> Decimal | None:  # fmt: skip
    """What the change is worth in 30 days of running: the loss saved, or what the curve expects more."""
    if action == "stop" and margin is not None and sums.paid is not None:
        return (sums.spend - sums.paid * margin) / max(sums.days, 1) * _MONTH
    if action in ("raise", "cut") and offer is not None:
        return Decimal(str(round((offer.left(float(to)) - offer.left(float(daily))) * _MONTH, 2)))
    return None
