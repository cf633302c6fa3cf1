"""What a door asks for, and the limits a turn runs under."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.scope import Scope
from advisor.settings import BrainChoice
from advisor.store import OpenTurn
from tools.errors import BadArguments
from tools.text import Lang, Text

__all__ = ["Limits", "Question", "checked"]

_MAX_QUESTION = 4000


@dataclass(frozen=True)
class Limits:
    """Of a turn, of a merchant (`per_merchant` turns at once) and of this process (`at_once`). Times in seconds.

    A turn waits up to `turn_s` for its place and then runs up to `turn_s`; the last `write_s` of it (a fifth, at most 10, when None)
    are kept for writing the answer down. A process whose turn gave no sign of life for
    `silent_s` counts as dead.
    """

    turn_s: float = 60.0
    model_s: float = 40.0
    rounds: int = 4
    per_merchant: int = 4
    at_once: int = 64
    silent_s: float = 15.0
    write_s: float | None = None


@dataclass(frozen=True)
class Question:
    """What a door asks. `again` is the cut-off turn that this one takes over."""

    scope: Scope
    text: str
    thread_id: str | None
    brain: BrainChoice
    lang: str
    again: OpenTurn | None = None

    @property
    def shown(self) -> Lang:
        """The language to say things in before the question was read."""
        return "en" if self.lang == "en" or (self.lang == "auto" and self.text.isascii()) else "zh"


def checked(text: str) -> str:
    """The question without blanks around it. Raises BadArguments for an empty and for an endless one."""
    question = text.strip()
    if not question:
        raise BadArguments(Text("请写下你的问题。", "Write a question first."))
    if len(question) > _MAX_QUESTION:
        raise BadArguments(
            Text(
                f"问题太长（{len(question)} 字），请控制在 {_MAX_QUESTION} 字以内。",
                f"The question is too long ({len(question)} characters; at most {_MAX_QUESTION}).",
            )
        )
    return question
