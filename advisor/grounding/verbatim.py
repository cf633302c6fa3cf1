"""A statement that code wrote, word for word: a fact's own claim, or what a tool says is missing. It needs no second reading.

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
_ASIDE = re.compile(r"\s*[（(][^（）()]*[）)]")  # menu paths are shown without them
# How an answer begins that has nothing but a tool's own words.
_OPENINGS = re.compile(
    r"^(?:现在还答不了：|这一项无法算出来：|没有可看的记录：|That cannot be answered yet\.\s|That cannot be worked out now\.\s|There is no result to show yet\.\s)"
)


def is_verbatim(draft: str, facts: Iterable[Fact], lang: Lang, said: Iterable[str] = ()) -> bool:
    """Whether every sentence of the draft stands in the claim of a fact it cites, or in `said`, what the tools told without figures to cite."""
    claims = [fact.claim.get(lang) for fact in facts if fact.kind in _CODE_WRITTEN]
    told = [form for text in said for form in (text, _ASIDE.sub("", text))]
    known = {_plain(part) for text in (*claims, *told) for part in _sentences(text)}
    text = _MARK.sub("", draft)
    parts = [_plain(part) for part in _sentences(_OPENINGS.sub("", text) if told else text)]
    return bool(parts) and all(part in known for part in parts)


def _sentences(text: str) -> list[str]:
    return [part for part in _END.split(text) if part.strip()]


def _plain(sentence: str) -> str:
    """Without its full stop, outer space and the case of its first letter."""
    text = re.sub(r"\s+", " ", sentence).strip(" 。.")
    return text[:1].lower() + text[1:]
