"""What code wrote word for word passes; half a sentence of it, or other people's words, are read like anything else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from advisor.grounding import check
from advisor.grounding.verbatim import is_verbatim
from tools.facts import Claim, Fact, Quantity

CLAIM = Claim(
    zh="“面霜”到手 189.00 元：标价合计 438.00 元，店铺券减 10.00 元。不会低于 154.08 元。",
    en='"Cream" comes down to ¥189.00: list ¥438.00 in all, less shop coupon ¥10.00. It does not go below ¥154.08.',
)


def fact(kind: str = "livestream", claim: Claim = CLAIM) -> Fact:
    values = [Quantity(metric="price.deal", value=Decimal(v), unit="CNY") for v in ("189", "438", "10", "154.08")]
    return Fact(id="f_1", kind=kind, claim=claim, quantities=tuple(values))  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_claim_told_whole_passes_with_its_marks(lang: str) -> None:
    text = CLAIM.zh.replace("。", "[l1]。") if lang == "zh" else CLAIM.en.replace(". ", "[l1]. ") + "[l1]"
    verdict = check(text, cited={"l1": fact()}, lang=lang, section="headline")  # type: ignore[arg-type]
    assert verdict.ok, verdict.problems
    assert verdict.numbers == verdict.supported > 0


@pytest.mark.parametrize(
    "text",
    [
        "低于 154.08 元[l1]。",  # the sentence lost its "not"
        "“面霜”到手 198.00 元：标价合计 438.00 元，店铺券减 10.00 元[l1]。",
        "“面霜”到手 189.00 元[l1]：标价合计 438.00 元，店铺券减 10.00 元，利润翻倍[l1]。",
    ],
)
def test_half_a_sentence_or_a_changed_one_is_not_its_claim(text: str) -> None:
    assert not is_verbatim(text, [fact()], "zh")


def test_the_words_of_others_are_read() -> None:
    assert not is_verbatim(CLAIM.zh, [fact("case")], "zh")


@pytest.mark.parametrize(
    ("lang", "text", "said"),
    [
        ("zh", "现在还答不了：现有 60 单里没有直播成交，排不出品。", "现有 60 单里没有直播成交，排不出品。"),
        ("en", "That cannot be answered yet. None of the 60 orders came from a stream.", "None of the 60 orders came from a stream."),
        ("zh", "现在还答不了：补上“直播 → 数据 → 场次”即可。", "补上“直播 → 数据 → 场次（按日导出）”即可。"),
    ],
)  # fmt: skip
def test_what_a_tool_says_is_missing_needs_no_mark(lang: str, text: str, said: str) -> None:
    assert check(text, cited={}, lang=lang, section="headline", said=[said]).ok  # type: ignore[arg-type]
    assert not check(
        text.replace("60", "61").replace("数据", "订单"), cited={}, lang=lang, section="headline", said=[said]
    ).ok  # type: ignore[arg-type]


def test_the_opening_alone_says_nothing() -> None:
    assert not is_verbatim("现在还答不了：", [], "zh", ["缺成本。"])
    assert not is_verbatim("", [fact()], "zh")
