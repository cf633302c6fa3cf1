"""Talking to a terminal: languages, JSON, errors as one sentence, a progress line on stderr. Light: loads nothing of the app."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from advisor.errors import AdvisorError
from tools.errors import BadArguments, ToolError
from tools.text import Lang, Text

__all__ = [
    "clean",
    "fail",
    "guarded",
    "help_text",
    "language",
    "note",
    "print_json",
    "print_table",
    "progress",
    "say",
    "styled",
]

# Titles and case texts are other people's: no escape sequence of theirs may reach a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CJK = re.compile(r"[\u3400-\u9fff]")


def language(lang: str = "auto", text: str | None = None) -> Lang:
    """The named language, else that of the text, else that of the machine."""
    if lang in ("zh", "en"):
        return "zh" if lang == "zh" else "en"
    if text:
        return "zh" if _CJK.search(text) else "en"
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def help_text(zh: str, en: str) -> str:
    """Help in the machine's language; it is printed before any option is read."""
    return zh if language() == "zh" else en


def clean(text: str) -> str:
    return _CONTROL.sub("", text)


def say(text: str = "") -> None:
    """One piece of output, on stdout."""
    print(clean(text), flush=True)


def note(text: str) -> None:
    """What is not output, on stderr."""
    print(clean(text), file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str), flush=True)


def styled(line: str) -> str:
    """A line of Markdown for a terminal: headings and bold text bold. Left as it is in a pipe."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line
    safe = clean(line)
    if safe.startswith("### "):
        return typer.style(safe[4:], bold=True, fg="cyan")
    return re.sub(r"\*\*(.+?)\*\*", lambda found: typer.style(found[1], bold=True), safe)


def say_markdown(text: str) -> None:
    for line in text.splitlines():
        print(styled(line) if sys.stdout.isatty() else clean(line))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A plain table; wide characters line up and cell text is never read as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Cell

    table = Table(box=SIMPLE_HEAD, title=Cell(clean(title)) if title else None, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(Cell(clean(column)), overflow="fold")
    for row in rows:
        table.add_row(*(Cell(clean("" if cell is None else str(cell))) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False).print(table)


@contextmanager
def progress(first: str = "") -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console
    from rich.text import Text as Line

    with Console(stderr=True).status(Line(clean(first))) as status:
        yield lambda text: status.update(Line(clean(text)))


def fail(error: ToolError | AdvisorError, lang: Lang, *, as_json: bool) -> int:
    """Say what went wrong and what to do, once; returns the exit code."""
    if as_json:
        body: dict[str, Any] = {"code": error.code, "message": error.text(lang)}
        if isinstance(error, BadArguments) and error.choices:
            body["choices"] = list(error.choices)
        print_json({"error": body})
    else:
        note(error.text(lang))
    return error.exit_code


@contextmanager
def guarded(lang: Lang, *, as_json: bool) -> Iterator[None]:
    """What a person can act on ends the command with a sentence and its exit code, never with a traceback."""
    try:
        yield
    except (ToolError, AdvisorError) as error:
        raise typer.Exit(fail(error, lang, as_json=as_json)) from error
    except PermissionError as error:
        where = str(error.filename or "")
        denied = AdvisorError(Text(f"没有权限读写 {where}。", f"No permission to read or write {where}."))
        raise typer.Exit(fail(denied, lang, as_json=as_json)) from error
