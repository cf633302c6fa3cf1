"""Questions that ask for a tool by that word: for whom it is to be, in the groups of the toolbox."""

from __future__ import annotations

import re
from typing import Any

from tools.playbooks.toolbox import groups_in

__all__ = ["tool_slots"]

_TOOL = re.compile(r"工具|\btools?\b")


def tool_slots(text: str) -> dict[str, Any]:
    """`tools`: one was asked for; `audience`: the groups named, the most telling first."""
    if not _TOOL.search(text):
        return {}
    groups = groups_in(text)
    return {"tools": True} | ({"audience": groups} if groups else {})
