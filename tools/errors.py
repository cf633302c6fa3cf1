"""The error tree of the tools. Bottom layer: imports nothing of ours but text.

ToolError                   base; carries what went wrong and what to do, in both languages
├── BadArguments            a caller (model, CLI, page) passed a wrong argument: retry with one of `choices`
├── DataMissing             a table or enough days are not there: names the export that would unlock it (exit 3)
├── NotPermitted            refused, never to be read as zero (exit 3)
├── ImportRefused           a file that cannot be read safely or is ambiguous: nothing was written (exit 3)
├── NotFound                no such merchant, case, thread: unknown and foreign look alike (exit 3)
├── ToolTimeout             the work was stopped at its time limit
└── BackendDown             a store or an endpoint does not answer (exit 4)
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from tools.text import Lang, Text

__all__ = [
    "BackendDown",
    "BadArguments",
    "DataMissing",
    "ImportRefused",
    "NotFound",
    "NotPermitted",
    "ToolError",
    "ToolTimeout",
]


class ToolError(Exception):
    """Something a person can act on. `code` is stable and machine-readable."""

    code = "tool_error"
    exit_code = 3

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message

    def text(self, lang: Lang) -> str:
        return self.message.get(lang)


class BadArguments(ToolError):
    code = "bad_arguments"
    exit_code = 2

    def __init__(self, message: Text, *, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.choices = tuple(choices)

    @classmethod
    def unknown(cls, what: Text, given: str, choices: Sequence[str]) -> BadArguments:
        """An unknown name, with the nearest valid one."""
        near = get_close_matches(given, choices, n=1, cutoff=0.5)
        zh = f"没有名为“{given}”的{what.zh}。" + (f"是不是“{near[0]}”？" if near else f"可选：{'、'.join(choices)}。")
        en = f'There is no {what.en} "{given}". ' + (
            f'Did you mean "{near[0]}"?' if near else f"Choose one of: {', '.join(choices)}."
        )
        return cls(Text(zh, en), choices=choices)


class DataMissing(ToolError):
    code = "data_missing"

    def __init__(self, message: Text, *, tables: Sequence[str] = (), unlock: Text | None = None) -> None:
        super().__init__(message if unlock is None else Text(message.zh + unlock.zh, f"{message.en} {unlock.en}"))
        self.tables = tuple(tables)
        self.unlock = unlock


class NotPermitted(ToolError):
    code = "not_permitted"


class ImportRefused(ToolError):
    code = "import_refused"


class NotFound(ToolError):
    code = "not_found"


class ToolTimeout(ToolError):
    code = "timeout"


class BackendDown(ToolError):
    code = "backend_down"
    exit_code = 4
