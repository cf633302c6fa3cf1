"""Questions about the shop as a whole reach the health reading; questions about one thing or a how-to do not."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.brains.base import Message, ShopCard
from advisor.brains.frame import frame

CARD = ShopCard("店", "tmall", "食品", "CNY", False, tables={"orders": ("2025-01-01", "2026-10-20")})


@pytest.mark.parametrize(
    "text",
    [
        "店铺怎么样？",
        "我们店咋样",
        "给店铺做个体检",
        "最大的问题和机会是什么",
        "how is my shop doing",
        "how's our store doing?",
        "where is the money",
        "what are our biggest problems and opportunities",
        "最近感觉不太对劲，你帮我看看",
        "感觉哪哪都不对",
        "something feels off with the shop",
    ],
)
def test_questions_about_the_whole_shop(text: str) -> None:
    found = frame(text, [], CARD, date(2026, 10, 21), None)
    assert (found.intent, found.kind) == ("health", "figure")


@pytest.mark.parametrize(
    "text",
    [
        "体检怎么做",
        "直播怎么样",
        "10月GMV多少",
        "我们店为什么不好",
        "how do I improve store health",
        "how are ads doing",
        "帮我看看上个月GMV多少",
        "感觉这个数不对",
    ],
)
def test_other_questions(text: str) -> None:
    assert frame(text, [], CARD, date(2026, 10, 21), None).intent != "health"


@pytest.mark.parametrize("text", ["哪个品退货退得最凶", "which product keeps getting returned"])
def test_what_comes_back_most_is_a_ranking_of_refunds(text: str) -> None:
    found = frame(text, [], CARD, date(2026, 10, 21), None)
    asked = {key: found.slots.get(key) for key in ("metric", "by", "order")}
    assert (found.intent, asked) == ("breakdown", {"metric": "refund_amount", "by": "product", "order": "highest"})


def test_a_first_message_complains_of_no_answer() -> None:
    answered = [
        Message("user", "10月GMV多少", {"intent": "figure", "slots": {"metric": "gmv"}}),
        Message("assistant", "…"),
    ]
    assert frame("没用，太笼统", [], CARD, date(2026, 10, 21), None).intent == "unclear"
    assert frame("没用，太笼统", answered, CARD, date(2026, 10, 21), None).intent == "feedback"
    assert frame("不对，这个数算错了", [], CARD, date(2026, 10, 21), None).intent == "feedback"
