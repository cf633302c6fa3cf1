"""The shop's world by day: season, market, expected visits, where visitors look, prices, and the chance that a visit buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.warehouse.demo.effects import Axes, Effects
from tools.warehouse.demo.festivals import Event, shopping_calendar
from tools.warehouse.demo.spec import ShopSpec
from tools.warehouse.demo.streams import Floats, Ints, Randomness

__all__ = ["LEAD_SHIFT", "World", "build_world"]

LEAD_SHIFT = 0.62  # share of a live slot that the first of two hosts is on air
_CLICK_TO_VISIT = 0.92
_MARKET_MEMORY, _MARKET_NOISE = 0.85, 0.022
_STREAM_NOISE, _STREAM_DRIFT = 0.05, 0.012
_CONVERSION_NOISE = 0.03


@dataclass(frozen=True)
class World:
    """Arrays over days (D), streams (O), products (P), plans (A) and slots (S). Money in cents."""

    visits: Floats  # (D, O) expected ordinary visits
    looks: Floats  # (D, O, P) where a visit of the stream looks first; rows sum to 1
    conversion: Floats  # (D, O, P) chance that a visit buys, causes included
    ordinary_conversion: Floats  # the same without causes
    price: Ints  # (D, P) asking price, causes included
    usual_price: Ints  # (D, P) price outside campaigns
    on_sale: NDArray[np.bool_]  # (D, P) launched
    spend: Ints  # (D, A) ad spend
    clicks: Floats  # (D, A) expected clicks the spend buys
    market: Floats  # (D) the category's trade index
    repeat: Floats  # (D) campaign rhythm of returning demand, mean 1
    skill: Floats  # (D, S) mean host skill on air
    presale: Floats  # (D) chance that a purchase only pays a deposit
    balance_day: Ints  # (D) day index on which such a deposit's balance is due, -1 for none


def build_world(axes: Axes, fx: Effects, chance: Randomness) -> World:
    """Everything shoppers meet, from the spec, the causes and the day's luck."""
    spec = axes.spec
    season = _Season(spec)
    rng = chance.generator("market")
    wobble = _wobble(rng, spec.days, memory=_MARKET_MEMORY, noise=_MARKET_NOISE)
    tide = season.trend * season.month * wobble
    scheduled = _schedule(spec)
    ordinary_spend, spend, clicks = _ads(spec, fx, season, chance)
    visits = _expected_visits(axes, season, tide, scheduled, ordinary_spend, chance)
    on_sale = _launched(spec)
    usual = np.rint([item.price * 100 for item in spec.products]).astype(np.int64)
    # shops price to the tenth of a yuan
    price = np.rint(usual * (1 - season.discount[:, None]) * fx.price / 10).astype(np.int64) * 10
    skill, ordinary_skill = _skill(axes, fx.hosts), _skill(axes, Effects.none(axes).hosts)
    luck = np.exp(chance.generator("conversion").normal(0, _CONVERSION_NOISE, spec.days))
    base = _ordinary_conversion(spec, season.conversion * luck, on_sale)
    elasticity = np.array([item.elasticity for item in spec.products])
    moved = fx.conversion * (fx.price**-elasticity * fx.in_stock)[:, None, :]
    presale, balance = season.presale
    index = 1_000 * season.market * wobble * fx.market * np.exp(rng.normal(0, 0.012, spec.days))
    return World(
        visits=visits,
        looks=_looks(spec, on_sale),
        conversion=np.minimum(base * moved * _by_stream(axes, skill), 0.6),
        ordinary_conversion=np.minimum(base * _by_stream(axes, ordinary_skill), 0.6),
        price=price,
        usual_price=np.broadcast_to(usual, price.shape),
        on_sale=on_sale,
        spend=spend,
        clicks=clicks,
        market=index,
        repeat=season.repeat / season.repeat.mean(),
        skill=skill,
        presale=presale,
        balance_day=balance,
    )


class _Season:
    """The calendar laid over the shop's days."""

    def __init__(self, spec: ShopSpec) -> None:
        self._spec = spec
        days = np.arange(spec.days)
        dates = np.datetime64(spec.start) + days
        weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        self.weekday = np.array(spec.weekday)[weekday]
        self.trend = (1 + spec.growth_per_year) ** (days / 365)
        self.month = _month_curve(spec, dates)
        self.visits, self.conversion = np.ones(spec.days), np.ones(spec.days)
        self.repeat, self.discount = np.ones(spec.days), np.zeros(spec.days)
        chance, due = np.zeros(spec.days), np.full(spec.days, -1)
        for event in shopping_calendar() if spec.calendar else ():
            self._lay(event, chance, due)
        self.presale = (chance, due)
        # the category feels a festival a little less than the shops that advertise in it
        self.market = self.trend * self.month * self.weekday * (self.visits * self.conversion) ** 0.9

    def _lay(self, event: Event, chance: Floats, due: Ints) -> None:
        for phase in event.phases:
            where = self._days(phase.start.toordinal(), phase.end.toordinal())
            self.visits[where], self.conversion[where] = phase.visits, phase.conversion
            self.repeat[where], self.discount[where] = phase.repeat, phase.discount
        if event.presale is not None:
            where = self._days(event.presale.first.toordinal(), event.presale.last.toordinal())
            chance[where] = event.presale.share
            due[where] = self._spec.day_index(event.presale.balance)

    def _days(self, first: int, last: int) -> slice:
        origin = self._spec.start.toordinal()
        return slice(max(first - origin, 0), max(last - origin + 1, 0))


