"""Composed answers on hand-made evidence: what is said in each situation, and that no figure is without its fact."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.brains.base import Draft, Frame, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.planner import PlannerBrain
from advisor.grounding import check
from tools.facts import Claim, Fact, Quantity, Role, ToolResult, WhyClass, Window
from tools.text import Text

TODAY = date(2026, 11, 24)
OCT = Window(start=date(2026, 10, 1), end=date(2026, 10, 31))
SEP = Window(start=date(2026, 9, 1), end=date(2026, 9, 30))
SHOP = ShopCard("栗子小铺", "tmall", "护肤", "CNY", False, tables={"orders": ("2024-11-01", "2026-11-23")})


def q(metric: str, value: str, unit: str, role: Role = Role.VALUE, window: Window = OCT, subject: str = "") -> Quantity:
    return Quantity(
        metric=metric, value=Decimal(value), unit=unit, role=role, window=window, subject=(subject,) if subject else ()
    )


def fact(number: int, zh: str, en: str, quantities: Sequence[Quantity] = (), **data: Any) -> Fact:
    kind = data.pop("kind", "metric")
    return Fact(
        id=f"f_{number}",
        kind=kind,
        claim=Claim(zh=zh, en=en),
        quantities=tuple(quantities),
        why_class=data.pop("why_class", WhyClass.DECOMPOSITION if kind == "metric" else None),
        entities=tuple(data.pop("entities", ())),
        data=data,
    )


def change(now: str, before: str, *, metric: str = "gmv", unit: str = "CNY") -> Fact:
    value, previous = Decimal(now), Decimal(before)
    parts = [
        q(metric, now, unit),
        q(metric, before, unit, Role.PREVIOUS, SEP),
        q(metric, str(value - previous), unit, Role.CHANGE),
        q(metric, str(((value - previous) / previous).quantize(Decimal("0.000001"))), "ratio", Role.CHANGE_RATE),
    ]
    return fact(1, "支付金额变化", "GMV changed", parts, topic="change", rank=0, driver_id="change")


def factor(number: int, metric: str, now: str, before: str, part: str, unit: str, rank: int = 1) -> Fact:
    parts = [
        q(metric, now, unit),
        q(metric, before, unit, Role.PREVIOUS, SEP),
        q("gmv", part, "CNY", Role.CONTRIBUTION),
    ]
    return fact(number, metric, metric, parts, topic="factor", driver_id=metric, rank=rank)


SEARCH = fact(
    4, "“手淘搜索”访客减少", "fewer visitors from 手淘搜索",
    [
        q("source_visitors", "52000", "visitors", subject="手淘搜索"),
        q("source_visitors", "81000", "visitors", Role.PREVIOUS, SEP, "手淘搜索"),
        q("gmv", "-203000", "CNY", Role.CONTRIBUTION, OCT, "手淘搜索"),
    ],
    topic="entity", driver_id="traffic_source", factor="visitors", primary=True, rank=1, entities=("手淘搜索",),
)  # fmt: skip
STOPPED = fact(
    5, "“核心词计划”2026年10月6日起停投", "the ad plan “核心词计划” stopped on 6 October 2026", topic="event",
    driver_id="traffic_source", event="ad_stopped", rank=1, entities=("核心词计划", "手淘搜索"), why_class=WhyClass.ASSOCIATION,
)  # fmt: skip
MARKET_UNKNOWN = fact(
    6, "没有这两个时间段的大盘数据，分不清是行业变了还是自己变了。导出“生意参谋 → 市场 → 市场大盘”即可分辨。", "There is no market data for both windows, so the market cannot be told from the shop. It would take this export: Sycm → Market.",
    topic="check", check="market", verdict="unknown", rank=6,
)  # fmt: skip
NORMAL_OK = fact(
    7, "这个变化在店铺自己的正常波动内（通常 -8.0% 到 +9.0%），不宜当成问题来解读。", "This change is within the shop's normal variation (usually -8.0% to +9.0%); do not read a problem into it.",
    [q("usual_change", "-0.08", "ratio", Role.RANGE_LOW), q("usual_change", "0.09", "ratio", Role.RANGE_HIGH)],
    topic="check", check="normal", verdict="ok", rank=5,
)  # fmt: skip
PLAYBOOK = fact(
    8, "流量来源恢复：值 6.00 万元 到 14.00 万元。", "Recover a traffic source: worth ¥60,000 to ¥140,000.",
    [q("gmv", "60000", "CNY", Role.RANGE_LOW), q("gmv", "140000", "CNY", Role.RANGE_HIGH)],
    kind="playbook", playbook_id="traffic-source-recovery", name={"zh": "流量来源恢复", "en": "Recover a traffic source"}, start_here=True,
    first_step={"zh": "把掉的访客落到商品", "en": "trace the lost visitors to products"},
    steps=[{"action": {"zh": "把掉的访客拆到商品和关键词", "en": "split the loss by product and search word"}, "where": {"zh": "生意参谋 → 流量", "en": "Sycm → Traffic"},
            "stop_rule": {"zh": "大盘跌得一样多就停在这一步", "en": "if the category fell as much, stop here"}}],
    not_for=[{"zh": "类目整体在降时不要加投放去追", "en": "the whole category falls; do not chase it with ads"}],
    measure={"zh": "按链接分改与不改两组比来源访客", "en": "compare visitors of changed and unchanged links"},
)  # fmt: skip
CASE = fact(
    9, "HFP 靠公众号投放起量，渠道失效后收入回落。", "HFP grew on WeChat advertorials and shrank when they stopped working.",
    kind="case", case_id="hfp-wechat-kol-overload", brand={"zh": "HFP", "en": "HFP"}, outcome="failure",
    likeness={"zh": "问题相同：流量与访客", "en": "the same problem: traffic"}, difference={"zh": "体量差得远，学顺序，别学投入规模", "en": "far larger than you: copy the order of steps, not the spend"},
    lesson={"zh": "单一来源要有替补", "en": "one source needs another behind it", "inference": True}, entities=("HFP",),
)  # fmt: skip


def turn(
    facts: Sequence[Fact], intent: str = "why_change", *, lang: Any = "zh", errors: Sequence[Outcome] = (), **slots: Any
) -> TurnView:
    marks, counts = {}, {"metric": "m", "case": "c", "playbook": "p", "livestream": "l", "stated": "u"}
    numbers: dict[str, int] = {}
    for item in facts:
        prefix = counts[item.kind]
        numbers[prefix] = numbers.get(prefix, 0) + 1
        marks[f"{prefix}{numbers[prefix]}"] = item
    outcome = Outcome(ToolCall("1", "explain_change", {}), result=ToolResult(facts=list(facts)))
    frame = Frame("为什么销售额变化？", lang, intent, slots, "advice")
    return TurnView(frame, (), (outcome, *errors), marks, (), SHOP, TODAY, 2)


def drafts(view: TurnView) -> list[Draft]:
    async def collect() -> list[Draft]:
        return [draft async for draft in PlannerBrain().statements(view)]

    return asyncio.run(collect())


def texts(view: TurnView, section: str) -> list[str]:
    return [draft.text for draft in drafts(view) if draft.section == section]


def problems(view: TurnView) -> list[str]:
    """What the product's own checker would refuse."""
    found = []
    for draft in drafts(view):
        cited = {m: view.evidence[m] for m in re.findall(r"\[([a-z]\d+)\]", draft.text)}
        verdict = check(
            draft.text, cited=cited, lang=view.frame.lang, section=draft.section, why_class=draft.why_class,
            question=view.frame.question, today=view.today,
        )  # fmt: skip
        found += [f"{draft.section}: {draft.text} -> {p}" for p in verdict.problems]
    return found


