"""Where a figure stands: the words that tell which thing it is of, in a sentence and in a fact's own claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from advisor.grounding.numbers import Figure

__all__ = ["next_words", "period_of", "place_of", "tokens"]

_STOP = frozenset(
    ["a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "but", "as", "is", "are", "was", "were", "be", "been", "has", "had", "have", "it", "its", "this", "that", "these", "those", "they", "their", "there", "then", "than", "so", "such", "about", "around", "roughly", "nearly", "almost", "over", "under", "above", "below", "more", "less", "per", "not", "no", "only", "just", "also", "against", "while", "during", "after", "before", "up", "down", "rose", "fell", "rise", "fall", "came", "come", "made", "make", "per", "cent", "yuan", "¥", "our", "your", "you", "we", "us", "compared", "within", "between", "each", "both", "all", "out", "into", "figure", "value", "number"]
)  # fmt: skip
_CUTS = "的了在和与是为比从到至约近有也都而及其个就还则并把被让给对之这那你我他"
_BREAK = re.compile(r"[。！？；;!?\n]|\.(?!\d)")
_COMMA = re.compile(r"[，,、；;。.!?！？]")


@lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """Content words: English stems, pairs of neighbouring Chinese characters, single Latin letters between them."""
    found: set[str] = set()
    for word in re.findall(r"[A-Za-z][A-Za-z\-]*", text.lower()):
        if word not in _STOP:
            stem = re.sub(r"(?<=[a-z]{3})(?:ies|es|s|ed|ing)$", "", word)
            found.add(stem)
    for run in re.findall(r"[\u4e00-\u9fff]+", text):
        for part in re.split(f"[{_CUTS}]", run):
            found.update(part[i : i + 2] for i in range(len(part) - 1))
    return frozenset(found)


_NEXT = re.compile(
    r"\s*(?P<of>的|of |for |from )?(?:the |your )?(?P<words>(?:[A-Za-z][A-Za-z\-]*\s?){1,3}|[\u4e00-\u9fff]{2,5})"
)


def next_words(text: str, figure: Figure) -> tuple[str, bool]:
    """The words right after a figure (¥249 floor, 31 % of members), and whether they are bound to it by "of"."""
    match = _NEXT.match(text, figure.end)
    return (match["words"], match["of"] is not None) if match else ("", False)


_PERIOD_AFTER = re.compile(r"\s*(?:a|an|per|each|every|/)\s?(day|week|month|year)\b", re.I)
_PERIOD_BEFORE = re.compile(r"(?:每个?([天日周月年])|([日周月年])均)[^，。；,;\d]{0,6}$")
_PERIODS = {"天": "day", "日": "day", "周": "week", "月": "month", "年": "year"}


def period_of(text: str, figure: Figure) -> str:
    """What a figure is a rate per: ¥507,000 a month, 每月 38 万, 日均 90; empty when the words do not say."""
    after = _PERIOD_AFTER.match(text, figure.end)
    if after:
        return after[1].lower()
    before = _PERIOD_BEFORE.search(text[: figure.start])
    return _PERIODS[before[1] or before[2]] if before else ""


def place_of(text: str, figures: Sequence[Figure], index: int) -> str:
    """The words that go with one figure: those before it (from the last figure or full stop on), or, where the sentence opens with a
    figure, those after it."""
    start, end = _sentence(text, figures[index].start)
    mine = [f for f in figures if start <= f.start < end]
    trailing = bool(mine) and not tokens(text[start : mine[0].start])
    figure = figures[index]
    if trailing:
        after = [f.start for f in mine if f.start >= figure.end]
        follows = text[figure.end : after[0] if after else end]
        own = _COMMA.split(follows, maxsplit=1)[0]
        return own if tokens(own) else follows
    before = [f.end for f in mine if f.end <= figure.start]
    lead = text[before[-1] if before else start : figure.start]
    rest = text[figure.end : end]
    comma = _COMMA.search(rest)
    after = [f.start for f in mine if f.start >= figure.end]
    if not after and not tokens(lead):
        return rest[: comma.start() if comma else len(rest)]
    return lead


def _sentence(text: str, position: int) -> tuple[int, int]:
    start, end = 0, len(text)
    for match in _BREAK.finditer(text):
        if match.end() <= position:
            start = match.end()
        elif match.start() >= position:
            end = match.start()
            break
    return start, end
