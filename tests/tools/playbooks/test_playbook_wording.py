"""How playbook facts word their figures: units once, spaces, the headline first, and nothing said that the shop is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.tools.playbooks.shopkit import figure, make_shop, situation
from tools.facts import Fact, Role
from tools.playbooks.advice import playbook_fact
from tools.playbooks.evaluate import Evaluation, evaluate
from tools.playbooks.library import find_playbook
from tools.playbooks.match import Match
from tools.playbooks.render import Book, Entry
from tools.playbooks.schema import Bilingual
from tools.playbooks.views import DriverView, Situation
from tools.text import Text

TABLES = {"orders": 700, "traffic_daily": 700}
STEADY = ("0.171", "0.171", "0.171", "0.3", "0.3")


def second_orders(history: tuple[str, ...], **more: object) -> Situation:
    figures = [
        figure("buyers_on_record", 4000, "buyers"),
        figure("first_buyers_waiting", 1000, "buyers"),
        figure("second_order_rate", "0.17", history=tuple(Decimal(value) for value in history)),
        figure("repeat_purchase_value", 150, "CNY"),
        figure("refund_rate", "0.10"),
    ]
    return replace(situation(figures, tables=TABLES), **more)  # type: ignore[arg-type]


def fact_of(playbook_id: str, given: Situation, tmp_path_factory: pytest.TempPathFactory) -> Fact:
    shop = make_shop(tmp_path_factory.mktemp("wh"), {"orders": []})
    found = evaluate(find_playbook(playbook_id), given, {**given.names, "shop": Text("店", "Shop")})
    assert isinstance(found, Evaluation)
    return playbook_fact(shop, given, Match(found, Decimal(1)), date(2026, 11, 2))[0]


@pytest.fixture
def say(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    return tmp_path_factory


def test_a_wide_range_tells_the_most_only_and_puts_it_first(say: pytest.TempPathFactory) -> None:
    # 1000 × 0.001 × 150 × 0.9 = 135 against 1000 × 0.13 × 150 × 0.9 = 17,550
    fact = fact_of("first-to-second-order", second_orders(STEADY), say)
    assert "最多约 1.76 万元的净成交" in fact.claim.zh and "at most about ¥17,550" in fact.claim.en
    assert fact.quantities[0].role is Role.RANGE_HIGH and fact.quantities[0].value == Decimal(17550)
    assert fact.quantity(Role.RANGE_LOW) is not None and "135 元" not in fact.claim.zh


def test_a_narrow_range_tells_both_ends_without_a_blank_after_the_unit(say: pytest.TempPathFactory) -> None:
    fact = fact_of("first-to-second-order", second_orders(("0.21", "0.21", "0.21", "0.24", "0.24")), say)
    assert "约 5,400 元到 9,450 元的净成交" in fact.claim.zh
    assert fact.quantities[0].value == Decimal(9450) and fact.quantities[1].value == Decimal(5400)


def test_a_share_of_our_choosing_has_no_zero_decimal(say: pytest.TempPathFactory) -> None:
    given = second_orders(("0.21", "0.21", "0.21", "0.32", "0.32"))
    held = fact_of("first-to-second-order", given, say).data["steps"][0]["action"]["zh"]
    assert "随机留出 " in held and "%" in held and ".0%" not in held


@pytest.mark.parametrize(("category", "durable"), [("家电", True), ("家具", True), ("美妆/个护", False), ("", False)])
def test_durable_goods_are_named_to_their_sellers_only(
    category: str, durable: bool, say: pytest.TempPathFactory
) -> None:
    fact = fact_of("first-to-second-order", second_orders(STEADY, category=category), say)
    assert any("耐用品" in warning["zh"] for warning in fact.data["not_for"]) is durable
    assert fact.data["not_for"]


@pytest.mark.parametrize(("change", "told"), [("-10000", True), ("10000", False)])
def test_no_fall_is_spoken_of_where_gmv_rose(change: str, told: bool, say: pytest.TempPathFactory) -> None:
    given = second_orders(STEADY)
    driver = DriverView("factor", "returning_buyers", Text("老客", "returning"), Decimal(-6000))
    given = replace(given, drivers=(driver,), change=Decimal(change), scale=Decimal(10000))
    fact = fact_of("first-to-second-order", given, say)
    said = fact.claim.zh + "".join(condition["zh"] for condition in fact.data["conditions"])
    assert ("拖累支付金额" in said) is told
    assert ("pull GMV down" in fact.claim.en + str(fact.data["conditions"])) is told


def test_a_source_that_fell_names_its_unit_once() -> None:
    tables = {"orders": 700, "traffic_daily": 700}
    figures = [
        figure("source_visitors_now", 30304, "visitors", previous=Decimal(43652)),
        figure("source_visitors_before", 43652, "visitors"),
        figure("source_visitors_usual", 41000, "visitors"),
        figure("source_visitor_value", "3.5", "CNY"),
    ]
    fell = DriverView("factor", "visitors", Text("访客", "visitors"), Decimal(-9000))
    given = situation(figures, drivers=[fell], tables=tables, names={"lost_source": "搜索"})
    found = evaluate(find_playbook("traffic-source-recovery"), given, given.names)
    assert isinstance(found, Evaluation)
    told = [held.text for held in found.held]
    assert Text("“搜索”访客数从 43,652 降到 30,304", "visitors from “搜索” fell from 43,652 to 30,304") in told


@pytest.mark.parametrize(("count", "zh", "en"), [(1, "有 1 天空着", "1 day empty"), (2, "有 2 天空着", "2 days empty")])
def test_one_is_singular_and_a_chinese_unit_closes_up(count: int, zh: str, en: str) -> None:
    book = Book({"gap": Entry("gap", Decimal(count), "days", Role.VALUE)})
    filled = book.fill(Bilingual(zh="有 {gap} 空着", en="{gap} empty"))
    assert filled == Text(zh, en)
