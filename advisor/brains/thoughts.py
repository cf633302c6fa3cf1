"""Reasoning models think aloud before they answer. Here a stream loses its thoughts, wherever the pieces are cut."""

from __future__ import annotations

import re

__all__ = ["Thoughts", "thinks_unannounced"]

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
_OPEN = re.compile(rf"<({_NAMES})>|◁think▷", re.I)
_CLOSE = re.compile(rf"</(?:{_NAMES})>|◁/think▷", re.I)
_LONGEST_TAG = 13  # "</scratchpad>"
# Chat templates of these put the opening tag into the prompt, so that only the closing one is ever seen.
_UNANNOUNCED = re.compile(r"\br1\b|-r1|qwq|thinking|reason|magistral|nemotron", re.I)


def thinks_unannounced(model: str) -> bool:
    """The name says that text before a closing tag may be thought, though no tag opened it."""
    return _UNANNOUNCED.search(model) is not None


class Thoughts:
    """Feed pieces, get what is not thought. With `held`, nothing is given before a closing tag or the end has shown what it was."""

    def __init__(self, *, held: bool = False) -> None:
        self._held = held
        self._pending = ""
        self._inside = False

    def feed(self, piece: str) -> str:
        """The part of the text so far that is certainly said aloud."""
        self._pending += piece
        if self._held:
            if _OPEN.search(self._pending):
                self._held = False  # it announces its thoughts after all
            elif (closed := _CLOSE.search(self._pending)) is None:
                return ""
            else:
                self._held, self._pending = False, self._pending[closed.end() :]
        return "".join(self._outside())

    def finish(self) -> str:
        """What was held back in case it became a tag; a thought never closed stays one."""
        rest, self._pending = self._pending, ""
        return "" if self._inside else rest

    def _outside(self) -> list[str]:
        said: list[str] = []
        while True:
            found = (_CLOSE if self._inside else _OPEN).search(self._pending)
            if found is None:
                break
            if not self._inside:
                said.append(self._pending[: found.start()])
            self._inside = not self._inside
            self._pending = self._pending[found.end() :]
        keep = _unfinished(self._pending)
        if not self._inside:
            said.append(self._pending[: len(self._pending) - keep])
        self._pending = self._pending[len(self._pending) - keep :]
        return said


def _unfinished(text: str) -> int:
    """Characters at the end that may be the beginning of a tag."""
    start = max(text.rfind("<"), text.rfind("◁"))
    length = len(text) - start
    if start < 0 or length >= _LONGEST_TAG or not re.fullmatch(r"[<◁]/?[A-Za-z]*", text[start:]):
        return 0
    return length
