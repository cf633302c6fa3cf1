"""The little that an accepted effect may touch. Made for one effect below the tool: which shop, whose decision, under which key.

An effect is run again under its key when a process died on the way, so a tool must find what it did before: a file keeps its name, a plan
its number. It never sends anything off this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tools.facts import Fact

__all__ = ["EffectDesk", "Line", "Pages", "PlanTerms", "Words"]

# What a person reads before accepting is what is written: nothing unseen, nothing that turns the reading order around.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def _words(text: str) -> str:
    shown = _UNSEEN.sub("", text.replace("\r\n", "\n")).strip()
    if not shown:
        raise ValueError("there is nothing to read in it")
    return shown


def _line(text: str) -> str:
    return " ".join(_words(text).split())


Words = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_words)]
Pages = Annotated[str, Field(min_length=1, max_length=40_000), AfterValidator(_words)]
Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_line)]


@dataclass(frozen=True)
class PlanTerms:
    """How a plan is adopted: its days, what carries it out and who may see it."""

    playbook_id: str
    start: date
    end: date
    promotion: str | None
    shared: bool


@dataclass(frozen=True)
class EffectDesk:
    """Bound to one effect. `keep_plan` gives the number of the plan in the advice ledger: under one key always the same one."""

    key: str
    approval_id: str
    actor: str  # who asked
    role: str
    accepted_by: str
    accepted_at: datetime  # UTC
    merchant_id: str
    workspace: Path
    keep_plan: Callable[[Fact, Fact, PlanTerms], str]

    def write(self, folder: Literal["exports", "outbox"], name: str, content: bytes) -> str:
        """Write a file of the shop whole or not at all; returns its path within the workspace. The same name is the same file."""
        if not name or Path(name).name != name or name.startswith("."):
            raise ValueError(f"not a plain file name: {name!r}")
        path = self.workspace / folder / self.merchant_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{name}.{os.getpid()}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return path.relative_to(self.workspace).as_posix()