def _month_curve(spec: ShopSpec, dates: NDArray[np.datetime64]) -> Floats:
    """The yearly rhythm, drawn smoothly through the middle of each month."""
    of_year = (dates - dates.astype("datetime64[Y]")).astype("timedelta64[D]").astype(np.int64)
    middles = np.arange(-1, 13) * 30.44 + 15
    values = [spec.month_shape[-1], *spec.month_shape, spec.month_shape[0]]
    return np.asarray(np.interp(of_year, middles, values))


def _wobble(rng: np.random.Generator, days: int, *, memory: float, noise: float) -> Floats:
    """An AR(1) in logs: good and bad weeks without a reason."""
    shocks = rng.normal(0, noise, days)
    level, path = 0.0, np.empty(days)
    for day in range(days):
        level = memory * level + shocks[day]
        path[day] = level
    return np.exp(path)


def _schedule(spec: ShopSpec) -> NDArray[np.bool_]:
    """(D, S): on which days each live slot is on air."""
    weekday = np.array([spec.date_of(d).weekday() for d in range(spec.days)])
    columns = [np.isin(weekday, slot.weekdays) for slot in spec.live.slots]
    return np.stack(columns, axis=1) if columns else np.zeros((spec.days, 0), dtype=bool)


def _ads(spec: ShopSpec, fx: Effects, season: _Season, chance: Randomness) -> tuple[Floats, Ints, Floats]:
    rng = chance.generator("ads")
    ordinary = np.zeros((spec.days, len(spec.ads)))
    for a, plan in enumerate(spec.ads):
        luck = np.exp(rng.normal(0, plan.noise, spec.days))
        ordinary[:, a] = plan.budget * season.trend * season.visits**0.9 * luck
    spend = np.rint(ordinary * fx.spend * 100).astype(np.int64)
    price = np.array([plan.cpc for plan in spec.ads]) * fx.click_price
    return ordinary, spend, spend / 100 / price if spec.ads else np.zeros_like(ordinary)


def _expected_visits(
    axes: Axes, season: _Season, tide: Floats, scheduled: NDArray[np.bool_], spend: Floats, chance: Randomness
) -> Floats:
    """(D, O) without causes; paid streams follow the ordinary spend, live streams the schedule."""
    spec = axes.spec
    visits = np.zeros((spec.days, len(spec.streams)))
    for o, stream in enumerate(spec.streams):
        rng = chance.generator(f"visits:{stream.detail}")
        luck = np.exp(rng.normal(0, _STREAM_NOISE, spec.days))
        luck *= _wobble(rng, spec.days, memory=0.95, noise=_STREAM_DRIFT)
        if stream.plan is not None:
            a = axes.plan[stream.plan]
            visits[:, o] = spend[:, a] / spec.ads[a].cpc * _CLICK_TO_VISIT * luck
        else:
            visits[:, o] = stream.visits * tide * season.weekday * season.visits**stream.season * luck
        if stream.slot is not None:
            visits[:, o] *= scheduled[:, axes.slot[stream.slot]]
    return visits


def _launched(spec: ShopSpec) -> NDArray[np.bool_]:
    first = np.array([spec.day_index(item.launched) if item.launched else 0 for item in spec.products])
    return np.arange(spec.days)[:, None] >= first


def _looks(spec: ShopSpec, on_sale: NDArray[np.bool_]) -> Floats:
    appeal = np.array([item.appeal for item in spec.products])
    focus = np.array([item.focus for item in spec.streams])
    weight = appeal ** focus[:, None] * on_sale[:, None, :]
    return np.asarray(weight / weight.sum(axis=2, keepdims=True))


def _ordinary_conversion(spec: ShopSpec, by_day: Floats, on_sale: NDArray[np.bool_]) -> Floats:
    quality = np.array([item.quality for item in spec.streams])
    convert = np.array([item.convert for item in spec.products])
    chance = spec.base_conversion * by_day[:, None, None] * quality[:, None] * convert * on_sale[:, None, :]
    return np.asarray(chance)


def _skill(axes: Axes, hosts: Ints) -> Floats:
    """(D, S): mean skill over the shifts of a slot; 1 where nobody is named."""
    skill = np.array([host.skill for host in axes.spec.live.hosts] + [1.0])
    both = skill[hosts]
    lone = hosts[:, :, 1] < 0
    mean = LEAD_SHIFT * both[:, :, 0] + (1 - LEAD_SHIFT) * both[:, :, 1]
    return np.where(lone, both[:, :, 0], mean)


def _by_stream(axes: Axes, skill: Floats) -> Floats:
    """Spread a (D, S) skill over the (D, O, 1) streams; streams without a host get 1."""
    spread = np.ones((axes.spec.days, len(axes.spec.streams), 1))
    for o, stream in enumerate(axes.spec.streams):
        if stream.slot is not None:
            spread[:, o, 0] = skill[:, axes.slot[stream.slot]]
    return spread