DROP = [change("1284350", "1527400"), factor(2, "visitors", "210000", "256000", "-251000", "visitors"),
        factor(3, "conversion", "0.0231", "0.0229", "7950", "ratio", 2), SEARCH, STOPPED, MARKET_UNKNOWN, PLAYBOOK, CASE]  # fmt: skip
RISE = [change("1527400", "1284350"), factor(2, "aov_order", "231.5", "205.1", "180000", "CNY"),
        factor(3, "visitors", "256000", "240000", "63050", "visitors", 2), PLAYBOOK]  # fmt: skip
OFFSET = [change("1284350", "1284900"), factor(2, "visitors", "210000", "256000", "-251000", "visitors"),
          factor(3, "aov_order", "231.5", "190.0", "250450", "CNY", 2), PLAYBOOK]  # fmt: skip
CALM = [
    change("1284350", "1350000"),
    factor(2, "visitors", "250000", "256000", "-60000", "visitors"),
    NORMAL_OK,
    PLAYBOOK,
]
TINY = [change("9800", "12400"), fact(2, "58 个买家", "58 buyers", [q("orders", "62", "orders")], topic="figure"),
        fact(8, "先问买家", "ask buyers first", kind="playbook", playbook_id="tiny-shop-first-step", start_here=True,
             name={"zh": "老客召回", "en": "Win back"}, first_step={"zh": "给已付款未评价的买家各发一条使用提醒", "en": "send each buyer a usage tip"})]  # fmt: skip
