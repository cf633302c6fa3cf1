"""The merchant's account of a model: exact sums, limits of a day, one account for many writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from advisor.brains.base import Exchange
from advisor.errors import ModelSpent, SettingsInvalid
from advisor.scope import Scope
from advisor.service.spending import Spending
from advisor.settings import load_settings
from advisor.store import Store
from advisor.store.usage import UsageBook

DAY = date(2026, 11, 24)
MINE, THEIRS = Scope("m1", "me"), Scope("m2", "you")


@pytest.fixture
def book(tmp_path: Path) -> UsageBook:
    return Store.sqlite(tmp_path / "store.sqlite").usage


def exchange(tokens_in: int, tokens_out: int, model: str = "small", code: str = "ok") -> Exchange:
    return Exchange("compose", "host", model, [], [], "", tokens_in, tokens_out, 5, code)


def test_tokens_and_money_add_up_exactly_per_merchant_day_and_model(book: UsageBook) -> None:
    spending = Spending(book, price_in=Decimal("0.10"), price_out=Decimal("0.70"))
    kept: list[Exchange] = []
    for _ in range(3):
        spending.turn(MINE, DAY, kept.append).note(exchange(1_000, 100))
    spending.turn(MINE, DAY).note(exchange(1, 0, model="large"))
    spending.turn(THEIRS, DAY).note(exchange(7, 7))
    assert [(row.model, row.calls, row.tokens, row.cost) for row in book.rows(MINE, since=DAY, until=DAY)] == [
        ("large", 1, 1, Decimal("0.000000")),  # 0.0000001 rounds away: the column keeps a millionth
        ("small", 3, 3_300, Decimal("0.000510")),  # 3 * (0.0001 + 0.00007)
    ]
    assert book.spent(MINE, DAY).tokens == 3_301 and book.spent(MINE, date(2026, 11, 25)).tokens == 0
    assert len(kept) == 3


def test_without_prices_there_is_no_cost(book: UsageBook) -> None:
    Spending(book, price_in=Decimal(1)).turn(MINE, DAY).note(exchange(10, 10))
    assert book.spent(MINE, DAY).cost is None and book.spent(MINE, DAY).tokens == 20


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        ({"daily_tokens": 100}, "ADVISOR_DAILY_TOKENS"),
        ({"daily_cost": Decimal("0.0001"), "price_in": Decimal(1), "price_out": Decimal(1)}, "ADVISOR_DAILY_COST"),
    ],
)
def test_a_reached_limit_is_said_with_the_setting_that_raises_it(
    book: UsageBook, limits: dict[str, object], setting: str
) -> None:
    spending = Spending(book, **limits)  # type: ignore[arg-type]
    ledger = spending.turn(MINE, DAY)
    ledger.allow()
    ledger.note(exchange(60, 39))
    ledger.allow()  # 99 of 100
    ledger.note(exchange(1, 0, code="cancelled"))
    with pytest.raises(ModelSpent) as raised:
        ledger.allow()
    assert setting in raised.value.text("zh") and setting in raised.value.text("en")
    spending.turn(THEIRS, DAY).allow()
    spending.turn(MINE, date(2026, 11, 25)).allow()


def test_no_request_is_lost_between_writers(book: UsageBook) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(60):
            pool.submit(Spending(book).turn(MINE, DAY).note, exchange(2, 1))
    assert (book.spent(MINE, DAY).calls, book.spent(MINE, DAY).tokens) == (60, 180)


def test_a_cost_limit_without_prices_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_DAILY_COST", "5")
    with pytest.raises(SettingsInvalid, match=r"ADVISOR_DAILY_COST.*ADVISOR_PRICE_IN"):
        load_settings()
