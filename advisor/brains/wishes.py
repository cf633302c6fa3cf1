"""Wishes to do something: read from the user's own words alone, for every brain, so that no text of a tool or a model can be one.

`read_wish` is sure of what it reads and leaves the rest to the questions; `wished` is generous: it only lets a request through that a
brain chose, and keeps out the ones nobody spoke of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from advisor.brains.base import Frame, Message, ToolCall, TurnView
from tools.facts import Fact
from tools.text import Text

__all__ = ["PENDING", "Wish", "call_of", "framed", "no_plan", "read_wish", "wished"]

PENDING = "approval_pending"  # the code of an outcome that waits for a person: its note says what for, its choice is the request's id


class Wish(NamedTuple):
    """A WRITE tool with what the words say of its arguments; `missing` is what has to be asked first."""

    tool: str
    arguments: dict[str, Any]
    missing: Text | None = None


# A question about doing is no wish to do: 要不要采纳, how do I export, 怎么反馈.
_QUESTION = re.compile(
    r"怎么|如何|咋|为什么|为啥|要不要|该不该|应不应该|需不需要|值不值|是不是|有没有|哪里|哪儿|在哪|多少|什么意思|会怎样|吗[?？]?$|呢[?？]?$"
    r"|\b(?:how|why|should|shall|where|what|whether|which|is it|does|did|do (?:we|i)|worth)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^(?:能不能|能否|可不可以|可以|能|请|麻烦|帮我|帮忙|could you|can you|please)", re.IGNORECASE)
_ADOPT = re.compile(
    r"^(?:好的?|行|可以|嗯|ok)?[,，。 ]*(?:我们?|咱们?)?(?:决定|就|想|要|请|帮我)*(?:采纳|采用)(?!的|过|率|了的)(?:一下|了)?(?P<zh>[^?？,，。!！]{0,24}?)(?:计划|方案|打法|建议)?(?:吧|了)?[。!！]*$"
    r"|^(?:好的?|行|可以|嗯|ok)?[,，。 ]*(?:那?就)按(?P<by>[^?？,，。!！]{0,16}?)(?:计划|方案|打法|建议)(?:来|做|办|执行|走)(?:吧|了)?[。!！]*$"
    r"|^(?:ok(?:ay)?|yes|fine|good|please|let'?s|i(?:'d like to| want to|'ll)|we(?:'d like to| want to|'ll)|go ahead and)?[, ]*(?:please )?adopt (?:this|that|the)(?P<en>[^?,.!]{0,40}?)\s*(?:plan|playbook)?[.!]*$",
    re.IGNORECASE,
)
_TO = r"(?:平台|天猫|淘宝|抖音|小二|官方|服务团队|产品团队|你们(?:团队|产品)?|后台|运营团队)"
_FEEDBACK = re.compile(
    rf"(?:把|将)?(?P<zh>[^:：]{{0,80}}?)(?:反馈|上报|反映|转达)(?:一下)?(?:给|到|至){_TO}(?:一下|吧)?[。!！]?\s*(?:[:：,，]\s*(?P<zh_text>.+))?$"
    r"|^(?:帮我|我要|我想|请|麻烦)?(?:提|记|提交|写)?(?:一?[个条])?反馈(?:一下)?[:：]\s*(?P<said>.+)$"
    r"|\b(?:report|pass|send|forward|escalate)\s+(?P<en>[^:]{0,60}?)\s*(?:on )?to (?:the )?(?:platform|tmall|taobao|douyin|service team|product team|your team)\b[.!]?\s*(?::\s*(?P<en_text>.+))?$"
    r"|^(?:please )?(?:file|submit|record|leave)?\s*(?:a |some |this )?feedback(?: (?:to|for) (?:the )?(?:platform|team))?\s*:\s*(?P<en_said>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_THIS = re.compile(
    r"^(?:这个?|那个?|上面的?|刚才的?|此|它|这些)?(?:问题|事情?|情况|现象|bug)?$|^(?:this|that|it|the)?\s*(?:issue|problem|bug|thing)?$",
    re.I,
)
_SAVE = re.compile(
    r"(?:存|保存|导出|下载|存档)(?:下来|下|起来|一下|出来|成|为|一份|到)?|\b(?:save|export|download)\b", re.IGNORECASE
)
_WHAT = (
    (
        "rundown",
        re.compile(
            r"排品|直播(?:脚本|资料|流程|计划|方案)|整场|rundown|stream pack|live (?:plan|script)", re.IGNORECASE
        ),
    ),
    ("calendar", re.compile(r"内容日历|内容排期|content calendar", re.IGNORECASE)),
    ("plan", re.compile(r"计划|方案|打法|\b(?:plan|playbook)\b", re.IGNORECASE)),
)
_FORMATS = (
    ("md", re.compile(r"markdown|\bmd\b", re.IGNORECASE)),
    ("ics", re.compile(r"\bics\b|日程文件|日历文件|calendar file", re.IGNORECASE)),
)
_NOTIFY = re.compile(
    r"^(?:请|帮我|麻烦)?(?:通知|告知|提醒)(?:一下)?(?:这个|该)?(?:商家|店铺|品牌)[:：,，]\s*(?P<zh>.+)$"
    r"|^(?:please )?(?:notify|tell|inform) the (?:merchant|shop|brand)\s*[:,]\s*(?P<en>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_BRIEF = re.compile(
    r"^(?:请|帮我|麻烦)?(?:把|将)?(?:简报|周报|复盘|review)?(?:发|发送)(?:简报|周报)?给(?:这个|该)?(?:商家|店铺|品牌)[:：]\s*(?P<zh>.+)$"
    r"|^(?:please )?send (?:the |a )?brief to the (?:merchant|shop|brand)\s*:\s*(?P<en>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TOPICS = (
    ("logistics", re.compile(r"物流|快递|发货|仓|揽收|shipping|logistics|courier|deliver", re.IGNORECASE)),
    (
        "tool_bug",
        re.compile(
            r"外脑|这个工具|你(?:的|们的)?(?:回答|答案|数字|分析)|your (?:answer|figure)|this tool|advisor",
            re.IGNORECASE,
        ),
    ),
    ("rule", re.compile(r"规则|报名|处罚|违规|申诉|资质|penalt|violation|appeal|\brules?\b", re.IGNORECASE)),
    ("content", re.compile(r"案例|教程|内容|case|content|tutorial", re.IGNORECASE)),
    (
        "product",
        re.compile(r"功能|后台|千牛|生意参谋|页面|按钮|入口|导出|feature|page|button|dashboard", re.IGNORECASE),
    ),
)
_ASK_FEEDBACK = Text(
    "要反馈什么？请写成一句，例如：反馈给平台：双11报名入口打不开。",
    "What should be passed on? Write it in one line, such as: report to the platform: the sign-up page does not open.",
)
_ASK_PLAN = Text(
    "你说的是哪个计划？这次对话里还没有排出过带日期的计划；先问“给我一个会员计划”，看过再采纳。",
    'Which plan do you mean? No dated plan was made in this conversation yet; ask for one first ("make me a member plan"), then adopt it.',
)
_WORDS = {
    "adopt_plan": re.compile(r"采纳|采用|就按|照这个|adopt|go with", re.IGNORECASE),
    "save_export": re.compile(r"存|导出|下载|文件|save|export|download|file", re.IGNORECASE),
    "file_feedback": re.compile(
        r"反馈|上报|反映|投诉|转达|feedback|report|complain|pass .* on|escalate", re.IGNORECASE
    ),
    "notify_merchant": re.compile(r"通知|告知|提醒|发消息|notify|tell|inform|message", re.IGNORECASE),
    "send_brief": re.compile(r"简报|周报|发给|发送|brief|send", re.IGNORECASE),
}


def wished(question: str, tool: str) -> bool:
    """Whether the user spoke of anything like it. A tool without an entry is never wished for."""
    words = _WORDS.get(tool)
    return words is not None and words.search(question) is not None


def read_wish(text: str, history: Sequence[Message]) -> Wish | None:
    """The wish the whole question is, or None when it asks, reports or could mean something else."""
    said = text.strip()
    for read in (_feedback, _message, _adopt, _save):
        wish = read(said, history)
        if wish is not None:
            return wish
    return None


def framed(frame: Frame, history: Sequence[Message]) -> Frame:
    """The frame, or that of the wish the question is: no brain is asked then."""
    wish = read_wish(frame.question, history)
    if wish is None:
        return frame
    if wish.missing is not None:
        return replace(frame, intent="act", slots={}, kind="clarify", reply=wish.missing)
    slots = {"write": {"tool": wish.tool, "arguments": wish.arguments}}
    return replace(frame, intent="act", slots=slots, kind="pending", reply=None)


def call_of(view: TurnView) -> ToolCall | None:
    """The call of a framed wish; the plan it means is the one this conversation showed last. None when there is no such plan."""
    write: Mapping[str, Any] = view.frame.slots["write"]
    arguments = dict(write["arguments"])
    about = arguments.pop("about", None)
    if about is not None:
        plan = _plan(list(view.evidence.values()), str(about))
        if plan is None:
            return None
        arguments["playbook_id"] = plan
    return ToolCall("write_1", str(write["tool"]), arguments)


def no_plan() -> Text:
    return _ASK_PLAN


def _plan(facts: Sequence[Fact], about: str) -> str | None:
    plans = [
        fact for fact in facts if fact.kind == "playbook" and fact.data.get("steps") and fact.data.get("playbook_id")
    ]
    words = [about[i : i + 2] for i in range(len(about) - 1)] if not about.isascii() else about.lower().split()
    named = [one for one in plans if any(word in one.claim.zh + one.claim.en.lower() for word in words)]
    chosen = named or plans
    return str(chosen[-1].data["playbook_id"]) if chosen else None


def _adopt(said: str, history: Sequence[Message]) -> Wish | None:
    found = _ADOPT.match(said)
    if found is None or _QUESTION.search(said):
        return None
    about = re.sub(
        r"这个|那个|这份|这套|上面的?|刚才的?|的", "", found["zh"] or found["by"] or found["en"] or ""
    ).strip()
    return Wish("adopt_plan", {"about": about})


def _save(said: str, history: Sequence[Message]) -> Wish | None:
    polite = _POLITE.sub("", said)
    if len(said) > 60 or _SAVE.search(said) is None or _QUESTION.search(re.sub(r"吗[?？]?$", "", polite)):
        return None
    what = next((name for name, words in _WHAT if words.search(said)), None)
    if what is None:
        return None
    arguments: dict[str, Any] = {
        "what": what,
        "format": next((name for name, words in _FORMATS if words.search(said)), "xlsx"),
    }
    if what == "plan":
        arguments["about"] = (
            re.sub(r"这个|那个|把|将|计划|方案|打法", "", said.split("计划")[0]) if "计划" in said else ""
        )
    return Wish("save_export", arguments)


def _feedback(said: str, history: Sequence[Message]) -> Wish | None:
    found = _FEEDBACK.search(said)
    if found is None:
        return None
    named = (found["zh_text"] or found["said"] or found["en_text"] or found["en_said"] or "").strip()
    before = re.sub(r"^(?:帮我|请|麻烦|我要|我想)?(?:把|将)?", "", (found["zh"] or found["en"] or "").strip()).strip(
        " ,，"
    )
    if not named and _QUESTION.search(said):
        return None
    if not named and not _THIS.match(before):
        named = before
    if not named:
        asked = [message.text for message in history if message.role == "user"]
        named = asked[-1].strip() if asked else ""
    if not named:
        return Wish("file_feedback", {}, _ASK_FEEDBACK)
    topic = next((name for name, words in _TOPICS if words.search(named)), "other")
    return Wish("file_feedback", {"text": named[:4000], "topic": topic})


def _message(said: str, history: Sequence[Message]) -> Wish | None:
    for tool, words, title in (
        ("notify_merchant", _NOTIFY, ("通知", "Notice")),
        ("send_brief", _BRIEF, ("经营简报", "Business review")),
    ):
        found = words.match(said)
        if found is not None:
            zh = found["zh"]
            return Wish(tool, {"title": title[0] if zh else title[1], "text": (zh or found["en"]).strip()})
    return None
