"""Messages for people: feedback to a department, a notice or a brief to the merchant. Each is a file in the workspace's outbox.

Nothing here sends: a connector of the department picks the files up. A message says whose shop, whose words and who accepted it.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from tools.base import Effect, Prepared, ToolContext, tool
from tools.effects.desk import EffectDesk, Line, Pages, Words
from tools.facts import Claim, ToolResult
from tools.text import Text

__all__ = ["TOPICS", "Topic", "file_feedback", "notify_merchant", "send_brief"]

Topic = Literal["product", "logistics", "rule", "tool_bug", "content", "other"]
TOPICS: dict[Topic, Text] = {
    "product": Text("平台功能", "platform feature"),
    "logistics": Text("物流", "logistics"),
    "rule": Text("平台规则", "platform rule"),
    "tool_bug": Text("本工具的问题", "a fault of this tool"),
    "content": Text("内容与案例", "content and cases"),
    "other": Text("其他", "other"),
}
_SHOWN = 60  # characters of a text that a one-sentence preview quotes


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}…"


def _feedback(ctx: ToolContext, *, topic: Topic, text: str) -> Prepared:
    about, shown = TOPICS[topic], _quoted(text)
    return Prepared(
        {"topic": topic, "text": text},
        Text(
            f"把这条反馈（{about.zh}）交给平台服务团队：“{shown}”",
            f'pass this feedback ({about.en}) on to the service team: "{shown}"',
        ),
    )


def _message(ctx: ToolContext, *, title: str, text: str) -> Prepared:
    shown = _quoted(text)
    return Prepared(
        {"title": title, "text": text},
        Text(
            f"给“{ctx.shop.name}”发消息“{title}”（{len(text)} 字）：“{shown}”",
            f'send "{ctx.shop.name}" the message "{title}" ({len(text)} characters): "{shown}"',
        ),
    )


@tool(label=Text("提交反馈", "Filing feedback"), effect=Effect.WRITE, timeout_s=10, prepare=_feedback)
def file_feedback(ctx: ToolContext, *, text: Words, topic: Topic = "other") -> ToolResult:
    """Ask to pass feedback on to the platform's service team. Use it only when the user says 反馈给平台 / report this to the platform.

    Nothing happens until a person accepts. `text` is what the user wants said, in the user's own words; `topic`: "product", "logistics",
    "rule", "tool_bug", "content" or "other".
    """
    return _post(ctx, "feedback", {"topic": topic, "text": text}, to={"department": "merchant-service"})


@tool(label=Text("通知商家", "Notifying the merchant"), effect=Effect.WRITE, timeout_s=10, prepare=_message)
def notify_merchant(ctx: ToolContext, *, title: Line, text: Words) -> ToolResult:
    """Ask to send the merchant a short notice. For service staff, only when they say 通知商家 / notify the merchant.

    Nothing happens until a person accepts.
    """
    return _post(ctx, "notice", {"title": title, "text": text}, to={"merchant": ctx.shop.merchant_id})


@tool(label=Text("发送简报", "Sending a brief"), effect=Effect.WRITE, timeout_s=10, prepare=_message)
def send_brief(ctx: ToolContext, *, title: Line, text: Pages) -> ToolResult:
    """Ask to send the merchant a business review as Markdown. For service staff, only when they say 发简报 / send the brief.

    Nothing happens until a person accepts.
    """
    return _post(ctx, "brief", {"title": title, "text": text}, to={"merchant": ctx.shop.merchant_id})


def _post(ctx: ToolContext, kind: str, body: dict[str, Any], *, to: dict[str, str]) -> ToolResult:
    """One file per effect; under the same key it is the same file with the same content."""
    desk = ctx.resource(EffectDesk)
    message = {
        "id": f"m_{desk.key[:16]}",
        "kind": kind,
        "to": to,
        "merchant": ctx.shop.merchant_id,
        "shop": ctx.shop.name,
        "simulated": ctx.shop.simulated,
        **body,
        "from": {"actor": desk.actor, "role": desk.role},
        "accepted_by": desk.accepted_by,
        "at": f"{desk.accepted_at.isoformat(timespec='seconds')}Z",
        "approval": desk.approval_id,
    }
    content = json.dumps(message, ensure_ascii=False, indent=2).encode()
    path = desk.write("outbox", f"{kind}-{desk.key[:16]}.json", content)
    return ToolResult(
        files=[path],
        notes=[
            Claim(
                zh=f"已放进发件箱：{path}（编号 {message['id']}）。",
                en=f"Placed in the outbox: {path} (number {message['id']}).",
            )
        ],
    )
