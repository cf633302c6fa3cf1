"""Things a finding may speak of: those its evidence speaks of. A sentence that brings in another one is not supported by it.

The list (`concepts.yaml`) knows how each thing is said in both languages and what implies it: whoever has a conversion rate has
visitors. Labels of one letter (B 款, set D, host C) are things too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

import yaml

from advisor.grounding.language import denied, directions
from advisor.grounding.places import tokens
from tools.facts import Window

__all__ = ["campaigns", "foreign_concepts", "foreign_labels", "rambles"]


@dataclass(frozen=True)
class _Lexicon:
    """`patterns` find words, longest first, by first letter; `of` gives their concepts; `implied_by` what makes one known."""

    patterns: Mapping[str, re.Pattern[str]]
    of: Mapping[str, frozenset[str]]
    implied_by: Mapping[str, frozenset[str]]

    def words(self, text: str) -> list[tuple[str, frozenset[str], int]]:
        found, low, at = [], text.lower(), 0
        while at < len(low):
            pattern = self.patterns.get(low[at])
            match = pattern.match(text, at) if pattern else None
            at = match.end() if match else at + 1
            if match is None:
                continue
            word = match[0].lower()
            concepts = (
                self.of.get(word) or self.of.get(word.removesuffix("s")) or self.of.get(re.sub(r"[\s-]+", " ", word))
            )
            if concepts:
                found.append((match[0], concepts, match.start()))
        return found

    def known(self, texts: Iterable[str]) -> set[str]:
        """Concepts of the texts, inner ones included (退款 in 退款率), with what they imply."""
        said = {concept for text in texts for concept in _said(text)}
        while True:
            more = {c for c, sources in self.implied_by.items() if c not in said and sources & said}
            if not more:
                return said
            said |= more


@lru_cache(maxsize=512)
def _said(text: str) -> frozenset[str]:
    """Concepts that one text names; a fact's text is read once for all the sentences that cite it."""
    low = text.lower()
    return frozenset(c for word, concepts in _lexicon().of.items() if _says(low, word) for c in concepts)


def _says(text: str, word: str) -> bool:
    if word not in text:
        return False
    return not word.isascii() or bool(re.search(rf"(?<![a-z]){re.escape(word)}(?:s|es)?(?![a-z])", text))


@cache
def _lexicon() -> _Lexicon:
    raw = yaml.safe_load(files("advisor.grounding").joinpath("concepts.yaml").read_text(encoding="utf-8"))
    of: dict[str, set[str]] = {}
    for concept, entry in raw.items():
        for word in entry["words"]:
            of.setdefault(str(word).lower(), set()).add(concept)
    ordered = sorted(of, key=lambda word: (-len(word), word))
    forms: dict[str, list[str]] = {}
    for word in ordered:
        form = rf"(?<![A-Za-z]){re.escape(word)}s?(?![A-Za-z])" if word.isascii() else re.escape(word)
        forms.setdefault(word[0], []).append(form)
    return _Lexicon(
        {letter: re.compile("|".join(group), re.I) for letter, group in forms.items()},
        {word: frozenset(concepts) for word, concepts in of.items()},
        {concept: frozenset(entry.get("implied_by", ())) for concept, entry in raw.items()},
    )


def foreign_concepts(text: str, *, known: Iterable[str]) -> list[str]:
    """Words of `text` for things that none of the `known` texts speaks of."""
    lexicon = _lexicon()
    words = lexicon.words(text)
    if not words:
        return []
    texts = list(known)
    allowed = lexicon.known(texts)
    if "price" in allowed:  # the price of the set rose from … is a price rise
        moved = {word.sign for text in texts for word in directions(text) if not word.denied}
        allowed |= {concept for concept, sign in (("price_rise", 1), ("price_cut", -1)) if sign in moved}
    strange = [word for word, concepts, at in words if not concepts & allowed and not denied(text, at)]
    return list(dict.fromkeys(strange))


_PLAIN = tokens(
    """month months previous last next year week day days period total which where there here cannot could would will without with
    decline increase decrease drop change compared comparison percentage percent points because still again back most mostly
    than other others same first second third half two three four five six seven eight nine ten now only even well also
    january february march april june july august september october november december together average while when though"""
)
_MANY, _MOST = 5, 0.6


def rambles(text: str, *, known: Iterable[str]) -> bool:
    """An English sentence most of whose content words neither the evidence nor the trade knows: it is about something else."""
    if re.search(r"[\u4e00-\u9fff]{6}", text):
        return False
    said = {word for word in tokens(text) if word.isascii() and len(word) > 3} - _PLAIN
    strange = said - tokens(" ".join(known)) - _trade()
    return len(strange) >= _MANY and len(strange) >= _MOST * len(said)


@cache
def _trade() -> frozenset[str]:
    return tokens(" ".join(_lexicon().of))


def campaigns(windows: Iterable[Window | None]) -> list[str]:
    """Names of the sales festivals that lie in, or around, one of the windows."""
    found = []
    for window in windows:
        for month, day, name in _FESTIVALS:
            if window is not None and any(
                window.start <= date(year, month, day) <= window.end for year in (window.start.year, window.end.year)
            ):
                found.append(name)
    return found


_FESTIVALS = ((11, 11, "双11 Double 11"), (6, 18, "618"), (12, 12, "双12"))
_KIND = r"(?:款|组|套|店|品|链接|计划|方案|档)"
_LABEL_ZH = re.compile(rf"(?<![A-Za-z])([A-Z])(?=\s*{_KIND})|(?<=[\u4e00-\u9fff])\s?([A-Z])(?![A-Za-z/+])")
_LABEL_EN = re.compile(
    r"\b(?:set|host|plan|item|product|sku|shop|store|group|variant|model|version|link|room)s? ([A-Z])(?![A-Za-z])", re.I
)


def foreign_labels(text: str, *, known: Iterable[str]) -> list[str]:
    """Letters that name a thing here and stand nowhere in the `known` texts."""
    joined = " \n ".join(known)
    found = [match[0].strip() for match in (*_LABEL_ZH.finditer(text), *_LABEL_EN.finditer(text))]
    return [name for name in dict.fromkeys(found) if not re.search(rf"(?<![A-Za-z]){name[-1]}(?![A-Za-z])", joined)]
