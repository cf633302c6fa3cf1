"""Questions that one tool answers: why it differs from the platform, whether a campaign worked, who the customers are and what they are worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.brains.base import Frame, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.compose import compose
from advisor.brains.frame import frame
from tools.facts import Claim, Fact, Quantity, Role, ToolResult, Window
from tools.text import Text

CARD = ShopCard("店", "tmall", "食品", "CNY", False, tables={"orders": ("2024-11-01", "2026-11-23")})
TODAY = date(2026, 11, 24)
HALF = Window(start=date(2026, 5, 1), end=date(2026, 10, 31))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("为什么和生意参谋对不上", "reconcile"),
        ("数据跟后台不一样", "reconcile"),
        ("订单和店铺日报对一下账，对账结果呢", "reconcile"),
        ("why doesn't this match Sycm", "reconcile"),
        ("why is the platform report different", "reconcile"),
        ("双11活动到底有没有效果", "effect"),
        ("这个券有没有用", "effect"),
        ("会员计划有没有用", "effect"),
        ("618大促效果怎么样", "effect"),
        ("did the campaign work", "effect"),
        ("did the double 11 campaign have any effect?", "effect"),
        ("复购怎么样，哪些客户值得召回", "segments"),
        ("客户分层", "segments"),
        ("沉睡客户有多少", "segments"),
        ("最好的客户", "segments"),
        ("who are my best customers, how many lapsed", "segments"),
        ("新客90天复购哪个渠道好", "cohorts"),
        ("哪个渠道来的新客最不回头？", "cohorts"),
        ("which channel brings new buyers who come back", "cohorts"),
        ("客户终身价值", "lifetime"),
        ("LTV多少", "lifetime"),
        ("what is our customer lifetime value", "lifetime"),
        ("AIPL怎么样", "assets"),
        ("人群资产", "assets"),
        ("how are our brand assets", "assets"),
    ],
)
def test_the_reading_is_reached(text: str, intent: str) -> None:
    found = frame(text, [], CARD, TODAY, None)
    assert (found.intent, found.kind) == (intent, "figure")


@pytest.mark.parametrize(
    "text",
    [
        "怎么给客户分层",
        "沉睡客户怎么召回",
        "怎么提升LTV",
        "AIPL是什么意思",
        "这个数不对",
        "要不要做会员日，有没有用",
        "为什么老客流失了这么多",
        "有没有会员计划有用的案例",
        "新客多少",
        "平台规则不一样吗",
    ],
)
def test_other_questions_are_not(text: str) -> None:
    readings = {"reconcile", "effect", "segments", "cohorts", "lifetime", "assets"}
    assert frame(text, [], CARD, TODAY, None).intent not in readings - ({"reconcile"} if "平台" in text else set())


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("双十一到底有没有效果", "programme", "双11"),
        ("会员计划有没有用", "programme", "会员计划"),
        ("活动“周三会员日”有没有用", "programme", "周三会员日"),
        ("did the coupon work", "programme", "券"),
        ("did the campaign work", "programme", "活动"),
        ("新客90天复购哪个渠道好", "first_by", "channel"),
        ("哪个商品的新客复购高", "first_by", "product"),
        ("沉睡客户有多少", "lapsed", True),
        ("多少单取消了", "metric", "cancelled_orders"),
        ("how many orders were cancelled", "metric", "cancelled_orders"),
        ("今年618比去年怎么样", "window", "2026-05-15..2026-06-18"),
    ],
)
def test_what_it_is_of(text: str, slot: str, value: Any) -> None:
    assert frame(text, [], CARD, TODAY, None).slots.get(slot) == value


def said(intent: str, *facts: Fact, lang: Any = "zh", **slots: Any) -> dict[str, list[str]]:
    outcome = Outcome(ToolCall("r0c1", "tool", {}), ToolResult(facts=list(facts)))
    evidence = {f"m{i}": fact for i, fact in enumerate(facts, 1)}
    turn = TurnView(Frame("问", lang, intent, slots), (), (outcome,), evidence, (), CARD, TODAY, 0)
    drafts: dict[str, list[str]] = {}
    for draft in compose(turn):
        drafts.setdefault(draft.section, []).append(draft.text)
    return drafts


def fact(ident: str, zh: str, en: str, *quantities: Quantity, **data: Any) -> Fact:
    return Fact(id=ident, kind="metric", claim=Claim(zh=zh, en=en), quantities=tuple(quantities), data=data)


def newcomers(ident: str, name: Text, rate: str, low: str, high: str) -> Fact:
    base = Quantity(metric="repurchase_90d", value=Decimal(rate), unit="ratio", window=HALF, subject=(name.zh, name.en))
    edges = [
        base.model_copy(update={"role": role, "value": Decimal(value)})
        for role, value in ((Role.RANGE_LOW, low), (Role.RANGE_HIGH, high))
    ]
    return fact(
        ident, f"{name.zh}的新客", f"new buyers of {name.en}", base, *edges, topic="customers", part="newcomers", by="channel"
    )  # fmt: skip


def test_what_cannot_be_told_leads_once_and_the_hold_out_is_the_step() -> None:
    answer = said(
        "effect",
        fact("a", "“双11”的效果无法识别：它覆盖全店。", "not identifiable", topic="missing", identified=False),
        fact("b", "随机留出一半。", "leave out half", topic="size"),
    )
    assert answer["headline"] == ["“双11”的效果无法识别：它覆盖全店[m1]。"]
    assert answer["what"] == ["随机留出一半[m2]。"]
    assert not any("无法识别" in text for text in answer.get("limits", ()))


def test_a_difference_between_channels_is_told_only_where_intervals_lie_apart() -> None:
    shelf, live = Text("货架", "shelf"), Text("直播", "livestream")
    apart = said("cohorts", newcomers("a", shelf, "0.18", "0.17", "0.19"), newcomers("b", live, "0.13", "0.12", "0.15"))
    assert "货架" in apart["headline"][0] and "差别站得住" in apart["headline"][0]
    close = said("cohorts", newcomers("a", shelf, "0.18", "0.12", "0.25"), newcomers("b", live, "0.13", "0.08", "0.2"))
    assert "分不出高下" in close["headline"][0]
    english = said(
        "cohorts",
        newcomers("a", shelf, "0.18", "0.17", "0.19"),
        newcomers("b", live, "0.13", "0.12", "0.15"),
        lang="en",
    )
    assert '"livestream"' in english["headline"][0] and "difference holds" in english["headline"][0]


def test_those_gone_quiet_lead_where_they_were_asked_about_and_the_best_elsewhere() -> None:
    window = Window(start=date(2024, 11, 1), end=date(2026, 10, 31))
    rows = [
        fact(
            ident,
            f"“{name}”100 人；条件：甲",
            ident,
            Quantity(metric="rfm_buyers", value=Decimal(100), unit="buyers", window=window, subject=(name, ident)),
            topic="customers",
            part="segment",
            segment=ident,
            rank=rank,
        )
        for rank, (ident, name) in enumerate((("champions", "重要价值客户"), ("drifting", "重要保持客户")), 1)
    ]
    assert said("segments", *rows, lapsed=True)["headline"] == ["先召回的是“重要保持客户”100 人[m2]；条件：甲[m2]。"]
    best = said("segments", *rows)
    assert best["headline"] == ["“重要价值客户”100 人[m1]；条件：甲[m1]。"]
    assert "对照" in best["what"][0]


def test_two_equal_sides_name_the_definitions_that_could_differ() -> None:
    equal = said("reconcile", fact("a", "两边一致。", "equal", topic="check", rank=1))
    assert equal["headline"] == ["两边一致[m1]。"] and "口径" in equal["what"][0]
    apart = said(
        "reconcile", fact("a", "相差 3 元。", "apart", topic="gap", rank=1), fact("b", "其中邮费。", "postage", topic="factor", rank=1)
    )  # fmt: skip
    assert apart["headline"] == ["相差 3 元[m1]。"] and apart["why"] == ["其中邮费[m2]。"] and "what" not in apart
