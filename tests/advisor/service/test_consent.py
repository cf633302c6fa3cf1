"""A yes in the conversation: the whole message, to the request of the last answer, by the side that decides; once."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from advisor.scope import Scope
from advisor.service.consent import consented, said
from advisor.service.question import Question
from advisor.store import StoredMessage
from tools.errors import NotPermitted
from tools.facts import Claim, ToolResult
from tools.text import Text

MERCHANT = Scope("a", "ann")


class Desk:
    """An approval desk with one request, `a_1`, for this side or for the other."""

    def __init__(self, *, mine: bool = True, failure: Text | None = None, refuses: bool = False) -> None:
        self.did: list[str] = []
        self.view = SimpleNamespace(
            approval=SimpleNamespace(approval_id="a_1"), mine=mine, failure=failure, label=Text("采纳", "Adopting"),
            result=ToolResult(notes=[Claim(zh="已记下。", en="It is on file.")]),
        )  # fmt: skip
        self.refuses = refuses

    async def list(self, scope: Scope, which: str) -> list[Any]:
        return [self.view]

    async def accept(self, scope: Scope, approval_id: str, *, lang: str) -> Any:
        if self.refuses:
            raise NotPermitted(Text("已过期。", "It has expired."))
        self.did.append(f"accept {approval_id}")
        return self.view

    async def ignore(self, scope: Scope, approval_id: str, *, lang: str) -> Any:
        self.did.append(f"ignore {approval_id}")
        return self.view


def answer(text: str = "等你确认：…编号 a_1", kind: str = "pending", lang: str = "zh") -> list[StoredMessage]:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    asked = StoredMessage("user", "采纳这个计划", {}, None, now)
    return [asked, StoredMessage("assistant", text, {}, {"answer": {"kind": kind}, "lang": lang}, now)]


async def told(desk: Any, text: str, past: list[StoredMessage] | None = None) -> Any:
    return await consented(desk, Question(MERCHANT, text, "t_1", "auto", "auto"), answer() if past is None else past)


@pytest.mark.parametrize("text", ["同意", "我同意！", "确认", "可以做", "yes", "Go ahead.", "accept"])
async def test_a_yes_has_it_done(text: str) -> None:
    desk = Desk()
    frame = await told(desk, text)
    assert desk.did == ["accept a_1"]
    assert frame.kind == "advice" and frame.reply == Text("做好了。已记下。", "Done. It is on file.")


@pytest.mark.parametrize("text", ["忽略", "算了吧", "先不做", "no", "never mind"])
async def test_a_no_leaves_it(text: str) -> None:
    desk = Desk()
    frame = await told(desk, text)
    assert desk.did == ["ignore a_1"] and "没有发生" in frame.reply.zh


@pytest.mark.parametrize(
    "text",
    ["同意你的分析，但是先看复购", "我不太同意", "好的", "谢谢", "ok", "accept cookies?", "同意书怎么写", "yes but why", "可以吗", ""],
)  # fmt: skip
async def test_anything_more_or_less_is_a_question_like_any_other(text: str) -> None:
    desk = Desk()
    assert said(text) is None and await told(desk, text) is None and desk.did == []


async def test_only_the_request_of_the_last_answer_counts_and_only_for_who_decides() -> None:
    for desk, past in (
        (Desk(), answer(kind="advice")),
        (Desk(), answer(text="等你确认：…编号 a_2")),
        (Desk(mine=False), answer()),
        (Desk(), []),
    ):
        assert await told(desk, "同意", past) is None
        assert desk.did == []
    assert await told(None, "同意") is None


async def test_what_fails_or_is_refused_is_told_and_what_failed_still_waits() -> None:
    failed = await told(Desk(failure=Text("还没有号码。", "No numbers yet.")), "同意")
    assert failed.kind == "pending" and "没做成：还没有号码。" in failed.reply.zh
    refused = await told(Desk(refuses=True), "同意")
    assert refused.kind == "advice" and refused.reply.en == "It has expired."
