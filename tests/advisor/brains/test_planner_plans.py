"""Tool plans as data: they name real tools, metrics and playbooks, and rounds follow from results."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from advisor.app import build_registry
from advisor.brains.base import Frame, Message, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.frame.lexicon import data_yaml
from advisor.brains.planner import PlannerBrain
from advisor.brains.planner.plans import calls_of
from tools.facts import Claim, Fact, ToolResult
from tools.metrics.catalog import catalog
from tools.playbooks.library import goal_named, playbooks
from tools.text import Text

SPECS = tuple(build_registry())
PLANS: dict[str, Any] = data_yaml("plans.yaml")
INTENTS = [name for name in PLANS if name not in ("topics", "drivers", "named")]
SHOP = ShopCard("栗子小铺", "tmall", "护肤", "CNY", False)
VALUES = {
    "metric": "gmv", "also": "orders", "window": "2026-10", "by": "channel", "compare": "yoy", "top": 5, "against": "2026-09",
    "asked_goal": "repurchase", "query": "复购下滑", "evidence_query": "hfp wechat", "decides": "first-to-second-order",
    "intent_decides": "first-to-second-order", "topic_metric": "member_share", "lever": "members", "outcome": "failure",
    "programme": "双11", "first_by": "source", "list_price": "219", "offers": [{"kind": "shop_coupon", "off": "10"}],
    "item": "面霜", "wording": "全网最低价", "live_day": "2026-12-02", "live_start": "20:00", "live_hours": "3",
    "live_budget": "20000", "session": "L1", "to_check": "全网最低价", "named_playbook": "lapsed-buyer-recall",
}  # fmt: skip


def view(intent: str, *outcomes: Outcome, round_number: int = 0, **slots: Any) -> TurnView:
    frame = Frame("问题", "zh", intent, slots)
    evidence = {f"m{i}": fact for i, fact in enumerate(f for o in outcomes if o.result for f in o.result.facts)}
    return TurnView(frame, (), outcomes, evidence, SPECS, SHOP, date(2026, 11, 24), round_number)


def decide(turn: TurnView) -> list[ToolCall]:
    return asyncio.run(PlannerBrain().decide(turn))


@pytest.mark.parametrize("intent", INTENTS)
def test_every_planned_call_is_accepted_by_its_tool(intent: str) -> None:
    specs = {spec.name: spec for spec in SPECS}
    for stage in ("first", "second", "third"):
        steps = PLANS[intent].get(stage, [])
        calls = calls_of(intent, stage, resolve=VALUES.get, holds=lambda _: True, tools=SPECS, prefix="c")
        assert {step["tool"] for step in steps} == {call.name for call in calls}
        for step in steps:
            assert set(step["args"]) <= set(specs[step["tool"]].args.model_fields), step
        for call in calls:
            specs[call.name].parse(call.arguments)


def test_metrics_goals_and_playbooks_of_the_topics_exist() -> None:
    known = {book.id for book in playbooks()}
    assert set(PLANS["named"]) <= known
    for topic in PLANS["topics"].values():
        assert topic["metric"] in catalog()
        assert goal_named(topic["goal"])
        assert topic.get("decides") is None or topic["decides"] in known


def test_every_intent_of_the_frame_that_needs_tools_has_a_plan() -> None:
    ends = {"rules", "feedback", "smalltalk", "out_of_scope", "other_shop", "state"}
    as_comparison, by_topic = (
        {"peers"},
        {"livestream"},
    )  # peers are a comparison; the glance is reached from a thread's topic
    assert set(data_yaml("intents.yaml")) - ends - as_comparison | by_topic == set(INTENTS)


def test_tools_that_are_not_offered_are_not_called() -> None:
    turn = replace(view("why_change", metric="gmv"), tools=())
    assert decide(turn) == []


def test_peers_are_asked_only_where_the_question_names_them() -> None:
    names = {
        said: [call.name for call in decide(view("compare", metric="conversion", peers=said))] for said in (True, False)
    }
    assert names == {True: ["query_metric", "peer_standing"], False: ["query_metric"]}


def test_a_decline_or_clarify_calls_nothing() -> None:
    turn = view("other_shop")
    assert decide(replace(turn, frame=replace(turn.frame, kind="decline", reply=Text("不", "no")))) == []


def test_the_second_round_follows_the_first_and_the_last_ends() -> None:
    first = decide(view("why_change", metric="gmv"))
    assert [call.name for call in first] == ["explain_change"]
    changed = Fact(id="f", kind="metric", claim=Claim(zh="变", en="moved"), data={"topic": "change"})
    done = Outcome(first[0], result=ToolResult(facts=[changed]))
    second = decide(view("why_change", done, round_number=1, metric="gmv"))
    assert [call.name for call in second] == ["match_playbooks"]
    book = Fact(
        id="p", kind="playbook", claim=Claim(zh="做", en="do"), data={"playbook_id": "x", "evidence": [{"case": "a-b"}]}
    )
    third = decide(
        view("why_change", done, Outcome(second[0], result=ToolResult(facts=[book])), round_number=2, metric="gmv")
    )
    assert [(call.name, call.arguments["query"]) for call in third] == [("search_cases", "a b")]
    ended = view("why_change", done, Outcome(second[0], result=ToolResult(facts=[book])), Outcome(third[0], result=ToolResult()),
                 round_number=3, metric="gmv")  # fmt: skip
    assert decide(ended) == []


def test_a_base_that_is_no_period_before_is_read_by_itself() -> None:
    calls = decide(view("compare", metric="gmv", window="2026-10", against="2026-07", compare="none"))
    assert [(c.arguments["window"], c.arguments["compare"]) for c in calls] == [("2026-10", None), ("2026-07", None)]
    beside = decide(view("compare", metric="gmv", window="2026-10", against="2025-10", compare="yoy"))
    assert [(c.arguments["window"], c.arguments["compare"]) for c in beside] == [("2026-10", "yoy")]


def test_no_comparison_is_said_only_to_tools_that_can_do_without() -> None:
    (figure,) = decide(view("figure", metric="gmv", window="2025", compare="none"))
    assert figure.arguments["compare"] is None
    (why,) = decide(view("why_change", metric="gmv", window="2025", compare="none"))
    assert "compare" not in why.arguments


@pytest.mark.parametrize(("order", "top"), [("worst", 50), ("highest", 10)])
def test_the_smallest_are_looked_for_among_all_rows(order: str, top: int) -> None:
    (call,) = decide(view("breakdown", metric="refund_rate", by="product", order=order))
    assert (call.arguments["metric"], call.arguments["by"], call.arguments["top"]) == ("refund_rate", "product", top)


def test_a_refused_cut_is_retried_once_without_it() -> None:
    call = ToolCall("r0c1", "query_metric", {"metric": "returning_buyers", "window": "30d", "by": "channel", "top": 10})
    refused = Outcome(call, error=Text("不能", "no"), code="bad_arguments")
    again = decide(view("breakdown", refused, round_number=1, metric="returning_buyers", by="channel"))
    assert [dict(c.arguments) for c in again] == [{"metric": "returning_buyers", "window": "30d"}]
    failed = Outcome(again[0], error=Text("不能", "no"), code="bad_arguments")
    assert decide(view("breakdown", refused, failed, round_number=2, metric="returning_buyers", by="channel")) == []


def test_a_goal_without_a_playbook_is_widened() -> None:
    call = ToolCall("r1c1", "match_playbooks", {"goal": "price", "window": "30d", "limit": 1})
    again = decide(view("decision", Outcome(call, result=ToolResult()), round_number=2, topic="price"))
    assert {"window": "30d", "limit": 1} in [dict(c.arguments) for c in again if c.name == "match_playbooks"]


def asked(question: str, intent: str = "how_to", *history: Message, **slots: Any) -> list[ToolCall]:
    turn = view(intent, **slots)
    shop = replace(SHOP, tables={"orders": ("2024-11-01", "2026-10-31")})
    return decide(replace(turn, frame=replace(turn.frame, question=question), history=history, shop=shop))


@pytest.mark.parametrize(
    ("question", "playbook"),
    [
        ("怎么召回老客，给我短信文案", "lapsed-buyer-recall"),
        ("how do I win back lapsed buyers?", "lapsed-buyer-recall"),
        ("购物金怎么做", "prepaid-credit"),
        ("新客怎么留住", "first-to-second-order"),
        ("双11怎么备战", "promo-calendar-plan"),
        ("主播离职了怎么办", "host-continuity"),
        ("Can we launch the new product with samples?", "new-product-sampling"),
        ("销售额怎么提高", None),
    ],
)
def test_a_method_that_is_named_is_the_one_planned(question: str, playbook: str | None) -> None:
    calls = asked(question)
    planned = [call for call in calls if call.name == "plan_playbook"]
    assert [call.arguments["playbook_id"] for call in planned] == ([playbook] if playbook else [])
    assert all(call.arguments["asked"] for call in planned)
    assert ("match_playbooks" in {call.name for call in calls}) == (playbook is None)


def test_a_day_to_act_on_is_no_window_of_data() -> None:
    """The data end on 31 October: "what should I do today" is answered from the last thirty days of them."""
    assert {
        call.arguments["window"] for call in asked("今天该做什么", "what_to_do", window="2026-11-24..2026-11-24")
    } == {"30d"}
    assert {call.arguments["window"] for call in asked("9月该怎么救", "what_to_do", window="2026-09")} == {"2026-09"}
    assert (
        asked("今天卖了多少", "figure", metric="gmv", window="2026-11-24..2026-11-24")[0].arguments["window"] != "30d"
    )


def test_a_month_long_past_is_explained_and_a_recent_one_is_read_whole() -> None:
    names = [{call.name for call in asked("生意怎么样", "health", window=window)} for window in ("2026-08", "2026-10")]
    assert names == [{"query_metric", "explain_change"}, {"query_metric", "shop_health"}]


def test_a_wording_asked_about_without_words_is_that_of_the_answer_before() -> None:
    said = Message("assistant", "### 计划\n1. 发短信\n   看什么：复购\n   > 全网最低价，明天涨价\n   > 退订回T\n")
    calls = asked("这话术违规吗", "wording", Message("user", "怎么召回"), said)
    assert [call.arguments["text"] for call in calls] == ["全网最低价，明天涨价\n退订回T"]
    assert asked("这话术违规吗", "wording") == []
    assert asked("“第一名”能说吗", "wording", said, wording="第一名")[0].arguments["text"] == "第一名"
