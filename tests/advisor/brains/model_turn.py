"""A turn as the agent would show it to a brain, over the hand-made evidence."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SecretStr

from advisor.answer import AnswerKind
from advisor.brains.base import Frame, Outcome, ShopCard, ToolCall, TurnView
from advisor.brains.model import ModelBrain
from tests.advisor.grounding_facts import FACTS, TODAY
from tools.base import ToolContext, ToolSpec, tool
from tools.facts import Fact, ToolResult
from tools.text import Lang, Text

TOKEN = "sk-test-not-a-key"


@tool(label=Text("查指标", "Reading a metric"))
def query_metric(ctx: ToolContext, *, metric: Annotated[str, Field(min_length=1)], window: str = "30d") -> ToolResult:
    """Read one metric of the shop over a window. Use for "how much" questions. Example: metric="gmv", window="30d"."""
    return ToolResult()


@tool(label=Text("解释变化", "Explaining the change"))
def explain_change(ctx: ToolContext, *, metric: str = "gmv") -> ToolResult:
    """Explain why a metric changed. Use for "why" questions. Example: metric="gmv"."""
    return ToolResult()


TOOLS: tuple[ToolSpec, ...] = (query_metric, explain_change)


def turn(
    *,
    question: str = "Why did GMV change and what should we do?",
    lang: Lang = "en",
    kind: AnswerKind = "advice",
    evidence: dict[str, Fact] | None = None,
    outcomes: tuple[Outcome, ...] | None = None,
    **extra: Any,
) -> TurnView:
    known = FACTS if evidence is None else evidence
    if outcomes is None:
        call = ToolCall("call_0", "query_metric", {"metric": "gmv"})
        outcomes = (Outcome(call, result=ToolResult(facts=list(known.values()))),) if known else ()
    return TurnView(
        frame=Frame(question=question, lang=lang, intent="why_metric", kind=kind),
        history=extra.pop("history", ()),
        outcomes=outcomes,
        evidence=known,
        tools=TOOLS,
        shop=ShopCard("Demo Shop", "tmall", "beauty", "CNY", True, tables={"orders": ("2023-01-01", "2024-11-04")}),
        today=TODAY,
        **extra,
    )


def brain(url: str, **options: Any) -> ModelBrain:
    settings: dict[str, Any] = {"deadline_s": 5.0} | options
    return ModelBrain(base_url=url, api_key=SecretStr(TOKEN), model="fake", **settings)
