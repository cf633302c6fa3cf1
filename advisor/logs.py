"""Structured logs: a JSON line per turn, tool call, model request, import and decision, with ids, durations and codes. Off by default.

Every field has a shape, and a value that does not fit it is written as "?": no question, name, phone number, key or amount gets in.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from advisor.telemetry.redaction import Redactor

__all__ = ["FIELDS", "JsonLog", "LibraryLog", "day_files", "to_stderr"]

_ID = re.compile(r"[a-z]{1,2}_[0-9a-f]{6,32}|direct")
_CODE = re.compile(r"(?!.*\d{7})[a-z][a-z0-9_]{0,39}")
_NAME = re.compile(r"(?!.*\d{9})[A-Za-z0-9][A-Za-z0-9._:/+-]{0,119}")  # of a model, a format, a class of error
_PLACE = re.compile(r"[A-Za-z_][\w.]{0,119}:\d{1,6}")
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,200}")
_PSEUDONYM = re.compile(r"[0-9a-f]{12}")
_KEEP_DAYS = 14

# field -> what it may look like; `int` and `bool` mean the type
FIELDS: Mapping[str, re.Pattern[str] | type] = MappingProxyType(
    {
        "shop": _PSEUDONYM,
        "role": _CODE,
        "thread": _ID,
        "turn": _ID,
        "approval": _ID,
        "code": _CODE,
        "intent": _CODE,
        "kind": _CODE,
        "brain": _CODE,
        "tool": _CODE,
        "purpose": _CODE,
        "format": _NAME,
        "model": _NAME,
        "host": _HOST,
        "level": _NAME,
        "logger": _NAME,
        "error": _NAME,
        "place": _PLACE,
        "finish": _CODE,
        "ms": int,
        "rounds": int,
        "tools": int,
        "facts": int,
        "tokens_in": int,
        "tokens_out": int,
        "figures": int,
        "removed": int,
        "files": int,
        "rows": int,
        "accepted": int,
        "updated": int,
        "duplicate": int,
        "rejected": int,
        "text": str,  # of a library, redacted
    }
)


class JsonLog:
    """Writes events. `sink` gets one whole line with its end; a sink that fails stops the log, never the work."""

    def __init__(self, sink: Callable[[str], None], redactor: Redactor | None = None) -> None:
        self._sink: Callable[[str], None] | None = sink
        self._redactor = redactor or Redactor()

    def write(self, event: str, **fields: object) -> None:
        """One line. Raises KeyError for a field that has no shape; None is left out."""
        line: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        line.update({key: self._shaped(key, value) for key, value in fields.items() if value is not None})
        if self._sink is None:
            return
        try:
            self._sink(json.dumps(line, ensure_ascii=True) + "\n")
        except (OSError, ValueError):  # a full disk, a closed stream
            self._sink = None

    def _shaped(self, key: str, value: object) -> object:
        shape = FIELDS[key]
        if shape is str:
            return self._redactor.words(str(value))[:300]
        if isinstance(shape, type):
            return value if type(value) is shape else "?"
        if not isinstance(value, str) or not shape.fullmatch(value):
            return "?"
        return self._redactor.keys(value)


def to_stderr(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()


def day_files(folder: Path) -> Callable[[str], None]:
    """A sink: `advisor-<UTC day>.jsonl` in the folder, appended line by line so that several processes may write; 14 days are kept."""

    def sink(line: str) -> None:
        today = datetime.now(UTC).date()
        path = folder / f"advisor-{today}.jsonl"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            oldest = folder / f"advisor-{today - timedelta(days=_KEEP_DAYS)}.jsonl"
            for old in folder.glob("advisor-????-??-??.jsonl"):
                if old.name < oldest.name:
                    old.unlink(missing_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.write(line)

    return sink


class LibraryLog(logging.Handler):
    """Warnings of libraries as events: the template of the message and the kind of error, never what was filled in."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        self._log.write(
            "library",
            logger=record.name,
            level=record.levelname,
            error=kind.__name__ if kind is not None else None,
            place=f"{record.module}:{record.lineno}",
            text=str(record.msg),
        )
