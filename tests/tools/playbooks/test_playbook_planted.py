"""Matching on random simulated shops: a planted cause finds its remedy, and nothing is offered against its contra-condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.playbooks.planted import ranked, run, simulated
from tests.tools.playbooks.shopkit import figure
from tests.tools.playbooks.shopkit import situation as by_hand
from tests.tools.playbooks.test_playbook_match import SHOP
from tools.playbooks.evaluate import Blocked, Evaluation, evaluate
from tools.playbooks.library import find_playbook, playbooks
from tools.playbooks.match import rank
from tools.playbooks.schema import DriverCondition, FigureCondition, Playbook
from tools.playbooks.views import DriverView, Situation
from tools.text import Text

CONTRAS = [(book, against) for book in playbooks() for against in book.not_for]


@pytest.fixture(scope="module")
def situations(tmp_path_factory: pytest.TempPathFactory) -> list[Situation]:
    found = []
    for seed, cause in ((2, "returning_lost"), (3, "source_lost")):
        shop = simulated(seed, cause, tmp_path_factory.mktemp("sim"))
        assert shop is not None
        found.append(ranked(shop)[0])
    return found


def worse(situation: Situation, book: Playbook, against: object, beyond: Decimal) -> Situation:
    """The same shop with the contra-condition true, by any distance over its line."""
    if isinstance(against, FigureCondition):
        past = Decimal(1)  # a history of ones where it compares with its own
        chosen = book.parameters.get(against.against)
        line = chosen.value if chosen else past * (1 + against.by if against.side == "above" else 1 - against.by)
        value = line * (1 + beyond) if against.side == "above" else line * (1 - beyond)
        new = figure(against.figure, str(value), previous=past, history=(past,) * 5)
        return replace(situation, figures={**situation.figures, against.figure: new})
    assert isinstance(against, DriverCondition)
    amount = situation.scale * (against.min_share + beyond) * (-1 if against.direction == "down" else 1)
    view = DriverView("event", against.drivers[0], Text("x", "x"), amount)
    others = [driver for driver in situation.drivers if not driver.keys & set(against.unless)]  # what would refute it
    return replace(situation, drivers=(*others, view))


@given(number=st.integers(0, len(CONTRAS) - 1), beyond=st.decimals("0.01", "3", places=2))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_is_offered_while_its_contra_condition_holds(
    situations: list[Situation], number: int, beyond: Decimal
) -> None:
    book, against = CONTRAS[number]
    for situation in situations:
        given_now = worse(situation, book, against, beyond)
        assert isinstance(evaluate(book, given_now, given_now.names), Blocked)


def test_contra_conditions_bite_on_playbooks_that_would_be_offered(situations: list[Situation]) -> None:
    """At least some were really on offer before, and leave the ranking once the condition holds."""
    left = set()
    for situation in situations:
        for found in rank(SHOP, situation, limit=3).matches:
            for against in found.playbook.not_for:
                after = worse(situation, found.playbook, against, Decimal("0.5"))
                assert found.playbook.id not in [each.playbook.id for each in rank(SHOP, after).matches]
                left.add(found.playbook.id)
    assert left


def offered(situations: list[Situation]) -> Iterator[Evaluation]:
    for situation in situations:
        names = {**situation.names, "shop": Text("店", "Shop")}
        for book in playbooks():
            found = evaluate(book, situation, names)
            if isinstance(found, Evaluation):
                yield found


def test_sizes_of_real_situations_stay_within_their_ceiling(situations: list[Situation]) -> None:
    sized = [found for found in offered(situations) if found.worth is not None]
    assert len({found.playbook.id for found in sized}) >= 4
    for found in sized:
        assert found.worth is not None and 0 <= found.worth.low <= found.worth.high <= found.worth.ceiling


@pytest.mark.slow
def test_planted_causes_lead_to_their_remedies() -> None:
    """Two shops of every cause; more of them with `python -m tests.tools.playbooks.planted 20`."""
    found = run(2, first=2)
    assert all(hits for hits, _ in found.values()), found
    hits, tried = sum(h for h, _ in found.values()), sum(t for _, t in found.values())
    assert tried >= 20 and hits >= 0.9 * tried, found


def test_a_shop_without_a_cause_is_offered_at_most_three(tmp_path: Path) -> None:
    shop = simulated(4, None, tmp_path)
    assert shop is not None
    _, found = ranked(shop)
    assert len(found.matches) <= 3 and [each.start_here for each in found.matches][:1] in ([True], [])


@pytest.mark.parametrize(
    ("event", "leads", "offered_now"),
    [("price_raise", True, True), ("price_raise", False, False), ("stock_out", True, False)],
)
def test_a_falling_market_is_no_excuse_for_what_the_shop_did_itself(event: str, leads: bool, offered_now: bool) -> None:
    """The price rise of shop 4: the market fell by as much as the shop on the whole, and the price rise still led."""
    book = find_playbook("product-conversion-recovery")
    drivers = [
        DriverView("event", "market", Text("大盘", "the market"), Decimal(-10000)),
        DriverView("event", event, Text("x", "x"), Decimal(-4000), ("甲",), "conversion", leads),
    ]
    now = by_hand(
        [
            figure("product_conversion", "0.03", previous=Decimal("0.04"), history=(Decimal("0.04"),) * 5),
            figure("product_visitors", 1000, "visitors"),
            figure("product_buyer_value", 80, "CNY"),
        ],
        drivers=drivers,
        tables={"orders": 700, "product_daily": 700},
        names={"weak_product": "甲"},
    )
    assert isinstance(evaluate(book, now, now.names), Evaluation) == offered_now
