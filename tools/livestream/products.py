"""Which items, in which order: the rundown that is expected to leave most, proven best or with its gap, and why where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from tools.livestream.products_model import Solved, solve
from tools.livestream.products_rules import GIVES_WAY, RULE_NAMES, explain
from tools.livestream.products_types import Audience, Candidate, ProductPlan, Rules
from tools.livestream.products_values import Airing, Values
from tools.livestream.sequence import blocks_of, totals
from tools.text import Text

__all__ = ["plan_of", "plan_products", "solve_products"]

_FEN = Decimal(100)


def plan_products(
    candidates: Iterable[Candidate],
    audience: Audience,
    rules: Rules,
    *,
    stated: frozenset[str] = frozenset(),
    seconds: float = 20.0,
) -> ProductPlan:
    """The best rundown of a session. Rules not in `stated` are ours and give way one by one when there is no rundown otherwise.

    Infeasible only when rules the merchant stated clash (`conflicts` names them); what gave way is in `set_aside`.
    """
    return solve_products(Values(tuple(candidates), audience, rules), stated=stated, seconds=seconds)[0]


def solve_products(
    values: Values, *, stated: frozenset[str] = frozenset(), seconds: float = 20.0
) -> tuple[ProductPlan, Values, Sequence[Airing]]:
    """As `plan_products`, with the coefficients and airings that a comparison needs."""
    aside: list[Text] = [*_idle_rules(values)]
    while True:
        solved = solve(values, seconds=seconds)
        if solved.status != "infeasible":
            return replace(plan_of(values, solved), set_aside=tuple(aside)), values, solved.airings
        conflicts = explain(values, seconds)
        clash = [one.rule for one in conflicts]
        gives = next((rule for rule in GIVES_WAY if rule in clash and rule not in stated), None)
        if gives is None:
            failed = replace(plan_of(values, solved), conflicts=conflicts, set_aside=tuple(aside))
            return failed, values, ()
        others = [RULE_NAMES[rule] for rule in clash if rule != gives]
        name, why = RULE_NAMES[gives], Text("、".join(o.zh for o in others), ", ".join(o.en for o in others))
        aside.append(
            Text(
                f"没能遵守“{name.zh}”" + (f"：与“{why.zh}”冲突" if others else "：时间或商品不够"),
                f"“{name.en}” could not be kept"
                + (f": it clashes with {why.en}" if others else ": too little time or too few items"),
            )
        )
        values = replace(values, rules=replace(values.rules, off=values.rules.off | {gives}))


def _idle_rules(values: Values) -> list[Text]:
    roles, found = {item.role for item in values.items}, []
    if "hook" not in roles:
        found.append(Text("候选里没有引流款，开场和低谷前没有安排引流", "No candidate is a hook, so none opens the session or precedes a trough"))  # fmt: skip
    if "hero" not in roles:
        found.append(
            Text("候选里没有主推款，返场规则没有用上", "No candidate is a hero, so none comes back every half hour")
        )
    return found


def plan_of(values: Values, solved: Solved) -> ProductPlan:
    """A plan with its blocks from what the solver (or a comparison order) says."""
    pieces, gmv = totals(values, solved.airings)
    return ProductPlan(
        status=solved.status,
        minutes=values.minutes,
        blocks=blocks_of(values, solved.airings) if solved.airings else (),
        contribution=Decimal(values.gain(solved.airings)) / _FEN,
        gmv=gmv,
        units=pieces,
        objective=Decimal(solved.objective) / _FEN,
        bound=Decimal(solved.bound) / _FEN,
        seconds=solved.seconds,
        candidates=values.items,
        audience=values.audience,
        rules=values.rules,
    )
