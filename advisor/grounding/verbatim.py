"""A statement that is a fact's own claim, word for word: what code wrote of its figures needs no second reading.

Only whole sentences count: half a sentence may have lost its "not". Claims of cases and of a merchant's own documents hold other
people's words, so they are always read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.facts import Fact
from tools.text import Lang

__all__ = ["is_verbatim"]

_CODE_WRITTEN = ("metric", "livestream", "playbook", "stated")
_MARK = re.compile(r"\s*\[[a-z]\d+\]")
_END = re.compile(r"(?<=[。！？])|(?<=[^.][.!?])(?= |$)")


def is_verbatim(draft: str, facts: Iterable[Fact], lang: Lang) -> bool:
    """Whether every sentence of the draft stands in the claim of one of the facts it cites."""
    known = {_plain(part) for fact in facts if fact.kind in _CODE_WRITTEN for part in _sentences(fact.claim.get(lang))}  # fmt: skip
    said = [_plain(part) for part in _sentences(_MARK.sub("", draft))]
    return bool(said) and all(part in known for part in said)


def _sentences(text: str) -> list[str]:
    return [part for part in _END.split(text) if part.strip()]


def _plain(sentence: str) -> str:
    """Without its full stop, outer space and the case of its first letter."""
    text = re.sub(r"\s+", " ", sentence).strip(" 。.")
    return text[:1].lower() + text[1:]
