"""A yes or a no in the conversation, right after the advisor said what waits for it: the person's own words decide, as `approvals` does.

Only the whole message counts, only in the thread that asked, and only for what this side may decide; anything else is a question like
any other. Saying it twice does it once: the request keeps what was done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from advisor.brains.base import Frame
from advisor.service.approvals import ApprovalDesk, ApprovalView
from advisor.service.question import Question
from advisor.store import StoredMessage
from tools.errors import ToolError
from tools.text import Lang, Text

__all__ = ["consented", "said"]

_END = r"[了吧的啊呀哦!！。.~ ]*$"
_YES = re.compile(
    rf"^(?:我?(?:同意|接受|确认|批准)|可以(?:做|执行)?|执行|做吧|就这么(?:办|做)|照做){_END}"
    r"|^(?:yes|yes,? (?:please|do it|go ahead)|accept(?:ed)?|approved?|confirm(?:ed)?|go ahead|do it)[.! ]*$",
    re.IGNORECASE,
)
_NO = re.compile(
    rf"^(?:不同意|忽略|取消|算了|先?不(?:用|要|做)|别做){_END}|^(?:no|ignore(?: it)?|cancel(?: it)?|never ?mind|don'?t)[.! ]*$",
    re.IGNORECASE,
)


def said(text: str) -> Literal["yes", "no"] | None:
    """What the whole message says; None when it says anything more or anything else."""
    plain = text.strip()
    return "yes" if _YES.match(plain) else "no" if _NO.match(plain) else None


async def consented(desk: ApprovalDesk | None, question: Question, past: Sequence[StoredMessage]) -> Frame | None:
    """What came of a yes or a no to the request of the last answer, as the frame of this turn; None for every other message."""
    verdict = said(question.text)
    last = next((message for message in reversed(past) if message.role == "assistant"), None)
    if desk is None or verdict is None or last is None or last.result is None:
        return None
    lang: Lang = "en" if last.result.get("lang") == "en" else "zh"
    kind = (last.result.get("answer") or {}).get("kind")
    if kind != "pending":
        return None
    named = [view for view in await desk.list(question.scope, "all") if view.approval.approval_id in last.text]
    if not named or not named[0].mine:  # the same wish told in two conversations is one request
        return None
    view = named[0]
    waits = False
    try:
        if verdict == "no":
            await desk.ignore(question.scope, view.approval.approval_id, lang=lang)
            told = Text("好，不做了。这件事没有发生任何变化。", "All right, it is left undone; nothing was changed.")
        else:
            done = await desk.accept(question.scope, view.approval.approval_id, lang=lang)
            told, waits = _told(done), done.failure is not None
    except ToolError as error:
        told = error.message
    return Frame(question.text, lang, "act", {"consent": verdict}, kind="pending" if waits else "advice", reply=told)


def _told(view: ApprovalView) -> Text:
    """Done with what it left, or why it is not."""
    if view.failure is not None:
        return Text(
            f"没做成：{view.failure.zh} 改好后再说一次“同意”即可。",
            f'Not done: {view.failure.en} Put it right, then say "accept" once more.',
        )
    notes = view.result.notes if view.result is not None else ()
    return Text(
        "做好了。" + "".join(note.zh for note in notes) if notes else f"做好了：{view.label.zh}。",
        "Done. " + " ".join(note.en for note in notes) if notes else f"Done: {view.label.en}.",
    )
