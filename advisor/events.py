"""What streams out of a turn while it runs. Raw model tokens never do; a statement appears only after it passed."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.answer import AskResult, Section, Statement

__all__ = ["Done", "Event", "Failed", "Progress", "StatementPassed"]


@dataclass(frozen=True)
class Progress:
    """One line in business words: 正在看访客来源 / Looking at traffic sources."""

    stage: str
    text: str


@dataclass(frozen=True)
class StatementPassed:
    section: Section
    statement: Statement


@dataclass(frozen=True)
class Done:
    result: AskResult


@dataclass(frozen=True)
class Failed:
    """The turn ended without an answer: `code` from the error tree, `text` says what to do."""

    code: str
    text: str
    exit_code: int


Event = Progress | StatementPassed | Done | Failed