FIGURE = [fact(1, "支付金额", "GMV", [
    q("gmv", "1284350", "CNY"), q("gmv", "1210500", "CNY", Role.PREVIOUS, SEP), q("gmv", "73850", "CNY", Role.CHANGE),
    q("gmv", "0.061", "ratio", Role.CHANGE_RATE)], topic="figure"),
    fact(2, "净成交", "net", [q("net_gmv", "1102918", "CNY")], topic="figure", rank=2), NORMAL_OK]  # fmt: skip
SITUATIONS = {"drop": DROP, "rise": RISE, "offset": OFFSET, "calm": CALM, "tiny": TINY}


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_statement_passes_the_products_own_check(name: str, lang: str) -> None:
    view = turn(SITUATIONS[name], lang=lang, sections=["why", "what", "how"])
    assert problems(view) == []


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_statement_speaks_of_a_cause_or_praises(name: str, lang: str) -> None:
    said = " ".join(d.text for d in drafts(turn(SITUATIONS[name], lang=lang, sections=["why", "what", "how"])))
    assert not re.search(
        r"导致|造成|引起|caus(?:e[sd]|ing)\b|due to|led to|加强运营|发力|棒|恭喜|great job|congratulations", said
    )


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_digits_are_covered_by_the_cited_facts(name: str, lang: str) -> None:
    """An independent reading: each digit string, unscaled by 万, equals a cited quantity (or its percent) to rounding."""
    view = turn(SITUATIONS[name], lang=lang, sections=["why", "what", "how"])
    for draft in drafts(view):
        marks = re.findall(r"\[([a-z]\d+)\]", draft.text)
        bare = re.sub(
            r"\[[a-z]\d+\]|20\d\d年\d+月(?:\d+日)?|\d+ (?:October|September) 2026|(?:October|September) 2026",
            " ",
            draft.text,
        )
        for number, scale in re.findall(r"(\d[\d,]*(?:\.\d+)?)\s*(万|%)?", bare):
            stated = Decimal(number.replace(",", ""))
            factor_of = Decimal({"万": 10000, "%": Decimal("0.01")}.get(scale, 1))
            step = factor_of * Decimal(1).scaleb(stated.as_tuple().exponent)  # type: ignore[arg-type]
            values = [abs(x.value) for mark in marks for x in view.evidence[mark].quantities]
            claims = " ".join(view.evidence[m].claim.zh + view.evidence[m].claim.en for m in marks)
            assert any(abs(value - stated * factor_of) <= step for value in values) or number in claims, (
                number,
                draft.text,
            )


def test_drop_with_cause_names_the_figure_the_entity_the_event_and_the_first_action() -> None:
    headline = texts(turn(DROP), "headline")[0]
    for part in ("128.44 万元", "少 24.31 万元", "手淘搜索", "停投", "流量来源恢复", "[m1]", "[p1]"):
        assert part in headline
    assert headline.count("。") == 1


def test_why_is_ordered_and_bounded_and_has_classes() -> None:
    why = [d for d in drafts(turn(DROP)) if d.section == "why"]
    assert 1 <= len(why) <= 4
    assert why[0].why_class is WhyClass.DECOMPOSITION
    assert "访客数" in why[0].text
    assert any(d.why_class is WhyClass.ASSOCIATION and "不是因果" in d.text for d in why)


def test_a_pure_why_leaves_the_plan_out_and_a_combined_question_has_all_three() -> None:
    assert texts(turn(DROP, sections=["why"]), "how") == []
    combined = turn(DROP, sections=["why", "what", "how"])
    assert all(texts(combined, section) for section in ("why", "what", "how"))


