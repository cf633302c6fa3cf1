"""One repair round without a model: drop the clause that was refused, keep the rest when it still says something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from advisor.brains.base import Draft

__all__ = ["repaired"]

_CLAUSE = re.compile(r"(?<=[；;])")
_QUOTED = re.compile(r"“([^”]{1,60})”|\"([^\"]{1,60})\"")
_MARK = re.compile(r"\[[a-z]\d+\]")
_SHORTEST = 4


def repaired(draft: Draft, problems: Sequence[str]) -> Draft | None:
    """The draft without the clauses the problems quote; None when nothing citable is left or no clause can be blamed."""
    quoted = [a or b for problem in problems for a, b in _QUOTED.findall(problem)]
    clauses = [clause for clause in _CLAUSE.split(draft.text) if clause.strip()]
    kept = [clause for clause in clauses if not any(words in clause for words in quoted)]
    if not quoted or len(kept) == len(clauses):
        return None
    text = "".join(kept).strip().rstrip("；; ")
    if not _MARK.search(text) or len(_MARK.sub("", text)) < _SHORTEST:
        return None
    if draft.text[:1].isupper():  # what began a sentence may be gone
        text = text[:1].upper() + text[1:]
    stop = "。" if re.search(r"[\u4e00-\u9fff]", text) else "."
    return replace(draft, text=text if text.endswith(("。", ".")) else text + stop)
