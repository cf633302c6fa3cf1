"""What the advisor brings up by itself: at most five findings of the newest reading, each with the money at stake and one question."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from advisor.scope import Scope
from advisor.store.insights import Found, Insight
from tools.facts import Fact
from tools.text import Lang, Text
from tools.warehouse.access import PRIVATE_TABLES

if TYPE_CHECKING:
    from advisor.service.service import AdvisorService

__all__ = ["MOST", "dismiss", "open_insights", "question_of", "refresh", "restore"]

MOST = 5
_QUESTIONS: Mapping[str, Text] = {
    "traffic": Text(
        "{title}的访客为什么少了，怎么恢复？", "Why did visitors of {title} fall, and how do I get them back?"
    ),
    "conversion": Text(
        "{title}的转化率为什么掉了，怎么办？", "Why did the conversion of {title} fall, and what should I do?"
    ),
    "returning": Text("老客为什么少了，怎么办？", "Why are there fewer returning buyers, and what should I do?"),
    "second_order": Text("新客怎么变成第二单？", "How do I bring first-time buyers to a second order?"),
    "order_value": Text("客单价为什么低了，怎么提高？", "Why did order value fall, and how do I raise it?"),
    "stock": Text("断货损失了多少，怎么补？", "How much did stock-outs cost, and how do I cover them?"),
    "refunds": Text("{title}的退款为什么高，怎么降？", "Why are refunds of {title} high, and how do I lower them?"),
    "ads": Text("{title}还值得投吗，怎么调？", "Is {title} still worth its ads, and what should change?"),
    "live": Text("直播成交为什么掉了，怎么办？", "Why did livestream sales fall, and what should I do?"),
    "market": Text("大盘在跌，我该怎么办？", "The market is falling, what should I do?"),
}
_OTHER = Text("{title}怎么回事，先做什么？", "What is behind {title}, and what comes first?")


async def refresh(service: AdvisorService, scope: Scope, lang: Lang = "zh") -> list[Insight]:
    """Read the shop anew and bring the list up to date, as after an import. Raises ToolError when the shop cannot be read."""
    result = await service.read(scope, "shop_health", {}, lang=lang)
    found = [each for fact in result.facts if (each := _found(fact)) is not None][:MOST]
    await asyncio.to_thread(service.store.insights.renew, scope, found)
    return await open_insights(service, scope)


async def open_insights(service: AdvisorService, scope: Scope) -> list[Insight]:
    """What is open now, most money first, at most five."""
    found = await asyncio.to_thread(service.store.insights.all, scope)
    return [each for each in found if scope.role == "merchant" or not _private(each)][:MOST]


def _private(each: Insight) -> bool:
    """Made from a table that only the merchant may see."""
    return bool(PRIVATE_TABLES & {table.strip() for table in str(each.fact.get("source", "")).split(",")})


async def dismiss(service: AdvisorService, scope: Scope, insight_id: str) -> Insight:
    """Take one off the list until it worsens by a quarter. Raises NotFound."""
    return await asyncio.to_thread(service.store.insights.dismiss, scope, insight_id)


async def restore(service: AdvisorService, scope: Scope, insight_id: str) -> Insight:
    """Put a dismissed one back. Raises NotFound."""
    return await asyncio.to_thread(service.store.insights.restore, scope, insight_id)


def _found(fact: Fact) -> Found | None:
    """A finding of the health reading; other facts of it are no insight."""
    at_stake = next((q.value for q in fact.quantities if q.metric == "at_stake"), None)
    if fact.data.get("topic") != "finding" or at_stake is None:
        return None
    return Found(
        key=str(fact.data["finding"]),
        kind=fact.data["kind"],
        yuan=Decimal(at_stake),
        fact=fact.model_dump(mode="json"),
        question=question_of(fact),
    )


def question_of(fact: Fact) -> Text:
    """The one question to ask about a finding, in words the advisor itself understands."""
    asked = _QUESTIONS.get(str(fact.data.get("area")), _OTHER)
    title = fact.data["title"]
    return Text(asked.zh.replace("{title}", title["zh"]), asked.en.replace("{title}", title["en"]))
