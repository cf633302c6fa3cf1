"""Generated true sentences and their mutants: how many untrue ones are caught, how many true ones are wrongly withheld."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.grounding import check
from tests.advisor.grounding_facts import OCT, fact, q
from tests.advisor.grounding_mutants import TODAY, sentences
from tools.text import Lang, format_value


def rates(seed: int, count: int) -> tuple[Counter[str], Counter[str]]:
    """Sentences seen and misjudged, by mutation ("" for true ones)."""
    seen: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for sentence in sentences(seed, count):
        verdict = check(sentence.text, cited=sentence.cited, lang=sentence.lang, section="why", today=TODAY)
        seen[sentence.mutation] += 1
        wrong[sentence.mutation] += verdict.ok is bool(sentence.mutation)
    return seen, wrong


def judge(seen: Counter[str], wrong: Counter[str]) -> None:
    mutants = sum(n for kind, n in seen.items() if kind)
    missed = sum(n for kind, n in wrong.items() if kind)
    report = {kind or "true": (wrong[kind], seen[kind]) for kind in seen}
    assert missed <= mutants * 0.01, report
    assert wrong[""] <= seen[""] * 0.02, report
    assert set(seen) == {"", "metric", "value", "direction", "order", "window", "mark", "unit", "currency"}
    for kind in set(seen) - {""}:
        assert wrong[kind] <= max(1, seen[kind] * 0.02), (kind, report)


def test_mutants_are_caught_and_true_sentences_pass() -> None:
    judge(*rates(seed=11, count=150))


@pytest.mark.slow
def test_five_thousand_mutants() -> None:
    seen, wrong = rates(seed=12, count=650)
    assert sum(seen.values()) > 5_000
    judge(seen, wrong)


UNITS = {
    "CNY": ("gmv", "支付金额", "GMV"),
    "GBP": ("gmv", "支付金额", "GMV"),
    "ratio": ("conversion", "支付转化率", "Conversion rate"),
    "orders": ("orders", "支付订单数", "Order count"),
    "buyers": ("buyers", "支付买家数", "Buyer count"),
    "visitors": ("visitors", "访客数", "Unique visitors"),
    "items": ("items", "支付件数", "Items sold"),
    "number": ("ad_roi", "投产比", "ROI"),
}


@given(
    unit=st.sampled_from(sorted(UNITS)),
    value=st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10) ** 10, places=3),
    lang=st.sampled_from(["zh", "en"]),
)
def test_whatever_the_product_writes_of_a_quantity_is_supported_by_it(unit: str, value: Decimal, lang: Lang) -> None:
    if unit == "ratio":
        value = value % 1
    if unit in ("orders", "buyers", "visitors", "items"):
        value = value.to_integral_value()
    metric, zh, en = UNITS[unit]
    cited = {"m1": fact("metric", zh, en, q(metric, str(value), unit))}
    written = format_value(value, unit, lang)
    text = f"10 月{zh} {written}[m1]。" if lang == "zh" else f"{en} was {written} in October[m1]."
    assert check(text, cited=cited, lang=lang, section="headline", today=TODAY).ok, text


@given(
    value=st.integers(min_value=2_000, max_value=10**9),
    off=st.sampled_from([Decimal("0.97"), Decimal("1.03"), Decimal(10), Decimal("0.1"), Decimal(2)]),
    lang=st.sampled_from(["zh", "en"]),
)
def test_a_figure_a_few_percent_off_is_never_supported(value: int, off: Decimal, lang: Lang) -> None:
    cited = {"m1": fact("metric", "支付金额", "GMV", q("gmv", str(value), "CNY"))}
    written = format_value(value * off, "CNY", lang)
    text = f"10 月支付金额 {written}[m1]。" if lang == "zh" else f"GMV was {written} in October[m1]."
    assert not check(text, cited=cited, lang=lang, section="headline", today=TODAY).ok, text


@given(st.text(max_size=200))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    verdict = check(
        text,
        cited={"m1": fact("metric", "支付金额", "GMV", q("gmv", "5", "CNY", window=OCT))},
        lang="zh",
        section="why",
    )
    assert verdict.ok is not bool(verdict.problems)
    assert 0 <= verdict.supported <= verdict.numbers
