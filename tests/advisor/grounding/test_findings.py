"""What a finding claims besides its figures: things, bases, rankings, comparisons, targets, strength, effect. Hand-made pairs."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.grounding import check
from tests.advisor.grounding_facts import fact, q
from tools.facts import Fact, Role, WhyClass, Window
from tools.text import Lang

TODAY = date(2024, 11, 5)
DAY = Window(start=date(2024, 10, 18), end=date(2024, 10, 18))
NOV = Window(start=date(2024, 11, 1), end=date(2024, 11, 30))
FACTS: dict[str, Fact] = {
    "m1": fact(
        "metric", "10 月访客来源：搜索 38%，推荐 27%，短视频 11%。", "Visitors by source in October: search 38%, recommendation 27%, short video 11%.",
        q("visitor_share", "0.38", "ratio", subject=("搜索", "search")), q("visitor_share", "0.27", "ratio", subject=("推荐", "recommendation")),
        q("visitor_share", "0.11", "ratio", subject=("短视频", "short video")),
    ),
    "m2": fact(
        "metric", "10 月投产比 3.10，退款后 2.17；保本投产比 2.58。", "October ROAS was 3.10, 2.17 after refunds; break-even is 2.58.",
        q("ad_roi", "3.10", "number"), q("ad_roi", "2.17", "number", subject=("退款后", "after refunds")),
        q("ad_roi", "2.58", "number", Role.TARGET, None, ("保本", "break-even")),
    ),
    "m3": fact(
        "metric", "主播 A 转化 3.8%，主播 B 3.1%，区间重叠。", "Host A converted 3.8%, host B 3.1%; the intervals overlap.",
        q("live_conversion", "0.038", "ratio", subject=("主播 A", "host A")), q("live_conversion", "0.031", "ratio", subject=("主播 B", "host B")),
        why=WhyClass.ASSOCIATION,
    ),
    "m4": fact(
        "metric", "11 月支付金额预计 90 万元（80 万元 至 99 万元）。", "GMV is expected to land at ¥900,000 in November (¥800,000 to ¥990,000).",
        q("gmv", "900000", "CNY", window=NOV), q("gmv", "800000", "CNY", Role.RANGE_LOW, NOV), q("gmv", "990000", "CNY", Role.RANGE_HIGH, NOV),
    ),
    "m5": fact(
        "metric", "会员日 10-18 成交 15.3 万元；没有留对照组。", "Member day, 18 October: ¥153,000; no hold-out was kept.",
        q("gmv", "153000", "CNY", window=DAY),
    ),
    "m6": fact(
        "metric", "发券组比对照组复购高 2.3 个百分点（95% 区间 0.7 到 3.9）。", "The coupon group repurchased 2.3 points more (95% interval 0.7 to 3.9).",
        q("repurchase_rate", "2.3", "pp", Role.CHANGE), q("repurchase_rate", "0.7", "pp", Role.RANGE_LOW), q("repurchase_rate", "3.9", "pp", Role.RANGE_HIGH),
        why=WhyClass.ASSOCIATION,
    ),
    "m7": fact("metric", "11 月 1–22 日支付 190 万元，11-23 未导入。", "GMV from 1 to 22 November was ¥1,900,000; 23 November was not imported.",
        q("gmv", "1900000", "CNY", window=Window(start=date(2024, 11, 1), end=date(2024, 11, 22))),
    ),
}  # fmt: skip
PAIRS: list[tuple[str, str, Lang, str, str]] = [
    # what, mark, language, supported, unsupported
    ("swapped", "m1", "zh", "搜索占 38%，推荐占 27%", "推荐占 38%，搜索占 27%"),
    ("swapped", "m1", "en", "Search brought 38%, recommendation 27%", "Recommendation brought 38%, search 27%"),
    ("thing", "m1", "zh", "10 月短视频占 11%", "10 月直通车占 11%"),
    ("rank", "m1", "en", "Search was the largest source of visitors", "Short video was the largest source of visitors"),
    ("rank", "m1", "zh", "短视频不是最大的来源", "搜索不是最大的来源"),
    ("comparison", "m1", "zh", "搜索的访客占比高于推荐", "推荐的访客占比高于搜索"),
    ("basis", "m2", "zh", "退款后投产比 2.17", "退款后投产比 3.10"),
    ("basis", "m2", "en", "ROAS was 2.17 after refunds", "ROAS was 3.10 after refunds"),
    ("target", "m2", "en", "After refunds ROAS fell short of break-even", "After refunds ROAS cleared break-even"),
    ("bound", "m2", "zh", "退款后投产比没有达到 2.5", "退款后投产比没有达到 2"),
    ("label", "m3", "zh", "主播 A 转化 3.8%", "主播 C 转化 3.8%"),
    ("certainty", "m3", "en", "Host A cannot be told apart from host B", "Host A is clearly better than host B"),
    ("forecast", "m4", "en", "GMV should land at ¥900,000 in November", "GMV will be ¥900,000 in November"),
    ("range", "m4", "zh", "11 月预计在 80 万元 到 99 万元", "11 月支付金额预计 99 万元"),
    ("denied", "m5", "en", "Without a hold-out the effect is not known", "The effect was measured against a hold-out"),
    ("effect", "m5", "zh", "会员日当天成交 15.3 万元", "会员日让当天成交增加到 15.3 万元"),
    ("zero", "m6", "zh", "区间不含 0", "区间包含 0"),
    ("no effect", "m6", "en", "The interval excludes 0", "The coupon made no difference"),
    ("whole month", "m7", "zh", "11 月 1 日至 22 日支付 190 万元", "11 月全月支付 190 万元"),
    ("missing day", "m7", "zh", "11 月 23 日的数据还没有导入", "11 月 23 日成交平稳"),
    ("whole", "m5", "zh", "会员日成交 15.3 万元", "会员日全程成交 15.3 万元"),
]


def passes(text: str, mark: str, lang: Lang) -> bool:
    written = f"{text}[{mark}]{'。' if lang == 'zh' else '.'}"
    return check(written, cited=FACTS, lang=lang, section="why", today=TODAY).ok


@pytest.mark.parametrize(("what", "mark", "lang", "supported", "unsupported"), PAIRS)
def test_the_claim_decides_not_its_figure(what: str, mark: str, lang: Lang, supported: str, unsupported: str) -> None:
    assert (passes(supported, mark, lang), passes(unsupported, mark, lang)) == (True, False)


def test_why_a_sentence_is_withheld_is_said_in_the_readers_language() -> None:
    zh = check("推荐占 38%[m1]。", cited=FACTS, lang="zh", section="why", today=TODAY)
    en = check("Recommendation brought 38%[m1].", cited=FACTS, lang="en", section="why", today=TODAY)
    assert zh.problems and all(any("\u4e00" <= char <= "\u9fff" for char in text) for text in zh.problems)
    assert en.problems and all(text.isascii() or "38%" in text for text in en.problems)
