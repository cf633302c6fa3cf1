"""Which sentences are a wish to do something, and which only ask, report or talk about one."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.brains.base import Message
from advisor.brains.wishes import read_wish, wished

BEFORE = [Message("user", "双11报名入口打不开"), Message("assistant", "…")]

WISHES: list[tuple[str, str, dict[str, Any]]] = [
    ("采纳这个会员计划", "adopt_plan", {"about": "会员"}),
    ("好的，采纳", "adopt_plan", {"about": ""}),
    ("就按这个方案做吧", "adopt_plan", {"about": ""}),
    ("OK, adopt the member plan.", "adopt_plan", {"about": "member"}),
    ("把这个问题反馈给平台: 报名入口找不到", "file_feedback", {"text": "报名入口找不到", "topic": "rule"}),
    ("把这个问题反馈给平台", "file_feedback", {"text": "双11报名入口打不开", "topic": "rule"}),
    ("帮我反馈给小二：快递揽收太慢", "file_feedback", {"text": "快递揽收太慢", "topic": "logistics"}),
    (
        "report this to the platform: the button is gone",
        "file_feedback",
        {"text": "the button is gone", "topic": "product"},
    ),
    ("把排品表存下来", "save_export", {"what": "rundown", "format": "xlsx"}),
    ("能不能把排品表导出成excel", "save_export", {"what": "rundown", "format": "xlsx"}),
    ("把会员计划存成markdown", "save_export", {"what": "plan", "format": "md", "about": "会员"}),
    ("save the content calendar as a file", "save_export", {"what": "calendar", "format": "xlsx"}),
    ("通知商家：明天记得补货", "notify_merchant", {"title": "通知", "text": "明天记得补货"}),
]
NONE = [
    "要不要采纳这个计划", "采纳这个计划要花多少钱", "采纳的计划现在到哪步了", "采纳的建议成绩单", "should we adopt this plan",
    "平台反馈说我违规怎么办", "客户反馈说面膜过敏，怎么办", "what feedback do customers give", "怎么反馈给平台",
    "怎么导出订单", "排品表在哪下载", "save money on ads", "库存怎么这么多", "帮我做个会员计划", "how do I export the plan",
    "通知商家要怎么写",
]  # fmt: skip


@pytest.mark.parametrize(("said", "tool", "arguments"), WISHES, ids=[said for said, *_ in WISHES])
def test_a_wish_is_read_from_the_words(said: str, tool: str, arguments: dict[str, Any]) -> None:
    wish = read_wish(said, BEFORE)
    assert wish is not None and (wish.tool, wish.arguments, wish.missing) == (tool, arguments, None)
    assert wished(said, tool), "what is read as a wish must be let through when a brain chooses it"


@pytest.mark.parametrize("said", NONE)
def test_a_question_about_doing_is_no_wish(said: str) -> None:
    assert read_wish(said, BEFORE) is None


def test_feedback_about_nothing_asks_what() -> None:
    wish = read_wish("把这个反馈给平台", [])
    assert wish is not None and wish.missing is not None
