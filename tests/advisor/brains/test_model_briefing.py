"""What a model gets to read holds for any thread: within the budget, every fact whole, the question always there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.brains.base import Draft, Message, Outcome, ToolCall, TurnView
from advisor.brains.briefing import compose_messages, decide_messages, evidence_lines, repair_messages, shown
from advisor.brains.budget import count_tokens
from advisor.brains.dialects import Dialect
from advisor.brains.offer import offered, within
from tests.advisor.brains.model_turn import TOOLS, turn
from tests.advisor.grounding_facts import FACTS
from tools.facts import Claim, Fact, ToolResult
from tools.text import Text

WORDS = st.text(st.sampled_from("支付金额访客数涨跌 gmv visitors 12,345.6% ¥万[m1]<b>`\n。."), min_size=1, max_size=160)


def facts(claims: list[str]) -> list[Fact]:
    return [
        Fact(id=f"f_{i}", kind="metric", claim=Claim(zh=f"事实{i} {claim}", en=f"fact {i} {claim}"), data={})
        for i, claim in enumerate(claims)
    ]


@st.composite
def views(draw: Any) -> TurnView:
    known = facts(draw(st.lists(WORDS, max_size=25)))
    cut = draw(st.integers(0, len(known)))
    guidance, note = draw(WORDS), Claim(zh=draw(WORDS), en=draw(WORDS))
    outcomes = [
        Outcome(ToolCall(f"c{n}", "query_metric", {"metric": draw(WORDS)}), result=ToolResult(facts=part, guidance=guidance, notes=[note]))
        for n, part in enumerate((known[:cut], known[cut:])[: draw(st.integers(0, 2))])
    ]  # fmt: skip
    if draw(st.booleans()):
        error = Text(draw(WORDS), draw(WORDS))
        outcomes.append(
            Outcome(
                ToolCall("e", "query_metric", {}), error=error, code="bad_arguments", choices=("gmv", "orders") * 30
            )
        )
    return turn(
        question=draw(WORDS),
        lang=draw(st.sampled_from(["zh", "en"])),
        evidence={f"m{i}": fact for i, fact in enumerate(known)},
        outcomes=tuple(outcomes),
        history=[
            Message(draw(st.sampled_from(["user", "assistant"])), draw(WORDS)) for _ in range(draw(st.integers(0, 6)))
        ],
    )


def tokens(messages: list[dict[str, Any]]) -> int:
    """Counted apart from the code: texts, calls as JSON, four a message."""
    return sum(
        4
        + count_tokens(message["content"])
        + (count_tokens(json.dumps(message["tool_calls"])) if "tool_calls" in message else 0)
        for message in messages
    )


def lines_of(view: TurnView) -> set[str]:
    return set(evidence_lines(view.evidence.items(), view.frame.lang))


def fact_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.startswith(("[m", "[?"))]


SLOW = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=40
)


@SLOW
@given(views(), st.integers(0, 4_000))
def test_writing_fits_the_budget_with_whole_facts_and_the_question(view: TurnView, budget: int) -> None:
    messages, _ = compose_messages(view, budget)
    bare, _ = compose_messages(turn(question=view.frame.question, lang=view.frame.lang, evidence={}, outcomes=()), 0)
    assert tokens(messages) <= max(budget, tokens(bare))
    assert set(fact_lines(messages[1]["content"])) <= lines_of(view)
    assert shown(view.frame.question) in messages[1]["content"].split("<question>")[-1]


@SLOW
@given(views(), st.integers(0, 4_000))
def test_choosing_fits_the_budget_with_whole_facts_and_the_question(view: TurnView, budget: int) -> None:
    functions = [Dialect(100).function(spec) for spec in within(TOOLS, budget // 2, Dialect(100).function)]
    messages, _ = decide_messages(view, budget, functions)
    told = sum(count_tokens(json.dumps(function)) for function in functions)
    bare, _ = decide_messages(turn(question=view.frame.question, lang=view.frame.lang, evidence={}, outcomes=()), 0)
    assert tokens(messages) + told <= max(budget, tokens(bare) + told)
    assert {"role": "user", "content": view.frame.question} in messages
    for message in messages:
        if message["role"] == "tool":
            assert set(fact_lines(message["content"])) <= lines_of(view)
    # a call and its result come together or not at all, and the latest stay longest
    called = [call["id"] for message in messages for call in message.get("tool_calls", [])]
    assert called == [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert called == [outcome.call.id for outcome in view.outcomes][len(view.outcomes) - len(called) :]


@SLOW
@given(views(), st.integers(0, 2_000))
def test_a_repair_fits_too(view: TurnView, budget: int) -> None:
    draft = Draft("why", "GMV rose [m0].")
    messages, _ = repair_messages(view, draft, ["wrong direction"] * 5, budget)
    assert tokens(messages) <= max(
        budget, tokens(repair_messages(turn(lang=view.frame.lang, evidence={}), draft, [], 0)[0])
    )
    assert draft.text in messages[0]["content"]


def result(guidance: str) -> tuple[Outcome, ...]:
    call = ToolCall("a", "query_metric", {"metric": "gmv"})
    return (Outcome(call, result=ToolResult(facts=[FACTS["m1"]], guidance=guidance)),)


def test_guidance_reaches_the_model_when_it_chooses_and_when_it_writes() -> None:
    told = "Say the window with the figure. Net GMV is another metric."
    view = turn(outcomes=result(told), evidence={"m1": FACTS["m1"]})
    choosing, _ = decide_messages(view, 2_000)
    assert choosing[-1]["content"].endswith(f"guidance: {told}")
    writing, _ = compose_messages(view, 2_000)
    assert told in writing[1]["content"].split("<guidance>")[1].split("</guidance>")[0]


def test_long_guidance_is_cut_at_a_sentence_and_never_crowds_out_the_facts() -> None:
    told = "Say the window with the figure. " * 40
    view = turn(outcomes=result(told), evidence={"m1": FACTS["m1"]})
    choosing, _ = decide_messages(view, 700)
    content = choosing[-1]["content"]
    assert "[m1] GMV was ¥1,284,350" in content
    assert all(line.endswith(("figure. …", ")", ".")) for line in content.split("\n")) and len(content) < 900


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("短句。" * 3, "短句。短句。短句。"),
        ("一二三四五六七八九十。" * 60, "一二三四五六七八九十。" * 54 + " …"),
        ("word " * 200, ("word " * 200).strip()),  # one sentence is never cut
    ],
)
def test_a_long_text_is_shown_by_its_whole_sentences(text: str, cut: str) -> None:
    assert shown(text) == cut


def test_a_small_model_is_shown_the_first_tools_that_fit() -> None:
    wide = within(offered("why_metric", TOOLS), 5_000, Dialect(100).function)
    narrow = within(offered("why_metric", TOOLS), 130, Dialect(100).function)
    assert wide[: len(narrow)] == narrow and 0 < len(narrow) < len(wide)
    assert within(TOOLS, 10, Dialect(100).function) == ()
