"""A conversation as a document: question, answer, evidence with sources and simulated labels, in Markdown or JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from advisor.store import StoredMessage, ThreadInfo
from tools.text import Lang

__all__ = ["thread_json", "thread_markdown", "turns_of"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")


def turns_of(messages: Sequence[StoredMessage]) -> list[dict[str, Any]]:
    """Question, frame, answer text and stored result of each turn, oldest first."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "user":
            asked = {"question": message.text, "asked_at": f"{message.created_at}Z", "frame": message.frame}
            turns.append({**asked, "text": "", "result": None})
        elif turns:
            turns[-1] |= {"text": message.text, "result": message.result}
    return turns


def thread_json(info: ThreadInfo, messages: Sequence[StoredMessage]) -> dict[str, Any]:
    """The whole conversation as plain JSON; `result` is what `ask --json` printed."""
    times = {"created_at": f"{info.created_at}Z", "updated_at": f"{info.updated_at}Z"}
    return {"thread_id": info.thread_id, "title": info.title, **times, "turns": turns_of(messages)}


def thread_markdown(info: ThreadInfo, messages: Sequence[StoredMessage], shop: str, lang: Lang) -> str:
    """Ready to send on: other people's words (titles, questions) cannot load or link to anything where it is opened."""
    about = f"{shop} · {info.thread_id} · {info.updated_at:%Y-%m-%d %H:%M} UTC"
    lines = [f"# {_inline(info.title)}", "", f"> {_inline(about)}"]
    for number, turn in enumerate(turns_of(messages), start=1):
        lines += ["", f"## {number}. {_inline(turn['question'])}", "", _answer(turn["text"])]
    if len(lines) == 3:
        lines += ["", "（还没有问答）" if lang == "zh" else "(no question yet)"]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _answer(text: str) -> str:
    """The answer's own Markdown, without tags, images and links that a quoted name may have brought."""
    safe = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    return safe.replace("![", "!\\[").replace("](", "]\\(")