def test_rise_and_fall_use_different_words() -> None:
    assert "多 24.31 万元" in texts(turn(RISE), "headline")[0]
    assert "少 24.31 万元" in texts(turn(DROP), "headline")[0]


def test_flat_with_offsetting_causes_says_what_cancels() -> None:
    headline = texts(turn(OFFSET), "headline")[0]
    assert "基本持平" in headline
    assert "访客数" in headline and "笔单价" in headline
    assert "少 25.10 万元" in headline and "补回 25.05 万元" in headline


def test_a_change_within_the_usual_swing_gets_no_rescue_plan() -> None:
    view = turn(CALM, sections=["why"])
    assert "平常的波动" in texts(view, "headline")[0]
    assert texts(view, "what") == []


def test_a_tiny_shop_gets_one_step_and_no_lifetime_talk() -> None:
    view = turn(TINY, "growth_plan")
    said = " ".join(d.text for d in drafts(view))
    assert "眼下只做一件事" in texts(view, "headline")[0]
    assert len(texts(view, "what")) == 1
    assert not re.search(r"终身价值|LTV|lifetime", said)


def test_missing_data_refusal_and_breakage_are_three_sentences() -> None:
    def outcome(code: str, zh: str) -> Outcome:
        return Outcome(ToolCall("1", "query_metric", {}), error=Text(zh, zh), code=code)

    cases = {
        "data_missing": "没有买家标识，算不出复购率。导出带买家标识的订单报表即可。",
        "not_permitted": "商家没有把“成本”分享给服务人员，所以不能查看；这不代表数据是 0。",
        "bad_arguments": "看不懂时间窗口。",
    }
    said = {code: texts(turn([], "figure", errors=[outcome(code, zh)]), "headline")[0] for code, zh in cases.items()}
    assert len(set(said.values())) == 3
    for code, zh in cases.items():
        assert zh in said[code]
    assert said["data_missing"].startswith("现在还答不了")


def test_no_case_is_said_not_forced() -> None:
    view = turn([], "cases")
    assert "没有足够相近" in texts(view, "headline")[0]
    assert not any("[c" in d.text for d in drafts(turn([*DROP[:-1]], sections=["why", "how"])))


def test_a_case_has_one_likeness_one_difference_and_a_marked_inference() -> None:
    how = texts(turn(DROP, sections=["why", "how"]), "how")
    case = next(text for text in how if "[c1]" in text)
    assert "反例" in case and "问题相同" in case and "体量差得远" in case and "我们的推断" in case


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_figure_question_is_one_sentence(lang: str) -> None:
    view = turn(FIGURE, "figure", lang=lang, metric="gmv")
    said = drafts(view)
    assert [d.section for d in said if d.section not in ("follow_ups",)] == ["headline"]
    headline = said[0].text
    assert ("128.44 万元" if lang == "zh" else "¥1,284,350") in headline
    assert ("110.29 万元" if lang == "zh" else "¥1,102,918") in headline
    assert ("正常波动" if lang == "zh" else "normal variation") in headline
    assert problems(view) == []


def test_market_that_cannot_be_told_is_a_limit_with_its_file() -> None:
    limits = texts(turn(DROP), "limits")
    assert any("大盘" in text and "生意参谋 → 市场" in text for text in limits)
    assert not any("大盘" in text for text in texts(turn(DROP), "why"))


def test_follow_ups_are_two_or_three_and_do_not_repeat_the_question() -> None:
    asked = texts(turn(DROP, sections=["why"]), "follow_ups")
    assert 2 <= len(asked) <= 3
    assert "为什么销售额变化？" not in asked


def test_repair_drops_the_refused_clause_or_gives_up() -> None:
    view = turn(DROP)
    draft = Draft("why", "访客数少了[m2]；搜索多了 99 单[m3]。", WhyClass.DECOMPOSITION)
    mended = asyncio.run(PlannerBrain().repair(view, draft, ["引用的证据里没有数字“99 单”。"]))
    assert mended is not None and mended.text == "访客数少了[m2]。"
    assert asyncio.run(PlannerBrain().repair(view, Draft("why", "多了 99 单[m3]。"), ["没有数字“99 单”。"])) is None


