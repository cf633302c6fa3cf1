"""Hand tables: sentences a careful reader would pass or withhold, with the evidence of `grounding_facts`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from advisor.answer import Section
from advisor.grounding import check
from tests.advisor.grounding_facts import FACTS, GBP, TODAY
from tools.facts import Claim, Fact, Quantity, Role, WhyClass, Window

RIGHT: list[tuple[Section, str]] = [
    ("headline", "新客 90 天复购率从 24.1% 降到 17.6%[m2]，全部追回约值 11–19 万元[p1]。"),
    ("headline", "October: ¥1,284,350 paid, ¥1,102,918 after refunds of the same orders[m1][m10] (4,912 orders, 4,377 buyers)."),
    ("headline", "10 月支付金额 128.44 万元，环比增长 6.1%[m1]。"),
    ("headline", "上月 GMV 128.4 万，比 9 月的 121.1 万多了 7.4 万[m1]。"),
    ("headline", "GMV rose 6.1% to ¥1.28 million in October[m1]."),
    ("headline", "GMV was ¥1,284,350 in October, up from ¥1,210,500 in September[m1]."),
    ("headline", "Last month's GMV was about ¥1.3 million[m1]."),
    ("headline", "10 月 GMV 超过 128 万元[m1]。"),
    ("headline", "Net GMV came to ¥1,102,918[m10]."),
    ("headline", "净成交 110.29 万元[m10]，来自 4,912 单、4,377 位买家[m10]。"),
    ("headline", "新客复购率掉了 6.5 个百分点[m2]。"),
    ("why", "首购在福袋直播的新客占比由 9% 升到 41%[m7]。"),
    ("why", "福袋直播带来的新客占四成[m7]。"),
    ("why", "按结构拆解，搜索少了 8.2 万元，推荐多了 2.1 万元[m3]。"),
    ("why", "Search visitors took ¥82,000 off GMV[m3]."),
    ("why", "支付转化率 3.2%，下降 0.4 个百分点[m5]。"),
    ("why", "Conversion fell 11.1% to 3.2%[m5]."),
    ("why", "转化率环比 -11.1%[m5]。"),
    ("why", "笔单价上涨 6.2%，到 261.47 元[m6]；所以问题不在单价。"),
    ("why", "Order value is ¥261.47, 6.2% higher than before[m6]."),
    ("why", "直播成交翻倍，到 22 万元[m11]。"),
    ("why", "Livestream GMV doubled to ¥220,000[m11]."),
    ("why", "会员成交占比 18%[m4]，接近两成。"),
    ("why", "“玫瑰面膜 30片装”卖了 21.43 万元，占 16.7%[m8]。"),
    ("why", "退款率 14.1%，同比低 2.3 个百分点[m13]。"),
    ("why", "大盘无法排除：没有“生意参谋-市场”数据，上传后我能分清是行业还是自己。"),
    ("why", "GMV 没有下降[m1]，涨了 6.1%。"),
    ("what", "先做“首单→二单”承接，每追回 1 个百分点约合 1.7–2.9 万元净成交[p1]。"),
    ("what", "给近 30 天福袋新客 8,420 人[m12]发二单券。"),
    ("what", "Start with three steps over the next 6 weeks[p1]."),
    ("how", "第 1–2 周：给近 30 天福袋新客 8,420 人[m12]发二单券，两周后看对照差是否达到 1.6 个百分点[p1]。"),
    ("how", "1. 周三 20:00 固定老客场，连续 3 周[p1]。"),
    ("how", "投产低于 2.6 就停投流[l1]，第 8 周成交不到 25 万就停合作[l1]。"),
    ("how", "Week 2: hold back a control group; stop if return is below 2.6[l1]."),
    ("decision", "先找代播：代播保本 25 万、自播保本 38 万[l1]。"),
    ("how", "反例 [c1] 巴黎欧莱雅 2021：自家券叠加后 257 元，低于主播预售的 429 元。"),
    ("how", "L'Oréal Paris shows the risk: its own coupons came to ¥257 against ¥429[c1]."),
    ("limits", "毛利率按你说的 45% 计[u1]；没有导入直播订单明细，不能按主播拆分。"),
    ("limits", "不知道 618 期间有没有断货。"),
    ("headline", "2024年10月1日至10月31日支付金额 128.44 万元，比2024年9月1日至9月30日的 121.05 万元多 7.39 万元（+6.1%）[m1]。"),
    ("headline", "GMV rose from ¥1,210,500 in 1 September to 30 September 2024 to ¥1,284,350 in 1 October to 31 October 2024[m1]."),
    ("why", "2024年10月6日起搜索访客明显走低[m14]。"),
    ("why", "Search visitors are clearly lower from 6 October 2024 on[m14]."),
    ("how", "Split the source by product (Qianniu → Traffic → Shop Sources → My Details)[p1]."),
    ("headline", "超过四成新客（41%）来自福袋直播[m7]。"),
]  # fmt: skip

WRONG: list[tuple[str, Section, str]] = [
    ("value", "headline", "10 月支付金额 138.44 万元[m1]。"),
    ("value", "headline", "GMV was ¥1,824,350 in October[m1]."),
    ("value", "why", "转化率环比 -12.1%[m5]。"),
    ("value", "why", "福袋直播带来的新客占六成[m7]。"),
    ("value", "why", "直播成交翻了三倍[m11]。"),
    ("value", "why", "Livestream GMV tripled[m11]."),
    ("value", "why", "Half of new buyers came from lucky-bag livestreams[m7]."),
    ("value", "headline", "Sales will grow by 2.5% with this plan[p1]."),
    ("unit", "headline", "新客复购率下降 6.5%[m2]。"),
    ("unit", "headline", "10 月支付金额 128.44 元[m1]。"),
    ("unit", "why", "会员成交占比 18 个百分点[m4]。"),
    ("unit", "headline", "净成交来自 4,912 位买家[m10]。"),
    ("unit", "headline", "4,377 orders made up net GMV[m10]."),
    ("direction", "headline", "10 月支付金额下降 6.1%[m1]。"),
    ("direction", "headline", "GMV fell 6.1% in October[m1]."),
    ("direction", "why", "支付转化率上升 0.4 个百分点[m5]。"),
    ("direction", "why", "转化率环比 +11.1%[m5]。"),
    ("direction", "headline", "新客复购率从 17.6% 升到 24.1%[m2]。"),
    ("direction", "headline", "The repurchase rate went from 17.6% to 24.1%[m2]."),
    ("direction", "headline", "90-day repurchase rose from 24.1% to 17.6%[m2]."),
    ("direction", "why", "Order value dropped to ¥261.47[m6]."),
    ("direction", "why", "搜索多了 8.2 万元[m3]。"),
    ("metric", "headline", "复购率 18%[m4]。"),
    ("metric", "headline", "净成交 128.44 万元[m1]。"),
    ("metric", "headline", "GMV was ¥1,102,918[m10]."),
    ("metric", "why", "客单价上涨 6.2%[m6]。"),
    ("metric", "why", "退款率 3.2%[m5]。"),
    ("metric", "why", "毛利率 18%[m4]。"),
    ("window", "headline", "8 月支付金额 128.44 万元[m1]。"),
    ("window", "headline", "GMV was ¥1,284,350 in August[m1]."),
    ("window", "headline", "9 月支付金额 128.44 万元[m1]。"),
    ("window", "headline", "近 7 天 GMV 128.44 万元[m1]。"),
    ("window", "headline", "Last week's GMV was ¥1,284,350[m1]."),
    ("window", "headline", "2023 年 10 月支付金额 128.44 万元[m1]。"),
    ("window", "why", "GMV 同比增长 6.1%[m1]。"),
    ("window", "why", "退款率环比低 2.3 个百分点[m13]。"),
    ("subject", "why", "推荐少了 8.2 万元[m3]。"),
    ("subject", "why", "老客 GMV 128.44 万元[m1]。"),
    ("subject", "headline", "支付金额 21.43 万元[m8]。"),
    ("subject", "decision", "自播保本 25 万元[l1]。"),
    ("subject", "why", "Recommendation visitors took ¥82,000 off GMV[m3]."),
    ("role", "headline", "GMV 为 121.05 万元[m1]。"),
    ("role", "headline", "GMV 增长 128.44 万元[m1]。"),
    ("role", "why", "GMV 占比 6.1%[m1]。"),
    ("role", "headline", "GMV was ¥73,850[m1]."),
    ("cause", "why", "福袋直播导致新客占比由 9% 升到 41%[m7]。"),
    ("cause", "why", "Lucky-bag livestreams caused the share to reach 41%[m7]."),
    ("cause", "why", "由于福袋直播，新客占比升到 41%[m7]。"),
    ("cause", "headline", "GMV rose 6.1% because of livestreams[m1]."),
    ("mark", "headline", "10 月支付金额 128.44 万元。"),
    ("mark", "headline", "10 月支付金额 128.44 万元[m99]。"),
    ("mark", "what", "建议加强会员运营。"),
    ("mark", "why", "竞争对手降价抢走了客户。"),
    ("name", "how", "参考《完美日记增长白皮书》的做法[p1]。"),
    ("name", "how", "像“花西子”那样做会员日[c1]。"),
    ("name", "how", "Follow the Glossier Club playbook[p1]."),
    ("name", "how", "Perfect Diary did the same[c1]."),
    ("window", "headline", "2024年10月1日至10月21日支付金额 128.44 万元[m1]。"),
    ("window", "headline", "2024年90月1日至10月31日支付金额 128.44 万元[m1]。"),
    ("window", "headline", "GMV was ¥1,284,350 in 5 October to 31 October 2024[m1]."),
    ("window", "why", "2024年10月16日起搜索访客明显走低[m14]。"),
    ("direction", "why", "2024年10月6日起搜索访客明显走高[m14]。"),
    ("subject", "why", "缺口主要在推荐来的访客，少 8.2 万元[m3]。"),
    ("value", "why", "GMV 增长 6.1%[m1]；笔单价 261.47 元，涨了 6.1%[m6]。"),
    ("name", "how", "参考 Glossier 的做法[c1]。"),
    ("negation", "why", "GMV 下降了[m1]。"),
    ("negation", "why", "支付转化率没有下降[m5]。"),
    ("negation", "why", "下降不是来自搜索访客[m3]。"),
    ("negation", "why", "GMV did not grow[m1]."),
]  # fmt: skip


@pytest.mark.parametrize(("section", "text"), RIGHT, ids=[text[:30] for _, text in RIGHT])
def test_true_sentences_pass(section: Section, text: str) -> None:
    verdict = check(text, cited=FACTS, lang="en", section=section, today=TODAY)
    assert verdict.ok, verdict.problems
    assert verdict.numbers == verdict.supported


@pytest.mark.parametrize(("kind", "section", "text"), WRONG, ids=[f"{kind}-{text[:30]}" for kind, _, text in WRONG])
def test_untrue_sentences_are_withheld(kind: str, section: Section, text: str) -> None:
    verdict = check(text, cited=FACTS, lang="zh", section=section, today=TODAY)
    assert not verdict.ok
    assert all(problem for problem in verdict.problems)


def test_an_experiment_may_say_caused_only_with_an_experiment_behind_it() -> None:
    text = "二单券导致复购率高 1.9 个百分点[m9]。"
    assert check(text, cited=FACTS, lang="zh", section="why", why_class=WhyClass.EXPERIMENT, today=TODAY).ok
    assert not check(text, cited=FACTS, lang="zh", section="why", why_class=WhyClass.ASSOCIATION, today=TODAY).ok
    other = "福袋直播导致新客占比升到 41%[m7]。"
    assert not check(other, cited=FACTS, lang="zh", section="why", why_class=WhyClass.EXPERIMENT, today=TODAY).ok


def test_a_pound_is_not_a_yuan() -> None:
    assert check("GMV was £58,636[m1].", cited=GBP, lang="en", section="headline", today=TODAY).ok
    assert check("GMV was £58.6k[m1].", cited=GBP, lang="en", section="headline", today=TODAY).ok
    for text in (
        "GMV was ¥58,636[m1].",
        "GMV was $58,636[m1].",
        "支付金额 58,636 元[m1]。",
        "支付金额 5.86 万元[m1]。",
    ):
        assert not check(text, cited=GBP, lang="en", section="headline", today=TODAY).ok, text


def test_the_merchants_own_number_may_be_said_back_but_not_in_place_of_a_measured_one() -> None:
    question = "预算 5 万，复购率掉了 30%，怎么办"
    said = "预算 5 万之内，先做二单承接[p1]。"
    assert check(said, cited=FACTS, lang="zh", section="what", question=question, today=TODAY).ok
    assert not check(said, cited=FACTS, lang="zh", section="what", today=TODAY).ok
    echoed = "新客复购率掉了 30%[m2]。"
    assert not check(echoed, cited=FACTS, lang="zh", section="headline", question=question, today=TODAY).ok


def test_counts_and_marks_are_reported() -> None:
    verdict = check(
        "10 月支付金额 128.44 万元，环比增长 9.9%[m1][m77]。", cited=FACTS, lang="zh", section="headline", today=TODAY
    )
    assert (verdict.numbers, verdict.supported, verdict.marks) == (2, 1, ["m1"])
    assert any("m77" in problem for problem in verdict.problems)
    assert any("9.9%" in problem for problem in verdict.problems)


def test_problems_come_in_the_language_asked_for() -> None:
    zh = check("GMV 下降 6.1%[m1]。", cited=FACTS, lang="zh", section="headline", today=TODAY).problems
    en = check("GMV 下降 6.1%[m1]。", cited=FACTS, lang="en", section="headline", today=TODAY).problems
    assert "方向" in zh[0] and "direction" in en[0]


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("2026年10月支付金额 89.93 万元，比去年同期的 95.90 万元少 5.97 万元[m1]。", True),
        ("2026年10月支付金额 89.93 万元，比去年同期的 89.93 万元少 5.97 万元[m1]。", False),
        ("2026年10月支付金额 89.93 万元，环比上期的 95.90 万元少 5.97 万元[m1]。", False),
    ],
)
def test_the_base_of_a_year_on_year_sentence_is_the_year_before(text: str, ok: bool) -> None:
    now = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
    before = Window(start=date(2025, 10, 1), end=date(2025, 10, 31))
    quantities = (
        Quantity(metric="gmv", value=Decimal("899349"), unit="CNY", window=now),
        Quantity(metric="gmv", value=Decimal("959012"), unit="CNY", role=Role.PREVIOUS, window=before),
        Quantity(metric="gmv", value=Decimal("-59663"), unit="CNY", role=Role.CHANGE, window=now),
    )
    fact = Fact(id="f_yoy", kind="metric", claim=Claim(zh="支付金额", en="GMV"), quantities=quantities)
    verdict = check(text, cited={"m1": fact}, lang="zh", section="headline", today=date(2026, 11, 24))
    assert verdict.ok is ok, verdict.problems


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("Refund rate was 3.2% from 4 October to 31 October[m1].", True),
        ("Refund rate was 3.2% over the last 28 days[m1].", True),
        ("Refund rate was 3.2% over the past 28 days[m1].", True),
        ("Refund rate was 3.2% from 4 September to 1 October[m1].", False),
        ("Refund rate was 3.2% from 4 November to 30 November[m1].", False),
        ("Refund rate was 3.2% over the last 90 days[m1].", False),
        ("Refund rate was 4.1% from 4 October to 31 October[m1].", False),
        ("Refund rate was 4.1% over the last 7 days[m1].", False),
        ("Refund rate rose from 4.1% from 6 September to 3 October to 3.2%[m1].", False),
    ],
)
def test_a_range_after_from_and_the_days_just_passed_say_when_and_not_what_with(text: str, ok: bool) -> None:
    now = Window(start=date(2026, 10, 4), end=date(2026, 10, 31))
    before = Window(start=date(2026, 9, 6), end=date(2026, 10, 3))
    value = Quantity(metric="refund_rate", value=Decimal("0.032"), unit="ratio", window=now)
    base = Quantity(metric="refund_rate", value=Decimal("0.041"), unit="ratio", role=Role.PREVIOUS, window=before)
    fact = Fact(id="f_from", kind="metric", claim=Claim(zh="退款率", en="refund rate"), quantities=(value, base))
    verdict = check(text, cited={"m1": fact}, lang="en", section="headline", today=date(2026, 11, 1))
    assert verdict.ok is ok, verdict.problems
