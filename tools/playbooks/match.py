"""Which playbooks fit this shop now: at most three, one to start with, each with what it is worth and what would change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tools.base import ShopHandle
from tools.playbooks.evaluate import Blocked, Evaluation, evaluate
from tools.playbooks.library import goal_named, playbooks
from tools.playbooks.schema import Playbook
from tools.playbooks.views import Situation
from tools.text import Text

__all__ = ["TINY", "Match", "Ranking", "match", "rank"]

TINY = "tiny-shop-first-step"
_MOST = 3
# Part of a driver's money that counts when a playbook cannot be sized: it ranks, it is never shown.
_UNSIZED_PART = Decimal("0.1")
# What a second playbook for the same goal counts beside the first.
_AGAIN = Decimal("0.25")


@dataclass(frozen=True)
class Match:
    """A playbook offered. `score` orders them and means nothing by itself."""

    evaluation: Evaluation
    score: Decimal
    start_here: bool = False

    @property
    def playbook(self) -> Playbook:
        return self.evaluation.playbook


@dataclass(frozen=True)
class Ranking:
    """What fits, in order, and what does not with its reason."""

    matches: tuple[Match, ...]
    blocked: tuple[Blocked, ...]
    left_out: tuple[tuple[Match, Text], ...] = ()  # would have been offered, but for the merchant's own limits


def match(shop: ShopHandle, situation: Situation, *, goal: str | None = None, limit: int = _MOST) -> list[Match]:
    """The best playbooks, at most three, the first marked `start_here`.

    Ranked by money at stake × fit × evidence × effort. A shop under 300 orders gets the small first step only. `goal` is a
    goal id or a word for one; BadArguments otherwise.
    """
    return list(rank(shop, situation, goal=goal, limit=limit).matches)


def rank(
    shop: ShopHandle,
    situation: Situation,
    *,
    goal: str | None = None,
    limit: int = _MOST,
    bar: Callable[[Evaluation], Text | None] | None = None,
) -> Ranking:
    """Like `match`, with what was ruled out beside it. `bar` says why a playbook that fits must not be offered all the same."""
    tiny = situation.size == "tiny"
    # Whatever a tiny shop asks for ("投直通车"), the small first step comes first: the word need not name a goal.
    wanted = goal_named(goal) if goal and not tiny else None
    names = {**situation.names, "shop": Text(shop.name, shop.name)}
    results = [evaluate(book, situation, names) for book in playbooks()]
    blocked = tuple(result for result in results if isinstance(result, Blocked))
    fits = [result for result in results if isinstance(result, Evaluation)]
    if tiny:
        fits = [result for result in fits if result.playbook.id == TINY]
    if wanted is not None:
        fits = [result for result in fits if wanted in result.playbook.goals or result.first]
    scored = sorted(
        (_scored(each, situation) for each in fits), key=lambda m: (-m.evaluation.first, -m.score, m.playbook.id)
    )
    top: list[Match] = []
    left_out: list[tuple[Match, Text]] = []
    for each in scored if wanted else _spread(scored):
        if len(top) == max(1, min(limit, _MOST)):
            break
        reason = bar(each.evaluation) if bar is not None else None
        if reason is None:
            top.append(each)
        else:
            left_out.append((each, reason))
    offered = tuple(Match(m.evaluation, m.score, index == 0) for index, m in enumerate(top))
    return Ranking(offered, blocked, tuple(left_out))


def _spread(scored: list[Match]) -> list[Match]:
    """The best of each leading goal before its runners-up: three ways to the same customers would be one piece of advice."""
    seen: set[str] = set()
    best: list[Match] = []
    rest: list[Match] = []
    for each in scored:
        goal = each.playbook.goals[0]
        (rest if goal in seen and not each.evaluation.answers_primary else best).append(each)
        seen.add(goal)
    # A runner-up keeps its place ahead of what is worth next to nothing beside it.
    return sorted(
        best + rest, key=lambda m: (-m.evaluation.first, -m.score * (_AGAIN if m in rest else 1), m.playbook.id)
    )


def _scored(evaluation: Evaluation, situation: Situation) -> Match:
    fit = evaluation.fit * _answers(evaluation, situation)
    return Match(evaluation, _money(evaluation) * fit * _evidence(evaluation) * _effort(evaluation))


def _answers(evaluation: Evaluation, situation: Situation) -> Decimal:
    """One to four: what answers the leading cause comes first, then what answers a part of the change, then the always welcome."""
    if not situation.scale:
        return Decimal(1)
    part = 1 + min(Decimal(1), evaluation.driver_money / situation.scale)
    return part * 2 if evaluation.answers_primary else part


def _money(evaluation: Evaluation) -> Decimal:
    """Money at stake per 30 days: the middle of the range, bounded by what the drivers say went missing."""
    sizing, worth = evaluation.playbook.sizing, evaluation.worth
    if sizing is None or worth is None:
        return max(Decimal(1), evaluation.driver_money * _UNSIZED_PART)
    return (worth.low + worth.high) / 2 * 30 / sizing.window_days


def _evidence(evaluation: Evaluation) -> Decimal:
    """Own history counts most, then cases that support it; a case that only warns adds nothing."""
    supports = sum(1 for case in evaluation.playbook.evidence if case.stance == "supports")
    own = evaluation.worth is not None and evaluation.worth.low > 0
    return Decimal("0.5") + Decimal("0.1") * min(supports, 2) + (Decimal("0.3") if own else Decimal(0))


def _effort(evaluation: Evaluation) -> Decimal:
    return 1 / (1 + Decimal(evaluation.playbook.cost.effort_days) / 20)