def test_a_missing_export_is_a_headline_that_passes_the_check() -> None:
    path = "Sycm (生意参谋) → Data → Self-service report (shop, by day) → Download."
    error = Text(
        "已导入的“订单”里没有所需的列（channel）。导出路径：千牛 → 交易 → 订单报表（ExportOrderList）。",
        f'There is no "shop daily report" data yet. Export it and drop it here: {path}',
    )
    for lang in ("zh", "en"):
        view = turn([], lang=lang, intent="figure")
        outcome = Outcome(ToolCall("c9", "query_metric", {}), error=error, code="data_missing")
        view = replace(view, outcomes=(outcome,))
        assert problems(view) == []
        assert "→" in texts(view, "headline")[0]


def test_the_period_just_before_is_named_not_dated() -> None:
    for lang, words, dates in (("zh", "前一个月", "2026年9月"), ("en", "the month before", "September")):
        view = turn([change("1284350", "1466350")], lang=lang)
        assert words in texts(view, "headline")[0] and dates not in texts(view, "headline")[0]
        assert problems(view) == []


def _decision(question: str, lang: str, slots: dict[str, Any], facts: Sequence[Fact]) -> TurnView:
    view = turn(list(facts), lang=lang, intent="decision", **slots)
    return replace(view, frame=replace(view.frame, question=question))


def test_a_decision_no_playbook_answers_speaks_of_its_own_figures() -> None:
    hosts = [
        fact(
            20 + i, name, name, [q("live_gmv", value, "CNY", subject=name)], topic="row", rank=i, entities=(name,)
        )
        for i, (name, value) in enumerate((("阿宁", "90000"), ("小满", "20000"), ("青禾", "50000")))
    ]  # fmt: skip
    live = fact(
        10, "直播成交金额", "livestream GMV",
        [q("live_gmv", "160000", "CNY"), q("live_gmv", "180000", "CNY", Role.PREVIOUS, SEP), q("live_gmv", "-20000", "CNY", Role.CHANGE)],
        topic="figure",
    )  # fmt: skip
    for lang, question in (("zh", "要不要把最差的主播换掉"), ("en", "should I replace my worst host")):
        view = _decision(question, lang, {"topic": "livestream", "order": "worst"}, [live, *hosts])
        head = texts(view, "headline")[0]
        assert head.index("小满") < head.index("青禾") and "阿宁" not in head
        assert len(texts(view, "decision")) == 1 and not texts(view, "how") and not texts(view, "what")
        assert problems(view) == []


def test_last_year_is_offered_only_when_it_can_be_answered() -> None:
    asked = {"zh": "和去年同期比呢？", "en": "And against last year?"}
    for lang, words in asked.items():
        view = turn([change("1284350", "1466350")], lang=lang, intent="figure")
        assert words in texts(view, "follow_ups")
        assert words not in texts(replace(view, shop=replace(SHOP, tables={})), "follow_ups")
        short = replace(SHOP, tables={"orders": ("2026-09-01", "2026-11-23")})
        assert words not in texts(replace(view, shop=short), "follow_ups")
        yoy = replace(view.frame, slots={**view.frame.slots, "compare": "yoy"})
        assert words not in texts(replace(view, frame=yoy), "follow_ups")


def test_rows_told_as_highest_stand_in_order() -> None:
    rows = [
        fact(30 + i, name, name, [q("gmv", value, "CNY", subject=name)], topic="row", rank=i, entities=(name,))
        for i, (name, value) in enumerate((("新客", "120800"), ("老客", "123000")))
    ]
    head = texts(turn(rows, lang="zh", intent="breakdown"), "headline")[0]
    assert head.index("老客") < head.index("新客")


def test_the_thirty_days_before_are_one_word_and_pass_the_check() -> None:
    now = Window(start=date(2026, 10, 2), end=date(2026, 10, 31))
    before = Window(start=date(2026, 9, 2), end=date(2026, 10, 1))
    parts = [
        q("discount_depth", "0.264", "ratio", Role.VALUE, now),
        q("discount_depth", "0.263", "ratio", Role.PREVIOUS, before),
        q("discount_depth", "0.1", "pp", Role.CHANGE, now),
    ]
    for lang, words in (("zh", "上一周期"), ("en", "the period before")):
        view = _decision(
            "我想涨价", lang, {"topic": "price"}, [fact(1, "折扣深度", "discount depth", parts, topic="figure")]
        )
        assert words in texts(view, "headline")[0]
        assert problems(view) == []
