"""The rundown against plain enumeration, what must always hold, clashes named, and a full-size session proven."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal as D
from itertools import pairwise, permutations

import pytest

from evals.benchmarks import live_products as bench
from evals.benchmarks.live_products import compare, large, small
from tools.livestream.products import plan_products, solve_products
from tools.livestream.products_model import solve
from tools.livestream.products_order import Orders
from tools.livestream.products_rules import explain
from tools.livestream.products_types import Audience, Candidate, Reserved, Rules
from tools.livestream.products_values import Values, covered
from tools.livestream.sequence import faults, greedy, in_order

AUDIENCE = Audience(120, (D(900), D(1200), D(300), D(800)))


def item(sku: str, role: str, margin: str, talk: int, rate: str, **more: object) -> Candidate:
    return Candidate(sku, f"商品{sku}", role, D(100), D(margin), talk, D(rate), **more)  # type: ignore[arg-type]


ITEMS = (
    item("A", "hook", "-2", 3, "40", stock=1000),
    item("B", "hero", "30", 6, "20", stock=1000),
    item("C", "hero", "35", 6, "15", stock=1000),
    item("D", "profit", "50", 5, "6"),
    item("E", "image", "80", 4, "1", stock=9),
    item("F", "bridge", "20", 4, "12", stock=3),
)


def test_sixty_small_sessions_equal_every_rundown_written_down() -> None:
    none = 0
    for seed in range(60):
        found, expected, _ = compare(seed, most=6)
        assert found == expected, f"seed {seed}"
        none += expected is None
    assert 5 < none < 55, "sessions with and without a rundown are both tried"


@pytest.mark.parametrize("seed", [323, 344, 471])
def test_a_part_too_short_for_a_hero_is_no_lack_of_heroes(seed: int) -> None:
    items, audience, rules = small(seed)
    assert solve(Values(items, audience, rules)).status == "optimal"


def test_the_comparison_sees_a_broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.Brute, "_stock", lambda *_: True)
    assert any(found != expected for found, expected, _ in (compare(seed, most=5) for seed in range(40)))


@pytest.mark.parametrize("seed", range(12))
def test_more_stock_or_fewer_rules_never_lower_the_optimum(seed: int) -> None:
    items, audience, rules = small(seed, most=6)
    rng = random.Random(seed)
    base = solve(Values(items, audience, rules))
    i = rng.randrange(len(items))
    stock = items[i].stock
    richer = tuple(replace(c, stock=None if stock is None else stock + rng.choice((1, 5, 50))) if n == i else c for n, c in enumerate(items))  # fmt: skip
    more = solve(Values(richer, audience, rules))
    assert base.status == "infeasible" or more.objective >= base.objective
    for rule in ("run", "hero", "hooks", "stock", "events", "must", "pinned", "shares", "margin", "floor"):
        freer = solve(Values(items, audience, replace(rules, off=frozenset({rule}))))
        if base.status == "optimal":
            assert freer.status == "optimal" and freer.objective >= base.objective, rule


def test_a_rundown_keeps_its_promises() -> None:
    rules = Rules(reserved=(Reserved("coupon", 40, 2), Reserved("lottery", 90, 3)))
    plan, values, airings = solve_products(Values(ITEMS, AUDIENCE, rules))
    assert plan.status == "optimal" and plan.gap == 0 and not faults(values, airings)
    talks = plan.talks()
    assert [t.sku for t in talks if t.start < 30].count("A") >= 1
    low = [t for t in talks if 30 <= t.start < 60][-1]
    assert low.kind == "hook" and low.start + low.minutes + 1 >= 58, (
        "the hook runs into the trough of the third half hour"
    )
    for block in plan.blocks:
        assert block.start + block.minutes <= 120
    busy = sorted((b.start, b.start + b.minutes) for b in plan.blocks)
    assert all(a[1] <= b[0] for a, b in pairwise(busy)), "nothing overlaps, coupons and lottery included"
    assert {(b.kind, b.start) for b in plan.blocks} >= {("coupon", 40), ("lottery", 90)}
    links = {t.sku: t.link for t in talks}
    assert list(links.values()) == list(range(1, len(links) + 1)), "numbers run in the order of first airing and stay"
    assert sum((t.units or D(0)) for t in talks) == plan.units


def test_three_pieces_never_reach_prime_time() -> None:
    _, values, airings = solve_products(Values(ITEMS, AUDIENCE, Rules()))
    for one in airings:
        cover = covered(values.items[one.item], values.rules)
        if values.parts[one.part].round in AUDIENCE.prime and cover is not None:
            assert values.taken(airings)[one.item] <= cover
    assert not any(values.items[a.item].sku == "F" and values.parts[a.part].round == 1 for a in airings)
    rich = tuple(replace(c, stock=500) for c in ITEMS)
    assert any(rich[a.item].sku == "F" and a.part == 1 for a in solve_products(Values(rich, AUDIENCE, Rules()))[2])


def test_the_minimal_clash_is_named_and_each_of_it_is_needed() -> None:
    locked = (*ITEMS[:1], replace(ITEMS[1], pinned=1, floor=D(120)), *ITEMS[2:])
    values = Values(locked, AUDIENCE, Rules())
    clash = explain(values)
    assert [one.rule for one in clash] == ["pinned", "floor"]
    for one in clash:
        assert solve(replace(values, rules=replace(values.rules, off=frozenset({one.rule})))).status == "optimal"
        assert one.what.zh and one.what.en and one.change.zh and one.change.en
    assert "商品B" in clash[1].what.zh
    plan = plan_products(locked, AUDIENCE, Rules())
    assert plan.status == "infeasible" and not plan.blocks and [c.rule for c in plan.conflicts] == ["pinned", "floor"]


def test_a_default_gives_way_and_a_stated_rule_does_not() -> None:
    only_heroes = tuple(c for c in ITEMS if c.role == "hero")
    rules = Rules(in_a_row=1, hero_gap=30)
    ours = plan_products(only_heroes, AUDIENCE, rules)
    assert ours.status == "optimal" and any("返场" in text.zh for text in ours.set_aside)
    theirs = plan_products(only_heroes, AUDIENCE, rules, stated=frozenset({"run", "hero"}))
    assert theirs.status == "infeasible" and {c.rule for c in theirs.conflicts} == {"run", "hero"}


def test_orders_are_found_or_refuted_like_trying_them_all() -> None:
    values = Values(ITEMS, Audience(60, (D(500), D(400))), Rules(in_a_row=1, hero_gap=24, off=frozenset({"hooks"})))
    for chosen in ((0, 1, 2, 3), (1, 2), (1, 2, 3), (0, 2, 3, 5), (2, 4)):
        for second in ((1, 3), (1, 2, 0), (3, 5, 1)):
            possible = False
            for a in permutations(chosen):
                for b in permutations(second):
                    order = [*a, *b]
                    starts = [sum(values.length[x] for x in a[:n]) for n in range(len(a))]
                    starts += [30 + sum(values.length[x] for x in b[:n]) for n in range(len(b))]
                    heroes = [0, *(t for t, x in zip(starts, order, strict=True) if ITEMS[x].role == "hero"), 60]
                    roles = [ITEMS[x].role for x in order]
                    possible |= all(y - x <= 24 for x, y in pairwise(heroes)) and all(x != y for x, y in pairwise(roles))  # fmt: skip
            assert (Orders(values).find({0: chosen, 1: second}) is not None) == possible


def test_greedy_and_the_hosts_order_never_beat_the_proof() -> None:
    for seed in range(4):
        values = Values(*large(seed, n=16, minutes=120))
        solved = solve(values)
        by_hand = greedy(values)
        assert solved.status == "optimal" and by_hand
        minutes = [(a.start, a.start + values.length[a.item]) for a in by_hand]
        assert all(x[1] <= y[0] for x, y in pairwise(minutes))
        assert all(values.parts[a.part].start <= a.start and a.start + values.length[a.item] <= values.parts[a.part].end for a in by_hand)  # fmt: skip
        loop = in_order(values, [3, 1, 2])
        assert [a.item for a in loop[:4]] == [3, 1, 2, 3]


def test_the_same_session_gives_the_same_rundown() -> None:
    values = Values(*large(1, n=20, minutes=120))
    assert solve(values).airings == solve(values).airings


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_sixty_products_and_four_hours_are_proven(seed: int) -> None:
    solved = solve(Values(*large(seed)), seconds=90)
    assert solved.status == "optimal" and solved.bound == solved.objective


def test_a_locked_hero_opens_its_block_and_still_comes_back() -> None:
    locked = (*ITEMS[:1], replace(ITEMS[1], pinned=2), *ITEMS[2:])
    plan, values, airings = solve_products(Values(locked, AUDIENCE, Rules()))
    assert plan.status == "optimal" and plan.talks()[1].sku == "B" and not faults(values, airings)
    assert [t.sku for t in plan.talks()].count("B") > 1
    twice = (replace(ITEMS[0], pinned=2), *locked[1:])
    assert [c.rule for c in explain(Values(twice, AUDIENCE, Rules()))] == ["pinned"]
