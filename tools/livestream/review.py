"""One stream held against the room's own history: every step, the first that broke, and what each did to GMV.

History: streams before it, of the last 90 days (up to a year where those are few), campaign days with campaign days and ordinary days
with ordinary days where there are enough. The gap to the usual GMV is split by LMDI over the factors of the chain, so that the parts
add up to it to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext
from functools import cached_property
from math import comb, exp, log, prod

from tools.livestream.funnel import LEAST, Chain, chain_of
from tools.livestream.funnel_judge import Verdict, judge, place_of, usual_level
from tools.livestream.response import campaign_days
from tools.livestream.review_rules import judging
from tools.livestream.room import LiveSession
from tools.metrics.decompose import round_to_sum, split_product
from tools.text import quantize

__all__ = ["HOURS", "Gap", "Past", "Review", "past_of", "review_of", "split_gap"]

HOURS = "hours"
_CENTS = 2


@dataclass(frozen=True)
class Past:
    """The streams one is held against, oldest first. `campaign`: it is on a campaign day. `mixed`: too few of its kind, so all are read."""

    sessions: tuple[LiveSession, ...]
    campaign: bool = False
    mixed: bool = False


@dataclass(frozen=True)
class Gap:
    """GMV against the usual level of its slot and weekday; `parts` by link ("hours" first) in money, adding up to `change` exactly."""

    gmv: Decimal
    usual: Decimal
    parts: tuple[tuple[str, Decimal], ...]

    @property
    def change(self) -> Decimal:
        return self.gmv - self.usual


@dataclass(frozen=True)
class Review:
    """A stream with its verdicts in the order of the funnel. `gap` is None where the chain or the history does not reach."""

    session: LiveSession
    past: Past
    chain: Chain
    verdicts: tuple[Verdict, ...]
    gap: Gap | None
    young: bool = False  # its refunds have not all come in

    @cached_property
    def broken(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if one.state == "broken")

    @property
    def first(self) -> Verdict | None:
        return self.broken[0] if self.broken else None

    @property
    def judged(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if one.state in ("normal", "broken", "above"))

    def of(self, key: str) -> Verdict | None:
        return next((one for one in self.verdicts if one.step.key == key), None)


def past_of(one: LiveSession, sessions: Sequence[LiveSession], platform: str) -> Past:
    """What `one` is held against among `sessions` (any order)."""
    rules = judging()
    before = sorted((s for s in sessions if _at(s) < _at(one)), key=_at)
    oldest = one.day - timedelta(days=rules.longest)
    days = campaign_days(oldest, one.day, platform)
    near = [s for s in before if s.day >= one.day - timedelta(days=rules.days)]
    year = [s for s in before if s.day >= oldest]
    campaign = one.day in days

    def alike(pool: Sequence[LiveSession]) -> list[LiveSession]:
        return [s for s in pool if (s.day in days) is campaign]

    for pool in (alike(near), alike(year)):
        if len(pool) >= LEAST:
            return Past(tuple(pool[-rules.sessions :]), campaign)
    pool = near if len(near) >= LEAST else year
    mixed = len(pool) != len(alike(pool))
    return Past(tuple(pool[-rules.sessions :]), campaign, mixed)


def _at(one: LiveSession) -> tuple[str, str, str]:
    return one.day.isoformat(), "" if one.started_at is None else one.started_at.isoformat(), one.session_id


def review_of(one: LiveSession, past: Past, *, young: bool = False) -> Review:
    """Hold one stream against its past. `young`: fewer than 30 days of refunds have been seen of it, so refunds are not judged."""
    chain = chain_of(one, past.sessions)
    steps = [step for step in chain.ordered if not (young and step.key == "refund")]
    level = judging().family / max(len(steps), 1)
    verdicts = tuple(judge(step, one, past.sessions, level) for step in steps)
    return Review(one, past, chain, verdicts, _gap(chain, one, past, verdicts), young)


def _gap(chain: Chain, one: LiveSession, past: Past, verdicts: Sequence[Verdict]) -> Gap | None:
    """None unless the chain reaches GMV and every factor has a usual level."""
    if not chain.whole or one.paid_amount is None:
        return None
    known = {verdict.step: verdict.usual for verdict in verdicts}
    hours = _usual_base(chain, one, past)
    usual = [hours, *(known.get(step) for step in chain.steps)]
    if any(value is None for value in usual):
        return None
    before = [value for value in usual if value is not None]
    after = [chain.nodes[0].read(one), *(step.value(one) for step in chain.steps)]
    with localcontext() as context:
        context.prec = 40
        product = Decimal(1)
        for value in before:
            product *= value
    expected = quantize(product, _CENTS)
    gmv = quantize(one.paid_amount, _CENTS)
    parts = split_gap(before, after, gmv - expected)
    first = HOURS if chain.nodes[0].place == 0 and chain.nodes[0].column == "hours" else chain.nodes[0].column
    names = [first, *(step.key for step in chain.steps)]
    return Gap(gmv, expected, tuple(zip(names, parts, strict=True)))


def split_gap(before: Sequence[Decimal], after: Sequence[Decimal | None], total: Decimal) -> tuple[Decimal, ...]:
    """`split_product` in money, by subsets where a factor is zero: eight factors have 40,320 orders but 256 subsets."""
    new = [old if value is None else value for old, value in zip(before, after, strict=True)]
    if all(value > 0 for value in (*before, *new)):
        return split_product(before, new, total=total, places=_CENTS)
    moved = [k for k in range(len(new)) if new[k] != before[k]]
    fixed = prod((before[k] for k in range(len(new)) if k not in moved), start=Decimal(1))
    size = len(moved)
    value = {
        chosen: fixed
        * prod((new[k] if chosen >> at & 1 else before[k] for at, k in enumerate(moved)), start=Decimal(1))
        for chosen in range(1 << size)
    }
    parts = [Decimal(0)] * len(new)
    for at, k in enumerate(moved):
        for chosen in range(1 << size):
            if not chosen >> at & 1:
                weight = 1 / Decimal(size * comb(size - 1, chosen.bit_count()))
                parts[k] += weight * (value[chosen | 1 << at] - value[chosen])
    return round_to_sum(parts, total, places=_CENTS)


def _usual_base(chain: Chain, one: LiveSession, past: Past) -> Decimal | None:
    """The usual level of what the chain starts with: hours on air, one stream, or the first count there is."""
    first = chain.nodes[0]
    values = [(*place_of(s), value) for s in past.sessions if (value := first.read(s))]
    if len(values) < LEAST:
        return None
    level = usual_level([(slot, day, log(float(value))) for slot, day, value in values], *place_of(one))
    return Decimal(f"{exp(level.middle):.12g}")
