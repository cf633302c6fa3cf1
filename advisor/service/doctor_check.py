"""One finding of `advisor doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tools.text import Text

__all__ = ["Check", "Verdict"]

Verdict = Literal["ok", "note", "broken"]


@dataclass(frozen=True)
class Check:
    """Only `broken` makes `doctor` fail; a `note` is worth knowing."""

    name: str
    verdict: Verdict
    text: Text
