"""Is a step outside the room's normal variation? Each is held against the room's own past streams, with luck of small counts counted in.

Usual level: median of the log, with the slot's and the weekday's own deviation, each drawn towards nothing by how few streams it has
(n/(n+k)). Spread: 1.4826 × MAD of what is left; of it the luck of counts, (1-p)/(p·n), is taken off and this stream's own put in. A rate
on few people is held against the beta-binomial, everything else against Student's t.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from statistics import median
from typing import Literal, NamedTuple

from tools.livestream.funnel import LEAST, Step
from tools.livestream.response import slot_of
from tools.livestream.review_rules import judging
from tools.livestream.room import LiveSession

__all__ = ["Level", "State", "Verdict", "at_most", "judge", "place_of", "usual_level"]

State = Literal["normal", "broken", "above", "thin", "unread"]
_MAD = 1.4826
_FEW = 30.0  # expected count under which the exact law is used
_EFFICIENCY = (
    0.5  # degrees of freedom a point of the MAD is worth: 0.37 by theory, and the doubt of the level is counted apart
)
_COARSE = 0.4
_WEAK = 0.35  # a return at least this rarely low, beside a spend outside its range
_HALF = 0.5
_SURE = 1e7  # as good as a fixed chance, and still exact in floats


class Level(NamedTuple):
    """What is usual, on the log scale. `spread` is the scale of single streams, `doubt` the variance of the level itself."""

    middle: float
    spread: float
    doubt: float
    df: float
    n: int
    same: int  # of them on the same weekday and slot


@dataclass(frozen=True)
class Verdict:
    """One step held against history. `low` and `high` bound what is normal; `p` is how rarely chance alone goes that far, or further.

    `coarse`: the stream is too small to show even a fall to 40 % of the usual. `odd`: more came out than went in, so it was not read.
    """

    step: Step
    value: Decimal | None
    usual: Decimal | None
    low: Decimal | None
    high: Decimal | None
    n: int
    same: int
    p: float | None
    state: State
    coarse: bool = False
    odd: bool = False


class _Point(NamedTuple):
    slot: str
    weekday: int
    top: float
    base: float


class _Law(NamedTuple):
    """Chance of as little or less, of as much or more, and the normal range of the ratio."""

    below: float
    above: float
    low: float
    high: float


def place_of(one: LiveSession) -> tuple[str, int]:
    """Slot ("" unknown) and weekday of a stream."""
    return ("" if one.started_at is None else slot_of(one.started_at)), one.day.weekday()


def usual_level(logs: Sequence[tuple[str, int, float]], slot: str, weekday: int) -> Level:
    """The level for a slot and weekday from (slot, weekday, log value) of past streams, at least one."""
    rules = judging()
    room = median(value for _, _, value in logs)
    slots, in_slot = _shrunk([(s, value - room) for s, _, value in logs], rules.slot)
    days, in_day = _shrunk([(str(d), value - room - slots[s]) for s, d, value in logs], rules.weekday)
    rest = [value - room - slots[s] - days[str(d)] for s, d, value in logs]
    centre = median(rest)
    n, used = len(logs), 1 + in_slot + in_day
    spread = _MAD * median(abs(value - centre) for value in rest) * math.sqrt(n / max(n - used, 1))
    spread = max(spread, rules.floor)
    middle = room + slots.get(slot, 0.0) + days.get(str(weekday), 0.0) + centre
    same = sum(s == slot and d == weekday for s, d, _ in logs)
    doubt = math.pi / 2 * spread**2 * used / n  # variance of a median
    return Level(middle, spread, doubt, max(_EFFICIENCY * (n - used), 2.5), n, same)


def _shrunk(values: Sequence[tuple[str, float]], k: float) -> tuple[dict[str, float], float]:
    """Median deviation of each group times n/(n+k), and how many parameters that spends; one group alone deviates from nothing."""
    groups: dict[str, list[float]] = defaultdict(list)
    for name, value in values:
        groups[name].append(value)
    if len(groups) < 2:
        return dict.fromkeys(groups, 0.0), 0.0
    weights = {name: len(group) / (len(group) + k) for name, group in groups.items()}
    spent = sum(weights.values()) * (1 - 1 / len(groups))
    return {name: median(group) * weights[name] for name, group in groups.items()}, spent


def judge(step: Step, one: LiveSession, history: Sequence[LiveSession], level: float) -> Verdict:
    """Hold one step of a stream against its history; `level` is the one-sided error rate of this step."""
    points, value = _points(step, history), step.value(one)
    top, base = step.top(one), step.base(one)
    odd = step.kind == "rate" and top is not None and base is not None and top > base
    if value is None or top is None or base is None or odd or len(points) < LEAST:
        usual = _decimal(math.exp(_level(points, one).middle)) if len(points) >= LEAST else None
        state: State = "thin" if value is not None and not odd else "unread"
        return Verdict(step, value, usual, None, None, len(points), 0, None, state, odd=odd)
    if step.kind == "return":
        return _returned(step, value, _level(points, one), points, float(top), float(base), one, level)
    found = _level(points, one)
    law = _law(step, found, points, float(top), float(base), level)
    usual_rate = math.exp(found.middle)
    change = float(value) / usual_rate - 1
    small, large = law.below < level and change <= -judging().least, law.above < level and change >= judging().least
    bad, good = (large, small) if step.kind == "refund" else (small, large)
    coarse = law.low < _COARSE * usual_rate and step.kind != "refund"
    return Verdict(
        step, value, _decimal(usual_rate), _decimal(law.low), _decimal(law.high), found.n, found.same, min(law.below, law.above),
        "broken" if bad else "above" if good else "normal", coarse=coarse and not bad,
    )  # fmt: skip


def _returned(step: Step, value: Decimal, found: Level, points: Sequence[_Point], top: float, base: float, one: LiveSession, level: float) -> Verdict:  # fmt: skip
    """Ads broke where more was spent than ever is and each yuan brought less: a low return on the usual spend only repeats low sales."""
    law = _student(found, found.spread**2 + found.doubt, top, base, level)
    spend = usual_level([(p.slot, p.weekday, math.log(p.base)) for p in points], *place_of(one))
    spent = _student(spend, spend.spread**2 + spend.doubt, base, 1.0, level)
    change = float(value) / math.exp(found.middle) - 1
    bad = spent.above < level and law.below < _WEAK and change <= -judging().least
    good = law.above < level and change >= judging().least
    return Verdict(
        step, value, _decimal(math.exp(found.middle)), _decimal(law.low), _decimal(law.high), found.n, found.same,
        spent.above if bad else min(law.below, law.above), "broken" if bad else "above" if good else "normal",
    )  # fmt: skip


def _points(step: Step, history: Sequence[LiveSession]) -> list[_Point]:
    found = []
    for one in history:
        top, base = step.top(one), step.base(one)
        if top is not None and base and not (step.kind == "rate" and top > base):
            found.append(_Point(*place_of(one), float(top), float(base)))
    return found


def _level(points: Sequence[_Point], one: LiveSession) -> Level:
    """Half an event more on both sides keeps a stream without any at a finite log."""
    return usual_level([(p.slot, p.weekday, math.log(_up(p.top) / p.base)) for p in points], *place_of(one))


def _up(top: float) -> float:
    return max(top, _HALF)


def _law(step: Step, found: Level, points: Sequence[_Point], top: float, base: float, level: float) -> _Law:
    counted = step.kind in ("rate", "refund")
    rate = math.exp(found.middle)
    if not counted:
        return _student(found, found.spread**2 * _thinner(step, points, base, rate) + found.doubt, top, base, level)
    rate = min(rate, 0.999)
    luck = median((1 - rate) / (rate * p.base) for p in points)
    own = max(found.spread**2 - luck, 0.0)
    if base * rate >= _FEW:
        return _student(found, own + found.doubt + (1 - rate) / (rate * base), top, base, level)
    room = (own + found.doubt) * found.df / max(found.df - 2, 0.5)
    return _exact(rate, min(room, 1.0), round(top), max(round(base), 1), level)


def _thinner(step: Step, points: Sequence[_Point], base: float, rate: float) -> float:
    """How much more luck this stream has than the usual one: it has fewer buyers, or fewer events."""
    if step.kind == "money":
        return max(1.0, median(p.base for p in points) / base)
    if step.kind == "times":
        return max(1.0, median(p.top for p in points) / max(base * rate, 1.0))
    return 1.0


def _student(found: Level, variance: float, top: float, base: float, level: float) -> _Law:
    from scipy.special import stdtr, stdtrit

    sd = math.sqrt(variance)
    z = (math.log(_up(top) / base) - found.middle) / sd
    reach = -float(stdtrit(found.df, level)) * sd
    return _Law(float(stdtr(found.df, z)), float(stdtr(found.df, -z)), math.exp(found.middle - reach), math.exp(found.middle + reach))  # fmt: skip


def _exact(rate: float, room: float, top: int, base: int, level: float) -> _Law:
    below, above = at_most(top, base, rate, room), 1 - at_most(top - 1, base, rate, room)
    total, low, high = 0.0, 0, base
    for x, mass in enumerate(_masses(base, rate, room)):
        if total <= level:
            low = x
        total += mass
        if total >= 1 - level:
            high = x
            break
    return _Law(below, above, low / base, high / base)


def at_most(x: int, n: int, rate: float, room: float) -> float:
    """Chance of `x` or fewer of `n` where the chance itself has mean `rate` and a log spread of variance `room`: beta-binomial."""
    if x < 0:
        return 0.0
    return min(math.fsum(islice(_masses(n, rate, room), x + 1)), 1.0)


def _masses(n: int, rate: float, room: float) -> Iterator[float]:
    """Chances of 0, 1 … n."""
    whole = (1 - rate) / (rate * room) - 1 if room > 0 else _SURE
    whole = min(max(whole, _HALF), _SURE)
    a, b = rate * whole, (1 - rate) * whole
    start = math.lgamma(n + 1) - math.lgamma(n + whole) + math.lgamma(whole) - math.lgamma(a) - math.lgamma(b)
    for k in range(n + 1):
        yield math.exp(start - math.lgamma(k + 1) - math.lgamma(n - k + 1) + math.lgamma(k + a) + math.lgamma(n - k + b))  # fmt: skip


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.12g}")
